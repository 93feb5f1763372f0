/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes messages, gives a file that replays them, and the other way round.
 * Does not look into a message beyond its header.
 */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event.h"

#define STREAM_MAGIC "exittrace stream 3\n"
#define MAGIC_NAME (sizeof(STREAM_MAGIC) - 3) /* before the version */
#define STREAM_BUFFER (64 << 10)
#define MESSAGE_MAX (16 << 10) /* every kind is smaller; a header that claims more is not one */

struct stream_writer {
	int fd;
	int error; /* of a write: what comes after it would not fit to what is there */
	size_t len;
	char data[STREAM_BUFFER];
};

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= n;
	}
	return 0;
}

static int writer_flush(struct stream_writer *w)
{
	if (!w->error && w->len)
		w->error = write_all(w->fd, w->data, w->len);
	w->len = 0;
	return w->error;
}

static int writer_append(struct stream_writer *w, const void *data, size_t len)
{
	if (w->len + len > sizeof(w->data))
		writer_flush(w);
	if (w->error)
		return w->error;
	memcpy(w->data + w->len, data, len);
	w->len += len;
	return 0;
}

/* What brings a message to a multiple of 8 bytes. */
static size_t padding(size_t size)
{
	return -size % 8;
}

int stream_writer__put(struct stream_writer *w, const void *msg, size_t size)
{
	static const char zero[8];
	int err;

	if (size > MESSAGE_MAX)
		return -EMSGSIZE;
	err = writer_append(w, msg, size);
	return err ? err : writer_append(w, zero, padding(size));
}

/* Truncated only once it is known to be a file: opening a device or FIFO by mistake does no harm. */
static int open_output(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat st;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if (ftruncate(fd, 0) < 0)
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int stream_writer__open(const char *path, struct stream_writer **out)
{
	struct stream_writer *w = malloc(sizeof(*w));
	int fd;

	if (!w)
		return -ENOMEM;
	fd = open_output(path);
	if (fd < 0) {
		free(w);
		return fd;
	}
	w->fd = fd;
	w->error = 0;
	w->len = 0;
	writer_append(w, STREAM_MAGIC, strlen(STREAM_MAGIC));
	*out = w;
	return 0;
}

int stream_writer__close(struct stream_writer *w)
{
	int err;

	if (!w)
		return 0;
	err = writer_flush(w);
	/* Some file systems tell of a full disk only now. */
	if (close(w->fd) < 0 && !err && errno != EINTR)
		err = -errno;
	free(w);
	return err;
}

struct stream_reader {
	int fd;
	size_t pos, len;
	char data[STREAM_BUFFER];
};

static int reader_fill(struct stream_reader *r)
{
	ssize_t n;

	do
		n = read(r->fd, r->data, sizeof(r->data));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	r->pos = 0;
	r->len = n;
	return 0;
}

/* Bytes read, fewer than len only at the end of the file; or negative errno. */
static ssize_t reader_take(struct stream_reader *r, void *dst, size_t len)
{
	size_t done = 0;

	while (done < len) {
		size_t n = r->len - r->pos;
		int err;

		if (!n) {
			err = reader_fill(r);
			if (err)
				return err;
			if (!r->len)
				break;
			continue;
		}
		n = n < len - done ? n : len - done;
		memcpy((char *)dst + done, r->data + r->pos, n);
		r->pos += n;
		done += n;
	}
	return done;
}

static int reader_take_all(struct stream_reader *r, void *dst, size_t len)
{
	ssize_t n = reader_take(r, dst, len);

	if (n < 0)
		return n;
	return (size_t)n == len ? 0 : -EBADMSG;
}

static int reader_magic(struct stream_reader *r)
{
	char line[sizeof(STREAM_MAGIC) - 1];
	int err = reader_take_all(r, line, sizeof(line));

	if (err)
		return err;
	if (!memcmp(line, STREAM_MAGIC, sizeof(line)))
		return 0;
	return memcmp(line, STREAM_MAGIC, MAGIC_NAME) ? -EBADMSG : -EPROTONOSUPPORT;
}

/* Size of the message now in buf, 0 at the end of the file, or negative errno. */
static ssize_t reader_message(struct stream_reader *r, char *buf)
{
	struct et_header h;
	ssize_t n = reader_take(r, &h, sizeof(h));
	int err;

	if (n <= 0)
		return n;
	if (n != sizeof(h) || h.size < sizeof(h) || h.size > MESSAGE_MAX)
		return -EBADMSG;
	memcpy(buf, &h, sizeof(h));
	err = reader_take_all(r, buf + sizeof(h), h.size + padding(h.size) - sizeof(h));
	return err ? err : (ssize_t)h.size;
}

static int reader_run(struct stream_reader *r, int (*fn)(void *ctx, const void *msg, size_t size), void *ctx)
{
	_Alignas(8) char buf[MESSAGE_MAX + 8];
	ssize_t n;
	int err = reader_magic(r);

	if (err)
		return err;
	while ((n = reader_message(r, buf)) > 0)
		if (fn(ctx, buf, n))
			return 0;
	return n;
}

int stream__open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

bool stream__has_stacks(int fd)
{
	struct et_start start;
	ssize_t n = pread(fd, &start, sizeof(start), strlen(STREAM_MAGIC));

	if (n < 0)
		return true;
	return n == sizeof(start) && start.h.kind == ET_START && start.flags & ET_START_STACK;
}

int stream__read(int fd, int (*fn)(void *ctx, const void *msg, size_t size), void *ctx)
{
	struct stream_reader *r = malloc(sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->pos = r->len = 0;
	r->fd = fd;
	err = reader_run(r, fn, ctx);
	free(r);
	return err;
}
