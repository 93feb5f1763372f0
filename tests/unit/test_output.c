/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes sample records, checks what the outputs write and what they do when it
 * cannot be written.
 *
 *	test_output                   the checks
 *	test_output emit N RAW        N random records as NDJSON; RAW gets the bytes of their strings
 *	test_output bench N           nanoseconds of CPU time per record
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "sample.h"
#include "unit.h"

static struct sample s;
static struct output *o;
static int file = -1;
static char text[1 << 16];

static void begin(struct output_options opt)
{
	sample__init(&s);
	file = memfd_create("output", MFD_CLOEXEC);
	opt.fd = file;
	opt.utc = true;
	o = output__new(&opt);
	output__begin(o, &s.start);
}

static void forget_reap(void)
{
	s.record.reap = (struct reap){ .how = REAP_UNKNOWN };
	record__add_missing(&s.record, "reap", WHY_ENDED);
}

/* What has been written until now. */
static const char *written(void)
{
	ssize_t n;

	output__flush(o);
	n = pread(file, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void finish(void)
{
	CHECK_I64(o->error, 0);
	output__free(o);
	close(file);
}

/* ---- values ---- */

static const char *as_text(struct buf *b)
{
	static char copy[128];

	snprintf(copy, sizeof(copy), "%.*s", (int)b->len, b->data);
	buf__reset(b);
	return copy;
}

static void durations(void)
{
	static const struct {
		uint64_t ns;
		const char *words;
	} all[] = {
		{ 0, "0ns" },
		{ 999, "999ns" },
		{ 1000, "1us" },
		{ 812345, "812us" },
		{ 999999, "999us" },
		{ 1000000, "1ms" },
		{ 1240000, "1.24ms" },
		{ 12300000, "12.3ms" },
		{ 700000000, "700ms" },
		{ 999999999, "999ms" },
		{ 1000000000, "1s" },
		{ 1090000000, "1.09s" },
		{ 12345678901, "12.3s" },
		{ 59999999999, "59.9s" },
		{ 60000000000, "1m00s" },
		{ 184000000000, "3m04s" },
		{ 3599999999999, "59m59s" },
		{ 7500000000000, "2h05m" },
		{ 356400000000000, "4d03h" },
		{ UINT64_MAX, "213503d23h" },
	};
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		output__put_duration(&b, all[i].ns);
		CHECK_STR(as_text(&b), all[i].words);
	}
	buf__free(&b);
}

static void sizes(void)
{
	struct buf b = { 0 };

	output__put_bytes(&b, 1023);
	CHECK_STR(as_text(&b), "1023B");
	output__put_bytes(&b, 1536);
	CHECK_STR(as_text(&b), "1.5K");
	output__put_bytes(&b, 12288000);
	CHECK_STR(as_text(&b), "11.7M");
	output__put_bytes(&b, UINT64_MAX);
	CHECK_STR(as_text(&b), "15.9E");
	buf__free(&b);
}

/* Our own calendar against libc's, over leap days and the end of time. */
static void calendar(void)
{
	struct buf b = { 0 };
	uint64_t day;

	for (day = 0; day < 213503; day++) {
		uint64_t sec = day * 86400 + day * 7919 % 86400;
		time_t t = (time_t)sec;
		char want[64];
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.000000042Z", &tm);
		output__put_rfc3339(&b, sec * 1000000000 + 42);
		CHECK_STR(as_text(&b), want);
	}
	output__put_rfc3339(&b, SAMPLE_DEAD_REAL_NS);
	CHECK_STR(as_text(&b), "2026-11-21T22:10:11.123456789Z");
	buf__free(&b);
}

static void clock_times(void)
{
	struct buf b = { 0 };

	setenv("TZ", "XXX-5:30", 1);
	tzset();
	output__put_time(&b, SAMPLE_DEAD_REAL_NS, true, TIME_SECONDS);
	CHECK_STR(as_text(&b), "22:10:11");
	output__put_time(&b, SAMPLE_DEAD_REAL_NS, true, TIME_FULL);
	CHECK_STR(as_text(&b), "2026-11-21 22:10:11.123456Z");
	output__put_time(&b, SAMPLE_DEAD_REAL_NS, false, TIME_MICROS);
	CHECK_STR(as_text(&b), "03:40:11.123456");
	output__put_time(&b, SAMPLE_DEAD_REAL_NS, false, TIME_FULL);
	CHECK_STR(as_text(&b), "2026-11-22 03:40:11.123456+05:30");
	setenv("TZ", "XXX3", 1);
	tzset();
	output__put_time(&b, SAMPLE_DEAD_REAL_NS, false, TIME_FULL);
	CHECK_STR(as_text(&b), "2026-11-21 19:10:11.123456-03:00");
	buf__free(&b);
}

/* ---- the table ---- */

static void table(void)
{
	begin((struct output_options){ 0 });
	output__record(o, &s.record);
	s.death.status = 0;
	sample__conclude(&s);
	s.record.cause.nr_stops = 0;
	strcpy(s.record.cause.text, "exit code 0");
	s.record.reap = (struct reap){ .how = REAP_AUTO };
	output__record(o, &s.record);
	CHECK_STR(written(),
		  "TIME         PID COMM         CAUSE                     AGE REAPER       ZOMBIE\n"
		  "22:10:11    4242 worker       SIGTERM from systemd[\xe2\x80\xa6  12.3s bash[4100]     21us\n"
		  "22:10:11    4242 worker       exit code 0             12.3s (auto)            -\n");
	finish();
}

static void zombie_line(void)
{
	begin((struct output_options){ .quiet = true });
	s.record.type = RECORD_ZOMBIE;
	s.record.reap = (struct reap){ .how = REAP_UNREAPED, .time_known = true, .zombie_ns = 10000000000ULL };
	output__record(o, &s.record);
	CHECK_STR(written(), "22:10:11    4242 worker       zombie for 10s, parent bash[4100] does not wait\n");
	finish();
}

static void colours(void)
{
	begin((struct output_options){ .quiet = true, .colour = true });
	output__record(o, &s.record);
	CHECK(strstr(written(), "worker       \033[31mSIGTERM from systemd[\xe2\x80\xa6\033[0m  12.3s"));
	s.death.status = 0;
	sample__conclude(&s);
	output__record(o, &s.record);
	CHECK(strstr(written(), "\033[2mexit code 0"));
	finish();
}

static void chosen_columns(void)
{
	const struct field *fields[] = { record__field("process.pid"), record__field("exit.code"),
					 record__field("process.age_ns"), record__field("reap.by.comm"),
					 record__field("cause.text") };

	begin((struct output_options){ .fields = fields, .nr_fields = 5 });
	output__record(o, &s.record);
	CHECK_STR(written(),
		  "    PID    CODE     AGE REAPER           CAUSE\n"
		  "   4242       ?   12.3s bash             SIGTERM from systemd[1], "
		  "699 ms after SIGINT from bash[4100] was handled\n");
	finish();
}

static void loss_and_totals(void)
{
	struct et_counters before = { .lost_ring = 3 }, now = { .lost_ring = 15, .full_signals = 2 };
	struct totals t = { .k = { .lost_ring = 1 }, .deaths = 34, .records = 33, .filtered = 2 };

	begin((struct output_options){ 0 });
	output__lost(o, &now, &now);
	output__lost(o, &before, &now);
	output__end(o, &t);
	CHECK(strstr(written(), "ZOMBIE\n# lost: 12 deaths (ring buffer full)\n"
				"# lost: 2 signals (table of signals full)\n"
				"# 34 deaths seen, 33 records, 1 lost, 2 filtered out\n"));
	finish();
	begin((struct output_options){ .quiet = true });
	output__end(o, &t);
	CHECK_STR(written(), "");
	output__lost(o, &before, &now);
	CHECK(strstr(written(), "# lost: 12 deaths"));
	finish();
}

/* Whatever the name of a process, the line stays a line of 79 columns that does nothing to a terminal. */
static void hostile_lines(void)
{
	static const char *const names[] = {
		"\033[2J\033[1;1H\a\b\r\n",
		"\xe2\x80\xaetxt.exe",
		"\xff\xfe\xfd",
		"\\\\\\\\\\\\\\\\\\\\",
		"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac",
		"a\nb 4242 root",
		"",
	};
	struct text t;
	uint32_t cp;
	size_t i, at, lines;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		begin((struct output_options){ .quiet = true });
		memset(s.death.comm, 0, sizeof(s.death.comm));
		memcpy(s.death.comm, names[i], strlen(names[i]));
		memcpy(s.signals.fatal.by.comm, s.death.comm, sizeof(s.death.comm));
		memcpy(s.record.reap.by.comm, s.death.comm, sizeof(s.death.comm));
		sample__conclude(&s);
		output__record(o, &s.record);
		t = text__str(written());
		for (at = lines = 0; at < t.len;) {
			at += text__decode(t, at, &cp);
			lines += cp == '\n';
			CHECK(cp == '\n' || (cp != TEXT_INVALID && !text__is_hidden(cp)));
		}
		CHECK_U64(lines, 1);
		CHECK_U64(text__width(text), 80); /* with the newline */
		finish();
	}
}

