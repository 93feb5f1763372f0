/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes many records, checks what is counted, when intervals end and how it is put out.
 *
 *	test_summary             the checks
 *	test_summary emit N      a summary of N random records, as JSON
 *	test_summary show N      the same as text
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "output_summary.h"
#include "sample.h"
#include "unit.h"

#define MS 1000000ULL
#define SEC 1000000000ULL

static struct sample s;
static struct summary *sum;

static void begin(void)
{
	sample__init(&s);
	sum = summary__new();
}

static void end(void)
{
	summary__free(sum);
}

static void set_comm(const char *comm)
{
	size_t i;

	memset(s.death.comm, 0, sizeof(s.death.comm));
	for (i = 0; i < sizeof(s.death.comm) && comm[i]; i++)
		s.death.comm[i] = comm[i];
}

static void add(unsigned int times)
{
	while (times--)
		summary__add(sum, &s.record);
}

static void set_exit(uint64_t exit_ns, uint64_t mm_ns)
{
	s.record.phases = (struct phases){
		.known = true,
		.seen = { [PHASE_MM] = true, [PHASE_FILES] = true, [PHASE_OTHER] = true },
		.exit_ns = exit_ns,
		.ns = { [PHASE_MM] = mm_ns, [PHASE_OTHER] = exit_ns - mm_ns },
	};
}

/* ---- durations ---- */

static unsigned int bucket_of(uint64_t ns)
{
	struct summary_histogram *h;
	unsigned int i, found = SUMMARY_BUCKETS, full = 0;

	begin();
	set_exit(ns, 0);
	add(1);
	h = &sum->durations[SUMMARY_EXIT];
	for (i = 0; i < SUMMARY_BUCKETS; i++) {
		full += h->count[i] != 0;
		if (h->count[i] == 1)
			found = i;
	}
	CHECK_U64(full, 1);
	CHECK_U64(h->max_ns, ns);
	CHECK_U64(h->total_ns, ns);
	end();
	return found;
}

static void buckets(void)
{
	unsigned int k;

	CHECK_U64(bucket_of(0), 0);
	CHECK_U64(bucket_of(1), 0);
	CHECK_U64(bucket_of(2), 1);
	CHECK_U64(bucket_of(3), 2);
	for (k = 2; k < 64; k++) {
		CHECK_U64(bucket_of(1ULL << k), k);
		CHECK_U64(bucket_of((1ULL << k) - 1), k);
		CHECK_U64(bucket_of((1ULL << k) + 1), k + 1);
		CHECK_U64(summary__limit(k), 1ULL << k);
	}
	CHECK_U64(bucket_of(UINT64_MAX), 64);
	CHECK_U64(summary__limit(64), UINT64_MAX);
	CHECK_U64(summary__limit(0), 1);
}

static void percentiles(void)
{
	struct summary_histogram h = { 0 };

	CHECK_U64(summary__percentile(&h, 50), 0);
	h = (struct summary_histogram){ .count = { [10] = 98, [20] = 1, [30] = 1 }, .known = 100, .max_ns = SEC };
	CHECK_U64(summary__percentile(&h, 50), 1024);
	CHECK_U64(summary__percentile(&h, 98), 1024);
	CHECK_U64(summary__percentile(&h, 99), 1 << 20);
	CHECK_U64(summary__percentile(&h, 100), 1000000000); /* the limit is above the maximum */
	h = (struct summary_histogram){ .count = { [3] = 1, [5] = 1, [64] = 1 }, .known = 3, .max_ns = UINT64_MAX };
	CHECK_U64(summary__percentile(&h, 50), 32);
	CHECK_U64(summary__percentile(&h, 99), UINT64_MAX);
}

static void total_does_not_wrap(void)
{
	begin();
	set_exit(UINT64_MAX / 2 + 1, 0);
	add(2);
	CHECK_U64(sum->durations[SUMMARY_EXIT].total_ns, UINT64_MAX);
	CHECK_U64(sum->durations[SUMMARY_EXIT].known, 2);
	end();
}

