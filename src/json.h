/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * json.h: JSON values, for whatever puts a line of it. All of it is printable, so
 * that a terminal may show it; numbers are those that every reader keeps exact.
 */
#ifndef EXITTRACE_JSON_H
#define EXITTRACE_JSON_H

#include "buf.h"

/* What a string of so many bytes takes at most: each as \u00xx, and the quotes. */
#define JSON_ROOM(len) (6 * (len) + 2)
/*
 * The one way in which a string becomes JSON: writes it with its quotes, returns the end. *whole is
 * false when bytes were lost to U+FFFD.
 */
char *json__encode(char *dst, struct text t, bool *whole);

/* A string from outside. False: bytes were lost to U+FFFD, and a twin in base64 is due. */
bool json__string(struct buf *b, struct text t);
void json__base64(struct buf *b, struct text t);
/* An array of them, from a NUL-separated list. */
bool json__strings(struct buf *b, struct text list);
void json__base64s(struct buf *b, struct text list);

void json__words(struct buf *b, const char *s); /* a string of ours */

#define JSON_EXACT_MAX (1ULL << 53)
/* Above that a string: jq 1.6 and JavaScript keep numbers as doubles. */
void json__u64(struct buf *b, uint64_t v);
void json__i64(struct buf *b, int64_t v);
void json__u64_string(struct buf *b, uint64_t v); /* always a string */

/* {"schema":...,"type":"type": how every line begins. */
void json__begin(struct buf *b, const char *type);
/* "key": with a comma before it, but where its object begins. No key needs escapes. */
void json__key(struct buf *b, const char *key);
void json__member(struct buf *b, const char *key, uint64_t v);

#endif
