/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looks at the two positions of a BPF ring buffer. Its first page holds how far it was read, its second one how far it
 * was written; both may be mapped, and then reading them needs no system call. Does not read messages.
 */
#include "ring_fill.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#define SPAN_NS 30000000000ull

int ring_fill__open(struct ring_fill *f, int ring_fd)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	void *pages = mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, ring_fd, 0);

	if (pages == MAP_FAILED)
		return -errno;
	f->consumer = pages;
	f->producer = (const unsigned long *)((const char *)pages + page);
	return 0;
}

void ring_fill__close(struct ring_fill *f)
{
	if (f->consumer)
		munmap((void *)f->consumer, 2 * sysconf(_SC_PAGESIZE));
	*f = (struct ring_fill){ 0 };
}

void ring_fill__look(struct ring_fill *f)
{
	unsigned long waits;

	if (!f->consumer)
		return;
	waits = __atomic_load_n(f->producer, __ATOMIC_RELAXED) - __atomic_load_n(f->consumer, __ATOMIC_RELAXED);
	if (waits > f->most)
		f->most = waits;
}

uint64_t ring_fill__most(struct ring_fill *f, uint64_t now_ns)
{
	const uint64_t most = f->most > f->before ? f->most : f->before;

	if (now_ns - f->since_ns >= SPAN_NS) {
		f->before = f->most;
		f->most = 0;
		f->since_ns = now_ns;
	}
	return most;
}
