/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a fuzz input for messages, gives them one by one; mutates such inputs so that most
 * messages stay well formed and belong together. Does not judge what comes out.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fuzz.h"

#define MESSAGE_MAX 2304 /* the largest kinds have some 2,080 bytes */
#define DRAFT_MAX 24

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two, size_t two_size,
				 uint8_t *out, size_t max_size, unsigned int seed);

static size_t padded(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

/* The size of the message at `at`, cut to what there is; 0: none. */
static size_t size_at(const uint8_t *data, size_t size, size_t at)
{
	struct et_header h;

	if (size < at || size - at < sizeof(h))
		return 0;
	memcpy(&h, data + at, sizeof(h));
	if (h.size < sizeof(h) || h.size > MESSAGE_MAX)
		h.size = sizeof(h);
	return h.size < size - at ? h.size : size - at;
}

void messages__each(const uint8_t *data, size_t size, void (*fn)(void *ctx, const void *msg, size_t size), void *ctx)
{
	size_t at = FUZZ_SETTINGS, n;

	while ((n = size_at(data, size, at))) {
		void *own = malloc(n);

		memcpy(own, data + at, n);
		fn(ctx, own, n);
		free(own);
		at += padded(n);
	}
}

/* ---- feeding ---- */

static struct et_start a_start(void)
{
	struct et_start s = {
		.h = { ET_START, sizeof(s) },
		.version = ET_STREAM_VERSION,
		.flags = ET_START_STDIO | ET_START_STACK,
		.page_size = 4096,
		.attach_ns = 100000000000,
		.real_ns = 1700000000000000000,
		.boot_id = "01234567-89ab-cdef-0123-456789abcdef",
		.release = "6.1.0",
		.tier = "fentry",
	};

	memset(s.doors, ET_DOOR_FENTRY, ET_OBS_COUNT);
	return s;
}

static void feed_one(void *ctx, const void *msg, size_t size)
{
	assembler__feed(ctx, msg, size);
}

void messages__feed(struct assembler *a, const uint8_t *data, size_t size)
{
	const struct et_start start = a_start();
	const struct et_clock end = { .h = { ET_END, sizeof(end) }, .boot_ns = UINT64_MAX, .real_ns = UINT64_MAX };
	struct et_header first = { 0 };

	if (size_at(data, size, FUZZ_SETTINGS))
		memcpy(&first, data + FUZZ_SETTINGS, sizeof(first));
	if (first.kind != ET_START || first.size != sizeof(start))
		assembler__feed(a, &start, sizeof(start));
	messages__each(data, size, feed_one, a);
	assembler__feed(a, &end, sizeof(end));
}

/* ---- an input taken apart ---- */

struct message {
	size_t size;
	union {
		_Alignas(8) uint8_t bytes[MESSAGE_MAX];
		struct et_header h;
		struct et_death death;
		struct et_reap reap;
		struct et_cgroup cgroup;
		struct et_args args;
		struct et_file file;
		struct et_dying dying;
		struct et_pattern pattern;
		struct et_stdio words;
		struct et_stack stack;
		struct et_forget forget;
		struct et_start start;
	};
};

struct draft {
	uint8_t settings[FUZZ_SETTINGS];
	size_t nr;
	struct message *m[DRAFT_MAX]; /* all of `own`, in any order */
	struct message own[DRAFT_MAX];
};

static struct draft draft, other;
static uint32_t dice;

static uint32_t roll(uint32_t sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 17;
	dice ^= dice << 5;
	return dice % sides;
}

static void copy_message(struct message *to, const struct message *from)
{
	to->size = from->size;
	memcpy(to->bytes, from->bytes, from->size);
}

static void take_apart(struct draft *d, const uint8_t *data, size_t size)
{
	size_t at = FUZZ_SETTINGS, n;

	for (n = 0; n < DRAFT_MAX; n++)
		d->m[n] = &d->own[n];
	memset(d->settings, 0, sizeof(d->settings));
	memcpy(d->settings, data, size < FUZZ_SETTINGS ? size : FUZZ_SETTINGS);
	for (d->nr = 0; d->nr < DRAFT_MAX && (n = size_at(data, size, at)); d->nr++, at += padded(n)) {
		d->m[d->nr]->size = n;
		memcpy(d->m[d->nr]->bytes, data + at, n);
	}
}

static size_t put_together(const struct draft *d, uint8_t *data, size_t max_size)
{
	size_t at = FUZZ_SETTINGS, i;

	if (max_size < at)
		return 0;
	memcpy(data, d->settings, FUZZ_SETTINGS);
	for (i = 0; i < d->nr && padded(d->m[i]->size) <= max_size - at; i++) {
		memset(data + at, 0, padded(d->m[i]->size));
		memcpy(data + at, d->m[i]->bytes, d->m[i]->size);
		at += padded(d->m[i]->size);
	}
	return at;
}

/* ---- what makes a message well formed again ---- */

static void at_most(uint32_t *v, uint32_t max)
{
	*v = *v > max ? *v % (max + 1) : *v;
}

static void resize(struct message *m, size_t size)
{
	if (size > m->size)
		memset(m->bytes + m->size, 0, size - m->size);
	m->size = size;
}

static void mend_signal(struct et_signal *s)
{
	if (!s->time_ns)
		return;
	s->signo = s->signo >= 1 && s->signo <= 64 ? s->signo : s->signo % 64 + 1;
	s->first_ns = s->first_ns <= s->time_ns ? s->first_ns : s->time_ns;
}

static void mend_death(struct message *m)
{
	struct et_death *d = &m->death;
	struct et_signals *s;
	unsigned int i;

	resize(m, m->size < sizeof(*d) ? sizeof(*d) : m->size);
	at_most(&d->exe_len, ET_EXE_MAX);
	d->exe_size = (uint32_t)padded(d->exe_len);
	d->signals_size = d->flags & ET_D_STOPS ? sizeof(*s) : d->flags & ET_D_FATAL ? offsetof(typeof(*s), stop) : 0;
	resize(m, sizeof(*d) + d->exe_size + d->signals_size);
	if (!d->signals_size)
		return;
	s = (struct et_signals *)(m->bytes + sizeof(*d) + d->exe_size);
	at_most(&s->killer.exe_len, ET_KILLER_EXE_MAX);
	mend_signal(&s->fatal);
	for (i = 0; i < ET_SLOTS && (d->flags & ET_D_STOPS); i++)
		mend_signal(&s->stop[i]);
}

static void mend_reap(struct message *m)
{
	struct et_reap *p = &m->reap;

	resize(m, m->size < sizeof(*p) ? offsetof(struct et_reap, parent) : sizeof(*p));
	p->kind = p->kind % 4 ? p->kind % 4 : ET_REAP_RELEASED;
	if (p->kind == ET_REAP_WAITED) {
		p->by.id.tgid += !p->by.id.tgid;
		p->wait_nr += !p->wait_nr;
	}
}

static void mend_cgroup(struct message *m)
{
	resize(m, m->size < offsetof(struct et_cgroup, path) ? offsetof(struct et_cgroup, path) : m->size);
	at_most(&m->cgroup.len, ET_CGROUP_MAX);
	resize(m, offsetof(struct et_cgroup, path) + m->cgroup.len);
}

static void mend_args(struct message *m)
{
	resize(m, m->size < offsetof(struct et_args, args) ? offsetof(struct et_args, args) : m->size);
	at_most(&m->args.len, ET_ARGS_MAX);
	resize(m, offsetof(struct et_args, args) + m->args.len);
}

static void mend_one_file(struct et_file *f)
{
	at_most(&f->len, sizeof(f->path));
	f->error = f->error > 0 ? -f->error : f->error;
	f->fd = f->fd < -1 ? -1 : f->fd;
}

static void mend_file(struct message *m)
{
	struct et_file *f = &m->file;

	resize(m, sizeof(*f));
	mend_one_file(f);
	f->what = f->what >= ET_FILE_FLUSH_ERROR && f->what <= ET_FILE_CORE ? f->what : f->what % ET_FILE_CORE + 1;
}

static void mend_words(struct message *m)
{
	const size_t fixed = offsetof(struct et_stdio, tail);
	struct et_stdio *w = &m->words;

	resize(m, m->size < fixed ? fixed : m->size);
	at_most(&w->tail_len, sizeof(w->tail));
	resize(m, fixed + w->tail_len);
	mend_one_file(&w->file);
	w->file.what = ET_FILE_STDIO;
	w->bytes %= 1ULL << 53;
	w->inherited %= w->bytes + 1;
}

static void mend_stack(struct message *m)
{
	const size_t fixed = offsetof(struct et_stack, frames);
	struct et_stack *t = &m->stack;
	unsigned int i;

	resize(m, m->size < fixed ? fixed : m->size);
	at_most(&t->nr, ET_STACK_FRAMES);
	resize(m, fixed + t->nr * sizeof(t->frames[0]));
	for (i = 0; i < t->nr; i++)
		at_most(&t->frames[i].kind, ET_FRAME_OFFSET);
	at_most(&t->caller.kind, ET_FRAME_OFFSET);
	at_most(&t->path_len, ET_STACK_PATH_MAX);
	at_most(&t->signo, 64);
	at_most(&t->what, ET_STACK_KINDS - 1);
	t->call = t->what != ET_STACK_CALL ? ET_CALL_NONE : 1 + t->call % (ET_CALL_COUNT - 1);
}

static void mend_forget(struct message *m)
{
	resize(m, sizeof(m->forget));
	at_most(&m->forget.why, WHY_UNSEEN);
}

static void mend_dying(struct message *m)
{
	resize(m, sizeof(m->dying));
	m->dying.e.begin_ns += !m->dying.e.begin_ns;
	at_most(&m->dying.e.phase, ET_PHASE_COUNT - 1);
	at_most(&m->dying.e.signo, 64);
}

static void mend_start(struct message *m)
{
	struct et_start *s = &m->start;
	unsigned int i;

	resize(m, sizeof(*s));
	s->version = ET_STREAM_VERSION;
	s->page_size = 1U << s->page_size % 17;
	s->boot_id[sizeof(s->boot_id) - 1] = s->release[sizeof(s->release) - 1] = s->tier[sizeof(s->tier) - 1] = '\0';
	for (i = 0; i < ET_OBSERVATIONS; i++)
		s->doors[i] %= ET_DOOR_OFF + 1;
}

static void mend(struct message *m)
{
	static const struct {
		uint32_t kind;
		size_t size;			 /* of what has but one */
		void (*mend)(struct message *m); /* and of all else */
	} kinds[] = {
		{ ET_DEATH, 0, mend_death },
		{ ET_REAP, 0, mend_reap },
		{ ET_DEATH, 0, mend_death },
		{ ET_CGROUP, 0, mend_cgroup },
		{ ET_ARGS, 0, mend_args },
		{ ET_FILE, 0, mend_file },
		{ ET_STDIO, 0, mend_words },
		{ ET_STACK, 0, mend_stack },
		{ ET_FORGET, 0, mend_forget },
		{ ET_OOM, sizeof(struct et_oom), NULL },
		{ ET_THREAD, sizeof(struct et_thread), NULL },
		{ ET_START, 0, mend_start },
		{ ET_CLOCK, sizeof(struct et_clock), NULL },
		{ ET_LOSS, sizeof(struct et_loss), NULL },
		{ ET_END, sizeof(struct et_clock), NULL },
		{ ET_DYING, 0, mend_dying },
		{ ET_PATTERN, sizeof(struct et_pattern), NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]) - 1 && kinds[i].kind != m->h.kind; i++)
		;
	if (kinds[i].kind != m->h.kind)
		i = m->h.kind % (sizeof(kinds) / sizeof(kinds[0]));
	m->h.kind = kinds[i].kind;
	if (kinds[i].mend)
		kinds[i].mend(m);
	else
		resize(m, kinds[i].size);
	if (m->h.kind == ET_PATTERN)
		at_most(&m->pattern.len, sizeof(m->pattern.pattern));
	m->h.size = (uint32_t)m->size;
}

