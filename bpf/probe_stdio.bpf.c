/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --stdio: what a process wrote into the buffers of its stdio streams, and nobody will ever see. Its memory is read
 * as it is at its death, or when exec() is about to do away with it: nothing is hooked in user space.
 *
 * A page that is not in its memory cannot be had here, so the way to the streams leads through pages only that it, or
 * its parent before fork(), has written to: the dynamic linker, where the kernel loaded it, has relocated itself, keeps
 * a list of libraries for debuggers, and has relocated these. Layouts: FILE of glibc is ABI since 2.1, that of musl is
 * the same since 1.1.
 *
 * Hooks: those that tell the last thread while the mm is there (see probe_exit), sched_prepare_exec (6.10) or
 * exec_mm_release, where an exec() cannot fail any more, and sched_process_fork.
 */

#define AT_BASE 7
#define AUXV_SEEN 12 /* pairs; the kernel puts AT_BASE among the first nine */
#define UNREADABLE 1 /* instead of an address */

#ifdef READ_BY_LOAD
#define STREAMS_SEEN 8192
#define LIBRARIES_SEEN 512
#else
#define STREAMS_SEEN 1024 /* the verifier goes through each round */
#define LIBRARIES_SEEN 64
#endif

/* What the dynamic linker tells debuggers. */
struct r_debug {
	__u64 version, map;
};

struct link_map {
	__u64 addr, name, ld, next;
};

/* struct _IO_FILE, up to the last member that is of use. */
struct glibc_file {
	__u32 flags, pad;
	__u64 read_ptr, read_end, read_base;
	__u64 write_base, write_ptr, write_end;
	__u64 buf_base, buf_end;
	__u64 save_base, backup_base, save_end, markers;
	__u64 chain;
	__s32 fileno, flags2;
	__u64 old_offset, column, lock, offset, codecvt;
	__u64 wide_data;
	__u64 freeres_list, freeres_buf, pad5;
	__s32 mode, pad_end;
};

#define GLIBC_MAGIC 0xfbad0000U
#define GLIBC_ERROR 0x20
#define GLIBC_PUTTING 0x800

struct glibc_wide {
	__u64 read_ptr, read_end, read_base;
	__u64 write_base, write_ptr;
};

/* The same of musl. */
struct musl_file {
	__u32 flags, pad;
	__u64 rpos, rend, close, wend, wpos, mustbezero, wbase;
	__u64 read, write, seek, buf, buf_size;
	__u64 prev, next;
	__s32 fd, pipe_pid;
	__u64 lockcount;
	__s32 mode, lock;
};

#define MUSL_NOWRITE 8
#define MUSL_ERROR 32

/* ---- where the C library is ---- */

/*
 * Where the kernel loaded the dynamic linker. 0: it has none; UNREADABLE: a 32-bit program, whose entries are half as
 * large.
 */
__noinline __u64 linker_address(__u64 mm)
{
	struct { __u64 type, value; } aux[AUXV_SEEN] = {};

	bpf_probe_read_kernel(aux, sizeof(aux), (void *)mm + bpf_core_field_offset(struct mm_struct, saved_auxv));
	if (aux[0].type >> 32)
		return UNREADABLE;
#pragma clang loop unroll(full)
	for (int i = 0; i < AUXV_SEEN; i++)
		if (aux[i].type == AT_BASE)
			return aux[i].value;
	return 0;
}

/* Of the first entries of a dynamic section. Whether addresses in it were relocated differs from library to library. */
__noinline __u64 fingerprint_of(__u64 ld, __u64 addr)
{
	struct { __u64 tag, value; } d[ET_LIBC_ENTRIES];
	__u64 hash = 0;

	if (bpf_probe_read_user(d, sizeof(d), (void *)ld))
		return 0;
#pragma clang loop unroll(full)
	for (int i = 0; i < ET_LIBC_ENTRIES; i++) {
		if (!d[i].tag)
			break;
		hash = (hash ^ d[i].tag) * ET_LIBC_HASH;
		hash = (hash ^ (d[i].value >= addr ? d[i].value - addr : d[i].value)) * ET_LIBC_HASH;
	}
	return hash;
}