/* ---- the story ---- */

static void story(void)
{
	begin((struct output_options){ .story = true });
	output__record(o, &s.record);
	CHECK_STR(written(),
		  "22:10:11.123456 worker[4242] died: SIGTERM from systemd[1], "
		  "699 ms after SIGINT from bash[4100] was handled\n"
		  "    process   /usr/bin/worker, uid 1000, 12 threads, lived 12.3s, child of bash[4100]\n"
		  "    where     /system.slice/worker.service, terminal pts/3, pid 17 in its namespace\n"
		  "    sender    systemd[1], /usr/lib/systemd/systemd, uid 0, dead 812us later\n"
		  "    before    SIGINT from bash[4100] 700ms before death: handled, the last of 2\n"
		  "    reaped    by bash[4100], zombie for 21us\n"
		  "    used      8.4ms user, 4.2ms system, 11.7M memory at most, "
		  "120 minor faults, 3 major faults, 4K read\n");
	finish();
}

static void story_of_the_unknown(void)
{
	begin((struct output_options){ .story = true, .quiet = true });
	forget_reap();
	record__add_missing(&s.record, "process.tty", WHY_TIER);
	record__add_missing(&s.record, "process.cgroup", WHY_TIER);
	output__record(o, &s.record);
	CHECK(strstr(written(), "\n    missing   process.tty, process.cgroup: "
				"not observable on this kernel with the probes in use\n"
				"              reap: tracing ended first\n"));
	CHECK(!strstr(text, "reaped"));
	finish();
}

