/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the command line, gives checked options, or one line that says what is
 * wrong with it. Does not touch processes, cgroups or files but /etc/passwd.
 */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "journal.h"
#include "log.h"
#include "metrics.h"
#include "names.h"
#include "parse.h"

#define ZOMBIE_AFTER_NS 10000000000ULL
#define DYING_AFTER_NS 5000000000ULL
#define LINE_SHOWN 1024
#define STDIO_TAIL 64 /* bytes */
#define NO_UID UINT32_MAX /* (uid_t)-1 means "leave it" to the kernel: nobody has it */
#define STATE_DIR "/var/lib/exittrace"
#define KEEP_NS (30 * 86400 * 1000000000ULL)
#define KEEP_BYTES (1ULL << 30)
#define KEEP_BYTES_MIN (16 << 20) /* the file, its log and a few thousand deaths */

__attribute__((format(printf, 1, 2))) static int refuse(const char *fmt, ...)
{
	char line[LINE_SHOWN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log__error("%s (see --help)", line);
	return STATUS_USAGE;
}

/* ---- values ---- */

static int refuse_value(const char *opt, const char *arg, const char *wanted)
{
	return refuse("%s: '%s' is not %s", opt, text__shown(arg).s, wanted);
}

/* Calls one() for every word of a comma-separated list. */
static int each_word(struct options *o, const char *list, const char *opt,
		     int (*one)(struct options *o, const char *word, const char *opt))
{
	const char *rest = list;
	char word[PARSE_WORD_MAX];
	int n;

	while ((n = parse__next_word(&rest, word)) > 0) {
		int status = one(o, word, opt);

		if (status)
			return status;
	}
	return n ? refuse("%s: '%s' has an empty or endless word in it", opt, text__shown(list).s) : 0;
}

static int take_duration(const char *arg, const char *opt, uint64_t *ns)
{
	if (parse__duration(arg, ns))
		return refuse_value(opt, arg, "a duration like 5, 1.5, 200ms, 2m or 1h30m");
	return 0;
}

static int parse_pid(const char *word, const char *opt, pid_t *pid)
{
	uint64_t n;

	if (parse__number(word, INT32_MAX, &n) || !n)
		return refuse_value(opt, word, "a process id");
	*pid = (pid_t)n;
	return 0;
}

static int add_pid(struct options *o, const char *word, const char *opt)
{
	pid_t pid = 0;
	int status = parse_pid(word, opt, &pid);

	if (status)
		return status;
	if (o->nr_pids == ARRAY_SIZE(o->pids))
		return refuse("%s: more than %zu processes; use --all with filters", opt, ARRAY_SIZE(o->pids));
	o->pids[o->nr_pids++] = pid;
	return 0;
}

static int take_pids(struct options *o, const char *arg, const char *opt)
{
	return each_word(o, arg, opt, add_pid);
}

static int take_tree(struct options *o, const char *arg, const char *opt)
{
	return parse_pid(arg, opt, &o->tree);
}

static int take_path(const char *arg, const char *opt, const char **path)
{
	if (!*arg)
		return refuse("%s needs a path", opt);
	*path = arg;
	return 0;
}

static int take_cgroup(struct options *o, const char *arg, const char *opt)
{
	return take_path(arg, opt, &o->cgroup);
}

static int take_name(struct options *o, const char *arg, const char *opt)
{
	if (!*arg || strlen(arg) >= ET_COMM_LEN)
		return refuse("%s: a process name has 1 to %d bytes, '%s' has %zu", opt, ET_COMM_LEN - 1,
			      text__shown(arg).s, strlen(arg));
	o->name = arg;
	return 0;
}

/* A number is the group's as well: no name is looked up for it. */
static int parse_user(const char *arg, const char *opt, struct user *u)
{
	uint64_t n;

	if (!parse__number(arg, NO_UID - 1, &n))
		*u = (struct user){ (uid_t)n, (gid_t)n };
	else if (!privileges__find_user(arg, u))
		return refuse("%s: no user '%s' in /etc/passwd; a user id works too", opt, text__shown(arg).s);
	return 0;
}

static int take_user(struct options *o, const char *arg, const char *opt)
{
	struct user u = { 0 };
	int status = parse_user(arg, opt, &u);

	o->by_user = true;
	o->uid = u.uid;
	return status;
}

static int add_cause(struct options *o, const char *word, const char *opt)
{
	char all[320] = "";
	int class = names__class_number(word);
	size_t len = 0;

	if (class >= 0) {
		o->causes |= 1ULL << class;
		return 0;
	}
	for (class = 0; class < CAUSE_COUNT; class++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s", class ? " " : "",
					names__class(class));
	return refuse("%s: '%s' is none of: %s", opt, text__shown(word).s, all);
}

static int take_causes(struct options *o, const char *arg, const char *opt)
{
	return each_word(o, arg, opt, add_cause);
}

static int add_signal(struct options *o, const char *word, const char *opt)
{
	int signo = names__signal_number(word);

	if (signo < 0)
		return refuse_value(opt, word, "a signal; names like TERM or SIGRTMIN+3, or 1 to 64");
	o->signals |= 1ULL << (signo - 1);
	return 0;
}

static int take_signals(struct options *o, const char *arg, const char *opt)
{
	return each_word(o, arg, opt, add_signal);
}

static int take_min_age(struct options *o, const char *arg, const char *opt)
{
	return take_duration(arg, opt, &o->min_age_ns);
}

static int take_min_exit(struct options *o, const char *arg, const char *opt)
{
	return take_duration(arg, opt, &o->min_exit_ns);
}

static int take_min_zombie(struct options *o, const char *arg, const char *opt)
{
	return take_duration(arg, opt, &o->min_zombie_ns);
}

/* ---- --fields ---- */

bool options__is_args(const struct field *f)
{
	const char *member = strrchr(f->key, '.');

	return member && !strcmp(member, ".args");
}

static int push_field(struct options *o, const struct field *f, const char *opt)
{
	if (o->nr_fields == ARRAY_SIZE(o->fields))
		return refuse("%s: more than %zu fields", opt, ARRAY_SIZE(o->fields));
	o->fields[o->nr_fields++] = f;
	if (options__is_args(f))
		o->args = true; /* asked for by name: as good as -A */
	return 0;
}

static const struct field *field_by_title(const char *word)
{
	unsigned int i;

	for (i = 0; i < record_nr_fields; i++) {
		if (!strcasecmp(record_fields[i].title, word))
			return &record_fields[i];
	}
	return NULL;
}

/* "reap" stands for all members of that group, but for arguments; true: there are some. */
static bool push_group(struct options *o, const char *word, const char *opt, int *status)
{
	size_t len = strlen(word);
	bool any = false;
	unsigned int i;

	for (i = 0; i < record_nr_fields; i++) {
		const struct field *f = &record_fields[i];

		if (strncmp(f->key, word, len) || f->key[len] != '.')
			continue;
		any = true;
		if (strcmp(f->type, "object") && (!options__is_args(f) || o->args) && !*status)
			*status = push_field(o, f, opt);
	}
	return any;
}

static void consider(const char *word, const char *candidate, const char **best, unsigned int *least)
{
	unsigned int d = parse__distance(word, candidate);

	if (d >= *least)
		return;
	*least = d;
	*best = candidate;
}

/* The key or heading most like `word`, NULL: nothing is like it. */
static const char *nearest_field(const char *word)
{
	unsigned int least = (unsigned int)strlen(word) / 3 + 2, i;
	const char *best = NULL;

	for (i = 0; i < record_nr_fields; i++) {
		consider(word, record_fields[i].key, &best, &least);
		consider(word, record_fields[i].title, &best, &least);
	}
	return best;
}

static int add_field(struct options *o, const char *word, const char *opt)
{
	const struct field *f = record__field(word);
	const char *nearest;
	int status = 0;

	if (push_group(o, word, opt, &status))
		return status;
	if (!f)
		f = field_by_title(word);
	if (f)
		return push_field(o, f, opt);
	nearest = nearest_field(word);
	log__error("%s: no field '%s'%s%s%s (see --list-fields)", opt, text__shown(word).s,
		   nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
	return STATUS_USAGE;
}

static int take_fields(struct options *o, const char *arg, const char *opt)
{
	return each_word(o, arg, opt, add_field);
}

/* ---- how to run ---- */

static int take_output(struct options *o, const char *arg, const char *opt)
{
	return take_path(arg, opt, &o->output);
}

static int take_record(struct options *o, const char *arg, const char *opt)
{
	return take_path(arg, opt, &o->record);
}

static int take_replay(struct options *o, const char *arg, const char *opt)
{
	return take_path(arg, opt, &o->replay);
}

/* "text", or "text:N"; NULL: the numbers only. */
static int take_stdio(struct options *o, const char *arg, const char *opt)
{
	uint64_t n = STDIO_TAIL;

	o->stdio = true;
	if (!arg)
		return 0;
	if (!strncmp(arg, "text:", 5)) {
		if (parse__number(arg + 5, ET_STDIO_TAIL_MAX, &n) || !n)
			return refuse("%s: '%s' is no number of bytes from 1 to %d", opt, text__shown(arg + 5).s,
				      ET_STDIO_TAIL_MAX);
	} else if (strcmp(arg, "text")) {
		return refuse_value(opt, arg, "text, or text:N");
	}
	o->stdio_tail = (uint16_t)n;
	return 0;
}

static int take_run_time(struct options *o, const char *arg, const char *opt)
{
	int status = take_duration(arg, opt, &o->duration_ns);

	if (!status && !o->duration_ns)
		return refuse("%s: 0 would end before it begins", opt);
	return status;
}

static int take_zombie_after(struct options *o, const char *arg, const char *opt)
{
	return take_duration(arg, opt, &o->zombie_after_ns);
}

static int take_dying_after(struct options *o, const char *arg, const char *opt)
{
	return take_duration(arg, opt, &o->dying_after_ns);
}

static int take_interval(struct options *o, const char *arg, const char *opt)
{
	int status = take_duration(arg, opt, &o->interval_ns);

	if (!status && !o->interval_ns)
		return refuse("%s: 0 is no time to sum up", opt);
	return status;
}

static int take_count(struct options *o, const char *arg, const char *opt)
{
	if (parse__number(arg, UINT64_MAX, &o->count) || !o->count)
		return refuse_value(opt, arg, "a number of records, 1 or more");
	return 0;
}

static int take_ready_fd(struct options *o, const char *arg, const char *opt)
{
	uint64_t fd;

	if (parse__number(arg, INT32_MAX, &fd))
		return refuse_value(opt, arg, "a file descriptor");
	if (fcntl((int)fd, F_GETFD) < 0)
		return refuse("%s: file descriptor %d is not open", opt, (int)fd);
	o->ready_fd = (int)fd;
	return 0;
}

static int take_run_as(struct options *o, const char *arg, const char *opt)
{
	int status = parse_user(arg, opt, &o->run_as);

	if (!status && !o->run_as.uid)
		return refuse("%s: '%s' is root, who gives up nothing; that is --no-drop", opt, text__shown(arg).s);
	o->by_other = true;
	return status;
}

/* ---- the history ---- */

static int take_state_dir(struct options *o, const char *arg, const char *opt)
{
	return take_path(arg, opt, &o->state_dir);
}

static int take_keep(struct options *o, const char *arg, const char *opt)
{
	return take_duration(arg, opt, &o->keep_ns);
}

static int take_keep_size(struct options *o, const char *arg, const char *opt)
{
	if (parse__size(arg, &o->keep_bytes) || (o->keep_bytes && o->keep_bytes < KEEP_BYTES_MIN))
		return refuse_value(opt, arg, "a size like 500M or 2G, 16M or more");
	return 0;
}

static bool find_group(const char *name, gid_t *gid)
{
	FILE *f = fopen("/etc/group", "re");
	struct group *gr;
	bool found = false;

	if (!f)
		return false;
	while (!found && (gr = fgetgrent(f))) {
		found = !strcmp(gr->gr_name, name);
		if (found)
			*gid = gr->gr_gid;
	}
	fclose(f);
	return found;
}

static int take_group(struct options *o, const char *arg, const char *opt)
{
	uint64_t n;

	o->for_group = true;
	if (!parse__number(arg, NO_UID - 1, &n))
		o->group = (gid_t)n;
	else if (!find_group(arg, &o->group))
		return refuse("%s: no group '%s' in /etc/group; a group id works too", opt, text__shown(arg).s);
	return 0;
}

static int take_metrics_file(struct options *o, const char *arg, const char *opt)
{
	return take_path(arg, opt, &o->metrics_file);
}

static int take_metrics_listen(struct options *o, const char *arg, const char *opt)
{
	o->metrics_listen = arg;
	if (metrics_address__parse(arg, &o->metrics_address))
		return refuse_value(opt, arg, "an address like 127.0.0.1:9743, [::1]:9743 or unix:/run/x.sock");
	return 0;
}

static int take_metrics_label(struct options *o, const char *arg, const char *opt)
{
	const char *number = strncmp(arg, "comm:", 5) ? NULL : arg + 5;
	uint64_t n = METRICS_COMMS;

	if (!(number ? !parse__number(number, METRICS_COMMS_MAX, &n) && n : !strcmp(arg, "comm")))
		return refuse_value(opt, arg, "comm, or comm:N with N up to 1000");
	o->metrics_comms = (unsigned int)n;
	return 0;
}

static const struct {
	const char *name;
	uint64_t which;
} journal_words[] = {
	{ "failed", JOURNAL_FAILED }, { "killed", JOURNAL_KILLED },
	{ "zombie", JOURNAL_ZOMBIES }, { "all", JOURNAL_ALL },
};

static int add_journal(struct options *o, const char *word, const char *opt)
{
	int class = names__class_number(word);

	for (unsigned int i = 0; i < ARRAY_SIZE(journal_words); i++) {
		if (!strcmp(word, journal_words[i].name)) {
			o->journal |= journal_words[i].which;
			return 0;
		}
	}
	if (class < 0)
		return refuse("%s: '%s' is none of failed, killed, zombie, all, or a cause, as --cause takes it", opt,
			      text__shown(word).s);
	o->journal |= 1ULL << class;
	return 0;
}

static int take_journal(struct options *o, const char *arg, const char *opt)
{
	return each_word(o, arg ? arg : journal_words[0].name, opt, add_journal);
}

static int take_when(const char *arg, const char *opt, uint64_t *ns)
{
	if (parse__when(arg, (uint64_t)time(NULL), ns))
		return refuse_value(opt, arg, "a time like 2h, 08:30, 2026-11-25 or 2026-11-25T08:30");
	return 0;
}

static int take_since(struct options *o, const char *arg, const char *opt)
{
	return take_when(arg, opt, &o->since_ns);
}

static int take_until(struct options *o, const char *arg, const char *opt)
{
	return take_when(arg, opt, &o->until_ns);
}

/* Those that a death can be told without. */
static const enum et_observation optional[] = { ET_OBS_SNAPSHOT, ET_OBS_BEGIN, ET_OBS_MM, ET_OBS_FILES,
						ET_OBS_WORK, ET_OBS_COREDUMP, ET_OBS_CHILDREN };

static int add_without(struct options *o, const char *word, const char *opt)
{
	char all[160] = "";
	size_t i, len = 0;

	for (i = 0; i < ARRAY_SIZE(optional); i++) {
		const char *name = names__observation(optional[i]);

		if (!strcmp(word, name)) {
			o->without |= 1ULL << optional[i];
			return 0;
		}
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s", i ? " " : "", name);
	}
	return refuse("%s: '%s' is none of: %s", opt, text__shown(word).s, all);
}

static int take_without(struct options *o, const char *arg, const char *opt)
{
	return each_word(o, arg, opt, add_without);
}

static const char *const tiers[] = {
	[TIER_AUTO] = "auto",
	[TIER_FENTRY] = "fentry",
	[TIER_KPROBE] = "kprobe",
	[TIER_TRACEPOINT] = "tracepoint",
};

static int take_tier(struct options *o, const char *arg, const char *opt)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tiers); i++) {
		if (!strcmp(arg, tiers[i])) {
			o->tier = i;
			return 0;
		}
	}
	return refuse_value(opt, arg, "fentry, kprobe, tracepoint or auto");
}