/* The C library whose dynamic section is at `ld`, if it is one that we know. */
static __always_inline struct et_libc *known_libc(__u64 ld, __u64 addr)
{
	struct et_libc_key key = {};
	struct et_libc *libc;
	__u64 fingerprint;

	key.dynamic = ld - addr;
	libc = bpf_map_lookup_elem(&libcs, &key);
	if (!libc)
		return NULL;
	fingerprint = fingerprint_of(ld, addr);
	if (libc->fingerprint == fingerprint)
		return libc;
	key.nth = 1;
	libc = bpf_map_lookup_elem(&libcs, &key);
	return libc && libc->fingerprint == fingerprint ? libc : NULL;
}

struct linker_search {
	__u64 base, dynamic;
	__u64 list; /* of libraries, where it is; 0: it is the C library itself */
	__u32 found;
};

STEP is_linker(__u32 round, struct linker_search *s)
{
	struct et_linker *l = bpf_map_lookup_elem(&linkers, &round);

	if (!l || !l->dynamic)
		return 1;
	if (fingerprint_of(s->base + l->dynamic, s->base) != l->fingerprint)
		return 0;
	s->found = 1;
	s->dynamic = l->dynamic;
	s->list = l->debug ? s->base + l->debug + offsetof(struct r_debug, map) : 0;
	return 1;
}

struct library_search {
	__u64 at, addr;
	struct et_libc *libc; /* NULL: not found */
	__u32 unreadable;
};

STEP is_libc(__u32 round, struct library_search *s)
{
	struct link_map map;

	if (!s->at)
		return 1;
	if (bpf_probe_read_user(&map, sizeof(map), (void *)s->at)) {
		s->unreadable = 1;
		return 1;
	}
	s->at = map.next;
	s->addr = map.addr;
	s->libc = known_libc(map.ld, map.addr);
	return s->libc != NULL;
}

/* ---- what is in a buffer ---- */

static __always_inline struct last_words *words_of_current(void)
{
	__u32 tid = this_thread();

	return bpf_map_lookup_elem(&last_words, &tid);
}

/* Of the first bytes, as many as are. */
#define HASHED 64

__noinline __u64 hash_user(__u64 at, __u64 size)
{
	__u64 words[2 * HASHED / 8] = {}, hash = size; /* as far as the mask reaches */

	if (size > HASHED)
		size = HASHED;
	barrier_var(size);
	if (bpf_probe_read_user(words, size & (2 * HASHED - 1), (void *)at))
		return 0;
#pragma clang loop unroll(full)
	for (int i = 0; i < HASHED / 8; i++)
		hash = (hash ^ words[i]) * ET_LIBC_HASH;
	return hash;
}

#define CHARS 4 /* read at once; the stacks of all that call each other here are 480 of 512 bytes */

/* 1 for what is above the limit, else 0. Without a branch, which would be two ways on for the verifier, at each. */
static __always_inline __u64 is_above(__u64 limit, __u64 character)
{
	__u64 less = limit - character;

	barrier_var(less);
	return less >> 63;
}

struct characters {
	struct last_words *w; /* keeps the count: what comes from there is alike for the verifier in each round */
};

/* 1: these were the last, or cannot be read. A global function: the verifier goes through it once. */
__noinline int add_characters(void)
{
	__u32 chars[2 * CHARS] = {}; /* as far as the mask reaches */
	struct last_words *w = words_of_current();
	__u64 n, bytes = 0;

	if (!w || !w->chars_left)
		return 1;
	n = w->chars_left < CHARS ? w->chars_left : CHARS;
	barrier_var(n);
	if (bpf_probe_read_user(chars, n * sizeof(chars[0]) & (sizeof(chars) - 1), (void *)w->chars_at))
		return 1;
#pragma clang loop unroll(full)
	for (int i = 0; i < CHARS; i++) {
		__u64 character = chars[i];

		bytes += is_above(0x7f, character) + is_above(0x7ff, character) + is_above(0xffff, character);
	}
	w->chars_bytes += n + bytes;
	w->chars_left -= n;
	w->chars_at += n * sizeof(chars[0]);
	return 0;
}

