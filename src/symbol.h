/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* symbol.h: what is said between us and the process that looks up names of functions, and what of it is believed. */
#ifndef EXITTRACE_SYMBOL_H
#define EXITTRACE_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "text.h"

#define SYMBOL_HINT_MAX 288
#define SYMBOL_TEXT_MAX 256

struct symbol_key {
	uint64_t offset;
	uint8_t build_id[ET_BUILD_ID_LEN];
	uint32_t returns; /* it is a return address: what was called stands in front of it */
};

struct symbol_request {
	uint32_t serial;
	uint32_t pad;
	struct symbol_key key;
	char hint[SYMBOL_HINT_MAX]; /* where the file may be, with a NUL; empty: not known */
};

/* Strings end with a NUL, empty: not known. */
struct symbol_answer {
	uint32_t serial;
	uint32_t line; /* 0: not known */
	uint32_t no_code; /* nothing of the module can be run there */
	char module[SYMBOL_TEXT_MAX];
	char symbol[SYMBOL_TEXT_MAX];
	char source[SYMBOL_TEXT_MAX];
};

/* What is kept of an answer. */
struct symbol {
	struct symbol_key key;
	uint16_t module_len, symbol_len, source_len;
	uint16_t no_code;
	char text[]; /* module, symbol, "file:line" */
};

#define SYMBOL_SIZE_MAX (sizeof(struct symbol) + 3 * SYMBOL_TEXT_MAX + 12)

/*
 * Whoever answers may have been taken over by a file that it read: nothing is believed but short strings, and that a
 * frame and those behind it are none.
 */
bool symbol__is_answer(const void *msg, size_t size);
/* Bytes written to `to`, which has SYMBOL_SIZE_MAX. */
size_t symbol__pack(struct symbol *to, const struct symbol_key *key, const struct symbol_answer *a);
struct text symbol__module(const struct symbol *s);
struct text symbol__name(const struct symbol *s);
struct text symbol__source(const struct symbol *s);

#endif
