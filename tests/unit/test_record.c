/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The field table: its shape, its values, and that nothing is null without being named in `missing`. */
#include "record.h"

#include "assembler.h"
#include "synth.h"
#include "unit.h"

static unsigned int walked;

/* ---- the table itself ---- */

static void shape(void)
{
	static const char *const types[] = { "string", "integer", "boolean", "array", "object" };
	unsigned int i, j, known;

	for (i = 0; i < record_nr_fields; i++) {
		const struct field *f = &record_fields[i];

		for (known = 0, j = 0; j < sizeof(types) / sizeof(types[0]); j++)
			known += !strcmp(f->type, types[j]);
		CHECK_U64(known, 1);
		CHECK(f->get && f->unit && *f->help && *f->title);
		CHECK(record__field(f->key) == f);
		CHECK(!f->nr_items == !f->items);
		CHECK(!f->items || f->item);
	}
	CHECK(!record__field("process.nothing"));
	CHECK_STR(record_fields[0].key, "schema");
	CHECK_STR(record_fields[3].key, "id");
}

/* "a.b" of key k, as long as `dots` components. */
static size_t head(const char *k, unsigned int dots)
{
	size_t n = 0;

	while (k[n] && (k[n] != '.' || --dots))
		n++;
	return n;
}

/* A writer that opens and closes objects as keys come must never open the same one twice. */
static void groups_are_neighbours(void)
{
	unsigned int i, j, dots;

	for (dots = 1; dots < 4; dots++) {
		for (i = 2; i < record_nr_fields; i++) {
			const char *k = record_fields[i].key, *last = record_fields[i - 1].key;
			size_t n = head(k, dots);

			if (head(last, dots) == n && !strncmp(k, last, n))
				continue;
			for (j = 0; j + 1 < i; j++)
				CHECK(head(record_fields[j].key, dots) != n ||
				      strncmp(record_fields[j].key, k, n));
		}
	}
}

/* ---- null if and only if missing ---- */

static bool null_means_no(const char *key)
{
	return !strcmp(key, "exit.code") || !strcmp(key, "exit.signal") || !strcmp(key, "exit.signal_name") ||
	       !strcmp(key, "reap.reparented_to");
}

static bool kind_fits(const struct field *f, enum value_kind kind)
{
	switch (kind) {
	case V_ABSENT:
	case V_NULL:
		return true;
	case V_BOOL:
		return !strcmp(f->type, "boolean");
	case V_U64:
	case V_I64:
	case V_NS:
	case V_BYTES:
		return !strcmp(f->type, "integer");
	case V_TIME:
	case V_HEX:
	case V_DEC:
	case V_STR:
	case V_TEXT:
	case V_ID:
		return !strcmp(f->type, "string");
	case V_TEXTS:
	case V_LIST:
	case V_KEYS:
		return !strcmp(f->type, "array");
	case V_WHY:
		return !strcmp(f->type, "object");
	}
	return false;
}

static bool below_null_group(const struct record *r, const char *key)
{
	unsigned int i;

	for (i = 0; i < r->nr_missing; i++) {
		size_t n = strlen(r->missing[i].key);

		if (!strncmp(key, r->missing[i].key, n) && key[n] == '.')
			return true;
	}
	return false;
}

static void check_field(const struct record *r, const struct field *f)
{
	struct value v = f->get(r, r);
	const bool missing = record__is_missing(r, f->key);

	if (!kind_fits(f, v.kind))
		unit__fail(__FILE__, __LINE__, "%s: kind %d for type %s", f->key, v.kind, f->type);
	if (v.kind == V_NULL && !missing && !null_means_no(f->key))
		unit__fail(__FILE__, __LINE__, "%s is null and not missing", f->key);
	if (missing && v.kind != V_NULL && !(v.kind == V_ABSENT && below_null_group(r, f->key)))
		unit__fail(__FILE__, __LINE__, "%s is missing and not null", f->key);
	if ((v.kind == V_TEXT || v.kind == V_TEXTS) && v.text.len && !v.text.bytes)
		unit__fail(__FILE__, __LINE__, "%s has no bytes", f->key);
}

static void check_list(const struct record *r, const struct field *f)
{
	struct value v = f->get(r, r);
	unsigned int i, j;

	if (v.kind != V_LIST && v.kind != V_KEYS)
		return;
	CHECK(!f->item(r, v.n));
	for (i = 0; i < v.n; i++) {
		const void *obj = f->item(r, i);

		CHECK(obj);
		if (v.kind == V_KEYS)
			CHECK(record__field(obj));
		for (j = 0; obj && j < f->nr_items; j++)
			CHECK(kind_fits(&f->items[j], f->items[j].get(obj, r).kind));
	}
}

