/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes command lines, right and wrong, checks what is made of them and what is said. */
#include <sys/mman.h>
#include <unistd.h>

#include "options.h"
#include "parse.h"
#include "unit.h"

static struct options o;
static char said[1 << 15]; /* on stderr or stdout, by the last call */

/* Runs fn with fd going to a file, and reads that back. */
static void capture(int fd, void (*fn)(void))
{
	int kept = dup(fd), file = memfd_create("captured", MFD_CLOEXEC);
	ssize_t n;

	fflush(stdout);
	dup2(file, fd);
	fn();
	fflush(stdout);
	dup2(kept, fd);
	n = pread(file, said, sizeof(said) - 1, 0);
	said[n > 0 ? n : 0] = '\0';
	close(kept);
	close(file);
}

static int status, argc;
static char *argv[64], words[1024];

static void call_parse(void)
{
	status = options__parse(&o, argc, argv);
}

/* Words are parted by single spaces; "''" is an empty one. */
static int parse(const char *line)
{
	char *word, *save = NULL;

	snprintf(words, sizeof(words), "exittrace %s", line);
	argc = 0;
	for (word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = strcmp(word, "''") ? word : word + 2;
	argv[argc] = NULL;
	capture(STDERR_FILENO, call_parse);
	return status;
}

static const struct {
	const char *line, *says;
} wrong[] = {
	{ "", "exittrace: nothing to trace: give -p PID, --all, or -- COMMAND (see --help)\n" },
	{ "-Z", "there is no option '-Z'" },
	{ "-aZ", "there is no option '-Z'" },
	{ "--jsno -a", "there is no option '--jsno'" },
	{ "--jsonn -a", "did you mean --json?" },
	{ "--min 5 -a", "short for several" },
	{ "--json=1 -a", "--json takes no value" },
	{ "-p", "-p needs a value" },
	{ "--cause", "--cause needs a value" },
	{ "-p 0", "-p: '0' is not a process id" },
	{ "-p -3", "-p: '-3' is not a process id" },
	{ "-p 12x", "'12x' is not a process id" },
	{ "-p 2147483648", "is not a process id" },
	{ "-p 99999999999999999999999", "is not a process id" },
	{ "-p 1,,2", "empty or endless word" },
	{ "-p 1,", "empty or endless word" },
	{ "-p ''", "empty or endless word" },
	{ "-p \033[31m", "'\\x1b[31m' is not a process id" },
	{ "--tree 0", "--tree: '0' is not a process id" },
	{ "-a -p 5", "-a and -p: choose one" },
	{ "-u nobody-is-called-this", "no user 'nobody-is-called-this'" },
	{ "-u 4294967295", "no user '4294967295'" },
	{ "-n ''", "1 to 15 bytes" },
	{ "-n sixteen-bytes-xx", "1 to 15 bytes" },
	{ "-c ''", "-c needs a path" },
	{ "-a --cause oom", "'oom' is none of: unknown exit signal fault" },
	{ "-a --without file", "'file' is none of: snapshot begin mm files" },
	{ "-a --without exit", "'exit' is none of: snapshot begin mm files" },
	{ "--replay x --without files", "--replay does not trace" },
	{ "-a --signal TERM,FOO", "'FOO' is not a signal" },
	{ "-a --signal 0", "'0' is not a signal" },
	{ "-a --min-age 5y", "'5y' is not a duration" },
	{ "-a --fields pid,process.com",
	  "no field 'process.com'; did you mean 'process.comm'? (see --list-fields)" },
	{ "-a --fields zzzzzzzzzzz", "no field 'zzzzzzzzzzz' (see --list-fields)" },
	{ "-a -d 0", "-d: 0 would end before it begins" },
	{ "-a -d -1", "'-1' is not a duration" },
	{ "-a --count 0", "'0' is not a number of records" },
	{ "-a --count 18446744073709551616", "is not a number of records" },
	{ "-a --run-as no:such:user", "no user 'no:such:user'" },
	{ "-a --run-as root", "is root" },
	{ "-a --run-as 0", "is root" },
	{ "-a --run-as 1 --no-drop", "choose one" },
	{ "-a --ready-fd 999", "file descriptor 999 is not open" },
	{ "-a --ready-fd x", "'x' is not a file descriptor" },
	{ "-a --ready-fd 1", "--ready-fd 1 would close standard output, where the records go: give -o" },
	{ "-a --tier bpf", "'bpf' is not fentry, kprobe, tracepoint or auto" },
	{ "-a -jv", "-j and -v: choose one" },
	{ "-a -v --fields pid", "-v and --fields: choose one" },
	{ "-a --min-exit x", "--min-exit: 'x' is not a duration" },
	{ "-a --dying-after -1", "--dying-after: '-1' is not a duration" },
	{ "-a -S --interval 0", "--interval: 0 is no time to sum up" },
	{ "-a -S --interval 0ms", "--interval: 0 is no time to sum up" },
	{ "-a -S --interval x", "'x' is not a duration" },
	{ "-a -S --interval", "--interval needs a value" },
	{ "-a --interval 5", "--interval is for summaries: give -S too" },
	{ "-aSv", "-S and -v: sums tell no stories, choose one" },
	{ "-aS --fields pid", "-S and --fields: sums have no fields, choose one" },
	{ "-aST", "-S and -T: sums are of deaths, not of threads, choose one" },
	{ "-f -a", "-f follows the descendants" },
	{ "--", "no command after --" },
	{ "1234", "'1234' is not a command; for a process: -p 1234" },
	{ "--replay f -p 3", "--replay cannot select by -p" },
	{ "--replay f -- ls", "--replay runs no COMMAND" },
	{ "--replay f --record g", "--replay does not trace" },
	{ "--replay f -d 3", "--replay does not trace" },
};

static void wrong_lines(void)
{
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *newline;

		CHECK_I64(parse(wrong[i].line), STATUS_USAGE);
		newline = strchr(said, '\n');
		if (strncmp(said, "exittrace: ", 11) || !strstr(said, wrong[i].says) || !newline || newline[1])
			unit__fail(__FILE__, __LINE__, "'%s' says '%s'", wrong[i].line, said);
	}
}

