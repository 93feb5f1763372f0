/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * compat.bpf.h: where kernels differ, one accessor each, with the change that
 * made the difference. Nothing else in bpf/ asks which kernel it is on.
 */
#ifndef EXITTRACE_COMPAT_BPF_H
#define EXITTRACE_COMPAT_BPF_H

/* Constants that are not types, so not in BTF. Unchanged since 5.10. */
#define PF_EXITING 0x00000004
#define PF_FORKNOEXEC 0x00000040
#define PF_KTHREAD 0x00200000
#define EXIT_ZOMBIE 0x00000020
#define SIGNAL_GROUP_EXIT 0x00000004
#define SIGNAL_GROUP_COREDUMP 0x00000008 /* until 5.17, then an unused bit */
#define SA_NOCLDWAIT 0x00000002
#define PT_EXITKILL (1 << 23) /* PTRACE_O_EXITKILL, in task->ptrace */

/* Of a kernel stack, x86-64's and arm64's without debugging aids: on arm64 no less than a page, which may be 64 KiB. */
#define MIN_THREAD_SIZE 16384
#define THREAD_SIZE ((1ULL << config.page_shift) > MIN_THREAD_SIZE ? (1ULL << config.page_shift) : MIN_THREAD_SIZE)

/*
 * 6.15 made the parent of a kernfs node RCU-protected and renamed it, "kernfs:
 * Use RCU to access kernfs_node::parent".
 */
struct kernfs_node___before_6_15 {
	struct kernfs_node *parent;
} __attribute__((preserve_access_index));

struct kernfs_node___from_6_15 {
	struct kernfs_node *__parent;
} __attribute__((preserve_access_index));

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___from_6_15 *now = (void *)kn;
	struct kernfs_node___before_6_15 *then = (void *)kn;

	if (bpf_core_field_exists(now->__parent))
		return READ(now, __parent);
	return READ(then, parent);
}

/*
 * 7.2 lets clone3() ask for a child that is never a zombie (signal->autoreap).
 * Older kernels: nobody can ask, so false.
 */
struct signal_struct___from_7_2 {
	unsigned int autoreap : 1;
} __attribute__((preserve_access_index));

static __always_inline bool signal_autoreap(struct signal_struct *sig)
{
	struct signal_struct___from_7_2 *now = (void *)sig;

	if (!bpf_core_field_exists(now->autoreap))
		return false;
	return READ_BIT(now, autoreap);
}

/*
 * Whoever calls exec() ends the other threads: group_exit_task until 5.16 (coredump_finish() has it NULL
 * before anybody exits), then group_exec_task.
 */
struct signal_struct___before_5_17 {
	struct task_struct *group_exit_task;
} __attribute__((preserve_access_index));

struct signal_struct___from_5_17 {
	struct task_struct *group_exec_task;
} __attribute__((preserve_access_index));

static __always_inline bool exec_in_progress(struct signal_struct *sig)
{
	struct signal_struct___from_5_17 *now = (void *)sig;
	struct signal_struct___before_5_17 *then = (void *)sig;

	if (bpf_core_field_exists(now->group_exec_task))
		return READ(now, group_exec_task);
	return READ(then, group_exit_task);
}

/*
 * Where a file waits for its delayed release: f_u.fu_rcuhead, since 5.16 f_rcuhead, since 6.6 f_task_work.
 */
struct file___before_5_16 {
	union {
		struct callback_head fu_rcuhead;
	} f_u;
} __attribute__((preserve_access_index));

struct file___before_6_6 {
	struct callback_head f_rcuhead;
} __attribute__((preserve_access_index));

struct file___from_6_6 {
	struct callback_head f_task_work;
} __attribute__((preserve_access_index));

static __always_inline struct file *file_of_work(struct callback_head *work)
{
	struct file___from_6_6 *now = NULL;
	struct file___before_6_6 *then = NULL;
	struct file___before_5_16 *once = NULL;

	if (bpf_core_field_exists(now->f_task_work))
		return typed(file, (void *)work - bpf_core_field_offset(now->f_task_work));
	if (bpf_core_field_exists(then->f_rcuhead))
		return typed(file, (void *)work - bpf_core_field_offset(then->f_rcuhead));
	return typed(file, (void *)work - bpf_core_field_offset(once->f_u.fu_rcuhead));
}

/*
 * May it dump core, as PR_GET_DUMPABLE tells: MMF_DUMPABLE, the lowest two bits of mm->flags, which became a
 * bitmap type in 6.18; since 7.x a member of its own of what a program has from exec.
 */
enum task_dumpable {
	TASK_DUMPABLE_OFF = 0,
};

struct task_exec_state___from_7 {
	enum task_dumpable dumpable;
} __attribute__((preserve_access_index));

struct task_struct___from_7 {
	struct task_exec_state___from_7 *exec_state;
} __attribute__((preserve_access_index));