static uint64_t all_of(enum summary_duration d)
{
	return sum->durations[d].known + sum->durations[d].unknown + sum->durations[d].none;
}

/* Every death is in every histogram, or counted beside it. */
static void unknown_is_not_zero(void)
{
	unsigned int i;

	begin();
	set_exit(5 * MS, 3 * MS);
	add(1);
	s.record.phases = (struct phases){ .exit_ns = 77, .ns = { 1, 2, 3 } };
	s.record.reap = (struct reap){ .how = REAP_AUTO };
	add(1);
	s.record.reap = (struct reap){ .how = REAP_WAITED };
	s.death.seen &= ~ET_SEEN_DEAD;
	s.death.flags |= ET_D_SNAPSHOT; /* what stands there is when it was found */
	s.death.last_tid = 0;
	add(1);
	for (i = 0; i < SUMMARY_DURATIONS; i++)
		CHECK_U64(all_of(i), 3);
	CHECK_U64(sum->durations[SUMMARY_AGE].known, 2);
	CHECK_U64(sum->durations[SUMMARY_EXIT].unknown, 2);
	CHECK_U64(sum->durations[SUMMARY_EXIT].max_ns, 5 * MS);
	CHECK_U64(sum->durations[SUMMARY_PHASES + PHASE_MM].max_ns, 3 * MS);
	CHECK_U64(sum->durations[SUMMARY_PHASES + PHASE_FILES].count[0], 1); /* seen, and took no time */
	CHECK_U64(sum->durations[SUMMARY_PHASES + PHASE_NOTIFY].unknown, 3);
	CHECK_U64(sum->durations[SUMMARY_ZOMBIE].none, 1);
	CHECK_U64(sum->durations[SUMMARY_ZOMBIE].unknown, 1);
	CHECK_U64(sum->durations[SUMMARY_ZOMBIE].known, 1);
	end();
}

/* The death of each is still to come: it must not be in there twice. */
static void interim_records(void)
{
	begin();
	s.record.type = RECORD_ZOMBIE;
	add(2);
	s.record.type = RECORD_DYING;
	add(1);
	s.record.type = RECORD_THREAD;
	add(4);
	s.record.type = RECORD_WARNING;
	add(5);
	CHECK(sum->zombies == 2 && sum->dying == 1 && !sum->deaths);
	CHECK(!all_of(SUMMARY_AGE) && !sum->tops[SUMMARY_COMMS].nr);
	summary__reset(sum);
	CHECK(!sum->zombies && !sum->dying);
	end();
}

/* ---- tops ---- */

static const struct summary_entry *best[SUMMARY_KEYS + 1];

static unsigned int rank(enum summary_list list)
{
	return summary__ranked(&sum->tops[list], best, SUMMARY_KEYS + 1);
}

static void tops(void)
{
	begin();
	add(2);
	s.record.reap = (struct reap){ .how = REAP_AUTO };
	set_comm("sh");
	add(3);
	s.death.status = 0;
	sample__conclude(&s);
	set_comm("exactly-16-bytes");
	add(4);
	CHECK_U64(rank(SUMMARY_CAUSES), 2);
	CHECK(best[0]->key.kind == CAUSE_SIGNAL && best[0]->count == 5);
	CHECK_STR(best[0]->key.name, "SIGTERM");
	CHECK(best[1]->key.kind == CAUSE_EXIT && best[1]->count == 4 && !best[1]->key.name[0]);
	CHECK_U64(rank(SUMMARY_COMMS), 3);
	CHECK(!memcmp(best[0]->key.name, "exactly-16-bytes", 16) && best[0]->count == 4);
	CHECK(!strcmp(best[1]->key.name, "sh") && !strcmp(best[2]->key.name, "worker"));
	CHECK_U64(rank(SUMMARY_REAPERS), 2);
	CHECK(best[0]->key.kind == REAP_AUTO && best[0]->count == 7);
	CHECK(best[1]->key.kind == SUMMARY_NAMED && best[1]->count == 2);
	CHECK_STR(best[1]->key.name, "bash");
	end();
}

