/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a record, gives messages that make the same record again, and does that. Does not keep them anywhere, and
 * concludes nothing: the assembler does, from the same facts.
 */
#include "retell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"

/* The most that one death can take, files and command lines included. */
#define RETELL_MAX (64 << 10)

static void put_message(struct buf *to, const void *msg, size_t size)
{
	static const char zero[8];

	buf__put(to, msg, size);
	buf__put(to, zero, -size % 8);
}

static void put_clock(struct buf *to, const struct record *r, enum et_kind kind)
{
	struct et_clock c = { { kind, sizeof(c) }, r->now_ns, r->now_ns + r->real_offset_ns };

	put_message(to, &c, sizeof(c));
}

/* The inverse of path__put_in_order(): last name first, each with a NUL. Returns bytes, at most `max`. */
static size_t reverse_path(char *dst, size_t max, struct text path, bool cut)
{
	const size_t mark = cut && path.len >= strlen(PATH_CUT_MARK) ? strlen(PATH_CUT_MARK) : 0;
	size_t end = path.len, len = 0;

	while (end > mark) {
		size_t begin = end;

		while (begin > mark && path.bytes[begin - 1] != '/')
			begin--;
		if (len + end - begin + 1 > max)
			break;
		memcpy(dst + len, path.bytes + begin, end - begin);
		len += end - begin;
		dst[len++] = '\0';
		end = begin > mark ? begin - 1 : mark;
	}
	return path.len == 1 ? 0 : len; /* "/" has no names */
}

static void put_cgroup(struct buf *to, uint64_t id, struct text path, bool cut)
{
	struct et_cgroup m = { .h = { ET_CGROUP, 0 }, .id = id, .cut = cut };

	if (!path.len)
		return;
	m.len = (__u32)reverse_path(m.path, sizeof(m.path), path, cut);
	m.h.size = offsetof(struct et_cgroup, path) + m.len;
	put_message(to, &m, m.h.size);
}

static void put_args(struct buf *to, const struct et_id *id, struct text args, bool cut)
{
	struct et_args m = { .h = { ET_ARGS, 0 }, .id = *id };

	if (!args.len || args.len > sizeof(m.args))
		return;
	m.len = (__u32)args.len;
	m.total = m.len + cut;
	m.h.size = offsetof(struct et_args, args) + m.len;
	memcpy(m.args, args.bytes, args.len);
	put_message(to, &m, m.h.size);
}

/* ---- files ---- */

/* "fuse.sshfs": type and subtype. */
static void split_fs(struct et_file *m, struct text fs)
{
	const char *dot = memchr(fs.bytes, '.', fs.len);
	const size_t type = dot ? (size_t)(dot - fs.bytes) : fs.len, sub = dot ? fs.len - type - 1 : 0;

	if (type > sizeof(m->fs) || sub > sizeof(m->subtype))
		return;
	memcpy(m->fs, fs.bytes, type);
	if (sub)
		memcpy(m->subtype, dot + 1, sub);
}

static uint64_t number_in(struct text path)
{
	const char *bracket = memchr(path.bytes, '[', path.len);
	uint64_t n = 0;

	for (size_t i = bracket ? (size_t)(bracket - path.bytes) + 1 : path.len; i < path.len; i++)
		if (path.bytes[i] >= '0' && path.bytes[i] <= '9')
			n = n * 10 + (uint64_t)(path.bytes[i] - '0');
	return n;
}

/* Its name behind "anon_inode:". */
static void take_anonymous(struct et_file *m, struct text path)
{
	const size_t head = strlen("anon_inode:"), len = path.len > head ? path.len - head : 0;

	if (len <= sizeof(m->path)) {
		memcpy(m->path, path.bytes + head, len);
		m->len = (__u32)len;
	}
}

static void take_name(struct et_file *m, const struct noted_file *f)
{
	if (text__equal(f->fs, "pipefs") || text__equal(f->fs, "sockfs")) {
		m->inode = number_in(f->path);
	} else if (!f->known) {
		m->flags = ET_FILE_GONE;
	} else if (text__equal(f->fs, "anon_inodefs")) {
		take_anonymous(m, f->path);
	} else {
		m->flags = f->cut ? ET_FILE_CUT : 0;
		m->len = (__u32)reverse_path(m->path, sizeof(m->path), f->path, f->cut);
	}
}

static void put_file(struct buf *to, const struct et_id *id, const struct noted_file *f)
{
	struct et_file m = {
		.h = { ET_FILE, sizeof(m) }, .id = *id, .ns = f->ns, .fd = f->fd, .error = -f->error, .what = f->what,
	};

	if (f->fs.len)
		split_fs(&m, f->fs);
	take_name(&m, f);
	put_message(to, &m, sizeof(m));
}

/* ---- all of it ---- */

static void put_of_killer(struct buf *to, const struct record *r)
{
	const struct et_killer *k = &r->signals->killer;

	put_cgroup(to, k->cgroup_id, r->killer.cgroup, r->killer.cgroup_cut);
	put_cgroup(to, k->cgroup_killed, r->killed_cgroup, r->killed_cgroup_cut);
	if (k->seen & ET_KILLER_ARGS)
		put_args(to, &r->signals->fatal.by.id, r->killer.args, r->killer.args_cut);
}

static void put_core_pattern(struct buf *to, const struct record *r)
{
	struct et_pattern p = { .h = { ET_PATTERN, sizeof(p) } };

	if (!r->core_pattern_known || !r->coredump.applies || r->core_pattern.len > sizeof(p.pattern))
		return;
	p.len = (__u32)r->core_pattern.len;
	memcpy(p.pattern, r->core_pattern.bytes, p.len);
	put_message(to, &p, sizeof(p));
}

