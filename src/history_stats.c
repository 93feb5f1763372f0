/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * history_stats.c: takes the sums of each hour, gives tables of them for people. Does not go through the deaths
 * themselves, but for the few slowest.
 */
#include "history_stats.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"
#include "output.h"
#include "store.h"

#define TOP "10"

struct table {
	const char *title, *what, *heading, *order;
	bool times; /* sum and max are durations */
	const char *note;
};

static const struct table tables[] = {
	{ "Causes", "cause", "    DEATHS  CAUSE", "n", false, "" },
	{ "Who killed", "killer", "    DEATHS  KILLER", "n", false, "" },
	{ "Slow exits", "exit", "    DEATHS   SLOWEST    AVERAGE  NAME", "max", true, "" },
	{ "Who leaves zombies", "zombie", "   ZOMBIES   LONGEST    AVERAGE  PARENT", "sum", true,
	  " (only those that waited for a second or more)" },
};

static void put_right(struct buf *b, size_t from, size_t width)
{
	buf__align_right(b, from, width);
}

/* The first column, of outside. */
static void put_text(struct buf *b, sqlite3_stmt *st)
{
	const char *bytes = (const char *)sqlite3_column_text(st, 0);

	buf__text(b, (struct text){ bytes, (size_t)sqlite3_column_bytes(st, 0) });
}

static void put_row(struct buf *b, sqlite3_stmt *st, bool times)
{
	const uint64_t n = (uint64_t)sqlite3_column_int64(st, 1);
	size_t from = b->len;

	buf__u64(b, n);
	put_right(b, from, 10);
	if (times) {
		from = b->len;
		output__put_duration(b, (uint64_t)sqlite3_column_int64(st, 3));
		put_right(b, from, 10);
		from = b->len;
		output__put_duration(b, n ? (uint64_t)sqlite3_column_int64(st, 2) / n : 0);
		put_right(b, from, 11);
	}
	buf__str(b, "  ");
	put_text(b, st);
	buf__char(b, '\n');
}

static int64_t first_hour(const struct options *o)
{
	return (int64_t)(o->since_ns / STORE_HOUR_NS);
}

static int put_table(struct buf *b, sqlite3 *db, const struct options *o, const struct table *t)
{
	char sql[320];
	sqlite3_stmt *st;
	bool any = false;
	int err;

	snprintf(sql, sizeof(sql), "SELECT key, sum(n) AS n, sum(sum) AS sum, max(max) AS max FROM hour"
		 " WHERE hour >= %lld AND what = '%s' GROUP BY key ORDER BY %s DESC, key LIMIT %s",
		 (long long)first_hour(o), t->what, t->order, strcmp(t->what, "cause") ? TOP : "-1");
	err = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
	if (err)
		return store__error(err);
	while (sqlite3_step(st) == SQLITE_ROW) {
		if (!any)
			buf__printf(b, "\n%s%s\n%s\n", t->title, t->note, t->heading);
		any = true;
		put_row(b, st, t->times);
	}
	return store__error(sqlite3_finalize(st));
}

static void put_moment(struct buf *b, const struct options *o, int64_t ns)
{
	output__put_time(b, (uint64_t)ns, o->utc, TIME_FULL);
}

/* What is missing here is not as if nobody had died. */
static int put_lost(struct buf *b, sqlite3 *db, const struct options *o)
{
	char sql[160];
	int64_t lost = 0, gaps = 0;
	int err;

	snprintf(sql, sizeof(sql), "SELECT sum(deaths) FROM lost WHERE until_ns >= %lld", (long long)o->since_ns);
	err = store__number(db, sql, &lost);
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM lost WHERE deaths IS NULL AND until_ns >= %lld",
		 (long long)o->since_ns);
	if (!err)
		err = store__number(db, sql, &gaps);
	if (lost)
		buf__printf(b, "%lld death%s seen and lost\n", (long long)lost, lost == 1 ? " was" : "s were");
	if (gaps)
		buf__printf(b, "%lld time%s nobody watched for a while: those who died then are in no sum\n",
			    (long long)gaps, gaps == 1 ? "" : "s");
	return err;
}

static int put_head(struct buf *b, sqlite3 *db, const struct options *o)
{
	int64_t oldest = 0, deaths = 0;
	char sql[128];
	int err = store__number(db, "SELECT min(nr) FROM death", &oldest);

	snprintf(sql, sizeof(sql), "SELECT sum(n) FROM hour WHERE what = 'cause' AND hour >= %lld",
		 (long long)first_hour(o));
	if (!err)
		err = store__number(db, sql, &deaths);
	if (err)
		return err;
	buf__count(b, (uint64_t)deaths, "death");
	if (deaths) {
		buf__str(b, " since ");
		/* whole hours are summed up */
		put_moment(b, o, oldest > first_hour(o) * STORE_HOUR_NS ? oldest : first_hour(o) * STORE_HOUR_NS);
	}
	buf__char(b, '\n');
	return put_lost(b, db, o);
}

static int put_slowest(struct buf *b, sqlite3 *db, const struct options *o)
{
	char sql[256];
	sqlite3_stmt *st;
	int err;

	snprintf(sql, sizeof(sql), "SELECT process_comm, process_pid, phases_exit_ns, nr FROM death"
		 " WHERE phases_exit_ns >= %d AND nr >= %lld ORDER BY phases_exit_ns DESC LIMIT 5", STORE_SLOW_EXIT_NS,
		 (long long)o->since_ns);
	err = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
	if (err)
		return store__error(err);
	for (unsigned int i = 0; sqlite3_step(st) == SQLITE_ROW; i++) {
		const size_t from = b->len + (i ? 0 : strlen("\nSlowest exits (exittrace why PID tells more)\n"));

		if (!i)
			buf__str(b, "\nSlowest exits (exittrace why PID tells more)\n");
		output__put_duration(b, (uint64_t)sqlite3_column_int64(st, 2));
		put_right(b, from, 10);
		buf__str(b, "  ");
		put_moment(b, o, sqlite3_column_int64(st, 3));
		buf__str(b, "  ");
		put_text(b, st);
		buf__printf(b, "[%lld]\n", (long long)sqlite3_column_int64(st, 1));
	}
	return store__error(sqlite3_finalize(st));
}

static int put_all(struct buf *b, sqlite3 *db, const struct options *o)
{
	int err = put_head(b, db, o);

	for (unsigned int i = 0; !err && i < sizeof(tables) / sizeof(tables[0]); i++)
		err = put_table(b, db, o, &tables[i]);
	if (!err)
		err = put_slowest(b, db, o);
	return b->failed ? -ENOMEM : err;
}

int history_stats__print(const struct options *o, sqlite3 *db)
{
	struct buf b = { 0 };
	int err = put_all(&b, db, o);

	sqlite3_close(db);
	if (err == -EBADMSG)
		log__error("%s/history.db is damaged, or no history; exittrace serve moves it aside when it starts",
			   o->state_dir);
	else if (err)
		log__error("%s/history.db: %s", o->state_dir, strerror(-err));
	else
		fwrite(b.data, 1, b.len, stdout);
	buf__free(&b);
	return err ? STATUS_ERROR : STATUS_OK;
}
