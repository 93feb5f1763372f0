/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* uprobe_multi.h: one program on many places of a file at once (6.6). libbpf knows of that from 1.3 on. */
#ifndef EXITTRACE_UPROBE_MULTI_H
#define EXITTRACE_UPROBE_MULTI_H

#include <stdint.h>

#define UPROBE_MULTI_ATTACH 48 /* BPF_TRACE_UPROBE_MULTI; what the program has to be loaded for */

/*
 * In every process that maps the file, and at every place or none. The cookie of a place is what the program is told
 * there. The descriptor of a link, which is all that holds it, or negative errno.
 */
int uprobe_multi__attach(int prog_fd, int file_fd, const uint64_t *offsets, const uint64_t *cookies, unsigned int nr);

#endif
