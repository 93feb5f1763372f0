/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is told to be stored is there, after SIGKILL, a full disk, a new version; and no more than was asked for. */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json_record.h"
#include "queue.h"
#include "store_read.h"
#include "synth.h"
#include "unit.h"

#define SESSION 1000

static char dir[] = "/tmp/test_store.XXXXXX";
static struct store *store;
static struct buf frame, line;

/* ---- frames ---- */

static void on_record(void *ctx, const struct record *r)
{
	struct json_record *json = ctx;

	buf__reset(&line);
	json_record__put(json, &line, r);
	frame__put_record(&frame, r, (struct text){ line.data, line.len - 1 });
}

/* Died at 112 s and as many ns, of this name, and was reaped `zombie_ns` later; NULL: it was not yet. */
static struct feed_frame *death_frame(uint64_t seq, unsigned int pid, uint64_t ns, const char *comm, uint64_t zombie_ns)
{
	static const struct output_options opt = { .json = true };
	struct json_record *json = json_record__new(&opt);
	struct assembler *a = assembler__new(&(struct assembler_options){ .zombie_after_ns = 1 }, on_record, json);
	struct et_clock now = { { ET_CLOCK, sizeof(now) }, 400 * SEC, 400 * SEC + REAL_OFFSET };
	struct synth_death m = synth_death(pid);
	struct et_start start = synth_start();
	struct et_reap reap;

	memset(m.d.comm, 0, sizeof(m.d.comm));
	strcpy(m.d.comm, comm);
	m.d.id.start_ns += ns;
	m.d.dead_ns += ns;
	m.d.status = pid % 2 ? 9 : 0;
	reap = synth_reap(&m.d, synth_peer(412, "bash"), zombie_ns);
	buf__reset(&frame);
	assembler__feed(a, &start, sizeof(start));
	assembler__feed(a, &m, m.d.h.size);
	assembler__feed(a, zombie_ns ? (void *)&reap : (void *)&now, zombie_ns ? sizeof(reap) : sizeof(now));
	assembler__free(a);
	json_record__free(json);
	((struct feed_frame *)frame.data)->seq = seq;
	((struct feed_frame *)frame.data)->session = SESSION;
	CHECK_I64(frame__check(frame.data, frame.len), 0);
	return (struct feed_frame *)frame.data;
}

static const struct feed_frame *session_frame(uint64_t session)
{
	static struct { struct feed_frame h; struct et_start start; } f;

	f.h = (struct feed_frame){ .size = sizeof(f), .kind = FRAME_SESSION, .session = session, .seq = 1 };
	f.start = synth_start();
	return &f.h;
}

static const struct feed_frame *lost_frame(uint64_t session, uint64_t seq, uint64_t deaths)
{
	static struct frame_lost f;

	f = (struct frame_lost){ .h = { .size = sizeof(f), .kind = FRAME_LOST, .session = session, .seq = seq },
				 .from_ns = synth_start().real_ns + MS, .until_ns = synth_start().real_ns + MS,
				 .deaths = deaths, .stage = LOST_RING, .known = 1 };
	return &f.h;
}

/* ---- the file ---- */

static void path_of(char path[256], const char *name)
{
	snprintf(path, 256, "%s/%s", dir, name);
}

static void remove_all(void)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	char path[600];

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		unlink(path);
	}
	closedir(d);
}

static int open_with(uint64_t keep_ns, uint64_t keep_bytes)
{
	const struct store_how how = { .dir = dir, .keep_ns = keep_ns, .keep_bytes = keep_bytes };

	return store__open(&how, &store);
}

static void begin(void)
{
	remove_all();
	CHECK_I64(open_with(0, 0), 0);
	CHECK_I64(store__put(store, session_frame(SESSION)), 0);
}

static int64_t ask(const char *sql)
{
	int64_t n = -1;
	int err;
	sqlite3 *db = store__open_reader(dir, &err);

	CHECK_I64(err, 0);
	if (db)
		CHECK_I64(store__number(db, sql, &n), 0);
	sqlite3_close(db);
	return n;
}

static bool is_whole(void)
{
	return ask("SELECT integrity_check = 'ok' FROM pragma_integrity_check") == 1;
}

static int reopen(void)
{
	store__close(store);
	store = NULL;
	return open_with(0, 0);
}

/* ---- the tests ---- */

