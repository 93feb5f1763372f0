/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a stream of messages. Every line of JSON must be JSON, and the same whatever the writer
 * saw before (it makes lines from lines): two of them with different pasts are compared. To make
 * one takes longer than an input, so they live for RENEW inputs, and a difference may need those
 * before to be seen again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define RENEW 512
#define FULL (32 << 10)

static int null_fd = -1;
static struct output *writer, *other; /* the other sees what comes in every other input */
static bool compares, begun;
static unsigned int inputs;

static void begin(struct output *o, const struct record *r)
{
	const size_t from = o->buf.len;

	output__begin(o, r->start);
	FUZZ_CHECK(judge__json(o->buf.data + from, o->buf.len - from) == 1);
}

static size_t put(struct output *o, const struct record *r)
{
	size_t from;

	if (o->buf.len > FULL)
		output__flush(o);
	from = o->buf.len;
	output__record(o, r);
	return from;
}

static void compare(size_t from, size_t other_from)
{
	const size_t len = writer->buf.len - from, other_len = other->buf.len - other_from;

	if (len == other_len && !memcmp(writer->buf.data + from, other->buf.data + other_from, len))
		return;
	fprintf(stderr, "%.*s%.*s", (int)len, writer->buf.data + from, (int)other_len, other->buf.data + other_from);
	FUZZ_CHECK(!"two writers, two lines");
}

static void take_record(void *ctx, const struct record *r)
{
	size_t from;

	(void)ctx;
	if (!begun) {
		begin(writer, r);
		begin(other, r);
	}
	begun = true;
	from = put(writer, r);
	FUZZ_CHECK(judge__json(writer->buf.data + from, writer->buf.len - from) == 1);
	if (compares)
		compare(from, put(other, r));
}

static void end(struct output *o, const struct assembler *a)
{
	const struct totals t = { .a = assembler__totals(a), .k = assembler__counters(a) };
	const size_t from = o->buf.len;

	output__lost(o, &(struct et_counters){ 0 }, &t.k);
	output__end(o, &t);
	FUZZ_CHECK(judge__json(o->buf.data + from, o->buf.len - from) >= 1);
	FUZZ_CHECK(!o->error && !o->buf.failed);
	if (o->buf.len > FULL)
		output__flush(o);
}

static void renew(void)
{
	const struct output_options opt = { .json = true, .args = true, .fd = null_fd };

	if (inputs++ % RENEW)
		return;
	output__free(writer);
	output__free(other);
	writer = output__new(&opt);
	other = output__new(&opt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct assembler_options how = { .zombie_after_ns = 1000000000, .max_waiting = 8, .max_kept = 4,
						.max_tail = 64 };
	struct assembler *a;

	if (null_fd < 0)
		null_fd = open("/dev/null", O_WRONLY);
	renew();
	compares = size && data[0] & 1;
	begun = false;
	a = assembler__new(&how, take_record, NULL);
	messages__feed(a, data, size);
	end(writer, a);
	assembler__free(a);
	return 0;
}
