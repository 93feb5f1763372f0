/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes DEATH messages, keeps a copy of each until it is removed. Does not decide
 * when that is, and makes no records.
 */
#include "waiting.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "packed.h"

/* The largest message, rounded up. */
#define MESSAGE_MAX (sizeof(struct et_death) + ET_EXE_MAX + sizeof(struct et_signals))
#define NUMBERS_MAX (ET_PID_LEVELS * sizeof(struct waiting_number))

/*
 * A storm of deaths must not become a storm of malloc: nodes come in these sizes
 * (no signals; the fatal one; all of them) and are used again.
 */
static const size_t sizes[] = {
	sizeof(struct et_death) + 64,
	sizeof(struct et_death) + ET_EXE_MAX + offsetof(struct et_signals, stop),
	MESSAGE_MAX,
};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))
#define SIZE_EXACT SIZES

/*
 * Most deaths wait for no longer than their parent takes to run. So many are kept as they came; those
 * beyond are zombies in numbers, and take the trouble of packing them: a sixth of the memory.
 */
#define PLAIN_MAX 256
#define SPARES_MAX 128 /* per size */
#define LIKES 8	       /* messages that others were packed by */
#define NOT_LIKE LIKES
#define HEAP_OVERHEAD 16 /* of malloc(), about */

struct like {
	unsigned int users;
	uint16_t size;
	_Alignas(8) unsigned char msg[MESSAGE_MAX];
};

struct waiting {
	struct waiting_death **by_id;
	struct waiting_number **by_number;
	unsigned int mask, count, max, plain;
	size_t bytes, max_bytes;
	struct waiting_death *oldest, *newest, *untold;
	struct waiting_death *spare[SIZES];
	unsigned int spares[SIZES];
	struct like likes[LIKES];
	const struct waiting_death *unpacked; /* whose message is in `msg`; NULL: nobody's */
	_Alignas(8) unsigned char msg[MESSAGE_MAX];
	uint8_t packed[PACKED_MAX(MESSAGE_MAX)];
};

_Static_assert(MESSAGE_MAX + NUMBERS_MAX + sizeof(struct waiting_death) <= UINT16_MAX, "struct waiting_death");
_Static_assert(MESSAGE_MAX % 8 == 0, "a message is made of words");

static unsigned int nr_numbers(const struct et_death *d)
{
	return d->ns_level < ET_PID_LEVELS ? d->ns_level + 1 : ET_PID_LEVELS;
}

static unsigned char *body(const struct waiting_death *n)
{
	return (unsigned char *)&n->numbers[n->nr_numbers];
}

/* The numbers as they are: those who die together were mostly born together, and lie together here. */
static struct waiting_death **id_bucket(struct waiting *w, const struct et_id *id)
{
	return &w->by_id[id->tgid & w->mask];
}

static struct waiting_number **number_bucket(struct waiting *w, uint32_t level, uint32_t nr)
{
	return &w->by_number[(nr + level * (w->mask / ET_PID_LEVELS)) & w->mask];
}

/* ---- memory ---- */

static size_t memory_of(size_t numbers, size_t message)
{
	return sizeof(struct waiting_death) + numbers * sizeof(struct waiting_number) + message + HEAP_OVERHEAD;
}

/* Who was killed has more that is kept of it. The rest of what may be has bounds of its own. */
static size_t kept_of(const struct et_death *d)
{
	return d->signals_size ? sizeof(struct kept_more) + HEAP_OVERHEAD : 0;
}

/* `kept`: memory that it is going to take elsewhere. */
static struct waiting_death *new_node(struct waiting *w, size_t memory, size_t kept, unsigned int size_class)
{
	struct waiting_death *n = malloc(memory - HEAP_OVERHEAD);

	if (!n)
		return NULL;
	n->memory = (uint16_t)(memory + kept);
	n->size_class = (uint8_t)size_class;
	w->bytes += memory + kept;
	return n;
}

static void free_node(struct waiting *w, struct waiting_death *n)
{
	w->bytes -= n->memory;
	free(n);
}

static struct waiting_death *take_spare(struct waiting *w, unsigned int size_class)
{
	struct waiting_death *n = w->spare[size_class];

	if (n) {
		w->spare[size_class] = n->chain;
		w->spares[size_class]--;
	}
	return n;
}