static void short_story(void)
{
	begin((struct output_options){ .story = true, .quiet = true });
	s.death.status = 0;
	s.death.threads = 1;
	s.death.ns_level = 0;
	s.death.tty[0] = '\0';
	s.record.signals = NULL;
	s.record.cgroup = text__str("/");
	s.record.unit = (struct text){ NULL, 0 };
	sample__conclude(&s);
	output__record(o, &s.record);
	CHECK_STR(written(), "22:10:11.123456 worker[4242] died: exit code 0\n"
			     "    process   /usr/bin/worker, uid 1000, lived 12.3s, child of bash[4100]\n"
			     "    reaped    by bash[4100], zombie for 21us\n");
	finish();
}

static void story_of_a_zombie(void)
{
	begin((struct output_options){ .story = true, .quiet = true });
	s.record.type = RECORD_ZOMBIE;
	s.record.reap = (struct reap){ .how = REAP_UNREAPED, .time_known = true, .zombie_ns = 12000000000ULL };
	output__record(o, &s.record);
	CHECK(strstr(written(), "worker[4242] is a zombie: SIGTERM from systemd[1]"));
	CHECK(strstr(text, "\n    unreaped  zombie for 12s, parent bash[4100] has not waited for it\n"));
	finish();
}

static void story_of_arguments(void)
{
	static const char args[] = "worker\0--token\0a b\033";

	begin((struct output_options){ .story = true, .args = true });
	s.record.args = (struct text){ args, sizeof(args) };
	output__record(o, &s.record);
	CHECK(strstr(written(), "\n    command   worker --token a b\\x1b\n"));
	finish();
	begin((struct output_options){ .story = true });
	s.record.args = (struct text){ args, sizeof(args) };
	output__record(o, &s.record);
	CHECK(!strstr(written(), "--token"));
	finish();
}

/* ---- JSON ---- */

