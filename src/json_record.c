/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes records, gives each as a line of JSON. The objects follow from the dotted keys of the field table, in
 * ready pieces of text (json_plan.c). Does not choose what a record holds.
 *
 * In a storm of deaths this is most of what the user half does, and most of each line is as in lines
 * before. So the values of a record are compared, one after the other by one function made from
 * fields.h, with those of a model: runs of what is the same are copied from the model's line, keys and all.
 */
#include "json_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"
#include "json.h"
#include "json_plan.h"
#include "options.h"
#include "values.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define NO_GROUP 255 /* an object that has no member yet */
#define WORDS ((RECORD_NR_FIELDS + 63) / 64)

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

/*
 * A line to copy from. It was made of a record of the same type with the same parts and with the same missing:
 * then most rows of the table have a value in both, or in neither.
 */
#define MODELS 16
#define MODEL_MAX 4095 /* longer lines are made anew each time */
#define MODEL_USES 256 /* then the next record may be a better one */
#define STRANGERS 32   /* of so many records for whose parent there is no model one becomes a model */
#define LISTS_MAX 1024 /* bytes of lists of strings; longer ones are written anew each time */
#define RUN 64	       /* shorter ones are copied as if they were so long */
#define NEVER 255      /* a kind that no value has */

struct row {
	uint64_t u;    /* its value: a number, or the length of a string that stands in the text as it is */
	union {
		uint32_t tgid; /* of V_ID */
		uint32_t list; /* of V_TEXTS: where it is in `lists`, u bytes */
	};
	uint32_t kind : 8, value : 12, end : 12; /* enum value_kind or NEVER; from where to where it is in the text */
};

struct model {
	unsigned int uses; /* that are left; 0: free */
	enum record_type type;
	uint32_t parts;
	unsigned int nr_missing;
	struct missing missing[RECORD_MISSING_MAX];
	unsigned int head, len; /* of its text; the head is what stands in front of the first row */
	unsigned int lists_len;
	struct row rows[RECORD_NR_FIELDS];
	char text[MODEL_MAX + RUN];
	char lists[LISTS_MAX]; /* as they were told: that they are the same is not to be seen in the text */
};

/* For rows that are not to be compared: nothing is the same. */
static const struct row no_rows[RECORD_NR_FIELDS] = {
	[0 ... RECORD_NR_FIELDS - 1] = { .kind = NEVER },
};

#define ID_PREFIX 48 /* a quote, the boot id, a colon */
#define ID_MAX (ID_PREFIX + 2 * DIGITS_MAX + 8)

struct json_record {
	struct json_plan *plan;
	bool all; /* without --fields */
	uint64_t wanted[RECORD_WARNING + 1][WORDS]; /* by type of record: rows that are chosen and apply */
	char id_prefix[ID_PREFIX];
	size_t id_prefix_len;
	struct second seconds[SECONDS];
	/* Of the records each model is for; in one place, as all are looked at. */
	uint64_t kinds[MODELS];
	uint32_t parents[MODELS];
	unsigned int next;	/* the model that is given up next */
	unsigned int strangers; /* records for whose parent there was no model */
	struct model models[MODELS];
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
	j->plan = json_plan__new(record_fields, RECORD_NR_FIELDS);
	if (!j->plan) {
		free(j);
		return NULL;
	}
	j->all = !opt->fields;
	choose(j, opt);
	json_record__boot_id(j, "");
	return j;
}

void json_record__free(struct json_record *j)
{
	if (!j)
		return;
	json_plan__free(j->plan);
	free(j);
}

void json_record__boot_id(struct json_record *j, const char *boot_id)
{
	size_t n = strnlen(boot_id, ID_PREFIX - 2);
	unsigned int i;

	j->id_prefix[0] = '"';
	memcpy(j->id_prefix + 1, boot_id, n);
	j->id_prefix[1 + n] = ':';
	j->id_prefix_len = n + 2;
	for (i = 0; i < MODELS; i++)
		j->models[i].uses = 0;
}

