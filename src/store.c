/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes checked frames, gives a history on the disk that is whole after SIGKILL and power cut at any moment. Does not
 * trace, and does not know who sends the frames.
 *
 * Durability: a transaction is at most as long as the recorder waits (a second), and with synchronous=FULL its log is
 * on the disk before the tracer is told so. NORMAL would be faster and lose, with the power, what came since the last
 * checkpoint: just the deaths before a crash, which are asked about most. One fsync() a transaction is not felt.
 */
#include "store.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "squeeze.h"

#define MODEL_BYTES 24576 /* a few lines, or a few deaths, that differ */
#define KEEP_ROWS 2000	  /* deleted at once, ... */
#define KEEP_ROWS_MIN 100
#define KEEP_PAGES 2000U  /* ... and given back */
#define PAGE_BYTES 4096
#define LOG_PAGES 8192U	  /* of the log, before it goes into the file */
#define LOG_SHARE 16	  /* of what may be kept, if that is less */
#define PATH_BYTES 4096
#define JUMP_NS 60000000000LL /* of a clock: set, not kept right */

struct model {
	struct buf bytes;
	struct squeeze squeeze;
};

struct current { /* session */
	uint64_t number; /* 0: none */
	int64_t row, boot;
	uint64_t seq, records, lost;
	uint64_t prior_deaths, prior_lost, prior_ring; /* of the same attachment, by sessions before */
};

enum { ADD_DEATH, UPDATE_DEATH, FIND_DEATH, ADD_BODY, ADD_LOST, TALLY, PROGRESS, STATEMENTS };

struct store {
	struct store_how how;
	sqlite3 *db;
	sqlite3_stmt *st[STATEMENTS];
	struct store_sums *sums;
	int64_t model; /* its row, 0: not in the file yet */
	struct model line, messages;
	struct buf squeezed_line, squeezed_messages;
	struct current now, kept; /* with what is not committed, and without */
	uint64_t left_bytes; /* by the last store__keep(); 0: there was none */
	bool open_transaction;
	bool added; /* by the frame that was put last: a death */
	unsigned int columns;
	int at[RECORD_NR_FIELDS]; /* which column a field is; -1: none */
};

/* ---- opening ---- */

static const char settings[] = "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			       "PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"
			       "PRAGMA cell_size_check=ON; PRAGMA foreign_keys=OFF";

static unsigned int log_pages(const struct store_how *how)
{
	const uint64_t share = how->keep_bytes / LOG_SHARE / PAGE_BYTES;

	return !how->keep_bytes || share > LOG_PAGES ? LOG_PAGES : share ? (unsigned int)share : 1;
}

/* The log has three shares: it grows by a transaction before it is emptied, and while somebody reads by another. */
static uint64_t file_bytes(const struct store_how *how)
{
	return how->keep_bytes - 3ULL * log_pages(how) * PAGE_BYTES;
}

/* Of frames, squeezed to a third if they are like others. */
uint64_t store__step_bytes(const struct store_how *how)
{
	return 2ULL * log_pages(how) * PAGE_BYTES;
}

static int set_up(struct store *s)
{
	const unsigned int pages = log_pages(&s->how);
	char sql[128];
	int err = store__exec(s->db, settings);

	snprintf(sql, sizeof(sql), "PRAGMA wal_autocheckpoint=%u; PRAGMA journal_size_limit=%u", pages,
		 pages * PAGE_BYTES);
	return err ? err : store__exec(s->db, sql);
}

/* "INSERT ... (nr, boot, id, zombie, a, b) VALUES(?1, ...)", and the same as an UPDATE. */
static void put_columns_sql(struct store *s, struct buf *add, struct buf *update)
{
	unsigned int n = 0;

	buf__str(add, "INSERT OR IGNORE INTO death(nr, boot, id, zombie");
	buf__str(update, "UPDATE death SET zombie=?4");
	for (unsigned int i = 0; i < nr_history_columns; i++) {
		const char *column = history_columns[i].name;

		s->at[i] = column ? (int)n : -1;
		if (!column)
			continue;
		buf__printf(add, ", %s", column);
		buf__printf(update, ", %s=?%u", column, 5 + n++);
	}
	s->columns = n;
	buf__str(add, ") VALUES(?1");
	for (unsigned int i = 2; i <= n + 4; i++)
		buf__printf(add, ", ?%u", i);
	buf__str(add, ")");
	buf__char(add, '\0');
	buf__str(update, " WHERE nr=?1");
	buf__char(update, '\0');
}

