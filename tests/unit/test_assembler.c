/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages in, records out: joining, reaping in each tier, zombies, losses and bounds. */
#include "assembler.h"

#include <errno.h>

#include "synth.h"
#include "unit.h"

/* What a test needs of the latest record, after its memory is gone. */
static struct {
	unsigned int deaths, zombies, dying, threads, warnings;
	enum record_type type;
	unsigned int pid;
	struct reap reap;
	struct phases phases;
	struct coredump coredump;
	enum cause_class class;
	char cause[RECORD_CAUSE_TEXT], files[512], pattern[160];
	unsigned int nr_files;
	char exe[512], cgroup[600], unit[300], killer_exe[200], missing[512], truncated[200];
	char args[64];
	size_t args_len;
	char killer_args[64], killer_cgroup[600], killer_unit[300], killed_cgroup[600], oom_cgroup[600];
	size_t killer_args_len;
	bool killer_args_cut, killer_cgroup_cut, killed_cgroup_cut, oom_cgroup_cut;
	enum container_runtime killer_runtime;
	struct et_oom oom; /* h.kind 0: none */
	struct et_thread thread;
	struct et_death death; /* without its sections */
	bool signals;
	enum container_runtime runtime;
	uint64_t real_offset_ns, now_ns;
	bool from_start;
} last;

static struct assembler *a;

static void append(char *dst, size_t cap, struct text t)
{
	size_t n = strlen(dst);

	snprintf(dst + n, cap - n, "%.*s", (int)t.len, t.len ? t.bytes : "");
}

static const char *why_word(enum missing_why why)
{
	if (why == WHY_LOST)
		return "(lost) ";
	if (why == WHY_SKIPPED)
		return "(skipped) ";
	return why == WHY_FULL ? "(full) " : " ";
}

static void keep_sender(const struct record *r)
{
	const struct sender *s = &r->killer;

	append(last.killer_exe, sizeof(last.killer_exe), s->exe);
	append(last.killer_cgroup, sizeof(last.killer_cgroup), s->cgroup);
	append(last.killer_unit, sizeof(last.killer_unit), s->unit);
	append(last.killed_cgroup, sizeof(last.killed_cgroup), r->killed_cgroup);
	append(last.oom_cgroup, sizeof(last.oom_cgroup), r->oom_cgroup);
	last.killer_args_len = s->args.len;
	if (s->args.len && s->args.len <= sizeof(last.killer_args))
		memcpy(last.killer_args, s->args.bytes, s->args.len);
	last.killer_args_cut = s->args_cut;
	last.killer_cgroup_cut = s->cgroup_cut;
	last.killed_cgroup_cut = r->killed_cgroup_cut;
	last.oom_cgroup_cut = r->oom_cgroup_cut;
	last.killer_runtime = s->container.runtime;
	if (r->oom)
		last.oom = *r->oom;
	if (r->thread)
		last.thread = *r->thread;
	last.death = *r->death;
	last.signals = r->signals;
}

static void keep_strings(const struct record *r)
{
	const struct field *cut = record__field("truncated");
	unsigned int i;

	append(last.cause, sizeof(last.cause), text__str(r->cause.text));
	append(last.pattern, sizeof(last.pattern), r->core_pattern_known ? r->core_pattern : text__str("?"));
	for (i = 0; i < r->nr_files; i++) {
		append(last.files, sizeof(last.files), r->files[i].path);
		append(last.files, sizeof(last.files), text__str(" "));
	}
	append(last.exe, sizeof(last.exe), r->exe);
	append(last.cgroup, sizeof(last.cgroup), r->cgroup);
	append(last.unit, sizeof(last.unit), r->unit);
	last.args_len = r->args.len;
	if (r->args.len && r->args.len <= sizeof(last.args))
		memcpy(last.args, r->args.bytes, r->args.len);
	for (i = 0; i < r->nr_missing; i++) {
		append(last.missing, sizeof(last.missing), text__str(record__missing_key(r, i)));
		append(last.missing, sizeof(last.missing), text__str(why_word(r->missing[i].why)));
	}
	for (i = 0; i < record__value(cut, r).n; i++) {
		append(last.truncated, sizeof(last.truncated), text__str(cut->item(r, i)));
		append(last.truncated, sizeof(last.truncated), text__str(" "));
	}
}

static void keep(void *ctx, const struct record *r)
{
	const unsigned int deaths = last.deaths, zombies = last.zombies, dying = last.dying;
	const unsigned int threads = last.threads, warnings = last.warnings;

	(void)ctx;
	memset(&last, 0, sizeof(last));
	last.deaths = deaths + (r->type == RECORD_DEATH);
	last.zombies = zombies + (r->type == RECORD_ZOMBIE);
	last.dying = dying + (r->type == RECORD_DYING);
	last.threads = threads + (r->type == RECORD_THREAD);
	last.warnings = warnings + (r->type == RECORD_WARNING);
	last.type = r->type;
	last.pid = r->death->id.tgid;
	last.reap = r->reap;
	last.phases = r->phases;
	last.coredump = r->coredump;
	last.class = r->cause.class;
	last.nr_files = r->nr_files;
	last.runtime = r->container.runtime;
	last.real_offset_ns = r->real_offset_ns;
	last.now_ns = r->now_ns;
	last.from_start = r->from_start;
	keep_strings(r);
	keep_sender(r);
}

static int feed(const void *msg)
{
	return assembler__feed(a, msg, ((const struct et_header *)msg)->size);
}

static void begin_from(struct et_start s, struct assembler_options o)
{
	assembler__free(a);
	memset(&last, 0, sizeof(last));
	a = assembler__new(&o, keep, NULL);
	CHECK_I64(feed(&s), 0);
}

static void begin_with(struct assembler_options o)
{
	begin_from(synth_start(), o);
}

static void begin_with_tracepoints(void)
{
	struct et_start s = synth_start();

	memset(s.doors, ET_DOOR_TRACEPOINT, ET_OBS_COUNT);
	begin_from(s, (struct assembler_options){ .zombie_after_ns = 10 * SEC });
}

static void begin(void)
{
	begin_with((struct assembler_options){ .zombie_after_ns = 10 * SEC });
}

static void clock_to(uint64_t ns, uint32_t kind)
{
	struct et_clock c = { .h = { kind, sizeof(c) }, .boot_ns = ns, .real_ns = ns + REAL_OFFSET };

	CHECK_I64(feed(&c), 0);
}

/* A death in everything seen but a cgroup, with signals or without. */
static struct synth_death die(unsigned int pid)
{
	struct synth_death m = synth_death(pid);

	CHECK_I64(feed(&m), 0);
	return m;
}

/* ---- reaping ---- */

static void waited(void)
{
	struct synth_death m;
	struct et_reap p;

	begin();
	m = die(4242);
	CHECK_U64(last.deaths, 0);
	p = synth_reap(&m.d, synth_peer(412, "bash"), 21000);
	p.by.tid = 413;
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.deaths, 1);
	CHECK(last.reap.how == REAP_WAITED && last.reap.by_known && last.reap.time_known);
	CHECK(!last.reap.reparented && !last.reap.approximate);
	CHECK_U64(last.reap.by.id.tgid, 412);
	CHECK_U64(last.reap.by.tid, 413);
	CHECK_U64(last.reap.zombie_ns, 21000);
	CHECK(last.from_start);
	CHECK(!strstr(last.missing, "reap"));
	CHECK_I64(feed(&p), 0); /* again: not ours any more */
	CHECK_U64(last.deaths, 1);
	CHECK_U64(assembler__totals(a).waiting, 0);
}

static void auto_reaped(void)
{
	struct synth_death m = synth_death(4242);
	struct et_reap p;

	begin();
	m.d.flags |= ET_D_AUTOREAP;
	CHECK_I64(feed(&m), 0);
	CHECK_U64(last.deaths, 1);
	CHECK(last.reap.how == REAP_AUTO && !last.reap.by_known && !last.reap.time_known);
	CHECK(!strstr(last.missing, "reap"));
	m = die(4243);
	p = synth_reap(&m.d, synth_peer(4243, "worker"), 0);
	p.by.id = m.d.id;
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.deaths, 2);
	CHECK(last.reap.how == REAP_AUTO && !last.reap.by_known);
}

