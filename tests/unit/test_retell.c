/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A death told again from what was kept of it is the same record, key by key, for every recorded stream. */
#include "retell.h"

#include <dirent.h>
#include <errno.h>

#include "json_record.h"
#include "squeeze.h"
#include "stream.h"
#include "synth.h"
#include "unit.h"

struct run {
	struct assembler *assembler;
	struct json_record *json;
	struct et_start start;
	unsigned int records, differ, refused;
	size_t kept;
};

static struct buf again;

static void print_again(void *ctx, const struct record *r)
{
	struct run *run = ctx;

	json_record__put(run->json, &again, r);
}

static void compare(void *ctx, const struct record *r)
{
	struct buf line = { 0 }, kept = { 0 };
	struct run *run = ctx;

	if (r->type != RECORD_DEATH && r->type != RECORD_ZOMBIE)
		return;
	json_record__put(run->json, &line, r);
	retell__put(&kept, r);
	run->records++;
	run->kept += kept.len;
	buf__reset(&again);
	run->refused += retell__get(&run->start, sizeof(run->start), kept.data, kept.len, print_again, run) != 0;
	if (again.len != line.len || memcmp(again.data, line.data, line.len)) {
		if (!run->differ++)
			fprintf(stderr, "%.*s%.*s", (int)line.len, line.data, (int)again.len, again.data);
	}
	buf__free(&line);
	buf__free(&kept);
}

/* noinline: else the compiler sees messages that are too small to be a START. */
__attribute__((noinline)) static int feed(void *ctx, const void *msg, size_t size)
{
	const struct et_header *h = msg;
	struct run *run = ctx;

	if (h->kind == ET_START) {
		memcpy(&run->start, msg, sizeof(run->start));
		json_record__boot_id(run->json, run->start.boot_id);
	}
	assembler__feed(run->assembler, msg, size);
	return 0;
}

static void open_run(struct run *run)
{
	static const struct output_options opt = { .json = true, .args = true };
	static const struct assembler_options how = { .zombie_after_ns = SEC };

	*run = (struct run){ .json = json_record__new(&opt), .assembler = assembler__new(&how, compare, run) };
}

static void close_run(struct run *run)
{
	CHECK_U64(run->differ, 0);
	CHECK_U64(run->refused, 0);
	assembler__free(run->assembler);
	json_record__free(run->json);
}

static void recorded_streams(void)
{
	DIR *dir = opendir("tests/streams");
	const struct dirent *e;
	unsigned int streams = 0;
	char path[512];
	struct run run;

	CHECK(dir);
	while (dir && (e = readdir(dir))) {
		if (!strstr(e->d_name, ".stream"))
			continue;
		snprintf(path, sizeof(path), "tests/streams/%s", e->d_name);
		open_run(&run);
		CHECK_I64(stream__read(stream__open(path), feed, &run), 0);
		CHECK(run.records > 50);
		streams++;
		close_run(&run);
	}
	CHECK(streams >= 3);
	closedir(dir);
}

static void feed_start(struct run *run)
{
	struct et_start start = synth_start();

	open_run(run);
	feed(run, &start, sizeof(start));
}

static void feed_end(struct run *run, enum et_kind kind)
{
	struct et_clock c = { { kind, sizeof(c) }, 130 * SEC, 130 * SEC + REAL_OFFSET };

	feed(run, &c, sizeof(c));
}

/* Of all that comes with messages of its own, with the parts that are cut. */
static void everything_there_is(void)
{
	struct synth_death m = synth_death(500);
	struct et_cgroup c = { { ET_CGROUP, 0 }, 55, 23, 1, "worker.service\0a.slice" };
	struct et_args a = { { ET_ARGS, 0 }, { 110 * SEC, 500, 0 }, 9, 40, "worker\0-v" };
	struct et_file f = synth_file(&m.d.id, ET_FILE_FLUSH_ERROR, "fuse", "log\0var", 8);
	struct et_oom oom;
	struct et_pattern p = synth_pattern("|/bin/handler %p");
	struct et_signals *s;
	struct et_reap reap;
	struct run run;

	synth_exe(&m, "worker\0bin\0usr", 15);
	s = synth_signals(&m, 1);
	s->fatal = synth_signal(SIGKILL, synth_peer(412, "bash"));
	s->fatal.flags |= ET_SIG_OOM | ET_SIG_CGROUP;
	s->killer.cgroup_id = s->killer.cgroup_killed = m.d.cgroup_id = 55;
	s->killer.seen = ET_KILLER_ARGS;
	m.d.seen |= ET_SEEN_CGROUP | ET_SEEN_ARGS;
	m.d.status = SIGKILL;
	m.d.files.errors = 1;
	c.h.size = offsetof(struct et_cgroup, path) + c.len;
	a.h.size = offsetof(struct et_args, args) + a.len;
	memcpy(f.subtype, "sshfs", 5);
	f.error = -28;
	f.flags = ET_FILE_CUT | ET_FILE_UNLINKED;
	oom = synth_oom(&m.d.id, ET_OOM_MEMCG | ET_OOM_LIMIT | ET_OOM_USED);
	reap = synth_reap(&m.d, synth_peer(412, "bash"), MS);
	feed_start(&run);
	feed(&run, &p, sizeof(p));
	feed(&run, &c, c.h.size);
	feed(&run, &a, a.h.size);
	a.id = s->fatal.by.id;
	feed(&run, &a, a.h.size);
	feed(&run, &f, sizeof(f));
	memcpy(f.fs, "pipefs\0", 7);
	memset(f.subtype, 0, sizeof(f.subtype));
	feed(&run, &f, sizeof(f));
	memcpy(f.fs, "anon_inodefs", 13);
	memcpy(f.path, "[eventfd]", f.len = 9);
	f.flags = 0;
	feed(&run, &f, sizeof(f));
	f.flags = ET_FILE_GONE;
	memcpy(f.fs, "ext4\0", 5);
	memset(f.fs + 4, 0, sizeof(f.fs) - 4);
	feed(&run, &f, sizeof(f));
	feed(&run, &oom, sizeof(oom));
	feed(&run, &m, m.d.h.size);
	feed(&run, &reap, sizeof(reap));
	CHECK_U64(run.records, 1);
	close_run(&run);
}

