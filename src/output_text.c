/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes records, gives a table with one line per record, under 80 columns wide
 * unless columns or full times were asked for. Does not know JSON.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "output.h"

#define NO_LIMIT SIZE_MAX
#define ELLIPSIS "\xe2\x80\xa6"

struct column {
	const char *title;
	const char *key; /* of the field table, NULL: none needed */
	const struct field *field;
	unsigned int width;
	unsigned int spill; /* how far a long value may reach into the next column */
	bool right;
	bool cut;    /* longer values end in an ellipsis */
	const char *(*tint)(const struct output *o, const struct record *r); /* NULL: none */
	void (*put)(struct buf *b, const struct output *o, const struct column *c, const struct record *r);
};

struct table {
	struct column *columns;
	unsigned int nr;
	struct buf cell;
};

/* A line being written: columns used so far, and where the present cell's column begins. */
struct line {
	struct buf *b;
	size_t at, start;
};

/* ---- cells ---- */

static void cell_field(struct buf *b, const struct output *o, const struct column *c, const struct record *r)
{
	struct value v = record__value(c->field, r);

	if (v.kind != V_ABSENT)
		output__put_value(b, o, c->field, r, v);
	else /* members of a group that is null are absent */
		buf__char(b, record__is_missing(r, (unsigned int)(c->field - record_fields)) ? '?' : '-');
}

/* For what every process has. */
static void cell_certain(struct buf *b, const struct output *o, const struct column *c, const struct record *r)
{
	struct value v = record__value(c->field, r);

	if (v.kind == V_ABSENT)
		buf__char(b, '?');
	else
		output__put_value(b, o, c->field, r, v);
}

static void cell_time(struct buf *b, const struct output *o, const struct column *c, const struct record *r)
{
	struct value v = record__value(c->field, r);

	if (v.kind == V_TIME)
		output__put_time(b, v.u, o->opt.utc, o->opt.timestamp ? TIME_FULL : TIME_SECONDS);
	else
		cell_field(b, o, c, r);
}

/* At most `digits` digits and a letter: "9999", "12k". */
static void put_short_number(struct buf *b, uint64_t n, unsigned int digits)
{
	static const char units[] = "kMGTPE";
	uint64_t limit = 10;
	unsigned int unit = 0;

	while (digits-- > 1)
		limit *= 10;
	for (; n >= limit; n /= 1000) {
		if (!unit)
			limit /= 10; /* the letter needs room too */
		unit++;
	}
	buf__u64(b, n);
	if (unit)
		buf__char(b, units[unit - 1]);
}

/* The kernel tells nobody of these: data may be lost. */
static bool has_flush_errors(const struct record *r)
{
	return r->death->files.errors && r->type == RECORD_DEATH;
}

static const char *tint_files(const struct output *o, const struct record *r)
{
	return o->opt.colour && has_flush_errors(r) ? OUTPUT_ALARM : "";
}

static void cell_files(struct buf *b, const struct output *o, const struct column *c, const struct record *r)
{
	struct value v = record__value(c->field, r);

	(void)o;
	if (v.kind == V_U64)
		put_short_number(b, v.u, 4);
	else
		buf__char(b, '?');
	if (has_flush_errors(r))
		buf__char(b, '!');
}

static void cell_reaper(struct buf *b, const struct output *o, const struct column *c, const struct record *r)
{
	(void)o;
	(void)c;
	if (r->reap.how == REAP_AUTO)
		buf__str(b, "(auto)");
	else if (r->reap.how == REAP_UNREAPED)
		buf__char(b, '-');
	else if (r->reap.by_known)
		buf__text(b, text__array(r->reap.by.comm, sizeof(r->reap.by.comm)));
	else
		buf__char(b, '?');
}

static void cell_zombie(struct buf *b, const struct output *o, const struct column *c, const struct record *r)
{
	(void)o;
	(void)c;
	if (r->reap.time_known)
		output__put_duration(b, r->reap.zombie_ns);
	else
		buf__char(b, r->reap.how == REAP_AUTO ? '-' : '?');
}

