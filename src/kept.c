/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes messages that say more about a death, gives what belongs to one. Does not know whether
 * it was reaped, and concludes nothing.
 */
#include "kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "container.h"
#include "files.h"
#include "lastwords.h"
#include "path.h"

#define MAX_CGROUPS 8192
#define MAX_ARGS 2048  /* command lines of the dying, and of who kills; only with --args */
#define MAX_OOMS 8192  /* a group kill chooses all of a cgroup before the first of them is dead */
#define MAX_WORDS 4096 /* processes that lost something by an exec(), and live on; only with --stdio */
#define MAX_STACKS 4096 /* only with --exit-stack: of the dying, and of zombies */
#define MAX_FILES 1024 /* processes with a noted file and whose death is on its way */

/*
 * All memory of these kinds, also what is held for the dead that wait: 2.5 MiB with --args. What has no
 * room is not kept, and its record says that it is missing.
 */
#define CGROUP_BYTES (1280 << 10) /* some 6,000 paths */
#define ARGS_BYTES (512 << 10)
#define OOM_BYTES (512 << 10) /* 2,000 victims at once */
#define FILE_BYTES (256 << 10)
#define WORDS_BYTES (1 << 20)
#define STACK_BYTES (1 << 20)

struct keeper {
	struct cache *cgroups, *args, *ooms;
	struct cache *stacks; /* made for the first of them: NULL when they are not asked for */
	struct files *files;
	struct lastwords *words;
	uint64_t paths_missed;
};

/* What is kept of a cgroup: what its path tells is found out once, and not for each that dies in it. */
struct place {
	struct container container; /* these two point into path[] */
	struct text unit;
	size_t len;
	char path[];
};

_Static_assert(offsetof(struct cache_entry, bytes) % _Alignof(struct et_oom) == 0, "read in place");
_Static_assert(offsetof(struct cache_entry, bytes) % _Alignof(struct et_stack) == 0, "read in place");
_Static_assert(offsetof(struct cache_entry, bytes) % _Alignof(struct place) == 0, "read in place");

static unsigned int at_most(unsigned int max, unsigned int wanted)
{
	return wanted && wanted < max ? wanted : max;
}

struct keeper *keeper__new(unsigned int max, unsigned int max_tail)
{
	struct keeper *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->cgroups = cache__new(at_most(MAX_CGROUPS, max), CGROUP_BYTES);
	k->args = cache__new(at_most(MAX_ARGS, max), ARGS_BYTES);
	k->ooms = cache__new(at_most(MAX_OOMS, max), OOM_BYTES);
	k->files = files__new(at_most(MAX_FILES, max), FILE_BYTES);
	k->words = lastwords__new(at_most(MAX_WORDS, max), WORDS_BYTES, max_tail);
	if (k->cgroups && k->args && k->ooms && k->files && k->words)
		return k;
	keeper__free(k);
	return NULL;
}

void keeper__free(struct keeper *k)
{
	if (!k)
		return;
	cache__free(k->cgroups);
	cache__free(k->args);
	cache__free(k->ooms);
	cache__free(k->stacks);
	files__free(k->files);
	lastwords__free(k->words);
	free(k);
}

static struct cache_key key_of(const struct et_id *id)
{
	return (struct cache_key){ id->start_ns, id->tgid };
}

/* ---- messages ---- */

int keeper__add_cgroup(struct keeper *k, const struct et_cgroup *m)
{
	struct cache_entry *e = cache__add(k->cgroups, (struct cache_key){ m->id, 0 },
					   sizeof(struct place) + m->len + PATH_ROOM);
	struct place *p;

	if (!e)
		return -ENOMEM;
	e->cut = m->cut;
	p = (struct place *)e->bytes;
	p->len = path__put_in_order(p->path, m->path, m->len, m->cut);
	container__parse((struct text){ p->path, p->len }, &p->container, &p->unit);
	return 0;
}

int keeper__add_args(struct keeper *k, const struct et_args *m)
{
	struct cache_entry *e = cache__add(k->args, key_of(&m->id), m->len);

	if (!e)
		return -ENOMEM;
	memcpy(e->bytes, m->args, m->len);
	e->cut = m->total > m->len;
	return 0;
}

