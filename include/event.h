/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * event.h: THE contract between the kernel half (bpf/) and the user half (src/).
 *
 * Every message begins with struct et_header. Only fixed-width types and named
 * padding, so both compilers lay it out alike and a recorded stream can be
 * replayed on another machine of the same byte order.
 *
 * Times are nanoseconds of CLOCK_BOOTTIME (goes on during suspend, and the
 * kernel's start_boottime uses it, so ages survive a sleeping laptop).
 * Strings are zero-padded byte arrays chosen by whoever is traced: not UTF-8,
 * not necessarily printable, NUL-terminated only where shorter than the array.
 */
#ifndef EXITTRACE_EVENT_H
#define EXITTRACE_EVENT_H

#ifndef __VMLINUX_H__ /* the kernel half has these types already */
#include <linux/types.h>
#endif

#define ET_COMM_LEN 16	     /* TASK_COMM_LEN */
#define ET_TTY_LEN 16	     /* "pts0", "tty1", "ttyS0": the driver's name and number */
#define ET_PID_LEVELS 4	     /* pid namespaces nested deeper are cut, see ET_CUT_NS */
#define ET_EXE_MAX 256	     /* bytes of reversed path, see struct et_death */
#define ET_KILLER_EXE_MAX 128
#define ET_CGROUP_MAX 512
#define ET_ARGS_MAX 2048
#define ET_ARGS_FEW 256	     /* most command lines are shorter */
#define ET_SLOTS 4	     /* stop signals: TERM, INT, HUP, QUIT */
#define ET_FILE_PATH_MAX 256 /* bytes of reversed path, see struct et_file */
#define ET_FS_LEN 16	     /* "ext4", "fuse" */
#define ET_FILES_TOLD 16     /* ET_FILE messages a death, at most */
#define ET_STDIO_TOLD 64     /* ET_STDIO messages a death, at most; and one for all others */
#define ET_STDIO_TAIL_MAX 1024
#define ET_OBSERVATIONS 24
#define ET_BUILD_ID_LEN 20
#define ET_STACK_FRAMES 32   /* of a stack, at most */
#define ET_STACK_FEW 8	     /* most stacks have no more */
#define ET_STACK_CODE 16     /* bytes of code in front of a return address */
#define ET_STACK_PATH_MAX 128 /* bytes of reversed path, see struct et_stack */

enum et_kind {
	/* made by the kernel half */
	ET_DEATH = 1,  /* struct et_death: the process is a zombie, or gone if auto-reaped */
	ET_REAP = 2,   /* struct et_reap: somebody released it */
	ET_CGROUP = 3, /* struct et_cgroup: the path behind a cgroup id, before its first use */
	ET_ARGS = 4,   /* struct et_args: argv, only when asked for */
	ET_FILE = 5,   /* struct et_file: a file with a part in the death that follows; rare */
	ET_OOM = 6,    /* struct et_oom: the OOM killer chose it; before the death that follows */
	ET_THREAD = 7, /* struct et_thread: a thread ended; only when asked for, or when it died alone */
	ET_STDIO = 8,  /* struct et_stdio: bytes that never left the buffer of a stream; only when asked for */
	ET_STACK = 9, /* struct et_stack: where code of the process was; only when asked for, before its death */
	/* made by the user half, part of a recorded stream */
	ET_START = 16, /* struct et_start: first message of every stream */
	ET_CLOCK = 17, /* struct et_clock: what time it is; drives the assembler's timers */
	ET_LOSS = 18,  /* struct et_loss: the kernel half's counters */
	ET_END = 19,   /* struct et_clock: tracing ended; what still waits is let go */
	ET_DYING = 20, /* struct et_dying: an exit that takes its time */
	ET_PATTERN = 21, /* struct et_pattern: where core dumps go, before the first death that asks */
	ET_FORGET = 22, /* struct et_forget: its reap will not be known; in what is kept of single deaths */
};

struct et_header {
	__u32 kind; /* enum et_kind */
	__u32 size; /* of the whole message, header included */
};

/* A process, for ever: a pid is reused, a pid with its start time is not. */
struct et_id {
	__u64 start_ns; /* start_boottime of the thread group leader */
	__u32 tgid;	/* in the initial pid namespace */
	__u32 pad;
};

enum et_peer_flags {
	ET_PEER_EXITING = 1 << 0, /* PF_EXITING: it was dying itself */
	ET_PEER_KTHREAD = 1 << 1, /* PF_KTHREAD */
	ET_PEER_SUBREAPER = 1 << 2, /* signal->is_child_subreaper */
	ET_PEER_NS_INIT = 1 << 3, /* pid 1 of its pid namespace */
	ET_PEER_DYING = 1 << 4,	  /* all of its threads were in do_exit(), not only the one that acted */
};

/* Another process that had a part in it, as it was at that moment. */
struct et_peer {
	struct et_id id; /* tgid 0: not known */
	__u32 tid;	 /* the thread that acted; 0 if it is not known which */
	__u32 uid;	 /* real uid, initial user namespace */
	__u32 flags;	 /* enum et_peer_flags */
	__u32 pid_ns;	 /* inode number of its pid namespace, of a parent and of who waits only; 0: the initial one */
	char comm[ET_COMM_LEN]; /* of the thread group leader */
};

enum et_siginfo_kind {
	ET_INFO_NONE = 0, /* SEND_SIG_NOINFO: kernel code on behalf of current */
	ET_INFO_PRIV = 1, /* SEND_SIG_PRIV: the kernel itself; current may be a bystander */
	ET_INFO_REAL = 2, /* a real siginfo, `code` is its si_code */
};

enum et_disposition {
	ET_DISP_DEFAULT = 0,
	ET_DISP_IGNORED = 1,
	ET_DISP_HANDLED = 2,
};

enum et_signal_flags {
	ET_SIG_BLOCKED = 1 << 0, /* blocked in the thread it was sent to */
	ET_SIG_GROUP = 1 << 1,	 /* sent to the process, not to one thread */
	ET_SIG_FATAL = 1 << 2,	 /* nothing stood between this signal and the death */
	ET_SIG_SELF = 1 << 3,	 /* current was a thread of the target process */
	ET_SIG_FAULT = 1 << 4,	 /* synchronous: `address` holds */
	ET_SIG_PTRACED = 1 << 5, /* a tracer sees it first and may swallow it */
	ET_SIG_IP = 1 << 6,	 /* `ip` was readable: 0 is an address too */
	ET_SIG_TRACER = 1 << 7,	 /* current was the target's ptracer */
	ET_SIG_EXITKILL = 1 << 8, /* the tracer had asked for PTRACE_O_EXITKILL */
	ET_SIG_INJECTED = 1 << 9, /* not generated: its tracer let it go on with this signal */
	ET_SIG_EXEC = 1 << 10,	 /* the target itself, in the middle of an exec() */
	ET_SIG_BY_CALL = 1 << 11, /* a siginfo that a system call of current made: nothing in it is the kernel's word */
	ET_SIG_OOM = 1 << 12,	 /* the OOM killer's, see struct et_oom */
	ET_SIG_CGROUP = 1 << 13, /* written to cgroup.kill; `killer.cgroup_killed` */
	ET_SIG_BLAST = 1 << 14,	 /* the same call sent it to others, too: `killer.blast_ns` */
	ET_SIG_SYSCALL = 1 << 15, /* seccomp refused `killer.syscall` of `killer.arch` */
};

/*
 * A signal as signal_generate showed it, with `current` as the sender: siginfo's
 * si_pid can be forged and is relative to a namespace.
 */
struct et_signal {
	__u64 time_ns;	      /* when it was generated; 0: the slot is empty */
	__u64 first_ns;	      /* when the first of `count` came */
	struct et_peer by;    /* current; for ET_INFO_PRIV maybe a bystander */
	struct et_peer by_parent;
	__u64 address;	      /* si_addr, ET_SIG_FAULT only */
	__u64 ip;	      /* user instruction pointer, ET_SIG_IP only */
	__s32 code;	      /* si_code, ET_INFO_REAL only */
	__u32 count;	      /* how many of this signal the slot stands for */
	__u32 flags;	      /* enum et_signal_flags */
	__u32 threads;	      /* threads of the target when it was generated */
	__u8 signo;
	__u8 info;	      /* enum et_siginfo_kind */
	__u8 result;	      /* TRACE_SIGNAL_*: 0 delivered 1 ignored 2 already pending 3 overflow 4 info lost */
	__u8 disposition;     /* enum et_disposition, when it was generated */
	__u32 pad;
};

/* What is kept of the fatal signal only. */
struct et_killer {
	__u64 blast_ns;	      /* when the call sent the first of its signals; ET_SIG_BLAST */
	__u64 cgroup_id;      /* of the sender; 0: not known, or the target itself */
	__u64 cgroup_killed;  /* ET_SIG_CGROUP; 0: not known which */
	__s32 syscall;	      /* ET_SIG_SYSCALL */
	__u32 arch;	      /* AUDIT_ARCH_*, 0: not known */
	__u32 seen;	      /* enum et_killer_seen */
	__u32 exe_len;	      /* bytes used in exe, 0: not seen */
	__u32 exe_cut;	      /* 1: the root side of the path did not fit */
	__u32 pad;
	struct et_peer grandparent; /* parent of by_parent */
	char tty[ET_TTY_LEN]; /* the terminal that was hung up; empty: none, or not seen */
	char exe[ET_KILLER_EXE_MAX]; /* reversed path, as et_death's exe */
};

enum et_killer_seen {
	ET_KILLER_ARGS = 1 << 0,      /* an ET_ARGS message of the sender was sent */
	ET_KILLER_CGROUP_V1 = 1 << 1, /* cgroup_id is of a v1 hierarchy */
};

/*
 * What the kernel half remembers of signals to one process. `fatal` is the one
 * that could kill; stop[] the latest TERM, INT, HUP and QUIT whatever became of
 * them, in this order.
 */
struct et_signals {
	struct et_signal fatal;
	struct et_killer killer;
	struct et_signal stop[ET_SLOTS];
};

enum et_death_flags {
	ET_D_AUTOREAP = 1 << 0,	  /* the kernel released it at once, nobody waits */
	ET_D_TRACED = 1 << 1,	  /* a ptracer that is not the parent held it: `tracer` */
	ET_D_SNAPSHOT = 1 << 2,	  /* was a zombie when tracing began; no last_tid: exit_ns is when it was listed */
	ET_D_CGROUP_V1 = 1 << 3,  /* cgroup is of a v1 hierarchy (memory or pids) */
	ET_D_EXE_DELETED = 1 << 4,
	ET_D_KTHREAD = 1 << 5,	  /* PF_KTHREAD or never had a user mm */
	ET_D_PARENT_IGNORES = 1 << 6, /* parent's SIGCHLD action is SIG_IGN */
	ET_D_PARENT_NOCLDWAIT = 1 << 7, /* parent has SA_NOCLDWAIT */
	ET_D_FORKNOEXEC = 1 << 8, /* PF_FORKNOEXEC: died before any exec of its own */
	ET_D_FATAL = 1 << 9,	  /* the signals section begins with a fatal signal */
	ET_D_STOPS = 1 << 10,	  /* the signals section is whole (stop[] included) */
	ET_D_LATE = 1 << 11,	  /* the kernel skipped the probe at its exit: exit_ns is dead_ns, much is unseen */
	ET_D_MM_FREED = 1 << 12,  /* its memory was torn down by one of its own threads */
	ET_D_CLONE_AUTOREAP = 1 << 13, /* clone3() asked for a child that is never a zombie (7.x) */
	ET_D_FD_CLOSER = 1 << 14, /* it was the last user of its descriptor table and closed it */
	ET_D_EARLY = 1 << 15,	  /* ET_D_LATE, and no probe was skipped: tracing had not begun at its exit */
	ET_D_NO_ROOM = 1 << 20,	  /* the same: there was no room for its entry then */
	/* never delivered: still pending when its last thread was in do_exit; ET_SEEN_PENDING */
	ET_D_TERM_PENDING = 1 << 16,
	ET_D_INT_PENDING = 1 << 17,
	ET_D_HUP_PENDING = 1 << 18,
	ET_D_QUIT_PENDING = 1 << 19,
};

/* Fact groups seen; what is not seen here is unknown, never 0. */
enum et_seen {
	ET_SEEN_EXE = 1 << 0,
	ET_SEEN_DEAD = 1 << 1,	    /* dead_ns: the moment the parent was told */
	ET_SEEN_RESOURCES = 1 << 2, /* all threads' counters, taken at or after the last thread's exit */
	ET_SEEN_IO = 1 << 3,
	ET_SEEN_CGROUP = 1 << 4,    /* cgroup_id holds and its path was sent */
	ET_SEEN_THREADS = 1 << 5,   /* `threads` was counted when the exit began */
	ET_SEEN_SIGNALS = 1 << 6,   /* no signal of this process was dropped for want of room */
	ET_SEEN_TTY = 1 << 7,	    /* `tty` holds, empty means none */
	ET_SEEN_ARGS = 1 << 8,	    /* an ET_ARGS message of this process was sent */
	ET_SEEN_TABLE = 1 << 9,	    /* files.open and files.users hold */
	ET_SEEN_FLUSHABLE = 1 << 10, /* files.flushed holds, counted in the table instead of seen */
	ET_SEEN_MM = 1 << 11,	    /* mm_users holds */
	ET_SEEN_CORE = 1 << 12,	    /* core.limit holds; core.dumpable with ET_CORE_DUMPABLE_KNOWN */
	ET_SEEN_CHILDREN = 1 << 13, /* adopted holds */
	ET_SEEN_HANGUPS = 1 << 14,  /* hung_up holds */
	ET_SEEN_LIMITS = 1 << 15,   /* cpu_soft, cpu_hard, rt_soft, rt_hard hold */
	ET_SEEN_REFUSED = 1 << 16,  /* refused, refused_arch hold: the system call that seccomp ended it for */
	ET_SEEN_PENDING = 1 << 17,  /* ET_D_TERM_PENDING and its like hold */
};

enum et_cut {
	ET_CUT_EXE = 1 << 0, /* the root side of exe is missing */
	ET_CUT_NS = 1 << 1,  /* nested deeper than ET_PID_LEVELS */
};

struct et_resources {
	__u64 utime_ns;	  /* ticks charged to user mode */
	__u64 stime_ns;	  /* ticks charged to the kernel */
	__u64 runtime_ns; /* exact time on a CPU; scale the two above to it, as wait4() does */
	__u64 max_rss_pages;
	__u64 minor_faults;
	__u64 major_faults;
	__u64 voluntary_switches;
	__u64 involuntary_switches;
	__u64 read_bytes; /* from storage, ET_SEEN_IO */
	__u64 write_bytes;
};

/*
 * Moments on the way out; 0: not seen. In the order of do_exit(), but the memory and the
 * descriptors may be given back by another thread of the process than the last one.
 */
struct et_marks {
	__u64 begin_ns;	     /* its first thread entered do_exit(), or called exit_group() */
	__u64 last_ns;	     /* the latest of its threads entered do_exit() */
	__u64 core_begin_ns; /* do_coredump() */
	__u64 core_end_ns;
	__u64 mm_begin_ns;   /* exit_mm() */
	__u64 mm_end_ns;
	__u64 files_begin_ns; /* exit_files() */
	__u64 files_end_ns;
	__u64 tty_ns;	     /* disassociate_ctty(): behind the files, since 7.x in front of them */
	__u64 work_begin_ns; /* exit_task_work(): files are released here, after they were closed */
	__u64 work_end_ns;   /* and then the cgroup is left */
	__u64 notify_ns;     /* exit_notify(): children are given away, the parent is told at dead_ns */
};

/* What became of its descriptors. */
struct et_files {
	__u64 close_ns;	  /* all calls of filp_close() together */
	__u64 flush_ns;	  /* of these, files with f_op->flush */
	__u64 slowest_ns; /* the longest of these calls */
	__u64 release_ns; /* the longest release of a closed file */
	__u32 open;	  /* descriptors in the table when it was about to be given back */
	__u32 users;	  /* of the table then; more than 1: others keep it open */
	__u32 closed;	  /* calls of filp_close() seen */
	__u32 flushed;	  /* of these, files with f_op->flush */
	__u32 errors;	  /* of these, flushes that failed; nobody else is told */
	__u32 told;	  /* ET_FILE messages sent */
};

enum et_core_flags {
	ET_CORE_TRIED = 1 << 0,	   /* do_coredump() was called */
	ET_CORE_WRITTEN = 1 << 1,  /* the target was open, the format's writer was called */
	ET_CORE_DUMPABLE_KNOWN = 1 << 2,
};

enum et_core_target {
	ET_CORE_FILE = 1,
	ET_CORE_PIPE = 2,
	ET_CORE_SOCKET = 3,
};

struct et_core {
	__u64 limit;	/* RLIMIT_CORE, bytes */
	__u32 flags;	/* enum et_core_flags */
	__u32 dumpable; /* as PR_GET_DUMPABLE: 0 no, 1 yes, 2 root only */
	__u32 target;	/* enum et_core_target; 0: none was open */
	__u32 pad;
};

enum et_seccomp { /* task->seccomp.mode */
	ET_SECCOMP_NONE = 0,
	ET_SECCOMP_STRICT = 1,
	ET_SECCOMP_FILTER = 2,
	ET_SECCOMP_DEAD = 3, /* seccomp ended this thread; not all kernels say so */
};

/*
 * Behind the fixed part come, in this order and each 8-byte aligned:
 *   exe_size bytes     exe path, reversed: "worker\0bin\0usr\0" for /usr/bin/worker
 *   signals_size bytes the beginning of a struct et_signals: nothing, the part
 *                      before stop[], or all of it
 */
struct et_death {
	struct et_header h;
	struct et_id id;
	__u64 exit_ns; /* last thread was in do_exit */
	__u64 dead_ns; /* zombie, parent told; ET_SEEN_DEAD */
	__s32 status;  /* what wait() says, core bit included */
	__s32 exit_signal; /* sent to the parent: SIGCHLD unless clone() said otherwise */
	__u32 flags;   /* enum et_death_flags */
	__u32 seen;    /* enum et_seen */
	__u32 cut;     /* enum et_cut */
	__u32 threads; /* when the exit of the whole process began, leader included */
	__u32 last_tid; /* the thread that was last */
	__u32 uid;
	__u32 gid;
	__u32 pgid;    /* initial pid namespace, like every pid here */
	__u32 session;
	__u32 ns_level; /* depth of its pid namespace, 0 = the initial one */
	__u32 ns_pids[ET_PID_LEVELS]; /* its pid in each namespace, [0] the initial one */
	__u64 cgroup_id;
	char comm[ET_COMM_LEN];
	char tty[ET_TTY_LEN];
	struct et_peer parent; /* real_parent */
	struct et_peer tracer; /* ET_D_TRACED */
	struct et_resources res;
	struct et_marks marks;
	struct et_files files;
	struct et_core core;
	struct et_peer adopter; /* became the parent of its children; tgid 0: not seen */
	__u64 cpu_soft;	 /* RLIMIT_CPU, seconds; ~0: none. The kernel adds 1 s with each SIGXCPU */
	__u64 cpu_hard;
	__u64 rt_soft;	 /* RLIMIT_RTTIME, microseconds; ~0: none */
	__u64 rt_hard;
	__s32 refused;	 /* number of the system call, ET_SEEN_REFUSED */
	__u32 refused_arch; /* AUDIT_ARCH_*, 0: not known */
	__u32 seccomp;	 /* enum et_seccomp of the last thread */
	__u32 stdio;	 /* enum et_stdio_state, and how many ET_STDIO messages << ET_STDIO_SHIFT */
	__u64 leader_ns; /* its leader ended, while other threads went on; 0: not so */
	__u32 mm_users;	 /* of its memory when it let go of it, its own threads included */
	__u32 adopted;	 /* children given to another parent */
	__u32 hung_up;	 /* processes sent SIGHUP by the kernel because it died */
	__u32 exe_len;	 /* bytes of path */
	__u32 exe_size;	 /* the same, rounded up to 8 */
	__u32 signals_size;
};

enum et_reap_kind {
	ET_REAP_RELEASED = 1, /* seen in release_task: exact */
	ET_REAP_WAITED = 2,   /* a wait call returned its pid: `id` unknown, match wait_nr */
	ET_REAP_FREED = 3,    /* the kernel freed it: released some time before, by whom is not known */
};

struct et_reap {
	struct et_header h;
	struct et_id id;   /* the released process; tgid 0 for ET_REAP_WAITED */
	__u64 time_ns;
	struct et_peer by; /* the reaper; tgid 0 for ET_REAP_FREED */
	__u32 kind;	   /* enum et_reap_kind */
	__u32 wait_nr;	   /* ET_REAP_WAITED: the pid as the reaper knows it ... */
	__u32 wait_level;  /* ... in its pid namespace, at this depth */
	__u32 pad;
	struct et_peer parent; /* real_parent when it was released; the message may end in front of it: unknown */
};

struct et_cgroup {
	struct et_header h;
	__u64 id;  /* kernfs node id, what stat() of the directory calls st_ino */
	__u32 len; /* bytes of path[] used, reversed components as in et_death; 0: the root */
	__u32 cut; /* 1: the root side did not fit */
	char path[ET_CGROUP_MAX];
};

struct et_args {
	struct et_header h;
	struct et_id id;
	__u32 len;   /* bytes of args[] used: NUL-separated as in /proc/PID/cmdline */
	__u32 total; /* bytes the process has; more than len: cut */
	char args[ET_ARGS_MAX];
};

enum et_file_what {
	ET_FILE_FLUSH_ERROR = 1, /* its flush failed */
	ET_FILE_SLOW_CLOSE = 2,	 /* the slowest close so far, and slow */
	ET_FILE_SLOW_RELEASE = 3, /* the slowest release so far, and slow */
	ET_FILE_CORE = 4,	 /* the core dump went there */
	ET_FILE_STDIO = 5,	 /* part of struct et_stdio */
};

/* ns; slower ones are worth a path */
#define ET_SLOW_CLOSE 100000ULL
#define ET_SLOW_RELEASE 1000000ULL

enum et_file_flags {
	ET_FILE_CUT = 1 << 0, /* the root side of path did not fit */
	ET_FILE_GONE = 1 << 1, /* path could not be read any more; fs and inode hold */
	ET_FILE_UNLINKED = 1 << 2,
};

struct et_file {
	struct et_header h;
	struct et_id id; /* of the dying process */
	__u64 ns;	 /* how long it took */
	__u64 inode;
	__s32 fd;	 /* -1: not known */
	__s32 error;	 /* negative errno of ET_FILE_FLUSH_ERROR, else 0 */
	__u32 what;	 /* enum et_file_what */
	__u32 flags;	 /* enum et_file_flags */
	__u32 pad;
	__u32 len;	 /* bytes of path[] used, reversed components as in et_death */
	char fs[ET_FS_LEN];	 /* file system type */
	char subtype[ET_FS_LEN]; /* "sshfs" of "fuse.sshfs"; empty: none */
	char path[ET_FILE_PATH_MAX];
};

/* What was seen of the streams of a process. */
enum et_stdio_state {
	ET_STDIO_UNSEEN = 0,	/* not looked at */
	ET_STDIO_SEEN = 1,	/* all of them */
	ET_STDIO_STANDARD = 2,	/* standard output and error only: where the others are is not known */
	ET_STDIO_MANY = 3,	/* more than can be looked at */
	ET_STDIO_STATIC = 4,	/* no dynamic linker that tells where the library is */
	ET_STDIO_UNKNOWN = 5,	/* none of the C libraries known */
	ET_STDIO_UNREADABLE = 6, /* its memory, or some of it, was not there, or made no sense */
	ET_STDIO_COMPAT = 7,	/* a 32-bit program */
};
#define ET_STDIO_SHIFT 8

enum et_stdio_flags {
	ET_STDIO_WIDE = 1 << 0,	  /* `tail` is made of wchar_t, and `bytes` what they take as UTF-8 */
	ET_STDIO_FAILED = 1 << 1, /* a write of it failed: how much was lost with that is not known */
	ET_STDIO_EXEC = 1 << 2,	  /* an exec() did away with the buffer, and not the death */
	ET_STDIO_REST = 1 << 3,	  /* all that no message was sent for: `bytes` and `streams` hold */
	ET_STDIO_UNNOTED = 1 << 4, /* not of all forks could buffers be noted: `inherited` may be too low */
	ET_STDIO_GARBLED = 1 << 5, /* the wide characters could not be counted: `bytes` is too low */
};

/* One stream. */
struct et_stdio {
	struct et_header h;
	__u64 bytes;	 /* in its buffer and not written */
	__u64 inherited; /* of these, the first ones: its parent has them, too, from before fork() */
	__u32 flags;	 /* enum et_stdio_flags */
	__u32 state;	 /* enum et_stdio_state; ET_STDIO_EXEC only: then no stream may be meant */
	__u32 streams;
	__u32 tail_len;	 /* bytes of tail[] used */
	struct et_file file; /* as an ET_FILE message of its own; path and file system only for one stream */
	char tail[ET_STDIO_TAIL_MAX]; /* the last bytes that are not inherited, when asked for */
};

enum et_oom_flags {
	ET_OOM_MEMCG = 1 << 0,	/* for the limit of a memory cgroup ... */
	ET_OOM_GLOBAL = 1 << 1, /* ... or because the machine, or some nodes, had none left; neither: not known */
	ET_OOM_GROUP = 1 << 2,	/* memory.oom.group: its whole cgroup was killed */
	ET_OOM_SYSRQ = 1 << 3,	/* somebody asked for it: sysrq f */
	ET_OOM_SHARED = 1 << 4, /* not chosen: it shared its memory with the victim */
	ET_OOM_LIMIT = 1 << 5,	/* memcg_id, limit_bytes and usage_bytes hold */
	ET_OOM_OWN = 1 << 6,	/* that memory cgroup is the victim's own, no ancestor */
	ET_OOM_V1 = 1 << 7,	/* memory cgroups are of a v1 hierarchy */
	ET_OOM_SWAP = 1 << 8,	/* the limit is that of memory and swap together (v1 memsw) */
	ET_OOM_USED = 1 << 9,	/* anon_bytes to swap_bytes hold */
};

/* The OOM killer's choice. Amounts as they were when it was sent SIGKILL. */
struct et_oom {
	struct et_header h;
	struct et_id id;	/* the victim */
	__u64 time_ns;
	struct et_peer trigger; /* who asked for the memory that was not there: not to blame */
	__u64 memcg_id;		/* cgroup whose limit was hit */
	__u64 limit_bytes;
	__u64 usage_bytes;
	__u64 anon_bytes;	/* of the victim; without what each CPU has not added up yet */
	__u64 file_bytes;
	__u64 shmem_bytes;
	__u64 swap_bytes;
	__s32 score_adj;	/* oom_score_adj */
	__u32 flags;		/* enum et_oom_flags */
};

enum et_thread_flags {
	ET_THREAD_GROUP = 1 << 0, /* the whole process was exiting */
	ET_THREAD_EXEC = 1 << 1,  /* another thread's exec() ended it */
	ET_THREAD_LAST = 1 << 2,  /* the last one */
	ET_THREAD_ALONE = 1 << 3, /* killed, and the process lives on without it */
	ET_THREAD_REFUSED = 1 << 4, /* refused, refused_arch hold */
	ET_THREAD_LEADER = 1 << 5,
	ET_THREAD_LATE = 1 << 6, /* the kernel skipped the probe at its exit: time_ns is when it was freed ... */
	ET_THREAD_UNSURE = 1 << 7, /* ... and whether its process was exiting then, or in an exec(), cannot be said */
};

struct et_thread {
	struct et_header h;
	struct et_id id;	/* of its process */
	__u64 time_ns;		/* in do_exit() */
	__u64 start_ns;		/* of the thread */
	__u64 runtime_ns;	/* on a CPU */
	__u32 tid;
	__s32 status;		/* its own exit code, as a wait status */
	__u32 flags;		/* enum et_thread_flags */
	__u32 seccomp;		/* enum et_seccomp */
	__s32 refused;
	__u32 refused_arch;
	__u32 threads;		/* left in the process, itself included */
	__u32 uid;
	char comm[ET_COMM_LEN]; /* of the thread */
	char process[ET_COMM_LEN]; /* of the process */
};

enum et_stack_what {
	ET_STACK_CALL = 0,   /* it called a function of a C library that ends it: `call`, `caller` */
	ET_STACK_SIGNAL = 1, /* a signal that ends it was delivered to this thread */
	ET_STACK_DEATH = 2,  /* neither holds: who called exit_group(), or the last thread, in its last system call */
	ET_STACK_SENDER = 3, /* not of the process: of who sent the fatal signal */
	ET_STACK_KINDS,
};

enum et_stack_call {
	ET_CALL_NONE = 0,
	ET_CALL_EXIT,
	ET_CALL__EXIT, /* _Exit() too */
	ET_CALL_QUICK_EXIT,
	ET_CALL_ABORT,
	ET_CALL_COUNT,
};

enum et_stack_flags {
	ET_STACK_INSIDE = 1 << 0, /* called by the library itself: in the mapping, and so the file, of frames[0] */
	ET_STACK_GROUP = 1 << 1, /* the whole process was exiting */
	ET_STACK_32BIT = 1 << 2, /* the numbers of system calls are those of 32-bit programs */
	ET_STACK_CUT = 1 << 3, /* the root side of `path` did not fit */
	ET_STACK_CODE_READ = 1 << 4, /* `code` holds */
};

enum et_frame_kind { /* the first three as the kernel's struct bpf_stack_build_id has them */
	ET_FRAME_NONE = 0,
	ET_FRAME_FILE = 1,    /* `offset` in the file with this build id */
	ET_FRAME_ADDRESS = 2, /* `offset` is the address: no build id was to be read */
	ET_FRAME_OFFSET = 3,  /* `offset` in a file without a readable build id */
};

/* An instruction, laid out as struct bpf_stack_build_id. */
struct et_frame {
	__u32 kind; /* enum et_frame_kind */
	__u8 build_id[ET_BUILD_ID_LEN];
	__u64 offset;
};

/* Ends behind the last frame. */
struct et_stack {
	struct et_header h;
	struct et_id id;   /* of the process that dies, also of ET_STACK_SENDER */
	__u32 what;	   /* enum et_stack_what */
	__u32 call;	   /* enum et_stack_call; ET_STACK_CALL only */
	__u32 tid;	   /* whose stack it is */
	__u32 flags;	   /* enum et_stack_flags */
	__s32 syscall;	   /* ET_STACK_DEATH: the system call it was in; -1: not known */
	__u32 signo;	   /* ET_STACK_SIGNAL, ET_STACK_SENDER */
	__u32 nr;	   /* frames */
	__u32 path_len;	   /* bytes of path */
	struct et_frame caller; /* ET_STACK_CALL: where it returns to */
	__u8 code[ET_STACK_CODE]; /* in front of that */
	char path[ET_STACK_PATH_MAX]; /* file that the caller is in; reversed path, as et_death's exe */
	struct et_frame frames[ET_STACK_FRAMES]; /* the innermost first, by frame pointers */
};

/* Where an exit is, as far as the tier shows it. */
enum et_phase {
	ET_PHASE_NONE = 0,
	ET_PHASE_DELIVERY, /* of the signal, or until all threads are in do_exit() */
	ET_PHASE_COREDUMP,
	ET_PHASE_EXIT,	   /* in do_exit(), between the others */
	ET_PHASE_MM,
	ET_PHASE_FILES,
	ET_PHASE_DETACH,
	ET_PHASE_TASK_WORK,
	ET_PHASE_NOTIFY,
	ET_PHASE_COUNT,
};

/*
 * An exit under way. Lives in a table that the user half maps, so that looking needs no bpf():
 * an exit that hangs sends no message.
 */
struct et_exit {
	struct et_id id;
	__u64 begin_ns; /* 0: the slot is free; in the future: it is being written. Written last, cleared first */
	__u64 since_ns; /* in this phase */
	__u32 phase;	/* enum et_phase */
	__u32 uid;
	__u32 signo;	/* 0: it exited, or the signal was not seen */
	__u32 threads;	/* when it began */
	char comm[ET_COMM_LEN];
	/* of the signal; a cache line of its own, not touched without */
	__u32 info;	/* enum et_siginfo_kind */
	__s32 code;	/* si_code */
	struct et_peer by;
	__u64 pad;
};

/* ---- the user half's own messages ---- */

struct et_dying {
	struct et_header h;
	struct et_exit e;
};

struct et_pattern {
	struct et_header h;
	__u32 len; /* of pattern */
	__u32 pad;
	char pattern[128]; /* /proc/sys/kernel/core_pattern */
};

struct et_forget {
	struct et_header h;
	struct et_id id;
	__u32 why; /* enum missing_why */
	__u32 pad;
};

enum et_start_flags {
	ET_START_ARGS = 1 << 0, /* argv was asked for */
	ET_START_STDIO = 1 << 1, /* --stdio */
	ET_START_STACK = 1 << 2, /* stacks were asked for */
};

struct et_start {
	struct et_header h;
	__u32 version;	  /* ET_STREAM_VERSION */
	__u32 page_size;
	__u64 attach_ns;  /* every probe was attached by then */
	__u64 real_ns;	  /* CLOCK_REALTIME at attach_ns */
	__u32 self_tgid;
	__u32 flags; /* enum et_start_flags */
	char boot_id[40]; /* /proc/sys/kernel/random/boot_id */
	char release[72]; /* uname -r */
	char tier[16];	  /* highest door in use: fentry, kprobe, tracepoint */
	__u8 doors[ET_OBSERVATIONS]; /* enum et_door by enum et_observation */
};
#define ET_STREAM_VERSION 4

struct et_clock {
	struct et_header h;
	__u64 boot_ns;
	__u64 real_ns; /* CLOCK_REALTIME at boot_ns: follows clock steps */
};

/*
 * Counters of the kernel half since it was attached. deaths = DEATH messages in
 * the ring buffer + lost_ring once nothing is on its way. Mapped into user space, so reading needs no bpf().
 */
struct et_counters {
	__u64 deaths;	    /* processes whose death was seen and passed the filters */
	__u64 lost_ring;    /* DEATH messages without room in the ring buffer */
	__u64 lost_reap;    /* REAP messages without room */
	__u64 lost_cgroup;  /* CGROUP and ARGS messages without room (asked for again later) */
	__u64 full_signals; /* signals not noted: signals map full */
	__u64 full_dying;   /* processes without a scratch entry: dying map full */
	__u64 full_tree;    /* children not followed: tree map full */
	__u64 skipped;	    /* deaths told late, ET_D_LATE */
	__u64 lost_file;    /* FILE, OOM and STACK messages without room */
	__u64 threads;	    /* deaths of threads that were to be told */
	__u64 lost_thread;  /* THREAD messages without room */
};

struct et_loss {
	struct et_header h;
	struct et_counters c;
};

/* What exittrace watches; rows of the plan table (src/plan.c). */
enum et_observation {
	ET_OBS_EXIT = 0,   /* the last thread of a process exits */
	ET_OBS_EXE,	   /* path of the executable and argv, while the mm is there */
	ET_OBS_LAST,	   /* which thread is the last, told by the kernel */
	ET_OBS_NOTIFY,	   /* the parent is told: zombie */
	ET_OBS_REAP,	   /* who released it, when */
	ET_OBS_SIGNAL,	   /* who sent which signal */
	ET_OBS_TREE,	   /* fork: descendants of a process */
	ET_OBS_SNAPSHOT,   /* zombies that were there before */
	ET_OBS_BEGIN,	   /* when the exit begins, thread by thread */
	ET_OBS_MM,	   /* memory is given back */
	ET_OBS_FILES,	   /* descriptors are closed and flushed */
	ET_OBS_WORK,	   /* terminal, namespaces, released files, cgroup */
	ET_OBS_COREDUMP,
	ET_OBS_CHILDREN,   /* what becomes of its children */
	ET_OBS_OOM,	   /* the OOM killer's choice */
	ET_OBS_SECCOMP,	   /* the system call that seccomp ended a thread for */
	ET_OBS_CGROUP_KILL, /* which cgroup was killed */
	ET_OBS_HANGUP,	   /* which terminal was hung up */
	ET_OBS_STDIO,	   /* what is left in stdio buffers */
	ET_OBS_STACK,	   /* where it stood when it ended, and who sent its signal */
	ET_OBS_LEAVE,	   /* who called exit() and the like */
	ET_OBS_COUNT,
};

enum et_door {
	ET_DOOR_NONE = 0,
	ET_DOOR_FENTRY = 1,
	ET_DOOR_KPROBE = 2,
	ET_DOOR_TRACEPOINT = 3,
	ET_DOOR_ITER = 4,
	ET_DOOR_OFF = 5, /* not needed for what was asked */
	ET_DOOR_UPROBE = 6,
};

_Static_assert(sizeof(struct et_header) == 8, "layout");
_Static_assert(sizeof(struct et_id) == 16, "layout");
_Static_assert(sizeof(struct et_peer) == 48, "layout");
_Static_assert(sizeof(struct et_signal) == 152, "layout");
_Static_assert(sizeof(struct et_killer) == 48 + 48 + ET_TTY_LEN + ET_KILLER_EXE_MAX, "layout");
_Static_assert(sizeof(struct et_signals) == 152 * (1 + ET_SLOTS) + sizeof(struct et_killer), "layout");
_Static_assert(sizeof(struct et_resources) == 80, "layout");
_Static_assert(sizeof(struct et_marks) == 96, "layout");
_Static_assert(sizeof(struct et_files) == 56, "layout");
_Static_assert(sizeof(struct et_core) == 24, "layout");
_Static_assert(sizeof(struct et_death) == 624, "layout");
_Static_assert(sizeof(struct et_reap) == 144, "layout");
_Static_assert(sizeof(struct et_file) == 64 + 2 * ET_FS_LEN + ET_FILE_PATH_MAX, "layout");
_Static_assert(sizeof(struct et_exit) == 128, "layout");
_Static_assert(sizeof(struct et_cgroup) == 24 + ET_CGROUP_MAX, "layout");
_Static_assert(sizeof(struct et_args) == 32 + ET_ARGS_MAX, "layout");
_Static_assert(sizeof(struct et_start) == 192, "layout");
_Static_assert(sizeof(struct et_clock) == 24, "layout");
_Static_assert(sizeof(struct et_counters) == 88, "layout");
_Static_assert(sizeof(struct et_oom) == 144, "layout");
_Static_assert(sizeof(struct et_thread) == 112, "layout");
_Static_assert(sizeof(struct et_stdio) == 40 + sizeof(struct et_file) + ET_STDIO_TAIL_MAX, "layout");
_Static_assert(sizeof(struct et_frame) == 32, "layout");
_Static_assert(sizeof(struct et_stack) == 56 + 32 + ET_STACK_CODE + ET_STACK_PATH_MAX + 32 * ET_STACK_FRAMES, "layout");
_Static_assert(ET_OBS_COUNT <= ET_OBSERVATIONS, "doors[] is too short");

#endif
