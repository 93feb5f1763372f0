/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a record and the options, gives whether it was asked for. Does not look
 * at anything that is unknown in the record: that is never a match.
 */
#include "filter.h"

static bool match_process(const struct options *o, const struct et_death *d)
{
	if (o->name && !text__equal(text__array(d->comm, sizeof(d->comm)), o->name))
		return false;
	return !o->by_user || d->uid == o->uid;
}

static bool match_status(const struct options *o, int status)
{
	unsigned int signo = status & 0x7f;

	if (o->failed && !status)
		return false;
	if (!o->signals)
		return true;
	return signo >= 1 && signo <= 64 && o->signals >> (signo - 1) & 1;
}

static bool match_cause(const struct options *o, enum cause_class class)
{
	return !o->causes || o->causes >> class & 1;
}

static bool match_age(const struct options *o, const struct record *r)
{
	uint64_t died = record__death_ns(r), born = r->death->id.start_ns;

	if (!o->min_age_ns)
		return true;
	return died > born && died - born >= o->min_age_ns;
}

static bool match_zombie(const struct options *o, const struct reap *reap)
{
	if (!o->min_zombie_ns)
		return true;
	return reap->time_known && reap->zombie_ns >= o->min_zombie_ns;
}

bool filter__match(const struct options *o, const struct record *r)
{
	return match_process(o, r->death) && match_status(o, r->death->status) &&
	       match_cause(o, r->cause.class) && match_age(o, r) && match_zombie(o, &r->reap);
}
