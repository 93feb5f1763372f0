/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * record.h: what exittrace says about one process, and the table of its fields.
 * Every output (text columns, JSON keys, --list-fields, schema, manual) is made
 * from that one table and so cannot disagree with the others.
 */
#ifndef EXITTRACE_RECORD_H
#define EXITTRACE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "syscalls.h"
#include "text.h"

enum record_type {
	RECORD_DEATH,
	RECORD_ZOMBIE, /* interim: dead, not reaped for --zombie-after, or there before us */
	RECORD_DYING,  /* interim: in its exit for --dying-after; only fields with IN_DYING apply */
	RECORD_THREAD, /* --threads: one thread ended; IN_THREAD */
	RECORD_WARNING, /* a thread was killed alone, its process lives on without it; IN_THREAD */
};

enum cause_class { /* closed list; names in names.c */
	CAUSE_UNKNOWN,
	CAUSE_EXIT,
	CAUSE_SIGNAL,
	CAUSE_FAULT,
	CAUSE_ABORT,
	CAUSE_OOM_MEMCG,
	CAUSE_OOM_GLOBAL,
	CAUSE_SECCOMP,
	CAUSE_RLIMIT,
	CAUSE_TIMER,
	CAUSE_PIPE,
	CAUSE_TTY,
	CAUSE_HANGUP,
	CAUSE_PDEATHSIG,
	CAUSE_PIDNS,
	CAUSE_PTRACE,
	CAUSE_EXEC,
	CAUSE_COUNT,
};

enum reap_how {
	REAP_UNKNOWN,
	REAP_WAITED,
	REAP_AUTO,
	REAP_REPARENTED,
	REAP_TRACED,
	REAP_UNREAPED,
};

enum container_runtime { /* names in names.c */
	RUNTIME_NONE,
	RUNTIME_DOCKER,
	RUNTIME_CONTAINERD,
	RUNTIME_CRIO,
	RUNTIME_PODMAN,
	RUNTIME_UNKNOWN, /* a container id without a sign of who made it */
};

/* Why something is missing; in words in names.c, printed in `missing_why`. */
enum missing_why {
	WHY_TIER,	/* this kernel and tier do not show it */
	WHY_BEFORE,	/* happened before tracing began */
	WHY_LOST,	/* the message was lost */
	WHY_FULL,	/* no room to note it when it happened */
	WHY_GONE,	/* was gone when it could have been read */
	WHY_ENDED,	/* tracing ended first */
	WHY_SKIPPED,	/* the kernel skipped the probe that would have seen it */
	WHY_STATIC,	/* a static program, where nothing tells where things are */
	WHY_LIBC,	/* a C library we do not know, or not enough of */
	WHY_PAGED,	/* a page of its memory was not there, or made no sense */
	WHY_COMPAT,	/* a 32-bit program */
	WHY_FAILED,	/* a write failed, and its buffer is empty since */
	WHY_UNSEEN,	/* nothing seen explains it */
};

/* Parts of the way out; names in names.c. They never overlap, and add up to phases.exit_ns. */
enum phase {
	PHASE_DELIVERY, /* from the fatal signal, or the first thread's exit, to the last thread's do_exit() */
	PHASE_COREDUMP,
	PHASE_MM,
	PHASE_FILES,
	PHASE_DETACH,	/* terminal, namespaces, cgroup */
	PHASE_TASK_WORK, /* closed files are released */
	PHASE_NOTIFY,	/* children are given away, until the parent is told */
	PHASE_OTHER,	/* the rest, and what could not be observed */
	PHASE_COUNT,
};

enum core_reason { /* why no core was dumped; names in names.c */
	CORE_REASON_NONE,    /* it was dumped, or it is not known why not */
	CORE_NOT_DUMPABLE,   /* prctl(PR_SET_DUMPABLE), or a program with other rights than its user */
	CORE_PATTERN_EMPTY,
	CORE_LIMIT,	     /* RLIMIT_CORE */
	CORE_OPEN_FAILED,    /* the file, or the socket, could not be opened */
	CORE_HANDLER_FAILED, /* the program behind a pipe could not be started */
	CORE_INTERRUPTED,    /* a SIGKILL came meanwhile, or writing failed */
};