static int prepare(struct store *s, unsigned int which, const char *sql)
{
	return store__error(sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->st[which], NULL));
}

static int prepare_all(struct store *s)
{
	static const struct {
		unsigned int which;
		const char *sql;
	} others[] = {
		{ FIND_DEATH, "SELECT nr, zombie FROM death WHERE id=? AND boot=?" },
		{ ADD_BODY, "INSERT OR REPLACE INTO body(nr, session, model, line_len, messages_len, line, messages)"
			    " VALUES(?, ?, ?, ?, ?, ?, ?)" },
		{ ADD_LOST, "INSERT INTO lost(from_ns, until_ns, stage, deaths) VALUES(?, ?, ?, ?)" },
		{ TALLY, "UPDATE session SET heard=?, deaths=?, filtered=?, waiting=?, ended=? WHERE id=?" },
		{ PROGRESS, "UPDATE session SET seq=?, records=?, lost=? WHERE id=?" },
	};
	struct buf add = { 0 }, update = { 0 };
	int err;

	put_columns_sql(s, &add, &update);
	err = add.failed || update.failed ? -ENOMEM : prepare(s, ADD_DEATH, add.data);
	if (!err)
		err = prepare(s, UPDATE_DEATH, update.data);
	for (unsigned int i = 0; !err && i < sizeof(others) / sizeof(others[0]); i++)
		err = prepare(s, others[i].which, others[i].sql);
	buf__free(&add);
	buf__free(&update);
	return err;
}

static void learn(struct model *m, const void *bytes, size_t len)
{
	buf__put(&m->bytes, bytes, len);
	squeeze__learn(&m->squeeze, m->bytes.data, m->bytes.len);
}

/* The latest goes on being used. */
static int read_model(struct store *s)
{
	sqlite3_stmt *st;
	int err = sqlite3_prepare_v2(s->db, "SELECT id, line, messages FROM model ORDER BY id DESC LIMIT 1", -1, &st,
				     NULL);

	if (err)
		return store__error(err);
	err = sqlite3_step(st);
	if (err == SQLITE_ROW) {
		s->model = sqlite3_column_int64(st, 0);
		learn(&s->line, sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1));
		learn(&s->messages, sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2));
	}
	sqlite3_finalize(st);
	return store__error(err);
}

/* The log stays when we leave, so that who may read but not write can open the file. */
static void keep_log_file(sqlite3 *db)
{
	int on = 1;

	sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

static int open_database(struct store *s)
{
	char path[PATH_BYTES];
	int err;

	snprintf(path, sizeof(path), "%s/" STORE_FILE, s->how.dir);
	err = store__error(sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL));
	if (err)
		return err;
	sqlite3_busy_timeout(s->db, 1000);
	keep_log_file(s->db);
	err = set_up(s);
	if (!err)
		err = store_schema__check(s->db);
	if (!err)
		err = store_schema__prepare(s->db);
	if (!err)
		err = prepare_all(s);
	if (!err)
		err = read_model(s);
	if (err)
		return err;
	s->sums = store_sums__new(s->db);
	return s->sums ? 0 : -ENOMEM;
}

int store__open(const struct store_how *how, struct store **out)
{
	struct store *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->how = *how;
	err = open_database(s);
	if (err)
		store__close(s);
	else
		*out = s;
	return err;
}

void store__close(struct store *s)
{
	if (!s)
		return;
	store__rollback(s);
	for (unsigned int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->st[i]);
	store_sums__free(s->sums);
	sqlite3_close(s->db);
	buf__free(&s->line.bytes);
	buf__free(&s->messages.bytes);
	buf__free(&s->squeezed_line);
	buf__free(&s->squeezed_messages);
	free(s);
}

