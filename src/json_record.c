/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes records, gives each as a line of JSON. The objects follow from the dotted keys of the
 * field table, which is compiled once into ready pieces of text. Does not choose what a record holds.
 *
 * In a storm of deaths this is most of what the user half does. So the fields of a record are put
 * one after the other by one function made from fields.h, straight into the buffer, and what is
 * the same as in the record before is copied.
 */
#include "json_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"
#include "json.h"
#include "options.h"
#include "values.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- the compiled table ---- */

/* A ready piece of text. It is copied whole whatever its length: that is several times faster. */
#define PIECE_MAX 32
#define WAY_MAX 62

struct piece {
	char text[PIECE_MAX]; /* ,"name": */
	uint8_t len;
	uint8_t group;
	const struct field *field;
	struct plan *items; /* V_LIST */
};

struct group {
	const char *path; /* into a key of the table: "process.executable" */
	size_t path_len;
	unsigned int parent; /* of group 0, the record: itself */
	uint64_t within;     /* bits of itself and of the groups around it */
};

/*
 * From one group to another: }},"name":{"name":  The brace of the last group that it opens is still to
 * come: it takes the place of the comma that its first member begins with.
 */
struct way {
	char text[WAY_MAX];
	uint8_t len;
	bool opens;
};

struct plan {
	struct group *groups;
	struct way *ways;     /* [from][to] */
	struct piece *pieces; /* one for each row of the table */
	unsigned int nr_groups, nr_pieces;
};

#define GROUPS_MAX 64 /* bits of `within` */
#define NO_GROUP 255  /* an object that has no member yet */
#define WORDS ((RECORD_NR_FIELDS + 63) / 64)

static void plan__free(struct plan *p)
{
	unsigned int i;

	if (!p)
		return;
	for (i = 0; i < p->nr_pieces; i++)
		plan__free(p->pieces[i].items);
	free(p->groups);
	free(p->ways);
	free(p->pieces);
	free(p);
}

static struct plan *plan__alloc(unsigned int n)
{
	struct plan *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->pieces = calloc(n, sizeof(*p->pieces));
	p->groups = calloc(GROUPS_MAX, sizeof(*p->groups));
	if (p->pieces && p->groups) {
		p->nr_groups = 1; /* the record itself */
		p->groups[0].within = 1;
		return p;
	}
	plan__free(p);
	return NULL;
}

/* The group path[0..len), made if it is new; negative errno. */
static int plan__group(struct plan *p, unsigned int parent, const char *path, size_t len)
{
	struct group *g;
	unsigned int i;

	for (i = 1; i < p->nr_groups; i++) {
		g = &p->groups[i];
		if (g->path_len == len && !memcmp(g->path, path, len))
			return (int)i;
	}
	if (p->nr_groups == GROUPS_MAX)
		return -E2BIG;
	g = &p->groups[p->nr_groups];
	*g = (struct group){ .path = path, .path_len = len, .parent = parent };
	g->within = p->groups[parent].within | 1ULL << p->nr_groups;
	return (int)p->nr_groups++;
}

/* False: too long. */
static bool append(struct way *w, const char *text, size_t len)
{
	if (w->len + len > WAY_MAX)
		return false;
	memcpy(w->text + w->len, text, len);
	w->len = (uint8_t)(w->len + len);
	return true;
}

/* ,"name": of the first that is opened, {"name": of those in it. */
static bool append_open(struct way *w, const struct plan *p, unsigned int from, unsigned int to)
{
	const struct group *g = &p->groups[to];
	const size_t skip = g->parent ? p->groups[g->parent].path_len + 1 : 0;

	if (to == from)
		return true;
	if (!append_open(w, p, from, g->parent) || !append(w, w->opens ? "{\"" : ",\"", 2))
		return false;
	w->opens = true;
	return append(w, g->path + skip, g->path_len - skip) && append(w, "\":", 2);
}