static void in_order_and_once(void)
{
	begin();
	CHECK_I64(store__put(store, death_frame(2, 500, 0, "worker", MS)), 0);
	CHECK_I64(store__put(store, death_frame(2, 500, 0, "worker", MS)), -EALREADY);
	CHECK_I64(store__put(store, death_frame(4, 501, 0, "worker", MS)), -ENOENT);
	CHECK_U64(store__reply(store).seq, 0);
	CHECK_I64(store__commit(store), 0);
	CHECK_U64(store__reply(store).seq, 2);
	CHECK_U64(store__reply(store).session, SESSION);
	CHECK_I64(store__put(store, death_frame(3, 501, 0, "worker", MS)), 0);
	CHECK_I64(reopen(), 0); /* not committed */
	CHECK_I64(store__put(store, death_frame(4, 502, 0, "worker", MS)), -ENOENT);
	CHECK_U64(store__reply(store).seq, 2);
	CHECK_I64(store__put(store, death_frame(3, 501, 0, "worker", MS)), 0);
	CHECK_I64(store__commit(store), 0);
	/* the same nanosecond for two */
	CHECK_I64(ask("SELECT max(nr) - min(nr) FROM death"), 1);
	CHECK_I64(ask("SELECT sum(records) FROM session"), 2);
	CHECK_I64(store__put(store, lost_frame(SESSION, 4, 30)), 0);
	CHECK_I64(store__put(store, lost_frame(SESSION, 5, 3)), 0);
	CHECK_I64(store__put(store, session_frame(7)), 0);
	CHECK_I64(store__put(store, lost_frame(7, 2, 500)), 0);
	CHECK_I64(store__commit(store), 0);
	CHECK_U64(store__reply(store).prior_deaths, 2);
	CHECK_U64(store__reply(store).prior_lost, 0);
	CHECK_U64(store__reply(store).prior_ring, 33);
	store__close(store);
}

/* Packets of a session that is not known yet come before its beginning does. */
static void unknown_session(void)
{
	remove_all();
	CHECK_I64(open_with(0, 0), 0);
	CHECK_I64(store__put(store, death_frame(9, 500, 0, "worker", MS)), -ENOENT);
	CHECK_U64(store__reply(store).session, SESSION);
	CHECK_U64(store__reply(store).seq, 0);
	CHECK_I64(store__put(store, session_frame(SESSION)), 0);
	CHECK_I64(store__put(store, death_frame(2, 500, 0, "worker", MS)), 0);
	CHECK_I64(store__commit(store), 0);
	CHECK_I64(ask("SELECT count(*) FROM session JOIN body ON body.session = session.id"), 1);
	store__close(store);
}

static void zombie_becomes_death(void)
{
	begin();
	CHECK_I64(store__put(store, death_frame(2, 501, 0, "worker", 0)), 0);
	CHECK_I64(store__commit(store), 0);
	CHECK_I64(ask("SELECT sum(records) FROM session"), 0);
	CHECK_I64(ask("SELECT zombie FROM death"), 1);
	CHECK_I64(store__put(store, death_frame(3, 501, 0, "worker", 5 * SEC)), 0);
	CHECK_I64(store__commit(store), 0);
	CHECK_I64(ask("SELECT count(*) FROM death"), 1);
	CHECK_I64(ask("SELECT reap_zombie_ns FROM death WHERE zombie = 0"), 5 * SEC);
	CHECK_I64(ask("SELECT sum(records) FROM session"), 1);
	CHECK_I64(ask("SELECT n FROM hour WHERE what = 'cause'"), 1);
	CHECK_I64(ask("SELECT sum FROM hour WHERE what = 'zombie' AND key = 'bash'"), 5 * SEC);
	store__close(store);
}

static int64_t ask_of_name(const char *what, const char *name)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "SELECT coalesce(sum(%s), 0) FROM hour WHERE what = 'exit' AND key = '%s'", what,
		 name);
	return ask(sql);
}

