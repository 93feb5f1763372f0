/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes bytes that claim to be a message, gives 0 when every length in it is inside it.
 * Does not judge what the message says.
 */
#include "check.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "record.h"

#define ALIGN8(n) (((n) + 7U) & ~7U)
#define SIGNALS_FATAL ((uint32_t)offsetof(struct et_signals, stop))
#define SIGNALS_WHOLE ((uint32_t)sizeof(struct et_signals))

const char *death__exe(const struct et_death *d)
{
	return (const char *)(d + 1);
}

const struct et_signals *death__signals(const struct et_death *d)
{
	if (!d->signals_size)
		return NULL;
	return (const struct et_signals *)((const char *)(d + 1) + d->exe_size);
}

static bool signal_ok(const struct et_signal *s)
{
	return !s->time_ns || (s->signo >= 1 && s->signo <= 64 && s->first_ns <= s->time_ns);
}

static bool signals_ok(const struct et_death *d)
{
	const struct et_signals *s = death__signals(d);
	unsigned int i;

	if (!s)
		return true;
	if (s->killer.exe_len > ET_KILLER_EXE_MAX || !signal_ok(&s->fatal))
		return false;
	if (!(d->flags & ET_D_STOPS))
		return true;
	for (i = 0; i < ET_SLOTS; i++)
		if (!signal_ok(&s->stop[i]))
			return false;
	return true;
}

static uint32_t signals_size(const struct et_death *d)
{
	if (d->flags & ET_D_STOPS)
		return SIGNALS_WHOLE;
	return d->flags & ET_D_FATAL ? SIGNALS_FATAL : 0;
}

static bool death_ok(const void *msg, size_t size)
{
	const struct et_death *d = msg;

	/* exe_len is bounded before it is rounded up, so that nothing wraps */
	return size >= sizeof(*d) && d->id.tgid && d->exe_len <= ET_EXE_MAX &&
	       d->exe_size == ALIGN8(d->exe_len) && d->signals_size == signals_size(d) &&
	       size == sizeof(*d) + d->exe_size + d->signals_size && signals_ok(d);
}

static bool reap_ok(const void *msg, size_t size)
{
	const struct et_reap *p = msg;

	if (size != sizeof(*p) && size != offsetof(struct et_reap, parent))
		return false;
	switch (p->kind) {
	case ET_REAP_RELEASED:
	case ET_REAP_FREED:
		return p->id.tgid;
	case ET_REAP_WAITED:
		return p->by.id.tgid && p->wait_nr;
	default:
		return false;
	}
}

/* Messages that end in an array may be sent whole or cut behind the last byte used. */
static bool tail_ok(size_t size, size_t fixed, size_t max, size_t used)
{
	return used <= max && size >= fixed + used && size <= fixed + max;
}

static bool cgroup_ok(const void *msg, size_t size)
{
	const struct et_cgroup *c = msg;
	const size_t fixed = offsetof(struct et_cgroup, path);

	return size >= fixed && tail_ok(size, fixed, sizeof(c->path), c->len);
}

static bool args_ok(const void *msg, size_t size)
{
	const struct et_args *a = msg;
	const size_t fixed = offsetof(struct et_args, args);

	return size >= fixed && tail_ok(size, fixed, sizeof(a->args), a->len);
}

static bool one_file_ok(const struct et_file *f)
{
	return f->id.tgid && f->len <= sizeof(f->path) && f->error <= 0 && f->error != INT32_MIN && f->fd >= -1;
}

static bool file_ok(const void *msg, size_t size)
{
	const struct et_file *f = msg;

	return size == sizeof(*f) && one_file_ok(f) && f->what >= ET_FILE_FLUSH_ERROR && f->what <= ET_FILE_CORE;
}

/* It holds what an ET_FILE message would, and ends with the tail or in front of it. */
static bool stdio_ok(const void *msg, size_t size)
{
	const struct et_stdio *m = msg;
	const size_t fixed = offsetof(struct et_stdio, tail);

	return size >= fixed && tail_ok(size, fixed, sizeof(m->tail), m->tail_len) && one_file_ok(&m->file) &&
	       m->file.what == ET_FILE_STDIO && m->inherited <= m->bytes && m->bytes < 1ULL << 53;
}