static bool make_way(struct way *w, const struct plan *p, unsigned int from, unsigned int to)
{
	for (; !(p->groups[to].within >> from & 1); from = p->groups[from].parent)
		if (!append(w, "}", 1))
			return false;
	return append_open(w, p, from, to);
}

static int plan__ways(struct plan *p)
{
	unsigned int from, to;

	p->ways = calloc((size_t)p->nr_groups * p->nr_groups, sizeof(*p->ways));
	if (!p->ways)
		return -ENOMEM;
	for (from = 0; from < p->nr_groups; from++)
		for (to = 0; to < p->nr_groups; to++)
			if (!make_way(&p->ways[from * p->nr_groups + to], p, from, to))
				return -ENAMETOOLONG;
	return 0;
}

/* ,"name": */
static int quote_key(struct piece *piece, const char *name)
{
	const size_t len = strlen(name);

	if (len + 4 > PIECE_MAX)
		return -ENAMETOOLONG;
	memcpy(piece->text, ",\"", 2);
	memcpy(piece->text + 2, name, len);
	memcpy(piece->text + 2 + len, "\":", 2);
	piece->len = (uint8_t)(len + 4);
	return 0;
}

static struct plan *plan__new(const struct field *fields, unsigned int n);

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
	piece->group = (uint8_t)group;
	if (f->items)
		piece->items = plan__new(f->items, f->nr_items);
	return f->items && !piece->items ? -ENOMEM : quote_key(piece, name);
}

static struct plan *plan__new(const struct field *fields, unsigned int n)
{
	struct plan *p = plan__alloc(n);
	unsigned int i;

	if (!p)
		return NULL;
	for (i = 0; i < n; i++)
		if (plan__add(p, &fields[i]))
			break;
	if (i == n && !plan__ways(p))
		return p;
	plan__free(p);
	return NULL;
}

/* ---- what is chosen ---- */

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
		if (f->group && !strncmp(key, f->key, len) && key[len] == '.')
			return true;
	}
	return false;
}

/* ---- ready pieces ---- */

/* Times of a storm are in the same second, and their processes were started in a few. */
#define SECONDS 8
#define SECOND_MAX 24 /* "2026-11-21T22:10:11." */

struct second {
	uint64_t seconds;
	char text[SECOND_MAX];
	uint8_t len; /* 0: free */
};

/* What is missing of one death of a tier is missing of the next. */
#define READY 8
#define READY_MAX 3072 /* longer ones are put each time */

struct ready {
	unsigned int nr_missing; /* 0: free */
	struct missing missing[RECORD_MISSING_MAX];
	uint16_t keys_len, why_len;
	char text[READY_MAX]; /* the two values, one behind the other */
};

#define ID_PREFIX 48 /* a quote, the boot id, a colon */

/* Whoever has children that die in numbers is named with each of them, as parent and as reaper. */
#define IDS 8
#define ID_MAX (ID_PREFIX + 2 * DIGITS_MAX + 8)

struct known_id {
	struct et_id id;
	uint8_t len; /* 0: free */
	char text[ID_MAX];
};

struct json_record {
	struct plan *plan;
	uint64_t wanted[RECORD_WARNING + 1][WORDS]; /* by type of record: rows that are chosen and apply */
	char id_prefix[ID_PREFIX];
	size_t id_prefix_len;
	struct known_id ids[IDS];
	struct second seconds[SECONDS];
	struct ready ready[READY];
};

static void choose(struct json_record *j, const struct output_options *opt)
{
	static const unsigned int in[] = {
		[RECORD_DEATH] = IN_DEATH, [RECORD_ZOMBIE] = IN_DEATH, [RECORD_DYING] = IN_DYING,
		[RECORD_THREAD] = IN_THREAD, [RECORD_WARNING] = IN_THREAD,
	};
	unsigned int i, type;

	for (i = 0; i < RECORD_NR_FIELDS; i++) {
		if (!is_chosen(&record_fields[i], opt))
			continue;
		for (type = 0; type < COUNT(in); type++)
			if (record_fields[i].in & in[type])
				j->wanted[type][i / 64] |= 1ULL << i % 64;
	}
}

