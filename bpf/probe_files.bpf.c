/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What becomes of the descriptors: how many are closed, how long that takes, and which flush failed, which
 * close_files() hears and tells nobody.
 *
 * Hooks: exit_files, filp_close, ____fput. filp_close() is also close(2) up to 6.5, so everything
 * else than a dying process leaves it at once.
 */

#define TABLE_WORDS 16384 /* of 64 descriptors each: what sysctl fs.nr_open allows by default */
#define CHUNK_WORDS 128

/*
 * These are global functions: the verifier goes through each once a program.
 */

struct bits {
	__u64 at; /* address of the words */
	__u64 n, left;
};

STEP add_bits(__u32 round, struct bits *b)
{
	if (!b->left)
		return 1;
	b->n += __builtin_popcountll(word_at((void *)b->at));
	b->at += sizeof(__u64);
	b->left--;
	return 0;
}

/* Set bits of up to CHUNK_WORDS words at a kernel address. */
__noinline int count_bits(__u64 at, __u32 words)
{
	struct bits b = { .at = at, .left = words };

	repeat(CHUNK_WORDS, add_bits, &b);
	return b.n;
}

struct nth_bit {
	__u64 at, words, n;
	__u64 word, index; /* the word that has it; 0: not found yet */
};

STEP find_word(__u32 round, struct nth_bit *b)
{
	__u64 word, set;

	if (round >= b->words)
		return 1;
	word = word_at((void *)(b->at + round * sizeof(word)));
	set = __builtin_popcountll(word);
	if (b->n < set) {
		b->word = word;
		b->index = round;
		return 1;
	}
	b->n -= set;
	return 0;
}

STEP drop_bit(__u32 round, struct nth_bit *b)
{
	if (!b->n)
		return 1;
	b->word &= b->word - 1;
	b->n--;
	return 0;
}

/* Where the n-th set bit of the words at a kernel address is; -1: not among the first 4,096. */
__noinline int nth_bit(__u64 at, __u32 words, __u32 n)
{
	struct nth_bit b = { .at = at, .words = words, .n = n };

	repeat(64, find_word, &b);
	repeat(64, drop_bit, &b);
	return b.word ? (int)(b.index * 64 + __builtin_popcountll((b.word & -b.word) - 1)) : -1;
}

static __always_inline bool has_flush(const bool direct, struct file *file)
{
	return GET(direct, file, f_op, flush) != NULL;
}

/*
 * `n` begins anywhere: what begins at 0 is a number that is known for the verifier, a different one for each way
 * through the rounds before, and up to 6.2 (Debian's 5.10 and 6.1 got the change later) it goes through the rest for
 * each of them: more than a million instructions, which no kernel allows.
 */
struct flushable {
	__u64 files, used, n;
};

/* One set bit of `used` a round. */
STEP add_flushable(__u32 round, struct flushable *f)
{
	__u64 bit = f->used & -f->used, file;

	if (!bit)
		return 1;
	file = word_at((void *)(f->files + __builtin_popcountll(bit - 1) * sizeof(file)));
	if (file && has_flush(false, typed(file, file)))
		f->n++;
	f->used ^= bit;
	return 0;
}

/* Of the 64 files that begin at a kernel address, those in `used` that have a flush. */
__noinline int count_flushable(__u64 files, __u64 used)
{
	struct flushable f = { .files = files, .used = used, .n = used };

	repeat(64, add_flushable, &f);
	return f.n - used;
}

struct open_bits {
	__u64 at, words, n;
};

STEP add_chunk(__u32 round, struct open_bits *o)
{
	__u64 done = round * CHUNK_WORDS;

	if (done >= o->words)
		return 1;
	o->n += count_bits(o->at + done * sizeof(long), o->words - done);
	return 0;
}

/* Set bits of the table at a kernel address: descriptors in use. -1: a table too large to count. */
__noinline int count_open(__u64 address)
{
	struct fdtable *fdt = typed(fdtable, address);
	struct open_bits o = { .at = ADDRESS_IN(fdt, open_fds), .words = READ(fdt, max_fds) / 64 };

	if (o.words > TABLE_WORDS)
		return -1;
	repeat(TABLE_WORDS / CHUNK_WORDS, add_chunk, &o);
	return o.n;
}

static __always_inline struct file *file_at(struct fdtable *fdt, __u32 fd)
{
	struct file *file = NULL;

	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(fdt, fd) + fd);
	return file;
}

/* ---- telling about a file ---- */

