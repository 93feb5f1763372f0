/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes records, gives each as a story of a few lines: what happened, who had a
 * part in it, what is not known. Does not print lines that have nothing to say.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "story.h"

#define BLASTS 16 /* remembered: a call that kills many is over soon */

/* The first victim of a call that killed several has the story. */
struct blast {
	struct et_id id; /* of the call, as in cause.blast; tgid 0: none */
	struct et_peer first;
};

struct telling {
	struct story_fields fields;
	struct blast blasts[BLASTS];
	unsigned int next;
	const struct blast *last; /* what stands last belongs to it; NULL: to none */
};

/* ---- the first line ---- */

static void put_time(struct story *s, uint64_t ns)
{
	if (!ns)
		return;
	output__put_time(s->b, ns + s->r->real_offset_ns, s->o->opt.utc,
			 s->o->opt.timestamp ? TIME_FULL : TIME_MICROS);
	buf__char(s->b, ' ');
}

static struct et_peer itself(const struct record *r)
{
	struct et_peer self = { .id = r->death->id };

	memcpy(self.comm, r->death->comm, sizeof(self.comm));
	return self;
}

static void put_headline(struct story *s)
{
	const struct record *r = s->r;
	struct et_peer self = itself(r);
	const char *tint = output__tint(s->o, r);

	put_time(s, r->type == RECORD_DEATH ? record__death_ns(r) : r->now_ns);
	story__put_peer(s, "", &self);
	buf__str(s->b, output__happened(r->type));
	buf__str(s->b, tint);
	buf__str(s->b, r->cause.text);
	buf__str(s->b, *tint ? OUTPUT_UNTINT "\n" : "\n");
}

/* ---- who it was ---- */

static void put_process(struct story *s)
{
	const struct et_death *d = s->r->death;

	story__begin_line(s, "process");
	story__item_text(s, "", s->r->exe);
	story__item_number(s, "uid ", d->uid, "");
	if (story__value(s, WANT_THREADS).u > 1)
		story__item_field(s, WANT_THREADS, "", " threads");
	story__item_field(s, WANT_AGE, "lived ", "");
	story__item_peer(s, "child of ", &d->parent);
	if (d->flags & ET_D_FORKNOEXEC)
		story__item(s, "never called exec");
	story__end_line(s);
}

static void put_place(struct story *s)
{
	const struct et_death *d = s->r->death;
	struct text cgroup = s->r->cgroup;

	story__begin_line(s, "where");
	story__put_container(s, &s->r->container);
	if (!text__equal(cgroup, "/")) /* nowhere in particular */
		story__item_text(s, "", cgroup);
	story__item_text(s, "terminal ", text__str(s->r->tty));
	if (d->ns_level && d->ns_level < ET_PID_LEVELS)
		story__item_number(s, "pid ", d->ns_pids[d->ns_level], " in its namespace");
	story__end_line(s);
}

/* ---- who reaped it ---- */

static const char *why_released_at_once(const struct et_death *d)
{
	if (d->flags & ET_D_CLONE_AUTOREAP)
		return "by the kernel, clone3() had been asked for that";
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
	story__item(s, before);
	output__put_duration(s->b, s->r->reap.zombie_ns);
	buf__str(s->b, after);
}

static void put_unreaped(struct story *s)
{
	story__begin_line(s, "unreaped");
	item_zombie_time(s, "zombie for ", "");
	if (s->r->death->parent.id.tgid) {
		story__begin_item(s);
		story__put_peer(s, "parent ", &s->r->death->parent);
		buf__str(s->b, " has not waited for it");
	}
	if (s->r->death->flags & ET_D_SNAPSHOT)
		story__item(s, "was there when tracing began");
	story__end_line(s);
}

/* Who reaped it had become its parent when that died. */
static bool inherited(const struct reap *reap)
{
	const struct et_id *to = &reap->new_parent.id, *by = &reap->by.id;

	if (!reap->by_known)
		return false;
	if (!reap->reparented)
		return reap->how == REAP_REPARENTED;
	return to->tgid == by->tgid && to->start_ns == by->start_ns;
}

