/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* urgency.h: that this process gets a processor while thousands of others want one. */
#ifndef EXITTRACE_URGENCY_H
#define EXITTRACE_URGENCY_H

/*
 * As urgent as it may be; its children are not. Takes CAP_SYS_NICE. Without it all stays as it is, which is no error:
 * what is lost by that is counted.
 */
void urgency__raise(void);
/* The children that it will have, too, and so by nice values alone: a promise of the kernel is for one process. */
void urgency__raise_family(void);

#endif
