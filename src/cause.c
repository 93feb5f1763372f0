/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the facts of a record, gives the class of the death, who did it and the words
 * for it. Does not look at anything outside the record.
 */
#include "cause.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "names.h"

/* si_code of <asm-generic/siginfo.h>, where libc's names depend on feature macros */
#define CODE_USER 0
#define CODE_KERNEL 0x80
#define CODE_TIMER (-2)
#define CODE_ASYNCIO (-4)
#define CODE_SIGIO (-5)
#define CODE_TKILL (-6)
#define CODE_SECCOMP 1 /* SYS_SECCOMP */

#define NAME_LEN 80 /* 15 bytes of comm, each "\xNN" at worst, and "[4194304]" */

struct facts {
	struct record *r;
	int signo;		     /* of the wait status, 0: exit */
	const struct et_signal *sig; /* the one that killed; NULL: exit, or not seen */
};

/* ---- words ---- */

__attribute__((format(printf, 2, 3))) static void say(struct record *r, const char *fmt, ...)
{
	size_t len = strlen(r->cause.text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->cause.text + len, sizeof(r->cause.text) - len, fmt, ap);
	va_end(ap);
}

static void say_peer(struct record *r, const struct et_peer *p)
{
	char name[NAME_LEN];

	record__name_peer(name, sizeof(name), p);
	say(r, "%s", name);
}

static void say_duration(struct record *r, uint64_t ns)
{
	char words[TEXT_AMOUNT_MAX];

	text__duration(words, ns);
	say(r, "%s", words);
}

/* ---- facts ---- */

static bool is_user_code(const struct et_signal *s)
{
	/* A positive code is the kernel's: to another process user space cannot send one. */
	return s->info == ET_INFO_REAL && s->code <= 0 && s->code != CODE_TIMER && s->code != CODE_ASYNCIO &&
	       s->code != CODE_SIGIO;
}

/* True when `by` is the one that wanted the signal, and no bystander. */
static bool sender_known(const struct et_signal *s)
{
	if (!s->by.id.tgid || (s->by.flags & ET_PEER_KTHREAD))
		return false;
	return is_user_code(s) || s->info == ET_INFO_NONE;
}

static bool is_self(const struct facts *f)
{
	return f->sig->flags & ET_SIG_SELF;
}

/* A handler ran, or nobody was told: whatever came of it, it was not this one that killed. */
static bool could_kill(const struct et_signal *s, int signo, uint64_t until)
{
	if (!s->time_ns || s->time_ns > until || s->signo != signo)
		return false;
	if (s->flags & ET_SIG_BLOCKED) /* what becomes of it is decided when it is unblocked */
		return true;
	return s->result != 1 && s->disposition == ET_DISP_DEFAULT;
}

static const struct et_signal *find_killer(const struct record *r, int signo)
{
	const struct et_signals *s = r->signals;
	uint64_t until = record__death_ns(r);
	unsigned int i;

	if (!s)
		return NULL;
	if (s->fatal.signo == signo && s->fatal.time_ns && s->fatal.time_ns <= until)
		return &s->fatal;
	if (!(r->death->flags & ET_D_STOPS))
		return NULL;
	for (i = 0; i < ET_SLOTS; i++)
		if (could_kill(&s->stop[i], signo, until))
			return &s->stop[i];
	return NULL;
}

/* ---- the stop timeline ---- */

static const char *result_word(const struct et_signal *s)
{
	if (s->result == 1)
		return "ignored";
	/* A blocked signal is kept even if it is ignored: the action may change until then. */
	if (s->flags & ET_SIG_BLOCKED)
		return "blocked";
	if (s->disposition == ET_DISP_IGNORED)
		return "ignored";
	if (s->result == 2)
		return "pending";
	return s->disposition == ET_DISP_HANDLED ? "handled" : "default";
}

static bool same_signal(const struct et_signal *a, const struct et_signal *b)
{
	return a && b && a->signo == b->signo && a->time_ns == b->time_ns;
}

static void insert_stop(struct cause *c, const struct et_signal *s, uint64_t end)
{
	unsigned int i = c->nr_stops++;

	for (; i && c->stops[i - 1].sig->time_ns > s->time_ns; i--)
		c->stops[i] = c->stops[i - 1];
	c->stops[i] = (struct stop){
		.sig = s,
		.result = result_word(s),
		.by_known = sender_known(s),
		.before_death_ns = end - s->time_ns,
	};
	names__signal(s->signo, c->stops[i].name);
}

static void add_stop(struct record *r, const struct et_signal *s)
{
	uint64_t end = record__death_ns(r);

	if (s->time_ns && s->time_ns <= end && !same_signal(s, r->cause.signal))
		insert_stop(&r->cause, s, end);
}