int store__move_aside(const char *dir, char name[STORE_NAME])
{
	static const char *const parts[] = { "-wal", "-shm", "" };
	char from[PATH_BYTES], to[PATH_BYTES];
	int err = 0;

	snprintf(name, STORE_NAME, STORE_FILE ".corrupt-%lld", (long long)time(NULL));
	for (unsigned int i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(from, sizeof(from), "%s/" STORE_FILE "%s", dir, parts[i]);
		snprintf(to, sizeof(to), "%s/%s%s", dir, name, parts[i]);
		if (rename(from, to) && errno != ENOENT)
			err = -errno;
	}
	return err;
}

const char *store__message(const struct store *s)
{
	return sqlite3_errmsg(s->db);
}

/* ---- transactions ---- */

static int begin(struct store *s)
{
	int err = s->open_transaction ? 0 : store__exec(s->db, "BEGIN IMMEDIATE");

	if (!err)
		s->open_transaction = true;
	return err;
}

static int step(sqlite3_stmt *st)
{
	sqlite3_step(st);
	return store__error(sqlite3_reset(st));
}

static int put_progress(struct store *s)
{
	sqlite3_stmt *st = s->st[PROGRESS];

	if (!s->now.row)
		return 0;
	sqlite3_bind_int64(st, 1, (int64_t)s->now.seq);
	sqlite3_bind_int64(st, 2, (int64_t)s->now.records);
	sqlite3_bind_int64(st, 3, (int64_t)s->now.lost);
	sqlite3_bind_int64(st, 4, s->now.row);
	return step(st);
}

int store__commit(struct store *s)
{
	int err;

	if (!s->open_transaction)
		return 0;
	err = store_sums__flush(s->sums);
	if (!err)
		err = put_progress(s);
	if (!err)
		err = store__exec(s->db, "COMMIT");
	if (err) {
		store__rollback(s);
		return err;
	}
	s->open_transaction = false;
	s->kept = s->now;
	return 0;
}

/* The session and the model may have been begun in what is taken back. */
void store__rollback(struct store *s)
{
	if (!s->open_transaction)
		return;
	store__exec(s->db, "ROLLBACK");
	store_sums__forget(s->sums);
	s->open_transaction = false;
	if (s->now.number != s->kept.number)
		s->kept = (struct current){ .number = s->now.number };
	s->now = (struct current){ 0 };
	s->model = 0;
}

struct reply store__reply(const struct store *s)
{
	return (struct reply){
		.kind = REPLY_STORED, .session = s->kept.number, .seq = s->kept.seq,
		.prior_deaths = s->kept.prior_deaths, .prior_lost = s->kept.prior_lost,
		.prior_ring = s->kept.prior_ring,
	};
}

/* ---- sessions ---- */

static int find_boot(struct store *s, const struct et_start *start, int64_t *boot)
{
	char sql[160];
	int err;

	for (size_t i = 0; i < sizeof(start->boot_id) && start->boot_id[i]; i++)
		if (!strchr("0123456789abcdefABCDEF-", start->boot_id[i]))
			return -EINVAL;
	snprintf(sql, sizeof(sql), "INSERT OR IGNORE INTO boot(boot_id) VALUES('%.*s')", (int)sizeof(start->boot_id),
		 start->boot_id);
	err = store__exec(s->db, sql);
	snprintf(sql, sizeof(sql), "SELECT id FROM boot WHERE boot_id='%.*s'", (int)sizeof(start->boot_id),
		 start->boot_id);
	return err ? err : store__number(s->db, sql, boot);
}

/* Since the one before ended, or was last heard of, in the same life of the machine and by another attachment. */
static int put_gap(struct store *s, const struct et_start *start, int64_t boot)
{
	char sql[480];

	snprintf(sql, sizeof(sql), "INSERT INTO lost(from_ns, until_ns, stage) SELECT max(ended, heard), %lld, %d FROM"
		 " (SELECT * FROM session WHERE boot=%lld ORDER BY id DESC LIMIT 1) WHERE attach_ns<>%lld",
		 (long long)start->real_ns, LOST_STOPPED, (long long)boot, (long long)start->attach_ns);
	return store__exec(s->db, sql);
}

