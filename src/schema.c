/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the field table, gives the JSON Schema of every line of -j. Does not look at any
 * record: what a value can be is read off the expression of its row in fields.h.
 *
 * Unknown keys and types are let pass, as readers shall do. Keys of which --fields may leave out any
 * are not required.
 */
#include "schema.h"

#include <fnmatch.h>
#include <stdio.h>

#include "array.h"
#include "json.h"
#include "names.h"

/* ---- JSON with a member a line ---- */

struct writer {
	struct buf *b;
	unsigned int depth;
	bool first; /* nothing is in the innermost object yet */
};

static void new_line(struct writer *w)
{
	unsigned int i;

	buf__char(w->b, '\n');
	for (i = 0; i < w->depth; i++)
		buf__char(w->b, '\t');
}

static void put_key(struct writer *w, const char *key)
{
	if (!w->first)
		buf__char(w->b, ',');
	w->first = false;
	new_line(w);
	json__words(w->b, key);
	buf__str(w->b, ": ");
}

static void open_object(struct writer *w)
{
	buf__char(w->b, '{');
	w->depth++;
	w->first = true;
}

static void close_object(struct writer *w)
{
	w->depth--;
	if (!w->first)
		new_line(w);
	w->first = false;
	buf__char(w->b, '}');
}

static void open_member(struct writer *w, const char *key)
{
	put_key(w, key);
	open_object(w);
}

static void put_words(struct writer *w, const char *key, const char *words)
{
	put_key(w, key);
	json__words(w->b, words);
}

static void put_raw(struct writer *w, const char *key, const char *json)
{
	put_key(w, key);
	buf__str(w->b, json);
}

static void put_ref(struct writer *w, const char *def)
{
	put_key(w, "$ref");
	buf__printf(w->b, "\"#/$defs/%s\"", def);
}

static void put_names(struct writer *w, const char *key, const char *(*name)(unsigned int), unsigned int first,
		      unsigned int end)
{
	unsigned int i;

	put_key(w, key);
	for (i = first; i < end; i++) {
		buf__char(w->b, i > first ? ',' : '[');
		json__words(w->b, name(i));
	}
	buf__char(w->b, ']');
}

/* ---- what a value can be ---- */

struct format {
	const char *def; /* in $defs; NULL: the type of the row says it all */
	enum value_kind kinds[4]; /* that make it; beside null and absent */
	bool twin; /* a second key, with _b64 behind it, has the bytes */
};

enum { FORMAT_TIME, FORMAT_ID, FORMAT_HEX, FORMAT_DEC, FORMAT_TEXTS, FORMAT_TEXT, FORMAT_WHY, FORMAT_KEYS, FORMAT_LIST,
       FORMAT_SIGNED, FORMAT_COUNT, FORMAT_WORDS, FORMAT_BOOL, FORMAT_NR };

static const struct format formats[FORMAT_NR] = {
	[FORMAT_TIME] = { "time", { V_TIME }, false },
	[FORMAT_ID] = { "id", { V_ID }, false },
	[FORMAT_HEX] = { "hex", { V_HEX }, false },
	[FORMAT_DEC] = { "decimal", { V_DEC }, false },
	[FORMAT_TEXTS] = { "texts", { V_TEXTS }, true },
	[FORMAT_TEXT] = { "text", { V_TEXT }, true },
	[FORMAT_WHY] = { "missing_why", { V_WHY }, false },
	[FORMAT_KEYS] = { "keys", { V_KEYS }, false },
	[FORMAT_LIST] = { NULL, { V_LIST }, false },
	[FORMAT_SIGNED] = { "signed", { V_I64 }, false },
	[FORMAT_COUNT] = { "count", { V_U64, V_NS, V_BYTES }, false },
	[FORMAT_WORDS] = { NULL, { V_STR }, false },
	[FORMAT_BOOL] = { NULL, { V_BOOL }, false },
};

