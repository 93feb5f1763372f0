/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* core_types.h: a small BTF with the kernel types that an object's relocations are about. */
#ifndef EXITTRACE_CORE_TYPES_H
#define EXITTRACE_CORE_TYPES_H

struct btf;
struct kernel;

/*
 * Writes to `fd` the BTF of those kernel types that `object` names too (its own flavours, "name___flavour",
 * count as "name"). 0 or negative errno.
 */
int core_types__write(const struct kernel *k, const struct btf *object, int fd);

#endif
