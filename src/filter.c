/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a record and the options, gives whether it was asked for. Does not look
 * at anything that is unknown in the record: that is never a match.
 *
 * An exit under way has no wait status yet and was not a zombie. It matches by what is certain
 * to stay: that a signal ends it, how old it is and how long it takes so far.
 *
 * A thread matches by its own status and cause. Ages and durations are those of processes, and do
 * not keep it back. A warning is not asked for: of a process that is watched it is always told.
 */
#include "filter.h"

static bool match_process(const struct options *o, const struct et_death *d)
{
	if (o->name && !text__equal(text__array(d->comm, sizeof(d->comm)), o->name))
		return false;
	return !o->by_user || d->uid == o->uid;
}

/* The signal that ended it, or will have; 0: none, or not seen. */
static unsigned int signal_of(const struct record *r)
{
	if (r->type == RECORD_DYING)
		return r->cause.signal ? r->cause.signal->signo : 0;
	return r->death->status & 0x7f;
}

/* While it is dying an exit code is not known, whatever it will be. */
static bool match_failed(const struct options *o, const struct record *r)
{
	if (!o->failed)
		return true;
	return r->type == RECORD_DYING ? signal_of(r) != 0 : r->death->status != 0;
}

static bool match_signal(const struct options *o, const struct record *r)
{
	unsigned int signo = signal_of(r);

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
	uint64_t until = r->type == RECORD_DYING ? r->now_ns : record__death_ns(r);
	uint64_t born = r->death->id.start_ns;

	if (!o->min_age_ns)
		return true;
	if (r->type != RECORD_DYING && !record__death_seen(r))
		return false;
	return until > born && until - born >= o->min_age_ns;
}

static bool match_exit(const struct options *o, const struct phases *p)
{
	return !o->min_exit_ns || (p->known && p->exit_ns >= o->min_exit_ns);
}

static bool match_zombie(const struct options *o, const struct record *r)
{
	if (!o->min_zombie_ns)
		return true;
	return r->type != RECORD_DYING && r->reap.time_known && r->reap.zombie_ns >= o->min_zombie_ns;
}

static bool match_outcome(const struct options *o, const struct record *r)
{
	return match_failed(o, r) && match_signal(o, r) && match_cause(o, r->cause.class);
}

static bool match_durations(const struct options *o, const struct record *r)
{
	return match_age(o, r) && match_exit(o, &r->phases) && match_zombie(o, r);
}

bool filter__match(const struct options *o, const struct record *r)
{
	if (!match_process(o, r->death))
		return false;
	if (r->type == RECORD_WARNING)
		return true;
	if (r->type == RECORD_THREAD) /* a recorded stream may hold threads that nobody asked for */
		return o->threads && match_outcome(o, r);
	return match_outcome(o, r) && match_durations(o, r);
}