/* What is in the expression of a row (values.h has these functions), first match. */
static const struct {
	const char *sign;
	unsigned int format;
} signs[] = {
	{ "V_TIME", FORMAT_TIME },     { "v_id(", FORMAT_ID },	    { "peer_id(", FORMAT_ID },
	{ "V_HEX", FORMAT_HEX },       { "V_DEC", FORMAT_DEC },	    { "V_TEXTS", FORMAT_TEXTS },
	{ "V_TEXT", FORMAT_TEXT },     { "v_comm(", FORMAT_TEXT },  { "peer_comm(", FORMAT_TEXT },
	{ "v_path(", FORMAT_TEXT },    { "v_fs(", FORMAT_TEXT },    { "v_bytes(", FORMAT_TEXT },
	{ "v_place(", FORMAT_TEXT },   { "V_WHY", FORMAT_WHY },	    { "V_KEYS", FORMAT_KEYS },
	{ "v_build_id(", FORMAT_TEXT }, { "v_offset(", FORMAT_HEX }, { "v_address(", FORMAT_HEX },
	{ "V_LIST", FORMAT_LIST },     { "v_i64(", FORMAT_SIGNED }, { "v_u64(", FORMAT_COUNT },
	{ "peer_pid(", FORMAT_COUNT }, { "V_NS", FORMAT_COUNT },    { "V_BYTES", FORMAT_COUNT },
};

/* These can give null; all other expressions are a value, or absent. */
static const char *const null_signs[] = { "null",  "v_known(", "v_group(", "v_phase(", "v_file(",
					  "v_oom(", "v_core(", "v_words(", "v_place(", "v_path(",  "v_fs(",
					  "v_stack(" };

static unsigned int format_of(const struct field *f)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(signs); i++) {
		if (strstr(f->expression, signs[i].sign))
			return signs[i].format;
	}
	if (!strcmp(f->type, "integer"))
		return FORMAT_COUNT;
	return strcmp(f->type, "boolean") ? FORMAT_WORDS : FORMAT_BOOL;
}

static bool can_be_null(const struct field *f)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(null_signs); i++) {
		if (strstr(f->expression, null_signs[i]))
			return true;
	}
	return false;
}

bool schema__allows(const struct field *f, enum value_kind kind)
{
	const struct format *format = &formats[format_of(f)];
	unsigned int i;

	if (kind == V_ABSENT)
		return true;
	if (kind == V_NULL)
		return can_be_null(f);
	for (i = 0; i < ARRAY_SIZE(format->kinds); i++) {
		if (kind && kind == format->kinds[i])
			return true;
	}
	return false;
}

/* Words of ours. Keys as in fnmatch(3). */
static const struct {
	const char *key;
	const char *(*name)(unsigned int);
	unsigned int first, end;
} closed_lists[] = {
	{ "cause.class", names__class, 0, CAUSE_COUNT },
	{ "*.runtime", names__runtime, RUNTIME_DOCKER, RUNTIME_UNKNOWN + 1 },
	{ "reap.how", names__how, REAP_WAITED, REAP_UNREAPED + 1 },
	{ "phases.now", names__now, ET_PHASE_DELIVERY, ET_PHASE_COUNT },
	{ "coredump.target", names__core_target, ET_CORE_FILE, ET_CORE_SOCKET + 1 },
	{ "coredump.reason", names__core_reason, CORE_NOT_DUMPABLE, CORE_INTERRUPTED + 1 },
};

static const struct {
	const char *key, *pattern;
} patterns[] = {
	{ "*signal_name", "^(SIG[A-Z0-9]+([+-][0-9]+)?|signal [0-9]+)$" },
	{ "errno", "^(E[A-Z0-9]+|errno [0-9]+)$" },
	{ "cause.limit", "^RLIMIT_[A-Z]+$" },
	{ "observed_from", "^(start|attach)$" },
	{ "*code_name", "^[A-Z]+_[A-Z0-9]+$" },
	{ "*.role", "^[a-z_]+$" },
	{ "reap.auto_reason", "^[a-z_]+$" },
	{ "thread.ended_by", "^[a-z_]+$" },
	{ "result", "^[a-z]+$" },
	{ "at", "^(death|exec)$" },
};

static void put_closed_list(struct writer *w, const char *key, bool nullable)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(closed_lists) && fnmatch(closed_lists[i].key, key, 0); i++)
		;
	if (i == ARRAY_SIZE(closed_lists))
		return;
	put_names(w, "enum", closed_lists[i].name, closed_lists[i].first, closed_lists[i].end);
	if (!nullable)
		return;
	w->b->len--;
	buf__str(w->b, ",null]");
}

/* Which null passes as well. */
static void put_pattern(struct writer *w, const char *key)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(patterns); i++) {
		if (!fnmatch(patterns[i].key, key, 0)) {
			put_words(w, "pattern", patterns[i].pattern);
			return;
		}
	}
}