static void json_envelope(void)
{
	struct et_counters before = { .lost_ring = 3 }, now = { .lost_ring = 15, .full_dying = 2 };
	struct totals t = { .k = { .lost_ring = 15 }, .deaths = 34, .records = 19, .a = { .waiting = 2 } };

	begin((struct output_options){ .json = true });
	CHECK_STR(written(), "{\"schema\":\"exittrace/1\",\"type\":\"hello\","
			     "\"time\":\"2026-11-21T22:08:19.777777888Z\","
			     "\"version\":\"0.1.0\",\"kernel\":\"6.1.0-test\",\"boot_id\":\"" SAMPLE_BOOT_ID "\","
			     "\"tier\":\"tracepoint\",\"probes\":{\"exit\":\"tracepoint\",\"exe\":\"tracepoint\","
			     "\"last\":\"tracepoint\",\"notify\":\"tracepoint\",\"reap\":\"tracepoint\","
			     "\"signal\":\"tracepoint\",\"tree\":\"tracepoint\",\"snapshot\":\"tracepoint\"}}\n");
	output__lost(o, &before, &before);
	output__lost(o, &before, &now);
	output__end(o, &t);
	CHECK(strstr(written(), "\n{\"schema\":\"exittrace/1\",\"type\":\"lost\",\"deaths\":12,"
				"\"reaps\":0,\"cgroups\":0,\"signals_full\":0,\"dying_full\":2,\"tree_full\":0}\n"
				"{\"schema\":\"exittrace/1\",\"type\":\"bye\",\"deaths\":34,"
				"\"records\":19,\"lost\":15,"));
	finish();
}

static void json_chosen_fields(void)
{
	const struct field *fields[] = { record__field("reap.by.comm"), record__field("process.comm"),
					 record__field("exit.code") };

	begin((struct output_options){ .json = true, .fields = fields, .nr_fields = 3 });
	output__record(o, &s.record);
	CHECK(strstr(written(), "\n{\"schema\":\"exittrace/1\",\"type\":\"death\",\"id\":\"" SAMPLE_BOOT_ID
				":4242:100000000000\",\"process\":{\"comm\":\"worker\"},\"exit\":{\"code\":null},"
				"\"reap\":{\"by\":{\"comm\":\"bash\"}}}\n"));
	forget_reap();
	output__record(o, &s.record);
	CHECK(strstr(written(), "\"exit\":{\"code\":null},\"reap\":null}\n"));
	finish();
}

static void json_strings(void)
{
	static const struct {
		const char *comm, *json;
	} all[] = {
		{ "a\"b\\c/", "\"comm\":\"a\\\"b\\\\c/\"," },
		{ "\n\t\033\x7f", "\"comm\":\"\\u000a\\u0009\\u001b\\u007f\"," },
		{ "\xc2\x9b\xe2\x80\xae", "\"comm\":\"\\u009b\\u202e\"," },
		{ "\xf3\xa0\x81\x81", "\"comm\":\"\\udb40\\udc41\"," },
		{ "\xc3\xa9\xf0\x9f\x92\x80", "\"comm\":\"\xc3\xa9\xf0\x9f\x92\x80\"," },
		{ "a\xff", "\"comm\":\"a\xef\xbf\xbd\",\"comm_b64\":\"Yf8=\"," },
		{ "\xed\xa0\x80", "\"comm\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"comm_b64\":\"7aCA\"," },
		{ "", "\"comm\":\"\"," },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		begin((struct output_options){ .json = true });
		memset(s.death.comm, 0, sizeof(s.death.comm));
		memcpy(s.death.comm, all[i].comm, strlen(all[i].comm));
		output__record(o, &s.record);
		if (!strstr(written(), all[i].json))
			unit__fail(__FILE__, __LINE__, "no %s in %s", all[i].json, text);
		finish();
	}
}

/* jq 1.6 and JavaScript round above 2^53. */
static void json_large_numbers(void)
{
	begin((struct output_options){ .json = true });
	s.death.res.minor_faults = 1ULL << 53;
	s.death.res.major_faults = (1ULL << 53) + 1;
	output__record(o, &s.record);
	CHECK(strstr(written(), "\"minor_faults\":9007199254740992,\"major_faults\":\"9007199254740993\","));
	finish();
}

static void json_arguments(void)
{
	static const char args[] = "worker\0\xff";

	begin((struct output_options){ .json = true });
	s.record.args = (struct text){ args, sizeof(args) };
	output__record(o, &s.record);
	CHECK(!strstr(written(), "\"args\""));
	finish();
	begin((struct output_options){ .json = true, .args = true });
	s.record.args = (struct text){ args, sizeof(args) };
	output__record(o, &s.record);
	CHECK(strstr(written(), "\"args\":[\"worker\",\"\xef\xbf\xbd\"],\"args_b64\":[\"d29ya2Vy\",\"/w==\"]"));
	finish();
}

