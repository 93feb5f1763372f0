/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * frame.h: what the tracer sends to the recorder, and back: the contract between the two. The recorder takes nothing
 * in it on trust: the tracer is the one that reads what others chose.
 *
 * A session is one life of the tracer; in it, frames are numbered from 1. They go in packets of whole frames.
 */
#ifndef EXITTRACE_FRAME_H
#define EXITTRACE_FRAME_H

#include "buf.h"
#include "record.h"

enum frame_kind {
	FRAME_SESSION = 1, /* struct et_start: the first of each session */
	FRAME_RECORD = 2,  /* struct frame_record, columns, JSON line, messages */
	FRAME_LOST = 3,	   /* struct frame_lost */
	FRAME_TALLY = 4,   /* struct frame_tally: now and then, and last */
};

struct feed_frame {
	uint32_t size; /* header included; a multiple of 8 */
	uint32_t kind;
	uint64_t session;
	uint64_t seq;
};

#define FRAME_MAX (96 << 10) /* of one frame, and so of one packet: below what a socket takes by default */

enum column_kind { COLUMN_NULL, COLUMN_NUMBER, COLUMN_TEXT, COLUMN_ID };

struct frame_record {
	struct feed_frame h;
	uint64_t real_ns; /* when it died */
	uint64_t start_ns;
	uint32_t tgid;
	uint32_t zombie;      /* 1: it still is one, the record of its death follows */
	uint32_t columns_len; /* of each field with IN_HISTORY or IN_METRICS: a kind, and a value */
	uint32_t line_len;
	uint32_t messages_len;
	uint32_t pad;
};

enum lost_stage {
	LOST_RING,    /* the kernel half had no room for them */
	LOST_QUEUE,   /* the recorder was too slow, or could not write */
	LOST_TRACER,  /* the tracer was killed */
	LOST_STOPPED, /* nobody was there to watch: how many is not known */
	LOST_STAGES,
};

struct frame_lost {
	struct feed_frame h;
	uint64_t from_ns, until_ns; /* real time: between these */
	uint64_t deaths;
	uint32_t stage; /* enum lost_stage */
	uint32_t known; /* 0: deaths is not known */
};

/* Since the kernel half was attached. deaths = records + filtered + lost + waiting, once nothing moves. */
struct frame_tally {
	struct feed_frame h;
	uint64_t real_ns;
	uint64_t deaths, filtered, waiting;
	uint32_t ended;
	uint32_t pad;
};

/* From the recorder. */
enum reply_kind {
	REPLY_STORED = 1, /* all up to seq are on the disk */
	REPLY_AGAIN = 2,  /* ... and what comes behind it has not arrived, or was not kept: once more */
};

struct reply {
	uint32_t kind;
	uint32_t pad;
	uint64_t session;
	uint64_t seq;
	/* of the same attachment, by sessions before this: records of deaths that are kept, deaths told to be lost */
	uint64_t prior_deaths, prior_lost;
	uint64_t prior_ring; /* of the same attachment so far: LOST_RING, which is not in prior_lost */
};

/* One value of a packed list of columns. */
struct column {
	enum column_kind kind;
	int64_t number;
	struct text bytes; /* COLUMN_TEXT, COLUMN_ID */
};

#define FRAME_ID_LEN 12 /* start time and pid, most significant byte first: in the order in which they were born */
void frame__put_id(uint8_t dst[FRAME_ID_LEN], struct et_id id);
struct et_id frame__get_id(const uint8_t src[FRAME_ID_LEN]);

/* Appends a frame with the record; seq and session are for the queue to fill in. `line` without its newline. */
void frame__put_record(struct buf *to, const struct record *r, struct text line);
/* Well formed, every length in it inside: 0 or -EBADMSG. */
int frame__check(const void *data, size_t size);
/* The next value of a checked frame's columns; false: there are no more. */
bool frame__next_column(struct text *rest, struct column *c);

static inline struct text frame__columns(const struct frame_record *f)
{
	return (struct text){ (const char *)(f + 1), f->columns_len };
}

static inline struct text frame__line(const struct frame_record *f)
{
	return (struct text){ (const char *)(f + 1) + f->columns_len, f->line_len };
}

static inline struct text frame__messages(const struct frame_record *f)
{
	return (struct text){ (const char *)(f + 1) + f->columns_len + f->line_len, f->messages_len };
}

/* The fields that may be columns, in order. */
struct history_column {
	const char *name; /* as in SQL: "process_comm"; NULL: the history has none of it */
	bool sent;	  /* a frame has it: for the history, or for the metrics alone */
	enum record_field field;
};
extern const struct history_column history_columns[];
extern const unsigned int nr_history_columns;

#endif
