/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes bytes and a model, gives the pieces of the model they are made of and the bytes that are in none, and the
 * other way round. Does not choose the model.
 *
 * A list of pieces. Each begins with a number, 7 bits a byte, the lowest first: its length times two, plus one if it is
 * from the model; then a second number tells from where. Else its bytes follow.
 */
#include "squeeze.h"

#include <errno.h>
#include <string.h>

#define WORD 8 /* bytes that are looked for at once; less would not pay */

static uint64_t word_at(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static unsigned int slot_of(uint64_t word)
{
	return word * 0x9e3779b97f4a7c15ULL >> 51; /* SQUEEZE_SLOTS is 2^13 */
}

/* The first of several places stays: a run of zeros is found at its beginning. */
void squeeze__learn(struct squeeze *s, const void *model, size_t len)
{
	if (len > SQUEEZE_MODEL_MAX)
		len = SQUEEZE_MODEL_MAX;
	s->model = model;
	s->len = len;
	memset(s->slots, 0, sizeof(s->slots));
	for (size_t at = 0; at + WORD <= len; at++) {
		uint16_t *slot = &s->slots[slot_of(word_at(s->model + at))];

		if (!*slot)
			*slot = (uint16_t)(at + 1);
	}
}

static void put_number(struct buf *to, uint64_t n)
{
	while (n > 127) {
		buf__char(to, (char)(n | 128));
		n >>= 7;
	}
	buf__char(to, (char)n);
}

static void put_literal(struct buf *to, const uint8_t *from, const uint8_t *until)
{
	if (from == until)
		return;
	put_number(to, (uint64_t)(until - from) * 2);
	buf__put(to, from, until - from);
}

/* How many bytes of the model from `at` on are like those at `p`. */
static size_t count_alike(const struct squeeze *s, size_t at, const uint8_t *p, const uint8_t *end)
{
	const size_t most = (size_t)(end - p) < s->len - at ? (size_t)(end - p) : s->len - at;
	size_t n = 0;

	while (n + WORD <= most && word_at(s->model + at + n) == word_at(p + n))
		n += WORD;
	while (n < most && s->model[at + n] == p[n])
		n++;
	return n;
}

/* A piece of the model that begins like this; 0: there is none. What would come next in the model is tried first. */
static size_t find_piece(const struct squeeze *s, const uint8_t *p, const uint8_t *end, size_t next, size_t *at)
{
	size_t slot;

	if (next + WORD <= s->len && word_at(s->model + next) == word_at(p)) {
		*at = next;
		return count_alike(s, next, p, end);
	}
	slot = s->slots[slot_of(word_at(p))];
	if (!slot || word_at(s->model + slot - 1) != word_at(p))
		return 0;
	*at = slot - 1;
	return count_alike(s, *at, p, end);
}

void squeeze__put(const struct squeeze *s, struct buf *to, const void *data, size_t len)
{
	const uint8_t *p = data, *end = p + len, *literal = p;
	size_t at = 0, behind = 0, n;

	while ((size_t)(end - p) >= WORD) {
		/* Values mostly differ in place: `behind` is where the model would be by now. */
		n = find_piece(s, p, end, behind + (size_t)(p - literal), &at);
		if (!n) {
			p++;
			continue;
		}
		put_literal(to, literal, p);
		put_number(to, (uint64_t)n * 2 + 1);
		put_number(to, at);
		p += n;
		literal = p;
		behind = at + n;
	}
	put_literal(to, literal, end);
}

/* -EBADMSG: it does not end. */
static int get_number(const uint8_t **p, const uint8_t *end, uint64_t *n)
{
	unsigned int shift = 0;

	*n = 0;
	for (; *p < end && shift < 56; shift += 7) {
		const uint8_t byte = *(*p)++;

		*n |= (uint64_t)(byte & 127) << shift;
		if (!(byte & 128))
			return 0;
	}
	return -EBADMSG;
}

static int get_piece(struct buf *to, const uint8_t *model, size_t model_len, const uint8_t **p, const uint8_t *end,
		     uint64_t len)
{
	uint64_t at;

	if (get_number(p, end, &at) || at > model_len || len > model_len - at)
		return -EBADMSG;
	buf__put(to, model + at, len);
	return 0;
}

int squeeze__get(struct buf *to, const void *model, size_t model_len, const void *squeezed, size_t len, size_t max)
{
	const uint8_t *p = squeezed, *end = p + len;
	const size_t before = to->len;
	uint64_t n;

	while (p < end) {
		if (get_number(&p, end, &n) || n / 2 > max - (to->len - before))
			return -EBADMSG;
		if (n & 1) {
			if (get_piece(to, model, model_len, &p, end, n / 2))
				return -EBADMSG;
			continue;
		}
		if (n / 2 > (size_t)(end - p))
			return -EBADMSG;
		buf__put(to, p, n / 2);
		p += n / 2;
	}
	return to->failed ? -ENOMEM : 0;
}
