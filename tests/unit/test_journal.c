/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Entries read as journald reads them; each death told once; a journald that is stuck, slow or gone. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "journal.h"
#include "json_record.h"
#include "sample.h"
#include "synth.h"
#include "unit.h"

#define SAMPLE_CAUSE "SIGTERM from systemd[1], 699ms after SIGINT from bash[4100] was handled: its unit was stopped " \
	"or restarted, see its journal"

static char entry[1 << 18];
static size_t entry_len;

/* ---- what journald does with it ---- */

static bool is_name(const char *name, size_t len)
{
	if (!len || len > 64 || *name == '_' || (*name >= '0' && *name <= '9'))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", name[i]) || !name[i])
			return false;
	return true;
}

/* The next field; false: that was all, or it is broken. */
static bool next_field(size_t *at, struct text *name, struct text *value)
{
	const char *begin = entry + *at, *end = memchr(begin, '\n', entry_len - *at);
	uint64_t len;

	if (!end || entry_len - *at < (size_t)(end - begin) + 2 + sizeof(len))
		return false;
	*name = (struct text){ begin, (size_t)(end - begin) };
	memcpy(&len, end + 1, sizeof(len));
	len = le64toh(len);
	*value = (struct text){ end + 1 + sizeof(len), len };
	*at += name->len + 1 + sizeof(len) + len + 1;
	return is_name(name->bytes, name->len) && *at <= entry_len && entry[*at - 1] == '\n';
}

static bool is_well_formed(void)
{
	struct text name, value;
	size_t at = 0;

	while (at < entry_len)
		if (!next_field(&at, &name, &value))
			return false;
	return entry_len;
}

static const char *field(const char *wanted)
{
	static char values[4][8192];
	static unsigned int turn;
	struct text name, value;

	for (size_t at = 0; at < entry_len && next_field(&at, &name, &value);) {
		if (!text__equal(name, wanted))
			continue;
		turn = (turn + 1) % 4;
		snprintf(values[turn], sizeof(values[turn]), "%.*s", (int)value.len, value.bytes);
		return values[turn];
	}
	return NULL;
}

/* ---- entries ---- */

static void keep(void *ctx, const char *data, size_t len)
{
	(void)ctx;
	if (!len)
		return;
	memcpy(entry, data, len);
	entry_len = len;
}

static void put(const struct sample *s)
{
	const struct output_options opt = { .fd = -1, .args = true, .ops = &output_journal_ops, .sink = keep };
	struct output *o = output__new(&opt);

	entry_len = 0;
	output__begin(o, &s->start);
	output__record(o, &s->record);
	output__flush(o);
	output__free(o);
}

static void tells_all(void)
{
	struct sample s;

	sample__init(&s);
	put(&s);
	CHECK(is_well_formed());
	CHECK_STR(field("MESSAGE"), "worker[4242] died: " SAMPLE_CAUSE);
	CHECK_STR(field("PRIORITY"), "5");
	CHECK_STR(field("SYSLOG_IDENTIFIER"), "exittrace");
	CHECK_STR(field("OBJECT_PID"), "4242");
	CHECK_STR(field("OBJECT_COMM"), "worker");
	CHECK_STR(field("EXITTRACE_TYPE"), "death");
	CHECK_STR(field("EXITTRACE_TIME"), "2026-11-21T22:10:11.123456789Z");
	CHECK_STR(field("EXITTRACE_ID"), SAMPLE_BOOT_ID ":4242:100000000000");
	CHECK_STR(field("EXITTRACE_EXIT_SIGNAL_NAME"), "SIGTERM");
	CHECK_STR(field("EXITTRACE_EXIT_CORE_DUMPED"), "false");
	CHECK_STR(field("EXITTRACE_CAUSE_BY_COMM"), "systemd");
	CHECK_STR(field("EXITTRACE_PHASES_EXIT_NS"), "812345");
	CHECK(!field("EXITTRACE_EXIT_CODE")); /* null */
	CHECK(!field("EXITTRACE_CAUSE_BY"));  /* a group */
	CHECK(!field("_PID"));
	CHECK(strstr(field("EXITTRACE_FILES_FLUSH_ERRORS"), "[{\"fd\":7,\"path\":\"/mnt/nfs/log\""));
	CHECK(field("EXITTRACE_MISSING")[0] == '[');
}

/* Every row of the table that has a value is in the entry, under its name: none needs code of its own. */
static void tells_each_field(void)
{
	struct sample s;
	char name[128];

	sample__init(&s);
	put(&s);
	for (unsigned int i = 0; i < RECORD_NR_FIELDS; i++) {
		const struct value v = record__value(&record_fields[i], &s.record);
		size_t n = (size_t)snprintf(name, sizeof(name), "EXITTRACE_%s", record_fields[i].key);

		for (size_t c = 0; c < n; c++)
			name[c] = name[c] == '.' ? '_' : name[c] >= 'a' && name[c] <= 'z' ? name[c] - 32 : name[c];
		CHECK(is_name(name, n));
		if (!field(name) != (v.kind == V_ABSENT || v.kind == V_NULL))
			unit__fail(__FILE__, __LINE__, "%s is %s", name, field(name) ? "told" : "not told");
	}
}