struct mm_struct___before_6_18 {
	unsigned long flags;
} __attribute__((preserve_access_index));

typedef struct {
	unsigned long __mm_flags[1];
} mm_flags_t;

struct mm_struct___from_6_18 {
	mm_flags_t flags;
} __attribute__((preserve_access_index));

static __always_inline __u32 task_dumpable(struct task_struct *task, struct mm_struct *mm)
{
	struct task_struct___from_7 *latest = (void *)task;
	struct mm_struct___before_6_18 *then = (void *)mm;
	struct mm_struct___from_6_18 *now = (void *)mm;
	unsigned long flags = 0;

	if (bpf_core_field_exists(latest->exec_state))
		return READ(latest, exec_state, dumpable);
	if (bpf_core_field_exists(then->flags))
		return READ(then, flags) & 3;
	bpf_probe_read_kernel(&flags, sizeof(flags), (void *)now + bpf_core_field_offset(now->flags));
	return flags & 3;
}

/*
 * Pages of each kind that a process has: mm->rss_stat. Since 6.2 each CPU keeps up to 32 pages (or twice the
 * number of CPUs) of each kind to itself for a while.
 */
struct mm_rss_stat___before_6_2 {
	atomic_long_t count[4];
} __attribute__((preserve_access_index));

struct mm_struct___before_6_2 {
	struct mm_rss_stat___before_6_2 rss_stat;
} __attribute__((preserve_access_index));

struct percpu_counter {
	s64 count;
} __attribute__((preserve_access_index));

struct mm_struct___from_6_2 {
	struct percpu_counter rss_stat[4];
} __attribute__((preserve_access_index));

enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES };

static __always_inline __u64 mm_pages(struct mm_struct *mm, int kind)
{
	struct mm_struct___before_6_2 *then = (void *)mm;
	struct mm_struct___from_6_2 *now = (void *)mm;
	void *at;
	s64 n = 0;

	if (bpf_core_field_exists(then->rss_stat.count))
		at = (void *)mm + bpf_core_field_offset(then->rss_stat.count) + kind * sizeof(atomic_long_t);
	else
		at = (void *)mm + bpf_core_field_offset(now->rss_stat) +
		     kind * bpf_core_type_size(struct percpu_counter) +
		     bpf_core_field_offset(struct percpu_counter, count);
	bpf_probe_read_kernel(&n, sizeof(n), at);
	return n & ~(n >> 63); /* no less than 0, without a branch */
}

/*
 * What a thread had in its registers when it entered the kernel, at the top of its stack. 5.15 brought
 * bpf_task_pt_regs(), which knows what kernels since 6.9 may leave free above.
 */
static __always_inline void *user_regs(struct task_struct *current)
{
	if (config.task_pt_regs)
		return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	return READ(current, stack) + THREAD_SIZE - sizeof(struct pt_regs);
}

/*
 * By which table the system call under way is numbered, AUDIT_ARCH_*; 0: not known. A 32-bit program's is marked on
 * entry: on x86 in a word that only system calls write, on arm64 by a flag that such a program always has.
 */
#if defined(__TARGET_ARCH_x86)
struct thread_info___x86 {
	u32 status;
} __attribute__((preserve_access_index));

struct task_struct___x86 {
	struct thread_info___x86 thread_info;
} __attribute__((preserve_access_index));

static __always_inline __u32 call_arch(struct task_struct *current)
{
	struct task_struct___x86 *t = (void *)current;

	if (!bpf_core_field_exists(t->thread_info.status))
		return 0;
	return BPF_CORE_READ(t, thread_info.status) & TS_COMPAT ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
}
#else
struct thread_info___arm64 {
	unsigned long flags;
} __attribute__((preserve_access_index));

struct task_struct___arm64 {
	struct thread_info___arm64 thread_info;
} __attribute__((preserve_access_index));

static __always_inline __u32 call_arch(struct task_struct *current)
{
	struct task_struct___arm64 *t = (void *)current;

	if (!bpf_core_field_exists(t->thread_info.flags))
		return 0;
	return BPF_CORE_READ(t, thread_info.flags) & TIF_32BIT ? AUDIT_ARCH_ARM : AUDIT_ARCH_AARCH64;
}
#endif

/* Is it a 32-bit program, which has other numbers for system calls? */
static __always_inline bool is_32bit(const struct pt_regs *user)
{
	__u64 mode = 0;

#if defined(__TARGET_ARCH_x86)
	bpf_probe_read_kernel(&mode, 8, &user->cs);
	return mode == USER32_CS;
#else
	bpf_probe_read_kernel(&mode, 8, &user->pstate);
	return mode & PSR_MODE32_BIT;
#endif
}

/*
 * The mapping of an address. 5.17 brought bpf_find_vma(); before, mappings were in a red-black tree (until 6.1),
 * which is walked without its lock: what was found is what it says, or nothing was.
 */
