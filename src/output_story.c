/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes records, gives each as a story of a few lines: what happened, who had a
 * part in it, what is not known. Does not print lines that have nothing to say.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "output.h"

#define CONTAINER_ID_SHOWN 12 /* as container tools print it */

/* Values the story takes from the field table. */
enum wanted { AGE, SENT_TO_DEAD, USER, SYS, RSS, MINOR, MAJOR, READ, WRITTEN, TRUNCATED, NR_WANTED };

static const char *const wanted_keys[NR_WANTED] = {
	[AGE] = "process.age_ns",
	[SENT_TO_DEAD] = "cause.sent_to_dead_ns",
	[USER] = "resources.user_ns",
	[SYS] = "resources.sys_ns",
	[RSS] = "resources.max_rss_bytes",
	[MINOR] = "resources.minor_faults",
	[MAJOR] = "resources.major_faults",
	[READ] = "resources.read_bytes",
	[WRITTEN] = "resources.write_bytes",
	[TRUNCATED] = "truncated",
};

struct wanted_fields {
	const struct field *f[NR_WANTED];
};

/* One indented line: a label, and items that commas part. It appears with its first item. */
struct story {
	struct buf *b;
	const struct output *o;
	const struct record *r;
	const char *label;
	bool open;
};

static void begin_line(struct story *s, const char *label)
{
	s->label = label;
	s->open = false;
}

static void begin_item(struct story *s)
{
	size_t n = strlen(s->label);

	if (s->open) {
		buf__str(s->b, ", ");
		return;
	}
	buf__str(s->b, "    ");
	buf__str(s->b, s->label);
	for (; n < 10; n++)
		buf__char(s->b, ' ');
	s->open = true;
}

static void end_line(struct story *s)
{
	if (s->open)
		buf__char(s->b, '\n');
}

static void item(struct story *s, const char *words)
{
	begin_item(s);
	buf__str(s->b, words);
}

static void item_text(struct story *s, const char *before, struct text t)
{
	if (!t.len)
		return;
	item(s, before);
	buf__text(s->b, t);
}

static void item_number(struct story *s, const char *before, uint64_t n, const char *after)
{
	item(s, before);
	buf__u64(s->b, n);
	buf__str(s->b, after);
}

/* A value of the field table; nothing when it is absent, unknown or zero. */
static void item_field(struct story *s, enum wanted w, const char *before, const char *after)
{
	const struct wanted_fields *fields = s->o->priv;
	const struct field *f = fields->f[w];
	struct value v = f->get(s->r, s->r);
	bool number = v.kind == V_U64 || v.kind == V_NS || v.kind == V_BYTES;

	if (v.kind == V_ABSENT || v.kind == V_NULL || (number && !v.u) || (v.kind == V_KEYS && !v.n))
		return;
	item(s, before);
	output__put_value(s->b, s->o, f, s->r, v);
	buf__str(s->b, after);
}

static void put_peer(struct story *s, const char *before, const struct et_peer *p)
{
	char name[128];

	record__name_peer(name, sizeof(name), p);
	buf__str(s->b, before);
	buf__str(s->b, name);
}

static void item_peer(struct story *s, const char *before, const struct et_peer *p)
{
	if (!p->id.tgid)
		return;
	begin_item(s);
	put_peer(s, before, p);
}

/* ---- the first line ---- */

static void put_headline(struct story *s)
{
	const struct record *r = s->r;
	struct et_peer self = { .id = r->death->id };
	uint64_t when = r->type == RECORD_ZOMBIE ? r->now_ns : record__death_ns(r);
	enum time_style style = s->o->opt.timestamp ? TIME_FULL : TIME_MICROS;
	const char *tint = output__tint(s->o, r);

	memcpy(self.comm, r->death->comm, sizeof(self.comm));
	if (when) {
		output__put_time(s->b, when + r->real_offset_ns, s->o->opt.utc, style);
		buf__char(s->b, ' ');
	}
	put_peer(s, "", &self);
	buf__str(s->b, r->type == RECORD_ZOMBIE ? " is a zombie: " : " died: ");
	buf__str(s->b, tint);
	buf__str(s->b, r->cause.text);
	buf__str(s->b, *tint ? OUTPUT_UNTINT "\n" : "\n");
}

