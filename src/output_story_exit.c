/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a record, gives the lines of its story that tell of the way out: core dump,
 * phases, files, children. Does not tell why it died or who reaped it.
 */
#include <string.h>

#include "array.h"
#include "story.h"

#define DURATION_WIDTH 6
#define FULL_BAR (20 * 8) /* cells of eight eighths */
#define LONG_NS 1000000 /* worth a line of its own */

/* ---- the way out ---- */

/* As output__phase_words(), but for what is over. */
static const char *phase_words(const struct record *r, enum phase phase)
{
	static const enum et_phase places[PHASE_COUNT] = {
		[PHASE_DELIVERY] = ET_PHASE_DELIVERY,
		[PHASE_COREDUMP] = ET_PHASE_COREDUMP,
		[PHASE_MM] = ET_PHASE_MM,
		[PHASE_FILES] = ET_PHASE_FILES,
		[PHASE_DETACH] = ET_PHASE_DETACH,
		[PHASE_TASK_WORK] = ET_PHASE_TASK_WORK,
		[PHASE_NOTIFY] = ET_PHASE_NOTIFY,
	};
	unsigned int i;

	if (phase == PHASE_DELIVERY)
		return r->death->status & 0x7f ? "until the signal acts" : "stopping its threads";
	if (phase != PHASE_OTHER)
		return output__phase_words(places[phase]);
	for (i = 0; i < PHASE_OTHER; i++) {
		if (!r->phases.seen[i])
			return "other, or not observed";
	}
	return "other";
}

static uint64_t phase_ns(const struct phases *p, enum phase phase)
{
	return p->seen[phase] || phase == PHASE_OTHER ? p->ns[phase] : 0;
}

static enum phase longest_phase(const struct phases *p)
{
	unsigned int i, longest = 0;

	for (i = 1; i < PHASE_COUNT; i++) {
		if (phase_ns(p, i) > phase_ns(p, longest))
			longest = i;
	}
	return longest;
}

static bool is_worth_a_line(const struct phases *p, enum phase phase)
{
	uint64_t ns = phase_ns(p, phase);

	return ns && (ns >= LONG_NS || ns >= p->exit_ns / 100 || phase == longest_phase(p));
}

/* At the right end of DURATION_WIDTH columns. */
static void put_duration_right(struct buf *b, uint64_t ns)
{
	size_t start = b->len;

	output__put_duration(b, ns);
	buf__align_right(b, start, DURATION_WIDTH);
}

/* What took any time at all shows. */
static void put_bar(struct buf *b, uint64_t part, uint64_t whole)
{
	unsigned int eighths = part < whole ? (unsigned int)((unsigned __int128)part * FULL_BAR / whole) : FULL_BAR;
	char block[3] = { '\xe2', '\x96', '\x88' }; /* U+2588 is full, and up to U+258F each an eighth less */

	for (; eighths > 8; eighths -= 8)
		buf__put(b, block, sizeof(block));
	block[2] = (char)(0x90 - (eighths ? eighths : 1));
	buf__put(b, block, sizeof(block));
}

static void put_phase(struct story *s, enum phase phase, size_t width)
{
	const struct phases *p = &s->r->phases;
	const char *words = phase_words(s->r, phase);
	size_t n = strlen(words);

	story__begin_line(s, "");
	story__item(s, words);
	for (; n <= width; n++)
		buf__char(s->b, ' ');
	put_duration_right(s->b, phase_ns(p, phase));
	buf__char(s->b, ' ');
	put_bar(s->b, phase_ns(p, phase), p->exit_ns);
	story__end_line(s);
}

static void put_long_exit(struct story *s)
{
	const struct phases *p = &s->r->phases;
	size_t width = 0, n;
	unsigned int i;

	for (i = 0; i < PHASE_COUNT; i++) {
		n = is_worth_a_line(p, i) ? strlen(phase_words(s->r, i)) : 0;
		if (n > width)
			width = n;
	}
	for (i = 0; i < PHASE_COUNT; i++) {
		if (is_worth_a_line(p, i))
			put_phase(s, i, width);
	}
}

