/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a record, gives the value of each of its fields and the reasons for those it
 * cannot give. Does not format anything and does not conclude anything.
 */
#include "record.h"

#include <string.h>

#include "digits.h"
#include "values.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- what is missing ---- */

static bool applies(const struct record *r, const struct field *f)
{
	static const unsigned int in[] = {
		[RECORD_DEATH] = IN_DEATH, [RECORD_ZOMBIE] = IN_DEATH, [RECORD_DYING] = IN_DYING,
		[RECORD_THREAD] = IN_THREAD, [RECORD_WARNING] = IN_THREAD,
	};

	return f->in & in[r->type];
}

/* Only some of the fields apply. */
static bool in_part(const struct record *r)
{
	return r->type != RECORD_DEATH && r->type != RECORD_ZOMBIE;
}

static void mark(struct record *r, unsigned int f)
{
	r->gone[f / 64] |= 1ULL << f % 64;
}

/* Members stand behind their group, and their keys begin with its key and a dot. */
static unsigned int end_of_group(unsigned int f)
{
	const char *group = record_fields[f].key;
	size_t n = strlen(group);

	do
		f++;
	while (f < RECORD_NR_FIELDS && !strncmp(record_fields[f].key, group, n) && record_fields[f].key[n] == '.');
	return f;
}

static void mark_members(struct record *r, unsigned int f)
{
	static uint8_t ends[RECORD_NR_FIELDS]; /* 0: not looked for yet; each time it is the same */
	unsigned int end;

	if (!ends[f])
		ends[f] = (uint8_t)end_of_group(f);
	for (end = ends[f]; ++f < end;)
		mark(r, f);
}

void record__add_missing(struct record *r, enum record_field f, enum missing_why why)
{
	if (f >= RECORD_NR_FIELDS || (in_part(r) && !applies(r, &record_fields[f])))
		return;
	if (r->nr_missing >= RECORD_MISSING_MAX || record__is_missing(r, f))
		return;
	r->missing[r->nr_missing++] = (struct missing){ .field = (uint8_t)f, .why = (uint8_t)why };
	mark(r, f);
	if (record_fields[f].group)
		mark_members(r, f);
}

const char *record__missing_key(const struct record *r, unsigned int i)
{
	return i < r->nr_missing ? record_fields[r->missing[i].field].key : NULL;
}

void record__clear_missing(struct record *r)
{
	r->nr_missing = 0;
	memset(r->gone, 0, sizeof(r->gone));
}

/* ---- facts derived from the message ---- */

const struct noted_file *record__file(const struct record *r, enum et_file_what what)
{
	const struct noted_file *slowest = NULL;
	unsigned int i;

	for (i = 0; i < r->nr_files; i++)
		if (r->files[i].what == what && (!slowest || r->files[i].ns > slowest->ns))
			slowest = &r->files[i];
	return slowest;
}

/* Its message may have been lost, and that of a faster one not. */
const struct noted_file *record__slowest_close(const struct record *r)
{
	const struct noted_file *f = record__file(r, ET_FILE_SLOW_CLOSE);

	return f && f->ns == r->death->files.slowest_ns ? f : NULL;
}

const struct noted_file *record__slowest_release(const struct record *r)
{
	const struct noted_file *f = record__file(r, ET_FILE_SLOW_RELEASE);

	return f && f->ns == r->death->files.release_ns ? f : NULL;
}

void record__name_peer(char *dst, size_t cap, const struct et_peer *p)
{
	size_t n = text__escape(dst, cap, text__array(p->comm, sizeof(p->comm)));
	char number[DIGITS_MAX + 3] = "[", *end = digits__u64(number + 1, p->id.tgid);
	size_t len;

	memcpy(end, "]", 2);
	len = strnlen(number, cap - n - 1);
	memcpy(dst + n, number, len);
	dst[n + len] = '\0';
}

const struct et_killer *record__killer(const struct record *r)
{
	const struct et_signals *s = r->signals;

	return s && r->cause.by == &s->fatal.by && !r->cause.self ? &s->killer : NULL;
}

static bool cut_exe(const struct record *r)
{
	return r->exe.len && (r->death->cut & ET_CUT_EXE);
}