struct json_record *json_record__new(const struct output_options *opt)
{
	struct json_record *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->plan = plan__new(record_fields, RECORD_NR_FIELDS);
	if (!j->plan) {
		free(j);
		return NULL;
	}
	choose(j, opt);
	json_record__boot_id(j, "");
	return j;
}

void json_record__free(struct json_record *j)
{
	if (!j)
		return;
	plan__free(j->plan);
	free(j);
}

void json_record__boot_id(struct json_record *j, const char *boot_id)
{
	size_t n = strnlen(boot_id, ID_PREFIX - 2);

	j->id_prefix[0] = '"';
	memcpy(j->id_prefix + 1, boot_id, n);
	j->id_prefix[1 + n] = ':';
	j->id_prefix_len = n + 2;
	memset(j->ids, 0, sizeof(j->ids));
}

/* ---- objects ---- */

struct writer {
	char *at; /* where the next byte goes */
	char *limit; /* up to here there is room for the rest of a line */
	size_t line; /* where it began */
	const struct piece *pieces;
	const struct plan *plan;
	unsigned int group; /* the one that is open; it has a member */
	struct buf *b;
	struct json_record *j;
	const struct record *r;
	const struct ready *ready; /* what is missing, of this record; NULL: not looked for, or there is none */
};

/*
 * All that a line takes but for what has no bound: there is so much room at any time, and
 * nothing but strings and lists asks for more.
 */
#define FIELD_ROOM (PIECE_MAX + 1 + ID_MAX)
#define LINE_ROOM ((RECORD_NR_FIELDS + 1) * FIELD_ROOM + GROUPS_MAX * WAY_MAX)

/*
 * False: no memory. The line is taken back when it is complete; what still comes goes where it
 * began, there was room.
 */
static bool make_room(struct writer *w, size_t more)
{
	bool enough;

	w->b->len = (size_t)(w->at - w->b->data);
	enough = buf__room(w->b, more + LINE_ROOM);
	if (!enough)
		w->b->len = w->line;
	w->at = w->b->data + w->b->len;
	w->limit = w->b->data + w->b->cap - LINE_ROOM;
	return enough;
}

static inline bool has_room(struct writer *w, size_t more)
{
	return w->limit >= w->at && (size_t)(w->limit - w->at) >= more;
}

/* The first member of the group it is in, or the first again after one within. */
static __attribute__((noinline)) void put_key_elsewhere(struct writer *w, const struct piece *p)
{
	const unsigned int from = w->group == NO_GROUP ? 0 : w->group;
	const struct way *way = &w->plan->ways[from * w->plan->nr_groups + p->group];
	char *key = w->at + way->len;

	memcpy(w->at, way->text, WAY_MAX);
	memcpy(key, p->text, PIECE_MAX);
	if (way->opens)
		*key = '{';
	if (w->group == NO_GROUP)
		*w->at = '{';
	w->at = key + p->len;
	w->group = p->group;
}

static inline void put_key(struct writer *w, const struct piece *p)
{
	if (__builtin_expect(p->group != w->group, 0)) {
		put_key_elsewhere(w, p);
		return;
	}
	memcpy(w->at, p->text, PIECE_MAX);
	w->at += p->len;
}

/* The groups that are open, and the object itself. */
static void close_object(struct writer *w)
{
	if (w->group == NO_GROUP) {
		*w->at++ = '{';
		w->group = 0;
	}
	memcpy(w->at, w->plan->ways[w->group * w->plan->nr_groups].text, WAY_MAX);
	w->at += w->plan->ways[w->group * w->plan->nr_groups].len;
	*w->at++ = '}';
}

/* ---- values ---- */

static __attribute__((noinline)) void put_null(struct writer *w, const struct piece *p)
{
	put_key(w, p);
	memcpy(w->at, "null", 4);
	w->at += 4;
}