/* ---- the table: getopt's tables and the help are made from it ---- */

/* Which of `exittrace serve`, `list`, `why` and `stats` take it; without any of them: BARE. */
enum { BARE = 1, SERVE = 2, LIST = 4, WHY = 8, STATS = 16 };
#define ASK (LIST | WHY | STATS)
#define ANY (BARE | SERVE | ASK)

struct row {
	char letter; /* 0: none */
	const char *name;
	const char *value; /* what follows it; NULL: nothing; with a bracket: or nothing */
	const char *help;  /* lines of at most 46 columns */
	int (*take)(struct options *o, const char *arg, const char *opt);
	size_t flag;    /* without take(): the bool that becomes true ... */
	enum mode mode; /* ... or if that is 0, the mode */
	unsigned int verbs; /* 0: BARE */
};

#define FLAG(member) .flag = offsetof(struct options, member)

static const struct row rows[] = {
	{ .help = "What to watch:", .verbs = BARE | SERVE },
	{ 'p', "pid", "PID[,PID..]", "these processes, until all are reaped", .take = take_pids },
	{ 'a', "all", NULL, "every process; so without any of these", FLAG(all) },
	{ 'c', "cgroup", "PATH", "processes in this cgroup and below", .take = take_cgroup },
	{ 'n', "name", "COMM", "processes of this name", .take = take_name, .verbs = BARE | SERVE },
	{ .help = "Which processes:", .verbs = LIST },
	{ 'p', "pid", "PID[,PID..]", "those that had these numbers", .take = take_pids, .verbs = LIST },
	{ 0, "name", "COMM", "those of this name", .take = take_name, .verbs = LIST },
	{ 'u', "user", "USER", "processes of this user, name or id", .take = take_user, .verbs = BARE | SERVE | LIST },
	{ 0, "tree", "PID", "this process and its descendants", .take = take_tree },
	{ 'f', "follow", NULL, "with -p or COMMAND: its descendants too", FLAG(follow) },
	{ .help = "Which deaths:", .verbs = BARE | SERVE | ASK },
	{ 'x', "failed", NULL, "only those with a status other than 0", FLAG(failed), .verbs = BARE | SERVE | LIST },
	{ 0, "cause", "CLASS[,..]", "only these causes: exit, signal, fault, ...", .take = take_causes,
	  .verbs = BARE | SERVE | LIST },
	{ 0, "signal", "SIG[,..]", "only those ended by these signals", .take = take_signals,
	  .verbs = BARE | SERVE | LIST },
	{ 0, "min-age", "DUR", "only processes that lived this long", .take = take_min_age,
	  .verbs = BARE | SERVE | LIST },
	{ 0, "min-exit", "DUR", "only those whose exit took this long", .take = take_min_exit,
	  .verbs = BARE | SERVE | LIST },
	{ 0, "min-zombie", "DUR", "only those that were zombies this long", .take = take_min_zombie,
	  .verbs = BARE | SERVE | LIST },
	{ 0, "since", "WHEN", "that died since then: 2h ago, or \"2026-11-25 08:30\"", .take = take_since,
	  .verbs = ASK },
	{ 0, "until", "WHEN", "... and until then", .take = take_until, .verbs = LIST },
	{ 0, "boot", NULL, "since the machine was booted", FLAG(this_boot), .verbs = LIST | WHY },
	{ 'n', "number", "N", "at most N of them, the latest\n(list: 100, why: 1)", .take = take_count,
	  .verbs = LIST | WHY },
	{ .help = "How to print:", .verbs = BARE | SERVE | ASK },
	{ 'j', "json", NULL, "one JSON object per line", FLAG(json), .verbs = BARE | LIST },
	{ 'v', "verbose", NULL, "the story of each death in a few lines", FLAG(verbose), .verbs = BARE | LIST },
	{ 0, "fields", "F[,F..]", "these fields, by key or heading", .take = take_fields, .verbs = BARE | LIST },
	{ 0, "list-fields", NULL, "tell what fields there are, and end", .mode = MODE_LIST_FIELDS,
	  .verbs = BARE | LIST },
	{ 0, "json-schema", NULL, "tell the JSON Schema of -j, and end", .mode = MODE_JSON_SCHEMA },
	{ 'S', "summary", NULL, "sums instead of records: histograms and tops", FLAG(summary) },
	{ 0, "interval", "DUR", "with -S: for each DUR, and for all at the end", .take = take_interval },
	{ 't', "timestamp", NULL, "date and time in full", FLAG(timestamp) },
	{ 0, "utc", NULL, "times in UTC", FLAG(utc), .verbs = BARE | ASK },
	{ 'A', "args", NULL, "command lines too (they may hold secrets)", FLAG(args),
	  .verbs = BARE | SERVE | LIST | WHY },
	{ 'T', "threads", NULL, "one record for each thread that ends, too", FLAG(threads) },
	{ 0, "stdio", "[=text[:N]]",
	  "bytes left in stdio buffers; with text the last\nN too (default 64; they may hold secrets)",
	  .take = take_stdio },
	{ 0, "exit-stack", NULL, "how it left, who called exit(), where it stood", FLAG(exit_stack) },
	{ 'o', "output", "FILE", "to FILE instead of standard output", .take = take_output },
	{ 'q', "quiet", NULL, "no heading, notes or totals", FLAG(quiet), .verbs = BARE | SERVE | ASK },
	{ .help = "Metrics for Prometheus:", .verbs = SERVE },
	{ 0, "metrics-file", "FILE", "kept up to date, for node_exporter", .take = take_metrics_file, .verbs = SERVE },
	{ 0, "metrics-listen", "ADDR", "answered there: 127.0.0.1:9743, unix:PATH", .take = take_metrics_listen,
	  .verbs = SERVE },
	{ 0, "metrics-public", NULL, "other machines may reach that address", FLAG(metrics_public), .verbs = SERVE },
	{ 0, "metrics-label", "LABEL",
	  "comm, or comm:N: deaths by name of process, too,\nfor N names (default 100); the rest is other",
	  .take = take_metrics_label, .verbs = SERVE },
	{ 0, "list-metrics", NULL, "tell what metrics there are, and end", .mode = MODE_LIST_METRICS,
	  .verbs = SERVE },
	{ .help = "How to run:", .verbs = BARE | SERVE | ASK },
	{ 'd', "duration", "DUR", "end after this time", .take = take_run_time, .verbs = BARE | SERVE },
	{ 0, "count", "N", "end after N records of deaths", .take = take_count },
	{ 0, "zombie-after", "DUR", "tell when not reaped for this long\n(default 10s, 0: never)",
	  .take = take_zombie_after, .verbs = BARE | SERVE },
	{ 0, "dying-after", "DUR", "tell when an exit takes this long\n(default 5s, 0: never)",
	  .take = take_dying_after },
	{ 0, "strict", NULL, "exit status 3 if anything was lost", FLAG(strict) },
	{ 0, "record", "FILE", "keep the events for --replay", .take = take_record },
	{ 0, "replay", "FILE", "print what was recorded; needs no root", .take = take_replay },
	{ 0, "probes", NULL, "tell what can be observed here, and end", .mode = MODE_PROBES },
	{ 0, "state-dir", "DIR", "where the history is\n(default /var/lib/exittrace)", .take = take_state_dir,
	  .verbs = SERVE | ASK },
	{ 0, "keep", "DUR", "deaths for this long (default 30d, 0: for ever)", .take = take_keep, .verbs = SERVE },
	{ 0, "keep-size", "BYTES", "at most this much on the disk, as 500M or 2G\n(default 1G, 0: no limit)",
	  .take = take_keep_size, .verbs = SERVE },
	{ 0, "group", "GROUP", "who may read all of the history, besides root", .take = take_group, .verbs = SERVE },
	{ 0, "journal", "[=DEATHS[,..]]",
	  "to the journal of systemd, too: failed, killed,\nzombie, all, or causes (default: failed)",
	  .take = take_journal, .verbs = SERVE },
	{ 0, "tier", "TIER", "at most this: fentry, kprobe, tracepoint", .take = take_tier, .verbs = BARE | SERVE },
	{ 0, "without", "WHAT[,..]", "leave out observations of --probes that cost too\nmuch here: files, mm, ...",
	  .take = take_without, .verbs = BARE | SERVE },
	{ 0, "run-as", "USER", "who to be once attached (default: nobody)", .take = take_run_as,
	  .verbs = BARE | SERVE },
	{ 0, "no-drop", NULL, "keep all privileges, to debug", FLAG(no_drop), .verbs = BARE | SERVE },
	{ 0, "ready-fd", "N", "write a newline there once watching", .take = take_ready_fd, .verbs = BARE | SERVE },
	{ 0, "complete", NULL, "tell what the last of the words that follow can\nbecome, for shells",
	  .mode = MODE_COMPLETE },
	{ 'V', "version", NULL, "tell the version, and end", .mode = MODE_VERSION, .verbs = ANY },
	{ 'h', "help", NULL, "tell all this, and end", .mode = MODE_HELP, .verbs = ANY },
};

