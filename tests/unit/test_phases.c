/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Moments in, times out: where an exit begins, who gets which instant, and that all of them add up. */
#include "phases.h"

#include "check.h"
#include "synth.h"
#include "unit.h"

#define DEAD (112 * SEC)

static struct et_start start;
static struct synth_death m;
static struct record r;

static void conclude(void)
{
	r = (struct record){
		.start = &start,
		.death = &m.d,
		.signals = death__signals(&m.d),
		.from_start = true,
	};
	phases__conclude(&r);
}

static void fresh(void)
{
	start = synth_start();
	m = synth_death(4242);
}

static uint64_t sum(void)
{
	uint64_t all = 0;
	unsigned int p;

	for (p = 0; p < PHASE_COUNT; p++)
		all += r.phases.ns[p];
	return all;
}

static enum missing_why why(void)
{
	return r.nr_missing ? r.missing[0].why : (enum missing_why)-1;
}

/* ---- the plain case ---- */

static void one_thread(void)
{
	fresh();
	conclude();
	CHECK(r.phases.known);
	CHECK_U64(r.phases.exit_ns, MS);
	CHECK_U64(r.phases.ns[PHASE_DELIVERY], 0);
	CHECK_U64(r.phases.ns[PHASE_COREDUMP], 0);
	CHECK_U64(r.phases.ns[PHASE_MM], 400 * US);
	CHECK_U64(r.phases.ns[PHASE_FILES], 100 * US);
	CHECK_U64(r.phases.ns[PHASE_DETACH], 100 * US); /* 50 before the task work, 50 behind it */
	CHECK_U64(r.phases.ns[PHASE_TASK_WORK], 50 * US);
	CHECK_U64(r.phases.ns[PHASE_NOTIFY], 200 * US);
	CHECK_U64(r.phases.ns[PHASE_OTHER], 150 * US);
	CHECK_U64(sum(), r.phases.exit_ns);
	CHECK(r.phases.mm_known && r.phases.mm_freed);
	CHECK_STR(synth_missing(&r), "");
}

static void group_exit(void)
{
	fresh();
	m.d.threads = 64;
	m.d.marks.begin_ns -= 30 * MS;
	conclude();
	CHECK_U64(r.phases.exit_ns, 31 * MS);
	CHECK_U64(r.phases.ns[PHASE_DELIVERY], 30 * MS);
	CHECK_U64(sum(), r.phases.exit_ns);
}

/* ---- where it begins ---- */

static struct et_signals *killed(int signo, uint64_t before_ns)
{
	struct et_signals *s;

	fresh();
	m.d.status = signo;
	s = synth_signals(&m, 0);
	s->fatal = synth_signal(signo, synth_peer(77, "bash"));
	s->fatal.flags |= ET_SIG_FATAL;
	s->fatal.time_ns = s->fatal.first_ns = DEAD - before_ns;
	return s;
}

static void begins_with_the_signal(void)
{
	struct et_signals *s = killed(SIGKILL, 5 * MS);

	conclude();
	CHECK_U64(r.phases.exit_ns, 5 * MS);
	CHECK_U64(r.phases.ns[PHASE_DELIVERY], 4 * MS);
	CHECK_U64(sum(), 5 * MS);
	s->fatal.flags &= ~ET_SIG_FATAL; /* blocked, or a tracer may have swallowed it */
	conclude();
	CHECK_U64(r.phases.exit_ns, MS);
	s->fatal.flags |= ET_SIG_FATAL;
	s->fatal.signo = SIGTERM; /* not what ended it */
	conclude();
	CHECK_U64(r.phases.exit_ns, MS);
	m.d.status = 0; /* it exited all the same */
	conclude();
	CHECK_U64(r.phases.exit_ns, MS);
}

/* The latest of several: the exit may have begun with an earlier one. */
static void begins_with_the_earliest(void)
{
	killed(SIGKILL, 500 * US);
	conclude();
	CHECK_U64(r.phases.exit_ns, MS);
	CHECK_U64(r.phases.ns[PHASE_DELIVERY], 0);
	fresh();
	m.d.status = SIGSEGV;
	m.d.core.flags |= ET_CORE_TRIED;
	m.d.marks.core_begin_ns = DEAD - 9 * MS;
	m.d.marks.core_end_ns = DEAD - 2 * MS;
	conclude();
	CHECK_U64(r.phases.exit_ns, 9 * MS);
}

