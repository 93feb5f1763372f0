/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * symbols.c: takes frames, gives them names as far as they come in time. Does not look into files: that is
 * symbolizer.c, in another process. If that one hangs, ends or lies, names are all that is lost.
 */
#include "symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "cache.h"
#include "kernel.h"
#include "log.h"
#include "stack.h"
#include "symbol.h"
#include "unprivileged.h"

#define MAX_SYMBOLS 8192
#define SYMBOL_BYTES (1 << 20)
#define ON_THEIR_WAY 128 /* requests whose answers are waited for; a power of two, and more than a record has frames */

struct request {
	uint32_t serial; /* 0: free */
	struct symbol_key key;
};

struct symbols {
	int fd; /* -1: it has ended */
	pid_t pid;
	struct cache *cache;
	unsigned int patience_ms;
	bool may_wait; /* wait4() is left to this process */
	uint32_t serial;
	unsigned int waiting; /* answers that may come */
	bool late;	      /* it has let us wait in vain; until it answers again */
	struct request requests[ON_THEIR_WAY];
	struct cache_entry *held[2 * (ET_STACK_FRAMES + 1)]; /* what names given last point into */
	unsigned int nr_held;
};

struct symbols *symbols__new(unsigned int patience_ms)
{
	struct symbols *s = calloc(1, sizeof(*s));
	int pair[2];

	if (!s)
		return NULL;
	s->cache = cache__new(MAX_SYMBOLS, SYMBOL_BYTES);
	if (!s->cache || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		cache__free(s->cache);
		free(s);
		return NULL;
	}
	s->pid = unprivileged__fork(&(struct unprivileged){ .keep = pair[1] }, symbolizer__run, NULL);
	close(pair[1]);
	s->fd = pair[0];
	fcntl(s->fd, F_SETFL, O_NONBLOCK);
	s->patience_ms = patience_ms;
	s->may_wait = patience_ms != SYMBOLS_REPLAY_MS;
	return s;
}

/* Without its socket it ends; and at the latest when we do. A tracer is not to leave zombies that others find. */
static void end_it(struct symbols *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	if (s->pid > 0 && s->may_wait)
		waitpid(s->pid, NULL, WNOHANG);
}

static void give_up(struct symbols *s)
{
	log__note("no names of functions: the process that looks them up has ended (is libdw installed?)");
	end_it(s);
}

static void release(struct symbols *s)
{
	while (s->nr_held)
		cache__release(s->cache, s->held[--s->nr_held]);
}

void symbols__free(struct symbols *s)
{
	if (!s)
		return;
	release(s);
	cache__free(s->cache);
	end_it(s);
	free(s);
}

/* ---- what is known ---- */

static struct symbol_key key_of(const struct frame *f)
{
	struct symbol_key key = { .offset = f->at.offset, .returns = f->returns };

	memcpy(key.build_id, f->at.build_id, sizeof(key.build_id));
	return key;
}

/* Build ids are chosen by whoever is traced: what was found is compared. */
static struct cache_key hash_of(const struct symbol_key *key)
{
	struct cache_key hash;

	memcpy(&hash, key->build_id, sizeof(hash));
	hash.b ^= (key->offset << 1 | key->returns) * 0x9e3779b97f4a7c15;
	return hash;
}

static void give_names(struct frame *f, const struct symbol *s)
{
	if (symbol__module(s).len)
		f->module = symbol__module(s);
	f->symbol = symbol__name(s);
	f->source = symbol__source(s);
	f->no_code = s->no_code;
}

/* True: it has the names there are. */
static bool name_known(struct symbols *s, struct frame *f)
{
	const struct symbol_key key = key_of(f);
	struct cache_entry *e;

	if (f->at.kind != ET_FRAME_FILE || s->nr_held == ARRAY_SIZE(s->held))
		return true;
	e = cache__get(s->cache, hash_of(&key));
	if (!e)
		return false;
	if (memcmp(&((const struct symbol *)e->bytes)->key, &key, sizeof(key))) {
		cache__release(s->cache, e);
		return false;
	}
	s->held[s->nr_held++] = e;
	give_names(f, (const struct symbol *)e->bytes);
	return true;
}