#define RECORD_MISSING_MAX 80
#define RECORD_CAUSE_TEXT 640 /* two escaped comms, a shortened path, a hint and our words: never cut */
#define RECORD_SIGNAL_NAME 16
#define RECORD_ERRNO_NAME 20
#define RECORD_TTY (ET_TTY_LEN + 2) /* "pts/3" of "pts3", and a NUL */

enum { /* types of record */
	IN_DEATH = 1 << 0, /* RECORD_DEATH and RECORD_ZOMBIE */
	IN_DYING = 1 << 1,
	IN_THREAD = 1 << 2, /* RECORD_THREAD and RECORD_WARNING */
	IN_ALL = IN_DEATH | IN_DYING | IN_THREAD,
	IN_HISTORY = 1 << 3, /* no type: the history has a column of it, to look for */
	IN_METRICS = 1 << 4, /* no type: the recorder is told of it, for the metrics */
};

enum record_field {
#define FIELD(in_, id, key_, type_, unit_, help_, title_, expr) FIELD_##id,
#include "fields.h"
	RECORD_NR_FIELDS
};

/* Two bytes: what is missing of a storm of deaths is compared for each of them. */
struct missing {
	uint8_t field; /* enum record_field; a group stands for all in it */
	uint8_t why;   /* enum missing_why */
};

_Static_assert(RECORD_NR_FIELDS <= UINT8_MAX + 1, "struct missing");

/* One entry of the stop timeline. */
struct stop {
	const struct et_signal *sig;
	char name[RECORD_SIGNAL_NAME];
	const char *result; /* handled, ignored, blocked, pending, default */
	bool by_known;	    /* sig->by sent it; otherwise the kernel did and sig->by is a bystander */
	uint64_t before_death_ns;
	uint32_t count;	    /* of this signal, of which sig is the latest */
};

/* What the rules of cause.c concluded. Pointers point into the record's event. */
struct cause {
	enum cause_class class;
	const struct et_signal *signal; /* the signal that killed, NULL: none or not seen */
	char signal_name[RECORD_SIGNAL_NAME]; /* of the wait status, "" after an exit */
	const struct et_peer *by;	/* the one to name, NULL: nobody, or it is not known */
	bool self;			/* it was the process itself */
	bool oom;			/* the OOM killer: the group `oom` applies */
	bool hint_reraised;		/* killed itself with a signal somebody else had sent before */
	bool escalated;			/* whoever killed had asked it to stop before */
	bool has_because_of;
	struct et_id because_of;	/* the earlier death that brought this one about */
	const char *limit;		/* "RLIMIT_CPU", ...; NULL: no limit was hit */
	const char *role;		/* of `by`, from the table in hint.c; NULL: none known */
	bool syscall_known;		/* the system call that seccomp refused */
	int syscall;
	uint32_t arch;			/* AUDIT_ARCH_*, 0: not known */
	char syscall_name[SYSCALL_NAME]; /* "": it has none */
	char tty[RECORD_TTY];		/* of a key or a hangup; "": not known */
	unsigned int nr_stops;
	/* from here on only what was put there is read */
	struct stop stops[ET_SLOTS + 1];
	char text[RECORD_CAUSE_TEXT];	/* in words; outside strings in it are escaped */
};

struct reap {
	enum reap_how how;
	bool by_known;	     /* `by` is the reaper */
	bool time_known;     /* zombie_ns holds */
	bool approximate;    /* time_ns is when the kernel freed it, later than the reap */
	bool reparented;     /* had another parent when it was released */
	struct et_peer by;
	struct et_peer new_parent; /* comm and flags hold if new_parent_seen */
	bool new_parent_seen;
	uint64_t time_ns;
	uint64_t zombie_ns;  /* for RECORD_ZOMBIE: so far */
	const struct et_reap *message; /* that told it; NULL: none did */
};

