/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* store_read.h: rows of the history, found and made into records again. */
#ifndef EXITTRACE_STORE_READ_H
#define EXITTRACE_STORE_READ_H

#include "options.h"
#include "store.h"

struct store_row {
	int64_t nr;
	const struct et_start *start; /* of the trace it is from */
	struct text line, messages;
};

struct reader;

/* `boot_id`: of now. NULL: no memory */
struct reader *reader__new(struct sqlite3 *db, const char *boot_id);
void reader__free(struct reader *r);		 /* NULL is fine; closes db */

/* Numbers of the latest rows that were asked for, the latest first: how many, or negative errno. */
int reader__find(struct reader *r, const struct options *o, unsigned int most, int64_t *nr);
/*
 * Other rows with the same in this column as row nr; with "id": those it brought about. How many of the first are in
 * `found`, or negative errno; *all tells how many there are.
 */
int reader__alike(struct reader *r, const char *column, int64_t nr, unsigned int most, int64_t *found, int64_t *all);
/* Its row by the id in `column` of row nr: 0 or 1, or negative errno. */
int reader__other(struct reader *r, const char *column, int64_t nr, int64_t *found);
/* How many are known to be missing that died between these moments; *gaps: times when nobody watched. */
int reader__lost(struct reader *r, int64_t from_ns, int64_t until_ns, int64_t *deaths, int64_t *gaps);
/* Valid until the next call. -ENOENT: it was deleted meanwhile. */
int reader__row(struct reader *r, int64_t nr, struct store_row *row);

#endif
