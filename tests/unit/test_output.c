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

#include "json_record.h"
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

/* A way out that nothing can be said about. */
static void leave_quietly(void)
{
	s.death.marks = (struct et_marks){ 0 };
	s.death.files = (struct et_files){ .users = 1 };
	s.death.adopted = 0;
	s.record.phases = (struct phases){ 0 };
	s.record.files = NULL;
	s.record.nr_files = 0;
}

static void see_files(unsigned int closed, unsigned int flushed, unsigned int errors)
{
	s.death.files = (struct et_files){
		.open = closed, .users = 1, .closed = closed, .flushed = flushed, .errors = errors,
	};
}

/* The parts in the order of enum phase; they add up to the whole. */
static void see_phases(const uint64_t ns[PHASE_COUNT])
{
	struct phases *p = &s.record.phases;
	unsigned int i;

	*p = (struct phases){ .known = true, .mm_known = true, .mm_freed = true };
	for (i = 0; i < PHASE_COUNT; i++) {
		p->seen[i] = true;
		p->ns[i] = ns[i];
		p->exit_ns += ns[i];
	}
}

#define PHASES(...) ((const uint64_t[PHASE_COUNT]){ __VA_ARGS__ })
#define MS 1000000ULL
#define HINT ": its unit was stopped or restarted, see its journal"

static struct noted_file a_file(enum et_file_what what, const char *path, const char *fs, uint64_t ns)
{
	return (struct noted_file){
		.what = what, .fd = -1, .ns = ns, .known = true, .path = text__str(path), .fs = text__str(fs),
	};
}

static struct noted_file a_flush_error(const char *path, const char *fs, int fd)
{
	struct noted_file f = a_file(ET_FILE_FLUSH_ERROR, path, fs, 1000);

	f.fd = fd;
	f.error = ENOSPC;
	strcpy(f.errno_name, "ENOSPC");
	return f;
}

static void note_files(const struct noted_file *files, unsigned int n)
{
	s.record.files = files;
	s.record.nr_files = n;
}

static void make_dying(enum et_phase now)
{
	s.record.type = RECORD_DYING;
	s.record.phases = (struct phases){
		.known = true, .exit_ns = 7020 * MS, .now = now, .now_ns = 6900 * MS,
	};
	strcpy(s.record.cause.text, "SIGKILL from bash[1]");
	record__clear_missing(&s.record);
}