struct no_context {
	__u64 nothing;
};

STEP add_more_characters(__u32 round, struct no_context *c)
{
	return add_characters() ? 1 : 0;
}

#ifdef READ_BY_LOAD
#define CHARACTERS_ROUNDS 65536
#else
#define CHARACTERS_ROUNDS 4096
#endif

/* What so many wide characters take as UTF-8; negative, and less: they could not be read, or not all. */
__noinline __s64 count_utf8(__u64 at, __u64 chars)
{
	struct last_words *w = words_of_current();
	struct no_context c = {};

	if (!w)
		return -1;
	w->chars_at = at;
	w->chars_left = chars;
	w->chars_bytes = 0;
	repeat(CHARACTERS_ROUNDS, add_more_characters, &c);
	return w->chars_left ? -(__s64)w->chars_bytes - 1 : (__s64)w->chars_bytes;
}

/* ---- what was in it before fork() ---- */

/* Bytes of this buffer that were in it when its process was forked, and still are. */
static __always_inline __u64 inherited_bytes(struct last_words *w)
{
	__u64 base = w->base, size = w->size, bytes;
	__u32 tgid = w->id.tgid;
	struct forked *f = bpf_map_lookup_elem(&forks, &tgid);

	if (!f || f->time_ns < w->id.start_ns)
		return 0;
	if (f->more)
		w->flags |= ET_STDIO_UNNOTED;
#pragma clang loop unroll(full)
	for (int i = 0; i < FORK_STREAMS; i++) {
		bytes = f->streams[i].bytes;
		if (f->streams[i].base != base || !bytes || bytes > size)
			continue;
		if (hash_user(base, bytes) == f->streams[i].hash)
			return bytes;
	}
	return 0;
}

/* ---- telling ---- */

static __always_inline struct file *file_of(struct task_struct *task, __u32 fd)
{
	struct fdtable *fdt = READ(task, files, fdt);

	return fd < READ(fdt, max_fds) ? file_at(fdt, fd) : NULL;
}

static __always_inline void fill_stream_file(struct et_file *f, struct last_words *w)
{
	struct file *file = file_of(current_task(), w->fd);
	__u32 cut = 0;

	f->fd = w->fd;
	if (!file) {
		f->flags = ET_FILE_GONE;
		return;
	}
	take_in_hand(false, &w->file, typed(file, file));
	f->inode = w->file.ino;
	fill_fs(f, &w->file);
	fill_path((__u8 *)f->path, ET_FILE_PATH_MAX, &f->len, &cut, typed(vfsmount, w->file.mnt),
		  typed(dentry, w->file.dentry), current_task());
	if (cut)
		f->flags |= ET_FILE_CUT;
	if (unlinked(typed(dentry, w->file.dentry)))
		f->flags |= ET_FILE_UNLINKED;
}

/* Of wide characters so many that they are enough, whatever they take. */
static __always_inline void fill_tail(struct et_stdio *m, __u64 base, __u64 size, __u64 fresh)
{
	__u64 n = config.stdio_tail;

	if (m->flags & ET_STDIO_WIDE)
		n *= sizeof(__u32);
	if (n > ET_STDIO_TAIL_MAX)
		n = ET_STDIO_TAIL_MAX;
	if (n > fresh)
		n = fresh;
	barrier_var(n);
	n &= 2 * ET_STDIO_TAIL_MAX - 1;
	if (n <= ET_STDIO_TAIL_MAX && !bpf_probe_read_user(m->tail, n, (void *)(base + size - n)))
		m->tail_len = n;
}