static int add_session(struct store *s, const struct feed_frame *f, const struct et_start *start)
{
	static const char sql[] = "INSERT INTO session(number, boot, attach_ns, began, heard, ended, seq, records,"
				  " deaths, filtered, lost, waiting, start)"
				  " VALUES(?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, ?)";
	int64_t boot;
	sqlite3_stmt *st;
	int err = find_boot(s, start, &boot);

	if (!err)
		err = put_gap(s, start, boot);
	if (err)
		return err;
	err = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
	if (err)
		return store__error(err);
	sqlite3_bind_int64(st, 1, (int64_t)f->session);
	sqlite3_bind_int64(st, 2, boot);
	sqlite3_bind_int64(st, 3, (int64_t)start->attach_ns);
	sqlite3_bind_int64(st, 4, (int64_t)start->real_ns);
	sqlite3_bind_int64(st, 5, (int64_t)start->real_ns);
	sqlite3_bind_blob(st, 6, start, sizeof(*start), SQLITE_STATIC);
	sqlite3_step(st);
	return store__error(sqlite3_finalize(st));
}

static int count_prior(struct store *s, const char *column, uint64_t *sum)
{
	char sql[240];
	int64_t n = 0;
	int err;

	snprintf(sql, sizeof(sql), "SELECT sum(a.%s) FROM session a JOIN session b ON a.boot=b.boot AND"
		 " a.attach_ns=b.attach_ns AND a.id<>b.id WHERE b.id=%lld", column, (long long)s->now.row);
	err = store__number(s->db, sql, &n);
	*sum = (uint64_t)n;
	return err;
}

/* What the kernel half lost is no session's: what came since the first of them began. */
static int count_prior_ring(struct store *s, uint64_t *sum)
{
	char sql[320];
	int64_t n = 0;
	int err;

	snprintf(sql, sizeof(sql), "SELECT sum(deaths) FROM lost WHERE stage=%d AND from_ns >= (SELECT min(a.began)"
		 " FROM session a JOIN session b ON a.boot=b.boot AND a.attach_ns=b.attach_ns WHERE b.id=%lld)",
		 LOST_RING, (long long)s->now.row);
	err = store__number(s->db, sql, &n);
	*sum = (uint64_t)n;
	return err;
}

/* Makes it the present one. -ENOENT: it is not in the file. */
static int load_session(struct store *s, uint64_t number)
{
	struct current c = { .number = number };
	sqlite3_stmt *st;
	int err = sqlite3_prepare_v2(s->db, "SELECT id, boot, seq, records, lost FROM session WHERE number=?", -1, &st,
				     NULL);

	if (err)
		return store__error(err);
	sqlite3_bind_int64(st, 1, (int64_t)number);
	if (sqlite3_step(st) == SQLITE_ROW) {
		c.row = sqlite3_column_int64(st, 0);
		c.boot = sqlite3_column_int64(st, 1);
		c.seq = (uint64_t)sqlite3_column_int64(st, 2);
		c.records = (uint64_t)sqlite3_column_int64(st, 3);
		c.lost = (uint64_t)sqlite3_column_int64(st, 4);
	}
	err = store__error(sqlite3_finalize(st));
	if (err)
		return err;
	s->now = c;
	if (!c.row)
		return -ENOENT;
	err = count_prior(s, "records", &s->now.prior_deaths);
	if (!err)
		err = count_prior(s, "lost", &s->now.prior_lost);
	return err ? err : count_prior_ring(s, &s->now.prior_ring);
}