static void forget_reap(void)
{
	s.record.reap = (struct reap){ .how = REAP_UNKNOWN };
	record__add_missing(&s.record, FIELD_reap, WHY_ENDED);
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

static unsigned int seed = 7;

static unsigned int rnd(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* ---- values ---- */

static const char *as_text(struct buf *b)
{
	static char copy[128];

	snprintf(copy, sizeof(copy), "%.*s", (int)b->len, b->data);
	buf__reset(b);
	return copy;
}

/* What they are made of is tested in test_text. */
static void amounts(void)
{
	struct buf b = { 0 };

	output__put_duration(&b, 812345);
	buf__char(&b, ' ');
	output__put_duration(&b, UINT64_MAX);
	buf__char(&b, ' ');
	output__put_bytes(&b, 12288000);
	CHECK_STR(as_text(&b), "812us 213503d 11.7M");
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
	see_files(34, 3, 0);
	see_phases(PHASES(0, 0, 380 * MS, 20 * MS, 0, 0, 0, 12 * MS));
	output__record(o, &s.record);
	s.death.status = 0;
	sample__conclude(&s);
	see_files(12345, 3, 0);
	see_phases(PHASES(0, 0, 380 * MS, 20 * MS, 0, 0, 0, 12 * MS));
	s.record.cause.nr_stops = 0;
	strcpy(s.record.cause.text, "exit code 0");
	s.record.reap = (struct reap){ .how = REAP_AUTO };
	output__record(o, &s.record);
	CHECK_STR(written(),
		  "TIME         PID COMM     CAUSE                  AGE   EXIT  FDS REAPER  ZOMBIE\n"
		  "22:10:11    4242 worker   SIGTERM from syste\xe2\x80\xa6  12.3s  412ms   34 bash      21us\n"
		  "22:10:11    4242 worker   exit code 0          12.3s  412ms  12k (auto)       -\n");
	finish();
}

/* What is not known is not 0, and not "does not apply". */
static void unknown_cells(void)
{
	begin((struct output_options){ .quiet = true });
	leave_quietly();
	record__add_missing(&s.record, FIELD_phases, WHY_TIER);
	record__add_missing(&s.record, FIELD_files, WHY_TIER);
	record__add_missing(&s.record, FIELD_process_age_ns, WHY_TIER);
	forget_reap();
	output__record(o, &s.record);
	CHECK_STR(written(),
		  "22:10:11    4242 worker   SIGTERM from syste\xe2\x80\xa6      ?      ?    ? ?            ?\n");
	finish();
}

static void nobody_reaped(void)
{
	begin((struct output_options){ .quiet = true });
	see_files(3, 0, 0);
	see_phases(PHASES(0, 0, 999, 0, 0, 0, 0, 0));
	s.record.reap = (struct reap){ .how = REAP_UNREAPED, .time_known = true, .zombie_ns = 1000 };
	output__record(o, &s.record);
	CHECK(strstr(written(), "  12.3s  999ns    3 -          1us\n"));
	finish();
}

static void flush_error_cells(void)
{
	static const struct {
		unsigned int closed;
		const char *cells;
	} all[] = {
		{ 34, " 999ns  34! bash      21us\n" },
		{ 999, " 999ns 999! bash      21us\n" },
		{ 9999, " 999ns 9999! bash     21us\n" },
		{ 10000, " 999ns 10k! bash      21us\n" },
		{ 999999, " 999ns 999k! bash     21us\n" },
		{ UINT32_MAX, " 999ns  4G! bash      21us\n" },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		begin((struct output_options){ .quiet = true });
		see_files(all[i].closed, 3, 1);
		see_phases(PHASES(0, 0, 999, 0, 0, 0, 0, 0));
		output__record(o, &s.record);
		if (!strstr(written(), all[i].cells))
			unit__fail(__FILE__, __LINE__, "no %s in %s", all[i].cells, text);
		CHECK_U64(text__width(text), 80);
		finish();
	}
}

static void zombie_line(void)
{
	begin((struct output_options){ .quiet = true });
	s.record.type = RECORD_ZOMBIE;
	s.record.reap = (struct reap){ .how = REAP_UNREAPED, .time_known = true, .zombie_ns = 10000000000ULL };
	output__record(o, &s.record);
	CHECK_STR(written(), "22:10:11    4242 worker   zombie for 10s, parent bash[4100] does not wait\n");
	finish();
}

static void dying_line(void)
{
	begin((struct output_options){ .quiet = true });
	make_dying(ET_PHASE_FILES);
	output__record(o, &s.record);
	make_dying(ET_PHASE_NONE);
	output__record(o, &s.record);
	s.record.phases.known = false;
	output__record(o, &s.record);
	s.record.cause.signal = NULL;
	output__record(o, &s.record);
	CHECK_STR(written(),
		  "22:10:11    4242 worker   dying for 7.02s, closing files for 6.9s (SIGKILL fro\xe2\x80\xa6\n"
		  "22:10:11    4242 worker   dying for 7.02s (SIGKILL from bash[1])\n"
		  "22:10:11    4242 worker   dying (SIGKILL from bash[1])\n"
		  "22:10:11    4242 worker   dying\n");
	finish();
}

static void no_heading_over_a_summary(void)
{
	begin((struct output_options){ .summary = true });
	CHECK_STR(written(), "");
	finish();
}

static void colours(void)
{
	begin((struct output_options){ .quiet = true, .colour = true });
	output__record(o, &s.record);
	CHECK(strstr(written(), "worker   \033[31mSIGTERM from syste\xe2\x80\xa6\033[0m  12.3s"));
	s.death.status = 0;
	sample__conclude(&s);
	see_files(34, 3, 2);
	output__record(o, &s.record);
	CHECK(strstr(written(), "\033[2mexit code 0"));
	CHECK(strstr(text, " \033[1;31m34!\033[0m bash "));
	make_dying(ET_PHASE_MM);
	output__record(o, &s.record);
	CHECK(strstr(written(), "\033[33mdying for 7.02s, freeing memory"));
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
		  "   4242       -   12.3s bash             SIGTERM from systemd[1], "
		  "699ms after SIGINT from bash[4100] was handled" HINT "\n");
	finish();
}

/* Unknown is "?", what does not apply "-", also in a group that is null as a whole. */
static void columns_of_nothing(void)
{
	const struct field *fields[] = { record__field("reap.by.comm"), record__field("phases.mm_ns"),
					 record__field("coredump.dumped") };

	begin((struct output_options){ .fields = fields, .nr_fields = 3, .quiet = true });
	leave_quietly();
	forget_reap();
	record__add_missing(&s.record, FIELD_phases, WHY_TIER);
	output__record(o, &s.record);
	CHECK_STR(written(), "?                      ? -\n");
	finish();
}

static void loss_and_totals(void)
{
	struct et_counters before = { .lost_ring = 3 }, now = { .lost_ring = 15, .full_signals = 2, .lost_file = 4 };
	struct et_counters files = { .lost_file = 1 }, none = { 0 };
	struct totals t = {
		.k = { .lost_ring = 1 }, .deaths = 34, .records = 33, .filtered = 2, .a = { .dying = 1 },
	};

	CHECK(output__any_lost(&none, &files));
	CHECK(!output__any_lost(&files, &files));

	begin((struct output_options){ 0 });
	output__lost(o, &now, &now);
	output__lost(o, &before, &now);
	output__end(o, &t);
	CHECK(strstr(written(), "ZOMBIE\n# lost: 12 deaths (ring buffer full)\n"
				"# lost: 4 files of deaths (ring buffer full)\n"
				"# lost: 2 signals (table of signals full)\n"
				"# 34 deaths seen, 33 records, 1 lost, 2 filtered out, 1 told while dying\n"));
	finish();
	begin((struct output_options){ .quiet = true });
	output__end(o, &t);
	CHECK_STR(written(), "");
	output__lost(o, &before, &now);
	CHECK(strstr(written(), "# lost: 12 deaths"));
	output__lost(o, &none, &files);
	CHECK(strstr(written(), "# lost: 1 file of deaths (ring buffer full)\n"));
	finish();
}

/* One line of 79 columns, with a newline, and nothing that acts on a terminal. */
static void check_line_of_79(void)
{
	struct text t = text__str(written());
	size_t at, lines;
	uint32_t cp;

	for (at = lines = 0; at < t.len;) {
		at += text__decode(t, at, &cp);
		lines += cp == '\n';
		CHECK(cp == '\n' || (cp != TEXT_INVALID && !text__is_hidden(cp)));
	}
	CHECK_U64(lines, 1);
	CHECK_U64(text__width(text), 80);
}

/* Everything is as long as it can be, and more. */
static void long_values(void)
{
	begin((struct output_options){ .quiet = true });
	see_files(UINT32_MAX, 3, UINT32_MAX);
	s.death.id = (struct et_id){ .tgid = UINT32_MAX };
	s.death.dead_ns = UINT64_MAX;
	s.record.real_offset_ns = 0;
	memset(s.death.comm, 'W', sizeof(s.death.comm));
	memset(s.record.reap.by.comm, 'W', sizeof(s.record.reap.by.comm));
	memset(s.record.cause.text, 'c', sizeof(s.record.cause.text) - 1);
	see_phases(PHASES(0, 0, UINT64_MAX, 0, 0, 0, 0, 0));
	s.record.reap.zombie_ns = UINT64_MAX;
	output__record(o, &s.record);
	check_line_of_79();
	finish();
	begin((struct output_options){ .quiet = true });
	make_dying(ET_PHASE_DETACH);
	memset(s.death.comm, 'W', sizeof(s.death.comm));
	memset(s.record.cause.text, 'c', sizeof(s.record.cause.text) - 1);
	s.record.phases.exit_ns = s.record.phases.now_ns = UINT64_MAX;
	output__record(o, &s.record);
	check_line_of_79();
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
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		begin((struct output_options){ .quiet = true });
		memset(s.death.comm, 0, sizeof(s.death.comm));
		memcpy(s.death.comm, names[i], strlen(names[i]));
		memcpy(s.signals.fatal.by.comm, s.death.comm, sizeof(s.death.comm));
		memcpy(s.record.reap.by.comm, s.death.comm, sizeof(s.death.comm));
		sample__conclude(&s);
		output__record(o, &s.record);
		check_line_of_79();
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
		  "699ms after SIGINT from bash[4100] was handled" HINT "\n"
		  "    process   /usr/bin/worker, uid 1000, 12 threads, lived 12.3s, child of bash[4100]\n"
		  "    where     /system.slice/worker.service, terminal pts/3, pid 17 in its namespace\n"
		  "    sender    systemd[1], /usr/lib/systemd/systemd, uid 0, dead 812us later\n"
		  "              in /init.scope\n"
		  "    before    SIGINT from bash[4100] 700ms before death: handled, the last of 2\n"
		  "    on exit   812us, longest: freeing memory (400us)\n"
		  "    threads   12 threads went within 100us\n"
		  "    files     34 closed, 3 flushed, slowest /mnt/nfs/log (nfs4) 140us\n"
		  "    LOST DATA? /mnt/nfs/log (nfs4, fd 7): flush failed with ENOSPC, and nobody was told\n"
		  "    children  2 adopted by systemd[1] (init)\n"
		  "    reaped    by bash[4100], zombie for 21us\n"
		  "    used      8.4ms user, 4.2ms system, 11.7M memory at most, "
		  "120 minor faults, 3 major faults, 4K read\n");
	finish();
}

