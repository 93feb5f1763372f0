/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes bytes with a key, gives them back while there is room. Does not know what they mean. */
#include "cache.h"

#include <stdlib.h>

#include "hash.h"

#define ROUND 64 /* sizes in steps, so that a spare entry fits the next one */
#define SPARES_MAX 128
#define HEAP_OVERHEAD 16 /* of malloc(), about */

struct cache {
	struct cache_entry **buckets;
	unsigned int mask, count, max;
	struct cache_entry *oldest, *newest;
	struct cache_entry *spare;
	unsigned int spares;
	size_t bytes, max_bytes; /* of entries that can be found, are held, or are spare */
};

static struct cache_entry **bucket(struct cache *c, struct cache_key key)
{
	return &c->buckets[hash__slot(key.a ^ key.b << 40, c->mask)];
}

struct cache *cache__new(unsigned int max_entries, size_t max_bytes)
{
	struct cache *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->max = max_entries ? max_entries : 1;
	c->max_bytes = max_bytes;
	c->mask = hash__mask(c->max);
	c->buckets = calloc(c->mask + 1, sizeof(*c->buckets));
	if (!c->buckets) {
		free(c);
		return NULL;
	}
	return c;
}

static void put_newest(struct cache *c, struct cache_entry *e)
{
	e->newer = NULL;
	e->older = c->newest;
	if (c->newest)
		c->newest->newer = e;
	else
		c->oldest = e;
	c->newest = e;
}

static void leave_order(struct cache *c, struct cache_entry *e)
{
	if (e->newer)
		e->newer->older = e->older;
	else
		c->newest = e->older;
	if (e->older)
		e->older->newer = e->newer;
	else
		c->oldest = e->newer;
}

static void forget(struct cache *c, struct cache_entry *e)
{
	struct cache_entry **p = bucket(c, e->key);

	while (*p != e)
		p = &(*p)->chain;
	*p = e->chain;
	leave_order(c, e);
	c->count--;
	cache__release(c, e);
}

static struct cache_entry *find(struct cache *c, struct cache_key key)
{
	struct cache_entry *e = c->count ? *bucket(c, key) : NULL;

	while (e && (e->key.a != key.a || e->key.b != key.b))
		e = e->chain;
	return e;
}

static size_t size_of(size_t cap)
{
	return sizeof(struct cache_entry) + cap + HEAP_OVERHEAD;
}

static void free_entry(struct cache *c, struct cache_entry *e)
{
	c->bytes -= size_of(e->cap);
	free(e);
}

static struct cache_entry *take_spare(struct cache *c)
{
	struct cache_entry *e = c->spare;

	if (e) {
		c->spare = e->chain;
		c->spares--;
	}
	return e;
}

static bool make_room(struct cache *c, size_t size)
{
	while (c->bytes + size > c->max_bytes) {
		if (c->spare)
			free_entry(c, take_spare(c));
		else if (c->count)
			forget(c, c->oldest);
		else
			return false; /* all of it is held */
	}
	return true;
}

static struct cache_entry *new_entry(struct cache *c, size_t len)
{
	size_t cap = (len + ROUND - 1) / ROUND * ROUND;
	struct cache_entry *e = take_spare(c);

	if (e && e->cap == cap)
		return e;
	if (e)
		free_entry(c, e);
	if (!make_room(c, size_of(cap)))
		return NULL;
	e = malloc(sizeof(*e) + cap);
	if (!e)
		return NULL;
	e->cap = cap;
	c->bytes += size_of(cap);
	return e;
}

struct cache_entry *cache__add(struct cache *c, struct cache_key key, size_t len)
{
	struct cache_entry *e = find(c, key), **b = bucket(c, key);

	if (e)
		forget(c, e); /* NULL below: what it said is no longer so */
	if (c->count >= c->max)
		forget(c, c->oldest);
	e = new_entry(c, len);
	if (!e)
		return NULL;
	e->key = key;
	e->len = len;
	e->cut = false;
	e->holders = 1;
	e->chain = *b;
	*b = e;
	put_newest(c, e);
	c->count++;
	return e;
}

struct cache_entry *cache__get(struct cache *c, struct cache_key key)
{
	struct cache_entry *e = find(c, key);

	if (!e)
		return NULL;
	leave_order(c, e);
	put_newest(c, e);
	e->holders++;
	return e;
}

struct cache_entry *cache__take(struct cache *c, struct cache_key key)
{
	struct cache_entry *e = cache__get(c, key);

	if (e)
		forget(c, e);
	return e;
}

void cache__release(struct cache *c, struct cache_entry *e)
{
	if (!e || --e->holders)
		return;
	if (c->spares >= SPARES_MAX) {
		free_entry(c, e);
		return;
	}
	e->chain = c->spare;
	c->spare = e;
	c->spares++;
}

void cache__free(struct cache *c)
{
	if (!c)
		return;
	while (c->oldest)
		forget(c, c->oldest);
	while (c->spare)
		free_entry(c, take_spare(c));
	free(c->buckets);
	free(c);
}

size_t cache__bytes(const struct cache *c)
{
	return c->bytes;
}
