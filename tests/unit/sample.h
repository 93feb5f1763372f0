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
#include "coredump.h"
#include "phases.h"
#include "record.h"

#define SAMPLE_BOOT_ID "0a1b2c3d-0123-4567-89ab-0123456789ab"
#define SAMPLE_ATTACH_NS 1000000000ULL
#define SAMPLE_DEAD_NS 112345678901ULL
#define SAMPLE_DEAD_REAL_NS 1795299011123456789ULL /* 2026-11-21T22:10:11.123456789Z */

struct sample {
	struct et_start start;
	struct et_death death;
	struct et_signals signals;
	struct noted_file files[3];
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
		s->doors[i] = i < ET_OBS_BEGIN ? ET_DOOR_TRACEPOINT : ET_DOOR_FENTRY;
}

/* Of 812345 ns: 112345 delivery, 400000 mm, 150000 files, 51000 detach, 70000 task_work, 9000 notify, 20000 other. */
static inline struct et_marks sample__marks(void)
{
	return (struct et_marks){
		.begin_ns = SAMPLE_DEAD_NS - 800000,
		.last_ns = SAMPLE_DEAD_NS - 700000,
		.mm_begin_ns = SAMPLE_DEAD_NS - 690000,
		.mm_end_ns = SAMPLE_DEAD_NS - 290000,
		.files_begin_ns = SAMPLE_DEAD_NS - 280000,
		.files_end_ns = SAMPLE_DEAD_NS - 130000,
		.tty_ns = SAMPLE_DEAD_NS - 130000,
		.work_begin_ns = SAMPLE_DEAD_NS - 120000,
		.work_end_ns = SAMPLE_DEAD_NS - 50000,
		.notify_ns = SAMPLE_DEAD_NS - 9000,
	};
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
		.flags = ET_D_FATAL | ET_D_STOPS | ET_D_MM_FREED | ET_D_FD_CLOSER,
		.seen = ET_SEEN_EXE | ET_SEEN_DEAD | ET_SEEN_RESOURCES | ET_SEEN_IO | ET_SEEN_CGROUP | ET_SEEN_THREADS |
			ET_SEEN_SIGNALS | ET_SEEN_TTY | ET_SEEN_TABLE | ET_SEEN_MM | ET_SEEN_CORE |
			ET_SEEN_CHILDREN | ET_SEEN_HANGUPS,
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
		.files = {
			.close_ns = 148000,
			.flush_ns = 141000,
			.slowest_ns = 140000,
			.release_ns = 2000,
			.open = 34,
			.users = 1,
			.closed = 34,
			.flushed = 3,
			.errors = 1,
			.told = 2,
		},
		.core = { .limit = UINT64_MAX, .flags = ET_CORE_DUMPABLE_KNOWN, .dumpable = 1 },
		.mm_users = 1,
		.adopted = 2,
	};
	d->marks = sample__marks();
	sample__peer(&d->parent, 4100, 90000000000ULL, "bash", 1000);
	sample__peer(&d->adopter, 1, 1000000, "systemd", 0);
}

/* What its flush error and its slow close are of. */
static inline void sample__files(struct sample *s)
{
	const struct noted_file f = {
		.fd = 7,
		.ns = 140000,
		.known = true,
		.fs = text__str("nfs4"),
		.path = text__str("/mnt/nfs/log"),
	};

	s->files[0] = s->files[1] = f;
	s->files[0].what = ET_FILE_FLUSH_ERROR;
	s->files[0].error = 28;
	strcpy(s->files[0].errno_name, "ENOSPC");
	s->files[1].what = ET_FILE_SLOW_CLOSE;
	s->files[1].fd = -1;
	s->record.files = s->files;
	s->record.nr_files = 2;
}

/*
 * Make it a crash instead: SIGSEGV, core to /var/core/worker.4242 took 50000 ns. The signal stays as it
 * is, so do not ask for the cause.
 */
static inline void sample__crash(struct sample *s)
{
	struct et_death *d = &s->death;

	d->status = 11 | 0x80;
	s->signals.fatal.signo = 11;
	d->marks.core_begin_ns = d->marks.begin_ns - 10000;
	d->marks.core_end_ns = d->marks.begin_ns + 40000;
	d->core.flags |= ET_CORE_TRIED | ET_CORE_WRITTEN;
	d->core.target = ET_CORE_FILE;
	s->files[2] = (struct noted_file){
		.what = ET_FILE_CORE,
		.fd = -1,
		.known = true,
		.fs = text__str("ext4"),
		.path = text__str("/var/core/worker.4242"),
	};
	s->record.nr_files = 3;
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
	s->killer.cgroup_id = 77;
	sample__peer(&s->fatal.by, 1, 1000000, "systemd", 0);
	sample__peer(&s->stop[1].by, 4100, 90000000000ULL, "bash", 1000);
}

/* What is concluded, once more after a test has changed the facts. */
static inline void sample__conclude(struct sample *s)
{
	record__clear_missing(&s->record);
	record__note_unseen(&s->record);
	cause__conclude(&s->record);
	phases__conclude(&s->record);
	coredump__conclude(&s->record);
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
	r->killer.exe = text__str("/usr/lib/systemd/systemd");
	r->killer.cgroup = text__str("/init.scope");
	r->killer.unit = text__str("init.scope");
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
	r->core_pattern = text__str("/var/core/%e.%p");
	r->core_pattern_known = true;
	sample__files(s);
	sample__conclude(s);
}

/* Turned into an exit that hangs: 9 s in it, 8.5 s of them closing files. After sample__init(). */
static inline void sample__dying(struct sample *s)
{
	struct record *r = &s->record;
	const struct et_exit e = {
		.begin_ns = SAMPLE_DEAD_NS - 9000000000ULL,
		.since_ns = SAMPLE_DEAD_NS - 8500000000ULL,
		.phase = ET_PHASE_FILES,
	};

	r->type = RECORD_DYING;
	r->now_ns = s->death.exit_ns = SAMPLE_DEAD_NS;
	s->death.seen &= ~ET_SEEN_DEAD;
	s->signals.fatal.time_ns = s->signals.fatal.first_ns = e.begin_ns;
	record__clear_missing(r);
	record__note_unseen(r);
	cause__conclude(r);
	phases__conclude_dying(r, &e);
}

#endif