static __attribute__((noinline)) void put_bool(struct writer *w, const struct piece *p, bool v)
{
	put_key(w, p);
	memcpy(w->at, v ? "true " : "false", 5);
	w->at += v ? 4 : 5;
}

static __attribute__((noinline)) void put_decimal(struct writer *w, const struct piece *p, uint64_t v)
{
	put_key(w, p);
	*w->at = '"';
	w->at = digits__u64(w->at + 1, v);
	*w->at++ = '"';
}

static __attribute__((noinline)) void put_u64(struct writer *w, const struct piece *p, uint64_t v)
{
	if (v > JSON_EXACT_MAX) {
		put_decimal(w, p, v);
		return;
	}
	put_key(w, p);
	if (v < 10)
		*w->at++ = (char)('0' + v);
	else
		w->at = digits__u64(w->at, v);
}

/* With functions of buf.h, which may move it. */
static struct buf *begin_any(struct writer *w)
{
	w->b->len = (size_t)(w->at - w->b->data);
	return w->b;
}

static void end_any(struct writer *w)
{
	w->at = w->b->data + w->b->len;
	make_room(w, 0);
}

static void put_i64(struct writer *w, const struct piece *p, int64_t v)
{
	if (v >= 0) {
		put_u64(w, p, (uint64_t)v);
		return;
	}
	put_key(w, p);
	json__i64(begin_any(w), v);
	end_any(w);
}

static void put_hex(struct writer *w, const struct piece *p, uint64_t v)
{
	struct buf *b;

	put_key(w, p);
	b = begin_any(w);
	buf__char(b, '"');
	buf__hex(b, v);
	buf__char(b, '"');
	end_any(w);
}

static __attribute__((noinline)) void put_id(struct writer *w, const struct piece *p, struct et_id id)
{
	struct known_id *known = &w->j->ids[id.tgid % IDS];
	char *end;

	put_key(w, p);
	if (!known->len || !record__same_id(&known->id, &id)) {
		memcpy(known->text, w->j->id_prefix, ID_PREFIX);
		end = digits__u64(known->text + w->j->id_prefix_len, id.tgid);
		*end++ = ':';
		end = digits__u64(end, id.start_ns);
		*end++ = '"';
		known->id = id;
		known->len = (uint8_t)(end - known->text);
	}
	memcpy(w->at, known->text, ID_MAX);
	w->at += known->len;
}

#define NS_PER_SEC 1000000000ULL

/* "2026-11-21T22:10:11." of this second. */
static const struct second *find_second(struct writer *w, uint64_t seconds)
{
	struct second *s = &w->j->seconds[seconds % SECONDS];
	struct buf *b;
	size_t from;

	if (s->len && s->seconds == seconds)
		return s;
	b = begin_any(w);
	from = b->len;
	output__put_rfc3339(b, seconds * NS_PER_SEC);
	s->seconds = seconds;
	s->len = b->len - from > 10 ? (uint8_t)(b->len - from - 10) : 0; /* without 000000000Z */
	memcpy(s->text, b->data + from, s->len);
	b->len = from;
	end_any(w);
	return s;
}

static __attribute__((noinline)) void put_time(struct writer *w, const struct piece *p, uint64_t real_ns)
{
	const struct second *s = find_second(w, real_ns / NS_PER_SEC);
	const uint32_t ns = (uint32_t)(real_ns % NS_PER_SEC);

	put_key(w, p);
	*w->at++ = '"';
	memcpy(w->at, s->text, SECOND_MAX);
	w->at += s->len;
	*w->at = (char)('0' + ns / 100000000);
	digits__8(w->at + 1, ns % 100000000);
	memcpy(w->at + 9, "Z\"", 2);
	w->at += 11;
}

/* ,"name_b64": */
static void put_twin_key(struct buf *b, const struct piece *p)
{
	buf__put(b, p->text, p->len - strlen("\":"));
	buf__str(b, "_b64\":");
}