static bool cut_killer_exe(const struct record *r)
{
	if (!r->cause.by || !killer_exe(r).len)
		return false;
	return r->cause.self ? cut_exe(r) : r->killer.exe_cut;
}

static bool cut_killer_cgroup(const struct record *r)
{
	return r->killer.cgroup_cut && r->killer.cgroup.len && killer_place(r);
}

static bool cut_killed_cgroup(const struct record *r)
{
	return r->killed_cgroup_cut && r->killed_cgroup.len && killed_cgroup(r);
}

static bool cut_oom_cgroup(const struct record *r)
{
	return r->oom_cgroup_cut && r->oom_cgroup.len && is_oom(r, ET_OOM_LIMIT);
}

static const void *nth_flush_error(const struct record *r, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < r->nr_files; i++)
		if (r->files[i].what == ET_FILE_FLUSH_ERROR && !n--)
			return &r->files[i];
	return NULL;
}

/* The kernel half tells only so many, and a message may have been lost. */
static bool cut_flush_errors(const struct record *r)
{
	unsigned int i;

	if (!has_flush_errors(r))
		return false;
	for (i = 0; i < r->nr_files; i++)
		if (r->files[i].what == ET_FILE_FLUSH_ERROR && r->files[i].cut)
			return true;
	return r->death->files.errors > count_flush_errors(r);
}

static bool cut_streams(const struct record *r)
{
	unsigned int i;

	if (!r->stdio.applies || record__is_missing(r, FIELD_stdio_streams))
		return false;
	for (i = 0; i < r->stdio.nr; i++)
		if (r->stdio.list[i].cut)
			return true;
	return r->stdio.cut;
}

static const void *nth_stream(const struct record *r, unsigned int i)
{
	return i < r->stdio.nr ? &r->stdio.list[i] : NULL;
}

static bool cut_slowest(const struct record *r)
{
	return slowest_close(r) && slowest_close(r)->cut && !record__is_missing(r, FIELD_files_slowest);
}

static bool cut_slowest_release(const struct record *r)
{
	return slowest_release(r) && slowest_release(r)->cut;
}

static bool cut_core(const struct record *r)
{
	return r->coredump.file && r->coredump.file->cut;
}

/* Each value that may be cut, and whether it is. */
#define CUTS(CUT)                                                               \
	CUT(FIELD_process_executable_path, cut_exe(r))                          \
	CUT(FIELD_process_args, r->args_cut)                                    \
	CUT(FIELD_process_cgroup_path, r->cgroup.len && r->cgroup_cut)          \
	CUT(FIELD_cause_by_executable_path, cut_killer_exe(r))                  \
	CUT(FIELD_cause_by_args, r->killer.args_cut && killer_args(r).len)      \
	CUT(FIELD_cause_by_cgroup_path, cut_killer_cgroup(r))                   \
	CUT(FIELD_cause_cgroup_path, cut_killed_cgroup(r))                      \
	CUT(FIELD_oom_cgroup_path, cut_oom_cgroup(r))                           \
	CUT(FIELD_files_flush_errors, cut_flush_errors(r))                      \
	CUT(FIELD_files_slowest_path, cut_slowest(r))                           \
	CUT(FIELD_files_slowest_release_path, cut_slowest_release(r))           \
	CUT(FIELD_stdio_streams, cut_streams(r))                               \
	CUT(FIELD_coredump_path, cut_core(r))

static const void *nth_cut(const struct record *r, unsigned int n)
{
#define CUT(field, is_cut)      \
	if ((is_cut) && !n--) \
		return record_fields[field].key;
	CUTS(CUT)
#undef CUT
	return NULL;
}

/* Unrolled: it is asked at each death, and mostly there are none. */
unsigned int record__count_cuts(const struct record *r)
{
	unsigned int n = 0;

#define CUT(field, is_cut) n += (is_cut);
	CUTS(CUT)
#undef CUT
	return n;
}

static const void *nth_missing(const struct record *r, unsigned int i)
{
	return record__missing_key(r, i);
}

static const void *nth_stop(const struct record *r, unsigned int i)
{
	return i < r->cause.nr_stops ? &r->cause.stops[i] : NULL;
}

