/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * config.h: what the user half hands to the kernel half before load. It lives in
 * .rodata, so the verifier drops the code of everything that is switched off.
 */
#ifndef EXITTRACE_CONFIG_H
#define EXITTRACE_CONFIG_H

#include "event.h"

#define ET_MAX_PIDS 1024     /* -p */
#define ET_MAX_DYING 2048    /* processes between their first thread's exit and the zombie; a power of two */
#define ET_HOT_DYING 64	     /* the slots among them that are tried first, and so are in the cache */
#define ET_MAX_SIGNALED 4096 /* processes with a remembered signal */
#define ET_MAX_THREADS 16384 /* --threads: between their exit and the kernel freeing them */
#define ET_MAX_TREE 65536    /* --tree: living descendants */
#define ET_MAX_DEAD 8192      /* the dead that nobody released yet, best effort; a power of two */
#define ET_MAX_CGROUPS 2048  /* cgroup paths known to be known; a power of two */
#define ET_MAX_EXITS 2048    /* exits under way that can be looked at; a power of two */
#define ET_MAX_LIBCS 256     /* --stdio: builds of C libraries */
#define ET_MAX_LINKERS 32    /* --stdio: builds of dynamic linkers */
#define ET_MAX_FORKS 4096    /* --stdio: processes forked while something was in a buffer */
#define ET_MAX_LEAVING 4096  /* --exit-stack: between a call of exit() and the death */
#define ET_RING_BYTES (4 << 20)

/*
 * --stdio: a build of a C library, by where its dynamic section is. That section is always in the memory of a process
 * (the dynamic linker writes there), so it says whether it is that build.
 */
#define ET_LIBC_ENTRIES 12	/* of the dynamic section that the fingerprint is made of, or fewer */
#define ET_LIBC_HASH 0x100000001b3ULL
#define ET_LIBC_HEADS 3

struct et_libc_key {
	__u64 dynamic; /* its dynamic section, from where it is loaded */
	__u32 nth;     /* of the builds that have it there */
	__u32 pad;
};

enum et_libc_kind {
	ET_LIBC_GLIBC = 1,
	ET_LIBC_MUSL = 2, /* its own dynamic linker */
	ET_LIBC_LINKER = 3, /* a dynamic linker and no C library: heads[0] is what it tells debuggers */
};

struct et_linker {
	__u64 dynamic;
	__u64 fingerprint;
	__u64 debug; /* 0: it is the C library, too */
};

struct et_libc {
	__u64 fingerprint;
	/* pointers to streams: the list of all; of musl stdout, stderr, the list; 0: not known */
	__u64 heads[ET_LIBC_HEADS];
	__u32 kind;
	__u32 pad;
};

/* Kernel structs that a number is told to be the address of, see bpf/read.bpf.h. */
#define ET_TYPES(X) \
	X(cgroup_subsys_state) X(coredump_params) X(dentry) X(fdtable) X(file) X(files_struct) X(fuse_req) \
	X(k_sigaction) X(kernel_siginfo) X(kernfs_node) X(kernfs_open_file) X(mem_cgroup) X(mm_struct) X(mount) \
	X(oom_control) X(task_struct) X(timespec64) X(vfsmount) X(vm_area_struct)

/*
 * Stands for bpf_rdonly_cast() in calls of helpers, of which no kernel has so many, until the program is loaded: see
 * src/attach_ids.h
 */
#define ET_RDONLY_CAST 1000000

struct et_types { /* their BTF ids; 0: this kernel has none */
#define ET_TYPE(name) __u32 name;
	ET_TYPES(ET_TYPE)
#undef ET_TYPE
};

struct et_config {
	/* what the kernel offers */
	__u8 exit_tells_last;	/* sched_process_exit has the group_dead argument (6.16) */
	__u8 mm_at_exit;	/* task->mm is still there at sched_process_exit (6.16) */
	__u8 last_hooked;	/* taskstats_exit tells group_dead (fentry or kprobe) */
	__u8 notify_hooked;	/* do_notify_parent is watched */
	__u8 count_files;	/* exit_files and filp_close cannot be watched, the table is counted */
	__u8 children_hooked;	/* kill_orphaned_pgrp is watched ... */
	__u8 count_children;	/* ... or cannot be, and they are counted */
	/* which deaths */
	__u8 by_pid;	/* map `pids` */
	__u8 by_tree;	/* map `tree` */
	__u8 by_comm;
	__u8 by_uid;
	__u8 by_cgroup;
	__u8 failed_only; /* status != 0 */
	__u8 by_signal;	  /* signals */
	/* what to send */
	__u8 want_args;
	__u8 prompt; /* wake the reader at every message */
	__u8 watch_exits; /* keep the table of exits under way */
	__u8 want_threads; /* a message for each thread that ends */
	/* more of what the kernel offers */
	__u8 oom_hooked;   /* oom_kill_process is watched */
	__u8 task_pt_regs; /* bpf_task_pt_regs() and bpf_get_current_task_btf() are there (5.15) */
	__u8 cgroup_kill;  /* cgroup.kill is there (5.14) ... */
	__u8 cgroup_kill_hooked; /* ... and who writes to it is watched */
	__u8 page_shift;
	__u8 cgroup_v1; /* cgroup_id is of the v1 hierarchy that limits memory, or without that processes */
	__u64 signals;	 /* bit N: status with termsig N+1 */
	__u64 cgroup_id; /* this cgroup and everything below */
	__u32 uid;
	char comm[ET_COMM_LEN];
	__u16 stdio_tail; /* bytes to send of each stream */
	__u16 pad2;
	struct et_types types;
};

_Static_assert(sizeof(struct et_config) - sizeof(struct et_types) <= 72, "layout");

#endif
