/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes settings and what is in a recorded file, replays it as --replay does: reader, assembler,
 * filters, outputs but JSON, which takes long to set up. The file comes in pieces, with
 * interruptions (Makefile: --wrap of read).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "session.h"

#define FILE_FD 1000

ssize_t __real_read(int fd, void *data, size_t len);
ssize_t __wrap_read(int fd, void *data, size_t len);

#define MAGIC "exittrace stream 3\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)

static char file[16 << 10];
static size_t file_len, file_at, piece;
static unsigned int reads;
static int null_fd = -1;

ssize_t __wrap_read(int fd, void *data, size_t len)
{
	size_t n = file_len - file_at;

	if (fd != FILE_FD)
		return __real_read(fd, data, len);
	if (++reads % 7 == 3) {
		errno = EINTR;
		return -1;
	}
	n = n < len ? n : len;
	n = n < piece ? n : piece;
	memcpy(data, file + file_at, n);
	file_at += n;
	return (ssize_t)n;
}

enum { /* of the first byte */
	TABLE = 1 << 0,
	STORY = 1 << 1,
	SUMMARY = 1 << 2,
	FAILED = 1 << 3,
	COUNT = 1 << 4,
	CAUSES = 1 << 5,
	MINIMUM = 1 << 6,
	THREADS = 1 << 7,
};

static void choose(struct options *o, const uint8_t settings[FUZZ_SETTINGS])
{
	*o = (struct options){
		.mode = MODE_REPLAY,
		.all = true,
		.verbose = settings[0] & STORY && !(settings[0] & (TABLE | SUMMARY)),
		.summary = settings[0] & SUMMARY && !(settings[0] & TABLE),
		.interval_ns = settings[2] * 100000000ULL,
		.failed = settings[0] & FAILED,
		.count = settings[0] & COUNT ? 1 + settings[3] % 4 : 0,
		.causes = settings[0] & CAUSES ? 1U << settings[4] % 32 : 0,
		.min_age_ns = settings[0] & MINIMUM ? settings[5] * 1000000ULL : 0,
		.min_zombie_ns = settings[0] & MINIMUM ? settings[6] * 1000ULL : 0,
		.threads = settings[0] & THREADS,
		.zombie_after_ns = 1000000000,
		.utc = true,
		.ready_fd = -1,
		.replay = "fuzzed",
		.fields = { &record_fields[settings[3] % record_nr_fields] },
		.nr_fields = settings[0] & TABLE ? 1 : 0, /* one is found sooner than those of the default */
	};
}

/* What conclude() in trace.c looks at, too. */
static void replay(struct session *s, const struct options *o)
{
	int err;

	FUZZ_CHECK(!session__open(s, o, null_fd, NULL));
	err = stream__read(FILE_FD, session__message, s);
	FUZZ_CHECK(!err || err == -EBADMSG || err == -EPROTONOSUPPORT);
	FUZZ_CHECK(err || file_at == file_len);
	session__end(s);
	session__lost(s);
	FUZZ_CHECK(!s->output->unwritten);
	FUZZ_CHECK(!session__close(s));
}

/* With the first line of a recording, or, rarely, without. */
static void make_file(const uint8_t *data, size_t size)
{
	file_len = data[7] == 1 ? 0 : MAGIC_LEN;
	memcpy(file, MAGIC, file_len);
	memcpy(file + file_len, data + FUZZ_SETTINGS, size - FUZZ_SETTINGS);
	file_len += size - FUZZ_SETTINGS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options o;
	struct session s;

	if (size < FUZZ_SETTINGS || size > sizeof(file) - MAGIC_LEN)
		return 0;
	if (null_fd < 0)
		null_fd = open("/dev/null", O_WRONLY);
	choose(&o, data);
	make_file(data, size);
	piece = 1 + data[1] * 32UL;
	file_at = reads = 0;
	replay(&s, &o);
	return 0;
}
