/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes names and amounts, gives words at the end of cause.text, escaped. Does not know
 * why anything died.
 */
#include "cause_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "digits.h"

#define NAME_LEN 80 /* 15 bytes of comm, each "\xNN" at worst, and "[4194304]" */
#define PATH_BYTES 48 /* shown of a path; one is at most four escaped */

void cause__say(struct record *r, const char *fmt, ...)
{
	size_t len = strlen(r->cause.text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->cause.text + len, sizeof(r->cause.text) - len, fmt, ap);
	va_end(ap);
}

void cause__say_words(struct record *r, const char *words)
{
	size_t len = strlen(r->cause.text), n = strnlen(words, sizeof(r->cause.text) - 1 - len);

	memcpy(r->cause.text + len, words, n);
	r->cause.text[len + n] = '\0';
}

void cause__say_number(struct record *r, unsigned int n)
{
	char digits[DIGITS_MAX + 1];

	*digits__u64(digits, n) = '\0';
	cause__say_words(r, digits);
}

void cause__say_peer(struct record *r, const struct et_peer *p)
{
	char name[NAME_LEN];

	record__name_peer(name, sizeof(name), p);
	cause__say_words(r, name);
}

void cause__say_comm(struct record *r, const char comm[ET_COMM_LEN])
{
	char name[NAME_LEN];

	text__escape(name, sizeof(name), text__array(comm, ET_COMM_LEN));
	cause__say_words(r, name);
}

void cause__say_duration(struct record *r, uint64_t ns)
{
	char words[TEXT_AMOUNT_MAX];

	text__duration(words, ns);
	cause__say_words(r, words);
}

void cause__say_size(struct record *r, uint64_t bytes)
{
	char words[TEXT_AMOUNT_MAX];

	text__size(words, bytes);
	cause__say_words(r, words);
}

/* The end tells more than the beginning, whole components more than parts; the record has it all. */
void cause__say_path(struct record *r, struct text path)
{
	char words[4 * PATH_BYTES + 1];
	const char *slash;

	if (path.len > PATH_BYTES) {
		path = (struct text){ path.bytes + path.len - PATH_BYTES, PATH_BYTES };
		slash = memchr(path.bytes, '/', path.len);
		if (slash)
			path = (struct text){ slash, (size_t)(path.bytes + path.len - slash) };
		cause__say(r, "...");
	}
	text__escape(words, sizeof(words), path);
	cause__say_words(r, words);
}