/* An interim record has one thing to say, in the place of CAUSE and what follows. */
static void put_zombie(struct buf *b, const struct record *r)
{
	char name[128];

	buf__str(b, "zombie");
	if (r->reap.time_known) {
		buf__str(b, " for ");
		output__put_duration(b, r->reap.zombie_ns);
	}
	if (r->death->parent.id.tgid) {
		record__name_peer(name, sizeof(name), &r->death->parent);
		buf__str(b, ", parent ");
		buf__str(b, name);
		buf__str(b, " does not wait");
	}
}

static void put_dying(struct buf *b, const struct record *r)
{
	const char *phase = output__phase_words(r->phases.now);

	buf__str(b, "dying");
	if (r->phases.known) {
		buf__str(b, " for ");
		output__put_duration(b, r->phases.exit_ns);
	}
	if (phase) {
		buf__str(b, ", ");
		buf__str(b, phase);
		buf__str(b, " for ");
		output__put_duration(b, r->phases.now_ns);
	}
	if (!r->cause.signal)
		return;
	buf__str(b, " (");
	buf__str(b, r->cause.text);
	buf__char(b, ')');
}

/* Text about one killed alone names it. */
static void put_thread(struct buf *b, const struct record *r)
{
	struct et_peer thread = { .id = { .tgid = r->thread->tid } };
	char name[128];

	if (!(r->thread->flags & ET_THREAD_ALONE)) {
		memcpy(thread.comm, r->thread->comm, sizeof(thread.comm));
		record__name_peer(name, sizeof(name), &thread);
		buf__str(b, "thread ");
		buf__str(b, name);
		buf__str(b, ": ");
	}
	buf__str(b, r->cause.text);
}

static void cell_cause(struct buf *b, const struct output *o, const struct column *c, const struct record *r)
{
	(void)o;
	(void)c;
	if (r->thread)
		put_thread(b, r);
	else if (r->type == RECORD_ZOMBIE)
		put_zombie(b, r);
	else if (r->type == RECORD_DYING)
		put_dying(b, r);
	else
		buf__str(b, r->cause.text);
}

/*
 * 79 columns. COMM spills into CAUSE, and CAUSE is cut so that what follows stays in line; a
 * "!" at FDS takes the space before REAPER if it must.
 */
static const struct column default_columns[] = {
	{ .title = "TIME", .width = 8, .key = "time", .put = cell_time },
	{ .title = "PID", .width = 7, .right = true, .cut = true, .key = "process.pid", .put = cell_field },
	{ .title = "COMM", .width = 8, .spill = 4, .cut = true, .key = "process.comm", .put = cell_field },
	{ .title = "CAUSE", .width = 19, .cut = true, .tint = output__tint, .put = cell_cause },
	{ .title = "AGE", .width = 6, .right = true, .cut = true, .key = "process.age_ns", .put = cell_certain },
	{ .title = "EXIT", .width = 6, .right = true, .cut = true, .key = "phases.exit_ns", .put = cell_certain },
	{ .title = "FDS", .width = 4, .spill = 1, .right = true, .cut = true, .key = "files.closed",
	  .tint = tint_files, .put = cell_files },
	{ .title = "REAPER", .width = 7, .cut = true, .put = cell_reaper },
	{ .title = "ZOMBIE", .width = 6, .right = true, .cut = true, .put = cell_zombie },
};

/* ---- lines ---- */

static void pad_to(struct line *l, size_t column)
{
	for (; l->at < column; l->at++)
		buf__char(l->b, ' ');
}

/* Columns that a cell may take from where it begins. */
static size_t limit_of(const struct line *l, const struct column *c)
{
	size_t end = l->start + c->width + c->spill;

	if (!c->cut)
		return NO_LIMIT;
	return end > l->at ? end - l->at : 1;
}

static void put_cut(struct line *l, const char *cell, size_t limit)
{
	size_t width = text__width(cell), len;

	if (width <= limit) {
		buf__str(l->b, cell);
		l->at += width;
		return;
	}
	len = text__fit(cell, limit - 1);
	buf__put(l->b, cell, len);
	buf__str(l->b, ELLIPSIS);
	l->at += limit;
	if (limit > 1 && text__fit(cell, limit - 2) == len)
		l->at--; /* a wide character did not fit */
}

