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
	/* what the others do not need */
	const char *missing; /* of the keys in `watched`; NULL: none of them */
	const char *limit;
	bool because;	     /* of the death of `by` */
	bool unseen;	     /* there was no signal */
	uint32_t seen;	     /* besides the usual */
	uint32_t seccomp;
	int nr;		     /* of a system call */
	uint32_t arch;
	uint64_t used_ms;    /* of a processor */
	uint64_t cpu_soft, cpu_hard, rt_soft, rt_hard; /* 0: none */
	uint32_t death_flags;
	uint32_t oom;	     /* a message of the OOM killer came, with these flags */
};

#define KERNEL 0x80
#define FAULT (ET_SIG_SELF | ET_SIG_FAULT)
#define GONE (ET_PEER_EXITING | ET_PEER_DYING)
#define LIMITS ET_SEEN_LIMITS
#define X86_64 0xc000003e
#define I386 0x40000003
#define ANY_OOM (1u << 31) /* a message without a flag */

static const char *const watched[] = { "cause.by", "cause.sent_to_dead_ns", "cause.limit", "cause.syscall",
				       "cause.syscall.name", "cause.cgroup", "cause.tty", "oom", "oom.cgroup",
	"thread.ended_by", "thread.left",
};

static const struct way ways[] = {
	/* somebody sent it */
	{ 15, ET_INFO_REAL, 0, 0, 1, 0, CAUSE_SIGNAL, KILLER, .text = "SIGTERM from killer[1] (uid 0)" },
	{ 9, ET_INFO_REAL, 0, 0, 77, ET_PEER_EXITING, CAUSE_SIGNAL, KILLER, .text = "SIGKILL from killer[77] (uid 0)" },
	{ 12, ET_INFO_REAL, -6, ET_SIG_BY_CALL, 77, 0, CAUSE_SIGNAL, KILLER,
	  .text = "SIGUSR2 from killer[77] (uid 0)" },
	{ 37, ET_INFO_REAL, -1, ET_SIG_BY_CALL, 77, 0, CAUSE_SIGNAL, KILLER,
	  .text = "SIGRTMIN+3 from killer[77] (uid 0)" },
	{ 9, ET_INFO_NONE, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGKILL from killer[77] (uid 0)" },
	{ 15, ET_INFO_REAL, -60, 0, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGTERM from killer[77] (uid 0)" },
	{ 31, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGSYS from killer[77] (uid 0)",
	  .seccomp = ET_SECCOMP_FILTER },

	/* the processor objected */
	{ 11, ET_INFO_REAL, 1, FAULT, SELF, 0, CAUSE_FAULT, NOBODY, .text = "SIGSEGV: SEGV_MAPERR at 0x10" },
	{ 11 | CORE, ET_INFO_REAL, 2, FAULT, SELF, 0, CAUSE_FAULT, NOBODY,
	  .text = "SIGSEGV: SEGV_ACCERR at 0x10, core dumped" },
	{ 7, ET_INFO_REAL, 2, FAULT, SELF, 0, CAUSE_FAULT, NOBODY, .text = "SIGBUS: BUS_ADRERR at 0x10" },
	{ 7, ET_INFO_REAL, 5, 0, 77, 0, CAUSE_FAULT, NOBODY, .text = "SIGBUS: BUS_MCEERR_AO" },
	{ 8, ET_INFO_REAL, 1, FAULT, SELF, 0, CAUSE_FAULT, NOBODY, .text = "SIGFPE: FPE_INTDIV at 0x10" },
	{ 4, ET_INFO_REAL, 2, FAULT, SELF, 0, CAUSE_FAULT, NOBODY, .text = "SIGILL: ILL_ILLOPN at 0x10" },
	{ 5, ET_INFO_REAL, KERNEL, FAULT, SELF, 0, CAUSE_FAULT, NOBODY,
	  .text = "SIGTRAP: SI_KERNEL, instruction at 0x401000" },
	{ 11, ET_INFO_REAL, 99, ET_SIG_SELF, SELF, 0, CAUSE_FAULT, NOBODY, .text = "SIGSEGV: code 99" },
	{ 11, ET_INFO_REAL, KERNEL, 0, 77, 0, CAUSE_UNKNOWN, NOBODY, .text = "SIGSEGV from the kernel",
	  .missing = "cause.by " },

	/* it says so itself */
	{ 11, ET_INFO_REAL, 1, ET_SIG_SELF | ET_SIG_BY_CALL, SELF, 0, CAUSE_SIGNAL, ITSELF,
	  .text = "SIGSEGV raised by itself" },
	{ 31, ET_INFO_REAL, 1, ET_SIG_SELF | ET_SIG_BY_CALL, SELF, 0, CAUSE_SIGNAL, ITSELF,
	  .text = "SIGSYS raised by itself" },
	{ 14, ET_INFO_REAL, KERNEL, ET_SIG_SELF | ET_SIG_BY_CALL, SELF, 0, CAUSE_SIGNAL, ITSELF,
	  .text = "SIGALRM raised by itself" },
	{ 10, ET_INFO_REAL, 3, ET_SIG_SELF | ET_SIG_BY_CALL, SELF, 0, CAUSE_SIGNAL, ITSELF,
	  .text = "SIGUSR1 raised by itself" },

	/* a message queue, and one that says it is one */
	{ 10, ET_INFO_REAL, -3, 0, 77, 0, CAUSE_UNKNOWN, NOBODY, .text = "SIGUSR1 from the kernel",
	  .missing = "cause.by " },
	{ 10, ET_INFO_REAL, -3, ET_SIG_BY_CALL, 77, 0, CAUSE_SIGNAL, KILLER,
	  .text = "SIGUSR1 from killer[77] (uid 0)" },

	/* what looks like it */
	{ 6, ET_INFO_REAL, -6, ET_SIG_SELF | ET_SIG_BY_CALL, SELF, 0, CAUSE_ABORT, NOBODY, .text = "abort()" },
	{ 6, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGABRT from killer[77] (uid 0)" },
	{ 11, ET_INFO_REAL, -6, ET_SIG_SELF, SELF, 0, CAUSE_SIGNAL, ITSELF, .text = "SIGSEGV raised by itself" },
	{ 11, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGSEGV from killer[77] (uid 0)" },

	/* pipes and limits */
	{ 13, ET_INFO_NONE, 0, ET_SIG_SELF, SELF, 0, CAUSE_PIPE, NOBODY,
	  .text = "SIGPIPE: wrote to a pipe or socket nobody reads" },
	{ 13, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGPIPE from killer[77] (uid 0)" },
	{ 25, ET_INFO_NONE, 0, ET_SIG_SELF, SELF, 0, CAUSE_RLIMIT, NOBODY,
	  .text = "SIGXFSZ: file size limit (RLIMIT_FSIZE)", .limit = "RLIMIT_FSIZE" },
	{ 25, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGXFSZ from killer[77] (uid 0)" },
	{ 24, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_RLIMIT, NOBODY,
	  .text = "SIGXCPU: CPU time limit (RLIMIT_CPU)",
	  .limit = "RLIMIT_CPU", .seen = LIMITS, .used_ms = 1001, .cpu_soft = 2, .rt_soft = 1000 },
	{ 24, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_RLIMIT, NOBODY,
	  .text = "SIGXCPU: CPU time limit (RLIMIT_RTTIME)",
	  .limit = "RLIMIT_RTTIME", .seen = LIMITS, .used_ms = 900, .cpu_soft = 2, .rt_soft = 1000 },
	{ 24, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_RLIMIT, NOBODY,
	  .text = "SIGXCPU: CPU time limit (RLIMIT_RTTIME)",
	  .limit = "RLIMIT_RTTIME", .seen = LIMITS, .used_ms = 9000, .rt_soft = 1000 },
	{ 24, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_RLIMIT, NOBODY,
	  .text = "SIGXCPU: CPU time limit (RLIMIT_CPU)",
	  .limit = "RLIMIT_CPU", .seen = LIMITS, .used_ms = 100, .cpu_soft = 2 },
	{ 24, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_RLIMIT, NOBODY, .text = "SIGXCPU: CPU time limit",
	  .missing = "cause.limit ", .seen = LIMITS, .used_ms = 9000 },
	{ 24, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_RLIMIT, NOBODY, .text = "SIGXCPU: CPU time limit",
	  .missing = "cause.limit ", .used_ms = 9000 },
	{ 24, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER,
	  .text = "SIGXCPU from killer[77] (uid 0)", .seen = LIMITS,
	  .used_ms = 9000, .cpu_soft = 1 },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_RLIMIT, NOBODY,
	  .text = "SIGKILL: hard CPU time limit (RLIMIT_CPU)",
	  .limit = "RLIMIT_CPU", .seen = LIMITS, .used_ms = 1980, .cpu_soft = 2, .cpu_hard = 2 },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_SELF | ET_SIG_EXEC, SELF, 0, CAUSE_RLIMIT, NOBODY,
	  .text = "SIGKILL: hard CPU time limit (RLIMIT_CPU)", .limit = "RLIMIT_CPU", .seen = LIMITS, .used_ms = 2000,
	  .cpu_hard = 2 },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_RLIMIT, NOBODY,
	  .text = "SIGKILL: hard CPU time limit of a real-time process (RLIMIT_RTTIME)", .limit = "RLIMIT_RTTIME",
	  .seen = LIMITS, .used_ms = 1500, .cpu_hard = 2, .rt_hard = 5000 },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_UNKNOWN, NOBODY, .text = "SIGKILL from the kernel",
	  .missing = "cause.by ", .seen = LIMITS, .used_ms = 1900, .cpu_hard = 2 },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_UNKNOWN, NOBODY, .text = "SIGKILL from the kernel",
	  .missing = "cause.by ", .used_ms = 9000, .cpu_hard = 2 },
	{ 9, ET_INFO_PRIV, 0, 0, 77, 0, CAUSE_UNKNOWN, NOBODY,
	  .text = "SIGKILL from the kernel", .missing = "cause.by ",
	  .seen = LIMITS, .used_ms = 9000, .cpu_hard = 2, .rt_hard = 5000 },

	/* timers; what was made up to look like one has a sender */
	{ 14, ET_INFO_PRIV, 0, 0, 77, 0, CAUSE_TIMER, NOBODY, .text = "SIGALRM: a timer ran out" },
	{ 26, ET_INFO_PRIV, 0, ET_SIG_SELF, SELF, 0, CAUSE_TIMER, NOBODY, .text = "SIGVTALRM: a timer ran out" },
	{ 27, ET_INFO_PRIV, 0, 0, 77, 0, CAUSE_TIMER, NOBODY, .text = "SIGPROF: a timer ran out" },
	{ 10, ET_INFO_REAL, -2, 0, 77, 0, CAUSE_TIMER, NOBODY, .text = "SIGUSR1: a timer ran out" },
	{ 9, ET_INFO_REAL, -2, ET_SIG_SELF, SELF, 0, CAUSE_TIMER, NOBODY, .text = "SIGKILL: a timer ran out" },
	{ 14, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGALRM from killer[77] (uid 0)" },
	{ 10, ET_INFO_REAL, -2, ET_SIG_BY_CALL, 77, 0, CAUSE_SIGNAL, KILLER,
	  .text = "SIGUSR1 from killer[77] (uid 0)" },
	{ 10, ET_INFO_REAL, -2, ET_SIG_BY_CALL | ET_SIG_SELF, SELF, 0, CAUSE_SIGNAL, ITSELF,
	  .text = "SIGUSR1 raised by itself" },
	{ 10, ET_INFO_REAL, -3, ET_SIG_BY_CALL, 77, 0, CAUSE_SIGNAL, KILLER,
	  .text = "SIGUSR1 from killer[77] (uid 0)" },
	{ 10, ET_INFO_REAL, -4, ET_SIG_BY_CALL, 77, 0, CAUSE_SIGNAL, KILLER,
	  .text = "SIGUSR1 from killer[77] (uid 0)" },
	{ 10, ET_INFO_REAL, -4, 0, 77, 0, CAUSE_UNKNOWN, NOBODY,
	  .text = "SIGUSR1 from the kernel", .missing = "cause.by " },
	{ 10, ET_INFO_REAL, -5, ET_SIG_BY_CALL, 77, 0, CAUSE_SIGNAL, KILLER,
	  .text = "SIGUSR1 from killer[77] (uid 0)" },
	{ 8, ET_INFO_REAL, -5, ET_SIG_BY_CALL, 77, 0, CAUSE_UNKNOWN, NOBODY,
	  .text = "SIGFPE: a descriptor it watches became ready (O_ASYNC)", .missing = "cause.by " },
	{ 29, ET_INFO_REAL, 1, 0, 77, 0, CAUSE_UNKNOWN, NOBODY,
	  .text = "SIGIO: a descriptor it watches became ready (O_ASYNC)", .missing = "cause.by " },
	{ 29, ET_INFO_PRIV, 0, 0, 77, 0, CAUSE_UNKNOWN, NOBODY,
	  .text = "SIGIO: a descriptor it watches became ready (O_ASYNC)", .missing = "cause.by " },
	{ 40, ET_INFO_REAL, 6, ET_SIG_SELF, SELF, 0, CAUSE_UNKNOWN, NOBODY,
	  .text = "SIGRTMIN+6: a descriptor it watches became ready (O_ASYNC)", .missing = "cause.by " },
	{ 29, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGIO from killer[77] (uid 0)" },

	/* somebody else's death */
	{ 15, ET_INFO_NONE, 0, 0, 77, GONE, CAUSE_PDEATHSIG, NOBODY,
	  .text = "SIGTERM: its parent killer[77] exited (PR_SET_PDEATHSIG)", .because = true },
	{ 9, ET_INFO_NONE, 0, 0, 77, ET_PEER_EXITING, CAUSE_PDEATHSIG, NOBODY,
	  .text = "SIGKILL: thread 77 of killer[77], which had created it, ended (PR_SET_PDEATHSIG)" },
	{ 9, ET_INFO_PRIV, 0, 0, 77, GONE | ET_PEER_NS_INIT, CAUSE_PIDNS, NOBODY,
	  .text = "SIGKILL: killer[77], init of its pid namespace, exited", .because = true },
	{ 9, ET_INFO_PRIV, 0, 0, 77, ET_PEER_NS_INIT, CAUSE_UNKNOWN, NOBODY, .text = "SIGKILL from the kernel",
	  .missing = "cause.by " },
	{ 1, ET_INFO_PRIV, 0, 0, 412, GONE, CAUSE_HANGUP, NOBODY,
	  .text = "SIGHUP: killer[412], leader of its session, exited", .because = true },
	{ 1, ET_INFO_PRIV, 0, 0, 77, ET_PEER_EXITING, CAUSE_HANGUP, NOBODY,
	  .text = "SIGHUP: killer[77] exited and left its stopped group alone", .because = true },
	{ 1, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGHUP from killer[77] (uid 0)" },

	/* tracers */
	{ 9, ET_INFO_PRIV, 0, ET_SIG_TRACER | ET_SIG_EXITKILL, 77, GONE, CAUSE_PTRACE, KILLER,
	  .text = "SIGKILL: its tracer killer[77] exited (PTRACE_O_EXITKILL)", .because = true },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_TRACER | ET_SIG_EXITKILL, 77, ET_PEER_EXITING, CAUSE_PTRACE, KILLER,
	  .text = "SIGKILL: thread 77 of killer[77], which traced it, ended (PTRACE_O_EXITKILL)" },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_TRACER | ET_SIG_EXITKILL, 77, GONE | ET_PEER_NS_INIT, CAUSE_PTRACE, KILLER,
	  .text = "SIGKILL: its tracer killer[77] exited (PTRACE_O_EXITKILL)", .because = true },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_EXITKILL, 77, 0, CAUSE_UNKNOWN, NOBODY, .text = "SIGKILL from the kernel",
	  .missing = "cause.by " },
	{ 9, ET_INFO_NONE, 0, ET_SIG_TRACER, 77, 0, CAUSE_PTRACE, KILLER,
	  .text = "SIGKILL from its tracer killer[77] (PTRACE_KILL)" },
	{ 9, ET_INFO_REAL, 0, ET_SIG_TRACER, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGKILL from killer[77] (uid 0)" },
	{ 15, ET_INFO_REAL, 0, ET_SIG_INJECTED | ET_SIG_TRACER, 77, 0, CAUSE_PTRACE, KILLER,
	  .text = "SIGTERM from its tracer killer[77], which let it go on with that" },
	{ 11, ET_INFO_PRIV, 0, ET_SIG_INJECTED | ET_SIG_SELF, 77, 0, CAUSE_PTRACE, KILLER,
	  .text = "SIGSEGV from its tracer killer[77], which let it go on with that" },
	{ .status = 9, .unseen = true, .death_flags = ET_D_TRACED, .class = CAUSE_PTRACE, .who = KILLER, .by = 900,
	  .text = "SIGKILL from its tracer tracer[900]", .missing = "cause.sent_to_dead_ns " },

	/* cgroup.kill */
	{ 9, ET_INFO_NONE, 0, ET_SIG_CGROUP, 77, 0, CAUSE_SIGNAL, KILLER,
	  .text = "SIGKILL from killer[77], written to cgroup.kill", .missing = "cause.cgroup " },
	{ 9, ET_INFO_NONE, 0, ET_SIG_CGROUP | ET_SIG_TRACER, 77, 0, CAUSE_SIGNAL, KILLER,
	  .text = "SIGKILL from killer[77], written to cgroup.kill", .missing = "cause.cgroup " },
	{ 9, ET_INFO_NONE, 0, ET_SIG_CGROUP | ET_SIG_SELF, SELF, 0, CAUSE_SIGNAL, ITSELF,
	  .text = "SIGKILL from killer[4242], written to cgroup.kill", .missing = "cause.cgroup " },

	/* exec() past the point of no return */
	{ 11, ET_INFO_REAL, KERNEL, ET_SIG_SELF | ET_SIG_EXEC, SELF, 0, CAUSE_EXEC, NOBODY,
	  .text = "SIGSEGV: exec failed after the old program was gone" },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_SELF | ET_SIG_EXEC, SELF, 0, CAUSE_EXEC, NOBODY,
	  .text = "SIGKILL: exec failed after the old program was gone" },
	{ 9, ET_INFO_NONE, 0, ET_SIG_SELF | ET_SIG_EXEC, SELF, 0, CAUSE_EXEC, NOBODY,
	  .text = "SIGKILL: exec failed after the old program was gone" },
	{ 11, ET_INFO_REAL, 1, FAULT | ET_SIG_EXEC, SELF, 0, CAUSE_FAULT, NOBODY,
	  .text = "SIGSEGV: SEGV_MAPERR at 0x10" },

	/* terminals */
	{ 2, ET_INFO_PRIV, 0, 0, 77, 0, CAUSE_TTY, NOBODY, .text = "SIGINT: key on terminal pts/3" },
	{ 3, ET_INFO_PRIV, 0, 0, 77, 0, CAUSE_TTY, NOBODY, .text = "SIGQUIT: key on terminal pts/3" },
	{ 1, ET_INFO_PRIV, 0, 0, 77, 0, CAUSE_TTY, NOBODY, .text = "SIGHUP: hangup of terminal pts/3" },
	{ 2, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGINT from killer[77] (uid 0)" },

	/* seccomp, with a signal and without */
	{ 31, ET_INFO_REAL, 1, ET_SIG_SELF | ET_SIG_SYSCALL, SELF, 0, CAUSE_SECCOMP, NOBODY,
	  .text = "SIGSYS: ptrace, which seccomp forbids", .nr = 101, .arch = X86_64 },
	{ 31, ET_INFO_REAL, 1, ET_SIG_SELF | ET_SIG_SYSCALL, SELF, 0, CAUSE_SECCOMP, NOBODY,
	  .text = "SIGSYS: ptrace, which seccomp forbids", .nr = 26, .arch = I386 },
	{ 31, ET_INFO_REAL, 1, ET_SIG_SELF | ET_SIG_SYSCALL, SELF, 0, CAUSE_SECCOMP, NOBODY,
	  .text = "SIGSYS: system call 7777, which seccomp forbids", .nr = 7777, .arch = X86_64,
	  .missing = "cause.syscall.name " },
	{ 31, ET_INFO_REAL, 1, ET_SIG_SELF, SELF, 0, CAUSE_SECCOMP, NOBODY,
	  .text = "SIGSYS: ptrace, which seccomp forbids",
	  .seen = ET_SEEN_REFUSED, .nr = 101, .arch = X86_64 },
	{ 31, ET_INFO_REAL, 1, ET_SIG_SELF, SELF, 0, CAUSE_SECCOMP, NOBODY,
	  .text = "SIGSYS: a system call that seccomp forbids", .missing = "cause.syscall cause.syscall.name " },
	{ 31, ET_INFO_REAL, 2, ET_SIG_SELF, SELF, 0, CAUSE_UNKNOWN, NOBODY, .text = "SIGSYS from the kernel",
	  .missing = "cause.by " },
	{ .status = 31, .unseen = true, .class = CAUSE_SECCOMP, .seccomp = ET_SECCOMP_FILTER,
	  .text = "SIGSYS: a system call that seccomp forbids", .missing = "cause.syscall cause.syscall.name " },
	{ .status = 31 | CORE, .unseen = true, .class = CAUSE_SECCOMP, .seccomp = ET_SECCOMP_DEAD, .nr = 101,
	  .arch = X86_64, .seen = ET_SEEN_REFUSED, .text = "SIGSYS: ptrace, which seccomp forbids, core dumped" },
	{ .status = 9, .unseen = true, .class = CAUSE_SECCOMP, .seccomp = ET_SECCOMP_STRICT,
	  .text = "SIGKILL: a system call that seccomp forbids", .missing = "cause.syscall cause.syscall.name " },
	{ .status = 9, .unseen = true, .class = CAUSE_SECCOMP, .seccomp = ET_SECCOMP_DEAD,
	  .text = "SIGKILL: a system call that seccomp forbids", .missing = "cause.syscall cause.syscall.name " },
	{ .status = 9, .unseen = true, .class = CAUSE_UNKNOWN, .seccomp = ET_SECCOMP_FILTER,
	  .text = "SIGKILL, sender not seen", .missing = "cause.by cause.sent_to_dead_ns " },
	{ .status = 15, .unseen = true, .class = CAUSE_SIGNAL, .seccomp = ET_SECCOMP_STRICT,
	  .text = "SIGTERM, sender not seen", .missing = "cause.by cause.sent_to_dead_ns " },
	{ 9, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGKILL from killer[77] (uid 0)",
	  .seccomp = ET_SECCOMP_STRICT },
	{ .status = 11, .unseen = true, .class = CAUSE_UNKNOWN, .text = "SIGSEGV, sender not seen",
	  .missing = "cause.by cause.sent_to_dead_ns " },

	/* out of memory */
	{ 9, ET_INFO_PRIV, 0, ET_SIG_OOM, 77, 0, CAUSE_OOM_MEMCG, NOBODY,
	  .text = "out of memory: cgroup /a/b at its limit of 512M (asked for by stress[12])",
	  .oom = ET_OOM_MEMCG | ET_OOM_LIMIT | ET_OOM_USED },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_OOM | ET_SIG_SELF, SELF, 0, CAUSE_OOM_MEMCG, NOBODY,
	  .text = "out of memory: cgroup /a/b at its limit of 512M of memory and swap (asked for by stress[12])",
	  .oom = ET_OOM_LIMIT | ET_OOM_SWAP | ET_OOM_V1, .seen = LIMITS, .used_ms = 9000, .cpu_hard = 2 },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_OOM, 77, 0, CAUSE_OOM_MEMCG, NOBODY,
	  .text = "out of memory: cgroup /a/b at its limit of 512M (asked for by stress[12]), "
	  "killed with its whole cgroup (memory.oom.group)", .oom = ET_OOM_MEMCG | ET_OOM_LIMIT | ET_OOM_GROUP },
	{ 9, ET_INFO_PRIV, 0, 0, 77, 0, CAUSE_OOM_MEMCG, NOBODY,
	  .text = "out of memory: a cgroup at its limit (asked for by stress[12]), shared memory with the victim",
	  .oom = ET_OOM_MEMCG | ET_OOM_SHARED, .missing = "oom.cgroup " },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_OOM, 77, 0, CAUSE_OOM_GLOBAL, NOBODY,
	  .text = "out of memory: the machine had none left (asked for by stress[12])", .oom = ET_OOM_GLOBAL },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_OOM, 77, ET_PEER_KTHREAD, CAUSE_OOM_GLOBAL, NOBODY,
	  .text = "out of memory killer, called by hand (sysrq f)", .oom = ET_OOM_GLOBAL | ET_OOM_SYSRQ },
	{ .status = 9, .unseen = true, .class = CAUSE_OOM_GLOBAL, .oom = ET_OOM_GLOBAL,
	  .text = "out of memory: the machine had none left (asked for by stress[12])",
	  .missing = "cause.sent_to_dead_ns " },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_OOM, 77, 0, CAUSE_UNKNOWN, NOBODY,
	  .text = "SIGKILL by the OOM killer (asked for by stress[12])", .oom = ANY_OOM, .missing = "oom.cgroup " },
	{ 9, ET_INFO_PRIV, 0, ET_SIG_OOM, 77, 0, CAUSE_UNKNOWN, NOBODY, .text = "SIGKILL by the OOM killer",
	  .missing = "oom oom.cgroup " },
	{ 9, ET_INFO_REAL, 0, 0, 77, 0, CAUSE_SIGNAL, KILLER, .text = "SIGKILL from killer[77] (uid 0)",
	  .oom = ET_OOM_GLOBAL },
	{ 15, ET_INFO_PRIV, 0, 0, 77, 0, CAUSE_UNKNOWN, NOBODY, .text = "SIGTERM from the kernel", .oom = ET_OOM_GLOBAL,
	  .missing = "cause.by " },

	/* the kernel, and nothing says why */
	{ 9, ET_INFO_REAL, KERNEL, 0, 77, 0, CAUSE_UNKNOWN, NOBODY, .text = "SIGKILL from the kernel",
	  .missing = "cause.by " },
	{ 9, ET_INFO_NONE, 0, 0, 77, ET_PEER_KTHREAD, CAUSE_UNKNOWN, NOBODY, .text = "SIGKILL from the kernel",
	  .missing = "cause.by " },
	{ 15, ET_INFO_REAL, 0, 0, 0, 0, CAUSE_UNKNOWN, NOBODY,
	  .text = "SIGTERM from the kernel", .missing = "cause.by " },
};

