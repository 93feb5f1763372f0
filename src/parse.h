/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parse.h: words that people type, to numbers. Everything that is not exactly right is -EINVAL or -ERANGE. */
#ifndef EXITTRACE_PARSE_H
#define EXITTRACE_PARSE_H

#include <stddef.h>
#include <stdint.h>

int parse__number(const char *s, uint64_t max, uint64_t *out);
/* "5" and "1.5" are seconds; "200ms", "2m", "1h30m": with ns us ms s m h d. */
int parse__duration(const char *s, uint64_t *ns);

#define PARSE_WORD_MAX 128
/*
 * The next word of a comma-separated list, *list moves on. 1, 0 at the end,
 * -EINVAL: an empty word or one too long to mean anything.
 */
int parse__next_word(const char **list, char word[PARSE_WORD_MAX]);

/* How many letters differ, case aside; for "did you mean". */
unsigned int parse__distance(const char *a, const char *b);

#endif