static void put_type(struct writer *w, const char *type, bool nullable)
{
	put_key(w, "type");
	buf__printf(w->b, nullable ? "[\"%s\",\"null\"]" : "\"%s\"", type);
}

static void put_members(struct writer *w, const struct field *const *fields, unsigned int n, size_t skip);

static void put_items(struct writer *w, const struct field *f)
{
	const struct field *items[32];
	unsigned int i;

	for (i = 0; i < f->nr_items && i < ARRAY_SIZE(items); i++)
		items[i] = &f->items[i];
	open_member(w, "items");
	put_type(w, "object", false);
	open_member(w, "properties");
	put_members(w, items, i, 0);
	close_object(w);
	close_object(w);
}

static void put_value(struct writer *w, const struct field *f)
{
	const char *def = formats[format_of(f)].def;
	const bool nullable = can_be_null(f);

	if (def && nullable) {
		put_key(w, "anyOf");
		buf__printf(w->b, "[{\"$ref\": \"#/$defs/%s\"}, {\"type\": \"null\"}]", def);
	} else if (def) {
		put_ref(w, def);
	} else {
		put_type(w, f->type, nullable);
	}
	if (f->nr_items)
		put_items(w, f);
	if (format_of(f) == FORMAT_WORDS) {
		put_closed_list(w, f->key, nullable);
		put_pattern(w, f->key);
	}
}

static void put_leaf(struct writer *w, const char *name, const struct field *f)
{
	const struct format *format = &formats[format_of(f)];
	char twin[80];

	open_member(w, name);
	put_words(w, "description", f->help);
	put_value(w, f);
	close_object(w);
	if (!format->twin)
		return;
	snprintf(twin, sizeof(twin), "%s_b64", name);
	open_member(w, twin);
	put_ref(w, format == &formats[FORMAT_TEXTS] ? "base64s" : "base64");
	close_object(w);
}

/* ---- objects: rows whose keys go on alike ---- */

/* How many of them, from the first on, are below the object that `len` bytes of the first one's key name. */
static unsigned int members_below(const struct field *const *fields, unsigned int n, const char *key, size_t len)
{
	unsigned int i;

	for (i = 0; i < n && !strncmp(fields[i]->key, key, len) && fields[i]->key[len] == '.'; i++)
		;
	return i;
}

static void put_group(struct writer *w, const char *name, const struct field *head,
		      const struct field *const *fields, unsigned int n, size_t skip)
{
	open_member(w, name);
	if (head)
		put_words(w, "description", head->help);
	put_type(w, "object", head && can_be_null(head));
	open_member(w, "properties");
	put_members(w, fields, n, skip);
	close_object(w);
	close_object(w);
}

/* `skip`: bytes of each key that their object stands for. */
static void put_members(struct writer *w, const struct field *const *fields, unsigned int n, size_t skip)
{
	unsigned int i = 0, below;
	char name[64];

	while (i < n) {
		const char *key = fields[i]->key;
		const size_t len = strcspn(key + skip, ".");
		const bool row_of_its_own = !key[skip + len];

		snprintf(name, sizeof(name), "%.*s", (int)len, key + skip);
		i += row_of_its_own;
		below = members_below(fields + i, n - i, key, skip + len);
		if (below || (row_of_its_own && fields[i - 1]->group && format_of(fields[i - 1]) != FORMAT_WHY))
			put_group(w, name, row_of_its_own ? fields[i - 1] : NULL, fields + i, below, skip + len + 1);
		else
			put_leaf(w, name, fields[i - 1]);
		i += below;
	}
}

/* ---- records ---- */

static void put_record(struct writer *w, const char *def, unsigned int in)
{
	const struct field *fields[RECORD_NR_FIELDS];
	unsigned int i, n = 0;

	for (i = 0; i < record_nr_fields; i++) {
		if (record_fields[i].in & in)
			fields[n++] = &record_fields[i];
	}
	open_member(w, def);
	put_raw(w, "required", "[\"schema\",\"type\",\"id\"]");
	open_member(w, "properties");
	put_members(w, fields, n, 0);
	close_object(w);
	close_object(w);
}

/* ---- the other lines, whose keys are written by output_json.c and output_summary.c ---- */

