/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * store.h: the history: a SQLite file of deaths, in a directory of its own. One process writes, anybody who may read
 * the file reads it meanwhile.
 *
 * The number of a row is the time of its death in nanoseconds, moved on until it is free: so the newest are the last,
 * every index is in the order of time, and none is needed for it.
 */
#ifndef EXITTRACE_STORE_H
#define EXITTRACE_STORE_H

#include "frame.h"

#define STORE_FILE "history.db"
#define STORE_VERSION 1
#define STORE_NAME 64

/* Deaths with longer exits, and longer as zombies, are in an index. */
#define STORE_SLOW_EXIT_NS 100000000
#define STORE_SLOW_ZOMBIE_NS 1000000000
#define STORE_OLD_NS 60000000000
#define STORE_HOUR_NS 3600000000000LL
/* Sums of one hour and kind have so many names; others are one: longer than the name of a process can be. */
#define STORE_HOUR_KEYS 1000
#define STORE_OTHER_KEYS "(all other names)"

struct sqlite3;
struct store;

struct store_how {
	const char *dir;
	uint64_t keep_ns;    /* older ones go; 0: none does */
	uint64_t keep_bytes; /* on the disk, with its log; 0: no limit */
};

/*
 * Negative errno everywhere: -ENOSPC no room on the disk, -EBADMSG the file is damaged, -EPROTONOSUPPORT it is of a
 * newer exittrace, -EIO and others.
 */
int store__open(const struct store_how *how, struct store **out);
void store__close(struct store *s); /* what was not committed is not kept; NULL is fine */
/* A damaged one makes room: becomes "history.db.corrupt-TIME", which is written to `name`. */
int store__move_aside(const char *dir, char name[STORE_NAME]);

/* Begins a transaction if there is none. -EALREADY: that one came before; -ENOENT: others are missing in between. */
int store__put(struct store *s, const struct feed_frame *checked);
/* What was put last is a death that was not there yet. */
bool store__added(const struct store *s);
int store__commit(struct store *s);
void store__rollback(struct store *s);
/* What is committed of the session that was put last. */
struct reply store__reply(const struct store *s);
/* Deletes what is too old or too much, a little at a time: 0, an error, or that there may be more to do, ... */
#define STORE_KEEP_LATER 1
#define STORE_KEEP_ON 2 /* ... at once: more has come since the last time than has gone */
int store__keep(struct store *s, uint64_t now_ns); /* by store__clock() */
/*
 * The time that ages are taken from. A clock that is set forward makes all that was kept older than it is: the one
 * before goes on, until what was kept by it has been kept for long enough. Zeroed at first.
 */
struct store_clock {
	bool known;
	int64_t offset_ns; /* of real time to CLOCK_BOOTTIME, when it was looked at last */
	int64_t behind_ns; /* it goes on so far behind, ... */
	uint64_t until_ns; /* ... until then, of CLOCK_BOOTTIME */
};
uint64_t store__clock(struct store_clock *c, uint64_t boot_ns, uint64_t real_ns, uint64_t keep_ns);
/* So much of frames is enough for a transaction, and for another store__keep(). */
uint64_t store__step_bytes(const struct store_how *how);
/* Nothing comes at the moment: what is in the log goes into the file. */
void store__checkpoint(struct store *s);
const char *store__message(const struct store *s); /* what SQLite says of the last error */
uint64_t store__bytes(const struct store *s);

/* ---- for those who read ---- */

/* NULL and *err: -ENOENT there is none, -ENXIO it is no file, -EACCES, -EBADMSG, -EPROTONOSUPPORT, ... */
struct sqlite3 *store__open_reader(const char *dir, int *err);

/* ---- the parts of it, for its own files ---- */

int store__error(int sqlite); /* SQLite's result to ours */
int store__exec(struct sqlite3 *db, const char *sql);
int store__number(struct sqlite3 *db, const char *sql, int64_t *n);
int store_schema__prepare(struct sqlite3 *db); /* creates it, or brings it up to date */
int store_schema__check(struct sqlite3 *db);   /* looks whether it is damaged, for half a second at most */

struct store_sums;
struct store_sums *store_sums__new(struct sqlite3 *db);
void store_sums__free(struct store_sums *u);
void store_sums__forget(struct store_sums *u); /* of a transaction that is not to be */
int store_sums__add(struct store_sums *u, uint64_t real_ns, const char *what, struct text key, uint64_t amount);
int store_sums__flush(struct store_sums *u);

#endif
