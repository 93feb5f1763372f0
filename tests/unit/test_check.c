/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages that are right are taken, and none whose lengths lead outside. */
#include "check.h"

#include <errno.h>
#include <stdint.h>

#include "synth.h"
#include "unit.h"

static int check(const void *msg)
{
	return check__event(msg, ((const struct et_header *)msg)->size);
}

static struct synth_death whole_death(void)
{
	struct synth_death m = synth_death(4242);

	synth_exe(&m, "worker\0bin\0usr", 15);
	synth_signals(&m, 1)->fatal = synth_signal(SIGTERM, synth_peer(1, "systemd"));
	return m;
}

static void deaths_of_every_size(void)
{
	struct synth_death m = synth_death(1);

	CHECK_I64(check(&m), 0);
	synth_exe(&m, "x", 2);
	CHECK_I64(check(&m), 0);
	CHECK(!death__signals(&m.d));
	synth_signals(&m, 0);
	CHECK_I64(check(&m), 0);
	synth_signals(&m, 1);
	CHECK_I64(check(&m), 0);
	CHECK(death__exe(&m.d) == m.sections);
	CHECK((const char *)death__signals(&m.d) == m.sections + 8);
}

static void death_lengths(void)
{
	struct synth_death m = whole_death();

	CHECK_I64(check(&m), 0);
	CHECK_I64(check__event(&m, m.d.h.size - 8), -EBADMSG);
	CHECK_I64(check__event(&m, m.d.h.size + 8), -EBADMSG);
	m.d.exe_size += 8;
	CHECK_I64(check(&m), -EBADMSG);
	m = whole_death();
	m.d.exe_len = 17;
	CHECK_I64(check(&m), -EBADMSG);
	m = whole_death();
	m.d.exe_len = UINT32_MAX; /* rounded up: 0 */
	m.d.exe_size = 0;
	CHECK_I64(check(&m), -EBADMSG);
	m = whole_death();
	m.d.exe_len = m.d.exe_size = ET_EXE_MAX + 8;
	m.d.h.size = sizeof(m.d) + m.d.exe_size + m.d.signals_size;
	CHECK_I64(check(&m), -EBADMSG);
	m = whole_death();
	m.d.id.tgid = 0;
	CHECK_I64(check(&m), -EBADMSG);
}

static void death_signals(void)
{
	struct synth_death m = whole_death();
	struct et_signals *s = (struct et_signals *)(m.sections + m.d.exe_size);

	m.d.flags &= ~ET_D_STOPS;
	CHECK_I64(check(&m), -EBADMSG);
	m.d.flags = 0;
	CHECK_I64(check(&m), -EBADMSG);
	m.d.flags = ET_D_STOPS;
	CHECK_I64(check(&m), 0);
	s->killer.exe_len = ET_KILLER_EXE_MAX + 1;
	CHECK_I64(check(&m), -EBADMSG);
	s->killer.exe_len = ET_KILLER_EXE_MAX;
	CHECK_I64(check(&m), 0);
	s->fatal.signo = 65;
	CHECK_I64(check(&m), -EBADMSG);
	s->fatal.time_ns = 0; /* an empty slot says nothing */
	CHECK_I64(check(&m), 0);
	s->stop[3].time_ns = 1;
	CHECK_I64(check(&m), -EBADMSG);
}

static void reaps(void)
{
	struct synth_death m = whole_death();
	struct et_reap p = synth_reap(&m.d, synth_peer(412, "bash"), MS);

	CHECK_I64(check(&p), 0);
	p.kind = ET_REAP_FREED;
	p.by.id.tgid = 0;
	CHECK_I64(check(&p), 0);
	p.id.tgid = 0;
	CHECK_I64(check(&p), -EBADMSG);
	p.kind = ET_REAP_WAITED;
	p.wait_nr = 5;
	CHECK_I64(check(&p), -EBADMSG);
	p.by.id.tgid = 412;
	CHECK_I64(check(&p), 0);
	p.wait_nr = 0;
	CHECK_I64(check(&p), -EBADMSG);
	p.kind = 4;
	CHECK_I64(check(&p), -EBADMSG);
}