static void reparented(void)
{
	struct synth_death m;
	struct et_reap p;

	begin();
	m = die(4242);
	p = synth_reap(&m.d, synth_peer(1, "systemd"), MS);
	p.parent = p.by;
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.how == REAP_REPARENTED && last.reap.reparented);
	CHECK_U64(last.reap.new_parent.id.tgid, 1);
	CHECK_U64(last.reap.by.id.tgid, 1);
	/* its new parent ignores SIGCHLD: the old one released it while it was dying itself */
	m = die(4243);
	p = synth_reap(&m.d, m.d.parent, MS);
	p.parent = synth_peer(1, "systemd");
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.how == REAP_AUTO && !last.reap.by_known);
	/* the new parent is not told, but who could wait is the parent */
	m = die(4244);
	p = synth_reap(&m.d, synth_peer(1, "systemd"), MS);
	memset(&p.parent, 0, sizeof(p.parent));
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.how == REAP_REPARENTED);
	CHECK_U64(last.reap.new_parent.id.tgid, 1);
}

/* Who it is, not only its number. */
static void new_parent_is_a_peer(void)
{
	struct synth_death m;
	struct et_reap p;

	begin();
	m = die(4242);
	p = synth_reap(&m.d, synth_peer(900, "docker-init"), MS);
	p.by.flags = ET_PEER_SUBREAPER;
	p.parent = p.by;
	p.by.flags = 0;
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.new_parent_seen);
	CHECK_STR(last.reap.new_parent.comm, "docker-init");
	CHECK_U64(last.reap.new_parent.flags, ET_PEER_SUBREAPER);
	m = die(4243);
	p = synth_reap(&m.d, m.d.parent, MS);
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.how == REAP_WAITED && !last.reap.reparented);
	m = die(4244);
	p = synth_reap(&m.d, synth_peer(1, "systemd"), MS);
	memset(&p.parent, 0, sizeof(p.parent));
	CHECK_I64(feed(&p), 0);
	CHECK_STR(last.reap.new_parent.comm, "systemd"); /* who waited is who became the parent */
}

static void clone_autoreap(void)
{
	struct synth_death m = synth_death(4242);
	struct et_reap p;

	begin();
	m.d.flags |= ET_D_CLONE_AUTOREAP;
	m.d.exit_signal = 0;
	CHECK_I64(feed(&m), 0);
	p = (struct et_reap){ .h = { ET_REAP, sizeof(p) }, .id = m.d.id, .time_ns = 114 * SEC, .parent = m.d.parent,
			      .kind = ET_REAP_FREED };
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.how == REAP_AUTO && !last.reap.by_known);
}

/* The same pid, another start: not the parent it had. */
static void parent_pid_reused(void)
{
	struct synth_death m;
	struct et_reap p;

	begin();
	m = die(4242);
	p = synth_reap(&m.d, m.d.parent, MS);
	p.by.id.start_ns++;
	p.parent = p.by;
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.how == REAP_REPARENTED);
}

static void traced(void)
{
	struct synth_death m = synth_death(4242);
	struct et_reap p;

	begin();
	m.d.flags |= ET_D_TRACED;
	m.d.tracer = synth_peer(900, "gdb");
	CHECK_I64(feed(&m), 0);
	p = synth_reap(&m.d, m.d.tracer, MS);
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.how == REAP_TRACED && !last.reap.reparented);
	CHECK_U64(last.reap.by.id.tgid, 900);
}

static void dead_time_not_seen(void)
{
	struct synth_death m = synth_death(4242);
	struct et_reap p = synth_reap(&m.d, m.d.parent, MS);

	begin();
	m.d.seen &= ~ET_SEEN_DEAD;
	CHECK_I64(feed(&m), 0);
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.how == REAP_WAITED && !last.reap.time_known);
	CHECK(strstr(last.missing, "reap.zombie_ns"));
}

/* The message of its release did not come: the kernel skipped the probe, or there was no room for it. */
static void release_not_seen(void)
{
	struct et_loss l = { .h = { ET_LOSS, sizeof(l) }, .c = { .lost_reap = 1 } };
	struct synth_death m;
	struct et_reap p;

	begin();
	m = die(4242);
	p = (struct et_reap){ .h = { ET_REAP, sizeof(p) }, .id = m.d.id, .time_ns = 114 * SEC, .kind = ET_REAP_FREED };
	CHECK_I64(feed(&p), 0);
	CHECK(strstr(last.missing, "reap.how(skipped) ") && strstr(last.missing, "reap.zombie_ns(skipped) "));
	CHECK_I64(feed(&l), 0);
	m = die(4243);
	p.id = m.d.id;
	CHECK_I64(feed(&p), 0);
	CHECK(strstr(last.missing, "reap.how(lost) "));
}

/* ---- reaping, seen through tracepoints only ---- */

static struct et_reap wait_call(struct et_peer by, unsigned int nr, unsigned int level)
{
	return (struct et_reap){ .h = { ET_REAP, sizeof(struct et_reap) }, .time_ns = 113 * SEC, .by = by,
				 .kind = ET_REAP_WAITED, .wait_nr = nr, .wait_level = level };
}

static struct et_reap freed(const struct et_death *d, struct et_peer parent)
{
	return (struct et_reap){ .h = { ET_REAP, sizeof(struct et_reap) }, .id = d->id, .time_ns = 114 * SEC,
				 .parent = parent, .kind = ET_REAP_FREED };
}

static void waited_by_number(void)
{
	struct synth_death m;
	struct et_reap p;

	begin();
	m = die(4242);
	p = wait_call(synth_peer(412, "bash"), 4243, 0);
	CHECK_I64(feed(&p), 0); /* somebody else's */
	CHECK_U64(last.deaths, 0);
	p.wait_nr = 4242;
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.deaths, 1);
	CHECK(last.reap.how == REAP_WAITED && last.reap.by_known);
	CHECK_U64(last.reap.zombie_ns, SEC);
	p = freed(&m.d, m.d.parent);
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.deaths, 1);
}

/* Two containers each have a process 17; each parent waits for its own. */
static void waited_in_namespaces(void)
{
	struct synth_death m[3];
	struct et_reap p;
	unsigned int i;

	begin();
	for (i = 0; i < 3; i++) {
		m[i] = synth_death(5000 + i);
		m[i].d.ns_level = 1;
		m[i].d.ns_pids[1] = 17;
		m[i].d.parent = synth_peer(600 + i, "sh");
		CHECK_I64(feed(&m[i]), 0);
	}
	p = wait_call(synth_peer(601, "sh"), 17, 1);
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.pid, 5001);
	CHECK(last.reap.how == REAP_WAITED);
	p = wait_call(synth_peer(77, "init"), 17, 1);
	CHECK_I64(feed(&p), 0); /* 5000 or 5002: nobody can tell */
	CHECK_U64(last.deaths, 1);
	p = wait_call(synth_peer(600, "sh"), 5000, 0);
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.pid, 5000);
	p = wait_call(synth_peer(77, "init"), 17, 1);
	CHECK_I64(feed(&p), 0); /* only one is left */
	CHECK_U64(last.pid, 5002);
	CHECK(last.reap.how == REAP_REPARENTED);
	CHECK_U64(last.reap.new_parent.id.tgid, 77);
	p.wait_level = UINT32_MAX;
	CHECK_I64(feed(&p), 0);
}

/* Whoever waits in one container does not release what is in another one, though his own has none of that number. */
static void waited_in_another_namespace(void)
{
	struct synth_death m = synth_death(5000);
	struct et_reap p = wait_call(synth_peer(77, "init"), 17, 1);

	begin();
	m.d.ns_level = 1;
	m.d.ns_pids[1] = 17;
	m.d.parent.pid_ns = 4026532001;
	CHECK_I64(feed(&m), 0);
	p.by.pid_ns = 4026532002;
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.deaths, 0);
	p.by = synth_peer(1, "systemd"); /* nor does one in the initial one, but at its own number */
	p.wait_nr = 5000;
	p.wait_level = 0;
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.deaths, 0);
	p = wait_call(synth_peer(78, "init"), 17, 1);
	p.by.pid_ns = 4026532001;
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.deaths, 1);
	CHECK(last.reap.how == REAP_REPARENTED);
	CHECK_U64(last.reap.new_parent.id.tgid, 78);
}

