/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes FILE messages, gives what they say of one process, readable. Does not know
 * whether that process is dead yet.
 */
#include "files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "names.h"

struct noted_files {
	struct noted_files *chain;	    /* next in its bucket */
	struct noted_files *older, *newer; /* by their first message */
	struct et_id id;
	unsigned int nr, room;
	size_t bytes;		 /* of all that follows, and of itself */
	struct noted_file *list; /* the strings of each are in memory of their own, which begins with `fs` */
};

struct files {
	struct noted_files **buckets;
	struct noted_files *oldest, *newest;
	unsigned int mask, count, max;
	size_t bytes, max_bytes; /* also of those that were taken out */
};

#define HEAP_OVERHEAD 16 /* of malloc(), about */

static struct noted_files **bucket(struct files *f, const struct et_id *id)
{
	return &f->buckets[hash__slot(id->start_ns ^ (uint64_t)id->tgid << 40, f->mask)];
}

struct files *files__new(unsigned int max_processes, size_t max_bytes)
{
	struct files *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->max = max_processes ? max_processes : 1;
	f->max_bytes = max_bytes;
	f->mask = hash__mask(f->max);
	f->buckets = calloc(f->mask + 1, sizeof(*f->buckets));
	if (!f->buckets) {
		free(f);
		return NULL;
	}
	return f;
}

void files__free_taken(struct files *f, struct noted_files *n)
{
	unsigned int i;

	if (!n)
		return;
	for (i = 0; i < n->nr; i++)
		free((void *)n->list[i].fs.bytes);
	f->bytes -= n->bytes;
	free(n->list);
	free(n);
}

size_t files__bytes(const struct files *f)
{
	return f->bytes;
}

void files__free(struct files *f)
{
	if (!f)
		return;
	while (f->oldest)
		files__free_taken(f, files__take(f, &f->oldest->id));
	free(f->buckets);
	free(f);
}

const struct noted_file *noted_files__list(const struct noted_files *n, unsigned int *nr)
{
	*nr = n ? n->nr : 0;
	return n ? n->list : NULL;
}

/* Where the pointer to it is; that pointer is NULL if there is none. */
static struct noted_files **find(struct files *f, const struct et_id *id)
{
	struct noted_files **p = bucket(f, id);

	while (*p && ((*p)->id.start_ns != id->start_ns || (*p)->id.tgid != id->tgid))
		p = &(*p)->chain;
	return p;
}

struct noted_files *files__take(struct files *f, const struct et_id *id)
{
	struct noted_files **p, *n;

	if (!f->count)
		return NULL;
	p = find(f, id);
	n = *p;
	if (!n)
		return NULL;
	*p = n->chain;
	if (n->newer)
		n->newer->older = n->older;
	else
		f->newest = n->older;
	if (n->older)
		n->older->newer = n->newer;
	else
		f->oldest = n->newer;
	f->count--;
	return n;
}

/* False: too much is held by those that were taken out, or by `but` itself. */
static bool make_room(struct files *f, const struct noted_files *but, size_t size)
{
	while (f->bytes + size > f->max_bytes) {
		if (!f->oldest || f->oldest == but)
			return false;
		files__free_taken(f, files__take(f, &f->oldest->id));
	}
	return true;
}

static void use(struct files *f, struct noted_files *n, size_t size)
{
	f->bytes += size;
	n->bytes += size;
}

static struct noted_files *add_process(struct files *f, const struct et_id *id)
{
	struct noted_files *n, **b = bucket(f, id);

	if (f->count >= f->max)
		files__free_taken(f, files__take(f, &f->oldest->id));
	if (!make_room(f, NULL, sizeof(*n) + HEAP_OVERHEAD))
		return NULL;
	n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	use(f, n, sizeof(*n) + HEAP_OVERHEAD);
	n->id = *id;
	n->chain = *b;
	*b = n;
	n->older = f->newest;
	if (f->newest)
		f->newest->newer = n;
	else
		f->oldest = n;
	f->newest = n;
	f->count++;
	return n;
}

/* ---- in words ---- */

static struct text fs_name(struct file_strings *s, const struct et_file *m)
{
	const struct text type = text__array(m->fs, sizeof(m->fs));
	const struct text sub = text__array(m->subtype, sizeof(m->subtype));

	memcpy(s->fs, type.bytes, type.len);
	if (!sub.len)
		return (struct text){ s->fs, type.len };
	s->fs[type.len] = '.';
	memcpy(s->fs + type.len + 1, sub.bytes, sub.len);
	return (struct text){ s->fs, type.len + 1 + sub.len };
}

static struct text numbered(struct file_strings *s, const char *what, const struct et_file *m)
{
	int len = snprintf(s->path, sizeof(s->path), "%s:[%llu]", what, (unsigned long long)m->inode);

	return (struct text){ s->path, (size_t)len };
}