static void right(const char *line)
{
	if (parse(line) || *said)
		unit__fail(__FILE__, __LINE__, "'%s' is refused: %s", line, said);
}

static void selections(void)
{
	right("-p 5,6 -p 7 -n sh -x");
	CHECK(o.nr_pids == 3 && o.pids[0] == 5 && o.pids[2] == 7 && o.failed && !o.all);
	CHECK_STR(o.name, "sh");
	right("-p 5 -n a -n b -u 1 -u 2 -c x -c y -p 6");
	CHECK(o.nr_pids == 2 && !strcmp(o.name, "b") && o.uid == 2 && !strcmp(o.cgroup, "y"));
	right("--all");
	CHECK(o.all && o.mode == MODE_TRACE && o.ready_fd == -1 && o.zombie_after_ns == 10000000000ULL);
	right("-n fifteen-bytes-x");
	CHECK(o.all);
	right("-d 5");
	CHECK(o.all && o.duration_ns == 5000000000ULL);
	right("-x");
	CHECK(o.all && o.failed);
	right("--tree 1");
	CHECK(o.all && o.tree == 1);
	right("-c /system.slice");
	CHECK(o.all);
	CHECK_STR(o.cgroup, "/system.slice");
	right("-u root");
	CHECK(o.all && o.by_user && o.uid == 0);
	right("-u 4294967294");
	CHECK_U64(o.uid, 4294967294U);
	right("-f -p 5");
	CHECK(o.follow);
}

static void too_many_pids(void)
{
	char line[8 * (ET_MAX_PIDS + 1)] = "";
	static char *args[] = { "exittrace", "-p", NULL, NULL };
	unsigned int i;

	for (i = 0; i < ET_MAX_PIDS; i++)
		strcat(line, i ? ",77" : "77");
	args[2] = line;
	CHECK_I64(options__parse(&o, 3, args), 0);
	CHECK_U64(o.nr_pids, ET_MAX_PIDS);
	strcat(line, ",77");
	memcpy(argv, args, sizeof(args));
	argc = 3;
	capture(STDERR_FILENO, call_parse);
	CHECK_I64(status, STATUS_USAGE);
	CHECK(strstr(said, "more than 1024 processes"));
}

static void commands(void)
{
	right("-j -- ls -l -p");
	CHECK(o.json && !o.nr_pids && !o.all && o.command);
	CHECK_STR(o.command[0], "ls");
	CHECK_STR(o.command[2], "-p");
	right("-x ls -j");
	CHECK(o.failed && !o.json);
	CHECK_STR(o.command[1], "-j");
	right("--all -- 1234");
	CHECK(o.all);
	CHECK_STR(o.command[0], "1234");
}

static void lists(void)
{
	right("-a --signal TERM,9,SIGRTMIN+3 --signal hup --cause signal,exit");
	CHECK_U64(o.signals, 1ULL << 14 | 1ULL << 8 | 1ULL << 36 | 1ULL);
	CHECK_U64(o.causes, 1ULL << CAUSE_SIGNAL | 1ULL << CAUSE_EXIT);
	right("-a --signal 64,1");
	CHECK_U64(o.signals, 1ULL << 63 | 1ULL);
}