static void begins_with_what_the_exit_door_sees(void)
{
	fresh();
	m.d.marks.begin_ns = 0;
	m.d.marks.last_ns = 0;
	m.d.exit_ns = DEAD - 950 * US;
	conclude();
	CHECK_U64(r.phases.exit_ns, 950 * US);
	CHECK(!r.phases.seen[PHASE_DELIVERY]);
	CHECK_STR(synth_missing(&r), "phases.delivery_ns");
	m.d.marks.mm_begin_ns = 0; /* the memory was gone by then: some time had passed */
	conclude();
	CHECK(!r.phases.known);
	CHECK_STR(synth_missing(&r), "phases");
}

static void unknown_begin_or_end(void)
{
	fresh();
	memset(&m.d.marks, 0, sizeof(m.d.marks));
	start.doors[ET_OBS_BEGIN] = ET_DOOR_NONE;
	conclude();
	CHECK(!r.phases.known);
	CHECK_STR(synth_missing(&r), "phases");
	CHECK(why() == WHY_TIER);
	fresh();
	m.d.seen &= ~ET_SEEN_DEAD;
	start.doors[ET_OBS_NOTIFY] = ET_DOOR_NONE;
	conclude();
	CHECK(!r.phases.known);
	CHECK_STR(synth_missing(&r), "phases");
	CHECK(why() == WHY_TIER);
}

/* With tracepoints only: where the parent was to get a signal and none was seen, the probe was skipped. */
static void parent_was_not_seen_told(void)
{
	fresh();
	m.d.seen &= ~ET_SEEN_DEAD;
	start.doors[ET_OBS_NOTIFY] = ET_DOOR_TRACEPOINT;
	m.d.exit_signal = SIGCHLD;
	conclude();
	CHECK_STR(synth_missing(&r), "phases");
	CHECK(why() == WHY_SKIPPED);
	m.d.exit_signal = 0;
	conclude();
	CHECK(why() == WHY_TIER);
	m.d.exit_signal = SIGCHLD;
	m.d.flags |= ET_D_PARENT_IGNORES;
	conclude();
	CHECK(why() == WHY_TIER);
}

static void nothing_is_known_without_entry(void)
{
	fresh();
	memset(&m.d.marks, 0, sizeof(m.d.marks));
	m.d.flags = ET_D_LATE;
	m.d.seen = ET_SEEN_DEAD;
	conclude();
	CHECK_STR(synth_missing(&r), "phases");
	CHECK(why() == WHY_SKIPPED);
	m.d.flags = ET_D_SNAPSHOT;
	m.d.seen = 0;
	conclude();
	CHECK(why() == WHY_BEFORE);
	m.d.flags = 0;
	m.d.seen = ET_SEEN_DEAD;
	conclude();
	CHECK(why() == WHY_FULL);
	CHECK(!r.phases.known && !r.phases.mm_known);
}

/* ---- missing moments ---- */

static void missing_marks_fall_to_other(void)
{
	fresh();
	m.d.marks.mm_end_ns = 0;
	conclude();
	CHECK_STR(synth_missing(&r), "phases.mm_ns");
	CHECK(why() == WHY_SKIPPED);
	CHECK(!r.phases.seen[PHASE_MM]);
	CHECK_U64(r.phases.ns[PHASE_MM], 0);
	CHECK_U64(r.phases.ns[PHASE_OTHER], 550 * US);
	CHECK_U64(sum(), r.phases.exit_ns);
	fresh();
	m.d.marks.work_begin_ns = 0;
	start.doors[ET_OBS_WORK] = ET_DOOR_NONE;
	conclude();
	CHECK_STR(synth_missing(&r), "phases.detach_ns phases.task_work_ns");
	CHECK(why() == WHY_TIER);
	CHECK_U64(r.phases.ns[PHASE_OTHER], 150 * US + 100 * US + 50 * US);
	CHECK_U64(sum(), r.phases.exit_ns);
}