/* What came of messages of their own, before the death. */
static void put_more(struct buf *to, const struct record *r)
{
	const struct et_id *id = &r->death->id;

	put_core_pattern(to, r);
	put_cgroup(to, r->death->cgroup_id, r->cgroup, r->cgroup_cut);
	put_args(to, id, r->args, r->args_cut);
	if (r->signals)
		put_of_killer(to, r);
	if (r->oom) {
		put_cgroup(to, r->oom->memcg_id, r->oom_cgroup, r->oom_cgroup_cut);
		put_message(to, r->oom, sizeof(*r->oom));
	}
	for (unsigned int i = 0; i < r->nr_files; i++)
		put_file(to, id, &r->files[i]);
}

/* Why nothing is known of its reap; WHY_UNSEEN if that is not what is missing. */
static enum missing_why why_no_reap(const struct record *r)
{
	for (unsigned int i = 0; i < r->nr_missing; i++)
		if (r->missing[i].field == FIELD_reap)
			return r->missing[i].why;
	return WHY_UNSEEN;
}

static void put_fate(struct buf *to, const struct record *r)
{
	struct et_forget f = { .h = { ET_FORGET, sizeof(f) }, .id = r->death->id };

	if (r->type == RECORD_ZOMBIE || r->death->flags & ET_D_AUTOREAP)
		return;
	if (r->reap.message) {
		put_message(to, r->reap.message, r->reap.message->h.size);
	} else if (r->reap.how == REAP_UNREAPED) {
		put_clock(to, r, ET_END);
	} else {
		f.why = why_no_reap(r);
		put_message(to, &f, sizeof(f));
	}
}

void retell__put(struct buf *to, const struct record *r)
{
	put_clock(to, r, ET_CLOCK);
	put_more(to, r);
	put_message(to, r->death, r->death->h.size);
	put_fate(to, r);
}

/* ---- and back ---- */

struct retelling {
	struct assembler *assembler;
	record_fn fn;
	void *ctx;
	bool zombie; /* is wanted, not a death */
	bool told;
	struct et_clock now;
	const char *at, *end;
};

static void on_record(void *ctx, const struct record *r)
{
	struct retelling *t = ctx;

	/* One that was there before tracing is told as a zombie first. */
	if (t->told || (r->type == RECORD_ZOMBIE) != t->zombie)
		return;
	t->told = true;
	t->fn(t->ctx, r);
}

/* NULL: what is there is no message. */
static const struct et_header *next_message(struct retelling *t)
{
	const struct et_header *h = (const void *)t->at;
	const size_t left = (size_t)(t->end - t->at);

	if (left < sizeof(*h) || h->size < sizeof(*h) || h->size > left || ((h->size + 7UL) & ~7UL) > left)
		return NULL;
	t->at += (h->size + 7UL) & ~7UL;
	return h;
}

/* Nothing says what became of it, and somebody was to wait for it. */
static int expect(struct retelling *t)
{
	const char *begin = t->at;

	t->zombie = true;
	while (t->at < t->end) {
		const struct et_header *h = next_message(t);

		if (!h)
			return -EBADMSG;
		if (h->kind == ET_REAP || h->kind == ET_FORGET || h->kind == ET_END)
			t->zombie = false;
		if (h->kind == ET_DEATH && h->size >= sizeof(struct et_death) &&
		    ((const struct et_death *)h)->flags & ET_D_AUTOREAP)
			t->zombie = false;
		if (h->kind == ET_CLOCK && h->size == sizeof(t->now))
			memcpy(&t->now, h, sizeof(t->now));
	}
	t->at = begin;
	return 0;
}

/* A zombie that still waits was told because it had waited for long enough: now it has. */
static int feed_all(struct retelling *t)
{
	int err = expect(t);

	while (!err && t->at < t->end && !t->told) {
		const struct et_header *h = next_message(t);

		err = assembler__feed(t->assembler, h, h->size);
	}
	if (!err && !t->told && t->zombie && t->now.h.size)
		err = assembler__feed(t->assembler, &t->now, sizeof(t->now));
	return err ? err : t->told ? 0 : -EBADMSG;
}

static int run(struct retelling *t, const void *start, size_t start_len, void *copy, size_t len)
{
	const struct et_start *s = start;
	int err;

	t->at = copy;
	t->end = t->at + len;
	if (start_len != sizeof(*s) || s->version != ET_STREAM_VERSION)
		return -EPROTONOSUPPORT;
	err = assembler__feed(t->assembler, start, start_len);
	return err ? err : feed_all(t);
}

int retell__get(const void *start, size_t start_len, const void *messages, size_t len, record_fn fn, void *ctx)
{
	const struct assembler_options how = { .zombie_after_ns = 1, .max_waiting = 1, .max_kept = 8 };
	struct retelling t = { .fn = fn, .ctx = ctx };
	_Alignas(8) char first[sizeof(struct et_start)];
	void *copy; /* aligned, whatever `messages` is */
	int err = -ENOMEM;

	if (len > RETELL_MAX || start_len > sizeof(first))
		return -EBADMSG;
	memcpy(first, start, start_len);
	copy = malloc(len + 1);
	t.assembler = assembler__new(&how, on_record, &t);
	if (copy && t.assembler) {
		memcpy(copy, messages, len);
		err = run(&t, first, start_len, copy, len);
	}
	assembler__free(t.assembler);
	free(copy);
	return err;
}