static void item_longest_phase(struct story *s)
{
	const struct phases *p = &s->r->phases;
	enum phase longest = longest_phase(p);
	uint64_t ns = phase_ns(p, longest);

	if (!ns)
		return;
	story__item(s, ns > p->exit_ns / 2 ? "mostly " : "longest: ");
	buf__str(s->b, phase_words(s->r, longest));
	buf__str(s->b, " (");
	output__put_duration(s->b, ns);
	buf__char(s->b, ')');
}

static void item_memory(struct story *s)
{
	struct value freed = story__value(s, WANT_MM_FREED), users = story__value(s, WANT_MM_USERS);

	if (freed.kind != V_BOOL || freed.b)
		return;
	story__item(s, "its memory was not freed: ");
	if (!story__says(users)) {
		buf__str(s->b, "others use it");
		return;
	}
	buf__u64(s->b, users.u);
	buf__str(s->b, users.u == 1 ? " other uses it" : " others use it");
}

static void put_phases(struct story *s)
{
	const struct phases *p = &s->r->phases;
	bool is_long = p->known && p->exit_ns >= LONG_NS;

	story__begin_line(s, "on exit");
	if (p->known) {
		story__begin_item(s);
		output__put_duration(s->b, p->exit_ns);
		if (!is_long)
			item_longest_phase(s);
	}
	item_memory(s);
	story__end_line(s);
	if (is_long)
		put_long_exit(s);
}

static void put_threads(struct story *s)
{
	struct value threads = story__value(s, WANT_THREADS);

	story__begin_line(s, "threads");
	if (story__says(story__value(s, WANT_GROUP_EXIT))) {
		if (story__says(threads))
			story__item_number(s, "", threads.u, " threads went within ");
		else
			story__item(s, "all went within ");
		story__put_field(s, WANT_GROUP_EXIT);
	}
	story__item_field(s, WANT_LEADER_GONE, "its main thread had ended ", " before");
	story__end_line(s);
}

void story__put_dying(struct story *s)
{
	const struct phases *p = &s->r->phases;
	const char *words = output__phase_words(p->now);

	story__begin_line(s, "on exit");
	if (p->known) {
		story__begin_item(s);
		output__put_duration(s->b, p->exit_ns);
		buf__str(s->b, " so far");
	}
	if (words) {
		story__item(s, words);
		buf__str(s->b, " for ");
		output__put_duration(s->b, p->now_ns);
	}
	story__end_line(s);
}

/* ---- its files ---- */

/* A path and its file system; false when the path is not known. */
static bool item_file(struct story *s, const char *before, enum wanted path, enum wanted fs)
{
	if (!story__says(story__value(s, path)))
		return false;
	story__item(s, before);
	story__put_field(s, path);
	if (story__says(story__value(s, fs))) {
		buf__str(s->b, " (");
		story__put_field(s, fs);
		buf__char(s->b, ')');
	}
	return true;
}

static void put_files(struct story *s)
{
	struct value slowest = story__value(s, WANT_SLOWEST);

	story__begin_line(s, "files");
	story__item_field(s, WANT_CLOSED, "", " closed");
	story__item_field(s, WANT_FLUSHED, "", " flushed");
	if (story__says(story__value(s, WANT_SHARED)))
		story__item(s, "its descriptors stay open: another process shares the table");
	if (item_file(s, "slowest ", WANT_SLOWEST_PATH, WANT_SLOWEST_FS)) {
		buf__char(s->b, ' ');
		story__put_field(s, WANT_SLOWEST);
	} else if (story__says(slowest) && slowest.u >= LONG_NS) {
		story__item_field(s, WANT_SLOWEST, "the slowest took ", "");
	}
	if (item_file(s, "release of ", WANT_RELEASE_PATH, WANT_RELEASE_FS)) {
		buf__str(s->b, " took ");
		story__put_field(s, WANT_RELEASE);
	} else {
		story__item_field(s, WANT_RELEASE, "a release took ", "");
	}
	story__end_line(s);
}

static void begin_alarm(struct story *s)
{
	if (s->o->opt.colour)
		buf__str(s->b, OUTPUT_ALARM);
	story__begin_line(s, "LOST DATA?");
}

static void end_alarm(struct story *s)
{
	buf__str(s->b, ", and nobody was told");
	if (s->o->opt.colour)
		buf__str(s->b, OUTPUT_UNTINT);
	story__end_line(s);
}