#define LONG_ONLY 256 /* getopt's value of rows[i] without a letter: this + i */

static int getopt_value(unsigned int i)
{
	return rows[i].letter ? rows[i].letter : LONG_ONLY + (int)i;
}

static const struct {
	const char *name;
	enum mode mode;
	unsigned int bit;
	const char *usage;
} verbs[] = {
	{ "serve", MODE_SERVE, SERVE,
	  "Usage: exittrace serve [OPTION..]\n"
	  "Watches every process and keeps a history, for exittrace list, why and stats." },
	{ "list", MODE_LIST, LIST,
	  "Usage: exittrace list [OPTION..] [PID|NAME|UNIT|CONTAINER]\n"
	  "Prints deaths that exittrace serve has kept, the latest last." },
	{ "why", MODE_WHY, WHY,
	  "Usage: exittrace why [OPTION..] [PID|NAME|UNIT|CONTAINER]\n"
	  "Tells the story of the last death that matches; without a word, of the last that\n"
	  "did not exit with 0." },
	{ "stats", MODE_STATS, STATS,
	  "Usage: exittrace stats [OPTION..]\n"
	  "Sums up the history: causes, who killed, slow exits, who leaves zombies." },
};

static unsigned int verb_bit(const struct options *o)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(verbs); i++)
		if (verbs[i].mode == o->verb)
			return verbs[i].bit;
	return BARE;
}