struct mapping {
	__u64 address;	 /* in it */
	__u64 start, end;
	__u64 offset;	 /* of `start` in the file */
	__u64 file;	 /* struct file *; 0: none */
};

static __always_inline void take_mapping(struct mapping *m, struct vm_area_struct *vma)
{
	m->start = READ(vma, vm_start);
	m->end = READ(vma, vm_end);
	m->offset = (__u64)READ(vma, vm_pgoff) << config.page_shift;
	m->file = (__u64)BPF_CORE_READ(vma, vm_file);
}

static long take_found_mapping(struct task_struct *task, struct vm_area_struct *vma, struct mapping *m)
{
	take_mapping(m, vma);
	return 0;
}

#ifdef READ_BY_LOAD
#define walk_mappings(m) false
#else
struct rb_node {
	struct rb_node *rb_right, *rb_left;
} __attribute__((preserve_access_index));

struct rb_root {
	struct rb_node *rb_node;
} __attribute__((preserve_access_index));

struct vm_area_struct___before_6_1 {
	struct rb_node vm_rb;
} __attribute__((preserve_access_index));

struct mm_struct___before_6_1 {
	struct rb_root mm_rb;
} __attribute__((preserve_access_index));

#define MAPPINGS_DEEP 24 /* of some 65,000 mappings, a balanced tree */

static __always_inline bool walk_mappings(struct mapping *m)
{
	struct mm_struct___before_6_1 *mm = (void *)READ(current_task(), mm);
	struct rb_node *node = bpf_core_field_exists(mm->mm_rb) ? READ(mm, mm_rb.rb_node) : NULL;
	struct vm_area_struct___before_6_1 *of_node = NULL;

	for (int i = 0; node && i < MAPPINGS_DEEP; i++) {
		take_mapping(m, (void *)node - bpf_core_field_offset(of_node->vm_rb));
		if (m->start <= m->address && m->address < m->end)
			return true;
		node = m->address < m->start ? READ(node, rb_left) : READ(node, rb_right);
	}
	return false;
}
#endif

/* `helper` is a constant: bpf_find_vma() is there. False: not found, or somebody is changing the mappings. */
static __always_inline bool find_mapping(struct mapping *m, __u64 address, const bool helper)
{
	m->address = address;
	m->start = m->end = m->offset = m->file = 0;
	if (!helper)
		return walk_mappings(m);
	bpf_find_vma(bpf_get_current_task_btf(), address, take_found_mapping, m, 0);
	return m->end != 0;
}

/* FUSE, of kernels that have it built in and trace its requests (6.12 on). */
struct fuse_in_header {
	u32 opcode;
	u64 nodeid;
} __attribute__((preserve_access_index));

struct fuse_out_header {
	s32 error;
} __attribute__((preserve_access_index));

struct fuse_conn;

struct fuse_mount {
	struct fuse_conn *fc;
	struct super_block *sb;
} __attribute__((preserve_access_index));

struct fuse_req {
	struct {
		struct fuse_in_header h;
	} in;
	struct {
		struct fuse_out_header h;
	} out;
} __attribute__((preserve_access_index));

struct fuse_inode {
	struct inode inode;
	u64 nodeid;
} __attribute__((preserve_access_index));

/* A request of FUSE knows its connection through its mount, since 7.x through its channel. */
struct fuse_req___before_7 {
	struct fuse_mount *fm;
} __attribute__((preserve_access_index));

struct fuse_chan___from_7 {
	struct fuse_conn *conn;
} __attribute__((preserve_access_index));

struct fuse_req___from_7 {
	struct fuse_chan___from_7 *chan;
} __attribute__((preserve_access_index));

static __always_inline __u64 fuse_connection(struct fuse_req *req)
{
	struct fuse_req___before_7 *then = (void *)req;
	struct fuse_req___from_7 *now = (void *)req;

	if (bpf_core_field_exists(now->chan))
		return (__u64)BPF_CORE_READ(now, chan, conn);
	return (__u64)BPF_CORE_READ(then, fm, fc);
}

/* NULL where a request does not know it. */
static __always_inline struct super_block *fuse_super_block(struct fuse_req *req)
{
	struct fuse_req___before_7 *then = (void *)req;

	return bpf_core_field_exists(then->fm) ? READ(then, fm, sb) : NULL;
}

/*
 * sched_process_exit got a second argument `group_dead` in 6.16 and moved in front
 * of exit_mm. Before, whether this was the last thread is told by taskstats_exit,
 * or else by signal->live, which several racing threads may all see at 0.
 */
struct trace_event_raw_sched_process_exit {
	bool group_dead;
} __attribute__((preserve_access_index));

static __always_inline bool exit_tells_last_says(const __u64 *ctx)
{
	return ctx[1] & 1;
}

#endif