/* ---- questions and answers ---- */

static bool is_asked(const struct symbols *s, const struct symbol_key *key)
{
	unsigned int i;

	for (i = 0; i < ON_THEIR_WAY; i++)
		if (s->requests[i].serial && !memcmp(&s->requests[i].key, key, sizeof(*key)))
			return true;
	return false;
}

static void ask(struct symbols *s, const struct frame *f)
{
	struct symbol_request q = { .key = key_of(f) };
	struct request *slot;

	if (s->fd < 0 || is_asked(s, &q.key))
		return;
	if (f->exe.len && f->exe.len < sizeof(q.hint))
		memcpy(q.hint, f->exe.bytes, f->exe.len);
	if (!++s->serial)
		s->serial = 1;
	slot = &s->requests[s->serial % ON_THEIR_WAY];
	if (slot->serial) /* it is far behind */
		return;
	q.serial = s->serial;
	if (write(s->fd, &q, sizeof(q)) != sizeof(q)) { /* SIGPIPE is ignored, and send() not left to this process */
		if (errno != EAGAIN)
			give_up(s);
		return;
	}
	*slot = (struct request){ .serial = q.serial, .key = q.key };
	s->waiting++;
}

static void keep(struct symbols *s, const struct symbol_key *key, const struct symbol_answer *a)
{
	_Alignas(struct symbol) char packed[SYMBOL_SIZE_MAX];
	const size_t size = symbol__pack((struct symbol *)packed, key, a);
	struct cache_entry *e = cache__add(s->cache, hash_of(key), size);

	if (e)
		memcpy(e->bytes, packed, size);
}

static void take_answer(struct symbols *s, const void *msg, size_t size)
{
	const struct symbol_answer *a = msg;
	struct request *slot;

	if (!symbol__is_answer(msg, size))
		return;
	slot = &s->requests[a->serial % ON_THEIR_WAY];
	if (!a->serial || slot->serial != a->serial)
		return;
	slot->serial = 0;
	s->waiting--;
	s->late = false;
	keep(s, &slot->key, a);
}

/* Those that are there. */
static void read_answers(struct symbols *s)
{
	struct {
		struct symbol_answer a;
		char more; /* of a message that is too long for an answer */
	} m;
	ssize_t n;

	while (s->fd >= 0 && (n = read(s->fd, &m, sizeof(m))) >= 0) {
		if (!n) {
			give_up(s);
			return;
		}
		take_answer(s, &m, (size_t)n);
	}
	if (s->fd >= 0 && errno != EAGAIN && errno != EINTR)
		give_up(s);
}

static void wait_for_answers(struct symbols *s)
{
	const uint64_t until = kernel__boot_ns() + s->patience_ms * 1000000ULL;
	struct pollfd p = { .events = POLLIN };
	uint64_t now;

	read_answers(s);
	while (s->fd >= 0 && s->waiting && !s->late) {
		now = kernel__boot_ns();
		p.fd = s->fd;
		if (now >= until || poll(&p, 1, (int)((until - now) / 1000000) + 1) <= 0)
			s->late = true;
		else
			read_answers(s);
	}
}

void symbols__name(void *symbols, struct frame *frames, unsigned int n)
{
	struct symbols *s = symbols;
	bool all = true;
	unsigned int i;

	release(s);
	for (i = 0; i < n; i++) {
		frames[i].named = name_known(s, &frames[i]);
		if (!frames[i].named)
			ask(s, &frames[i]);
		all &= frames[i].named;
	}
	if (all)
		return;
	wait_for_answers(s);
	for (i = 0; i < n; i++)
		frames[i].named = frames[i].named || name_known(s, &frames[i]);
}
