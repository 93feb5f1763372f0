/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tracepoints only, 6.12 on: a FUSE file system's answer to the FLUSH of a dying process.
 *
 * The request is sent by the dying thread and answered in the context of the server. What fuse_flush() finds
 * before it asks the server (writeback that failed) is not seen here, so the count of errors is not known.
 */

#define FUSE_WORDS 16 /* of 64 descriptors each, searched for the file that is flushed */

struct node_search {
	__u64 files, used, connection, nodeid;
	__s64 found;
};

STEP is_node(__u32 round, struct node_search *n)
{
	struct fuse_inode *inode;
	struct fuse_mount *mount;
	struct file *file = NULL;

	if (!(n->used >> round & 1))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), (void *)(n->files + round * sizeof(file)));
	inode = (void *)BPF_CORE_READ(file, f_inode);
	mount = BPF_CORE_READ(inode, inode.i_sb, s_fs_info);
	if ((__u64)BPF_CORE_READ(mount, fc) != n->connection || BPF_CORE_READ(inode, nodeid) != n->nodeid)
		return 0;
	n->found = round;
	return 1;
}

/* At most 64 files that begin at a kernel address: which one is this inode of FUSE? -1: none. */
__noinline int find_node(__u64 files, __u64 used, __u64 connection, __u64 nodeid)
{
	struct node_search n = {
		.files = files, .used = used, .connection = connection, .nodeid = nodeid, .found = -1,
	};

	repeat(64, is_node, &n);
	return n.found;
}

struct request_search {
	__u64 bits, fds, words, from, connection, nodeid;
	__s64 found;
};

STEP has_node(__u32 round, struct request_search *r)
{
	__u64 used = 0;
	int at;

	if (round >= r->words)
		return 1;
	if (round < r->from / 64)
		return 0;
	bpf_probe_read_kernel(&used, sizeof(used), (void *)(r->bits + round * sizeof(used)));
	if (round == r->from / 64)
		used &= ~0ULL << (r->from & 63);
	at = find_node(r->fds + round * 64 * sizeof(void *), used, r->connection, r->nodeid);
	if (at < 0)
		return 0;
	r->found = round * 64 + at;
	return 1;
}

/* Where in the table at a kernel address this inode of FUSE is, from a descriptor on; -1: not found. */
__noinline int find_request(__u64 table, __u32 from, __u64 connection, __u64 nodeid)
{
	struct fdtable *fdt = (void *)table;
	struct request_search r = {
		.bits = (__u64)BPF_CORE_READ(fdt, open_fds),
		.fds = (__u64)BPF_CORE_READ(fdt, fd),
		.words = BPF_CORE_READ(fdt, max_fds) / 64,
		.from = from,
		.connection = connection,
		.nodeid = nodeid,
		.found = -1,
	};

	repeat(FUSE_WORDS, has_node, &r);
	return r.found;
}

/* Up to 6.12 a slot is emptied before its file is flushed; then a file that is found is another one, of that inode. */
static __always_inline bool slots_are_emptied(struct fdtable *fdt)
{
	int first = nth_bit((__u64)BPF_CORE_READ(fdt, open_fds), READ(fdt, max_fds) / 64, 0);

	return first >= 0 && !file_at(fdt, first);
}

/* The table is closed from the bottom, so the file is behind the one before. */
static __always_inline void take_request_in_hand(struct dying *e, struct fuse_req *req)
{
	struct super_block *sb = fuse_super_block(req);
	struct files_struct *table = typed(files_struct, e->table);
	struct fdtable *fdt = READ(table, fdt);
	/* A global function takes numbers, not pointers. */
	int fd = find_request((__u64)BPF_CORE_READ(table, fdt), e->next_fd, fuse_connection(req),
			      READ(req, in.h.nodeid));

	take_in_hand(false, &e->closing, typed(file, fd < 0 ? NULL : file_at(fdt, fd)));
	if (fd < 0)
		e->closing.type = BPF_CORE_READ(sb, s_type);
	e->closing.fd = -1;
	if (fd < 0 || slots_are_emptied(fdt))
		return;
	e->closing.fd = fd;
	e->next_fd = fd + 1;
}

SEC("?tp_btf/fuse_request_send")
int BPF_PROG(fuse_send__tp, struct fuse_req *request)
{
	struct fuse_req *req = typed(fuse_req, request);
	struct task_struct *task = current_task();
	__u64 key = (__u64)req;
	struct dying *e;

	if (!(READ(task, flags) & PF_EXITING) || READ(req, in.h.opcode) != FUSE_FLUSH)
		return 0;
	e = current_entry(task);
	if (!e)
		return 0;
	take_request_in_hand(e, req);
	bpf_map_update_elem(&flushes, &key, &e->d.id, BPF_ANY);
	return 0;
}

SEC("?tp_btf/fuse_request_end")
int BPF_PROG(fuse_end__tp, struct fuse_req *request)
{
	struct fuse_req *req = typed(fuse_req, request);
	__s32 error = READ(req, out.h.error);
	__u64 key = (__u64)req;
	struct dying *e;
	struct et_id *id;

	if (READ(req, in.h.opcode) != FUSE_FLUSH)
		return 0;
	id = bpf_map_lookup_elem(&flushes, &key);
	e = id ? find_dying(id) : NULL;
	bpf_map_delete_elem(&flushes, &key);
	if (!e || error >= 0 || error == -ENOSYS) /* the last: never asked again, and no error */
		return 0;
	e->d.files.errors++;
	tell_file(e, ET_FILE_FLUSH_ERROR, &e->closing, bpf_ktime_get_boot_ns() - e->closing.begin_ns, error,
		  e->closing.fd);
	return 0;
}