static void files(void)
{
	const struct et_id id = { 1, 1, 0 };
	const struct et_file good = synth_file(&id, ET_FILE_FLUSH_ERROR, "fuse", "log\0mnt", 8);
	struct et_file f = good;

	CHECK_I64(check(&f), 0);
	f.len = ET_FILE_PATH_MAX;
	memset(f.fs, 'x', sizeof(f.fs));
	memset(f.subtype, 'x', sizeof(f.subtype));
	CHECK_I64(check(&f), 0);
	f.len++;
	CHECK_I64(check(&f), -EBADMSG);
	f = good;
	f.h.size -= 8;
	CHECK_I64(check(&f), -EBADMSG);
	f = good;
	f.id.tgid = 0;
	CHECK_I64(check(&f), -EBADMSG);
	f = good;
	f.what = 0;
	CHECK_I64(check(&f), -EBADMSG);
	f.what = ET_FILE_CORE + 1;
	CHECK_I64(check(&f), -EBADMSG);
	f = good;
	f.error = -28;
	CHECK_I64(check(&f), 0);
	f.error = 28;
	CHECK_I64(check(&f), -EBADMSG);
	f.error = INT32_MIN; /* has no positive */
	CHECK_I64(check(&f), -EBADMSG);
	f = good;
	f.fd = -2;
	CHECK_I64(check(&f), -EBADMSG);
}

static void choices_of_the_oom_killer(void)
{
	struct et_oom m = { .h = { ET_OOM, sizeof(m) }, .id = { 1, 1, 0 }, .flags = UINT32_MAX };

	CHECK_I64(check(&m), 0);
	m.id.tgid = 0;
	CHECK_I64(check(&m), -EBADMSG);
	m.id.tgid = 1;
	m.h.size -= 8;
	CHECK_I64(check(&m), -EBADMSG);
	m.h.size += 16;
	CHECK_I64(check(&m), -EBADMSG);
}

static void threads(void)
{
	struct et_thread t = { .h = { ET_THREAD, sizeof(t) }, .id = { 1, 1, 0 }, .tid = 2, .flags = UINT32_MAX };

	memset(t.comm, 'x', sizeof(t.comm));
	memset(t.process, 'x', sizeof(t.process));
	CHECK_I64(check(&t), 0);
	t.tid = 0;
	CHECK_I64(check(&t), -EBADMSG);
	t.tid = 2;
	t.id.tgid = 0;
	CHECK_I64(check(&t), -EBADMSG);
	t.id.tgid = 1;
	t.h.size -= 8;
	CHECK_I64(check(&t), -EBADMSG);
}

/* A message ends behind its last frame. */
static void stacks(void)
{
	struct et_stack t = { .id = { 1, 1, 0 }, .what = ET_STACK_CALL, .call = ET_CALL_EXIT, .nr = 2 };

	t.h = (struct et_header){ ET_STACK, offsetof(struct et_stack, frames) + 2 * sizeof(struct et_frame) };
	CHECK_I64(check(&t), 0);
	t.nr = 1;
	CHECK_I64(check(&t), -EBADMSG);
	t.nr = 0x08000002; /* 2 and a lot more, in a product of 32 bits */
	CHECK_I64(check(&t), -EBADMSG);
	t.nr = 2;
	t.frames[1].kind = ET_FRAME_OFFSET + 1;
	CHECK_I64(check(&t), -EBADMSG);
	t.frames[1].kind = ET_FRAME_FILE;
	t.path_len = ET_STACK_PATH_MAX + 1;
	CHECK_I64(check(&t), -EBADMSG);
	t.path_len = ET_STACK_PATH_MAX;
	CHECK_I64(check(&t), 0);
	t.call = ET_CALL_NONE;
	CHECK_I64(check(&t), -EBADMSG);
	t.what = ET_STACK_SIGNAL;
	CHECK_I64(check(&t), 0);
	t.what = ET_STACK_KINDS;
	CHECK_I64(check(&t), -EBADMSG);
	t.what = ET_STACK_DEATH;
	t.id.tgid = 0;
	CHECK_I64(check(&t), -EBADMSG);
}

static void exits_under_way(void)
{
	const struct et_dying good = synth_dying(4242, ET_PHASE_FILES);
	struct et_dying m = good;

	CHECK_I64(check(&m), 0);
	m.e.phase = ET_PHASE_COUNT;
	CHECK_I64(check(&m), -EBADMSG);
	m = good;
	m.e.signo = 65;
	CHECK_I64(check(&m), -EBADMSG);
	m.e.signo = 0;
	CHECK_I64(check(&m), 0);
	m.e.id.tgid = 0;
	CHECK_I64(check(&m), -EBADMSG);
	m = good;
	m.e.begin_ns = 0; /* a free slot */
	CHECK_I64(check(&m), -EBADMSG);
	m = good;
	m.h.size += 8;
	CHECK_I64(check(&m), -EBADMSG);
}

