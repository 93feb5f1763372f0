/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * story.h: the lines of the story that -v tells of a record. What is told is chosen in
 * output_story.c and, for the way out, in output_story_exit.c.
 */
#ifndef EXITTRACE_STORY_H
#define EXITTRACE_STORY_H

#include "output.h"

/* Values that the story takes from the field table. */
enum wanted {
	WANT_AGE, WANT_THREADS, WANT_SENT_TO_DEAD, WANT_BLAST,
	WANT_MM_FREED, WANT_MM_USERS, WANT_GROUP_EXIT, WANT_LEADER_GONE,
	WANT_CLOSED, WANT_FLUSHED, WANT_SHARED, WANT_FLUSH_ERRORS,
	WANT_SLOWEST, WANT_SLOWEST_PATH, WANT_SLOWEST_FS,
	WANT_RELEASE, WANT_RELEASE_PATH, WANT_RELEASE_FS,
	WANT_CORE_PATH, WANT_CORE_DURATION, WANT_ADOPTED, WANT_HUNG_UP,
	WANT_USER, WANT_SYS, WANT_RSS, WANT_MINOR, WANT_MAJOR, WANT_READ, WANT_WRITTEN,
	WANT_TRUNCATED,
	WANT_COUNT,
};

struct story_fields {
	const struct field *f[WANT_COUNT];
};

/* One indented line: a label, and items that commas part. It appears with its first item. */
struct story {
	struct buf *b;
	const struct output *o;
	const struct record *r;
	const struct story_fields *fields;
	const char *label;
	bool open; /* the line has an item */
};

int story__find_fields(struct story_fields *fields); /* 0 or -ENOENT */

void story__begin_line(struct story *s, const char *label);
void story__begin_item(struct story *s); /* what is put then belongs to it */
void story__end_line(struct story *s);

void story__item(struct story *s, const char *words);
void story__item_text(struct story *s, const char *before, struct text t); /* nothing when t is empty */
void story__item_number(struct story *s, const char *before, uint64_t n, const char *after);
void story__item_peer(struct story *s, const char *before, const struct et_peer *p); /* nothing when not known */
/* A value of the field table, or nothing when it says nothing. */
void story__item_field(struct story *s, enum wanted w, const char *before, const char *after);

struct value story__value(const struct story *s, enum wanted w);
bool story__says(struct value v); /* it is not absent, unknown, zero, false or empty */
void story__put_field(struct story *s, enum wanted w);
void story__put_peer(struct story *s, const char *before, const struct et_peer *p);
/* A command line; nothing when it was not asked for, or is not known. */
void story__put_command(struct story *s, const char *label, struct text args, bool cut);
/* " (init)": what makes a process adopt orphans; nothing if it is not known. */
void story__put_role(struct story *s, const struct et_peer *p);

/* Who did it, what came before, and whose death brought it about: output_story_cause.c. */
void story__put_container(struct story *s, const struct container *c);
void story__put_sender(struct story *s);
void story__put_cause(struct story *s); /* and all of that */

/* The way out, output_story_exit.c. */
void story__put_way_out(struct story *s);
void story__put_dying(struct story *s); /* so far */

/* How it left, who called, and where it stood, output_story_stack.c. */
void story__put_stack(struct story *s);

#endif
