/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What Prometheus reads: names that cannot break a line, buckets that hold what is below, a bound for all series. */
#include "metrics.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assembler.h"
#include "metrics_address.h"
#include "metrics_file.h"
#include "synth.h"
#include "unit.h"

static struct buf frame, text;
static struct metrics *metrics;

static void on_record(void *ctx, const struct record *r)
{
	(void)ctx;
	frame__put_record(&frame, r, text__str("{}"));
}

/* Lived 2 s, exited for 1 ms, was a zombie for `zombie_ns`; 0: is one. */
static const struct feed_frame *death(const char *comm, int status, uint64_t zombie_ns)
{
	struct assembler *a = assembler__new(&(struct assembler_options){ .zombie_after_ns = 1 }, on_record, NULL);
	struct et_clock now = { { ET_CLOCK, sizeof(now) }, 400 * SEC, 400 * SEC + REAL_OFFSET };
	struct synth_death m = synth_death(4711);
	struct et_start start = synth_start();
	struct et_reap reap;

	memset(m.d.comm, 0, sizeof(m.d.comm));
	memcpy(m.d.comm, comm, strlen(comm) < sizeof(m.d.comm) ? strlen(comm) : sizeof(m.d.comm) - 1);
	m.d.status = status;
	m.d.files.errors = 2;
	reap = synth_reap(&m.d, synth_peer(412, "bash"), zombie_ns);
	buf__reset(&frame);
	assembler__feed(a, &start, sizeof(start));
	assembler__feed(a, &m, m.d.h.size);
	assembler__feed(a, zombie_ns ? (void *)&reap : (void *)&now, zombie_ns ? sizeof(reap) : sizeof(now));
	assembler__free(a);
	CHECK_I64(frame__check(frame.data, ((struct feed_frame *)frame.data)->size), 0);
	return (const struct feed_frame *)frame.data;
}

static void begin(unsigned int comms)
{
	metrics__free(metrics);
	metrics = metrics__new(comms);
}

static void take(const char *comm, int status, uint64_t zombie_ns)
{
	metrics__take(metrics, death(comm, status, zombie_ns), true);
}

static const char *told(void)
{
	const struct metrics_now now = { .start_ns = 1700000000500000000, .waiting = 3, .oldest_ns = 90 * SEC,
					 .fill = { .ring_bytes = 4096, .signals = 7 } };

	buf__reset(&text);
	metrics__put(metrics, &now, &text);
	buf__char(&text, '\0');
	return text.data;
}

static bool tells(const char *line)
{
	const char *all = told(), *at = strstr(all, line);

	return at && (at == all || at[-1] == '\n') && at[strlen(line)] == '\n';
}

/* As promtool reads it, more or less: comments, or NAME{LABELS} NUMBER, and each quote ends in its line. */
static bool is_well_formed(const char *line)
{
	size_t at = strspn(line, "abcdefghijklmnopqrstuvwxyz_");

	if (!strncmp(line, "# HELP ", 7) || !strncmp(line, "# TYPE ", 7))
		return true;
	if (!at)
		return false;
	for (bool quoted = false; line[at] == '{' || quoted || (line[at] && line[at] != ' '); at++) {
		if (quoted && line[at] == '\\' && !strchr("\\\"n", line[++at]))
			return false;
		quoted ^= line[at] == '"' && line[at - 1] != '\\';
		if (line[at] == '"' && line[at - 1] == '\\' && line[at - 2] == '\\')
			quoted = false;
		if ((unsigned char)line[at] < ' ')
			return false;
	}
	return line[at] == ' ' && line[at + 1] && !line[at + 1 + strspn(line + at + 1, "0123456789.")];
}

static void lines_are_well_formed(void)
{
	char *line;

	begin(3);
	take("a\"b\\c\nd", 9, SEC);
	CHECK(strlen(told()) > 1000);
	for (line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n"))
		CHECK(is_well_formed(line));
	begin(0);
	CHECK(!strstr(told(), "comm="));
}

static void names_are_escaped(void)
{
	begin(100);
	take("a\"b\\c\nd", 0, SEC);
	take("\xff\xfe\x1b]0;x\x07", 0, SEC);
	take("t\xe2\x80\xae" "fdp", 0, SEC);
	take("\xe8\xad\xa6", 0, SEC);
	take("\"} 1 #", 0, SEC);
	metrics__keep(metrics);
	CHECK(tells("exittrace_deaths_total{cause=\"exit\",comm=\"a\\\"b\\\\\\\\c\\\\nd\"} 1"));
	CHECK(tells("exittrace_deaths_total{cause=\"exit\",comm=\"\\\\xff\\\\xfe\\\\x1b]0;x\\\\x07\"} 1"));
	CHECK(tells("exittrace_deaths_total{cause=\"exit\",comm=\"t\\\\u{202e}fdp\"} 1"));
	CHECK(tells("exittrace_deaths_total{cause=\"exit\",comm=\"\xe8\xad\xa6\"} 1"));
	CHECK(tells("exittrace_deaths_total{cause=\"exit\",comm=\"\\\"} 1 #\"} 1"));
}

static void names_have_a_cap(void)
{
	char name[16];

	begin(2);
	take("other", 0, SEC);
	for (unsigned int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "name-%u", i % 10);
		take(name, 0, SEC);
	}
	metrics__keep(metrics);
	CHECK(tells("exittrace_deaths_total{cause=\"exit\",comm=\"name-0\"} 5"));
	CHECK(tells("exittrace_deaths_total{cause=\"exit\",comm=\"name-1\"} 5"));
	CHECK(tells("exittrace_deaths_total{cause=\"exit\",comm=\"other\"} 41"));
	CHECK(!strstr(told(), "name-2"));
	begin(METRICS_COMMS_MAX);
	for (unsigned int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		take(name, 0, SEC);
	}
	metrics__keep(metrics);
	CHECK(tells("exittrace_deaths_total{cause=\"exit\",comm=\"n999\"} 1"));
	CHECK(tells("exittrace_deaths_total{cause=\"exit\",comm=\"other\"} 2000"));
}