/*
 * A kill of a whole group comes by everybody, also by who was killed already: as the victim, or
 * for sharing its memory. The amounts of the first time are those it was chosen for.
 */
static void merge_oom(struct et_oom *first, const struct et_oom *again)
{
	first->flags |= again->flags & ET_OOM_GROUP;
	first->flags &= again->flags | ~(__u32)ET_OOM_SHARED;
}

int keeper__add_oom(struct keeper *k, const struct et_oom *m)
{
	struct cache_entry *e = cache__get(k->ooms, key_of(&m->id));

	if (e) {
		merge_oom((struct et_oom *)e->bytes, m);
		cache__release(k->ooms, e);
		return 0;
	}
	e = cache__add(k->ooms, key_of(&m->id), sizeof(*m));
	if (!e)
		return -ENOMEM;
	memcpy(e->bytes, m, sizeof(*m));
	return 0;
}

static struct cache_key stack_key(const struct et_id *id, unsigned int what)
{
	return (struct cache_key){ id->start_ns, id->tgid | (uint64_t)what << 32 };
}

/* The latest of a kind is what counts: the kernel half sends what is better than what it sent before. */
int keeper__add_stack(struct keeper *k, const struct et_stack *m)
{
	struct cache_entry *e;

	if (!k->stacks)
		k->stacks = cache__new(MAX_STACKS, STACK_BYTES);
	e = k->stacks ? cache__add(k->stacks, stack_key(&m->id, m->what), m->h.size) : NULL;
	if (!e)
		return -ENOMEM;
	memcpy(e->bytes, m, m->h.size);
	return 0;
}

int keeper__add_file(struct keeper *k, const struct et_file *m)
{
	return files__add(k->files, m);
}

int keeper__add_stdio(struct keeper *k, const struct et_stdio *m)
{
	return lastwords__add(k->words, m);
}

/* ---- of one death ---- */

static void find_cgroup(struct keeper *k, uint64_t id, struct cache_entry **e)
{
	if (!*e)
		*e = cache__get(k->cgroups, (struct cache_key){ id, 0 });
}

/* The same, of which the path was told. */
static void gather_cgroup(struct keeper *k, uint64_t id, struct cache_entry **e)
{
	find_cgroup(k, id, e);
	k->paths_missed += !*e;
}

/* Left where it can be found: who kills kills several, and may be dead itself before its last victim is. */
static void gather_args(struct keeper *k, const struct et_id *id, struct cache_entry **e)
{
	if (!*e)
		*e = cache__get(k->args, key_of(id));
}

static void gather_killer(struct keeper *k, const struct et_signals *s, struct kept_more *more)
{
	if (s->killer.cgroup_id)
		gather_cgroup(k, s->killer.cgroup_id, &more->killer_cgroup);
	if (s->killer.cgroup_killed)
		find_cgroup(k, s->killer.cgroup_killed, &more->killed_cgroup);
	if (s->killer.seen & ET_KILLER_ARGS)
		gather_args(k, &s->fatal.by.id, &more->killer_args);
}

static void gather_oom(struct keeper *k, const struct et_id *id, struct kept_more *more)
{
	const struct et_oom *m;

	if (!more->oom)
		more->oom = cache__take(k->ooms, key_of(id));
	if (!more->oom)
		return;
	m = (const struct et_oom *)more->oom->bytes;
	if (m->flags & ET_OOM_LIMIT)
		gather_cgroup(k, m->memcg_id, &more->oom_cgroup);
}

static void gather_stacks(struct keeper *k, const struct et_id *id, struct kept_more *more)
{
	unsigned int i;

	if (!k->stacks)
		return;
	for (i = 0; i < ET_STACK_KINDS; i++)
		if (!more->stacks[i])
			more->stacks[i] = cache__take(k->stacks, stack_key(id, i));
}

static void gather_more(struct keeper *k, const struct et_death *d, struct kept_more *more)
{
	const struct et_signals *s = death__signals(d);

	if (d->seen & ET_SEEN_ARGS)
		gather_args(k, &d->id, &more->args);
	if (s)
		gather_killer(k, s, more);
	gather_oom(k, &d->id, more);
	gather_stacks(k, &d->id, more);
	if (!more->files)
		more->files = files__take(k->files, &d->id);
	if (!more->words)
		more->words = lastwords__take(k->words, &d->id);
}