static void item_reaper(struct story *s)
{
	const struct et_peer *by = &s->r->reap.by;

	story__item_peer(s, "by ", by);
	if (inherited(&s->r->reap))
		story__put_role(s, by);
	if (by->tid && by->tid != by->id.tgid)
		story__item_number(s, "its thread ", by->tid, "");
}

static void item_new_parent(struct story *s)
{
	const struct reap *reap = &s->r->reap;
	const struct et_peer *to = &reap->new_parent;

	if (inherited(reap)) {
		story__item(s, "which had inherited it");
	} else if (reap->reparented && reap->new_parent_seen) {
		story__item_peer(s, "inherited by ", to);
		story__put_role(s, to);
	} else if (reap->reparented && to->id.tgid) {
		story__item_number(s, "inherited by process ", to->id.tgid, "");
	}
}

static void put_reap(struct story *s)
{
	const struct reap *reap = &s->r->reap;
	const bool held = reap->how == REAP_TRACED;

	if (reap->how == REAP_UNREAPED) {
		put_unreaped(s);
		return;
	}
	story__begin_line(s, "reaped");
	if (reap->how == REAP_AUTO)
		story__item(s, why_released_at_once(s->r->death));
	else if (reap->by_known)
		item_reaper(s);
	item_new_parent(s);
	if (s->r->death->flags & ET_D_TRACED)
		story__item_peer(s, held ? "held by its tracer " : "traced by ", &s->r->death->tracer);
	if (reap->how != REAP_AUTO)
		item_zombie_time(s, reap->approximate ? "zombie for at most " : "zombie for ", "");
	story__end_line(s);
}

/* ---- the rest ---- */

static void put_resources(struct story *s)
{
	const struct et_resources *res = &s->r->death->res;

	story__begin_line(s, "used");
	story__item_field(s, WANT_USER, "", " user");
	story__item_field(s, WANT_SYS, "", " system");
	story__item_field(s, WANT_RSS, "", " memory at most");
	story__item_field(s, WANT_MINOR, "", res->minor_faults == 1 ? " minor fault" : " minor faults");
	story__item_field(s, WANT_MAJOR, "", res->major_faults == 1 ? " major fault" : " major faults");
	story__item_field(s, WANT_READ, "", " read");
	story__item_field(s, WANT_WRITTEN, "", " written");
	story__end_line(s);
}

/* Keys of one group that are missing for one reason; `first` is told whether there is none before the i-th. */
static unsigned int count_alike(const struct record *r, unsigned int i, bool *first)
{
	const char *key = record__missing_key(r, i);
	size_t group = strcspn(key, ".") + 1;
	unsigned int j, n = 0;

	*first = true;
	for (j = 0; j < r->nr_missing; j++) {
		if (r->missing[j].why != r->missing[i].why || strncmp(record__missing_key(r, j), key, group))
			continue;
		n++;
		*first &= j >= i;
	}
	return n;
}

#define MANY_OF_A_GROUP 3

/* "cause.by", or of a group with many "7 of phases": a tier lacks the same of every death. */
static void item_missing(struct story *s, unsigned int i)
{
	const char *key = record__missing_key(s->r, i);
	bool first;
	unsigned int n = count_alike(s->r, i, &first);

	if (n < MANY_OF_A_GROUP) {
		story__item(s, key);
	} else if (first) {
		story__item_number(s, "", n, " of ");
		buf__put(s->b, key, strcspn(key, "."));
	}
}

/* One line for each reason, with everything that is missing because of it. */
static void put_missing(struct story *s)
{
	const char *label = "missing";
	unsigned int why, i;

	for (why = WHY_TIER; why <= WHY_UNSEEN; why++) {
		story__begin_line(s, label);
		for (i = 0; i < s->r->nr_missing; i++) {
			if (s->r->missing[i].why == why)
				item_missing(s, i);
		}
		if (!s->open)
			continue;
		buf__str(s->b, ": ");
		buf__str(s->b, names__why(why));
		story__end_line(s);
		label = "";
	}
	story__begin_line(s, "cut short");
	story__item_field(s, WANT_TRUNCATED, "", "");
	story__end_line(s);
}

/* ---- threads ---- */

