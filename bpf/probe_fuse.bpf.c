/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tracepoints only, 6.12 on: a FUSE file system's answer to the FLUSH of a dying process.
 *
 * The request is sent by the dying thread and answered in the context of the server. What fuse_flush() finds
 * before it asks the server (writeback that failed) is not seen here, so the count of errors is not known.
 */

#define FUSE_WORDS 16 /* of 64 descriptors each, searched for the file that is flushed */

/* At most 64 files that begin at a kernel address: which one is this inode of FUSE? -1: none. */
__noinline int find_node(__u64 files, __u64 used, __u64 connection, __u64 nodeid)
{
	for (int i = 0; i < 64; i++) {
		struct fuse_inode *inode;
		struct fuse_mount *mount;
		struct file *file = NULL;

		if (!(used >> i & 1))
			continue;
		bpf_probe_read_kernel(&file, sizeof(file), (void *)(files + i * sizeof(file)));
		inode = (void *)BPF_CORE_READ(file, f_inode);
		mount = BPF_CORE_READ(inode, inode.i_sb, s_fs_info);
		if ((__u64)BPF_CORE_READ(mount, fc) == connection && BPF_CORE_READ(inode, nodeid) == nodeid)
			return i;
	}
	return -1;
}

/* Where in the table at a kernel address this inode of FUSE is, from a descriptor on; -1: not found. */
__noinline int find_request(__u64 table, __u32 from, __u64 connection, __u64 nodeid)
{
	struct fdtable *fdt = (void *)table;
	unsigned long *bits = BPF_CORE_READ(fdt, open_fds);
	__u64 fds = (__u64)BPF_CORE_READ(fdt, fd);
	__u32 words = BPF_CORE_READ(fdt, max_fds) / 64;

	for (__u32 i = 0; i < FUSE_WORDS && i < words; i++) {
		__u64 used = 0;
		int at;

		if (i < from / 64)
			continue;
		bpf_probe_read_kernel(&used, sizeof(used), bits + i);
		if (i == from / 64)
			used &= ~0ULL << (from & 63);
		at = find_node(fds + i * 64 * sizeof(void *), used, connection, nodeid);
		if (at >= 0)
			return i * 64 + at;
	}
	return -1;
}

/* Up to 6.12 a slot is emptied before its file is flushed; then a file that is found is another one, of that inode. */
static __always_inline bool slots_are_emptied(struct fdtable *fdt)
{
	int first = nth_bit((__u64)BPF_CORE_READ(fdt, open_fds), BPF_CORE_READ(fdt, max_fds) / 64, 0);

	return first >= 0 && !file_at(fdt, first);
}

/* The table is closed from the bottom, so the file is behind the one before. */
static __always_inline void take_request_in_hand(struct dying *e, struct fuse_req *req)
{
	struct super_block *sb = fuse_super_block(req);
	struct files_struct *table = e->table;
	struct fdtable *fdt = BPF_CORE_READ(table, fdt);
	int fd = find_request((__u64)fdt, e->next_fd, (__u64)fuse_connection(req),
			      BPF_CORE_READ(req, in.h.nodeid));

	take_in_hand(&e->closing, fd < 0 ? NULL : file_at(fdt, fd));
	if (fd < 0)
		e->closing.type = BPF_CORE_READ(sb, s_type);
	e->closing.fd = -1;
	if (fd < 0 || slots_are_emptied(fdt))
		return;
	e->closing.fd = fd;
	e->next_fd = fd + 1;
}

SEC("?tp_btf/fuse_request_send")
int BPF_PROG(fuse_send__tp, struct fuse_req *req)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 key = (__u64)req;
	struct dying *e;

	if (!(BPF_CORE_READ(task, flags) & PF_EXITING) || BPF_CORE_READ(req, in.h.opcode) != FUSE_FLUSH)
		return 0;
	e = current_entry(task);
	if (!e)
		return 0;
	take_request_in_hand(e, req);
	bpf_map_update_elem(&flushes, &key, &e->d.id, BPF_ANY);
	return 0;
}

SEC("?tp_btf/fuse_request_end")
int BPF_PROG(fuse_end__tp, struct fuse_req *req)
{
	__s32 error = BPF_CORE_READ(req, out.h.error);
	__u64 key = (__u64)req;
	struct dying *e;
	struct et_id *id;

	if (BPF_CORE_READ(req, in.h.opcode) != FUSE_FLUSH)
		return 0;
	id = bpf_map_lookup_elem(&flushes, &key);
	e = id ? bpf_map_lookup_elem(&dying, id) : NULL;
	bpf_map_delete_elem(&flushes, &key);
	if (!e || error >= 0 || error == -ENOSYS) /* the last: never asked again, and no error */
		return 0;
	e->d.files.errors++;
	tell_file(e, ET_FILE_FLUSH_ERROR, &e->closing, bpf_ktime_get_boot_ns() - e->closing.begin_ns, error,
		  e->closing.fd);
	return 0;
}
