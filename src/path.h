/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* path.h: paths as the kernel half writes them, and as people read them. */
#ifndef EXITTRACE_PATH_H
#define EXITTRACE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define PATH_CUT_MARK "..."
#define PATH_ROOM 4 /* what a path may grow by: the mark, and the first slash */

/*
 * "worker\0bin\0usr\0" to "/usr/bin/worker"; with `cut` the root side is missing: ".../bin/worker".
 * dst has room for len + PATH_ROOM bytes, which are not terminated. Returns the length.
 */
size_t path__put_in_order(char *dst, const char *reversed, size_t len, bool cut);

#endif