static void buckets_are_cumulative(void)
{
	begin(0);
	take("x", 0, MS);     /* a bound is in its bucket */
	take("x", 0, MS + 1); /* ... and this in the next */
	take("x", 0, 7200 * SEC);
	metrics__keep(metrics);
	CHECK(tells("exittrace_zombie_seconds_bucket{le=\"0.0001\"} 0"));
	CHECK(tells("exittrace_zombie_seconds_bucket{le=\"0.001\"} 1"));
	CHECK(tells("exittrace_zombie_seconds_bucket{le=\"0.01\"} 2"));
	CHECK(tells("exittrace_zombie_seconds_bucket{le=\"3600\"} 2"));
	CHECK(tells("exittrace_zombie_seconds_bucket{le=\"+Inf\"} 3"));
	CHECK(tells("exittrace_zombie_seconds_sum 7200.002000001"));
	CHECK(tells("exittrace_zombie_seconds_count 3"));
	CHECK(tells("exittrace_lifetime_seconds_bucket{le=\"1\"} 0"));
	CHECK(tells("exittrace_lifetime_seconds_bucket{le=\"10\"} 3"));
	CHECK(tells("exittrace_lifetime_seconds_sum 6"));
	CHECK(tells("exittrace_exit_phase_seconds_bucket{phase=\"mm\",le=\"0.001\"} 3"));
	CHECK(tells("exittrace_exit_phase_seconds_sum{phase=\"mm\"} 0.0012"));
	CHECK(tells("exittrace_coredump_seconds_count 0"));
}

static void statuses_are_counted(void)
{
	begin(0);
	CHECK(!strstr(told(), "\nexittrace_flush_errors_total"));
	take("x", 9, SEC);
	take("x", 0x80 | 11, SEC);
	take("x", 40, SEC);
	take("x", 7 << 8, SEC);
	metrics__keep(metrics);
	CHECK(tells("exittrace_signal_deaths_total{signal=\"SIGKILL\"} 1"));
	CHECK(tells("exittrace_signal_deaths_total{signal=\"SIGSEGV\"} 1"));
	CHECK(tells("exittrace_signal_deaths_total{signal=\"SIGRTMIN+6\"} 1"));
	CHECK(tells("exittrace_signal_deaths_total{signal=\"SIGTERM\"} 0"));
	CHECK(tells("exittrace_core_dumps_total 1"));
	CHECK(tells("exittrace_deaths_total{cause=\"exit\"} 1"));
	CHECK(tells("exittrace_flush_errors_total 8"));
	CHECK(tells("exittrace_ring_bytes 4096") && tells("exittrace_map_entries{map=\"signals\"} 7"));
	CHECK(!strstr(told(), "exittrace_map_entries{map=\"dying\"}")); /* not known */
	CHECK(tells("exittrace_zombies 3") && tells("exittrace_oldest_zombie_seconds 90"));
	CHECK(tells("exittrace_start_time_seconds 1700000000.5"));
}

/* A transaction that fails, a zombie before its death, a death that was there: each death counts once. */
static void each_counts_once(void)
{
	begin(5);
	take("kept", 0, SEC);
	CHECK(tells("exittrace_deaths_total{cause=\"exit\",comm=\"other\"} 0") && !strstr(told(), "kept"));
	metrics__keep(metrics);
	take("given-up", 0, SEC);
	metrics__forget(metrics);
	metrics__take(metrics, death("zombie", 0, 0), false);
	metrics__take(metrics, death("again", 0, SEC), false);
	metrics__keep(metrics);
	CHECK(tells("exittrace_deaths_total{cause=\"exit\",comm=\"kept\"} 1"));
	CHECK(!strstr(told(), "given-up") && !strstr(told(), "zombie\"") && !strstr(told(), "again"));
	CHECK(tells("exittrace_lifetime_seconds_count 1"));
}

