/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* metrics_file.h: a file that is replaced as a whole: who reads it sees the one before or the new one, never a part. */
#ifndef EXITTRACE_METRICS_FILE_H
#define EXITTRACE_METRICS_FILE_H

#include "buf.h"

/* The directory of `path`, and the name in it. -EINVAL: it is not absolute, or ends with a slash. */
int metrics_file__open_dir(const char *path, int *dir);
const char *metrics_file__name(const char *path);
/* For everybody to read. 0 or negative errno. */
int metrics_file__write(int dir, const char *name, const struct buf *b);

#endif
