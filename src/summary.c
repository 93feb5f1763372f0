/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes records, gives how often durations, causes and names came, in all and for
 * each interval. Does not print and does not keep the records.
 */
#include "summary.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"

/* ---- durations ---- */

uint64_t summary__limit(unsigned int i)
{
	return i < 64 ? 1ULL << i : UINT64_MAX;
}

static unsigned int bucket_of(uint64_t ns)
{
	return ns <= 1 ? 0 : 64 - (unsigned int)__builtin_clzll(ns - 1);
}

static void count_duration(struct summary_histogram *h, uint64_t ns)
{
	h->count[bucket_of(ns)]++;
	h->known++;
	if (ns > h->max_ns)
		h->max_ns = ns;
	if (__builtin_add_overflow(h->total_ns, ns, &h->total_ns))
		h->total_ns = UINT64_MAX;
}

static void count_if(struct summary_histogram *h, bool known, uint64_t ns)
{
	if (known)
		count_duration(h, ns);
	else
		h->unknown++;
}

uint64_t summary__percentile(const struct summary_histogram *h, unsigned int percent)
{
	/* of 3, 50 % are 2: nobody is half below */
	uint64_t wanted = h->known / 100 * percent + (h->known % 100 * percent + 99) / 100, seen = 0;
	unsigned int i;

	for (i = 0; i < SUMMARY_BUCKETS; i++) {
		seen += h->count[i];
		if (seen >= wanted)
			break;
	}
	return summary__limit(i) < h->max_ns ? summary__limit(i) : h->max_ns;
}

static void add_phases(struct summary *s, const struct phases *p)
{
	unsigned int i;

	count_if(&s->durations[SUMMARY_EXIT], p->known, p->exit_ns);
	for (i = 0; i < PHASE_COUNT; i++)
		count_if(&s->durations[SUMMARY_PHASES + i], p->known && p->seen[i], p->ns[i]);
}

static void add_durations(struct summary *s, const struct record *r)
{
	count_if(&s->durations[SUMMARY_AGE], record__death_seen(r),
		 record__since(r->death->id.start_ns, record__death_ns(r)));
	add_phases(s, &r->phases);
	if (r->reap.how == REAP_AUTO) /* it never was a zombie */
		s->durations[SUMMARY_ZOMBIE].none++;
	else
		count_if(&s->durations[SUMMARY_ZOMBIE], r->reap.time_known, r->reap.zombie_ns);
}

/* ---- tops ---- */

static unsigned int *chain_of(struct summary_top *t, const struct summary_key *key)
{
	uint64_t half[2];

	memcpy(half, key->name, sizeof(half));
	return &t->heads[hash__slot((half[0] * 31 + half[1]) * 31 + key->kind, 2 * SUMMARY_KEYS - 1)];
}

static bool same_key(const struct summary_key *a, const struct summary_key *b)
{
	return a->kind == b->kind && !memcmp(a->name, b->name, sizeof(a->name));
}

static struct summary_entry *find(struct summary_top *t, const struct summary_key *key)
{
	unsigned int at = *chain_of(t, key);

	while (at && !same_key(&t->entries[at - 1].key, key))
		at = t->entries[at - 1].next;
	return at ? &t->entries[at - 1] : NULL;
}

static void leave_chain(struct summary_top *t, const struct summary_entry *e)
{
	unsigned int *at = chain_of(t, &e->key);

	while (&t->entries[*at - 1] != e)
		at = &t->entries[*at - 1].next;
	*at = e->next;
}

/* `least` only grows, so that a stream of keys never seen before does not make us look at all of them each time. */
static struct summary_entry *least_counted(struct summary_top *t)
{
	for (;;) {
		uint64_t above = UINT64_MAX;
		unsigned int i;

		for (i = 0; i < SUMMARY_KEYS; i++, t->cursor++) {
			struct summary_entry *e = &t->entries[t->cursor % SUMMARY_KEYS];

			if (e->count <= t->least)
				return e;
			if (e->count < above)
				above = e->count;
		}
		t->least = above;
	}
}

static struct summary_entry *make_place(struct summary_top *t)
{
	struct summary_entry *e;

	if (t->nr < SUMMARY_KEYS)
		return &t->entries[t->nr++];
	t->crowded = true;
	e = least_counted(t);
	leave_chain(t, e);
	e->excess = e->count;
	return e;
}

static void count_key(struct summary_top *t, const struct summary_key *key)
{
	struct summary_entry *e = find(t, key);

	if (!e) {
		unsigned int *head = chain_of(t, key);

		e = make_place(t);
		e->key = *key;
		e->next = *head;
		*head = (unsigned int)(e - t->entries) + 1;
	}
	e->count++;
}

uint64_t summary__certain(const struct summary_entry *e)
{
	return e->count - e->excess;
}

/* By count; where that is the same by key, so that the order is the same every time. */
static bool comes_before(const struct summary_entry *a, const struct summary_entry *b)
{
	const uint64_t certain = summary__certain(a), other = summary__certain(b);
	const int names = memcmp(a->key.name, b->key.name, sizeof(a->key.name));

	if (certain != other)
		return certain > other;
	return names ? names < 0 : a->key.kind < b->key.kind;
}

