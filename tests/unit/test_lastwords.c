/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* STDIO messages through the assembler: what a record says of streams, and what it says it cannot. */
#include "assembler.h"
#include "check.h"
#include "lastwords.h"
#include "synth.h"
#include "unit.h"

#include <errno.h>

static struct {
	unsigned int nr, missing;
	struct last_words stdio;
	struct noted_stream list[8];
	char path[8][64], tail[8][64];
	bool lost_known, inherited_known, streams_known, known;
	enum missing_why why;
} seen;

static void copy(char *dst, struct text t)
{
	const size_t n = t.len < 63 ? t.len : 63;

	if (n)
		memcpy(dst, t.bytes, n);
	dst[n] = '\0';
}

/* What a record points at is gone when this returns. */
static void take(void *ctx, const struct record *r)
{
	unsigned int i;

	(void)ctx;
	memset(&seen, 0, sizeof(seen));
	seen.nr = 1;
	seen.stdio = r->stdio;
	for (i = 0; i < r->stdio.nr && i < 8; i++) {
		seen.list[i] = r->stdio.list[i];
		copy(seen.path[i], r->stdio.list[i].path);
		copy(seen.tail[i], r->stdio.list[i].tail);
	}
	seen.known = !record__is_missing(r, FIELD_stdio);
	seen.lost_known = !record__is_missing(r, FIELD_stdio_lost_bytes);
	seen.inherited_known = !record__is_missing(r, FIELD_stdio_inherited_bytes);
	seen.streams_known = !record__is_missing(r, FIELD_stdio_streams);
	for (i = 0; i < r->nr_missing; i++)
		if (r->missing[i].field == FIELD_stdio || r->missing[i].field == FIELD_stdio_lost_bytes)
			seen.why = (enum missing_why)r->missing[i].why;
}

static struct assembler *begin(unsigned int tail, unsigned int flags)
{
	struct assembler *a = assembler__new(&(struct assembler_options){ .max_tail = tail }, take, NULL);
	struct et_start s = synth_start();

	s.flags = flags;
	CHECK_I64(assembler__feed(a, &s, sizeof(s)), 0);
	return a;
}

static struct et_stdio message(int fd, const char *tail, uint64_t bytes, uint64_t inherited, uint32_t flags)
{
	const struct et_id id = { .start_ns = 110 * SEC, .tgid = 7 };
	struct et_stdio m = { .h = { ET_STDIO, sizeof(m) }, .bytes = bytes, .inherited = inherited, .flags = flags,
			      .streams = 1 };

	m.file = synth_file(&id, ET_FILE_STDIO, "ext4", "x.log\0log", 10);
	m.file.fd = fd;
	m.tail_len = (uint32_t)strlen(tail);
	memcpy(m.tail, tail, m.tail_len);
	return m;
}

static void feed(struct assembler *a, struct et_stdio m)
{
	CHECK_I64(assembler__feed(a, &m, m.h.size), 0);
}

/* Dies with `told` messages, and is told. */
static void end(struct assembler *a, enum et_stdio_state state, uint32_t told)
{
	struct synth_death m = synth_death(7);
	struct et_reap reap;

	m.d.stdio = state | told << ET_STDIO_SHIFT;
	reap = synth_reap(&m.d, synth_peer(412, "bash"), MS);
	CHECK_I64(assembler__feed(a, &m, m.d.h.size), 0);
	CHECK_I64(assembler__feed(a, &reap, sizeof(reap)), 0);
	CHECK_U64(seen.nr, 1);
	assembler__free(a);
}

static void nothing_lost(void)
{
	end(begin(0, ET_START_STDIO), ET_STDIO_SEEN, 0);
	CHECK(seen.stdio.applies && seen.known && seen.lost_known && seen.streams_known);
	CHECK_U64(seen.stdio.lost, 0);
	CHECK_U64(seen.stdio.nr, 0);
}

static void not_asked_for(void)
{
	end(begin(0, 0), ET_STDIO_UNSEEN, 0);
	CHECK(!seen.stdio.applies && seen.known);
}

static void two_streams(void)
{
	struct assembler *a = begin(6, ET_START_STDIO);

	feed(a, message(3, "the end", 30, 10, 0));
	feed(a, message(1, "", 5, 5, 0));
	end(a, ET_STDIO_SEEN, 2);
	CHECK_U64(seen.stdio.lost, 20);
	CHECK_U64(seen.stdio.inherited, 15);
	CHECK_U64(seen.stdio.nr, 2);
	CHECK_STR(seen.path[0], "/log/x.log");
	CHECK_STR(seen.tail[0], "he end");
	CHECK_I64(seen.list[0].fd, 3);
	CHECK_U64(seen.list[1].lost, 0);
	CHECK(seen.lost_known && seen.inherited_known);
}

