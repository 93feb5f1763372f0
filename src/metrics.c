/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes frames, gives sums of them in the text format of Prometheus. Does not know who reads that, and keeps nothing
 * when it ends: a counter that begins anew is what Prometheus expects.
 */
#include "metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "hash.h"
#include "names.h"
#include "version.h"

#define SECOND_NS 1000000000ULL
#define SIGNALS 65
#define SIGNALS_NAMED 32 /* those below are told even if nobody died of them */
#define BOUNDS_MAX 12

/* ---- what is counted ---- */

static const uint64_t exit_bounds[] = {
	100000, 1000000, 10000000, 100000000, SECOND_NS, 10 * SECOND_NS, 60 * SECOND_NS,
};
static const uint64_t life_bounds[] = {
	1000000, 10000000, 100000000, SECOND_NS, 10 * SECOND_NS, 60 * SECOND_NS, 600 * SECOND_NS, 3600 * SECOND_NS,
	86400 * SECOND_NS, 604800 * SECOND_NS,
};
static const uint64_t zombie_bounds[] = {
	100000, 1000000, 10000000, 100000000, SECOND_NS, 10 * SECOND_NS, 60 * SECOND_NS, 600 * SECOND_NS,
	3600 * SECOND_NS,
};
static const uint64_t core_bounds[] = {
	10000000, 100000000, SECOND_NS, 5 * SECOND_NS, 10 * SECOND_NS, 30 * SECOND_NS, 60 * SECOND_NS, 300 * SECOND_NS,
};

enum { M_LIFETIME, M_EXIT, M_COREDUMP, M_ZOMBIE, M_PHASE, MEASURES = M_PHASE + PHASE_COUNT };

struct measure {
	enum record_field field;
	const uint64_t *bounds;
	unsigned int nr;
};

#define BOUNDS(list) (list), ARRAY_SIZE(list)
static const struct measure measures[MEASURES] = {
	[M_LIFETIME] = { FIELD_process_age_ns, BOUNDS(life_bounds) },
	[M_EXIT] = { FIELD_phases_exit_ns, BOUNDS(exit_bounds) },
	[M_COREDUMP] = { FIELD_coredump_duration_ns, BOUNDS(core_bounds) },
	[M_ZOMBIE] = { FIELD_reap_zombie_ns, BOUNDS(zombie_bounds) },
	[M_PHASE + PHASE_DELIVERY] = { FIELD_phases_delivery_ns, BOUNDS(exit_bounds) },
	[M_PHASE + PHASE_COREDUMP] = { FIELD_phases_coredump_ns, BOUNDS(exit_bounds) },
	[M_PHASE + PHASE_MM] = { FIELD_phases_mm_ns, BOUNDS(exit_bounds) },
	[M_PHASE + PHASE_FILES] = { FIELD_phases_files_ns, BOUNDS(exit_bounds) },
	[M_PHASE + PHASE_DETACH] = { FIELD_phases_detach_ns, BOUNDS(exit_bounds) },
	[M_PHASE + PHASE_TASK_WORK] = { FIELD_phases_task_work_ns, BOUNDS(exit_bounds) },
	[M_PHASE + PHASE_NOTIFY] = { FIELD_phases_notify_ns, BOUNDS(exit_bounds) },
	[M_PHASE + PHASE_OTHER] = { FIELD_phases_other_ns, BOUNDS(exit_bounds) },
};

struct histogram {
	uint64_t in[BOUNDS_MAX + 1]; /* between a bound and the one before; the last: beyond all */
	uint64_t sum_s, sum_ns;	     /* in nanoseconds alone it would overflow in a long life of many */
};

struct comm {
	char bytes[ET_COMM_LEN];
	size_t len;
	uint64_t deaths[CAUSE_COUNT];
};

#define SLOTS 2048
_Static_assert(METRICS_COMMS_MAX <= SLOTS / 2, "there is always a free one");

struct sums {
	uint64_t signals[SIGNALS], cores, flush_errors, lost[LOST_STAGES];
	bool flush_known;
	struct histogram measures[MEASURES];
	unsigned int nr_comms;
	uint16_t slots[SLOTS]; /* by hash: which of comms; 0: none */
	struct comm comms[];   /* the first is of all others */
};

struct metrics {
	unsigned int max_comms;
	size_t size;
	struct sums *taken, *kept; /* `kept` is told */
	struct column columns[RECORD_NR_FIELDS];
};

