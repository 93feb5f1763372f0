/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * text.h: strings from outside (comm, paths, argv, cgroup names). Whoever is
 * traced chose the bytes, so they have a type of their own that printf does not
 * take, and exactly two ways out: escaped for people, or encoded for JSON.
 */
#ifndef EXITTRACE_TEXT_H
#define EXITTRACE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	const char *bytes; /* borrowed, not NUL-terminated */
	size_t len;
};

/* The bytes of a fixed kernel array up to its first NUL. */
struct text text__array(const char *bytes, size_t cap);
struct text text__str(const char *s);
bool text__equal(struct text a, const char *s);

/*
 * For people: printable UTF-8 stays, C0, DEL, C1, bidi controls, zero-width and
 * line separators, invalid bytes and backslash become \n, \t, \\, \xNN or \u{NNNN}. Writes
 * at most cap-1 bytes and a NUL, never half a character. Returns bytes written.
 */
size_t text__escape(char *dst, size_t cap, struct text t);

/* Columns a terminal needs for already escaped text (wide and combining characters counted right). */
size_t text__width(const char *escaped);

/* True when t is valid UTF-8 as it is, so that no `_b64` twin is needed. */
bool text__is_utf8(struct text t);

#endif
