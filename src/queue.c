/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes frames and what the recorder says of them, gives packets. Does not count what had no room: who puts does.
 */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BLOCK_BYTES (256 << 10)
#define PACKET_BYTES (48 << 10) /* several fit into a socket */
#define SMALL_BYTES 4096	 /* of the last block, for those that tell what was lost */

struct block {
	struct block *next;
	size_t len;
	_Alignas(8) char data[BLOCK_BYTES];
};

struct place {
	struct block *block;
	size_t at;
};

struct queue {
	struct block *last;
	struct place head, sent; /* the first that is not stored; that was not sent */
	unsigned int blocks, max_blocks;
	uint64_t session, seq;
	struct feed_frame *first;
};

static struct feed_frame *frame_at(const struct place *p)
{
	return (struct feed_frame *)(p->block->data + p->at);
}

static struct block *add_block(struct queue *q)
{
	struct block *b = malloc(sizeof(*b));

	if (!b)
		return NULL;
	b->next = NULL;
	b->len = 0;
	if (q->last)
		q->last->next = b;
	q->last = b;
	q->blocks++;
	return b;
}

static void append(struct queue *q, const struct feed_frame *f)
{
	struct feed_frame *to = (struct feed_frame *)(q->last->data + q->last->len);

	memcpy(to, f, f->size);
	to->session = q->session;
	to->seq = ++q->seq;
	q->last->len += f->size;
}

struct queue *queue__new(size_t max_bytes, uint64_t session, const struct feed_frame *first)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->max_blocks = (unsigned int)(max_bytes / BLOCK_BYTES) + 2;
	q->session = session;
	q->first = malloc(first->size);
	if (!q->first || !add_block(q)) {
		queue__free(q);
		return NULL;
	}
	q->head = q->sent = (struct place){ q->last, 0 };
	memcpy(q->first, first, first->size);
	append(q, first);
	return q;
}

void queue__free(struct queue *q)
{
	if (!q)
		return;
	while (q->head.block) {
		struct block *b = q->head.block;

		q->head.block = b->next;
		free(b);
	}
	free(q->first);
	free(q);
}

bool queue__put(struct queue *q, const struct feed_frame *f, bool small)
{
	const size_t room = BLOCK_BYTES - (small ? 0 : SMALL_BYTES);

	if (f->size > room)
		return false;
	if (q->last->len + f->size > room && (q->blocks >= q->max_blocks || !add_block(q)))
		return false;
	append(q, f);
	return true;
}

/* To where there is a frame, or to the end of all. */
static void skip_ends(struct place *p)
{
	while (p->at == p->block->len && p->block->next)
		*p = (struct place){ p->block->next, 0 };
}

bool queue__is_empty(const struct queue *q)
{
	return q->head.at == q->head.block->len && !q->head.block->next;
}

size_t queue__bytes(const struct queue *q)
{
	size_t bytes = 0;

	for (const struct block *b = q->head.block; b; b = b->next)
		bytes += b->len;
	return bytes - q->head.at;
}

uint64_t queue__session(const struct queue *q)
{
	return q->session;
}

/* ---- what was stored ---- */

/* A block goes with its last frame, once there is another. */
static void free_used(struct queue *q)
{
	while (q->head.at == q->head.block->len && q->head.block->next) {
		struct block *b = q->head.block;

		q->head = (struct place){ b->next, 0 };
		if (q->sent.block == b)
			q->sent = q->head;
		q->blocks--;
		free(b);
	}
}

static void drop_head(struct queue *q)
{
	q->head.at += frame_at(&q->head)->size;
	if (q->sent.block == q->head.block && q->sent.at < q->head.at)
		q->sent.at = q->head.at;
	free_used(q);
}

/*
 * The other one does not know this session, and its beginning is not here any more: it began a new history. Everything
 * is numbered anew, as another session.
 */
static void begin_again(struct queue *q)
{
	struct block *b = malloc(sizeof(*b));
	struct place p = q->head;

	if (!b) /* it will ask once more */
		return;
	q->session++;
	q->seq = 1;
	b->next = p.block;
	b->len = q->first->size;
	memcpy(b->data, q->first, q->first->size);
	((struct feed_frame *)b->data)->session = q->session;
	((struct feed_frame *)b->data)->seq = 1;
	for (skip_ends(&p); p.at < p.block->len; skip_ends(&p)) {
		frame_at(&p)->session = q->session;
		frame_at(&p)->seq = ++q->seq;
		p.at += frame_at(&p)->size;
	}
	/* what was stored of the old first block stays in front of its frames */
	memmove(q->head.block->data, q->head.block->data + q->head.at, q->head.block->len - q->head.at);
	q->head.block->len -= q->head.at;
	q->blocks++;
	q->head = q->sent = (struct place){ b, 0 };
}

void queue__reply(struct queue *q, const struct reply *r)
{
	free_used(q);
	if (r->kind == REPLY_AGAIN && !r->session) { /* a new recorder, which knows nothing yet */
		q->sent = q->head;
		return;
	}
	if (r->session != q->session)
		return;
	if (r->kind == REPLY_AGAIN && !r->seq && (queue__is_empty(q) || frame_at(&q->head)->seq != 1)) {
		begin_again(q);
		return;
	}
	while (!queue__is_empty(q) && frame_at(&q->head)->seq <= r->seq)
		drop_head(q);
	if (r->kind == REPLY_AGAIN)
		q->sent = q->head;
}

/* ---- sending ---- */

/* Whole frames from `p` on that make a packet: at least one, if there is one. */
static size_t next_packet(const struct place *p)
{
	size_t len = 0;

	while (p->at + len < p->block->len) {
		const struct feed_frame *f = (const struct feed_frame *)(p->block->data + p->at + len);

		if (len && len + f->size > PACKET_BYTES)
			break;
		len += f->size;
	}
	return len;
}

int queue__send(struct queue *q, int fd)
{
	size_t len;

	for (skip_ends(&q->sent); (len = next_packet(&q->sent)); skip_ends(&q->sent)) {
		if (send(fd, q->sent.block->data + q->sent.at, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
			if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
				return 0;
			return -errno;
		}
		q->sent.at += len;
	}
	return 0;
}
