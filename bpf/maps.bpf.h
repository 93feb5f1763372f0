/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * maps.bpf.h: everything the kernel half remembers, and how long.
 *
 * All hash maps are preallocated: entries are made with siglock or tasklist_lock
 * held and interrupts off, where an allocation may fail at the worst moment. A
 * full map is counted, never silent. LRU only where losing an entry loses no fact.
 */
#ifndef EXITTRACE_MAPS_BPF_H
#define EXITTRACE_MAPS_BPF_H

const volatile struct et_config config = {};

struct et_counters counters = {}; /* mapped by the user half */
__u64 last_wake_ns = 0;		  /* see emit.bpf.h */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, ET_RING_BYTES);
} ring SEC(".maps");

/* A file between the begin and the end of what is done to it. */
struct in_hand {
	struct file *file; /* NULL: none */
	struct dentry *dentry;
	struct vfsmount *mnt;
	struct inode *inode;
	struct file_system_type *type;
	__u64 ino;
	__s64 fd; /* -1: not known */
	__u64 begin_ns;
};

#define ET_CLOSERS 4 /* a power of two */

/*
 * One entry per dying process: the DEATH message in the making. Lives from the
 * first thread of a group exit (or the last thread of any) until the parent is told.
 */
struct dying {
	__u64 owner; /* of a slot: start_ns of its process; 0: free, and then all is 0 up to path */
	__u32 filled; /* the last thread has been here */
	__u32 slot;   /* its own number; from ET_HOT_DYING on it was a later choice */
	__u32 last_tid; /* 0: not known yet */
	__u32 closer_tid; /* the thread that closes the descriptors, 0: none was seen */
	__u32 core_tid;	  /* the thread that dumps core, 0: none was seen */
	__u32 closers; /* its threads that are closing files, and counted in closing_now ... */
	__u32 closing_tids[ET_CLOSERS]; /* ... and which they are, but for those whose place another one took */
	__u32 path_len;
	__u32 next_fd;	  /* tracepoint tier: behind the last file of FUSE that was flushed */
	__u64 last_task;  /* address of the last thread; 0: not known yet */
	struct mm_struct *mm;
	struct files_struct *table;
	struct in_hand closing, releasing;
	struct et_death d;
	__u8 exe[ET_EXE_MAX];	    /* with d the message, but for the signals */
	__u8 path[ET_FILE_PATH_MAX]; /* of a file, while its message is made */
	__u8 room[ET_FILE_PATH_MAX]; /* for all the verifier knows it is written this far: see fill_path() */
};

/*
 * An entry is a slot in an array, one of the SLOT_CHOICES that a pid has: a hash map copies the whole entry, which
 * takes four times as long.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ET_HOT_DYING + ET_MAX_DYING);
	__type(key, __u32);
	__type(value, struct dying);
} dying_slots SEC(".maps");

__u64 in_later_slots = 0; /* entries that had to take a later choice */

/*
 * Since when, CLOCK_BOOTTIME; 0: nothing is told. Set by the user half once every program is attached, and cleared
 * before it detaches one after the other. Both take a tenth of a second, in which some programs see what others do
 * not: a death would pass for a zombie that nobody reaps, for an exit that does not end, or be told twice.
 */
__u64 telling = 0;

__u32 closing_now = 0; /* threads of dying processes that are closing their files, see struct dying */

/* For kernels that may have no atomics (before 5.12): the slots taken, and start_ns of the process that has each. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ET_HOT_DYING + ET_MAX_DYING);
	__type(key, __u32);
	__type(value, __u64);
} owners SEC(".maps");

/*
 * Which of several racing last threads reports; only where the kernel does not tell.
 * LRU: of use for the microseconds of the race only.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ET_MAX_DYING);
	__type(key, struct et_id);
	__type(value, __u32);
} claims SEC(".maps");

/*
 * From the death that was told until the kernel frees the task, by the low bits of the pid: what is freed and not
 * ET_RELEASED here was released by a call that the probe did not see. Another one may have taken the
 * place: a release told twice does no harm.
 */
enum dead_state {
	ET_UNTOLD = 1, /* its last thread exited before anything was told: not told yet */
	ET_NO_ROOM,    /* or when there was no room for its entry */
	ET_ZOMBIE,
	ET_TRACED, /* a tracer may wait for it, which is no release */
	ET_RELEASED,
};