/* What tracepoints show up to 6.15. */
static void signal_and_end_only(void)
{
	unsigned int i;

	killed(SIGKILL, 5 * MS);
	memset(&m.d.marks, 0, sizeof(m.d.marks));
	m.d.flags &= ~ET_D_MM_FREED;
	m.d.seen &= ~ET_SEEN_MM;
	for (i = ET_OBS_BEGIN; i < ET_OBS_COUNT; i++)
		start.doors[i] = i == ET_OBS_MM || i == ET_OBS_WORK ? ET_DOOR_NONE : ET_DOOR_TRACEPOINT;
	conclude();
	CHECK_U64(r.phases.exit_ns, 5 * MS);
	CHECK_U64(r.phases.ns[PHASE_OTHER], 5 * MS);
	CHECK_STR(synth_missing(&r),
		  "phases.delivery_ns phases.mm_ns phases.files_ns phases.detach_ns phases.task_work_ns "
		  "phases.notify_ns phases.mm_freed");
	CHECK(why() == WHY_TIER);
	CHECK(r.phases.seen[PHASE_COREDUMP]); /* SIGKILL dumps no core */
}

/* ---- threads side by side ---- */

/* A faster thread gives back the memory while the last one closes the files. */
static void overlapping_threads(void)
{
	fresh();
	m.d.marks.mm_begin_ns = DEAD - 900 * US;
	m.d.marks.mm_end_ns = DEAD - 100 * US;
	conclude();
	CHECK_U64(r.phases.ns[PHASE_FILES], 100 * US);
	CHECK_U64(r.phases.ns[PHASE_TASK_WORK], 50 * US);
	CHECK_U64(r.phases.ns[PHASE_MM], 650 * US);
	CHECK_U64(r.phases.ns[PHASE_DETACH], 0);
	CHECK_U64(r.phases.ns[PHASE_NOTIFY], 100 * US);
	CHECK_U64(r.phases.ns[PHASE_OTHER], 100 * US);
	CHECK_U64(sum(), r.phases.exit_ns);
}

/* Since 7.x the terminal is left in front of the files. */
static void terminal_first(void)
{
	fresh();
	m.d.marks.tty_ns = m.d.marks.files_begin_ns - 10 * US;
	conclude();
	CHECK_U64(r.phases.ns[PHASE_FILES], 100 * US);
	CHECK_U64(r.phases.ns[PHASE_DETACH], 110 * US);
	CHECK_U64(r.phases.ns[PHASE_OTHER], 140 * US);
	CHECK_U64(sum(), r.phases.exit_ns);
}

/* The thread that closes the files is done long before the last one comes. */
static void closed_by_an_early_thread(void)
{
	fresh();
	m.d.threads = 2;
	m.d.marks.begin_ns = DEAD - 9 * MS;
	m.d.marks.files_begin_ns = DEAD - 8 * MS;
	m.d.marks.files_end_ns = DEAD - 7 * MS;
	conclude();
	CHECK_U64(r.phases.ns[PHASE_FILES], MS);
	CHECK_U64(r.phases.ns[PHASE_DELIVERY], 7 * MS);
	CHECK_U64(r.phases.ns[PHASE_DETACH], 100 * US);
	CHECK_U64(sum(), 9 * MS);
}

/* A thread may let go of things after the parent was told, or before the last one is on its way. */
static void clipped(void)
{
	fresh();
	m.d.marks.mm_begin_ns = DEAD - 2 * MS;
	m.d.marks.mm_end_ns = DEAD + MS;
	conclude();
	CHECK_U64(r.phases.exit_ns, MS);
	CHECK_U64(r.phases.ns[PHASE_MM], 850 * US);
	CHECK_U64(sum(), MS);
	fresh();
	m.d.marks.last_ns = DEAD + 5 * MS;
	conclude();
	CHECK_U64(r.phases.ns[PHASE_OTHER], 0);
	CHECK_U64(r.phases.ns[PHASE_DELIVERY], 150 * US); /* what nothing else covers */
	CHECK_U64(sum(), MS);
}