/* What is only kept to be used again makes room for what is needed. */
static void free_spares(struct waiting *w, size_t needed)
{
	unsigned int i;

	for (i = 0; i < SIZES; i++)
		while (w->bytes + needed > w->max_bytes && w->spare[i])
			free_node(w, take_spare(w, i));
}

struct waiting *waiting__new(unsigned int max, size_t max_bytes)
{
	struct waiting *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->max = max ? max : 1;
	w->max_bytes = max_bytes;
	w->mask = hash__mask(w->max);
	w->by_id = calloc(w->mask + 1, sizeof(*w->by_id));
	w->by_number = calloc(w->mask + 1, sizeof(*w->by_number));
	if (!w->by_id || !w->by_number) {
		waiting__free(w);
		return NULL;
	}
	return w;
}

void waiting__free(struct waiting *w)
{
	unsigned int i;

	if (!w)
		return;
	for (i = 0; i < SIZES; i++)
		while (w->spare[i])
			free_node(w, take_spare(w, i));
	free(w->by_id);
	free(w->by_number);
	free(w);
}

unsigned int waiting__count(const struct waiting *w)
{
	return w->count;
}

size_t waiting__bytes(const struct waiting *w)
{
	return w->bytes;
}

static struct waiting_death *add_plain(struct waiting *w, const struct et_death *d)
{
	struct waiting_death *n;
	unsigned int i = 0;

	while (d->h.size > sizes[i])
		i++;
	n = take_spare(w, i);
	if (!n)
		n = new_node(w, memory_of(ET_PID_LEVELS, sizes[i]), kept_of(d), i);
	if (!n)
		return NULL;
	n->nr_numbers = (uint8_t)nr_numbers(d);
	memcpy(body(n), d, d->h.size);
	w->plain++;
	return n;
}

/* ---- packed messages ---- */

static bool is_sibling(const struct like *l, const struct et_death *d)
{
	const struct et_death *other = (const struct et_death *)l->msg;

	return l->size == d->h.size && other->parent.id.tgid == d->parent.id.tgid &&
	       other->parent.id.start_ns == d->parent.id.start_ns;
}

/* A sibling, or a place for the first of a family; then one of the same size, and at last nobody. */
static unsigned int find_like(struct waiting *w, const struct et_death *d)
{
	unsigned int i, unused = NOT_LIKE, same_size = NOT_LIKE;

	for (i = 0; i < LIKES; i++) {
		if (w->likes[i].users && is_sibling(&w->likes[i], d))
			return i;
		if (!w->likes[i].users)
			unused = i;
		else if (w->likes[i].size == d->h.size)
			same_size = i;
	}
	if (unused == NOT_LIKE)
		return same_size;
	w->likes[unused].size = (uint16_t)d->h.size;
	memcpy(w->likes[unused].msg, d, d->h.size);
	return unused;
}

static const void *like_message(const struct waiting *w, unsigned int like)
{
	return like == NOT_LIKE ? NULL : w->likes[like].msg;
}

static struct waiting_death *add_packed(struct waiting *w, const struct et_death *d)
{
	const unsigned int like = find_like(w, d), numbers = nr_numbers(d);
	const size_t len = packed__pack(w->packed, d, like_message(w, like), d->h.size);
	const size_t memory = memory_of(numbers, len);
	struct waiting_death *n;

	free_spares(w, memory + kept_of(d));
	if (w->bytes + memory + kept_of(d) > w->max_bytes)
		return NULL;
	n = new_node(w, memory, kept_of(d), SIZE_EXACT);
	if (!n)
		return NULL;
	n->nr_numbers = (uint8_t)numbers;
	n->like = (uint8_t)like;
	memcpy(body(n), w->packed, len);
	if (like != NOT_LIKE)
		w->likes[like].users++;
	return n;
}

const struct et_death *waiting__message(struct waiting *w, const struct waiting_death *n)
{
	if (n->size_class != SIZE_EXACT)
		return (const struct et_death *)body(n);
	if (w->unpacked != n)
		packed__unpack(w->msg, body(n), like_message(w, n->like), n->size);
	w->unpacked = n;
	return (const struct et_death *)w->msg;
}