/* ---- changes ---- */

/* A place of 8, 4, 2 or 1 bytes behind the header; 0: there is none. */
static size_t a_place(const struct message *m, size_t width)
{
	const size_t places = m->size / width;

	return places * width > sizeof(struct et_header) ? (1 + roll((uint32_t)places)) % places * width : 0;
}

static void change_bytes(struct message *m)
{
	if (m->size > sizeof(struct et_header))
		LLVMFuzzerMutate(m->bytes + sizeof(struct et_header), m->size - sizeof(struct et_header),
				 m->size - sizeof(struct et_header));
}

/* Small and round numbers are what lengths, kinds, flags and signals are. */
static uint64_t a_number(uint64_t was)
{
	switch (roll(8)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return roll(65);
	case 3:
		return was + roll(9) - 4;
	case 4:
		return (uint64_t)-(int64_t)roll(133);
	case 5:
		return was ^ 1ULL << roll(64);
	default:
		return was ^ 1ULL << roll(18);
	}
}

static void change_number(struct message *m)
{
	const size_t width = (size_t[]){ 1, 4, 4, 8 }[roll(4)], at = a_place(m, width);
	uint64_t v = 0;

	if (!at)
		return;
	memcpy(&v, m->bytes + at, width);
	v = a_number(v);
	memcpy(m->bytes + at, &v, width);
}