/* "key:def" words; a "?" before the key: not always there. */
#define COUNTS_LOST \
	" reaps:count cgroups:count files:count threads:count signals_full:count dying_full:count tree_full:count"

static const struct {
	const char *def, *members;
	bool line; /* a whole one, which begins with schema and type */
} shapes[] = {
	{ "hello", "time:time version:text kernel:text boot_id:uuid tier:word probes:doors", true },
	{ "lost", "deaths:count" COUNTS_LOST, true },
	{ "bye",
	  "deaths:count records:count lost:count filtered:count unwritten:count zombies:count dying:count "
	  "threads_seen:count threads:count warnings:count threads_filtered:count waiting:count early:count "
	  "skipped:count rejected:count lost_by_stage:stages", true },
	{ "stages", "deaths:count" COUNTS_LOST, false },
	{ "summary", "time:time from:time whole:boolean deaths:count zombies:count dying:count histograms:histograms "
	  "top:top", true },
	{ "histogram", "known:count unknown:count ?none:count ?max_ns:count ?total_ns:count buckets:buckets", false },
	{ "bucket", "le_ns:count count:count", false },
	{ "top", "cause:causes comm:comms reaper:comms others:others exact:exact", false },
	{ "top_cause", "class:class ?signal_name:text count:count ?count_at_most:count", false },
	{ "top_comm", "?comm:text ?comm_b64:base64 ?how:word count:count ?count_at_most:count", false },
	{ "others", "cause:count comm:count reaper:count", false },
	{ "exact", "cause:boolean comm:boolean reaper:boolean", false },
};

static const struct {
	const char *def, *json;
} simple[] = {
	{ "time", "{\"type\": \"string\", \"format\": \"date-time\", "
	  "\"pattern\": \"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\\\.[0-9]{9}Z$\"}" },
	{ "uuid", "{\"type\": \"string\", \"pattern\": \"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$\"}" },
	{ "id", "{\"description\": \"boot id, pid, start time\", \"type\": \"string\", "
	  "\"pattern\": \"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9]+:[0-9]+$\"}" },
	{ "hex", "{\"type\": \"string\", \"pattern\": \"^0x[0-9a-f]+$\"}" },
	{ "decimal", "{\"type\": \"string\", \"pattern\": \"^[0-9]+$\"}" },
	{ "word", "{\"type\": \"string\", \"pattern\": \"^[a-z_]+$\"}" },
	{ "boolean", "{\"type\": \"boolean\"}" },
	{ "text", "{\"type\": \"string\"}" },
	{ "texts", "{\"type\": \"array\", \"items\": {\"type\": \"string\"}}" },
	{ "base64", "{\"description\": \"the bytes, where some were replaced in the key before it\", "
	  "\"type\": \"string\", \"contentEncoding\": \"base64\", \"pattern\": \"^[A-Za-z0-9+/]*={0,2}$\"}" },
	{ "base64s", "{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/base64\"}}" },
	{ "count", "{\"description\": \"above 2^53 a string, which no reader rounds\", \"anyOf\": ["
	  "{\"type\": \"integer\", \"minimum\": 0, \"maximum\": 9007199254740992}, "
	  "{\"type\": \"string\", \"pattern\": \"^[0-9]{16,20}$\"}]}" },
	{ "signed", "{\"type\": \"integer\", \"minimum\": -9007199254740992, \"maximum\": 9007199254740992}" },
	{ "keys", "{\"type\": \"array\", \"uniqueItems\": true, \"items\": {\"$ref\": \"#/$defs/key\"}}" },
	{ "key", "{\"type\": \"string\", \"pattern\": \"^[a-z][a-z0-9_]*(\\\\.[a-z][a-z0-9_]*)*$\"}" },
	{ "buckets", "{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/bucket\"}}" },
	{ "causes", "{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/top_cause\"}}" },
	{ "comms", "{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/top_comm\"}}" },
	{ "histograms", "{\"type\": \"object\", \"minProperties\": 1, \"propertyNames\": {\"$ref\": \"#/$defs/key\"}, "
	  "\"additionalProperties\": {\"$ref\": \"#/$defs/histogram\"}}" },
};

struct member {
	char name[32], def[32];
	bool optional;
};

static bool next_member(const char **rest, struct member *m)
{
	const char *s = *rest + strspn(*rest, " ");
	int n = 0;

	m->optional = *s == '?';
	if (sscanf(s + m->optional, "%31[^:]:%31s%n", m->name, m->def, &n) != 2)
		return false;
	*rest = s + m->optional + n;
	return true;
}

