/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes what was asked for, gives the rows of the history that are it. Does not write, and prints nothing.
 */
#include "store_read.h"

#include <ctype.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "names.h"
#include "parse.h"
#include "squeeze.h"

#define UNSQUEEZED_MAX (1 << 20)

struct reader {
	sqlite3 *db;
	char boot_id[40];
	sqlite3_stmt *row, *model;
	int64_t have_model; /* 0: none */
	struct buf line_model, messages_model, line, messages;
	_Alignas(8) struct et_start start;
};

struct reader *reader__new(sqlite3 *db, const char *boot_id)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (r)
		r->db = db;
	if (r)
		snprintf(r->boot_id, sizeof(r->boot_id), "%s", boot_id);
	return r;
}

void reader__free(struct reader *r)
{
	if (!r)
		return;
	sqlite3_finalize(r->row);
	sqlite3_finalize(r->model);
	sqlite3_close(r->db);
	buf__free(&r->line_model);
	buf__free(&r->messages_model);
	buf__free(&r->line);
	buf__free(&r->messages);
	free(r);
}

/* ---- conditions ---- */

/* A string of outside as SQL has it: no quote ends it early. */
static void put_quoted(struct buf *b, const char *s)
{
	buf__char(b, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf__char(b, '\'');
		buf__char(b, *s);
	}
	buf__char(b, '\'');
}

static void put_list(struct buf *b, uint64_t bits, const char *(*word)(unsigned int bit))
{
	bool first = true;

	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!(bits >> bit & 1))
			continue;
		if (!first)
			buf__str(b, ", ");
		first = false;
		if (word)
			put_quoted(b, word(bit));
		else
			buf__u64(b, bit + 1);
	}
}

static const char *class_word(unsigned int bit)
{
	return names__class(bit);
}

/* An index of few rows is used when the condition it was made with is there, too. */
static void put_outcome(struct buf *b, const struct options *o)
{
	if (o->failed || o->signals)
		buf__str(b, " AND exit_raw <> 0");
	if (o->signals) {
		buf__str(b, " AND (exit_raw & 127) IN (");
		put_list(b, o->signals, NULL);
		buf__str(b, ")");
	}
	if (!o->causes)
		return;
	buf__str(b, " AND cause_class IN (");
	put_list(b, o->causes, class_word);
	buf__str(b, o->causes >> CAUSE_EXIT & 1 ? ")" : ") AND cause_class <> 'exit'");
}

static void put_least(struct buf *b, const char *column, uint64_t least, uint64_t indexed)
{
	if (!least)
		return;
	buf__printf(b, " AND %s >= %lld", column, (long long)least);
	if (least >= indexed)
		buf__printf(b, " AND %s >= %lld", column, (long long)indexed);
}

static void put_times(struct buf *b, const struct options *o, const char *boot_id)
{
	if (o->since_ns)
		buf__printf(b, " AND nr >= %lld", (long long)o->since_ns);
	if (o->until_ns)
		buf__printf(b, " AND nr <= %lld", (long long)o->until_ns);
	if (!o->this_boot)
		return;
	buf__str(b, " AND boot = (SELECT id FROM boot WHERE boot_id = ");
	put_quoted(b, boot_id);
	buf__str(b, ")");
}

static void put_filters(struct buf *b, const struct options *o, const char *boot_id)
{
	for (unsigned int i = 0; i < o->nr_pids; i++)
		buf__printf(b, "%s%d", i ? ", " : " AND process_pid IN (", (int)o->pids[i]);
	if (o->nr_pids)
		buf__str(b, ")");
	if (o->name) {
		buf__str(b, " AND process_comm = ");
		put_quoted(b, o->name);
	}
	if (o->by_user)
		buf__printf(b, " AND process_uid = %u", (unsigned int)o->uid);
	put_outcome(b, o);
	put_least(b, "process_age_ns", o->min_age_ns, STORE_OLD_NS);
	put_least(b, "phases_exit_ns", o->min_exit_ns, STORE_SLOW_EXIT_NS);
	put_least(b, "reap_zombie_ns", o->min_zombie_ns, STORE_SLOW_ZOMBIE_NS);
	put_times(b, o, boot_id);
}