/* Whoever makes processes chooses names: the first of an hour are summed up each, all others together. */
static void names_without_end(void)
{
	char name[ET_COMM_LEN];
	uint64_t seq = 2;

	begin();
	for (unsigned int i = 0; i < STORE_HOUR_KEYS + 500; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		CHECK_I64(store__put(store, death_frame(seq++, 500 + i, i, name, MS)), 0);
		if (i % 700 == 0)
			CHECK_I64(store__commit(store), 0);
	}
	store__rollback(store); /* with names that it knew to be there */
	seq = store__reply(store).seq + 1;
	CHECK(seq > 100 && seq < STORE_HOUR_KEYS + 500);
	for (unsigned int i = (unsigned int)seq - 2; i < STORE_HOUR_KEYS + 500; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		CHECK_I64(store__put(store, death_frame(seq++, 500 + i, i, name, MS)), 0);
	}
	CHECK_I64(store__commit(store), 0);
	CHECK_I64(ask("SELECT count(*) FROM hour WHERE what = 'exit'"), STORE_HOUR_KEYS + 1);
	CHECK_I64(ask("SELECT sum(n) FROM hour WHERE what = 'exit'"), STORE_HOUR_KEYS + 500);
	CHECK_I64(ask_of_name("n", STORE_OTHER_KEYS), 500);
	CHECK(ask_of_name("max", STORE_OTHER_KEYS) > 0);
	CHECK_I64(reopen(), 0); /* it knows how many there are */
	CHECK_I64(store__put(store, death_frame(seq++, 7000, 9000, "n1", MS)), 0);
	CHECK_I64(store__put(store, death_frame(seq++, 7001, 9001, "new", MS)), 0);
	CHECK_I64(store__put(store, death_frame(seq++, 7002, 3600 * SEC, "new", MS)), 0); /* another hour */
	CHECK_I64(store__commit(store), 0);
	CHECK_I64(ask_of_name("n", "n1"), 2);
	CHECK_I64(ask_of_name("n", STORE_OTHER_KEYS), 501);
	CHECK_I64(ask_of_name("n", "new"), 1);
	store__close(store);
}

static struct options asking(const char *wanted)
{
	return (struct options){ .mode = MODE_LIST, .wanted = wanted };
}

static int count_found(const struct options *o, int64_t nr[100])
{
	int err, n;
	sqlite3 *db = store__open_reader(dir, &err);
	struct reader *r = reader__new(db, "01234567-89ab-cdef-0123-456789abcdef");

	n = reader__find(r, o, 100, nr);
	reader__free(r);
	return n;
}

static void what_is_asked_for(void)
{
	struct options o = asking("500");
	int64_t nr[100];

	begin();
	for (unsigned int i = 0; i < 40; i++)
		CHECK_I64(store__put(store, death_frame(2 + i, 500 + i, i * MS, i % 4 ? "worker" : "it's",
							i * SEC + 1)), 0);
	CHECK_I64(store__commit(store), 0);
	CHECK_I64(count_found(&o, nr), 1);
	o = asking("it's");
	CHECK_I64(count_found(&o, nr), 10);
	CHECK(nr[0] > nr[1] && nr[8] > nr[9]);
	o = asking("it's'; DROP TABLE death; --");
	CHECK_I64(count_found(&o, nr), 0);
	o = asking(NULL);
	CHECK_I64(count_found(&o, nr), 40);
	o.failed = true;
	CHECK_I64(count_found(&o, nr), 20);
	o.signals = 1ULL << (15 - 1);
	CHECK_I64(count_found(&o, nr), 0);
	o.signals = 1ULL << (9 - 1);
	CHECK_I64(count_found(&o, nr), 20);
	o = asking(NULL);
	o.min_zombie_ns = 30 * SEC;
	CHECK_I64(count_found(&o, nr), 10);
	o.min_zombie_ns = 1000;
	CHECK_I64(count_found(&o, nr), 39);
	o = asking(NULL);
	o.since_ns = 112 * SEC + 35 * MS + REAL_OFFSET;
	o.this_boot = true;
	CHECK_I64(count_found(&o, nr), 5);
	o.causes = 1ULL << CAUSE_EXIT;
	CHECK_I64(count_found(&o, nr), 2);
	store__close(store);
}