unsigned int summary__ranked(const struct summary_top *t, const struct summary_entry **best, unsigned int n)
{
	unsigned int nr = 0, i, at;

	for (i = 0; n && i < t->nr; i++) {
		const struct summary_entry *e = &t->entries[i];

		if (nr == n && !comes_before(e, best[nr - 1]))
			continue;
		nr += nr < n;
		for (at = nr - 1; at && comes_before(e, best[at - 1]); at--)
			best[at] = best[at - 1];
		best[at] = e;
	}
	return nr;
}

static struct summary_key make_key(uint32_t kind, const char *name, size_t cap)
{
	struct summary_key key = { .kind = kind };

	memcpy(key.name, name, text__array(name, cap < sizeof(key.name) ? cap : sizeof(key.name)).len);
	return key;
}

static void add_keys(struct summary *s, const struct record *r)
{
	const struct reap *reap = &r->reap;
	struct summary_key cause = make_key(r->cause.class, r->cause.signal_name, sizeof(r->cause.signal_name));
	struct summary_key comm = make_key(SUMMARY_NAMED, r->death->comm, sizeof(r->death->comm));
	struct summary_key reaper = make_key(reap->by_known ? SUMMARY_NAMED : reap->how, reap->by.comm,
					     reap->by_known ? sizeof(reap->by.comm) : 0);

	count_key(&s->tops[SUMMARY_CAUSES], &cause);
	count_key(&s->tops[SUMMARY_COMMS], &comm);
	count_key(&s->tops[SUMMARY_REAPERS], &reaper);
}

/* ---- a summary ---- */

struct summary *summary__new(void)
{
	return calloc(1, sizeof(struct summary));
}

void summary__free(struct summary *s)
{
	free(s);
}

void summary__reset(struct summary *s)
{
	memset(s, 0, sizeof(*s));
}

void summary__add(struct summary *s, const struct record *r)
{
	s->zombies += r->type == RECORD_ZOMBIE;
	s->dying += r->type == RECORD_DYING;
	if (r->type != RECORD_DEATH) /* its death is still to come, and must count once */
		return;
	s->deaths++;
	add_durations(s, r);
	add_keys(s, r);
}

/* ---- summaries of a stream ---- */

struct summaries {
	uint64_t interval_ns;
	summary_fn fn;
	void *ctx;
	struct summary *interval; /* NULL: none are wanted */
	struct summary *whole;
	uint64_t now_ns, real_offset_ns;
	uint64_t begin_ns, from_ns, due_ns; /* of the stream, of the interval, and its end; UINT64_MAX: none */
};

struct summaries *summaries__new(uint64_t interval_ns, summary_fn fn, void *ctx)
{
	struct summaries *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct summaries){ .interval_ns = interval_ns, .fn = fn, .ctx = ctx, .due_ns = UINT64_MAX };
	s->whole = summary__new();
	s->interval = interval_ns ? summary__new() : NULL;
	if (s->whole && (s->interval || !interval_ns))
		return s;
	summaries__free(s);
	return NULL;
}

void summaries__free(struct summaries *s)
{
	if (!s)
		return;
	summary__free(s->interval);
	summary__free(s->whole);
	free(s);
}

static uint64_t later(uint64_t ns, uint64_t by)
{
	return by > UINT64_MAX - ns ? UINT64_MAX : ns + by;
}

void summaries__begin(struct summaries *s, uint64_t boot_ns, uint64_t real_ns)
{
	s->now_ns = s->begin_ns = s->from_ns = boot_ns;
	s->real_offset_ns = real_ns - boot_ns;
	if (s->interval)
		s->due_ns = later(boot_ns, s->interval_ns);
}

void summaries__add(struct summaries *s, const struct record *r)
{
	summary__add(s->whole, r);
	if (s->interval)
		summary__add(s->interval, r);
}

static bool is_empty(const struct summary *s)
{
	return !s->deaths && !s->zombies && !s->dying;
}

static void hand_out(struct summaries *s, const struct summary *what, uint64_t from_ns, uint64_t to_ns)
{
	struct summary_span span = {
		.from_real_ns = from_ns + s->real_offset_ns,
		.to_real_ns = to_ns + s->real_offset_ns,
		.whole = what == s->whole,
	};

	s->fn(s->ctx, what, &span);
}

static void end_interval(struct summaries *s, uint64_t at_ns)
{
	hand_out(s, s->interval, s->from_ns, at_ns);
	summary__reset(s->interval);
	s->from_ns = at_ns;
	s->due_ns = later(at_ns, s->interval_ns);
}

void summaries__clock(struct summaries *s, uint64_t boot_ns, uint64_t real_ns)
{
	if (boot_ns < s->now_ns)
		return;
	s->now_ns = boot_ns;
	s->real_offset_ns = real_ns - boot_ns;
	while (s->due_ns <= boot_ns && s->due_ns != UINT64_MAX) {
		uint64_t idle = is_empty(s->interval) ? (boot_ns - s->due_ns) / s->interval_ns : 0;

		end_interval(s, s->due_ns + idle * s->interval_ns);
	}
}

uint64_t summaries__next_due(const struct summaries *s)
{
	return s->due_ns;
}

void summaries__end(struct summaries *s)
{
	if (s->interval && (s->now_ns > s->from_ns || !is_empty(s->interval)))
		end_interval(s, s->now_ns);
	s->due_ns = UINT64_MAX;
	hand_out(s, s->whole, s->begin_ns, s->now_ns);
}