static struct et_start start;
static struct synth_death m;

static struct et_oom oom;
static struct et_thread thread;

static void begin(struct record *r)
{
	*r = (struct record){
		.start = &start,
		.death = &m.d,
		.signals = death__signals(&m.d),
		.from_start = m.d.id.start_ns >= start.attach_ns,
	};
}

/* The record of `m`. */
static void conclude(struct record *r)
{
	begin(r);
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
		if (!strcmp(record__missing_key(r, i), key))
			return r->missing[i].why;
	unit__fail(__FILE__, __LINE__, "%s is not missing", key);
	return WHY_TIER;
}

/* Those of `watched`. */
static const char *missing(const struct record *r)
{
	static char keys[256];
	size_t i, n = 0;

	keys[0] = '\0';
	for (i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
		if (record__is_missing(r, (unsigned int)(record__field(watched[i]) - record_fields)))
			n += snprintf(keys + n, sizeof(keys) - n, "%s ", watched[i]);
	return keys;
}

static uint64_t limit(uint64_t n)
{
	return n ? n : UINT64_MAX;
}

static void put_facts(const struct way *w)
{
	m.d.flags |= w->death_flags;
	m.d.seen |= w->seen;
	m.d.seccomp = w->seccomp;
	m.d.refused = w->nr;
	m.d.refused_arch = w->arch;
	m.d.tracer = synth_peer(900, "tracer");
	m.d.cpu_soft = limit(w->cpu_soft);
	m.d.cpu_hard = limit(w->cpu_hard);
	m.d.rt_soft = limit(w->rt_soft);
	m.d.rt_hard = limit(w->rt_hard);
	if (w->used_ms)
		m.d.res = (struct et_resources){ .utime_ns = w->used_ms * MS - 5, .stime_ns = 5, .runtime_ns = MS };
	oom = synth_oom(&m.d.id, w->oom & ~ANY_OOM);
}

static void put_signal(const struct way *w)
{
	struct et_signals *s = synth_signals(&m, 0);

	s->fatal = synth_signal(w->status & 0x7f, synth_peer(w->by, "killer"));
	s->fatal.info = w->info;
	s->fatal.code = w->code;
	s->fatal.flags |= w->flags;
	s->fatal.by.flags = w->by_flags;
	s->fatal.address = 0x10;
	s->fatal.ip = 0x401000;
	if (w->flags & ET_SIG_FAULT)
		s->fatal.flags |= ET_SIG_IP;
	s->killer.syscall = w->nr;
	s->killer.arch = w->arch;
}

static void check_conclusion(const struct way *w, const struct record *r)
{
	const struct cause *c = &r->cause;

	if (c->class != w->class)
		unit__fail(__FILE__, __LINE__, "%s: class %d, not %d", w->text, c->class, w->class);
	CHECK_STR(c->text, w->text);
	CHECK(!c->by == (w->who == NOBODY));
	CHECK(!c->by || c->by->id.tgid == w->by);
	CHECK(c->self == (w->who == ITSELF));
	CHECK(c->signal == (w->unseen ? NULL : &r->signals->fatal));
	CHECK_STR(missing(r), w->missing ? w->missing : "");
	CHECK_STR(c->limit, w->limit);
	CHECK(c->has_because_of == w->because);
	CHECK(!w->because || c->because_of.tgid == w->by);
	CHECK(c->oom == (strstr(c->text, "out of memory") || strstr(c->text, "OOM killer")));
}

static void check_way(const struct way *w)
{
	struct record r;

	m = synth_death(SELF);
	m.d.status = w->status;
	if (!w->unseen)
		put_signal(w);
	put_facts(w);
	begin(&r);
	r.oom = w->oom ? &oom : NULL;
	r.oom_cgroup = text__str("/a/b");
	record__note_unseen(&r);
	cause__conclude(&r);
	check_conclusion(w, &r);
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
		CHECK(!r.cause.signal && !r.cause.by);
		CHECK(!record__is_missing(&r, FIELD_cause_by) && !record__is_missing(&r, FIELD_cause_timeline));
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
	CHECK(!r.cause.escalated);
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

/* What a handler waits for is not handled, and what the main thread blocks another one may take. */
static void pending_or_handled(void)
{
	static const struct {
		uint32_t seen, pending, flags, count;
		const char *result;
	} facts[] = {
		{ 0, 0, 0, 1, "handled" },
		{ ET_SEEN_PENDING, 0, 0, 1, "handled" },
		{ ET_SEEN_PENDING, ET_D_TERM_PENDING, 0, 1, "pending" },
		{ ET_SEEN_PENDING, ET_D_TERM_PENDING, 0, 2, "handled" },
		{ ET_SEEN_PENDING, ET_D_INT_PENDING, 0, 1, "handled" },
		{ 0, 0, ET_SIG_BLOCKED, 1, "blocked" },
		{ ET_SEEN_PENDING, ET_D_TERM_PENDING, ET_SIG_BLOCKED, 1, "blocked" },
		{ ET_SEEN_PENDING, 0, ET_SIG_BLOCKED, 1, "handled" },
	};
	struct et_signals *s;
	struct record r;

	for (unsigned int i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		s = killed(SIGKILL, 1, synth_peer(77, "bash"));
		s->stop[0] = synth_signal(SIGTERM, synth_peer(1, "systemd"));
		s->stop[0].time_ns -= 2 * MS;
		s->stop[0].disposition = ET_DISP_HANDLED;
		s->stop[0].flags = facts[i].flags;
		s->stop[0].count = facts[i].count;
		m.d.seen |= facts[i].seen;
		m.d.flags |= facts[i].pending;
		conclude(&r);
		CHECK_STR(r.cause.stops[0].result, facts[i].result);
	}
}

/* Read by sigwait(), say: the latest is in the slot of what could kill, those before it are counted in the other. */
static void one_entry_for_each_signal(void)
{
	struct et_signals *s;
	struct record r;

	s = killed(SIGTERM, 1, synth_peer(77, "c"));
	m.d.status = 0;
	s->fatal.flags |= ET_SIG_BLOCKED;
	s->stop[0] = s->fatal;
	s->stop[0].time_ns -= 2 * MS;
	s->stop[0].count = 2;
	conclude(&r);
	CHECK_U64(r.cause.nr_stops, 1);
	CHECK_U64(r.cause.stops[0].count, 3);
	CHECK(r.cause.stops[0].sig == &s->fatal);
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
	CHECK(r.cause.by == &s->stop[0].by);
	CHECK_U64(r.cause.nr_stops, 0);
	CHECK(why(&r, "cause.by.executable.path") == WHY_FULL);
	s->stop[0].flags = 0;
	s->stop[0].disposition = ET_DISP_HANDLED; /* it ran a handler: something else killed */
	conclude(&r);
	CHECK(!r.cause.signal && !r.cause.by);
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
	CHECK(r.cause.class == CAUSE_UNKNOWN);
	CHECK(!r.cause.signal && !r.cause.by);
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
	CHECK(!r.cause.by);
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

/* Whoever had asked before, or the same program run again by the same parent, has lost patience. */
static void escalations(void)
{
	static const struct {
		unsigned int pid, parent;
		const char *comm;
		bool same;
	} asked[] = {
		{ 77, 5, "other", true },
		{ 78, 90, "kill", true },
		{ 78, 90, "pkill", false },
		{ 78, 91, "kill", false },
		{ 78, 0, "kill", false },
	};
	struct et_signals *s;
	struct record r;
	size_t i;

	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		s = killed(SIGKILL, 1, synth_peer(77, "kill"));
		s->fatal.by_parent = synth_peer(90, "sh");
		s->stop[0] = synth_signal(SIGTERM, synth_peer(asked[i].pid, asked[i].comm));
		s->stop[0].by_parent = synth_peer(asked[i].parent, "sh");
		s->stop[0].time_ns -= SEC;
		conclude(&r);
		CHECK(r.cause.escalated == asked[i].same);
	}
	s->stop[0].by = s->fatal.by;
	s->stop[0].info = ET_INFO_PRIV; /* it only happened to run then */
	conclude(&r);
	CHECK(!r.cause.escalated);
}

static void hints(void)
{
	struct et_signals *s;
	struct record r;

	s = killed(SIGKILL, 1, synth_peer(1, "systemd"));
	s->stop[0] = synth_signal(SIGTERM, synth_peer(1, "systemd"));
	s->stop[0].time_ns -= 90 * SEC;
	s->stop[0].disposition = ET_DISP_HANDLED;
	conclude(&r);
	CHECK(r.cause.escalated);
	CHECK_STR(r.cause.role, "service_manager");
	CHECK_STR(r.cause.text, "SIGKILL from systemd[1], 1m30s after SIGTERM from systemd[1] was handled: "
				"it had not stopped in time (TimeoutStopSec=)");
	s = killed(SIGTERM, 0, synth_peer(80, "anything"));
	begin(&r);
	r.killer.exe = text__str("/usr/bin/timeout");
	cause__conclude(&r);
	CHECK_STR(r.cause.text, "SIGTERM from anything[80] (uid 0): "
				"it ran longer than allowed, or timeout was ended itself");
	s->fatal.flags |= ET_SIG_SELF;
	cause__conclude(&r);
	CHECK(!r.cause.role);
}

static struct et_signals *killed_by_cgroup(struct record *r)
{
	struct et_signals *s = killed(SIGKILL, 0, synth_peer(77, "writer"));

	s->fatal.info = ET_INFO_NONE;
	s->fatal.flags |= ET_SIG_CGROUP;
	s->killer.cgroup_killed = 55;
	begin(r);
	return s;
}

static void cgroup_kill(void)
{
	struct record r;

	killed_by_cgroup(&r);
	r.killed_cgroup = text__str("/a/b");
	cause__conclude(&r);
	CHECK_STR(r.cause.text, "SIGKILL from writer[77], written to cgroup.kill of /a/b");
	CHECK(!record__is_missing(&r, FIELD_cause_cgroup));
	killed_by_cgroup(&r);
	r.killed_cgroup = text__str("/kubepods.slice/kubepods-besteffort.slice/kubepods-pod1/cri-containerd-1.scope");
	cause__conclude(&r);
	CHECK_STR(r.cause.text, "SIGKILL from writer[77], written to cgroup.kill of "
				".../kubepods-pod1/cri-containerd-1.scope");
	killed_by_cgroup(&r);
	cause__conclude(&r);
	CHECK_STR(r.cause.text, "SIGKILL from writer[77], written to cgroup.kill");
	CHECK(why(&r, "cause.cgroup.path") == WHY_LOST);
}

/* Hung up, it has no terminal any more: which it was, the kernel half noted. */
static void terminals(void)
{
	struct et_signals *s;
	struct record r;

	s = killed(SIGHUP, 0, synth_peer(77, "sshd"));
	s->fatal.info = ET_INFO_PRIV;
	m.d.tty[0] = '\0';
	conclude(&r);
	CHECK_STR(r.cause.text, "SIGHUP: hangup of terminal");
	CHECK(why(&r, "cause.tty") == WHY_GONE);
	start.doors[ET_OBS_HANGUP] = ET_DOOR_NONE;
	conclude(&r);
	CHECK(why(&r, "cause.tty") == WHY_TIER);
	start = synth_start();
	memcpy(s->killer.tty, "pts12", 6);
	conclude(&r);
	CHECK_STR(r.cause.text, "SIGHUP: hangup of terminal pts/12");
	CHECK_STR(r.cause.tty, "pts/12");
	memset(s->killer.tty, '\033', sizeof(s->killer.tty));
	conclude(&r);
	CHECK(!strchr(r.cause.text, '\033') && strstr(r.cause.text, "\\x1b"));
}

/* What was not seen may have been a signal, if it could have been missed. */
static void seccomp_is_not_guessed(void)
{
	struct record r;

	m = synth_death(SELF);
	m.d.status = SIGKILL;
	m.d.seccomp = ET_SECCOMP_STRICT;
	m.d.seen &= ~ET_SEEN_SIGNALS;
	conclude(&r);
	CHECK(r.cause.class == CAUSE_UNKNOWN && why(&r, "cause.by") == WHY_FULL);
	m.d.seccomp = ET_SECCOMP_DEAD; /* the kernel says so itself */
	conclude(&r);
	CHECK(r.cause.class == CAUSE_SECCOMP);
	m.d.seccomp = ET_SECCOMP_FILTER;
	m.d.status = SIGSYS;
	conclude(&r);
	CHECK(r.cause.class == CAUSE_UNKNOWN);
	m.d.seen |= ET_SEEN_SIGNALS;
	start.doors[ET_OBS_SECCOMP] = ET_DOOR_NONE;
	conclude(&r);
	CHECK(r.cause.class == CAUSE_SECCOMP && why(&r, "cause.syscall") == WHY_TIER);
	start = synth_start();
	m.d.flags |= ET_D_SNAPSHOT;
	conclude(&r);
	CHECK(r.cause.class == CAUSE_UNKNOWN && why(&r, "cause.by") == WHY_BEFORE);
	m.d.flags = ET_D_TRACED; /* nor a tracer */
	m.d.status = SIGKILL;
	m.d.tracer = synth_peer(900, "gdb");
	m.d.id.start_ns = ATTACH - SEC;
	conclude(&r);
	CHECK(r.cause.class == CAUSE_UNKNOWN && !r.cause.by);
}

static void oom_context(void)
{
	struct et_signals *s;
	struct record r;

	s = killed(SIGKILL, 0, synth_peer(12, "stress"));
	s->fatal.info = ET_INFO_PRIV;
	s->fatal.flags |= ET_SIG_OOM;
	begin(&r);
	cause__conclude(&r);
	CHECK(why(&r, "oom") == WHY_LOST);
	start.doors[ET_OBS_OOM] = ET_DOOR_NONE;
	begin(&r);
	cause__conclude(&r);
	CHECK(why(&r, "oom") == WHY_TIER);
	start = synth_start();
	oom = synth_oom(&m.d.id, ET_OOM_MEMCG | ET_OOM_LIMIT);
	oom.trigger.id = m.d.id;
	r.oom = &oom;
	record__clear_missing(&r);
	cause__conclude(&r);
	CHECK_STR(r.cause.text, "out of memory: a cgroup at its limit of 512M (asked for by itself)");
	CHECK(why(&r, "oom.cgroup.path") == WHY_LOST && why(&r, "oom.rss_bytes") == WHY_GONE);
	oom.trigger.id.tgid = 0;
	cause__conclude(&r);
	CHECK(why(&r, "oom.trigger") == WHY_TIER);
	CHECK(!r.cause.by && !r.cause.role);
}

/* The sender's part of what is missing. */
static void sender_in_depth(void)
{
	static const char *const keys[] = { "cause.by.executable.path", "cause.by.cgroup", "cause.by.container",
					    "cause.by.args", "cause.by.grandparent" };
	struct et_signals *s;
	struct record r;
	size_t i;

	start.flags = ET_START_ARGS;
	s = killed(SIGTERM, 0, synth_peer(77, "kill"));
	s->fatal.by_parent = synth_peer(90, "sh");
	conclude(&r);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		CHECK(why(&r, keys[i]) == WHY_GONE);
	s->killer.cgroup_id = 5;
	s->killer.grandparent = synth_peer(60, "sshd");
	s->killer.seen = ET_KILLER_ARGS;
	begin(&r);
	r.killer.exe = text__str("/bin/kill");
	cause__conclude(&r);
	CHECK_U64(r.nr_missing, 4);
	CHECK(why(&r, "cause.by.cgroup.path") == WHY_LOST && why(&r, "cause.by.cgroup.unit") == WHY_LOST);
	CHECK(why(&r, "cause.by.container") == WHY_LOST && why(&r, "cause.by.args") == WHY_LOST);
	begin(&r);
	r.killer.exe = text__str("/bin/kill");
	r.killer.cgroup = r.killer.args = text__str("/");
	cause__conclude(&r);
	CHECK_U64(r.nr_missing, 0);
	start = synth_start();
}

struct thread_way {
	int status;
	uint32_t flags, seccomp;
	enum cause_class class;
	const char *text, *missing, *ended_by;
};

#define ALONE ET_THREAD_ALONE
#define REST "; its process goes on without it"

static const struct thread_way thread_ways[] = {
	{ 0, 0, 0, CAUSE_EXIT, "thread exit", "", "exit" },
	{ 3 << 8, 0, 0, CAUSE_EXIT, "thread exit, code 3", "", "exit" },
	{ 3 << 8, ET_THREAD_GROUP, 0, CAUSE_EXIT, "its process exits: code 3", "", "group_exit" },
	{ 9, ET_THREAD_GROUP, 0, CAUSE_UNKNOWN, "its process exits: SIGKILL", "", "group_exit" },
	{ 0, ET_THREAD_EXEC, 0, CAUSE_EXIT, "another thread's exec()", "", "exec" },
	{ 9, ET_THREAD_EXEC, 0, CAUSE_EXIT, "another thread's exec()", "", "exec" },
	{ 31, ALONE, ET_SECCOMP_FILTER, CAUSE_SECCOMP, "thread io[4243] was killed alone by seccomp (SIGSYS)" REST,
	  "cause.syscall cause.syscall.name ", "killed" },
	{ 31, ALONE | ET_THREAD_REFUSED, ET_SECCOMP_DEAD, CAUSE_SECCOMP,
	  "thread io[4243] was killed alone by seccomp (SIGSYS, ptrace)" REST, "", "killed" },
	{ 9, ALONE | ET_THREAD_REFUSED, ET_SECCOMP_STRICT, CAUSE_SECCOMP,
	  "thread io[4243] was killed alone by seccomp (SIGKILL, ptrace)" REST, "", "killed" },
	{ 9, ALONE, ET_SECCOMP_STRICT, CAUSE_SECCOMP,
	  "thread io[4243] was killed alone by seccomp (SIGKILL)" REST, "cause.syscall cause.syscall.name ", "killed" },
	{ 9, ALONE, ET_SECCOMP_FILTER, CAUSE_UNKNOWN,
	  "thread io[4243] was killed alone by the kernel (SIGKILL, see its log)" REST, "", "killed" },
	{ 11, ALONE, 0, CAUSE_UNKNOWN, "thread io[4243] was killed alone by the kernel (SIGSEGV, see its log)" REST,
	  "", "killed" },
	{ 31, ET_THREAD_LAST, 0, CAUSE_UNKNOWN, "its process exits: SIGSYS", "", "killed" },
	{ 0, ET_THREAD_LATE | ET_THREAD_UNSURE, 0, CAUSE_EXIT, "thread exit, or that of its process: seen late",
	  "thread.ended_by thread.left ", NULL },
};

static void check_thread(const struct thread_way *w, enum record_type type)
{
	struct record r;

	m = synth_death(SELF);
	m.d.status = w->status;
	thread = synth_thread(&m.d.id, 4243, w->status, w->flags);
	thread.seccomp = w->seccomp;
	thread.refused = 101;
	thread.refused_arch = X86_64;
	begin(&r);
	r.type = type;
	r.thread = &thread;
	record__note_unseen(&r);
	cause__conclude(&r);
	CHECK(r.cause.class == w->class);
	CHECK_STR(r.cause.text, w->text);
	CHECK_STR(missing(&r), w->missing);
	if (w->ended_by)
		CHECK_STR(record__value(record__field("thread.ended_by"), &r).str, w->ended_by);
	else
		CHECK(record__value(record__field("thread.ended_by"), &r).kind == V_NULL);
	CHECK_STR(record__value(record__field("type"), &r).str, type == RECORD_THREAD ? "thread" : "warning");
	CHECK(!r.cause.by);
}

static void threads(void)
{
	size_t i;

	for (i = 0; i < sizeof(thread_ways) / sizeof(thread_ways[0]); i++) {
		check_thread(&thread_ways[i], RECORD_THREAD);
		check_thread(&thread_ways[i], RECORD_WARNING);
	}
}

/* As long as everything can be, nothing is cut. */
static void the_longest_fit(void)
{
	static char path[600];
	struct et_signals *s;
	struct record r;
	struct et_peer by = synth_peer(4194304, "");

	memset(path, 0x80, sizeof(path));
	memset(by.comm, 0x80, sizeof(by.comm));
	s = killed(SIGKILL | CORE, 1, by);
	s->fatal.info = ET_INFO_NONE;
	s->fatal.flags |= ET_SIG_CGROUP;
	s->killer.cgroup_killed = 5;
	s->stop[0] = synth_signal(SIGTERM, by);
	s->stop[0].time_ns = 1;
	s->stop[0].disposition = ET_DISP_HANDLED;
	begin(&r);
	r.killed_cgroup = r.oom_cgroup = (struct text){ path, sizeof(path) };
	r.killer.exe = text__str("/usr/bin/containerd-shim-runc-v2");
	cause__conclude(&r);
	CHECK(strstr(r.cause.text, " was handled: its container was killed") && strstr(r.cause.text, ", core dumped"));
	CHECK(strlen(r.cause.text) + 40 < RECORD_CAUSE_TEXT);
	s->fatal.info = ET_INFO_PRIV;
	oom = synth_oom(&m.d.id, ET_OOM_MEMCG | ET_OOM_LIMIT | ET_OOM_SWAP | ET_OOM_GROUP | ET_OOM_SHARED);
	oom.trigger = by;
	r.oom = &oom;
	cause__conclude(&r);
	CHECK(strstr(r.cause.text, "with the victim, core dumped"));
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
	UNIT(pending_or_handled);
	UNIT(one_entry_for_each_signal);
	UNIT(raised_again);
	UNIT(killed_when_unblocked);
	UNIT(other_signal_is_not_blamed);
	UNIT(leader_is_hung_up_by_its_terminal);
	UNIT(unseen_says_why);
	UNIT(escalations);
	UNIT(hints);
	UNIT(cgroup_kill);
	UNIT(terminals);
	UNIT(seccomp_is_not_guessed);
	UNIT(oom_context);
	UNIT(sender_in_depth);
	UNIT(threads);
	UNIT(the_longest_fit);
	UNIT(names_are_escaped);
	return unit__end();
}