/* The same counts in whatever order they came: the same list. */
static void ties(void)
{
	const char *const orders[2][3] = { { "a", "b", "c" }, { "c", "a", "b" } };
	unsigned int i, j;

	for (i = 0; i < 2; i++) {
		begin();
		for (j = 0; j < 3; j++) {
			set_comm(orders[i][j]);
			add(1);
		}
		CHECK_U64(summary__ranked(&sum->tops[SUMMARY_COMMS], best, 2), 2);
		CHECK(!strcmp(best[0]->key.name, "a") && !strcmp(best[1]->key.name, "b"));
		end();
	}
	begin();
	CHECK_U64(rank(SUMMARY_COMMS), 0);
	CHECK_U64(summary__ranked(&sum->tops[SUMMARY_COMMS], best, 0), 0);
	end();
}

static void name_number(unsigned int i)
{
	char comm[ET_COMM_LEN];

	snprintf(comm, sizeof(comm), "p%u", i);
	set_comm(comm);
}

static void exact_up_to_the_limit(void)
{
	unsigned int i, n;

	begin();
	for (i = 0; i < 3 * SUMMARY_KEYS; i++) {
		name_number(i % SUMMARY_KEYS);
		add(1);
	}
	n = rank(SUMMARY_COMMS);
	CHECK(n == SUMMARY_KEYS && !sum->tops[SUMMARY_COMMS].crowded);
	for (i = 0; i < n; i++)
		CHECK(best[i]->count == 3 && !best[i]->excess);
	end();
}

static bool all_found(struct summary_top *t)
{
	unsigned int i, chained = 0;

	for (i = 0; i < 2 * SUMMARY_KEYS; i++) {
		unsigned int at = t->heads[i], length = 0;

		while (at && length++ <= SUMMARY_KEYS) {
			chained++;
			at = t->entries[at - 1].next;
		}
	}
	return chained == t->nr;
}

/* 100,000 names that come once: whoever comes often is found, late as it may come, and all add up. */
static void crowded(void)
{
	struct summary_top *t;
	uint64_t counts = 0, certain = 0;
	unsigned int i, n;

	begin();
	for (i = 0; i < 100000; i++) {
		name_number(i);
		add(1);
		set_comm(i < 50000 ? "early" : "late");
		if (i % 50 == 0)
			add(1);
	}
	t = &sum->tops[SUMMARY_COMMS];
	n = rank(SUMMARY_COMMS);
	CHECK(t->crowded && n == SUMMARY_KEYS && all_found(t));
	for (i = 0; i < n; i++) {
		counts += best[i]->count;
		certain += summary__certain(best[i]);
	}
	CHECK_U64(counts, sum->deaths);
	CHECK(certain < counts);
	CHECK_STR(best[0]->key.name, "early");
	CHECK_U64(best[0]->count, 1000);
	CHECK_U64(best[0]->excess, 0);
	CHECK_STR(best[1]->key.name, "late");
	CHECK(summary__certain(best[1]) <= 1000 && best[1]->count >= 1000);
	CHECK(summary__certain(best[1]) > 900);
	CHECK_U64(summary__certain(best[2]), 1);
	CHECK(!sum->tops[SUMMARY_CAUSES].crowded && sum->tops[SUMMARY_CAUSES].nr == 1);
	end();
}

/* ---- intervals ---- */

struct block {
	uint64_t from, to, deaths;
	bool whole;
};

static struct block blocks[64];
static unsigned int nr_blocks;

static void take_block(void *ctx, const struct summary *what, const struct summary_span *span)
{
	(void)ctx;
	if (nr_blocks < 64)
		blocks[nr_blocks] = (struct block){ span->from_real_ns, span->to_real_ns, what->deaths, span->whole };
	nr_blocks++;
}

