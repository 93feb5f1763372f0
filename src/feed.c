/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes records, gives frames to a queue and sends them. Never waits for who receives them, and does not keep anything
 * itself.
 */
#include "feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "json_record.h"
#include "kernel.h"
#include "log.h"

#define TALLY_NS 5000000000ULL

struct feed {
	struct feed_how how;
	struct feed_shared found; /* as the one before left it */
	struct queue *queue;
	const struct session *session;
	uint64_t lost, lost_total, lost_since_ns; /* deaths without room */
	uint64_t tally_due_ns;
	bool settled_past; /* what the one before lost is known, or there was none */
	uint64_t past_lost; /* that, until there is room to tell it */
	uint64_t ring_lost; /* the same of what the kernel half lost, of which there was no room to tell */
};

struct feed *feed__new(const struct feed_how *how)
{
	struct { struct feed_frame h; struct et_start start; } first = {
		.h = { .size = sizeof(first), .kind = FRAME_SESSION }, .start = *how->start,
	};
	struct feed *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->how = *how;
	f->found = *how->shared;
	f->settled_past = !how->successor;
	f->queue = queue__new(how->max_bytes, kernel__real_ns(), &first.h);
	if (f->queue)
		return f;
	feed__free(f);
	return NULL;
}

void feed__free(struct feed *f)
{
	if (!f)
		return;
	queue__free(f->queue);
	free(f);
}

uint64_t feed__lost(const struct feed *f)
{
	return f->lost_total;
}

/* ---- frames ---- */

static bool put_lost(struct feed *f, enum lost_stage stage, uint64_t from_ns, uint64_t deaths)
{
	struct frame_lost l = {
		.h = { .size = sizeof(l), .kind = FRAME_LOST },
		.from_ns = from_ns, .until_ns = kernel__real_ns(), .deaths = deaths, .stage = stage, .known = 1,
	};

	return queue__put(f->queue, &l.h, true);
}

static void lose(struct feed *f, const struct frame_record *r)
{
	if (r->zombie) /* its death is still to come */
		return;
	if (!f->lost++)
		f->lost_since_ns = kernel__real_ns();
	f->lost_total++;
}

static void tell_lost(struct feed *f)
{
	if (f->lost && put_lost(f, LOST_QUEUE, f->lost_since_ns, f->lost))
		f->lost = 0;
}

/* The queue may be full: then the next time. */
static void tell_rest(struct feed *f)
{
	const uint64_t since = f->found.heard_ns ? f->found.heard_ns : kernel__real_ns();

	if (f->past_lost && put_lost(f, LOST_TRACER, since, f->past_lost))
		f->past_lost = 0;
	if (f->ring_lost && put_lost(f, LOST_RING, since, f->ring_lost))
		f->ring_lost = 0;
}

static void put_other(struct feed *f, const struct feed_frame *frame)
{
	if (!queue__put(f->queue, frame, true) && frame->kind == FRAME_LOST)
		f->ring_lost += ((const struct frame_lost *)frame)->deaths;
}

static void put_frames(void *feed, const char *data, size_t len)
{
	struct feed *f = feed;

	for (size_t at = 0; at < len;) {
		const struct feed_frame *frame = (const struct feed_frame *)(data + at);
		const bool record = frame->kind == FRAME_RECORD;

		if (!record)
			put_other(f, frame);
		else if (frame__check(frame, frame->size) || !queue__put(f->queue, frame, false))
			lose(f, (const struct frame_record *)frame);
		at += frame->size;
	}
	tell_lost(f);
}

struct session_sink feed__sink(struct feed *f)
{
	return (struct session_sink){ .ops = &output_feed_ops, .put = put_frames, .ctx = f };
}

void feed__watch(struct feed *f, const struct session *s)
{
	f->session = s;
}

/* ---- how it stands ---- */

static void tell_tally(struct feed *f, uint64_t deaths, bool ended)
{
	struct frame_tally t = {
		.h = { .size = sizeof(t), .kind = FRAME_TALLY },
		.real_ns = kernel__real_ns(),
		.deaths = deaths,
		.filtered = f->how.shared->filtered,
		.waiting = assembler__totals(f->session->assembler).waiting,
		.ended = ended,
	};

	queue__put(f->queue, &t.h, true);
}