static void patterns(void)
{
	struct et_pattern p = synth_pattern("core");

	CHECK_I64(check(&p), 0);
	p.len = 0;
	CHECK_I64(check(&p), 0);
	p.len = sizeof(p.pattern);
	CHECK_I64(check(&p), 0);
	p.len++;
	CHECK_I64(check(&p), -EBADMSG);
	p.len = 4;
	p.h.size = 20;
	CHECK_I64(check(&p), -EBADMSG);
}

static void tails(void)
{
	struct et_cgroup c = { .h = { ET_CGROUP, sizeof(c) }, .id = 1, .len = 9 };
	struct et_args a = { .h = { ET_ARGS, sizeof(a) }, .id = { 1, 1, 0 }, .len = ET_ARGS_MAX };

	CHECK_I64(check(&c), 0);
	c.h.size = offsetof(struct et_cgroup, path) + 16;
	CHECK_I64(check(&c), 0);
	c.h.size = offsetof(struct et_cgroup, path) + 8;
	CHECK_I64(check(&c), -EBADMSG);
	c.h.size = offsetof(struct et_cgroup, path) - 8;
	CHECK_I64(check(&c), -EBADMSG);
	c.h.size = sizeof(c);
	c.len = ET_CGROUP_MAX + 1;
	CHECK_I64(check(&c), -EBADMSG);
	c.len = UINT32_MAX;
	CHECK_I64(check(&c), -EBADMSG);
	CHECK_I64(check(&a), 0);
	a.h.size -= 8;
	CHECK_I64(check(&a), -EBADMSG);
	a.h.size = sizeof(a);
	a.len = ET_ARGS_MAX + 1;
	CHECK_I64(check(&a), -EBADMSG);
}

static void starts(void)
{
	struct et_start s = synth_start();

	CHECK_I64(check(&s), 0);
	s.version++;
	CHECK_I64(check(&s), -EBADMSG);
	s = synth_start();
	memset(s.boot_id, 'x', sizeof(s.boot_id));
	CHECK_I64(check(&s), -EBADMSG);
	s = synth_start();
	s.page_size = 0;
	CHECK_I64(check(&s), -EBADMSG);
	s = synth_start();
	s.doors[3] = ET_DOOR_UPROBE + 1;
	CHECK_I64(check(&s), -EBADMSG);
}

static void headers(void)
{
	struct et_clock c = { .h = { ET_CLOCK, sizeof(c) } };
	struct et_loss l = { .h = { ET_LOSS, sizeof(l) } };

	CHECK_I64(check(&c), 0);
	CHECK_I64(check(&l), 0);
	CHECK_I64(check__event(&c, 4), -EBADMSG);
	CHECK_I64(check__event(&c, 0), -EBADMSG);
	c.h.kind = ET_END;
	CHECK_I64(check(&c), 0);
	c.h.kind = ET_STACK + 1;
	CHECK_I64(check(&c), -EBADMSG);
	l.h.size = sizeof(c);
	CHECK_I64(check(&l), -EBADMSG);
	CHECK_I64(check__event((char *)&l + 4, sizeof(l)), -EBADMSG);
}

/*
 * Any word of a good message replaced by nasty values, in memory of exactly its
 * size: whatever is accepted must have its sections inside.
 */
static void mutations(void)
{
	static const uint32_t nasty[] = { 0, 1, 7, 8, 255, 256, 257, 0x7fffffff, 0x80000000,
					  0xfffffff8, 0xffffffff };
	struct synth_death good = whole_death();
	size_t size = good.d.h.size, at, i;
	char *exact = malloc(size);

	for (at = 0; exact && at < size; at += 4) {
		for (i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
			const struct et_death *d = (const void *)exact;

			memcpy(exact, &good, size);
			memcpy(exact + at, &nasty[i], 4);
			if (check__event(exact, size) || d->h.kind != ET_DEATH)
				continue;
			CHECK(death__exe(d) + d->exe_len <= exact + size);
			CHECK(!death__signals(d) ||
			      (const char *)death__signals(d) + d->signals_size == exact + size);
		}
	}
	free(exact);
}

int main(void)
{
	UNIT(deaths_of_every_size);
	UNIT(death_lengths);
	UNIT(death_signals);
	UNIT(reaps);
	UNIT(files);
	UNIT(choices_of_the_oom_killer);
	UNIT(threads);
	UNIT(stacks);
	UNIT(exits_under_way);
	UNIT(patterns);
	UNIT(tails);
	UNIT(starts);
	UNIT(headers);
	UNIT(mutations);
	return unit__end();
}