/* ---- which indexes ---- */

#define CONTAINERS 8 /* that begin with what was given */
#define CONTAINER_ID 65

struct query {
	struct buf *sql;
	const struct options *o;
	const char *boot_id;
	unsigned int most;
	char (*containers)[CONTAINER_ID];
	unsigned int nr_containers;
};

/*
 * One for each value that is looked for: in its index those with one value are in the order of time, so each ends after
 * `most`. For several values at once all of them would have to be put in order.
 */
static void begin_arm(const struct query *q)
{
	buf__str(q->sql, q->sql->len ? " UNION SELECT" : "SELECT");
	buf__str(q->sql, " nr FROM (SELECT nr FROM death WHERE ");
}

static void end_arm(const struct query *q)
{
	put_filters(q->sql, q->o, q->boot_id);
	buf__printf(q->sql, " ORDER BY nr DESC LIMIT %u)", q->most);
}

static void put_arm(const struct query *q, const char *column, const char *value)
{
	begin_arm(q);
	buf__str(q->sql, column);
	buf__str(q->sql, " = ");
	put_quoted(q->sql, value);
	end_arm(q);
}

static void put_number_arm(const struct query *q, const char *column, uint64_t value)
{
	begin_arm(q);
	buf__printf(q->sql, "%s = %llu", column, (unsigned long long)value);
	end_arm(q);
}

static void put_name_arms(const struct query *q, const char *wanted)
{
	char word[300];

	/* the kernel cut it, so is what is looked for */
	snprintf(word, ET_COMM_LEN, "%s", wanted);
	put_arm(q, "process_comm", word);
	snprintf(word, sizeof(word), "%s%s", wanted, strchr(wanted, '.') ? "" : ".service");
	put_arm(q, "process_cgroup_unit", word);
}

static void put_wanted_arms(const struct query *q, const char *wanted)
{
	uint64_t n;

	if (!parse__number(wanted, INT32_MAX, &n))
		put_number_arm(q, "process_pid", n);
	else
		put_name_arms(q, wanted);
	for (unsigned int i = 0; i < q->nr_containers; i++)
		put_arm(q, "process_container_id", q->containers[i]);
}

/* With and without a core dump. */
static void put_signal_arms(const struct query *q, uint64_t signals)
{
	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!(signals >> bit & 1))
			continue;
		put_number_arm(q, "exit_raw", bit + 1);
		put_number_arm(q, "exit_raw", (bit + 1) | 128);
	}
}

static void put_cause_arms(const struct query *q, uint64_t causes)
{
	for (unsigned int class = 0; class < CAUSE_COUNT; class++)
		if (causes >> class & 1)
			put_arm(q, "cause_class", names__class(class));
}

static void put_query(const struct query *q)
{
	const struct options *o = q->o;

	if (o->wanted) {
		put_wanted_arms(q, o->wanted);
	} else if (o->name) {
		put_arm(q, "process_comm", o->name);
	} else if (o->nr_pids) {
		for (unsigned int i = 0; i < o->nr_pids && i < 100; i++)
			put_number_arm(q, "process_pid", (uint64_t)o->pids[i]);
	} else if (o->signals) {
		put_signal_arms(q, o->signals);
	} else if (o->causes && !(o->causes >> CAUSE_EXIT & 1)) {
		put_cause_arms(q, o->causes);
	} else {
		begin_arm(q);
		buf__str(q->sql, "1");
		end_arm(q);
	}
	buf__printf(q->sql, " ORDER BY nr DESC LIMIT %u", q->most);
	buf__char(q->sql, '\0');
}

static bool is_container_id(const char *s)
{
	const size_t len = strlen(s);

	return len >= 4 && len < CONTAINER_ID && strspn(s, "0123456789abcdef") == len;
}