/* What makes them belong together: an id, a time, a cgroup. */
static void copy_piece(struct message *to, const struct message *from)
{
	const size_t len = (size_t[]){ 8, 16, 48, 152 }[roll(4)];
	const size_t here = a_place(to, 8), there = a_place(from, 8);

	if (here && there && here + len <= to->size && there + len <= from->size)
		memmove(to->bytes + here, from->bytes + there, len);
}

static void copy_id(struct message *to, const struct message *from)
{
	const size_t at = sizeof(struct et_header);

	if (to->size >= at + sizeof(struct et_id) && from->size >= at + sizeof(struct et_id))
		memmove(to->bytes + at, from->bytes + at, sizeof(struct et_id));
}

static void move(struct draft *d, size_t from, size_t to)
{
	struct message *m = d->m[from];

	for (; from < to; from++)
		d->m[from] = d->m[from + 1];
	for (; from > to; from--)
		d->m[from] = d->m[from - 1];
	d->m[to] = m;
}

/* Where another message is put, anywhere among the others; NULL: there is no room. */
static struct message *insert(struct draft *d)
{
	const size_t at = roll((uint32_t)d->nr + 1);

	if (d->nr == DRAFT_MAX)
		return NULL;
	move(d, d->nr++, at);
	return d->m[at];
}

