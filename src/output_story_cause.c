/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a record, gives the lines of its story that tell who ended it: the sender, what
 * came before, the memory that was not there. Does not tell of the way out.
 */
#include "names.h"
#include "story.h"

#define CONTAINER_ID_SHOWN 12 /* as container tools print it */

void story__put_container(struct story *s, const struct container *c)
{
	struct text id = c->id;

	if (!id.len)
		return;
	if (id.len > CONTAINER_ID_SHOWN)
		id.len = CONTAINER_ID_SHOWN;
	story__item(s, c->runtime == RUNTIME_UNKNOWN ? "container" : names__runtime(c->runtime));
	buf__char(s->b, ' ');
	buf__text(s->b, id);
}

/* ---- the sender ---- */

static bool is_its_parent(const struct record *r)
{
	return record__same_id(&r->cause.by->id, &r->death->parent.id);
}

static void item_ancestors(struct story *s, const struct et_signal *sig)
{
	const struct et_killer *kept = record__killer(s->r);

	if (!sig || s->r->cause.by != &sig->by || !sig->by_parent.id.tgid)
		return;
	story__item_peer(s, "child of ", &sig->by_parent);
	if (kept && kept->grandparent.id.tgid)
		story__put_peer(s, ", child of ", &kept->grandparent);
}

static void put_sender_line(struct story *s)
{
	const struct et_signal *sig = s->r->cause.signal;
	const struct et_peer *by = s->r->cause.by;

	story__begin_line(s, "sender");
	story__item_peer(s, "", by);
	if (is_its_parent(s->r))
		story__item(s, "its parent");
	if (record__killer(s->r))
		story__item_text(s, "", s->r->killer.exe);
	story__item_number(s, "uid ", by->uid, "");
	if (by->tid && by->tid != by->id.tgid)
		story__item_number(s, "thread ", by->tid, "");
	item_ancestors(s, sig);
	if (by->flags & ET_PEER_EXITING)
		story__item(s, "was exiting itself");
	if (sig && sig->count > 1)
		story__item_number(s, "sent it ", sig->count, " times");
	story__item_field(s, WANT_SENT_TO_DEAD, "dead ", " later");
	story__end_line(s);
}

void story__put_sender(struct story *s)
{
	const struct sender *from = &s->r->killer;

	if (!s->r->cause.by || s->r->cause.self)
		return;
	put_sender_line(s);
	if (!record__killer(s->r))
		return;
	story__begin_line(s, "");
	story__put_container(s, &from->container);
	if (!text__equal(from->cgroup, "/")) /* nowhere in particular */
		story__item_text(s, "in ", from->cgroup);
	story__end_line(s);
	story__put_command(s, "", from->args, from->args_cut);
}

/* ---- what came before ---- */

static void put_stop(struct story *s, const struct stop *stop)
{
	story__item(s, stop->name);
	if (stop->by_known)
		story__put_peer(s, " from ", &stop->sig->by);
	else
		buf__str(s->b, " from the kernel");
	buf__char(s->b, ' ');
	output__put_duration(s->b, stop->before_death_ns);
	buf__str(s->b, " before death: ");
	buf__str(s->b, stop->result);
	if (stop->count > 1)
		story__item_number(s, "the last of ", stop->count, "");
}

static void put_stops(struct story *s)
{
	unsigned int i;

	for (i = 0; i < s->r->cause.nr_stops; i++) {
		story__begin_line(s, i ? "" : "before");
		put_stop(s, &s->r->cause.stops[i]);
		story__end_line(s);
	}
}

/* ---- why ---- */

static void put_because_of(struct story *s)
{
	const struct cause *c = &s->r->cause;

	if (!c->has_because_of)
		return;
	story__begin_line(s, "because");
	story__item_peer(s, "", &c->signal->by);
	buf__str(s->b, " died before, see the record of ");
	output__put_id(s->b, s->o, c->because_of);
	story__end_line(s);
}

static void item_bytes(struct story *s, const char *before, uint64_t bytes, const char *after)
{
	story__item(s, before);
	output__put_bytes(s->b, bytes);
	buf__str(s->b, after);
}

static void put_limit(struct story *s, const struct et_oom *o)
{
	if (o->flags & ET_OOM_LIMIT) {
		item_bytes(s, "", o->usage_bytes, " used");
		item_bytes(s, "limit ", o->limit_bytes, o->flags & ET_OOM_SWAP ? " of memory and swap" : "");
		story__item_text(s, o->flags & ET_OOM_OWN ? "of its cgroup " : "of the cgroup above it, ",
				 s->r->oom_cgroup);
	} else if (o->flags & ET_OOM_GLOBAL) {
		story__item(s, "the machine had none left");
	}
	story__end_line(s);
}

static void put_used(struct story *s, const struct et_oom *o)
{
	if (o->flags & ET_OOM_USED) {
		item_bytes(s, "it had ", o->anon_bytes + o->file_bytes + o->shmem_bytes, "");
		item_bytes(s, "", o->anon_bytes, " of that its own data");
		item_bytes(s, "", o->file_bytes, " of files");
		item_bytes(s, "", o->shmem_bytes, " shared");
		item_bytes(s, "and in swap ", o->swap_bytes, "");
	}
	story__item(s, "oom_score_adj ");
	if (o->score_adj < 0)
		buf__char(s->b, '-');
	buf__u64(s->b, (uint64_t)(o->score_adj < 0 ? -(int64_t)o->score_adj : o->score_adj));
	story__end_line(s);
}

/* Who asked is not to blame: it was the next one that wanted a page. */
static void put_trigger(struct story *s, const struct et_oom *o)
{
	if (!o->trigger.id.tgid)
		return;
	story__begin_line(s, "");
	story__item_peer(s, o->flags & ET_OOM_SYSRQ ? "called by " : "asked for by ", &o->trigger);
	story__item_number(s, "uid ", o->trigger.uid, "");
	story__end_line(s);
}

static void put_oom(struct story *s, const struct et_oom *o)
{
	story__begin_line(s, "memory");
	put_limit(s, o);
	story__begin_line(s, s->open ? "" : "memory");
	put_used(s, o);
	put_trigger(s, o);
}

void story__put_cause(struct story *s)
{
	story__put_sender(s);
	put_because_of(s);
	if (s->r->cause.oom && s->r->oom)
		put_oom(s, s->r->oom);
	put_stops(s);
}