static __always_inline void fill_wide(struct et_stdio *m, __u64 base, __u64 chars, __u64 inherited)
{
	__s64 bytes = count_utf8(base, chars);

	if (bytes < 0) {
		m->flags |= ET_STDIO_GARBLED;
		bytes = -(bytes + 1);
	}
	m->bytes = bytes;
	bytes = inherited ? count_utf8(base, inherited) : 0;
	m->inherited = bytes < 0 ? 0 : bytes;
}

static __always_inline void fill_message(struct et_stdio *m, struct last_words *w)
{
	bpf_probe_read_kernel(m, sizeof(*m), &no_stdio);
	m->h.kind = ET_STDIO;
	m->h.size = offsetof(struct et_stdio, tail);
	m->file.h.kind = ET_FILE;
	m->file.h.size = sizeof(m->file);
	m->file.id = w->id;
	m->file.what = ET_FILE_STDIO;
	m->flags = w->how;
}

/* The stream in hand. 0: nothing of it is to be told. A global function: the verifier goes through it once. */
__noinline int tell_stream(__u64 inherited)
{
	struct last_words *w = words_of_current();
	struct et_stdio *m;

	if (!w)
		return 0;
	if (w->how & ET_STDIO_EXEC && inherited == w->size && !(w->flags & ET_STDIO_FAILED))
		return 0; /* its parent has it */
	m = bpf_ringbuf_reserve(&ring, sizeof(*m), 0);
	if (!m) {
		count(lost_file);
		return 1; /* as if it had been: its absence will be noticed */
	}
	fill_message(m, w);
	m->flags |= w->flags | (w->id.start_ns < forks_full_ns ? ET_STDIO_UNNOTED : 0);
	m->streams = 1;
	m->bytes = w->size;
	m->inherited = inherited;
	if (m->flags & ET_STDIO_WIDE)
		fill_wide(m, w->base, w->size / sizeof(__u32), inherited / sizeof(__u32));
	if (config.stdio_tail) {
		fill_tail(m, w->base, w->size, w->size - inherited);
		m->h.size = sizeof(*m);
	}
	fill_stream_file(&m->file, w);
	bpf_ringbuf_submit(m, BPF_RB_NO_WAKEUP);
	return 1;
}

/* Those that no message was sent for, or why an exec() could not be looked at. A global function, too. */
__noinline int tell_others(__u64 bytes)
{
	struct last_words *w = words_of_current();
	struct et_stdio *m;

	if (!w)
		return 0;
	m = bpf_ringbuf_reserve(&ring, sizeof(*m), 0);
	if (!m) {
		count(lost_file);
		return 0;
	}
	fill_message(m, w);
	m->flags |= ET_STDIO_REST;
	m->state = w->how & ET_STDIO_EXEC ? w->state : 0;
	m->file.fd = -1;
	m->file.flags = ET_FILE_GONE;
	m->streams = w->others;
	m->bytes = bytes;
	bpf_ringbuf_submit(m, BPF_RB_NO_WAKEUP);
	return 0;
}

/* ---- from stream to stream ---- */

static __always_inline bool take_glibc_wide(struct last_words *w, __u64 address)
{
	struct glibc_wide wide;

	if (bpf_probe_read_user(&wide, sizeof(wide), (void *)address))
		return false;
	if (wide.write_ptr <= wide.write_base)
		return true;
	w->base = wide.write_base;
	w->size = wide.write_ptr - wide.write_base;
	w->flags = ET_STDIO_WIDE;
	return true;
}

/* Takes what is of use of the next stream, and goes on to the one behind it. False: that is none. */
static __always_inline bool take_glibc(struct last_words *w)
{
	struct glibc_file *f = (void *)w->stream;

	if (bpf_probe_read_user(f, sizeof(*f), (void *)w->at) || (f->flags & 0xffff0000) != GLIBC_MAGIC)
		return false;
	w->at = f->chain;
	w->fd = f->fileno;
	w->base = f->write_base;
	w->size = 0;
	w->flags = 0;
	if (f->write_ptr > f->write_base) {
		if (f->write_base < f->buf_base || f->write_ptr > f->buf_end)
			return false;
		w->size = f->write_ptr - f->write_base;
	}
	if (f->mode > 0 && f->wide_data && !take_glibc_wide(w, f->wide_data))
		return false;
	/* The error may have been one of reading. */
	if (f->flags & GLIBC_ERROR && f->flags & GLIBC_PUTTING)
		w->flags |= ET_STDIO_FAILED;
	return true;
}