static void walk(void *ctx, const struct record *r)
{
	unsigned int i;

	(void)ctx;
	walked++;
	for (i = 0; i < record_nr_fields; i++) {
		check_field(r, &record_fields[i]);
		check_list(r, &record_fields[i]);
	}
	CHECK(r->nr_missing < RECORD_MISSING_MAX);
}

/* ---- many synthetic lives, through the assembler ---- */

static uint64_t rng = 88172645463325252ULL;

static unsigned int any(unsigned int n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 33) % n;
}

static void feed(struct assembler *a, const void *msg)
{
	CHECK_I64(assembler__feed(a, msg, ((const struct et_header *)msg)->size), 0);
}

static struct et_peer any_peer(void)
{
	struct et_peer p = synth_peer(any(4) ? any(500) : 1, any(8) ? "peer" : "");

	if (!any(6))
		p.tid = 0;
	if (!any(8))
		p.id.tgid = 0;
	p.flags = any(16);
	return p;
}

static struct et_signal any_signal(int signo)
{
	struct et_signal s = synth_signal(signo, any_peer());

	s.time_ns -= any(1000) * MS;
	s.first_ns = s.time_ns;
	s.info = any(3);
	s.code = (int)any(16) - 8;
	s.flags = any(64);
	s.result = any(5);
	s.disposition = any(3);
	s.ip = any(2);
	s.by_parent = any_peer();
	return s;
}

