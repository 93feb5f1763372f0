/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The field table: its shape, its values, and that nothing is null without being named in `missing`. */
#include "json_record.h"
#include "names.h"
#include "record.h"
#include "schema.h"

#include "assembler.h"
#include "cause.h"
#include "coredump.h"
#include "phases.h"
#include "synth.h"
#include "unit.h"

static unsigned int walked, seen_classes, seen_types;

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
		size_t n = strlen(record__missing_key(r, i));

		if (!strncmp(key, record__missing_key(r, i), n) && key[n] == '.')
			return true;
	}
	return false;
}

static unsigned int in_of(const struct record *r)
{
	switch (r->type) {
	case RECORD_DEATH:
	case RECORD_ZOMBIE:
		return IN_DEATH;
	case RECORD_DYING:
		return IN_DYING;
	case RECORD_THREAD:
	case RECORD_WARNING:
		return IN_THREAD;
	}
	return 0;
}

static void check_field(const struct record *r, const struct field *f)
{
	struct value v = record__value(f, r);
	const bool missing = record__is_missing(r, (unsigned int)(f - record_fields));

	if (!(f->in & in_of(r)))
		CHECK(v.kind == V_ABSENT);
	if (!kind_fits(f, v.kind))
		unit__fail(__FILE__, __LINE__, "%s: kind %d for type %s", f->key, v.kind, f->type);
	if (!schema__allows(f, v.kind))
		unit__fail(__FILE__, __LINE__, "%s: kind %d is not in the schema", f->key, v.kind);
	if (v.kind == V_NULL && !missing && !null_means_no(f->key))
		unit__fail(__FILE__, __LINE__, "%s is null and not missing", f->key);
	if (missing && v.kind != V_NULL && !(v.kind == V_ABSENT && below_null_group(r, f->key)))
		unit__fail(__FILE__, __LINE__, "%s is missing and not null", f->key);
	if ((v.kind == V_TEXT || v.kind == V_TEXTS) && v.text.len && !v.text.bytes)
		unit__fail(__FILE__, __LINE__, "%s has no bytes", f->key);
}

static void check_list(const struct record *r, const struct field *f)
{
	struct value v = record__value(f, r);
	unsigned int i, j;

	if (v.kind != V_LIST && v.kind != V_KEYS)
		return;
	CHECK(!f->item(r, v.n));
	for (i = 0; i < v.n; i++) {
		const void *obj = f->item(r, i);

		CHECK(obj);
		if (v.kind == V_KEYS) {
			CHECK(record__field(obj));
			CHECK(record__field(obj)->in & in_of(r));
		}
		for (j = 0; obj && j < f->nr_items; j++) {
			const enum value_kind kind = f->items[j].get(obj, r).kind;

			CHECK(kind_fits(&f->items[j], kind));
			CHECK(schema__allows(&f->items[j], kind));
		}
	}
}

/* ---- a line of JSON against the table ---- */

static struct json_record *json;
static struct buf line;

static const char *skip_string(const char *p)
{
	for (p++; *p != '"'; p++)
		p += *p == '\\';
	return p + 1;
}

/* A value that has no fields of its own in it. */
static const char *skip_value(const char *p)
{
	int depth = 0;

	for (;; p++) {
		if (*p == '"')
			p = skip_string(p);
		if (!depth && (*p == ',' || *p == '}'))
			return p;
		depth += (*p == '[' || *p == '{') - (*p == ']' || *p == '}');
	}
}

/* The keys of all values at p, an object, each with a space: "process.pid process.comm ". */
static const char *flatten(const char *p, const char *path, char *keys)
{
	char key[128];

	while (*p++ != '}') {
		const char *name = p + 1;

		p = skip_string(p);
		snprintf(key, sizeof(key), "%s%s%.*s", path, *path ? "." : "", (int)(p - 1 - name), name);
		CHECK(*p++ == ':');
		if (*p == '{' && strcmp(key, "missing_why")) {
			p = flatten(p, key, keys);
		} else {
			if (!strstr(key, "_b64"))
				strcat(strcat(keys, key), " ");
			p = skip_value(p);
		}
	}
	return p;
}

static bool is_args(const char *key)
{
	return !strcmp(key, "process.args") || !strcmp(key, "cause.by.args");
}

/* It has all that is not absent, in the order of the table. */
static void check_json(const struct record *r)
{
	static char got[16384], want[16384];
	unsigned int i;

	buf__reset(&line);
	json_record__put(json, &line, r);
	buf__char(&line, '\0');
	got[0] = want[0] = '\0';
	CHECK_STR(flatten(line.data, "", got), "\n");
	for (i = 0; i < record_nr_fields; i++)
		if (record__value(&record_fields[i], r).kind != V_ABSENT && !is_args(record_fields[i].key))
			strcat(strcat(want, record_fields[i].key), " ");
	CHECK_STR(got, want);
}

static void walk(void *ctx, const struct record *r)
{
	unsigned int i;

	(void)ctx;
	check_json(r);
	walked++;
	seen_classes |= 1u << r->cause.class;
	seen_types |= 1u << r->type;
	CHECK(strlen(r->cause.text) + 1 < RECORD_CAUSE_TEXT);
	for (i = 0; i < record_nr_fields; i++) {
		check_field(r, &record_fields[i]);
		check_list(r, &record_fields[i]);
	}
	CHECK(r->nr_missing < RECORD_MISSING_MAX);
}

static const char *json_of(const struct record *r)
{
	buf__reset(&line);
	json_record__put(json, &line, r);
	buf__char(&line, '\0');
	return line.data;
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
	static const char *const names[] = { "peer", "systemd", "runc", "" };
	struct et_peer p = synth_peer(any(4) ? any(500) : 1, names[any(4)]);

	if (!any(6))
		p.tid = 0;
	if (!any(8))
		p.id.tgid = 0;
	p.flags = any(32);
	return p;
}

static struct et_signal any_signal(int signo)
{
	struct et_signal s = synth_signal(signo, any_peer());

	s.time_ns -= any(1000) * MS;
	s.first_ns = s.time_ns;
	s.info = any(3);
	s.code = (int)any(16) - 8;
	s.flags = any(1 << 16) & (any(2) ? UINT32_MAX : 63);
	s.result = any(5);
	s.disposition = any(3);
	s.ip = any(2);
	s.by_parent = any_peer();
	return s;
}