/* A parent outside the container it put a child in. */
static void waited_from_outside(void)
{
	struct synth_death m = synth_death(5000);
	struct et_reap p = wait_call(m.d.parent, 5000, 0);

	begin();
	m.d.ns_level = 1;
	m.d.ns_pids[1] = 1;
	CHECK_I64(feed(&m), 0);
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.deaths, 1);
	CHECK(last.reap.how == REAP_WAITED);
}

static void freed_only(void)
{
	struct synth_death m;
	struct et_reap p;

	begin_with_tracepoints();
	m = die(4242);
	p = freed(&m.d, m.d.parent);
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.how == REAP_WAITED && last.reap.approximate && !last.reap.time_known);
	CHECK(last.reap.by_known);
	CHECK_U64(last.reap.by.id.tgid, 412);
	CHECK_U64(last.reap.by.tid, 0);
	CHECK(strstr(last.missing, "reap.zombie_ns reap.by.tid"));
	m = die(4243);
	p = freed(&m.d, synth_peer(1, "systemd"));
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.how == REAP_REPARENTED && !last.reap.by_known);
	CHECK_U64(last.reap.new_parent.id.tgid, 1);
	CHECK(strstr(last.missing, "reap.by "));
	m = die(4244);
	p = freed(&m.d, (struct et_peer){ 0 });
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.how == REAP_UNKNOWN && !last.reap.by_known);
	CHECK(strstr(last.missing, "reap.reparented_to") && strstr(last.missing, "reap.how"));
}

/* The kernel skipped the program that tells of the death: it comes when the kernel frees it. */
static void told_late(unsigned int tgid)
{
	struct synth_death m = synth_death(tgid);
	struct et_reap p = freed(&m.d, (struct et_peer){ 0 });

	m.d.seen &= ~ET_SEEN_DEAD;
	m.d.dead_ns = 0;
	m.d.exit_signal = SIGCHLD;
	m.d.ns_level = 1;
	m.d.ns_pids[1] = 17;
	CHECK_I64(feed(&m), 0);
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.pid, tgid);
}

static void waited_before_the_death_was_told(void)
{
	const struct et_peer bash = synth_peer(412, "bash");
	struct et_reap p = wait_call(bash, 4242, 0);

	begin();
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.deaths, 0);
	told_late(4242);
	CHECK(last.reap.how == REAP_WAITED && last.reap.by_known && !last.reap.approximate && !last.reap.time_known);
	CHECK_U64(last.reap.by.id.tgid, 412);
	CHECK_U64(last.reap.by.tid, bash.tid);
	CHECK(strstr(last.missing, "reap.zombie_ns") && !strstr(last.missing, "reap.by"));

	p = wait_call(bash, 17, 1); /* as its parent, in a namespace, knows it */
	CHECK_I64(feed(&p), 0);
	told_late(4243);
	CHECK(last.reap.how == REAP_WAITED && last.reap.by_known);
}

static void waited_for_another(void)
{
	struct et_reap p[] = {
		wait_call(synth_peer(412, "bash"), 4243, 0), wait_call(synth_peer(413, "bash"), 4242, 0),
		wait_call(synth_peer(412, "bash"), 4242, 0), wait_call(synth_peer(412, "bash"), 4242, 0),
		wait_call(synth_peer(412, "bash"), 4242, 2), wait_call(synth_peer(412, "bash"), 4242, UINT32_MAX),
	};
	unsigned int i, before;

	begin();
	p[2].time_ns = 50 * SEC;  /* an earlier one of that number */
	p[3].time_ns = 115 * SEC; /* a later one */
	for (i = 0; i < sizeof(p) / sizeof(p[0]); i++)
		CHECK_I64(feed(&p[i]), 0);
	before = last.deaths;
	told_late(4242);
	CHECK_U64(last.deaths, before + 1);
	CHECK(last.reap.how == REAP_UNKNOWN && !last.reap.by_known && last.reap.approximate);
}

static void freed_after_auto_reap(void)
{
	struct synth_death m = synth_death(4242);
	struct et_reap p = freed(&m.d, m.d.parent);

	begin();
	m.d.flags |= ET_D_PARENT_IGNORES;
	CHECK_I64(feed(&m), 0);
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.how == REAP_AUTO && !last.reap.by_known && !last.reap.approximate);
	m = synth_death(4243);
	m.d.flags |= ET_D_PARENT_IGNORES;
	m.d.exit_signal = 0; /* only SIGCHLD can be ignored that way */
	CHECK_I64(feed(&m), 0);
	p = freed(&m.d, m.d.parent);
	CHECK_I64(feed(&p), 0);
	CHECK(last.reap.how == REAP_WAITED);
}

/* ---- zombies and the end ---- */

static void zombie_is_told_once(void)
{
	struct synth_death m;
	struct et_reap p;

	begin();
	CHECK(assembler__next_due(a) == UINT64_MAX);
	m = die(4242);
	CHECK_U64(assembler__next_due(a), 122 * SEC);
	clock_to(122 * SEC - 1, ET_CLOCK);
	CHECK_U64(last.zombies, 0);
	clock_to(123 * SEC, ET_CLOCK);
	CHECK_U64(last.zombies, 1);
	CHECK(last.reap.how == REAP_UNREAPED && last.reap.time_known);
	CHECK_U64(last.reap.zombie_ns, 11 * SEC);
	CHECK_U64(last.now_ns, 123 * SEC);
	clock_to(200 * SEC, ET_CLOCK);
	CHECK_U64(last.zombies, 1);
	CHECK(assembler__next_due(a) == UINT64_MAX);
	p = synth_reap(&m.d, m.d.parent, 90 * SEC);
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.deaths, 1);
	CHECK(last.reap.how == REAP_WAITED);
	CHECK_U64(last.reap.zombie_ns, 90 * SEC);
}

static void no_interim_records(void)
{
	begin_with((struct assembler_options){ 0 });
	die(4242);
	clock_to(1000 * SEC, ET_CLOCK);
	CHECK_U64(last.zombies, 0);
	CHECK(assembler__next_due(a) == UINT64_MAX);
}

static void snapshot(void)
{
	struct synth_death m = synth_death(50), other;
	struct et_reap p;

	begin();
	m.d.flags |= ET_D_SNAPSHOT;
	m.d.seen &= ~ET_SEEN_DEAD;
	m.d.id.start_ns = 7 * SEC;
	m.d.exit_ns = 0;
	CHECK_I64(feed(&m), 0);
	CHECK_U64(last.zombies, 1);
	CHECK(!last.from_start && !last.reap.time_known);
	CHECK(strstr(last.missing, "process.age_ns") && !strstr(last.missing, "time "));
	CHECK_I64(feed(&m), 0);
	CHECK_U64(last.zombies, 1);
	clock_to(1000 * SEC, ET_CLOCK);
	CHECK_U64(last.zombies, 1);
	p = synth_reap(&m.d, m.d.parent, 0);
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.deaths, 1);
	CHECK(strstr(last.missing, "time "));
	/* seen dying, then reaped, and only then found by the snapshot: no ghost */
	other = die(51);
	p = synth_reap(&other.d, other.d.parent, MS);
	CHECK_I64(feed(&p), 0);
	other.d.flags |= ET_D_SNAPSHOT;
	CHECK_I64(feed(&other), 0);
	CHECK_U64(last.zombies, 1);
	CHECK_U64(assembler__totals(a).waiting, 0);
	CHECK_U64(assembler__totals(a).deaths, 2);
}

/* In the list, then released, and that is read from the ring before the list is. */
static void reaped_while_listed(void)
{
	struct synth_death m = synth_death(50), later = synth_death(51);
	struct et_reap p[] = { freed(&m.d, m.d.parent), synth_reap(&m.d, m.d.parent, MS),
			       synth_reap(&later.d, later.d.parent, MS) };
	unsigned int i;

	m.d.flags |= ET_D_SNAPSHOT;
	later.d.flags |= ET_D_SNAPSHOT;
	begin();
	clock_to(111 * SEC, ET_CLOCK);
	for (i = 0; i < 3; i++)
		CHECK_I64(feed(&p[i]), 0);
	CHECK_I64(feed(&m), 0);
	CHECK_U64(last.zombies, 1);
	CHECK_U64(last.deaths, 1);
	CHECK(last.reap.how == REAP_WAITED && last.reap.by_known && !last.reap.approximate);
	CHECK_U64(assembler__totals(a).waiting, 0);
	clock_to(112 * SEC, ET_CLOCK); /* the list has been read: what is not in it by now will not be */
	CHECK_I64(feed(&later), 0);
	CHECK_U64(last.deaths, 1);
	CHECK_U64(assembler__totals(a).waiting, 1);
}

