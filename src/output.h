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

struct output_ops;

struct output_options {
	int fd;			 /* borrowed */
	bool json, story;	 /* neither: the table */
	bool quiet;		 /* table: no heading, no totals */
	bool summary;		 /* records come as sums: no heading over a table of them */
	bool timestamp, utc;	 /* table: date and time in full; in UTC */
	bool colour;
	bool args;
	const struct field *const *fields; /* --fields; NULL: the default set */
	unsigned int nr_fields;
	/* Asked while the reader lets us wait: true, and the output gives up after GIVE_UP_MS. May be NULL. */
	bool (*stop)(void *ctx);
	void *stop_ctx;
	/* Instead of a file descriptor, and in a form of its own. NULL: none of that. */
	const struct output_ops *ops;
	void (*sink)(void *ctx, const char *data, size_t len);
	void *sink_ctx;
};

struct totals { /* for `bye`: deaths = records + filtered + lost */
	uint64_t deaths;   /* seen by the kernel half, and zombies that were there before */
	uint64_t records;  /* death records given to the output */
	struct assembler_totals a;
	struct et_counters k; /* k.threads = a.threads + a.warnings + threads_filtered + k.lost_thread */
	uint64_t filtered; /* records that the user half's filters dropped */
	uint64_t threads_filtered;
	uint64_t unwritten; /* records lost to a failed write */
};

struct output;

struct output_ops {
	int (*init)(struct output *o); /* may be NULL; 0 or negative errno */
	void (*fini)(struct output *o); /* may be NULL */
	void (*begin)(struct output *o, struct buf *b, const struct et_start *s); /* may be NULL */
	void (*resume)(struct output *o); /* may be NULL: o->boot_id is another one */
	void (*record)(struct output *o, struct buf *b, const struct record *r);
	/* `now` - `before` was lost since the last call */
	void (*lost)(struct output *o, struct buf *b, const struct et_counters *before, const struct et_counters *now);
	void (*end)(struct output *o, struct buf *b, const struct totals *t);
};

#define OUTPUT_BATCH 1024

struct output {
	const struct output_ops *ops;
	struct output_options opt;
	struct buf buf;
	int error;	     /* first write error, negative errno; -EPIPE: reader gone, -EINTR: it does not read */
	bool waits;	     /* a pipe, socket or terminal: a write may have to wait for a reader */
	bool no_memory;	     /* for some line or other, which is left out */
	bool in_pieces;	     /* ... and the kernel cannot say how much it takes without waiting */
	uint64_t records;    /* records formatted */
	uint64_t unwritten;  /* records that were in the buffer when a write failed, and after it */
	unsigned int in_buffer;
	size_t ends[OUTPUT_BATCH]; /* where each record in the buffer ends */
	char boot_id[40];    /* of the running stream, checked: hex digits and dashes */
	void *priv;	     /* of the ops */
};

extern const struct output_ops output_text_ops, output_story_ops, output_json_ops;

struct output *output__new(const struct output_options *opt); /* NULL: -ENOMEM */
void output__free(struct output *o);			       /* does not flush; NULL is fine */
void output__begin(struct output *o, const struct et_start *s);
/* What follows is of another stream; it is not begun anew. */
void output__resume(struct output *o, const struct et_start *s);
void output__record(struct output *o, const struct record *r);
/* Nothing is put out when the counters tell of no new loss. */
void output__lost(struct output *o, const struct et_counters *before, const struct et_counters *now);
void output__end(struct output *o, const struct totals *t);
bool output__any_lost(const struct et_counters *before, const struct et_counters *now);
int output__flush(struct output *o); /* 0 or negative errno (also in o->error) */

/* Shared by the outputs. */
enum time_style {
	TIME_SECONDS, /* 12:03:04 */
	TIME_MICROS,  /* 12:03:04.123456 */
	TIME_FULL,    /* 2026-11-21 12:03:04.123456+01:00 */
};
void output__put_time(struct buf *b, uint64_t real_ns, bool utc, enum time_style style);
void output__put_duration(struct buf *b, uint64_t ns); /* "812us", "1.24ms", "3h04m" */
void output__put_bytes(struct buf *b, uint64_t bytes); /* "812B", "1.2M" */
void output__put_rfc3339(struct buf *b, uint64_t real_ns); /* always UTC, nanoseconds */
void output__put_id(struct buf *b, const struct output *o, struct et_id id);

/* What the table and the story say around the records: lines that begin with "# ". */
void output__put_lost(struct output *o, struct buf *b, const struct et_counters *before,
		      const struct et_counters *now);
void output__put_totals(struct output *o, struct buf *b, const struct totals *t);
/* Terminal sequence for how it ended: failed, well, or not at all; "" without colour. */
const char *output__tint(const struct output *o, const struct record *r);
#define OUTPUT_UNTINT "\033[0m"
#define OUTPUT_ALARM "\033[1;31m" /* data were lost: bold red */
/* Where an exit is, as people say it: "closing files"; NULL: not known. */
const char *output__phase_words(enum et_phase phase);
/* " died: ", and why. */
const char *output__happened(enum record_type type);
/* Any value in words; nothing for V_ABSENT, "?" for V_NULL. */
void output__put_value(struct buf *b, const struct output *o, const struct field *f, const struct record *r,
		       struct value v);

#endif