/* Whether this word may follow the verb, or stand without one. */
static bool is_for(const struct row *row, const struct options *o)
{
	return (row->verbs ? row->verbs : BARE) & verb_bit(o);
}

static const struct row *row_of(const struct options *o, int value)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].name && is_for(&rows[i], o) && getopt_value(i) == value)
			return &rows[i];
	}
	return NULL;
}

static int argument_of(const struct row *row)
{
	if (!row->value)
		return no_argument;
	return *row->value == '[' ? optional_argument : required_argument;
}

/*
 * "+": stop at the first word, whose options are not ours. Behind a verb words are, and options may follow. ":": tell a
 * missing value apart.
 */
static void make_getopt_tables(const struct options *o, char *letters, struct option *longs)
{
	unsigned int i;

	if (o->verb == MODE_TRACE)
		*letters++ = '+';
	*letters++ = ':';
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!is_for(&rows[i], o))
			continue;
		if (rows[i].letter) {
			*letters++ = rows[i].letter;
			if (rows[i].value)
				*letters++ = ':';
		}
		if (rows[i].name)
			*longs++ = (struct option){
				.name = rows[i].name,
				.has_arg = argument_of(&rows[i]),
				.val = getopt_value(i),
			};
	}
	*letters = '\0';
	*longs = (struct option){ 0 };
}

