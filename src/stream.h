/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * stream.h: --record and --replay. The file is the line "exittrace stream 3\n"
 * and then the messages as the assembler was fed them, back to back, each
 * padded to 8 bytes.
 */
#ifndef EXITTRACE_STREAM_H
#define EXITTRACE_STREAM_H

#include <stdbool.h>
#include <stddef.h>

struct stream_writer;
/* 0 or negative errno; the file must not be a symlink, nor anything but a file. */
int stream_writer__open(const char *path, struct stream_writer **out);
int stream_writer__put(struct stream_writer *w, const void *msg, size_t size);
int stream_writer__close(struct stream_writer *w); /* flushes; 0 or negative errno; NULL is fine */

int stream__open(const char *path); /* a descriptor or negative errno */
/* Whether there may be STACK messages in it, by its beginning, from which it is then read: true of a pipe. */
bool stream__has_stacks(int fd);
/*
 * Calls fn for every message; stops when fn returns non-zero. 0, or negative errno;
 * -EBADMSG: not a stream, or cut short; -EPROTONOSUPPORT: of another version.
 */
int stream__read(int fd, int (*fn)(void *ctx, const void *msg, size_t size), void *ctx);

#endif
