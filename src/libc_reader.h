/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libc_reader.h: what is in files of C libraries, read by a process that can do nothing else. */
#ifndef EXITTRACE_LIBC_READER_H
#define EXITTRACE_LIBC_READER_H

#include <stddef.h>

#include "libc_files.h"

#define LIBC_ANSWER_MAX 256

struct libc_question {
	const char *option; /* that it is asked for */
	size_t size;	    /* of an answer, 2 to LIBC_ANSWER_MAX */
	/* There. The bytes are the file's, or its first; the answer is zero before. It can make no system call. */
	void (*parse)(const void *bytes, size_t size, void *answer);
	/* Here. `file` is its place among the files. Whoever took over parse() may have made the answer up. */
	void (*take)(void *ctx, unsigned int file, const void *answer);
};

/* Asks of one file after the other, and says how many could not be read. 0 or negative errno. */
int libc_reader__ask(const struct libc_files *files, const struct libc_question *q, void *ctx);

#endif