/* "--name", or "-n" where that is what most people type. */
static const char *name_of(const struct row *row, char dst[32])
{
	if (row->letter)
		snprintf(dst, 32, "-%c", row->letter);
	else
		snprintf(dst, 32, "--%s", row->name);
	return dst;
}

static int take(struct options *o, const struct row *row, const char *arg)
{
	char name[32];

	if (row->take)
		return row->take(o, arg, name_of(row, name));
	if (row->flag)
		*((bool *)((char *)o + row->flag)) = true;
	else
		o->mode = row->mode;
	return 0;
}

static const char *nearest_option(const struct options *o, const char *name)
{
	unsigned int least = (unsigned int)strlen(name) / 3 + 1, i;
	const char *best = NULL;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].name && is_for(&rows[i], o))
			consider(name, rows[i].name, &best, &least);
	}
	return best;
}

/* getopt said '?'. optopt: 0 after an unknown or ambiguous long option. */
static int refuse_option(const struct options *o, const char *word)
{
	const struct row *row = optopt ? row_of(o, optopt) : NULL;
	const char *nearest;

	if (row)
		return refuse("--%s takes no value", row->name);
	if (optopt)
		return refuse("there is no option '-%s'", text__shown((char[]){ (char)optopt, '\0' }).s);
	nearest = nearest_option(o, word + strspn(word, "-"));
	if (nearest)
		return refuse("there is no option '%s'; did you mean --%s?", text__shown(word).s, nearest);
	return refuse("there is no option '%s', or it is short for several", text__shown(word).s);
}

