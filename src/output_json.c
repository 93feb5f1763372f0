/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes records, gives NDJSON. The objects follow from the dotted keys of the
 * field table, which is compiled once into ready pieces of text. Does not choose
 * what a record holds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "output.h"
#include "version.h"

#define SCHEMA "exittrace/1"
#define EXACT_MAX (1ULL << 53) /* jq 1.6 and JavaScript keep numbers as doubles */

/* ---- strings ---- */

static void put_u16(struct buf *b, uint32_t unit)
{
	char esc[6] = "\\u";
	unsigned int i;

	for (i = 0; i < 4; i++)
		esc[2 + i] = "0123456789abcdef"[unit >> (12 - 4 * i) & 0xf];
	buf__put(b, esc, sizeof(esc));
}

static void put_escape(struct buf *b, uint32_t cp)
{
	if (cp >= 0x10000) {
		put_u16(b, 0xd800 + ((cp - 0x10000) >> 10));
		put_u16(b, 0xdc00 + (cp & 0x3ff));
	} else if (cp == '"' || cp == '\\') {
		buf__char(b, '\\');
		buf__char(b, (char)cp);
	} else {
		put_u16(b, cp);
	}
}

/* Bytes that go out as they are: printable ASCII but the quote and the backslash. */
static const bool plain[256] = {
	[' ' ... '"' - 1] = true,
	['"' + 1 ... '\\' - 1] = true,
	['\\' + 1 ... '~'] = true,
};

static size_t plain_run(struct text t, size_t at)
{
	size_t i = at;

	while (i < t.len && plain[(unsigned char)t.bytes[i]])
		i++;
	return i - at;
}

/* Returns false when bytes were lost to U+FFFD. */
static bool put_string(struct buf *b, struct text t)
{
	bool whole = true;
	size_t at = 0, n;
	uint32_t cp;

	buf__char(b, '"');
	while (at < t.len) {
		n = plain_run(t, at);
		buf__put(b, t.bytes + at, n);
		at += n;
		if (at == t.len)
			break;
		n = text__decode(t, at, &cp);
		if (cp == TEXT_INVALID) {
			buf__str(b, "\xef\xbf\xbd");
			whole = false;
		} else if (cp == '"' || cp == '\\' || text__is_hidden(cp)) {
			put_escape(b, cp);
		} else {
			buf__put(b, t.bytes + at, n);
		}
		at += n;
	}
	buf__char(b, '"');
	return whole;
}

static void put_words(struct buf *b, const char *s)
{
	put_string(b, text__str(s));
}

static void put_base64(struct buf *b, struct text t)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *s = (const unsigned char *)t.bytes;
	size_t i;

	buf__char(b, '"');
	for (i = 0; i < t.len; i += 3) {
		size_t left = t.len - i;
		uint32_t v = (uint32_t)s[i] << 16 | (left > 1 ? s[i + 1] : 0U) << 8 | (left > 2 ? s[i + 2] : 0U);
		char four[4] = {
			digits[v >> 18],
			digits[v >> 12 & 0x3f],
			left > 1 ? digits[v >> 6 & 0x3f] : '=',
			left > 2 ? digits[v & 0x3f] : '=',
		};

		buf__put(b, four, sizeof(four));
	}
	buf__char(b, '"');
}

static bool put_texts(struct buf *b, struct text list, bool base64)
{
	bool whole = true, first = true;
	struct text one;

	buf__char(b, '[');
	while (text__next(&list, &one)) {
		if (!first)
			buf__char(b, ',');
		first = false;
		if (base64)
			put_base64(b, one);
		else
			whole &= put_string(b, one);
	}
	buf__char(b, ']');
	return whole;
}

/* ---- the compiled table ---- */

struct group {
	char *open; /* ,"name":{ */
	size_t open_len;
	const char *path; /* into a key of the table: "process.executable" */
	size_t path_len;
	unsigned int parent; /* of group 0, the record: itself */
};

