/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cache.h: bytes by key, bounded in number and in memory. The least recently used entry makes room for a
 * new one, but stays in memory as long as somebody holds it. What is held counts, too: it may take
 * all of the memory there is, and then nothing is kept.
 */
#ifndef EXITTRACE_CACHE_H
#define EXITTRACE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache;

struct cache_key {
	uint64_t a, b;
};

struct cache_entry {
	struct cache_entry *chain;	  /* next in its bucket, or next spare */
	struct cache_entry *newer, *older; /* of all that can be found */
	struct cache_key key;
	unsigned int holders; /* the cache itself is one while the entry can be found */
	bool cut;	      /* the bytes are not all there were */
	size_t cap, len;
	char bytes[];
};

struct cache *cache__new(unsigned int max_entries, size_t max_bytes);
void cache__free(struct cache *c); /* after every entry was released; NULL is fine */

/* An entry with `len` bytes for the caller to write; replaces one of the same key. NULL: no memory. */
struct cache_entry *cache__add(struct cache *c, struct cache_key key, size_t len);
/* Held until cache__release(); NULL: there is none. */
struct cache_entry *cache__get(struct cache *c, struct cache_key key);
/* The same, and it cannot be found any more. */
struct cache_entry *cache__take(struct cache *c, struct cache_key key);
void cache__release(struct cache *c, struct cache_entry *e); /* NULL is fine */
size_t cache__bytes(const struct cache *c); /* in use, with what is kept for use again */

#endif