static void add_signals(struct synth_death *m)
{
	struct et_signals *s = synth_signals(m, any(2));
	const int stops[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	unsigned int i;

	if (any(3))
		s->fatal = any_signal(m->d.status & 0x3f ? m->d.status & 0x3f : 1 + any(31));
	s->killer_exe_len = any(2) ? 4 : 0;
	memcpy(s->killer_exe, "x\0y", 4);
	s->killer_exe_cut = any(2);
	for (i = 0; (m->d.flags & ET_D_STOPS) && i < ET_SLOTS; i++)
		if (any(2))
			s->stop[i] = any_signal(stops[i]);
}

static struct synth_death any_death(unsigned int pid)
{
	struct synth_death m = synth_death(pid);

	m.d.flags = any(512) & ~(any(4) ? ET_D_AUTOREAP : 0) & ~(any(4) ? ET_D_SNAPSHOT : 0);
	m.d.seen = any(512);
	m.d.cut = any(4);
	m.d.status = any(2) ? (int)any(256) << 8 : (int)(1 + any(127)) | (any(2) ? 0x80 : 0);
	m.d.exit_signal = any(3) ? SIGCHLD : 0;
	m.d.ns_level = any(6);
	m.d.cgroup_id = any(3);
	m.d.parent = any_peer();
	m.d.tracer = any_peer();
	if (!any(4))
		m.d.id.start_ns = ATTACH - 1;
	if (!any(6))
		m.d.exit_ns = 0;
	if (any(2))
		synth_exe(&m, "worker\0bin\0usr", 15);
	if (any(2))
		add_signals(&m);
	return m;
}

static void feed_life(struct assembler *a, unsigned int pid)
{
	struct synth_death m = any_death(pid);
	struct et_reap p = synth_reap(&m.d, any(2) ? m.d.parent : any_peer(), any(100) * MS);
	struct et_args args = { .h = { ET_ARGS, sizeof(args) }, .id = m.d.id, .len = 4, .total = 4 + any(2) };

	if (any(2))
		feed(a, &args);
	feed(a, &m);
	p.kind = any(2) ? ET_REAP_RELEASED : ET_REAP_FREED;
	if (p.kind == ET_REAP_FREED)
		memset(&p.by, 0, sizeof(p.by));
	if (!any(3))
		memset(&p.parent, 0, sizeof(p.parent));
	else if (!any(3))
		p.parent = any_peer().id;
	if (any(4))
		feed(a, &p);
}

static void null_means_missing(void)
{
	struct assembler_options o = { .zombie_after_ns = SEC, .max_waiting = 64 };
	struct et_clock c = { .h = { ET_CLOCK, sizeof(c) }, .real_ns = REAL_OFFSET };
	struct et_cgroup g = { .h = { ET_CGROUP, sizeof(g) }, .id = 1, .len = 13, .path = "x.service\0sys" };
	unsigned int run, i;

	for (run = 0; run < 40; run++) {
		struct assembler *a = assembler__new(&o, walk, NULL);
		struct et_start s = synth_start();

		for (i = 0; i < ET_OBS_COUNT; i++)
			s.doors[i] = any(3) ? ET_DOOR_FENTRY : ET_DOOR_NONE;
		feed(a, &s);
		g.cut = any(2);
		feed(a, &g);
		for (i = 0; i < 200; i++) {
			feed_life(a, 3 + any(600));
			c.boot_ns = ATTACH + (run * 200 + i) * 100 * MS;
			feed(a, &c);
		}
		c.h.kind = ET_END;
		feed(a, &c);
		c.h.kind = ET_CLOCK;
		CHECK_U64(assembler__totals(a).deaths, assembler__totals(a).records);
		assembler__free(a);
	}
	CHECK(walked > 40 * 200 / 2);
}

/* ---- values ---- */

static struct et_start start;
static struct synth_death m;
static struct record r;

static struct value value(const char *key)
{
	const struct field *f = record__field(key);

	if (!f) {
		unit__fail(__FILE__, __LINE__, "no field %s", key);
		return (struct value){ .kind = V_ABSENT };
	}
	return f->get(&r, &r);
}

static void fresh(void)
{
	start = synth_start();
	m = synth_death(4242);
	r = (struct record){ .start = &start, .death = &m.d, .from_start = true };
	r.real_offset_ns = REAL_OFFSET;
}

static void times(void)
{
	fresh();
	CHECK_U64(value("time").u, 112 * SEC + REAL_OFFSET);
	CHECK_U64(value("process.start_time").u, 110 * SEC + REAL_OFFSET);
	CHECK_U64(value("process.age_ns").u, 2 * SEC);
	m.d.seen &= ~ET_SEEN_DEAD;
	CHECK_U64(value("time").u, 112 * SEC - MS + REAL_OFFSET);
	r.type = RECORD_ZOMBIE;
	r.now_ns = 150 * SEC;
	CHECK_U64(value("time").u, 150 * SEC + REAL_OFFSET);
	m.d.exit_ns = 0;
	record__note_unseen(&r);
	CHECK(value("process.age_ns").kind == V_NULL);
	CHECK(value("time").kind == V_TIME);
	r.type = RECORD_DEATH;
	record__note_unseen(&r);
	CHECK(value("time").kind == V_NULL);
}

static void exit_dialects(void)
{
	int status;

	fresh();
	for (status = 0; status < 0x10000; status++) {
		const int signo = status & 0x7f;

		if (signo > 64 || (signo && status > 0xff))
			continue;
		m.d.status = status;
		CHECK_I64(value("exit.raw").i, status);
		CHECK(value("exit.code").kind == (signo ? V_NULL : V_U64));
		CHECK(value("exit.signal").kind == (signo ? V_U64 : V_NULL));
		CHECK(value("exit.core_dumped").b == !!(status & 0x80));
		CHECK_I64(value("exit.shell").i, signo ? 128 + signo : status >> 8);
		if (signo)
			CHECK_U64(value("exit.signal").u, signo);
		else
			CHECK_U64(value("exit.code").u, status >> 8);
	}
}

static void cpu_time_scales_to_runtime(void)
{
	fresh();
	CHECK_U64(value("resources.user_ns").u, 33 * MS);
	CHECK_U64(value("resources.sys_ns").u, 11 * MS);
	m.d.res.stime_ns = 0;
	CHECK_U64(value("resources.user_ns").u, 44 * MS);
	CHECK_U64(value("resources.sys_ns").u, 0);
	m.d.res.stime_ns = 10 * MS;
	m.d.res.utime_ns = 0;
	CHECK_U64(value("resources.user_ns").u, 0);
	CHECK_U64(value("resources.sys_ns").u, 44 * MS);
	/* 100 years on 1,000 processors: the product needs 128 bits */
	m.d.res.utime_ns = 3ULL << 60;
	m.d.res.stime_ns = 1ULL << 60;
	m.d.res.runtime_ns = 1ULL << 62;
	CHECK_U64(value("resources.sys_ns").u, 1ULL << 60);
	m.d.res = (struct et_resources){ .runtime_ns = 5 };
	CHECK_U64(value("resources.user_ns").u + value("resources.sys_ns").u, 5);
	m.d.res.max_rss_pages = 3;
	CHECK_U64(value("resources.max_rss_bytes").u, 3 * 4096);
}

static void check_tty(const char *kernel, const char *people)
{
	fresh();
	memset(m.d.tty, 0, sizeof(m.d.tty));
	memcpy(m.d.tty, kernel, strlen(kernel));
	record__note_unseen(&r);
	CHECK_STR(r.tty, people);
	CHECK(value("process.tty").kind == (*people ? V_TEXT : V_ABSENT));
}

static void ttys(void)
{
	check_tty("pts3", "pts/3");
	check_tty("pts1048575", "pts/1048575");
	check_tty("pts1234567890123", "pts/1234567890123"); /* all 16 bytes */
	check_tty("tty1", "tty1");
	check_tty("ttyS0", "ttyS0");
	check_tty("ptsx", "ptsx");
	check_tty("pts", "pts");
	check_tty("", "");
}

static void namespaces(void)
{
	fresh();
	m.d.ns_pids[2] = 17;
	m.d.ns_level = 2;
	CHECK_U64(value("process.ns_pid").u, 17);
	m.d.ns_level = ET_PID_LEVELS;
	record__note_unseen(&r);
	CHECK(value("process.ns_pid").kind == V_NULL);
}

static void missing_names_groups(void)
{
	fresh();
	record__add_missing(&r, "cause.by", WHY_TIER);
	CHECK(record__is_missing(&r, "cause.by"));
	CHECK(record__is_missing(&r, "cause.by.pid"));
	CHECK(!record__is_missing(&r, "cause.bystander"));
	CHECK(!record__is_missing(&r, "cause"));
	record__add_missing(&r, "cause.by.pid", WHY_LOST);
	CHECK_U64(r.nr_missing, 1);
	CHECK(value("cause.by").kind == V_NULL);
	CHECK_U64(value("missing").n, 1);
	CHECK(value("missing_why").kind == V_WHY);
	r.nr_missing = 0;
	CHECK(value("missing_why").kind == V_ABSENT);
}

static void unseen_groups_are_missing(void)
{
	static const char *const keys[] = { "process.executable.path", "process.threads", "process.tty",
					    "process.cgroup", "process.container", "process.args", "parent",
					    "resources" };
	size_t i;

	fresh();
	m.d.seen = ET_SEEN_ARGS;
	m.d.parent.id.tgid = 0;
	record__note_unseen(&r);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (value(keys[i]).kind != V_NULL)
			unit__fail(__FILE__, __LINE__, "%s is not null", keys[i]);
	CHECK_U64(value("missing").n, i);
	fresh();
	m.d.id.tgid = 1;
	m.d.parent.id.tgid = 0; /* init has no parent: nothing is missing */
	m.d.flags |= ET_D_KTHREAD;
	m.d.seen |= ET_SEEN_CGROUP;
	r.cgroup = text__str("/");
	record__note_unseen(&r);
	CHECK_U64(value("missing").n, 0);
	CHECK(value("parent").kind == V_ABSENT && value("parent.pid").kind == V_ABSENT);
}

static void truncations(void)
{
	fresh();
	CHECK_U64(value("truncated").n, 0);
	r.exe = text__str(".../x");
	m.d.cut = ET_CUT_EXE;
	r.args_cut = true;
	CHECK_U64(value("truncated").n, 2);
	CHECK_STR(record__field("truncated")->item(&r, 0), "process.executable.path");
	CHECK_STR(record__field("truncated")->item(&r, 1), "process.args");
	CHECK(!record__field("truncated")->item(&r, 2));
}

static void peers(void)
{
	struct et_peer p = synth_peer(412, "a\tb");
	char name[16];

	record__name_peer(name, sizeof(name), &p);
	CHECK_STR(name, "a\\tb[412]");
	memset(p.comm, 0, sizeof(p.comm));
	record__name_peer(name, sizeof(name), &p);
	CHECK_STR(name, "[412]");
}

int main(void)
{
	UNIT(shape);
	UNIT(groups_are_neighbours);
	UNIT(null_means_missing);
	UNIT(times);
	UNIT(exit_dialects);
	UNIT(cpu_time_scales_to_runtime);
	UNIT(ttys);
	UNIT(namespaces);
	UNIT(missing_names_groups);
	UNIT(unseen_groups_are_missing);
	UNIT(truncations);
	UNIT(peers);
	return unit__end();
}