static int change_session(struct store *s, const struct feed_frame *f)
{
	int err = put_progress(s); /* of the one before */

	if (!err)
		err = load_session(s, f->session);
	if (err == -ENOENT && f->kind == FRAME_SESSION && f->seq == 1) {
		err = add_session(s, f, (const struct et_start *)(f + 1));
		if (!err)
			err = load_session(s, f->session);
	}
	/* What is known of it is on the disk, or nothing is. */
	if (!err || err == -ENOENT)
		s->kept = s->now;
	return err;
}

/* ---- a record ---- */

static bool poor(const struct buf *squeezed, struct text t)
{
	return squeezed->len > t.len / 3;
}

static int add_model(struct store *s)
{
	sqlite3_stmt *st;
	int err = sqlite3_prepare_v2(s->db, "INSERT INTO model(line, messages) VALUES(?, ?)", -1, &st, NULL);

	if (err)
		return store__error(err);
	sqlite3_bind_blob(st, 1, s->line.bytes.data, (int)s->line.bytes.len, SQLITE_STATIC);
	sqlite3_bind_blob(st, 2, s->messages.bytes.data, (int)s->messages.bytes.len, SQLITE_STATIC);
	sqlite3_step(st);
	err = store__error(sqlite3_finalize(st));
	if (!err)
		s->model = sqlite3_last_insert_rowid(s->db);
	return err;
}

static void squeeze_both(struct store *s, struct text line, struct text messages)
{
	buf__reset(&s->squeezed_line);
	buf__reset(&s->squeezed_messages);
	squeeze__put(&s->line.squeeze, &s->squeezed_line, line.bytes, line.len);
	squeeze__put(&s->messages.squeeze, &s->squeezed_messages, messages.bytes, messages.len);
}

/* What is not like anything in the model becomes part of it, as long as there is room. */
static int squeeze(struct store *s, struct text line, struct text messages)
{
	bool grown = false;

	squeeze_both(s, line, messages);
	if (poor(&s->squeezed_line, line) && s->line.bytes.len + line.len <= MODEL_BYTES) {
		learn(&s->line, line.bytes, line.len);
		grown = true;
	}
	if (poor(&s->squeezed_messages, messages) && s->messages.bytes.len + messages.len <= MODEL_BYTES) {
		learn(&s->messages, messages.bytes, messages.len);
		grown = true;
	}
	if (grown)
		squeeze_both(s, line, messages);
	if (s->squeezed_line.failed || s->squeezed_messages.failed)
		return -ENOMEM;
	return grown || !s->model ? add_model(s) : 0;
}

static int put_body(struct store *s, const struct frame_record *f, int64_t nr)
{
	const struct text line = frame__line(f), messages = frame__messages(f);
	sqlite3_stmt *st = s->st[ADD_BODY];
	int err = squeeze(s, line, messages);

	if (err)
		return err;
	sqlite3_bind_int64(st, 1, nr);
	sqlite3_bind_int64(st, 2, s->now.row);
	sqlite3_bind_int64(st, 3, s->model);
	sqlite3_bind_int64(st, 4, (int64_t)line.len);
	sqlite3_bind_int64(st, 5, (int64_t)messages.len);
	sqlite3_bind_blob(st, 6, s->squeezed_line.data, (int)s->squeezed_line.len, SQLITE_STATIC);
	sqlite3_bind_blob(st, 7, s->squeezed_messages.data, (int)s->squeezed_messages.len, SQLITE_STATIC);
	return step(st);
}

static void bind_column(sqlite3_stmt *st, int at, const struct column *c)
{
	if (c->kind == COLUMN_NUMBER)
		sqlite3_bind_int64(st, at, c->number);
	else if (c->kind == COLUMN_TEXT)
		sqlite3_bind_text(st, at, c->bytes.bytes, (int)c->bytes.len, SQLITE_STATIC);
	else if (c->kind == COLUMN_ID)
		sqlite3_bind_blob(st, at, c->bytes.bytes, (int)c->bytes.len, SQLITE_STATIC);
	else
		sqlite3_bind_null(st, at);
}

#define COLUMNS_MAX 64
_Static_assert(RECORD_NR_FIELDS < 256, "columns are some of them");