static void snapshot_without_interim(void)
{
	struct synth_death m = synth_death(50);

	begin_with((struct assembler_options){ 0 });
	m.d.flags |= ET_D_SNAPSHOT;
	CHECK_I64(feed(&m), 0);
	CHECK_U64(last.zombies, 1);
}

static unsigned int order[8], nr_order;

static void note_order(void *ctx, const struct record *r)
{
	(void)ctx;
	CHECK(r->reap.how == REAP_UNREAPED && !r->reap.by_known);
	CHECK_U64(r->reap.zombie_ns, 8 * SEC);
	if (nr_order < 8)
		order[nr_order++] = r->death->id.tgid;
}

static void end_hands_out_in_order(void)
{
	struct assembler_options o = { 0 };
	struct et_start s = synth_start();
	unsigned int i;

	assembler__free(a);
	a = assembler__new(&o, note_order, NULL);
	CHECK_I64(feed(&s), 0);
	for (i = 0; i < 5; i++)
		die(9000 - i * 7);
	clock_to(120 * SEC, ET_END);
	CHECK_U64(nr_order, 5);
	for (i = 0; i < nr_order; i++)
		CHECK_U64(order[i], 9000 - i * 7);
	CHECK_U64(assembler__totals(a).waiting, 0);
	CHECK_U64(assembler__totals(a).records, 5);
}

/* ---- losses and bounds ---- */

static void full_table(void)
{
	struct assembler_totals t;

	begin_with((struct assembler_options){ .max_waiting = 2 });
	die(10);
	die(11);
	CHECK_U64(last.deaths, 0);
	die(12);
	CHECK_U64(last.deaths, 1);
	CHECK_U64(last.pid, 10);
	CHECK(last.reap.how == REAP_UNKNOWN && strstr(last.missing, "reap(full)"));
	t = assembler__totals(a);
	CHECK_U64(t.early, 1);
	CHECK_U64(t.waiting, 2);
	CHECK_U64(t.deaths, t.records + t.waiting);
}

/* More zombies at once than there is memory for: each is told once, with its reap or without. */
static void many_zombies(void)
{
	const unsigned int many = 50000;
	struct assembler_totals t;
	unsigned int i;

	begin();
	for (i = 0; i < many; i++)
		die(1000 + i);
	t = assembler__totals(a);
	CHECK_U64(t.deaths, many);
	CHECK_U64(t.early, many - t.waiting);
	CHECK(t.waiting > 10000 && t.waiting < many);
	CHECK_U64(last.deaths, t.early);
	CHECK_U64(last.pid, 1000 + t.early - 1); /* the oldest first */
	clock_to(151 * SEC, ET_END);
	t = assembler__totals(a);
	CHECK_U64(last.deaths, many);
	CHECK_U64(t.records, many);
	CHECK_U64(t.waiting, 0);
	CHECK_U64(last.pid, 1000 + many - 1);
}

/* Who died before the first clock behind the loss may have been reaped; who died later has not been. */
static void lost_reap(void)
{
	struct et_loss l = { .h = { ET_LOSS, sizeof(l) }, .c = { .lost_reap = 1 } };
	struct synth_death later = synth_death(11);

	later.d.exit_ns = 114 * SEC - MS;
	later.d.dead_ns = 114 * SEC;
	begin();
	die(10);
	CHECK_I64(feed(&l), 0);
	clock_to(113 * SEC, ET_CLOCK);
	CHECK_U64(assembler__counters(a).lost_reap, 1);
	CHECK_I64(feed(&later), 0);
	clock_to(150 * SEC, ET_CLOCK);
	CHECK_U64(last.zombies, 1);
	CHECK_U64(last.pid, 11);
	clock_to(151 * SEC, ET_END);
	CHECK_U64(last.deaths, 2);
	CHECK_U64(last.pid, 11);
	CHECK(last.reap.how == REAP_UNREAPED);
	begin();
	CHECK_I64(feed(&l), 0);
	die(10); /* was in the ring already when the loss came to light */
	clock_to(113 * SEC, ET_CLOCK);
	clock_to(151 * SEC, ET_END);
	CHECK_U64(last.zombies, 0);
	CHECK_U64(last.pid, 10);
	CHECK(last.reap.how == REAP_UNKNOWN);
	begin();
	die(10);
	CHECK_I64(feed(&l), 0);
	clock_to(151 * SEC, ET_END);
	CHECK_U64(last.pid, 10);
	CHECK(last.reap.how == REAP_UNKNOWN && strstr(last.missing, "reap(lost)"));
}

/* A zombie that the snapshot shows and the kernel half has counted is one death, whichever comes first. */
static void dead_while_listed(void)
{
	struct synth_death m = synth_death(4242), listed = m;

	listed.d.flags |= ET_D_SNAPSHOT;
	begin();
	CHECK_I64(feed(&listed), 0);
	CHECK_U64(assembler__totals(a).before, 1);
	CHECK_I64(feed(&m), 0);
	CHECK_U64(assembler__totals(a).before, 0);
	CHECK_U64(assembler__totals(a).deaths, 1);
	begin();
	CHECK_I64(feed(&m), 0);
	CHECK_I64(feed(&listed), 0);
	CHECK_U64(assembler__totals(a).before, 0);
	CHECK_U64(assembler__totals(a).deaths, 1);
	begin();
	CHECK_I64(feed(&listed), 0);
	clock_to(151 * SEC, ET_END); /* told, and only remembered */
	CHECK_I64(feed(&m), 0);
	CHECK_I64(feed(&m), 0);
	CHECK_U64(assembler__totals(a).before, 0);
	CHECK_U64(assembler__totals(a).deaths, 1);
}

static void pid_reused(void)
{
	struct synth_death m = synth_death(4242);

	begin();
	die(4242);
	CHECK_I64(feed(&m), 0); /* the same process twice */
	CHECK_U64(assembler__totals(a).deaths, 1);
	m.d.id.start_ns += SEC;
	CHECK_I64(feed(&m), 0);
	CHECK_U64(last.deaths, 1);
	CHECK(strstr(last.missing, "reap(lost)"));
	CHECK_U64(assembler__totals(a).waiting, 1);
}

static void wrong_messages(void)
{
	struct assembler_options o = { 0 };
	struct et_start s = synth_start();
	struct synth_death m = synth_death(1);

	assembler__free(a);
	a = assembler__new(&o, keep, NULL);
	CHECK(!assembler__start(a));
	CHECK_I64(feed(&m), -EBADMSG); /* before ET_START */
	CHECK_I64(feed(&s), 0);
	CHECK(assembler__start(a));
	CHECK_I64(feed(&s), -EBADMSG);
	m.d.exe_len = 9999;
	CHECK_I64(feed(&m), -EBADMSG);
	CHECK_I64(assembler__feed(a, &m, 3), -EBADMSG);
	CHECK_U64(assembler__totals(a).rejected, 4);
	CHECK_U64(assembler__totals(a).deaths, 0);
	assembler__free(NULL);
}

static void time_never_goes_back(void)
{
	struct et_clock step = { .h = { ET_CLOCK, sizeof(step) }, .boot_ns = 130 * SEC, .real_ns = 42 };

	begin();
	die(4242);
	clock_to(123 * SEC, ET_CLOCK);
	clock_to(5 * SEC, ET_CLOCK);
	CHECK_U64(last.zombies, 1);
	CHECK_U64(last.real_offset_ns, REAL_OFFSET);
	CHECK_I64(feed(&step), 0); /* somebody set the clock to 1970 */
	die(4243);
	clock_to(120 * SEC, ET_END);
	CHECK_U64(last.real_offset_ns, 42 - 130 * SEC);
	CHECK_U64(last.reap.zombie_ns, 18 * SEC);
}

/* ---- strings ---- */

static struct synth_death die_with(unsigned int pid, const char *exe, unsigned int len, uint32_t cut)
{
	struct synth_death m = synth_death(pid);

	synth_exe(&m, exe, len);
	m.d.cut = cut;
	m.d.flags |= ET_D_AUTOREAP;
	CHECK_I64(feed(&m), 0);
	return m;
}

