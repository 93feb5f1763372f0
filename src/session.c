/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * session.c: takes messages, gives printed records and totals. Does not know where the
 * messages come from.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "filter.h"
#include "kernel.h"
#include "log.h"
#include "output_summary.h"
#include "session.h"
#include "symbols.h"

bool session__full(const struct session *s)
{
	return s->options->count && s->records >= s->options->count;
}

static void note_target(struct session *s, struct et_id id)
{
	for (unsigned int i = 0; i < s->nr_targets; i++) {
		if ((uint32_t)s->targets[i].pid != id.tgid || s->targets[i].recorded)
			continue;
		s->targets[i].recorded = 1;
		s->targets_seen++;
	}
}

static void on_record(void *ctx, const struct record *r)
{
	struct session *s = ctx;

	if (r->type == RECORD_DEATH)
		note_target(s, r->death->id);
	if (!filter__match(s->options, r) || session__full(s)) {
		s->filtered += r->type == RECORD_DEATH;
		return;
	}
	s->records += r->type == RECORD_DEATH;
	s->others[r->type]++;
	if (s->summaries)
		summaries__add(s->summaries, r);
	else
		output__record(s->output, r);
}

static void on_summary(void *ctx, const struct summary *summary, const struct summary_span *span)
{
	struct session *s = ctx;

	output__summary(s->output, summary, span);
}

static void output_options(struct output_options *to, const struct options *o, int fd)
{
	memset(to, 0, sizeof(*to));
	to->fd = fd;
	to->json = o->json;
	to->story = o->verbose && !o->json;
	to->quiet = o->quiet;
	to->summary = o->summary;
	to->timestamp = o->timestamp;
	to->utc = o->utc;
	to->colour = o->colour;
	to->args = o->args;
	to->fields = o->nr_fields ? o->fields : NULL;
	to->nr_fields = o->nr_fields;
}

static void name_frames(void *ctx, struct frame *frames, unsigned int n)
{
	struct session *s = ctx;

	if (s->symbols)
		symbols__name(s->symbols, frames, n);
}

static int make_parts(struct session *s, const struct options *o, int fd, const struct session_sink *sink)
{
	struct assembler_options how = { .zombie_after_ns = o->zombie_after_ns,
					 .max_tail = o->stdio_tail,
					 .namer = { name_frames, s } };
	struct output_options to;

	output_options(&to, o, fd);
	if (sink) {
		to.ops = sink->ops;
		to.sink = sink->put;
		to.sink_ctx = sink->ctx;
	}
	s->assembler = assembler__new(&how, on_record, s);
	s->output = output__new(&to);
	if (o->summary)
		s->summaries = summaries__new(o->interval_ns, on_summary, s);
	if (s->assembler && s->output && (s->summaries || !o->summary))
		return 0;
	log__error("out of memory");
	return -ENOMEM;
}

static void free_parts(struct session *s)
{
	summaries__free(s->summaries);
	output__free(s->output);
	assembler__free(s->assembler);
	symbols__free(s->symbols);
	s->symbols = NULL;
	s->summaries = NULL;
	s->output = NULL;
	s->assembler = NULL;
}

static const char *record_problem(int err)
{
	if (err == ELOOP)
		return "is a symbolic link, which is not followed";
	return err == EINVAL || err == ENXIO ? "is no regular file, which a recording has to be" : strerror(err);
}

int session__open(struct session *s, const struct options *o, int fd, struct symbols *symbols)
{
	return session__open_with(s, o, fd, symbols, NULL);
}

int session__open_with(struct session *s, const struct options *o, int fd, struct symbols *symbols,
		       const struct session_sink *sink)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->options = o;
	s->symbols = symbols;
	err = make_parts(s, o, fd, sink);
	if (err) {
		free_parts(s);
		return err;
	}
	if (!o->record)
		return 0;
	err = stream_writer__open(o->record, &s->recorder);
	if (err)
		log__error("%s: %s", text__shown(o->record).s, record_problem(-err));
	return err;
}

static void begin(struct session *s)
{
	const struct et_start *start = assembler__start(s->assembler);

	output__begin(s->output, start);
	if (s->summaries)
		summaries__begin(s->summaries, start->attach_ns, start->real_ns);
}

/* The stream's clock and not ours: a replay has the same intervals. */
static void tell_time(struct session *s, const struct et_clock *c)
{
	if (s->summaries)
		summaries__clock(s->summaries, c->boot_ns, c->real_ns);
}

uint64_t session__next_tick(const struct session *s)
{
	return s->summaries ? summaries__next_due(s->summaries) : UINT64_MAX;
}