static __always_inline void take_in_hand(const bool direct, struct in_hand *h, struct file *file)
{
	struct inode *inode = GET(direct, file, f_inode);

	h->file = file;
	h->dentry = GET(direct, file, f_path.dentry);
	h->mnt = GET(direct, file, f_path.mnt);
	h->inode = inode;
	h->ino = GET(direct, inode, i_ino);
	h->type = GET(direct, inode, i_sb, s_type);
	h->begin_ns = bpf_ktime_get_boot_ns();
}

/* The path is made in the entry, for the verifier (see fill_path), and goes from there into the message. */
static __always_inline void fill_file_path(struct et_file *f, struct dying *e, const struct in_hand *h)
{
	__u32 cut = 0;

	fill_path(e->path, ET_FILE_PATH_MAX, &e->path_len, &cut, typed(vfsmount, h->mnt),
		  typed(dentry, h->dentry), current_task());
	f->len = e->path_len;
	bpf_probe_read_kernel(f->path, sizeof(f->path), e->path);
	if (cut)
		f->flags |= ET_FILE_CUT;
}

/* After a file was let go its dentry may belong to another: then nothing is said of it. */
static __always_inline bool still_there(const struct in_hand *h)
{
	return h->inode && READ(typed(dentry, h->dentry), d_inode) == h->inode;
}

/* The type stays as long as its module; the rest of the file may be gone. */
static __always_inline void fill_fs(struct et_file *f, const struct in_hand *h)
{
	struct file_system_type *type = h->type;
	struct inode *inode = h->inode;

	bpf_probe_read_kernel_str(f->fs, sizeof(f->fs), BPF_CORE_READ(type, name));
	if (still_there(h))
		bpf_probe_read_kernel_str(f->subtype, sizeof(f->subtype), BPF_CORE_READ(inode, i_sb, s_subtype));
}

static __always_inline void tell_file(struct dying *e, enum et_file_what what, const struct in_hand *h, __u64 ns,
				      int error, int fd)
{
	struct et_file *f;

	if (e->d.files.told >= ET_FILES_TOLD)
		return;
	f = bpf_ringbuf_reserve(&ring, sizeof(*f), 0);
	if (!f) {
		count(lost_file);
		return;
	}
	bpf_probe_read_kernel(f, sizeof(*f), &no_file);
	f->h.kind = ET_FILE;
	f->h.size = sizeof(*f);
	f->id = e->d.id;
	f->ns = ns;
	f->fd = fd;
	f->error = error;
	f->what = what;
	f->inode = h->ino;
	fill_fs(f, h);
	if (still_there(h)) {
		fill_file_path(f, e, h);
		if (unlinked(typed(dentry, h->dentry)))
			f->flags |= ET_FILE_UNLINKED;
	} else {
		f->flags |= ET_FILE_GONE;
	}
	e->d.files.told++;
	bpf_ringbuf_submit(f, BPF_RB_NO_WAKEUP);
}

/* ---- closing ---- */

/* A thread that is past exit_mm(), as the last one is, or was before. */
static __always_inline void mark_late_mm_end(struct dying *e, __u64 now)
{
	if (e->d.flags & ET_D_MM_FREED || !mm_is_gone(e))
		return;
	e->d.flags |= ET_D_MM_FREED;
	e->d.marks.mm_end_ns = now;
}

/*
 * Whoever closes a file passes here before 6.6, a million times a second perhaps; that a dying process does is rare. So
 * the first question is whether any does.
 */
static __always_inline void begin_closing(struct dying *e, __u32 tid)
{
	e->closing_tids[tid & (ET_CLOSERS - 1)] = tid;
	__sync_fetch_and_add(&e->closers, 1);
	__sync_fetch_and_add(&closing_now, 1);
}

/*
 * Only who was counted: current may have come when others were not dying yet, and one that was counted is still at it.
 * What is left is taken off when the entry goes.
 */
static __always_inline void end_closing(struct dying *e, __u32 tid)
{
	if (e->closing_tids[tid & (ET_CLOSERS - 1)] != tid)
		return;
	e->closing_tids[tid & (ET_CLOSERS - 1)] = 0;
	__sync_fetch_and_add(&e->closers, -1);
	__sync_fetch_and_add(&closing_now, -1);
}

