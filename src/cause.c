/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the facts of a record, gives the class of the death, who did it and the words
 * for it. Does not look at anything outside the record.
 */
#include "cause.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cause_words.h"
#include "hint.h"
#include "names.h"
#include "timeline.h"

#define NS_PER_SEC 1000000000ULL
#define NO_LIMIT UINT64_MAX
/* The kernel compares ticks, and those of other threads a little later or earlier than they were counted. */
#define TICK_TOLERANCE_NS 50000000ULL

struct facts {
	struct record *r;
	int signo;		     /* of the wait status, 0: exit */
	const struct et_signal *sig; /* the one that killed; NULL: exit, or not seen */
};

/* ---- facts ---- */

static bool is_self(const struct facts *f)
{
	return f->sig->flags & ET_SIG_SELF;
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

/* Nobody sent it a signal since tracing began. */
static bool signals_were_watched(const struct record *r)
{
	const enum missing_why why = why_unseen(r);

	return why == WHY_UNSEEN || (why == WHY_BEFORE && !(r->death->flags & ET_D_SNAPSHOT));
}

/* The most it can have used by the kernel's own count. */
static uint64_t cpu_seconds(const struct et_death *d)
{
	const uint64_t ticks = d->res.utime_ns + d->res.stime_ns;
	const uint64_t used = ticks > d->res.runtime_ns ? ticks : d->res.runtime_ns;

	return (used + TICK_TOLERANCE_NS) / NS_PER_SEC;
}

static bool used_up(const struct et_death *d, uint64_t limit_seconds)
{
	return (d->seen & ET_SEEN_LIMITS) && (d->seen & ET_SEEN_RESOURCES) && limit_seconds != NO_LIMIT &&
	       cpu_seconds(d) >= limit_seconds;
}

/* ---- what a rule looks at: threads ---- */

static bool is_alone(const struct facts *f)
{
	return f->r->thread && f->r->thread->flags & ET_THREAD_ALONE;
}

static bool match_thread_seccomp(const struct facts *f)
{
	const struct et_thread *t = f->r->thread;

	if (!is_alone(f))
		return false;
	return f->signo == SIGSYS || t->flags & ET_THREAD_REFUSED || t->seccomp == ET_SECCOMP_DEAD ||
	       (f->signo == SIGKILL && t->seccomp == ET_SECCOMP_STRICT);
}

static bool match_thread_alone(const struct facts *f)
{
	return is_alone(f);
}

static bool match_thread_exec(const struct facts *f)
{
	return f->r->thread && f->r->thread->flags & ET_THREAD_EXEC;
}

/* Why its process is killed, the record of the process says. */
static bool match_thread_killed(const struct facts *f)
{
	return f->r->thread && f->signo;
}

static bool match_thread_group(const struct facts *f)
{
	return f->r->thread && f->r->thread->flags & ET_THREAD_GROUP;
}

static bool match_thread_late(const struct facts *f)
{
	return f->r->thread && f->r->thread->flags & ET_THREAD_UNSURE;
}

static bool match_thread(const struct facts *f)
{
	return f->r->thread;
}

/* ---- what a rule looks at: exits, and kills that no signal tells of ---- */

static bool match_exiting(const struct facts *f)
{
	return f->r->type == RECORD_DYING && !f->signo;
}

static bool match_exit(const struct facts *f)
{
	return !f->signo;
}

static bool match_oom(const struct facts *f)
{
	if (f->signo != SIGKILL)
		return false;
	if (!f->sig)
		return f->r->oom;
	/* It may choose a process that somebody else has killed already. */
	return f->sig->flags & ET_SIG_OOM || (f->r->oom && f->sig->info == ET_INFO_PRIV);
}

static bool match_oom_memcg(const struct facts *f)
{
	return match_oom(f) && f->r->oom && f->r->oom->flags & (ET_OOM_MEMCG | ET_OOM_LIMIT);
}

static bool match_oom_global(const struct facts *f)
{
	return match_oom(f) && f->r->oom && f->r->oom->flags & (ET_OOM_GLOBAL | ET_OOM_SYSRQ);
}

/* Strict mode, and filters before 5.16, end the thread without a signal. */
static bool match_seccomp_silent(const struct facts *f)
{
	const struct et_death *d = f->r->death;

	if (f->sig || (f->signo != SIGSYS && f->signo != SIGKILL))
		return false;
	if (d->seen & ET_SEEN_REFUSED || d->seccomp == ET_SECCOMP_DEAD)
		return true;
	return d->seccomp == (f->signo == SIGSYS ? ET_SECCOMP_FILTER : ET_SECCOMP_STRICT) && signals_were_watched(f->r);
}

/* PTRACE_KILL generated no signal before 5.18. */
static bool match_ptrace_silent(const struct facts *f)
{
	const struct et_death *d = f->r->death;

	return !f->sig && f->signo == SIGKILL && d->flags & ET_D_TRACED && d->tracer.id.tgid &&
	       why_unseen(f->r) == WHY_UNSEEN;
}

/* The kernel does not send these by itself, unless a timer or a death signal was asked for. */
static bool match_unseen_sent(const struct facts *f)
{
	return !f->sig && (f->signo == SIGTERM || f->signo == SIGUSR1 || f->signo == SIGUSR2);
}

static bool match_unseen(const struct facts *f)
{
	return !f->sig;
}

/* ---- what a rule looks at: the signal that killed ---- */

static bool match_injected(const struct facts *f)
{
	return f->sig->flags & ET_SIG_INJECTED;
}

/* It sent itself, by rt_sigqueueinfo(), what to others only the kernel says. */
static bool is_made_up(const struct facts *f)
{
	return f->sig->code > 0 && f->sig->flags & ET_SIG_BY_CALL;
}

static bool match_seccomp(const struct facts *f)
{
	return f->signo == SIGSYS && is_self(f) && f->sig->info == ET_INFO_REAL &&
	       f->sig->code == CODE_SECCOMP && !is_made_up(f);
}

/* A tick found it running: the limits are looked at then. */
static bool is_killed_by_tick(const struct facts *f)
{
	return f->signo == SIGKILL && f->sig->info == ET_INFO_PRIV && is_self(f);
}

static bool match_cpu_hard(const struct facts *f)
{
	return is_killed_by_tick(f) && used_up(f->r->death, f->r->death->cpu_hard);
}

static bool match_rt_hard(const struct facts *f)
{
	const struct et_death *d = f->r->death;

	return is_killed_by_tick(f) && d->seen & ET_SEEN_LIMITS && d->rt_hard != NO_LIMIT;
}

/* In the middle of an exec() it makes no system call that could send one. */
static bool match_exec(const struct facts *f)
{
	if (!(f->sig->flags & ET_SIG_EXEC))
		return false;
	if (f->signo == SIGKILL)
		return timeline__is_kernel_own(f->sig) || f->sig->info == ET_INFO_NONE;
	return f->signo == SIGSEGV && timeline__is_kernel_own(f->sig);
}

/* What clone() asked for in place of SIGCHLD, when the child ends: its code is one of SIGCHLD. */
static bool match_child_end(const struct facts *f)
{
	const struct et_signal *s = f->sig;

	return s->info == ET_INFO_REAL && s->code >= CODE_EXITED && s->code <= CODE_DUMPED && !is_self(f) &&
	       s->by.flags & ET_PEER_EXITING && record__same_id(&s->by_parent.id, &f->r->death->id);
}

static bool match_fault(const struct facts *f)
{
	switch (f->signo) {
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGTRAP:
		/* a memory error may be told to another process than the one that ran into it */
		return f->sig->info == ET_INFO_REAL && f->sig->code > 0 && !is_made_up(f) &&
		       (is_self(f) || (f->sig->flags & ET_SIG_FAULT) || f->sig->code != CODE_KERNEL);
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

static bool match_cpu_time(const struct facts *f)
{
	return f->signo == SIGXCPU && timeline__is_kernel_own(f->sig);
}

static bool match_timer(const struct facts *f)
{
	if (f->sig->info == ET_INFO_REAL && f->sig->code == CODE_TIMER)
		return !(f->sig->flags & ET_SIG_BY_CALL);
	return timeline__is_kernel_own(f->sig) &&
	       (f->signo == SIGALRM || f->signo == SIGVTALRM || f->signo == SIGPROF);
}

static bool match_tracer_death(const struct facts *f)
{
	return f->signo == SIGKILL && f->sig->info == ET_INFO_PRIV && f->sig->flags & ET_SIG_EXITKILL &&
	       f->sig->by.flags & ET_PEER_EXITING && f->sig->by.id.tgid;
}

/* A dying process sends nothing of its own will; the kernel does on its behalf. */
static bool match_parent_death(const struct facts *f)
{
	return f->sig->info == ET_INFO_NONE && (f->sig->by.flags & ET_PEER_EXITING) && !is_self(f) &&
	       f->sig->by.id.tgid;
}

static bool match_ptrace_kill(const struct facts *f)
{
	return f->signo == SIGKILL && f->sig->info == ET_INFO_NONE && f->sig->flags & ET_SIG_TRACER &&
	       !(f->sig->flags & ET_SIG_CGROUP) && f->sig->by.id.tgid;
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
	return f->sig->info == ET_INFO_PRIV && (f->signo == SIGINT || f->signo == SIGQUIT || f->signo == SIGHUP);
}

/* O_ASYNC and its kin: with F_SETSIG any signal, and what became ready as its code. */
static bool match_descriptor(const struct facts *f)
{
	const struct et_signal *s = f->sig;

	if (s->info == ET_INFO_PRIV)
		return f->signo == SIGIO;
	if (s->info != ET_INFO_REAL || f->signo == SIGSYS || is_made_up(f))
		return false;
	return (s->code >= CODE_POLL_IN && s->code <= CODE_POLL_HUP) ||
	       (s->code == CODE_SIGIO && !timeline__sender_known(s));
}

static bool match_kernel(const struct facts *f)
{
	return !timeline__sender_known(f->sig);
}

static bool match_raised(const struct facts *f)
{
	return is_self(f) && !(f->sig->flags & ET_SIG_CGROUP);
}

static bool match_any(const struct facts *f)
{
	(void)f;
	return true;
}

/* ---- who did it ---- */

static enum missing_why why_not_kept(const struct facts *f)
{
	if (!f->sig)
		return WHY_TIER;
	return f->sig == &f->r->signals->fatal ? WHY_GONE : WHY_FULL;
}

static void note_place(struct record *r, const struct et_killer *kept, enum missing_why why)
{
	if (!kept || !kept->cgroup_id) {
		record__add_missing(r, FIELD_cause_by_cgroup, why);
		record__add_missing(r, FIELD_cause_by_container, why);
	} else if (!r->killer.cgroup.len) {
		record__add_missing(r, FIELD_cause_by_cgroup_path, WHY_LOST);
		record__add_missing(r, FIELD_cause_by_cgroup_unit, WHY_LOST);
		record__add_missing(r, FIELD_cause_by_container, WHY_LOST);
	}
}

static void note_args(struct record *r, const struct et_killer *kept, enum missing_why why)
{
	if (!(r->start->flags & ET_START_ARGS))
		return;
	if (!kept || !(kept->seen & ET_KILLER_ARGS))
		record__add_missing(r, FIELD_cause_by_args, why);
	else if (!r->killer.args.bytes)
		record__add_missing(r, FIELD_cause_by_args, WHY_LOST);
}

/* Init and kthreadd have no parent. */
static bool has_parent(const struct et_peer *p)
{
	return p->id.tgid > 2;
}

static void note_parents(struct record *r, const struct et_killer *kept, enum missing_why why)
{
	const struct et_signal *s = r->cause.signal;
	const bool known = s && r->cause.by == &s->by && s->by_parent.id.tgid;

	if (!known && has_parent(r->cause.by))
		record__add_missing(r, FIELD_cause_by_parent, s ? WHY_GONE : why);
	if (known && has_parent(&s->by_parent) && (!kept || !kept->grandparent.id.tgid))
		record__add_missing(r, FIELD_cause_by_grandparent, why);
}

/* Whom to name, and what is not known of it. */
static void name_sender(const struct facts *f, const struct et_peer *by)
{
	const enum missing_why why = why_not_kept(f);
	struct record *r = f->r;
	const struct et_killer *kept;

	r->cause.by = by;
	kept = record__killer(r);
	if (!(r->cause.self ? r->exe.len : kept && r->killer.exe.len))
		record__add_missing(r, FIELD_cause_by_executable_path, why);
	if (!by->tid)
		record__add_missing(r, FIELD_cause_by_tid, WHY_UNSEEN);
	if (r->cause.self) {
		if (!f->sig->by_parent.id.tgid && has_parent(by))
			record__add_missing(r, FIELD_cause_by_parent, WHY_GONE);
		return;
	}
	note_place(r, kept, why);
	note_args(r, kept, why);
	note_parents(r, kept, why);
}

/* What is known of programs of its name; returns what that usually means, or NULL. */
static const char *take_hint(const struct facts *f)
{
	struct record *r = f->r;
	const struct text exe = record__killer(r) ? r->killer.exe : (struct text){ NULL, 0 };
	const struct text comm = text__array(r->cause.by->comm, sizeof(r->cause.by->comm));
	const struct hint h = hint__find(exe, comm, f->signo, r->cause.escalated);

	r->cause.role = h.role;
	return h.words;
}

static void name_because_of(struct record *r, const struct et_peer *p)
{
	r->cause.has_because_of = p->id.tgid;
	r->cause.because_of = p->id;
}

/* ---- what a rule says: threads ---- */

static void note_syscall(struct record *r, int nr, uint32_t arch)
{
	r->cause.syscall_known = true;
	r->cause.syscall = nr;
	r->cause.arch = arch;
	syscalls__name(arch, nr, r->cause.syscall_name);
	if (!r->cause.syscall_name[0])
		record__add_missing(r, FIELD_cause_syscall_name, WHY_UNSEEN);
}

static void say_syscall(struct record *r)
{
	if (r->cause.syscall_name[0])
		cause__say(r, "%s", r->cause.syscall_name);
	else
		cause__say(r, "system call %d", r->cause.syscall);
}

static void note_no_syscall(struct record *r)
{
	record__add_missing(r, FIELD_cause_syscall, record__why_without(r, ET_OBS_SECCOMP, WHY_FULL));
}

static void conclude_thread_alone(const struct facts *f)
{
	const struct et_thread *t = f->r->thread;
	const bool refused = match_thread_seccomp(f);
	struct record *r = f->r;

	cause__say_words(r, "thread ");
	cause__say_comm(r, t->comm);
	cause__say(r, "[%u] was killed alone by %s (%s", t->tid, refused ? "seccomp" : "the kernel",
		   r->cause.signal_name);
	if (refused && t->flags & ET_THREAD_REFUSED) {
		note_syscall(r, t->refused, t->refused_arch);
		cause__say_words(r, ", ");
		say_syscall(r);
	} else if (refused) {
		note_no_syscall(r);
	}
	cause__say(r, "%s); its process goes on without it", refused ? "" : ", see its log");
}

static void conclude_thread_exec(const struct facts *f)
{
	cause__say_words(f->r, "another thread's exec()");
}

static void conclude_thread_killed(const struct facts *f)
{
	cause__say(f->r, "its process exits: %s", f->r->cause.signal_name);
}

static void conclude_thread_group(const struct facts *f)
{
	cause__say(f->r, "its process exits: code %d", (f->r->thread->status >> 8) & 0xff);
}

static void conclude_thread_late(const struct facts *f)
{
	cause__say_words(f->r, "thread exit, or that of its process: seen late");
	record__add_missing(f->r, FIELD_thread_ended_by, WHY_SKIPPED);
	record__add_missing(f->r, FIELD_thread_left, WHY_SKIPPED);
}

static void conclude_thread(const struct facts *f)
{
	const int code = (f->r->thread->status >> 8) & 0xff;

	cause__say_words(f->r, "thread exit");
	if (code)
		cause__say(f->r, ", code %d", code);
}

/* ---- what a rule says: exits, and kills that no signal tells of ---- */

static void say_after_stop(struct record *r, const struct stop *s, uint64_t ns)
{
	cause__say_words(r, ", ");
	cause__say_duration(r, ns);
	cause__say_words(r, " after ");
	cause__say_words(r, s->name);
	if (s->by_known) {
		cause__say_words(r, " from ");
		cause__say_peer(r, &s->sig->by);
	}
	if (strcmp(s->result, "default"))
		cause__say(r, " was %s", s->result);
}

static void conclude_exiting(const struct facts *f)
{
	cause__say_words(f->r, "exiting");
}

static void conclude_exit(const struct facts *f)
{
	const struct stop *s = timeline__last(f->r, "handled", 0);

	cause__say_words(f->r, "exit code ");
	cause__say_number(f->r, (f->r->death->status >> 8) & 0xff);
	if (s)
		say_after_stop(f->r, s, s->before_death_ns);
}

static void conclude_unseen(const struct facts *f)
{
	enum missing_why why = why_unseen(f->r);

	record__add_missing(f->r, FIELD_cause_by, why);
	record__add_missing(f->r, FIELD_cause_sent_to_dead_ns, why);
	cause__say(f->r, "%s, sender not seen", f->r->cause.signal_name);
}

/* What of the OOM killer's choice is not known. */
static void note_oom(struct record *r)
{
	static const enum record_field used[] = { FIELD_oom_rss_bytes, FIELD_oom_anon_bytes, FIELD_oom_file_bytes,
						  FIELD_oom_shmem_bytes, FIELD_oom_swap_bytes };
	const struct et_oom *o = r->oom;
	unsigned int i;

	r->cause.oom = true;
	if (!o) {
		record__add_missing(r, FIELD_oom, record__why_without(r, ET_OBS_OOM, WHY_LOST));
		return;
	}
	if (!(o->flags & (ET_OOM_LIMIT | ET_OOM_GLOBAL | ET_OOM_SYSRQ))) {
		record__add_missing(r, FIELD_oom_cgroup, WHY_TIER);
		record__add_missing(r, FIELD_oom_limit_bytes, WHY_TIER);
		record__add_missing(r, FIELD_oom_usage_bytes, WHY_TIER);
	}
	if (o->flags & ET_OOM_LIMIT && !r->oom_cgroup.len)
		record__add_missing(r, FIELD_oom_cgroup_path, WHY_LOST);
	for (i = 0; !(o->flags & ET_OOM_USED) && i < sizeof(used) / sizeof(used[0]); i++)
		record__add_missing(r, used[i], WHY_GONE);
	if (!o->trigger.id.tgid)
		record__add_missing(r, FIELD_oom_trigger, WHY_TIER);
}

static void say_trigger(struct record *r)
{
	const struct et_peer *t = &r->oom->trigger;

	if (!t->id.tgid || r->oom->flags & ET_OOM_SYSRQ)
		return;
	cause__say_words(r, " (asked for by ");
	if (record__same_id(&t->id, &r->death->id))
		cause__say_words(r, "itself");
	else
		cause__say_peer(r, t);
	cause__say_words(r, ")");
}

/* Who asked for memory when there was none left is not to blame. */
static void say_oom_rest(const struct facts *f)
{
	struct record *r = f->r;

	note_oom(r);
	if (!f->sig)
		record__add_missing(r, FIELD_cause_sent_to_dead_ns, why_unseen(r));
	if (!r->oom)
		return;
	say_trigger(r);
	if (r->oom->flags & ET_OOM_GROUP)
		cause__say_words(r, ", killed with its whole cgroup (memory.oom.group)");
	if (r->oom->flags & ET_OOM_SHARED)
		cause__say_words(r, ", shared memory with the victim");
}

static void conclude_oom_memcg(const struct facts *f)
{
	struct record *r = f->r;

	cause__say_words(r, "out of memory: ");
	if (r->oom->flags & ET_OOM_LIMIT && r->oom_cgroup.len) {
		cause__say_words(r, "cgroup ");
		cause__say_path(r, r->oom_cgroup);
	} else {
		cause__say_words(r, "a cgroup");
	}
	cause__say_words(r, " at its limit");
	if (r->oom->flags & ET_OOM_LIMIT) {
		cause__say_words(r, " of ");
		cause__say_size(r, r->oom->limit_bytes);
	}
	if (r->oom->flags & ET_OOM_SWAP)
		cause__say_words(r, " of memory and swap");
	say_oom_rest(f);
}

static void conclude_oom_global(const struct facts *f)
{
	if (f->r->oom->flags & ET_OOM_SYSRQ)
		cause__say_words(f->r, "out of memory killer, called by hand (sysrq f)");
	else
		cause__say_words(f->r, "out of memory: the machine had none left");
	say_oom_rest(f);
}

static void conclude_oom(const struct facts *f)
{
	cause__say_words(f->r, "SIGKILL by the OOM killer");
	say_oom_rest(f);
}

static void conclude_seccomp(const struct facts *f)
{
	const struct et_death *d = f->r->death;
	struct record *r = f->r;

	if (f->sig && f->sig->flags & ET_SIG_SYSCALL && f->sig == &r->signals->fatal)
		note_syscall(r, r->signals->killer.syscall, r->signals->killer.arch);
	else if (d->seen & ET_SEEN_REFUSED)
		note_syscall(r, d->refused, d->refused_arch);
	else
		note_no_syscall(r);
	cause__say(r, "%s: ", r->cause.signal_name);
	if (r->cause.syscall_known)
		say_syscall(r);
	else
		cause__say_words(r, "a system call");
	cause__say(r, r->cause.syscall_known ? ", which seccomp forbids" : " that seccomp forbids");
}

static void conclude_ptrace_silent(const struct facts *f)
{
	struct record *r = f->r;

	name_sender(f, &r->death->tracer);
	take_hint(f);
	record__add_missing(r, FIELD_cause_sent_to_dead_ns, WHY_TIER);
	cause__say_words(r, "SIGKILL from its tracer ");
	cause__say_peer(r, r->cause.by);
}

/* ---- what a rule says: the kernel's own signals ---- */

static void conclude_exec(const struct facts *f)
{
	cause__say(f->r, "%s: exec failed after the old program was gone", f->r->cause.signal_name);
}

static void conclude_child_end(const struct facts *f)
{
	name_because_of(f->r, &f->sig->by);
	record__add_missing(f->r, FIELD_cause_by, WHY_UNSEEN);
	cause__say(f->r, "%s: its child ", f->r->cause.signal_name);
	cause__say_peer(f->r, &f->sig->by);
	cause__say_words(f->r, " ended, whose exit signal that is (clone)");
}

static void conclude_fault(const struct facts *f)
{
	const char *code = names__sicode(f->signo, f->sig->code);
	const bool held = f->sig->flags & ET_SIG_FAULT;

	if (code)
		cause__say(f->r, "%s: %s", f->r->cause.signal_name, code);
	else
		cause__say(f->r, "%s: code %d", f->r->cause.signal_name, f->sig->code);
	/* SI_KERNEL comes without an address (general protection, int3) */
	if (held && f->sig->code != CODE_KERNEL)
		cause__say(f->r, " at 0x%llx", (unsigned long long)f->sig->address);
	else if (held && f->sig->flags & ET_SIG_IP)
		cause__say(f->r, ", instruction at 0x%llx", (unsigned long long)f->sig->ip);
	if (!held && f->sig->code != CODE_KERNEL)
		record__add_missing(f->r, FIELD_cause_fault_address, WHY_UNSEEN);
	if (!held || !(f->sig->flags & ET_SIG_IP))
		record__add_missing(f->r, FIELD_cause_fault_ip, WHY_UNSEEN);
	if (!code)
		record__add_missing(f->r, FIELD_cause_fault_code_name, WHY_UNSEEN);
}

static void conclude_abort(const struct facts *f)
{
	cause__say_words(f->r, "abort()");
}

static void conclude_pipe(const struct facts *f)
{
	cause__say_words(f->r, "SIGPIPE: wrote to a pipe or socket nobody reads");
}

static void conclude_file_size(const struct facts *f)
{
	f->r->cause.limit = "RLIMIT_FSIZE";
	cause__say_words(f->r, "SIGXFSZ: file size limit (RLIMIT_FSIZE)");
}

/* With each SIGXCPU the kernel raises the soft limit by a second. */
static const char *limit_of_xcpu(const struct et_death *d)
{
	if (!(d->seen & ET_SEEN_LIMITS))
		return NULL;
	if (used_up(d, d->cpu_soft && d->cpu_soft != NO_LIMIT ? d->cpu_soft - 1 : d->cpu_soft))
		return "RLIMIT_CPU";
	if (d->rt_soft != NO_LIMIT)
		return "RLIMIT_RTTIME";
	return d->cpu_soft != NO_LIMIT ? "RLIMIT_CPU" : NULL;
}

static void conclude_cpu_time(const struct facts *f)
{
	struct record *r = f->r;
	const bool seen = r->death->seen & ET_SEEN_LIMITS;

	r->cause.limit = limit_of_xcpu(r->death);
	cause__say_words(r, "SIGXCPU: CPU time limit");
	if (r->cause.limit)
		cause__say(r, " (%s)", r->cause.limit);
	else
		record__add_missing(r, FIELD_cause_limit, seen ? WHY_UNSEEN : record__why_unseen(r, ET_OBS_EXIT));
}

static void conclude_cpu_hard(const struct facts *f)
{
	f->r->cause.limit = "RLIMIT_CPU";
	cause__say_words(f->r, "SIGKILL: hard CPU time limit (RLIMIT_CPU)");
}

static void conclude_rt_hard(const struct facts *f)
{
	f->r->cause.limit = "RLIMIT_RTTIME";
	cause__say_words(f->r, "SIGKILL: hard CPU time limit of a real-time process (RLIMIT_RTTIME)");
}

static void conclude_timer(const struct facts *f)
{
	cause__say(f->r, "%s: a timer ran out", f->r->cause.signal_name);
}

/* It asked to be told of the thread that created it, as the kernel does, and not of the process. */
static void conclude_parent_death(const struct facts *f)
{
	const struct et_peer *by = &f->sig->by;
	struct record *r = f->r;

	if (by->flags & ET_PEER_DYING) {
		name_because_of(r, by);
		cause__say(r, "%s: its parent ", r->cause.signal_name);
		cause__say_peer(r, by);
		cause__say_words(r, " exited (PR_SET_PDEATHSIG)");
		return;
	}
	cause__say(r, "%s: thread %u of ", r->cause.signal_name, by->tid);
	cause__say_peer(r, by);
	cause__say_words(r, ", which had created it, ended (PR_SET_PDEATHSIG)");
}

static void conclude_pidns(const struct facts *f)
{
	name_because_of(f->r, &f->sig->by);
	cause__say_words(f->r, "SIGKILL: ");
	cause__say_peer(f->r, &f->sig->by);
	cause__say_words(f->r, ", init of its pid namespace, exited");
}

static void conclude_hangup(const struct facts *f)
{
	name_because_of(f->r, &f->sig->by);
	cause__say_words(f->r, "SIGHUP: ");
	cause__say_peer(f->r, &f->sig->by);
	if (f->r->type == RECORD_DYING) /* which session it is in is not told */
		cause__say_words(f->r, " exited");
	else
		cause__say(f->r, f->sig->by.id.tgid == f->r->death->session ? ", leader of its session, exited" :
			   " exited and left its stopped group alone");
}

/* A terminal that was hung up is its terminal no more when it dies. */
static void take_terminal(const struct facts *f)
{
	struct record *r = f->r;

	if (r->tty[0])
		memcpy(r->cause.tty, r->tty, sizeof(r->tty));
	else if (f->sig == &r->signals->fatal)
		names__tty(r->signals->killer.tty, r->cause.tty);
	if (!r->cause.tty[0])
		record__add_missing(r, FIELD_cause_tty, record__why_without(r, ET_OBS_HANGUP, WHY_GONE));
}

static void conclude_tty(const struct facts *f)
{
	char tty[4 * RECORD_TTY + 1];
	struct record *r = f->r;

	take_terminal(f);
	cause__say(r, "%s: %s", r->cause.signal_name, f->signo == SIGHUP ? "hangup of terminal" : "key on terminal");
	if (!r->cause.tty[0])
		return;
	text__escape(tty, sizeof(tty), text__str(r->cause.tty));
	cause__say(r, " %s", tty);
}

static void conclude_descriptor(const struct facts *f)
{
	record__add_missing(f->r, FIELD_cause_by, WHY_UNSEEN);
	cause__say(f->r, "%s: a descriptor it watches became ready (O_ASYNC)", f->r->cause.signal_name);
}

static void conclude_kernel(const struct facts *f)
{
	record__add_missing(f->r, FIELD_cause_by, WHY_UNSEEN);
	cause__say(f->r, "%s from the kernel", f->r->cause.signal_name);
}

/* ---- what a rule says: signals of others ---- */

static void conclude_injected(const struct facts *f)
{
	const struct et_death *d = f->r->death;
	const struct et_peer *by = f->sig->by.id.tgid ? &f->sig->by : &d->tracer;
	struct record *r = f->r;

	cause__say(r, "%s from its tracer", r->cause.signal_name);
	if (!by->id.tgid) {
		record__add_missing(r, FIELD_cause_by, WHY_GONE);
		return;
	}
	name_sender(f, by);
	take_hint(f);
	cause__say_words(r, " ");
	cause__say_peer(r, by);
	cause__say_words(r, ", which let it go on with that");
}

static void conclude_tracer_death(const struct facts *f)
{
	const struct et_peer *by = &f->sig->by;
	struct record *r = f->r;

	name_sender(f, by);
	take_hint(f);
	if (by->flags & ET_PEER_DYING) {
		name_because_of(r, by);
		cause__say_words(r, "SIGKILL: its tracer ");
		cause__say_peer(r, by);
		cause__say_words(r, " exited (PTRACE_O_EXITKILL)");
		return;
	}
	cause__say(r, "SIGKILL: thread %u of ", by->tid);
	cause__say_peer(r, by);
	cause__say_words(r, ", which traced it, ended (PTRACE_O_EXITKILL)");
}

static void conclude_ptrace_kill(const struct facts *f)
{
	name_sender(f, &f->sig->by);
	take_hint(f);
	cause__say_words(f->r, "SIGKILL from its tracer ");
	cause__say_peer(f->r, &f->sig->by);
	cause__say_words(f->r, " (PTRACE_KILL)");
}

/* The last thing a careful handler does is to restore the default and raise the same signal again. */
static void conclude_raised(const struct facts *f)
{
	struct record *r = f->r;
	const struct stop *first = timeline__last(r, "handled", f->signo);

	r->cause.self = true;
	name_sender(f, &f->sig->by);
	if (first && !(first->sig->flags & ET_SIG_SELF) && first->sig->time_ns < f->sig->time_ns) {
		r->cause.hint_reraised = true;
		cause__say(r, "%s raised again by itself", r->cause.signal_name);
		say_after_stop(r, first, f->sig->time_ns - first->sig->time_ns);
		return;
	}
	cause__say(r, "%s raised by itself", r->cause.signal_name);
}

/* kill(1) is a process of its own each time: then the same program of the same parent is the same sender. */
static bool same_sender(const struct et_signal *a, const struct et_signal *b)
{
	if (record__same_id(&a->by.id, &b->by.id))
		return true;
	return a->by_parent.id.tgid && record__same_id(&a->by_parent.id, &b->by_parent.id) &&
	       !memcmp(a->by.comm, b->by.comm, sizeof(a->by.comm));
}

static bool had_asked_before(const struct facts *f)
{
	const struct cause *c = &f->r->cause;
	unsigned int i;

	for (i = 0; f->signo == SIGKILL && i < c->nr_stops; i++) {
		const struct stop *s = &c->stops[i];

		if (s->by_known && s->sig->time_ns < f->sig->time_ns && same_sender(s->sig, f->sig))
			return true;
	}
	return false;
}

static void say_cgroup_kill(const struct facts *f)
{
	struct record *r = f->r;

	cause__say_words(r, ", written to cgroup.kill");
	if (f->sig != &r->signals->fatal || !r->signals->killer.cgroup_killed) {
		record__add_missing(r, FIELD_cause_cgroup, record__why_without(r, ET_OBS_CGROUP_KILL, WHY_FULL));
	} else if (!r->killed_cgroup.len) {
		record__add_missing(r, FIELD_cause_cgroup_path, WHY_LOST);
	} else {
		cause__say_words(r, " of ");
		cause__say_path(r, r->killed_cgroup);
	}
}

static void conclude_sent(const struct facts *f)
{
	const struct stop *s = timeline__last(f->r, NULL, 0);
	const bool cgroup = f->sig->flags & ET_SIG_CGROUP;
	struct record *r = f->r;
	const char *words;

	r->cause.self = is_self(f);
	r->cause.escalated = had_asked_before(f);
	name_sender(f, &f->sig->by);
	words = r->cause.self ? NULL : take_hint(f);
	cause__say_words(r, r->cause.signal_name);
	cause__say_words(r, " from ");
	cause__say_peer(r, &f->sig->by);
	if (cgroup)
		say_cgroup_kill(f);
	if (s && s->sig->time_ns < f->sig->time_ns)
		say_after_stop(r, s, f->sig->time_ns - s->sig->time_ns);
	else if (!cgroup)
		cause__say(r, " (uid %u)", f->sig->by.uid);
	if (!words)
		return;
	cause__say_words(r, ": ");
	cause__say_words(r, words);
}

/*
 * First match wins. From "seccomp" on, the killing signal was seen. Where a rule needs facts that were not
 * seen, the next one that is certain speaks.
 */
static const struct rule {
	const char *name;
	enum cause_class class;
	bool (*match)(const struct facts *f);
	void (*conclude)(const struct facts *f);
} rules[] = {
	{ "thread, seccomp", CAUSE_SECCOMP, match_thread_seccomp, conclude_thread_alone },
	{ "thread, killed alone", CAUSE_UNKNOWN, match_thread_alone, conclude_thread_alone },
	{ "thread, exec of another", CAUSE_EXIT, match_thread_exec, conclude_thread_exec },
	{ "thread, process killed", CAUSE_UNKNOWN, match_thread_killed, conclude_thread_killed },
	{ "thread, process exits", CAUSE_EXIT, match_thread_group, conclude_thread_group },
	{ "thread, seen late", CAUSE_EXIT, match_thread_late, conclude_thread_late },
	{ "thread exit", CAUSE_EXIT, match_thread, conclude_thread },

	{ "still exiting", CAUSE_UNKNOWN, match_exiting, conclude_exiting },
	{ "exit", CAUSE_EXIT, match_exit, conclude_exit },
	{ "no memory in a cgroup", CAUSE_OOM_MEMCG, match_oom_memcg, conclude_oom_memcg },
	{ "no memory at all", CAUSE_OOM_GLOBAL, match_oom_global, conclude_oom_global },
	{ "OOM killer", CAUSE_UNKNOWN, match_oom, conclude_oom },
	{ "seccomp, no signal", CAUSE_SECCOMP, match_seccomp_silent, conclude_seccomp },
	{ "tracer, no signal", CAUSE_PTRACE, match_ptrace_silent, conclude_ptrace_silent },
	{ "sender not seen", CAUSE_SIGNAL, match_unseen_sent, conclude_unseen },
	{ "signal not seen", CAUSE_UNKNOWN, match_unseen, conclude_unseen },

	{ "put in by its tracer", CAUSE_PTRACE, match_injected, conclude_injected },
	{ "seccomp", CAUSE_SECCOMP, match_seccomp, conclude_seccomp },
	{ "hard CPU time limit", CAUSE_RLIMIT, match_cpu_hard, conclude_cpu_hard },
	{ "hard real-time limit", CAUSE_RLIMIT, match_rt_hard, conclude_rt_hard },
	{ "failed exec", CAUSE_EXEC, match_exec, conclude_exec },
	{ "end of a child", CAUSE_UNKNOWN, match_child_end, conclude_child_end },
	{ "fault", CAUSE_FAULT, match_fault, conclude_fault },
	{ "abort", CAUSE_ABORT, match_abort, conclude_abort },
	{ "broken pipe", CAUSE_PIPE, match_pipe, conclude_pipe },
	{ "file size limit", CAUSE_RLIMIT, match_file_size, conclude_file_size },
	{ "CPU time limit", CAUSE_RLIMIT, match_cpu_time, conclude_cpu_time },
	{ "timer", CAUSE_TIMER, match_timer, conclude_timer },
	{ "end of its tracer", CAUSE_PTRACE, match_tracer_death, conclude_tracer_death },
	{ "parent death signal", CAUSE_PDEATHSIG, match_parent_death, conclude_parent_death },
	{ "PTRACE_KILL", CAUSE_PTRACE, match_ptrace_kill, conclude_ptrace_kill },
	{ "end of pid namespace", CAUSE_PIDNS, match_pidns, conclude_pidns },
	{ "hangup by exit", CAUSE_HANGUP, match_hangup, conclude_hangup },
	{ "terminal", CAUSE_TTY, match_tty, conclude_tty },
	{ "watched descriptor", CAUSE_UNKNOWN, match_descriptor, conclude_descriptor },
	{ "kernel", CAUSE_UNKNOWN, match_kernel, conclude_kernel },
	{ "raised", CAUSE_SIGNAL, match_raised, conclude_raised },
	{ "sent", CAUSE_SIGNAL, match_any, conclude_sent },
};

static void note_timeline(struct record *r)
{
	enum missing_why why = why_unseen(r);

	/* An earlier stop signal to a process older than us is told by observed_from. */
	if (!r->cause.nr_stops && (why == WHY_TIER || why == WHY_FULL || (r->death->flags & ET_D_SNAPSHOT)))
		record__add_missing(r, FIELD_cause_timeline, why);
}

void cause__conclude(struct record *r)
{
	struct facts f = { .r = r, .signo = r->death->status & 0x7f };
	const struct rule *rule = rules;

	memset(&r->cause, 0, offsetof(struct cause, stops));
	r->cause.text[0] = '\0';
	if (f.signo) {
		f.sig = timeline__find_killer(r, f.signo);
		names__signal(f.signo, r->cause.signal_name);
	}
	r->cause.signal = f.sig;
	timeline__build(r);
	note_timeline(r);
	while (!rule->match(&f))
		rule++;
	r->cause.class = rule->class;
	rule->conclude(&f);
	if (r->death->status & 0x80)
		cause__say_words(r, ", core dumped");
}