static bool is_stop_signal(int signo)
{
	return signo == SIGTERM || signo == SIGINT || signo == SIGHUP || signo == SIGQUIT;
}

/* The fatal slot may hold a stop signal that did not get to kill: blocked, or held by a tracer. */
static void build_timeline(struct record *r)
{
	unsigned int i;

	if (!r->signals)
		return;
	if (is_stop_signal(r->signals->fatal.signo))
		add_stop(r, &r->signals->fatal);
	if (!(r->death->flags & ET_D_STOPS))
		return;
	for (i = 0; i < ET_SLOTS; i++)
		add_stop(r, &r->signals->stop[i]);
}

static const struct stop *last_stop(const struct record *r, const char *result, int signo)
{
	unsigned int i = r->cause.nr_stops;

	while (i--) {
		const struct stop *s = &r->cause.stops[i];

		if ((!result || !strcmp(s->result, result)) && (!signo || s->sig->signo == signo))
			return s;
	}
	return NULL;
}

static void say_after_stop(struct record *r, const struct stop *s, uint64_t ns)
{
	if (!s)
		return;
	say(r, ", ");
	say_duration(r, ns);
	say(r, " after %s", s->name);
	if (s->by_known) {
		say(r, " from ");
		say_peer(r, &s->sig->by);
	}
	if (strcmp(s->result, "default"))
		say(r, " was %s", s->result);
}

/* ---- what a rule looks at ---- */

static bool match_exiting(const struct facts *f)
{
	return f->r->type == RECORD_DYING && !f->signo;
}

static bool match_exit(const struct facts *f)
{
	return !f->signo;
}

static bool match_unseen(const struct facts *f)
{
	return !f->sig;
}

static bool match_seccomp(const struct facts *f)
{
	return f->signo == SIGSYS && is_self(f) && f->sig->info == ET_INFO_REAL &&
	       f->sig->code == CODE_SECCOMP;
}

static bool match_fault(const struct facts *f)
{
	switch (f->signo) {
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGTRAP:
		return f->sig->info == ET_INFO_REAL && f->sig->code > 0 &&
		       (is_self(f) || (f->sig->flags & ET_SIG_FAULT));
	default:
		return false;
	}
}

static bool match_abort(const struct facts *f)
{
	return f->signo == SIGABRT && is_self(f) && f->sig->info == ET_INFO_REAL &&
	       (f->sig->code == CODE_TKILL || f->sig->code == CODE_USER);
}

static bool match_pipe(const struct facts *f)
{
	return f->signo == SIGPIPE && is_self(f) && f->sig->info == ET_INFO_NONE;
}

static bool match_file_size(const struct facts *f)
{
	return f->signo == SIGXFSZ && is_self(f) && f->sig->info == ET_INFO_NONE;
}

static bool is_kernel_own(const struct et_signal *s)
{
	return s->info == ET_INFO_PRIV || (s->info == ET_INFO_REAL && s->code == CODE_KERNEL);
}

static bool match_cpu_time(const struct facts *f)
{
	return f->signo == SIGXCPU && is_kernel_own(f->sig);
}

static bool match_timer(const struct facts *f)
{
	if (f->sig->info == ET_INFO_REAL && f->sig->code == CODE_TIMER)
		return true;
	return is_kernel_own(f->sig) && (f->signo == SIGALRM || f->signo == SIGVTALRM || f->signo == SIGPROF);
}

/* A dying process sends nothing of its own will; the kernel does on its behalf. */
static bool match_parent_death(const struct facts *f)
{
	return f->sig->info == ET_INFO_NONE && (f->sig->by.flags & ET_PEER_EXITING) && !is_self(f) &&
	       f->sig->by.id.tgid;
}

static bool match_pidns(const struct facts *f)
{
	const uint32_t both = ET_PEER_NS_INIT | ET_PEER_EXITING;

	return f->signo == SIGKILL && f->sig->info == ET_INFO_PRIV && (f->sig->by.flags & both) == both;
}

static bool match_hangup(const struct facts *f)
{
	const struct et_death *d = f->r->death;

	/* The session leader itself is told by its terminal, whoever closed the other side. */
	return f->signo == SIGHUP && f->sig->info == ET_INFO_PRIV && (f->sig->by.flags & ET_PEER_EXITING) &&
	       d->session != d->id.tgid;
}

static bool match_tty(const struct facts *f)
{
	return f->sig->info == ET_INFO_PRIV &&
	       (f->signo == SIGINT || f->signo == SIGQUIT || f->signo == SIGTSTP || f->signo == SIGHUP);
}

static bool match_kernel(const struct facts *f)
{
	return !sender_known(f->sig);
}