/* Whatever else is on the command line. */
static bool tells_at_once(const struct options *o)
{
	return o->mode == MODE_HELP || o->mode == MODE_VERSION || o->mode == MODE_COMPLETE;
}

static int read_options(struct options *o, int argc, char **argv)
{
	char letters[2 * ARRAY_SIZE(rows) + 3], name[32];
	struct option longs[ARRAY_SIZE(rows) + 1];
	int value, status;

	make_getopt_tables(o, letters, longs);
	optind = 0; /* glibc: start anew */
	opterr = 0;
	while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (value == '?')
			return refuse_option(o, argv[optind - 1]);
		if (value == ':')
			return refuse("%s needs a value", name_of(row_of(o, optopt), name));
		status = take(o, row_of(o, value), optarg);
		if (status)
			return status;
		if (tells_at_once(o))
			return 0;
	}
	return 0;
}

/* ---- what goes together ---- */

static int read_command(struct options *o, int argc, char **argv)
{
	bool dashes = optind > 0 && !strcmp(argv[optind - 1], "--");
	uint64_t n;

	if (optind >= argc)
		return dashes ? refuse("no command after --") : 0;
	if (!dashes && !parse__number(argv[optind], INT32_MAX, &n))
		return refuse("'%s' is not a command; for a process: -p %s", text__shown(argv[optind]).s,
			      text__shown(argv[optind]).s);
	o->command = argv + optind;
	return 0;
}