static void drop(struct draft *d, size_t at)
{
	move(d, at, --d->nr);
}

static void insert_copy(struct draft *d, const struct message *m)
{
	struct message *copy = insert(d);

	if (copy)
		copy_message(copy, m);
}

static void make_new_one(struct message *m)
{
	m->size = sizeof(struct et_header);
	m->h.kind = roll(24);
	mend(m);
}

static void insert_new_one(struct draft *d, const struct message *like)
{
	struct message *m = insert(d);

	if (!m)
		return;
	make_new_one(m);
	copy_id(m, like);
}

static void change(struct draft *d)
{
	const size_t at = roll((uint32_t)d->nr);
	struct message *m = d->m[at], *from = d->m[roll((uint32_t)d->nr)];

	switch (roll(16)) {
	case 0:
		return insert_copy(d, m);
	case 1:
		return drop(d, at);
	case 2:
		return move(d, at, roll((uint32_t)d->nr));
	case 3:
		return insert_new_one(d, from);
	case 4:
		LLVMFuzzerMutate(d->settings, FUZZ_SETTINGS, FUZZ_SETTINGS);
		return;
	case 5:
	case 6:
		copy_id(m, from);
		break;
	case 7:
	case 8:
		copy_piece(m, from);
		break;
	case 9:
	case 10:
	case 11:
		change_bytes(m);
		break;
	default:
		change_number(m);
	}
	if (roll(16))
		mend(m);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	unsigned int n;

	dice = seed ? seed : 1;
	if (!roll(64)) /* what no writer of streams would do */
		return LLVMFuzzerMutate(data, size, max_size);
	take_apart(&draft, data, size);
	if (!draft.nr) {
		make_new_one(draft.m[0]);
		draft.nr = 1;
	}
	for (n = 1 + roll(4); n && draft.nr; n--)
		change(&draft);
	return put_together(&draft, data, max_size);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two, size_t two_size,
				 uint8_t *out, size_t max_size, unsigned int seed)
{
	size_t i;

	dice = seed ? seed : 1;
	take_apart(&draft, one, one_size);
	take_apart(&other, two, two_size);
	for (i = 0; i < other.nr; i++)
		if (roll(2))
			insert_copy(&draft, other.m[i]);
	return put_together(&draft, out, max_size);
}
