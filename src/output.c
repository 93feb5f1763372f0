/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes records, has an output format them, gives bytes to a file descriptor in
 * large writes and keeps count of what did not get there. Does not format
 * records itself.
 */
#include "output.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FLUSH_BYTES (64 << 10)

static const struct output_ops *choose_ops(const struct output_options *opt)
{
	if (opt->ops)
		return opt->ops;
	if (opt->json)
		return &output_json_ops;
	return opt->story ? &output_story_ops : &output_text_ops;
}

static bool may_wait(int fd)
{
	struct stat st;

	return fstat(fd, &st) || !S_ISREG(st.st_mode);
}

struct output *output__new(const struct output_options *opt)
{
	struct output *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->opt = *opt;
	o->ops = choose_ops(opt);
	o->waits = !opt->sink && may_wait(opt->fd);
	/* localtime_r() reads its files on the first call only; later there may be no file to read. */
	tzset();
	if (o->ops->init && o->ops->init(o)) {
		output__free(o);
		return NULL;
	}
	return o;
}

void output__free(struct output *o)
{
	if (!o)
		return;
	if (o->ops->fini)
		o->ops->fini(o);
	buf__free(&o->buf);
	free(o);
}

/* ---- writing ---- */

#define LOOK_MS 100
#define GIVE_UP_MS 2000 /* of no progress, once we are asked to stop */

/* A write of this size does not block once poll() says POLLOUT. */
#define PIECE_BYTES 4096

/*
 * A reader that stopped reading must not make us deaf: signals are blocked, and a blocking
 * write() would wait for ever.
 */
static int wait_writable(const struct output *o)
{
	struct pollfd p = { .fd = o->opt.fd, .events = POLLOUT };
	int waited = 0, n;

	for (;;) {
		n = poll(&p, 1, LOOK_MS);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		waited += LOOK_MS;
		if (o->opt.stop && o->opt.stop(o->opt.stop_ctx) && waited >= GIVE_UP_MS)
			return -EINTR;
	}
}

/* As much as there is room for, which spares poll() and small pieces; kernels from 6.x on do it with pipes. */
static ssize_t write_at_once(struct output *o, const char *data, size_t len)
{
	const struct iovec v = { .iov_base = (char *)data, .iov_len = len };
	ssize_t n = pwritev2(o->opt.fd, &v, 1, -1, RWF_NOWAIT);

	if (n >= 0)
		return n;
	if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL || errno == EPERM)
		o->in_pieces = true;
	return 0;
}

static ssize_t write_piece(struct output *o, const char *data, size_t len)
{
	ssize_t n = o->waits && !o->in_pieces ? write_at_once(o, data, len) : 0;
	int err;

	if (n > 0)
		return n;
	err = o->waits ? wait_writable(o) : 0;
	if (err)
		return err;
	n = write(o->opt.fd, data, o->waits && len > PIECE_BYTES ? PIECE_BYTES : len);
	if (n >= 0 || errno == EAGAIN || errno == EINTR)
		return n < 0 ? 0 : n;
	return -errno;
}

/* *done tells how far it came, also when it failed. */
static int write_all(struct output *o, size_t *done)
{
	while (*done < o->buf.len) {
		ssize_t n = write_piece(o, o->buf.data + *done, o->buf.len - *done);

		if (n < 0)
			return n;
		*done += (size_t)n;
	}
	return 0;
}

int output__flush(struct output *o)
{
	size_t done = 0;
	unsigned int i;

	if (o->opt.sink) {
		o->opt.sink(o->opt.sink_ctx, o->buf.data, o->buf.len);
		done = o->buf.len;
	} else if (!o->error) {
		o->error = write_all(o, &done);
	}
	for (i = 0; i < o->in_buffer; i++)
		o->unwritten += o->ends[i] > done;
	o->in_buffer = 0;
	buf__reset(&o->buf);
	return o->error;
}

/* Half a line is worse than none: what did not fit in memory is taken back, and told at the end. */
static bool settle(struct output *o, size_t before)
{
	if (!o->buf.failed)
		return true;
	o->buf.len = before;
	o->buf.failed = false;
	o->no_memory = true;
	return false;
}

static void flush_if_full(struct output *o)
{
	if (o->buf.len >= FLUSH_BYTES || o->in_buffer == OUTPUT_BATCH)
		output__flush(o);
}

/* A replayed stream may claim anything. */
static void take_boot_id(struct output *o, const struct et_start *s)
{
	size_t n = strnlen(s->boot_id, sizeof(s->boot_id));

	if (n >= sizeof(o->boot_id) || strspn(s->boot_id, "0123456789abcdefABCDEF-") < n)
		n = 0;
	memcpy(o->boot_id, s->boot_id, n);
	o->boot_id[n] = '\0';
}

void output__begin(struct output *o, const struct et_start *s)
{
	size_t before = o->buf.len;

	take_boot_id(o, s);
	if (o->error || !o->ops->begin)
		return;
	o->ops->begin(o, &o->buf, s);
	settle(o, before);
}

void output__resume(struct output *o, const struct et_start *s)
{
	take_boot_id(o, s);
	if (o->ops->resume)
		o->ops->resume(o);
}

void output__record(struct output *o, const struct record *r)
{
	size_t before = o->buf.len;

	if (o->error) {
		o->unwritten++;
		return;
	}
	o->ops->record(o, &o->buf, r);
	o->records++;
	if (settle(o, before))
		o->ends[o->in_buffer++] = o->buf.len;
	else
		o->unwritten++;
	flush_if_full(o);
}

/* Most messages with counters tell that nothing was lost. */
bool output__any_lost(const struct et_counters *before, const struct et_counters *now)
{
	return now->lost_ring != before->lost_ring || now->lost_reap != before->lost_reap ||
	       now->lost_cgroup != before->lost_cgroup || now->full_signals != before->full_signals ||
	       now->full_dying != before->full_dying || now->full_tree != before->full_tree ||
	       now->lost_file != before->lost_file || now->lost_thread != before->lost_thread;
}

void output__lost(struct output *o, const struct et_counters *before, const struct et_counters *now)
{
	size_t len = o->buf.len;

	if (o->error || !output__any_lost(before, now))
		return;
	o->ops->lost(o, &o->buf, before, now);
	settle(o, len);
	flush_if_full(o);
}

void output__end(struct output *o, const struct totals *t)
{
	size_t before = o->buf.len;

	if (o->error)
		return;
	o->ops->end(o, &o->buf, t);
	settle(o, before);
}