static __always_inline bool take_musl(struct last_words *w)
{
	struct musl_file *f = (void *)w->stream;

	if (bpf_probe_read_user(f, sizeof(*f), (void *)w->at) || f->prev != w->before)
		return false;
	w->before = w->at;
	w->at = f->next;
	w->fd = f->fd;
	w->base = f->wbase;
	w->size = 0;
	w->flags = 0;
	if (f->wpos > f->wbase) {
		if (f->wbase < f->buf || f->wpos > f->buf + f->buf_size)
			return false;
		w->size = f->wpos - f->wbase;
	}
	/* After one of reading rend is the end of the buffer. */
	if (f->flags & MUSL_ERROR && !(f->flags & MUSL_NOWRITE) && !f->rend)
		w->flags |= ET_STDIO_FAILED;
	return true;
}

/* For a child that has just been forked. A global function, too. */
__noinline int note_stream(__u64 hash)
{
	struct last_words *w = words_of_current();
	struct forked *f;
	__u32 child, n;

	if (!w)
		return 0;
	child = w->child;
	n = w->noted++;
	if (!n)
		bpf_map_update_elem(&forks, &child, &no_forked, BPF_ANY);
	f = bpf_map_lookup_elem(&forks, &child);
	if (!f)
		forks_full_ns = bpf_ktime_get_boot_ns();
	if (f && n >= FORK_STREAMS)
		f->more = 1;
	if (!f || n >= FORK_STREAMS)
		return 0;
	if (!n)
		f->time_ns = bpf_ktime_get_boot_ns();
	f->streams[n].base = w->base;
	f->streams[n].bytes = w->size;
	f->streams[n].hash = hash;
	return 0;
}

static __always_inline void count_others(struct last_words *w)
{
	__s64 bytes = w->size;

	if (w->flags & ET_STDIO_WIDE)
		bytes = count_utf8(w->base, w->size / sizeof(__u32));
	if (bytes < 0) {
		w->how |= ET_STDIO_GARBLED;
		bytes = -(bytes + 1);
	}
	w->rest += bytes;
	w->others++;
}

/* Without a descriptor there is no file that could have got it: streams into memory, and those of fopencookie(). */
static __always_inline void look_at_stream(struct last_words *w)
{
	if (w->fd < 0)
		return;
	if (w->child)
		note_stream(hash_user(w->base, w->size));
	else if (w->told >= ET_STDIO_TOLD)
		count_others(w);
	else
		w->told += tell_stream(inherited_bytes(w));
}

/* The first stream of the next list. False: there is none. */
static __always_inline bool next_list(struct last_words *w)
{
	w->before = 0;
	for (__u32 i = 0; i < ET_LIBC_HEADS; i++) {
		__u32 n = w->next_head;

		if (n >= ET_LIBC_HEADS)
			return false;
		w->at = w->heads[n];
		w->next_head = n + 1;
		if (w->at)
			return true;
	}
	return false;
}

static __always_inline int give_up(struct last_words *w, enum et_stdio_state state)
{
	w->state = state;
	return 1;
}

/* 1: that was the last one. A global function, too. */
__noinline int look_at_next(__u32 kind)
{
	struct last_words *w = words_of_current();

	if (!w)
		return 1;
	if (!w->at && !next_list(w))
		return give_up(w, ET_STDIO_SEEN);
	if (kind == ET_LIBC_GLIBC ? !take_glibc(w) : !take_musl(w))
		return give_up(w, ET_STDIO_UNREADABLE);
	if (w->size || (w->flags & ET_STDIO_FAILED && !w->child))
		look_at_stream(w);
	return 0;
}

