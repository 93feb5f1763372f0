/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* synth.h: well-formed messages for the unit tests, with plain values to change from there. */
#ifndef EXITTRACE_SYNTH_H
#define EXITTRACE_SYNTH_H

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "event.h"
#include "record.h"

#define US 1000ULL
#define MS 1000000ULL
#define SEC 1000000000ULL
#define ATTACH (100 * SEC)	/* CLOCK_BOOTTIME */
#define REAL_OFFSET (1700000000 * SEC)

/* A DEATH message with room for its sections. */
struct synth_death {
	struct et_death d;
	union {
		_Alignas(8) char sections[ET_EXE_MAX + sizeof(struct et_signals)];
		struct et_signals inside; /* tells the compiler that such are in those bytes */
	};
};

__attribute__((unused)) static struct et_start synth_start(void)
{
	struct et_start s = {
		.h = { ET_START, sizeof(s) },
		.version = ET_STREAM_VERSION,
		.page_size = 4096,
		.attach_ns = ATTACH,
		.real_ns = ATTACH + REAL_OFFSET,
		.boot_id = "01234567-89ab-cdef-0123-456789abcdef",
		.release = "6.1.0",
		.tier = "fentry",
	};

	memset(s.doors, ET_DOOR_FENTRY, ET_OBS_COUNT);
	return s;
}

__attribute__((unused)) static struct et_peer synth_peer(unsigned int pid, const char *comm)
{
	struct et_peer p = { .id = { .start_ns = pid * SEC / 100 + 1, .tgid = pid }, .tid = pid };
	unsigned int i;

	for (i = 0; i < sizeof(p.comm) && comm[i]; i++)
		p.comm[i] = comm[i];
	return p;
}

/* The last millisecond before 112 s: memory 400 us, files 100 us, task work 50 us, then the parent is told. */
__attribute__((unused)) static struct et_marks synth_marks(void)
{
	const unsigned long long dead = 112 * SEC;

	return (struct et_marks){
		.begin_ns = dead - MS,
		.last_ns = dead - MS,
		.mm_begin_ns = dead - 900 * US,
		.mm_end_ns = dead - 500 * US,
		.files_begin_ns = dead - 450 * US,
		.files_end_ns = dead - 350 * US,
		.tty_ns = dead - 350 * US,
		.work_begin_ns = dead - 300 * US,
		.work_end_ns = dead - 250 * US,
		.notify_ns = dead - 200 * US,
	};
}

/* Lived from 110 s to 112 s, exit code 0, child of bash[412], everything seen. */
__attribute__((unused)) static struct synth_death synth_death(unsigned int pid)
{
	struct synth_death m = { .d = {
		.h = { ET_DEATH, sizeof(struct et_death) },
		.id = { .start_ns = 110 * SEC, .tgid = pid },
		.exit_ns = 112 * SEC - MS,
		.dead_ns = 112 * SEC,
		.exit_signal = SIGCHLD,
		.flags = ET_D_MM_FREED | ET_D_FD_CLOSER,
		.seen = ET_SEEN_EXE | ET_SEEN_DEAD | ET_SEEN_RESOURCES | ET_SEEN_IO | ET_SEEN_THREADS |
			ET_SEEN_SIGNALS | ET_SEEN_TTY | ET_SEEN_TABLE | ET_SEEN_MM | ET_SEEN_CORE |
			ET_SEEN_CHILDREN | ET_SEEN_HANGUPS,
		.threads = 1,
		.last_tid = pid,
		.uid = 1000,
		.gid = 1000,
		.pgid = pid,
		.session = 412,
		.ns_pids = { pid },
		.comm = "worker",
		.tty = "pts3",
		.res = { .utime_ns = 30 * MS, .stime_ns = 10 * MS, .runtime_ns = 44 * MS },
		.files = { .close_ns = 60 * US, .slowest_ns = 30 * US, .open = 3, .users = 1, .closed = 3 },
		.core = { .limit = UINT64_MAX, .flags = ET_CORE_DUMPABLE_KNOWN, .dumpable = 1 },
		.mm_users = 1,
	} };

	m.d.marks = synth_marks();
	m.d.parent = synth_peer(412, "bash");
	return m;
}

/* `reversed` with its NULs, as the kernel half writes it; before the signals. */
__attribute__((unused)) static void synth_exe(struct synth_death *m, const char *reversed, unsigned int len)
{
	if (len)
		memcpy(m->sections, reversed, len);
	m->d.exe_len = len;
	m->d.exe_size = (len + 7) & ~7U;
	m->d.h.size = sizeof(m->d) + m->d.exe_size;
}

