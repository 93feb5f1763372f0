/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core_pattern.h: where this machine's core dumps go, read through a descriptor opened in time. */
#ifndef EXITTRACE_CORE_PATTERN_H
#define EXITTRACE_CORE_PATTERN_H

#include <stdbool.h>

#include "source.h"

struct core_pattern {
	int fd; /* -1: could not be opened */
	bool open, told;
	struct et_pattern last;
};

void core_pattern__open(struct core_pattern *p);
void core_pattern__close(struct core_pattern *p); /* of a zeroed struct too */
/* An ET_PATTERN message if it was never told or is another one now. */
void core_pattern__tell(struct core_pattern *p, message_fn fn, void *ctx);

#endif
