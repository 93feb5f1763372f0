/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a summary, gives it as text with bars or as a line of JSON. Does not count
 * anything and does not know when one is due.
 */
#include "output_summary.h"

#include <string.h>

#include "json.h"
#include "names.h"

#define SHOWN_TEXT 10 /* of each top */
#define SHOWN_JSON 100
#define BAR 40
#define GAP 2 /* more empty buckets in a row are one line */

static uint64_t sum_certain(const struct summary_entry *const *best, unsigned int n)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		sum += summary__certain(best[i]);
	return sum;
}

/* The bucket from i on that is not empty; SUMMARY_BUCKETS: there is none. */
static unsigned int next_bucket(const struct summary_histogram *h, unsigned int i)
{
	while (i < SUMMARY_BUCKETS && !h->count[i])
		i++;
	return i;
}

/* ---- text ---- */

static const char *const titles[SUMMARY_PHASES] = {
	[SUMMARY_AGE] = "age",
	[SUMMARY_EXIT] = "exit",
	[SUMMARY_ZOMBIE] = "zombie",
};

static const char *title_of(unsigned int duration)
{
	return duration < SUMMARY_PHASES ? titles[duration] : names__phase(duration - SUMMARY_PHASES);
}

static void put_number(struct buf *b, uint64_t n, size_t width)
{
	size_t from = b->len;

	buf__u64(b, n);
	buf__align_right(b, from, width);
}

static void put_duration(struct buf *b, uint64_t ns, size_t width)
{
	size_t from = b->len;

	output__put_duration(b, ns);
	buf__align_right(b, from, width);
}

/* A count that only crowded tops do not know for certain. */
static void put_certain(struct buf *b, const struct summary_entry *e)
{
	size_t from = b->len;

	buf__str(b, e->excess ? ">=" : "");
	buf__u64(b, summary__certain(e));
	buf__align_right(b, from, 10);
	buf__str(b, "  ");
}

static void put_key(struct buf *b, enum summary_list list, const struct summary_key *key)
{
	const struct text name = text__array(key->name, sizeof(key->name));

	if (list == SUMMARY_CAUSES) {
		buf__str(b, names__class(key->kind));
		buf__str(b, name.len ? " " : "");
	} else if (key->kind != SUMMARY_NAMED) {
		buf__char(b, '(');
		buf__str(b, names__how(key->kind));
		buf__char(b, ')');
	}
	buf__text(b, name);
	buf__char(b, '\n');
}

static void put_others(struct buf *b, const struct summary_top *t, uint64_t deaths, unsigned int shown)
{
	if (!deaths)
		return;
	put_number(b, deaths, 10);
	buf__str(b, t->crowded ? "  (more than " : "  (");
	buf__count(b, t->nr - shown, "other");
	buf__str(b, ")\n");
}

static void put_top(struct buf *b, const struct summary *s, enum summary_list list, const char *title)
{
	const struct summary_entry *best[SHOWN_TEXT];
	unsigned int n = summary__ranked(&s->tops[list], best, SHOWN_TEXT), i;

	buf__str(b, title);
	for (i = 0; i < n; i++) {
		put_certain(b, best[i]);
		put_key(b, list, &best[i]->key);
	}
	put_others(b, &s->tops[list], s->deaths - sum_certain(best, n), n);
}

static void put_share(struct buf *b, uint64_t part, uint64_t all)
{
	size_t from = b->len;

	buf__u64(b, all ? (uint64_t)((unsigned __int128)part * 100 / all) : 0);
	buf__char(b, '%');
	buf__align_right(b, from, 6);
}

/* The percentiles are ends of buckets: no less than the true ones. */
static void put_phase_row(struct buf *b, const struct summary *s, enum summary_duration duration)
{
	const struct summary_histogram *h = &s->durations[duration];
	const char *title = title_of(duration);

	buf__str(b, title);
	put_number(b, h->known, 19 - strlen(title));
	put_number(b, h->unknown, 11);
	if (!h->known) {
		buf__str(b, "         ?         ?         ?         ?     ?\n");
		return;
	}
	put_duration(b, summary__percentile(h, 50), 10);
	put_duration(b, summary__percentile(h, 99), 10);
	put_duration(b, h->max_ns, 10);
	put_duration(b, h->total_ns, 10);
	put_share(b, h->total_ns, s->durations[SUMMARY_EXIT].total_ns);
	buf__char(b, '\n');
}

static void put_phases(struct buf *b, const struct summary *s)
{
	unsigned int i;

	buf__str(b, "\nPHASE        DEATHS UNOBSERVED    P50 <=    P99 <=       MAX     TOTAL SHARE\n");
	for (i = SUMMARY_PHASES; i < SUMMARY_DURATIONS; i++)
		put_phase_row(b, s, i);
	put_phase_row(b, s, SUMMARY_EXIT);
}

/* At least one mark for anything that is not nothing. */
static void put_bar(struct buf *b, uint64_t count, uint64_t longest)
{
	unsigned int marks = (unsigned int)((unsigned __int128)count * BAR / longest), i;

	if (count && !marks)
		marks = 1;
	for (i = 0; i < BAR; i++)
		buf__char(b, i < marks ? '#' : ' ');
}