struct metrics *metrics__new(unsigned int comms)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->max_comms = comms < METRICS_COMMS_MAX ? comms : METRICS_COMMS_MAX;
	m->size = sizeof(struct sums) + (m->max_comms + 1) * sizeof(struct comm);
	m->taken = calloc(1, m->size);
	m->kept = calloc(1, m->size);
	if (m->taken && m->kept)
		return m;
	metrics__free(m);
	return NULL;
}

void metrics__free(struct metrics *m)
{
	if (!m)
		return;
	free(m->taken);
	free(m->kept);
	free(m);
}

void metrics__keep(struct metrics *m)
{
	memcpy(m->kept, m->taken, m->size);
}

void metrics__forget(struct metrics *m)
{
	memcpy(m->taken, m->kept, m->size);
}

/* ---- a death ---- */

static void observe(struct histogram *h, const struct measure *how, uint64_t ns)
{
	unsigned int i = 0;

	while (i < how->nr && ns > how->bounds[i])
		i++;
	h->in[i]++;
	h->sum_s += ns / SECOND_NS;
	h->sum_ns += ns % SECOND_NS;
	h->sum_s += h->sum_ns / SECOND_NS;
	h->sum_ns %= SECOND_NS;
}

static enum cause_class class_of(const struct column *c)
{
	for (unsigned int i = 0; c->kind == COLUMN_TEXT && i < CAUSE_COUNT; i++)
		if (text__equal(c->bytes, names__class(i)))
			return i;
	return CAUSE_UNKNOWN;
}

static unsigned int slot_of(struct text name)
{
	uint64_t h = name.len;

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (unsigned char)name.bytes[i]) * 0x100000001b3ULL;
	return hash__slot(h, SLOTS - 1);
}

/* First come, first served: one that had a series keeps it. */
static struct comm *comm_of(const struct metrics *m, struct text name)
{
	struct sums *s = m->taken;
	unsigned int at;

	if (!m->max_comms || !name.len || name.len > ET_COMM_LEN || text__equal(name, METRICS_OTHER))
		return &s->comms[0];
	for (at = slot_of(name); s->slots[at]; at = (at + 1) % SLOTS) {
		struct comm *c = &s->comms[s->slots[at]];

		if (c->len == name.len && !memcmp(c->bytes, name.bytes, name.len))
			return c;
	}
	if (s->nr_comms == m->max_comms)
		return &s->comms[0];
	s->slots[at] = (uint16_t)++s->nr_comms;
	memcpy(s->comms[s->nr_comms].bytes, name.bytes, name.len);
	s->comms[s->nr_comms].len = name.len;
	return &s->comms[s->nr_comms];
}

static void read_columns(struct metrics *m, const struct frame_record *f)
{
	struct text rest = frame__columns(f);

	for (unsigned int i = 0; i < nr_history_columns; i++)
		if (history_columns[i].sent && !frame__next_column(&rest, &m->columns[history_columns[i].field]))
			return;
}

static bool number_of(const struct metrics *m, enum record_field field, uint64_t *n)
{
	const struct column *c = &m->columns[field];

	*n = c->kind == COLUMN_NUMBER && c->number > 0 ? (uint64_t)c->number : 0;
	return c->kind == COLUMN_NUMBER;
}

static void take_death(struct metrics *m, const struct frame_record *f)
{
	const struct column *comm = &m->columns[FIELD_process_comm];
	struct sums *s = m->taken;
	uint64_t n;

	read_columns(m, f);
	comm_of(m, comm->kind == COLUMN_TEXT ? comm->bytes : (struct text){ NULL, 0 })
		->deaths[class_of(&m->columns[FIELD_cause_class])]++;
	if (number_of(m, FIELD_exit_raw, &n)) {
		s->signals[(n & 0x7f) < SIGNALS ? n & 0x7f : 0]++;
		s->cores += n >> 7 & 1;
	}
	if (number_of(m, FIELD_files_flush_error_count, &n)) {
		s->flush_known = true;
		s->flush_errors += n;
	}
	for (unsigned int i = 0; i < MEASURES; i++)
		if (number_of(m, measures[i].field, &n))
			observe(&s->measures[i], &measures[i], n);
}

void metrics__take(struct metrics *m, const struct feed_frame *f, bool added)
{
	const void *frame = f;
	const struct frame_lost *l = frame;

	if (f->kind == FRAME_RECORD && added)
		take_death(m, frame);
	else if (f->kind == FRAME_LOST && l->known && l->stage < LOST_STAGES)
		m->taken->lost[l->stage] += l->deaths;
}

/* ---- the text ---- */

