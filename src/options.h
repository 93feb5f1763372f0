/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * options.h: the command line, checked. Borrowed strings point into argv.
 * Durations are nanoseconds.
 */
#ifndef EXITTRACE_OPTIONS_H
#define EXITTRACE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config.h"
#include "metrics_address.h"
#include "privileges.h"
#include "record.h"

enum exit_status { /* of exittrace itself */
	STATUS_OK = 0,
	STATUS_ERROR = 1,
	STATUS_USAGE = 2,
	STATUS_LOST = 3,     /* events were lost and --strict */
	STATUS_KERNEL = 70,  /* the kernel refused a needed probe */
	STATUS_DENIED = 77,  /* not permitted */
};

enum mode {
	MODE_TRACE,
	MODE_REPLAY,
	MODE_PROBES,
	MODE_LIST_FIELDS,
	MODE_JSON_SCHEMA,
	MODE_HELP,
	MODE_VERSION,
	MODE_COMPLETE,
	MODE_SERVE,
	MODE_LIST,
	MODE_WHY,
	MODE_STATS,
	MODE_LIST_METRICS,
};

enum tier { TIER_AUTO, TIER_FENTRY, TIER_KPROBE, TIER_TRACEPOINT };

#define OPTIONS_MAX_FIELDS 192 /* a group counts with its members */

struct options {
	enum mode mode;
	/* what */
	bool all;
	pid_t pids[ET_MAX_PIDS];
	unsigned int nr_pids;
	char **command; /* argv of -- COMMAND, NULL: none; of MODE_COMPLETE: the words, there may be none */
	const char *cgroup; /* path as given: absolute under the cgroup mount, or as in /proc/PID/cgroup */
	const char *name;
	bool by_user;
	uid_t uid;
	pid_t tree; /* 0: none */
	bool follow; /* -f: the descendants of -p and -- too */
	/* which */
	bool failed;
	uint64_t causes;  /* bit per enum cause_class, 0: all */
	uint64_t signals; /* bit N-1 per signal N, 0: all */
	uint64_t min_age_ns;
	uint64_t min_exit_ns;
	uint64_t min_zombie_ns;
	/* print */
	bool json, verbose, timestamp, utc, args, quiet, summary;
	bool stdio; /* what is left in stdio buffers ... */
	uint16_t stdio_tail; /* ... and so many bytes of it */
	bool threads; /* a record for each thread that ends */
	bool exit_stack; /* how it left, by whom, and where it stood */
	uint64_t interval_ns; /* of summaries; 0: one at the end */
	bool colour; /* stdout is a terminal and NO_COLOR does not forbid it */
	const struct field *fields[OPTIONS_MAX_FIELDS];
	unsigned int nr_fields;
	const char *output;
	/* run */
	uint64_t duration_ns; /* 0: until stopped */
	uint64_t count;	      /* 0: no limit */
	uint64_t zombie_after_ns, dying_after_ns; /* 0: no such interim records */
	bool strict;
	const char *record, *replay;
	int ready_fd; /* -1: none */
	bool no_drop; /* privileges are kept */
	bool by_other;
	struct user run_as; /* with by_other: who to be once attached */
	enum tier tier;
	/* of the history: exittrace serve, list, why, stats */
	enum mode verb; /* MODE_TRACE: none of these */
	const char *state_dir;
	uint64_t keep_ns, keep_bytes;
	bool for_group;
	gid_t group; /* who may read it */
	const char *metrics_file, *metrics_listen; /* NULL: none */
	struct metrics_address metrics_address;	   /* of metrics_listen */
	bool metrics_public;
	unsigned int metrics_comms; /* names of processes with series of their own; 0: no such label */
	uint64_t journal; /* deaths to be written there, as in journal.h; 0: none */
	uint64_t since_ns, until_ns; /* real time; 0: no limit */
	bool this_boot;
	const char *wanted; /* a pid, name, unit or container; NULL: any */
	uint64_t without; /* bit per enum et_observation that is not to be made */
};

/* 0, or STATUS_USAGE after one clear line on stderr. */
int options__parse(struct options *o, int argc, char **argv);
/* Whether others than a command and what -p names are traced, of whom many may die at once. */
bool options__many(const struct options *o);
void options__help(const struct options *o); /* to stdout */
void options__list_fields(void); /* to stdout: key, type, unit, records it is in, what it is */
/* For who completes words: an option as --help has it; false: there is no i-th. */
struct option_told {
	char letter; /* 0: none */
	const char *name;
	const char *value; /* "PID[,PID..]"; NULL: none follows */
	const char *help;
};
/* `verb`: of `exittrace VERB`; NULL: without one. */
bool options__told(const char *verb, unsigned int i, struct option_told *told);
const char *options__verb(unsigned int i); /* the i-th; NULL: no more */
/* The i-th word that such a value can be; NULL: no more, or there is no list of them. Holds until the next call. */
const char *options__word(const char *value, unsigned int i);
/* A command line: it may hold secrets, so that only -A or its own name brings it. */
bool options__is_args(const struct field *f);

#endif