static bool oom_ok(const void *msg, size_t size)
{
	const struct et_oom *m = msg;

	return size == sizeof(*m) && m->id.tgid;
}

static bool frame_ok(const struct et_frame *f)
{
	return f->kind <= ET_FRAME_OFFSET;
}

static bool stack_ok(const void *msg, size_t size)
{
	const struct et_stack *t = msg;
	unsigned int i;

	if (size < offsetof(struct et_stack, frames) || t->nr > ET_STACK_FRAMES ||
	    size != offsetof(struct et_stack, frames) + t->nr * sizeof(t->frames[0]))
		return false;
	for (i = 0; i < t->nr; i++)
		if (!frame_ok(&t->frames[i]))
			return false;
	return t->id.tgid && t->what < ET_STACK_KINDS && t->call < ET_CALL_COUNT && t->signo <= 64 &&
	       t->path_len <= ET_STACK_PATH_MAX && frame_ok(&t->caller) &&
	       (t->what == ET_STACK_CALL) == (t->call != ET_CALL_NONE);
}

static bool thread_ok(const void *msg, size_t size)
{
	const struct et_thread *t = msg;

	return size == sizeof(*t) && t->id.tgid && t->tid;
}

/* A slot without a beginning is free, not an exit. */
static bool dying_ok(const void *msg, size_t size)
{
	const struct et_exit *e = &((const struct et_dying *)msg)->e;

	return size == sizeof(struct et_dying) && e->id.tgid && e->begin_ns && e->phase < ET_PHASE_COUNT &&
	       e->signo <= 64;
}

static bool pattern_ok(const void *msg, size_t size)
{
	const struct et_pattern *p = msg;

	return size == sizeof(*p) && p->len <= sizeof(p->pattern);
}

static bool forget_ok(const void *msg, size_t size)
{
	const struct et_forget *f = msg;

	return size == sizeof(*f) && f->id.tgid && f->why <= WHY_UNSEEN;
}

static bool terminated(const char *s, size_t cap)
{
	return memchr(s, '\0', cap) != NULL;
}

static bool start_ok(const void *msg, size_t size)
{
	const struct et_start *s = msg;
	unsigned int i;

	if (size != sizeof(*s) || s->version != ET_STREAM_VERSION)
		return false;
	for (i = 0; i < ET_OBSERVATIONS; i++)
		if (s->doors[i] > ET_DOOR_UPROBE)
			return false;
	return s->page_size && !(s->page_size & (s->page_size - 1)) &&
	       terminated(s->boot_id, sizeof(s->boot_id)) && terminated(s->release, sizeof(s->release)) &&
	       terminated(s->tier, sizeof(s->tier));
}

static bool message_ok(uint32_t kind, const void *msg, size_t size)
{
	switch (kind) {
	case ET_DEATH:
		return death_ok(msg, size);
	case ET_REAP:
		return reap_ok(msg, size);
	case ET_CGROUP:
		return cgroup_ok(msg, size);
	case ET_ARGS:
		return args_ok(msg, size);
	case ET_FILE:
		return file_ok(msg, size);
	case ET_STDIO:
		return stdio_ok(msg, size);
	case ET_OOM:
		return oom_ok(msg, size);
	case ET_THREAD:
		return thread_ok(msg, size);
	case ET_STACK:
		return stack_ok(msg, size);
	case ET_DYING:
		return dying_ok(msg, size);
	case ET_PATTERN:
		return pattern_ok(msg, size);
	case ET_FORGET:
		return forget_ok(msg, size);
	case ET_START:
		return start_ok(msg, size);
	case ET_CLOCK:
	case ET_END:
		return size == sizeof(struct et_clock);
	case ET_LOSS:
		return size == sizeof(struct et_loss);
	default:
		return false;
	}
}

int check__event(const void *msg, size_t size)
{
	const struct et_header *h = msg;

	/* The 64-bit members are read in place: a message that is not aligned is not one. */
	if (size < sizeof(*h) || (uintptr_t)msg % _Alignof(struct et_death) || h->size != size)
		return -EBADMSG;
	return message_ok(h->kind, msg, size) ? 0 : -EBADMSG;
}
