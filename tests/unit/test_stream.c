/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was written is read back, and a file that is no stream or only part of one is refused. */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "synth.h"
#include "unit.h"

static char dir[] = "/tmp/test_stream.XXXXXX";
static char path[64];

struct seen {
	unsigned int messages, stop_at;
	uint64_t sum;
	int bad;
};

static int count(void *ctx, const void *msg, size_t size)
{
	const struct et_header *h = msg;
	struct seen *s = ctx;

	s->messages++;
	s->bad |= h->size != size || (uintptr_t)msg % 8;
	if (size >= 12)
		s->sum += ((const unsigned char *)msg)[size - 1];
	return s->messages == s->stop_at;
}

/* Sizes 8, 9, 10 ...: every padding, and more than the buffers hold. */
static void write_messages(unsigned int n)
{
	struct stream_writer *w = NULL;
	unsigned char msg[4096];
	unsigned int i;

	CHECK_I64(stream_writer__open(path, &w), 0);
	if (!w)
		return;
	memset(msg, 0, sizeof(msg));
	for (i = 0; i < n; i++) {
		struct et_header h = { ET_CLOCK, 8 + i % 4000 };

		memcpy(msg, &h, sizeof(h));
		if (h.size >= 12)
			msg[h.size - 1] = 1;
		CHECK_I64(stream_writer__put(w, msg, h.size), 0);
		if (h.size >= 12)
			msg[h.size - 1] = 0;
	}
	CHECK_I64(stream_writer__close(w), 0);
}

static int read_stream(const char *from, int (*fn)(void *ctx, const void *msg, size_t size), void *ctx)
{
	int fd = stream__open(from), err;

	if (fd < 0)
		return fd;
	err = stream__read(fd, fn, ctx);
	close(fd);
	return err;
}

static void round_trip(void)
{
	struct seen s = { 0 };
	struct stat st;

	write_messages(5000);
	CHECK_I64(read_stream(path, count, &s), 0);
	CHECK_U64(s.messages, 5000);
	CHECK_U64(s.sum, 5000 - 8); /* sizes 8 to 11 twice */
	CHECK(!s.bad);
	CHECK_I64(stat(path, &st), 0);
	CHECK_U64(st.st_mode & 0777, 0600);
}

static void stops_when_told(void)
{
	struct seen s = { .stop_at = 3 };

	write_messages(10);
	CHECK_I64(read_stream(path, count, &s), 0);
	CHECK_U64(s.messages, 3);
}

static void overwrites(void)
{
	struct seen s = { 0 };

	write_messages(100);
	write_messages(2);
	CHECK_I64(read_stream(path, count, &s), 0);
	CHECK_U64(s.messages, 2);
}

/* Cut anywhere but between two messages (18 + 1 bytes of magic, then 8, 16, 16 bytes). */
static void cut_short(void)
{
	off_t size;

	for (size = 0; size <= 19 + 8 + 16 + 16; size++) {
		const int whole = size == 19 || size == 19 + 8 || size == 19 + 24 || size == 19 + 40;
		struct seen s = { 0 };

		write_messages(3);
		CHECK_I64(truncate(path, size), 0);
		CHECK_I64(read_stream(path, count, &s), whole ? 0 : -EBADMSG);
	}
}

static void spoil(off_t at, uint32_t word)
{
	int fd = open(path, O_WRONLY);

	CHECK(pwrite(fd, &word, sizeof(word), at) == sizeof(word));
	close(fd);
}

static void not_a_stream(void)
{
	struct seen s = { 0 };

	write_messages(3);
	spoil(0, 0x464c457f);
	CHECK_I64(read_stream(path, count, &s), -EBADMSG);
	write_messages(3);
	spoil(17, 0x0a39); /* version 9 */
	CHECK_I64(read_stream(path, count, &s), -EPROTONOSUPPORT);
	write_messages(3);
	spoil(19 + 4, 0); /* a message without even a header would be read for ever */
	CHECK_I64(read_stream(path, count, &s), -EBADMSG);
	write_messages(3);
	spoil(19 + 4, UINT32_MAX);
	CHECK_I64(read_stream(path, count, &s), -EBADMSG);
	CHECK_U64(s.messages, 0);
	CHECK_I64(read_stream("/tmp/no/such/stream", count, &s), -ENOENT);
	CHECK_I64(read_stream("/tmp", count, &s), -EISDIR);
}

static void refuses_what_is_no_file(void)
{
	struct stream_writer *w = NULL;
	char link[80], fifo[80];

	snprintf(link, sizeof(link), "%s/link", dir);
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	write_messages(1);
	CHECK_I64(symlink(path, link), 0);
	CHECK_I64(mkfifo(fifo, 0600), 0);
	CHECK_I64(stream_writer__open(link, &w), -ELOOP);
	CHECK(stream_writer__open(fifo, &w) < 0);
	CHECK_I64(stream_writer__open("/dev/null", &w), -EINVAL);
	CHECK_I64(stream_writer__open("/tmp/no/such/dir/x", &w), -ENOENT);
	CHECK(!w);
	CHECK_I64(stream_writer__close(NULL), 0);
	unlink(link);
	unlink(fifo);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/stream", dir);
	UNIT(round_trip);
	UNIT(stops_when_told);
	UNIT(overwrites);
	UNIT(cut_short);
	UNIT(not_a_stream);
	UNIT(refuses_what_is_no_file);
	unlink(path);
	rmdir(dir);
	return unit__end();
}
