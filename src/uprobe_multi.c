/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * uprobe_multi.c: takes a loaded program and places in a file, gives the link between them. Does not know what they are
 * for.
 */
#include "uprobe_multi.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the kernel takes for BPF_LINK_CREATE, which headers of before 6.6 do not say. */
struct link_create {
	__u32 prog_fd, target_fd, attach_type, flags;
	__aligned_u64 path, offsets, ref_ctr_offsets, cookies;
	__u32 cnt, multi_flags, pid, pad;
};

/* By the descriptor: whatever is at its path now, this is what was looked into. */
int uprobe_multi__attach(int prog_fd, int file_fd, const uint64_t *offsets, const uint64_t *cookies, unsigned int nr)
{
	char path[40];
	const struct link_create attr = {
		.prog_fd = (__u32)prog_fd, .attach_type = UPROBE_MULTI_ATTACH, .path = (uintptr_t)path,
		.offsets = (uintptr_t)offsets, .cookies = (uintptr_t)cookies, .cnt = nr,
	};
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file_fd);
	fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	return fd < 0 ? -errno : fd;
}