static const void *nth_frame(const struct record *r, unsigned int i)
{
	return i < r->stack.nr ? &r->stack.frames[i] : NULL;
}

static const void *nth_sender_frame(const struct record *r, unsigned int i)
{
	return i < r->stack.nr_sender ? &r->stack.sender[i] : NULL;
}

/* ---- items of lists ---- */

/* Of a timeline entry `s`, of a flush error `f`. */

#define GET_FILE(name, expr)                                                       \
	static const char file_##name##_expression[] = #expr;                              \
	static struct value file_##name(const void *obj, const struct record *r) \
	{                                                                          \
		const struct noted_file *f = obj;                                  \
		(void)r;                                                           \
		return expr;                                                       \
	}

#define GET_STREAM(name, expr)                                                       \
	static const char stream_##name##_expression[] = #expr;                              \
	static struct value stream_##name(const void *obj, const struct record *r) \
	{                                                                            \
		const struct noted_stream *s = obj;                                  \
		(void)r;                                                             \
		return expr;                                                         \
	}

#define GET_STOP(name, expr)                                                       \
	static const char stop_##name##_expression[] = #expr;                              \
	static struct value stop_##name(const void *obj, const struct record *r) \
	{                                                                          \
		const struct stop *s = obj;                                        \
		(void)r;                                                           \
		return expr;                                                       \
	}

GET_STOP(signal, v_u64(s->sig->signo))
GET_STOP(name, v_str(s->name))
GET_STOP(by_id, v_when(s->by_known, peer_id(&s->sig->by)))
GET_STOP(by_pid, v_when(s->by_known, peer_pid(&s->sig->by)))
GET_STOP(by_comm, v_when(s->by_known, peer_comm(&s->sig->by)))
GET_STOP(by_uid, v_when(s->by_known, peer_uid(&s->sig->by)))
GET_STOP(result, v_str(s->result))
GET_STOP(count, v_u64(s->count))
GET_STOP(before, v_num(V_NS, s->before_death_ns))

#define GET_FRAME(name, expr)                                                       \
	static const char frame_##name##_expression[] = #expr;                              \
	static struct value frame_##name(const void *obj, const struct record *r) \
	{                                                                           \
		const struct frame *f = obj;                                        \
		(void)r;                                                            \
		return expr;                                                        \
	}

GET_FRAME(module, v_text(V_TEXT, f->module))
GET_FRAME(build_id, v_build_id(f))
GET_FRAME(offset, v_offset(f))
GET_FRAME(address, v_address(f))
GET_FRAME(symbol, v_text(V_TEXT, f->symbol))
GET_FRAME(source, v_text(V_TEXT, f->source))

GET_FILE(fd, v_when(f->fd >= 0, v_i64(f->fd)))
GET_FILE(path, v_when(f->known, v_text(V_TEXT, f->path)))
GET_FILE(fs, v_text(V_TEXT, f->fs))
GET_FILE(errno, v_str(f->errno_name))

GET_STREAM(fd, v_i64(s->fd))
GET_STREAM(path, v_when(s->known, v_text(V_TEXT, s->path)))
GET_STREAM(lost, s->failed && !s->lost ? null : v_num(V_BYTES, s->lost))
GET_STREAM(inherited, v_when(s->inherited, v_num(V_BYTES, s->inherited)))
GET_STREAM(failed, v_flag(s->failed))
GET_STREAM(wide, v_flag(s->wide))
GET_STREAM(when, v_str(s->exec ? "exec" : "death"))
GET_STREAM(tail, v_text(V_TEXT, s->tail))