struct row {
	const char *name, *type, *labels, *source, *help;
	void (*put)(struct buf *b, const struct row *row, const struct metrics *m, const struct metrics_now *now);
};

/* Escaped for people, and that for the format: a backslash, a quote, and a line's end, of which there is none left. */
static void put_outside(struct buf *b, struct text t)
{
	char shown[TEXT_ESCAPE_MAX];

	for (size_t at = 0; at < t.len;) {
		const size_t n = text__escape_char(shown, t, &at);

		for (size_t i = 0; i < n; i++) {
			if (shown[i] == '\\' || shown[i] == '"')
				buf__char(b, '\\');
			buf__char(b, shown[i]);
		}
	}
}

/* 0.0001, 60, 12.000000005 */
static void put_seconds(struct buf *b, uint64_t s, uint64_t ns)
{
	buf__u64(b, s);
	if (!ns)
		return;
	buf__printf(b, ".%09llu", (unsigned long long)ns);
	while (!b->failed && b->data[b->len - 1] == '0')
		b->len--;
}

static void put_value(struct buf *b, uint64_t n)
{
	buf__char(b, ' ');
	buf__u64(b, n);
	buf__char(b, '\n');
}

static void put_plain(struct buf *b, const struct row *row, uint64_t n)
{
	buf__str(b, row->name);
	put_value(b, n);
}

static void put_time(struct buf *b, const struct row *row, uint64_t ns)
{
	buf__str(b, row->name);
	buf__char(b, ' ');
	put_seconds(b, ns / SECOND_NS, ns % SECOND_NS);
	buf__char(b, '\n');
}

/* With one label, whose value is our own word. */
static void put_labelled(struct buf *b, const struct row *row, const char *label, const char *value, uint64_t n)
{
	buf__printf(b, "%s{%s=\"%s\"}", row->name, label, value);
	put_value(b, n);
}

static void put_bucket(struct buf *b, const struct row *row, const char *labels, const uint64_t *bound, uint64_t n)
{
	buf__printf(b, "%s_bucket{%s%sle=\"", row->name, labels, *labels ? "," : "");
	if (bound)
		put_seconds(b, *bound / SECOND_NS, *bound % SECOND_NS);
	else
		buf__str(b, "+Inf");
	buf__str(b, "\"}");
	put_value(b, n);
}

/* Each bucket holds those below it, too. */
static void put_histogram(struct buf *b, const struct row *row, const char *labels, const struct metrics *m,
			  unsigned int which)
{
	const struct histogram *h = &m->kept->measures[which];
	const char *open = *labels ? "{" : "", *close = *labels ? "}" : "";
	uint64_t n = 0;

	for (unsigned int i = 0; i <= measures[which].nr; i++) {
		n += h->in[i];
		put_bucket(b, row, labels, i < measures[which].nr ? &measures[which].bounds[i] : NULL, n);
	}
	buf__printf(b, "%s_sum%s%s%s ", row->name, open, labels, close);
	put_seconds(b, h->sum_s, h->sum_ns);
	buf__printf(b, "\n%s_count%s%s%s", row->name, open, labels, close);
	put_value(b, n);
}

/* ---- how each is written ---- */

#define HOW(name_)                                                                            \
	static void put_##name_(struct buf *b, const struct row *row, const struct metrics *m, \
				const struct metrics_now *now)
#define NOT_NEEDED(what) (void)(what)

#define PLAIN(name_, value_)                   \
	HOW(name_)                             \
	{                                      \
		NOT_NEEDED(m);                 \
		NOT_NEEDED(now);               \
		put_plain(b, row, value_);     \
	}
PLAIN(zombies, now->waiting)
PLAIN(seen, now->taken)
PLAIN(filtered, now->filtered)
PLAIN(queue, now->queue_bytes)
PLAIN(queue_limit, now->queue_limit)
PLAIN(history, now->history_bytes)
PLAIN(writable, now->writable)
PLAIN(cores, m->kept->cores)

#define TIME(name_, value_)                    \
	HOW(name_)                             \
	{                                      \
		NOT_NEEDED(m);                 \
		put_time(b, row, value_);      \
	}
TIME(start, now->start_ns)
TIME(heartbeat, now->heard_ns)
TIME(oldest, now->oldest_ns)

#define HISTOGRAM(name_, which)                        \
	HOW(name_)                                     \
	{                                              \
		NOT_NEEDED(now);                       \
		put_histogram(b, row, "", m, which);   \
	}
HISTOGRAM(lifetime, M_LIFETIME)
HISTOGRAM(exit, M_EXIT)
HISTOGRAM(coredump, M_COREDUMP)
HISTOGRAM(zombie, M_ZOMBIE)