static void feed_death(struct run *run, unsigned int pid, unsigned int flags)
{
	struct synth_death m = synth_death(pid);

	m.d.flags |= flags;
	feed(run, &m, m.d.h.size);
}

/* A zombie that waits, one that waited to the end; from before; whose pid was given away; nobody's. */
static void every_fate(void)
{
	struct synth_death m = synth_death(503);
	struct et_reap reap = synth_reap(&m.d, synth_peer(412, "bash"), MS);
	struct run run;

	feed_start(&run);
	feed_death(&run, 501, 0);
	feed_end(&run, ET_CLOCK);
	CHECK_U64(run.records, 1);
	feed_death(&run, 502, ET_D_AUTOREAP);
	feed_death(&run, 503, ET_D_SNAPSHOT);
	reap.kind = ET_REAP_FREED;
	reap.h.size = offsetof(struct et_reap, parent);
	feed(&run, &reap, reap.h.size);
	m = synth_death(501);
	m.d.id.start_ns++;
	feed(&run, &m, m.d.h.size);
	feed_end(&run, ET_END);
	CHECK_U64(run.records, 1 + 1 + 2 + 2);
	close_run(&run);
}

static void ignore(void *ctx, const struct record *r)
{
	(void)r;
	++*(unsigned int *)ctx;
}

static void nonsense_is_refused(void)
{
	_Alignas(8) struct { struct et_clock c; struct synth_death m; } all = { .m = synth_death(5) };
	const size_t len = sizeof(all.c) + all.m.d.h.size;
	struct et_start start = synth_start();
	unsigned int told = 0;

	all.c = (struct et_clock){ { ET_CLOCK, sizeof(all.c) }, 120 * SEC, 120 * SEC };
	CHECK_I64(retell__get(&start, sizeof(start), &all, len, ignore, &told), 0);
	CHECK_U64(told, 1);
	for (size_t cut = 1; cut < len; cut++)
		CHECK_I64(retell__get(&start, sizeof(start), &all, len - cut, ignore, &told), -EBADMSG);
	all.m.d.h.size = 0;
	CHECK_I64(retell__get(&start, sizeof(start), &all, len, ignore, &told), -EBADMSG);
	start.version++;
	CHECK_I64(retell__get(&start, sizeof(start), &all, len, ignore, &told), -EPROTONOSUPPORT);
	CHECK_U64(told, 1);
}

static void squeezed_and_back(void)
{
	static const char model[] = "{\"pid\":1,\"comm\":\"worker\",\"cause\":\"exit\",\"zombie_ns\":123456}";
	static const char line[] = "{\"pid\":4711,\"comm\":\"sh\",\"cause\":\"exit\",\"zombie_ns\":123457}\n";
	static struct squeeze s;
	struct buf small = { 0 }, back = { 0 };

	squeeze__learn(&s, model, strlen(model));
	squeeze__put(&s, &small, line, strlen(line));
	CHECK(small.len < strlen(line) / 2);
	CHECK_I64(squeeze__get(&back, model, strlen(model), small.data, small.len, 1000), 0);
	CHECK_BYTES(back.data, back.len, line, strlen(line));
	CHECK_I64(squeeze__get(&back, model, strlen(model), small.data, small.len, 10), -EBADMSG);
	CHECK_I64(squeeze__get(&back, model, 5, small.data, small.len, 1000), -EBADMSG);
	buf__free(&small);
	buf__free(&back);
}

/* Whatever the bytes: nothing but what was put comes back, and nothing is read beyond its end. */
static void squeezed_at_random(void)
{
	static struct squeeze s;
	static uint8_t model[3000], data[3000];

	srand(1);
	for (unsigned int round = 0; round < 3000; round++) {
		struct buf small = { 0 }, back = { 0 };
		const size_t mlen = (size_t)rand() % sizeof(model), len = (size_t)rand() % sizeof(data);

		for (size_t i = 0; i < mlen; i++)
			model[i] = (uint8_t)(rand() % 3);
		for (size_t i = 0; i < len; i++)
			data[i] = i < mlen && rand() % 20 ? model[i] : (uint8_t)(rand() % 3);
		squeeze__learn(&s, model, mlen);
		squeeze__put(&s, &small, data, len);
		CHECK_I64(squeeze__get(&back, model, mlen, small.data, small.len, len), 0);
		CHECK_BYTES(back.data, back.len, data, len);
		for (unsigned int i = 0; i < 4 && small.len; i++) {
			small.data[(size_t)rand() % small.len] ^= 1 << rand() % 8;
			buf__reset(&back);
			squeeze__get(&back, model, mlen, small.data, small.len, sizeof(data));
			CHECK(back.len <= sizeof(data));
		}
		buf__free(&small);
		buf__free(&back);
	}
}

int main(void)
{
	UNIT(recorded_streams);
	UNIT(everything_there_is);
	UNIT(every_fate);
	UNIT(nonsense_is_refused);
	UNIT(squeezed_and_back);
	UNIT(squeezed_at_random);
	buf__free(&again);
	return unit__end();
}