static void story_of_the_unknown(void)
{
	begin((struct output_options){ .story = true, .quiet = true });
	forget_reap();
	record__add_missing(&s.record, FIELD_process_tty, WHY_TIER);
	record__add_missing(&s.record, FIELD_process_cgroup, WHY_TIER);
	output__record(o, &s.record);
	CHECK(strstr(written(), "\n    missing   process.tty, process.cgroup: "
				"not shown in this tier\n"
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
	leave_quietly();
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

static void begin_story(void)
{
	begin((struct output_options){ .story = true, .quiet = true });
	leave_quietly();
}

/* Tells the story, which must have these lines. */
static void check_story(const char *lines)
{
	output__record(o, &s.record);
	if (!strstr(written(), lines))
		unit__fail(__FILE__, __LINE__, "no \"%s\" in:\n%s", lines, text);
	finish();
}

#define BLOCK "\xe2\x96\x88"
#define BLOCKS_6 BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK
#define BLOCKS_18 BLOCKS_6 BLOCKS_6 BLOCKS_6

static void story_of_a_long_exit(void)
{
	begin_story();
	see_phases(PHASES(300000, 0, 380 * MS, 20 * MS, 0, 0, 10 * MS, 1700000));
	check_story("\n    on exit   412ms\n"
		    "              freeing memory      380ms " BLOCKS_18 "\xe2\x96\x8d\n"
		    "              closing files        20ms \xe2\x96\x89\n"
		    "              telling its parent   10ms \xe2\x96\x8d\n"
		    "              other               1.7ms \xe2\x96\x8f\n    reaped ");
}

static void story_of_a_short_exit(void)
{
	begin_story();
	see_phases(PHASES(0, 0, 240000, 72000, 0, 0, 0, 0));
	check_story("\n    on exit   312us, mostly freeing memory (240us)\n    reaped ");
	begin_story();
	see_phases(PHASES(0, 0, 100, 90, 0, 80, 0, 0));
	check_story("\n    on exit   270ns, longest: freeing memory (100ns)\n");
	begin_story();
	see_phases(PHASES(0, 0, 0, 0, 0, 0, 0, 0));
	check_story("\n    on exit   0ns\n    reaped ");
}

/* What was not seen is not told as if it had taken no time. */
static void story_of_an_exit_half_seen(void)
{
	begin_story();
	see_phases(PHASES(0, 0, 0, 0, 0, 0, 2 * MS, 8 * MS));
	s.record.phases.seen[PHASE_MM] = false;
	record__add_missing(&s.record, FIELD_phases_mm_ns, WHY_TIER);
	output__record(o, &s.record);
	CHECK(!strstr(written(), "freeing memory"));
	CHECK(strstr(text, "\n              other, or not observed    8ms "));
	finish();
	begin_story();
	s.record.phases = (struct phases){ 0 };
	record__add_missing(&s.record, FIELD_phases, WHY_BEFORE);
	output__record(o, &s.record);
	CHECK(!strstr(written(), "on exit"));
	finish();
}

static void story_of_shared_memory(void)
{
	begin_story();
	see_phases(PHASES(0, 0, 240000, 0, 0, 0, 0, 0));
	s.record.phases.mm_freed = false;
	s.death.mm_users = 3;
	s.death.threads = 1;
	check_story("mostly freeing memory (240us), its memory was not freed: 2 others use it\n");
	begin_story();
	see_phases(PHASES(0, 0, 240000, 0, 0, 0, 0, 0));
	s.record.phases.mm_freed = false;
	s.death.mm_users = 2;
	s.death.threads = 1;
	check_story(", its memory was not freed: 1 other uses it\n");
	begin_story();
	see_phases(PHASES(0, 0, 240000, 0, 0, 0, 0, 0));
	s.record.phases.mm_known = s.record.phases.mm_freed = false;
	record__add_missing(&s.record, FIELD_phases_mm_freed, WHY_TIER);
	check_story("mostly freeing memory (240us)\n");
}

static void story_of_threads(void)
{
	begin_story();
	s.death.threads = 64;
	s.death.marks.begin_ns = 1000;
	s.death.marks.last_ns = 3101000;
	s.death.leader_ns = SAMPLE_DEAD_NS - 500 * MS;
	check_story("\n    threads   64 threads went within 3.1ms, its main thread had ended 500ms before\n");
	begin_story();
	s.death.leader_ns = SAMPLE_DEAD_NS - 500 * MS;
	check_story("\n    threads   its main thread had ended 500ms before\n");
}

/* Bars and all never need more than 80 columns. */
static void stories_fit(void)
{
	uint64_t ns[PHASE_COUNT];
	unsigned int i, p;
	char *line;

	for (i = 0; i < 2000; i++) {
		for (p = 0; p < PHASE_COUNT; p++)
			ns[p] = rnd(3) ? (uint64_t)rnd(1 << 24) << rnd(30) : 0;
		begin_story();
		see_phases(ns);
		output__record(o, &s.record);
		written();
		line = strstr(text, "    on exit ");
		CHECK(line);
		for (line = strtok(line, "\n"); line && strncmp(line, "    reaped", 10); line = strtok(NULL, "\n"))
			CHECK(text__width(line) <= 80);
		finish();
	}
}

static void story_of_files(void)
{
	struct noted_file files[] = {
		a_file(ET_FILE_SLOW_CLOSE, "/mnt/x\033", "fuse.sshfs", 300 * MS),
		a_file(ET_FILE_SLOW_RELEASE, "/mnt/y", "nfs4", 2100 * MS),
	};

	begin_story();
	see_files(34, 3, 0);
	s.death.files.slowest_ns = 300 * MS;
	s.death.files.release_ns = 2100 * MS;
	note_files(files, 2);
	check_story("\n    files     34 closed, 3 flushed, slowest /mnt/x\\x1b (fuse.sshfs) 300ms, "
		    "release of /mnt/y (nfs4) took 2.1s\n    reaped");
	begin_story();
	see_files(34, 0, 0);
	s.death.files.slowest_ns = 300 * MS;
	check_story("\n    files     34 closed, the slowest took 300ms\n    reaped");
	begin_story();
	see_files(34, 0, 0);
	s.death.files.slowest_ns = 30000;
	s.death.files.release_ns = 2100 * MS;
	files[0].known = files[1].known = false;
	note_files(files, 2);
	check_story("\n    files     34 closed, a release took 2.1s\n    reaped");
	begin_story();
	see_files(34, 0, 0);
	s.death.flags &= ~(__u32)ET_D_FD_CLOSER;
	s.death.files.users = 2;
	check_story("\n    files     its descriptors stay open: another process shares the table\n    reaped");
	begin_story();
	record__add_missing(&s.record, FIELD_files, WHY_TIER);
	output__record(o, &s.record);
	CHECK(!strstr(written(), "    files  "));
	finish();
}

static void story_of_flush_errors(void)
{
	struct noted_file files[] = {
		a_flush_error("/mnt/nfs/log\n", "nfs4", 7), a_flush_error("/mnt/x", "fuse", -1),
		a_file(ET_FILE_CORE, "/core", "ext4", 0),   a_flush_error("", "", 8),
	};

	files[3].known = false;
	begin_story();
	see_files(34, 5, 5);
	note_files(files, 4);
	check_story("\n    files     34 closed, 5 flushed\n"
		    "    LOST DATA? /mnt/nfs/log\\n (nfs4, fd 7): flush failed with ENOSPC, and nobody was told\n"
		    "    LOST DATA? /mnt/x (fuse): flush failed with ENOSPC, and nobody was told\n"
		    "    LOST DATA? a file (fd 8): flush failed with ENOSPC, and nobody was told\n"
		    "    LOST DATA? 2 more flushes failed, and nobody was told\n    reaped");
	begin_story();
	o->opt.colour = true;
	see_files(34, 5, 1);
	check_story("\n\033[1;31m    LOST DATA? 1 flush failed, and nobody was told\033[0m\n");
}

static void story_of_a_core(void)
{
	const struct noted_file core = a_file(ET_FILE_CORE, "/var/crash/core.12", "ext4", 0), *f = &core;
	static const char handler[] = "|/usr/lib/systemd/systemd-coredump %P %u";
	const struct {
		struct coredump core;
		const char *pattern, *words;
		uint64_t limit;
	} all[] = {
		{ { .dumped = true, .target = ET_CORE_FILE, .file = f }, "core",
		  "dumped to /var/crash/core.12 (150ms)", UINT64_MAX },
		{ { .dumped = true }, "core", "dumped (150ms)", UINT64_MAX },
		{ { .dumped = true, .target = ET_CORE_PIPE }, handler,
		  "piped to |/usr/lib/systemd/systemd-coredump, took 150ms", 0 },
		{ { .dumped = true, .target = ET_CORE_SOCKET }, "@/run/crash", "sent to @/run/crash, took 150ms", 0 },
		{ { .dumped = true, .target = ET_CORE_PIPE }, "", "piped to a program, took 150ms", 0 },
		{ { .reason = CORE_LIMIT }, "core",
		  "not dumped: RLIMIT_CORE is 0; raise it with ulimit -c, or LimitCORE= of its unit", 0 },
		{ { .reason = CORE_LIMIT }, "core",
		  "not dumped: RLIMIT_CORE is 1B; raise it with ulimit -c, or LimitCORE= of its unit", 1 },
		{ { .reason = CORE_NOT_DUMPABLE }, "core",
		  "not dumped: prctl(PR_SET_DUMPABLE), or other rights than its user's; "
		  "see sysctl fs.suid_dumpable", 0 },
		{ { .reason = CORE_PATTERN_EMPTY }, "", "not dumped: sysctl kernel.core_pattern is empty", 0 },
		{ { .reason = CORE_OPEN_FAILED }, "/x/core", "not dumped: the file could not be opened; "
		  "see sysctl kernel.core_pattern, and who may write there", 0 },
		{ { .reason = CORE_OPEN_FAILED, .target = ET_CORE_SOCKET }, "@/x",
		  "not dumped: nobody listens at the socket of sysctl kernel.core_pattern", 0 },
		{ { .reason = CORE_HANDLER_FAILED, .target = ET_CORE_PIPE }, "|/x",
		  "not dumped: the program of sysctl kernel.core_pattern could not be run", 0 },
		{ { .reason = CORE_INTERRUPTED }, "core",
		  "not dumped: SIGKILL came meanwhile, or writing failed; is there room?", UINT64_MAX },
		{ { .reason = CORE_REASON_NONE }, "core", "not dumped", UINT64_MAX },
	};
	char line[256];
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		begin_story();
		s.record.coredump = all[i].core;
		s.record.coredump.applies = s.record.coredump.duration_known = true;
		s.record.coredump.duration_ns = 150 * MS;
		s.record.core_pattern = text__str(all[i].pattern);
		s.record.core_pattern_known = true;
		s.death.core.limit = all[i].limit;
		snprintf(line, sizeof(line), "\n    core      %s\n", all[i].words);
		check_story(line);
	}
	begin_story();
	output__record(o, &s.record);
	CHECK(!strstr(written(), "    core"));
	finish();
}

static void story_of_children(void)
{
	begin_story();
	s.death.adopted = 3;
	s.death.hung_up = 2;
	sample__peer(&s.death.adopter, 1, 1000000, "systemd", 0);
	check_story("\n    children  3 adopted by systemd[1] (init)\n"
		    "    hung up   2 processes: stopped orphans, or in the foreground of its terminal\n");
	begin_story();
	s.death.adopted = 1;
	sample__peer(&s.death.adopter, 77, 1000000, "tini", 0);
	s.death.adopter.flags = ET_PEER_SUBREAPER;
	check_story("\n    children  1 adopted by tini[77] (subreaper)\n    reaped");
	begin_story();
	s.death.adopted = 1;
	s.death.adopter = (struct et_peer){ 0 };
	record__add_missing(&s.record, FIELD_children_adopted_by, WHY_TIER);
	check_story("\n    children  1 adopted\n    reaped");
	begin_story();
	s.death.adopted = s.death.hung_up = 3;
	record__add_missing(&s.record, FIELD_children, WHY_TIER);
	output__record(o, &s.record);
	CHECK(!strstr(written(), "children  ") && !strstr(text, "hung up  "));
	finish();
}

static void story_of_reaping(void)
{
	struct et_peer init;

	sample__peer(&init, 1, 1000000, "systemd", 0);
	begin_story();
	s.record.reap.by.tid = 4105;
	check_story("\n    reaped    by bash[4100], its thread 4105, zombie for 21us\n");
	begin_story();
	s.record.reap.how = REAP_REPARENTED;
	s.record.reap.reparented = s.record.reap.new_parent_seen = true;
	s.record.reap.by = s.record.reap.new_parent = init;
	check_story("\n    reaped    by systemd[1] (init), which had inherited it, zombie for 21us\n");
	begin_story();
	s.record.reap.reparented = s.record.reap.new_parent_seen = true;
	s.record.reap.new_parent = init;
	s.record.reap.new_parent.id.tgid = 9;
	s.record.reap.new_parent.flags = ET_PEER_NS_INIT;
	check_story("\n    reaped    by bash[4100], inherited by systemd[9] (init of its pid namespace), zombie ");
	begin_story();
	s.record.reap.reparented = true;
	s.record.reap.new_parent.id = (struct et_id){ .tgid = 9 };
	check_story("\n    reaped    by bash[4100], inherited by process 9, zombie ");
	begin_story();
	s.record.reap.how = REAP_TRACED;
	s.death.flags |= ET_D_TRACED;
	sample__peer(&s.death.tracer, 12, 1000000, "strace", 0);
	check_story("\n    reaped    by bash[4100], held by its tracer strace[12], zombie for 21us\n");
	begin_story();
	s.death.flags |= ET_D_CLONE_AUTOREAP;
	s.record.reap = (struct reap){ .how = REAP_AUTO };
	check_story("\n    reaped    by the kernel, clone3() had been asked for that\n");
}

static void story_of_the_dying(void)
{
	begin_story();
	make_dying(ET_PHASE_FILES);
	record__add_missing(&s.record, FIELD_process_threads, WHY_TIER);
	output__record(o, &s.record);
	CHECK_STR(written(), "22:10:11.123477 worker[4242] is dying: SIGKILL from bash[1]\n"
			     "    process   /usr/bin/worker, uid 1000, lived 12.3s, child of bash[4100]\n"
			     "    sender    systemd[1], /usr/lib/systemd/systemd, uid 0\n"
			     "              in /init.scope\n"
			     "    on exit   7.02s so far, closing files for 6.9s\n"
			     "    missing   process.threads: "
			     "not shown in this tier\n");
	finish();
}

/* ---- the story of who did it ---- */

static void begin_sent_story(void)
{
	begin_story();
	sample__peer(&s.signals.fatal.by, 77, 2000000, "kill", 1000);
	sample__peer(&s.signals.fatal.by_parent, 4100, 90000000000ULL, "bash", 1000);
	sample__peer(&s.signals.killer.grandparent, 4000, 1000000, "sshd\033", 0);
	s.record.killer = (struct sender){
		.exe = text__str("/usr/bin/kill"),
		.args = { "kill\0-9\0" "4242", 13 },
		.cgroup = text__str("/system.slice/docker-0123.scope"),
		.container = { RUNTIME_DOCKER, text__str("0123456789abcdef") },
	};
	s.signals.stop[1] = (struct et_signal){ 0 };
}

static void story_of_a_sender(void)
{
	begin_sent_story();
	sample__conclude(&s);
	leave_quietly();
	check_story("\n    sender    kill[77], /usr/bin/kill, uid 1000, child of bash[4100], child of "
		    "sshd\\x1b[4000], dead 812us later\n"
		    "              docker 0123456789ab, in /system.slice/docker-0123.scope\n"
		    "    reaped");
	begin_sent_story();
	o->opt.args = true;
	sample__conclude(&s);
	leave_quietly();
	check_story("\n              kill -9 4242\n    reaped");
	begin_sent_story();
	s.signals.fatal.by = s.death.parent;
	sample__conclude(&s);
	leave_quietly();
	check_story("\n    sender    bash[4100], its parent, /usr/bin/kill,");
}

static void story_of_consequences(void)
{
	begin_sent_story();
	s.signals.fatal.info = ET_INFO_NONE;
	s.signals.fatal.by.flags = ET_PEER_EXITING | ET_PEER_DYING;
	sample__conclude(&s);
	leave_quietly();
	check_story("\n    because   kill[77] died before, see the record of " SAMPLE_BOOT_ID ":77:2000000\n"
		    "    reaped");
}

static struct et_oom an_oom(uint32_t flags)
{
	struct et_oom oom = {
		.usage_bytes = 511 << 20, .limit_bytes = 512 << 20, .anon_bytes = 400 << 20, .file_bytes = 8 << 20,
		.shmem_bytes = 2 << 20, .swap_bytes = 1 << 20, .score_adj = -17, .flags = flags, .memcg_id = 9,
	};

	sample__peer(&oom.trigger, 12, 1000000, "stress", 1000);
	return oom;
}

static void begin_oom_story(const struct et_oom *oom)
{
	begin_sent_story();
	s.death.status = 9;
	s.signals.fatal.signo = 9;
	s.signals.fatal.info = ET_INFO_PRIV;
	s.signals.fatal.flags |= ET_SIG_OOM;
	s.record.oom = oom;
	s.record.oom_cgroup = text__str("/a");
	sample__conclude(&s);
	leave_quietly();
}

static void story_of_no_memory(void)
{
	const struct et_oom cgroup = an_oom(ET_OOM_MEMCG | ET_OOM_LIMIT | ET_OOM_USED | ET_OOM_OWN);
	const struct et_oom above = an_oom(ET_OOM_MEMCG | ET_OOM_LIMIT | ET_OOM_SWAP);
	const struct et_oom machine = an_oom(ET_OOM_GLOBAL), unknown = an_oom(0);

	begin_oom_story(&cgroup);
	check_story("died: out of memory: cgroup /a at its limit of 512M (asked for by stress[12])\n");
	begin_oom_story(&cgroup);
	check_story("\n    memory    511M used, limit 512M, of its cgroup /a\n"
		    "              it had 410M, 400M of that its own data, 8M of files, 2M shared, and in swap 1M, "
		    "oom_score_adj -17\n"
		    "              asked for by stress[12], uid 1000\n    reaped");
	begin_oom_story(&above);
	check_story("\n    memory    511M used, limit 512M of memory and swap, of the cgroup above it, /a\n"
		    "              oom_score_adj -17\n");
	begin_oom_story(&machine);
	check_story("\n    memory    the machine had none left\n              oom_score_adj -17\n");
	begin_oom_story(&unknown);
	check_story("\n    memory    oom_score_adj -17\n              asked for by stress[12], uid 1000\n");
	begin_oom_story(NULL);
	output__record(o, &s.record);
	CHECK(!strstr(written(), "    memory  "));
	finish();
}

/* One more victim of the call that killed them all. */
static void tell_victim(uint32_t pid, uint64_t blast_ns)
{
	s.death.id.tgid = pid;
	s.signals.fatal.flags |= ET_SIG_BLAST;
	s.signals.killer.blast_ns = blast_ns;
	sample__conclude(&s);
	output__record(o, &s.record);
}

static unsigned int count_lines(const char *with)
{
	unsigned int n = 0;
	const char *p;

	for (p = written(); (p = strstr(p, with)); p++)
		n++;
	return n;
}

static void story_of_a_blast(void)
{
	unsigned int i;

	begin_sent_story();
	s.death.files.errors = 0;
	tell_victim(100, 5);
	tell_victim(101, 5);
	tell_victim(102, 5);
	CHECK(strstr(written(), "skipped by the kernel\n    with it   worker[101] SIGTERM, same kill\n"
			   "    with it   worker[102] SIGTERM, same kill\n"));
	CHECK_U64(count_lines(" died: "), 1);
	tell_victim(103, 6); /* another call of that sender */
	tell_victim(104, 5);
	CHECK(strstr(written(), "\n22:10:11.123456 worker[104] died: SIGTERM, same kill as of worker[100]\n"));
	CHECK_U64(count_lines("\n    sender "), 2);
	s.death.files.errors = 1;
	s.death.id.tgid = 105;
	output__record(o, &s.record); /* but it lost data */
	CHECK_U64(count_lines("\n    sender "), 3);
	s.death.files.errors = 0;
	for (i = 0; i < 16; i++)
		tell_victim(200 + i, 1000 + i);
	tell_victim(300, 5); /* forgotten by now */
	CHECK_U64(count_lines("\n    sender "), 20);
	finish();
}

/* ---- threads ---- */

static struct et_thread thread;

static void make_thread(enum record_type type, int status, uint32_t flags)
{
	thread = (struct et_thread){
		.id = s.death.id, .time_ns = SAMPLE_DEAD_NS, .start_ns = SAMPLE_DEAD_NS - 1500 * MS,
		.runtime_ns = 20 * MS, .tid = 4243, .status = status, .flags = flags, .threads = 4,
		.comm = "io\n", .process = "worker",
	};
	s.death.status = status;
	s.record.type = type;
	s.record.thread = &thread;
	s.record.signals = NULL;
	record__clear_missing(&s.record);
	cause__conclude(&s.record);
}

static void thread_lines(void)
{
	begin((struct output_options){ .quiet = true });
	make_thread(RECORD_THREAD, 0, 0);
	output__record(o, &s.record);
	make_thread(RECORD_THREAD, 9, ET_THREAD_GROUP);
	output__record(o, &s.record);
	make_thread(RECORD_WARNING, 31, ET_THREAD_ALONE);
	output__record(o, &s.record);
	CHECK_STR(written(), "22:10:11    4242 worker   thread io\\n[4243]: thread exit\n"
			     "22:10:11    4242 worker   thread io\\n[4243]: its process exits: SIGKILL\n"
			     "22:10:11    4242 worker   "
			     "thread io\\n[4243] was killed alone by seccomp (SIGSY\xe2\x80\xa6\n");
	finish();
}

static void story_of_a_thread(void)
{
	begin_story();
	make_thread(RECORD_THREAD, 0, 0);
	output__record(o, &s.record);
	make_thread(RECORD_WARNING, 31, ET_THREAD_ALONE | ET_THREAD_REFUSED);
	output__record(o, &s.record);
	CHECK_STR(written(), "22:10:11.123456 worker[4242], thread io\\n[4243]: thread exit, lived 1.5s, "
			     "20ms of processor time, 3 left\n"
			     "22:10:11.123456 worker[4242] WARNING: thread io\\n[4243] was killed alone by seccomp "
			     "(SIGSYS, read); its process goes on without it\n");
	finish();
}

/* ---- JSON ---- */

static void json_thread(void)
{
	begin((struct output_options){ .json = true });
	make_thread(RECORD_WARNING, 31, ET_THREAD_ALONE | ET_THREAD_REFUSED);
	thread.comm[2] = '\0';
	cause__conclude(&s.record);
	output__record(o, &s.record);
	CHECK(strstr(written(), "\n{\"schema\":\"exittrace/1\",\"type\":\"warning\","
				"\"time\":\"2026-11-21T22:10:11.123456789Z\",\"id\":\"" SAMPLE_BOOT_ID
				":4242:100000000000\",\"process\":{\"pid\":4242,\"comm\":\"worker\",\"uid\":1000},"
				"\"exit\":{\"raw\":31,\"code\":null,\"signal\":31,\"signal_name\":\"SIGSYS\","
				"\"core_dumped\":false,\"shell\":159},"
				"\"cause\":{\"class\":\"seccomp\",\"text\":\"thread io[4243] was killed alone by "
				"seccomp (SIGSYS, read); its process goes on without it\","
				"\"syscall\":{\"nr\":0,\"name\":\"read\"}},\"thread\":{\"tid\":4243,\"comm\":\"io\","
				"\"age_ns\":1500000000,\"runtime_ns\":20000000,\"ended_by\":\"killed\",\"left\":3},"
				"\"missing\":[],\"truncated\":[]}\n"));
	finish();
}

static void json_of_a_sender(void)
{
	begin((struct output_options){ .json = true });
	tell_victim(4242, 5);
	CHECK(strstr(written(), "\"by\":{\"id\":\"" SAMPLE_BOOT_ID ":1:1000000\",\"pid\":1,\"tid\":1,"
				"\"comm\":\"systemd\",\"uid\":0,\"role\":\"service_manager\","
				"\"executable\":{\"path\":\"/usr/lib/systemd/systemd\"},\"cgroup\":{\"id\":\"77\","
				"\"path\":\"/init.scope\",\"unit\":\"init.scope\"}},"
				"\"blast\":\"" SAMPLE_BOOT_ID ":1:5\","));
	finish();
}

static void json_of_no_memory(void)
{
	const struct et_oom oom = an_oom(ET_OOM_MEMCG | ET_OOM_LIMIT | ET_OOM_USED | ET_OOM_OWN | ET_OOM_GROUP);

	begin((struct output_options){ .json = true });
	s.death.status = 9;
	s.signals.fatal.signo = 9;
	s.signals.fatal.info = ET_INFO_PRIV;
	s.record.oom = &oom;
	s.record.oom_cgroup = text__str("/a");
	sample__conclude(&s);
	output__record(o, &s.record);
	CHECK(strstr(written(), "\"oom\":{\"cgroup\":{\"id\":\"9\",\"version\":2,\"path\":\"/a\"},\"own_cgroup\":true,"
				"\"limit_bytes\":536870912,\"usage_bytes\":535822336,\"rss_bytes\":429916160,"
				"\"anon_bytes\":419430400,\"file_bytes\":8388608,\"shmem_bytes\":2097152,"
				"\"swap_bytes\":1048576,\"score_adj\":-17,\"trigger\":{\"id\":\"" SAMPLE_BOOT_ID
				":12:1000000\",\"pid\":12,\"comm\":\"stress\",\"uid\":1000},\"group\":true},"));
	finish();
}


static void json_envelope(void)
{
	struct et_counters before = { .lost_ring = 3 }, now = { .lost_ring = 15, .full_dying = 2, .lost_file = 1 };
	struct totals t = {
		.k = { .lost_ring = 15 }, .deaths = 34, .records = 19, .a = { .waiting = 2, .dying = 3 },
	};

	begin((struct output_options){ .json = true });
	CHECK_STR(written(), "{\"schema\":\"exittrace/1\",\"type\":\"hello\","
			     "\"time\":\"2026-11-21T22:08:19.777777888Z\","
			     "\"version\":\"0.1.0\",\"kernel\":\"6.1.0-test\",\"boot_id\":\"" SAMPLE_BOOT_ID "\","
			     "\"tier\":\"tracepoint\",\"probes\":{\"exit\":\"tracepoint\",\"exe\":\"tracepoint\","
			     "\"last\":\"tracepoint\",\"notify\":\"tracepoint\",\"reap\":\"tracepoint\","
			     "\"signal\":\"tracepoint\",\"tree\":\"tracepoint\",\"snapshot\":\"tracepoint\","
			     "\"begin\":\"fentry\",\"mm\":\"fentry\",\"files\":\"fentry\",\"work\":\"fentry\","
			     "\"coredump\":\"fentry\",\"children\":\"fentry\",\"oom\":\"fentry\","
			     "\"seccomp\":\"fentry\",\"cgroup_kill\":\"fentry\",\"hangup\":\"fentry\","
			     "\"stdio\":\"fentry\",\"stack\":\"fentry\",\"leave\":\"fentry\"}}\n");
	output__lost(o, &before, &before);
	output__lost(o, &before, &now);
	output__end(o, &t);
	CHECK(strstr(written(), "\n{\"schema\":\"exittrace/1\",\"type\":\"lost\",\"deaths\":12,"
				"\"reaps\":0,\"cgroups\":0,\"files\":1,\"threads\":0,\"signals_full\":0,"
				"\"dying_full\":2,\"tree_full\":0}\n"
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

static void begin_json(void)
{
	begin((struct output_options){ .json = true });
	leave_quietly();
}

/* Emits the record, which must have this. */
static void check_json(const char *part)
{
	output__record(o, &s.record);
	if (!strstr(written(), part))
		unit__fail(__FILE__, __LINE__, "no %s in %s", part, text);
	finish();
}

static void json_phases(void)
{
	begin_json();
	see_phases(PHASES(1, 0, 380, 20, 2, 3, 4, 5));
	s.record.phases.seen[PHASE_DETACH] = false;
	s.record.phases.mm_freed = false;
	s.death.mm_users = 3;
	s.death.threads = 1;
	check_json("\"phases\":{\"exit_ns\":415,\"delivery_ns\":1,\"coredump_ns\":0,\"mm_ns\":380,\"files_ns\":20,"
		   "\"detach_ns\":null,\"task_work_ns\":3,\"notify_ns\":4,\"other_ns\":5,\"mm_freed\":false,"
		   "\"mm_users\":2},");
	begin_json();
	s.record.phases = (struct phases){ 0 };
	record__add_missing(&s.record, FIELD_phases, WHY_TIER);
	check_json(",\"phases\":null,");
}

static void json_files(void)
{
	const struct noted_file files[] = {
		a_file(ET_FILE_SLOW_CLOSE, "/mnt/x\xff", "fuse.sshfs", 300 * MS),
		a_flush_error("/mnt/a", "nfs4", 7),
		a_flush_error("/mnt/b\xff", "fuse", -1),
	};

	begin_json();
	see_files(34, 3, 2);
	s.death.files.slowest_ns = 300 * MS;
	note_files(files, 3);
	output__record(o, &s.record);
	CHECK(strstr(written(), "\"files\":{\"closed\":34,\"flushed\":3,"));
	CHECK(strstr(text, "\"flush_errors\":[{\"fd\":7,\"path\":\"/mnt/a\",\"fs\":\"nfs4\",\"errno\":\"ENOSPC\"},"
			   "{\"path\":\"/mnt/b\xef\xbf\xbd\",\"path_b64\":\"L21udC9i/w==\",\"fs\":\"fuse\","
			   "\"errno\":\"ENOSPC\"}]"));
	CHECK(strstr(text, "\"slowest\":{\"path\":\"/mnt/x\xef\xbf\xbd\",\"path_b64\":\"L21udC94/w==\","
			   "\"fs\":\"fuse.sshfs\",\"ns\":300000000}},"));
	finish();
	begin_json();
	see_files(34, 3, 0);
	record__add_missing(&s.record, FIELD_files_slowest, WHY_TIER);
	output__record(o, &s.record);
	CHECK(strstr(written(), ",\"flush_error_count\":0,\"slowest\":null},"));
	CHECK(!strstr(text, "flush_errors\""));
	finish();
	begin_json();
	record__add_missing(&s.record, FIELD_files, WHY_TIER);
	check_json(",\"files\":null,");
}

static void json_core(void)
{
	begin_json();
	s.record.coredump = (struct coredump){
		.applies = true, .duration_known = true, .duration_ns = 30000, .target = ET_CORE_FILE,
		.reason = CORE_LIMIT,
	};
	s.record.core_pattern = text__str("core");
	s.death.core.limit = 0;
	check_json("\"coredump\":{\"dumped\":false,\"duration_ns\":30000,\"target\":\"file\",\"pattern\":\"core\","
		   "\"limit_bytes\":0,\"reason\":\"limit\"},");
	begin_json();
	output__record(o, &s.record);
	CHECK(!strstr(written(), "\"coredump\":{"));
	finish();
}

static void json_relatives(void)
{
	begin_json();
	s.death.adopted = 3;
	sample__peer(&s.death.adopter, 1, 1000000, "systemd", 0);
	check_json("\"children\":{\"adopted\":3,\"adopted_by\":{\"id\":\"" SAMPLE_BOOT_ID ":1:1000000\",\"pid\":1,"
		   "\"comm\":\"systemd\",\"role\":\"init\"}}");
	begin_json();
	s.death.adopted = 3;
	record__add_missing(&s.record, FIELD_children_adopted_by, WHY_TIER);
	check_json("\"children\":{\"adopted\":3,\"adopted_by\":null}");
	begin_json();
	record__add_missing(&s.record, FIELD_children, WHY_TIER);
	check_json(",\"children\":null");
	begin_json();
	s.record.reap.how = REAP_TRACED;
	s.death.flags |= ET_D_TRACED;
	sample__peer(&s.death.tracer, 12, 1000000, "strace", 0);
	check_json("\"reparented_to\":null,\"tracer\":{\"id\":\"" SAMPLE_BOOT_ID ":12:1000000\",\"pid\":12,"
		   "\"comm\":\"strace\",\"uid\":0}},");
	begin_json();
	s.record.reap.reparented = s.record.reap.new_parent_seen = true;
	sample__peer(&s.record.reap.new_parent, 1, 1000000, "systemd", 0);
	check_json("\"reparented_to\":{\"id\":\"" SAMPLE_BOOT_ID ":1:1000000\",\"pid\":1,\"comm\":\"systemd\","
		   "\"role\":\"init\"}},");
}

/* Only what can be known of a process that is not dead yet. */
static void json_dying(void)
{
	begin_json();
	make_dying(ET_PHASE_FILES);
	check_json("\n{\"schema\":\"exittrace/1\",\"type\":\"dying\",\"time\":\"2026-11-21T22:10:11.123477789Z\","
		   "\"id\":\"" SAMPLE_BOOT_ID ":4242:100000000000\",\"process\":{\"pid\":4242,\"comm\":\"worker\","
		   "\"uid\":1000,\"start_time\":\"2026-11-21T22:09:58.777777888Z\",\"age_ns\":12345678901,"
		   "\"threads\":12},\"cause\":{\"class\":\"signal\",\"text\":\"SIGKILL from bash[1]\",\"by\":{"
		   "\"id\":\"" SAMPLE_BOOT_ID ":1:1000000\",\"pid\":1,\"tid\":1,\"comm\":\"systemd\",\"uid\":0}},"
		   "\"phases\":{\"exit_ns\":7020000000,\"now\":\"files\",\"now_ns\":6900000000},"
		   "\"missing\":[],\"truncated\":[]}\n");
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

/* A moment of the way out that comes too early, too late or not at all. */
static void disturb_marks(void)
{
	__u64 *marks = (__u64 *)&s.death.marks;

	marks[rnd(sizeof(s.death.marks) / sizeof(*marks))] = rnd(2) ? 0 : SAMPLE_DEAD_NS - rnd(1000000);
}

/* What was kept of the sender, and of the OOM killer's choice. */
static void disturb_sender(void)
{
	static struct et_oom oom;
	static char bytes[64];
	const struct text t = { bytes, noise(bytes, sizeof(bytes)) };

	oom = an_oom(rnd(1 << 10));
	s.record.oom = rnd(2) ? &oom : NULL;
	s.record.oom_cgroup = s.record.killed_cgroup = s.record.killer.cgroup = s.record.killer.args = t;
	s.record.killer.container = (struct container){ rnd(2) ? RUNTIME_DOCKER : RUNTIME_NONE, t };
	s.signals.fatal.flags = rnd(1 << 16) & ~(rnd(2) ? ET_SIG_INJECTED | ET_SIG_SELF : 0);
	s.signals.fatal.info = (__u8)rnd(3);
	s.signals.fatal.code = (int)rnd(12) - 6;
	s.signals.killer.blast_ns = rnd(2);
	s.signals.killer.cgroup_id = rnd(3);
	s.signals.killer.cgroup_killed = rnd(3);
	s.signals.killer.seen = rnd(4);
	noise(s.signals.killer.tty, sizeof(s.signals.killer.tty));
	s.death.seccomp = rnd(4);
}

static void disturb_death(void)
{
	s.death.res.read_bytes = (uint64_t)rnd(1 << 24) << rnd(40);
	s.death.status = rnd(2) ? (int)rnd(256) << 8 : 1 + (int)rnd(64);
	s.signals.fatal.signo = (__u8)(s.death.status & 0x7f);
	while (rnd(3))
		disturb_marks();
	s.death.seen ^= rnd(2) ? 1U << rnd(15) : 0;
	s.death.flags ^= rnd(2) ? 1U << rnd(15) : 0;
	disturb_sender();
	s.files[0].fd = rnd(2) ? 7 : -1;
	s.files[1].known = rnd(2);
	s.record.nr_files = rnd(3);
	s.death.files.errors = rnd(3);
	s.death.files.users = 1 + rnd(2);
	sample__peer(&s.death.tracer, 12, 1000000, "strace", 0);
	s.death.adopted = rnd(3);
	s.death.hung_up = rnd(2);
	if (!rnd(8))
		sample__crash(&s);
	sample__conclude(&s);
	if (!rnd(8))
		forget_reap();
}

/* Text of our own, changed in the place where it was before. */
static void disturb_text(void)
{
	static char path[6000];
	const size_t len = rnd(20) ? rnd(30) : rnd(sizeof(path));

	memset(path, 'a' + (int)rnd(2), sizeof(path));
	if (len && !rnd(3))
		path[rnd((unsigned int)len)] = "\"\n\xff~"[rnd(4)];
	s.record.cgroup = (struct text){ path, len };
	s.death.comm[rnd(sizeof(s.death.comm))] = "ab\"\xff"[rnd(4)];
}

/* Lists that are as long, or look the same once they are written. */
static void disturb_args(void)
{
	static char much[2000];
	const struct text all[] = {
		{ "a\0b", 3 },	 { "a\0b", 4 },	       { "a\\n", 3 },  { "a\n", 3 }, { "a\",\"b", 5 }, { "a\0\xff", 3 },
		{ "a\0\xfe", 3 }, { much, sizeof(much) }, { much, 600 }, { "", 1 },	  { NULL, 0 },
	};

	memset(much, 'x', sizeof(much));
	s.record.args = all[rnd(sizeof(all) / sizeof(all[0]))];
	s.record.killer.args = all[rnd(sizeof(all) / sizeof(all[0]))];
}

static void disturb_type(void)
{
	static const enum record_type types[] = { RECORD_DEATH, RECORD_ZOMBIE, RECORD_THREAD, RECORD_WARNING };

	s.record.type = types[rnd(4)];
	if (s.record.type == RECORD_THREAD || s.record.type == RECORD_WARNING) {
		make_thread(s.record.type, s.death.status, rnd(2) ? ET_THREAD_GROUP : ET_THREAD_ALONE);
		return;
	}
	s.record.thread = NULL;
	s.record.signals = &s.signals;
	sample__conclude(&s);
}

/* The next death: mostly much like the one before. */
static void disturb_a_little(void)
{
	switch (rnd(40)) {
	case 0:
		disturb_death();
		break;
	case 1:
		sample__init(&s);
		break;
	case 2:
		disturb_type();
		break;
	case 3:
		s.death.id.tgid = rnd(3) ? rnd(1 << 22) : UINT32_MAX - rnd(2);
		break;
	case 4:
		sample__init(&s);
		sample__dying(&s);
		break;
	case 5 ... 6:
		disturb_args();
		break;
	case 7 ... 15:
		disturb_text();
		break;
	default:
		s.death.id.start_ns += rnd(1 << 20);
		s.death.res.minor_faults = rnd(3) * (1ULL << rnd(63));
		s.death.parent.uid = rnd(3);
		s.death.flags ^= rnd(8) ? 0 : ET_D_FORKNOEXEC | ET_D_EXE_DELETED;
	}
}

/* A line is copied from others as far as it is the same: it is to be as if there had been none. */
static void json_from_lines_before(void)
{
	const struct output_options opt = { .json = true, .args = true };
	struct json_record *used = json_record__new(&opt), *fresh = json_record__new(&opt);
	struct buf a = { 0 }, b = { 0 };
	unsigned int i;

	sample__init(&s);
	json_record__boot_id(used, SAMPLE_BOOT_ID);
	for (i = 0; i < 20000 && a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len)); i++) {
		buf__reset(&a);
		buf__reset(&b);
		disturb_a_little();
		json_record__boot_id(fresh, SAMPLE_BOOT_ID);
		json_record__put(used, &a, &s.record);
		json_record__put(fresh, &b, &s.record);
	}
	if (i < 20000)
		unit__fail(__FILE__, __LINE__, "record %u: %.*s instead of %.*s", i, (int)a.len, a.data, (int)b.len,
			   b.data);
	buf__free(&a);
	buf__free(&b);
	json_record__free(used);
	json_record__free(fresh);
}

static int emit(unsigned int n, const char *raw_path)
{
	struct output_options opt = { .fd = STDOUT_FILENO, .json = true, .args = true };
	FILE *raw = fopen(raw_path, "we");
	char exe[200], args[300], path[200];

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
		s.files[0].path = (struct text){ path, 1 + noise(path, sizeof(path) - 1) };
		path[s.files[0].path.len - 1] = '/';
		put_raw(raw, s.death.comm, noise(s.death.comm, sizeof(s.death.comm)));
		put_raw(raw, exe, s.record.exe.len);
		put_raw(raw, args, s.record.args.len);
		put_raw(raw, path, s.files[0].path.len);
		putc('\n', raw);
		if (rnd(8))
			disturb_death();
		else
			sample__dying(&s);
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

static void tables(void)
{
	UNIT(amounts);
	UNIT(calendar);
	UNIT(clock_times);
	UNIT(table);
	UNIT(unknown_cells);
	UNIT(nobody_reaped);
	UNIT(flush_error_cells);
	UNIT(zombie_line);
	UNIT(dying_line);
	UNIT(no_heading_over_a_summary);
	UNIT(long_values);
	UNIT(colours);
	UNIT(chosen_columns);
	UNIT(columns_of_nothing);
	UNIT(loss_and_totals);
	UNIT(hostile_lines);
	UNIT(thread_lines);
}

static void stories(void)
{
	UNIT(story);
	UNIT(story_of_the_unknown);
	UNIT(short_story);
	UNIT(story_of_a_zombie);
	UNIT(story_of_arguments);
	UNIT(story_of_a_long_exit);
	UNIT(story_of_a_short_exit);
	UNIT(story_of_an_exit_half_seen);
	UNIT(story_of_shared_memory);
	UNIT(story_of_threads);
	UNIT(stories_fit);
	UNIT(story_of_files);
	UNIT(story_of_flush_errors);
	UNIT(story_of_a_core);
	UNIT(story_of_children);
	UNIT(story_of_reaping);
	UNIT(story_of_the_dying);
	UNIT(story_of_a_sender);
	UNIT(story_of_consequences);
	UNIT(story_of_no_memory);
	UNIT(story_of_a_blast);
	UNIT(story_of_a_thread);
}

static void json(void)
{
	UNIT(json_thread);
	UNIT(json_of_a_sender);
	UNIT(json_of_no_memory);
	UNIT(json_envelope);
	UNIT(json_chosen_fields);
	UNIT(json_strings);
	UNIT(json_phases);
	UNIT(json_files);
	UNIT(json_core);
	UNIT(json_relatives);
	UNIT(json_dying);
	UNIT(json_large_numbers);
	UNIT(json_arguments);
	UNIT(json_from_lines_before);
	UNIT(forged_boot_id);
}

static void writing(void)
{
	UNIT(large_writes);
	UNIT(reader_asleep);
	UNIT(reader_gone);
	UNIT(disk_full);
	UNIT(partly_written);
	UNIT(slow_reader);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "emit"))
		return emit((unsigned int)atoi(argv[2]), argv[3]);
	if (argc == 3 && !strcmp(argv[1], "bench"))
		return bench((unsigned int)atoi(argv[2]));
	tables();
	stories();
	json();
	writing();
	return unit__end();
}
