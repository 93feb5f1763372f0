/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* log.h: lines for people on stderr, "exittrace: ..." each. */
#ifndef EXITTRACE_LOG_H
#define EXITTRACE_LOG_H

#include <stdbool.h>

void log__quiet(bool quiet); /* notes are dropped, errors are not */
__attribute__((format(printf, 1, 2))) void log__note(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void log__error(const char *fmt, ...);

#endif