static void exe_paths(void)
{
	char longest[ET_EXE_MAX];

	begin();
	die_with(1000, "worker\0bin\0usr", 15, 0);
	CHECK_STR(last.exe, "/usr/bin/worker");
	CHECK_STR(last.truncated, "");
	die_with(1001, "worker\0bin", 11, ET_CUT_EXE);
	CHECK_STR(last.exe, ".../bin/worker");
	CHECK_STR(last.truncated, "process.executable.path ");
	die_with(1002, "memfd:x", 8, 0);
	CHECK_STR(last.exe, "/memfd:x");
	die_with(1003, "no end", 6, 0);
	CHECK_STR(last.exe, "/no end");
	die_with(1004, "", 1, 0);
	CHECK_STR(last.exe, "/");
	memset(longest, 'x', sizeof(longest));
	die_with(1005, longest, sizeof(longest), ET_CUT_EXE);
	CHECK_U64(strlen(last.exe), ET_EXE_MAX + 4);
	memset(longest, 0, sizeof(longest));
	die_with(1006, longest, sizeof(longest), ET_CUT_EXE);
	CHECK_U64(strlen(last.exe), ET_EXE_MAX - 1 + 3);
	die_with(1007, NULL, 0, 0);
	CHECK_STR(last.exe, "");
	CHECK(strstr(last.missing, "process.executable.path"));
}

static void killer_exe(void)
{
	struct synth_death m = synth_death(4242);
	struct et_signals *s;

	begin();
	m.d.status = SIGKILL;
	m.d.flags |= ET_D_AUTOREAP;
	s = synth_signals(&m, 0);
	s->fatal = synth_signal(SIGKILL, synth_peer(77, "bash"));
	memcpy(s->killer.exe, "bash\0bin", 9);
	s->killer.exe_len = 9;
	s->killer.exe_cut = 1;
	CHECK_I64(feed(&m), 0);
	CHECK_STR(last.killer_exe, ".../bin/bash");
	CHECK_STR(last.truncated, "cause.by.executable.path ");
}

static void give_cgroup(uint64_t id, const char *reversed, unsigned int len, unsigned int cut)
{
	struct et_cgroup c = { .h = { ET_CGROUP, sizeof(c) }, .id = id, .len = len, .cut = cut };

	if (len)
		memcpy(c.path, reversed, len);
	CHECK_I64(feed(&c), 0);
}

static struct synth_death die_in(unsigned int pid, uint64_t cgroup, uint32_t flags)
{
	struct synth_death m = synth_death(pid);

	m.d.cgroup_id = cgroup;
	m.d.seen |= ET_SEEN_CGROUP;
	m.d.flags |= flags;
	CHECK_I64(feed(&m), 0);
	return m;
}

static void cgroups(void)
{
	begin();
	give_cgroup(7, "web.service\0system.slice", 25, 0);
	die_in(1000, 7, ET_D_AUTOREAP);
	CHECK_STR(last.cgroup, "/system.slice/web.service");
	CHECK_STR(last.unit, "web.service");
	give_cgroup(1, NULL, 0, 0);
	die_in(1001, 1, ET_D_AUTOREAP);
	CHECK_STR(last.cgroup, "/");
	give_cgroup(7, "db.service", 11, 1); /* the number was used again */
	die_in(1002, 7, ET_D_AUTOREAP);
	CHECK_STR(last.cgroup, ".../db.service");
	CHECK_STR(last.truncated, "process.cgroup.path ");
	die_in(1003, 8, ET_D_AUTOREAP);
	CHECK_STR(last.cgroup, "");
	CHECK(strstr(last.missing, "process.cgroup.path(lost)"));
}

/* A zombie keeps the path it died in, whatever the cache forgets or learns. */
static void cgroup_outlives_cache(void)
{
	struct synth_death m;
	struct et_reap p;
	unsigned int i;

	begin_with((struct assembler_options){ .max_kept = 4 });
	give_cgroup(7, "web.service", 12, 0);
	m = die_in(1000, 7, 0);
	give_cgroup(7, "db.service", 11, 0);
	for (i = 100; i < 1000; i++)
		give_cgroup(i, "x.scope", 8, 0);
	p = synth_reap(&m.d, m.d.parent, MS);
	CHECK_I64(feed(&p), 0);
	CHECK_STR(last.cgroup, "/web.service");
	die_in(1001, 996, ET_D_AUTOREAP);
	CHECK_STR(last.cgroup, "/x.scope");
	die_in(1002, 7, ET_D_AUTOREAP);
	CHECK_STR(last.cgroup, "");
	m = die_in(1003, 5, 0); /* the path comes after the death */
	give_cgroup(5, "late.scope", 11, 0);
	p = synth_reap(&m.d, m.d.parent, MS);
	CHECK_I64(feed(&p), 0);
	CHECK_STR(last.cgroup, "/late.scope");
}

static void least_recently_used_goes(void)
{
	unsigned int i;

	begin_with((struct assembler_options){ .max_kept = 3 });
	for (i = 1; i <= 3; i++)
		give_cgroup(i, "x.scope", 8, 0);
	die_in(1000, 1, ET_D_AUTOREAP); /* uses 1: 2 is the oldest */
	give_cgroup(4, "x.scope", 8, 0);
	die_in(1001, 1, ET_D_AUTOREAP);
	CHECK_STR(last.cgroup, "/x.scope");
	CHECK_U64(assembler__paths_missed(a), 0);
	die_in(1002, 2, ET_D_AUTOREAP);
	CHECK_STR(last.cgroup, "");
	CHECK_U64(assembler__paths_missed(a), 1);
	give_cgroup(2, "y.scope", 8, 0);
	die_in(1003, 2, ET_D_AUTOREAP);
	CHECK_STR(last.cgroup, "/y.scope");
	CHECK_U64(assembler__paths_missed(a), 1);
}

static void args(void)
{
	struct synth_death m = synth_death(4242);
	struct et_args v = { .h = { ET_ARGS, sizeof(v) }, .id = m.d.id, .len = 9, .total = 9,
			     .args = "ls\0-l\0a b" };
	struct et_reap p = synth_reap(&m.d, m.d.parent, MS);

	begin();
	m.d.seen |= ET_SEEN_ARGS;
	CHECK_I64(feed(&v), 0);
	CHECK_I64(feed(&m), 0);
	CHECK_I64(feed(&p), 0);
	CHECK_BYTES(last.args, last.args_len, "ls\0-l\0a b", 9);
	m.d.id.start_ns++;
	p.id = m.d.id;
	CHECK_I64(feed(&m), 0); /* argv of another process with this pid */
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.args_len, 0);
	CHECK(strstr(last.missing, "process.args(lost)"));
	m.d.id.start_ns++;
	v.id = p.id = m.d.id;
	v.total = 10;
	CHECK_I64(feed(&v), 0);
	CHECK_I64(feed(&m), 0);
	CHECK_I64(feed(&p), 0);
	CHECK_STR(last.truncated, "process.args ");
}

/* ---- who killed, and for what ---- */

static void give_args(const struct et_id *id, const char *args, unsigned int len, unsigned int total)
{
	struct et_args v = { .h = { ET_ARGS, sizeof(v) }, .id = *id, .len = len, .total = total };

	memcpy(v.args, args, len);
	CHECK_I64(feed(&v), 0);
}

/* Killed by `by`, whose argv was sent. */
static struct synth_death killed(unsigned int pid, const struct et_peer *by)
{
	struct synth_death m = synth_death(pid);
	struct et_signals *s = synth_signals(&m, 0);

	m.d.status = SIGKILL;
	s->fatal = synth_signal(SIGKILL, *by);
	s->killer.seen = ET_KILLER_ARGS;
	return m;
}

static void die_of(unsigned int pid, const struct et_peer *by)
{
	struct synth_death m = killed(pid, by);

	m.d.flags |= ET_D_AUTOREAP;
	CHECK_I64(feed(&m), 0);
	CHECK_U64(last.pid, pid);
}