HOW(build)
{
	NOT_NEEDED(m);
	NOT_NEEDED(now);
	put_labelled(b, row, "version", EXITTRACE_VERSION, 1);
}

static void put_comm(struct buf *b, const struct row *row, const struct comm *c, unsigned int cause, bool other)
{
	buf__printf(b, "%s{cause=\"%s\",comm=\"", row->name, names__class(cause));
	put_outside(b, other ? text__str(METRICS_OTHER) : (struct text){ c->bytes, c->len });
	buf__str(b, "\"}");
	put_value(b, c->deaths[cause]);
}

/* Without names, or for all others, each cause is there from the beginning: a first death is an increase, too. */
HOW(deaths)
{
	const struct sums *s = m->kept;

	NOT_NEEDED(now);
	for (unsigned int i = 0; i <= s->nr_comms; i++) {
		for (unsigned int cause = 0; cause < CAUSE_COUNT; cause++) {
			if (!m->max_comms)
				put_labelled(b, row, "cause", names__class(cause), s->comms[0].deaths[cause]);
			else if (!i || s->comms[i].deaths[cause])
				put_comm(b, row, &s->comms[i], cause, !i);
		}
	}
}

HOW(signals)
{
	char name[RECORD_SIGNAL_NAME];

	NOT_NEEDED(now);
	for (int i = 1; i < SIGNALS; i++)
		if (i < SIGNALS_NAMED || m->kept->signals[i])
			put_labelled(b, row, "signal", names__signal(i, name), m->kept->signals[i]);
}

/* 0 would say that all went well. */
HOW(flush_errors)
{
	NOT_NEEDED(now);
	if (m->kept->flush_known)
		put_plain(b, row, m->kept->flush_errors);
}

HOW(phases)
{
	char label[32];

	NOT_NEEDED(now);
	for (unsigned int i = 0; i < PHASE_COUNT; i++) {
		snprintf(label, sizeof(label), "phase=\"%s\"", names__phase(i));
		put_histogram(b, row, label, m, M_PHASE + i);
	}
}

HOW(lost)
{
	static const char *const stages[] = { [LOST_RING] = "ring", [LOST_QUEUE] = "queue", [LOST_TRACER] = "tracer" };

	NOT_NEEDED(now);
	for (unsigned int i = 0; i < ARRAY_SIZE(stages); i++)
		put_labelled(b, row, "stage", stages[i], m->kept->lost[i]);
}

HOW(messages)
{
	NOT_NEEDED(m);
	put_labelled(b, row, "kind", "reap", now->lost.lost_reap);
	put_labelled(b, row, "kind", "cgroup", now->lost.lost_cgroup);
	put_labelled(b, row, "kind", "file", now->lost.lost_file);
}

HOW(maps)
{
	NOT_NEEDED(m);
	put_labelled(b, row, "map", "signals", now->lost.full_signals);
	put_labelled(b, row, "map", "dying", now->lost.full_dying);
}

PLAIN(ring, now->fill.ring_bytes)
PLAIN(ring_limit, ET_RING_BYTES)

HOW(map_entries)
{
	NOT_NEEDED(m);
	put_labelled(b, row, "map", "signals", now->fill.signals);
	if (now->fill.dying_known)
		put_labelled(b, row, "map", "dying", now->fill.dying);
}

HOW(map_limits)
{
	NOT_NEEDED(m);
	NOT_NEEDED(now);
	put_labelled(b, row, "map", "signals", ET_MAX_SIGNALED);
	put_labelled(b, row, "map", "dying", ET_MAX_DYING);
}

/* ---- the table ---- */

static const struct row rows[] = {
#define METRIC(name_, type_, labels_, source_, help_, how_) { name_, type_, labels_, source_, help_, how_ },
#include "metrics_table.h"
#undef METRIC
};

void metrics__put(const struct metrics *m, const struct metrics_now *now, struct buf *b)
{
	for (const struct row *row = rows; row < rows + ARRAY_SIZE(rows); row++) {
		buf__printf(b, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name, row->type);
		row->put(b, row, m, now);
	}
}

void metrics__list(void)
{
	printf("%-44s %-9s %-12s %-23s %s\n", "METRIC", "TYPE", "LABELS", "FROM", "WHAT IT IS");
	for (const struct row *row = rows; row < rows + ARRAY_SIZE(rows); row++)
		printf("%-44s %-9s %-12s %-23s %s\n", row->name, row->type, *row->labels ? row->labels : "-",
		       row->source, row->help);
}
