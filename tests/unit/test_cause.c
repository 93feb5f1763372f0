/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Facts in, class, words and name out: one row per way to die, then the timeline and what is not known. */
#include "cause.h"

#include "check.h"
#include "synth.h"
#include "unit.h"

#define SELF 4242
#define CORE 0x80

enum who { NOBODY, KILLER, ITSELF };

struct way {
	int status, info, code, flags;
	unsigned int by; /* pid of current */
	uint32_t by_flags;
	enum cause_class class;
	enum who who;
	const char *text;
};

static const struct way ways[] = {
	{ 15, ET_INFO_REAL, 0, 0, 1, 0, CAUSE_SIGNAL, KILLER, "SIGTERM from killer[1] (uid 0)" },
	{ 9, ET_INFO_REAL, 0, 0, 77, ET_PEER_EXITING, CAUSE_SIGNAL, KILLER,
	  "SIGKILL from killer[77] (uid 0)" },
	{ 12, ET_INFO_REAL, -6, 0, 77, 0, CAUSE_SIGNAL, KILLER, "SIGUSR2 from killer[77] (uid 0)" },
	{ 37, ET_INFO_REAL, -1, 0, 77, 0, CAUSE_SIGNAL, KILLER, "SIGRTMIN+3 from killer[77] (uid 0)" },
	{ 9, ET_INFO_NONE, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, "SIGKILL from killer[77] (uid 0)" },
	{ 15, ET_INFO_REAL, -60, 0, 77, 0, CAUSE_SIGNAL, KILLER, "SIGTERM from killer[77] (uid 0)" },
	{ 11, ET_INFO_REAL, 1, ET_SIG_SELF | ET_SIG_FAULT, SELF, 0, CAUSE_FAULT, NOBODY,
	  "SIGSEGV: SEGV_MAPERR at 0x10" },
	{ 11 | CORE, ET_INFO_REAL, 2, ET_SIG_SELF | ET_SIG_FAULT, SELF, 0, CAUSE_FAULT, NOBODY,
	  "SIGSEGV: SEGV_ACCERR at 0x10, core dumped" },
	{ 7, ET_INFO_REAL, 2, ET_SIG_SELF | ET_SIG_FAULT, SELF, 0, CAUSE_FAULT, NOBODY,
	  "SIGBUS: BUS_ADRERR at 0x10" },
	{ 8, ET_INFO_REAL, 1, ET_SIG_SELF | ET_SIG_FAULT, SELF, 0, CAUSE_FAULT, NOBODY,
	  "SIGFPE: FPE_INTDIV at 0x10" },
	{ 4, ET_INFO_REAL, 2, ET_SIG_SELF | ET_SIG_FAULT, SELF, 0, CAUSE_FAULT, NOBODY,
	  "SIGILL: ILL_ILLOPN at 0x10" },
	{ 5, ET_INFO_REAL, 0x80, ET_SIG_SELF | ET_SIG_FAULT, SELF, 0, CAUSE_FAULT, NOBODY,
	  "SIGTRAP: SI_KERNEL, instruction at 0x401000" },
	{ 11, ET_INFO_REAL, 99, ET_SIG_SELF, SELF, 0, CAUSE_FAULT, NOBODY, "SIGSEGV: code 99" },
	{ 6, ET_INFO_REAL, -6, ET_SIG_SELF, SELF, 0, CAUSE_ABORT, NOBODY, "abort()" },
	{ 6, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, "SIGABRT from killer[77] (uid 0)" },
	{ 11, ET_INFO_REAL, -6, ET_SIG_SELF, SELF, 0, CAUSE_SIGNAL, ITSELF, "SIGSEGV raised by itself" },
	{ 11, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, "SIGSEGV from killer[77] (uid 0)" },
	{ 13, ET_INFO_NONE, 0, ET_SIG_SELF, SELF, 0, CAUSE_PIPE, NOBODY,
	  "SIGPIPE: wrote to a pipe or socket nobody reads" },
	{ 13, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, "SIGPIPE from killer[77] (uid 0)" },
	{ 25, ET_INFO_NONE, 0, ET_SIG_SELF, SELF, 0, CAUSE_RLIMIT, NOBODY,
	  "SIGXFSZ: file size limit (RLIMIT_FSIZE)" },
	{ 24, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_RLIMIT, NOBODY,
	  "SIGXCPU: CPU time limit (RLIMIT_CPU)" },
	{ 14, ET_INFO_PRIV, 0, 0, 77, 0, CAUSE_TIMER, NOBODY, "SIGALRM: a timer ran out" },
	{ 26, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_TIMER, NOBODY, "SIGVTALRM: a timer ran out" },
	{ 10, ET_INFO_REAL, -2, 0, 77, 0, CAUSE_TIMER, NOBODY, "SIGUSR1: a timer ran out" },
	{ 14, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, "SIGALRM from killer[77] (uid 0)" },
	{ 15, ET_INFO_NONE, 0, 0, 77, ET_PEER_EXITING, CAUSE_PDEATHSIG, NOBODY,
	  "SIGTERM: its parent killer[77] exited (PR_SET_PDEATHSIG)" },
	{ 31, ET_INFO_REAL, 1, ET_SIG_SELF, SELF, 0, CAUSE_SECCOMP, NOBODY,
	  "SIGSYS: a system call that seccomp forbids" },
	{ 2, ET_INFO_PRIV, 0, 0, 77, 0, CAUSE_TTY, NOBODY, "SIGINT: key on terminal pts/3" },
	{ 3, ET_INFO_PRIV, 0, 0, 77, 0, CAUSE_TTY, NOBODY, "SIGQUIT: key on terminal pts/3" },
	{ 1, ET_INFO_PRIV, 0, 0, 77, 0, CAUSE_TTY, NOBODY, "SIGHUP: hangup of terminal pts/3" },
	{ 1, ET_INFO_PRIV, 0, 0, 412, ET_PEER_EXITING, CAUSE_HANGUP, NOBODY,
	  "SIGHUP: killer[412], leader of its session, exited" },
	{ 1, ET_INFO_PRIV, 0, 0, 77, ET_PEER_EXITING, CAUSE_HANGUP, NOBODY,
	  "SIGHUP: killer[77] exited and left its stopped group alone" },
	{ 1, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, "SIGHUP from killer[77] (uid 0)" },
	{ 9, ET_INFO_PRIV, 0, 0, 77, ET_PEER_EXITING | ET_PEER_NS_INIT, CAUSE_PIDNS, NOBODY,
	  "SIGKILL: killer[77], init of its pid namespace, exited" },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_UNKNOWN, NOBODY, "SIGKILL from the kernel" },
	{ 9, ET_INFO_REAL, 0x80, 0, 77, 0, CAUSE_UNKNOWN, NOBODY, "SIGKILL from the kernel" },
	{ 29, ET_INFO_REAL, 1, 0, 77, 0, CAUSE_UNKNOWN, NOBODY, "SIGIO from the kernel" },
	{ 9, ET_INFO_NONE, 0, 0, 77, ET_PEER_KTHREAD, CAUSE_UNKNOWN, NOBODY, "SIGKILL from the kernel" },
};

