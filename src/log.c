/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes messages for people, gives one line each on stderr in one write, so that
 * lines of several processes do not mix. Does not escape: outside strings go
 * through text__escape before they come here.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static bool quiet_notes;

void log__quiet(bool quiet)
{
	quiet_notes = quiet;
}

__attribute__((format(printf, 1, 0))) static void put_line(const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES] = "exittrace: ";
	size_t len = strlen(line), cap = sizeof(line) - len - 1;
	int saved = errno;
	int n;

	n = vsnprintf(line + len, cap, fmt, ap);
	if (n < 0)
		return;
	len += (size_t)n < cap ? (size_t)n : cap - 1;
	line[len++] = '\n';
	while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
		;
	errno = saved;
}

void log__note(const char *fmt, ...)
{
	va_list ap;

	if (quiet_notes)
		return;
	va_start(ap, fmt);
	put_line(fmt, ap);
	va_end(ap);
}

void log__error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(fmt, ap);
	va_end(ap);
}
