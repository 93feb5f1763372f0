/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* notify.h: what a service manager wants to be told, by the protocol of sd_notify(3). */
#ifndef EXITTRACE_NOTIFY_H
#define EXITTRACE_NOTIFY_H

#include <stdint.h>

struct notify {
	int fd;		       /* -1: nobody wants to know */
	uint64_t watchdog_ns; /* told more often than this; 0: need not be */
};

void notify__open(struct notify *n); /* from the environment, which is cleared of it */
__attribute__((format(printf, 2, 3))) void notify__tell(const struct notify *n, const char *fmt, ...);

#endif