static void one_sender_of_many(void)
{
	const struct et_peer by = synth_peer(77, "pkill"), same_pid = synth_peer(77, "pkill");
	struct synth_death sender = synth_death(77);
	struct et_peer other = same_pid;
	unsigned int i;

	begin();
	give_args(&by.id, "pkill\0w", 8, 8);
	for (i = 0; i < 3; i++) {
		die_of(4242 + i, &by);
		CHECK_BYTES(last.killer_args, last.killer_args_len, "pkill\0w", 8);
		CHECK(!last.killer_args_cut && !last.args_len);
	}
	other.id.start_ns++;
	die_of(4250, &other);
	CHECK_U64(last.killer_args_len, 0);
	sender.d.id = by.id; /* dies before the last of them does, and has an argv of its own */
	sender.d.seen |= ET_SEEN_ARGS;
	sender.d.flags |= ET_D_AUTOREAP;
	give_args(&by.id, "pkill\0w", 8, 9);
	CHECK_I64(feed(&sender), 0);
	CHECK_BYTES(last.args, last.args_len, "pkill\0w", 8);
	CHECK_U64(last.killer_args_len, 0);
	die_of(4251, &by);
	CHECK_BYTES(last.killer_args, last.killer_args_len, "pkill\0w", 8);
	CHECK(last.killer_args_cut);
}

/* Nobody else's argv, and nothing where none was sent. */
static void sender_without_args(void)
{
	const struct et_peer by = synth_peer(77, "pkill");
	struct synth_death m = killed(4242, &by);

	begin();
	give_args(&by.id, "pkill\0w", 8, 8);
	((struct et_signals *)m.sections)->killer.seen = 0;
	m.d.flags |= ET_D_AUTOREAP;
	CHECK_I64(feed(&m), 0);
	CHECK_U64(last.killer_args_len, 0);
	m = synth_death(4243);
	m.d.flags |= ET_D_AUTOREAP;
	CHECK_I64(feed(&m), 0);
	CHECK(!last.killer_args_len && !last.killer_cgroup[0] && !last.killed_cgroup[0] && !last.oom.h.kind);
}

static void bounded_args(void)
{
	struct et_peer by = synth_peer(77, "pkill");
	const struct et_id first = by.id;
	unsigned int i;

	begin();
	for (i = 0; i < 20000; i++, by.id.start_ns++)
		give_args(&by.id, "pkill\0w", 8, 8);
	by.id.start_ns--;
	die_of(4242, &by);
	CHECK_U64(last.killer_args_len, 8);
	by.id = first;
	die_of(4243, &by);
	CHECK_U64(last.killer_args_len, 0);
}

static void cgroup_of_the_sender(void)
{
	const struct et_peer by = synth_peer(77, "pkill");
	struct synth_death m = killed(4242, &by);
	struct et_signals *s = (struct et_signals *)m.sections;
	struct et_reap p = synth_reap(&m.d, m.d.parent, MS);
	unsigned int i;

	begin_with((struct assembler_options){ .max_kept = 4, .zombie_after_ns = 10 * SEC });
	s->fatal.flags |= ET_SIG_CGROUP;
	s->killer.cgroup_id = 7;
	s->killer.cgroup_killed = 8;
	give_cgroup(7, "ssh.service\0system.slice", 25, 0);
	give_cgroup(8, "docker-0123456789ab.scope", 26, 1);
	CHECK_I64(feed(&m), 0);
	for (i = 100; i < 200; i++)
		give_cgroup(i, "x.scope", 8, 0);
	clock_to(123 * SEC, ET_CLOCK);
	CHECK_U64(last.zombies, 1);
	CHECK_STR(last.killer_cgroup, "/system.slice/ssh.service");
	CHECK_I64(feed(&p), 0);
	CHECK_STR(last.killer_cgroup, "/system.slice/ssh.service");
	CHECK_STR(last.killer_unit, "ssh.service");
	CHECK_STR(last.killed_cgroup, ".../docker-0123456789ab.scope");
	CHECK(last.killed_cgroup_cut && !last.killer_cgroup_cut && last.killer_runtime == RUNTIME_NONE);
	CHECK_STR(last.cgroup, "");
	CHECK_STR(last.unit, "");
}

static void cgroup_of_the_sender_comes_late(void)
{
	const struct et_peer by = synth_peer(77, "sh");
	struct synth_death m = killed(4242, &by);
	struct et_reap p = synth_reap(&m.d, m.d.parent, MS);

	begin();
	((struct et_signals *)m.sections)->killer.cgroup_id = 9;
	CHECK_I64(feed(&m), 0);
	give_cgroup(9, "cri-containerd-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope", 86, 0);
	give_args(&by.id, "sh", 3, 3);
	CHECK_I64(feed(&p), 0);
	CHECK(last.killer_runtime == RUNTIME_CONTAINERD && last.runtime == RUNTIME_NONE);
	CHECK_U64(last.killer_args_len, 3);
}

static struct et_oom oom_of(const struct et_id *id, uint32_t flags)
{
	return (struct et_oom){ .h = { ET_OOM, sizeof(struct et_oom) }, .id = *id, .time_ns = 111 * SEC,
				.trigger = synth_peer(78, "greedy"), .memcg_id = 7, .limit_bytes = 1 << 20,
				.score_adj = -5, .flags = flags };
}

static void chosen_before_death(void)
{
	struct synth_death m = synth_death(4242), other = synth_death(4242);
	struct et_oom o = oom_of(&m.d.id, ET_OOM_MEMCG | ET_OOM_LIMIT);
	struct et_reap p = synth_reap(&m.d, m.d.parent, MS);

	begin();
	other.d.id.start_ns--;
	other.d.flags |= ET_D_AUTOREAP;
	give_cgroup(7, "web.service", 12, 1);
	CHECK_I64(feed(&o), 0);
	CHECK_I64(feed(&other), 0); /* the same pid, another process */
	CHECK(!last.oom.h.kind);
	CHECK_STR(last.oom_cgroup, "");
	CHECK_I64(feed(&m), 0);
	clock_to(123 * SEC, ET_CLOCK);
	CHECK(last.zombies == 1 && last.oom.h.kind == ET_OOM);
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.deaths, 2);
	CHECK_BYTES((const char *)&last.oom, sizeof(last.oom), (const char *)&o, sizeof(o));
	CHECK_STR(last.oom_cgroup, ".../web.service");
	CHECK(last.oom_cgroup_cut);
	CHECK_STR(last.cgroup, "");
}

/* Without its flag the cgroup's number says nothing, and a path may come late. */
static void limit_of_the_choice(void)
{
	struct synth_death m = synth_death(4242);
	struct et_oom o = oom_of(&m.d.id, ET_OOM_MEMCG);
	struct et_reap p = synth_reap(&m.d, m.d.parent, MS);

	begin();
	give_cgroup(7, "web.service", 12, 0);
	CHECK_I64(feed(&o), 0);
	CHECK_I64(feed(&m), 0);
	CHECK_I64(feed(&p), 0);
	CHECK_U64(last.oom.score_adj == -5, 1);
	CHECK_STR(last.oom_cgroup, "");
	m.d.id.start_ns++;
	o = oom_of(&m.d.id, ET_OOM_MEMCG | ET_OOM_LIMIT);
	o.memcg_id = 70;
	p.id = m.d.id;
	CHECK_I64(feed(&m), 0);
	CHECK_I64(feed(&o), 0);
	give_cgroup(70, "late.service", 13, 0);
	CHECK_I64(feed(&p), 0);
	CHECK_STR(last.oom_cgroup, "/late.service");
}

/* Chosen, and its whole group after it: once more as one of the group, once as one that shares memory. */
static void chosen_with_its_group(void)
{
	struct synth_death m = synth_death(4242);
	struct et_oom o = oom_of(&m.d.id, ET_OOM_MEMCG);

	begin();
	m.d.flags |= ET_D_AUTOREAP;
	CHECK_I64(feed(&o), 0);
	o.flags = ET_OOM_MEMCG | ET_OOM_GROUP | ET_OOM_SHARED;
	o.time_ns++;
	CHECK_I64(feed(&o), 0);
	CHECK_I64(feed(&m), 0);
	CHECK_U64(last.oom.flags, ET_OOM_MEMCG | ET_OOM_GROUP);
	CHECK_U64(last.oom.time_ns, 111 * SEC);
	m.d.id.start_ns++;
	o = oom_of(&m.d.id, ET_OOM_MEMCG | ET_OOM_SHARED);
	CHECK_I64(feed(&o), 0);
	o.flags = ET_OOM_MEMCG | ET_OOM_GROUP;
	CHECK_I64(feed(&o), 0);
	CHECK_I64(feed(&m), 0);
	CHECK_U64(last.oom.flags, ET_OOM_MEMCG | ET_OOM_GROUP);
	CHECK_U64(last.pid, 4242);
}