/* Its only component is the name: "[eventfd]". */
static struct text anonymous(struct file_strings *s, const struct et_file *m)
{
	static const char head[] = "anon_inode:";
	const struct text name = text__array(m->path, m->len);
	const size_t len = strlen(head);

	memcpy(s->path, head, len);
	memcpy(s->path + len, name.bytes, name.len);
	return (struct text){ s->path, len + name.len };
}

static struct text path_of(struct file_strings *s, const struct et_file *m)
{
	size_t len = path__put_in_order(s->path, m->path, m->len, m->flags & ET_FILE_CUT);

	if (m->flags & ET_FILE_UNLINKED) {
		memcpy(s->path + len, FILES_UNLINKED, sizeof(FILES_UNLINKED) - 1);
		len += sizeof(FILES_UNLINKED) - 1;
	}
	return (struct text){ s->path, len };
}

/* A pipe and a socket have a number for a name, so theirs are never gone. */
void files__put_name(struct noted_file *f, struct file_strings *s, const struct et_file *m)
{
	f->fs = fs_name(s, m);
	f->known = true;
	if (text__equal(f->fs, "pipefs")) {
		f->path = numbered(s, "pipe", m);
	} else if (text__equal(f->fs, "sockfs")) {
		f->path = numbered(s, "socket", m);
	} else if (m->flags & ET_FILE_GONE) {
		f->known = false;
	} else if (text__equal(f->fs, "anon_inodefs")) {
		f->path = anonymous(s, m);
	} else {
		f->path = path_of(s, m);
		f->cut = m->flags & ET_FILE_CUT;
	}
}

static void put_note(struct noted_file *f, struct file_strings *s, const struct et_file *m)
{
	*f = (struct noted_file){ .what = m->what, .fd = m->fd, .error = -m->error, .ns = m->ns };
	if (m->error)
		names__errno(-m->error, f->errno_name);
	files__put_name(f, s, m);
}

/* ---- what is kept ---- */

static unsigned int count(const struct noted_files *n, enum et_file_what what)
{
	unsigned int i, nr = 0;

	for (i = 0; i < n->nr; i++)
		nr += n->list[i].what == what;
	return nr;
}

/* Of all but errors only the slowest is told: the place of the one that was so far. */
static unsigned int place_of(const struct noted_files *n, const struct et_file *m)
{
	unsigned int i;

	if (m->what == ET_FILE_FLUSH_ERROR)
		return n->nr;
	for (i = 0; i < n->nr; i++)
		if (n->list[i].what == m->what)
			return i;
	return n->nr;
}

static bool make_place(struct files *f, struct noted_files *n)
{
	const unsigned int room = n->room ? 2 * n->room : 1;
	const size_t more = (room - n->room) * sizeof(*n->list) + (n->room ? 0 : HEAP_OVERHEAD);
	struct noted_file *list;

	if (n->nr < n->room)
		return true;
	if (!make_room(f, n, more))
		return false;
	list = realloc(n->list, room * sizeof(*list));
	if (!list)
		return false;
	n->list = list;
	n->room = room;
	use(f, n, more);
	return true;
}

/* One string behind the other, no longer than they are. False: no memory. */
static bool keep_strings(struct files *f, struct noted_files *n, struct noted_file *note)
{
	const size_t len = note->fs.len + note->path.len;
	char *s;

	if (!make_room(f, n, len + HEAP_OVERHEAD))
		return false;
	s = malloc(len + 1);
	if (!s)
		return false;
	use(f, n, len + HEAP_OVERHEAD);
	memcpy(s, note->fs.bytes, note->fs.len);
	if (note->path.len)
		memcpy(s + note->fs.len, note->path.bytes, note->path.len);
	note->fs.bytes = s;
	note->path.bytes = s + note->fs.len;
	return true;
}

static void drop_strings(struct files *f, struct noted_files *n, const struct noted_file *note)
{
	const size_t size = note->fs.len + note->path.len + HEAP_OVERHEAD;

	f->bytes -= size;
	n->bytes -= size;
	free((void *)note->fs.bytes);
}

static int add_note(struct files *f, struct noted_files *n, unsigned int at, const struct et_file *m)
{
	struct noted_file note;
	struct file_strings s;

	if (at == n->nr && !make_place(f, n))
		return -ENOMEM;
	put_note(&note, &s, m);
	if (!keep_strings(f, n, &note))
		return -ENOMEM;
	if (at < n->nr)
		drop_strings(f, n, &n->list[at]);
	else
		n->nr++;
	n->list[at] = note;
	return 0;
}

int files__add(struct files *f, const struct et_file *m)
{
	struct noted_files *n = *find(f, &m->id);
	unsigned int at;

	if (!n)
		n = add_process(f, &m->id);
	if (!n)
		return -ENOMEM;
	if (m->what == ET_FILE_FLUSH_ERROR && count(n, m->what) >= ET_FILES_TOLD)
		return 0;
	at = place_of(n, m);
	if (at < n->nr && n->list[at].ns > m->ns)
		return 0;
	return add_note(f, n, at, m);
}