/* A recording may claim any boot id; ids must stay what they are. */
static void forged_boot_id(void)
{
	begin((struct output_options){ .json = true });
	memcpy(s.start.boot_id, "\",\"type\":\"hello", 16);
	output__begin(o, &s.start);
	output__record(o, &s.record);
	CHECK(strstr(written(), "\"id\":\":4242:100000000000\""));
	finish();
	begin((struct output_options){ .json = true });
	memset(s.start.boot_id, 'a', sizeof(s.start.boot_id)); /* no NUL */
	output__begin(o, &s.start);
	CHECK_STR(o->boot_id, "");
	finish();
}

/* ---- writing ---- */

static void fill(unsigned int records)
{
	while (records--)
		output__record(o, &s.record);
}

static void large_writes(void)
{
	begin((struct output_options){ .quiet = true });
	fill(700);
	CHECK_I64(lseek(file, 0, SEEK_END), 0); /* 56 KB: not yet */
	fill(700);
	CHECK(lseek(file, 0, SEEK_END) >= 64 << 10);
	output__flush(o);
	CHECK_I64(lseek(file, 0, SEEK_END) % 1400, 0);
	CHECK_U64(o->records, 1400);
	CHECK_U64(o->unwritten, 0);
	finish();
}

static bool stop_now(void *ctx)
{
	++*(unsigned int *)ctx;
	return true;
}

/* A pipe that nobody empties: we are asked whether to go on, and nothing is lost unsaid. */
static void reader_asleep(void)
{
	struct output_options opt = { .quiet = true };
	unsigned int asked = 0;
	int fds[2];

	CHECK(!pipe(fds));
	opt.fd = fds[1];
	opt.stop = stop_now;
	opt.stop_ctx = &asked;
	begin(opt);
	o->opt.fd = fds[1];
	o->waits = true;
	fill(1400); /* more than a pipe holds */
	CHECK_I64(output__flush(o), -EINTR);
	CHECK(asked > 1);
	CHECK(o->unwritten > 0 && o->unwritten < 1400);
	output__free(o);
	close(fds[0]);
	close(fds[1]);
	close(file);
}

static void reader_gone(void)
{
	struct output_options opt = { .quiet = true };
	int fds[2];

	begin(opt);
	CHECK(!pipe(fds));
	close(fds[0]);
	o->opt.fd = fds[1];
	signal(SIGPIPE, SIG_IGN);
	fill(5);
	CHECK_I64(output__flush(o), -EPIPE);
	CHECK_U64(o->unwritten, 5);
	fill(3);
	CHECK_I64(output__flush(o), -EPIPE);
	CHECK_U64(o->unwritten, 8);
	close(fds[1]);
	output__free(o);
	close(file);
}

static void disk_full(void)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	begin((struct output_options){ .quiet = true });
	o->opt.fd = full;
	fill(2000); /* more than a buffer */
	CHECK_I64(output__flush(o), -ENOSPC);
	CHECK_U64(o->unwritten, 2000);
	close(full);
	output__free(o);
	close(file);
}

/* A file that may not grow further: records that got there whole are not counted as lost. */
static void partly_written(void)
{
	const unsigned int line = 82; /* 79 columns, an ellipsis of 3 bytes, newline */
	struct rlimit was, now;

	begin((struct output_options){ .quiet = true });
	CHECK(!getrlimit(RLIMIT_FSIZE, &was));
	now = was;
	now.rlim_cur = 3 * line + 40;
	signal(SIGXFSZ, SIG_IGN);
	CHECK(!setrlimit(RLIMIT_FSIZE, &now));
	fill(10);
	CHECK_I64(output__flush(o), -EFBIG);
	CHECK(!setrlimit(RLIMIT_FSIZE, &was));
	CHECK_U64(o->unwritten, 7);
	CHECK_I64(lseek(file, 0, SEEK_END), 3 * line + 40);
	output__free(o);
	close(file);
}

static void slow_reader(void)
{
	size_t total = 0;
	int fds[2], st;
	pid_t child;
	ssize_t n;

	begin((struct output_options){ .quiet = true });
	CHECK(!pipe2(fds, O_CLOEXEC));
	child = fork();
	if (!child) { /* far more than a pipe holds, without blocking */
		fcntl(fds[1], F_SETFL, O_NONBLOCK);
		o->opt.fd = fds[1];
		fill(5000);
		output__flush(o);
		_exit(o->error || o->unwritten);
	}
	close(fds[1]);
	poll(NULL, 0, 20); /* the pipe fills up meanwhile */
	while ((n = read(fds[0], text, sizeof(text))) > 0)
		total += (size_t)n;
	waitpid(child, &st, 0);
	CHECK_I64(st, 0);
	CHECK_U64(total, 5000 * 82);
	close(fds[0]);
	finish();
}