/* A string from outside, and the bytes themselves beside it when UTF-8 could not hold them. */
static __attribute__((noinline)) void put_text(struct writer *w, const struct piece *p, struct text t)
{
	bool whole;

	if (!has_room(w, JSON_ROOM(t.len)) && !make_room(w, JSON_ROOM(t.len)))
		return;
	put_key(w, p);
	w->at = json__encode(w->at, t, &whole);
	if (whole)
		return;
	put_twin_key(begin_any(w), p);
	json__base64(w->b, t);
	end_any(w);
}

static void put_texts(struct writer *w, const struct piece *p, struct text list)
{
	struct buf *b;

	put_key(w, p);
	b = begin_any(w);
	if (!json__strings(b, list)) {
		put_twin_key(b, p);
		json__base64s(b, list);
	}
	end_any(w);
}

static __attribute__((noinline)) void put_words(struct writer *w, const struct piece *p, const char *s)
{
	put_text(w, p, text__str(s));
}

/* ---- lists of our own words ---- */

static void put_list_of_keys(struct buf *b, const struct field *f, const struct record *r, unsigned int n)
{
	unsigned int i;

	buf__char(b, '[');
	for (i = 0; i < n; i++) {
		if (i)
			buf__char(b, ',');
		json__words(b, f->item(r, i));
	}
	buf__char(b, ']');
}

static void put_reasons(struct buf *b, const struct record *r)
{
	unsigned int i;

	buf__char(b, '{');
	for (i = 0; i < r->nr_missing; i++) {
		if (i)
			buf__char(b, ',');
		json__words(b, record__missing_key(r, i));
		buf__char(b, ':');
		json__words(b, names__why(r->missing[i].why));
	}
	buf__char(b, '}');
}

/* False: it does not fit. */
static bool make_ready(struct ready *ready, struct buf *b, const struct record *r)
{
	const size_t from = b->len;
	size_t keys;
	bool fits;

	put_list_of_keys(b, &record_fields[FIELD_missing], r, r->nr_missing);
	keys = b->len;
	put_reasons(b, r);
	fits = !b->failed && b->len - from <= READY_MAX;
	ready->nr_missing = fits ? r->nr_missing : 0;
	if (fits) {
		memcpy(ready->missing, r->missing, r->nr_missing * sizeof(r->missing[0]));
		memcpy(ready->text, b->data + from, b->len - from);
		ready->keys_len = (uint16_t)(keys - from);
		ready->why_len = (uint16_t)(b->len - keys);
	}
	b->len = from;
	return fits;
}

/* NULL: they are to be put each time. */
static const struct ready *find_ready(struct writer *w)
{
	const struct record *r = w->r;
	struct ready *ready;
	uint64_t hash = 0;
	unsigned int i;

	if (w->ready || !r->nr_missing)
		return w->ready;
	for (i = 0; i < WORDS; i++)
		hash = (hash ^ r->gone[i]) * 0x9e3779b97f4a7c15ULL;
	ready = &w->j->ready[hash >> 32 & (READY - 1)];
	if (ready->nr_missing == r->nr_missing &&
	    !memcmp(ready->missing, r->missing, r->nr_missing * sizeof(r->missing[0]))) {
		w->ready = ready;
	} else {
		w->ready = make_ready(ready, begin_any(w), r) ? ready : NULL;
		end_any(w);
	}
	return w->ready;
}

static void put_ready(struct writer *w, const char *text, size_t len)
{
	if (!has_room(w, len) && !make_room(w, len))
		return;
	memcpy(w->at, text, len);
	w->at += len;
}

static __attribute__((noinline)) void put_keys(struct writer *w, const struct piece *p, unsigned int n)
{
	const struct ready *ready = p == &w->pieces[FIELD_missing] ? find_ready(w) : NULL;

	put_key(w, p);
	if (ready) {
		put_ready(w, ready->text, ready->keys_len);
	} else if (!n) {
		memcpy(w->at, "[]", 2);
		w->at += 2;
	} else {
		put_list_of_keys(begin_any(w), p->field, w->r, n);
		end_any(w);
	}
}

