/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * history: fills a history with synthetic deaths, by the code that the service uses, and tells how fast that was.
 *
 *	history DIR COUNT [SPREAD_SECONDS [SESSION]]
 *
 * The last of them dies now, the first SPREAD_SECONDS (default 30 days) before. Nine of ten are processes of a build
 * that exit with 0; the others are killed, crash, wait to be reaped, live in units and containers. One is called
 * "needle", in the middle.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "json_record.h"
#include "store.h"
#include "synth.h"

struct fill {
	struct assembler *assembler;
	struct json_record *json;
	struct store *store;
	struct buf line, frame;
	uint64_t session, seq, stored_ns, stored_cpu_ns, failed;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * SEC + ts.tv_nsec;
}

static void put(struct fill *f, struct buf *frame)
{
	struct feed_frame *h = (struct feed_frame *)frame->data;
	const uint64_t before = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);

	h->session = f->session;
	h->seq = ++f->seq;
	if (frame__check(h, h->size) || store__put(f->store, h))
		f->failed++;
	if (f->seq % 10000 == 0 && store__commit(f->store))
		f->failed++;
	f->stored_ns += now_ns(CLOCK_MONOTONIC) - before;
	f->stored_cpu_ns += now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
}

static void on_record(void *ctx, const struct record *r)
{
	struct fill *f = ctx;

	if (r->type != RECORD_DEATH)
		return;
	buf__reset(&f->line);
	buf__reset(&f->frame);
	json_record__put(f->json, &f->line, r);
	frame__put_record(&f->frame, r, (struct text){ f->line.data, f->line.len - 1 });
	put(f, &f->frame);
}

static const char *const names[] = { "cc1", "as", "sh", "make", "ld", "git", "sed", "grep", "python3", "worker" };

/* Dies of something, one of ten. */
static void end_badly(struct synth_death *m, uint64_t n)
{
	struct et_signals *s = synth_signals(m, 0);
	const int signo = n % 50 == 9 ? SIGKILL : n % 50 == 19 ? SIGSEGV : SIGTERM;

	s->fatal = synth_signal(signo, synth_peer(signo == SIGTERM ? 1 : 412, signo == SIGTERM ? "systemd" : "bash"));
	s->fatal.time_ns = s->fatal.first_ns = m->d.dead_ns - 5 * MS;
	s->fatal.flags |= ET_SIG_FATAL;
	m->d.status = signo;
	if (signo != SIGSEGV)
		return;
	s->fatal.code = 1;
	s->fatal.flags |= ET_SIG_FAULT;
	s->fatal.info = ET_INFO_REAL;
}

static void move(struct et_death *d, uint64_t dead_ns)
{
	const uint64_t by = dead_ns - d->dead_ns;
	uint64_t *marks = (uint64_t *)&d->marks;

	d->dead_ns += by;
	d->exit_ns += by;
	d->id.start_ns += by;
	for (size_t i = 0; i < sizeof(d->marks) / sizeof(*marks); i++)
		marks[i] += marks[i] ? by : 0;
}

static void one(struct fill *f, uint64_t n, uint64_t dead_ns, bool needle)
{
	struct synth_death m = synth_death((unsigned int)(n % 4000000) + 300);
	struct et_reap reap;

	memset(m.d.comm, 0, sizeof(m.d.comm));
	strcpy(m.d.comm, needle ? "needle" : names[(n * 2654435761U >> 7) % 10]);
	move(&m.d, dead_ns);
	m.d.cgroup_id = n % 7 + 1;
	m.d.seen |= ET_SEEN_CGROUP;
	m.d.uid = 1000 + n % 5;
	m.d.res.max_rss_pages = 300 + n % 5000;
	m.d.res.minor_faults = 100 + n % 777;
	m.d.res.runtime_ns += n * 7919 % (40 * MS);
	synth_exe(&m, "worker\0bin\0usr", 15);
	if (n % 10 == 9)
		end_badly(&m, n);
	reap = synth_reap(&m.d, synth_peer(412, "bash"), n % 1000 == 77 ? 3 * SEC : 20 * US + n % 1000);
	assembler__feed(f->assembler, &m, m.d.h.size);
	assembler__feed(f->assembler, &reap, reap.h.size);
}

static void feed_cgroups(struct fill *f)
{
	static const char *const reversed[] = {
		"session-2.scope\0user.slice", "nginx.service\0system.slice", "cron.service\0system.slice",
		"docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope\0system.slice",
	};
	static const size_t len[] = { 26, 26, 25, 90 };

	for (unsigned int i = 0; i < 7; i++) {
		struct et_cgroup c = { .h = { ET_CGROUP, sizeof(c) }, .id = i + 1, .len = (__u32)len[i % 4] };

		memcpy(c.path, reversed[i % 4], c.len);
		assembler__feed(f->assembler, &c, sizeof(c));
	}
}

static void begin(struct fill *f, uint64_t now, uint64_t spread)
{
	struct { struct feed_frame h; struct et_start start; } all = {
		.h = { .size = sizeof(all), .kind = FRAME_SESSION }, .start = synth_start(),
	};
	struct buf b = { 0 };

	all.start.attach_ns = ATTACH;
	all.start.real_ns = now - spread;
	buf__put(&b, &all, sizeof(all));
	put(f, &b);
	buf__free(&b);
	assembler__feed(f->assembler, &all.start, sizeof(all.start));
	json_record__boot_id(f->json, all.start.boot_id);
	feed_cgroups(f);
}

int main(int argc, char **argv)
{
	static const struct output_options opt = { .json = true };
	const struct store_how how = { .dir = argc > 1 ? argv[1] : "" };
	const uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	const uint64_t spread = (argc > 3 ? strtoull(argv[3], NULL, 10) : 30 * 86400) * SEC;
	struct fill f = { .session = argc > 4 ? strtoull(argv[4], NULL, 10) : 1 };
	uint64_t now = now_ns(CLOCK_REALTIME);
	int err = argc < 3 ? 2 : store__open(&how, &f.store);

	if (err)
		return fprintf(stderr, "history DIR COUNT [SPREAD_SECONDS [SESSION]]: %d\n", err), 1;
	f.assembler = assembler__new(&(struct assembler_options){ 0 }, on_record, &f);
	f.json = json_record__new(&opt);
	begin(&f, now, spread);
	for (uint64_t n = 0; n < count; n++)
		one(&f, n, ATTACH + 3 * SEC + spread / count * n, n == count / 2);
	f.failed += store__commit(f.store) != 0;
	store__checkpoint(f.store);
	printf("{\"deaths\":%llu,\"failed\":%llu,\"seconds\":%.3f,\"cpu_seconds\":%.3f,\"bytes\":%llu}\n",
	       (unsigned long long)count, (unsigned long long)f.failed, (double)f.stored_ns / 1e9,
	       (double)f.stored_cpu_ns / 1e9, (unsigned long long)store__bytes(f.store));
	assembler__free(f.assembler);
	json_record__free(f.json);
	buf__free(&f.line);
	buf__free(&f.frame);
	store__close(f.store);
	return f.failed != 0;
}
