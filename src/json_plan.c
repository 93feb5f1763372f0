/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a table of fields with dotted keys, gives the pieces of text that its objects are made of, ready
 * to be copied. Does not see a record.
 */
#include "json_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void json_plan__free(struct json_plan *p)
{
	unsigned int i;

	if (!p)
		return;
	for (i = 0; i < p->nr_pieces; i++)
		json_plan__free(p->pieces[i].items);
	free(p->groups);
	free(p->ways);
	free(p->pieces);
	free(p);
}

static struct json_plan *json_plan__alloc(unsigned int n)
{
	struct json_plan *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->pieces = calloc(n, sizeof(*p->pieces));
	p->groups = calloc(GROUPS_MAX, sizeof(*p->groups));
	if (p->pieces && p->groups) {
		p->nr_groups = 1; /* the record itself */
		p->groups[0].within = 1;
		return p;
	}
	json_plan__free(p);
	return NULL;
}

/* The group path[0..len), made if it is new; negative errno. */
static int json_plan__group(struct json_plan *p, unsigned int parent, const char *path, size_t len)
{
	struct group *g;
	unsigned int i;

	for (i = 1; i < p->nr_groups; i++) {
		g = &p->groups[i];
		if (g->path_len == len && !memcmp(g->path, path, len))
			return (int)i;
	}
	if (p->nr_groups == GROUPS_MAX)
		return -E2BIG;
	g = &p->groups[p->nr_groups];
	*g = (struct group){ .path = path, .path_len = len, .parent = parent };
	g->within = p->groups[parent].within | 1ULL << p->nr_groups;
	return (int)p->nr_groups++;
}

/* False: too long. */
static bool append(struct way *w, const char *text, size_t len)
{
	if (w->len + len > WAY_MAX)
		return false;
	memcpy(w->text + w->len, text, len);
	w->len = (uint8_t)(w->len + len);
	return true;
}

/* ,"name": of the first that is opened, {"name": of those in it. */
static bool append_open(struct way *w, const struct json_plan *p, unsigned int from, unsigned int to)
{
	const struct group *g = &p->groups[to];
	const size_t skip = g->parent ? p->groups[g->parent].path_len + 1 : 0;

	if (to == from)
		return true;
	if (!append_open(w, p, from, g->parent) || !append(w, w->opens ? "{\"" : ",\"", 2))
		return false;
	w->opens = true;
	return append(w, g->path + skip, g->path_len - skip) && append(w, "\":", 2);
}

static bool make_way(struct way *w, const struct json_plan *p, unsigned int from, unsigned int to)
{
	for (; !(p->groups[to].within >> from & 1); from = p->groups[from].parent)
		if (!append(w, "}", 1))
			return false;
	return append_open(w, p, from, to);
}

static int json_plan__ways(struct json_plan *p)
{
	unsigned int from, to;

	p->ways = calloc((size_t)p->nr_groups * p->nr_groups, sizeof(*p->ways));
	if (!p->ways)
		return -ENOMEM;
	for (from = 0; from < p->nr_groups; from++)
		for (to = 0; to < p->nr_groups; to++)
			if (!make_way(&p->ways[from * p->nr_groups + to], p, from, to))
				return -ENAMETOOLONG;
	return 0;
}

/* ,"name": */
static int quote_key(struct piece *piece, const char *name)
{
	const size_t len = strlen(name);

	if (len + 4 > PIECE_MAX)
		return -ENAMETOOLONG;
	memcpy(piece->text, ",\"", 2);
	memcpy(piece->text + 2, name, len);
	memcpy(piece->text + 2 + len, "\":", 2);
	piece->len = (uint8_t)(len + 4);
	return 0;
}

static int json_plan__add(struct json_plan *p, const struct field *f)
{
	struct piece *piece = &p->pieces[p->nr_pieces++];
	const char *name = f->key, *dot;
	int group = 0;

	piece->field = f;
	while ((dot = strchr(name, '.'))) {
		group = json_plan__group(p, (unsigned int)group, f->key, (size_t)(dot - f->key));
		if (group < 0)
			return group;
		name = dot + 1;
	}
	piece->group = (uint8_t)group;
	if (f->items)
		piece->items = json_plan__new(f->items, f->nr_items);
	return f->items && !piece->items ? -ENOMEM : quote_key(piece, name);
}

struct json_plan *json_plan__new(const struct field *fields, unsigned int n)
{
	struct json_plan *p = json_plan__alloc(n);
	unsigned int i;

	if (!p)
		return NULL;
	for (i = 0; i < n; i++)
		if (json_plan__add(p, &fields[i]))
			break;
	if (i == n && !json_plan__ways(p))
		return p;
	json_plan__free(p);
	return NULL;
}
