/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes DEATH messages, keeps a copy of each until it is removed. Does not decide
 * when that is, and makes no records.
 */
#include "waiting.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"

/*
 * A storm of deaths must not become a storm of malloc: nodes come in these sizes
 * (no signals; the fatal one; all of them) and are used again.
 */
static const size_t sizes[] = {
	sizeof(struct et_death) + 64,
	sizeof(struct et_death) + ET_EXE_MAX + offsetof(struct et_signals, stop),
	sizeof(struct et_death) + ET_EXE_MAX + sizeof(struct et_signals),
};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))
#define SPARES_MAX 1024 /* per size */

struct waiting {
	struct waiting_death **by_id;
	struct waiting_number **by_number;
	unsigned int mask, count, max;
	struct waiting_death *oldest, *newest, *untold;
	struct waiting_death *spare[SIZES];
	unsigned int spares[SIZES];
};

static struct waiting_death **id_bucket(struct waiting *w, const struct et_id *id)
{
	return &w->by_id[hash__slot(id->start_ns ^ (uint64_t)id->tgid << 40, w->mask)];
}

static struct waiting_number **number_bucket(struct waiting *w, uint32_t level, uint32_t nr)
{
	return &w->by_number[hash__slot((uint64_t)level << 32 | nr, w->mask)];
}

struct waiting *waiting__new(unsigned int max)
{
	struct waiting *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->max = max ? max : 1;
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
	for (i = 0; i < SIZES; i++) {
		while (w->spare[i]) {
			struct waiting_death *n = w->spare[i];

			w->spare[i] = n->chain;
			free(n);
		}
	}
	free(w->by_id);
	free(w->by_number);
	free(w);
}

unsigned int waiting__count(const struct waiting *w)
{
	return w->count;
}

bool waiting__full(const struct waiting *w)
{
	return w->count >= w->max;
}

static struct waiting_death *take_memory(struct waiting *w, size_t size)
{
	struct waiting_death *n;
	unsigned int i = 0;

	while (size > sizes[i])
		i++;
	n = w->spare[i];
	if (n) {
		w->spare[i] = n->chain;
		w->spares[i]--;
	} else {
		n = malloc(sizeof(*n) + sizes[i]);
		if (!n)
			return NULL;
	}
	memset(n, 0, sizeof(*n));
	n->size_class = i;
	return n;
}

static void give_memory(struct waiting *w, struct waiting_death *n)
{
	unsigned int i = n->size_class;

	if (w->spares[i] >= SPARES_MAX) {
		free(n);
		return;
	}
	n->chain = w->spare[i];
	w->spare[i] = n;
	w->spares[i]++;
}

static void add_numbers(struct waiting *w, struct waiting_death *n, const struct et_death *d)
{
	unsigned int level, levels = d->ns_level < ET_PID_LEVELS ? d->ns_level + 1 : ET_PID_LEVELS;

	for (level = 0; level < levels; level++) {
		struct waiting_number **b = number_bucket(w, level, d->ns_pids[level]);

		n->numbers[level] = (struct waiting_number){ *b, n, d->ns_pids[level], level };
		*b = &n->numbers[level];
	}
	n->nr_numbers = levels;
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

struct waiting_death *waiting__add(struct waiting *w, const struct et_death *d)
{
	struct waiting_death *n, **b = id_bucket(w, &d->id);

	if (waiting__full(w))
		return NULL;
	n = take_memory(w, d->h.size);
	if (!n)
		return NULL;
	memcpy(n->msg, d, d->h.size);
	n->chain = *b;
	*b = n;
	add_numbers(w, n, d);
	n->older = w->newest;
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

const struct et_death *waiting__message(const struct waiting_death *n)
{
	return (const struct et_death *)n->msg;
}

struct waiting_death *waiting__find(struct waiting *w, const struct et_id *id)
{
	struct waiting_death *n;

	for (n = *id_bucket(w, id); n; n = n->chain) {
		const struct et_id *other = &waiting__message(n)->id;

		if (other->start_ns == id->start_ns && other->tgid == id->tgid)
			break;
	}
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
	return p ? p->of : NULL;
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
	struct waiting_death **p = id_bucket(w, &waiting__message(n)->id);

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
