/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes records, gives NDJSON. The objects follow from the dotted keys of the
 * field table, which is compiled once into ready pieces of text. Does not choose
 * what a record holds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "names.h"
#include "options.h"
#include "output.h"
#include "version.h"

/* ---- the compiled table ---- */

/* A ready piece of text. It is copied whole whatever its length: that is several times faster. */
#define PIECE_MAX 32

struct quoted {
	size_t len;
	char text[PIECE_MAX + 1]; /* copied without the comma, PIECE_MAX bytes from the second on */
};

struct group {
	struct quoted open; /* ,"name":{ */
	const char *path; /* into a key of the table: "process.executable" */
	size_t path_len;
	unsigned int parent; /* of group 0, the record: itself */
};

struct piece {
	const struct field *field;
	unsigned int group;
	struct quoted key;  /* ,"name": */
	struct quoted twin; /* ,"name_b64": */
	struct plan *items; /* V_LIST */
};

struct plan {
	struct group *groups;
	struct piece *pieces;
	unsigned int nr_groups, nr_pieces;
};

static void plan__free(struct plan *p)
{
	unsigned int i;

	if (!p)
		return;
	for (i = 0; i < p->nr_pieces; i++)
		plan__free(p->pieces[i].items);
	free(p->groups);
	free(p->pieces);
	free(p);
}

/* Room for every piece, and for a group behind every dot. */
static struct plan *plan__alloc(const struct field *fields, unsigned int n)
{
	struct plan *p = calloc(1, sizeof(*p));
	unsigned int i, dots = 0;
	const char *s;

	if (!p)
		return NULL;
	for (i = 0; i < n; i++) {
		for (s = fields[i].key; *s; s++)
			dots += *s == '.';
	}
	p->pieces = calloc(n + 1, sizeof(*p->pieces));
	p->groups = calloc(dots + 1, sizeof(*p->groups));
	p->nr_groups = 1; /* the record itself */
	if (p->pieces && p->groups)
		return p;
	plan__free(p);
	return NULL;
}

/* ,"name<suffix>; false: too long. */
static bool quote_key(struct quoted *q, const char *name, size_t len, const char *suffix)
{
	size_t suffix_len = strlen(suffix);

	q->len = 2 + len + suffix_len;
	if (q->len > PIECE_MAX)
		return false;
	memcpy(q->text, ",\"", 2);
	memcpy(q->text + 2, name, len);
	memcpy(q->text + 2 + len, suffix, suffix_len);
	return true;
}

/* The group path[0..len), made if it is new; negative errno. */
static int plan__group(struct plan *p, unsigned int parent, const char *path, size_t len)
{
	const char *name = path + (parent ? p->groups[parent].path_len + 1 : 0);
	struct group *g;
	unsigned int i;

	for (i = 1; i < p->nr_groups; i++) {
		g = &p->groups[i];
		if (g->path_len == len && !memcmp(g->path, path, len))
			return (int)i;
	}
	g = &p->groups[p->nr_groups];
	*g = (struct group){ .path = path, .path_len = len, .parent = parent };
	if (!quote_key(&g->open, name, len - (size_t)(name - path), "\":{"))
		return -ENAMETOOLONG;
	return (int)p->nr_groups++;
}

static struct plan *plan__new(const struct field *fields, unsigned int n, const struct output_options *opt);

static int plan__add(struct plan *p, const struct field *f)
{
	struct piece *piece = &p->pieces[p->nr_pieces++];
	const char *name = f->key, *dot;
	int group = 0;

	piece->field = f;
	while ((dot = strchr(name, '.'))) {
		group = plan__group(p, (unsigned int)group, f->key, (size_t)(dot - f->key));
		if (group < 0)
			return group;
		name = dot + 1;
	}
	piece->group = (unsigned int)group;
	if (!quote_key(&piece->key, name, strlen(name), "\":") ||
	    !quote_key(&piece->twin, name, strlen(name), "_b64\":"))
		return -ENAMETOOLONG;
	if (f->items)
		piece->items = plan__new(f->items, f->nr_items, NULL);
	return f->items && !piece->items ? -ENOMEM : 0;
}

/* A row of the table that the chosen fields need: itself, its group as a whole, or what identifies the record. */
static bool is_chosen(const struct field *f, const struct output_options *opt)
{
	unsigned int i;

	if (!strcmp(f->key, "schema") || !strcmp(f->key, "type"))
		return false; /* begin every line */
	if (!opt->args && options__is_args(f))
		return false;
	if (!opt->fields || !strcmp(f->key, "id"))
		return true;
	for (i = 0; i < opt->nr_fields; i++) {
		const char *key = opt->fields[i]->key;
		size_t len = strlen(f->key);

		if (!strcmp(key, f->key))
			return true;
		if (!strcmp(f->type, "object") && !strncmp(key, f->key, len) && key[len] == '.')
			return true;
	}
	return false;
}