static void give_memory(struct waiting *w, struct waiting_death *n)
{
	const unsigned int i = n->size_class;

	if (w->unpacked == n)
		w->unpacked = NULL;
	if (i == SIZE_EXACT) {
		if (n->like != NOT_LIKE)
			w->likes[n->like].users--;
		free_node(w, n);
		return;
	}
	w->plain--;
	if (w->spares[i] >= SPARES_MAX) {
		free_node(w, n);
		return;
	}
	n->chain = w->spare[i];
	w->spare[i] = n;
	w->spares[i]++;
}

/* ---- numbers ---- */

static struct waiting_death *death_of(struct waiting_number *p)
{
	return (struct waiting_death *)((char *)(p - p->level) - offsetof(struct waiting_death, numbers));
}

static void add_numbers(struct waiting *w, struct waiting_death *n, const struct et_death *d)
{
	unsigned int level;

	for (level = 0; level < n->nr_numbers; level++) {
		struct waiting_number **b = number_bucket(w, level, d->ns_pids[level]);

		n->numbers[level] = (struct waiting_number){ *b, d->ns_pids[level], level };
		*b = &n->numbers[level];
	}
}

static void remove_numbers(struct waiting *w, struct waiting_death *n)
{
	unsigned int i;

	for (i = 0; i < n->nr_numbers; i++) {
		struct waiting_number **p = number_bucket(w, n->numbers[i].level, n->numbers[i].nr);

		while (*p != &n->numbers[i])
			p = &(*p)->chain;
		*p = n->numbers[i].chain;
	}
}

/* ---- the table ---- */

static bool has_room_for_plain(const struct waiting *w)
{
	const size_t most = memory_of(ET_PID_LEVELS, MESSAGE_MAX) + sizeof(struct kept_more) + HEAP_OVERHEAD;

	return w->plain < PLAIN_MAX && w->bytes + most <= w->max_bytes;
}

struct waiting_death *waiting__add(struct waiting *w, const struct et_death *d)
{
	struct waiting_death *n, **b = id_bucket(w, &d->id);

	if (w->count >= w->max)
		return NULL;
	n = has_room_for_plain(w) ? add_plain(w, d) : add_packed(w, d);
	if (!n)
		return NULL;
	n->id = d->id;
	n->size = (uint16_t)d->h.size;
	n->told = false;
	n->kept = (struct kept){ 0 };
	n->chain = *b;
	*b = n;
	add_numbers(w, n, d);
	n->older = w->newest;
	n->newer = NULL;
	if (w->newest)
		w->newest->newer = n;
	else
		w->oldest = n;
	w->newest = n;
	if (!w->untold)
		w->untold = n;
	w->count++;
	return n;
}

struct waiting_death *waiting__find(struct waiting *w, const struct et_id *id)
{
	struct waiting_death *n = *id_bucket(w, id);

	while (n && (n->id.start_ns != id->start_ns || n->id.tgid != id->tgid))
		n = n->chain;
	return n;
}

struct waiting_death *waiting__oldest(struct waiting *w)
{
	return w->oldest;
}

struct waiting_death *waiting__numbered(struct waiting *w, uint32_t level, uint32_t nr,
					struct waiting_death *after)
{
	struct waiting_number *p;

	if (level >= ET_PID_LEVELS)
		return NULL;
	p = after ? after->numbers[level].chain : *number_bucket(w, level, nr);
	while (p && (p->nr != nr || p->level != level))
		p = p->chain;
	return p ? death_of(p) : NULL;
}

static void next_untold(struct waiting *w)
{
	while (w->untold && w->untold->told)
		w->untold = w->untold->newer;
}

struct waiting_death *waiting__untold(struct waiting *w)
{
	return w->untold;
}

void waiting__tell(struct waiting *w, struct waiting_death *n)
{
	n->told = true;
	next_untold(w);
}

void waiting__remove(struct waiting *w, struct waiting_death *n)
{
	struct waiting_death **p = id_bucket(w, &n->id);

	waiting__tell(w, n);
	while (*p != n)
		p = &(*p)->chain;
	*p = n->chain;
	remove_numbers(w, n);
	if (n->older)
		n->older->newer = n->newer;
	else
		w->oldest = n->newer;
	if (n->newer)
		n->newer->older = n->older;
	else
		w->newest = n->older;
	w->count--;
	give_memory(w, n);
}