struct stream_step {
	__u64 kind;
};

STEP next_stream(__u32 round, struct stream_step *s)
{
	return look_at_next(s->kind) ? 1 : 0;
}

/* NULL: not found, w->state says why. *addr: where it is loaded. */
static __always_inline struct et_libc *find_libc(struct last_words *w, __u64 mm, __u64 *addr)
{
	struct linker_search s = {};
	struct library_search l = {};

	s.base = linker_address(mm);
	w->state = s.base ? ET_STDIO_COMPAT : ET_STDIO_STATIC;
	if (s.base <= UNREADABLE)
		return NULL;
	repeat(ET_MAX_LINKERS, is_linker, &s);
	w->state = ET_STDIO_UNKNOWN;
	if (!s.found)
		return NULL;
	if (!s.list) {
		*addr = s.base;
		return known_libc(s.base + s.dynamic, s.base);
	}
	w->state = ET_STDIO_UNREADABLE;
	if (bpf_probe_read_user(&l.at, sizeof(l.at), (void *)s.list))
		return NULL;
	repeat(LIBRARIES_SEEN, is_libc, &l);
	*addr = l.addr;
	if (!l.unreadable)
		w->state = ET_STDIO_UNKNOWN;
	return l.libc;
}

/* Finds the library, and the first stream of each of its lists. Its kind; 0: not found, w->state says why. */
static __always_inline __u32 find_lists(struct last_words *w, __u64 mm)
{
	__u64 addr = 0;
	struct et_libc *libc = find_libc(w, mm, &addr);

	if (!libc)
		return 0;
	w->state = ET_STDIO_UNREADABLE;
#pragma clang loop unroll(full)
	for (int i = 0; i < ET_LIBC_HEADS; i++)
		if (libc->heads[i] && bpf_probe_read_user(&w->heads[i], sizeof(__u64), (void *)(addr + libc->heads[i])))
			return 0;
	w->state = libc->kind == ET_LIBC_MUSL && !libc->heads[2] ? ET_STDIO_STANDARD : 0;
	return libc->kind;
}

static __always_inline void look_at_streams(struct last_words *w, __u64 mm)
{
	struct stream_step s = { find_lists(w, mm) };
	__u32 before = w->state;

	if (!s.kind)
		return;
	w->state = ET_STDIO_MANY;
	repeat(STREAMS_SEEN, next_stream, &s);
	if (w->state == ET_STDIO_SEEN && before)
		w->state = before;
}

/* Of current. Gives enum et_stdio_state, and how many were told << ET_STDIO_SHIFT. A global function, too. */
__noinline int last_words_of(__u64 start_ns, __u32 tgid, __u64 mm, __u32 how, __u32 child)
{
	__u32 tid = this_thread(), out;
	struct last_words *w;

	bpf_map_update_elem(&last_words, &tid, &no_words, BPF_ANY);
	w = bpf_map_lookup_elem(&last_words, &tid);
	if (!w)
		return 0;
	w->id.start_ns = start_ns;
	w->id.tgid = tgid;
	w->how = how;
	w->child = child;
	look_at_streams(w, mm);
	if (w->others || (how & ET_STDIO_EXEC && w->state != ET_STDIO_SEEN)) {
		tell_others(w->rest);
		w->told++;
	}
	out = w->state | w->told << ET_STDIO_SHIFT;
	bpf_map_delete_elem(&last_words, &tid);
	return out;
}

/* ---- whose streams, and when ---- */

struct child_search {
	__u64 at, head, mm;
	__u32 found;
};

STEP has_mm(__u32 round, struct child_search *c)
{
	struct task_struct *child;

	if (!c->at || c->at == c->head)
		return 1;
	child = typed(task_struct, (void *)c->at - bpf_core_field_offset(struct task_struct, sibling));
	c->found = (__u64)BPF_CORE_READ(child, mm) == c->mm;
	c->at = word_at((void *)c->at);
	return c->found;
}