/* Boot time in seconds; 1000 s earlier than the wall clock. */
static void tell(struct summaries *all, uint64_t sec)
{
	summaries__clock(all, sec * SEC, (sec + 1000) * SEC);
}

static struct summaries *start(uint64_t interval_ns)
{
	struct summaries *all = summaries__new(interval_ns, take_block, NULL);

	sample__init(&s);
	nr_blocks = 0;
	CHECK_U64(summaries__next_due(all), UINT64_MAX);
	summaries__begin(all, 100 * SEC, 1100 * SEC);
	return all;
}

static void check_block(unsigned int i, uint64_t from, uint64_t to, uint64_t deaths, bool whole)
{
	CHECK(i < nr_blocks);
	CHECK_U64(blocks[i].from, from * SEC);
	CHECK_U64(blocks[i].to, to * SEC);
	CHECK_U64(blocks[i].deaths, deaths);
	CHECK(blocks[i].whole == whole);
}

static void one_at_the_end(void)
{
	struct summaries *all = start(0);

	CHECK_U64(summaries__next_due(all), UINT64_MAX);
	summaries__add(all, &s.record);
	tell(all, 500);
	CHECK_U64(nr_blocks, 0);
	summaries__end(all);
	CHECK_U64(nr_blocks, 1);
	check_block(0, 1100, 1500, 1, true);
	summaries__free(all);
}

static void intervals(void)
{
	struct summaries *all = start(10 * SEC);

	CHECK_U64(summaries__next_due(all), 110 * SEC);
	summaries__add(all, &s.record);
	tell(all, 109);
	CHECK_U64(nr_blocks, 0);
	tell(all, 110);
	check_block(0, 1100, 1110, 1, false);
	CHECK_U64(summaries__next_due(all), 120 * SEC);
	tell(all, 105); /* not believed */
	tell(all, 121);
	check_block(1, 1110, 1120, 0, false);
	summaries__add(all, &s.record);
	summaries__add(all, &s.record);
	tell(all, 124);
	summaries__end(all);
	check_block(2, 1120, 1124, 2, false);
	check_block(3, 1100, 1124, 3, true);
	CHECK_U64(nr_blocks, 4);
	CHECK_U64(summaries__next_due(all), UINT64_MAX);
	summaries__free(all);
}

/* Nobody told the time for long: the records belong to the interval they came in. */
static void leap(void)
{
	struct summaries *all = start(10 * SEC);

	summaries__add(all, &s.record);
	tell(all, 165);
	check_block(0, 1100, 1110, 1, false);
	check_block(1, 1110, 1160, 0, false);
	CHECK_U64(nr_blocks, 2);
	CHECK_U64(summaries__next_due(all), 170 * SEC);
	tell(all, 170);
	summaries__end(all); /* nothing since */
	CHECK_U64(nr_blocks, 4);
	check_block(3, 1100, 1170, 1, true);
	summaries__free(all);
}

/* A recording may claim any time. */
static void end_of_time(void)
{
	struct summaries *all = start(1);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		summaries__add(all, &s.record);
		summaries__clock(all, UINT64_MAX - 2 + i, 0);
	}
	summaries__end(all);
	CHECK(nr_blocks < 12 && blocks[nr_blocks - 1].whole);
	CHECK_U64(blocks[nr_blocks - 1].deaths, 3);
	summaries__free(all);
	all = start(INT64_MAX);
	summaries__clock(all, UINT64_MAX, 5);
	summaries__clock(all, UINT64_MAX, 5);
	summaries__end(all);
	CHECK(nr_blocks < 5);
	summaries__free(all);
}

/* The wall clock was set back meanwhile: a span never ends before it begins. */
static void clock_step(void)
{
	struct summaries *all = start(10 * SEC);

	summaries__clock(all, 110 * SEC, 300 * SEC);
	check_block(0, 290, 300, 0, false);
	summaries__free(all);
}

