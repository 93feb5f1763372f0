/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bytes by key: what is forgotten, what is held, and how much memory that may take. */
#include "cache.h"
#include "unit.h"

#define BYTES (64 << 10)

static struct cache_key key(unsigned int i)
{
	return (struct cache_key){ .a = i, .b = i % 3 };
}

static void add(struct cache *c, unsigned int i, size_t len)
{
	struct cache_entry *e = cache__add(c, key(i), len);

	CHECK(e);
	if (e)
		memset(e->bytes, (int)i, len);
	CHECK(cache__bytes(c) <= BYTES);
}

static void check(struct cache *c, unsigned int i, size_t len)
{
	struct cache_entry *e = cache__get(c, key(i));

	CHECK(e && e->len == len && e->bytes[0] == (char)i && e->bytes[len - 1] == (char)i);
	cache__release(c, e);
}

static void oldest_goes(void)
{
	struct cache *c = cache__new(4, BYTES);
	unsigned int i;

	for (i = 0; i < 4; i++)
		add(c, i, 10);
	check(c, 0, 10);
	add(c, 4, 10);
	CHECK(!cache__get(c, key(1)));
	check(c, 0, 10);
	add(c, 0, 20); /* replaced */
	check(c, 0, 20);
	cache__free(c);
}

static void memory_is_bounded(void)
{
	struct cache *c = cache__new(1 << 20, BYTES);
	unsigned int i;

	for (i = 0; i < 10000; i++)
		add(c, i, 1 + i * 7 % 600);
	check(c, 9999, 1 + 9999 * 7 % 600);
	CHECK(!cache__get(c, key(0)));
	CHECK(!cache__add(c, key(1), BYTES)); /* larger than all there is */
	cache__free(c);
}

/* Entries that somebody holds stay what they are, count, and leave no room for others. */
static void held(void)
{
	static struct cache_entry *all[1000];
	struct cache *c = cache__new(1 << 20, BYTES);
	unsigned int i, n = 0;

	for (i = 0; i < 1000; i++) {
		if (!cache__add(c, key(i), 100))
			break;
		all[n] = i % 2 ? cache__get(c, key(i)) : cache__take(c, key(i));
		memset(all[n++]->bytes, (int)i, 100);
	}
	CHECK(n > 100 && n < 1000);
	CHECK(cache__bytes(c) <= BYTES);
	for (i = 0; i < n; i++)
		CHECK(all[i]->bytes[99] == (char)i);
	CHECK(!cache__add(c, key(5000), 100));
	while (n)
		cache__release(c, all[--n]);
	add(c, 5000, 100);
	check(c, 5000, 100);
	cache__free(c);
}

int main(void)
{
	UNIT(oldest_goes);
	UNIT(memory_is_bounded);
	UNIT(held);
	return unit__end();
}