static void clocks_disagree(void)
{
	fresh();
	m.d.marks.files_end_ns = m.d.marks.files_begin_ns - 3;
	m.d.marks.notify_ns = DEAD + 2;
	conclude();
	CHECK_U64(r.phases.ns[PHASE_FILES], 0);
	CHECK_U64(r.phases.ns[PHASE_NOTIFY], 0);
	CHECK_U64(sum(), r.phases.exit_ns);
	m.d.marks = (struct et_marks){ .begin_ns = DEAD + 7, .last_ns = DEAD + 5, .mm_begin_ns = DEAD + 6 };
	conclude();
	CHECK(r.phases.known);
	CHECK_U64(r.phases.exit_ns, 0);
	CHECK_U64(sum(), 0);
}

/* ---- core dumps ---- */

static void dump(void)
{
	killed(SIGSEGV, 300 * MS);
	m.d.status |= 0x80;
	m.d.core.flags |= ET_CORE_TRIED | ET_CORE_WRITTEN;
	m.d.marks.core_begin_ns = DEAD - 299 * MS;
	m.d.marks.core_end_ns = DEAD - 2 * MS;
	conclude();
	CHECK_U64(r.phases.exit_ns, 300 * MS);
	CHECK_U64(r.phases.ns[PHASE_COREDUMP], 297 * MS);
	CHECK_U64(r.phases.ns[PHASE_DELIVERY], 2 * MS);
	CHECK_U64(sum(), 300 * MS);
	CHECK_STR(synth_missing(&r), "");
	m.d.marks.core_end_ns = 0;
	conclude();
	CHECK_STR(synth_missing(&r), "phases.delivery_ns phases.coredump_ns"); /* one lies in the other */
	CHECK_U64(r.phases.ns[PHASE_DELIVERY], 0);
}

static void dump_not_seen(void)
{
	killed(SIGSEGV, 300 * MS);
	start.doors[ET_OBS_COREDUMP] = ET_DOOR_TRACEPOINT;
	conclude();
	CHECK_STR(synth_missing(&r), "phases.delivery_ns phases.coredump_ns");
	CHECK(why() == WHY_TIER);
	m.d.status = SIGTERM;
	conclude();
	CHECK_STR(synth_missing(&r), "");
	CHECK(r.phases.seen[PHASE_COREDUMP]);
}

/* ---- memory that others use ---- */

static void memory_of_others(void)
{
	fresh();
	m.d.flags &= ~ET_D_MM_FREED;
	m.d.mm_users = 2;
	conclude();
	CHECK(r.phases.mm_known && !r.phases.mm_freed);
	m.d.mm_users = 1; /* seen to be the last, but somebody held it who was not counted: /proc/PID/maps */
	conclude();
	CHECK(!r.phases.mm_known);
	CHECK_STR(synth_missing(&r), "phases.mm_freed");
	start.doors[ET_OBS_MM] = ET_DOOR_NONE; /* where that is not seen, the count is all there is */
	conclude();
	CHECK(r.phases.mm_known && r.phases.mm_freed);
	m.d.seen &= ~ET_SEEN_MM;
	conclude();
	CHECK(!r.phases.mm_known);
	CHECK_STR(synth_missing(&r), "phases.mm_freed");
}

/* ---- still exiting ---- */

static void dying(void)
{
	struct et_dying d = synth_dying(4242, ET_PHASE_FILES);

	fresh();
	r = (struct record){ .type = RECORD_DYING, .start = &start, .death = &m.d, .now_ns = 115 * SEC };
	phases__conclude_dying(&r, &d.e);
	CHECK(r.phases.known && r.phases.now == ET_PHASE_FILES);
	CHECK_U64(r.phases.exit_ns, 5 * SEC);
	CHECK_U64(r.phases.now_ns, 4 * SEC);
	d.e.since_ns = 0;
	phases__conclude_dying(&r, &d.e);
	CHECK_U64(r.phases.now_ns, 5 * SEC);
	r.now_ns = SEC;
	phases__conclude_dying(&r, &d.e);
	CHECK_U64(r.phases.exit_ns, 0);
}

/* ---- anything ---- */

static uint64_t rng = 88172645463325252ULL;

