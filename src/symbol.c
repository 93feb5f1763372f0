/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes answers of the process that looks up names, gives what of them can be used. Does not wait for any. */
#include "symbol.h"

#include <stdio.h>
#include <string.h>

static bool is_string(const char *s)
{
	return memchr(s, '\0', SYMBOL_TEXT_MAX);
}

bool symbol__is_answer(const void *msg, size_t size)
{
	const struct symbol_answer *a = msg;

	return size == sizeof(*a) && is_string(a->module) && is_string(a->symbol) && is_string(a->source);
}

static uint16_t append(struct symbol *to, size_t *at, const char *s)
{
	const size_t len = strlen(s);

	memcpy(to->text + *at, s, len);
	*at += len;
	return (uint16_t)len;
}

size_t symbol__pack(struct symbol *to, const struct symbol_key *key, const struct symbol_answer *a)
{
	char source[SYMBOL_TEXT_MAX + 12];
	size_t at = 0;

	snprintf(source, sizeof(source), a->source[0] && a->line ? "%s:%u" : "%s", a->source, a->line);
	memset(to, 0, sizeof(*to));
	to->key = *key;
	to->no_code = a->no_code != 0;
	to->module_len = append(to, &at, a->module);
	to->symbol_len = append(to, &at, a->symbol);
	to->source_len = append(to, &at, source);
	return sizeof(*to) + at;
}

struct text symbol__module(const struct symbol *s)
{
	return (struct text){ s->text, s->module_len };
}

struct text symbol__name(const struct symbol *s)
{
	return (struct text){ s->text + s->module_len, s->symbol_len };
}

struct text symbol__source(const struct symbol *s)
{
	return (struct text){ s->text + s->module_len + s->symbol_len, s->source_len };
}
