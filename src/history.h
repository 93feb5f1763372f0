/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* history.h: exittrace list, why and stats: what the history knows. Gives an exit status. */
#ifndef EXITTRACE_HISTORY_H
#define EXITTRACE_HISTORY_H

#include "options.h"

int history__tell(const struct options *o);

#endif