static struct et_start start;
static struct synth_death m;

/* The record of `m`. */
static void conclude(struct record *r)
{
	*r = (struct record){
		.start = &start,
		.death = &m.d,
		.signals = death__signals(&m.d),
		.from_start = m.d.id.start_ns >= start.attach_ns,
	};
	record__note_unseen(r);
	cause__conclude(r);
}

/* A death by this signal, whose slots may be filled. */
static struct et_signals *killed(int status, int stops, struct et_peer by)
{
	struct et_signals *s;

	m = synth_death(SELF);
	m.d.status = status;
	s = synth_signals(&m, stops);
	s->fatal = synth_signal(status & 0x7f, by);
	return s;
}

static enum missing_why why(const struct record *r, const char *key)
{
	unsigned int i;

	for (i = 0; i < r->nr_missing; i++)
		if (!strcmp(r->missing[i].key, key))
			return r->missing[i].why;
	unit__fail(__FILE__, __LINE__, "%s is not missing", key);
	return WHY_TIER;
}

static void check_way(const struct way *w)
{
	struct et_signals *s;
	struct record r;

	s = killed(w->status, 0, synth_peer(w->by, "killer"));
	s->fatal.info = w->info;
	s->fatal.code = w->code;
	s->fatal.flags |= w->flags;
	s->fatal.by.flags = w->by_flags;
	s->fatal.address = 0x10;
	s->fatal.ip = 0x401000;
	if (w->flags & ET_SIG_FAULT)
		s->fatal.flags |= ET_SIG_IP;
	conclude(&r);
	if (r.cause.class != w->class)
		unit__fail(__FILE__, __LINE__, "%s: class %d, not %d", w->text, r.cause.class, w->class);
	CHECK_STR(r.cause.text, w->text);
	CHECK(r.cause.by_known == (w->who != NOBODY));
	CHECK(r.cause.self == (w->who == ITSELF));
	CHECK(r.cause.signal == &s->fatal);
	CHECK(record__is_missing(&r, "cause.by") == (w->class == CAUSE_UNKNOWN));
}