static void any_killer(struct et_killer *k)
{
	k->blast_ns = any(2) ? 111 * SEC : 0;
	k->cgroup_id = any(4);
	k->cgroup_killed = any(4);
	k->syscall = (int)any(500) - 1;
	k->arch = any(2) ? 0xc000003e : any(3);
	k->seen = any(4);
	k->grandparent = any_peer();
	memcpy(k->tty, any(2) ? "pts7" : "\0\0\0", 4);
}

static void add_signals(struct synth_death *m)
{
	struct et_signals *s = synth_signals(m, any(2));
	const int stops[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	unsigned int i;

	if (any(3))
		s->fatal = any_signal(m->d.status & 0x3f ? m->d.status & 0x3f : 1 + any(31));
	s->killer.exe_len = any(2) ? 4 : 0;
	memcpy(s->killer.exe, "x\0y", 4);
	s->killer.exe_cut = any(2);
	any_killer(&s->killer);
	for (i = 0; (m->d.flags & ET_D_STOPS) && i < ET_SLOTS; i++)
		if (any(2))
			s->stop[i] = any_signal(stops[i]);
}

static struct et_marks any_marks(void)
{
	uint64_t marks[sizeof(struct et_marks) / 8];
	struct et_marks all;
	unsigned int i;

	for (i = 0; i < sizeof(marks) / 8; i++)
		marks[i] = any(4) ? 112 * SEC - any(2 * MS) : 0;
	memcpy(&all, marks, sizeof(all));
	return all;
}

static void any_way_out(struct et_death *d)
{
	if (any(2))
		d->marks = any_marks();
	if (!any(8))
		memset(&d->marks, 0, sizeof(d->marks));
	d->files.open = any(4);
	d->files.closed = any(4);
	d->files.users = 1 + any(2);
	d->files.flushed = any(3);
	d->files.errors = any(3);
	d->files.slowest_ns = any(2) ? 2 * MS : 5;
	d->core.flags = any(8);
	d->core.target = any(4);
	d->core.limit = any(2) ? UINT64_MAX : any(5000);
	d->core.dumpable = any(3);
	d->mm_users = any(4);
	d->adopted = any(3);
	d->hung_up = any(3);
	d->adopter = any_peer();
	d->leader_ns = any(3) ? 0 : 111 * SEC;
	d->last_tid = any(2) ? d->id.tgid : 7;
	d->threads = 1 + any(3);
}

static void feed_files(struct assembler *a, const struct et_death *d)
{
	static const char *const fs[] = { "ext4", "pipefs", "anon_inodefs", "" };

	while (any(3)) {
		struct et_file f = synth_file(&d->id, 1 + any(4), fs[any(4)], "x\0y", 4);

		f.flags = any(8);
		f.fd = (int)any(3) - 1;
		f.error = f.what == ET_FILE_FLUSH_ERROR ? -28 : 0;
		feed(a, &f);
	}
}

/* Of processes whose death has not come, or has. */
static void feed_dying(struct assembler *a, unsigned int pid)
{
	struct et_dying d = synth_dying(pid, any(ET_PHASE_COUNT));

	d.e.id.start_ns -= any(2) ? 7 * SEC : 0;
	d.e.signo = any(3) ? any(65) : 0;
	d.e.info = any(3);
	d.e.code = (int)any(16) - 8;
	d.e.threads = any(3);
	d.e.by = any_peer();
	feed(a, &d);
}

static uint64_t any_limit(void)
{
	return any(2) ? UINT64_MAX : any(3);
}

static void any_limits(struct et_death *d)
{
	d->cpu_soft = any_limit();
	d->cpu_hard = any_limit();
	d->rt_soft = any_limit();
	d->rt_hard = any_limit();
	d->res.utime_ns = any(3) * SEC;
}

static int any_status(void)
{
	if (any(3))
		return any(3) ? (int)(1 + any(any(4) ? 31 : 127)) | (any(2) ? 0x80 : 0) : SIGKILL;
	return (int)any(256) << 8;
}

static struct synth_death any_death(unsigned int pid)
{
	struct synth_death m = synth_death(pid);

	m.d.flags = any(1 << 15) & ~(any(4) ? ET_D_AUTOREAP : 0) & ~(any(4) ? ET_D_SNAPSHOT : 0) &
		    ~(any(4) ? ET_D_LATE : 0) & ~(ET_D_FATAL | ET_D_STOPS);
	m.d.seen = any(1 << 17) | (any(2) ? ET_SEEN_TABLE | ET_SEEN_DEAD : 0);
	m.d.cut = any(4);
	m.d.seccomp = any(4);
	m.d.refused = any(400);
	m.d.refused_arch = any(2);
	any_limits(&m.d);
	m.d.status = any_status();
	m.d.exit_signal = any(3) ? SIGCHLD : 0;
	m.d.ns_level = any(6);
	m.d.cgroup_id = any(3);
	m.d.parent = any_peer();
	m.d.tracer = any_peer();
	any_way_out(&m.d);
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

static void feed_oom(struct assembler *a, const struct et_id *id)
{
	struct et_oom o = synth_oom(id, any(1 << 10));

	o.memcg_id = any(3);
	o.trigger = any_peer();
	if (any(2))
		feed(a, &o);
}

static void feed_threads(struct assembler *a, const struct et_id *id)
{
	static const int statuses[] = { 0, 3 << 8, SIGKILL, 31, SIGSEGV };
	struct et_thread t;

	while (any(2)) {
		t = synth_thread(id, 1 + any(100), statuses[any(5)], any(64));
		t.seccomp = any(4);
		t.refused = any(500);
		t.threads = any(3);
		feed(a, &t);
	}
}

static void feed_life(struct assembler *a, unsigned int pid)
{
	struct synth_death m = any_death(pid);
	struct et_reap p = synth_reap(&m.d, any(2) ? m.d.parent : any_peer(), any(100) * MS);
	struct et_args args = { .h = { ET_ARGS, sizeof(args) }, .id = m.d.id, .len = 4, .total = 4 + any(2) };

	if (any(2))
		feed(a, &args);
	feed_files(a, &m.d);
	feed_oom(a, &m.d.id);
	feed_threads(a, &m.d.id);
	feed_dying(a, pid);
	feed(a, &m);
	p.kind = any(2) ? ET_REAP_RELEASED : ET_REAP_FREED;
	if (p.kind == ET_REAP_FREED)
		memset(&p.by, 0, sizeof(p.by));
	if (!any(3))
		memset(&p.parent, 0, sizeof(p.parent));
	else if (!any(3))
		p.parent = any_peer();
	if (any(4))
		feed(a, &p);
}

static void null_means_missing(void)
{
	struct assembler_options o = { .zombie_after_ns = SEC, .max_waiting = 64 };
	struct et_clock c = { .h = { ET_CLOCK, sizeof(c) }, .real_ns = REAL_OFFSET };
	struct et_cgroup g = { .h = { ET_CGROUP, sizeof(g) }, .id = 1, .len = 13, .path = "x.service\0sys" };
	static const char *const targets[] = { "", "core", "/var/core/%p", "|/bin/x", "@/run/x" };
	unsigned int run, i;

	for (run = 0; run < 40; run++) {
		struct assembler *a = assembler__new(&o, walk, NULL);
		struct et_start s = synth_start();

		for (i = 0; i < ET_OBS_COUNT; i++)
			s.doors[i] = any(3) ? ET_DOOR_FENTRY : any(2) ? ET_DOOR_NONE : ET_DOOR_TRACEPOINT;
		s.flags = any(2) ? ET_START_ARGS : 0;
		feed(a, &s);
		if (any(2)) {
			struct et_pattern p = synth_pattern(targets[any(5)]);

			feed(a, &p);
		}
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
	CHECK_U64(seen_classes, (1u << CAUSE_COUNT) - 1); /* each of them came up */
	CHECK_U64(seen_types, (1u << (RECORD_WARNING + 1)) - 1);
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
	return record__value(f, &r);
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
	m.d.flags |= ET_D_SNAPSHOT;
	record__note_unseen(&r);
	CHECK(value("process.age_ns").kind != V_NULL); /* its exit was seen */
	m.d.last_tid = 0;
	record__note_unseen(&r);
	CHECK(value("process.age_ns").kind == V_NULL && value("time").kind == V_TIME);
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

static const char *const numbers[] = {
#define FIELD(in_, id, key_, type_, unit_, help_, title_, expr) #id,
#include "fields.h"
};

/* FIELD_cause_by_pid is the row of "cause.by.pid". */
static void numbers_are_keys(void)
{
	unsigned int i, j;

	CHECK_U64(record_nr_fields, RECORD_NR_FIELDS);
	for (i = 0; i < record_nr_fields; i++) {
		const char *key = record_fields[i].key;

		CHECK_U64(strlen(numbers[i]), strlen(key));
		for (j = 0; key[j]; j++)
			CHECK(numbers[i][j] == (key[j] == '.' ? '_' : key[j]));
		CHECK(record_fields[i].group == !strcmp(record_fields[i].type, "object"));
		CHECK(record__field(key) == &record_fields[i]);
	}
}

static bool is_in(const char *key, const char *group)
{
	size_t n = strlen(group);

	return !strncmp(key, group, n) && (!key[n] || key[n] == '.');
}

/* Of each row alone: it, all in it, and nothing else. */
static void missing_as_bits(void)
{
	unsigned int i, j;

	for (i = 0; i < record_nr_fields; i++) {
		fresh();
		record__clear_missing(&r);
		record__add_missing(&r, i, WHY_GONE);
		CHECK_U64(r.nr_missing, 1);
		CHECK_STR(record__missing_key(&r, 0), record_fields[i].key);
		CHECK(!record__missing_key(&r, 1));
		for (j = 0; j < record_nr_fields; j++)
			CHECK(record__is_missing(&r, j) == is_in(record_fields[j].key, record_fields[i].key));
	}
	for (i = record_nr_fields; i--;) /* members before their groups */
		record__add_missing(&r, i, WHY_GONE);
	CHECK_U64(r.nr_missing, RECORD_MISSING_MAX);
	record__clear_missing(&r);
	CHECK(!record__is_missing(&r, FIELD_truncated));
}

/* What is missing is kept as text for the next record: not for one with other reasons, or another order. */
static void ready_missing(void)
{
	static const enum record_field fields[] = { FIELD_oom, FIELD_phases_mm_ns, FIELD_process_tty };
	unsigned int round, i;
	char want[256];

	for (round = 0; round < 60; round++) {
		size_t n = 0;

		fresh();
		record__clear_missing(&r);
		for (i = 0; i < 3; i++) {
			const enum record_field f = fields[(i + round) % 3];
			const enum missing_why why = (round / 6 + i) % 8;

			record__add_missing(&r, f, why);
			n += snprintf(want + n, sizeof(want) - n, "%s\"%s\":\"%s\"", i ? "," : "\"missing_why\":{",
				      record_fields[f].key, names__why(why));
		}
		CHECK(strstr(json_of(&r), want));
	}
	fresh();
	record__clear_missing(&r);
	CHECK(strstr(json_of(&r), "\"missing\":[],\"truncated\":[]"));
}

/* So many that they are not kept. */
static void much_missing(void)
{
	unsigned int i;

	fresh();
	record__clear_missing(&r);
	for (i = record_nr_fields; i--;)
		record__add_missing(&r, i, WHY_SKIPPED);
	check_json(&r);
	check_json(&r);
}

/* And ids: of those with the same place, and with the same pid, each is its own. */
static void known_ids(void)
{
	unsigned int i, round;
	char want[160];

	json_record__boot_id(json, "01-23");
	for (round = 0; round < 50; round++) {
		fresh();
		m.d.id.tgid = 4242 + round % 3 * 8;
		m.d.id.start_ns = 5 + round % 2;
		m.d.parent.id.tgid = 4242 + round % 5 * 8;
		for (i = 0; i < 2; i++) {
			snprintf(want, sizeof(want), "\"id\":\"01-23:%u:%llu\",\"process\"", m.d.id.tgid,
				 (unsigned long long)m.d.id.start_ns);
			CHECK(strstr(json_of(&r), want));
			snprintf(want, sizeof(want), "\"parent\":{\"id\":\"01-23:%u:%llu\"", m.d.parent.id.tgid,
				 (unsigned long long)m.d.parent.id.start_ns);
			CHECK(strstr(json_of(&r), want));
		}
	}
	json_record__boot_id(json, "other");
	CHECK(strstr(json_of(&r), "\"id\":\"other:4"));
	json_record__boot_id(json, "");
}

/* The date and time of a second are kept, too. */
static void ready_seconds(void)
{
	static const unsigned int steps[] = { 0, 8, 16, 0, 8, 1, 86400, 8, 7, 1000000000, 8 };
	struct buf want = { 0 };
	unsigned int i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		fresh();
		m.d.dead_ns = (200 + (uint64_t)steps[i]) * SEC + 5;
		buf__reset(&want);
		buf__str(&want, ",\"time\":\"");
		output__put_rfc3339(&want, m.d.dead_ns + REAL_OFFSET);
		buf__char(&want, '\0');
		CHECK(strstr(json_of(&r), want.data));
	}
	buf__free(&want);
}

static void missing_names_groups(void)
{
	fresh();
	record__add_missing(&r, FIELD_cause_by, WHY_TIER);
	CHECK(record__is_missing(&r, FIELD_cause_by));
	CHECK(record__is_missing(&r, FIELD_cause_by_pid));
	CHECK(record__is_missing(&r, FIELD_cause_by_grandparent_comm));
	CHECK(!record__is_missing(&r, FIELD_cause_because_of)); /* the next row, and no member */
	CHECK(!record__is_missing(&r, FIELD_cause_text));
	record__add_missing(&r, FIELD_cause_by_pid, WHY_LOST);
	CHECK_U64(r.nr_missing, 1);
	CHECK(value("cause.by").kind == V_NULL);
	CHECK_U64(value("missing").n, 1);
	CHECK(value("missing_why").kind == V_WHY);
	record__clear_missing(&r);
	CHECK(value("missing_why").kind == V_ABSENT);
}

static void unseen_groups_are_missing(void)
{
	static const char *const keys[] = { "process.executable.path", "process.threads", "process.tty",
					    "process.cgroup", "process.container", "process.args", "parent",
					    "resources", "files", "children" };
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
	m.d.seen |= ET_SEEN_CGROUP;
	r.exe = text__str("/sbin/init");
	r.cgroup = text__str("/");
	record__note_unseen(&r);
	CHECK_U64(value("missing").n, 0);
	CHECK(value("parent").kind == V_ABSENT && value("parent.pid").kind == V_ABSENT);
}

/* ---- the way out ---- */

/* What is missing, without what a test of the way out does not care for. */
static const char *missing(void)
{
	static char keys[2048];
	size_t n = 0;
	unsigned int i;

	keys[0] = '\0';
	r.exe = text__str("/bin/worker");
	r.cgroup = text__str("/");
	m.d.seen |= ET_SEEN_CGROUP;
	record__clear_missing(&r);
	record__note_unseen(&r);
	phases__conclude(&r);
	coredump__conclude(&r);
	for (i = 0; i < r.nr_missing; i++)
		n += snprintf(keys + n, sizeof(keys) - n, "%s%s", i ? " " : "", record__missing_key(&r, i));
	return keys;
}

static struct noted_file noted[3];

static void note_file(unsigned int i, enum et_file_what what, uint64_t ns, bool known)
{
	noted[i] = (struct noted_file){ .what = what, .fd = 7, .ns = ns, .known = known, .fs = text__str("nfs4"),
					.path = text__str("/mnt/log"), .errno_name = "ENOSPC", .error = 28 };
	r.files = noted;
	r.nr_files = i + 1;
}

static void hooked_files(void)
{
	fresh();
	CHECK_STR(missing(), "");
	CHECK_U64(value("files.closed").u, 3);
	CHECK(value("files.shared").kind == V_ABSENT);
	CHECK_U64(value("files.flushed").u, 0);
	CHECK_U64(value("files.close_ns").u, 60 * US);
	CHECK_U64(value("files.slowest.ns").u, 30 * US);
	CHECK(value("files.slowest.path").kind == V_ABSENT); /* not slow */
	CHECK(value("files.slowest_release.ns").kind == V_ABSENT);
	CHECK(value("files.flush_error_count").kind == V_U64 && value("files.flush_errors").kind == V_ABSENT);
	m.d.files.closed = 2; /* one was not seen: what it would have told is not known */
	CHECK_STR(missing(), "files.close_ns files.slowest files.flushed files.flush_ns "
		  "files.flush_error_count files.flush_errors");
	CHECK(r.missing[0].why == WHY_SKIPPED);
	CHECK_U64(value("files.closed").u, 3);
	CHECK(value("files.slowest").kind == V_NULL && value("files.slowest.ns").kind == V_ABSENT);
	m.d.files.open = 0;
	m.d.files.closed = 0;
	CHECK_STR(missing(), "");
	CHECK(value("files.slowest.ns").kind == V_ABSENT);
}

static void shared_files(void)
{
	fresh();
	m.d.flags &= ~ET_D_FD_CLOSER;
	m.d.files = (struct et_files){ .open = 5, .users = 2 };
	CHECK_STR(missing(), "");
	CHECK(value("files.shared").b);
	CHECK_U64(value("files.closed").u, 0);
	CHECK(value("files.close_ns").kind == V_NS && value("files.flush_error_count").kind == V_U64);
	start.doors[ET_OBS_FILES] = ET_DOOR_TRACEPOINT;
	m.d.files.flushed = 3; /* of those that stay open */
	m.d.seen |= ET_SEEN_FLUSHABLE;
	m.d.marks.files_begin_ns = 0;
	CHECK_STR(missing(), "phases.files_ns");
	CHECK_U64(value("files.flushed").u, 0);
	m.d.files.users = 1; /* closed, but not before our eyes */
	start.doors[ET_OBS_FILES] = ET_DOOR_FENTRY;
	CHECK(strstr(missing(), "files.close_ns") && value("files.closed").u == 5);
}

static void counted_files(void)
{
	fresh();
	start.doors[ET_OBS_FILES] = ET_DOOR_TRACEPOINT;
	m.d.flags &= ~ET_D_FD_CLOSER;
	m.d.files = (struct et_files){ .open = 5, .users = 1, .flushed = 2 };
	m.d.seen |= ET_SEEN_FLUSHABLE;
	CHECK_STR(missing(), "files.close_ns files.slowest files.slowest_release files.flush_ns "
			     "files.flush_error_count files.flush_errors");
	CHECK(r.missing[0].why == WHY_TIER);
	CHECK_U64(value("files.closed").u, 5);
	CHECK_U64(value("files.flushed").u, 2);
	m.d.files.flushed = 0; /* then there was nothing to fail */
	CHECK_STR(missing(), "files.close_ns files.slowest files.slowest_release");
	CHECK(value("files.flush_error_count").kind == V_U64 && value("files.flush_ns").kind == V_NS);
	m.d.seen &= ~ET_SEEN_FLUSHABLE;
	CHECK_STR(missing(), "files.close_ns files.slowest files.slowest_release files.flushed files.flush_ns "
		  "files.flush_error_count files.flush_errors");
	m.d.seen &= ~ET_SEEN_TABLE;
	CHECK_STR(missing(), "files");
	CHECK(value("files").kind == V_NULL && value("files.closed").kind == V_ABSENT);
}

static void slow_files(void)
{
	fresh();
	m.d.files.slowest_ns = 300 * MS;
	m.d.files.release_ns = 90 * MS;
	note_file(0, ET_FILE_SLOW_CLOSE, 300 * MS, true);
	note_file(1, ET_FILE_SLOW_RELEASE, 90 * MS, true);
	CHECK_STR(missing(), "");
	CHECK_BYTES(value("files.slowest.path").text.bytes, value("files.slowest.path").text.len, "/mnt/log", 8);
	CHECK_BYTES(value("files.slowest.fs").text.bytes, value("files.slowest.fs").text.len, "nfs4", 4);
	CHECK_U64(value("files.slowest_release.ns").u, 90 * MS);
	noted[0].known = noted[1].known = false; /* but its file system is */
	CHECK_STR(missing(), "files.slowest.path files.slowest_release.path");
	CHECK(value("files.slowest.path").kind == V_NULL && value("files.slowest.fs").kind == V_TEXT);
	noted[0].ns = 200 * MS; /* that of the slowest was lost */
	CHECK_STR(missing(), "files.slowest.path files.slowest.fs files.slowest_release.path");
	CHECK(value("files.slowest.path").kind == V_NULL && value("files.slowest.ns").u == 300 * MS);
	noted[1].what = ET_FILE_CORE; /* and that of the release */
	m.d.files.errors = 1;
	CHECK_STR(missing(), "files.slowest.path files.slowest.fs files.slowest_release.path files.slowest_release.fs "
		  "files.flush_errors");
	CHECK(value("files.slowest_release.path").kind == V_NULL && value("files.slowest_release.ns").u == 90 * MS);
	CHECK(value("files.flush_errors").kind == V_NULL && value("files.flush_error_count").u == 1);
	m.d.files.slowest_ns = 99999; /* fast enough to be told without a path */
	m.d.files.release_ns = m.d.files.errors = 0;
	CHECK_STR(missing(), "");
}

static void flush_errors(void)
{
	const struct field *list = record__field("files.flush_errors");
	const struct field *cut = record__field("truncated");

	fresh();
	m.d.files.flushed = m.d.files.errors = 2;
	note_file(0, ET_FILE_FLUSH_ERROR, 5, true);
	note_file(1, ET_FILE_SLOW_CLOSE, 5, true);
	note_file(2, ET_FILE_FLUSH_ERROR, 5, false);
	noted[2].fd = -1;
	CHECK_STR(missing(), "");
	CHECK_U64(value("files.flush_error_count").u, 2);
	CHECK_U64(value("files.flush_errors").n, 2);
	CHECK_U64(value("truncated").n, 0);
	CHECK(list->item(&r, 0) == &noted[0] && list->item(&r, 1) == &noted[2] && !list->item(&r, 2));
	CHECK_I64(list->items[0].get(&noted[0], &r).i, 7);
	CHECK_STR(list->items[3].get(&noted[0], &r).str, "ENOSPC");
	CHECK(list->items[0].get(&noted[2], &r).kind == V_ABSENT);
	CHECK(list->items[1].get(&noted[2], &r).kind == V_ABSENT);
	CHECK(list->items[2].get(&noted[2], &r).kind == V_TEXT);
	m.d.files.errors = 3; /* more than are told */
	CHECK_U64(value("truncated").n, 1);
	CHECK_STR(cut->item(&r, 0), "files.flush_errors");
	r.nr_files = 0;
	CHECK(value("files.flush_errors").kind == V_LIST && value("files.flush_errors").n == 0);
	start.doors[ET_OBS_FILES] = ET_DOOR_TRACEPOINT; /* a few may be seen where not all are */
	note_file(0, ET_FILE_FLUSH_ERROR, 5, true);
	CHECK(!strstr(missing(), "files.flush_errors") && strstr(missing(), "files.flush_error_count"));
	CHECK_U64(value("files.flush_errors").n, 1);
}

static void threads_on_the_way_out(void)
{
	fresh();
	CHECK(value("exit.group_exit_ns").kind == V_ABSENT && value("exit.leader_gone_ns").kind == V_ABSENT);
	m.d.marks.begin_ns -= MS; /* exit_group(), and then do_exit() */
	CHECK(value("exit.group_exit_ns").kind == V_ABSENT);
	m.d.threads = 4;
	CHECK_U64(value("exit.group_exit_ns").u, MS);
	CHECK_STR(missing(), "");
	m.d.last_tid = 99;
	m.d.leader_ns = m.d.dead_ns - SEC;
	CHECK_U64(value("exit.leader_gone_ns").u, SEC);
	m.d.marks.last_ns = 0;
	start.doors[ET_OBS_BEGIN] = ET_DOOR_TRACEPOINT;
	CHECK_STR(missing(), "exit.group_exit_ns phases.delivery_ns");
	CHECK(value("exit.group_exit_ns").kind == V_NULL);
}

static void children(void)
{
	fresh();
	CHECK_U64(value("children.adopted").u, 0);
	CHECK(value("children.hung_up").kind == V_ABSENT && value("children.adopted_by.pid").kind == V_ABSENT);
	m.d.adopted = 3;
	m.d.hung_up = 2;
	m.d.adopter = synth_peer(800, "tini");
	m.d.adopter.flags = ET_PEER_SUBREAPER;
	CHECK_STR(missing(), "");
	CHECK_U64(value("children.adopted_by.pid").u, 800);
	CHECK_STR(value("children.adopted_by.role").str, "subreaper");
	CHECK_U64(value("children.hung_up").u, 2);
	m.d.adopter = (struct et_peer){ 0 };
	start.doors[ET_OBS_CHILDREN] = ET_DOOR_TRACEPOINT;
	CHECK_STR(missing(), "children.adopted_by");
	CHECK(value("children.adopted_by").kind == V_NULL && value("children.adopted_by.pid").kind == V_ABSENT);
	m.d.seen &= ~ET_SEEN_CHILDREN; /* too many to count */
	CHECK_STR(missing(), "children.adopted children.adopted_by");
	m.d.seen &= ~ET_SEEN_HANGUPS;
	CHECK_STR(missing(), "children");
}

static void memory_of_others(void)
{
	fresh();
	CHECK_STR(missing(), "");
	CHECK(value("phases.mm_freed").b && value("phases.mm_users").kind == V_ABSENT);
	m.d.flags &= ~ET_D_MM_FREED;
	m.d.mm_users = 3;
	CHECK_STR(missing(), "");
	CHECK(value("phases.mm_freed").kind == V_BOOL && !value("phases.mm_freed").b);
	CHECK_U64(value("phases.mm_users").u, 2);
}

static void new_parents_and_tracers(void)
{
	fresh();
	r.reap = (struct reap){ .how = REAP_REPARENTED, .reparented = true, .new_parent = synth_peer(1, "systemd") };
	CHECK_U64(value("reap.reparented_to.pid").u, 1);
	CHECK(value("reap.reparented_to.comm").kind == V_ABSENT);
	r.reap.new_parent_seen = true;
	CHECK(value("reap.reparented_to.comm").kind == V_TEXT);
	CHECK_STR(value("reap.reparented_to.role").str, "init");
	r.reap.new_parent.id.tgid = 5;
	CHECK(value("reap.reparented_to.role").kind == V_ABSENT);
	CHECK(value("reap.tracer.pid").kind == V_ABSENT);
	m.d.flags |= ET_D_TRACED;
	m.d.tracer = synth_peer(900, "gdb");
	CHECK_U64(value("reap.tracer.pid").u, 900);
	record__add_missing(&r, FIELD_reap, WHY_LOST);
	CHECK(value("reap.tracer.pid").kind == V_ABSENT);
}

static void auto_reasons(void)
{
	fresh();
	r.reap.how = REAP_AUTO;
	m.d.flags |= ET_D_PARENT_NOCLDWAIT;
	CHECK_STR(value("reap.auto_reason").str, "no_cldwait");
	m.d.flags |= ET_D_PARENT_IGNORES;
	CHECK_STR(value("reap.auto_reason").str, "sigchld_ignored");
	m.d.flags |= ET_D_CLONE_AUTOREAP;
	CHECK_STR(value("reap.auto_reason").str, "autoreap");
}

static void core_dumps(void)
{
	fresh();
	CHECK_STR(missing(), "");
	CHECK(value("coredump.dumped").kind == V_ABSENT && value("coredump.pattern").kind == V_ABSENT);
	m.d.status = SIGSEGV;
	m.d.core = (struct et_core){ .limit = 0, .flags = ET_CORE_TRIED };
	m.d.marks.core_begin_ns = m.d.marks.begin_ns - 5;
	m.d.marks.core_end_ns = m.d.marks.begin_ns;
	r.core_pattern_known = true;
	r.core_pattern = text__str("core");
	CHECK_STR(missing(), "");
	CHECK(value("coredump.dumped").kind == V_BOOL && !value("coredump.dumped").b);
	CHECK_STR(value("coredump.reason").str, "limit");
	CHECK_STR(value("coredump.target").str, "file");
	CHECK_U64(value("coredump.duration_ns").u, 5);
	CHECK(value("coredump.limit_bytes").kind == V_BYTES && value("coredump.limit_bytes").u == 0);
	CHECK(value("coredump.path").kind == V_ABSENT);
	r.core_pattern.len = 0;
	m.d.core.limit = UINT64_MAX;
	CHECK_STR(missing(), "");
	CHECK(value("coredump.pattern").kind == V_TEXT && value("coredump.pattern").text.len == 0);
	CHECK(value("coredump.limit_bytes").kind == V_ABSENT);
	CHECK_STR(value("coredump.reason").str, "pattern_empty");
	CHECK(value("coredump.target").kind == V_ABSENT);
}

/* Nothing of the kernel half's: nothing is 0. */
static void late_deaths(void)
{
	static const uint32_t flags[] = { ET_D_LATE, ET_D_LATE | ET_D_EARLY, ET_D_LATE | ET_D_NO_ROOM, ET_D_SNAPSHOT,
					  0 };
	static const enum missing_why whys[] = { WHY_SKIPPED, WHY_BEFORE, WHY_FULL, WHY_BEFORE, WHY_FULL };
	unsigned int i, j;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		fresh();
		m.d.flags = flags[i];
		m.d.status = SIGSEGV;
		m.d.seen = ET_SEEN_DEAD | ET_SEEN_EXE | ET_SEEN_RESOURCES | ET_SEEN_IO | ET_SEEN_TTY | ET_SEEN_SIGNALS;
		m.d.last_tid = 0;
		m.d.marks = (struct et_marks){ 0 };
		m.d.files = (struct et_files){ 0 };
		m.d.core = (struct et_core){ 0 };
		m.d.mm_users = 0;
		CHECK_STR(missing(), "process.threads exit.group_exit_ns exit.leader_gone_ns files children phases "
			  "coredump.duration_ns coredump.target coredump.pattern coredump.limit_bytes coredump.reason");
		for (j = 0; j < r.nr_missing; j++)
			if (strcmp(record__missing_key(&r, j), "coredump.pattern"))
				CHECK(r.missing[j].why == whys[i]);
	}
}

/* ---- who did it ---- */

static struct et_signals *killed_by(unsigned int pid)
{
	struct et_signals *s;

	fresh();
	m.d.status = SIGKILL;
	s = synth_signals(&m, 1);
	s->fatal = synth_signal(SIGKILL, synth_peer(pid, "kill"));
	s->fatal.by_parent = synth_peer(90, "sh");
	s->killer.cgroup_id = 7;
	s->killer.grandparent = synth_peer(80, "sshd");
	s->killer.seen = ET_KILLER_ARGS;
	r.signals = s;
	r.killer = (struct sender){
		.exe = text__str("/bin/kill"),
		.args = { "kill\0-9", 7 },
		.cgroup = text__str("/x.service"),
		.unit = text__str("x.service"),
		.container = { RUNTIME_PODMAN, text__str("0123") },
		.args_cut = true,
		.cgroup_cut = true,
	};
	return s;
}

static void sender_in_depth(void)
{
	struct et_signals *s = killed_by(77);

	cause__conclude(&r);
	CHECK_U64(r.nr_missing, 0);
	CHECK_STR(value("cause.by.role").str, "kill_command");
	CHECK_U64(value("cause.by.args").text.len, 7);
	CHECK_U64(value("cause.by.cgroup.id").u, 7);
	CHECK(value("cause.by.cgroup.path").kind == V_TEXT && value("cause.by.cgroup.unit").kind == V_TEXT);
	CHECK_STR(value("cause.by.container.runtime").str, "podman");
	CHECK_U64(value("cause.by.grandparent.pid").u, 80);
	CHECK_U64(value("truncated").n, 2);
	CHECK_STR(record__field("truncated")->item(&r, 0), "cause.by.args");
	CHECK_STR(record__field("truncated")->item(&r, 1), "cause.by.cgroup.path");
	s->killer.cgroup_id = 0;
	cause__conclude(&r);
	CHECK(value("cause.by.cgroup").kind == V_NULL && value("cause.by.cgroup.path").kind == V_ABSENT);
	CHECK(value("cause.by.container").kind == V_NULL && value("cause.by.container.id").kind == V_ABSENT);
	s->fatal.flags |= ET_SIG_SELF; /* all of that is told of the process */
	record__clear_missing(&r);
	cause__conclude(&r);
	CHECK(value("cause.by.pid").kind == V_U64 && value("cause.by.cgroup").kind == V_ABSENT);
	CHECK(value("cause.by.args").kind == V_ABSENT && value("cause.by.grandparent.pid").kind == V_ABSENT);
	CHECK(value("cause.by.role").kind == V_ABSENT);
}

/* Of a blocked stop signal less is kept than of the fatal one. */
static void sender_of_a_stop(void)
{
	struct et_signals *s = killed_by(77);

	s->fatal.signo = SIGUSR1;
	s->stop[0] = synth_signal(SIGTERM, synth_peer(78, "other"));
	s->stop[0].flags |= ET_SIG_BLOCKED;
	m.d.status = SIGTERM;
	cause__conclude(&r);
	CHECK_U64(value("cause.by.pid").u, 78);
	CHECK(value("cause.by.executable.path").kind == V_NULL && value("cause.by.cgroup").kind == V_NULL);
	CHECK(value("cause.blast").kind == V_ABSENT);
}

static void blasts(void)
{
	struct et_signals *s = killed_by(77);

	s->fatal.flags |= ET_SIG_BLAST;
	s->killer.blast_ns = 111;
	cause__conclude(&r);
	CHECK(value("cause.blast").kind == V_ID);
	CHECK_U64(value("cause.blast").id.tgid, 77);
	CHECK_U64(value("cause.blast").id.start_ns, 111);
	s->fatal.flags &= ~ET_SIG_BLAST; /* it killed nobody else */
	CHECK(value("cause.blast").kind == V_ABSENT);
	s->fatal.info = ET_INFO_NONE;
	s->fatal.by.flags = ET_PEER_EXITING | ET_PEER_DYING;
	cause__conclude(&r);
	CHECK_U64(value("cause.because_of").id.tgid, 77);
	CHECK(value("cause.by.pid").kind == V_ABSENT);
}

static void killed_cgroups(void)
{
	struct et_signals *s = killed_by(77);

	s->fatal.info = ET_INFO_NONE;
	s->fatal.flags |= ET_SIG_CGROUP;
	s->killer.cgroup_killed = 1ULL << 60;
	r.killed_cgroup = text__str("/y");
	r.killed_cgroup_cut = true;
	cause__conclude(&r);
	CHECK(value("cause.cgroup.id").kind == V_DEC && value("cause.cgroup.path").kind == V_TEXT);
	CHECK_U64(value("truncated").n, 3);
	r.killed_cgroup.len = 0;
	cause__conclude(&r);
	CHECK(value("cause.cgroup.id").kind == V_DEC && value("cause.cgroup.path").kind == V_NULL);
	s->killer.cgroup_killed = 0;
	cause__conclude(&r);
	CHECK(value("cause.cgroup").kind == V_NULL && value("cause.cgroup.id").kind == V_ABSENT);
}

static void out_of_memory(void)
{
	struct et_signals *s = killed_by(77);
	struct et_oom o = synth_oom(&m.d.id, ET_OOM_MEMCG | ET_OOM_LIMIT | ET_OOM_USED | ET_OOM_V1 | ET_OOM_SWAP);

	s->fatal.info = ET_INFO_PRIV;
	r.oom = &o;
	r.oom_cgroup = text__str("/y");
	cause__conclude(&r);
	CHECK_U64(r.nr_missing, 0);
	CHECK(value("cause.by").kind == V_ABSENT && value("cause.by.pid").kind == V_ABSENT);
	CHECK_U64(value("oom.cgroup.version").u, 1);
	CHECK(!value("oom.own_cgroup").b && value("oom.limit_with_swap").b);
	CHECK_U64(value("oom.rss_bytes").u, 410ULL << 20);
	CHECK_I64(value("oom.score_adj").i, -17);
	CHECK_U64(value("oom.trigger.pid").u, 12);
	CHECK(value("oom.group").kind == V_ABSENT && value("oom.requested").kind == V_ABSENT);
	o.flags = ET_OOM_GLOBAL | ET_OOM_SYSRQ;
	cause__conclude(&r);
	CHECK(value("oom.cgroup").kind == V_ABSENT && value("oom.limit_bytes").kind == V_ABSENT);
	CHECK(value("oom.rss_bytes").kind == V_NULL && value("oom.requested").b);
	s->fatal.info = ET_INFO_REAL; /* somebody had killed it before */
	record__clear_missing(&r);
	cause__conclude(&r);
	CHECK(value("oom").kind == V_ABSENT && value("oom.score_adj").kind == V_ABSENT);
	s->fatal.info = ET_INFO_PRIV;
	s->fatal.flags |= ET_SIG_OOM;
	r.oom = NULL;
	cause__conclude(&r);
	CHECK(value("oom").kind == V_NULL && value("oom.cgroup").kind == V_ABSENT &&
	      value("oom.score_adj").kind == V_ABSENT && value("oom.trigger").kind == V_ABSENT);
}

static void refused_calls(void)
{
	struct et_signals *s = killed_by(4242);

	m.d.status = 31;
	s->fatal.signo = 31;
	s->fatal.code = 1;
	s->fatal.flags |= ET_SIG_SELF | ET_SIG_SYSCALL;
	s->killer.syscall = 101;
	s->killer.arch = 0xc000003e;
	cause__conclude(&r);
	CHECK_I64(value("cause.syscall.nr").i, 101);
	CHECK_STR(value("cause.syscall.name").str, "ptrace");
	s->fatal.flags &= ~ET_SIG_SYSCALL;
	cause__conclude(&r);
	CHECK(value("cause.syscall").kind == V_NULL && value("cause.syscall.nr").kind == V_ABSENT);
}

/* ---- threads ---- */

static void threads_have_few_fields(void)
{
	static const char want[] = "schema type time id process.pid process.comm process.uid exit.raw exit.code "
		"exit.signal exit.signal_name exit.core_dumped exit.shell "
		"cause.class cause.text cause.syscall cause.syscall.nr cause.syscall.name "
		"thread.tid thread.comm thread.age_ns thread.runtime_ns thread.ended_by thread.left "
		"missing missing_why truncated ";
	char got[sizeof(want) * 2] = "";
	struct et_thread t;
	unsigned int i;
	size_t n = 0;

	for (i = 0; i < record_nr_fields; i++)
		if (record_fields[i].in & IN_THREAD && n < sizeof(want))
			n += snprintf(got + n, sizeof(got) - n, "%s ", record_fields[i].key);
	CHECK_STR(got, want);
	fresh();
	t = synth_thread(&m.d.id, 4243, 0, 0);
	r.type = RECORD_THREAD;
	r.thread = &t;
	record__note_unseen(&r);
	cause__conclude(&r);
	CHECK_U64(r.nr_missing, 0);
	CHECK_U64(value("time").u, 112 * SEC + REAL_OFFSET);
	CHECK_U64(value("thread.age_ns").u, SEC);
	CHECK_U64(value("thread.runtime_ns").u, 20 * MS);
	CHECK_U64(value("thread.left").u, 3);
	CHECK(value("process.age_ns").kind == V_ABSENT && value("reap").kind == V_ABSENT);
	r.type = RECORD_DEATH;
	r.thread = NULL;
	CHECK(value("thread.tid").kind == V_ABSENT);
}

/* ---- still exiting ---- */

static void dying_has_few_fields(void)
{
	static const char want[] = "schema type time id process.pid process.comm process.uid process.start_time "
		"process.age_ns process.threads cause.class cause.text cause.by cause.by.id cause.by.pid "
		"cause.by.tid cause.by.comm cause.by.uid phases phases.exit_ns phases.now phases.now_ns missing "
		"missing_why truncated ";
	struct et_dying d = synth_dying(4242, ET_PHASE_MM);
	char got[sizeof(want) * 2] = "";
	unsigned int i;
	size_t n = 0;

	for (i = 0; i < record_nr_fields; i++)
		if (record_fields[i].in & IN_DYING && n < sizeof(want))
			n += snprintf(got + n, sizeof(got) - n, "%s ", record_fields[i].key);
	CHECK_STR(got, want);
	fresh();
	r.type = RECORD_DYING;
	r.now_ns = m.d.exit_ns = 113 * SEC;
	m.d.seen = 0;
	phases__conclude_dying(&r, &d.e);
	record__note_unseen(&r);
	record__add_missing(&r, FIELD_cause_by_executable_path, WHY_GONE);
	record__add_missing(&r, RECORD_NR_FIELDS, WHY_GONE);
	CHECK_U64(r.nr_missing, 1);
	CHECK_STR(record__missing_key(&r, 0), "process.threads");
	CHECK_STR(value("type").str, "dying");
	CHECK_U64(value("time").u, 113 * SEC + REAL_OFFSET);
	CHECK_U64(value("process.age_ns").u, 3 * SEC);
	CHECK_U64(value("phases.exit_ns").u, 3 * SEC);
	CHECK_STR(value("phases.now").str, "mm");
	CHECK_U64(value("phases.now_ns").u, 2 * SEC);
	CHECK(value("exit.code").kind == V_ABSENT && value("phases.mm_ns").kind == V_ABSENT);
	r.type = RECORD_DEATH;
	CHECK(value("phases.now").kind == V_ABSENT && value("phases.now_ns").kind == V_ABSENT);
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
	json = json_record__new(&(struct output_options){ 0 });
	UNIT(shape);
	UNIT(groups_are_neighbours);
	UNIT(null_means_missing);
	UNIT(times);
	UNIT(exit_dialects);
	UNIT(cpu_time_scales_to_runtime);
	UNIT(ttys);
	UNIT(namespaces);
	UNIT(numbers_are_keys);
	UNIT(missing_as_bits);
	UNIT(ready_missing);
	UNIT(much_missing);
	UNIT(known_ids);
	UNIT(ready_seconds);
	UNIT(missing_names_groups);
	UNIT(unseen_groups_are_missing);
	UNIT(hooked_files);
	UNIT(shared_files);
	UNIT(counted_files);
	UNIT(slow_files);
	UNIT(flush_errors);
	UNIT(threads_on_the_way_out);
	UNIT(children);
	UNIT(memory_of_others);
	UNIT(new_parents_and_tracers);
	UNIT(auto_reasons);
	UNIT(core_dumps);
	UNIT(late_deaths);
	UNIT(sender_in_depth);
	UNIT(sender_of_a_stop);
	UNIT(blasts);
	UNIT(killed_cgroups);
	UNIT(out_of_memory);
	UNIT(refused_calls);
	UNIT(threads_have_few_fields);
	UNIT(dying_has_few_fields);
	UNIT(truncations);
	UNIT(peers);
	json_record__free(json);
	buf__free(&line);
	return unit__end();
}
