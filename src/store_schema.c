/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a SQLite file, gives one with the tables of the history, made from the field table. Does not put anything into
 * them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store.h"

#define APPLICATION_ID 0x45584954 /* "EXIT", for file(1) */
#define CHECK_NS 500000000LL
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

/*
 * death: what people look for, in narrow rows, so that going through many is quick. body: the record itself, its JSON
 * line and its messages, both squeezed by the model. hour: sums, so that nobody has to go through all.
 */
static const char tables[] =
	"CREATE TABLE boot(id INTEGER PRIMARY KEY, boot_id TEXT NOT NULL UNIQUE);"
	"CREATE TABLE session(id INTEGER PRIMARY KEY, number INTEGER NOT NULL UNIQUE, boot INTEGER NOT NULL,"
	" attach_ns INTEGER NOT NULL, began INTEGER NOT NULL, heard INTEGER NOT NULL, ended INTEGER NOT NULL,"
	" seq INTEGER NOT NULL, records INTEGER NOT NULL, deaths INTEGER NOT NULL, filtered INTEGER NOT NULL,"
	" lost INTEGER NOT NULL, waiting INTEGER NOT NULL, start BLOB NOT NULL);"
	"CREATE TABLE model(id INTEGER PRIMARY KEY, line BLOB NOT NULL, messages BLOB NOT NULL);"
	"CREATE TABLE death(nr INTEGER PRIMARY KEY, boot INTEGER NOT NULL, id BLOB NOT NULL, zombie INTEGER NOT NULL);"
	"CREATE TABLE body(nr INTEGER PRIMARY KEY, session INTEGER NOT NULL, model INTEGER NOT NULL,"
	" line_len INTEGER NOT NULL, messages_len INTEGER NOT NULL, line BLOB NOT NULL, messages BLOB NOT NULL);"
	"CREATE TABLE lost(id INTEGER PRIMARY KEY, from_ns INTEGER NOT NULL, until_ns INTEGER NOT NULL,"
	" stage INTEGER NOT NULL, deaths INTEGER);"
	"CREATE TABLE hour(hour INTEGER NOT NULL, what TEXT NOT NULL, key TEXT NOT NULL, n INTEGER NOT NULL,"
	" sum INTEGER NOT NULL, max INTEGER NOT NULL, PRIMARY KEY(hour, what, key)) WITHOUT ROWID;";

/*
 * Each entry ends with the row's number, so with its time. What nearly every death has alike (exit 0, no unit) is not
 * in them.
 */
static const char indexes[] =
	"CREATE UNIQUE INDEX death_id ON death(id, boot);"
	"CREATE INDEX death_pid ON death(process_pid);"
	"CREATE INDEX death_comm ON death(process_comm);"
	"CREATE INDEX death_uid ON death(process_uid);"
	"CREATE INDEX death_unit ON death(process_cgroup_unit) WHERE process_cgroup_unit IS NOT NULL;"
	"CREATE INDEX death_container ON death(process_container_id) WHERE process_container_id IS NOT NULL;"
	"CREATE INDEX death_failed ON death(nr) WHERE exit_raw <> 0;"
	"CREATE INDEX death_cause ON death(cause_class) WHERE cause_class <> 'exit';"
	"CREATE INDEX death_status ON death(exit_raw) WHERE exit_raw <> 0;"
	"CREATE INDEX death_blast ON death(cause_blast) WHERE cause_blast IS NOT NULL;"
	"CREATE INDEX death_because ON death(cause_because_of) WHERE cause_because_of IS NOT NULL;"
	"CREATE INDEX death_exit ON death(phases_exit_ns) WHERE phases_exit_ns >= " TEXT(STORE_SLOW_EXIT_NS) ";"
	"CREATE INDEX death_age ON death(process_age_ns) WHERE process_age_ns >= " TEXT(STORE_OLD_NS) ";"
	"CREATE INDEX death_zombie ON death(reap_zombie_ns) WHERE reap_zombie_ns >= " TEXT(STORE_SLOW_ZOMBIE_NS) ";";

int store__error(int sqlite)
{
	switch (sqlite & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	default:
		return -EIO;
	}
}