static void every_way(void)
{
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		check_way(&ways[i]);
}

static void exits(void)
{
	struct record r;
	char text[32];
	int code;

	for (code = 0; code < 256; code++) {
		m = synth_death(SELF);
		m.d.status = code << 8;
		conclude(&r);
		snprintf(text, sizeof(text), "exit code %d", code);
		CHECK(r.cause.class == CAUSE_EXIT);
		CHECK_STR(r.cause.text, text);
		CHECK(!r.cause.signal && !r.cause.by_known);
		CHECK(!record__is_missing(&r, "cause.by") && !record__is_missing(&r, "cause.timeline"));
	}
}

/* TERM handled, 700 ms later KILL by another. */
static void stopped_then_killed(void)
{
	struct et_signals *s;
	struct record r;

	s = killed(SIGKILL, 1, synth_peer(77, "bash"));
	s->stop[0] = synth_signal(SIGTERM, synth_peer(1, "systemd"));
	s->stop[0].time_ns -= 700 * MS;
	s->stop[0].disposition = ET_DISP_HANDLED;
	conclude(&r);
	CHECK_STR(r.cause.text, "SIGKILL from bash[77], 700ms after SIGTERM from systemd[1] was handled");
	CHECK_U64(r.cause.nr_stops, 1);
	CHECK_STR(r.cause.stops[0].name, "SIGTERM");
	CHECK_STR(r.cause.stops[0].result, "handled");
	CHECK_U64(r.cause.stops[0].before_death_ns, 705 * MS);
	CHECK(r.cause.stops[0].by_known);
}

/* As the columns of the table write them. */
static void durations(void)
{
	static const struct {
		uint64_t ns;
		const char *words;
	} rows[] = {
		{ 999, "999ns" },
		{ 1050 * US, "1.05ms" },
		{ 65 * SEC, "1m05s" },
		{ 26 * 3600 * SEC, "1d02h" },
		{ 100 * 24 * 3600 * SEC, "100d" },
	};
	struct et_signals *s;
	struct record r;
	char want[80];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s = killed(SIGKILL, 1, synth_peer(77, "bash"));
		m.d.dead_ns += 10000000 * SEC;
		s->fatal.time_ns = m.d.dead_ns;
		s->stop[0] = synth_signal(SIGINT, synth_peer(77, "bash"));
		s->stop[0].time_ns = m.d.dead_ns - rows[i].ns;
		conclude(&r);
		snprintf(want, sizeof(want), "SIGKILL from bash[77], %s after SIGINT from bash[77]", rows[i].words);
		CHECK_STR(r.cause.text, want);
	}
}