/* The victims were filtered out, or their deaths lost: the oldest choice is forgotten, and said to be none. */
static void bounded_choices(void)
{
	struct synth_death m = synth_death(4242);
	unsigned int i;

	begin();
	m.d.flags |= ET_D_AUTOREAP;
	for (i = 0; i < 50000; i++, m.d.id.start_ns++) {
		struct et_oom o = oom_of(&m.d.id, 0);

		CHECK_I64(feed(&o), 0);
	}
	m.d.id.start_ns--;
	CHECK_I64(feed(&m), 0);
	CHECK(last.oom.h.kind == ET_OOM);
	m.d.id.start_ns -= 49999;
	CHECK_I64(feed(&m), 0);
	CHECK(!last.oom.h.kind);
	CHECK_U64(last.deaths, 2);
}

/* ---- threads ---- */

static struct et_thread thread_of(unsigned int pid, unsigned int tid, uint32_t flags, int status)
{
	return (struct et_thread){ .h = { ET_THREAD, sizeof(struct et_thread) },
				   .id = { .start_ns = 110 * SEC, .tgid = pid }, .time_ns = 112 * SEC,
				   .start_ns = 111 * SEC, .tid = tid, .status = status, .flags = flags,
				   .threads = 3, .uid = 1000, .comm = "io-worker", .process = "server" };
}

static void ended_thread(void)
{
	struct et_thread t = thread_of(4242, 4250, ET_THREAD_GROUP, 0x300);
	struct assembler_totals totals;

	begin();
	clock_to(113 * SEC, ET_CLOCK);
	CHECK_I64(feed(&t), 0);
	CHECK(last.type == RECORD_THREAD && last.threads == 1 && !last.deaths);
	CHECK_BYTES((const char *)&last.thread, sizeof(t), (const char *)&t, sizeof(t));
	CHECK_BYTES(last.death.comm, ET_COMM_LEN, t.process, ET_COMM_LEN);
	CHECK(last.death.id.tgid == 4242 && last.death.id.start_ns == 110 * SEC && last.death.uid == 1000);
	CHECK(last.death.status == 0x300 && last.death.threads == 3 && last.death.seen == ET_SEEN_THREADS);
	CHECK(last.death.exit_ns == 112 * SEC && last.now_ns == 112 * SEC && !last.signals && last.from_start);
	CHECK(!last.phases.known && !last.coredump.applies);
	t.tid++;
	CHECK_I64(feed(&t), 0);
	totals = assembler__totals(a);
	CHECK(totals.threads == 2 && !totals.warnings && !totals.deaths && !totals.records && !totals.waiting);
}

static void thread_killed_alone(void)
{
	struct et_thread t = thread_of(4242, 4250, ET_THREAD_ALONE | ET_THREAD_REFUSED, SIGSYS);
	struct synth_death m = synth_death(4242);

	begin();
	CHECK_I64(feed(&t), 0);
	CHECK(last.type == RECORD_WARNING && last.warnings == 1 && !last.threads);
	CHECK_I64(last.death.status, SIGSYS);
	CHECK_I64(feed(&m), 0); /* the process lives on, and dies in its own time */
	clock_to(500 * SEC, ET_END);
	CHECK_U64(last.deaths, 1);
	CHECK_U64(assembler__totals(a).warnings, 1);
	CHECK_I64(feed(&t), 0); /* a message that came behind the death of its process is told, too */
	CHECK_U64(last.warnings, 2);
}

/* ---- files and core dumps ---- */

static void give_file(const struct et_id *id, enum et_file_what what, const char *reversed, unsigned int len)
{
	struct et_file f = synth_file(id, what, "ext4", reversed, len);

	CHECK_I64(feed(&f), 0);
}

static void files_of_the_dead(void)
{
	struct synth_death m = synth_death(4242), other = synth_death(4243);
	struct et_reap p = synth_reap(&m.d, m.d.parent, MS);

	begin();
	give_file(&m.d.id, ET_FILE_FLUSH_ERROR, "log\0mnt", 8);
	give_file(&other.d.id, ET_FILE_SLOW_CLOSE, "x\0mnt", 6);
	give_file(&m.d.id, ET_FILE_SLOW_CLOSE, "db\0mnt", 7);
	other.d.flags |= ET_D_AUTOREAP;
	CHECK_I64(feed(&m), 0);
	CHECK_I64(feed(&other), 0);
	CHECK_STR(last.files, "/mnt/x ");
	clock_to(123 * SEC, ET_CLOCK); /* in the interim record, and again in the last one */
	CHECK_U64(last.zombies, 1);
	CHECK_STR(last.files, "/mnt/log /mnt/db ");
	CHECK_I64(feed(&p), 0);
	CHECK_STR(last.files, "/mnt/log /mnt/db ");
	m.d.id.start_ns++;
	m.d.flags |= ET_D_AUTOREAP;
	CHECK_I64(feed(&m), 0);
	CHECK_STR(last.files, "");
	CHECK_U64(last.nr_files, 0);
}

static void files_that_come_late(void)
{
	struct synth_death m;
	struct et_reap p;

	begin();
	m = die(4242);
	give_file(&m.d.id, ET_FILE_SLOW_CLOSE, "x\0mnt", 6);
	p = synth_reap(&m.d, m.d.parent, MS);
	CHECK_I64(feed(&p), 0);
	CHECK_STR(last.files, "/mnt/x ");
	give_file(&m.d.id, ET_FILE_SLOW_CLOSE, "x\0mnt", 6); /* of nobody any more */
	m = die(4243);
	give_file(&m.d.id, ET_FILE_SLOW_CLOSE, "x\0mnt", 6); /* let go with the assembler */
}

static struct synth_death crash(unsigned int pid)
{
	struct synth_death m = synth_death(pid);

	m.d.status = SIGSEGV | 0x80;
	m.d.flags |= ET_D_AUTOREAP;
	m.d.core.flags |= ET_CORE_TRIED | ET_CORE_WRITTEN;
	m.d.core.target = ET_CORE_FILE;
	m.d.marks.core_begin_ns = m.d.marks.begin_ns - 700 * MS;
	m.d.marks.core_end_ns = m.d.marks.begin_ns - 100 * MS;
	return m;
}

static void core_patterns(void)
{
	struct et_pattern p = synth_pattern("/var/core/%e.%p");
	struct synth_death m = crash(4242);

	begin();
	CHECK_I64(feed(&m), 0);
	CHECK_STR(last.pattern, "?");
	CHECK(strstr(last.missing, "coredump.pattern") && strstr(last.missing, "coredump.path(lost)"));
	CHECK_I64(feed(&p), 0);
	m = crash(4243);
	give_file(&m.d.id, ET_FILE_CORE, "worker.4243\0core\0var", 21);
	CHECK_I64(feed(&m), 0);
	CHECK_STR(last.pattern, "/var/core/%e.%p");
	CHECK_STR(last.files, "/var/core/worker.4243 ");
	CHECK(last.coredump.applies && last.coredump.dumped && last.coredump.file);
	CHECK_U64(last.coredump.duration_ns, 600 * MS);
	CHECK_U64(last.phases.ns[PHASE_COREDUMP], 600 * MS);
	CHECK_U64(last.phases.exit_ns, 701 * MS);
	CHECK(!strstr(last.missing, "coredump"));
	p = synth_pattern("");
	CHECK_I64(feed(&p), 0);
	m = crash(4244);
	m.d.status = SIGSEGV;
	CHECK_I64(feed(&m), 0);
	CHECK_STR(last.pattern, "");
	CHECK(last.coredump.reason == CORE_PATTERN_EMPTY);
}

/* ---- exits that take their time ---- */