static void fields(void)
{
	unsigned int i;

	right("-a --fields time,PID,process.comm,cause");
	CHECK_STR(o.fields[0]->key, "time");
	CHECK_STR(o.fields[1]->key, "process.pid");
	CHECK_STR(o.fields[2]->key, "process.comm");
	CHECK(o.nr_fields > 4); /* a group: all of its members */
	for (i = 3; i < o.nr_fields; i++)
		CHECK(!strncmp(o.fields[i]->key, "cause.", 6) && strcmp(o.fields[i]->type, "object"));
	right("-a --fields process");
	for (i = 0; i < o.nr_fields; i++)
		CHECK(strcmp(o.fields[i]->key, "process.args"));
	CHECK(!o.args);
	right("-a --fields process.args");
	CHECK(o.args);
}

/* Whoever's they are. */
static void arguments(void)
{
	const struct field sender = { .key = "cause.by.args" }, other = { .key = "cause.by.args_count" };

	CHECK(options__is_args(record__field("process.args")));
	CHECK(options__is_args(&sender));
	CHECK(!options__is_args(&other));
	CHECK(!options__is_args(record__field("time")) && !options__is_args(record__field("process.comm")));
}

static void every_field_at_once(void)
{
	static char line[8192];
	static char *args[] = { "exittrace", "-a", "--fields", line, NULL };
	unsigned int i, wanted = 0;

	line[0] = '\0';
	for (i = 0; i < record_nr_fields; i++) {
		const struct field *f = &record_fields[i];

		if (!strcmp(f->type, "object"))
			continue;
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s", wanted++ ? "," : "", f->key);
	}
	CHECK(strlen(line) < sizeof(line) - 1);
	CHECK_I64(options__parse(&o, 4, args), 0);
	CHECK_U64(o.nr_fields, wanted);
}

/* A heading that stood for two fields would choose one of them without a word. */
static void headings_are_unique(void)
{
	unsigned int i, j;

	for (i = 0; i < record_nr_fields; i++)
		for (j = i + 1; j < record_nr_fields; j++)
			if (!strcasecmp(record_fields[i].title, record_fields[j].title))
				unit__fail(__FILE__, __LINE__, "%s and %s are both %s", record_fields[i].key,
					   record_fields[j].key, record_fields[i].title);
}

static void run_options(void)
{
	right("-a -d 1.5 --count 7 --zombie-after 200ms --min-age 2m --min-zombie 1h30m --strict -qtA --utc -o out");
	CHECK_U64(o.duration_ns, 1500000000);
	CHECK_U64(o.count, 7);
	CHECK_U64(o.zombie_after_ns, 200000000);
	CHECK_U64(o.min_age_ns, 120000000000);
	CHECK_U64(o.min_zombie_ns, 5400000000000);
	CHECK(o.strict && o.quiet && o.timestamp && o.args && o.utc && !o.colour);
	CHECK_STR(o.output, "out");
	right("-a --zombie-after 0 --ready-fd 1 --tier kprobe --record r -o o");
	CHECK(!o.threads && o.zombie_after_ns == 0 && o.ready_fd == 1 && o.tier == TIER_KPROBE);
	CHECK_STR(o.record, "r");
	right("-a -T --count 3");
	CHECK(o.threads && o.count == 3);
	right("--replay f --threads");
	CHECK(o.threads);
}

static void summaries(void)
{
	right("-a");
	CHECK(!o.summary && !o.interval_ns && !o.min_exit_ns && o.dying_after_ns == 5000000000ULL);
	right("-a --min-exit 20ms --dying-after 1.5");
	CHECK(o.min_exit_ns == 20000000 && o.dying_after_ns == 1500000000);
	right("-a --dying-after 0");
	CHECK(!o.dying_after_ns);
	right("-S");
	CHECK(o.summary && o.all && !o.interval_ns);
	right("-aSj --interval 10");
	CHECK(o.summary && o.json && o.interval_ns == 10000000000ULL);
	right("--replay f --interval 1m --summary -x");
	CHECK(o.mode == MODE_REPLAY && o.summary && o.interval_ns == 60000000000ULL);
}