/* ---- text ---- */

static char text[1 << 16];

static const char *as_text(struct buf *b)
{
	CHECK(!b->failed && b->len < sizeof(text));
	memcpy(text, b->data, b->len);
	text[b->len] = '\0';
	buf__free(b);
	return text;
}

static const char *put_text(void)
{
	struct buf b = { 0 };

	summary__put_text(&b, sum);
	return as_text(&b);
}

static void text_block(void)
{
	begin();
	set_exit(100000, 90000);
	add(3);
	set_exit(1000000, 0);
	add(1);
	s.record.reap = (struct reap){ .how = REAP_AUTO };
	s.death.status = 0;
	set_comm("sh");
	sample__conclude(&s);
	s.record.phases = (struct phases){ 0 };
	add(1);
	CHECK_STR(put_text(),
		  "5 deaths\n"
		  "\n    DEATHS  CAUSE\n"
		  "         4  signal SIGTERM\n"
		  "         1  exit\n"
		  "\n    DEATHS  COMM\n"
		  "         4  worker\n"
		  "         1  sh\n"
		  "\n    DEATHS  REAPER\n"
		  "         4  bash\n"
		  "         1  (auto)\n"
		  "\nPHASE        DEATHS UNOBSERVED    P50 <=    P99 <=       MAX     TOTAL SHARE\n"
		  "delivery          0          5         ?         ?         ?         ?     ?\n"
		  "coredump          0          5         ?         ?         ?         ?     ?\n"
		  "mm                4          1      90us      90us      90us     270us   20%\n"
		  "files             4          1       0ns       0ns       0ns       0ns    0%\n"
		  "detach            0          5         ?         ?         ?         ?     ?\n"
		  "task_work         0          5         ?         ?         ?         ?     ?\n"
		  "notify            0          5         ?         ?         ?         ?     ?\n"
		  "other             4          1      16us       1ms       1ms    1.03ms   79%\n"
		  "exit              4          1     131us       1ms       1ms     1.3ms  100%\n"
		  "\nage: 5 deaths, max 12.3s\n"
		  "    <=      17.1s         5 |########################################|\n"
		  "\nexit: 4 deaths, max 1ms, not observed: 1\n"
		  "    <=      131us         3 |########################################|\n"
		  "    <=      262us         0 |                                        |\n"
		  "    <=      524us         0 |                                        |\n"
		  "    <=     1.04ms         1 |#############                           |\n"
		  "\nzombie: 4 deaths, max 21us, reaped at once: 1\n"
		  "    <=       32us         4 |########################################|\n"
		  "\nmm: 4 deaths, max 90us, not observed: 1\n"
		  "    <=        1ns         1 |#############                           |\n"
		  "       ...\n"
		  "    <=      131us         3 |########################################|\n"
		  "\nother: 4 deaths, max 1ms, not observed: 1\n"
		  "    <=       16us         3 |########################################|\n"
		  "       ...\n"
		  "    <=     1.04ms         1 |#############                           |\n\n");
	end();
}

static void text_of_nothing(void)
{
	begin();
	CHECK_STR(put_text(), "0 deaths\n\n");
	s.record.type = RECORD_ZOMBIE;
	add(1);
	s.record.type = RECORD_DYING;
	add(2);
	CHECK_STR(put_text(), "0 deaths, 1 not reaped in time, 2 slow exits\n\n");
	end();
}

static void text_of_one(void)
{
	unsigned int i;

	begin();
	s.record.type = RECORD_DYING;
	add(1);
	s.record.type = RECORD_DEATH;
	add(1);
	CHECK(strstr(put_text(), "1 death, 1 slow exit\n"));
	CHECK(strstr(text, "\nage: 1 death, max 12.3s\n"));
	for (i = 0; i < 10; i++) {
		name_number(i);
		add(2);
	}
	CHECK(strstr(put_text(), "\n         1  (1 other)\n"));
	end();
}