static void still_dying(void)
{
	struct et_dying d = synth_dying(4242, ET_PHASE_FILES);
	struct synth_death m = synth_death(4242);

	begin();
	clock_to(115 * SEC, ET_CLOCK);
	CHECK_I64(feed(&d), 0);
	CHECK_U64(last.dying, 1);
	CHECK(last.type == RECORD_DYING && last.class == CAUSE_SIGNAL);
	CHECK_U64(last.pid, 4242);
	CHECK_STR(last.cause, "SIGKILL from bash[412] (uid 0)");
	CHECK_U64(last.phases.exit_ns, 5 * SEC);
	CHECK(last.phases.now == ET_PHASE_FILES);
	CHECK_U64(last.phases.now_ns, 4 * SEC);
	CHECK_U64(last.now_ns, 115 * SEC);
	CHECK(last.from_start);
	CHECK_STR(last.missing, "");
	d.e.signo = 0;
	d.e.threads = 0;
	d.e.phase = ET_PHASE_MM;
	CHECK_I64(feed(&d), 0); /* it still is: told as often as somebody looks */
	CHECK(last.class == CAUSE_UNKNOWN);
	CHECK_STR(last.cause, "exiting");
	CHECK(strstr(last.missing, "process.threads"));
	CHECK_U64(assembler__totals(a).dying, 2);
	CHECK_U64(assembler__totals(a).records + assembler__totals(a).zombies + assembler__totals(a).deaths, 0);
	m.d.id = d.e.id;
	CHECK_I64(feed(&m), 0);
	CHECK_I64(feed(&d), 0); /* looked at before its death came */
	CHECK_U64(last.dying, 2);
	clock_to(116 * SEC, ET_END);
	CHECK_I64(feed(&d), 0);
	CHECK_U64(last.dying, 2);
	CHECK_U64(last.deaths, 1);
}

/* What the signal rules say of it, without what an exit under way does not tell. */
static void dying_of(void)
{
	static const struct {
		unsigned int signo, info, by, flags;
		int code;
		enum cause_class class;
		const char *text, *missing;
	} rows[] = {
		{ SIGTERM, ET_INFO_REAL, 1, 0, 0, CAUSE_SIGNAL, "SIGTERM from x[1] (uid 0)", "" },
		{ SIGKILL, ET_INFO_PRIV, 77, 0, 0, CAUSE_UNKNOWN, "SIGKILL from the kernel", "cause.by " },
		{ SIGSEGV, ET_INFO_REAL, 4242, 0, 1, CAUSE_FAULT, "SIGSEGV: SEGV_MAPERR", "" },
		{ SIGABRT, ET_INFO_REAL, 4242, 0, -6, CAUSE_ABORT, "abort()", "" },
		{ SIGTERM, ET_INFO_REAL, 4242, 0, 0, CAUSE_SIGNAL, "SIGTERM raised by itself", "" },
		{ SIGINT, ET_INFO_PRIV, 77, 0, 0, CAUSE_TTY, "SIGINT: key on terminal", "" },
		{ SIGHUP, ET_INFO_PRIV, 77, ET_PEER_EXITING, 0, CAUSE_HANGUP, "SIGHUP: x[77] exited", "" },
		{ SIGKILL, ET_INFO_NONE, 0, 0, 0, CAUSE_UNKNOWN, "SIGKILL from the kernel", "cause.by " },
	};
	size_t i;

	begin();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct et_dying d = synth_dying(4242, ET_PHASE_EXIT);

		d.e.signo = rows[i].signo;
		d.e.info = rows[i].info;
		d.e.code = rows[i].code;
		d.e.by = synth_peer(rows[i].by, "x");
		d.e.by.flags = rows[i].flags;
		if (rows[i].by == 4242)
			d.e.by.id = d.e.id;
		CHECK_I64(feed(&d), 0);
		CHECK(last.class == rows[i].class);
		CHECK_STR(last.cause, rows[i].text);
		CHECK_STR(last.missing, rows[i].missing);
	}
}

/* ---- much of everything ---- */

static void choose(const struct et_id *id, unsigned int n)
{
	struct et_oom o = oom_of(id, ET_OOM_LIMIT);

	o.memcg_id = n % 100;
	CHECK_I64(feed(&o), 0);
	if (!(n % 3))
		give_cgroup(n % 100, "x.scope", 8, 0);
}

static void storm(void)
{
	struct assembler_totals t;
	unsigned int i;

	begin_with((struct assembler_options){ .zombie_after_ns = SEC, .max_waiting = 3000 });
	for (i = 0; i < 50000; i++) {
		struct synth_death m = synth_death(1000 + i * 7 % 40000);
		struct et_reap p;

		m.d.id.start_ns += i;
		m.d.dead_ns += i * MS;
		if (i % 3)
			synth_exe(&m, "worker\0bin\0usr", 15);
		if (!(i % 5))
			synth_signals(&m, i % 2);
		if (!(i % 7))
			give_file(&m.d.id, 1 + i % 4, "x\0mnt", 6);
		if (!(i % 11))
			choose(&m.d.id, i);
		CHECK_I64(feed(&m), 0);
		p = synth_reap(&m.d, m.d.parent, MS);
		if (i % 4)
			CHECK_I64(feed(&p), 0);
		if (!(i % 100))
			clock_to(112 * SEC + i * MS, ET_CLOCK);
	}
	t = assembler__totals(a);
	CHECK_U64(t.deaths, 50000);
	CHECK_U64(t.deaths, t.records + t.waiting);
	CHECK(t.waiting <= 3000 && t.early > 5000 && t.zombies > 10000);
	clock_to(500 * SEC, ET_END);
	CHECK_U64(assembler__totals(a).records, 50000);
}

/* Any bytes: refused or taken, never read beyond. */
static void noise(void)
{
	struct synth_death m = synth_death(4242);
	uint32_t rng = 12345;
	unsigned int i, j;

	begin();
	synth_exe(&m, "worker\0bin\0usr", 15);
	synth_signals(&m, 1)->fatal = synth_signal(SIGTERM, synth_peer(1, "systemd"));
	for (i = 0; i < 20000; i++) {
		struct synth_death bad = m;

		bad.d.id.tgid = 10 + i; /* 3 words of 160 will seldom be this one */
		for (j = 0; j < 3; j++) {
			rng = rng * 1103515245 + 12345;
			memcpy((char *)&bad + (rng >> 8) % (m.d.h.size - 4), &rng, 4);
		}
		assembler__feed(a, &bad, m.d.h.size);
	}
	CHECK(assembler__totals(a).rejected > 1000);
	CHECK(assembler__totals(a).deaths > 1000);
	clock_to(500 * SEC, ET_END);
	CHECK_U64(assembler__totals(a).deaths, assembler__totals(a).records);
}

int main(void)
{
	UNIT(waited);
	UNIT(auto_reaped);
	UNIT(reparented);
	UNIT(new_parent_is_a_peer);
	UNIT(clone_autoreap);
	UNIT(parent_pid_reused);
	UNIT(traced);
	UNIT(dead_time_not_seen);
	UNIT(waited_by_number);
	UNIT(waited_in_namespaces);
	UNIT(waited_in_another_namespace);
	UNIT(waited_from_outside);
	UNIT(freed_only);
	UNIT(waited_before_the_death_was_told);
	UNIT(waited_for_another);
	UNIT(freed_after_auto_reap);
	UNIT(zombie_is_told_once);
	UNIT(no_interim_records);
	UNIT(snapshot);
	UNIT(reaped_while_listed);
	UNIT(snapshot_without_interim);
	UNIT(end_hands_out_in_order);
	UNIT(full_table);
	UNIT(many_zombies);
	UNIT(release_not_seen);
	UNIT(lost_reap);
	UNIT(dead_while_listed);
	UNIT(pid_reused);
	UNIT(wrong_messages);
	UNIT(time_never_goes_back);
	UNIT(exe_paths);
	UNIT(killer_exe);
	UNIT(cgroups);
	UNIT(cgroup_outlives_cache);
	UNIT(least_recently_used_goes);
	UNIT(args);
	UNIT(one_sender_of_many);
	UNIT(sender_without_args);
	UNIT(bounded_args);
	UNIT(cgroup_of_the_sender);
	UNIT(cgroup_of_the_sender_comes_late);
	UNIT(chosen_before_death);
	UNIT(limit_of_the_choice);
	UNIT(chosen_with_its_group);
	UNIT(bounded_choices);
	UNIT(ended_thread);
	UNIT(thread_killed_alone);
	UNIT(files_of_the_dead);
	UNIT(files_that_come_late);
	UNIT(core_patterns);
	UNIT(still_dying);
	UNIT(dying_of);
	UNIT(storm);
	UNIT(noise);
	assembler__free(a);
	return unit__end();
}
