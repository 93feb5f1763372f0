/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the facts of a death, gives whether a core was dumped, where to, and why not.
 * Does not look at core files.
 */
#include "coredump.h"

#include <signal.h>

#define LIMIT_PIPE_REFUSED 1 /* what a handler's own core dump gets, so that it does not dump in turn */
#define DUMPABLE_ROOT 2	     /* the core must be root's, and nobody else may choose where it goes */

bool coredump__is_core_signal(int signo)
{
	switch (signo) {
	case SIGQUIT:
	case SIGILL:
	case SIGTRAP:
	case SIGABRT:
	case SIGBUS:
	case SIGFPE:
	case SIGSEGV:
	case SIGXCPU:
	case SIGXFSZ:
	case SIGSYS:
		return true;
	default:
		return false;
	}
}

/* ---- facts ---- */

static bool is_known(const struct record *r, uint32_t flag)
{
	return (r->death->seen & ET_SEEN_CORE) && (!flag || (r->death->core.flags & flag));
}

static char first(const struct record *r)
{
	return r->core_pattern.len ? r->core_pattern.bytes[0] : '\0';
}

/* 0: not known, or nothing. */
static enum et_core_target target_of(const struct record *r)
{
	if (r->death->core.target)
		return r->death->core.target;
	if (!r->core_pattern_known || !r->core_pattern.len)
		return 0;
	if (first(r) == '|')
		return ET_CORE_PIPE;
	return first(r) == '@' ? ET_CORE_SOCKET : ET_CORE_FILE;
}

static bool was_tried(const struct record *r)
{
	return r->death->core.flags & ET_CORE_TRIED;
}

/* ---- why not, in the order in which the kernel looks ---- */

static bool is_not_dumpable(const struct record *r)
{
	return is_known(r, ET_CORE_DUMPABLE_KNOWN) && !r->death->core.dumpable;
}

static bool is_pattern_empty(const struct record *r)
{
	return r->core_pattern_known && !r->core_pattern.len;
}

static bool is_handlers_own(const struct record *r)
{
	return is_known(r, 0) && r->death->core.limit == LIMIT_PIPE_REFUSED;
}

static bool is_below_a_page(const struct record *r)
{
	return is_known(r, 0) && r->death->core.limit < r->start->page_size;
}

static bool is_roots_but_relative(const struct record *r)
{
	return is_known(r, ET_CORE_DUMPABLE_KNOWN) && r->death->core.dumpable == DUMPABLE_ROOT &&
	       r->core_pattern_known && first(r) != '/';
}

static bool was_not_opened(const struct record *r)
{
	return was_tried(r) && !(r->death->core.flags & ET_CORE_WRITTEN);
}

static bool was_opened(const struct record *r)
{
	return r->death->core.flags & ET_CORE_WRITTEN;
}

#define ANY 0

/* First match wins. */
static const struct rule {
	enum et_core_target target;
	bool (*match)(const struct record *r);
	enum core_reason reason;
} rules[] = {
	{ ANY, is_not_dumpable, CORE_NOT_DUMPABLE },
	{ ANY, is_pattern_empty, CORE_PATTERN_EMPTY },
	{ ET_CORE_PIPE, is_handlers_own, CORE_LIMIT },
	{ ET_CORE_PIPE, was_not_opened, CORE_HANDLER_FAILED },
	{ ET_CORE_SOCKET, was_not_opened, CORE_OPEN_FAILED },
	{ ET_CORE_FILE, is_below_a_page, CORE_LIMIT },
	{ ET_CORE_FILE, is_roots_but_relative, CORE_NOT_DUMPABLE },
	{ ET_CORE_FILE, was_not_opened, CORE_OPEN_FAILED },
	{ ANY, was_opened, CORE_INTERRUPTED },
};

static enum core_reason reason(const struct record *r)
{
	const enum et_core_target target = target_of(r);
	unsigned int i;

	/* Nobody asked for a dump, so nothing of this kept it from being made. */
	if (record__hooked(r, ET_OBS_COREDUMP) && !was_tried(r))
		return CORE_REASON_NONE;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if ((rules[i].target == ANY || rules[i].target == target) && rules[i].match(r))
			return rules[i].reason;
	return CORE_REASON_NONE;
}

/* ---- the whole ---- */

/* A core to a file that was opened has a name. */
static void conclude_file(struct record *r)
{
	const struct noted_file *f = record__file(r, ET_FILE_CORE);

	if (r->coredump.target != ET_CORE_FILE || !(r->coredump.dumped || was_opened(r)))
		return;
	if (f && f->known)
		r->coredump.file = f;
	else if (f)
		record__add_missing(r, FIELD_coredump_path, WHY_GONE);
	else
		record__add_missing(r, FIELD_coredump_path, was_opened(r) ? WHY_LOST :
				    record__why_unseen(r, ET_OBS_COREDUMP));
}

/* do_coredump() was watched, and was not called, or no rule fits: then it is not for want of a probe. */
static enum missing_why why_unknown(const struct record *r)
{
	const bool followed = r->death->seen & ET_SEEN_CORE;

	return followed && record__hooked(r, ET_OBS_COREDUMP) ? WHY_UNSEEN : record__why_unseen(r, ET_OBS_COREDUMP);
}

static void note_missing(struct record *r)
{
	const struct coredump *c = &r->coredump;
	const enum missing_why why = why_unknown(r);

	if (!c->duration_known)
		record__add_missing(r, FIELD_coredump_duration_ns, why);
	if (!c->target && !is_pattern_empty(r))
		record__add_missing(r, FIELD_coredump_target, why);
	if (!r->core_pattern_known)
		record__add_missing(r, FIELD_coredump_pattern, WHY_UNSEEN);
	if (!is_known(r, 0))
		record__add_missing(r, FIELD_coredump_limit_bytes, why);
	if (!c->dumped && !c->reason)
		record__add_missing(r, FIELD_coredump_reason, why);
}

void coredump__conclude(struct record *r)
{
	const struct et_death *d = r->death;
	const struct et_marks *m = &d->marks;
	struct coredump *c = &r->coredump;

	*c = (struct coredump){
		.dumped = d->status & 0x80,
		.target = target_of(r),
		.duration_known = m->core_begin_ns && m->core_end_ns,
		.duration_ns = m->core_end_ns ? record__since(m->core_begin_ns, m->core_end_ns) : 0,
	};
	c->applies = c->dumped || was_tried(r) || coredump__is_core_signal(d->status & 0x7f);
	if (!c->applies)
		return;
	if (!c->dumped)
		c->reason = reason(r);
	conclude_file(r);
	note_missing(r);
}