static void text_of_the_unknown(void)
{
	begin();
	s.record.reap = (struct reap){ .how = REAP_UNKNOWN };
	s.record.phases = (struct phases){ 0 };
	add(1);
	CHECK(!strstr(put_text(), "PHASE"));
	CHECK(strstr(text, "\nexit: 0 deaths, not observed: 1\n"));
	CHECK(strstr(text, "\n         1  (unknown)\n"));
	end();
}

static void others(void)
{
	unsigned int i;

	begin();
	for (i = 0; i < 14; i++) {
		name_number(i);
		add(i < 10 ? 5 : 2);
	}
	CHECK(strstr(put_text(), "\n         5  p9\n         8  (4 others)\n"));
	for (i = 0; i < 5000; i++) {
		name_number(i);
		add(1);
	}
	set_comm("often");
	add(400);
	CHECK(strstr(put_text(), "\n     >=400  often\n"));
	CHECK(strstr(text, "(more than 1014 others)\n"));
	end();
}

/* Whatever names and numbers come, lines stay lines below 80 columns that do nothing to a terminal. */
static void check_lines(const char *all)
{
	const struct text t = text__str(all);
	char line[400];
	size_t at, n = 0;
	uint32_t cp;

	for (at = 0; at < t.len;) {
		size_t len = text__decode(t, at, &cp);

		if (cp == '\n' || n + len >= sizeof(line)) {
			line[n] = '\0';
			if (text__width(line) >= 80)
				unit__fail(__FILE__, __LINE__, "%zu columns: %s", text__width(line), line);
			n = 0;
		} else {
			CHECK(cp != TEXT_INVALID && !text__is_hidden(cp));
			memcpy(line + n, t.bytes + at, len);
			n += len;
		}
		at += len;
	}
}

static const char *const hostile[] = {
	"\033[2J\033[1;1H\a\b\r\n",
	"\xe2\x80\xae\xe2\x80\xae\xe2\x80\xae\xe2\x80\xae\xe2\x80\xae",
	"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6\xf5\xff\xff\xff\xff",
	"\\\"\\\"\\\"",
	"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac",
	"",
};

static void hostile_text(void)
{
	unsigned int i;

	begin();
	for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		set_comm(hostile[i]);
		memcpy(s.record.reap.by.comm, s.death.comm, sizeof(s.death.comm));
		set_exit(SEC << 3 * i, 1);
		add(1);
	}
	check_lines(put_text());
	/* months of a busy machine, with processes that lived for years */
	sum->deaths = 4000000000;
	for (i = 0; i < SUMMARY_DURATIONS; i++)
		sum->durations[i] = (struct summary_histogram){
			.count = { [62] = 4000000000 },
			.known = 4000000000,
			.unknown = 4000000000,
			.max_ns = 400000000 * SEC,
			.total_ns = UINT64_MAX,
		};
	check_lines(put_text());
	end();
}

/* ---- JSON ---- */

static const struct summary_span span = {
	.from_real_ns = SAMPLE_DEAD_REAL_NS - 10 * SEC,
	.to_real_ns = SAMPLE_DEAD_REAL_NS,
};

static const char *put_json(void)
{
	struct buf b = { 0 };

	summary__put_json(&b, sum, &span);
	return as_text(&b);
}

#define NOTHING(unknown) "{\"known\":0,\"unknown\":" #unknown ",\"buckets\":[]}"

