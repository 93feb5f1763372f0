/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes STDIO messages, gives what they say of one process, readable, and what cannot be said. Does not know whether
 * that process is dead yet.
 */
#include "lastwords.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "files.h"

#define STREAMS_MAX (4 * ET_STDIO_TOLD) /* of one process: it may call exec() again and again */
#define UTF8_MAX 4
#define NO_CHARACTER 0xfffd

struct lastwords {
	struct cache *cache;
	unsigned int max_tail;
};

/* One stream as it is kept: behind it its path, and its tail. */
struct item {
	uint64_t lost, inherited;
	int32_t fd;
	uint32_t flags; /* enum et_stdio_flags */
	uint16_t path_len, tail_len;
	uint8_t known, cut;
	uint16_t pad;
	uint32_t size; /* of it all, a multiple of 8 */
	uint32_t pad2;
};

/* All of a process; behind it the items. */
struct words {
	uint64_t lost, inherited; /* of all, also those without an item */
	uint32_t flags;	   /* of any of them */
	uint32_t at_death; /* messages of its death */
	uint32_t at_exec;  /* enum et_stdio_state of an exec() that could not be looked at; 0: none */
	uint32_t nr;	   /* items */
	uint32_t omitted;  /* streams without one */
	uint32_t pad;
};

struct kept_words {
	struct cache_entry *entry; /* struct words */
	struct noted_stream list[];
};

_Static_assert(offsetof(struct cache_entry, bytes) % _Alignof(struct words) == 0, "read in place");
_Static_assert(sizeof(struct words) % 8 == 0 && sizeof(struct item) % 8 == 0, "read in place");

struct lastwords *lastwords__new(unsigned int max_processes, size_t max_bytes, unsigned int max_tail)
{
	struct lastwords *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->max_tail = max_tail;
	w->cache = cache__new(max_processes, max_bytes);
	if (w->cache)
		return w;
	free(w);
	return NULL;
}

void lastwords__free(struct lastwords *w)
{
	if (!w)
		return;
	cache__free(w->cache);
	free(w);
}

static struct cache_key key_of(const struct et_id *id)
{
	return (struct cache_key){ id->start_ns, id->tgid };
}

/* ---- the tail ---- */