/* The way out, concluded by phases.c. */
struct phases {
	bool known;		  /* exit_ns holds */
	bool seen[PHASE_COUNT];	  /* ns[] holds; otherwise its time is in PHASE_OTHER */
	uint64_t exit_ns;	  /* the whole; of RECORD_DYING: so far */
	uint64_t ns[PHASE_COUNT];
	bool mm_known, mm_freed;  /* whether its memory was given back when it left it */
	enum et_phase now;	  /* RECORD_DYING: where it is ... */
	uint64_t now_ns;	  /* ... and since when, a duration */
};

/* A file with a part in the death, from struct et_file; kept by files.c. */
struct noted_file {
	enum et_file_what what;
	int fd;		/* -1: not known */
	int error;	/* errno, positive; 0: none */
	char errno_name[RECORD_ERRNO_NAME]; /* "ENOSPC"; "": none */
	uint64_t ns;
	bool known, cut; /* path holds; its root side is missing */
	struct text fs;	 /* "fuse.sshfs"; len 0: not known */
	struct text path; /* as /proc/PID/fd shows it: "/var/log/x", "pipe:[123]" */
};

/* A stdio stream with something to tell, from struct et_stdio; kept by lastwords.c. */
struct noted_stream {
	uint64_t lost, inherited; /* bytes in its buffer: its own, and those its parent has, too */
	int fd;
	bool failed, wide, exec; /* as enum et_stdio_flags */
	bool known, cut; /* path holds; its root side is missing */
	struct text path;
	struct text tail; /* the end of what was lost; len 0: there is none, or it was not asked for */
};

/* Concluded by lastwords.c. */
struct last_words {
	bool applies;		  /* they were asked for */
	uint64_t lost, inherited; /* bytes, of all streams */
	bool cut;		  /* not all streams are in the list */
	const struct noted_stream *list;
	unsigned int nr;
};

/* Concluded by coredump.c. */
struct coredump {
	bool applies;	      /* the signal that ended it dumps core, or a dump was tried */
	bool dumped;
	bool duration_known;
	uint64_t duration_ns;
	enum et_core_target target; /* 0: not known, or none was opened */
	enum core_reason reason;
	const struct noted_file *file; /* where it went, NULL: not known or no file */
};

struct kept_words; /* lastwords.h */
enum leave_how { /* names in names.c */
	LEAVE_UNKNOWN,
	LEAVE_EXIT,	 /* exit() was called */
	LEAVE_RETURN,	 /* main() returned */
	LEAVE__EXIT,	 /* _exit() or _Exit() */
	LEAVE_QUICK_EXIT,
	LEAVE_ABORT,
	LEAVE_SYSCALL,	 /* exit_group(), not by a C library that is watched */
	LEAVE_SIGNAL,
	LEAVE_THREAD,	 /* its last thread ended on its own */
	LEAVE_COUNT,
};

/* An instruction of a process, or the one behind a call. */
struct frame {
	struct et_frame at;
	bool returns; /* it is where a call returns to */
	bool named;   /* whoever gives names has said what it knows */
	bool no_code; /* ... and that nothing there can be run */
	char build_id[2 * ET_BUILD_ID_LEN + 1]; /* hex digits; empty: not known */
	struct text exe; /* program of the process, len 0: not known */
	struct text module, symbol, source; /* "/usr/bin/x", "main", "x.c:12"; len 0: not known */
};

/* Concluded by stack.c. */
struct exit_stack {
	bool asked; /* --exit-stack */
	enum leave_how how;
	const struct frame *by; /* the call; NULL: not known, or none */
	const struct frame *frames, *sender; /* the innermost first */
	unsigned int nr, nr_sender;
	uint32_t tid; /* whose frames; 0: there are none */
};

struct container {
	enum container_runtime runtime;
	struct text id; /* 64 hex digits, or as many as the path has; len 0: none */
};

/* What was kept of the fatal signal's sender besides its struct et_peer. */
struct sender {
	struct text exe;    /* in reading order; len 0: unknown */
	struct text args;   /* NUL-separated; len 0: none */
	struct text cgroup; /* len 0: unknown */
	struct text unit;
	struct container container;
	bool exe_cut, args_cut, cgroup_cut;
};

