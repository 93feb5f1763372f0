/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes numbers of the kernel and of our own lists, gives names, and back.
 * Does not know why anything died.
 */
#include "names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "array.h"

/* glibc keeps 32 and 33 for its threads, so programs count from 34. */
#define RT_MIN 34
#define RT_MAX 64
#define RT_UPPER 50 /* from here on people count down from SIGRTMAX, as `kill -l` does */

/* asm-generic numbering: x86, arm, arm64, riscv, s390, powerpc */
static const char *const signals[] = {
	[1] = "SIGHUP",	    [2] = "SIGINT",	[3] = "SIGQUIT",   [4] = "SIGILL",   [5] = "SIGTRAP",
	[6] = "SIGABRT",    [7] = "SIGBUS",	[8] = "SIGFPE",	   [9] = "SIGKILL",  [10] = "SIGUSR1",
	[11] = "SIGSEGV",   [12] = "SIGUSR2",	[13] = "SIGPIPE",  [14] = "SIGALRM", [15] = "SIGTERM",
	[16] = "SIGSTKFLT", [17] = "SIGCHLD",	[18] = "SIGCONT",  [19] = "SIGSTOP", [20] = "SIGTSTP",
	[21] = "SIGTTIN",   [22] = "SIGTTOU",	[23] = "SIGURG",   [24] = "SIGXCPU", [25] = "SIGXFSZ",
	[26] = "SIGVTALRM", [27] = "SIGPROF",	[28] = "SIGWINCH", [29] = "SIGIO",   [30] = "SIGPWR",
	[31] = "SIGSYS",    [32] = "SIG32",	[33] = "SIG33",
};

static const struct {
	const char *name;
	int signo;
} aliases[] = {
	{ "IOT", 6 }, { "CLD", 17 }, { "POLL", 29 }, { "UNUSED", 31 },
};

struct code_name {
	int signo; /* 0: any */
	int code;
	const char *name;
};

static const struct code_name codes[] = {
	{ 4, 1, "ILL_ILLOPC" },
	{ 4, 2, "ILL_ILLOPN" },
	{ 4, 3, "ILL_ILLADR" },
	{ 4, 4, "ILL_ILLTRP" },
	{ 4, 5, "ILL_PRVOPC" },
	{ 4, 6, "ILL_PRVREG" },
	{ 4, 7, "ILL_COPROC" },
	{ 4, 8, "ILL_BADSTK" },
	{ 4, 9, "ILL_BADIADDR" },
	{ 5, 1, "TRAP_BRKPT" },
	{ 5, 2, "TRAP_TRACE" },
	{ 5, 3, "TRAP_BRANCH" },
	{ 5, 4, "TRAP_HWBKPT" },
	{ 5, 5, "TRAP_UNK" },
	{ 5, 6, "TRAP_PERF" },
	{ 7, 1, "BUS_ADRALN" },
	{ 7, 2, "BUS_ADRERR" },
	{ 7, 3, "BUS_OBJERR" },
	{ 7, 4, "BUS_MCEERR_AR" },
	{ 7, 5, "BUS_MCEERR_AO" },
	{ 8, 1, "FPE_INTDIV" },
	{ 8, 2, "FPE_INTOVF" },
	{ 8, 3, "FPE_FLTDIV" },
	{ 8, 4, "FPE_FLTOVF" },
	{ 8, 5, "FPE_FLTUND" },
	{ 8, 6, "FPE_FLTRES" },
	{ 8, 7, "FPE_FLTINV" },
	{ 8, 8, "FPE_FLTSUB" },
	{ 8, 14, "FPE_FLTUNK" },
	{ 8, 15, "FPE_CONDTRAP" },
	{ 11, 1, "SEGV_MAPERR" },
	{ 11, 2, "SEGV_ACCERR" },
	{ 11, 3, "SEGV_BNDERR" },
	{ 11, 4, "SEGV_PKUERR" },
	{ 11, 5, "SEGV_ACCADI" },
	{ 11, 6, "SEGV_ADIDERR" },
	{ 11, 7, "SEGV_ADIPERR" },
	{ 11, 8, "SEGV_MTEAERR" },
	{ 11, 9, "SEGV_MTESERR" },
	{ 11, 10, "SEGV_CPERR" },
	{ 17, 1, "CLD_EXITED" },
	{ 17, 2, "CLD_KILLED" },
	{ 17, 3, "CLD_DUMPED" },
	{ 17, 4, "CLD_TRAPPED" },
	{ 17, 5, "CLD_STOPPED" },
	{ 17, 6, "CLD_CONTINUED" },
	{ 29, 1, "POLL_IN" },
	{ 29, 2, "POLL_OUT" },
	{ 29, 3, "POLL_MSG" },
	{ 29, 4, "POLL_ERR" },
	{ 29, 5, "POLL_PRI" },
	{ 29, 6, "POLL_HUP" },
	{ 31, 1, "SYS_SECCOMP" },
	{ 31, 2, "SYS_USER_DISPATCH" },
	{ 0, 0, "SI_USER" },
	{ 0, 0x80, "SI_KERNEL" },
	{ 0, -1, "SI_QUEUE" },
	{ 0, -2, "SI_TIMER" },
	{ 0, -3, "SI_MESGQ" },
	{ 0, -4, "SI_ASYNCIO" },
	{ 0, -5, "SI_SIGIO" },
	{ 0, -6, "SI_TKILL" },
	{ 0, -7, "SI_DETHREAD" },
	{ 0, -60, "SI_ASYNCNL" },
};

