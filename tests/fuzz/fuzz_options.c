/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a command line, its words with a NUL behind each. It is taken, or refused with one line
 * that is fit for a terminal. /etc/passwd is one of ours, stderr is kept (Makefile: --wrap).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "options.h"

#define WORDS_MAX 32

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

static bool keeping;
static char said[4096];
static size_t said_len;

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	if (!keeping || fd != STDERR_FILENO)
		return __real_write(fd, data, len);
	FUZZ_CHECK(len <= sizeof(said) - said_len);
	memcpy(said + said_len, data, len);
	said_len += len;
	return (ssize_t)len;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	static char users[] = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n";

	if (strcmp(path, "/etc/passwd"))
		return __real_fopen(path, mode);
	return fmemopen(users, sizeof(users) - 1, "r");
}

/* Each in a block of its own, in an array that ends in NULL. */
static int take_words(const uint8_t *data, size_t size, char *argv[WORDS_MAX + 2])
{
	int argc = 0;

	argv[argc++] = strdup("exittrace");
	while (size && argc <= WORDS_MAX) {
		size_t n = strnlen((const char *)data, size);

		argv[argc++] = strndup((const char *)data, n);
		n += n < size;
		data += n;
		size -= n;
	}
	argv[argc] = NULL;
	return argc;
}

static void check_refusal(void)
{
	FUZZ_CHECK(judge__lines(said, said_len, false) == 1);
	FUZZ_CHECK(!strncmp(said, "exittrace: ", strlen("exittrace: ")));
}

static void check_taken(const struct options *o, int argc)
{
	FUZZ_CHECK(!said_len);
	FUZZ_CHECK(o->nr_pids <= ET_MAX_PIDS && o->nr_fields <= OPTIONS_MAX_FIELDS);
	FUZZ_CHECK(!o->name || strlen(o->name) < ET_COMM_LEN);
	FUZZ_CHECK(o->mode != MODE_TRACE || !o->command || *o->command);
	FUZZ_CHECK(argc > 1 || o->mode != MODE_TRACE);
	FUZZ_CHECK(o->mode != MODE_TRACE || o->all || o->nr_pids || o->command);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options o;
	char *argv[WORDS_MAX + 2], *words[WORDS_MAX + 2];
	const int argc = take_words(data, size, argv);
	int status, i;

	memcpy(words, argv, sizeof(words));
	said_len = 0;
	keeping = true;
	status = options__parse(&o, argc, argv);
	keeping = false;
	FUZZ_CHECK(status == STATUS_OK || status == STATUS_USAGE);
	if (status)
		check_refusal();
	else
		check_taken(&o, argc);
	for (i = 0; i < argc; i++)
		free(words[i]);
	return 0;
}