static void json_line(void)
{
	begin();
	set_exit(1024, 3);
	add(1);
	set_exit(4096, 4);
	set_comm("a\"\xff\033");
	s.record.reap = (struct reap){ .how = REAP_UNREAPED, .time_known = true };
	add(2);
	CHECK_STR(put_json(),
		  "{\"schema\":\"exittrace/1\",\"type\":\"summary\",\"time\":\"2026-11-21T22:10:11.123456789Z\","
		  "\"from\":\"2026-11-21T22:10:01.123456789Z\",\"whole\":false,"
		  "\"deaths\":3,\"zombies\":0,\"dying\":0,\"histograms\":{"
		  "\"process.age_ns\":{\"known\":3,\"unknown\":0,\"max_ns\":12345678901,\"total_ns\":37037036703,"
		  "\"buckets\":[{\"le_ns\":17179869184,\"count\":3}]},"
		  "\"phases.exit_ns\":{\"known\":3,\"unknown\":0,\"max_ns\":4096,\"total_ns\":9216,\"buckets\":["
		  "{\"le_ns\":1024,\"count\":1},{\"le_ns\":4096,\"count\":2}]},"
		  "\"reap.zombie_ns\":{\"known\":3,\"unknown\":0,\"none\":0,\"max_ns\":21000,\"total_ns\":21000,"
		  "\"buckets\":[{\"le_ns\":1,\"count\":2},{\"le_ns\":32768,\"count\":1}]},"
		  "\"phases.delivery_ns\":" NOTHING(3) ",\"phases.coredump_ns\":" NOTHING(3)
		  ",\"phases.mm_ns\":{\"known\":3,\"unknown\":0,\"max_ns\":4,\"total_ns\":11,"
		  "\"buckets\":[{\"le_ns\":4,\"count\":3}]},"
		  "\"phases.files_ns\":{\"known\":3,\"unknown\":0,\"max_ns\":0,\"total_ns\":0,"
		  "\"buckets\":[{\"le_ns\":1,\"count\":3}]},"
		  "\"phases.detach_ns\":" NOTHING(3) ",\"phases.task_work_ns\":" NOTHING(3)
		  ",\"phases.notify_ns\":" NOTHING(3)
		  ",\"phases.other_ns\":{\"known\":3,\"unknown\":0,\"max_ns\":4092,\"total_ns\":9205,\"buckets\":["
		  "{\"le_ns\":1024,\"count\":1},{\"le_ns\":4096,\"count\":2}]}},"
		  "\"top\":{\"cause\":[{\"class\":\"signal\",\"signal_name\":\"SIGTERM\",\"count\":3}],"
		  "\"comm\":[{\"comm\":\"a\\\"\xef\xbf\xbd\\u001b\",\"comm_b64\":\"YSL/Gw==\",\"count\":2},"
		  "{\"comm\":\"worker\",\"count\":1}],"
		  "\"reaper\":[{\"how\":\"unreaped\",\"count\":2},{\"comm\":\"bash\",\"count\":1}],"
		  "\"others\":{\"cause\":0,\"comm\":0,\"reaper\":0},"
		  "\"exact\":{\"cause\":true,\"comm\":true,\"reaper\":true}}}\n");
	end();
}

/* jq 1.6 and JavaScript round above 2^53. */
static void json_large_numbers(void)
{
	begin();
	set_exit((1ULL << 53) + 1, 1ULL << 53);
	add(1);
	CHECK(strstr(put_json(), "\"phases.exit_ns\":{\"known\":1,\"unknown\":0,\"max_ns\":\"9007199254740993\","
				 "\"total_ns\":\"9007199254740993\","
				 "\"buckets\":[{\"le_ns\":\"18014398509481984\",\"count\":1}]}"));
	CHECK(strstr(text, "\"buckets\":[{\"le_ns\":9007199254740992,\"count\":1}]}"));
	end();
}

static void json_crowded(void)
{
	unsigned int i;

	begin();
	for (i = 0; i < 3000; i++) {
		name_number(i);
		add(1);
	}
	set_comm("often");
	add(400);
	CHECK(strstr(put_json(), "\"comm\":[{\"comm\":\"often\",\"count\":400,\"count_at_most\":40"));
	CHECK(strstr(text, "\"others\":{\"cause\":0,\"comm\":2901,\"reaper\":0},"
			   "\"exact\":{\"cause\":true,\"comm\":false,\"reaper\":true}"));
	end();
}

/* ---- the output ---- */