static __attribute__((noinline)) void put_why(struct writer *w, const struct piece *p)
{
	const struct ready *ready = find_ready(w);

	put_key(w, p);
	if (ready) {
		put_ready(w, ready->text + ready->keys_len, ready->why_len);
	} else {
		put_reasons(begin_any(w), w->r);
		end_any(w);
	}
}

/* ---- any value ---- */

static void put_list(struct writer *w, const struct piece *p, unsigned int n);

/* Inline: of most rows the kind is known to the compiler. */
static inline __attribute__((always_inline)) void put(struct writer *w, const struct piece *p, struct value v)
{
	switch (v.kind) {
	case V_ABSENT:
		break;
	case V_NULL:
		put_null(w, p);
		break;
	case V_BOOL:
		put_bool(w, p, v.b);
		break;
	case V_U64:
	case V_NS:
	case V_BYTES:
		put_u64(w, p, v.u);
		break;
	case V_I64:
		put_i64(w, p, v.i);
		break;
	case V_DEC:
		put_decimal(w, p, v.u);
		break;
	case V_TIME:
		put_time(w, p, v.u);
		break;
	case V_HEX:
		put_hex(w, p, v.u);
		break;
	case V_ID:
		put_id(w, p, v.id);
		break;
	case V_STR:
		put_words(w, p, v.str);
		break;
	case V_TEXT:
		put_text(w, p, v.text);
		break;
	case V_TEXTS:
		put_texts(w, p, v.text);
		break;
	case V_LIST:
		put_list(w, p, v.n);
		break;
	case V_KEYS:
		put_keys(w, p, v.n);
		break;
	case V_WHY:
		put_why(w, p);
		break;
	}
}

static void put_item(struct writer *w, const void *obj)
{
	unsigned int i;

	for (i = 0; i < w->plan->nr_pieces; i++)
		put(w, &w->pieces[i], w->pieces[i].field->get(obj, w->r));
	close_object(w);
}

static void put_list(struct writer *w, const struct piece *p, unsigned int n)
{
	struct writer item = *w;
	unsigned int i;

	put_key(w, p);
	item.at = w->at;
	item.plan = p->items;
	item.pieces = p->items->pieces;
	*item.at++ = '[';
	for (i = 0; i < n && make_room(&item, 0); i++) {
		if (i)
			*item.at++ = ',';
		item.group = NO_GROUP;
		put_item(&item, p->field->item(w->r, i));
	}
	*item.at++ = ']';
	w->at = item.at;
	make_room(w, 0);
}

/* ---- the record ---- */

static inline bool is_wanted(const uint64_t *wanted, unsigned int field)
{
	return wanted[field / 64] >> field % 64 & 1;
}

/* Every row of the table that is not absent, in its order. */
static void put_fields(struct writer *w)
{
	const struct record *r = w->r;
	const struct et_death *d = r->death;
	const uint64_t *wanted = w->j->wanted[r->type];

#define FIELD(in_, id, key_, type_, unit_, help_, title_, expr) \
	if (is_wanted(wanted, FIELD_##id))                      \
		put(w, &w->pieces[FIELD_##id], expr);
#define PART(condition) if (condition) {
#define END_PART }
#include "fields.h"
	close_object(w);
}

void json_record__put(struct json_record *j, struct buf *b, const struct record *r)
{
	struct writer w = { .plan = j->plan, .pieces = j->plan->pieces, .b = b, .j = j, .r = r };

	json__begin(b, type_name(r->type));
	if (!buf__room(b, LINE_ROOM))
		return;
	w.line = b->len;
	w.at = b->data + b->len;
	w.limit = b->data + b->cap - LINE_ROOM;
	put_fields(&w);
	*w.at++ = '\n';
	b->len = (size_t)(w.at - b->data);
}