static void modes(void)
{
	right("--help --nonsense");
	CHECK(o.mode == MODE_HELP);
	right("-V");
	CHECK(o.mode == MODE_VERSION);
	right("--probes");
	CHECK(o.mode == MODE_PROBES);
	right("--probes --tier kprobe -A");
	CHECK(o.mode == MODE_PROBES && o.tier == TIER_KPROBE && o.args);
	right("--list-fields");
	CHECK(o.mode == MODE_LIST_FIELDS);
	right("--replay f -n sh -u 0 -x --cause exit --signal 9 -j");
	CHECK(o.mode == MODE_REPLAY);
	CHECK_STR(o.replay, "f");
}

static void durations(void)
{
	static const char *const bad[] = { "", "s", "5 s", "5S", "1.", ".5", "-5", "+5", "5s5", "1e3", "5ss", "0x5",
					   "9223372036854775808ns", "107000d", "18446744073709551616", "99999999999h" };
	uint64_t ns = 77;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(parse__duration(bad[i], &ns) < 0 && ns == 77);
	CHECK(!parse__duration("9223372036854775807ns", &ns) && ns == INT64_MAX);
	CHECK(!parse__duration("0", &ns) && ns == 0);
	CHECK(!parse__duration("0.000000001", &ns) && ns == 1);
	CHECK(!parse__duration("1.5us", &ns) && ns == 1500);
	CHECK(!parse__duration("1d2h3m4s5ms6us7ns", &ns) && ns == 93784005006007ULL);
}

/* What follows them is read by rules of its own. */
static void verbs(void)
{
	CHECK(!parse("why") && o.mode == MODE_WHY && !o.wanted && !strcmp(o.state_dir, "/var/lib/exittrace"));
	CHECK(!parse("why 4242 -n 3") && !strcmp(o.wanted, "4242") && o.count == 3);
	CHECK(!parse("list -n 5 nginx.service --state-dir /x -x") && o.mode == MODE_LIST && o.failed);
	CHECK(!strcmp(o.wanted, "nginx.service") && o.count == 5 && !strcmp(o.state_dir, "/x"));
	CHECK(!parse("list --name sh --cause oom_memcg,fault --since 2h") && o.causes && o.since_ns);
	CHECK(!parse("serve --keep 7d --keep-size 2G -n sh") && o.mode == MODE_SERVE && o.all);
	CHECK(o.keep_ns == 7 * 86400 * 1000000000ULL && o.keep_bytes == 2ULL << 30 && !strcmp(o.name, "sh"));
	CHECK(!parse("stats --since 08:30") && o.mode == MODE_STATS);
	CHECK(!parse("-- why") && o.mode == MODE_TRACE && !strcmp(o.command[0], "why"));
	CHECK(parse("stats nginx") == STATUS_USAGE && strstr(said, "nothing to be named"));
	CHECK(parse("why a b") == STATUS_USAGE && strstr(said, "'b': one process"));
	CHECK(parse("why --record x") == STATUS_USAGE && strstr(said, "no option"));
	CHECK(parse("list -f") == STATUS_USAGE);
	CHECK(parse("--keep 7d --all") == STATUS_USAGE);
	CHECK(parse("serve --keep-size 1M") == STATUS_USAGE && strstr(said, "16M or more"));
	CHECK(parse("serve --group no-such-group") == STATUS_USAGE && strstr(said, "/etc/group"));
	CHECK(parse("list --since tomorrow") == STATUS_USAGE && strstr(said, "a time like"));
	CHECK(parse("list -j -v") == STATUS_USAGE);
}

/* What is told to the whole network has to be meant. */
static void metrics(void)
{
	CHECK(!parse("serve --metrics-listen 127.0.0.1:9743 --metrics-label comm") && o.metrics_comms == 100);
	CHECK(!parse("serve --metrics-file /x.prom --metrics-label comm:7") && o.metrics_comms == 7);
	CHECK(!strcmp(o.metrics_file, "/x.prom") && !o.metrics_listen);
	CHECK(!parse("serve --metrics-listen 0.0.0.0:9743 --metrics-public"));
	CHECK(parse("serve --metrics-listen 0.0.0.0:9743") == STATUS_USAGE && strstr(said, "say --metrics-public"));
	CHECK(parse("serve --metrics-listen [::]:9743") == STATUS_USAGE && strstr(said, "say --metrics-public"));
	CHECK(parse("serve --metrics-listen example.org:9743") == STATUS_USAGE && strstr(said, "an address like"));
	CHECK(parse("serve --metrics-public") == STATUS_USAGE && strstr(said, "give it, too"));
	CHECK(parse("serve --metrics-label comm") == STATUS_USAGE && strstr(said, "give one"));
	CHECK(parse("serve --metrics-file /x --metrics-label pid") == STATUS_USAGE && strstr(said, "comm:N"));
	CHECK(parse("serve --metrics-file /x --metrics-label comm:0") == STATUS_USAGE);
	CHECK(parse("serve --metrics-file /x --metrics-label comm:1001") == STATUS_USAGE);
	CHECK(parse("--metrics-file /x --all") == STATUS_USAGE);
}

