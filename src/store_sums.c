/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes what is counted of deaths, gives rows of sums for each hour, a transaction's at once. Does not know what
 * the amounts mean.
 *
 * Whoever makes processes chooses their names, and sums stay until their whole hour may go: so an hour has so many
 * names, and what comes behind is one row.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "store.h"

#define ROWS 1024 /* kept at once; beyond, they go to the file and are begun anew */
#define KEY_MAX 128
#define HOURS 8 /* of which it is known how many keys they have: deaths come nearly in the order of time */

struct row {
	int64_t hour;
	const char *what; /* NULL: free */
	size_t len;
	char key[KEY_MAX];
	uint64_t n, sum, max;
};

struct keys {
	int64_t hour;
	const char *what; /* NULL: free */
	int64_t n;
};

enum { UPDATE, ADD, COUNT, STATEMENTS };

struct store_sums {
	sqlite3 *db;
	sqlite3_stmt *st[STATEMENTS];
	struct keys keys[HOURS];
	unsigned int next; /* of these, the one to go */
	unsigned int used;
	struct row rows[2 * ROWS];
};

struct store_sums *store_sums__new(sqlite3 *db)
{
	static const char *const sql[STATEMENTS] = {
		[UPDATE] = "UPDATE hour SET n=n+?4, sum=sum+?5, max=max(max, ?6) WHERE hour=?1 AND what=?2 AND key=?3",
		[ADD] = ("INSERT INTO hour(hour, what, key, n, sum, max) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
			 " ON CONFLICT DO UPDATE SET n=n+?4, sum=sum+?5, max=max(max, ?6)"),
		[COUNT] = "SELECT count(*) FROM hour WHERE hour=?1 AND what=?2",
	};
	struct store_sums *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->db = db;
	for (unsigned int i = 0; i < STATEMENTS; i++) {
		if (!sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &u->st[i], NULL))
			continue;
		store_sums__free(u);
		return NULL;
	}
	return u;
}

void store_sums__free(struct store_sums *u)
{
	if (!u)
		return;
	for (unsigned int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(u->st[i]);
	free(u);
}

static void forget_rows(struct store_sums *u)
{
	if (u->used)
		memset(u->rows, 0, sizeof(u->rows));
	u->used = 0;
}

/* The keys that were counted may have been of that transaction. */
void store_sums__forget(struct store_sums *u)
{
	forget_rows(u);
	memset(u->keys, 0, sizeof(u->keys));
}

static uint64_t hash_of(const char *what, struct text key, int64_t hour)
{
	uint64_t h = (uint64_t)hour ^ (uint64_t)what[0] << 32;

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ (unsigned char)key.bytes[i]) * 0x100000001b3ULL;
	return h;
}

/* `what` is one of a few of our own strings, each in one place. */
static struct row *find(struct store_sums *u, const char *what, struct text key, int64_t hour)
{
	unsigned int at = hash__slot(hash_of(what, key, hour), 2 * ROWS - 1);

	for (;; at = (at + 1) % (2 * ROWS)) {
		struct row *r = &u->rows[at];

		if (!r->what || (r->what == what && r->hour == hour && r->len == key.len &&
				 (!key.len || !memcmp(r->key, key.bytes, key.len))))
			return r;
	}
}

int store_sums__add(struct store_sums *u, uint64_t real_ns, const char *what, struct text key, uint64_t amount)
{
	const int64_t hour = (int64_t)(real_ns / STORE_HOUR_NS);
	struct row *r;
	int err = u->used == ROWS ? store_sums__flush(u) : 0;

	if (err)
		return err;
	if (key.len > KEY_MAX)
		key.len = KEY_MAX;
	r = find(u, what, key, hour);
	if (!r->what) {
		*r = (struct row){ .hour = hour, .what = what, .len = key.len };
		if (key.len)
			memcpy(r->key, key.bytes, key.len);
		u->used++;
	}
	r->n++;
	r->sum += amount;
	r->max = amount > r->max ? amount : r->max;
	return 0;
}

static struct keys *known_keys(struct store_sums *u, const struct row *r)
{
	for (unsigned int i = 0; i < HOURS; i++)
		if (u->keys[i].what == r->what && u->keys[i].hour == r->hour)
			return &u->keys[i];
	return NULL;
}

static int count_keys(struct store_sums *u, const struct row *r, struct keys **keys)
{
	struct keys *k = &u->keys[u->next];
	sqlite3_stmt *st = u->st[COUNT];
	int err;

	*keys = known_keys(u, r);
	if (*keys)
		return 0;
	sqlite3_bind_int64(st, 1, r->hour);
	sqlite3_bind_text(st, 2, r->what, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW)
		*k = (struct keys){ .hour = r->hour, .what = r->what, .n = sqlite3_column_int64(st, 0) };
	err = store__error(sqlite3_reset(st));
	u->next = (u->next + 1) % HOURS;
	*keys = k;
	return err;
}

static int run(sqlite3_stmt *st, const struct row *r, struct text key)
{
	sqlite3_bind_int64(st, 1, r->hour);
	sqlite3_bind_text(st, 2, r->what, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 3, key.bytes, (int)key.len, SQLITE_STATIC);
	sqlite3_bind_int64(st, 4, (int64_t)r->n);
	sqlite3_bind_int64(st, 5, (int64_t)(r->sum > INT64_MAX ? INT64_MAX : r->sum));
	sqlite3_bind_int64(st, 6, (int64_t)r->max);
	sqlite3_step(st);
	return store__error(sqlite3_reset(st));
}

static int put(struct store_sums *u, const struct row *r)
{
	const struct text key = { r->key, r->len };
	struct keys *keys;
	int err = run(u->st[UPDATE], r, key);

	if (err || sqlite3_changes(u->db))
		return err;
	err = count_keys(u, r, &keys);
	if (err)
		return err;
	if (keys->n >= STORE_HOUR_KEYS)
		return run(u->st[ADD], r, text__str(STORE_OTHER_KEYS));
	keys->n++;
	return run(u->st[ADD], r, key);
}

int store_sums__flush(struct store_sums *u)
{
	int err = 0;

	for (unsigned int i = 0; u->used && !err && i < 2 * ROWS; i++)
		if (u->rows[i].what)
			err = put(u, &u->rows[i]);
	forget_rows(u);
	return err;
}