static void line_comes_back(void)
{
	struct buf lines[30] = { 0 };
	struct store_row row;
	struct reader *r;
	int64_t nr[100];
	int err, n;

	begin();
	for (unsigned int i = 0; i < 30; i++) {
		CHECK_I64(store__put(store, death_frame(2 + i, 500 + i, i * MS, "worker", i * 977 + 1)), 0);
		buf__put(&lines[i], line.data, line.len - 1);
	}
	CHECK_I64(store__commit(store), 0);
	r = reader__new(store__open_reader(dir, &err), "");
	n = reader__find(r, &(struct options){ .mode = MODE_LIST }, 100, nr);
	CHECK_I64(n, 30);
	for (int i = 0; i < n; i++) {
		CHECK_I64(reader__row(r, nr[i], &row), 0);
		CHECK_BYTES(row.line.bytes, row.line.len, lines[29 - i].data, lines[29 - i].len);
		buf__free(&lines[29 - i]);
	}
	CHECK_I64(reader__row(r, 1, &row), -ENOENT);
	reader__free(r);
	CHECK_I64(ask("SELECT sum(length(line)) * 3 < sum(line_len) FROM body"), 1);
	store__close(store);
}

/* Tells through the pipe what is committed, and is killed in the middle of it. */
static void write_for_ever(int fd)
{
	uint64_t seq;

	/* with a connection of its own; what is behind the session's beginning tells where it was */
	if (open_with(0, 0) || store__put(store, death_frame(1, 5, 0, "worker", MS)) != -EALREADY)
		_exit(1);
	seq = store__reply(store).seq;
	for (unsigned int i = 0;; i++) {
		seq++;
		if (store__put(store, death_frame(seq, 1000 + i, seq * MS, "worker", MS)))
			_exit(1);
		if (i % 7)
			continue;
		if (store__commit(store) || write(fd, &seq, sizeof(seq)) != sizeof(seq))
			_exit(1);
		if (i % 35 == 0)
			store__keep(store, 0);
	}
}

/* So long after its first commit. */
static uint64_t kill_a_writer(unsigned int after_us)
{
	uint64_t seq = 0, last = 0;
	int fds[2], status;
	pid_t pid;

	CHECK_I64(pipe(fds), 0);
	pid = fork();
	if (!pid)
		write_for_ever(fds[1]);
	close(fds[1]);
	if (read(fds[0], &last, sizeof(last)) != sizeof(last)) /* however slow this machine is, something is there */
		last = 0;
	usleep(after_us);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	CHECK(WIFSIGNALED(status));
	while (read(fds[0], &seq, sizeof(seq)) == sizeof(seq))
		last = seq;
	close(fds[0]);
	return last;
}

static void killed_while_writing(void)
{
	uint64_t committed;

	begin();
	CHECK_I64(store__commit(store), 0);
	store__close(store);
	for (unsigned int i = 0; i < 15; i++) {
		committed = kill_a_writer(i * 5000);
		CHECK(is_whole());
		CHECK(committed <= (uint64_t)ask("SELECT seq FROM session"));
		CHECK_I64(ask("SELECT count(*) FROM death") + 1, ask("SELECT seq FROM session"));
		CHECK_I64(ask("SELECT count(*) FROM death JOIN body USING (nr)"), ask("SELECT count(*) FROM body"));
	}
	CHECK(ask("SELECT count(*) FROM death") > 30);
}

static void old_and_too_many_go(void)
{
	int64_t before;
	int more;

	begin();
	for (unsigned int i = 0; i < 6000; i++)
		CHECK_I64(store__put(store, death_frame(2 + i, 500 + i, i * SEC, "worker", MS)), 0);
	CHECK_I64(store__commit(store), 0);
	store__close(store);
	store = NULL;
	/* of the last 100 seconds, that of the first and that of the last included */
	CHECK_I64(open_with(100 * SEC, 0), 0);
	for (unsigned int i = 0; i < 10 && (more = store__keep(store, (112 + 5999) * SEC + REAL_OFFSET)); i++)
		CHECK_I64(more, 1);
	CHECK_I64(ask("SELECT count(*) FROM death"), 101);
	CHECK_I64(ask("SELECT count(*) FROM body"), 101);
	before = (int64_t)store__bytes(store);
	store__checkpoint(store);
	CHECK((int64_t)store__bytes(store) < before);
	CHECK_I64(ask("PRAGMA freelist_count"), 0);
	store__close(store);
	store = NULL;
	CHECK_I64(open_with(0, 4096 * 50), 0);
	CHECK_I64(store__put(store, death_frame(1, 5, 0, "worker", MS)), -EALREADY);
	for (unsigned int i = 0; i < 1000; i++)
		CHECK_I64(store__put(store, death_frame(6002 + i, 500 + i, (7000 + i) * SEC, "worker", MS)), 0);
	for (unsigned int i = 0; i < 1000 && store__keep(store, UINT64_MAX / 2) > 0; i++)
		;
	CHECK(ask("PRAGMA page_count") <= 50);
	CHECK(is_whole());
	store__close(store);
}

