/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes values of records, gives them in the forms that outputs share: times,
 * durations, sizes, ids, lists in words. Does not know columns or JSON.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "names.h"
#include "output.h"

#define NS_PER_SEC 1000000000ULL

static void put_digits(struct buf *b, uint64_t v, unsigned int width)
{
	char digits[20];
	unsigned int i;

	for (i = width; i-- > 0; v /= 10)
		digits[i] = (char)('0' + v % 10);
	buf__put(b, digits, width);
}

static void put_date(struct buf *b, const struct tm *tm, char separator)
{
	put_digits(b, (uint64_t)(tm->tm_year + 1900), 4);
	buf__char(b, '-');
	put_digits(b, (uint64_t)(tm->tm_mon + 1), 2);
	buf__char(b, '-');
	put_digits(b, (uint64_t)tm->tm_mday, 2);
	buf__char(b, separator);
}

static void put_clock(struct buf *b, const struct tm *tm)
{
	put_digits(b, (uint64_t)tm->tm_hour, 2);
	buf__char(b, ':');
	put_digits(b, (uint64_t)tm->tm_min, 2);
	buf__char(b, ':');
	put_digits(b, (uint64_t)tm->tm_sec, 2);
}

static void put_zone(struct buf *b, long offset, bool utc)
{
	if (utc) {
		buf__char(b, 'Z');
		return;
	}
	buf__char(b, offset < 0 ? '-' : '+');
	offset = labs(offset);
	put_digits(b, (uint64_t)offset / 3600, 2);
	buf__char(b, ':');
	put_digits(b, (uint64_t)offset / 60 % 60, 2);
}

void output__put_time(struct buf *b, uint64_t real_ns, bool utc, enum time_style style)
{
	time_t seconds = (time_t)(real_ns / NS_PER_SEC);
	struct tm tm = { 0 };

	if (utc)
		gmtime_r(&seconds, &tm);
	else
		localtime_r(&seconds, &tm);
	if (style == TIME_FULL)
		put_date(b, &tm, ' ');
	put_clock(b, &tm);
	if (style != TIME_SECONDS) {
		buf__char(b, '.');
		put_digits(b, real_ns % NS_PER_SEC / 1000, 6);
	}
	if (style == TIME_FULL)
		put_zone(b, tm.tm_gmtoff, utc);
}

/* Year, month and day of a day number since 1970; gmtime_r() takes a lock and is many times slower. */
static void civil_date(uint64_t days, struct tm *tm)
{
	uint64_t z = days + 719468; /* since 1 March of year 0: leap days come last */
	uint64_t day_of_era = z % 146097;
	uint64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint64_t month = (5 * day_of_year + 2) / 153; /* 0: March */

	tm->tm_mday = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	tm->tm_mon = (int)(month < 10 ? month + 2 : month - 10);
	tm->tm_year = (int)(year_of_era + z / 146097 * 400 + (month >= 10)) - 1900;
}

void output__put_rfc3339(struct buf *b, uint64_t real_ns)
{
	uint64_t seconds = real_ns / NS_PER_SEC;
	struct tm tm = {
		.tm_hour = (int)(seconds / 3600 % 24),
		.tm_min = (int)(seconds / 60 % 60),
		.tm_sec = (int)(seconds % 60),
	};

	civil_date(seconds / 86400, &tm);
	put_date(b, &tm, 'T');
	put_clock(b, &tm);
	buf__char(b, '.');
	put_digits(b, real_ns % NS_PER_SEC, 9);
	buf__char(b, 'Z');
}

void output__put_duration(struct buf *b, uint64_t ns)
{
	if (buf__room(b, TEXT_AMOUNT_MAX))
		b->len += text__duration(b->data + b->len, ns);
}

void output__put_bytes(struct buf *b, uint64_t bytes)
{
	if (buf__room(b, TEXT_AMOUNT_MAX))
		b->len += text__size(b->data + b->len, bytes);
}

void output__put_id(struct buf *b, const struct output *o, struct et_id id)
{
	buf__str(b, o->boot_id);
	buf__char(b, ':');
	buf__u64(b, id.tgid);
	buf__char(b, ':');
	buf__u64(b, id.start_ns);
}

/* A line of its own; nothing when nothing was lost. */
static void put_loss(struct buf *b, uint64_t before, uint64_t now, const char *noun, const char *rest)
{
	if (now <= before)
		return;
	buf__str(b, "# lost: ");
	buf__count(b, now - before, noun);
	buf__str(b, rest);
}

void output__put_lost(struct output *o, struct buf *b, const struct et_counters *before,
		      const struct et_counters *now)
{
	(void)o; /* losses are told even when everything else is quiet */
	put_loss(b, before->lost_ring, now->lost_ring, "death", " (ring buffer full)\n");
	put_loss(b, before->lost_reap, now->lost_reap, "reap", " (ring buffer full)\n");
	put_loss(b, before->lost_cgroup, now->lost_cgroup, "message",
		 " of cgroup paths or arguments (ring buffer full)\n");
	put_loss(b, before->lost_file, now->lost_file, "file", " of deaths (ring buffer full)\n");
	put_loss(b, before->lost_thread, now->lost_thread, "thread", " (ring buffer full)\n");
	put_loss(b, before->full_signals, now->full_signals, "signal", " (table of signals full)\n");
	put_loss(b, before->full_dying, now->full_dying, "detail", " of deaths (table of the dying full)\n");
	put_loss(b, before->full_tree, now->full_tree, "descendant", " not followed (table of the tree full)\n");
}

