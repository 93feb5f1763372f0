/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes messages for people, gives one line each on stderr in one write, so that
 * lines of several processes do not mix. Does not need to trust what is in them: outside strings
 * went through text__shown(), so that backslashes tell, and what a terminal obeys does not get out of here.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#define LINE_MAX_BYTES 2048

static bool quiet_notes;

void log__quiet(bool quiet)
{
	quiet_notes = quiet;
}

/* All but backslashes, which are those of escapes. Returns bytes, at most cap. */
static size_t make_harmless(char *dst, size_t cap, struct text t)
{
	char one[TEXT_ESCAPE_MAX];
	size_t at = 0, len = 0, n;

	while (at < t.len) {
		n = text__escape_char(one, t, &at);
		if (n > 1 && one[0] == '\\' && one[1] == '\\')
			n = 1;
		if (n > cap - len)
			break;
		memcpy(dst + len, one, n);
		len += n;
	}
	return len;
}

__attribute__((format(printf, 1, 0))) static void put_line(const char *fmt, va_list ap)
{
	char words[LINE_MAX_BYTES], line[LINE_MAX_BYTES] = "exittrace: ";
	size_t len = strlen(line);
	int saved = errno;
	int n;

	n = vsnprintf(words, sizeof(words), fmt, ap);
	if (n < 0)
		return;
	len += make_harmless(line + len, sizeof(line) - 1 - len, text__str(words));
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
