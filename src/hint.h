/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* hint.h: programs that are known to end others, and what it usually means when they do. */
#ifndef EXITTRACE_HINT_H
#define EXITTRACE_HINT_H

#include <stdbool.h>

#include "text.h"

#define HINT_WORDS 96 /* longer ones do not fit behind the cause */

/*
 * What the sender is for ("service_manager"), and what its signal usually means, to stand behind
 * the cause; NULL: nothing is known. By the name of its executable; by comm, which anybody may
 * choose for itself, where that is unknown or runs scripts.
 */
struct hint {
	const char *role, *words;
};

/* `escalated`: it had asked the process to stop before. */
struct hint hint__find(struct text exe, struct text comm, int signo, bool escalated);

/* All rows, for tests; NULL behind the last. */
const char *hint__name(unsigned int i);

#endif