static bool match_raised(const struct facts *f)
{
	return is_self(f);
}

static bool match_any(const struct facts *f)
{
	(void)f;
	return true;
}

/* ---- what a rule says ---- */

static void conclude_exiting(const struct facts *f)
{
	say(f->r, "exiting");
}

static void conclude_exit(const struct facts *f)
{
	const struct stop *s = last_stop(f->r, "handled", 0);

	say(f->r, "exit code %d", (f->r->death->status >> 8) & 0xff);
	if (s)
		say_after_stop(f->r, s, s->before_death_ns);
}

static enum missing_why why_unseen(const struct record *r)
{
	const uint8_t door = r->start->doors[ET_OBS_SIGNAL];

	if (r->death->flags & ET_D_SNAPSHOT)
		return WHY_BEFORE;
	if (door == ET_DOOR_NONE || door == ET_DOOR_OFF)
		return WHY_TIER;
	if (!(r->death->seen & ET_SEEN_SIGNALS))
		return WHY_FULL;
	return r->from_start ? WHY_UNSEEN : WHY_BEFORE;
}

static void conclude_unseen(const struct facts *f)
{
	enum missing_why why = why_unseen(f->r);

	record__add_missing(f->r, "cause.by", why);
	record__add_missing(f->r, "cause.sent_to_dead_ns", why);
	say(f->r, "%s, sender not seen", f->r->cause.signal_name);
}

static void conclude_seccomp(const struct facts *f)
{
	say(f->r, "SIGSYS: a system call that seccomp forbids");
}

static void conclude_fault(const struct facts *f)
{
	const char *code = names__sicode(f->signo, f->sig->code);
	const bool held = f->sig->flags & ET_SIG_FAULT;

	if (code)
		say(f->r, "%s: %s", f->r->cause.signal_name, code);
	else
		say(f->r, "%s: code %d", f->r->cause.signal_name, f->sig->code);
	/* SI_KERNEL comes without an address (general protection, int3) */
	if (held && f->sig->code != CODE_KERNEL)
		say(f->r, " at 0x%llx", (unsigned long long)f->sig->address);
	else if (held && f->sig->flags & ET_SIG_IP)
		say(f->r, ", instruction at 0x%llx", (unsigned long long)f->sig->ip);
	if (!held)
		record__add_missing(f->r, "cause.fault.address", WHY_UNSEEN);
	if (!held || !(f->sig->flags & ET_SIG_IP))
		record__add_missing(f->r, "cause.fault.ip", WHY_UNSEEN);
	if (!code)
		record__add_missing(f->r, "cause.fault.code_name", WHY_UNSEEN);
}

static void conclude_abort(const struct facts *f)
{
	say(f->r, "abort()");
}

static void conclude_pipe(const struct facts *f)
{
	say(f->r, "SIGPIPE: wrote to a pipe or socket nobody reads");
}

static void conclude_file_size(const struct facts *f)
{
	say(f->r, "SIGXFSZ: file size limit (RLIMIT_FSIZE)");
}

static void conclude_cpu_time(const struct facts *f)
{
	say(f->r, "SIGXCPU: CPU time limit (RLIMIT_CPU)");
}

static void conclude_timer(const struct facts *f)
{
	say(f->r, "%s: a timer ran out", f->r->cause.signal_name);
}

static void conclude_parent_death(const struct facts *f)
{
	say(f->r, "%s: its parent ", f->r->cause.signal_name);
	say_peer(f->r, &f->sig->by);
	say(f->r, " exited (PR_SET_PDEATHSIG)");
}

static void conclude_pidns(const struct facts *f)
{
	say(f->r, "SIGKILL: ");
	say_peer(f->r, &f->sig->by);
	say(f->r, ", init of its pid namespace, exited");
}

static void conclude_hangup(const struct facts *f)
{
	say(f->r, "SIGHUP: ");
	say_peer(f->r, &f->sig->by);
	if (f->r->type == RECORD_DYING) /* which session it is in is not told */
		say(f->r, " exited");
	else
		say(f->r, f->sig->by.id.tgid == f->r->death->session ? ", leader of its session, exited" :
		    " exited and left its stopped group alone");
}

static void conclude_tty(const struct facts *f)
{
	struct record *r = f->r;

	say(r, "%s: %s", r->cause.signal_name, f->signo == SIGHUP ? "hangup of terminal" : "key on terminal");
	if (r->tty[0]) {
		char tty[4 * sizeof(r->tty) + 1];

		text__escape(tty, sizeof(tty), text__array(r->tty, sizeof(r->tty)));
		say(r, " %s", tty);
	}
}

static void conclude_kernel(const struct facts *f)
{
	record__add_missing(f->r, "cause.by", WHY_UNSEEN);
	say(f->r, "%s from the kernel", f->r->cause.signal_name);
}