static void hostile_bytes(void)
{
	static const char args[] = "a\nMESSAGE=fake\0\xff\xfe";
	static const char path[] = "/tmp/x\nPRIORITY=0\n\xff\0y";
	struct sample s;
	struct text name, value;
	bool found = false;

	sample__init(&s);
	memcpy(s.death.comm, "\x1b[2J\nPRIO=0", 12);
	s.record.exe = (struct text){ path, sizeof(path) - 1 };
	s.record.args = (struct text){ args, sizeof(args) };
	put(&s);
	CHECK(is_well_formed());
	CHECK_STR(field("MESSAGE"), "\\x1b[2J\\nPRIO=0[4242] died: " SAMPLE_CAUSE);
	CHECK_STR(field("PRIORITY"), "5");
	CHECK_STR(field("EXITTRACE_PROCESS_COMM"), "\x1b[2J\nPRIO=0");
	for (size_t at = 0; at < entry_len && next_field(&at, &name, &value);)
		if (text__equal(name, "EXITTRACE_PROCESS_EXECUTABLE_PATH"))
			found = value.len == sizeof(path) - 1 && !memcmp(value.bytes, path, value.len);
	CHECK(found);
	CHECK_STR(field("EXITTRACE_PROCESS_ARGS"), "[\"a\\u000aMESSAGE=fake\",\"\xef\xbf\xbd\xef\xbf\xbd\"]");
	CHECK(strstr(field("EXITTRACE_PROCESS_ARGS_B64"), "//4="));
}

static void kinds(void)
{
	struct sample s;
	char ids[3][40];

	sample__init(&s);
	put(&s);
	stpcpy(ids[0], field("MESSAGE_ID"));
	s.record.type = RECORD_ZOMBIE;
	put(&s);
	stpcpy(ids[1], field("MESSAGE_ID"));
	CHECK(strstr(field("MESSAGE"), "worker[4242] is a zombie: "));
	CHECK_STR(field("PRIORITY"), "4");
	s.record.type = RECORD_DEATH;
	s.record.cause.class = CAUSE_EXIT;
	s.death.status = 0;
	put(&s);
	stpcpy(ids[2], field("MESSAGE_ID"));
	CHECK_STR(field("PRIORITY"), "6");
	CHECK(strcmp(ids[0], ids[1]) && strcmp(ids[1], ids[2]) && strcmp(ids[0], ids[2]));
	for (unsigned int class = 0; class < CAUSE_COUNT; class++) {
		s.record.cause.class = class;
		s.death.status = 256;
		put(&s);
		CHECK(strlen(field("MESSAGE_ID")) == 32 && field("PRIORITY")[0] >= '3' && field("PRIORITY")[0] <= '6');
	}
}

/* ---- to journald ---- */

static struct journal_told told;
static struct et_start start;
static struct buf frame, line;
static int pair[2];
static struct journal *journal;

static void on_record(void *ctx, const struct record *r)
{
	struct json_record *json = ctx;

	buf__reset(&line);
	json_record__put(json, &line, r);
	frame__put_record(&frame, r, (struct text){ line.data, line.len - 1 });
}

static const struct feed_frame *death(uint64_t seq, int status)
{
	static const struct output_options opt = { .json = true };
	struct json_record *json = json_record__new(&opt);
	struct assembler *a = assembler__new(&(struct assembler_options){ 0 }, on_record, json);
	struct synth_death m = synth_death(1000 + (unsigned int)seq);
	struct et_reap reap;

	m.d.status = status;
	reap = synth_reap(&m.d, synth_peer(412, "bash"), 1);
	buf__reset(&frame);
	assembler__feed(a, &start, sizeof(start));
	assembler__feed(a, &m, m.d.h.size);
	assembler__feed(a, &reap, sizeof(reap));
	assembler__free(a);
	json_record__free(json);
	((struct feed_frame *)frame.data)->seq = seq;
	((struct feed_frame *)frame.data)->session = 7;
	CHECK_I64(frame__check(frame.data, frame.len), 0);
	return (struct feed_frame *)frame.data;
}

static void open_journal(uint64_t which)
{
	const struct journal_how how = { which, pair[0], &start, &told };

	start = synth_start();
	journal = journal__open(&how);
}

static void begin(uint64_t which)
{
	told = (struct journal_told){ 0 };
	socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair);
	open_journal(which);
}

