/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parse.h: words that people type, to numbers. Everything that is not exactly right is -EINVAL or -ERANGE. */
#ifndef EXITTRACE_PARSE_H
#define EXITTRACE_PARSE_H

#include <stddef.h>
#include <stdint.h>

int parse__number(const char *s, uint64_t max, uint64_t *out);
/* "5" and "1.5" are seconds; "200ms", "2m", "1h30m": with ns us ms s m h d. */
int parse__duration(const char *s, uint64_t *ns);

/* "500M" and "2G": bytes, with K M G T of 1024. */
int parse__size(const char *s, uint64_t *bytes);
/*
 * A moment in the past, to nanoseconds since 1970: "2h" or "2h ago", "08:30" (the last one), "2026-11-25",
 * "2026-11-25 08:30:05" with a blank or a T; local time. "@1764059400" too.
 */
int parse__when(const char *s, uint64_t now_s, uint64_t *ns);

#define PARSE_WORD_MAX 128
/*
 * The next word of a comma-separated list, *list moves on. 1, 0 at the end,
 * -EINVAL: an empty word or one too long to mean anything.
 */
int parse__next_word(const char **list, char word[PARSE_WORD_MAX]);

/* How many letters differ, case aside; for "did you mean". */
unsigned int parse__distance(const char *a, const char *b);

#endif