static void put_bucket(struct buf *b, const struct summary_histogram *h, unsigned int i, uint64_t longest)
{
	buf__str(b, "    <= ");
	put_duration(b, summary__limit(i), 10);
	put_number(b, h->count[i], 10);
	buf__str(b, " |");
	put_bar(b, h->count[i], longest);
	buf__str(b, "|\n");
}

static uint64_t largest_count(const struct summary_histogram *h)
{
	uint64_t largest = 0;
	unsigned int i;

	for (i = 0; i < SUMMARY_BUCKETS; i++)
		largest = h->count[i] > largest ? h->count[i] : largest;
	return largest;
}

/* What a phase took is often nothing, and sometimes much: between are many empty buckets. */
static void put_buckets(struct buf *b, const struct summary_histogram *h)
{
	const uint64_t longest = largest_count(h);
	unsigned int next = next_bucket(h, 0), i = next;

	while (next < SUMMARY_BUCKETS) {
		if (next - i > GAP) {
			buf__str(b, "       ...\n");
			i = next;
		}
		for (; i <= next; i++)
			put_bucket(b, h, i, longest);
		next = next_bucket(h, i);
	}
}

static void put_histogram(struct buf *b, const struct summary *s, enum summary_duration duration)
{
	const struct summary_histogram *h = &s->durations[duration];

	buf__printf(b, "\n%s: ", title_of(duration));
	buf__count(b, h->known, "death");
	if (h->known) {
		buf__str(b, ", max ");
		output__put_duration(b, h->max_ns);
	}
	if (h->unknown)
		buf__printf(b, ", not observed: %llu", (unsigned long long)h->unknown);
	if (h->none)
		buf__printf(b, ", reaped at once: %llu", (unsigned long long)h->none);
	buf__char(b, '\n');
	put_buckets(b, h);
}

/* Phases of less than 1 % of the way out have their row in the table and that is enough. */
static bool is_worth_bars(const struct summary *s, unsigned int duration)
{
	const uint64_t part = s->durations[duration].total_ns, all = s->durations[SUMMARY_EXIT].total_ns;

	return duration < SUMMARY_PHASES || (part && part >= all / 100);
}

static void put_counts(struct buf *b, const struct summary *s)
{
	buf__count(b, s->deaths, "death");
	if (s->zombies)
		buf__printf(b, ", %llu not reaped in time", (unsigned long long)s->zombies);
	if (s->dying) {
		buf__str(b, ", ");
		buf__count(b, s->dying, "slow exit");
	}
	buf__char(b, '\n');
}

void summary__put_text(struct buf *b, const struct summary *s)
{
	unsigned int i;

	put_counts(b, s);
	if (s->deaths) {
		put_top(b, s, SUMMARY_CAUSES, "\n    DEATHS  CAUSE\n");
		put_top(b, s, SUMMARY_COMMS, "\n    DEATHS  COMM\n");
		put_top(b, s, SUMMARY_REAPERS, "\n    DEATHS  REAPER\n");
		if (s->durations[SUMMARY_EXIT].known)
			put_phases(b, s);
		for (i = 0; i < SUMMARY_DURATIONS; i++) {
			if (is_worth_bars(s, i))
				put_histogram(b, s, i);
		}
	}
	buf__char(b, '\n');
}

/* ---- JSON ---- */

static void put_time_member(struct buf *b, const char *key, uint64_t real_ns)
{
	json__key(b, key);
	buf__char(b, '"');
	output__put_rfc3339(b, real_ns);
	buf__char(b, '"');
}

/* Keys of the field table, where there is one. */
static void put_duration_key(struct buf *b, unsigned int duration)
{
	static const char *const keys[SUMMARY_PHASES] = {
		[SUMMARY_AGE] = "process.age_ns",
		[SUMMARY_EXIT] = "phases.exit_ns",
		[SUMMARY_ZOMBIE] = "reap.zombie_ns",
	};

	if (duration < SUMMARY_PHASES)
		buf__printf(b, "\"%s\":{", keys[duration]);
	else
		buf__printf(b, "\"phases.%s_ns\":{", names__phase(duration - SUMMARY_PHASES));
}

/* Empty ones are left out; a bucket begins above half of its le_ns, the first at 0. */
static void put_json_buckets(struct buf *b, const struct summary_histogram *h)
{
	unsigned int first = next_bucket(h, 0), i;

	buf__str(b, ",\"buckets\":[");
	for (i = first; i < SUMMARY_BUCKETS; i = next_bucket(h, i + 1)) {
		buf__str(b, i > first ? ",{" : "{");
		json__member(b, "le_ns", summary__limit(i));
		json__member(b, "count", h->count[i]);
		buf__char(b, '}');
	}
	buf__char(b, ']');
}