/*
 * A view: everything it points at belongs to the assembler and holds until the
 * callback returns.
 */
struct record {
	enum record_type type;
	const struct et_start *start;  /* boot id, page size, doors */
	const struct et_death *death;
	const struct et_signals *signals; /* NULL: none noted; stop[] only with ET_D_STOPS */
	uint64_t real_offset_ns; /* CLOCK_REALTIME - CLOCK_BOOTTIME, the latest known */
	uint64_t now_ns;	 /* CLOCK_BOOTTIME of the record: the `time` of RECORD_ZOMBIE */
	struct text exe;	 /* in reading order; len 0: unknown */
	struct sender killer;
	struct text killed_cgroup; /* whose cgroup.kill was written; len 0: unknown */
	const struct et_oom *oom;  /* NULL: the OOM killer did not choose it, or that was not seen */
	struct text oom_cgroup;	   /* whose limit was hit; len 0: unknown */
	const struct et_thread *thread; /* RECORD_THREAD, RECORD_WARNING: `death` holds what is known of its process */
	struct text cgroup;	 /* "/" for the root; len 0: unknown */
	struct text unit;	 /* systemd unit, len 0: none */
	struct container container;
	struct text args;	 /* NUL-separated; len 0: none */
	char tty[RECORD_TTY];	 /* as people write it: "pts/3"; empty: none */
	bool args_cut, cgroup_cut, killed_cgroup_cut, oom_cgroup_cut;
	bool from_start;	 /* born while we watched */
	struct reap reap;
	struct phases phases;
	struct coredump coredump;
	struct last_words stdio;
	const struct kept_words *words; /* what of it was kept; NULL: nothing */
	const struct et_stack *stacks[ET_STACK_KINDS]; /* NULL: none came */
	struct exit_stack stack;
	const struct noted_file *files; /* nr_files of them: the slowest, the core, the errors as they came */
	unsigned int nr_files;
	struct text core_pattern; /* /proc/sys/kernel/core_pattern; may be known and empty */
	bool core_pattern_known;
	unsigned int nr_missing;
	uint64_t gone[(RECORD_NR_FIELDS + 63) / 64]; /* what is missing as bits, with all members of groups */
	/* from here on only what was put there is read: most of a record is not cleared for each death */
	struct missing missing[RECORD_MISSING_MAX]; /* in the order in which it was noted */
	struct cause cause; /* cleared by cause__conclude() */
};

/* ---- values and the field table ---- */

enum value_kind {
	V_ABSENT, /* does not apply: left out */
	V_NULL,	  /* could not be observed: null, and named in `missing` */
	V_BOOL,
	V_U64,
	V_I64,
	V_NS,	  /* duration in nanoseconds */
	V_BYTES,
	V_TIME,	  /* wall clock, ns since 1970: RFC 3339 */
	V_HEX,	  /* addresses: hex string */
	V_DEC,	  /* 64-bit number too large for JSON readers: decimal string of `u` */
	V_STR,	  /* our own words */
	V_TEXT,	  /* outside string */
	V_ID,	  /* process identity: "<boot_id>:<tgid>:<start>" */
	V_TEXTS,  /* list of outside strings: NUL-separated in text */
	V_LIST,	  /* list of objects: n, and field->item/field->items */
	V_KEYS,	  /* list of our own words: n (may be 0: []), field->item(r, i) is a const char * */
	V_WHY,	  /* object with n members, from r->missing: its key -> names__why(its why) */
};

struct value {
	enum value_kind kind;
	union {
		bool b;
		uint64_t u;
		int64_t i;
		const char *str;
		struct text text;
		struct et_id id;
		unsigned int n;
	};
};

struct field {
	const char *key;   /* dotted: "process.executable.path" */
	const char *type;  /* JSON type for the schema: string integer boolean array object */
	const char *unit;  /* "ns", "bytes", "" */
	const char *help;  /* one line */
	const char *title; /* column heading */
	const char *expression; /* that gives the value: tells schema.c what it can be */
	/* Of record_fields ask record__value(), which knows what applies to which type of record. */
	struct value (*get)(const void *obj, const struct record *r);
	unsigned int in; /* types of record it applies to, IN_* */
	bool group;	 /* an object: its members are the rows behind it */
	/* lists of objects only */
	const struct field *items;
	unsigned int nr_items;
	const void *(*item)(const struct record *r, unsigned int i);
};