static size_t encode(char *dst, uint32_t c)
{
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = NO_CHARACTER;
	if (c < 0x80) {
		dst[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		dst[0] = (char)(0xc0 | c >> 6);
		dst[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		dst[0] = (char)(0xe0 | c >> 12);
		dst[1] = (char)(0x80 | (c >> 6 & 0x3f));
		dst[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	dst[0] = (char)(0xf0 | c >> 18);
	dst[1] = (char)(0x80 | (c >> 12 & 0x3f));
	dst[2] = (char)(0x80 | (c >> 6 & 0x3f));
	dst[3] = (char)(0x80 | (c & 0x3f));
	return UTF8_MAX;
}

/* As bytes, wide characters as UTF-8. */
static size_t spell_tail(char dst[ET_STDIO_TAIL_MAX], const struct et_stdio *m)
{
	size_t n = 0;
	uint32_t c;

	if (!(m->flags & ET_STDIO_WIDE)) {
		memcpy(dst, m->tail, m->tail_len);
		return m->tail_len;
	}
	for (size_t at = 0; at + sizeof(c) <= m->tail_len; at += sizeof(c)) {
		memcpy(&c, m->tail + at, sizeof(c));
		n += encode(dst + n, c);
	}
	return n;
}

/* The end of it that is wanted, from where a character begins. */
static struct text cut_tail(const char *bytes, size_t n, size_t max)
{
	size_t from = n > max ? n - max : 0;

	for (size_t i = 0; from && i < UTF8_MAX - 1 && from < n && (bytes[from] & 0xc0) == 0x80; i++)
		from++;
	return (struct text){ bytes + from, n - from };
}

/* ---- what is kept ---- */

static const struct words no_words;

static void add_up(struct words *w, const struct et_stdio *m)
{
	w->lost += m->bytes - m->inherited;
	w->inherited += m->inherited;
	w->flags |= m->flags;
	if (!(m->flags & ET_STDIO_EXEC))
		w->at_death++;
	else if (m->state > ET_STDIO_SEEN)
		w->at_exec = m->state;
}

static void put_item(char *dst, const struct item *item, struct text path, struct text tail)
{
	memset(dst, 0, item->size);
	memcpy(dst, item, sizeof(*item));
	if (path.len)
		memcpy(dst + sizeof(*item), path.bytes, path.len);
	if (tail.len)
		memcpy(dst + sizeof(*item) + path.len, tail.bytes, tail.len);
}

/* What was kept so far, with `more` bytes behind it for the caller to write. NULL: no memory, and nothing is kept. */
static struct words *grow(struct lastwords *l, const struct et_id *id, size_t more, size_t *at)
{
	struct cache_entry *old = cache__take(l->cache, key_of(id)), *e;
	const char *bytes = old ? old->bytes : (const char *)&no_words;

	*at = old ? old->len : sizeof(no_words);
	e = cache__add(l->cache, key_of(id), *at + more);
	if (e)
		memcpy(e->bytes, bytes, *at);
	cache__release(l->cache, old);
	return e ? (struct words *)e->bytes : NULL;
}

static bool is_full(struct lastwords *l, const struct et_id *id)
{
	struct cache_entry *e = cache__get(l->cache, key_of(id));
	const bool full = e && ((const struct words *)e->bytes)->nr >= STREAMS_MAX;

	cache__release(l->cache, e);
	return full;
}

static int add_sums(struct lastwords *l, const struct et_stdio *m)
{
	size_t at;
	struct words *w = grow(l, &m->file.id, 0, &at);

	if (!w)
		return -ENOMEM;
	add_up(w, m);
	w->omitted += m->streams;
	return 0;
}

static int add_stream(struct lastwords *l, const struct et_stdio *m, const struct noted_file *file, struct text tail)
{
	struct item item = {
		.lost = m->bytes - m->inherited,
		.inherited = m->inherited,
		.fd = m->file.fd,
		.flags = m->flags,
		.path_len = (uint16_t)file->path.len,
		.tail_len = (uint16_t)tail.len,
		.known = file->known,
		.cut = file->cut,
	};
	struct words *w;
	size_t at;

	item.size = (uint32_t)((sizeof(item) + file->path.len + tail.len + 7) & ~(size_t)7);
	w = grow(l, &m->file.id, item.size, &at);
	if (!w)
		return -ENOMEM;
	put_item((char *)w + at, &item, file->path, tail);
	add_up(w, m);
	w->nr++;
	return 0;
}

int lastwords__add(struct lastwords *l, const struct et_stdio *m)
{
	char tail[ET_STDIO_TAIL_MAX];
	struct noted_file file = { 0 };
	struct file_strings strings;
	struct text end = { tail, 0 };

	if (m->flags & ET_STDIO_REST || is_full(l, &m->file.id))
		return add_sums(l, m);
	files__put_name(&file, &strings, &m->file);
	if (l->max_tail)
		end = cut_tail(tail, spell_tail(tail, m), l->max_tail);
	return add_stream(l, m, &file, end);
}

/* ---- of one process ---- */

static void tell_item(struct noted_stream *s, const struct item *item)
{
	const char *bytes = (const char *)(item + 1);

	*s = (struct noted_stream){
		.lost = item->lost,
		.inherited = item->inherited,
		.fd = item->fd,
		.failed = item->flags & ET_STDIO_FAILED,
		.wide = item->flags & ET_STDIO_WIDE,
		.exec = item->flags & ET_STDIO_EXEC,
		.known = item->known,
		.cut = item->cut,
		.path = { bytes, item->path_len },
		.tail = { bytes + item->path_len, item->tail_len },
	};
}

struct kept_words *lastwords__take(struct lastwords *l, const struct et_id *id)
{
	struct cache_entry *e = cache__take(l->cache, key_of(id));
	const struct words *w;
	struct kept_words *k;
	const char *at;

	if (!e)
		return NULL;
	w = (const struct words *)e->bytes;
	k = calloc(1, sizeof(*k) + w->nr * sizeof(k->list[0]));
	if (!k) {
		cache__release(l->cache, e); /* the record will say that messages are missing */
		return NULL;
	}
	k->entry = e;
	at = (const char *)(w + 1);
	for (uint32_t i = 0; i < w->nr; i++) {
		tell_item(&k->list[i], (const struct item *)at);
		at += ((const struct item *)at)->size;
	}
	return k;
}

void lastwords__free_taken(struct lastwords *l, struct kept_words *k)
{
	if (!k)
		return;
	cache__release(l->cache, k->entry);
	free(k);
}

/* ---- what can be said ---- */

static enum missing_why why_state(enum et_stdio_state state)
{
	switch (state) {
	case ET_STDIO_STATIC:
		return WHY_STATIC;
	case ET_STDIO_STANDARD:
	case ET_STDIO_UNKNOWN:
		return WHY_LIBC;
	case ET_STDIO_COMPAT:
		return WHY_COMPAT;
	case ET_STDIO_MANY:
		return WHY_FULL;
	default:
		return WHY_PAGED;
	}
}

/* Nothing at all is known of its streams at its death. */
static bool is_blind(enum et_stdio_state state)
{
	return state == ET_STDIO_STATIC || state == ET_STDIO_UNKNOWN || state == ET_STDIO_COMPAT;
}

static void note_inherited(struct record *r, const struct words *w)
{
	if (w->flags & ET_STDIO_UNNOTED)
		record__add_missing(r, FIELD_stdio_inherited_bytes, WHY_FULL);
	if (w->lost && !r->from_start && r->death->flags & ET_D_FORKNOEXEC)
		record__add_missing(r, FIELD_stdio_inherited_bytes, WHY_BEFORE);
}

static void note_unknown(struct record *r, const struct words *w, enum et_stdio_state state, uint32_t told)
{
	if (w->at_death < told) {
		record__add_missing(r, FIELD_stdio_lost_bytes, WHY_LOST);
		record__add_missing(r, FIELD_stdio_streams, WHY_LOST);
	}
	if (state > ET_STDIO_SEEN)
		record__add_missing(r, FIELD_stdio_lost_bytes, why_state(state));
	if (w->at_exec)
		record__add_missing(r, FIELD_stdio_lost_bytes, why_state(w->at_exec));
	if (w->flags & ET_STDIO_GARBLED)
		record__add_missing(r, FIELD_stdio_lost_bytes, WHY_PAGED);
	if (w->flags & ET_STDIO_FAILED)
		record__add_missing(r, FIELD_stdio_lost_bytes, WHY_FAILED);
	note_inherited(r, w);
}

void lastwords__conclude(struct record *r)
{
	const enum et_stdio_state state = r->death->stdio & ((1 << ET_STDIO_SHIFT) - 1);
	const uint32_t told = r->death->stdio >> ET_STDIO_SHIFT;
	const struct words *w = r->words ? (const struct words *)r->words->entry->bytes : &no_words;

	r->stdio.applies = r->start->flags & ET_START_STDIO;
	if (!r->stdio.applies)
		return;
	r->stdio.lost = w->lost;
	r->stdio.inherited = w->inherited;
	r->stdio.cut = w->omitted;
	r->stdio.list = r->words ? r->words->list : NULL;
	r->stdio.nr = w->nr;
	if (!state)
		record__add_missing(r, FIELD_stdio, record__why_unseen(r, ET_OBS_STDIO));
	else if (!w->nr && (is_blind(state) || (state == ET_STDIO_UNREADABLE && !told)))
		record__add_missing(r, FIELD_stdio, why_state(state));
	else
		note_unknown(r, w, state, told);
}
