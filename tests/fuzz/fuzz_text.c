/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a stream of messages. Table, story and both kinds of summary must be fit for a terminal,
 * whatever the processes were called.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "output_summary.h"

enum { /* of the first byte of the settings */
	STORY = 1 << 0,
	SUMMARY = 1 << 1,
	COLOUR = 1 << 2,
	ARGS = 1 << 3,
	TIMESTAMP = 1 << 4,
	FIELDS = 1 << 5,
	JSON_SUMMARY = 1 << 6,
	LOCAL = 1 << 7,
};

#define FIELDS_MAX 4
#define FULL (32 << 10)

static int null_fd = -1;
static struct summary *sums; /* large: kept from input to input, and emptied */
static struct output *outputs[UINT8_MAX + 1]; /* to look for columns takes longer than an input */
static bool begun;

static void judge_since(const struct output *o, size_t from, size_t at_least)
{
	FUZZ_CHECK(judge__lines(o->buf.data + from, o->buf.len - from, o->opt.colour) >= at_least);
}

static void take_record(void *ctx, const struct record *r)
{
	struct output *o = ctx;
	size_t from;

	if (o->opt.summary) {
		summary__add(sums, r);
		return;
	}
	if (o->buf.len > FULL)
		output__flush(o);
	from = o->buf.len;
	if (!begun)
		output__begin(o, r->start);
	begun = true;
	output__record(o, r);
	judge_since(o, from, 1);
}

static void put_summary(struct output *o, uint8_t settings)
{
	const struct summary_span span = { .to_real_ns = 1000000000, .whole = settings & ARGS };
	const size_t from = o->buf.len;

	if (settings & JSON_SUMMARY) {
		summary__put_json(&o->buf, sums, &span);
		FUZZ_CHECK(judge__json(o->buf.data + from, o->buf.len - from) == 1);
	} else {
		summary__put_text(&o->buf, sums);
		judge_since(o, from, 1);
	}
}

static void end(struct output *o, const struct assembler *a, uint8_t settings)
{
	const struct totals t = { .a = assembler__totals(a), .k = assembler__counters(a) };
	size_t from;

	if (o->opt.summary)
		put_summary(o, settings);
	from = o->buf.len;
	output__lost(o, &(struct et_counters){ 0 }, &t.k);
	output__end(o, &t);
	judge_since(o, from, 0);
}

static unsigned int choose_fields(const struct field *fields[FIELDS_MAX], const uint8_t settings[FUZZ_SETTINGS])
{
	unsigned int i;

	for (i = 0; i < FIELDS_MAX; i++)
		fields[i] = &record_fields[settings[1 + i] % record_nr_fields];
	return FIELDS_MAX;
}

static void choose(struct output_options *opt, const uint8_t settings[FUZZ_SETTINGS])
{
	*opt = (struct output_options){
		.fd = null_fd,
		.story = settings[0] & STORY,
		.summary = settings[0] & SUMMARY,
		.colour = settings[0] & COLOUR,
		.args = settings[0] & ARGS,
		.timestamp = settings[0] & TIMESTAMP,
		.utc = !(settings[0] & LOCAL),
	};
}

/* A new one for columns of one's own, else one of those there are. */
static struct output *open_output(const uint8_t settings[FUZZ_SETTINGS], bool *kept)
{
	static const struct field *fields[FIELDS_MAX];
	struct output **o = &outputs[settings[0]];
	struct output_options opt;

	*kept = !(settings[0] & FIELDS);
	if (*kept && *o)
		return *o;
	choose(&opt, settings);
	if (*kept)
		return *o = output__new(&opt);
	opt.story = opt.summary = false;
	opt.fields = fields;
	opt.nr_fields = choose_fields(fields, settings);
	return output__new(&opt);
}

static void run(struct output *o, const uint8_t *data, size_t size)
{
	const struct assembler_options how = { .zombie_after_ns = 1000000000, .max_waiting = 8, .max_kept = 4,
						.max_tail = 64 };
	struct assembler *a = assembler__new(&how, take_record, o);

	begun = false;
	if (o->buf.len > FULL) /* or it would be flushed before it is judged */
		output__flush(o);
	if (o->opt.summary)
		summary__reset(sums);
	messages__feed(a, data, size);
	end(o, a, data[0]);
	FUZZ_CHECK(!o->error && !o->buf.failed);
	assembler__free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct output *o;
	bool kept;

	if (size < FUZZ_SETTINGS)
		return 0;
	if (null_fd < 0)
		null_fd = open("/dev/null", O_WRONLY);
	if (!sums)
		sums = summary__new();
	o = open_output(data, &kept);
	run(o, data, size);
	if (!kept)
		output__free(o);
	return 0;
}
