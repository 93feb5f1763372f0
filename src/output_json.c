/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes records, gives NDJSON: what comes before them, between them and at the end.
 * Does not format a record itself (json_record.c).
 */
#include <errno.h>

#include "json.h"
#include "json_record.h"
#include "names.h"
#include "output.h"
#include "version.h"

static int json_init(struct output *o)
{
	o->priv = json_record__new(&o->opt);
	return o->priv ? 0 : -ENOMEM;
}

static void json_fini(struct output *o)
{
	json_record__free(o->priv);
}

static void json_resume(struct output *o)
{
	json_record__boot_id(o->priv, o->boot_id);
}

static void json_begin(struct output *o, struct buf *b, const struct et_start *s)
{
	unsigned int i;

	json_record__boot_id(o->priv, o->boot_id);
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

static void json_line(struct output *o, struct buf *b, const struct record *r)
{
	json_record__put(o->priv, b, r);
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
	json__member(b, "threads_filtered", t->threads_filtered);
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
	.resume = json_resume,
	.record = json_line,
	.lost = json_lost,
	.end = json_end,
};