/* Room for the fatal signal, or for the stop signals too. */
__attribute__((unused)) static struct et_signals *synth_signals(struct synth_death *m, int stops)
{
	m->d.flags |= ET_D_FATAL | (stops ? ET_D_STOPS : 0);
	m->d.signals_size = stops ? sizeof(struct et_signals) : offsetof(struct et_signals, stop);
	m->d.h.size = sizeof(m->d) + m->d.exe_size + m->d.signals_size;
	return (struct et_signals *)(m->sections + m->d.exe_size);
}

/* Sent by kill() 5 ms before the death. */
__attribute__((unused)) static struct et_signal synth_signal(int signo, struct et_peer by)
{
	struct et_signal s = {
		.time_ns = 112 * SEC - 5 * MS,
		.first_ns = 112 * SEC - 5 * MS,
		.by = by,
		.count = 1,
		.flags = ET_SIG_GROUP,
		.threads = 1,
		.signo = signo,
		.info = ET_INFO_REAL,
	};

	s.by_parent = synth_peer(1, "systemd");
	return s;
}

__attribute__((unused)) static struct et_reap synth_reap(const struct et_death *d, struct et_peer by,
							  unsigned long long after_ns)
{
	return (struct et_reap){
		.h = { ET_REAP, sizeof(struct et_reap) },
		.id = d->id,
		.time_ns = d->dead_ns + after_ns,
		.by = by,
		.parent = d->parent,
		.kind = ET_REAP_RELEASED,
	};
}

/* `reversed` with its NULs; 2 ms of `fs`. */
__attribute__((unused)) static struct et_file synth_file(const struct et_id *id, enum et_file_what what,
							  const char *fs, const char *reversed, unsigned int len)
{
	struct et_file f = { .h = { ET_FILE, sizeof(f) }, .id = *id, .ns = 2 * MS, .inode = 77, .fd = -1,
			     .what = what, .len = len };

	memcpy(f.fs, fs, strlen(fs));
	memcpy(f.path, reversed, len);
	return f;
}

/* An exit that SIGKILL of bash[412] began at 110 s, in this phase since 111 s. */
__attribute__((unused)) static struct et_dying synth_dying(unsigned int pid, enum et_phase phase)
{
	struct et_dying m = { .h = { ET_DYING, sizeof(m) }, .e = {
		.id = { .start_ns = 105 * SEC, .tgid = pid },
		.begin_ns = 110 * SEC,
		.since_ns = 111 * SEC,
		.phase = phase,
		.uid = 1000,
		.signo = SIGKILL,
		.info = ET_INFO_REAL,
		.threads = 4,
		.comm = "worker",
	} };

	m.e.by = synth_peer(412, "bash");
	return m;
}

/* 512 MiB of a cgroup were used up when stress[12] asked for more. */
__attribute__((unused)) static struct et_oom synth_oom(const struct et_id *id, unsigned int flags)
{
	return (struct et_oom){
		.h = { ET_OOM, sizeof(struct et_oom) },
		.id = *id,
		.time_ns = 112 * SEC - 5 * MS,
		.trigger = synth_peer(12, "stress"),
		.memcg_id = 55,
		.limit_bytes = 512ULL << 20,
		.usage_bytes = 511ULL << 20,
		.anon_bytes = 400ULL << 20,
		.file_bytes = 8ULL << 20,
		.shmem_bytes = 2ULL << 20,
		.swap_bytes = 1ULL << 20,
		.score_adj = -17,
		.flags = flags,
	};
}

/* Lived from 111 s to 112 s, used 20 ms of a processor, three are left. */
__attribute__((unused)) static struct et_thread synth_thread(const struct et_id *id, unsigned int tid, int status,
							      unsigned int flags)
{
	return (struct et_thread){
		.h = { ET_THREAD, sizeof(struct et_thread) },
		.id = *id,
		.time_ns = 112 * SEC,
		.start_ns = 111 * SEC,
		.runtime_ns = 20 * MS,
		.tid = tid,
		.status = status,
		.flags = flags,
		.threads = 4,
		.uid = 1000,
		.comm = "io",
		.process = "worker",
	};
}

__attribute__((unused)) static struct et_pattern synth_pattern(const char *pattern)
{
	struct et_pattern p = { .h = { ET_PATTERN, sizeof(p) }, .len = strlen(pattern) };

	memcpy(p.pattern, pattern, p.len);
	return p;
}

/* The keys that are missing, in order. Valid until the next call. */
static inline const char *synth_missing(const struct record *r)
{
	static char keys[1024];
	size_t n = 0;
	unsigned int i;

	keys[0] = '\0';
	for (i = 0; i < r->nr_missing; i++)
		n += snprintf(keys + n, sizeof(keys) - n, "%s%s", i ? " " : "", record__missing_key(r, i));
	return keys;
}

#endif