/* " (nfs4, fd 7)", or what is known of that. */
static void put_file_details(struct story *s, const struct noted_file *f)
{
	bool fs = f->known && f->fs.len, fd = f->fd >= 0;

	if (!fs && !fd)
		return;
	buf__str(s->b, " (");
	if (fs)
		buf__text(s->b, f->fs);
	if (fd) {
		buf__str(s->b, fs ? ", fd " : "fd ");
		buf__u64(s->b, (uint64_t)f->fd);
	}
	buf__char(s->b, ')');
}

static void put_flush_error(struct story *s, const struct noted_file *f)
{
	begin_alarm(s);
	story__begin_item(s);
	if (f->known && f->path.len)
		buf__text(s->b, f->path);
	else
		buf__str(s->b, "a file");
	put_file_details(s, f);
	buf__str(s->b, ": flush failed with ");
	buf__str(s->b, f->errno_name);
	end_alarm(s);
}

/* The exit goes on whatever flush says, so this line is all that anybody learns of it. */
static void put_flush_errors(struct story *s)
{
	struct value count = story__value(s, WANT_FLUSH_ERRORS);
	uint64_t noted = 0;
	unsigned int i;

	for (i = 0; i < s->r->nr_files; i++) {
		if (s->r->files[i].what != ET_FILE_FLUSH_ERROR)
			continue;
		put_flush_error(s, &s->r->files[i]);
		noted++;
	}
	if (count.kind != V_U64 || count.u <= noted)
		return;
	begin_alarm(s);
	story__item_number(s, "", count.u - noted, noted ? " more" : "");
	buf__str(s->b, count.u - noted == 1 ? " flush failed" : " flushes failed");
	end_alarm(s);
}

/* ---- the core dump ---- */

/* The program of a pattern like "|/usr/lib/systemd/systemd-coredump %P %u", without its arguments. */
static struct text first_word(struct text t)
{
	const char *space = t.len ? memchr(t.bytes, ' ', t.len) : NULL;

	if (space)
		t.len = (size_t)(space - t.bytes);
	return t;
}

static void put_dumped(struct story *s)
{
	const struct coredump *c = &s->r->coredump;
	const struct text pattern = s->r->core_pattern;
	bool piped = c->target == ET_CORE_PIPE || c->target == ET_CORE_SOCKET;

	if (piped && pattern.len)
		story__item_text(s, c->target == ET_CORE_PIPE ? "piped to " : "sent to ", first_word(pattern));
	else if (piped)
		story__item(s, c->target == ET_CORE_PIPE ? "piped to a program" : "sent to a socket");
	else
		story__item(s, "dumped");
	if (piped) {
		story__item_field(s, WANT_CORE_DURATION, "took ", "");
		return;
	}
	if (story__says(story__value(s, WANT_CORE_PATH))) {
		buf__str(s->b, " to ");
		story__put_field(s, WANT_CORE_PATH);
	}
	if (story__says(story__value(s, WANT_CORE_DURATION))) {
		buf__str(s->b, " (");
		story__put_field(s, WANT_CORE_DURATION);
		buf__char(s->b, ')');
	}
}

/* Why not, and where to look or what to do. */
static void put_core_reason(struct story *s)
{
	static const char nobody_listens[] = "nobody listens at the socket of sysctl kernel.core_pattern";
	static const char *const reasons[] = {
		[CORE_NOT_DUMPABLE] = "prctl(PR_SET_DUMPABLE), or other rights than its user's; "
				      "see sysctl fs.suid_dumpable",
		[CORE_PATTERN_EMPTY] = "sysctl kernel.core_pattern is empty",
		[CORE_LIMIT] = "RLIMIT_CORE is ",
		[CORE_OPEN_FAILED] = "the file could not be opened; see sysctl kernel.core_pattern, "
				     "and who may write there",
		[CORE_HANDLER_FAILED] = "the program of sysctl kernel.core_pattern could not be run",
		[CORE_INTERRUPTED] = "SIGKILL came meanwhile, or writing failed; is there room?",
	};
	enum core_reason reason = s->r->coredump.reason;
	bool socket = s->r->coredump.target == ET_CORE_SOCKET;

	if ((unsigned int)reason >= ARRAY_SIZE(reasons) || !reasons[reason])
		return;
	buf__str(s->b, ": ");
	buf__str(s->b, reason == CORE_OPEN_FAILED && socket ? nobody_listens : reasons[reason]);
	if (reason != CORE_LIMIT)
		return;
	if (s->r->death->core.limit)
		output__put_bytes(s->b, s->r->death->core.limit);
	else
		buf__char(s->b, '0');
	buf__str(s->b, "; raise it with ulimit -c, or LimitCORE= of its unit");
}

