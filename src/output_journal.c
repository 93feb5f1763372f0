/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes records, gives each as an entry of systemd's journal, in the protocol that journald documents. Does not send
 * it. Fields come from the field table; what is of journald's own vocabulary is in tables here.
 *
 * Every field in the form with a length: then its value may be any bytes.
 */
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "array.h"
#include "journal.h"
#include "json.h"
#include "json_record.h"
#include "names.h"

#define NAME_MAX_LEN 64 /* what journald takes; tests/unit/test_journal.c looks at all of ours */
#define PREFIX "EXITTRACE_"

/* ---- kinds: dist/systemd/exittrace.catalog tells of each what to do ---- */

enum { /* of syslog */
	ERR = '3', WARNING = '4', NOTICE = '5', INFO = '6',
};

struct kind {
	const char *id; /* MESSAGE_ID */
	char priority;
};

/* Died of itself: an error. The kernel ended it for a limit or a rule: a warning. Somebody wanted it so: a notice. */
static const struct kind deaths[CAUSE_COUNT] = {
	[CAUSE_UNKNOWN] = { "8e68ff944c9145d7bc53e63d2393839d", WARNING },
	[CAUSE_EXIT] = { "9077f8665192417483f6a3780bfcda9c", NOTICE },
	[CAUSE_SIGNAL] = { "2e018fba0f42475da5ebb1b98759e7e9", NOTICE },
	[CAUSE_FAULT] = { "87e102cc8fc64b6ba211936fbde4b77f", ERR },
	[CAUSE_ABORT] = { "c90f2d3a528640b08e60f2e45b641f3d", ERR },
	[CAUSE_OOM_MEMCG] = { "c4f0b226b0144ff1b2c80d920a1775b3", ERR },
	[CAUSE_OOM_GLOBAL] = { "433f2b6233814eac9570de8ba05277ab", ERR },
	[CAUSE_SECCOMP] = { "e6532c94deba4a86a9e33284cf2bdc03", WARNING },
	[CAUSE_RLIMIT] = { "acd675b6666f4901af46dbbc1c0e38f1", WARNING },
	[CAUSE_TIMER] = { "4508aa985e6d460dbadaa44086eea93e", NOTICE },
	[CAUSE_PIPE] = { "632020dc7be14dc1b293b4fb37dace78", NOTICE },
	[CAUSE_TTY] = { "aa03143df040412eb8ea554f5e88c84b", INFO },
	[CAUSE_HANGUP] = { "433134925a1e43fe8a804aeb8acae8b3", INFO },
	[CAUSE_PDEATHSIG] = { "16686a17332b49e9ae501889d8435fb0", INFO },
	[CAUSE_PIDNS] = { "8a297686c6894dc4a4b97e87127ac784", INFO },
	[CAUSE_PTRACE] = { "6af9b86409f14d1ba282f8b486060864", NOTICE },
	[CAUSE_EXEC] = { "8ee578f35a6d427287528a4e73fede09", ERR },
};
static const struct kind ended_well = { "9077f8665192417483f6a3780bfcda9c", INFO }; /* CAUSE_EXIT with 0 */
static const struct kind zombie = { "57812e7e4f8343efb22539918816d6c9", WARNING };
static const struct kind lost = { "a313a5589f0141b2b85180b1035a0ed4", WARNING };
static const struct kind unwritten = { "97d77ee788184c66b9e04e4c052a9b82", WARNING };

/* Fields that journald has names for. Told OBJECT_PID= by root it asks /proc, where that may be another one now. */
static const struct {
	const char *name;
	enum record_field field;
	bool never_by_root;
} known[] = {
	{ "OBJECT_PID", FIELD_process_pid, true },
	{ "OBJECT_UID", FIELD_process_uid, false },
	{ "OBJECT_GID", FIELD_process_gid, false },
	{ "OBJECT_COMM", FIELD_process_comm, false },
	{ "OBJECT_EXE", FIELD_process_executable_path, false },
	{ "OBJECT_SYSTEMD_CGROUP", FIELD_process_cgroup_path, false },
	{ "OBJECT_SYSTEMD_UNIT", FIELD_process_cgroup_unit, false },
};

/* ---- fields ---- */

/* Returns where its length goes. */
static size_t begin_field(struct buf *b, const char *name)
{
	static const uint64_t later;

	buf__str(b, name);
	buf__char(b, '\n');
	buf__put(b, &later, sizeof(later));
	return b->len;
}

static void end_field(struct buf *b, size_t begin)
{
	const uint64_t len = htole64(b->len - begin);

	if (b->failed)
		return;
	memcpy(b->data + begin - sizeof(len), &len, sizeof(len));
	buf__char(b, '\n');
}

static void put_words(struct buf *b, const char *name, const char *words)
{
	const size_t begin = begin_field(b, name);

	buf__str(b, words);
	end_field(b, begin);
}

static void put_number(struct buf *b, const char *name, uint64_t n)
{
	const size_t begin = begin_field(b, name);

	buf__u64(b, n);
	end_field(b, begin);
}

static void put_kind(struct buf *b, const struct kind *kind)
{
	put_words(b, "MESSAGE_ID", kind->id);
	put_words(b, "PRIORITY", (char[]){ kind->priority, '\0' });
	put_words(b, "SYSLOG_IDENTIFIER", "exittrace");
}

/* ---- a record ---- */

struct writer {
	struct json_record *json; /* for lists */
	bool by_root;
	char names[RECORD_NR_FIELDS][NAME_MAX_LEN + 1];
};

