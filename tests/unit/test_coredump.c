/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Why no core was dumped, one row per reason; where it went; what is not known about it. */
#include "coredump.h"

#include <signal.h>

#include "synth.h"
#include "unit.h"

#define CORE 0x80
#define NOT_TOLD "\x01" /* no ET_PATTERN came */
#define NO_LIMIT UINT64_MAX
#define TRIED ET_CORE_TRIED
#define BOTH (ET_CORE_TRIED | ET_CORE_WRITTEN)
#define HOOK ET_DOOR_FENTRY
#define TP ET_DOOR_TRACEPOINT

static struct et_start start;
static struct synth_death m;
static struct noted_file file;
static struct record r;

static struct noted_file core_file(bool known)
{
	return (struct noted_file){ .what = ET_FILE_CORE, .fd = -1, .known = known, .fs = text__str("ext4"),
				    .path = text__str("/var/core/x") };
}

/* SIGSEGV, hooked, all that the kernel asks is fine. */
static void fresh(void)
{
	start = synth_start();
	m = synth_death(4242);
	m.d.status = SIGSEGV;
	m.d.core.flags |= TRIED;
	m.d.marks.core_begin_ns = 111 * SEC;
	m.d.marks.core_end_ns = 111 * SEC + 500 * MS;
	r = (struct record){ .start = &start, .death = &m.d, .from_start = true };
	r.core_pattern = text__str("core");
	r.core_pattern_known = true;
}

static void conclude(void)
{
	record__clear_missing(&r);
	coredump__conclude(&r);
}

/* ---- why not ---- */

#define ANYHOW 9 /* dumpable that could not be read */

static const struct row {
	const char *pattern;
	uint32_t dumpable, flags;
	uint64_t limit;
	uint8_t door;
	enum core_reason reason; /* CORE_REASON_NONE: missing */
} rows[] = {
	{ "core", 0, TRIED, NO_LIMIT, HOOK, CORE_NOT_DUMPABLE },
	{ "|/bin/handler", 0, TRIED, 1, HOOK, CORE_NOT_DUMPABLE }, /* asked first */
	{ NOT_TOLD, 0, TRIED, NO_LIMIT, HOOK, CORE_NOT_DUMPABLE },
	{ "", 1, TRIED, NO_LIMIT, HOOK, CORE_PATTERN_EMPTY },
	{ "|/bin/handler %P", 1, TRIED, 1, HOOK, CORE_LIMIT }, /* a handler that crashed */
	{ "|/bin/handler %P", 1, TRIED, 0, HOOK, CORE_HANDLER_FAILED }, /* 0 is fine for a pipe */
	{ "|/bin/nothing", 1, TRIED, NO_LIMIT, HOOK, CORE_HANDLER_FAILED },
	{ "|/bin/handler", 1, BOTH, NO_LIMIT, HOOK, CORE_INTERRUPTED },
	{ "|/bin/handler", 2, BOTH, NO_LIMIT, HOOK, CORE_INTERRUPTED }, /* root decides */
	{ "@/run/core.socket", 1, TRIED, 0, HOOK, CORE_OPEN_FAILED },
	{ "@/run/core.socket", 1, BOTH, NO_LIMIT, HOOK, CORE_INTERRUPTED },
	{ "core", 1, TRIED, 0, HOOK, CORE_LIMIT },
	{ "core", 1, TRIED, 4095, HOOK, CORE_LIMIT },
	{ "core", 1, TRIED, 4096, HOOK, CORE_OPEN_FAILED },
	{ "core", 2, TRIED, 0, HOOK, CORE_LIMIT },
	{ "core", 2, TRIED, NO_LIMIT, HOOK, CORE_NOT_DUMPABLE },
	{ "/var/core/%p", 2, TRIED, NO_LIMIT, HOOK, CORE_OPEN_FAILED },
	{ "/nowhere/%p", 1, TRIED, NO_LIMIT, HOOK, CORE_OPEN_FAILED },
	{ "core", 1, BOTH, NO_LIMIT, HOOK, CORE_INTERRUPTED },
	{ "core", 1, BOTH, NO_LIMIT, ET_DOOR_KPROBE, CORE_INTERRUPTED },
	{ NOT_TOLD, 1, BOTH, NO_LIMIT, HOOK, CORE_INTERRUPTED },
	{ NOT_TOLD, 1, TRIED, NO_LIMIT, HOOK, CORE_REASON_NONE },
	{ NOT_TOLD, 1, TRIED, 0, HOOK, CORE_REASON_NONE }, /* of a pipe that would be no reason */
	{ "/var/core/%p", ANYHOW, TRIED, NO_LIMIT, HOOK, CORE_OPEN_FAILED },
	/* do_coredump() was watched, and not called */
	{ "core", 1, 0, 0, HOOK, CORE_REASON_NONE },
	{ "core", 0, 0, NO_LIMIT, HOOK, CORE_REASON_NONE },
	/* not watched: only what is so at any time */
	{ "core", 0, 0, NO_LIMIT, TP, CORE_NOT_DUMPABLE },
	{ "", 1, 0, NO_LIMIT, TP, CORE_PATTERN_EMPTY },
	{ "core", 1, 0, 0, TP, CORE_LIMIT },
	{ "core", ANYHOW, 0, 0, TP, CORE_LIMIT },
	{ "|/bin/handler", 1, 0, 1, TP, CORE_LIMIT },
	{ "core", 2, 0, NO_LIMIT, TP, CORE_NOT_DUMPABLE },
	{ "core", 1, 0, NO_LIMIT, TP, CORE_REASON_NONE },
	{ "|/bin/handler", 1, 0, 0, TP, CORE_REASON_NONE },
	{ "@/run/core.socket", 1, 0, 0, TP, CORE_REASON_NONE },
	{ "core", ANYHOW, 0, NO_LIMIT, ET_DOOR_NONE, CORE_REASON_NONE },
};

