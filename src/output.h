/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * output.h: where records go. An output is a struct output_ops in a file of its
 * own (output_text.c, output_story.c, output_json.c) that formats into a buffer;
 * output.c owns the file descriptor, writes in large pieces and keeps count.
 */
#ifndef EXITTRACE_OUTPUT_H
#define EXITTRACE_OUTPUT_H

#include "assembler.h"
#include "buf.h"

struct output_options {
	int fd;			 /* borrowed */
	bool json, story;	 /* neither: the table */
	bool quiet;		 /* table: no heading, no totals */
	bool timestamp, utc;	 /* table: date and time in full; in UTC */
	bool colour;
	bool args;
	const struct field *const *fields; /* --fields; NULL: the default set */
	unsigned int nr_fields;
};

struct totals { /* for `bye` */
	struct assembler_totals a;
	struct et_counters k;
	uint64_t filtered; /* records that the user half's filters dropped */
	uint64_t unwritten; /* records lost to a failed write */
};

struct output;

struct output_ops {
	void (*begin)(struct output *o, struct buf *b, const struct et_start *s);
	void (*record)(struct output *o, struct buf *b, const struct record *r);
	/* `now` - `before` was lost since the last call */
	void (*lost)(struct output *o, struct buf *b, const struct et_counters *before, const struct et_counters *now);
	void (*end)(struct output *o, struct buf *b, const struct totals *t);
};

struct output {
	const struct output_ops *ops;
	struct output_options opt;
	struct buf buf;
	int error;	     /* first write error, negative errno; -EPIPE: the reader has gone */
	uint64_t records;    /* records formatted */
	uint64_t unwritten;  /* records that were in the buffer when a write failed, and after it */
	uint64_t in_buffer;
	const struct et_start *start;
};

extern const struct output_ops output_text_ops, output_story_ops, output_json_ops;

struct output *output__new(const struct output_options *opt); /* NULL: -ENOMEM */
void output__free(struct output *o);			       /* does not flush; NULL is fine */
void output__begin(struct output *o, const struct et_start *s);
void output__record(struct output *o, const struct record *r);
void output__lost(struct output *o, const struct et_counters *before, const struct et_counters *now);
void output__end(struct output *o, const struct totals *t);
int output__flush(struct output *o); /* 0 or negative errno (also in o->error) */

/* Shared by the outputs. */
void output__put_duration(struct buf *b, uint64_t ns); /* "812us", "1.2s", "3h04m" */
void output__put_time(struct buf *b, uint64_t real_ns, bool utc, bool full); /* local or UTC */
void output__put_rfc3339(struct buf *b, uint64_t real_ns); /* always UTC, nanoseconds */
void output__put_id(struct buf *b, const struct et_start *s, struct et_id id);

#endif