/* exit_files(): the last user of the table closes what is in it. */
static __always_inline int on_exit_files(const bool direct, struct task_struct *task)
{
	struct dying *e = current_entry(task);
	struct files_struct *files;
	__u32 tid = this_thread(), users;
	__u64 now;
	int open;

	if (!e)
		return 0;
	files = GET(direct, task, files);
	begin_closing(e, tid);
	now = bpf_ktime_get_boot_ns();
	if (tid != e->last_tid)
		mark_late_mm_end(e, now);
	users = GET(direct, files, count.counter);
	if (!files || (users > 1 && tid != e->last_tid))
		return 0;
	open = count_open(number(GET(direct, files, fdt)));
	e->table = files;
	if (open >= 0) {
		e->d.files.users = users;
		e->d.files.open = open;
		e->d.seen |= ET_SEEN_TABLE;
	}
	e->d.marks.files_begin_ns = now;
	slot_phase(&e->d.id, ET_PHASE_FILES, now);
	if (users > 1)
		return 0;
	e->closer_tid = tid;
	e->d.flags |= ET_D_FD_CLOSER;
	return 0;
}

SEC("?fentry/exit_files")
int BPF_PROG(files_begin__fentry, struct task_struct *task)
{
	return on_exit_files(true, typed(task_struct, task));
}

SEC("?kprobe/exit_files")
int BPF_KPROBE(files_begin__kprobe, struct task_struct *task)
{
	return on_exit_files(false, typed(task_struct, task));
}

/* The entry if current is closing the table of a dead process. */
static __always_inline struct dying *closer_entry(void)
{
	struct dying *e = exiting_entry(current_task());
	__u32 tid = this_thread();

	if (!e)
		return NULL;
	/* Two threads that let go at the same instant may both have seen the other as a user. */
	if (!e->closer_tid && e->d.seen & ET_SEEN_TABLE) {
		e->closer_tid = tid;
		e->d.flags |= ET_D_FD_CLOSER;
	}
	return e->closer_tid == tid ? e : NULL;
}

static __always_inline int on_close(const bool direct, struct file *file)
{
	struct dying *e;

	if (!closing_now)
		return 0;
	e = closer_entry();
	if (e)
		take_in_hand(direct, &e->closing, file);
	return 0;
}

/*
 * close_files() goes through the table from the bottom and passes no number along. The bits stay set, so this
 * is the one behind those that were closed. Up to 6.12 slots are emptied on the way: a
 * call that was not seen shows.
 */
static __always_inline int fd_in_hand(struct dying *e, struct file *file)
{
	struct files_struct *table = typed(files_struct, e->table);
	struct fdtable *fdt = READ(table, fdt);
	__u64 bits = ADDRESS_IN(fdt, open_fds);
	__u32 words = READ(fdt, max_fds) / 64;
	int fd = nth_bit(bits, words, e->d.files.closed), next;
	struct file *there;

	if (fd < 0)
		return -1;
	there = file_at(fdt, fd);
	if (there)
		return there == file ? fd : -1;
	next = nth_bit(bits, words, e->d.files.closed + 1);
	return next < 0 || file_at(fdt, next) ? fd : -1;
}

static __always_inline void add_close(struct dying *e, __u64 ns, bool flushed, int ret)
{
	struct in_hand *h = &e->closing;
	struct et_files *c = &e->d.files;

	c->close_ns += ns;
	if (flushed) {
		c->flushed++;
		c->flush_ns += ns;
		if (ret < 0) {
			c->errors++;
			tell_file(e, ET_FILE_FLUSH_ERROR, h, ns, ret, fd_in_hand(e, h->file));
		}
	}
	if (ns > c->slowest_ns) {
		c->slowest_ns = ns;
		if (ns >= ET_SLOW_CLOSE)
			tell_file(e, ET_FILE_SLOW_CLOSE, h, ns, 0, -1);
	}
	c->closed++;
}

/* `file` as the kernel has it; NULL: only noted. */
static __always_inline int on_closed(const bool direct, struct file *file, int ret)
{
	struct dying *e;
	__u64 ns;

	if (!closing_now)
		return 0;
	e = closer_entry();
	if (!e || !e->closing.file)
		return 0;
	ns = bpf_ktime_get_boot_ns() - e->closing.begin_ns;
	add_close(e, ns, has_flush(direct, direct ? file : typed(file, e->closing.file)), ret);
	e->closing.file = NULL;
	return 0;
}

SEC("?fentry/filp_close")
int BPF_PROG(close__fentry, struct file *file)
{
	return on_close(true, typed(file, file));
}

SEC("?fexit/filp_close")
int BPF_PROG(closed__fexit, struct file *file, void *owner, int ret)
{
	return on_closed(true, typed(file, file), ret);
}

