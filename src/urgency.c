/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * urgency.c: takes a process, gives it a processor before others. Knows nothing of what it does.
 *
 * When thousands are killed at once, each of them is ready to run, and who reads the ring is one more that waits its
 * turn while that fills up: of 20,000 that one kill() ended, two thirds were lost on two processors. The highest nice
 * value is not enough, for it is a share, too, and theirs are many.
 */
#include "urgency.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_NICE (-20)
#define PERIOD_NS 20000000ULL /* it is woken that often */

/*
 * Half of each period, and of what nobody else of this class wants, but never all of a processor (the kernel sees to
 * that): a promise with an end, unlike the fixed priorities of real time. Refused when the process may not run on all
 * processors, or when others were promised so much already.
 */
static int promise(void)
{
	struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = SCHED_DEADLINE,
		.sched_flags = SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_RECLAIM,
		.sched_runtime = PERIOD_NS / 2,
		.sched_deadline = PERIOD_NS,
		.sched_period = PERIOD_NS,
	};

	return (int)syscall(SYS_sched_setattr, 0, &attr, 0);
}

/* Whoever started it with nice(1) has decided that others come first. */
static bool is_modest(void)
{
	return getpriority(PRIO_PROCESS, 0) > 0;
}

void urgency__raise(void)
{
	if (!is_modest() && promise())
		setpriority(PRIO_PROCESS, 0, MOST_NICE);
}

void urgency__raise_family(void)
{
	if (!is_modest())
		setpriority(PRIO_PROCESS, 0, MOST_NICE);
}
