/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes one record and every filter, checks which let it through. */
#include "filter.h"
#include "sample.h"
#include "unit.h"

static struct sample s;

static struct options fresh(void)
{
	sample__init(&s);
	return (struct options){ 0 };
}

static bool match(const struct options *o)
{
	return filter__match(o, &s.record);
}

static void nothing_asked(void)
{
	struct options o = fresh();

	CHECK(match(&o));
}

static void by_name(void)
{
	struct options o = fresh();

	o.name = "worker";
	CHECK(match(&o));
	o.name = "work";
	CHECK(!match(&o));
	memcpy(s.death.comm, "fifteen-bytes-x", 15);
	o.name = "fifteen-bytes-x";
	CHECK(match(&o));
}

static void by_user(void)
{
	struct options o = fresh();

	o.by_user = true;
	o.uid = 1000;
	CHECK(match(&o));
	o.uid = 0;
	CHECK(!match(&o));
}

static void by_status(void)
{
	struct options o = fresh();

	o.failed = true;
	CHECK(match(&o));
	s.death.status = 0x100;
	CHECK(match(&o));
	s.death.status = 0;
	CHECK(!match(&o));
}

static void by_signal(void)
{
	struct options o = fresh();

	o.signals = 1ULL << 14 | 1ULL << 63;
	CHECK(match(&o));
	s.death.status = 15 | 0x80; /* core bit */
	CHECK(match(&o));
	s.death.status = 64;
	CHECK(match(&o));
	s.death.status = 9;
	CHECK(!match(&o));
	s.death.status = 15 << 8; /* exit code 15 */
	CHECK(!match(&o));
	s.death.status = 0;
	CHECK(!match(&o));
}

static void by_cause(void)
{
	struct options o = fresh();

	o.causes = 1ULL << CAUSE_SIGNAL | 1ULL << CAUSE_FAULT;
	CHECK(match(&o));
	s.record.cause.class = CAUSE_EXIT;
	CHECK(!match(&o));
	o.causes = 1ULL << CAUSE_UNKNOWN;
	CHECK(!match(&o));
	s.record.cause.class = CAUSE_UNKNOWN;
	CHECK(match(&o));
}

static void by_age(void)
{
	struct options o = fresh();
	uint64_t age = SAMPLE_DEAD_NS - s.death.id.start_ns;

	o.min_age_ns = age;
	CHECK(match(&o));
	o.min_age_ns = age + 1;
	CHECK(!match(&o));
	o.min_age_ns = 1;
	s.death.seen &= ~ET_SEEN_DEAD;
	s.death.flags |= ET_D_SNAPSHOT;
	CHECK(match(&o)); /* its exit was seen */
	s.death.last_tid = 0;
	CHECK(!match(&o)); /* exit_ns is when it was found */
	s.death.flags &= ~ET_D_SNAPSHOT;
	s.death.exit_ns = 0; /* not known when: not known how old */
	CHECK(!match(&o));
}

static void by_zombie_time(void)
{
	struct options o = fresh();

	o.min_zombie_ns = 21000;
	CHECK(match(&o));
	o.min_zombie_ns = 21001;
	CHECK(!match(&o));
	o.min_zombie_ns = 1;
	s.record.reap.time_known = false;
	CHECK(!match(&o));
}

static void by_exit_time(void)
{
	struct options o = fresh();

	s.record.phases = (struct phases){ .known = true, .exit_ns = 5000 };
	o.min_exit_ns = 5000;
	CHECK(match(&o));
	o.min_exit_ns = 5001;
	CHECK(!match(&o));
	o.min_exit_ns = 1;
	s.record.phases.known = false;
	CHECK(!match(&o));
	o.min_exit_ns = 0;
	CHECK(match(&o));
}

/* An exit under way: there is no wait status, and what is in its place does not count. */
static struct options dying(void)
{
	struct options o = fresh();

	s.record.type = RECORD_DYING;
	s.record.now_ns = SAMPLE_DEAD_NS;
	s.record.phases = (struct phases){ .known = true, .exit_ns = 6000000000 };
	s.record.reap = (struct reap){ .how = REAP_UNKNOWN };
	s.death.seen = 0;
	s.death.exit_ns = s.death.dead_ns = 0;
	s.death.status = 0;
	return o;
}

static void dying_process(void)
{
	struct options o = dying();

	CHECK(match(&o));
	o.name = "worker";
	o.by_user = true;
	o.uid = 1000;
	o.min_exit_ns = 6000000000;
	CHECK(match(&o));
	o.min_exit_ns++;
	CHECK(!match(&o));
	o.min_exit_ns = 0;
	o.uid = 1;
	CHECK(!match(&o));
	o.by_user = false;
	o.name = "other";
	CHECK(!match(&o));
}