/* ---- for test_output_json.py and for measuring ---- */

static unsigned int seed = 7;

static unsigned int rnd(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* Mostly well-formed, sometimes plain noise. */
static size_t noise(char *dst, size_t cap)
{
	static const char *const bits[] = {
		"a", "\"", "\\", "\n", "\033[31m", "\x7f", "\xc2\x9b", "\xe2\x80\xae", "\xf0\x9f\x92\x80",
		"\xed\xa0\x80", "\xc0\xaf", "\xe6\x97", "\xef\xbf\xbd",
	};
	size_t len = 0, n;

	while (len < cap && rnd(12)) {
		const char *bit = bits[rnd(sizeof(bits) / sizeof(bits[0]))];

		n = strlen(bit) < cap - len ? strlen(bit) : cap - len;
		memcpy(dst + len, bit, n);
		len += n;
		if (len < cap && !rnd(4))
			dst[len++] = (char)(1 + rnd(255));
	}
	return len;
}

static void put_raw(FILE *f, const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		fprintf(f, "%02x", (unsigned char)bytes[i]);
	putc(' ', f);
}

static int emit(unsigned int n, const char *raw_path)
{
	struct output_options opt = { .fd = STDOUT_FILENO, .json = true, .args = true };
	FILE *raw = fopen(raw_path, "we");
	char exe[200], args[300];

	if (!raw)
		return 1;
	sample__init(&s);
	o = output__new(&opt);
	output__begin(o, &s.start);
	while (n--) {
		sample__init(&s);
		memset(s.death.comm, 0, sizeof(s.death.comm));
		s.record.exe = (struct text){ exe, 1 + noise(exe, sizeof(exe) - 1) };
		exe[s.record.exe.len - 1] = '/';
		s.record.args = (struct text){ args, 1 + noise(args, sizeof(args) - 1) };
		args[s.record.args.len - 1] = '\0';
		put_raw(raw, s.death.comm, noise(s.death.comm, sizeof(s.death.comm)));
		put_raw(raw, exe, s.record.exe.len);
		put_raw(raw, args, s.record.args.len);
		putc('\n', raw);
		s.death.res.read_bytes = (uint64_t)rnd(1 << 24) << rnd(40);
		s.death.status = rnd(2) ? (int)rnd(256) << 8 : 1 + (int)rnd(64);
		s.signals.fatal.signo = (__u8)(s.death.status & 0x7f);
		sample__conclude(&s);
		if (!rnd(8))
			forget_reap();
		output__record(o, &s.record);
	}
	output__end(o, &(struct totals){ 0 });
	return output__flush(o) || fclose(raw);
}

static int bench(unsigned int n)
{
	struct timespec a, b;
	unsigned int i;
	double ns;

	begin((struct output_options){ .json = true });
	o->opt.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (i = 0; i < n; i++)
		output__record(o, &s.record);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	ns = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
	printf("%.0f ns per JSON record\n", ns / n);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "emit"))
		return emit((unsigned int)atoi(argv[2]), argv[3]);
	if (argc == 3 && !strcmp(argv[1], "bench"))
		return bench((unsigned int)atoi(argv[2]));
	UNIT(durations);
	UNIT(sizes);
	UNIT(calendar);
	UNIT(clock_times);
	UNIT(table);
	UNIT(zombie_line);
	UNIT(colours);
	UNIT(chosen_columns);
	UNIT(loss_and_totals);
	UNIT(hostile_lines);
	UNIT(story);
	UNIT(story_of_the_unknown);
	UNIT(short_story);
	UNIT(story_of_a_zombie);
	UNIT(story_of_arguments);
	UNIT(json_envelope);
	UNIT(json_chosen_fields);
	UNIT(json_strings);
	UNIT(json_large_numbers);
	UNIT(json_arguments);
	UNIT(forged_boot_id);
	UNIT(large_writes);
	UNIT(reader_asleep);
	UNIT(reader_gone);
	UNIT(disk_full);
	UNIT(partly_written);
	UNIT(slow_reader);
	return unit__end();
}
