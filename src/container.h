/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* container.h: what a cgroup path tells about who manages the processes in it. */
#ifndef EXITTRACE_CONTAINER_H
#define EXITTRACE_CONTAINER_H

#include "record.h"

/*
 * The innermost container and the innermost systemd unit (service, scope, ...; no
 * slice) on the path. Both point into it; RUNTIME_NONE and len 0 where there is none.
 */
void container__parse(struct text cgroup, struct container *c, struct text *unit);

#endif
