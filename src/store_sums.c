/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes what is counted of deaths, gives rows of sums for each hour, a transaction's at once. Does not know what
 * the amounts mean.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "store.h"

#define ROWS 1024 /* kept at once; beyond, they go to the file and are begun anew */
#define KEY_MAX 128

struct row {
	int64_t hour;
	const char *what; /* NULL: free */
	size_t len;
	char key[KEY_MAX];
	uint64_t n, sum, max;
};

struct store_sums {
	sqlite3_stmt *add;
	unsigned int used;
	struct row rows[2 * ROWS];
};

struct store_sums *store_sums__new(sqlite3 *db)
{
	static const char sql[] = "INSERT INTO hour(hour, what, key, n, sum, max) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
				  " ON CONFLICT DO UPDATE SET n=n+?4, sum=sum+?5, max=max(max, ?6)";
	struct store_sums *u = calloc(1, sizeof(*u));

	if (u && sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &u->add, NULL)) {
		free(u);
		return NULL;
	}
	return u;
}

void store_sums__free(struct store_sums *u)
{
	if (!u)
		return;
	sqlite3_finalize(u->add);
	free(u);
}

void store_sums__forget(struct store_sums *u)
{
	if (u->used)
		memset(u->rows, 0, sizeof(u->rows));
	u->used = 0;
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

static int put(struct store_sums *u, const struct row *r)
{
	sqlite3_bind_int64(u->add, 1, r->hour);
	sqlite3_bind_text(u->add, 2, r->what, -1, SQLITE_STATIC);
	sqlite3_bind_text(u->add, 3, r->key, (int)r->len, SQLITE_STATIC);
	sqlite3_bind_int64(u->add, 4, (int64_t)r->n);
	sqlite3_bind_int64(u->add, 5, (int64_t)(r->sum > INT64_MAX ? INT64_MAX : r->sum));
	sqlite3_bind_int64(u->add, 6, (int64_t)r->max);
	sqlite3_step(u->add);
	return store__error(sqlite3_reset(u->add));
}

int store_sums__flush(struct store_sums *u)
{
	int err = 0;

	for (unsigned int i = 0; u->used && !err && i < 2 * ROWS; i++)
		if (u->rows[i].what)
			err = put(u, &u->rows[i]);
	store_sums__forget(u);
	return err;
}