int store__exec(sqlite3 *db, const char *sql)
{
	return store__error(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int store__number(sqlite3 *db, const char *sql, int64_t *n)
{
	sqlite3_stmt *st;
	int err = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (err)
		return store__error(err);
	err = sqlite3_step(st);
	if (err == SQLITE_ROW)
		*n = sqlite3_column_int64(st, 0);
	else if (err == SQLITE_DONE)
		*n = 0;
	sqlite3_finalize(st);
	return store__error(err);
}

/* ---- making it ---- */

static bool has_column(sqlite3 *db, const char *name)
{
	char sql[128];
	int64_t n = 0;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM pragma_table_info('death') WHERE name='%s'", name);
	return !store__number(db, sql, &n) && n;
}

/* A field that became a column: of older deaths it is not known in this place, and NULL. */
static int add_columns(sqlite3 *db)
{
	char sql[128];
	int err = 0;

	for (unsigned int i = 0; !err && i < nr_history_columns; i++) {
		const struct history_column *c = &history_columns[i];
		const char *type = !c->name ? "" : record_fields[c->field].type;

		if (!c->name || has_column(db, c->name))
			continue;
		snprintf(sql, sizeof(sql), "ALTER TABLE death ADD COLUMN %s %s", c->name,
			 !strcmp(type, "string") ? "BLOB" : "INTEGER");
		err = store__exec(db, sql);
	}
	return err;
}

static int create(sqlite3 *db)
{
	char sql[96];
	int err = store__exec(db, tables);

	if (!err)
		err = add_columns(db);
	if (!err)
		err = store__exec(db, indexes);
	snprintf(sql, sizeof(sql), "PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION_ID, STORE_VERSION);
	return err ? err : store__exec(db, sql);
}

/* What leads from version i + 1 to the next; the last makes STORE_VERSION. */
static const char *const migrations[] = {
	NULL,
};

_Static_assert(sizeof(migrations) / sizeof(migrations[0]) == STORE_VERSION, "a way to each version");

static int migrate(sqlite3 *db, int64_t version)
{
	char sql[64];
	int err = 0;

	for (; !err && version < STORE_VERSION; version++)
		err = migrations[version] ? store__exec(db, migrations[version]) : 0;
	if (!err)
		err = add_columns(db);
	snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", STORE_VERSION);
	return err ? err : store__exec(db, sql);
}

/* Either all of it, or nothing: a power cut in the middle leaves the version before. */
int store_schema__prepare(sqlite3 *db)
{
	int64_t version = 0, objects = 0;
	int err = store__number(db, "PRAGMA user_version", &version);

	if (!err)
		err = store__number(db, "SELECT count(*) FROM sqlite_schema", &objects);
	if (!err && (version > STORE_VERSION || (!version && objects)))
		return version ? -EPROTONOSUPPORT : -EBADMSG;
	if (!err)
		err = store__exec(db, "BEGIN IMMEDIATE");
	if (err)
		return err;
	err = version ? migrate(db, version) : create(db);
	if (!err)
		return store__exec(db, "COMMIT");
	store__exec(db, "ROLLBACK");
	return err;
}

/* ---- looking at it ---- */

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int too_long(void *until)
{
	return now_ns() > *(int64_t *)until;
}

/* Deaths wait for us meanwhile: of a large file the rest is found damaged when it is read. */
int store_schema__check(sqlite3 *db)
{
	int64_t until = now_ns() + CHECK_NS;
	bool fine = true;
	sqlite3_stmt *st;
	int err = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &st, NULL);

	if (err)
		return store__error(err);
	sqlite3_progress_handler(db, 1000, too_long, &until);
	err = sqlite3_step(st);
	if (err == SQLITE_ROW) {
		const char *verdict = (const char *)sqlite3_column_text(st, 0);

		fine = verdict && !strcmp(verdict, "ok");
	}
	sqlite3_finalize(st);
	sqlite3_progress_handler(db, 0, NULL, NULL);
	if (err == SQLITE_INTERRUPT)
		return 0;
	return fine ? store__error(err) : -EBADMSG;
}

/* ---- a reader ---- */

/*
 * Closed well and nobody has it open: without its log there is nothing to be locked against, and no way to make what
 * locking needs for who may not write. (A writer that comes at this very moment may make what is read too old, not
 * wrong: it does not write into the file before its log is full.)
 */
static sqlite3 *open_alone(const char *path, int *err)
{
	sqlite3 *db = NULL;
	char uri[4200];
	struct stat st;

	snprintf(uri, sizeof(uri), "%s-wal", path);
	if (!stat(uri, &st) && st.st_size)
		return NULL;
	if (strpbrk(path, "?#%"))
		return NULL;
	snprintf(uri, sizeof(uri), "file:%s?immutable=1", path);
	*err = store__error(sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL));
	return db;
}

static int look_at(sqlite3 *db)
{
	int64_t version = 0;
	int err;

	sqlite3_busy_timeout(db, 2000);
	store__exec(db, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA query_only=ON");
	err = store__number(db, "PRAGMA user_version", &version);
	if (err)
		return err;
	return version == STORE_VERSION ? 0 : version ? -EPROTONOSUPPORT : -EBADMSG;
}

/* Who keeps the history may put anything there: open() waits at a pipe until somebody writes to it, SQLite's too. */
static int try_file(const char *path)
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int err;

	if (fd < 0)
		return -errno; /* -ENXIO of a socket */
	err = fstat(fd, &st) ? -errno : S_ISREG(st.st_mode) ? 0 : -ENXIO;
	close(fd);
	return err;
}

static int try_files(const char *path)
{
	static const char *const others[] = { "-wal", "-shm" };
	int err = try_file(path);
	char other[4200];

	for (unsigned int i = 0; !err && i < 2; i++) {
		snprintf(other, sizeof(other), "%s%s", path, others[i]);
		if (try_file(other) == -ENXIO)
			err = -ENXIO;
	}
	return err;
}

sqlite3 *store__open_reader(const char *dir, int *err)
{
	sqlite3 *db = NULL;
	char path[4096];

	snprintf(path, sizeof(path), "%s/" STORE_FILE, dir);
	*err = try_files(path);
	if (*err)
		return NULL;
	*err = store__error(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL));
	if (!*err)
		*err = look_at(db);
	if (*err == -EIO || *err == -EACCES) {
		sqlite3_close(db);
		db = open_alone(path, err);
		if (db && !*err)
			*err = look_at(db);
	}
	if (!*err)
		return db;
	sqlite3_close(db);
	return NULL;
}