static const char *const classes[CAUSE_COUNT] = {
	[CAUSE_UNKNOWN] = "unknown",
	[CAUSE_EXIT] = "exit",
	[CAUSE_SIGNAL] = "signal",
	[CAUSE_FAULT] = "fault",
	[CAUSE_ABORT] = "abort",
	[CAUSE_OOM_MEMCG] = "oom_memcg",
	[CAUSE_OOM_GLOBAL] = "oom_global",
	[CAUSE_SECCOMP] = "seccomp",
	[CAUSE_RLIMIT] = "rlimit",
	[CAUSE_TIMER] = "timer",
	[CAUSE_PIPE] = "pipe",
	[CAUSE_TTY] = "tty",
	[CAUSE_HANGUP] = "hangup",
	[CAUSE_PDEATHSIG] = "pdeathsig",
	[CAUSE_PIDNS] = "pidns",
	[CAUSE_PTRACE] = "ptrace",
	[CAUSE_EXEC] = "exec",
};

static const char *const hows[] = {
	[REAP_UNKNOWN] = "unknown",	    [REAP_WAITED] = "waited", [REAP_AUTO] = "auto",
	[REAP_REPARENTED] = "reparented", [REAP_TRACED] = "traced", [REAP_UNREAPED] = "unreaped",
};

static const char *const runtimes[] = {
	[RUNTIME_NONE] = "none",   [RUNTIME_DOCKER] = "docker", [RUNTIME_CONTAINERD] = "containerd",
	[RUNTIME_CRIO] = "cri-o", [RUNTIME_PODMAN] = "podman", [RUNTIME_UNKNOWN] = "unknown",
};

static const char *const phases[PHASE_COUNT] = {
	[PHASE_DELIVERY] = "delivery", [PHASE_COREDUMP] = "coredump",	[PHASE_MM] = "mm",
	[PHASE_FILES] = "files",       [PHASE_DETACH] = "detach",	[PHASE_TASK_WORK] = "task_work",
	[PHASE_NOTIFY] = "notify",     [PHASE_OTHER] = "other",
};

static const char *const nows[ET_PHASE_COUNT] = {
	[ET_PHASE_DELIVERY] = "delivery",   [ET_PHASE_COREDUMP] = "coredump", [ET_PHASE_EXIT] = "exit",
	[ET_PHASE_MM] = "mm",		    [ET_PHASE_FILES] = "files",	      [ET_PHASE_DETACH] = "detach",
	[ET_PHASE_TASK_WORK] = "task_work", [ET_PHASE_NOTIFY] = "notify",
};

static const char *const core_reasons[] = {
	[CORE_NOT_DUMPABLE] = "not_dumpable", [CORE_PATTERN_EMPTY] = "pattern_empty",
	[CORE_LIMIT] = "limit",		      [CORE_OPEN_FAILED] = "open_failed",
	[CORE_HANDLER_FAILED] = "handler_failed", [CORE_INTERRUPTED] = "interrupted",
};

static const char *const core_targets[] = {
	[ET_CORE_FILE] = "file", [ET_CORE_PIPE] = "pipe", [ET_CORE_SOCKET] = "socket",
};