/* opt is NULL for the items of a list: all of them. */
static struct plan *plan__new(const struct field *fields, unsigned int n, const struct output_options *opt)
{
	struct plan *p = plan__alloc(fields, n);
	unsigned int i;

	if (!p)
		return NULL;
	for (i = 0; i < n; i++) {
		if (opt && !is_chosen(&fields[i], opt))
			continue;
		if (plan__add(p, &fields[i])) {
			plan__free(p);
			return NULL;
		}
	}
	return p;
}

/* ---- objects ---- */

struct writer {
	struct buf *b;
	const struct output *o;
	const struct record *r;
	const struct plan *plan;
	unsigned int group; /* the one that is open */
	bool empty;	    /* nothing in it yet: no comma */
};

/* Every piece begins with the comma that only the first member goes without. */
static void put_piece(struct writer *w, const struct quoted *piece)
{
	if (!buf__room(w->b, PIECE_MAX))
		return;
	memcpy(w->b->data + w->b->len, piece->text + w->empty, PIECE_MAX);
	w->b->len += piece->len - w->empty;
	w->empty = false;
}

static bool is_within(const struct plan *p, unsigned int group, unsigned int outer)
{
	while (group && group != outer)
		group = p->groups[group].parent;
	return group == outer;
}

static void open_group(struct writer *w, unsigned int group)
{
	const struct group *g = &w->plan->groups[group];

	if (group == w->group)
		return;
	open_group(w, g->parent);
	put_piece(w, &g->open);
	w->group = group;
	w->empty = true;
}

static void go_to_group(struct writer *w, unsigned int group)
{
	while (!is_within(w->plan, group, w->group)) {
		buf__char(w->b, '}');
		w->group = w->plan->groups[w->group].parent;
		w->empty = false;
	}
	open_group(w, group);
}

static void put_object(struct writer *w, const void *obj);

static void put_list(struct writer *w, const struct piece *p, unsigned int n)
{
	unsigned int i;

	buf__char(w->b, '[');
	for (i = 0; i < n; i++) {
		struct writer inner = { .b = w->b, .o = w->o, .r = w->r, .plan = p->items, .empty = true };

		buf__str(w->b, i ? ",{" : "{");
		put_object(&inner, p->field->item(w->r, i));
		buf__char(w->b, '}');
	}
	buf__char(w->b, ']');
}

static void put_keys(struct writer *w, const struct field *f, unsigned int n)
{
	unsigned int i;

	buf__char(w->b, '[');
	for (i = 0; i < n; i++) {
		if (i)
			buf__char(w->b, ',');
		json__words(w->b, f->item(w->r, i));
	}
	buf__char(w->b, ']');
}

static void put_why(struct writer *w)
{
	unsigned int i;

	buf__char(w->b, '{');
	for (i = 0; i < w->r->nr_missing; i++) {
		if (i)
			buf__char(w->b, ',');
		json__words(w->b, record__missing_key(w->r, i));
		buf__char(w->b, ':');
		json__words(w->b, names__why(w->r->missing[i].why));
	}
	buf__char(w->b, '}');
}

/* Values that are a string because of what they mean; their bytes need no encoding. */
static void put_in_quotes(struct writer *w, const struct value *v)
{
	buf__char(w->b, '"');
	if (v->kind == V_TIME)
		output__put_rfc3339(w->b, v->u);
	else if (v->kind == V_HEX)
		buf__hex(w->b, v->u);
	else
		output__put_id(w->b, w->o, v->id);
	buf__char(w->b, '"');
}

/* A string from outside, and the bytes themselves beside it when UTF-8 could not hold them. */
static void put_outside(struct writer *w, const struct piece *p, const struct value *v)
{
	bool list = v->kind == V_TEXTS;

	if (list ? json__strings(w->b, v->text) : json__string(w->b, v->text))
		return;
	buf__put(w->b, p->twin.text, p->twin.len);
	if (list)
		json__base64s(w->b, v->text);
	else
		json__base64(w->b, v->text);
}

static void put_value(struct writer *w, const struct piece *p, const struct value *v)
{
	switch (v->kind) {
	case V_ABSENT:
		break;
	case V_NULL:
		buf__str(w->b, "null");
		break;
	case V_BOOL:
		buf__str(w->b, v->b ? "true" : "false");
		break;
	case V_U64:
	case V_NS:
	case V_BYTES:
		json__u64(w->b, v->u);
		break;
	case V_I64:
		json__i64(w->b, v->i);
		break;
	case V_DEC:
		json__u64_string(w->b, v->u);
		break;
	case V_TIME:
	case V_HEX:
	case V_ID:
		put_in_quotes(w, v);
		break;
	case V_STR:
		json__words(w->b, v->str);
		break;
	case V_TEXT:
	case V_TEXTS:
		put_outside(w, p, v);
		break;
	case V_LIST:
		put_list(w, p, v->n);
		break;
	case V_KEYS:
		put_keys(w, p->field, v->n);
		break;
	case V_WHY:
		put_why(w);
		break;
	}
}