static void dying_by_signal(void)
{
	struct options o = dying();

	s.record.cause.signal = &s.signals.fatal;
	o.failed = true;
	CHECK(match(&o));
	o.signals = 1ULL << 14;
	CHECK(match(&o));
	o.signals = 1ULL << 8;
	s.death.status = 9;
	CHECK(!match(&o));
}

/* It may be that it exits with 1, it may be with 0. */
static void dying_by_itself(void)
{
	struct options o = dying();

	s.record.cause.signal = NULL;
	s.death.status = 0x100;
	o.failed = true;
	CHECK(!match(&o));
	o.failed = false;
	o.signals = 1ULL << 14;
	s.death.status = 15;
	CHECK(!match(&o));
}

static void dying_by_cause(void)
{
	struct options o = dying();

	o.causes = 1ULL << CAUSE_SIGNAL;
	CHECK(match(&o));
	s.record.cause.class = CAUSE_UNKNOWN;
	CHECK(!match(&o));
}

static void dying_age_and_zombie_time(void)
{
	struct options o = dying();

	o.min_age_ns = SAMPLE_DEAD_NS - s.death.id.start_ns; /* so far */
	CHECK(match(&o));
	o.min_age_ns++;
	CHECK(!match(&o));
	o.min_age_ns = 0;
	o.min_zombie_ns = 1;
	s.record.reap = (struct reap){ .time_known = true, .zombie_ns = 5 };
	CHECK(!match(&o));
}

/* A thread killed by signal 31. What filters ask of processes does not keep it back. */
static struct options thread(enum record_type type)
{
	struct options o = fresh();

	s.record.type = type;
	s.record.cause.class = CAUSE_SECCOMP;
	s.record.phases.known = false;
	s.record.reap = (struct reap){ .how = REAP_UNKNOWN };
	s.death.status = 31;
	o.threads = true;
	return o;
}

static void threads(void)
{
	struct options o = thread(RECORD_THREAD);

	CHECK(match(&o));
	o.failed = true;
	o.signals = 1ULL << 30;
	o.causes = 1ULL << CAUSE_SECCOMP;
	CHECK(match(&o));
	o.min_age_ns = o.min_exit_ns = o.min_zombie_ns = UINT64_MAX;
	CHECK(match(&o));
	o.signals = 1ULL << 8;
	CHECK(!match(&o));
	o.signals = 0;
	o.causes = 1ULL << CAUSE_EXIT;
	CHECK(!match(&o));
	o.causes = 0;
	s.death.status = 0;
	CHECK(!match(&o));
	o.failed = false;
	CHECK(match(&o));
	o.name = "other";
	CHECK(!match(&o));
	o.name = NULL;
	o.threads = false; /* recorded with -T, replayed without */
	CHECK(!match(&o));
}

/* Nobody asks for a warning, so nobody's question keeps it back; but it is of a process that is watched. */
static void warnings(void)
{
	struct options o = thread(RECORD_WARNING);

	o.threads = false;
	CHECK(match(&o));
	o.signals = 1ULL << 8;
	o.causes = 1ULL << CAUSE_EXIT;
	o.min_age_ns = o.min_exit_ns = o.min_zombie_ns = UINT64_MAX;
	o.name = "worker";
	CHECK(match(&o));
	o.by_user = true;
	o.uid = 1;
	CHECK(!match(&o));
	o.by_user = false;
	o.name = "other";
	CHECK(!match(&o));
}

static void all_must_hold(void)
{
	struct options o = fresh();

	o.name = "worker";
	o.failed = true;
	o.min_zombie_ns = 1;
	CHECK(match(&o));
	o.min_zombie_ns = 1000000;
	CHECK(!match(&o));
}

int main(void)
{
	UNIT(nothing_asked);
	UNIT(by_name);
	UNIT(by_user);
	UNIT(by_status);
	UNIT(by_signal);
	UNIT(by_cause);
	UNIT(by_age);
	UNIT(by_zombie_time);
	UNIT(by_exit_time);
	UNIT(dying_process);
	UNIT(dying_by_signal);
	UNIT(dying_by_itself);
	UNIT(dying_by_cause);
	UNIT(dying_age_and_zombie_time);
	UNIT(threads);
	UNIT(warnings);
	UNIT(all_must_hold);
	return unit__end();
}