static const char *const whys[] = {
	[WHY_TIER] = "not shown in this tier",
	[WHY_BEFORE] = "before tracing began",
	[WHY_LOST] = "message lost",
	[WHY_FULL] = "no room to note it",
	[WHY_GONE] = "gone before it was read",
	[WHY_ENDED] = "tracing ended first",
	[WHY_SKIPPED] = "probe skipped by the kernel",
	[WHY_STATIC] = "a static program",
	[WHY_LIBC] = "its C library is not known",
	[WHY_PAGED] = "its memory could not be read",
	[WHY_COMPAT] = "a 32-bit program",
	[WHY_FAILED] = "a write failed, of how much is not known",
	[WHY_UNSEEN] = "nothing seen explains it",
};

static const char *const observations[ET_OBS_COUNT] = {
	[ET_OBS_EXIT] = "exit",	    [ET_OBS_EXE] = "exe",	[ET_OBS_LAST] = "last",
	[ET_OBS_NOTIFY] = "notify", [ET_OBS_REAP] = "reap",	[ET_OBS_SIGNAL] = "signal",
	[ET_OBS_TREE] = "tree",	    [ET_OBS_SNAPSHOT] = "snapshot", [ET_OBS_BEGIN] = "begin",
	[ET_OBS_MM] = "mm",	    [ET_OBS_FILES] = "files",	[ET_OBS_WORK] = "work",
	[ET_OBS_COREDUMP] = "coredump", [ET_OBS_CHILDREN] = "children", [ET_OBS_OOM] = "oom",
	[ET_OBS_SECCOMP] = "seccomp", [ET_OBS_CGROUP_KILL] = "cgroup_kill", [ET_OBS_HANGUP] = "hangup",
	[ET_OBS_STDIO] = "stdio",
	[ET_OBS_STACK] = "stack",	    [ET_OBS_LEAVE] = "leave",
};

static const char *const doors[] = {
	[ET_DOOR_NONE] = "none",	     [ET_DOOR_FENTRY] = "fentry", [ET_DOOR_KPROBE] = "kprobe",
	[ET_DOOR_TRACEPOINT] = "tracepoint", [ET_DOOR_ITER] = "iterator", [ET_DOOR_OFF] = "off",
	[ET_DOOR_UPROBE] = "uprobe",
};

/* A replayed stream may hold numbers of a newer exittrace. */
static const char *lookup(const char *const *names, size_t n, unsigned int i)
{
	return i < n && names[i] ? names[i] : "unknown";
}

const char *names__signal(int signo, char dst[16])
{
	if (signo > 0 && signo < RT_MIN)
		snprintf(dst, 16, "%s", signals[signo]);
	else if (signo == RT_MIN)
		snprintf(dst, 16, "SIGRTMIN");
	else if (signo == RT_MAX)
		snprintf(dst, 16, "SIGRTMAX");
	else if (signo > RT_MIN && signo < RT_UPPER)
		snprintf(dst, 16, "SIGRTMIN+%d", signo - RT_MIN);
	else if (signo >= RT_UPPER && signo < RT_MAX)
		snprintf(dst, 16, "SIGRTMAX-%d", RT_MAX - signo);
	else
		snprintf(dst, 16, "signal %d", signo % 1000);
	return dst;
}

/* Decimal digits and nothing else, 0..max. */
static int small_number(const char *s, int max)
{
	int v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		v = v * 10 + (*s - '0');
		if (v > max)
			return -EINVAL;
	}
	return v;
}

/* What follows "RTMIN" or "RTMAX": nothing, or a distance with this sign. */
static int realtime_number(const char *rest, int base, char sign)
{
	int distance;

	if (!*rest)
		return base;
	if (*rest != sign)
		return -EINVAL;
	distance = small_number(rest + 1, RT_MAX - RT_MIN);
	if (distance < 0)
		return -EINVAL;
	return sign == '+' ? base + distance : base - distance;
}

static int named_number(const char *name)
{
	size_t i;

	for (i = 1; i < ARRAY_SIZE(signals); i++) {
		if (!strcasecmp(name, signals[i] + 3))
			return (int)i;
	}
	for (i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (!strcasecmp(name, aliases[i].name))
			return aliases[i].signo;
	}
	return -EINVAL;
}

