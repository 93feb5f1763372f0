/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * unit.h: all a unit test needs. A test binary is a plain C program:
 *
 *	static void sums(void)
 *	{
 *		CHECK(1 + 1 == 2);
 *		CHECK_U64(1 + 1, 2);
 *		CHECK_STR(name, "x");
 *	}
 *
 *	int main(void)
 *	{
 *		UNIT(sums);
 *		return unit__end();
 *	}
 *
 * Each group (a function given to UNIT) prints one line, "ok NAME" or
 * "not ok NAME: FILE:LINE: why"; the first failed check of a group is the one told,
 * the others go on and do no harm. The last line is "N passed, N failed" and the
 * exit status is 0 or 1.
 */
#ifndef EXITTRACE_UNIT_H
#define EXITTRACE_UNIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	unsigned int passed, failed;
	char why[512]; /* of the running group, empty: fine so far */
};

static struct unit unit;

__attribute__((format(printf, 3, 4), unused)) static void unit__fail(const char *file, int line,
								     const char *fmt, ...)
{
	__builtin_va_list ap;
	int n;

	if (unit.why[0])
		return;
	n = snprintf(unit.why, sizeof(unit.why), "%s:%d: ", file, line);
	__builtin_va_start(ap, fmt);
	vsnprintf(unit.why + n, sizeof(unit.why) - n, fmt, ap);
	__builtin_va_end(ap);
}

__attribute__((unused)) static void unit__run(const char *name, void (*fn)(void))
{
	unit.why[0] = '\0';
	fn();
	if (unit.why[0]) {
		unit.failed++;
		printf("not ok %s: %s\n", name, unit.why);
	} else {
		unit.passed++;
		printf("ok %s\n", name);
	}
	fflush(stdout);
}

__attribute__((unused)) static int unit__end(void)
{
	printf("%u passed, %u failed\n", unit.passed, unit.failed);
	return unit.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

__attribute__((unused)) static void unit__u64(const char *file, int line, const char *what,
					      unsigned long long got, unsigned long long want)
{
	if (got != want)
		unit__fail(file, line, "%s is %llu, not %llu", what, got, want);
}

__attribute__((unused)) static void unit__i64(const char *file, int line, const char *what, long long got,
					      long long want)
{
	if (got != want)
		unit__fail(file, line, "%s is %lld, not %lld", what, got, want);
}

__attribute__((unused)) static void unit__bytes(const char *file, int line, const char *what, const void *got,
						size_t got_len, const void *want, size_t want_len)
{
	if (got_len != want_len || (want_len && memcmp(got, want, want_len)))
		unit__fail(file, line, "%s is \"%.*s\" (%zu bytes), not \"%.*s\" (%zu bytes)", what,
			   (int)got_len, (const char *)got, got_len, (int)want_len,
			   (const char *)want, want_len);
}

__attribute__((unused)) static void unit__str(const char *file, int line, const char *what, const char *got,
					      const char *want)
{
	if (!got || !want) {
		if (got != want)
			unit__fail(file, line, "%s is %s, not %s", what, got ? got : "NULL",
				   want ? want : "NULL");
		return;
	}
	unit__bytes(file, line, what, got, strlen(got), want, strlen(want));
}

#define UNIT(fn) unit__run(#fn, fn)

/* Arguments are evaluated once. */
#define CHECK(cond)                                                \
	do {                                                       \
		if (!(cond))                                       \
			unit__fail(__FILE__, __LINE__, "%s", #cond); \
	} while (0)
#define CHECK_U64(got, want) unit__u64(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_I64(got, want) unit__i64(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_STR(got, want) unit__str(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_BYTES(got, got_len, want, want_len) \
	unit__bytes(__FILE__, __LINE__, #got, (got), (got_len), (want), (want_len))

#endif