/* From 1970 to today, before which there was no time to go by; and far ahead, and back. */
static void a_clock_that_is_set(void)
{
	const uint64_t day = 86400 * SEC, today = 20000 * day, keep = 7 * day;
	struct store_clock c = { 0 };

	CHECK_U64(store__clock(&c, 5 * SEC, 9 * SEC, keep), 9 * SEC);
	CHECK_U64(store__clock(&c, 15 * SEC, 20 * SEC, keep), 20 * SEC); /* kept right */
	CHECK_U64(store__clock(&c, 25 * SEC, today, keep), 30 * SEC);
	CHECK_U64(store__clock(&c, 25 * SEC + keep - 1, today + keep - 1, keep), 30 * SEC + keep - 1);
	CHECK_U64(store__clock(&c, 25 * SEC + keep, today + keep, keep), today + keep);
	c = (struct store_clock){ 0 };
	CHECK_U64(store__clock(&c, day, today, keep), today);
	CHECK_U64(store__clock(&c, day + SEC, 2 * today, keep), today + SEC);
	CHECK_U64(store__clock(&c, day + 2 * SEC, today + 2 * SEC, keep), today + 2 * SEC);
	CHECK_U64(store__clock(&c, 2 * day, today - day, keep), today - day); /* what is ahead of it stays longer */
}

/* What was kept before the clock was set does not go for it. */
static void kept_before_the_clock_was_set(void)
{
	const uint64_t died = 112 * SEC + REAL_OFFSET, year = 365 * 86400 * SEC, keep = 100 * SEC;
	struct store_clock c = { 0 };

	begin();
	CHECK_I64(store__put(store, death_frame(2, 500, 0, "worker", MS)), 0);
	CHECK_I64(store__commit(store), 0);
	store__close(store);
	store = NULL;
	CHECK_I64(open_with(keep, 0), 0);
	CHECK_I64(store__keep(store, store__clock(&c, 112 * SEC, died, keep)), 0);
	CHECK_I64(store__keep(store, store__clock(&c, 113 * SEC, died + SEC + year, keep)), 0);
	CHECK_I64(ask("SELECT count(*) FROM death"), 1);
	CHECK(store__keep(store, store__clock(&c, 113 * SEC + keep, died + SEC + year + keep, keep)) >= 0);
	CHECK_I64(ask("SELECT count(*) FROM death"), 0);
	store__close(store);
}

/* More at once than are deleted at once, again and again. */
static void a_storm_is_not_more_than_may_be_kept(void)
{
	const uint64_t most = 4 << 20;
	unsigned int n = 0;

	remove_all();
	CHECK_I64(open_with(0, most), 0);
	CHECK_I64(store__put(store, session_frame(SESSION)), 0);
	for (unsigned int storm = 0; storm < 12; storm++) {
		for (unsigned int i = 0; i < 2500; i++, n++)
			CHECK_I64(store__put(store, death_frame(2 + n, 500 + n, n * MS, "worker", MS)), 0);
		CHECK_I64(store__commit(store), 0);
		while (store__keep(store, UINT64_MAX / 2) == STORE_KEEP_ON)
			;
		/* what one transaction needed more is free, and taken by the next */
		CHECK((uint64_t)ask("SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count")
		      * 4096 <= most);
		CHECK(store__bytes(store) <= 2 * most);
	}
	CHECK(ask("SELECT count(*) FROM death") > 2500);
	CHECK_I64(ask("SELECT max(process_pid) FROM death"), 500 + n - 1);
	CHECK(is_whole());
	store__close(store);
}