/* First pair that contradicts itself. */
static int check_pairs(const struct options *o)
{
	const struct {
		bool both;
		const char *why;
	} pairs[] = {
		{ o->json && o->verbose, "-j and -v: choose one" },
		{ o->verbose && o->nr_fields, "-v and --fields: choose one" },
		{ o->summary && o->verbose, "-S and -v: sums tell no stories, choose one" },
		{ o->summary && o->nr_fields, "-S and --fields: sums have no fields, choose one" },
		{ o->summary && o->threads, "-S and -T: sums are of deaths, not of threads, choose one" },
		{ o->interval_ns && !o->summary, "--interval is for summaries: give -S too" },
		{ o->all && o->nr_pids, "-a and -p: choose one" },
		{ o->follow && !o->nr_pids && !o->command,
		  "-f follows the descendants of -p or COMMAND: give one" },
		{ o->metrics_listen && !o->metrics_address.loopback && !o->metrics_public,
		  "--metrics-listen: others can reach that address; if that is meant, say --metrics-public" },
		{ o->metrics_public && !o->metrics_listen, "--metrics-public is for --metrics-listen: give it, too" },
		{ o->metrics_comms && !o->metrics_listen && !o->metrics_file,
		  "--metrics-label is for --metrics-file and --metrics-listen: give one" },
		{ o->by_other && o->no_drop, "--run-as and --no-drop: choose one" },
		{ o->ready_fd == STDOUT_FILENO && !o->verb && !o->output,
		  "--ready-fd 1 would close standard output, where the records go: give -o, or another one" },
		{ o->replay && o->command, "--replay runs no COMMAND" },
		{ o->replay && (o->nr_pids || o->tree || o->cgroup || o->follow),
		  "--replay cannot select by -p, --tree, -f or -c; -n, -u, -x, --cause and --signal work" },
		{ o->replay && (o->duration_ns || o->ready_fd >= 0 || o->tier || o->without || o->record),
		  "--replay does not trace: no -d, --ready-fd, --tier, --without or --record with it" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (pairs[i].both)
			return refuse("%s", pairs[i].why);
	}
	return 0;
}

/* Not a word is a mistake; with some, what is not said to be less is everything. */
static int check_selection(struct options *o, int argc)
{
	if (argc == 1)
		return refuse("nothing to trace: give -p PID, --all, or -- COMMAND");
	o->all |= !o->nr_pids && !o->command;
	return 0;
}

static bool wants_colour(const struct options *o)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if ((no && *no) || !term || !strcmp(term, "dumb"))
		return false;
	return !o->output && isatty(STDOUT_FILENO);
}

/* ---- exittrace VERB ---- */

static bool take_verb(struct options *o, int argc, char **argv)
{
	for (unsigned int i = 0; argc > 1 && i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(argv[1], verbs[i].name))
			o->verb = verbs[i].mode;
	return o->verb;
}

/* What a service manager says, or where packages put it. */
static const char *default_state_dir(const struct options *o)
{
	const char *dir = getenv("STATE_DIRECTORY");

	return o->verb == MODE_SERVE && dir && *dir == '/' && !strchr(dir, ':') ? dir : STATE_DIR;
}

static int read_wanted(struct options *o, int argc, char **argv)
{
	const bool may = o->verb == MODE_LIST || o->verb == MODE_WHY;

	if (optind < argc && may)
		o->wanted = argv[optind++];
	if (optind < argc && may)
		return refuse("'%s': one process, name, unit or container at a time", text__shown(argv[optind]).s);
	return optind < argc ? refuse("'%s': there is nothing to be named here", text__shown(argv[optind]).s) : 0;
}

static int finish_verb(struct options *o, int argc, char **argv)
{
	int status = read_wanted(o, argc, argv);

	if (!status)
		status = check_pairs(o);
	if (o->mode == MODE_TRACE)
		o->mode = o->verb;
	o->all = o->verb == MODE_SERVE;
	o->colour = wants_colour(o);
	if (!o->state_dir)
		o->state_dir = default_state_dir(o);
	return status;
}

bool options__many(const struct options *o)
{
	return o->all || o->follow || o->tree || o->name || o->by_user || o->cgroup;
}

int options__parse(struct options *o, int argc, char **argv)
{
	int status;

	memset(o, 0, sizeof(*o));
	o->zombie_after_ns = ZOMBIE_AFTER_NS;
	o->dying_after_ns = DYING_AFTER_NS;
	o->keep_ns = KEEP_NS;
	o->keep_bytes = KEEP_BYTES;
	o->ready_fd = -1;
	if (take_verb(o, argc, argv)) {
		argc--;
		argv++;
	}
	status = read_options(o, argc, argv);
	if (status || tells_at_once(o)) {
		o->command = argv + optind;
		return status;
	}
	if (o->verb)
		return finish_verb(o, argc, argv);
	if (o->replay && o->mode == MODE_TRACE)
		o->mode = MODE_REPLAY;
	o->colour = wants_colour(o);
	status = read_command(o, argc, argv);
	if (!status)
		status = check_pairs(o);
	if (!status && o->mode == MODE_TRACE)
		status = check_selection(o, argc);
	return status;
}

/* ---- what it tells about itself ---- */

const char *options__verb(unsigned int i)
{
	return i < ARRAY_SIZE(verbs) ? verbs[i].name : NULL;
}

static enum mode verb_mode(const char *verb)
{
	for (unsigned int i = 0; verb && i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verb, verbs[i].name))
			return verbs[i].mode;
	return MODE_TRACE;
}