SEC("?kprobe/filp_close")
int BPF_KPROBE(close__kprobe, struct file *file)
{
	return on_close(false, typed(file, file));
}

SEC("?kretprobe/filp_close")
int BPF_KRETPROBE(closed__kretprobe, int ret)
{
	return on_closed(false, NULL, ret);
}

/* exit_files() returned. */
static __always_inline int on_files_end(void)
{
	struct task_struct *task = current_task();
	struct dying *e = current_entry(task);

	if (!e)
		return 0;
	end_closing(e, this_thread());
	if (!is_leaving(e))
		return 0;
	e->d.marks.files_end_ns = bpf_ktime_get_boot_ns();
	slot_phase(&e->d.id, ET_PHASE_EXIT, e->d.marks.files_end_ns);
	return 0;
}

SEC("?fexit/exit_files")
int BPF_PROG(files_end__fexit)
{
	return on_files_end();
}

SEC("?kretprobe/exit_files")
int BPF_KRETPROBE(files_end__kretprobe)
{
	return on_files_end();
}

/* ---- releasing ---- */

/*
 * ____fput(): what filp_close() put off until exit_task_work(), here f_op->release is called. Some file systems
 * and devices take their time for that, not for the flush.
 */
static __always_inline int on_release_begin(struct callback_head *work)
{
	struct dying *e = exiting_entry(current_task());

	if (e && is_leaving(e))
		take_in_hand(false, &e->releasing, file_of_work(work));
	return 0;
}

static __always_inline int on_release_end(void)
{
	struct dying *e = exiting_entry(current_task());
	__u64 ns;

	if (!e || !is_leaving(e) || !e->releasing.file)
		return 0;
	e->releasing.file = NULL;
	ns = bpf_ktime_get_boot_ns() - e->releasing.begin_ns;
	if (ns <= e->d.files.release_ns)
		return 0;
	e->d.files.release_ns = ns;
	if (ns >= ET_SLOW_RELEASE)
		tell_file(e, ET_FILE_SLOW_RELEASE, &e->releasing, ns, 0, -1);
	return 0;
}

SEC("?fentry/____fput")
int BPF_PROG(release__fentry, struct callback_head *work)
{
	return on_release_begin(work);
}

SEC("?fexit/____fput")
int BPF_PROG(released__fexit)
{
	return on_release_end();
}

SEC("?kprobe/____fput")
int BPF_KPROBE(release__kprobe, struct callback_head *work)
{
	return on_release_begin(work);
}

SEC("?kretprobe/____fput")
int BPF_KRETPROBE(released__kretprobe)
{
	return on_release_end();
}

/* ---- tracepoints only ---- */

#define WALKED_WORDS 64 /* with more, only what is open is counted */

struct table_walk {
	__u64 bits, fds, words, open, flushable;
};

STEP add_word(__u32 round, struct table_walk *w)
{
	__u64 used;

	if (round >= w->words)
		return 1;
	used = word_at((void *)(w->bits + round * sizeof(used)));
	if (!used)
		return 0;
	w->open += __builtin_popcountll(used);
	w->flushable += count_flushable(w->fds + round * 64 * sizeof(void *), used);
	return 0;
}

/* At sched_process_exit the table is still there: what will be closed, and what flushed, can be counted. */
static __always_inline void count_table(struct dying *e, struct task_struct *task)
{
	struct files_struct *files = READ(task, files);
	__u32 users = READ(files, count.counter), threads = READ(task, signal, nr_threads);
	struct fdtable *fdt = READ(files, fdt);
	struct table_walk w = { .words = READ(fdt, max_fds) / 64 };
	struct et_death *d = &e->d;
	int open;

	if (!files)
		return;
	e->table = files;
	/* Others use it too: threads of its own that are not that far, or another process? */
	if (users > 1 && threads > 1 && users <= threads)
		return;
	d->files.users = users;
	if (w.words > WALKED_WORDS) {
		open = count_open(ADDRESS_IN(files, fdt));
		if (open < 0)
			return;
		d->files.open = open;
		d->seen |= ET_SEEN_TABLE;
		return;
	}
	w.bits = ADDRESS_IN(fdt, open_fds);
	w.fds = ADDRESS_IN(fdt, fd);
	repeat(WALKED_WORDS, add_word, &w);
	d->files.open = w.open;
	d->files.flushed = w.flushable;
	d->seen |= ET_SEEN_TABLE | ET_SEEN_FLUSHABLE;
}