static void put_core(struct story *s)
{
	const struct coredump *c = &s->r->coredump;

	if (!c->applies)
		return;
	story__begin_line(s, "core");
	if (c->dumped) {
		put_dumped(s);
	} else {
		story__item(s, "not dumped");
		put_core_reason(s);
	}
	story__end_line(s);
}

/* ---- what it wrote and nobody will see ---- */

#define STREAMS_SHOWN 8

static void put_bytes(struct story *s, uint64_t n)
{
	buf__u64(s->b, n);
	buf__str(s->b, n == 1 ? " byte" : " bytes");
}

static void put_stream_name(struct story *s, const struct noted_stream *n)
{
	if (n->known && n->path.len) {
		buf__text(s->b, n->path);
		return;
	}
	buf__str(s->b, "descriptor ");
	buf__u64(s->b, (uint64_t)n->fd);
}

/* 23 bytes never reached /var/log/app.log: "..." */
static void put_lost(struct story *s, const struct noted_stream *n)
{
	story__begin_item(s);
	put_bytes(s, n->lost);
	buf__str(s->b, " never reached ");
	put_stream_name(s, n);
	if (n->exec)
		buf__str(s->b, ", dropped by exec");
	if (!n->tail.len)
		return;
	buf__str(s->b, n->tail.len < n->lost ? ": ...\"" : ": \"");
	buf__text(s->b, n->tail);
	buf__char(s->b, '"');
}

static void put_stream(struct story *s, const struct noted_stream *n)
{
	story__begin_line(s, "lost");
	if (n->lost)
		put_lost(s, n);
	if (n->failed) {
		story__item(s, "a write failed to ");
		put_stream_name(s, n);
		buf__str(s->b, ", nobody knows how much that lost");
	}
	if (n->inherited) {
		story__begin_item(s);
		put_bytes(s, n->inherited);
		buf__str(s->b, n->lost ? " more are its parent's, from before the fork" :
			       " in its buffer are its parent's, from before the fork");
	}
	story__end_line(s);
}

static void put_streams(struct story *s)
{
	const struct last_words *w = &s->r->stdio;
	unsigned int i;

	if (!w->applies || record__is_missing(s->r, FIELD_stdio))
		return;
	for (i = 0; i < w->nr && i < STREAMS_SHOWN; i++)
		put_stream(s, &w->list[i]);
	if (w->nr <= STREAMS_SHOWN && !w->cut)
		return;
	story__begin_line(s, "");
	story__begin_item(s);
	buf__str(s->b, "and more: of all streams together ");
	put_bytes(s, w->lost);
	story__end_line(s);
}

/* ---- those it left behind ---- */

static void put_children(struct story *s)
{
	const struct et_peer *adopter = &s->r->death->adopter;
	struct value hung_up = story__value(s, WANT_HUNG_UP);

	story__begin_line(s, "children");
	story__item_field(s, WANT_ADOPTED, "", " adopted");
	if (s->open && adopter->id.tgid) {
		story__put_peer(s, " by ", adopter);
		story__put_role(s, adopter);
	}
	story__end_line(s);
	story__begin_line(s, "hung up");
	story__item_field(s, WANT_HUNG_UP, "", hung_up.u == 1 ? " process" : " processes");
	if (s->open)
		buf__str(s->b, ": stopped orphans, or in the foreground of its terminal");
	story__end_line(s);
}

void story__put_way_out(struct story *s)
{
	put_core(s);
	put_phases(s);
	put_threads(s);
	put_files(s);
	put_flush_errors(s);
	put_streams(s);
	put_children(s);
}