static void keep_shared(struct feed *f)
{
	const struct assembler_totals totals = assembler__totals(f->session->assembler);
	struct feed_shared *shared = f->how.shared;

	shared->tracer_beat_ns = kernel__boot_ns();
	shared->heard_ns = kernel__real_ns();
	shared->filtered = f->found.filtered + f->session->filtered;
	shared->before = f->found.before + totals.before;
	shared->told = f->session->told;
	shared->waiting = totals.waiting;
	shared->waiting_since_ns = totals.waiting_since_ns;
	shared->queue_bytes = queue__bytes(f->queue);
}

void feed__end(struct feed *f)
{
	keep_shared(f);
	tell_tally(f, assembler__counters(f->session->assembler).deaths + f->how.shared->before, true);
}

/*
 * The one before took deaths that are neither in the history nor known to be lost: it had them when it was killed. What
 * it had told of the kernel half's losses may have been in its queue, too.
 */
static void settle_past(struct feed *f, const struct reply *r)
{
	const uint64_t known = f->found.filtered + r->prior_deaths + r->prior_lost;

	if (f->settled_past || r->session != queue__session(f->queue) || !r->seq)
		return;
	f->settled_past = true;
	if (f->found.taken > known)
		f->past_lost = f->found.taken - known;
	if (f->found.told.lost_ring > r->prior_ring)
		f->ring_lost += f->found.told.lost_ring - r->prior_ring;
}

static void hear(struct feed *f)
{
	struct reply r;

	while (recv(f->how.fd, &r, sizeof(r), MSG_DONTWAIT) == sizeof(r)) {
		settle_past(f, &r);
		queue__reply(f->queue, &r);
	}
}

void feed__each(void *feed)
{
	struct feed *f = feed;

	keep_shared(f);
	if (f->how.shared->tracer_beat_ns >= f->tally_due_ns) {
		f->tally_due_ns = f->how.shared->tracer_beat_ns + TALLY_NS;
		tell_tally(f, f->how.shared->taken, false);
	}
	hear(f);
	tell_lost(f);
	tell_rest(f);
	queue__send(f->queue, f->how.fd); /* an end that is gone is the supervisor's business */
}

bool feed__settled(struct feed *f)
{
	return queue__is_empty(f->queue) && !f->lost && !f->past_lost && !f->ring_lost;
}

/* ---- the output ---- */

struct writer {
	struct json_record *json;
	struct buf line;
};

static int feed_init(struct output *o)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->json = json_record__new(&o->opt);
	o->priv = w;
	return w->json ? 0 : -ENOMEM;
}

static void feed_fini(struct output *o)
{
	struct writer *w = o->priv;

	if (!w)
		return;
	json_record__free(w->json);
	buf__free(&w->line);
	free(w);
}

static void feed_begin(struct output *o, struct buf *b, const struct et_start *s)
{
	struct writer *w = o->priv;

	(void)b;
	(void)s;
	json_record__boot_id(w->json, o->boot_id);
}

/* History is of deaths, and of those who wait to be reaped, which may be for ever. */
static void feed_record(struct output *o, struct buf *b, const struct record *r)
{
	struct writer *w = o->priv;

	if (r->type != RECORD_DEATH && r->type != RECORD_ZOMBIE)
		return;
	buf__reset(&w->line);
	json_record__put(w->json, &w->line, r);
	if (w->line.failed || !w->line.len)
		b->failed = true;
	else
		frame__put_record(b, r, (struct text){ w->line.data, w->line.len - 1 });
}

static void feed_lost(struct output *o, struct buf *b, const struct et_counters *before, const struct et_counters *now)
{
	struct frame_lost l = {
		.h = { .size = sizeof(l), .kind = FRAME_LOST }, .deaths = now->lost_ring - before->lost_ring,
		.stage = LOST_RING, .known = 1,
	};

	(void)o;
	if (!l.deaths)
		return;
	l.from_ns = l.until_ns = kernel__real_ns();
	buf__put(b, &l, sizeof(l));
}

static void feed_end(struct output *o, struct buf *b, const struct totals *t)
{
	(void)o; /* of one tracer's life: feed__end() tells the whole */
	(void)b;
	(void)t;
}

const struct output_ops output_feed_ops = {
	.init = feed_init,
	.fini = feed_fini,
	.begin = feed_begin,
	.record = feed_record,
	.lost = feed_lost,
	.end = feed_end,
};