bool options__told(const char *verb, unsigned int i, struct option_told *told)
{
	const struct options o = { .verb = verb_mode(verb) };
	const struct row *row;

	for (row = rows; row < rows + ARRAY_SIZE(rows); row++) {
		if (!row->name || !is_for(row, &o) || i--)
			continue;
		*told = (struct option_told){ row->letter, row->name, row->value, row->help };
		return true;
	}
	return false;
}

static const char *nth_class(unsigned int i)
{
	return i < CAUSE_COUNT ? names__class(i) : NULL;
}

/* Not those for programs of a user's own, which have no names. */
static const char *nth_signal(unsigned int i)
{
	static char name[RECORD_SIGNAL_NAME];

	return i < 31 ? names__signal((int)i + 1, name) + strlen("SIG") : NULL;
}

static const char *nth_field(unsigned int i)
{
	return i < record_nr_fields ? record_fields[i].key : NULL;
}

static const char *nth_tier(unsigned int i)
{
	return i < ARRAY_SIZE(tiers) ? tiers[i] : NULL;
}

static const char *nth_optional(unsigned int i)
{
	return i < ARRAY_SIZE(optional) ? names__observation(optional[i]) : NULL;
}

static const char *nth_label(unsigned int i)
{
	return i ? NULL : "comm";
}

static const char *nth_journal(unsigned int i)
{
	return i < ARRAY_SIZE(journal_words) ? journal_words[i].name : nth_class(i - ARRAY_SIZE(journal_words));
}

static const char *nth_stdio(unsigned int i)
{
	return i ? NULL : "text";
}

const char *options__word(const char *value, unsigned int i)
{
	static const struct {
		const char *value;
		const char *(*nth)(unsigned int i);
	} lists[] = {
		{ "CLASS", nth_class }, { "SIG", nth_signal },	  { "F", nth_field },
		{ "TIER", nth_tier },	{ "WHAT", nth_optional }, { "LABEL", nth_label },
		{ "text", nth_stdio },	{ "DEATHS", nth_journal },
	};
	size_t len;
	unsigned int n;

	value += strspn(value, "[="); /* what may be left out: [=text] */
	len = strcspn(value, "[");
	for (n = 0; n < ARRAY_SIZE(lists); n++) {
		if (strlen(lists[n].value) == len && !memcmp(lists[n].value, value, len))
			return lists[n].nth(i);
	}
	return NULL;
}

static void help_row(const struct row *row)
{
	const char *line = row->help, *end;
	char letter[8] = "    ", left[64];

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, row->name, argument_of(row) == optional_argument ? "" : " ",
		 row->value ? row->value : "");
	printf("  %-26s ", left);
	while ((end = strchr(line, '\n'))) {
		printf("%.*s\n%29s", (int)(end - line), line, "");
		line = end + 1;
	}
	puts(line);
}

static const char *usage_of(const struct options *o)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(verbs); i++)
		if (verbs[i].mode == o->verb)
			return verbs[i].usage;
	return "Usage: exittrace [OPTION..] -p PID[,PID..] | --all | [--] COMMAND [ARG..]\n"
	       "       exittrace serve | why | list | stats [OPTION..] (--help tells more)\n"
	       "Says why processes died: who or what ended them, and who reaped them.";
}

void options__help(const struct options *o)
{
	unsigned int i;

	puts(usage_of(o));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!is_for(&rows[i], o))
			continue;
		if (rows[i].name)
			help_row(&rows[i]);
		else
			printf("\n%s\n", rows[i].help);
	}
	if (o->verb) {
		puts("\nDUR is in seconds, or like 200ms, 1.5s, 2m, 1h30m, 7d. All filters must hold.");
		return;
	}
	puts("\nDUR is in seconds, or like 200ms, 1.5s, 2m, 1h30m. All filters must hold.\n"
	     "With COMMAND the exit status is the command's. Otherwise: 0 fine, 1 error,\n"
	     "2 usage, 3 events lost and --strict, 70 refused by the kernel, 77 not permitted.");
}

/* Zombies have the fields of deaths, warnings those of threads. */
static const char *records_with(unsigned int in, char dst[32])
{
	snprintf(dst, 32, "%s%s%s", in & IN_DEATH ? ",death" : "", in & IN_DYING ? ",dying" : "",
		 in & IN_THREAD ? ",thread" : "");
	return dst + (*dst == ',');
}

/* What is in a list is where the list is. */
static void list_field(const struct field *f, const struct field *list)
{
	char key[96], in[32];

	snprintf(key, sizeof(key), "%s%s%s", list ? list->key : "", list ? "[]." : "", f->key);
	printf("%-34s %-8s %-6s %-18s %-13s %s\n", key, f->type, *f->unit ? f->unit : "-",
	       records_with(list ? list->in : f->in, in), f->title, f->help);
}

void options__list_fields(void)
{
	unsigned int i, j;

	printf("%-34s %-8s %-6s %-18s %-13s %s\n", "KEY", "TYPE", "UNIT", "RECORDS", "HEADING", "WHAT IT IS");
	for (i = 0; i < record_nr_fields; i++) {
		list_field(&record_fields[i], NULL);
		for (j = 0; j < record_fields[i].nr_items; j++)
			list_field(&record_fields[i].items[j], &record_fields[i]);
	}
}
