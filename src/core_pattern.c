/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes /proc/sys/kernel/core_pattern, gives a message whenever it is another one. The kernel half cannot
 * read it: a variable without BTF. Does not explain it.
 */
#include "core_pattern.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void core_pattern__open(struct core_pattern *p)
{
	memset(p, 0, sizeof(*p));
	p->fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
	p->open = true;
}

void core_pattern__close(struct core_pattern *p)
{
	if (p->open && p->fd >= 0)
		close(p->fd);
	p->open = false;
}

void core_pattern__tell(struct core_pattern *p, message_fn fn, void *ctx)
{
	struct et_pattern m = { .h = { .kind = ET_PATTERN, .size = sizeof(m) } };
	ssize_t n = p->fd >= 0 ? pread(p->fd, m.pattern, sizeof(m.pattern), 0) : -1;

	if (n < 0)
		return;
	if (n && m.pattern[n - 1] == '\n')
		m.pattern[--n] = '\0';
	m.len = (__u32)n;
	if (p->told && !memcmp(&m, &p->last, sizeof(m)))
		return;
	p->last = m;
	p->told = true;
	fn(ctx, &m, sizeof(m));
}
