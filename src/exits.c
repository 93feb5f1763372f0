/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the table of exits under way, gives messages about those that take their time. Does not
 * know why they do.
 */
#include "exits.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define TABLE_BYTES (ET_MAX_EXITS * sizeof(struct et_exit))

int exits__open(struct exits *x, int map_fd)
{
	void *table = mmap(NULL, TABLE_BYTES, PROT_READ, MAP_SHARED, map_fd, 0);

	if (table == MAP_FAILED)
		return -errno;
	x->table = table;
	x->told = calloc(ET_MAX_EXITS, sizeof(*x->told));
	return x->told ? 0 : -ENOMEM;
}

void exits__close(struct exits *x)
{
	if (x->table)
		munmap((void *)x->table, TABLE_BYTES);
	free(x->told);
	*x = (struct exits){ 0 };
}

/*
 * The slot may change hands while it is read: begin_ns is cleared first and written last, so
 * what lies between two equal readings of it belongs together. Another phase meanwhile does no harm.
 */
static uint64_t copy_slot(const struct et_exit *slot, struct et_exit *copy)
{
	uint64_t begin = __atomic_load_n(&slot->begin_ns, __ATOMIC_ACQUIRE);

	if (!begin)
		return 0;
	*copy = *(const volatile struct et_exit *)slot;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&slot->begin_ns, __ATOMIC_RELAXED) == begin ? begin : 0;
}

void exits__look(struct exits *x, uint64_t now_ns, uint64_t after_ns, message_fn fn, void *ctx)
{
	struct et_dying m = { .h = { .kind = ET_DYING, .size = sizeof(m) } };
	unsigned int i;

	for (i = 0; i < ET_MAX_EXITS; i++) {
		uint64_t begin = x->table[i].begin_ns;

		if (!begin || begin == x->told[i] || begin > now_ns || now_ns - begin < after_ns)
			continue;
		if (copy_slot(&x->table[i], &m.e) != begin)
			continue;
		x->told[i] = begin;
		fn(ctx, &m, sizeof(m));
	}
}

unsigned int exits__nr(const struct exits *x)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < ET_MAX_EXITS; i++)
		nr += x->table[i].begin_ns != 0;
	return nr;
}