static void name_fields(struct writer *w)
{
	for (unsigned int i = 0; i < RECORD_NR_FIELDS; i++) {
		char *at = stpcpy(w->names[i], PREFIX);

		for (const char *key = record_fields[i].key; *key && at < &w->names[i][NAME_MAX_LEN]; key++)
			*at++ = *key == '.' ? '_' : (char)toupper((unsigned char)*key);
		*at = '\0';
	}
}

/* As in JSON: what was not UTF-8 has a twin in base64. */
static void put_texts(struct buf *b, const char *name, struct text list)
{
	char twin[NAME_MAX_LEN + sizeof("_B64")];
	size_t begin = begin_field(b, name);
	const bool whole = json__strings(b, list);

	end_field(b, begin);
	if (whole)
		return;
	stpcpy(stpcpy(twin, name), "_B64");
	begin = begin_field(b, twin);
	json__base64s(b, list);
	end_field(b, begin);
}

/* Numbers in the unit of the field table, so that they can be searched and summed; other bytes as they are. */
static void put_plain(struct buf *b, const struct output *o, struct value v)
{
	if (v.kind == V_BOOL)
		buf__str(b, v.b ? "true" : "false");
	else if (v.kind == V_I64)
		buf__i64(b, v.i);
	else if (v.kind == V_TIME)
		output__put_rfc3339(b, v.u);
	else if (v.kind == V_HEX)
		buf__hex(b, v.u);
	else if (v.kind == V_STR)
		buf__str(b, v.str);
	else if (v.kind == V_TEXT)
		buf__put(b, v.text.bytes, v.text.len);
	else if (v.kind == V_ID)
		output__put_id(b, o, v.id);
	else
		buf__u64(b, v.u);
}

/* What is not known is named in EXITTRACE_MISSING. */
static void put_value(struct output *o, struct buf *b, const char *name, enum record_field f, const struct record *r)
{
	const struct writer *w = o->priv;
	const struct value v = record__value(&record_fields[f], r);
	size_t begin;

	if (v.kind == V_ABSENT || v.kind == V_NULL)
		return;
	if (v.kind == V_TEXTS) {
		put_texts(b, name, v.text);
		return;
	}
	begin = begin_field(b, name);
	if (v.kind == V_LIST || v.kind == V_KEYS || v.kind == V_WHY)
		json_record__parts(w->json, b, f, r, v);
	else
		put_plain(b, o, v);
	end_field(b, begin);
}

static void put_message(struct buf *b, const struct record *r)
{
	const size_t begin = begin_field(b, "MESSAGE");
	struct et_peer self = { .id = r->death->id };
	char name[128];

	memcpy(self.comm, r->death->comm, sizeof(self.comm));
	record__name_peer(name, sizeof(name), &self);
	buf__str(b, name);
	buf__str(b, output__happened(r->type));
	buf__str(b, r->cause.text);
	end_field(b, begin);
}

static const struct kind *kind_of(const struct record *r)
{
	if (r->type == RECORD_ZOMBIE)
		return &zombie;
	return r->cause.class == CAUSE_EXIT && !r->death->status ? &ended_well : &deaths[r->cause.class];
}

static void journal_record(struct output *o, struct buf *b, const struct record *r)
{
	struct writer *w = o->priv;

	put_message(b, r);
	put_kind(b, kind_of(r));
	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++)
		if (!known[i].never_by_root || !w->by_root)
			put_value(o, b, known[i].name, known[i].field, r);
	for (unsigned int i = 0; i < RECORD_NR_FIELDS; i++)
		put_value(o, b, w->names[i], i, r);
}

static int journal_init(struct output *o)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	o->priv = w;
	w->by_root = !geteuid();
	name_fields(w);
	w->json = json_record__new(&o->opt);
	return w->json ? 0 : -ENOMEM;
}

static void journal_fini(struct output *o)
{
	struct writer *w = o->priv;

	if (!w)
		return;
	json_record__free(w->json);
	free(w);
}

static void journal_begin(struct output *o, struct buf *b, const struct et_start *s)
{
	struct writer *w = o->priv;

	(void)b;
	(void)s;
	json_record__boot_id(w->json, o->boot_id);
}

const struct output_ops output_journal_ops = {
	.init = journal_init,
	.fini = journal_fini,
	.begin = journal_begin,
	.record = journal_record,
};

/* ---- what is not there ---- */

void output_journal__lost(struct buf *b, const struct frame_lost *l)
{
	static const char *const stages[LOST_STAGES] = {
		[LOST_RING] = "ring", [LOST_QUEUE] = "queue", [LOST_TRACER] = "tracer", [LOST_STOPPED] = "stopped",
	};
	const size_t begin = begin_field(b, "MESSAGE");

	buf__count(b, l->deaths, "death");
	buf__str(b, l->deaths == 1 ? " was" : " were");
	buf__str(b, " seen and lost: why is not known");
	end_field(b, begin);
	put_kind(b, &lost);
	put_words(b, PREFIX "TYPE", "lost");
	put_words(b, PREFIX "LOST_STAGE", stages[l->stage]);
	put_number(b, PREFIX "LOST_DEATHS", l->deaths);
}

void output_journal__unwritten(struct buf *b, uint64_t entries)
{
	const size_t begin = begin_field(b, "MESSAGE");

	buf__count(b, entries, "message");
	buf__str(b, entries == 1 ? " was" : " were");
	buf__str(b, " not written to the journal, which took no more; the history has these deaths");
	end_field(b, begin);
	put_kind(b, &unwritten);
	put_words(b, PREFIX "TYPE", "unwritten");
	put_number(b, PREFIX "UNWRITTEN", entries);
}