/* ---- objects ---- */

struct writer {
	char *at; /* where the next byte goes */
	char *limit; /* up to here there is room for the rest of a line */
	size_t line; /* where it began */
	const struct piece *pieces;
	const struct json_plan *plan;
	const uint64_t *wanted; /* rows that are chosen and apply; NULL: all, of items of a list */
	unsigned int group; /* the one that is open; it has a member */
	struct buf *b;
	struct json_record *j;
	const struct record *r;
	struct model *model;	/* NULL: items of a list have none */
	const struct row *rows; /* to compare with: the model's, or no_rows */
	unsigned int copied;	/* so much of the model's text is in the line, or something else in its place */
	bool learning;		/* the line becomes the model */
};

/*
 * All that a line takes but for what has no bound: there is so much room at any time, and
 * nothing but strings and lists asks for more.
 */
#define FIELD_ROOM (PIECE_MAX + 1 + ID_MAX)
#define LINE_ROOM ((RECORD_NR_FIELDS + 1) * FIELD_ROOM + GROUPS_MAX * WAY_MAX + MODEL_MAX + RUN)

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

static inline bool is_wanted(const struct writer *w, unsigned int i)
{
	return !w->wanted || w->wanted[i / 64] >> i % 64 & 1;
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

/* ---- what is the same as in the model ---- */

/* Out of line: a call of memcmp() in each of the rows would leave no register for the rest. */
static __attribute__((noinline)) bool is_same_text(const struct writer *w, const struct row *row,
						   enum value_kind kind, struct text t)
{
	return row->kind == kind && row->u == t.len &&
	       !memcmp(w->model->text + row->end - 1 - t.len, t.bytes, t.len);
}

static __attribute__((noinline)) bool is_same_list(const struct writer *w, const struct row *row, struct text list)
{
	return row->kind == V_TEXTS && row->u == list.len &&
	       !memcmp(w->model->lists + row->list, list.bytes, list.len);
}

/* Whether to compare this number is enough. Models with other keys missing do not come into question. */
static bool is_comparable(unsigned int i, enum value_kind kind, uint64_t u, size_t len)
{
	switch (kind) {
	case V_STR:
	case V_TEXT:
		return len == u + strlen("\"\""); /* no escapes, no twin */
	case V_KEYS:
		return i == FIELD_missing || !u;
	case V_TEXTS:
	case V_LIST:
		return false;
	default:
		return true;
	}
}

static unsigned int line_len(const struct writer *w)
{
	return (unsigned int)(w->at - w->b->data - w->line);
}

static __attribute__((cold)) void remember(struct writer *w, unsigned int i, enum value_kind kind, uint64_t u)
{
	struct row *row = &w->model->rows[i];

	row->end = line_len(w) & MODEL_MAX;
	row->kind = is_comparable(i, kind, u, row->end - row->value) ? kind : NEVER;
	row->u = u;
}

/* What remember() says of a list is that it cannot be compared. */
static __attribute__((cold)) void remember_list(struct writer *w, unsigned int i, struct text list)
{
	struct model *m = w->model;

	if (list.len > LISTS_MAX - m->lists_len)
		return;
	memcpy(m->lists + m->lists_len, list.bytes, list.len);
	m->rows[i].kind = V_TEXTS;
	m->rows[i].list = m->lists_len;
	m->lists_len += (unsigned int)list.len;
}

static inline void end_row(struct writer *w, unsigned int i, enum value_kind kind, uint64_t u)
{
	if (__builtin_expect(w->learning, 0))
		remember(w, i, kind, u);
}

static inline void copy_until(struct writer *w, unsigned int end)
{
	const char *from = w->model->text + w->copied;
	const size_t n = end - w->copied;

	if (n > RUN)
		memcpy(w->at, from, n);
	else
		memcpy(w->at, from, RUN);
	w->at += n;
}

/* The model has this row and the line has not, or the other way round: what joins it to the next one differs, too. */
static void lose_step(struct writer *w, unsigned int i)
{
	const struct model *m = w->model;

	while (i && !m->rows[i - 1].kind)
		i--;
	copy_until(w, i ? m->rows[i - 1].end : m->head);
	w->group = i ? w->pieces[i - 1].group : 0;
	w->rows = no_rows;
}

/* Out of step with the model, until there is a row that both have. */
static void begin_row_anew(struct writer *w, unsigned int i)
{
	struct row *row = w->model ? &w->model->rows[i] : NULL;

	put_key(w, &w->pieces[i]);
	if (w->learning) {
		row->value = line_len(w) & MODEL_MAX;
	} else if (row && row->kind) {
		w->rows = w->model->rows;
		w->copied = row->end;
	}
}

static inline bool in_step(const struct writer *w)
{
	return w->rows != no_rows;
}

static inline void copy_up_to(struct writer *w, const struct row *row)
{
	copy_until(w, row->value);
	w->copied = row->end;
}

/* The line up to the value of a row that is not the same. False: it has none, or is not wanted. */
static bool begin_row(struct writer *w, unsigned int i, enum value_kind kind)
{
	const struct row *row = &w->rows[i];

	if (in_step(w)) {
		if (kind != V_ABSENT && row->kind != V_ABSENT) {
			copy_up_to(w, row);
			return true;
		}
		if (!is_wanted(w, i))
			return false;
		lose_step(w, i);
	}
	if (kind == V_ABSENT || !is_wanted(w, i))
		return false;
	begin_row_anew(w, i);
	return true;
}

/* Records of one kind have a value in the same rows, but for what fits() finds. */
static uint64_t kind_of(const struct record *r, uint32_t parts)
{
	uint64_t kind = (uint64_t)parts << 32 ^ r->type;
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		kind = (kind ^ r->gone[i]) * 0x9e3779b97f4a7c15ULL;
	return kind;
}

/*
 * The model of this record, or the place for one that is to be learned. Children of one parent have most in common,
 * but to learn takes as long as several lines, and the parents of many are shells that had no other child. So
 * first comes the model of the parent, then any of the kind, and only now and then one that is new.
 */
static struct model *find_model(struct json_record *j, const struct record *r, uint32_t parts)
{
	const uint64_t kind = kind_of(r, parts);
	const uint32_t parent = r->death->parent.id.tgid;
	struct model *alike = NULL;
	unsigned int i;

	for (i = 0; i < MODELS; i++) {
		if (j->kinds[i] != kind)
			continue;
		alike = &j->models[i];
		if (j->parents[i] == parent)
			return alike;
	}
	if (alike && ++j->strangers % STRANGERS)
		return alike;
	i = j->next++ % MODELS;
	j->kinds[i] = kind;
	j->models[i].uses = 0;
	return &j->models[i];
}

static bool fits(const struct model *m, const struct record *r, uint32_t parts)
{
	return m->uses && m->type == r->type && m->parts == parts && m->nr_missing == r->nr_missing &&
	       !memcmp(m->missing, r->missing, r->nr_missing * sizeof(r->missing[0]));
}

static void begin_learning(struct writer *w, uint32_t parts)
{
	struct model *m = w->model;

	w->learning = true;
	m->uses = 0;
	w->j->parents[m - w->j->models] = w->r->death->parent.id.tgid;
	m->type = w->r->type;
	m->parts = parts;
	m->nr_missing = w->r->nr_missing;
	memcpy(m->missing, w->r->missing, w->r->nr_missing * sizeof(w->r->missing[0]));
	m->lists_len = 0;
	memset(m->rows, 0, sizeof(m->rows));
	m->head = line_len(w);
}

static void end_learning(struct writer *w)
{
	struct model *m = w->model;

	m->len = line_len(w);
	if (m->len > MODEL_MAX || w->b->failed)
		return;
	memcpy(m->text, w->b->data + w->line, m->len);
	m->uses = MODEL_USES;
}

/* ---- values ---- */

static void put_null(struct writer *w)
{
	memcpy(w->at, "null", 4);
	w->at += 4;
}

static void put_bool(struct writer *w, bool v)
{
	memcpy(w->at, v ? "true " : "false", 5);
	w->at += v ? 4 : 5;
}

static void put_decimal(struct writer *w, uint64_t v)
{
	*w->at = '"';
	w->at = digits__u64(w->at + 1, v);
	*w->at++ = '"';
}

static void put_u64(struct writer *w, uint64_t v)
{
	if (v > JSON_EXACT_MAX)
		put_decimal(w, v);
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

static void put_i64(struct writer *w, int64_t v)
{
	json__i64(begin_any(w), v);
	end_any(w);
}

static void put_hex(struct writer *w, uint64_t v)
{
	struct buf *b = begin_any(w);

	buf__char(b, '"');
	buf__hex(b, v);
	buf__char(b, '"');
	end_any(w);
}

static void put_id(struct writer *w, struct et_id id)
{
	memcpy(w->at, w->j->id_prefix, ID_PREFIX);
	w->at = digits__u64(w->at + w->j->id_prefix_len, id.tgid);
	*w->at++ = ':';
	w->at = digits__u64(w->at, id.start_ns);
	*w->at++ = '"';
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

static void put_time(struct writer *w, uint64_t real_ns)
{
	const struct second *s = find_second(w, real_ns / NS_PER_SEC);
	const uint32_t ns = (uint32_t)(real_ns % NS_PER_SEC);

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
static void put_text(struct writer *w, const struct piece *p, struct text t)
{
	bool whole;

	if (!has_room(w, JSON_ROOM(t.len)) && !make_room(w, JSON_ROOM(t.len)))
		return;
	w->at = json__encode(w->at, t, &whole);
	if (whole)
		return;
	put_twin_key(begin_any(w), p);
	json__base64(w->b, t);
	end_any(w);
}

static void put_texts(struct writer *w, const struct piece *p, struct text list)
{
	struct buf *b = begin_any(w);

	if (!json__strings(b, list)) {
		put_twin_key(b, p);
		json__base64s(b, list);
	}
	end_any(w);
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

static void put_keys(struct writer *w, const struct piece *p, unsigned int n)
{
	put_list_of_keys(begin_any(w), p->field, w->r, n);
	end_any(w);
}

static void put_why(struct writer *w)
{
	put_reasons(begin_any(w), w->r);
	end_any(w);
}

/* ---- any value ---- */

static void put_list(struct writer *w, const struct piece *p, unsigned int n);

/* Without a value, or one that is a number. */
static __attribute__((noinline)) void put_number(struct writer *w, unsigned int i, enum value_kind kind, uint64_t u)
{
	if (!begin_row(w, i, kind))
		return;
	if (kind == V_NULL)
		put_null(w);
	else if (kind == V_BOOL)
		put_bool(w, u);
	else if (kind == V_I64)
		put_i64(w, (int64_t)u);
	else if (kind == V_DEC)
		put_decimal(w, u);
	else if (kind == V_TIME)
		put_time(w, u);
	else if (kind == V_HEX)
		put_hex(w, u);
	else
		put_u64(w, u);
	end_row(w, i, kind, u);
}

/* Most of what differs from death to death. */
static __attribute__((noinline)) void put_count(struct writer *w, unsigned int i, uint64_t u)
{
	const struct row *row = &w->rows[i];

	if (!in_step(w) || row->kind == V_ABSENT || u > JSON_EXACT_MAX) {
		put_number(w, i, V_U64, u);
		return;
	}
	copy_up_to(w, row);
	w->at = digits__u64(w->at, u);
}

static __attribute__((noinline)) void put_process(struct writer *w, unsigned int i, struct et_id id)
{
	if (!begin_row(w, i, V_ID))
		return;
	put_id(w, id);
	end_row(w, i, V_ID, id.start_ns);
	if (w->learning)
		w->model->rows[i].tgid = id.tgid;
}

static __attribute__((noinline)) void put_string(struct writer *w, unsigned int i, enum value_kind kind, struct text t)
{
	if (!begin_row(w, i, kind))
		return;
	if (kind == V_TEXTS)
		put_texts(w, &w->pieces[i], t);
	else
		put_text(w, &w->pieces[i], t);
	end_row(w, i, kind, t.len);
	if (w->learning && kind == V_TEXTS)
		remember_list(w, i, t);
}

static __attribute__((noinline)) void put_several(struct writer *w, unsigned int i, enum value_kind kind,
						  unsigned int n)
{
	if (!begin_row(w, i, kind))
		return;
	if (kind == V_LIST)
		put_list(w, &w->pieces[i], n);
	else if (kind == V_KEYS)
		put_keys(w, &w->pieces[i], n);
	else
		put_why(w);
	end_row(w, i, kind, n);
}

/*
 * Inline: of most rows the kind is known to the compiler. No value is passed on as a whole: it would be copied
 * through memory, at each row.
 */
static inline __attribute__((always_inline)) void put(struct writer *w, unsigned int i, struct value v)
{
	const struct row *row = &w->rows[i];

	switch (v.kind) {
	case V_ABSENT:
	case V_NULL:
		if (row->kind != v.kind)
			put_number(w, i, v.kind, 0);
		break;
	case V_NS:
	case V_BYTES:
	case V_U64:
		if (row->kind != V_U64 || row->u != v.u)
			put_count(w, i, v.u);
		break;
	case V_BOOL:
		if (row->kind != V_BOOL || row->u != v.b)
			put_number(w, i, V_BOOL, v.b);
		break;
	case V_I64:
		if (v.i >= 0 && (row->kind != V_U64 || row->u != v.u))
			put_count(w, i, v.u);
		else if (v.i < 0 && (row->kind != V_I64 || row->u != v.u))
			put_number(w, i, V_I64, v.u);
		break;
	case V_DEC:
	case V_TIME:
	case V_HEX:
		if (row->kind != v.kind || row->u != v.u)
			put_number(w, i, v.kind, v.u);
		break;
	case V_ID:
		if (row->kind != V_ID || row->u != v.id.start_ns || row->tgid != v.id.tgid)
			put_process(w, i, v.id);
		break;
	case V_STR:
		if (!is_same_text(w, row, V_STR, text__str(v.str)))
			put_string(w, i, V_STR, text__str(v.str));
		break;
	case V_TEXT:
		if (!is_same_text(w, row, V_TEXT, v.text))
			put_string(w, i, V_TEXT, v.text);
		break;
	case V_TEXTS:
		if (!is_same_list(w, row, v.text))
			put_string(w, i, V_TEXTS, v.text);
		break;
	case V_KEYS:
	case V_WHY:
		if (row->kind != v.kind || row->u != v.n)
			put_several(w, i, v.kind, v.n);
		break;
	case V_LIST:
		put_several(w, i, V_LIST, v.n);
		break;
	}
}

static void put_chosen(struct writer *w, const void *obj)
{
	unsigned int i;

	for (i = 0; i < w->plan->nr_pieces; i++)
		if (is_wanted(w, i))
			put(w, i, w->pieces[i].field->get(obj, w->r));
}

static void put_list(struct writer *w, const struct piece *p, unsigned int n)
{
	struct writer item = *w;
	unsigned int i;

	item.plan = p->items;
	item.pieces = p->items->pieces;
	item.wanted = NULL;
	item.model = NULL;
	item.rows = no_rows;
	item.learning = false;
	*item.at++ = '[';
	for (i = 0; i < n && make_room(&item, 0); i++) {
		if (i)
			*item.at++ = ',';
		item.group = NO_GROUP;
		put_chosen(&item, p->field->item(w->r, i));
		close_object(&item);
	}
	*item.at++ = ']';
	w->at = item.at;
	make_room(w, 0);
}

static void put_items(struct json_record *j, struct buf *b, const struct piece *p, const struct record *r,
		      unsigned int n)
{
	struct writer w = { .line = b->len, .pieces = j->plan->pieces, .plan = j->plan, .b = b, .j = j, .r = r,
			    .rows = no_rows };

	w.at = b->data + b->len;
	if (!make_room(&w, 0))
		return;
	put_list(&w, p, n);
	b->len = b->failed ? w.line : (size_t)(w.at - b->data);
}

void json_record__parts(struct json_record *j, struct buf *b, enum record_field f, const struct record *r,
			struct value v)
{
	const struct piece *p = &j->plan->pieces[f];

	if (v.kind == V_LIST)
		put_items(j, b, p, r, v.n);
	else if (v.kind == V_KEYS)
		put_list_of_keys(b, p->field, r, v.n);
	else if (v.kind == V_WHY)
		put_reasons(b, r);
}

/* ---- the record ---- */

enum {
#define FIELD(in_, id, key_, type_, unit_, help_, title_, expr)
#define PART(condition) +1
#define END_PART
	NR_PARTS = 0
#include "fields.h"
};
_Static_assert(NR_PARTS <= 32, "bits of `parts`");

/* A bit for each PART of the table that applies. */
static uint32_t find_parts(const struct record *r)
{
	const struct et_death *d = r->death;
	uint32_t parts = 0;

#define FIELD(in_, id, key_, type_, unit_, help_, title_, expr)
#define PART(condition) parts = parts << 1 | !!(condition);
#define END_PART
#include "fields.h"
	return parts;
}

/*
 * As put_chosen(), when hardly any field is not chosen: what is not wanted is in no model, and found out there. `in` is
 * a constant, so that rows of other types of record are not even asked. Schema and type are in the head of the line.
 */
static inline __attribute__((always_inline)) void put_all(struct writer *w, const unsigned int in)
{
	const struct record *r = w->r;
	const struct et_death *d = r->death;

#define FIELD(in_, id, key_, type_, unit_, help_, title_, expr) \
	if ((in_) & in && FIELD_##id > FIELD_type)              \
		put(w, FIELD_##id, expr);
#define PART(condition) if (condition) {
#define END_PART }
#include "fields.h"
}

static __attribute__((noinline)) void put_death(struct writer *w)
{
	put_all(w, IN_DEATH);
}

static __attribute__((noinline)) void put_thread(struct writer *w)
{
	put_all(w, IN_THREAD);
}

static void put_line(struct writer *w)
{
	if (w->j->all && (w->r->type == RECORD_DEATH || w->r->type == RECORD_ZOMBIE))
		put_death(w);
	else if (w->j->all && (w->r->type == RECORD_THREAD || w->r->type == RECORD_WARNING))
		put_thread(w);
	else
		put_chosen(w, w->r);
	if (in_step(w)) {
		copy_until(w, w->model->len);
		return;
	}
	close_object(w);
	*w->at++ = '\n';
}

/* As far as the head of a line that is made anew. */
static void begin_line(struct writer *w, uint32_t parts)
{
	w->rows = no_rows;
	json__begin(w->b, type_name(w->r->type));
	w->at = w->b->data + w->b->len;
	begin_learning(w, parts);
}

void json_record__put(struct json_record *j, struct buf *b, const struct record *r)
{
	const uint32_t parts = find_parts(r);
	struct model *m = find_model(j, r, parts);
	struct writer w = { .plan = j->plan, .pieces = j->plan->pieces, .b = b, .j = j, .r = r, .model = m };

	if (!buf__room(b, LINE_ROOM))
		return;
	w.line = b->len;
	w.at = b->data + b->len;
	w.limit = b->data + b->cap - LINE_ROOM;
	w.wanted = j->wanted[r->type];
	w.rows = m->rows;
	if (fits(m, r, parts))
		m->uses--;
	else
		begin_line(&w, parts);
	put_line(&w);
	b->len = (size_t)(w.at - b->data);
	if (w.learning)
		end_learning(&w);
}
