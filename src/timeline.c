/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the signals of a record, gives the one that killed and the stop signals before
 * it in order. Does not say why the process died.
 */
#include "timeline.h"

#include <signal.h>
#include <string.h>

#include "names.h"

/* ---- whose word ---- */

/* The kernel sends SI_SIGIO only in place of a code that would mean something else with this signal. */
static bool has_own_codes(int signo)
{
	return signo == SIGILL || signo == SIGFPE || signo == SIGSEGV || signo == SIGBUS || signo == SIGTRAP ||
	       signo == SIGCHLD || signo == SIGSYS;
}

static bool is_user_code(const struct et_signal *s)
{
	if (s->info != ET_INFO_REAL)
		return false;
	/* A positive code is the kernel's: user space can only send one to itself. */
	if (s->code > 0)
		return s->flags & ET_SIG_BY_CALL;
	switch (s->code) {
	case CODE_TIMER:
	case CODE_MESGQ:
	case CODE_ASYNCIO: /* made up with rt_sigqueueinfo(), or the kernel's */
		return s->flags & ET_SIG_BY_CALL;
	case CODE_SIGIO:
		return s->flags & ET_SIG_BY_CALL && !has_own_codes(s->signo);
	default:
		return true;
	}
}

bool timeline__sender_known(const struct et_signal *s)
{
	if (!s->by.id.tgid || (s->by.flags & ET_PEER_KTHREAD))
		return false;
	return is_user_code(s) || s->info == ET_INFO_NONE;
}

bool timeline__is_kernel_own(const struct et_signal *s)
{
	return s->info == ET_INFO_PRIV ||
	       (s->info == ET_INFO_REAL && s->code == CODE_KERNEL && !(s->flags & ET_SIG_BY_CALL));
}

/* ---- the one that killed ---- */

/* A handler ran, or nobody was told: whatever came of it, it was not this one that killed. */
static bool could_kill(const struct et_signal *s, int signo, uint64_t until)
{
	if (!s->time_ns || s->time_ns > until || s->signo != signo)
		return false;
	if (s->flags & ET_SIG_BLOCKED) /* what becomes of it is decided when it is unblocked */
		return true;
	return s->result != 1 && s->disposition == ET_DISP_DEFAULT;
}

const struct et_signal *timeline__find_killer(const struct record *r, int signo)
{
	const struct et_signals *s = r->signals;
	uint64_t until = record__death_ns(r);
	unsigned int i;

	if (!s)
		return NULL;
	if (s->fatal.signo == signo && s->fatal.time_ns && s->fatal.time_ns <= until)
		return &s->fatal;
	if (!(r->death->flags & ET_D_STOPS))
		return NULL;
	for (i = 0; i < ET_SLOTS; i++)
		if (could_kill(&s->stop[i], signo, until))
			return &s->stop[i];
	return NULL;
}

/* ---- those before ---- */

static uint32_t pending_flag(int signo)
{
	switch (signo) {
	case SIGTERM:
		return ET_D_TERM_PENDING;
	case SIGINT:
		return ET_D_INT_PENDING;
	case SIGHUP:
		return ET_D_HUP_PENDING;
	default:
		return signo == SIGQUIT ? ET_D_QUIT_PENDING : 0;
	}
}

/*
 * One that is handled waits until a thread runs: not while the process is stopped, frozen, or waits for the child of a
 * vfork(). Of several the first was delivered, else the next would not have been queued.
 */
static bool was_delivered(const struct et_death *d, const struct et_signal *s)
{
	return s->count > 1 || !(d->flags & pending_flag(s->signo));
}

/* Where the main thread blocks it another one may not, and it may unblock it. */
static const char *blocked_word(const struct et_death *d, const struct et_signal *s)
{
	const bool handled = s->disposition == ET_DISP_HANDLED && d->seen & ET_SEEN_PENDING && was_delivered(d, s);

	return handled ? "handled" : "blocked";
}

static const char *result_word(const struct et_death *d, const struct et_signal *s)
{
	if (s->result == 1)
		return "ignored";
	/* A blocked signal is kept even if it is ignored: the action may change until then. */
	if (s->flags & ET_SIG_BLOCKED)
		return blocked_word(d, s);
	if (s->disposition == ET_DISP_IGNORED)
		return "ignored";
	if (s->result == 2)
		return "pending";
	if (s->disposition != ET_DISP_HANDLED)
		return "default";
	return d->seen & ET_SEEN_PENDING && !was_delivered(d, s) ? "pending" : "handled";
}

static bool same_signal(const struct et_signal *a, const struct et_signal *b)
{
	return a && b && a->signo == b->signo && a->time_ns == b->time_ns;
}

static void insert_stop(struct record *r, const struct et_signal *s, uint64_t end)
{
	struct cause *c = &r->cause;
	unsigned int i = c->nr_stops++;

	for (; i && c->stops[i - 1].sig->time_ns > s->time_ns; i--)
		c->stops[i] = c->stops[i - 1];
	c->stops[i] = (struct stop){
		.sig = s,
		.result = result_word(r->death, s),
		.by_known = timeline__sender_known(s),
		.before_death_ns = end - s->time_ns,
		.count = s->count,
	};
	names__signal(s->signo, c->stops[i].name);
}

/* What came after the one that killed changed nothing. */
static void add_stop(struct record *r, const struct et_signal *s)
{
	const struct et_signal *killer = r->cause.signal;
	uint64_t end = record__death_ns(r);

	if (s->time_ns && s->time_ns <= end && !same_signal(s, killer) && !(killer && s->time_ns > killer->time_ns))
		insert_stop(r, s, end);
}

static bool is_stop_signal(int signo)
{
	return signo == SIGTERM || signo == SIGINT || signo == SIGHUP || signo == SIGQUIT;
}

/* The fatal slot may hold a stop signal that did not get to kill: blocked, or held by a tracer. */
static const struct et_signal *latest_in_fatal_slot(const struct record *r)
{
	const struct et_signal *s = &r->signals->fatal;

	return is_stop_signal(s->signo) && !same_signal(s, r->cause.signal) ? s : NULL;
}

static struct stop *find_stop(struct cause *c, const struct et_signal *sig)
{
	unsigned int i;

	for (i = 0; i < c->nr_stops; i++)
		if (c->stops[i].sig == sig)
			return &c->stops[i];
	return NULL;
}

void timeline__build(struct record *r)
{
	const struct et_signal *latest;
	struct stop *stop;
	unsigned int i;

	if (!r->signals)
		return;
	latest = latest_in_fatal_slot(r);
	if (latest)
		add_stop(r, latest);
	if (!(r->death->flags & ET_D_STOPS))
		return;
	for (i = 0; i < ET_SLOTS; i++) {
		stop = latest && r->signals->stop[i].signo == latest->signo ? find_stop(&r->cause, latest) : NULL;
		if (stop)
			stop->count += r->signals->stop[i].count;
		else
			add_stop(r, &r->signals->stop[i]);
	}
}

const struct stop *timeline__last(const struct record *r, const char *result, int signo)
{
	unsigned int i = r->cause.nr_stops;

	while (i--) {
		const struct stop *s = &r->cause.stops[i];

		if ((!result || !strcmp(s->result, result)) && (!signo || s->sig->signo == signo))
			return s;
	}
	return NULL;
}
