/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * history.c: takes what was asked, gives what the history answers: records, printed as when they were new. Does not
 * write to the history, and concludes nothing that was not concluded then.
 */
#include "history.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "history_stats.h"
#include "kernel.h"
#include "log.h"
#include "output.h"
#include "privileges.h"
#include "retell.h"
#include "sandbox.h"
#include "store_read.h"

#define LIST_DEFAULT 100
#define OTHERS_SHOWN 5

struct telling {
	const struct options *o;
	struct reader *reader;
	struct output *output;
	struct et_start start; /* of the row before; h.kind 0: there was none */
	unsigned int damaged;
	bool foreign; /* some are of another version */
};

static int refuse_open(const struct options *o, int err)
{
	switch (err) {
	case -ENOENT:
		log__error("no history in %s: `exittrace serve` keeps one (as root, or systemctl start exittrace); "
			   "one elsewhere: --state-dir", o->state_dir);
		break;
	case -EACCES:
		log__error("%s/history.db may not be read by you: ask as root, or as a member of the group that "
			   "exittrace serve --group names", o->state_dir);
		break;
	case -ENXIO:
		log__error("%s/history.db, or its -wal or -shm, is no file: look who put a pipe or a directory there",
			   o->state_dir);
		break;
	case -EPROTONOSUPPORT:
		log__error("%s/history.db was written by another version of exittrace, which must read it",
			   o->state_dir);
		break;
	case -EBADMSG:
		log__error("%s/history.db is damaged, or no history; exittrace serve moves it aside when it starts",
			   o->state_dir);
		break;
	default:
		log__error("%s/history.db: %s", o->state_dir, strerror(-err));
	}
	return err == -EACCES ? STATUS_DENIED : STATUS_ERROR;
}

/* ---- printing ---- */

static int open_output(struct telling *t)
{
	const struct options *o = t->o;
	const struct output_options to = {
		.fd = STDOUT_FILENO,
		.json = o->json,
		.story = (o->verbose || o->mode == MODE_WHY) && !o->json,
		.quiet = o->quiet,
		.timestamp = true,
		.utc = o->utc,
		.colour = o->colour,
		.args = o->args,
		.fields = o->nr_fields ? o->fields : NULL,
		.nr_fields = o->nr_fields,
	};

	t->output = output__new(&to);
	return t->output ? 0 : -ENOMEM;
}

static void change_start(struct telling *t, const struct et_start *start)
{
	if (t->start.h.kind && !memcmp(&t->start, start, sizeof(*start)))
		return;
	if (t->start.h.kind || t->o->json)
		output__resume(t->output, start);
	else
		output__begin(t->output, start);
	t->start = *start;
}

static void on_record(void *ctx, const struct record *r)
{
	struct telling *t = ctx;

	output__record(t->output, r);
}

static void put_line(struct telling *t, const struct store_row *row, const char *before)
{
	struct buf *b = &t->output->buf;

	buf__str(b, before);
	buf__put(b, row->line.bytes, row->line.len);
	buf__char(b, '\n');
	if (b->len > 1 << 16)
		output__flush(t->output);
}

/* As it was kept; or made anew, by what was seen then. Of another version's there is the line. */
static int tell(struct telling *t, int64_t nr)
{
	const bool as_kept = t->o->json && !t->o->nr_fields;
	struct store_row row;
	int err = reader__row(t->reader, nr, &row);

	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	if (as_kept) {
		put_line(t, &row, "");
		return 0;
	}
	change_start(t, row.start);
	err = retell__get(row.start, sizeof(*row.start), row.messages.bytes, row.messages.len, on_record, t);
	/* a message of another length is another version's, too */
	if (err == -EPROTONOSUPPORT || err == -EBADMSG) {
		t->foreign = true;
		put_line(t, &row, t->o->json ? "" : "# kept by another version: ");
		return 0;
	}
	return err;
}

static void tell_or_count(struct telling *t, int64_t nr)
{
	int err = tell(t, nr);

	if (err == -EBADMSG)
		t->damaged++;
	else if (err)
		log__error("%s/history.db: %s", t->o->state_dir, strerror(-err));
}

/* ---- what else died ---- */

static void on_other(void *ctx, const struct record *r)
{
	struct telling *t = ctx;
	struct et_peer p = { .id = r->death->id };
	char name[128];

	memcpy(p.comm, r->death->comm, sizeof(p.comm));
	record__name_peer(name, sizeof(name), &p);
	buf__str(&t->output->buf, name);
}

static void on_root(void *ctx, const struct record *r)
{
	struct telling *t = ctx;

	on_other(ctx, r);
	buf__str(&t->output->buf, ": ");
	buf__str(&t->output->buf, r->cause.text);
}

static void put_other(struct telling *t, int64_t nr, record_fn fn)
{
	struct store_row row;

	if (!reader__row(t->reader, nr, &row))
		retell__get(row.start, sizeof(*row.start), row.messages.bytes, row.messages.len, fn, t);
}