#define ITEM(k, t, u, h, head, getter) \
	{ .key = k, .type = t, .unit = u, .help = h, .title = head, .get = getter, .in = IN_DEATH, \
	  .expression = getter##_expression }

static const struct field flush_error_fields[] = {
	ITEM("fd", "integer", "", "its descriptor; absent: not known", "FD", file_fd),
	ITEM("path", "string", "", "path of the file; absent: it could not be read any more", "PATH", file_path),
	ITEM("fs", "string", "", "type of its file system", "FS", file_fs),
	ITEM("errno", "string", "", "what the flush returned", "ERRNO", file_errno),
};

static const struct field stream_fields[] = {
	ITEM("fd", "integer", "", "its descriptor", "FD", stream_fd),
	ITEM("path", "string", "", "path of its file; absent: the descriptor was closed", "PATH", stream_path),
	ITEM("lost_bytes", "integer", "bytes", "in its buffer and never written; null: of a failed write, not known",
	     "LOST", stream_lost),
	ITEM("inherited_bytes", "integer", "bytes", "in its buffer since the fork, its parent has them, too",
	     "INHERITED", stream_inherited),
	ITEM("write_failed", "boolean", "", "true: a write of it failed, what that lost is not counted", "FAILED",
	     stream_failed),
	ITEM("wide", "boolean", "", "true: of wide characters, counted as UTF-8", "WIDE", stream_wide),
	ITEM("at", "string", "", "death, or exec: what did away with its buffer", "AT", stream_when),
	ITEM("tail", "string", "", "the end of what was lost, only with --stdio=text", "TAIL", stream_tail),
};

static const struct field frame_fields[] = {
	ITEM("module", "string", "", "file that the code is in; absent: not found", "FILE", frame_module),
	ITEM("build_id", "string", "", "its build id; absent: not known", "BUILD-ID", frame_build_id),
	ITEM("offset", "string", "", "where in that file, hex; of all but the first where a call returns to", "OFFSET",
	     frame_offset),
	ITEM("address", "string", "", "the address in memory, hex, where no file is known", "ADDRESS", frame_address),
	ITEM("symbol", "string", "", "the function; absent: no symbols", "FUNCTION", frame_symbol),
	ITEM("source", "string", "", "source file and line; absent: no debug information", "SOURCE", frame_source),
};

static const struct field stop_fields[] = {
	ITEM("signal", "integer", "", "number of the signal", "SIGNO", stop_signal),
	ITEM("signal_name", "string", "", "name of the signal", "SIGNAL", stop_name),
	ITEM("by.id", "string", "", "who sent it; absent if the kernel did", "BY-ID", stop_by_id),
	ITEM("by.pid", "integer", "", "pid of the sender", "BY-PID", stop_by_pid),
	ITEM("by.comm", "string", "", "name of the sender", "BY", stop_by_comm),
	ITEM("by.uid", "integer", "", "real user id of the sender", "BY-UID", stop_by_uid),
	ITEM("result", "string", "", "handled, ignored, blocked, pending (its handler did not run) or default",
	      "RESULT", stop_result),
	ITEM("count", "integer", "", "how many of this signal came", "COUNT", stop_count),
	ITEM("before_death_ns", "integer", "ns", "from the latest of them to the death", "BEFORE",
	      stop_before),
};

/* ---- the table ---- */

#define FIELD(in_, id, key_, type_, unit_, help_, title_, expr)                   \
	static struct value get_##id(const void *obj, const struct record *r) \
	{                                                                          \
		const struct et_death *d = r->death;                               \
		(void)obj;                                                         \
		(void)d;                                                           \
		return expr;                                                       \
	}
#include "fields.h"

#define OF(fields) .items = fields, .nr_items = COUNT(fields)
#define OF_KEYS .nr_items = 0
#define FIELD(in_, id, key_, type_, unit_, help_, title_, expr)                                        \
	{ .key = key_, .type = type_, .unit = unit_, .help = help_, .title = title_, .get = get_##id, \
	  .in = in_, .expression = #expr, .group = sizeof(type_) == sizeof("object") && type_[0] == 'o' },
#define LIST(in_, id, key_, help_, title_, items_, item_, expr)                                         \
	{ .key = key_, .type = "array", .unit = "", .help = help_, .title = title_, .get = get_##id, \
	  .in = in_, .expression = #expr, .item = item_, items_ },

const struct field record_fields[] = {
#include "fields.h"
};

const unsigned int record_nr_fields = COUNT(record_fields);

struct value record__value(const struct field *f, const struct record *r)
{
	return f && applies(r, f) ? f->get(r, r) : absent;
}

const struct field *record__field(const char *key)
{
	unsigned int i;

	for (i = 0; i < COUNT(record_fields); i++)
		if (!strcmp(record_fields[i].key, key))
			return &record_fields[i];
	return NULL;
}