/* Bound in both statements alike: the one that is not there has no row with this number. */
static void bind_row(sqlite3_stmt *st, const struct frame_record *f, int64_t boot, const uint8_t id[FRAME_ID_LEN],
		     const struct column *columns, unsigned int n)
{
	sqlite3_bind_int64(st, 2, boot);
	sqlite3_bind_blob(st, 3, id, FRAME_ID_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(st, 4, f->zombie);
	for (unsigned int i = 0; i < n; i++)
		bind_column(st, 5 + (int)i, &columns[i]);
}

/* 1: it is there already. */
static int find_death(struct store *s, const uint8_t id[FRAME_ID_LEN], int64_t *nr, bool *zombie)
{
	sqlite3_stmt *st = s->st[FIND_DEATH];
	int found, err;

	sqlite3_bind_blob(st, 1, id, FRAME_ID_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, s->now.boot);
	found = sqlite3_step(st) == SQLITE_ROW;
	if (found) {
		*nr = sqlite3_column_int64(st, 0);
		*zombie = sqlite3_column_int64(st, 1);
	}
	err = store__error(sqlite3_reset(st));
	return err ? err : found;
}

/* A new row, or the same death with more known of it: *was_there, and whether as a zombie. Its number in *nr. */
static int put_row(struct store *s, const struct frame_record *f, const uint8_t id[FRAME_ID_LEN],
		   const struct column *columns, int64_t *nr, bool *was_there, bool *was_zombie)
{
	sqlite3_stmt *st = s->st[ADD_DEATH];
	int err;

	bind_row(st, f, s->now.boot, id, columns, s->columns);
	for (*nr = (int64_t)f->real_ns; *nr < INT64_MAX; ++*nr) {
		sqlite3_bind_int64(st, 1, *nr);
		err = step(st);
		if (err || sqlite3_changes(s->db))
			return err;
		err = find_death(s, id, nr, was_zombie); /* or another one has its number */
		if (err < 0)
			return err;
		*was_there = err;
		if (*was_there)
			break;
	}
	st = s->st[UPDATE_DEATH];
	bind_row(st, f, s->now.boot, id, columns, s->columns);
	sqlite3_bind_int64(st, 1, *nr);
	return step(st);
}

static const struct column *column_of(const struct store *s, const struct column *columns, enum record_field field)
{
	return &columns[s->at[field]];
}

static int add_sums(struct store *s, const struct frame_record *f, const struct column *columns, bool was_there)
{
	const struct column *by = column_of(s, columns, FIELD_cause_by_comm);
	const struct column *exit = column_of(s, columns, FIELD_phases_exit_ns);
	const struct column *zombie = column_of(s, columns, FIELD_reap_zombie_ns);
	const uint64_t exit_ns = exit->kind == COLUMN_NUMBER ? (uint64_t)exit->number : 0;
	const struct text name = column_of(s, columns, FIELD_process_comm)->bytes;
	int err = 0;

	if (!was_there) {
		err = store_sums__add(s->sums, f->real_ns, "cause", column_of(s, columns, FIELD_cause_class)->bytes, 0);
		if (!err)
			err = store_sums__add(s->sums, f->real_ns, "exit", name, exit_ns);
		if (!err && by->kind == COLUMN_TEXT && column_of(s, columns, FIELD_cause_by_pid)->number != f->tgid)
			err = store_sums__add(s->sums, f->real_ns, "killer", by->bytes, 0);
	}
	if (!err && !f->zombie && zombie->kind == COLUMN_NUMBER && zombie->number >= STORE_SLOW_ZOMBIE_NS)
		err = store_sums__add(s->sums, f->real_ns, "zombie", column_of(s, columns, FIELD_parent_comm)->bytes,
				      (uint64_t)zombie->number);
	return err;
}

/* Those that the history has. */
static void read_columns(const struct frame_record *f, struct column columns[COLUMNS_MAX])
{
	struct text rest = frame__columns(f);
	unsigned int n = 0;
	struct column c;

	for (unsigned int i = 0; i < nr_history_columns && n < COLUMNS_MAX; i++)
		if (history_columns[i].sent && frame__next_column(&rest, &c) && history_columns[i].name)
			columns[n++] = c;
}

static int put_record(struct store *s, const struct frame_record *f)
{
	struct column columns[COLUMNS_MAX] = { 0 };
	bool was_there = false, was_zombie = false;
	uint8_t id[FRAME_ID_LEN];
	int64_t nr;
	int err;

	read_columns(f, columns);
	frame__put_id(id, (struct et_id){ .start_ns = f->start_ns, .tgid = f->tgid });
	err = put_row(s, f, id, columns, &nr, &was_there, &was_zombie);
	if (!err)
		err = put_body(s, f, nr);
	if (!err)
		err = add_sums(s, f, columns, was_there);
	s->added = !err && !f->zombie && (!was_there || was_zombie);
	s->now.records += s->added;
	return err;
}

/* ---- the other frames ---- */

static int put_lost(struct store *s, const struct frame_lost *f)
{
	sqlite3_stmt *st = s->st[ADD_LOST];

	sqlite3_bind_int64(st, 1, (int64_t)f->from_ns);
	sqlite3_bind_int64(st, 2, (int64_t)f->until_ns);
	sqlite3_bind_int64(st, 3, f->stage);
	if (f->known)
		sqlite3_bind_int64(st, 4, (int64_t)f->deaths);
	else
		sqlite3_bind_null(st, 4);
	if (f->known && f->stage != LOST_RING)
		s->now.lost += f->deaths;
	return step(st);
}

static int put_tally(struct store *s, const struct frame_tally *f)
{
	sqlite3_stmt *st = s->st[TALLY];

	sqlite3_bind_int64(st, 1, (int64_t)f->real_ns);
	sqlite3_bind_int64(st, 2, (int64_t)f->deaths);
	sqlite3_bind_int64(st, 3, (int64_t)f->filtered);
	sqlite3_bind_int64(st, 4, (int64_t)f->waiting);
	sqlite3_bind_int64(st, 5, f->ended ? (int64_t)f->real_ns : 0);
	sqlite3_bind_int64(st, 6, s->now.row);
	return step(st);
}

static int put_frame(struct store *s, const struct feed_frame *f)
{
	const void *frame = f;

	switch (f->kind) {
	case FRAME_RECORD:
		return put_record(s, frame);
	case FRAME_LOST:
		return put_lost(s, frame);
	case FRAME_TALLY:
		return put_tally(s, frame);
	default: /* a session is known by now */
		return 0;
	}
}

int store__put(struct store *s, const struct feed_frame *f)
{
	int err = begin(s);

	s->added = false;
	if (!err && (f->session != s->now.number || !s->now.row))
		err = change_session(s, f);
	if (err)
		return err;
	if (f->seq <= s->now.seq)
		return -EALREADY;
	if (f->seq != s->now.seq + 1)
		return -ENOENT;
	err = put_frame(s, f);
	if (!err)
		s->now.seq++;
	return err;
}

bool store__added(const struct store *s)
{
	return s->added;
}

/* ---- keeping it small ---- */

uint64_t store__bytes(const struct store *s)
{
	static const char *const parts[] = { "", "-wal", "-shm" };
	char path[PATH_BYTES];
	uint64_t bytes = 0;
	struct stat st;

	for (unsigned int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/" STORE_FILE "%s", s->how.dir, parts[i]);
		if (!stat(path, &st))
			bytes += (uint64_t)st.st_size;
	}
	return bytes;
}

/* Of the file as it will be once the log is in it; free pages are about to be given back. */
static int count_bytes(struct store *s, uint64_t *bytes)
{
	int64_t pages = 0, unused = 0, size = 0;
	int err = store__number(s->db, "PRAGMA page_count", &pages);

	if (!err)
		err = store__number(s->db, "PRAGMA freelist_count", &unused);
	if (!err)
		err = store__number(s->db, "PRAGMA page_size", &size);
	*bytes = (uint64_t)((pages - unused) * size);
	return err;
}

uint64_t store__clock(struct store_clock *c, uint64_t boot_ns, uint64_t real_ns, uint64_t keep_ns)
{
	const int64_t offset = (int64_t)(real_ns - boot_ns), by = c->known ? offset - c->offset_ns : 0;

	c->known = true;
	c->offset_ns = offset;
	if (boot_ns >= c->until_ns)
		c->behind_ns = 0;
	if (by > JUMP_NS || by < -JUMP_NS) {
		/* set back to what it was, it is right again */
		c->behind_ns = c->behind_ns + by > 0 ? c->behind_ns + by : 0;
		c->until_ns = boot_ns + keep_ns;
	}
	return real_ns - (uint64_t)c->behind_ns;
}

static unsigned int rows_at_once(const struct store_how *how)
{
	/* of four pages each, the log has room for them */
	const unsigned int rows = log_pages(how) / 4;

	return rows > KEEP_ROWS ? KEEP_ROWS : rows < KEEP_ROWS_MIN ? KEEP_ROWS_MIN : rows;
}

/* Up to which row the oldest are to go; 0: none. */
static int find_end(struct store *s, uint64_t now_ns, int64_t *end)
{
	char sql[160];
	uint64_t bytes;
	int err = count_bytes(s, &bytes);
	const bool too_much = s->how.keep_bytes && bytes > file_bytes(&s->how);
	const long long oldest = too_much ? INT64_MAX : s->how.keep_ns && now_ns > s->how.keep_ns ?
				 (long long)(now_ns - s->how.keep_ns) : 0;

	*end = 0;
	if (err || !oldest)
		return err;
	snprintf(sql, sizeof(sql), "SELECT max(nr) FROM (SELECT nr FROM death WHERE nr < %lld ORDER BY nr LIMIT %u)",
		 oldest, rows_at_once(&s->how));
	return store__number(s->db, sql, end);
}

static int delete_until(struct store *s, long long end)
{
	static const char *const sql[] = {
		"DELETE FROM death WHERE nr <=",
		"DELETE FROM body WHERE nr <=",
		"DELETE FROM lost WHERE until_ns <=",
		"DELETE FROM hour WHERE (hour + 1) * 3600000000000 <=",
	};
	char line[128];
	int err = begin(s);

	for (unsigned int i = 0; !err && i < sizeof(sql) / sizeof(sql[0]); i++) {
		snprintf(line, sizeof(line), "%s %lld", sql[i], end);
		err = store__exec(s->db, line);
	}
	return err;
}

/* A file that was too large before may become smaller bit by bit; one that has grown since would never. */
static int look_at_growth(struct store *s, bool *grown)
{
	uint64_t bytes;
	int err = count_bytes(s, &bytes);

	if (err)
		return err;
	*grown = s->how.keep_bytes && bytes > file_bytes(&s->how) && s->left_bytes && bytes > s->left_bytes;
	if (!*grown)
		s->left_bytes = bytes;
	return 0;
}

static int give_back(struct store *s, bool *more)
{
	const unsigned int pages = log_pages(&s->how) < KEEP_PAGES ? log_pages(&s->how) : KEEP_PAGES;
	int64_t unused = 0;
	char sql[64];
	int err = store__number(s->db, "PRAGMA freelist_count", &unused);

	snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%u)", pages);
	*more = unused > pages;
	return err || !unused ? err : store__exec(s->db, sql);
}

int store__keep(struct store *s, uint64_t now_ns)
{
	bool grown = false, more = false;
	int64_t end = 0;
	int err = store__commit(s);

	if (!err)
		err = find_end(s, now_ns, &end);
	if (!err && end)
		err = delete_until(s, end);
	if (!err)
		err = store__commit(s);
	if (!err)
		err = look_at_growth(s, &grown);
	if (!err && grown && end)
		return STORE_KEEP_ON;
	if (!err)
		err = give_back(s, &more);
	if (err)
		store__rollback(s);
	return err ? err : end || more ? STORE_KEEP_LATER : 0;
}

void store__checkpoint(struct store *s)
{
	sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}