/* Fields of all records, by enum record_field; made from fields.h. */
extern const struct field record_fields[];
extern const unsigned int record_nr_fields;
const struct field *record__field(const char *key);

/* The value of one of record_fields; absent when it does not apply to this type of record. */
struct value record__value(const struct field *f, const struct record *r);
/* The file that took longest of this kind, the core file; NULL: none was noted. */
const struct noted_file *record__file(const struct record *r, enum et_file_what what);
/* The one that took r->death->files.slowest_ns; NULL: it was not slow enough to be noted. */
const struct noted_file *record__slowest_close(const struct record *r);
const struct noted_file *record__slowest_release(const struct record *r); /* the same of release_ns */
/* Others keep its descriptor table open: nothing was closed. */
static inline bool record__files_shared(const struct record *r)
{
	return !(r->death->flags & ET_D_FD_CLOSER) && r->death->files.users > 1;
}

/* What was kept of cause.by besides its struct et_peer; NULL: nothing, or it is the process itself. */
const struct et_killer *record__killer(const struct record *r);

/* The same process: a pid alone may have been given away again. */
static inline bool record__same_id(const struct et_id *a, const struct et_id *b)
{
	return a->tgid == b->tgid && a->start_ns == b->start_ns;
}

/* exit status of a shell that ran it: code, or 128 + signal. */
static inline int record__shell_status(int status)
{
	return status & 0x7f ? 128 + (status & 0x7f) : (status >> 8) & 0xff;
}

/* Never negative: clocks read on different CPUs may disagree by a little. */
static inline uint64_t record__since(uint64_t earlier, uint64_t later)
{
	return later > earlier ? later - earlier : 0;
}

/* Exit of the last thread, or better: when the parent was told. 0: not known. */
static inline uint64_t record__death_ns(const struct record *r)
{
	return r->death->seen & ET_SEEN_DEAD ? r->death->dead_ns : r->death->exit_ns;
}

/* False: it was dead when tracing began, and nothing of its exit was seen: what stands there is when it was listed. */
static inline bool record__death_seen(const struct record *r)
{
	const struct et_death *d = r->death;

	return record__death_ns(r) && (!(d->flags & ET_D_SNAPSHOT) || (d->seen & ET_SEEN_DEAD) || d->last_tid);
}

/* Notes in r->missing what the kernel half did not see of the process itself; fills r->tty. (unseen.c) */
void record__note_unseen(struct record *r);

static inline bool record__is_missing(const struct record *r, unsigned int field)
{
	return r->gone[field / 64] >> field % 64 & 1;
}

/* Without effect for a field that does not apply to this type of record or is in a missing group. */
void record__add_missing(struct record *r, enum record_field field, enum missing_why why);
/* The key of the i-th that is missing; NULL: there are not so many. */
const char *record__missing_key(const struct record *r, unsigned int i);
void record__clear_missing(struct record *r);
unsigned int record__count_cuts(const struct record *r); /* values that were cut */

/* `obs` is seen function by function: with begin, end and result. */
static inline bool record__hooked(const struct record *r, enum et_observation obs)
{
	return r->start->doors[obs] == ET_DOOR_FENTRY || r->start->doors[obs] == ET_DOOR_KPROBE;
}

/* Why a part of its exit that `obs` should have shown was not seen. (unseen.c) */
enum missing_why record__why_unseen(const struct record *r, enum et_observation obs);
/* WHY_TIER where nothing watches `obs`, else `otherwise`. */
enum missing_why record__why_without(const struct record *r, enum et_observation obs, enum missing_why otherwise);

/* The process that did it, its name as people say it: "bash[4100]". Escaped. */
void record__name_peer(char *dst, size_t cap, const struct et_peer *p);

#endif
