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
#include "text.h"

enum record_type {
	RECORD_DEATH,
	RECORD_ZOMBIE, /* interim: dead, not reaped for --zombie-after, or there before us */
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
	WHY_UNSEEN,	/* nothing seen explains it */
};

#define RECORD_MISSING_MAX 32
#define RECORD_CAUSE_TEXT 320 /* two escaped comms of 60 characters and our words: never cut */
#define RECORD_SIGNAL_NAME 16

struct missing {
	const char *key; /* a key of the field table, or the name of a group */
	enum missing_why why;
};

/* One entry of the stop timeline. */
struct stop {
	const struct et_signal *sig;
	char name[RECORD_SIGNAL_NAME];
	const char *result; /* handled, ignored, blocked, pending, default */
	bool by_known;	    /* sig->by sent it; otherwise the kernel did and sig->by is a bystander */
	uint64_t before_death_ns;
};

/* What the rules of cause.c concluded. Pointers point into the record's event. */
struct cause {
	enum cause_class class;
	const struct et_signal *signal; /* the signal that killed, NULL: none or not seen */
	char signal_name[RECORD_SIGNAL_NAME]; /* of the wait status, "" after an exit */
	bool by_known;			/* signal->by is the one to name */
	bool self;			/* it was the process itself */
	bool hint_reraised;		/* killed itself with a signal somebody else had sent before */
	struct stop stops[ET_SLOTS + 1];
	unsigned int nr_stops;
	char text[RECORD_CAUSE_TEXT];	/* in words; outside strings in it are escaped */
};

struct reap {
	enum reap_how how;
	bool by_known;	     /* `by` is the reaper */
	bool time_known;     /* zombie_ns holds */
	bool approximate;    /* time_ns is when the kernel freed it, later than the reap */
	bool reparented;     /* had another parent when it was released */
	struct et_peer by;
	struct et_id new_parent;
	uint64_t time_ns;
	uint64_t zombie_ns;  /* for RECORD_ZOMBIE: so far */
};

struct container {
	enum container_runtime runtime;
	struct text id; /* 64 hex digits, or as many as the path has; len 0: none */
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
	struct text killer_exe;
	struct text cgroup;	 /* "/" for the root; len 0: unknown */
	struct text unit;	 /* systemd unit, len 0: none */
	struct container container;
	struct text args;	 /* NUL-separated; len 0: none */
	char tty[ET_TTY_LEN + 2]; /* as people write it: "pts/3"; empty: none */
	bool args_cut, cgroup_cut, killer_exe_cut;
	bool from_start;	 /* born while we watched */
	struct cause cause;
	struct reap reap;
	struct missing missing[RECORD_MISSING_MAX];
	unsigned int nr_missing;
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

/*
 * Groups that can be null as a whole ("cause.by", "reap", "resources", ...) have a
 * row of their own before their members, of type "object". It gives V_NULL (then
 * every member is V_ABSENT) or V_ABSENT (then the members make the object). So a
 * writer that opens an object at its first member that is not V_ABSENT gets it right.
 */

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
	struct value (*get)(const void *obj, const struct record *r);
	/* lists of objects only */
	const struct field *items;
	unsigned int nr_items;
	const void *(*item)(const struct record *r, unsigned int i);
};

/* Fields of death and zombie records, grouped: keys with a common prefix are neighbours. */
extern const struct field record_fields[];
extern const unsigned int record_nr_fields;
const struct field *record__field(const char *key);

/* exit status of a shell that ran it: code, or 128 + signal. */
int record__shell_status(int status);
/* Never negative: clocks read on different CPUs may disagree by a little. */
uint64_t record__since(uint64_t earlier, uint64_t later);
/* Exit of the last thread, or better: when the parent was told. 0: not known. */
uint64_t record__death_ns(const struct record *r);
/* Notes in r->missing what the kernel half did not see of the process itself; fills r->tty. */
void record__note_unseen(struct record *r);
bool record__is_missing(const struct record *r, const char *key);
void record__add_missing(struct record *r, const char *key, enum missing_why why);

/* The process that did it, its name as people say it: "bash[4100]". Escaped. */
void record__name_peer(char *dst, size_t cap, const struct et_peer *p);

#endif