static void losses_are_told(void)
{
	struct frame_lost l = {
		.h = { .size = sizeof(l), .kind = FRAME_LOST }, .deaths = 7, .stage = LOST_QUEUE, .known = 1,
	};

	begin(0);
	metrics__take(metrics, &l.h, false);
	l.known = 0;
	metrics__take(metrics, &l.h, false);
	metrics__keep(metrics);
	CHECK(tells("exittrace_deaths_lost_total{stage=\"queue\"} 7"));
	CHECK(tells("exittrace_deaths_lost_total{stage=\"ring\"} 0"));
}

/* ---- where they go ---- */

static void addresses(void)
{
	static const char *const wrong[] = { "", "9743", "localhost", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
					     "example.org:1", "[::1]", "[::1:9743", "::1:9743", "unix:", "unix:x",
					     ":9743" };
	struct metrics_address a;

	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_I64(metrics_address__parse(wrong[i], &a), -EINVAL);
	CHECK(!metrics_address__parse("127.0.0.1:9743", &a) && a.loopback && ntohs(a.in.sin_port) == 9743);
	CHECK(!metrics_address__parse("localhost:1", &a) && a.loopback);
	CHECK(!metrics_address__parse("127.9.9.9:1", &a) && a.loopback);
	CHECK(!metrics_address__parse("[::1]:9743", &a) && a.loopback && a.any.sa_family == AF_INET6);
	CHECK(!metrics_address__parse("unix:/run/x.sock", &a) && a.loopback);
	CHECK(!metrics_address__parse("0.0.0.0:9743", &a) && !a.loopback);
	CHECK(!metrics_address__parse("[::]:9743", &a) && !a.loopback);
	CHECK(!metrics_address__parse("[::ffff:127.0.0.1]:9743", &a) && !a.loopback);
	CHECK(!metrics_address__parse("192.168.0.1:9743", &a) && !a.loopback);
}

static void sockets_that_were_left(void)
{
	struct metrics_address a;
	char words[64];
	int one, two;

	snprintf(words, sizeof(words), "unix:/tmp/test_metrics.%d", (int)getpid());
	CHECK_I64(metrics_address__parse(words, &a), 0);
	one = metrics_address__listen(&a);
	CHECK(one >= 0);
	CHECK_I64(metrics_address__listen(&a), -EADDRINUSE);
	close(one);
	two = metrics_address__listen(&a);
	CHECK(two >= 0);
	close(two);
	unlink(a.un.sun_path);
	one = open(a.un.sun_path, O_CREAT | O_EXCL | O_WRONLY, 0600);
	CHECK_I64(metrics_address__listen(&a), -EADDRINUSE);
	CHECK(!unlink(a.un.sun_path)); /* a file stays */
	close(one);
}

static void files_are_whole(void)
{
	char dir[] = "/tmp/test_metrics.XXXXXX", path[64], is[16];
	struct buf b = { 0 };
	struct stat st;
	int fd = -1, file;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/x.prom", dir);
	CHECK_I64(metrics_file__open_dir("x.prom", &fd), -EINVAL);
	CHECK_I64(metrics_file__open_dir("/tmp/", &fd), -EINVAL);
	CHECK_I64(metrics_file__open_dir("/none/x.prom", &fd), -ENOENT);
	CHECK_I64(metrics_file__open_dir(path, &fd), 0);
	CHECK_STR(metrics_file__name(path), "x.prom");
	buf__str(&b, "first\n");
	umask(077);
	CHECK(!symlink("/etc/passwd", strcat(strcpy(path, dir), "/.x.prom.tmp")));
	CHECK_I64(metrics_file__write(fd, "x.prom", &b), 0);
	buf__str(&b, "more\n");
	CHECK_I64(metrics_file__write(fd, "x.prom", &b), 0);
	file = openat(fd, "x.prom", O_RDONLY);
	CHECK(!fstat(file, &st) && (st.st_mode & 07777) == 0644);
	CHECK_I64(read(file, is, sizeof(is)), 11);
	CHECK(lstat(path, &st) && errno == ENOENT);
	close(file);
	unlinkat(fd, "x.prom", 0);
	close(fd);
	CHECK(!rmdir(dir));
	buf__free(&b);
}

int main(void)
{
	UNIT(lines_are_well_formed);
	UNIT(names_are_escaped);
	UNIT(names_have_a_cap);
	UNIT(buckets_are_cumulative);
	UNIT(statuses_are_counted);
	UNIT(each_counts_once);
	UNIT(losses_are_told);
	UNIT(addresses);
	UNIT(sockets_that_were_left);
	UNIT(files_are_whole);
	metrics__free(metrics);
	buf__free(&frame);
	buf__free(&text);
	return unit__end();
}