static void note_sender(const struct facts *f)
{
	struct record *r = f->r;
	const struct et_peer *by = &f->sig->by;
	const bool exe = r->cause.self ? r->exe.len : f->sig == &r->signals->fatal && r->killer_exe.len;

	r->cause.by_known = true;
	if (!exe)
		record__add_missing(r, "cause.by.executable.path",
				    f->sig == &r->signals->fatal ? WHY_GONE : WHY_FULL);
	if (!by->tid)
		record__add_missing(r, "cause.by.tid", WHY_UNSEEN);
	if (!f->sig->by_parent.id.tgid && by->id.tgid > 2)
		record__add_missing(r, "cause.by.parent", WHY_GONE);
}

/* The last thing a careful handler does is to restore the default and raise the same signal again. */
static void conclude_raised(const struct facts *f)
{
	struct record *r = f->r;
	const struct stop *first = last_stop(r, "handled", f->signo);

	r->cause.self = true;
	note_sender(f);
	if (first && !(first->sig->flags & ET_SIG_SELF) && first->sig->time_ns < f->sig->time_ns) {
		r->cause.hint_reraised = true;
		say(r, "%s raised again by itself", r->cause.signal_name);
		say_after_stop(r, first, f->sig->time_ns - first->sig->time_ns);
		return;
	}
	say(r, "%s raised by itself", r->cause.signal_name);
}

static void conclude_sent(const struct facts *f)
{
	struct record *r = f->r;
	const struct stop *s = last_stop(r, NULL, 0);

	note_sender(f);
	say(r, "%s from ", r->cause.signal_name);
	say_peer(r, &f->sig->by);
	if (s && s->sig->time_ns < f->sig->time_ns)
		say_after_stop(r, s, f->sig->time_ns - s->sig->time_ns);
	else
		say(r, " (uid %u)", f->sig->by.uid);
}

/* First match wins. From "seccomp" on, the killing signal was seen. */
static const struct rule {
	const char *name;
	enum cause_class class;
	bool (*match)(const struct facts *f);
	void (*conclude)(const struct facts *f);
} rules[] = {
	{ "still exiting", CAUSE_UNKNOWN, match_exiting, conclude_exiting },
	{ "exit", CAUSE_EXIT, match_exit, conclude_exit },
	{ "signal not seen", CAUSE_SIGNAL, match_unseen, conclude_unseen },
	{ "seccomp", CAUSE_SECCOMP, match_seccomp, conclude_seccomp },
	{ "fault", CAUSE_FAULT, match_fault, conclude_fault },
	{ "abort", CAUSE_ABORT, match_abort, conclude_abort },
	{ "broken pipe", CAUSE_PIPE, match_pipe, conclude_pipe },
	{ "file size limit", CAUSE_RLIMIT, match_file_size, conclude_file_size },
	{ "CPU time limit", CAUSE_RLIMIT, match_cpu_time, conclude_cpu_time },
	{ "timer", CAUSE_TIMER, match_timer, conclude_timer },
	{ "parent death signal", CAUSE_PDEATHSIG, match_parent_death, conclude_parent_death },
	{ "end of pid namespace", CAUSE_PIDNS, match_pidns, conclude_pidns },
	{ "hangup by exit", CAUSE_HANGUP, match_hangup, conclude_hangup },
	{ "terminal", CAUSE_TTY, match_tty, conclude_tty },
	{ "kernel", CAUSE_UNKNOWN, match_kernel, conclude_kernel },
	{ "raised", CAUSE_SIGNAL, match_raised, conclude_raised },
	{ "sent", CAUSE_SIGNAL, match_any, conclude_sent },
};

static void note_timeline(struct record *r)
{
	enum missing_why why = why_unseen(r);

	/* An earlier stop signal to a process older than us is told by observed_from. */
	if (!r->cause.nr_stops && (why == WHY_TIER || why == WHY_FULL || (r->death->flags & ET_D_SNAPSHOT)))
		record__add_missing(r, "cause.timeline", why);
}

void cause__conclude(struct record *r)
{
	struct facts f = { .r = r, .signo = r->death->status & 0x7f };
	const struct rule *rule = rules;

	memset(&r->cause, 0, sizeof(r->cause));
	if (f.signo) {
		f.sig = find_killer(r, f.signo);
		names__signal(f.signo, r->cause.signal_name);
	}
	r->cause.signal = f.sig;
	build_timeline(r);
	note_timeline(r);
	while (!rule->match(&f))
		rule++;
	r->cause.class = rule->class;
	rule->conclude(&f);
	if (r->death->status & 0x80)
		say(r, ", core dumped");
}