struct piece {
	const struct field *field;
	unsigned int group;
	char *key; /* ,"name": */
	size_t key_len;
	char *twin; /* ,"name_b64": */
	size_t twin_len;
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
	for (i = 0; i < p->nr_groups; i++)
		free(p->groups[i].open);
	for (i = 0; i < p->nr_pieces; i++) {
		free(p->pieces[i].key);
		free(p->pieces[i].twin);
		plan__free(p->pieces[i].items);
	}
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

/* ,"name<suffix> with its length; NULL: no memory. */
static char *quote_key(const char *name, size_t len, const char *suffix, size_t *out_len)
{
	size_t suffix_len = strlen(suffix);
	char *s = malloc(2 + len + suffix_len);

	if (!s)
		return NULL;
	memcpy(s, ",\"", 2);
	memcpy(s + 2, name, len);
	memcpy(s + 2 + len, suffix, suffix_len);
	*out_len = 2 + len + suffix_len;
	return s;
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
	g->open = quote_key(name, len - (size_t)(name - path), "\":{", &g->open_len);
	if (!g->open)
		return -ENOMEM;
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
	piece->key = quote_key(name, strlen(name), "\":", &piece->key_len);
	piece->twin = quote_key(name, strlen(name), "_b64\":", &piece->twin_len);
	if (f->items)
		piece->items = plan__new(f->items, f->nr_items, NULL);
	return piece->key && piece->twin && (!f->items || piece->items) ? 0 : -ENOMEM;
}

/* A row of the table that the chosen fields need: itself, its group as a whole, or what identifies the record. */
static bool is_chosen(const struct field *f, const struct output_options *opt)
{
	unsigned int i;

	if (!strcmp(f->key, "schema") || !strcmp(f->key, "type"))
		return false; /* begin every line */
	if (!opt->args && !strncmp(f->key, "process.args", 12))
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
static void put_piece(struct writer *w, const char *piece, size_t len)
{
	buf__put(w->b, piece + w->empty, len - w->empty);
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
	put_piece(w, g->open, g->open_len);
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
		put_words(w->b, f->item(w->r, i));
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
		put_words(w->b, w->r->missing[i].key);
		buf__char(w->b, ':');
		put_words(w->b, names__why(w->r->missing[i].why));
	}
	buf__char(w->b, '}');
}

static void put_quoted_u64(struct buf *b, uint64_t v)
{
	buf__char(b, '"');
	buf__u64(b, v);
	buf__char(b, '"');
}

static void put_number(struct buf *b, uint64_t v)
{
	if (v > EXACT_MAX)
		put_quoted_u64(b, v);
	else
		buf__u64(b, v);
}

static void put_signed(struct buf *b, int64_t v)
{
	bool exact = v <= (int64_t)EXACT_MAX && v >= -(int64_t)EXACT_MAX;

	if (!exact)
		buf__char(b, '"');
	buf__i64(b, v);
	if (!exact)
		buf__char(b, '"');
}

/* Values that are a string because of what they mean; their bytes need no encoding. */
static void put_in_quotes(struct writer *w, struct value v)
{
	buf__char(w->b, '"');
	if (v.kind == V_TIME)
		output__put_rfc3339(w->b, v.u);
	else if (v.kind == V_HEX)
		buf__hex(w->b, v.u);
	else
		output__put_id(w->b, w->o, v.id);
	buf__char(w->b, '"');
}

/* A string from outside, and the bytes themselves beside it when UTF-8 could not hold them. */
static void put_outside(struct writer *w, const struct piece *p, struct value v)
{
	bool list = v.kind == V_TEXTS;

	if (list ? put_texts(w->b, v.text, false) : put_string(w->b, v.text))
		return;
	buf__put(w->b, p->twin, p->twin_len);
	if (list)
		put_texts(w->b, v.text, true);
	else
		put_base64(w->b, v.text);
}

static void put_value(struct writer *w, const struct piece *p, struct value v)
{
	switch (v.kind) {
	case V_ABSENT:
		break;
	case V_NULL:
		buf__str(w->b, "null");
		break;
	case V_BOOL:
		buf__str(w->b, v.b ? "true" : "false");
		break;
	case V_U64:
	case V_NS:
	case V_BYTES:
		put_number(w->b, v.u);
		break;
	case V_I64:
		put_signed(w->b, v.i);
		break;
	case V_DEC:
		put_quoted_u64(w->b, v.u);
		break;
	case V_TIME:
	case V_HEX:
	case V_ID:
		put_in_quotes(w, v);
		break;
	case V_STR:
		put_words(w->b, v.str);
		break;
	case V_TEXT:
	case V_TEXTS:
		put_outside(w, p, v);
		break;
	case V_LIST:
		put_list(w, p, v.n);
		break;
	case V_KEYS:
		put_keys(w, p->field, v.n);
		break;
	case V_WHY:
		put_why(w);
		break;
	}
}

/* The members of one object, without its braces. */
static void put_object(struct writer *w, const void *obj)
{
	const struct plan *plan = w->plan;
	unsigned int i;

	for (i = 0; i < plan->nr_pieces; i++) {
		const struct piece *p = &plan->pieces[i];
		struct value v = p->field->get(obj, w->r);

		if (v.kind == V_ABSENT)
			continue;
		if (p->group != w->group)
			go_to_group(w, p->group);
		put_piece(w, p->key, p->key_len);
		put_value(w, p, v);
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

static void put_type(struct buf *b, const char *type)
{
	buf__str(b, "{\"schema\":\"" SCHEMA "\",\"type\":\"");
	buf__str(b, type);
	buf__char(b, '"');
}

static void put_member(struct buf *b, const char *key, struct text value)
{
	buf__str(b, ",\"");
	buf__str(b, key);
	buf__str(b, "\":");
	put_string(b, value);
}

static void put_count(struct buf *b, const char *key, uint64_t n)
{
	buf__str(b, ",\"");
	buf__str(b, key);
	buf__str(b, "\":");
	put_number(b, n);
}

static void json_begin(struct output *o, struct buf *b, const struct et_start *s)
{
	unsigned int i;

	put_type(b, "hello");
	buf__str(b, ",\"time\":\"");
	output__put_rfc3339(b, s->real_ns);
	buf__char(b, '"');
	put_member(b, "version", text__str(EXITTRACE_VERSION));
	put_member(b, "kernel", text__array(s->release, sizeof(s->release)));
	put_member(b, "boot_id", text__str(o->boot_id));
	put_member(b, "tier", text__array(s->tier, sizeof(s->tier)));
	buf__str(b, ",\"probes\":{");
	for (i = 0; i < ET_OBS_COUNT; i++) {
		if (i)
			buf__char(b, ',');
		put_words(b, names__observation(i));
		buf__char(b, ':');
		put_words(b, names__door(s->doors[i]));
	}
	buf__str(b, "}}\n");
}

static void json_record(struct output *o, struct buf *b, const struct record *r)
{
	struct writer w = { .b = b, .o = o, .r = r, .plan = o->priv };

	put_type(b, r->type == RECORD_ZOMBIE ? "zombie" : "death");
	put_object(&w, r);
	buf__str(b, "}\n");
}

/* What the kernel half had no room for; `deaths` has its own key in `bye`. */
static void put_losses(struct buf *b, const struct et_counters *before, const struct et_counters *now)
{
	put_count(b, "reaps", now->lost_reap - before->lost_reap);
	put_count(b, "cgroups", now->lost_cgroup - before->lost_cgroup);
	put_count(b, "signals_full", now->full_signals - before->full_signals);
	put_count(b, "dying_full", now->full_dying - before->full_dying);
	put_count(b, "tree_full", now->full_tree - before->full_tree);
}

static void json_lost(struct output *o, struct buf *b, const struct et_counters *before,
		      const struct et_counters *now)
{
	(void)o;
	put_type(b, "lost");
	put_count(b, "deaths", now->lost_ring - before->lost_ring);
	put_losses(b, before, now);
	buf__str(b, "}\n");
}

static void json_end(struct output *o, struct buf *b, const struct totals *t)
{
	(void)o;
	put_type(b, "bye");
	put_count(b, "deaths", t->deaths);
	put_count(b, "records", t->records);
	put_count(b, "lost", t->k.lost_ring);
	put_count(b, "filtered", t->filtered);
	put_count(b, "unwritten", t->unwritten);
	put_count(b, "zombies", t->a.zombies);
	put_count(b, "waiting", t->a.waiting);
	put_count(b, "early", t->a.early);
	put_count(b, "skipped", t->k.skipped);
	put_count(b, "rejected", t->a.rejected);
	buf__str(b, ",\"lost_by_stage\":{\"deaths\":");
	put_number(b, t->k.lost_ring);
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
