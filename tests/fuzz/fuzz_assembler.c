/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a stream of messages. Every field of every record must be readable, null only where it is
 * named as missing, and no death may be lost or told twice.
 */
#include <string.h>

#include "fuzz.h"

static volatile uint8_t sink;
static uint64_t deaths, others;

static void read_text(struct text t)
{
	uint8_t sum = 0;

	while (t.len)
		sum += (uint8_t)t.bytes[--t.len];
	sink = sum;
}

static void read_value(struct value v)
{
	if (v.kind == V_TEXT || v.kind == V_TEXTS)
		read_text(v.text);
	if (v.kind == V_STR)
		read_text(text__str(v.str));
}

static void read_items(const struct field *f, const struct record *r, unsigned int n)
{
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		const void *item = f->item(r, i);

		FUZZ_CHECK(item);
		for (j = 0; j < f->nr_items; j++)
			read_value(f->items[j].get(item, r));
	}
}

/* Where null is a fact by itself the help says so. */
static void read_field(const struct record *r, unsigned int i)
{
	const struct field *f = &record_fields[i];
	struct value v = record__value(f, r);

	FUZZ_CHECK(v.kind != V_NULL || record__is_missing(r, i) || strstr(f->help, "null:"));
	read_value(v);
	if (v.kind == V_LIST)
		read_items(f, r, v.n);
	if (v.kind == V_KEYS)
		for (unsigned int k = 0; k < v.n; k++)
			read_text(text__str(f->item(r, k)));
}

static void take_record(void *ctx, const struct record *r)
{
	unsigned int i;

	(void)ctx;
	deaths += r->type == RECORD_DEATH;
	others += r->type != RECORD_DEATH;
	FUZZ_CHECK(r->nr_missing <= RECORD_MISSING_MAX);
	for (i = 0; i < record_nr_fields; i++)
		read_field(r, i);
	FUZZ_CHECK(memchr(r->cause.text, '\0', sizeof(r->cause.text)));
}

static void check_totals(const struct assembler *a)
{
	struct assembler_totals t = assembler__totals(a);

	FUZZ_CHECK(t.records == deaths);
	FUZZ_CHECK(t.deaths == t.records && !t.waiting);
	FUZZ_CHECK(t.before <= t.deaths && t.early <= t.deaths);
	FUZZ_CHECK(t.zombies + t.dying + t.threads + t.warnings == others);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct assembler_options opt = {
		.zombie_after_ns = size > 0 ? data[0] * 100000000ULL : 0,
		.max_waiting = size > 1 ? 1 + data[1] % 8 : 1, /* few, so that there is no room, too */
		.max_kept = size > 2 ? 1 + data[2] % 4 : 1,
		.max_tail = 64,
	};
	struct assembler *a = assembler__new(&opt, take_record, NULL);

	deaths = others = 0;
	messages__feed(a, data, size);
	check_totals(a);
	assembler__free(a);
	return 0;
}
