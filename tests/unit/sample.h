/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sample.h: one record with something in every corner, for tests of what comes
 * behind the assembler. sample__init() makes "worker" of uid 1000, ended by SIGTERM
 * from systemd 812345 ns before its death at 22:10:11.123456789 UTC.
 */
#ifndef EXITTRACE_SAMPLE_H
#define EXITTRACE_SAMPLE_H

#include <string.h>

#include "cause.h"
#include "record.h"

#define SAMPLE_BOOT_ID "0a1b2c3d-0123-4567-89ab-0123456789ab"
#define SAMPLE_ATTACH_NS 1000000000ULL
#define SAMPLE_DEAD_NS 112345678901ULL
#define SAMPLE_DEAD_REAL_NS 1795299011123456789ULL /* 2026-11-21T22:10:11.123456789Z */

struct sample {
	struct et_start start;
	struct et_death death;
	struct et_signals signals;
	struct record record;
};

static inline void sample__peer(struct et_peer *p, __u32 pid, __u64 start_ns, const char *comm, __u32 uid)
{
	memset(p, 0, sizeof(*p));
	p->id.tgid = pid;
	p->id.start_ns = start_ns;
	p->tid = pid;
	p->uid = uid;
	strncpy(p->comm, comm, sizeof(p->comm) - 1);
}

static inline void sample__start(struct et_start *s)
{
	unsigned int i;

	*s = (struct et_start){
		.h = { .kind = ET_START, .size = sizeof(*s) },
		.version = ET_STREAM_VERSION,
		.page_size = 4096,
		.attach_ns = SAMPLE_ATTACH_NS,
		.real_ns = SAMPLE_DEAD_REAL_NS - SAMPLE_DEAD_NS + SAMPLE_ATTACH_NS,
		.boot_id = SAMPLE_BOOT_ID,
		.release = "6.1.0-test",
		.tier = "tracepoint",
	};
	for (i = 0; i < ET_OBS_COUNT; i++)
		s->doors[i] = ET_DOOR_TRACEPOINT;
}

static inline void sample__death(struct et_death *d)
{
	*d = (struct et_death){
		.h = { .kind = ET_DEATH, .size = sizeof(*d) },
		.id = { .tgid = 4242, .start_ns = 100000000000ULL },
		.exit_ns = SAMPLE_DEAD_NS - 1000,
		.dead_ns = SAMPLE_DEAD_NS,
		.status = 15,
		.exit_signal = 17,
		.flags = ET_D_FATAL | ET_D_STOPS,
		.seen = ET_SEEN_EXE | ET_SEEN_DEAD | ET_SEEN_RESOURCES | ET_SEEN_IO | ET_SEEN_CGROUP | ET_SEEN_THREADS |
			ET_SEEN_SIGNALS | ET_SEEN_TTY,
		.threads = 12,
		.last_tid = 4242,
		.uid = 1000,
		.gid = 1000,
		.pgid = 4240,
		.session = 4100,
		.ns_level = 1,
		.ns_pids = { 4242, 17 },
		.cgroup_id = 5123,
		.comm = "worker",
		.tty = "pts3",
		.res = {
			.utime_ns = 8000000,
			.stime_ns = 4000000,
			.runtime_ns = 12600000,
			.max_rss_pages = 3000,
			.minor_faults = 120,
			.major_faults = 3,
			.voluntary_switches = 7,
			.involuntary_switches = 2,
			.read_bytes = 4096,
			.write_bytes = 0,
		},
	};
	sample__peer(&d->parent, 4100, 90000000000ULL, "bash", 1000);
}

static inline void sample__signals(struct et_signals *s)
{
	*s = (struct et_signals){
		.fatal = {
			.time_ns = SAMPLE_DEAD_NS - 812345,
			.first_ns = SAMPLE_DEAD_NS - 812345,
			.count = 1,
			.flags = ET_SIG_GROUP | ET_SIG_FATAL,
			.threads = 12,
			.signo = 15,
			.info = ET_INFO_REAL,
		},
		.stop[1] = {
			.time_ns = SAMPLE_DEAD_NS - 700000000,
			.first_ns = SAMPLE_DEAD_NS - 700000000,
			.count = 2,
			.flags = ET_SIG_GROUP,
			.signo = 2,
			.info = ET_INFO_REAL,
			.disposition = ET_DISP_HANDLED,
		},
	};
	sample__peer(&s->fatal.by, 1, 1000000, "systemd", 0);
	sample__peer(&s->stop[1].by, 4100, 90000000000ULL, "bash", 1000);
}

static inline void sample__init(struct sample *s)
{
	struct record *r = &s->record;

	memset(s, 0, sizeof(*s));
	sample__start(&s->start);
	sample__death(&s->death);
	sample__signals(&s->signals);
	r->type = RECORD_DEATH;
	r->start = &s->start;
	r->death = &s->death;
	r->signals = &s->signals;
	r->real_offset_ns = SAMPLE_DEAD_REAL_NS - SAMPLE_DEAD_NS;
	r->now_ns = SAMPLE_DEAD_NS + 21000;
	r->exe = text__str("/usr/bin/worker");
	r->killer_exe = text__str("/usr/lib/systemd/systemd");
	r->cgroup = text__str("/system.slice/worker.service");
	r->unit = text__str("worker.service");
	r->from_start = true;
	r->reap = (struct reap){
		.how = REAP_WAITED,
		.by_known = true,
		.time_known = true,
		.by = s->death.parent,
		.time_ns = SAMPLE_DEAD_NS + 21000,
		.zombie_ns = 21000,
	};
	record__note_unseen(r);
	cause__conclude(r);
}

/* Its cause once more, after a test has changed the facts. */
static inline void sample__conclude(struct sample *s)
{
	s->record.nr_missing = 0;
	record__note_unseen(&s->record);
	cause__conclude(&s->record);
}

#endif