/* Those that begin like this, by leaps through the index. */
static unsigned int find_containers(struct reader *r, const char *begin, char ids[CONTAINERS][CONTAINER_ID])
{
	static const char sql[] = "SELECT min(process_container_id) FROM death WHERE process_container_id >= ?1"
				  " AND process_container_id < ?2 || 'g'";
	char from[CONTAINER_ID + 1];
	unsigned int n = 0;
	sqlite3_stmt *st;

	if (!is_container_id(begin) || sqlite3_prepare_v2(r->db, sql, -1, &st, NULL))
		return 0;
	sqlite3_bind_text(st, 2, begin, -1, SQLITE_STATIC);
	while (n < CONTAINERS) {
		/* the next after the last one: '!' comes before all digits */
		snprintf(from, sizeof(from), "%s%s", n ? ids[n - 1] : begin, n ? "!" : "");
		sqlite3_bind_text(st, 1, from, -1, SQLITE_STATIC);
		if (sqlite3_step(st) != SQLITE_ROW || sqlite3_column_type(st, 0) == SQLITE_NULL)
			break;
		snprintf(ids[n++], CONTAINER_ID, "%s", (const char *)sqlite3_column_text(st, 0));
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	return n;
}

static int run(struct reader *r, const char *sql, unsigned int most, int64_t *nr)
{
	sqlite3_stmt *st;
	int err = sqlite3_prepare_v2(r->db, sql, -1, &st, NULL), n = 0;

	if (err)
		return store__error(err);
	while ((unsigned int)n < most && (err = sqlite3_step(st)) == SQLITE_ROW)
		nr[n++] = sqlite3_column_int64(st, 0);
	err = store__error(sqlite3_finalize(st));
	return err ? err : n;
}

int reader__find(struct reader *r, const struct options *o, unsigned int most, int64_t *nr)
{
	char containers[CONTAINERS][CONTAINER_ID];
	struct buf sql = { 0 };
	struct query q = { .sql = &sql, .o = o, .boot_id = r->boot_id, .most = most, .containers = containers };
	int n;

	q.nr_containers = o->wanted ? find_containers(r, o->wanted, containers) : 0;
	put_query(&q);
	if (getenv("EXITTRACE_DEBUG") && sql.data)
		log__note("%s", sql.data);
	n = sql.failed ? -ENOMEM : run(r, sql.data, most, nr);
	buf__free(&sql);
	return n;
}

static void put_alike(struct buf *sql, const char *what, const char *column, int64_t nr)
{
	const char *theirs = !strcmp(column, "id") ? "cause_because_of" : column;

	buf__printf(sql, "SELECT %s FROM death a JOIN death b ON b.%s = a.%s AND b.boot = a.boot AND b.nr <> a.nr"
		    " WHERE a.nr = %lld", what, theirs, column, (long long)nr);
}

int reader__alike(struct reader *r, const char *column, int64_t nr, unsigned int most, int64_t *found, int64_t *all)
{
	struct buf count = { 0 }, list = { 0 };
	int err = -ENOMEM;

	put_alike(&count, "count(*)", column, nr);
	buf__char(&count, '\0');
	put_alike(&list, "b.nr", column, nr);
	buf__printf(&list, " ORDER BY b.nr LIMIT %u", most);
	buf__char(&list, '\0');
	if (!count.failed && !list.failed)
		err = store__number(r->db, count.data, all);
	if (!err)
		err = run(r, list.data, most, found);
	buf__free(&count);
	buf__free(&list);
	return err;
}

int reader__other(struct reader *r, const char *column, int64_t nr, int64_t *found)
{
	struct buf sql = { 0 };
	int n;

	buf__printf(&sql, "SELECT b.nr FROM death a JOIN death b ON b.id = a.%s AND b.boot = a.boot WHERE a.nr = %lld",
		    column, (long long)nr);
	buf__char(&sql, '\0');
	n = sql.failed ? -ENOMEM : run(r, sql.data, 1, found);
	buf__free(&sql);
	return n;
}

int reader__lost(struct reader *r, int64_t from_ns, int64_t until_ns, int64_t *deaths, int64_t *gaps)
{
	char sql[160];
	int err;

	snprintf(sql, sizeof(sql), "SELECT sum(deaths) FROM lost WHERE until_ns >= %lld AND from_ns <= %lld",
		 (long long)from_ns, (long long)until_ns);
	err = store__number(r->db, sql, deaths);
	snprintf(sql, sizeof(sql), "SELECT sum(deaths IS NULL) FROM lost WHERE until_ns >= %lld AND from_ns <= %lld",
		 (long long)from_ns, (long long)until_ns);
	return err ? err : store__number(r->db, sql, gaps);
}

/* ---- a row ---- */

static int prepare(struct reader *r, sqlite3_stmt **st, const char *sql)
{
	return *st ? 0 : store__error(sqlite3_prepare_v3(r->db, sql, -1, SQLITE_PREPARE_PERSISTENT, st, NULL));
}

static void copy_blob(struct buf *to, sqlite3_stmt *st, int column)
{
	buf__reset(to);
	buf__put(to, sqlite3_column_blob(st, column), (size_t)sqlite3_column_bytes(st, column));
}

/* Most rows have the model of the one before. */
static int read_model(struct reader *r, int64_t id)
{
	int err = id == r->have_model ? 0 : prepare(r, &r->model, "SELECT line, messages FROM model WHERE id = ?");
	bool found;

	if (err || id == r->have_model)
		return err;
	sqlite3_bind_int64(r->model, 1, id);
	found = sqlite3_step(r->model) == SQLITE_ROW;
	if (found) {
		copy_blob(&r->line_model, r->model, 0);
		copy_blob(&r->messages_model, r->model, 1);
	}
	err = store__error(sqlite3_reset(r->model));
	r->have_model = found ? id : 0;
	return err ? err : found ? 0 : -EBADMSG;
}

static int unsqueeze(struct buf *to, const struct buf *model, sqlite3_stmt *st, int len_column, int column)
{
	const int64_t len = sqlite3_column_int64(st, len_column);
	int err;

	if (len < 0 || len > UNSQUEEZED_MAX)
		return -EBADMSG;
	buf__reset(to);
	err = squeeze__get(to, model->data, model->len, sqlite3_column_blob(st, column),
			   (size_t)sqlite3_column_bytes(st, column), (size_t)len);
	return err ? err : to->len == (size_t)len ? 0 : -EBADMSG;
}

static int read_row(struct reader *r, struct store_row *row)
{
	int err = read_model(r, sqlite3_column_int64(r->row, 0));

	if (!err)
		err = unsqueeze(&r->line, &r->line_model, r->row, 1, 3);
	if (!err)
		err = unsqueeze(&r->messages, &r->messages_model, r->row, 2, 4);
	if (!err && sqlite3_column_bytes(r->row, 5) != sizeof(r->start))
		err = -EBADMSG;
	if (err)
		return err;
	memcpy(&r->start, sqlite3_column_blob(r->row, 5), sizeof(r->start));
	row->start = &r->start;
	row->line = (struct text){ r->line.data, r->line.len };
	row->messages = (struct text){ r->messages.data, r->messages.len };
	return 0;
}

int reader__row(struct reader *r, int64_t nr, struct store_row *row)
{
	int err = prepare(r, &r->row, "SELECT model, line_len, messages_len, line, messages, start FROM body"
				      " JOIN session ON session.id = body.session WHERE nr = ?");
	bool found;

	if (err)
		return err;
	row->nr = nr;
	sqlite3_bind_int64(r->row, 1, nr);
	found = sqlite3_step(r->row) == SQLITE_ROW;
	err = found ? read_row(r, row) : -ENOENT;
	sqlite3_reset(r->row);
	return err;
}