static void tell_loss(struct session *s)
{
	struct et_counters now = assembler__counters(s->assembler);

	output__lost(s->output, &s->told, &now);
	s->told = now;
}

/* One message tells that streams of a static program cannot be looked at, and ours need not be. */
static bool is_of_us(struct session *s, const struct et_stdio *m, size_t size)
{
	if (!s->unborn || size < offsetof(struct et_stdio, tail) || m->h.kind != ET_STDIO ||
	    m->file.id.tgid != (uint32_t)s->unborn || !(m->flags & ET_STDIO_EXEC))
		return false;
	s->unborn = 0;
	return true;
}

int session__message(void *session, const void *msg, size_t size)
{
	struct session *s = session;
	const struct et_header *h = msg;
	int err;

	if (is_of_us(s, msg, size))
		return 0;
	if (s->recorder && !s->recorder_error)
		s->recorder_error = stream_writer__put(s->recorder, msg, size);
	err = assembler__feed(s->assembler, msg, size);
	if (s->taken)
		*s->taken = s->taken_before + assembler__totals(s->assembler).deaths;
	if (err)
		return 0; /* counted by the assembler, told in the totals */
	if (h->kind == ET_START)
		begin(s);
	if (h->kind == ET_CLOCK || h->kind == ET_END)
		tell_time(s, msg);
	if (h->kind == ET_LOSS)
		tell_loss(s);
	if (h->kind == ET_END)
		session__end(s);
	return 0;
}

void session__clock(struct session *s)
{
	struct et_clock c = {
		.h = { .kind = ET_CLOCK, .size = sizeof(c) },
		.boot_ns = kernel__boot_ns(),
		.real_ns = kernel__real_ns(),
	};

	session__message(s, &c, sizeof(c));
}

void session__counters(struct session *s, struct et_counters now)
{
	struct et_loss l = { .h = { .kind = ET_LOSS, .size = sizeof(l) }, .c = now };

	session__message(s, &l, sizeof(l));
}

/* Of what the assembler made, what came through the filters: that is what a reader can count. */
static void count_others(const struct session *s, struct totals *t)
{
	const uint64_t made = t->a.threads + t->a.warnings;

	t->a.zombies = s->others[RECORD_ZOMBIE];
	t->a.dying = s->others[RECORD_DYING];
	t->a.threads = s->others[RECORD_THREAD];
	t->a.warnings = s->others[RECORD_WARNING];
	t->threads_filtered = made - t->a.threads - t->a.warnings;
}

void session__end(struct session *s)
{
	struct totals t = { .records = s->records, .filtered = s->filtered };

	if (s->ended || !assembler__start(s->assembler)) /* nothing began */
		return;
	s->ended = true;
	if (s->summaries)
		summaries__end(s->summaries);
	output__flush(s->output);
	t.a = assembler__totals(s->assembler);
	t.k = assembler__counters(s->assembler);
	t.deaths = t.k.deaths + t.a.before;
	t.unwritten = s->output->unwritten;
	count_others(s, &t);
	output__end(s->output, &t);
}

int session__lost(const struct session *s)
{
	struct et_counters k = assembler__counters(s->assembler);
	struct assembler_totals a = assembler__totals(s->assembler);

	return k.lost_ring || k.lost_reap || k.lost_file || k.lost_thread || k.full_signals || k.full_dying ||
	       k.full_tree || a.rejected || a.early || s->output->unwritten;
}

static int close_recorder(struct session *s)
{
	int err = stream_writer__close(s->recorder);

	s->recorder = NULL;
	if (s->recorder_error)
		err = s->recorder_error;
	if (err)
		log__error("%s: %s; the recording is incomplete", text__shown(s->options->record).s, strerror(-err));
	return err;
}

/* A reader that has seen enough (head, less) is no error; not getting its totals out is. */
static int close_output(struct session *s)
{
	int err = output__flush(s->output);
	unsigned long long n = s->output->unwritten;

	if (!err && s->output->no_memory)
		err = -ENOMEM;
	if (err == -EPIPE) {
		log__error("output closed by its reader, %llu record%s not written", n, n == 1 ? "" : "s");
		return err;
	}
	if (err)
		log__error("%s: %s, %llu record%s not written",
			   text__shown(s->options->output ? s->options->output : "stdout").s,
			   err == -EINTR ? "its reader does not read" : strerror(-err), n, n == 1 ? "" : "s");
	return err;
}

int session__close(struct session *s)
{
	int err = s->output ? close_output(s) : 0;
	int err2 = s->options && s->options->record ? close_recorder(s) : 0;

	free_parts(s);
	return err ? err : err2;
}
