/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* resident.h: memory that this process has in use, and does not need. */
#ifndef EXITTRACE_RESIDENT_H
#define EXITTRACE_RESIDENT_H

/*
 * Lets go of all that came out of the files of the program and its libraries and was never changed: most of it is the
 * programs for the kernel, and code that only starting takes. What is needed still comes back page by page, from the
 * page cache. Once everything is loaded.
 */
void resident__trim(void);

#endif