static void stopped_then_exited(void)
{
	struct et_signals *s;
	struct record r;

	m = synth_death(SELF);
	s = synth_signals(&m, 1);
	s->stop[0] = synth_signal(SIGTERM, synth_peer(1, "systemd"));
	s->stop[0].disposition = ET_DISP_HANDLED;
	conclude(&r);
	CHECK(r.cause.class == CAUSE_EXIT);
	CHECK(!r.cause.signal);
	CHECK_STR(r.cause.text, "exit code 0, 5ms after SIGTERM from systemd[1] was handled");
	s->stop[0].disposition = ET_DISP_IGNORED;
	s->stop[0].result = 1;
	conclude(&r);
	CHECK_STR(r.cause.text, "exit code 0");
	CHECK_U64(r.cause.nr_stops, 1);
	CHECK_STR(r.cause.stops[0].result, "ignored");
}

static void timeline_is_ordered(void)
{
	struct et_signals *s;
	struct record r;

	s = killed(SIGTERM, 1, synth_peer(77, "bash"));
	s->stop[0] = s->fatal; /* the very same */
	s->stop[1] = synth_signal(SIGINT, synth_peer(5, "tty"));
	s->stop[1].time_ns -= 1 * SEC;
	s->stop[1].flags |= ET_SIG_BLOCKED;
	s->stop[1].info = ET_INFO_PRIV;
	s->stop[2] = synth_signal(SIGHUP, synth_peer(6, "b"));
	s->stop[2].time_ns -= 3 * SEC;
	s->stop[2].result = 2;
	s->stop[3] = synth_signal(SIGQUIT, synth_peer(7, "c"));
	s->stop[3].time_ns = 200 * SEC; /* to a pid that is a zombie already */
	conclude(&r);
	CHECK_U64(r.cause.nr_stops, 2);
	CHECK_STR(r.cause.stops[0].name, "SIGHUP");
	CHECK_STR(r.cause.stops[0].result, "pending");
	CHECK_STR(r.cause.stops[1].name, "SIGINT");
	CHECK_STR(r.cause.stops[1].result, "blocked");
	CHECK(!r.cause.stops[1].by_known);
	CHECK_STR(r.cause.text, "SIGTERM from bash[77], 1s after SIGINT was blocked");
}

/* The handler puts the default back and raises again: named as what it is. */
static void raised_again(void)
{
	struct et_signals *s;
	struct record r;

	s = killed(SIGTERM, 1, synth_peer(SELF, "worker"));
	s->fatal.flags |= ET_SIG_SELF;
	s->fatal.code = -6;
	s->stop[0] = synth_signal(SIGTERM, synth_peer(1, "systemd"));
	s->stop[0].time_ns -= 2 * MS;
	s->stop[0].disposition = ET_DISP_HANDLED;
	conclude(&r);
	CHECK(r.cause.class == CAUSE_SIGNAL && r.cause.self && r.cause.hint_reraised);
	CHECK_STR(r.cause.text,
		  "SIGTERM raised again by itself, 2ms after SIGTERM from systemd[1] was handled");
}

static void killed_when_unblocked(void)
{
	struct et_signals *s;
	struct record r;

	m = synth_death(SELF);
	m.d.status = SIGTERM;
	s = synth_signals(&m, 1);
	s->stop[0] = synth_signal(SIGTERM, synth_peer(1, "systemd"));
	s->stop[0].flags |= ET_SIG_BLOCKED;
	conclude(&r);
	CHECK(r.cause.signal == &s->stop[0]);
	CHECK(r.cause.by_known);
	CHECK_U64(r.cause.nr_stops, 0);
	CHECK(why(&r, "cause.by.executable.path") == WHY_FULL);
	s->stop[0].flags = 0;
	s->stop[0].disposition = ET_DISP_HANDLED; /* it ran a handler: something else killed */
	conclude(&r);
	CHECK(!r.cause.signal && !r.cause.by_known);
	CHECK(why(&r, "cause.by") == WHY_UNSEEN);
	CHECK_U64(r.cause.nr_stops, 1);
}