static void let_go_more(struct keeper *k, struct kept_more *more)
{
	unsigned int i;

	for (i = 0; i < ET_STACK_KINDS; i++)
		cache__release(k->stacks, more->stacks[i]);
	cache__release(k->args, more->args);
	cache__release(k->cgroups, more->killer_cgroup);
	cache__release(k->args, more->killer_args);
	cache__release(k->cgroups, more->killed_cgroup);
	cache__release(k->ooms, more->oom);
	cache__release(k->cgroups, more->oom_cgroup);
	files__free_taken(k->files, more->files);
	lastwords__free_taken(k->words, more->words);
}

static bool is_empty(const struct kept_more *more)
{
	unsigned int i;

	for (i = 0; i < ET_STACK_KINDS; i++)
		if (more->stacks[i])
			return false;
	return !more->args && !more->killer_cgroup && !more->killer_args && !more->killed_cgroup && !more->oom &&
	       !more->oom_cgroup && !more->files && !more->words;
}

void keeper__gather(struct keeper *k, const struct et_death *d, struct kept *kept)
{
	struct kept_more found = { 0 };

	if (d->seen & ET_SEEN_CGROUP)
		gather_cgroup(k, d->cgroup_id, &kept->cgroup);
	if (kept->more) {
		gather_more(k, d, kept->more);
		return;
	}
	gather_more(k, d, &found);
	if (is_empty(&found))
		return;
	kept->more = malloc(sizeof(*kept->more));
	if (kept->more)
		*kept->more = found;
	else
		let_go_more(k, &found); /* the record says that it is missing */
}

uint64_t keeper__paths_missed(const struct keeper *k)
{
	return k->paths_missed;
}

void keeper__let_go(struct keeper *k, struct kept *kept)
{
	cache__release(k->cgroups, kept->cgroup);
	if (kept->more)
		let_go_more(k, kept->more);
	free(kept->more);
	*kept = (struct kept){ 0 };
}

/* ---- in a record ---- */

static void tell_text(const struct cache_entry *e, struct text *text, bool *cut)
{
	if (!e)
		return;
	*text = (struct text){ e->bytes, e->len };
	*cut = e->cut;
}

/* NULL: it is not known. */
static const struct place *tell_path(const struct cache_entry *e, struct text *path, bool *cut)
{
	const struct place *p = e ? (const struct place *)e->bytes : NULL;

	if (!p)
		return NULL;
	*path = (struct text){ p->path, p->len };
	*cut = e->cut;
	return p;
}

static void tell_killer(const struct kept_more *more, struct sender *s)
{
	const struct place *p = tell_path(more->killer_cgroup, &s->cgroup, &s->cgroup_cut);

	tell_text(more->killer_args, &s->args, &s->args_cut);
	if (!p)
		return;
	s->container = p->container;
	s->unit = p->unit;
}

static void tell_more(const struct kept_more *more, struct record *r)
{
	unsigned int i;

	for (i = 0; i < ET_STACK_KINDS; i++)
		if (more->stacks[i])
			r->stacks[i] = (const struct et_stack *)more->stacks[i]->bytes;
	tell_text(more->args, &r->args, &r->args_cut);
	tell_killer(more, &r->killer);
	tell_path(more->killed_cgroup, &r->killed_cgroup, &r->killed_cgroup_cut);
	tell_path(more->oom_cgroup, &r->oom_cgroup, &r->oom_cgroup_cut);
	if (more->oom)
		r->oom = (const struct et_oom *)more->oom->bytes;
	r->files = noted_files__list(more->files, &r->nr_files);
	r->words = more->words;
}

void kept__tell(const struct kept *kept, struct record *r)
{
	const struct place *p = tell_path(kept->cgroup, &r->cgroup, &r->cgroup_cut);

	if (p) {
		r->container = p->container;
		r->unit = p->unit;
	}
	if (kept->more)
		tell_more(kept->more, r);
}
