/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* history_stats.h: exittrace stats. Gives an exit status, closes the file. */
#ifndef EXITTRACE_HISTORY_STATS_H
#define EXITTRACE_HISTORY_STATS_H

#include "options.h"

struct sqlite3;
int history_stats__print(const struct options *o, struct sqlite3 *db);

#endif
