/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The dead that wait: packed and back, found again, within their memory. */
#include <stdlib.h>

#include "packed.h"
#include "synth.h"
#include "unit.h"
#include "waiting.h"

#define MANY 50000
#define BYTES (2560 << 10)

static uint64_t rng = 88172645463325252ULL;

static uint64_t any(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	return rng ^= rng << 17;
}

/* Words of each length, alone and among zeros, compared with nothing and with a sibling. */
static void round_trips(void)
{
	static uint8_t packed[PACKED_MAX(2048)];
	uint64_t msg[256], like[256], back[256];
	unsigned int round, i, words;
	size_t len;

	for (round = 0; round < 20000; round++) {
		words = any() % 257;
		for (i = 0; i < words; i++) {
			msg[i] = any() % 3 ? any() >> any() % 64 : 0;
			like[i] = any() % 3 ? msg[i] ^ any() >> any() % 64 : msg[i];
		}
		len = packed__pack(packed, msg, round % 2 ? like : NULL, 8 * words);
		CHECK(len <= PACKED_MAX(8 * words));
		memset(back, 0xa5, sizeof(back));
		packed__unpack(back, packed, round % 2 ? like : NULL, 8 * words);
		CHECK_BYTES(back, 8 * words, msg, 8 * words);
	}
}

/* No two alike, of three families and of every size; some in namespaces. */
static struct synth_death nth(unsigned int i)
{
	struct synth_death m = synth_death(1000 + i);

	m.d.id.start_ns += i * 1000003ULL;
	m.d.dead_ns += i * 100003ULL;
	m.d.parent = synth_peer(400 + i % 3, i % 3 ? "bash" : "\xff\xff");
	m.d.ns_level = i % 5;
	m.d.ns_pids[0] = 1000 + i;
	m.d.ns_pids[1] = 1 + i % 7;
	synth_exe(&m, "worker\0bin\0usr\0", i % 4 ? 15 : 0);
	if (i % 11 == 0)
		synth_signals(&m, i % 2)->fatal = synth_signal(SIGKILL, m.d.parent);
	return m;
}

static void check_is(struct waiting *w, struct waiting_death *n, unsigned int i)
{
	const struct synth_death m = nth(i);
	const struct et_death *d;

	if (!n) {
		unit__fail(__FILE__, __LINE__, "%u is not there", i);
		return;
	}
	d = waiting__message(w, n);
	CHECK_BYTES(d, d->h.size, &m, m.d.h.size);
	CHECK(waiting__message(w, n) == d);
}

/* As many as there is memory for; the oldest make room. Each is what it was. */
static void many(void)
{
	struct waiting *w = waiting__new(MANY, BYTES);
	unsigned int i, first = 0;
	struct synth_death m;

	for (i = 0; i < MANY; i++) {
		m = nth(i);
		while (!waiting__add(w, &m.d)) {
			check_is(w, waiting__oldest(w), first++);
			waiting__remove(w, waiting__oldest(w));
		}
		CHECK(waiting__bytes(w) <= BYTES);
	}
	CHECK_U64(waiting__count(w), MANY - first);
	CHECK(waiting__count(w) > 8000);
	for (i = MANY; i-- > first;) {
		m = nth(i);
		check_is(w, waiting__find(w, &m.d.id), i);
		check_is(w, waiting__numbered(w, 0, 1000 + i, NULL), i);
	}
	m = nth(0);
	CHECK(!waiting__find(w, &m.d.id));
	while (waiting__oldest(w))
		waiting__remove(w, waiting__oldest(w));
	CHECK(waiting__bytes(w) < BYTES / 4); /* what is kept to be used again */
	waiting__free(w);
}

/* A fork bomb: all of one family. */
static void siblings(void)
{
	struct waiting *w = waiting__new(MANY, BYTES);
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		struct synth_death m = synth_death(1000 + i);

		m.d.id.start_ns += i * 50003ULL;
		m.d.dead_ns += i * 50007ULL;
		if (!waiting__add(w, &m.d))
			break;
	}
	CHECK(i > 13000);
	CHECK_U64(waiting__count(w), i);
	while (waiting__oldest(w))
		waiting__remove(w, waiting__oldest(w));
	waiting__free(w);
}

/* Removed in any order, added again: the messages to compare with are taken over by other families. */
static void come_and_go(void)
{
	static unsigned int held[2000];
	struct waiting *w = waiting__new(MANY, BYTES);
	unsigned int i, round, next = 0;

	for (i = 0; i < 2000; i++) {
		struct synth_death m = nth(held[i] = next++);

		CHECK(waiting__add(w, &m.d));
	}
	for (round = 0; round < 20000; round++) {
		struct synth_death m = nth(held[i = any() % 2000]);

		check_is(w, waiting__find(w, &m.d.id), held[i]);
		waiting__remove(w, waiting__find(w, &m.d.id));
		CHECK(!waiting__find(w, &m.d.id));
		next += round % 100 == 0 ? 5000 : 1;
		m = nth(held[i] = next);
		CHECK(waiting__add(w, &m.d));
	}
	CHECK_U64(waiting__count(w), 2000);
	while (waiting__oldest(w))
		waiting__remove(w, waiting__oldest(w));
	waiting__free(w);
}

int main(void)
{
	UNIT(round_trips);
	UNIT(many);
	UNIT(siblings);
	UNIT(come_and_go);
	return unit__end();
}