struct dead {
	__u64 start_ns;
	__u32 tgid;
	__u32 state; /* enum dead_state */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ET_MAX_DEAD);
	__type(key, __u32);
	__type(value, struct dead);
} dead SEC(".maps");

/* --threads: those told, by address, until the kernel frees them. LRU: one told twice does less harm than none. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ET_MAX_THREADS);
	__type(key, __u64);
	__type(value, __u32);
} told_threads SEC(".maps");

/* Exits under way, by the low bits of their pid; mapped by the user half. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, 1024); /* BPF_F_MMAPABLE */
	__uint(max_entries, ET_MAX_EXITS);
	__type(key, __u32);
	__type(value, struct et_exit);
} exits SEC(".maps");

/* Leaders that ended while other threads go on, and when. LRU: the process may never die. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct et_id);
	__type(value, __u64);
} leaders SEC(".maps");

/*
 * From the first signal that could kill, or that asks to stop, until the death. `now` is the signal being looked at,
 * which the target's siglock makes one at a time: on the stack the verifier would go separate ways for all it may
 * hold.
 */
struct signaled {
	struct et_signals all;
	struct et_signal now;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ET_MAX_SIGNALED);
	__type(key, struct et_id);
	__type(value, struct signaled);
} signaled SEC(".maps");

__s64 signaled_now = 0; /* entries of it, for the user half, which cannot ask the map any more */

#define SIGNALED_NEAR 1024

/* Entries of it by the low bits of the pid, counted before they are made: most who die have none, and need not look. */
__u32 signaled_near[SIGNALED_NEAR] = {};

static __always_inline __u32 *near_signaled(const struct et_id *id)
{
	return &signaled_near[id->tgid & (SIGNALED_NEAR - 1)];
}

/* When there was no room in it last: of whose process is not known, only that it was alive then. */
__u64 signals_full_ns = 0;

/*
 * The call that a thread is in and that sends signals, known by its registers: kill(-pgid) and the like
 * send many. LRU: one forgotten in the middle of the call becomes two.
 */
struct call {
	__u64 regs[5];
	struct et_id first; /* who got its first signal */
	__u64 begin_ns;	    /* of its first signal */
	__u64 last_ns;
	__u32 signo;
	__u32 sent;	    /* signals that could kill */
	__u32 args_told;    /* argv of the sender was sent */
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct call);
} calls SEC(".maps");

/* What a thread is about that makes the kernel send signals, while it is. LRU: should its end not be seen. */
struct errand {
	__u64 cgroup; /* it writes to cgroup.kill of this one; 0: no */
	char tty[ET_TTY_LEN]; /* it hangs up this terminal; empty: no */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct errand);
} errands SEC(".maps");

/* The OOM killer at work, by the thread it works for. LRU: for as long as it takes. */
struct oom_kill {
	struct et_oom oom; /* of the process that was sent SIGKILL last */
	struct mem_cgroup *memcg; /* whose limit was hit; NULL: none, or not known */
	struct mm_struct *mm;	  /* of the victim */
	__u32 flags;		  /* enum et_oom_flags that hold for all */
	__u32 told;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct oom_kill);
} ooms SEC(".maps");

/* System calls that seccomp ended a thread for, by thread, until it exits. LRU: audit may see more than die. */
struct refusal {
	__s32 syscall;
	__u32 signo;
	__u32 arch; /* AUDIT_ARCH_*, 0: not known */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct refusal);
} refusals SEC(".maps");

/*
 * cgroups whose path the user half was told, by the low bits of their id, and in which round; forgetting one only sends
 * it again. What the user half keeps of them goes with its process, and is bounded: it begins another round.
 */
__u32 cgroup_round = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ET_MAX_CGROUPS);
	__type(key, __u32);
	__type(value, __u64);
} known_cgroups SEC(".maps");

/*
 * --exit-stack: what was told of a process that is about to end, so that nothing is told twice. LRU: forgetting makes
 * it be told of once more, as what it was last in.
 */