static void sizes(void)
{
	uint64_t n;

	CHECK(!parse__size("500", &n) && n == 500);
	CHECK(!parse__size("3K", &n) && n == 3072);
	CHECK(!parse__size("2G", &n) && n == 2ULL << 30);
	CHECK(!parse__size("1T", &n) && n == 1ULL << 40);
	CHECK(parse__size("", &n) && parse__size("G", &n) && parse__size("2g", &n) && parse__size("1.5G", &n));
	CHECK(parse__size("9999999999T", &n) && parse__size("123456789012345678901234567890", &n));
}

/* 2023-11-14 22:13:20 UTC, a Tuesday. */
static void moments(void)
{
	const uint64_t now = 1700000000, sec = 1000000000ULL;
	uint64_t ns;

	setenv("TZ", "UTC", 1);
	CHECK(!parse__when("2h", now, &ns) && ns == (now - 7200) * sec);
	CHECK(!parse__when("10m ago", now, &ns) && ns == (now - 600) * sec);
	CHECK(!parse__when("22:13", now, &ns) && ns == (now - 20) * sec);
	CHECK(!parse__when("22:13:21", now, &ns) && ns == (now + 1 - 86400) * sec);
	CHECK(!parse__when("2023-11-14", now, &ns) && ns == (now - 80000) * sec);
	CHECK(!parse__when("2023-11-14 22:13:20", now, &ns) && ns == now * sec);
	CHECK(!parse__when("2023-11-14T22:13", now, &ns) && ns == (now - 20) * sec);
	CHECK(!parse__when("@1234", now, &ns) && ns == 1234 * sec);
	CHECK(!parse__when("99999d", now, &ns) && ns == 1);
	CHECK(parse__when("", now, &ns) && parse__when("ago", now, &ns) && parse__when("25:00", now, &ns));
	CHECK(parse__when("2023-13-01", now, &ns) && parse__when("2023-11-14 22:13:20 x", now, &ns));
}

static void print_help(void)
{
	options__help(&o);
}

static unsigned int count_help_lines(void)
{
	const char *line, *end;
	unsigned int lines = 0;

	capture(STDOUT_FILENO, print_help);
	for (line = said; (end = strchr(line, '\n')); line = end + 1) {
		lines++;
		if (end - line > 80)
			unit__fail(__FILE__, __LINE__, "%zd columns: %.*s", end - line, (int)(end - line), line);
	}
	return lines;
}

static void help_fits(void)
{
	const enum mode verbs[] = { MODE_SERVE, MODE_LIST, MODE_WHY, MODE_STATS };

	for (unsigned int i = 0; i < 4; i++) {
		o = (struct options){ .verb = verbs[i] };
		CHECK(count_help_lines() > 8);
		CHECK(strstr(said, "--state-dir DIR"));
	}
	o = (struct options){ 0 };
	CHECK(count_help_lines() > 40);
	CHECK(!strstr(said, "--state-dir"));
	CHECK(strstr(said, "\n  -p, --pid PID[,PID..]      these processes"));
	CHECK(strstr(said, "\n      --zombie-after DUR     tell when"));
}

static void field_list(void)
{
	capture(STDOUT_FILENO, options__list_fields);
	CHECK(strstr(said, "\nprocess.pid "));
	CHECK(!strncmp(said, "KEY ", 4));
	CHECK(strstr(said, "\nprocess.gid                        integer  -      death "));
	CHECK(strstr(said, "\nprocess.uid                        integer  -      death,dying"));
	CHECK(strstr(said, "\nfiles.flush_errors[].errno         string   -      death "));
	CHECK(strstr(said, "\nmissing                            array    -      death,dying,thread "));
}

int main(void)
{
	UNIT(wrong_lines);
	UNIT(selections);
	UNIT(too_many_pids);
	UNIT(commands);
	UNIT(lists);
	UNIT(fields);
	UNIT(arguments);
	UNIT(every_field_at_once);
	UNIT(headings_are_unique);
	UNIT(run_options);
	UNIT(summaries);
	UNIT(modes);
	UNIT(durations);
	UNIT(verbs);
	UNIT(metrics);
	UNIT(sizes);
	UNIT(moments);
	UNIT(help_fits);
	UNIT(field_list);
	return unit__end();
}