/* The members of one object, without its braces. A value is made once and not copied: that stalls the processor. */
static void put_object(struct writer *w, const void *obj)
{
	const struct plan *plan = w->plan;
	unsigned int i;

	for (i = 0; i < plan->nr_pieces; i++) {
		const struct piece *p = &plan->pieces[i];
		struct value v = obj == w->r ? record__value(p->field, w->r) : p->field->get(obj, w->r);

		if (v.kind == V_ABSENT)
			continue;
		if (p->group != w->group)
			go_to_group(w, p->group);
		put_piece(w, &p->key);
		put_value(w, p, &v);
	}
	go_to_group(w, 0);
}

/* ---- lines ---- */

static int json_init(struct output *o)
{
	o->priv = plan__new(record_fields, record_nr_fields, &o->opt);
	return o->priv ? 0 : -ENOMEM;
}

static void json_fini(struct output *o)
{
	plan__free(o->priv);
}

static void json_begin(struct output *o, struct buf *b, const struct et_start *s)
{
	unsigned int i;

	json__begin(b, "hello");
	json__key(b, "time");
	buf__char(b, '"');
	output__put_rfc3339(b, s->real_ns);
	buf__char(b, '"');
	json__key(b, "version");
	json__words(b, EXITTRACE_VERSION);
	json__key(b, "kernel");
	json__string(b, text__array(s->release, sizeof(s->release)));
	json__key(b, "boot_id");
	json__words(b, o->boot_id);
	json__key(b, "tier");
	json__string(b, text__array(s->tier, sizeof(s->tier)));
	buf__str(b, ",\"probes\":{");
	for (i = 0; i < ET_OBS_COUNT; i++) {
		if (i)
			buf__char(b, ',');
		json__words(b, names__observation(i));
		buf__char(b, ':');
		json__words(b, names__door(s->doors[i]));
	}
	buf__str(b, "}}\n");
}

static void json_record(struct output *o, struct buf *b, const struct record *r)
{
	static const char *const types[] = {
		[RECORD_DEATH] = "death",
		[RECORD_ZOMBIE] = "zombie",
		[RECORD_DYING] = "dying",
		[RECORD_THREAD] = "thread",
		[RECORD_WARNING] = "warning",
	};
	struct writer w = { .b = b, .o = o, .r = r, .plan = o->priv };

	json__begin(b, types[r->type]);
	put_object(&w, r);
	buf__str(b, "}\n");
}

/* What the kernel half had no room for; `deaths` has its own key in `bye`. */
static void put_losses(struct buf *b, const struct et_counters *before, const struct et_counters *now)
{
	json__member(b, "reaps", now->lost_reap - before->lost_reap);
	json__member(b, "cgroups", now->lost_cgroup - before->lost_cgroup);
	json__member(b, "files", now->lost_file - before->lost_file);
	json__member(b, "threads", now->lost_thread - before->lost_thread);
	json__member(b, "signals_full", now->full_signals - before->full_signals);
	json__member(b, "dying_full", now->full_dying - before->full_dying);
	json__member(b, "tree_full", now->full_tree - before->full_tree);
}

static void json_lost(struct output *o, struct buf *b, const struct et_counters *before,
		      const struct et_counters *now)
{
	(void)o;
	json__begin(b, "lost");
	json__member(b, "deaths", now->lost_ring - before->lost_ring);
	put_losses(b, before, now);
	buf__str(b, "}\n");
}

static void json_end(struct output *o, struct buf *b, const struct totals *t)
{
	(void)o;
	json__begin(b, "bye");
	json__member(b, "deaths", t->deaths);
	json__member(b, "records", t->records);
	json__member(b, "lost", t->k.lost_ring);
	json__member(b, "filtered", t->filtered);
	json__member(b, "unwritten", t->unwritten);
	json__member(b, "zombies", t->a.zombies);
	json__member(b, "dying", t->a.dying);
	json__member(b, "threads_seen", t->k.threads);
	json__member(b, "threads", t->a.threads);
	json__member(b, "warnings", t->a.warnings);
	json__member(b, "waiting", t->a.waiting);
	json__member(b, "early", t->a.early);
	json__member(b, "skipped", t->k.skipped);
	json__member(b, "rejected", t->a.rejected);
	json__key(b, "lost_by_stage");
	buf__char(b, '{');
	json__member(b, "deaths", t->k.lost_ring);
	put_losses(b, &(struct et_counters){ 0 }, &t->k);
	buf__str(b, "}}\n");
}

const struct output_ops output_json_ops = {
	.init = json_init,
	.fini = json_fini,
	.begin = json_begin,
	.record = json_record,
	.lost = json_lost,
	.end = json_end,
};