/* A signal that a tracer swallowed, or that came too late, is not the cause. */
static void other_signal_is_not_blamed(void)
{
	struct et_signals *s;
	struct record r;

	m = synth_death(SELF);
	m.d.status = SIGKILL;
	s = synth_signals(&m, 0);
	s->fatal = synth_signal(SIGTERM, synth_peer(77, "bash"));
	conclude(&r);
	CHECK(r.cause.class == CAUSE_SIGNAL);
	CHECK(!r.cause.signal && !r.cause.by_known);
	CHECK_STR(r.cause.text, "SIGKILL, sender not seen");
	s->fatal = synth_signal(SIGKILL, synth_peer(77, "bash"));
	s->fatal.time_ns = m.d.dead_ns + 1;
	conclude(&r);
	CHECK(!r.cause.signal);
	m.d.status = 3 << 8;
	conclude(&r);
	CHECK(!r.cause.signal);
	CHECK_STR(r.cause.text, "exit code 3");
}

/* Closing the master side of its terminal: the one that did it may be exiting, it is no hangup by exit. */
static void leader_is_hung_up_by_its_terminal(void)
{
	struct et_signals *s;
	struct record r;

	s = killed(SIGHUP, 0, synth_peer(77, "sshd"));
	m.d.session = SELF;
	s->fatal.info = ET_INFO_PRIV;
	s->fatal.by.flags = ET_PEER_EXITING;
	conclude(&r);
	CHECK(r.cause.class == CAUSE_TTY);
	CHECK(!r.cause.by_known);
}

static void unseen_says_why(void)
{
	struct record r;

	m = synth_death(SELF);
	m.d.status = SIGTERM;
	conclude(&r);
	CHECK(why(&r, "cause.by") == WHY_UNSEEN);
	m.d.seen &= ~ET_SEEN_SIGNALS;
	conclude(&r);
	CHECK(why(&r, "cause.by") == WHY_FULL);
	CHECK(why(&r, "cause.timeline") == WHY_FULL);
	m.d.seen |= ET_SEEN_SIGNALS;
	m.d.id.start_ns = ATTACH - SEC;
	conclude(&r);
	CHECK(why(&r, "cause.by") == WHY_BEFORE);
	CHECK(why(&r, "cause.sent_to_dead_ns") == WHY_BEFORE);
	m.d.id.start_ns = 110 * SEC;
	start.doors[ET_OBS_SIGNAL] = ET_DOOR_NONE;
	conclude(&r);
	CHECK(why(&r, "cause.by") == WHY_TIER);
	start = synth_start();
	m.d.flags |= ET_D_SNAPSHOT;
	conclude(&r);
	CHECK(why(&r, "cause.by") == WHY_BEFORE);
}

static void names_are_escaped(void)
{
	struct et_signals *s;
	struct record r;
	size_t i;

	s = killed(SIGKILL, 1, synth_peer(4194304, "\x1b[2J\n\x1b]0;\x07\x9b\\\xff\xfe\x01"));
	s->fatal.by.id.tgid = 4194304;
	s->stop[0] = synth_signal(SIGTERM, s->fatal.by);
	s->stop[0].time_ns = 1;
	s->stop[0].disposition = ET_DISP_HANDLED;
	memset(s->fatal.by.comm, 0x80, sizeof(s->fatal.by.comm));
	conclude(&r);
	for (i = 0; r.cause.text[i]; i++)
		CHECK(r.cause.text[i] >= ' ' && r.cause.text[i] <= '~');
	CHECK(strstr(r.cause.text, " was handled")); /* nothing cut */
}

int main(void)
{
	start = synth_start();
	UNIT(every_way);
	UNIT(exits);
	UNIT(stopped_then_killed);
	UNIT(durations);
	UNIT(stopped_then_exited);
	UNIT(timeline_is_ordered);
	UNIT(raised_again);
	UNIT(killed_when_unblocked);
	UNIT(other_signal_is_not_blamed);
	UNIT(leader_is_hung_up_by_its_terminal);
	UNIT(unseen_says_why);
	UNIT(names_are_escaped);
	return unit__end();
}