int names__signal_number(const char *name)
{
	int n = small_number(name, RT_MAX);

	if (n >= 0)
		return n ? n : -EINVAL;
	if (!strncasecmp(name, "SIG", 3))
		name += 3;
	if (!strncasecmp(name, "RTMIN", 5))
		return realtime_number(name + 5, RT_MIN, '+');
	if (!strncasecmp(name, "RTMAX", 5))
		return realtime_number(name + 5, RT_MAX, '-');
	return named_number(name);
}

const char *names__sicode(int signo, int code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		if (codes[i].code == code && (!codes[i].signo || codes[i].signo == signo))
			return codes[i].name;
	}
	return NULL;
}

const char *names__class(enum cause_class c)
{
	return lookup(classes, ARRAY_SIZE(classes), c);
}

int names__class_number(const char *name)
{
	int i;

	for (i = 0; i < CAUSE_COUNT; i++) {
		if (!strcmp(name, classes[i]))
			return i;
	}
	return -EINVAL;
}

const char *names__leave(enum leave_how how)
{
	static const char *const leaves[LEAVE_COUNT] = {
		[LEAVE_UNKNOWN] = "unknown", [LEAVE_EXIT] = "exit",	      [LEAVE_RETURN] = "return",
		[LEAVE__EXIT] = "_exit",     [LEAVE_QUICK_EXIT] = "quick_exit", [LEAVE_ABORT] = "abort",
		[LEAVE_SYSCALL] = "syscall", [LEAVE_SIGNAL] = "signal",	      [LEAVE_THREAD] = "thread",
	};

	return lookup(leaves, ARRAY_SIZE(leaves), how);
}

const char *names__how(enum reap_how how)
{
	return lookup(hows, ARRAY_SIZE(hows), how);
}

const char *names__runtime(enum container_runtime r)
{
	return lookup(runtimes, ARRAY_SIZE(runtimes), r);
}

const char *names__phase(enum phase p)
{
	return lookup(phases, ARRAY_SIZE(phases), p);
}

const char *names__now(enum et_phase p)
{
	return lookup(nows, ARRAY_SIZE(nows), p);
}

const char *names__core_reason(enum core_reason r)
{
	return lookup(core_reasons, ARRAY_SIZE(core_reasons), r);
}

const char *names__core_target(enum et_core_target t)
{
	return lookup(core_targets, ARRAY_SIZE(core_targets), t);
}

const char *names__role(const struct et_peer *p)
{
	if (p->id.tgid == 1)
		return "init";
	if (p->flags & ET_PEER_NS_INIT)
		return "pid_namespace_init";
	return p->flags & ET_PEER_SUBREAPER ? "subreaper" : NULL;
}

const char *names__tty(const char tty[ET_TTY_LEN], char dst[RECORD_TTY])
{
	struct text name = text__array(tty, ET_TTY_LEN);
	const bool pts = name.len > 3 && !memcmp(name.bytes, "pts", 3) && isdigit((unsigned char)name.bytes[3]);
	const size_t head = pts ? 3 : name.len;

	memset(dst, 0, RECORD_TTY);
	memcpy(dst, name.bytes, head);
	if (!pts)
		return dst;
	dst[head] = '/';
	memcpy(dst + head + 1, name.bytes + head, name.len - head);
	return dst;
}

const char *names__ended_by(const struct et_thread *t)
{
	if (t->flags & ET_THREAD_EXEC)
		return "exec";
	if (t->flags & ET_THREAD_GROUP)
		return "group_exit";
	return t->flags & ET_THREAD_ALONE || t->status & 0x7f ? "killed" : "exit";
}

const char *names__errno(int error, char dst[RECORD_ERRNO_NAME])
{
	const char *name = NULL;

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
	name = strerrorname_np(error);
#endif
	/* a file system may answer with anything up to 4095 */
	if (name)
		snprintf(dst, RECORD_ERRNO_NAME, "%s", name);
	else
		snprintf(dst, RECORD_ERRNO_NAME, "errno %d", error);
	return dst;
}

const char *names__why(enum missing_why w)
{
	return lookup(whys, ARRAY_SIZE(whys), w);
}

const char *names__observation(enum et_observation o)
{
	return lookup(observations, ARRAY_SIZE(observations), o);
}

const char *names__door(enum et_door d)
{
	return lookup(doors, ARRAY_SIZE(doors), d);
}