static void put_cell(struct line *l, const struct column *c, const char *cell, const char *tint)
{
	size_t width = text__width(cell), end = l->start + c->width;

	if (l->start)
		pad_to(l, l->at + 1 > l->start ? l->at + 1 : l->start);
	if (c->right && width < end)
		pad_to(l, end - width);
	buf__str(l->b, tint);
	put_cut(l, cell, limit_of(l, c));
	if (*tint)
		buf__str(l->b, OUTPUT_UNTINT);
	l->start += c->width + 1;
}

/* The cell of c for r as a string; without a record the heading. */
static const char *make_cell(struct output *o, const struct column *c, const struct record *r)
{
	struct table *t = o->priv;

	buf__reset(&t->cell);
	if (r)
		c->put(&t->cell, o, c, r);
	else
		buf__str(&t->cell, c->title);
	buf__char(&t->cell, '\0');
	return t->cell.failed ? "" : t->cell.data;
}

static bool speaks_to_the_end(const struct column *c, const struct record *r)
{
	return r && r->type != RECORD_DEATH && c->put == cell_cause;
}

static void put_line(struct output *o, struct buf *b, const struct record *r)
{
	const struct table *t = o->priv;
	struct line l = { .b = b };
	struct column c;
	unsigned int i, rest;

	for (i = 0; i < t->nr; i++) {
		c = t->columns[i];
		if (speaks_to_the_end(&c, r)) {
			for (rest = i + 1; rest < t->nr; rest++)
				c.width += 1 + t->columns[rest].width;
			i = t->nr;
		}
		put_cell(&l, &c, make_cell(o, &c, r), r && c.tint ? c.tint(o, r) : "");
	}
	buf__char(b, '\n');
}

/* ---- columns ---- */

static unsigned int time_width(const struct output_options *opt)
{
	return opt->utc ? strlen("2026-11-21 12:03:04.123456Z") : strlen("2026-11-21 12:03:04.123456+01:00");
}

static void choose_column(struct column *c, const struct field *f, const struct output_options *opt)
{
	bool number = !strcmp(f->type, "integer");
	unsigned int width = number ? 7 : 16;

	if (!strcmp(f->key, "time"))
		width = opt->timestamp ? time_width(opt) : strlen("12:03:04.123456");
	if (width < strlen(f->title))
		width = strlen(f->title);
	*c = (struct column){
		.title = f->title,
		.width = width,
		.right = number,
		.tint = strncmp(f->key, "cause.", 6) ? NULL : output__tint,
		.field = f,
		.put = cell_field,
	};
}

static int default_table(struct table *t, const struct output_options *opt)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(default_columns); i++) {
		struct column *c = &t->columns[i];

		*c = default_columns[i];
		if (c->put == cell_time && opt->timestamp)
			c->width = time_width(opt);
		if (!c->key)
			continue;
		c->field = record__field(c->key);
		if (!c->field)
			return -ENOENT;
	}
	return 0;
}

static int text_init(struct output *o)
{
	struct table *t = calloc(1, sizeof(*t));
	unsigned int i;

	if (!t)
		return -ENOMEM;
	o->priv = t;
	t->nr = o->opt.fields ? o->opt.nr_fields : ARRAY_SIZE(default_columns);
	t->columns = calloc(t->nr + 1, sizeof(*t->columns));
	if (!t->columns)
		return -ENOMEM;
	if (!o->opt.fields)
		return default_table(t, &o->opt);
	for (i = 0; i < t->nr; i++)
		choose_column(&t->columns[i], o->opt.fields[i], &o->opt);
	return 0;
}

static void text_fini(struct output *o)
{
	struct table *t = o->priv;

	if (!t)
		return;
	buf__free(&t->cell);
	free(t->columns);
	free(t);
}

/* ---- the output ---- */

static void text_begin(struct output *o, struct buf *b, const struct et_start *s)
{
	(void)s;
	if (!o->opt.quiet && !o->opt.summary)
		put_line(o, b, NULL);
}

static void text_record(struct output *o, struct buf *b, const struct record *r)
{
	put_line(o, b, r);
}

const struct output_ops output_text_ops = {
	.init = text_init,
	.fini = text_fini,
	.begin = text_begin,
	.record = text_record,
	.lost = output__put_lost,
	.end = output__put_totals,
};