static uint64_t any(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 11) % n;
}

/* Each instant again, one by one. */
static enum phase slow_phase_at(uint64_t ns, uint64_t begin)
{
	const struct et_marks *k = &m.d.marks;
	const struct { enum phase phase; uint64_t from, to; } spans[] = {
		{ PHASE_COREDUMP, k->core_begin_ns, k->core_end_ns },
		{ PHASE_FILES, k->files_begin_ns, k->files_end_ns },
		{ PHASE_TASK_WORK, k->work_begin_ns, k->work_end_ns },
		{ PHASE_MM, k->mm_begin_ns, k->mm_end_ns },
		{ PHASE_DETACH, k->tty_ns, k->work_begin_ns },
		{ PHASE_DETACH, k->work_end_ns, k->notify_ns },
		{ PHASE_NOTIFY, k->notify_ns, m.d.dead_ns },
		{ PHASE_DELIVERY, begin, k->last_ns },
	};
	unsigned int i;

	for (i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		if (r.phases.seen[spans[i].phase] && ns >= spans[i].from && ns < spans[i].to)
			return spans[i].phase;
	return PHASE_OTHER;
}

static void check_instants(void)
{
	uint64_t slow[PHASE_COUNT] = { 0 }, begin = m.d.dead_ns - r.phases.exit_ns, ns;
	unsigned int p;

	for (ns = begin; ns < m.d.dead_ns; ns++)
		slow[slow_phase_at(ns, begin)]++;
	for (p = 0; p < PHASE_COUNT; p++)
		CHECK_U64(r.phases.ns[p], slow[p]);
}

/* Any moments in any order, seen or not: nothing is counted twice, nothing is lost. */
static void any_marks_add_up(void)
{
	unsigned int run, i, known = 0;

	for (run = 0; run < 20000; run++) {
		uint64_t marks[sizeof(struct et_marks) / 8];
		const uint64_t wide = run % 2 ? 60 : 1ULL << 40;

		killed(run % 3 ? SIGSEGV : SIGTERM, any(wide));
		if (any(2))
			m.d.status = 0;
		for (i = 0; i < sizeof(marks) / 8; i++)
			marks[i] = any(5) ? DEAD + 10 - any(wide) : 0;
		memcpy(&m.d.marks, marks, sizeof(marks));
		conclude();
		if (!r.phases.known)
			continue;
		known++;
		CHECK_U64(sum(), r.phases.exit_ns);
		for (i = 0; i < PHASE_COUNT; i++)
			CHECK(r.phases.seen[i] || !r.phases.ns[i]);
		if (run % 2)
			check_instants();
	}
	CHECK(known > 15000);
}

/* Numbers that no kernel sends. */
static void nonsense(void)
{
	unsigned int run, i;

	for (run = 0; run < 5000; run++) {
		uint64_t marks[sizeof(struct et_marks) / 8];

		fresh();
		for (i = 0; i < sizeof(marks) / 8; i++)
			marks[i] = any(4) ? any(UINT64_MAX) : UINT64_MAX - any(2);
		memcpy(&m.d.marks, marks, sizeof(marks));
		m.d.dead_ns = any(UINT64_MAX);
		conclude();
		CHECK_U64(sum(), r.phases.exit_ns);
	}
}

int main(void)
{
	UNIT(one_thread);
	UNIT(group_exit);
	UNIT(begins_with_the_signal);
	UNIT(begins_with_the_earliest);
	UNIT(begins_with_what_the_exit_door_sees);
	UNIT(unknown_begin_or_end);
	UNIT(parent_was_not_seen_told);
	UNIT(nothing_is_known_without_entry);
	UNIT(missing_marks_fall_to_other);
	UNIT(signal_and_end_only);
	UNIT(overlapping_threads);
	UNIT(terminal_first);
	UNIT(closed_by_an_early_thread);
	UNIT(clipped);
	UNIT(clocks_disagree);
	UNIT(dump);
	UNIT(dump_not_seen);
	UNIT(memory_of_others);
	UNIT(dying);
	UNIT(any_marks_add_up);
	UNIT(nonsense);
	return unit__end();
}