/* A tail is cut where a character begins, and not shown unless it is asked for. */
static void tails(void)
{
	struct assembler *a = begin(4, ET_START_STDIO);
	struct et_stdio wide = message(4, "", 9, 0, ET_STDIO_WIDE);
	const uint32_t chars[] = { 'a', 0xe4, 0x20ac, 0x1f600, 0x110000 };

	memcpy(wide.tail, chars, sizeof(chars));
	wide.tail_len = sizeof(chars);
	feed(a, message(3, "x\xe2\x82\xac" "12", 6, 0, 0));
	feed(a, wide);
	end(a, ET_STDIO_SEEN, 2);
	CHECK_STR(seen.tail[0], "12");
	CHECK_STR(seen.tail[1], "\xef\xbf\xbd"); /* no character: U+FFFD, and no half of the one before it */
	a = begin(0, ET_START_STDIO);
	feed(a, message(3, "secret", 6, 0, 0));
	end(a, ET_STDIO_SEEN, 1);
	CHECK_U64(seen.list[0].tail.len, 0);
}

static void messages_lost(void)
{
	struct assembler *a = begin(0, ET_START_STDIO);

	feed(a, message(3, "", 30, 0, 0));
	end(a, ET_STDIO_SEEN, 2);
	CHECK(!seen.lost_known && !seen.streams_known);
	CHECK_U64(seen.why, WHY_LOST);
}

static void cannot_be_seen(void)
{
	static const struct { enum et_stdio_state state; enum missing_why why; bool group; } all[] = {
		{ ET_STDIO_STATIC, WHY_STATIC, true },	{ ET_STDIO_UNKNOWN, WHY_LIBC, true },
		{ ET_STDIO_COMPAT, WHY_COMPAT, true },	{ ET_STDIO_UNREADABLE, WHY_PAGED, true },
		{ ET_STDIO_STANDARD, WHY_LIBC, false }, { ET_STDIO_MANY, WHY_FULL, false },
	};
	unsigned int i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		end(begin(0, ET_START_STDIO), all[i].state, 0);
		CHECK(seen.known == !all[i].group);
		CHECK(!seen.lost_known);
		CHECK_U64(seen.why, all[i].why);
	}
	end(begin(0, ET_START_STDIO), ET_STDIO_UNSEEN, 0);
	CHECK(!seen.known);
}

static void failed_writes(void)
{
	struct assembler *a = begin(0, ET_START_STDIO);

	feed(a, message(3, "", 0, 0, ET_STDIO_FAILED));
	end(a, ET_STDIO_SEEN, 1);
	CHECK(seen.list[0].failed && !seen.lost_known);
	CHECK_U64(seen.why, WHY_FAILED);
}

/* Kept until the death, however many; and an exec() that could not be looked at. */
static void by_exec(void)
{
	struct assembler *a = begin(0, ET_START_STDIO);
	struct et_stdio blind = message(-1, "", 0, 0, ET_STDIO_EXEC | ET_STDIO_REST);
	unsigned int i;

	for (i = 0; i < 300; i++)
		feed(a, message(3, "", 2, 0, ET_STDIO_EXEC));
	feed(a, message(4, "", 5, 0, 0));
	end(a, ET_STDIO_SEEN, 1);
	CHECK_U64(seen.stdio.lost, 605);
	CHECK_U64(seen.stdio.nr, 256);
	CHECK(seen.stdio.cut && seen.list[0].exec && seen.lost_known);
	a = begin(0, ET_START_STDIO);
	blind.state = ET_STDIO_STATIC;
	blind.streams = 0;
	feed(a, blind);
	end(a, ET_STDIO_SEEN, 0);
	CHECK(!seen.lost_known && !seen.stdio.cut && seen.known);
	CHECK_U64(seen.why, WHY_STATIC);
}

static void what_is_no_message(void)
{
	struct et_stdio m = message(3, "x", 4, 4, 0);

	CHECK_I64(check__event(&m, m.h.size), 0);
	m.inherited = 5;
	CHECK_I64(check__event(&m, m.h.size), -EBADMSG);
	m.inherited = 0;
	m.tail_len = ET_STDIO_TAIL_MAX + 1;
	CHECK_I64(check__event(&m, m.h.size), -EBADMSG);
	m.tail_len = 1;
	m.h.size = offsetof(struct et_stdio, tail);
	CHECK_I64(check__event(&m, m.h.size), -EBADMSG);
	m.tail_len = 0;
	CHECK_I64(check__event(&m, m.h.size), 0);
	m.file.len = ET_FILE_PATH_MAX + 1;
	CHECK_I64(check__event(&m, m.h.size), -EBADMSG);
	m.file.len = 0;
	m.file.what = ET_FILE_CORE;
	CHECK_I64(check__event(&m, m.h.size), -EBADMSG);
}

int main(void)
{
	UNIT(nothing_lost);
	UNIT(not_asked_for);
	UNIT(two_streams);
	UNIT(tails);
	UNIT(messages_lost);
	UNIT(cannot_be_seen);
	UNIT(failed_writes);
	UNIT(by_exec);
	UNIT(what_is_no_message);
	return unit__end();
}