static void put_others(struct telling *t, const char *label, const char *column, int64_t nr)
{
	int64_t found[OTHERS_SHOWN], all = 0;
	struct buf *b = &t->output->buf;
	int n = reader__alike(t->reader, column, nr, OTHERS_SHOWN, found, &all);

	for (int i = 0; i < n; i++) {
		buf__str(b, i ? ", " : label);
		put_other(t, found[i], on_other);
	}
	if (n > 0 && all > n)
		buf__printf(b, " and %lld more", (long long)all - n);
	if (n > 0)
		buf__char(b, '\n');
}

/* The root of it all is the death that no other one brought about. A loop cannot be, but a file can be wrong. */
static void put_root(struct telling *t, int64_t nr)
{
	int64_t root = nr, next;

	for (unsigned int i = 0; i < 64 && reader__other(t->reader, "cause_because_of", root, &next) == 1; i++)
		root = next;
	if (root == nr)
		return;
	buf__str(&t->output->buf, "    root      ");
	put_other(t, root, on_root);
	buf__char(&t->output->buf, '\n');
}

static void put_relations(struct telling *t, int64_t nr)
{
	put_root(t, nr);
	put_others(t, "    blast     the same kill ended ", "cause_blast", nr);
	put_others(t, "    led to    the death of ", "id", nr);
}

/* ---- list and why ---- */

static int say_nothing_found(const struct options *o)
{
	char wanted[256];

	text__escape(wanted, sizeof(wanted), text__str(o->wanted ? o->wanted : ""));
	if (o->wanted)
		log__error("the history has no death of '%s' that matches (a pid, a name of up to 15 bytes, a unit, or "
			   "the beginning of a container's id)", wanted);
	else
		log__error("the history has no death that matches");
	return STATUS_ERROR;
}

static int conclude(struct telling *t)
{
	int err = output__flush(t->output);

	if (t->foreign)
		log__note("some were kept by another version of exittrace: only their JSON line can be read");
	if (t->damaged)
		log__error("%u of them cannot be read: %s/history.db is damaged", t->damaged, t->o->state_dir);
	if (err && err != -EPIPE)
		log__error("stdout: %s", strerror(-err));
	return err || t->damaged ? STATUS_ERROR : STATUS_OK;
}

static void tell_all(struct telling *t, const int64_t *nr, int n)
{
	for (int i = n - 1; i >= 0 && !t->output->error; i--) {
		tell_or_count(t, nr[i]);
		if (t->o->mode == MODE_WHY)
			put_relations(t, nr[i]);
	}
}

/* Between the first and the last that are shown: what is not there did not all live on. */
static void tell_lost(struct telling *t, int64_t first, int64_t last)
{
	struct buf *b = &t->output->buf;
	int64_t deaths = 0, gaps = 0;

	if (t->o->mode != MODE_LIST || t->o->json || t->o->quiet ||
	    reader__lost(t->reader, first, last, &deaths, &gaps))
		return;
	if (deaths)
		buf__printf(b, "# %lld more %s seen to die in this time, and lost\n", (long long)deaths,
			    deaths == 1 ? "was" : "were");
	if (gaps)
		buf__printf(b, "# %lld time%s in between nobody watched\n", (long long)gaps, gaps == 1 ? "" : "s");
}

static int tell_found(struct telling *t)
{
	const uint64_t most = t->o->count ? t->o->count : t->o->mode == MODE_WHY ? 1 : LIST_DEFAULT;
	const unsigned int room = most > 10000000 ? 10000000 : (unsigned int)most;
	int64_t *nr = calloc(room, sizeof(*nr));
	int n = nr ? reader__find(t->reader, t->o, room, nr) : -ENOMEM;
	int status;

	if (n > 0) {
		tell_all(t, nr, n);
		tell_lost(t, nr[n - 1], nr[0]);
	}
	free(nr);
	if (n < 0)
		return refuse_open(t->o, n);
	status = conclude(t);
	return n || t->o->mode == MODE_LIST ? status : say_nothing_found(t->o);
}

static int tell_records(const struct options *o, sqlite3 *db)
{
	struct telling t = { .o = o };
	int status = STATUS_ERROR;
	char boot_id[40] = "";

	kernel__boot_id(boot_id, sizeof(boot_id));
	t.reader = reader__new(db, boot_id);
	if (!t.reader)
		sqlite3_close(db);
	else if (!open_output(&t))
		status = tell_found(&t);
	else
		log__error("out of memory");
	output__free(t.output);
	reader__free(t.reader);
	return status;
}

/*
 * What is in the file was chosen by others, and written by who may be less than we are. It is open by now, with all
 * that belongs to it.
 */
static int drop(void)
{
	struct privileges p;
	int err;

	if (geteuid() || !sandbox__is_possible())
		return 0;
	err = privileges__settle(&p, NULL);
	return err ? err : privileges__drop(&p);
}

int history__tell(const struct options *o)
{
	static struct options asked; /* large */
	sqlite3 *db;
	int err;

	asked = *o;
	if (o->mode == MODE_WHY && !o->wanted)
		asked.failed = true; /* what ended well is not asked about */
	db = store__open_reader(o->state_dir, &err);
	if (!db)
		return refuse_open(o, err);
	tzset(); /* while its files are there */
	if (drop()) {
		sqlite3_close(db);
		return STATUS_DENIED;
	}
	if (o->mode == MODE_STATS)
		return history_stats__print(o, db);
	return tell_records(&asked, db);
}
