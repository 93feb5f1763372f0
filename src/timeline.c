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
	/* A positive code is the kernel's: to another process user space cannot send one. */
	if (s->info != ET_INFO_REAL || s->code > 0)
		return false;
	switch (s->code) {
	case CODE_TIMER:
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
	return s->info == ET_INFO_PRIV || (s->info == ET_INFO_REAL && s->code == CODE_KERNEL);
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

static const char *result_word(const struct et_signal *s)
{
	if (s->result == 1)
		return "ignored";
	/* A blocked signal is kept even if it is ignored: the action may change until then. */
	if (s->flags & ET_SIG_BLOCKED)
		return "blocked";
	if (s->disposition == ET_DISP_IGNORED)
		return "ignored";
	if (s->result == 2)
		return "pending";
	return s->disposition == ET_DISP_HANDLED ? "handled" : "default";
}

static bool same_signal(const struct et_signal *a, const struct et_signal *b)
{
	return a && b && a->signo == b->signo && a->time_ns == b->time_ns;
}

static void insert_stop(struct cause *c, const struct et_signal *s, uint64_t end)
{
	unsigned int i = c->nr_stops++;

	for (; i && c->stops[i - 1].sig->time_ns > s->time_ns; i--)
		c->stops[i] = c->stops[i - 1];
	c->stops[i] = (struct stop){
		.sig = s,
		.result = result_word(s),
		.by_known = timeline__sender_known(s),
		.before_death_ns = end - s->time_ns,
	};
	names__signal(s->signo, c->stops[i].name);
}

/* What came after the one that killed changed nothing. */
static void add_stop(struct record *r, const struct et_signal *s)
{
	const struct et_signal *killer = r->cause.signal;
	uint64_t end = record__death_ns(r);

	if (s->time_ns && s->time_ns <= end && !same_signal(s, killer) && !(killer && s->time_ns > killer->time_ns))
		insert_stop(&r->cause, s, end);
}

static bool is_stop_signal(int signo)
{
	return signo == SIGTERM || signo == SIGINT || signo == SIGHUP || signo == SIGQUIT;
}

/* The fatal slot may hold a stop signal that did not get to kill: blocked, or held by a tracer. */
void timeline__build(struct record *r)
{
	unsigned int i;

	if (!r->signals)
		return;
	if (is_stop_signal(r->signals->fatal.signo))
		add_stop(r, &r->signals->fatal);
	if (!(r->death->flags & ET_D_STOPS))
		return;
	for (i = 0; i < ET_SLOTS; i++)
		add_stop(r, &r->signals->stop[i]);
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
