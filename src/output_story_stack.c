/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a record, tells how the process left, who called what, and where it stood. Does not look anything up.
 */
#include <string.h>

#include "story.h"

#define FRAMES_TOLD 8

static void put_place(struct buf *b, const struct frame *f)
{
	if (f->at.kind == ET_FRAME_ADDRESS) {
		buf__hex(b, f->at.offset);
		return;
	}
	if (f->module.len)
		buf__text(b, f->module);
	else
		buf__str(b, "?");
	buf__char(b, '+');
	buf__hex(b, f->at.offset);
	if (f->build_id[0])
		buf__printf(b, " (build id %s)", f->build_id);
}

/* "config.c" of "/src/app/config.c:212" is what people know; in JSON it is whole. */
static struct text short_source(struct text source)
{
	const char *slash = memrchr(source.bytes, '/', source.len);
	size_t skip = slash ? (size_t)(slash + 1 - source.bytes) : 0;

	return (struct text){ source.bytes + skip, source.len - skip };
}

static void put_frame(struct buf *b, const struct frame *f)
{
	if (!f->symbol.len) {
		put_place(b, f);
		return;
	}
	buf__text(b, f->symbol);
	if (!f->source.len && !f->module.len)
		return;
	buf__str(b, " (");
	buf__text(b, f->source.len ? short_source(f->source) : f->module);
	buf__char(b, ')');
}

static const char *what_was_called(enum leave_how how)
{
	switch (how) {
	case LEAVE_EXIT:
		return "exit(";
	case LEAVE__EXIT:
		return "_exit(";
	case LEAVE_QUICK_EXIT:
		return "quick_exit(";
	default:
		return "system call exit_group(";
	}
}

/* Whoever wants the 32 bits that it was called with has to ask it: of these the kernel keeps 8. */
static void put_call(struct story *s, const struct exit_stack *e)
{
	story__item(s, what_was_called(e->how));
	buf__u64(s->b, s->r->death->status >> 8 & 0xff);
	buf__char(s->b, ')');
}

static void put_signal(struct story *s, const struct exit_stack *e)
{
	if (!e->nr)
		return;
	story__item(s, s->r->cause.class == CAUSE_FAULT ? "fell at " : "stood at ");
	put_frame(s->b, &e->frames[0]);
}

static void put_how(struct story *s, const struct exit_stack *e)
{
	switch (e->how) {
	case LEAVE_UNKNOWN:
		return;
	case LEAVE_RETURN:
		story__item_number(s, "returned ", s->r->death->status >> 8 & 0xff, " from main");
		return;
	case LEAVE_ABORT:
		story__item(s, "abort()");
		break;
	case LEAVE_THREAD:
		story__item(s, "its last thread ended");
		break;
	case LEAVE_SIGNAL:
		put_signal(s, e);
		return;
	default:
		put_call(s, e);
	}
	if (!e->by)
		return;
	buf__str(s->b, e->how == LEAVE_THREAD ? " in " : " called by ");
	put_frame(s->b, e->by);
}

/* A line each, behind the first, which stands in the line above. */
static void put_frames(struct story *s, const struct frame *frames, unsigned int nr, const char *label,
		       unsigned int from)
{
	unsigned int i;

	for (i = from; i < nr && i < FRAMES_TOLD; i++) {
		story__begin_line(s, i == from ? label : "");
		story__begin_item(s);
		put_frame(s->b, &frames[i]);
		if (i == FRAMES_TOLD - 1 && nr > FRAMES_TOLD)
			buf__printf(s->b, " and %u more", nr - FRAMES_TOLD);
		story__end_line(s);
	}
}

void story__put_stack(struct story *s)
{
	const struct exit_stack *e = &s->r->stack;

	if (!e->asked)
		return;
	story__begin_line(s, "left");
	put_how(s, e);
	if (e->tid && e->tid != s->r->death->id.tgid)
		story__item_number(s, "thread ", e->tid, "");
	story__end_line(s);
	put_frames(s, e->frames, e->nr, "from", 1);
	put_frames(s, e->sender, e->nr_sender, "sender at", 0);
}