static void put_json_histogram(struct buf *b, const struct summary_histogram *h, unsigned int duration)
{
	put_duration_key(b, duration);
	json__member(b, "known", h->known);
	json__member(b, "unknown", h->unknown);
	if (duration == SUMMARY_ZOMBIE)
		json__member(b, "none", h->none);
	if (h->known) {
		json__member(b, "max_ns", h->max_ns);
		json__member(b, "total_ns", h->total_ns);
	}
	put_json_buckets(b, h);
	buf__char(b, '}');
}

static void put_json_cause(struct buf *b, const struct summary_key *key)
{
	buf__printf(b, "\"class\":\"%s\"", names__class(key->kind));
	if (!key->name[0])
		return;
	json__key(b, "signal_name");
	json__string(b, text__array(key->name, sizeof(key->name)));
}

static void put_json_comm(struct buf *b, const struct summary_key *key)
{
	const struct text comm = text__array(key->name, sizeof(key->name));

	if (key->kind != SUMMARY_NAMED) {
		buf__printf(b, "\"how\":\"%s\"", names__how(key->kind));
		return;
	}
	json__key(b, "comm");
	if (json__string(b, comm))
		return;
	json__key(b, "comm_b64");
	json__base64(b, comm);
}

static void put_json_entry(struct buf *b, enum summary_list list, const struct summary_entry *e)
{
	buf__char(b, '{');
	if (list == SUMMARY_CAUSES)
		put_json_cause(b, &e->key);
	else
		put_json_comm(b, &e->key);
	json__member(b, "count", summary__certain(e));
	if (e->excess)
		json__member(b, "count_at_most", e->count);
	buf__char(b, '}');
}

static const char *const lists[SUMMARY_LISTS] = {
	[SUMMARY_CAUSES] = "cause",
	[SUMMARY_COMMS] = "comm",
	[SUMMARY_REAPERS] = "reaper",
};

/* Returns how many deaths are not in the list. */
static uint64_t put_json_top(struct buf *b, const struct summary *s, enum summary_list list)
{
	const struct summary_entry *best[SHOWN_JSON];
	unsigned int n = summary__ranked(&s->tops[list], best, SHOWN_JSON), i;

	buf__printf(b, "\"%s\":[", lists[list]);
	for (i = 0; i < n; i++) {
		if (i)
			buf__char(b, ',');
		put_json_entry(b, list, best[i]);
	}
	buf__str(b, "],");
	return s->deaths - sum_certain(best, n);
}

static void put_json_tops(struct buf *b, const struct summary *s)
{
	uint64_t others[SUMMARY_LISTS];
	unsigned int i;

	buf__str(b, ",\"top\":{");
	for (i = 0; i < SUMMARY_LISTS; i++)
		others[i] = put_json_top(b, s, i);
	buf__str(b, "\"others\":{");
	for (i = 0; i < SUMMARY_LISTS; i++)
		json__member(b, lists[i], others[i]);
	buf__str(b, "},\"exact\":{");
	for (i = 0; i < SUMMARY_LISTS; i++)
		buf__printf(b, "%s\"%s\":%s", i ? "," : "", lists[i], s->tops[i].crowded ? "false" : "true");
	buf__str(b, "}}");
}

void summary__put_json(struct buf *b, const struct summary *s, const struct summary_span *span)
{
	unsigned int i;

	json__begin(b, "summary");
	put_time_member(b, "time", span->to_real_ns);
	put_time_member(b, "from", span->from_real_ns);
	buf__str(b, span->whole ? ",\"whole\":true" : ",\"whole\":false");
	json__member(b, "deaths", s->deaths);
	json__member(b, "zombies", s->zombies);
	json__member(b, "dying", s->dying);
	buf__str(b, ",\"histograms\":{");
	for (i = 0; i < SUMMARY_DURATIONS; i++) {
		if (i)
			buf__char(b, ',');
		put_json_histogram(b, &s->durations[i], i);
	}
	buf__char(b, '}');
	put_json_tops(b, s);
	buf__str(b, "}\n");
}

/* ---- the output ---- */

static void put_span(struct buf *b, const struct output *o, const struct summary_span *span)
{
	enum time_style style = o->opt.timestamp ? TIME_FULL : TIME_SECONDS;

	buf__str(b, span->whole ? "in all, " : "");
	output__put_time(b, span->from_real_ns, o->opt.utc, style);
	buf__str(b, " to ");
	output__put_time(b, span->to_real_ns, o->opt.utc, style);
	buf__str(b, " (");
	output__put_duration(b, record__since(span->from_real_ns, span->to_real_ns));
	buf__str(b, "): ");
}

void output__summary(struct output *o, const struct summary *s, const struct summary_span *span)
{
	size_t before = o->buf.len;

	if (o->error) {
		o->unwritten++;
		return;
	}
	if (o->opt.json) {
		summary__put_json(&o->buf, s, span);
	} else {
		put_span(&o->buf, o, span);
		summary__put_text(&o->buf, s);
	}
	if (o->buf.failed) { /* no memory: half a block is worse than none */
		o->buf.failed = false;
		o->buf.len = before;
		o->unwritten++;
	} else {
		o->ends[o->in_buffer++] = o->buf.len;
	}
	output__flush(o); /* few and far between */
}