/* No byte more can be written, as on a full disk; then again. */
static void no_room(void)
{
	const struct rlimit none = { 300 << 10, RLIM_INFINITY }, all = { RLIM_INFINITY, RLIM_INFINITY };
	uint64_t seq = 1, kept;
	int err = 0;

	signal(SIGXFSZ, SIG_IGN);
	begin();
	CHECK_I64(store__commit(store), 0);
	CHECK_I64(setrlimit(RLIMIT_FSIZE, &none), 0);
	while (!err && seq < 100000) {
		seq++;
		err = store__put(store, death_frame(seq, (unsigned int)seq + 500, seq, "worker", MS));
		if (!err && seq % 50 == 0)
			err = store__commit(store);
	}
	CHECK_I64(err, -EIO); /* EFBIG is not ENOSPC */
	store__rollback(store);
	kept = store__reply(store).seq;
	CHECK(kept < seq && kept > 1);
	CHECK_I64(setrlimit(RLIMIT_FSIZE, &all), 0);
	CHECK_I64(store__put(store, death_frame(kept + 1, 99, kept, "worker", MS)), 0);
	CHECK_I64(store__commit(store), 0);
	CHECK_U64(store__reply(store).seq, kept + 1);
	CHECK(is_whole());
	CHECK_I64(ask("SELECT count(*) FROM death") + 1, ask("SELECT seq FROM session"));
	store__close(store);
}

static void spoil(off_t from_end)
{
	char path[256], noise[4096];
	int fd;

	path_of(path, STORE_FILE);
	memset(noise, 0xa5, sizeof(noise));
	fd = open(path, O_WRONLY);
	CHECK(pwrite(fd, noise, sizeof(noise), lseek(fd, 0, SEEK_END) - from_end) == sizeof(noise));
	close(fd);
}

static void damaged(void)
{
	char name[STORE_NAME], path[256];
	struct stat st;

	begin();
	for (unsigned int i = 0; i < 300; i++)
		CHECK_I64(store__put(store, death_frame(2 + i, 500 + i, i, "worker", MS)), 0);
	CHECK_I64(store__commit(store), 0);
	store__checkpoint(store);
	store__close(store);
	store = NULL;
	spoil(4096);
	CHECK_I64(open_with(0, 0), -EBADMSG);
	CHECK_I64(store__move_aside(dir, name), 0);
	path_of(path, name);
	CHECK_I64(stat(path, &st), 0);
	CHECK_I64(open_with(0, 0), 0);
	CHECK_I64(ask("SELECT count(*) FROM death"), 0);
	store__close(store);
}

static void change(const char *sql)
{
	char path[256];
	sqlite3 *db;

	path_of(path, STORE_FILE);
	CHECK_I64(sqlite3_open(path, &db), 0);
	CHECK_I64(store__exec(db, sql), 0);
	sqlite3_close(db);
}

/* A field that an older exittrace did not know as a column; a file of a newer one. */
static void other_versions(void)
{
	begin();
	CHECK_I64(store__put(store, death_frame(2, 500, 0, "worker", MS)), 0);
	CHECK_I64(store__commit(store), 0);
	store__close(store);
	store = NULL;
	change("ALTER TABLE death DROP COLUMN parent_comm");
	CHECK_I64(open_with(0, 0), 0);
	CHECK_I64(store__put(store, death_frame(3, 501, 0, "worker", MS)), 0);
	CHECK_I64(store__commit(store), 0);
	CHECK_I64(ask("SELECT count(*) FROM death WHERE parent_comm IS NULL"), 1);
	CHECK_I64(ask("SELECT count(*) FROM death WHERE parent_comm = 'bash'"), 1);
	store__close(store);
	store = NULL;
	change("PRAGMA user_version=99");
	CHECK_I64(open_with(0, 0), -EPROTONOSUPPORT);
	remove_all();
	change("CREATE TABLE somebodys(x)");
	CHECK_I64(open_with(0, 0), -EBADMSG);
}

