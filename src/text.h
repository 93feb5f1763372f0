/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * text.h: strings from outside (comm, paths, argv, cgroup names). Whoever is
 * traced chose the bytes, so they have a type of their own that printf does not
 * take, and exactly two ways out: escaped for people, or encoded for JSON.
 * And amounts for people, which are written alike wherever they stand.
 */
#ifndef EXITTRACE_TEXT_H
#define EXITTRACE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	const char *bytes; /* borrowed, not NUL-terminated */
	size_t len;
};

/* The bytes of a fixed kernel array up to its first NUL. */
struct text text__array(const char *bytes, size_t cap);
struct text text__str(const char *s);
/* The next string of a NUL-separated list, which is cut to what follows; false at its end. */
bool text__next(struct text *list, struct text *one);
bool text__equal(struct text a, const char *s);

/*
 * For people: printable UTF-8 stays, C0, DEL, C1, bidi controls, zero-width and
 * line separators, invalid bytes and backslash become \n, \t, \\, \xNN or \u{NNNN}. Writes
 * at most cap-1 bytes and a NUL, never half a character. Returns bytes written.
 */
size_t text__escape(char *dst, size_t cap, struct text t);

/*
 * A word of the command line or a file's name in a line for people: "%s" of text__shown(word).s. Escaped; of a
 * long one the beginning, and "...".
 */
#define TEXT_SHOWN 256
struct text_shown {
	char s[TEXT_SHOWN];
};
struct text_shown text__shown(const char *word);

/* Columns a terminal needs for already escaped text (wide and combining characters counted right). */
size_t text__width(const char *escaped);

/*
 * The character at t.bytes[at]: bytes it takes, its code point in *cp. A byte that
 * does not begin well-formed UTF-8 (overlong, surrogate, above U+10FFFF, cut)
 * takes 1 and is TEXT_INVALID. `at` is below t.len.
 */
#define TEXT_INVALID UINT32_MAX
size_t text__decode(struct text t, size_t at, uint32_t *cp);

/* A code point that acts on a terminal or misleads a reader: controls, bidi, invisible. */
bool text__is_hidden(uint32_t cp);

/* One character of t at *at, escaped for people, to dst (not terminated); moves *at. Returns bytes. */
#define TEXT_ESCAPE_MAX 12
size_t text__escape_char(char dst[TEXT_ESCAPE_MAX], struct text t, size_t *at);

/* How many leading bytes of t go out as they are: printable ASCII but backslash. */
size_t text__plain_run(struct text t, size_t at);

/* Bytes of the longest beginning of already escaped text that fits in `columns`. */
size_t text__fit(const char *escaped, size_t columns);

/* True when t is valid UTF-8 as it is, so that no `_b64` twin is needed. */
bool text__is_utf8(struct text t);

/* For people, with a NUL: "812us", "1.24ms", "3h04m"; "812B", "1.2M". Returns bytes written. */
#define TEXT_AMOUNT_MAX 16
size_t text__duration(char dst[TEXT_AMOUNT_MAX], uint64_t ns);
size_t text__size(char dst[TEXT_AMOUNT_MAX], uint64_t bytes);

#endif