/* ---- who it was ---- */

static void put_process(struct story *s)
{
	const struct et_death *d = s->r->death;

	begin_line(s, "process");
	item_text(s, "", s->r->exe);
	item_number(s, "uid ", d->uid, "");
	if (d->seen & ET_SEEN_THREADS && d->threads > 1)
		item_number(s, "", d->threads, " threads");
	item_field(s, AGE, "lived ", "");
	item_peer(s, "child of ", &d->parent);
	if (d->flags & ET_D_FORKNOEXEC)
		item(s, "never called exec");
	end_line(s);
}

static void put_command(struct story *s)
{
	struct text list = s->r->args, one;

	if (!s->o->opt.args || !list.len)
		return;
	begin_line(s, "command");
	begin_item(s);
	while (text__next(&list, &one)) {
		buf__text(s->b, one);
		if (list.len)
			buf__char(s->b, ' ');
	}
	if (s->r->args_cut)
		buf__str(s->b, " [cut]");
	end_line(s);
}

static void item_container(struct story *s)
{
	enum container_runtime runtime = s->r->container.runtime;
	struct text id = s->r->container.id;

	if (!id.len)
		return;
	if (id.len > CONTAINER_ID_SHOWN)
		id.len = CONTAINER_ID_SHOWN;
	item(s, runtime == RUNTIME_UNKNOWN ? "container" : names__runtime(runtime));
	buf__char(s->b, ' ');
	buf__text(s->b, id);
}

static void put_place(struct story *s)
{
	const struct et_death *d = s->r->death;
	struct text cgroup = s->r->cgroup;

	begin_line(s, "where");
	item_container(s);
	if (!text__equal(cgroup, "/")) /* nowhere in particular */
		item_text(s, "", cgroup);
	item_text(s, "terminal ", text__str(s->r->tty));
	if (d->ns_level && d->ns_level < ET_PID_LEVELS)
		item_number(s, "pid ", d->ns_pids[d->ns_level], " in its namespace");
	end_line(s);
}

/* ---- who did it ---- */

static void put_sender(struct story *s)
{
	const struct cause *c = &s->r->cause;
	const struct et_signal *sig = c->signal;

	if (!sig || !c->by_known || c->self)
		return;
	begin_line(s, "sender");
	item_peer(s, "", &sig->by);
	if (sig == &s->r->signals->fatal)
		item_text(s, "", s->r->killer_exe);
	item_number(s, "uid ", sig->by.uid, "");
	if (sig->by.tid && sig->by.tid != sig->by.id.tgid)
		item_number(s, "thread ", sig->by.tid, "");
	item_peer(s, "child of ", &sig->by_parent);
	if (sig->by.flags & ET_PEER_EXITING)
		item(s, "was exiting itself");
	if (sig->count > 1)
		item_number(s, "sent it ", sig->count, " times");
	item_field(s, SENT_TO_DEAD, "dead ", " later");
	end_line(s);
}

static void put_stop(struct story *s, const struct stop *stop)
{
	item(s, stop->name);
	if (stop->by_known)
		put_peer(s, " from ", &stop->sig->by);
	else
		buf__str(s->b, " from the kernel");
	buf__char(s->b, ' ');
	output__put_duration(s->b, stop->before_death_ns);
	buf__str(s->b, " before death: ");
	buf__str(s->b, stop->result);
	if (stop->sig->count > 1)
		item_number(s, "the last of ", stop->sig->count, "");
}

static void put_stops(struct story *s)
{
	unsigned int i;

	for (i = 0; i < s->r->cause.nr_stops; i++) {
		begin_line(s, i ? "" : "before");
		put_stop(s, &s->r->cause.stops[i]);
		end_line(s);
	}
}

/* ---- who reaped it ---- */

static const char *why_released_at_once(const struct et_death *d)
{
	if (d->flags & ET_D_PARENT_IGNORES)
		return "by the kernel, its parent ignores SIGCHLD";
	if (d->flags & ET_D_PARENT_NOCLDWAIT)
		return "by the kernel, its parent set SA_NOCLDWAIT";
	return "by the kernel, nobody was to wait for it";
}