/* In the place of a file: told, not waited for. */
static void no_files(void)
{
	static const char *const names[] = { STORE_FILE, STORE_FILE "-wal", STORE_FILE "-shm" };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char path[sizeof(to.sun_path)];
	int err, fd;

	alarm(20); /* and were it waited for, that ends it */
	for (unsigned int i = 0; i < 3; i++) {
		begin();
		CHECK_I64(store__commit(store), 0);
		store__close(store);
		store = NULL;
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
		CHECK_I64(mkfifo(path, 0600), 0);
		CHECK(!store__open_reader(dir, &err));
		CHECK_I64(err, -ENXIO);
	}
	remove_all();
	snprintf(to.sun_path, sizeof(to.sun_path), "%s/" STORE_FILE, dir);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_I64(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	CHECK(!store__open_reader(dir, &err));
	CHECK_I64(err, -ENXIO);
	close(fd);
	alarm(0);
	remove_all();
	CHECK(!store__open_reader(dir, &err));
	CHECK_I64(err, -ENOENT);
}

/* ---- the way there ---- */

static void cut_frames_are_none(void)
{
	struct feed_frame *f = death_frame(2, 500, 0, "worker", MS);
	const uint32_t size = f->size;

	for (uint32_t cut = 8; cut < size; cut += 8) {
		f->size = size - cut;
		CHECK_I64(frame__check(f, f->size), -EBADMSG);
	}
	f->size = size;
	((struct frame_record *)f)->columns_len--;
	CHECK_I64(frame__check(f, size), -EBADMSG);
	((struct frame_record *)f)->columns_len = UINT32_MAX;
	CHECK_I64(frame__check(f, size), -EBADMSG);
}

/* Reads a packet and gives it to the store, as a recorder does; false: there was none. */
static bool take_packet(int fd, struct reply *again)
{
	static _Alignas(8) char packet[FRAME_MAX];
	const ssize_t n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);

	again->kind = 0;
	for (ssize_t at = 0; at < n; at += ((struct feed_frame *)(packet + at))->size) {
		int err = store__put(store, (struct feed_frame *)(packet + at));

		if (err && err != -EALREADY) {
			*again = store__reply(store);
			again->kind = REPLY_AGAIN;
			break;
		}
	}
	return n > 0;
}

static void drain(struct queue *q, int fds[2])
{
	struct reply again, stored;

	for (unsigned int i = 0; i < 1000 && !queue__is_empty(q); i++) {
		queue__send(q, fds[0]);
		while (take_packet(fds[1], &again))
			if (again.kind)
				queue__reply(q, &again);
		CHECK_I64(store__commit(store), 0);
		stored = store__reply(store);
		queue__reply(q, &stored);
	}
	CHECK(queue__is_empty(q));
}

/* Packets are lost with their recorder, and at last all that it ever wrote. */
static void nothing_is_lost_on_the_way(void)
{
	struct queue *q = queue__new(64 << 20, SESSION, session_frame(SESSION));
	struct reply again, news = { .kind = REPLY_AGAIN };
	int fds[2];

	remove_all();
	CHECK_I64(open_with(0, 0), 0);
	CHECK_I64(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	for (unsigned int i = 0; i < 2000; i++)
		CHECK(queue__put(q, death_frame(0, 500 + i, i, "worker", MS), false));
	queue__send(q, fds[0]);
	take_packet(fds[1], &again);
	CHECK_I64(reopen(), 0); /* it was killed, with a packet in hand */
	queue__reply(q, &news);
	drain(q, fds);
	CHECK_I64(ask("SELECT count(*) FROM death"), 2000);
	store__close(store);
	remove_all();
	CHECK_I64(open_with(0, 0), 0);
	for (unsigned int i = 0; i < 500; i++)
		CHECK(queue__put(q, death_frame(0, 500 + i, i, "worker", MS), false));
	drain(q, fds);
	CHECK_I64(ask("SELECT count(*) FROM death"), 500);
	CHECK(queue__session(q) == SESSION + 1);
	queue__free(q);
	store__close(store);
	close(fds[0]);
	close(fds[1]);
}

static void a_full_queue_says_so(void)
{
	struct queue *q = queue__new(1 << 20, SESSION, session_frame(SESSION));
	unsigned int n = 0;

	while (n < 10000 && queue__put(q, death_frame(0, 500, n, "worker", MS), false))
		n++;
	CHECK(n > 200 && n < 2000);
	CHECK(queue__put(q, session_frame(1), true)); /* small, and there is room for such */
	queue__free(q);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	UNIT(in_order_and_once);
	UNIT(unknown_session);
	UNIT(zombie_becomes_death);
	UNIT(names_without_end);
	UNIT(what_is_asked_for);
	UNIT(line_comes_back);
	UNIT(killed_while_writing);
	UNIT(old_and_too_many_go);
	UNIT(a_clock_that_is_set);
	UNIT(kept_before_the_clock_was_set);
	UNIT(a_storm_is_not_more_than_may_be_kept);
	UNIT(no_room);
	UNIT(damaged);
	UNIT(other_versions);
	UNIT(no_files);
	UNIT(cut_frames_are_none);
	UNIT(nothing_is_lost_on_the_way);
	UNIT(a_full_queue_says_so);
	remove_all();
	rmdir(dir);
	buf__free(&frame);
	buf__free(&line);
	return unit__end();
}