#define CHILDREN_SEEN 64

/*
 * Does another process go on with this memory, and so with what is in the buffers? One that vfork() holds up, or one
 * that clone() was told to share it with. (Who reads /proc/PID is a user of it, too, for a moment.)
 */
static __noinline bool is_shared(struct task_struct *task, struct mm_struct *mm)
{
	struct task_struct *leader = READ(task, group_leader);
	struct child_search c = {};

	if (READ(mm, mm_users.counter) <= 1)
		return false;
	if (READ(task, vfork_done) || READ(leader, vfork_done))
		return true;
	c.mm = (__u64)BPF_CORE_READ(task, mm);
	if ((__u64)BPF_CORE_READ(leader, real_parent, mm) == c.mm)
		return true;
	c.head = (__u64)&leader->children;
	c.at = word_at((void *)c.head);
	repeat(CHILDREN_SEEN, has_mm, &c);
	return c.found;
}

static __always_inline int on_last_words(struct task_struct *task)
{
	struct task_struct *leader = READ(task, group_leader);
	struct mm_struct *mm = READ(task, mm);
	struct et_id id = leader_id(leader);
	__u32 tgid = id.tgid;
	struct dying *e;

	if (mm && telling && wanted(leader, id)) {
		e = dying_entry(&id);
		if (e)
			e->d.stdio = is_shared(task, mm) ? ET_STDIO_SEEN :
				     last_words_of(id.start_ns, id.tgid, (__u64)BPF_CORE_READ(task, mm), 0, 0);
	}
	bpf_map_delete_elem(&forks, &tgid);
	return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(stdio__tp, struct task_struct *current)
{
	return exit_tells_last_says(ctx) ? on_last_words(typed(task_struct, current)) : 0;
}

SEC("?tp/sched/sched_process_exit")
int stdio__perf(struct trace_event_raw_sched_process_exit *ctx)
{
	return ctx->group_dead ? on_last_words(current_task()) : 0;
}

SEC("?fentry/taskstats_exit")
int BPF_PROG(stdio__fentry, struct task_struct *task, int group_dead)
{
	return group_dead ? on_last_words(typed(task_struct, task)) : 0;
}

SEC("?kprobe/taskstats_exit")
int BPF_KPROBE(stdio__kprobe, struct task_struct *task, int group_dead)
{
	return group_dead ? on_last_words(typed(task_struct, task)) : 0;
}

/* Its memory is about to be replaced. Which name it has is not asked: that is about to change, too. */
static __always_inline int on_exec(void)
{
	struct task_struct *task = current_task();
	struct mm_struct *mm = READ(task, mm);
	struct et_id id = leader_id(READ(task, group_leader));
	__u32 tgid = id.tgid;

	if (mm && telling && wanted_id(id) && !is_shared(task, mm))
		last_words_of(id.start_ns, id.tgid, (__u64)BPF_CORE_READ(task, mm), ET_STDIO_EXEC, 0);
	bpf_map_delete_elem(&forks, &tgid);
	return 0;
}

SEC("?tp_btf/sched_prepare_exec")
int BPF_PROG(exec__tp)
{
	return on_exec();
}

SEC("?tp/sched/sched_prepare_exec")
int exec__perf(void *ctx)
{
	return on_exec();
}

SEC("?fentry/exec_mm_release")
int BPF_PROG(exec__fentry)
{
	return on_exec();
}

SEC("?kprobe/exec_mm_release")
int BPF_KPROBE(exec__kprobe)
{
	return on_exec();
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(fork__tp, struct task_struct *creator, struct task_struct *created)
{
	struct task_struct *parent = typed(task_struct, creator), *child = typed(task_struct, created);
	struct et_id id;

	if (child->pid != child->tgid || !telling)
		return 0;
	id = leader_id(parent->group_leader);
	if (child->mm && child->mm != parent->mm)
		last_words_of(id.start_ns, id.tgid, (__u64)BPF_CORE_READ(parent, mm), 0, child->pid);
	return 0;
}