static void put_thread_end(struct story *s)
{
	const struct et_thread *t = s->r->thread;
	struct et_peer thread = { .id = { .tgid = t->tid } };

	memcpy(thread.comm, t->comm, sizeof(thread.comm));
	story__put_peer(s, ", thread ", &thread);
	buf__str(s->b, ": ");
	buf__str(s->b, s->r->cause.text);
	buf__str(s->b, ", lived ");
	output__put_duration(s->b, record__since(t->start_ns, t->time_ns));
	buf__str(s->b, ", ");
	output__put_duration(s->b, t->runtime_ns);
	buf__str(s->b, " of processor time, ");
	buf__u64(s->b, t->threads ? t->threads - 1 : 0);
	buf__str(s->b, " left");
}

/* One line: there may be thousands of them. */
static void put_thread(struct story *s)
{
	const struct record *r = s->r;
	struct et_peer self = itself(r);
	const char *tint = output__tint(s->o, r);

	put_time(s, r->thread->time_ns);
	buf__str(s->b, tint);
	story__put_peer(s, "", &self);
	if (r->thread->flags & ET_THREAD_ALONE) {
		buf__str(s->b, " WARNING: ");
		buf__str(s->b, r->cause.text);
	} else {
		put_thread_end(s);
	}
	buf__str(s->b, *tint ? OUTPUT_UNTINT "\n" : "\n");
}

/* ---- one call that killed many ---- */

static const struct blast *find_blast(const struct telling *t, const struct et_id *id)
{
	unsigned int i;

	for (i = 0; i < BLASTS; i++)
		if (t->blasts[i].id.tgid && record__same_id(&t->blasts[i].id, id))
			return &t->blasts[i];
	return NULL;
}

static const struct blast *remember_blast(struct telling *t, const struct record *r, const struct et_id *id)
{
	struct blast *b = &t->blasts[t->next];

	t->next = (t->next + 1) % BLASTS;
	*b = (struct blast){ .id = *id, .first = itself(r) };
	return b;
}

/* Under the story of the first victim; or by itself when others came between. */
static void put_another(struct story *s, const struct blast *blast, bool under)
{
	struct et_peer self = itself(s->r);

	if (under)
		buf__str(s->b, "    with it   ");
	else
		put_time(s, record__death_ns(s->r));
	story__put_peer(s, "", &self);
	buf__str(s->b, under ? " " : " died: ");
	buf__str(s->b, s->r->cause.signal_name);
	buf__str(s->b, ", same kill");
	if (!under)
		story__put_peer(s, " as of ", &blast->first);
	buf__char(s->b, '\n');
}

/* True: it is told with the first victim. Data that it lost is worth a story. */
static bool tell_with_first(struct story *s, struct telling *t)
{
	const struct value id = story__value(s, WANT_BLAST);
	const struct blast *last = t->last, *blast;

	t->last = NULL;
	if (s->r->type != RECORD_DEATH || id.kind != V_ID)
		return false;
	blast = find_blast(t, &id.id);
	if (blast && !s->r->death->files.errors) {
		put_another(s, blast, blast == last);
		t->last = blast == last ? blast : NULL;
		return true;
	}
	t->last = blast ? blast : remember_blast(t, s->r, &id.id);
	return false;
}

/* ---- the whole ---- */

static void put_death(struct story *s)
{
	story__put_command(s, "command", s->r->args, s->r->args_cut);
	put_place(s);
	story__put_cause(s);
	if (s->r->type == RECORD_ZOMBIE) {
		put_unreaped(s);
		return;
	}
	story__put_stack(s);
	story__put_way_out(s);
	put_reap(s);
	if (s->r->death->status)
		put_resources(s);
	put_missing(s);
}

static void story_record(struct output *o, struct buf *b, const struct record *r)
{
	struct telling *t = o->priv;
	struct story s = { .b = b, .o = o, .r = r, .fields = &t->fields };

	if (tell_with_first(&s, t))
		return;
	if (r->thread) {
		put_thread(&s);
		return;
	}
	put_headline(&s);
	put_process(&s);
	if (r->type != RECORD_DYING) {
		put_death(&s);
		return;
	}
	story__put_sender(&s);
	story__put_dying(&s);
	put_missing(&s);
}

static int story_init(struct output *o)
{
	struct telling *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	o->priv = t;
	return story__find_fields(&t->fields);
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