/* One that journald reads; false: there is none. */
static bool read_entry(void)
{
	ssize_t n = recv(pair[1], entry, sizeof(entry), 0);

	entry_len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static void end(void)
{
	journal__close(journal);
	close(pair[1]);
}

static void what_matters(void)
{
	begin(JOURNAL_FAILED);
	journal__take(journal, death(1, 0));
	CHECK(!read_entry());
	journal__take(journal, death(2, 7 << 8));
	CHECK(read_entry() && is_well_formed());
	CHECK_STR(field("MESSAGE"), "worker[1002] died: exit code 7");
	CHECK_STR(field("EXITTRACE_EXIT_CODE"), "7");
	journal__take(journal, death(3, 9));
	CHECK(read_entry());
	CHECK_STR(field("EXITTRACE_EXIT_SIGNAL_NAME"), "SIGKILL");
	CHECK_I64(journal__fd(journal), -1);
	end();
	begin(JOURNAL_KILLED);
	journal__take(journal, death(1, 7 << 8));
	CHECK(!read_entry());
	end();
	begin(JOURNAL_ALL);
	journal__take(journal, death(1, 0));
	CHECK(read_entry());
	CHECK_U64(told.written, 1);
	CHECK_U64(told.unwritten, 0);
	end();
}

/* A frame that comes again, because the history took it back or the recorder is another one, is not told again. */
static void told_once(void)
{
	begin(JOURNAL_FAILED);
	journal__take(journal, death(1, 9));
	journal__take(journal, death(2, 9));
	CHECK(read_entry() && read_entry());
	journal__take(journal, death(1, 9));
	journal__take(journal, death(2, 9));
	CHECK(!read_entry());
	pair[0] = dup(pair[0]);
	journal__close(journal);
	open_journal(JOURNAL_FAILED);
	journal__take(journal, death(2, 9));
	CHECK(!read_entry());
	journal__take(journal, death(3, 9));
	CHECK(read_entry());
	end();
}

static void lost_deaths(void)
{
	struct frame_lost l = {
		.h = { .size = sizeof(l), .kind = FRAME_LOST, .session = 7, .seq = 1 },
		.deaths = 5, .stage = LOST_QUEUE, .known = 1,
	};

	begin(JOURNAL_FAILED);
	journal__take(journal, &l.h);
	CHECK(read_entry() && is_well_formed());
	CHECK_STR(field("MESSAGE"), "5 deaths were seen and lost: why is not known");
	CHECK_STR(field("EXITTRACE_LOST_STAGE"), "queue");
	end();
}

static unsigned int count_entries(const char *type)
{
	unsigned int n = 0;

	for (unsigned int tries = 0; tries < 2; tries++) {
		while (read_entry()) {
			tries = 0;
			n += is_well_formed() && !strcmp(field("EXITTRACE_TYPE"), type);
			if (!strcmp(field("EXITTRACE_TYPE"), "unwritten"))
				CHECK_U64(strtoull(field("EXITTRACE_UNWRITTEN"), NULL, 10), told.unwritten);
		}
		journal__send(journal);
	}
	return n;
}

/* It reads nothing for a while: what does not fit is counted and told, nothing waits, all others come. */
static void stuck(void)
{
	const unsigned int all = 3000;
	unsigned int got;
	int saved = dup(2), null = open("/dev/null", O_WRONLY);

	dup2(null, 2);
	begin(JOURNAL_FAILED);
	for (unsigned int i = 1; i <= all; i++)
		journal__take(journal, death(i, 9));
	CHECK(journal__fd(journal) == pair[0]);
	CHECK(told.unwritten && told.waiting && told.written);
	CHECK_U64(told.written + told.waiting + told.unwritten, all);
	got = count_entries("death");
	CHECK_U64(got + told.unwritten, all);
	CHECK_U64(told.written, got + 1); /* and the one that tells it */
	CHECK_U64(told.unwritten_told, told.unwritten);
	journal__take(journal, death(all + 1, 9));
	CHECK(read_entry());
	end();
	dup2(saved, 2);
}

static void gone(void)
{
	int saved = dup(2), null = open("/dev/null", O_WRONLY);

	dup2(null, 2);
	begin(JOURNAL_FAILED);
	close(pair[1]);
	journal__take(journal, death(1, 9));
	journal__take(journal, death(2, 9));
	CHECK_U64(told.written, 0);
	journal__send(journal);
	CHECK_U64(told.unwritten, 2);
	CHECK_I64(journal__fd(journal), -1);
	pair[1] = -1;
	end();
	begin(JOURNAL_FAILED);
	journal__close(journal);
	told.waiting = 3; /* of a recorder that was killed */
	pair[0] = -ENOENT;
	open_journal(JOURNAL_FAILED);
	CHECK_U64(told.unwritten, 3);
	journal__take(journal, death(1, 9));
	CHECK_U64(told.unwritten, 4);
	CHECK_U64(told.waiting, 0);
	end();
	dup2(saved, 2);
}

int main(void)
{
	/* as root it would not name an OBJECT_PID */
	if (!geteuid() && setresuid(65534, 65534, 65534))
		return 1;
	UNIT(tells_all);
	UNIT(tells_each_field);
	UNIT(hostile_bytes);
	UNIT(kinds);
	UNIT(what_matters);
	UNIT(told_once);
	UNIT(lost_deaths);
	UNIT(stuck);
	UNIT(gone);
	buf__free(&frame);
	buf__free(&line);
	return unit__end();
}