static void check_row(const struct row *w)
{
	fresh();
	r.core_pattern_known = strcmp(w->pattern, NOT_TOLD);
	r.core_pattern = text__str(r.core_pattern_known ? w->pattern : "");
	m.d.core = (struct et_core){ .limit = w->limit, .dumpable = w->dumpable, .flags = w->flags };
	if (w->dumpable != ANYHOW)
		m.d.core.flags |= ET_CORE_DUMPABLE_KNOWN;
	start.doors[ET_OBS_COREDUMP] = w->door;
	conclude();
	CHECK(r.coredump.applies && !r.coredump.dumped);
	if (r.coredump.reason != w->reason)
		unit__fail(__FILE__, __LINE__, "row %zu: reason %d, not %d", (size_t)(w - rows), r.coredump.reason,
			   w->reason);
	CHECK(record__is_missing(&r, FIELD_coredump_reason) == !w->reason);
}

static void reasons(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

static void limit_not_seen(void)
{
	fresh();
	m.d.seen &= ~ET_SEEN_CORE;
	m.d.core.limit = 0;
	m.d.core.flags = TRIED;
	conclude();
	CHECK(r.coredump.reason == CORE_OPEN_FAILED);
	CHECK_STR(synth_missing(&r), "coredump.limit_bytes");
	start.doors[ET_OBS_COREDUMP] = TP;
	m.d.core.flags = 0;
	conclude();
	CHECK(record__is_missing(&r, FIELD_coredump_reason));
}

/* A page is not 4096 bytes everywhere. */
static void limit_below_a_large_page(void)
{
	fresh();
	start.page_size = 65536;
	m.d.core.limit = 65535;
	conclude();
	CHECK(r.coredump.reason == CORE_LIMIT);
	m.d.core.limit++;
	conclude();
	CHECK(r.coredump.reason == CORE_OPEN_FAILED);
}

/* ---- whether it applies ---- */

static void signals(void)
{
	static const int dump[] = { SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,
				    SIGFPE,  SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS };
	unsigned int i, n = 0;
	int signo;

	for (signo = -1; signo < 130; signo++)
		n += coredump__is_core_signal(signo);
	CHECK_U64(n, sizeof(dump) / sizeof(dump[0]));
	for (i = 0; i < sizeof(dump) / sizeof(dump[0]); i++)
		CHECK(coredump__is_core_signal(dump[i]));
}

static void applies(void)
{
	fresh();
	m.d.core.flags = 0;
	m.d.status = SIGKILL;
	conclude();
	CHECK(!r.coredump.applies);
	m.d.status = SIGSEGV << 8;
	conclude();
	CHECK(!r.coredump.applies);
	CHECK_STR(synth_missing(&r), "");
	m.d.status = SIGKILL | CORE; /* a dump killed halfway may leave this */
	conclude();
	CHECK(r.coredump.applies && r.coredump.dumped && !r.coredump.reason);
	m.d.status = SIGKILL;
	m.d.core.flags = TRIED;
	conclude();
	CHECK(r.coredump.applies);
}

/* ---- where to ---- */

static void written_to_a_file(void)
{
	fresh();
	m.d.status |= CORE;
	m.d.core.flags |= ET_CORE_WRITTEN;
	m.d.core.target = ET_CORE_FILE;
	file = core_file(true);
	r.files = &file;
	r.nr_files = 1;
	conclude();
	CHECK(r.coredump.dumped && !r.coredump.reason);
	CHECK(r.coredump.duration_known);
	CHECK_U64(r.coredump.duration_ns, 500 * MS);
	CHECK(r.coredump.file == &file);
	CHECK_STR(synth_missing(&r), "");
	file = core_file(false);
	conclude();
	CHECK(!r.coredump.file);
	CHECK_STR(synth_missing(&r), "coredump.path");
	CHECK(r.missing[0].why == WHY_GONE);
	r.nr_files = 0;
	conclude();
	CHECK_STR(synth_missing(&r), "coredump.path");
	CHECK(r.missing[0].why == WHY_LOST);
}

static void written_elsewhere(void)
{
	fresh();
	m.d.status |= CORE;
	m.d.core.flags |= ET_CORE_WRITTEN;
	m.d.core.target = ET_CORE_PIPE;
	conclude();
	CHECK(r.coredump.target == ET_CORE_PIPE); /* the pattern was another one when it counted */
	CHECK_STR(synth_missing(&r), "");
	m.d.core.target = 0;
	r.core_pattern = text__str("@/run/x");
	conclude();
	CHECK(r.coredump.target == ET_CORE_SOCKET);
	r.core_pattern = text__str("");
	conclude();
	CHECK(!r.coredump.target);
	CHECK_STR(synth_missing(&r), "");
	r.core_pattern_known = false;
	conclude();
	CHECK_STR(synth_missing(&r), "coredump.target coredump.pattern");
}

static void not_watched(void)
{
	fresh();
	start.doors[ET_OBS_COREDUMP] = TP;
	m.d.status |= CORE;
	m.d.core.flags = ET_CORE_DUMPABLE_KNOWN;
	memset(&m.d.marks, 0, sizeof(m.d.marks));
	conclude();
	CHECK_STR(synth_missing(&r), "coredump.path coredump.duration_ns");
	CHECK(r.missing[0].why == WHY_TIER);
	r.core_pattern = text__str("|/bin/handler");
	conclude();
	CHECK_STR(synth_missing(&r), "coredump.duration_ns");
}

/* Nothing of the kernel half: nothing is taken for 0. */
static void not_seen(void)
{
	fresh();
	m.d.flags = ET_D_LATE;
	m.d.seen = ET_SEEN_DEAD;
	memset(&m.d.marks, 0, sizeof(m.d.marks));
	memset(&m.d.core, 0, sizeof(m.d.core));
	conclude();
	CHECK_STR(synth_missing(&r), "coredump.duration_ns coredump.limit_bytes coredump.reason");
	CHECK(r.missing[0].why == WHY_SKIPPED);
	m.d.flags = ET_D_SNAPSHOT;
	conclude();
	CHECK(r.missing[2].why == WHY_BEFORE);
	m.d.flags = 0;
	conclude();
	CHECK(r.missing[2].why == WHY_FULL);
}

/* Watched, and do_coredump() was not called. */
static void never_asked_for(void)
{
	fresh();
	m.d.core.flags = 0;
	m.d.marks.core_begin_ns = m.d.marks.core_end_ns = 0;
	conclude();
	CHECK_STR(synth_missing(&r), "coredump.duration_ns coredump.reason");
	CHECK(r.missing[1].why == WHY_UNSEEN);
}

int main(void)
{
	UNIT(reasons);
	UNIT(limit_not_seen);
	UNIT(limit_below_a_large_page);
	UNIT(signals);
	UNIT(applies);
	UNIT(written_to_a_file);
	UNIT(written_elsewhere);
	UNIT(not_watched);
	UNIT(not_seen);
	UNIT(never_asked_for);
	return unit__end();
}