static void put_count(struct buf *b, const char *before, uint64_t n, const char *after)
{
	if (!n)
		return;
	buf__str(b, before);
	buf__u64(b, n);
	buf__str(b, after);
}

void output__put_totals(struct output *o, struct buf *b, const struct totals *t)
{
	if (o->opt.quiet)
		return;
	buf__str(b, "# ");
	buf__count(b, t->deaths, "death");
	buf__str(b, " seen, ");
	buf__count(b, t->records, "record");
	buf__str(b, ", ");
	buf__u64(b, t->k.lost_ring);
	buf__str(b, " lost");
	put_count(b, ", ", t->filtered, " filtered out");
	put_count(b, ", ", t->unwritten, " not written");
	put_count(b, ", ", t->a.waiting, " not reaped yet");
	put_count(b, ", ", t->a.early, " told before their reap");
	put_count(b, ", ", t->k.skipped, " seen late");
	put_count(b, ", ", t->a.dying, " told while dying");
	put_count(b, ", ", t->a.threads, t->a.threads == 1 ? " thread ended" : " threads ended");
	put_count(b, ", ", t->a.warnings, t->a.warnings == 1 ? " warning" : " warnings");
	put_count(b, ", ", t->a.rejected, t->a.rejected == 1 ? " message rejected" : " messages rejected");
	buf__char(b, '\n');
}

const char *output__tint(const struct output *o, const struct record *r)
{
	if (!o->opt.colour)
		return "";
	if (r->type == RECORD_DYING || r->type == RECORD_WARNING)
		return "\033[33m"; /* yellow */
	return r->death->status ? "\033[31m" : "\033[2m"; /* red, dim */
}

const char *output__phase_words(enum et_phase phase)
{
	static const char *const words[ET_PHASE_COUNT] = {
		[ET_PHASE_DELIVERY] = "not yet in exit",
		[ET_PHASE_COREDUMP] = "dumping core",
		[ET_PHASE_EXIT] = "exiting",
		[ET_PHASE_MM] = "freeing memory",
		[ET_PHASE_FILES] = "closing files",
		[ET_PHASE_DETACH] = "leaving terminal and namespaces",
		[ET_PHASE_TASK_WORK] = "releasing files",
		[ET_PHASE_NOTIFY] = "telling its parent",
	};

	return (unsigned int)phase < ET_PHASE_COUNT ? words[phase] : NULL;
}

const char *output__happened(enum record_type type)
{
	return type == RECORD_ZOMBIE ? " is a zombie: " : type == RECORD_DYING ? " is dying: " : " died: ";
}

static void put_texts(struct buf *b, struct text list)
{
	const char *separator = "";
	struct text one;

	while (text__next(&list, &one)) {
		buf__str(b, separator);
		buf__text(b, one);
		separator = " ";
	}
}

static void put_keys(struct buf *b, const struct field *f, const struct record *r, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (i)
			buf__char(b, ',');
		buf__str(b, f->item(r, i));
	}
}

static void put_why(struct buf *b, const struct record *r)
{
	unsigned int i;

	for (i = 0; i < r->nr_missing; i++) {
		buf__str(b, i ? "; " : "");
		buf__str(b, record__missing_key(r, i));
		buf__str(b, ": ");
		buf__str(b, names__why(r->missing[i].why));
	}
}

/* A start time may be weeks ago: only the time of the record itself can do without a date. */
static enum time_style time_style(const struct output *o, const struct field *f)
{
	return o->opt.timestamp || strcmp(f->key, "time") ? TIME_FULL : TIME_MICROS;
}

void output__put_value(struct buf *b, const struct output *o, const struct field *f, const struct record *r,
		       struct value v)
{
	switch (v.kind) {
	case V_ABSENT:
		break;
	case V_NULL: /* some of them mean that there is none */
		buf__char(b, record__is_missing(r, (unsigned int)(f - record_fields)) ? '?' : '-');
		break;
	case V_BOOL:
		buf__str(b, v.b ? "yes" : "no");
		break;
	case V_U64:
	case V_DEC:
	case V_LIST: /* how many */
		buf__u64(b, v.kind == V_LIST ? v.n : v.u);
		break;
	case V_I64:
		buf__i64(b, v.i);
		break;
	case V_NS:
		output__put_duration(b, v.u);
		break;
	case V_BYTES:
		output__put_bytes(b, v.u);
		break;
	case V_TIME:
		output__put_time(b, v.u, o->opt.utc, time_style(o, f));
		break;
	case V_HEX:
		buf__hex(b, v.u);
		break;
	case V_STR:
		buf__str(b, v.str);
		break;
	case V_TEXT:
		buf__text(b, v.text);
		break;
	case V_ID:
		output__put_id(b, o, v.id);
		break;
	case V_TEXTS:
		put_texts(b, v.text);
		break;
	case V_KEYS:
		put_keys(b, f, r, v.n);
		break;
	case V_WHY:
		put_why(b, r);
		break;
	}
}