struct leaving {
	__u64 mm;    /* of the program that called exit(): exec() may still come in between */
	__u32 told;  /* bits of enum et_stack_what, see TOLD() */
	__u32 signo; /* ET_STACK_SIGNAL; 0: not yet that of a thread that got the signal itself */
	__u64 callee, stack; /* ET_STACK_CALL: where the function is, and the stack pointer when it was called */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ET_MAX_LEAVING);
	__type(key, struct et_id);
	__type(value, struct leaving);
} leaving SEC(".maps");

/* -p: tgid and its start in USER_HZ ticks, the resolution of /proc/PID/stat. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ET_MAX_PIDS);
	__type(key, __u32);
	__type(value, __u64);
} pids SEC(".maps");

/* --tree: the root and its living descendants, by pid and start in ticks. */
struct tree_key {
	__u64 start_ticks;
	__u32 tgid;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ET_MAX_TREE);
	__uint(map_flags, 1); /* BPF_F_NO_PREALLOC: mostly unused */
	__type(key, struct tree_key);
	__type(value, __u32);
} tree SEC(".maps");

/* Tracepoint tier: a FUSE server is asked to flush for a dying process, by request. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct et_id);
} flushes SEC(".maps");

/* --stdio: builds of C libraries; filled by the user half before it attaches anything. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ET_MAX_LIBCS);
	__type(key, struct et_libc_key);
	__type(value, struct et_libc);
} libcs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ET_MAX_LINKERS);
	__type(key, __u32);
	__type(value, struct et_linker); /* .dynamic 0: no more */
} linkers SEC(".maps");

/*
 * --stdio: what was in the buffers of its parent when a process was forked, by pid, until it dies or calls exec(). One
 * that was made before the process began is of another one.
 */
#define FORK_STREAMS 8

struct forked {
	__u64 time_ns;
	__u64 more; /* than there is room for */
	struct {
		__u64 base, bytes, hash; /* where, how many, and of the first of them */
	} streams[FORK_STREAMS];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ET_MAX_FORKS);
	__type(key, __u32);
	__type(value, struct forked);
} forks SEC(".maps");

__u64 forks_full_ns = 0; /* when there was no room in it last: for a child that had begun by then */

/* --stdio: a thread that looks at the streams of its process, while it does: the stack has no room for all that. */
#define ET_FILE_STRUCT 200 /* bytes of a FILE, up to the last member that is of use */

struct last_words {
	struct et_id id;
	__u64 heads[ET_LIBC_HEADS]; /* first streams of lists */
	__u64 at, before;	    /* the next stream; the one before it in its list */
	__u64 base, size;	    /* of this one's buffer, bytes */
	__u64 chars_at, chars_left, chars_bytes; /* while characters are counted */
	__u64 rest;		    /* in the buffers of those that were not told */
	__u32 others;		    /* how many that are */
	__u32 how;		    /* enum et_stdio_flags for all of them */
	__u32 flags;		    /* and for this one */
	__s32 fd;
	__u32 next_head;
	__u32 state; /* enum et_stdio_state; 0: not through yet */
	__u32 told;
	__u32 child; /* pid: to be noted for it, not told; 0: told */
	__u32 noted;
	__u32 pad;
	struct in_hand file;
	__u8 stream[ET_FILE_STRUCT];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct last_words);
} last_words SEC(".maps");

/* The iterator's room to build a message; only one reader ever runs it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct et_death);
} snapshot SEC(".maps");

/* Of one that is dying: what was sent to it was noted with its siglock held, which it has had since. */
static __always_inline bool may_be_signaled(const struct et_id *id)
{
	return *(volatile __u32 *)near_signaled(id);
}

static __always_inline void forget_signals(const struct et_id *id)
{
	if (!may_be_signaled(id) || bpf_map_delete_elem(&signaled, id))
		return;
	__sync_fetch_and_add(&signaled_now, -1);
	__sync_fetch_and_add(near_signaled(id), -1);
}

static const struct signaled no_signals;
static const struct et_args no_args;
static const struct et_file no_file;
static const struct call no_call;
static const struct errand no_errand;
static const struct oom_kill no_oom_kill;
static const struct et_stdio no_stdio;
static const struct forked no_forked;
static const struct last_words no_words;
static const struct et_stack no_stack;

#endif