static void item_zombie_time(struct story *s, const char *before, const char *after)
{
	if (!s->r->reap.time_known)
		return;
	item(s, before);
	output__put_duration(s->b, s->r->reap.zombie_ns);
	buf__str(s->b, after);
}

static void put_unreaped(struct story *s)
{
	begin_line(s, "unreaped");
	item_zombie_time(s, "zombie for ", "");
	if (s->r->death->parent.id.tgid) {
		begin_item(s);
		put_peer(s, "parent ", &s->r->death->parent);
		buf__str(s->b, " has not waited for it");
	}
	if (s->r->death->flags & ET_D_SNAPSHOT)
		item(s, "was there when tracing began");
	end_line(s);
}

static void put_reap(struct story *s)
{
	const struct reap *reap = &s->r->reap;

	if (s->r->type == RECORD_ZOMBIE || reap->how == REAP_UNREAPED) {
		put_unreaped(s);
		return;
	}
	begin_line(s, "reaped");
	if (reap->how == REAP_AUTO)
		item(s, why_released_at_once(s->r->death));
	else if (reap->by_known)
		item_peer(s, "by ", &reap->by);
	if (reap->how == REAP_REPARENTED || reap->reparented)
		item(s, "which had inherited it");
	if (reap->how == REAP_TRACED && s->r->death->tracer.id.tgid)
		item_peer(s, "held by its tracer ", &s->r->death->tracer);
	if (reap->how != REAP_AUTO)
		item_zombie_time(s, reap->approximate ? "zombie for at most " : "zombie for ", "");
	end_line(s);
}

/* ---- the rest ---- */

static void put_resources(struct story *s)
{
	const struct et_resources *res = &s->r->death->res;

	begin_line(s, "used");
	item_field(s, USER, "", " user");
	item_field(s, SYS, "", " system");
	item_field(s, RSS, "", " memory at most");
	item_field(s, MINOR, "", res->minor_faults == 1 ? " minor fault" : " minor faults");
	item_field(s, MAJOR, "", res->major_faults == 1 ? " major fault" : " major faults");
	item_field(s, READ, "", " read");
	item_field(s, WRITTEN, "", " written");
	end_line(s);
}

/* One line for each reason, with everything that is missing because of it. */
static void put_missing(struct story *s)
{
	const char *label = "missing";
	unsigned int why, i;

	for (why = WHY_TIER; why <= WHY_UNSEEN; why++) {
		begin_line(s, label);
		for (i = 0; i < s->r->nr_missing; i++) {
			if (s->r->missing[i].why == why)
				item(s, s->r->missing[i].key);
		}
		if (!s->open)
			continue;
		buf__str(s->b, ": ");
		buf__str(s->b, names__why(why));
		end_line(s);
		label = "";
	}
	begin_line(s, "cut short");
	item_field(s, TRUNCATED, "", "");
	end_line(s);
}

static void story_record(struct output *o, struct buf *b, const struct record *r)
{
	struct story s = { .b = b, .o = o, .r = r };

	put_headline(&s);
	put_process(&s);
	put_command(&s);
	put_place(&s);
	put_sender(&s);
	put_stops(&s);
	put_reap(&s);
	if (r->type == RECORD_ZOMBIE)
		return;
	if (r->death->status)
		put_resources(&s);
	put_missing(&s);
}

static int story_init(struct output *o)
{
	struct wanted_fields *fields = calloc(1, sizeof(*fields));
	unsigned int i;

	if (!fields)
		return -ENOMEM;
	o->priv = fields;
	for (i = 0; i < NR_WANTED; i++) {
		fields->f[i] = record__field(wanted_keys[i]);
		if (!fields->f[i])
			return -ENOENT;
	}
	return 0;
}

static void story_fini(struct output *o)
{
	free(o->priv);
}

const struct output_ops output_story_ops = {
	.init = story_init,
	.fini = story_fini,
	.record = story_record,
	.lost = output__put_lost,
	.end = output__put_totals,
};