static struct output *open_output(bool json, int *file)
{
	struct output_options opt = { .json = json, .summary = true, .quiet = true, .utc = true };

	*file = memfd_create("output", MFD_CLOEXEC);
	opt.fd = *file;
	return output__new(&opt);
}

static const char *written(int file)
{
	ssize_t n = pread(file, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void put_out(void)
{
	struct summary_span whole = span;
	struct output *o;
	int file;

	begin();
	whole.whole = true;
	o = open_output(false, &file);
	output__summary(o, sum, &span);
	output__summary(o, sum, &whole);
	CHECK_STR(written(file), "22:10:01 to 22:10:11 (10s): 0 deaths\n\n"
				 "in all, 22:10:01 to 22:10:11 (10s): 0 deaths\n\n");
	output__free(o);
	close(file);
	o = open_output(true, &file);
	output__summary(o, sum, &whole);
	CHECK(strstr(written(file), "\"type\":\"summary\"") && strstr(text, ",\"whole\":true,"));
	CHECK_U64(o->unwritten, 0);
	output__free(o);
	close(file);
	end();
}

/* What does not get out is counted, whether it is tried or not. */
static void disk_full(void)
{
	struct output *o;
	int file, full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	begin();
	o = open_output(true, &file);
	o->opt.fd = full;
	output__summary(o, sum, &span);
	CHECK(o->error);
	CHECK_U64(o->unwritten, 1);
	output__summary(o, sum, &span);
	CHECK_U64(o->unwritten, 2);
	output__free(o);
	close(full);
	close(file);
	end();
}

/* ---- for test_summary_json.py and for looking at it ---- */

static unsigned int seed = 7;

static unsigned int rnd(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static void random_record(void)
{
	sample__init(&s);
	if (!rnd(3))
		set_comm(hostile[rnd(sizeof(hostile) / sizeof(hostile[0]))]);
	else
		name_number(rnd(1 + rnd(4000)));
	s.death.status = rnd(2) ? (int)rnd(3) << 8 : 1 + (int)rnd(15);
	s.signals.fatal.signo = (__u8)(s.death.status & 0x7f);
	sample__conclude(&s);
	set_exit(1 + ((uint64_t)rnd(1 << 20) << rnd(12)), rnd(2));
	s.record.phases.known = rnd(10);
	s.death.id.start_ns -= (uint64_t)rnd(1 << 20) << rnd(16);
	s.record.reap.zombie_ns = rnd(1 << 24);
	if (!rnd(5))
		s.record.reap = (struct reap){ .how = rnd(2) ? REAP_AUTO : REAP_UNKNOWN };
	s.record.type = rnd(50) ? RECORD_DEATH : 1 + rnd(2);
}

static int emit(unsigned int n, bool json)
{
	struct output_options opt = { .fd = STDOUT_FILENO, .json = json, .utc = true };
	struct output *o = output__new(&opt);

	begin();
	while (n--) {
		random_record();
		add(1);
	}
	output__summary(o, sum, &span);
	output__free(o);
	end();
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return emit((unsigned int)atoi(argv[2]), !strcmp(argv[1], "emit"));
	UNIT(buckets);
	UNIT(percentiles);
	UNIT(total_does_not_wrap);
	UNIT(unknown_is_not_zero);
	UNIT(interim_records);
	UNIT(tops);
	UNIT(ties);
	UNIT(exact_up_to_the_limit);
	UNIT(crowded);
	UNIT(one_at_the_end);
	UNIT(intervals);
	UNIT(leap);
	UNIT(end_of_time);
	UNIT(clock_step);
	UNIT(text_block);
	UNIT(text_of_nothing);
	UNIT(text_of_one);
	UNIT(text_of_the_unknown);
	UNIT(others);
	UNIT(hostile_text);
	UNIT(json_line);
	UNIT(json_large_numbers);
	UNIT(json_crowded);
	UNIT(put_out);
	UNIT(disk_full);
	return unit__end();
}