static void put_required(struct writer *w, const char *members, bool line)
{
	struct member m;
	bool first = !line;

	put_key(w, "required");
	buf__str(w->b, line ? "[\"schema\",\"type\"" : "[");
	while (next_member(&members, &m)) {
		if (m.optional)
			continue;
		buf__str(w->b, first ? "" : ",");
		json__words(w->b, m.name);
		first = false;
	}
	buf__char(w->b, ']');
}

static void put_shape(struct writer *w, const char *members, bool line)
{
	struct member m;

	put_type(w, "object", false);
	put_required(w, members, line);
	open_member(w, "properties");
	if (line) {
		put_raw(w, "schema", "true");
		put_raw(w, "type", "true");
	}
	while (next_member(&members, &m)) {
		open_member(w, m.name);
		put_ref(w, m.def);
		close_object(w);
	}
	close_object(w);
}

/* ---- all ---- */

static void put_shapes(struct writer *w)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		open_member(w, shapes[i].def);
		put_shape(w, shapes[i].members, shapes[i].line);
		close_object(w);
	}
	for (i = 0; i < ARRAY_SIZE(simple); i++)
		put_raw(w, simple[i].def, simple[i].json);
}

static void put_enum(struct writer *w, const char *key, const char *(*name)(unsigned int), unsigned int end)
{
	open_member(w, key);
	put_names(w, "enum", name, 0, end);
	close_object(w);
}

/* Objects whose keys are not fixed. */
static void put_maps(struct writer *w)
{
	open_member(w, "doors");
	put_type(w, "object", false);
	put_raw(w, "propertyNames", "{\"$ref\": \"#/$defs/key\"}");
	put_enum(w, "additionalProperties", names__door, ET_DOOR_UPROBE + 1);
	close_object(w);
	open_member(w, "missing_why");
	put_type(w, "object", false);
	put_raw(w, "propertyNames", "{\"$ref\": \"#/$defs/key\"}");
	put_enum(w, "additionalProperties", names__why, WHY_UNSEEN + 1);
	close_object(w);
}

static void put_choice(struct writer *w, const char *type, const char *def)
{
	buf__printf(w->b, "%s", w->first ? "" : ",");
	new_line(w);
	buf__printf(w->b, "{\"if\": {\"properties\": {\"type\": {\"const\": \"%s\"}}}, ", type);
	buf__printf(w->b, "\"then\": {\"$ref\": \"#/$defs/%s\"}}", def);
	w->first = false;
}

static void put_choices(struct writer *w)
{
	static const char *const types[][2] = {
		{ "death", "death" },	{ "zombie", "death" },	{ "dying", "dying" },
		{ "thread", "thread" }, { "warning", "thread" },
	};
	unsigned int i;

	put_key(w, "allOf");
	buf__char(w->b, '[');
	w->depth++;
	w->first = true;
	for (i = 0; i < ARRAY_SIZE(types); i++)
		put_choice(w, types[i][0], types[i][1]);
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		if (shapes[i].line)
			put_choice(w, shapes[i].def, shapes[i].def);
	}
	w->depth--;
	new_line(w);
	buf__char(w->b, ']');
}

void schema__put(struct buf *b)
{
	struct writer w = { .b = b };

	open_object(&w);
	put_words(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
	put_words(&w, "title", "exittrace/1");
	put_words(&w, "description",
		  "A line of exittrace -j. Keys and types that are not here are to be ignored. Absent: does not "
		  "apply. Null: could not be observed, and named in missing.");
	put_type(&w, "object", false);
	put_raw(&w, "required", "[\"schema\",\"type\"]");
	open_member(&w, "properties");
	put_raw(&w, "schema", "{\"const\": \"exittrace/1\"}");
	put_raw(&w, "type", "{\"$ref\": \"#/$defs/word\"}");
	close_object(&w);
	put_choices(&w);
	open_member(&w, "$defs");
	put_record(&w, "death", IN_DEATH);
	put_record(&w, "dying", IN_DYING);
	put_record(&w, "thread", IN_THREAD);
	put_enum(&w, "class", names__class, CAUSE_COUNT);
	put_maps(&w);
	put_shapes(&w);
	close_object(&w);
	close_object(&w);
	buf__char(b, '\n');
}
