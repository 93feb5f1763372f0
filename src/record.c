/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a record, gives the value of each of its fields and the reasons for those it
 * cannot give. Does not format anything and does not conclude anything.
 */
#include "record.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "names.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- what is missing ---- */

static bool has_prefix(const char *key, const char *group)
{
	size_t n = strlen(group);

	return !strncmp(key, group, n) && (!key[n] || key[n] == '.');
}

bool record__is_missing(const struct record *r, const char *key)
{
	unsigned int i;

	for (i = 0; i < r->nr_missing; i++)
		if (has_prefix(key, r->missing[i].key))
			return true;
	return false;
}

static bool applies(const struct record *r, const struct field *f)
{
	static const unsigned int in[] = {
		[RECORD_DEATH] = IN_DEATH, [RECORD_ZOMBIE] = IN_DEATH, [RECORD_DYING] = IN_DYING,
		[RECORD_THREAD] = IN_THREAD, [RECORD_WARNING] = IN_THREAD,
	};

	return f && f->in & in[r->type];
}

/* Only some of the fields apply. */
static bool in_part(const struct record *r)
{
	return r->type != RECORD_DEATH && r->type != RECORD_ZOMBIE;
}

void record__add_missing(struct record *r, const char *key, enum missing_why why)
{
	if (in_part(r) && !applies(r, record__field(key)))
		return;
	if (r->nr_missing < RECORD_MISSING_MAX && !record__is_missing(r, key))
		r->missing[r->nr_missing++] = (struct missing){ .key = key, .why = why };
}

/* ---- facts derived from the message ---- */

uint64_t record__death_ns(const struct record *r)
{
	return r->death->seen & ET_SEEN_DEAD ? r->death->dead_ns : r->death->exit_ns;
}

bool record__same_id(const struct et_id *a, const struct et_id *b)
{
	return a->tgid == b->tgid && a->start_ns == b->start_ns;
}

uint64_t record__since(uint64_t earlier, uint64_t later)
{
	return later > earlier ? later - earlier : 0;
}

bool record__hooked(const struct record *r, enum et_observation obs)
{
	return r->start->doors[obs] == ET_DOOR_FENTRY || r->start->doors[obs] == ET_DOOR_KPROBE;
}

bool record__files_shared(const struct record *r)
{
	return !(r->death->flags & ET_D_FD_CLOSER) && r->death->files.users > 1;
}

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

int record__shell_status(int status)
{
	return status & 0x7f ? 128 + (status & 0x7f) : (status >> 8) & 0xff;
}

void record__name_peer(char *dst, size_t cap, const struct et_peer *p)
{
	size_t n = text__escape(dst, cap, text__array(p->comm, sizeof(p->comm)));

	snprintf(dst + n, cap - n, "[%u]", p->id.tgid);
}

/*
 * The ticks tell only the proportion; what the scheduler measured is exact. As in the
 * kernel's cputime_adjust(), so that the sums are those wait4() gives the parent.
 */
static uint64_t user_ns(const struct et_resources *u)
{
	const unsigned __int128 ticks = (unsigned __int128)u->utime_ns + u->stime_ns;

	if (!u->stime_ns)
		return u->runtime_ns;
	if (!u->utime_ns)
		return 0;
	return u->runtime_ns - (uint64_t)((unsigned __int128)u->stime_ns * u->runtime_ns / ticks);
}

const struct et_killer *record__killer(const struct record *r)
{
	const struct et_signals *s = r->signals;

	return s && r->cause.by == &s->fatal.by && !r->cause.self ? &s->killer : NULL;
}

static const struct et_peer *killer(const struct record *r)
{
	return r->cause.by;
}

static const struct et_peer *known_peer(const struct et_peer *p)
{
	return p->id.tgid ? p : NULL;
}

static const struct et_peer *killer_parent(const struct record *r)
{
	const struct et_signal *s = r->cause.signal;

	return s && r->cause.by == &s->by ? known_peer(&s->by_parent) : NULL;
}

static const struct et_peer *killer_grandparent(const struct record *r)
{
	const struct et_killer *k = record__killer(r);

	return k && killer_parent(r) ? known_peer(&k->grandparent) : NULL;
}

static const struct et_peer *parent(const struct record *r)
{
	return r->death->parent.id.tgid ? &r->death->parent : NULL;
}

static const struct et_peer *reaper(const struct record *r)
{
	return r->reap.by_known ? &r->reap.by : NULL;
}

static const struct et_peer *new_parent(const struct record *r)
{
	return r->reap.reparented ? &r->reap.new_parent : NULL;
}

static const struct et_peer *seen_new_parent(const struct record *r)
{
	return r->reap.new_parent_seen ? new_parent(r) : NULL;
}

static const struct et_peer *tracer(const struct record *r)
{
	const bool traced = r->death->flags & ET_D_TRACED && r->death->tracer.id.tgid;

	return traced && !record__is_missing(r, "reap") ? &r->death->tracer : NULL;
}

static const struct et_peer *adopter(const struct record *r)
{
	if (!r->death->adopted || record__is_missing(r, "children.adopted_by"))
		return NULL;
	return &r->death->adopter;
}

static struct text killer_exe(const struct record *r)
{
	if (r->cause.self)
		return r->exe;
	return record__killer(r) ? r->killer.exe : (struct text){ NULL, 0 };
}

/* Its cgroup is known, if not by its path. */
static const struct et_killer *killer_place(const struct record *r)
{
	const struct et_killer *k = record__killer(r);

	return k && k->cgroup_id ? k : NULL;
}

static struct text killer_args(const struct record *r)
{
	const struct et_killer *k = record__killer(r);

	return k && k->seen & ET_KILLER_ARGS ? r->killer.args : (struct text){ NULL, 0 };
}

/* Which cgroup was killed, by its number; 0: none, or it is not known. */
static uint64_t killed_cgroup(const struct record *r)
{
	const struct et_signals *s = r->signals;

	if (!s || r->cause.signal != &s->fatal || !(s->fatal.flags & ET_SIG_CGROUP))
		return 0;
	return s->killer.cgroup_killed;
}

/* The call that sent it: its sender, and when it sent the first. */
static struct et_id blast(const struct record *r)
{
	const struct et_signals *s = r->signals;

	if (!s || r->cause.signal != &s->fatal || !(s->fatal.flags & ET_SIG_BLAST) || !s->killer.blast_ns)
		return (struct et_id){ 0 };
	return (struct et_id){ .tgid = s->fatal.by.id.tgid, .start_ns = s->killer.blast_ns };
}

static const struct et_oom *oom(const struct record *r)
{
	return r->cause.oom ? r->oom : NULL;
}

/* To read from without asking first. */
static const struct et_oom *choice(const struct record *r)
{
	static const struct et_oom none;

	return oom(r) ? oom(r) : &none;
}

static bool is_oom(const struct record *r, enum et_oom_flags flag)
{
	return choice(r)->flags & flag;
}

static const struct et_peer *trigger(const struct record *r)
{
	return known_peer(&choice(r)->trigger);
}

static uint64_t killed_ns(const struct record *r)
{
	return r->cause.signal ? r->cause.signal->time_ns : 0;
}

static const struct et_signal *fault(const struct record *r)
{
	return r->cause.class == CAUSE_FAULT ? r->cause.signal : NULL;
}

static const char *code_name(const struct et_signal *s)
{
	return s && s->info == ET_INFO_REAL ? names__sicode(s->signo, s->code) : NULL;
}

static bool cut_exe(const struct record *r)
{
	return r->exe.len && (r->death->cut & ET_CUT_EXE);
}

static bool cut_args(const struct record *r)
{
	return r->args_cut;
}

static bool cut_cgroup(const struct record *r)
{
	return r->cgroup.len && r->cgroup_cut;
}

static bool cut_killer_exe(const struct record *r)
{
	if (!r->cause.by || !killer_exe(r).len)
		return false;
	return r->cause.self ? cut_exe(r) : r->killer.exe_cut;
}

static bool cut_killer_args(const struct record *r)
{
	return killer_args(r).len && r->killer.args_cut;
}

static bool cut_killer_cgroup(const struct record *r)
{
	return killer_place(r) && r->killer.cgroup.len && r->killer.cgroup_cut;
}

static bool cut_killed_cgroup(const struct record *r)
{
	return killed_cgroup(r) && r->killed_cgroup.len && r->killed_cgroup_cut;
}

static bool cut_oom_cgroup(const struct record *r)
{
	return is_oom(r, ET_OOM_LIMIT) && r->oom_cgroup.len && r->oom_cgroup_cut;
}

static const struct noted_file *slowest_close(const struct record *r)
{
	return record__is_missing(r, "files") ? NULL : record__slowest_close(r);
}

static const struct noted_file *slowest_release(const struct record *r)
{
	return record__is_missing(r, "files") ? NULL : record__file(r, ET_FILE_SLOW_RELEASE);
}

static unsigned int count_flush_errors(const struct record *r)
{
	unsigned int i, n = 0;

	for (i = 0; i < r->nr_files; i++)
		n += r->files[i].what == ET_FILE_FLUSH_ERROR;
	return n;
}

static bool has_flush_errors(const struct record *r)
{
	if (record__is_missing(r, "files.flush_errors"))
		return false;
	return count_flush_errors(r) || (r->death->files.errors && !record__files_shared(r));
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

static bool cut_slowest(const struct record *r)
{
	return slowest_close(r) && slowest_close(r)->cut && !record__is_missing(r, "files.slowest");
}

static bool cut_slowest_release(const struct record *r)
{
	return slowest_release(r) && slowest_release(r)->cut;
}

static bool cut_core(const struct record *r)
{
	return r->coredump.file && r->coredump.file->cut;
}

static const struct {
	const char *key;
	bool (*is_cut)(const struct record *r);
} cuts[] = {
	{ "process.executable.path", cut_exe },
	{ "process.args", cut_args },
	{ "process.cgroup.path", cut_cgroup },
	{ "cause.by.executable.path", cut_killer_exe },
	{ "cause.by.args", cut_killer_args },
	{ "cause.by.cgroup.path", cut_killer_cgroup },
	{ "cause.cgroup.path", cut_killed_cgroup },
	{ "oom.cgroup.path", cut_oom_cgroup },
	{ "files.flush_errors", cut_flush_errors },
	{ "files.slowest.path", cut_slowest },
	{ "files.slowest_release.path", cut_slowest_release },
	{ "coredump.path", cut_core },
};

static const void *nth_cut(const struct record *r, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < COUNT(cuts); i++)
		if (cuts[i].is_cut(r) && !n--)
			return cuts[i].key;
	return NULL;
}

static unsigned int count_cuts(const struct record *r)
{
	unsigned int i, n = 0;

	for (i = 0; i < COUNT(cuts); i++)
		n += cuts[i].is_cut(r);
	return n;
}

static const void *nth_missing(const struct record *r, unsigned int i)
{
	return i < r->nr_missing ? r->missing[i].key : NULL;
}

static const void *nth_stop(const struct record *r, unsigned int i)
{
	return i < r->cause.nr_stops ? &r->cause.stops[i] : NULL;
}

static const char *type_name(enum record_type type)
{
	static const char *const names[] = {
		[RECORD_DEATH] = "death", [RECORD_ZOMBIE] = "zombie", [RECORD_DYING] = "dying",
		[RECORD_THREAD] = "thread", [RECORD_WARNING] = "warning",
	};

	return names[type];
}

static uint64_t time_of(const struct record *r)
{
	if (r->thread)
		return r->thread->time_ns;
	return r->type == RECORD_DEATH ? record__death_ns(r) : r->now_ns;
}

static const char *auto_reason(const struct et_death *d)
{
	if (d->flags & ET_D_CLONE_AUTOREAP)
		return "autoreap";
	if (d->flags & ET_D_PARENT_IGNORES)
		return "sigchld_ignored";
	return d->flags & ET_D_PARENT_NOCLDWAIT ? "no_cldwait" : NULL;
}

/* ---- values ---- */

static const struct value absent = { .kind = V_ABSENT }, null = { .kind = V_NULL };

static struct value v_bool(bool b)
{
	return (struct value){ .kind = V_BOOL, .b = b };
}

static struct value v_num(enum value_kind kind, uint64_t u)
{
	return (struct value){ .kind = kind, .u = u };
}

static struct value v_u64(uint64_t u)
{
	return v_num(V_U64, u);
}

static struct value v_i64(int64_t i)
{
	return (struct value){ .kind = V_I64, .i = i };
}

static struct value v_n(enum value_kind kind, unsigned int n)
{
	return (struct value){ .kind = kind, .n = n };
}

static struct value v_str(const char *s)
{
	return s ? (struct value){ .kind = V_STR, .str = s } : absent;
}

static struct value v_text(enum value_kind kind, struct text t)
{
	return t.len ? (struct value){ .kind = kind, .text = t } : absent;
}

/* A comm may be empty, that is a name too. */
static struct value v_comm(const char comm[ET_COMM_LEN])
{
	return (struct value){ .kind = V_TEXT, .text = text__array(comm, ET_COMM_LEN) };
}

static struct value v_id(struct et_id id)
{
	return (struct value){ .kind = V_ID, .id = id };
}

static struct value v_when(bool applies, struct value v)
{
	return applies ? v : absent;
}

/* A single value: null if it is missing. */
static struct value v_known(const struct record *r, const char *key, struct value v)
{
	return record__is_missing(r, key) ? null : v;
}

/* Set is true; otherwise it goes without saying. */
static struct value v_flag(bool b)
{
	return v_when(b, v_bool(true));
}

/* A member of a group that is null as a whole if it is missing. */
static struct value v_member(const struct record *r, const char *group, struct value v)
{
	return record__is_missing(r, group) ? absent : v;
}

static struct value v_group(const struct record *r, const char *group)
{
	return record__is_missing(r, group) ? null : absent;
}

/* A part of the way out, PHASE_OTHER included. */
static struct value v_phase(const struct record *r, enum phase p)
{
	if (!r->phases.known || r->type == RECORD_DYING)
		return absent;
	return r->phases.seen[p] ? v_num(V_NS, r->phases.ns[p]) : null;
}

static struct value v_file(const struct record *r, const char *key, struct value v)
{
	return v_member(r, "files", v_known(r, key, v));
}

static struct value v_path(const struct noted_file *f)
{
	if (!f)
		return absent;
	return f->known ? v_text(V_TEXT, f->path) : null;
}

static struct value v_fs(const struct noted_file *f)
{
	if (!f)
		return absent;
	return f->fs.len ? v_text(V_TEXT, f->fs) : null;
}

/* Of the OOM killer's choice. */
static struct value v_oom(const struct record *r, const char *key, struct value v)
{
	return v_when(oom(r), v_known(r, key, v));
}

static struct value v_place(const struct record *r, const char *key, struct text t)
{
	return v_when(killer_place(r), v_known(r, key, v_text(V_TEXT, t)));
}

static struct value v_core(const struct record *r, const char *key, struct value v)
{
	return r->coredump.applies ? v_known(r, key, v) : absent;
}

/* One thread has no others to bring down. */
static struct value group_exit(const struct et_death *d)
{
	const bool several = !(d->seen & ET_SEEN_THREADS) || d->threads > 1;

	return v_when(several && d->marks.last_ns > d->marks.begin_ns,
		      v_num(V_NS, record__since(d->marks.begin_ns, d->marks.last_ns)));
}

static struct value peer_id(const struct et_peer *p)
{
	return p ? v_id(p->id) : absent;
}

static struct value peer_pid(const struct et_peer *p)
{
	return p ? v_u64(p->id.tgid) : absent;
}

static struct value peer_tid(const struct et_peer *p)
{
	return p ? v_u64(p->tid) : absent;
}

static struct value peer_comm(const struct et_peer *p)
{
	return p ? v_comm(p->comm) : absent;
}

static struct value peer_uid(const struct et_peer *p)
{
	return p ? v_u64(p->uid) : absent;
}

static struct value peer_role(const struct et_peer *p)
{
	return p ? v_str(names__role(p)) : absent;
}

/* ---- getters ---- */

/*
 * GET(name) is of a record, `d` its DEATH message, GET_THREAD of its thread `t`; GET_STOP of a timeline entry `s`,
 * GET_FILE of a flush error `f`.
 */

#define GET(name, expr)                                                           \
	static struct value get_##name(const void *obj, const struct record *r) \
	{                                                                         \
		const struct et_death *d = r->death;                              \
		(void)obj;                                                        \
		(void)d;                                                          \
		return expr;                                                      \
	}

#define GET_FILE(name, expr)                                                       \
	static struct value file_##name(const void *obj, const struct record *r) \
	{                                                                          \
		const struct noted_file *f = obj;                                  \
		(void)r;                                                           \
		return expr;                                                       \
	}

#define GET_THREAD(name, expr)                                                           \
	static struct value get_thread_##name(const void *obj, const struct record *r) \
	{                                                                                \
		const struct et_thread *t = r->thread;                                   \
		(void)obj;                                                               \
		return t ? expr : absent;                                                \
	}

#define GET_STOP(name, expr)                                                       \
	static struct value stop_##name(const void *obj, const struct record *r) \
	{                                                                          \
		const struct stop *s = obj;                                        \
		(void)r;                                                           \
		return expr;                                                       \
	}

GET(schema, v_str("exittrace/1"))
GET(type, v_str(type_name(r->type)))
GET(time, v_known(r, "time", v_num(V_TIME, time_of(r) + r->real_offset_ns)))
GET(id, v_id(d->id))

GET(pid, v_u64(d->id.tgid))
GET(ns_pid, v_known(r, "process.ns_pid", v_u64(d->ns_pids[d->ns_level % ET_PID_LEVELS])))
GET(comm, v_comm(d->comm))
GET(exe, v_known(r, "process.executable.path", v_text(V_TEXT, r->exe)))
GET(exe_deleted, v_when(r->exe.len && (d->flags & ET_D_EXE_DELETED), v_bool(true)))
GET(args, v_known(r, "process.args", v_text(V_TEXTS, r->args)))
GET(uid, v_u64(d->uid))
GET(gid, v_u64(d->gid))
GET(start_time, v_num(V_TIME, d->id.start_ns + r->real_offset_ns))
GET(age, v_known(r, "process.age_ns", v_num(V_NS, record__since(d->id.start_ns, record__death_ns(r)))))
GET(threads, v_known(r, "process.threads", v_u64(d->threads)))
GET(pgid, v_u64(d->pgid))
GET(session, v_u64(d->session))
GET(tty, v_known(r, "process.tty", v_text(V_TEXT, text__array(r->tty, sizeof(r->tty)))))
GET(exit_signal, v_when(d->exit_signal != SIGCHLD, v_i64(d->exit_signal)))
GET(no_exec, v_flag(d->flags & ET_D_FORKNOEXEC))
GET(cgroup, v_group(r, "process.cgroup"))
GET(cgroup_id, v_member(r, "process.cgroup", v_num(V_DEC, d->cgroup_id)))
GET(cgroup_version, v_member(r, "process.cgroup", v_u64(d->flags & ET_D_CGROUP_V1 ? 1 : 2)))
GET(cgroup_path, v_member(r, "process.cgroup", v_known(r, "process.cgroup.path", v_text(V_TEXT, r->cgroup))))
GET(cgroup_unit, v_member(r, "process.cgroup", v_known(r, "process.cgroup.unit", v_text(V_TEXT, r->unit))))
GET(container, v_group(r, "process.container"))
GET(container_id, v_text(V_TEXT, r->container.id))
GET(container_runtime, v_when(r->container.runtime, v_str(names__runtime(r->container.runtime))))

GET(parent, v_group(r, "parent"))
GET(parent_id, peer_id(parent(r)))
GET(parent_pid, peer_pid(parent(r)))
GET(parent_comm, peer_comm(parent(r)))
GET(parent_uid, peer_uid(parent(r)))

GET(exit_raw, v_i64(d->status))
GET(exit_code, d->status & 0x7f ? null : v_u64((d->status >> 8) & 0xff))
GET(exit_signo, d->status & 0x7f ? v_u64(d->status & 0x7f) : null)
GET(exit_signal_name, d->status & 0x7f ? v_str(r->cause.signal_name) : null)
GET(exit_core, v_bool(d->status & 0x80))
GET(exit_shell, v_i64(record__shell_status(d->status)))
GET(group_exit, v_known(r, "exit.group_exit_ns", group_exit(d)))
GET(leader_gone, v_known(r, "exit.leader_gone_ns",
			 v_when(d->leader_ns, v_num(V_NS, record__since(d->leader_ns, record__death_ns(r))))))

GET(cause_class, v_str(names__class(r->cause.class)))
GET(cause_text, v_str(r->cause.text))
GET(cause_by, v_group(r, "cause.by"))
GET(cause_by_id, peer_id(killer(r)))
GET(cause_by_pid, peer_pid(killer(r)))
GET(cause_by_tid, v_when(killer(r), v_known(r, "cause.by.tid", peer_tid(killer(r)))))
GET(cause_by_comm, peer_comm(killer(r)))
GET(cause_by_uid, peer_uid(killer(r)))
GET(cause_by_role, v_when(killer(r), v_str(r->cause.role)))
GET(cause_by_exe, v_when(killer(r), v_known(r, "cause.by.executable.path", killer(r) ?
					    v_text(V_TEXT, killer_exe(r)) : absent)))
GET(cause_by_args, v_when(killer(r), v_known(r, "cause.by.args", v_text(V_TEXTS, killer_args(r)))))
GET(cause_by_cgroup, v_when(killer(r), v_group(r, "cause.by.cgroup")))
GET(cause_by_cgroup_id, killer_place(r) ? v_num(V_DEC, killer_place(r)->cgroup_id) : absent)
GET(cause_by_cgroup_path, v_place(r, "cause.by.cgroup.path", r->killer.cgroup))
GET(cause_by_cgroup_unit, v_place(r, "cause.by.cgroup.unit", r->killer.unit))
GET(cause_by_container, v_when(killer(r), v_group(r, "cause.by.container")))
GET(cause_by_container_id, v_member(r, "cause.by.container", v_when(killer_place(r),
								    v_text(V_TEXT, r->killer.container.id))))
GET(cause_by_container_runtime, v_member(r, "cause.by.container",
					 v_when(killer_place(r) && r->killer.container.runtime,
						v_str(names__runtime(r->killer.container.runtime)))))
GET(cause_by_parent, v_when(killer(r), v_group(r, "cause.by.parent")))
GET(cause_by_parent_id, peer_id(killer_parent(r)))
GET(cause_by_parent_pid, peer_pid(killer_parent(r)))
GET(cause_by_parent_comm, peer_comm(killer_parent(r)))
GET(cause_by_grandparent, v_when(killer(r), v_group(r, "cause.by.grandparent")))
GET(cause_by_grandparent_id, peer_id(killer_grandparent(r)))
GET(cause_by_grandparent_pid, peer_pid(killer_grandparent(r)))
GET(cause_by_grandparent_comm, peer_comm(killer_grandparent(r)))
GET(cause_code, v_when(!fault(r), v_str(code_name(r->cause.signal))))
GET(cause_reraised, v_flag(r->cause.hint_reraised))
GET(cause_escalated, v_flag(r->cause.escalated))
GET(cause_sent, v_known(r, "cause.sent_to_dead_ns",
			v_when(r->cause.signal, v_num(V_NS, record__since(killed_ns(r),
									  record__death_ns(r))))))
GET(cause_because_of, v_when(r->cause.has_because_of, v_id(r->cause.because_of)))
GET(cause_blast, v_when(blast(r).tgid, v_id(blast(r))))
GET(cause_limit, v_known(r, "cause.limit", v_str(r->cause.limit)))
GET(cause_syscall, v_group(r, "cause.syscall"))
GET(cause_syscall_nr, v_when(r->cause.syscall_known, v_i64(r->cause.syscall)))
GET(cause_syscall_name, v_when(r->cause.syscall_known,
			       v_known(r, "cause.syscall.name", v_str(r->cause.syscall_name))))
GET(cause_cgroup, v_group(r, "cause.cgroup"))
GET(cause_cgroup_id, v_when(killed_cgroup(r), v_num(V_DEC, killed_cgroup(r))))
GET(cause_cgroup_path, v_when(killed_cgroup(r), v_known(r, "cause.cgroup.path", v_text(V_TEXT, r->killed_cgroup))))
GET(cause_tty, v_known(r, "cause.tty", v_text(V_TEXT, text__str(r->cause.tty))))
GET(cause_timeline, v_known(r, "cause.timeline", v_when(r->cause.nr_stops, v_n(V_LIST, r->cause.nr_stops))))
GET(fault_code, v_when(fault(r), v_known(r, "cause.fault.code_name", v_str(code_name(fault(r))))))
GET(fault_address, v_when(fault(r) && fault(r)->code != 0x80 /* SI_KERNEL has none */,
			  v_known(r, "cause.fault.address", v_num(V_HEX, fault(r) ? fault(r)->address : 0))))
GET(fault_ip, v_when(fault(r), v_known(r, "cause.fault.ip", v_num(V_HEX, fault(r) ? fault(r)->ip : 0))))

GET(oom, v_group(r, "oom"))
GET(oom_cgroup, v_when(oom(r), v_group(r, "oom.cgroup")))
GET(oom_cgroup_id, v_when(is_oom(r, ET_OOM_LIMIT), v_num(V_DEC, choice(r)->memcg_id)))
GET(oom_cgroup_version, v_when(is_oom(r, ET_OOM_LIMIT), v_u64(is_oom(r, ET_OOM_V1) ? 1 : 2)))
GET(oom_cgroup_path, v_when(is_oom(r, ET_OOM_LIMIT), v_known(r, "oom.cgroup.path", v_text(V_TEXT, r->oom_cgroup))))
GET(oom_own, v_when(is_oom(r, ET_OOM_LIMIT), v_bool(is_oom(r, ET_OOM_OWN))))
GET(oom_limit, v_oom(r, "oom.limit_bytes", v_when(is_oom(r, ET_OOM_LIMIT), v_num(V_BYTES, choice(r)->limit_bytes))))
GET(oom_with_swap, v_flag(is_oom(r, ET_OOM_LIMIT) && is_oom(r, ET_OOM_SWAP)))
GET(oom_usage, v_oom(r, "oom.usage_bytes", v_when(is_oom(r, ET_OOM_LIMIT), v_num(V_BYTES, choice(r)->usage_bytes))))
GET(oom_rss, v_oom(r, "oom.rss_bytes", v_num(V_BYTES, choice(r)->anon_bytes + choice(r)->file_bytes +
							       choice(r)->shmem_bytes)))
GET(oom_anon, v_oom(r, "oom.anon_bytes", v_num(V_BYTES, choice(r)->anon_bytes)))
GET(oom_file, v_oom(r, "oom.file_bytes", v_num(V_BYTES, choice(r)->file_bytes)))
GET(oom_shmem, v_oom(r, "oom.shmem_bytes", v_num(V_BYTES, choice(r)->shmem_bytes)))
GET(oom_swap, v_oom(r, "oom.swap_bytes", v_num(V_BYTES, choice(r)->swap_bytes)))
GET(oom_score_adj, v_when(oom(r), v_i64(choice(r)->score_adj)))
GET(oom_trigger, v_when(oom(r), v_group(r, "oom.trigger")))
GET(oom_trigger_id, peer_id(trigger(r)))
GET(oom_trigger_pid, peer_pid(trigger(r)))
GET(oom_trigger_comm, peer_comm(trigger(r)))
GET(oom_trigger_uid, peer_uid(trigger(r)))
GET(oom_group, v_flag(is_oom(r, ET_OOM_GROUP)))
GET(oom_shared, v_flag(is_oom(r, ET_OOM_SHARED)))
GET(oom_requested, v_flag(is_oom(r, ET_OOM_SYSRQ)))

GET_THREAD(tid, v_u64(t->tid))
GET_THREAD(comm, v_comm(t->comm))
GET_THREAD(age, v_num(V_NS, record__since(t->start_ns, t->time_ns)))
GET_THREAD(runtime, v_num(V_NS, t->runtime_ns))
GET_THREAD(ended_by, v_known(r, "thread.ended_by", v_str(names__ended_by(t))))
GET_THREAD(left, v_known(r, "thread.left", v_u64(t->threads ? t->threads - 1 : 0)))

GET_STOP(signal, v_u64(s->sig->signo))
GET_STOP(name, v_str(s->name))
GET_STOP(by_id, v_when(s->by_known, peer_id(&s->sig->by)))
GET_STOP(by_pid, v_when(s->by_known, peer_pid(&s->sig->by)))
GET_STOP(by_comm, v_when(s->by_known, peer_comm(&s->sig->by)))
GET_STOP(by_uid, v_when(s->by_known, peer_uid(&s->sig->by)))
GET_STOP(result, v_str(s->result))
GET_STOP(count, v_u64(s->sig->count))
GET_STOP(before, v_num(V_NS, s->before_death_ns))

GET(reap, v_group(r, "reap"))
GET(reap_how, v_member(r, "reap", v_known(r, "reap.how", v_str(names__how(r->reap.how)))))
GET(reap_reason, v_when(r->reap.how == REAP_AUTO, v_str(auto_reason(d))))
GET(reap_by, v_member(r, "reap", v_group(r, "reap.by")))
GET(reap_by_id, peer_id(reaper(r)))
GET(reap_by_pid, peer_pid(reaper(r)))
GET(reap_by_tid, v_when(reaper(r), v_known(r, "reap.by.tid", peer_tid(reaper(r)))))
GET(reap_by_comm, peer_comm(reaper(r)))
GET(reap_by_uid, peer_uid(reaper(r)))
GET(zombie_ns, v_member(r, "reap", v_known(r, "reap.zombie_ns", v_when(r->reap.time_known,
								       v_num(V_NS, r->reap.zombie_ns)))))
GET(approximate, v_when(r->reap.approximate, v_bool(true)))
/* Null says: it kept its parent, or that is missing. Open while nobody has reaped it. */
GET(new_parent, v_member(r, "reap", v_when(!r->reap.reparented && r->reap.how != REAP_UNREAPED, null)))
GET(new_parent_id, peer_id(new_parent(r)))
GET(new_parent_pid, peer_pid(new_parent(r)))
GET(new_parent_comm, peer_comm(seen_new_parent(r)))
GET(new_parent_role, peer_role(new_parent(r)))
GET(tracer_id, peer_id(tracer(r)))
GET(tracer_pid, peer_pid(tracer(r)))
GET(tracer_comm, peer_comm(tracer(r)))
GET(tracer_uid, peer_uid(tracer(r)))

GET(phases, v_group(r, "phases"))
GET(exit_ns, v_when(r->phases.known, v_num(V_NS, r->phases.exit_ns)))
GET(delivery, v_phase(r, PHASE_DELIVERY))
GET(coredump_phase, v_phase(r, PHASE_COREDUMP))
GET(mm, v_phase(r, PHASE_MM))
GET(files_phase, v_phase(r, PHASE_FILES))
GET(detach, v_phase(r, PHASE_DETACH))
GET(task_work, v_phase(r, PHASE_TASK_WORK))
GET(notify, v_phase(r, PHASE_NOTIFY))
GET(other, v_phase(r, PHASE_OTHER))
GET(mm_freed, v_when(r->phases.known, v_known(r, "phases.mm_freed", v_bool(r->phases.mm_freed))))
/* Of several threads some may be among the users. */
GET(mm_users, v_when(r->phases.mm_known && !r->phases.mm_freed && d->mm_users > 1 && d->threads == 1,
		     v_u64(d->mm_users - 1)))
GET(now, v_when(r->type == RECORD_DYING, v_str(names__now(r->phases.now))))
GET(now_ns, v_when(r->type == RECORD_DYING, v_num(V_NS, r->phases.now_ns)))

GET(files, v_group(r, "files"))
GET(closed, v_member(r, "files", v_u64(record__files_shared(r) ? 0 : d->files.open)))
GET(shared, v_member(r, "files", v_when(record__files_shared(r), v_bool(true))))
GET(flushed, v_file(r, "files.flushed", v_u64(record__files_shared(r) ? 0 : d->files.flushed)))
GET(close_ns, v_file(r, "files.close_ns", v_num(V_NS, d->files.close_ns)))
GET(flush_ns, v_file(r, "files.flush_ns", v_num(V_NS, d->files.flush_ns)))
GET(flush_error_count, v_file(r, "files.flush_error_count", v_u64(d->files.errors)))
GET(flush_errors, v_file(r, "files.flush_errors", v_when(has_flush_errors(r), v_n(V_LIST, count_flush_errors(r)))))
GET(slowest, v_member(r, "files", v_group(r, "files.slowest")))
GET(slowest_path, v_member(r, "files.slowest", v_path(slowest_close(r))))
GET(slowest_fs, v_member(r, "files.slowest", v_fs(slowest_close(r))))
GET(slowest_ns, v_member(r, "files.slowest", v_when(d->files.closed, v_num(V_NS, d->files.slowest_ns))))
GET(slowest_release, v_member(r, "files", v_group(r, "files.slowest_release")))
GET(release_path, v_member(r, "files.slowest_release", v_path(slowest_release(r))))
GET(release_fs, v_member(r, "files.slowest_release", v_fs(slowest_release(r))))
GET(release_ns, v_member(r, "files.slowest_release",
			 slowest_release(r) ? v_num(V_NS, slowest_release(r)->ns) : absent))

GET_FILE(fd, v_when(f->fd >= 0, v_i64(f->fd)))
GET_FILE(path, v_when(f->known, v_text(V_TEXT, f->path)))
GET_FILE(fs, v_text(V_TEXT, f->fs))
GET_FILE(errno, v_str(f->errno_name))

GET(dumped, v_core(r, "coredump", v_bool(r->coredump.dumped)))
GET(core_duration, v_core(r, "coredump.duration_ns", v_num(V_NS, r->coredump.duration_ns)))
GET(core_target, v_core(r, "coredump.target", v_when(r->coredump.target,
						     v_str(names__core_target(r->coredump.target)))))
GET(core_path, v_core(r, "coredump.path", r->coredump.file ? v_text(V_TEXT, r->coredump.file->path) : absent))
GET(core_pattern, v_core(r, "coredump.pattern", (struct value){ .kind = V_TEXT, .text = r->core_pattern }))
GET(core_limit, v_core(r, "coredump.limit_bytes", v_when(d->core.limit != UINT64_MAX,
							 v_num(V_BYTES, d->core.limit))))
GET(core_reason, v_core(r, "coredump.reason", v_when(!r->coredump.dumped && r->coredump.reason,
						     v_str(names__core_reason(r->coredump.reason)))))

GET(children, v_group(r, "children"))
GET(adopted, v_member(r, "children", v_known(r, "children.adopted", v_u64(d->adopted))))
GET(adopted_by, v_member(r, "children", v_group(r, "children.adopted_by")))
GET(adopter_id, peer_id(adopter(r)))
GET(adopter_pid, peer_pid(adopter(r)))
GET(adopter_comm, peer_comm(adopter(r)))
GET(adopter_role, peer_role(adopter(r)))
GET(hung_up, v_member(r, "children", v_known(r, "children.hung_up", v_when(d->hung_up, v_u64(d->hung_up)))))

GET(resources, v_group(r, "resources"))
GET(user_ns, v_member(r, "resources", v_num(V_NS, user_ns(&d->res))))
GET(sys_ns, v_member(r, "resources", v_num(V_NS, d->res.runtime_ns - user_ns(&d->res))))
GET(max_rss, v_member(r, "resources", v_num(V_BYTES, d->res.max_rss_pages * r->start->page_size)))
GET(minor_faults, v_member(r, "resources", v_u64(d->res.minor_faults)))
GET(major_faults, v_member(r, "resources", v_u64(d->res.major_faults)))
GET(read_bytes, v_member(r, "resources", v_known(r, "resources.read_bytes",
						 v_num(V_BYTES, d->res.read_bytes))))
GET(write_bytes, v_member(r, "resources", v_known(r, "resources.write_bytes",
						  v_num(V_BYTES, d->res.write_bytes))))
GET(voluntary, v_member(r, "resources", v_u64(d->res.voluntary_switches)))
GET(involuntary, v_member(r, "resources", v_u64(d->res.involuntary_switches)))

GET(observed_from, v_str(r->from_start ? "start" : "attach"))
GET(missing, v_n(V_KEYS, r->nr_missing))
GET(missing_why, v_when(r->nr_missing, v_n(V_WHY, r->nr_missing)))
GET(truncated, v_n(V_KEYS, count_cuts(r)))

/* ---- the table ---- */

#define FIELD(k, t, u, h, head, getter) \
	{ .key = k, .type = t, .unit = u, .help = h, .title = head, .get = getter, .in = IN_DEATH }

#define DYING(k, t, u, h, head, getter) \
	{ .key = k, .type = t, .unit = u, .help = h, .title = head, .get = getter, .in = IN_DEATH | IN_DYING }

#define THREAD(k, t, u, h, head, getter) \
	{ .key = k, .type = t, .unit = u, .help = h, .title = head, .get = getter, .in = IN_DEATH | IN_THREAD }

#define ALL(k, t, u, h, head, getter) \
	{ .key = k, .type = t, .unit = u, .help = h, .title = head, .get = getter, \
	  .in = IN_DEATH | IN_DYING | IN_THREAD }

#define ONLY_THREAD(k, t, u, h, head, getter) \
	{ .key = k, .type = t, .unit = u, .help = h, .title = head, .get = getter, .in = IN_THREAD }

static const struct field flush_error_fields[] = {
	FIELD("fd", "integer", "", "its descriptor; absent: not known", "FD", file_fd),
	FIELD("path", "string", "", "path of the file; absent: it could not be read any more", "PATH", file_path),
	FIELD("fs", "string", "", "type of its file system", "FS", file_fs),
	FIELD("errno", "string", "", "what the flush returned", "ERRNO", file_errno),
};

static const struct field stop_fields[] = {
	FIELD("signal", "integer", "", "number of the signal", "SIGNO", stop_signal),
	FIELD("signal_name", "string", "", "name of the signal", "SIGNAL", stop_name),
	FIELD("by.id", "string", "", "who sent it; absent if the kernel did", "BY-ID", stop_by_id),
	FIELD("by.pid", "integer", "", "pid of the sender", "BY-PID", stop_by_pid),
	FIELD("by.comm", "string", "", "name of the sender", "BY", stop_by_comm),
	FIELD("by.uid", "integer", "", "real user id of the sender", "BY-UID", stop_by_uid),
	FIELD("result", "string", "", "handled, ignored, blocked, pending (one was already) or default",
	      "RESULT", stop_result),
	FIELD("count", "integer", "", "how many of this signal came", "COUNT", stop_count),
	FIELD("before_death_ns", "integer", "ns", "from the latest of them to the death", "BEFORE",
	      stop_before),
};

const struct field record_fields[] = {
	ALL("schema", "string", "", "name and major version of this format", "SCHEMA", get_schema),
	ALL("type", "string", "", "death; zombie: dead, still not reaped; dying: still not dead; thread: one of its "
	    "threads ended; warning: one was killed alone", "TYPE", get_type),
	ALL("time", "string", "", "when it died; of a zombie or dying record: when it was made", "TIME", get_time),
	ALL("id", "string", "", "the process, unique for ever: boot id, pid, start time", "ID", get_id),

	ALL("process.pid", "integer", "", "process id in the initial pid namespace", "PID", get_pid),
	FIELD("process.ns_pid", "integer", "", "process id in its own pid namespace", "NSPID", get_ns_pid),
	ALL("process.comm", "string", "", "name of the process, at most 15 bytes", "COMM", get_comm),
	FIELD("process.executable.path", "string", "", "the program it ran", "EXE", get_exe),
	FIELD("process.executable.deleted", "boolean", "", "true: the program's file had been removed",
	      "EXE-DELETED", get_exe_deleted),
	FIELD("process.args", "array", "", "command line, only with --args", "ARGS", get_args),
	ALL("process.uid", "integer", "", "real user id", "UID", get_uid),
	FIELD("process.gid", "integer", "", "real group id", "GID", get_gid),
	DYING("process.start_time", "string", "", "when it was forked", "STARTED", get_start_time),
	DYING("process.age_ns", "integer", "ns", "from fork to death; dying: so far", "AGE", get_age),
	DYING("process.threads", "integer", "", "threads it had when its exit began", "THREADS", get_threads),
	FIELD("process.pgid", "integer", "", "process group", "PGID", get_pgid),
	FIELD("process.session", "integer", "", "session", "SID", get_session),
	FIELD("process.tty", "string", "", "controlling terminal; absent: none", "TTY", get_tty),
	FIELD("process.exit_signal", "integer", "",
	      "what its parent is sent at its death, if not SIGCHLD; 0: nothing", "EXIT-SIG",
	      get_exit_signal),
	FIELD("process.forked_no_exec", "boolean", "", "true: it never ran a program of its own", "NO-EXEC",
	      get_no_exec),
	FIELD("process.cgroup", "object", "", "null: its cgroup is not known", "CGROUP?", get_cgroup),
	FIELD("process.cgroup.id", "string", "", "inode number of the cgroup's directory", "CGROUP-ID",
	      get_cgroup_id),
	FIELD("process.cgroup.version", "integer", "", "cgroup hierarchy: 1 or 2", "CGROUP-V",
	      get_cgroup_version),
	FIELD("process.cgroup.path", "string", "", "path of the cgroup", "CGROUP", get_cgroup_path),
	FIELD("process.cgroup.unit", "string", "", "innermost systemd unit on that path", "UNIT",
	      get_cgroup_unit),
	FIELD("process.container", "object", "", "null: it is not known whether it was in a container",
	      "CONTAINER?", get_container),
	FIELD("process.container.id", "string", "", "id of the container", "CONTAINER", get_container_id),
	FIELD("process.container.runtime", "string", "", "docker, containerd, cri-o, podman or unknown",
	      "RUNTIME", get_container_runtime),

	FIELD("parent", "object", "", "null: its parent is not known", "PARENT?", get_parent),
	FIELD("parent.id", "string", "", "the parent when it died, unique for ever", "PARENT-ID",
	      get_parent_id),
	FIELD("parent.pid", "integer", "", "pid of the parent", "PPID", get_parent_pid),
	FIELD("parent.comm", "string", "", "name of the parent", "PARENT", get_parent_comm),
	FIELD("parent.uid", "integer", "", "real user id of the parent", "PARENT-UID", get_parent_uid),

	THREAD("exit.raw", "integer", "", "wait status as wait() gives it", "STATUS", get_exit_raw),
	THREAD("exit.code", "integer", "", "exit code; null: a signal ended it", "CODE", get_exit_code),
	THREAD("exit.signal", "integer", "", "signal that ended it; null: it exited", "SIGNO", get_exit_signo),
	THREAD("exit.signal_name", "string", "", "name of that signal; null: it exited", "SIGNAL",
	      get_exit_signal_name),
	THREAD("exit.core_dumped", "boolean", "", "the core bit of the wait status", "CORE", get_exit_core),
	THREAD("exit.shell", "integer", "", "what a shell shows as $?: the code, or 128 + signal", "EXIT",
	      get_exit_shell),
	FIELD("exit.group_exit_ns", "integer", "ns",
	      "from the first thread's exit to the last one's; absent: one thread", "THREADS-EXIT",
	      get_group_exit),
	FIELD("exit.leader_gone_ns", "integer", "ns",
	      "its main thread had ended this long before its death, others went on", "LEADER-GONE", get_leader_gone),

	ALL("cause.class", "string", "", "why it died, one word of a closed list", "CLASS",
	      get_cause_class),
	ALL("cause.text", "string", "", "why it died, in words", "CAUSE", get_cause_text),
	DYING("cause.by", "object", "", "null: somebody sent the signal, but it is not known who", "BY?",
	      get_cause_by),
	DYING("cause.by.id", "string", "", "who did it, unique for ever", "BY-ID", get_cause_by_id),
	DYING("cause.by.pid", "integer", "", "pid of who did it", "BY-PID", get_cause_by_pid),
	DYING("cause.by.tid", "integer", "", "the thread of it that did it", "BY-TID", get_cause_by_tid),
	DYING("cause.by.comm", "string", "", "name of who did it", "BY", get_cause_by_comm),
	DYING("cause.by.uid", "integer", "", "real user id of who did it", "BY-UID", get_cause_by_uid),
	FIELD("cause.by.role", "string", "",
	      "what programs of that name are for: service_manager, oom_killer, container_runtime, timeout, shell ...",
	      "BY-ROLE", get_cause_by_role),
	FIELD("cause.by.executable.path", "string", "", "program of who did it", "BY-EXE", get_cause_by_exe),
	FIELD("cause.by.args", "array", "", "command line of who did it, only with --args; absent: itself", "BY-ARGS",
	      get_cause_by_args),
	FIELD("cause.by.cgroup", "object", "", "null: the cgroup of who did it is not known; absent: itself",
	      "BY-CGROUP?", get_cause_by_cgroup),
	FIELD("cause.by.cgroup.id", "string", "", "inode number of that cgroup's directory", "BY-CGROUP-ID",
	      get_cause_by_cgroup_id),
	FIELD("cause.by.cgroup.path", "string", "", "path of that cgroup", "BY-CGROUP", get_cause_by_cgroup_path),
	FIELD("cause.by.cgroup.unit", "string", "", "innermost systemd unit on that path", "BY-UNIT",
	      get_cause_by_cgroup_unit),
	FIELD("cause.by.container", "object", "", "null: it is not known whether who did it was in a container",
	      "BY-CONTAINER?", get_cause_by_container),
	FIELD("cause.by.container.id", "string", "", "id of the container of who did it", "BY-CONTAINER",
	      get_cause_by_container_id),
	FIELD("cause.by.container.runtime", "string", "", "docker, containerd, cri-o, podman or unknown", "BY-RUNTIME",
	      get_cause_by_container_runtime),
	FIELD("cause.by.parent", "object", "", "null: the parent of who did it is not known", "BY-PARENT?",
	      get_cause_by_parent),
	FIELD("cause.by.parent.id", "string", "", "parent of who did it, unique for ever", "BY-PARENT-ID",
	      get_cause_by_parent_id),
	FIELD("cause.by.parent.pid", "integer", "", "pid of the parent of who did it", "BY-PPID",
	      get_cause_by_parent_pid),
	FIELD("cause.by.parent.comm", "string", "", "name of the parent of who did it", "BY-PARENT",
	      get_cause_by_parent_comm),
	FIELD("cause.by.grandparent", "object", "", "null: the parent of that parent is not known", "BY-GRANDPARENT?",
	      get_cause_by_grandparent),
	FIELD("cause.by.grandparent.id", "string", "", "parent of that parent, unique for ever", "BY-GRANDPARENT-ID",
	      get_cause_by_grandparent_id),
	FIELD("cause.by.grandparent.pid", "integer", "", "pid of the parent of that parent", "BY-GPPID",
	      get_cause_by_grandparent_pid),
	FIELD("cause.by.grandparent.comm", "string", "", "name of the parent of that parent", "BY-GRANDPARENT",
	      get_cause_by_grandparent_comm),
	FIELD("cause.because_of", "string", "", "id of the earlier death that brought this one about", "BECAUSE-OF",
	      get_cause_because_of),
	FIELD("cause.blast", "string", "",
	      "the same for all that one call killed: kill() of a group, cgroup.kill, an OOM kill of a cgroup", "BLAST",
	      get_cause_blast),
	FIELD("cause.escalated", "boolean", "", "true: whoever killed it had asked it to stop before", "ESCALATED",
	      get_cause_escalated),
	FIELD("cause.limit", "string", "", "the resource limit it hit: RLIMIT_CPU, RLIMIT_RTTIME or RLIMIT_FSIZE",
	      "LIMIT", get_cause_limit),
	THREAD("cause.syscall", "object", "", "null: it is not known which system call seccomp refused", "SYSCALL?",
	       get_cause_syscall),
	THREAD("cause.syscall.nr", "integer", "", "number of the system call that seccomp refused", "SYSCALL-NR",
	       get_cause_syscall_nr),
	THREAD("cause.syscall.name", "string", "", "its name", "SYSCALL", get_cause_syscall_name),
	FIELD("cause.cgroup", "object", "", "null: it is not known whose cgroup.kill was written", "KILLED-CGROUP?",
	      get_cause_cgroup),
	FIELD("cause.cgroup.id", "string", "", "inode number of the cgroup whose cgroup.kill was written",
	      "KILLED-CGROUP-ID", get_cause_cgroup_id),
	FIELD("cause.cgroup.path", "string", "", "path of that cgroup", "KILLED-CGROUP", get_cause_cgroup_path),
	FIELD("cause.tty", "string", "", "the terminal whose key or hangup ended it", "CAUSE-TTY", get_cause_tty),
	FIELD("cause.code_name", "string", "", "si_code of the signal, if it is no fault", "SI-CODE",
	      get_cause_code),
	FIELD("cause.reraised", "boolean", "", "true: a handler raised again what somebody else had sent",
	      "RERAISED", get_cause_reraised),
	FIELD("cause.sent_to_dead_ns", "integer", "ns", "from the signal to the death", "SENT-DEAD",
	      get_cause_sent),
	{ .key = "cause.timeline", .type = "array", .unit = "", .in = IN_DEATH, .title = "TIMELINE",
	  .get = get_cause_timeline,
	  .help = "stop signals (TERM, INT, HUP, QUIT) that came before, oldest first",
	  .items = stop_fields, .nr_items = COUNT(stop_fields), .item = nth_stop },
	FIELD("cause.fault.code_name", "string", "", "what the processor objected to", "FAULT",
	      get_fault_code),
	FIELD("cause.fault.address", "string", "", "address it objected to, hexadecimal", "ADDRESS",
	      get_fault_address),
	FIELD("cause.fault.ip", "string", "", "address of the instruction, hexadecimal", "IP", get_fault_ip),

	FIELD("oom", "object", "", "null: the OOM killer chose it, and no more is known; absent: it did not", "OOM?",
	      get_oom),
	FIELD("oom.cgroup", "object", "",
	      "null: it is not known whose limit was hit; absent: the machine had no memory left", "OOM-CGROUP?",
	      get_oom_cgroup),
	FIELD("oom.cgroup.id", "string", "", "inode number of the cgroup whose limit was hit", "OOM-CGROUP-ID",
	      get_oom_cgroup_id),
	FIELD("oom.cgroup.version", "integer", "", "cgroup hierarchy of it: 1 or 2", "OOM-CGROUP-V",
	      get_oom_cgroup_version),
	FIELD("oom.cgroup.path", "string", "", "path of that cgroup", "OOM-CGROUP", get_oom_cgroup_path),
	FIELD("oom.own_cgroup", "boolean", "", "false: the limit is that of a cgroup further up", "OOM-OWN",
	      get_oom_own),
	FIELD("oom.limit_bytes", "integer", "bytes", "the limit that was hit", "OOM-LIMIT", get_oom_limit),
	FIELD("oom.limit_with_swap", "boolean", "", "true: that limit is for memory and swap together", "OOM-MEMSW",
	      get_oom_with_swap),
	FIELD("oom.usage_bytes", "integer", "bytes", "what that cgroup used then", "OOM-USAGE", get_oom_usage),
	FIELD("oom.rss_bytes", "integer", "bytes", "memory the process had then, the next three together", "OOM-RSS",
	      get_oom_rss),
	FIELD("oom.anon_bytes", "integer", "bytes", "of that, its own data", "OOM-ANON", get_oom_anon),
	FIELD("oom.file_bytes", "integer", "bytes", "of that, mapped files", "OOM-FILE", get_oom_file),
	FIELD("oom.shmem_bytes", "integer", "bytes", "of that, shared memory", "OOM-SHMEM", get_oom_shmem),
	FIELD("oom.swap_bytes", "integer", "bytes", "what it had in swap", "OOM-SWAP", get_oom_swap),
	FIELD("oom.score_adj", "integer", "", "its oom_score_adj: -1000 never, 1000 first", "OOM-ADJ",
	      get_oom_score_adj),
	FIELD("oom.trigger", "object", "", "null: not known", "TRIGGER?", get_oom_trigger),
	FIELD("oom.trigger.id", "string", "", "who asked for memory when there was none left: not to blame for that",
	      "TRIGGER-ID", get_oom_trigger_id),
	FIELD("oom.trigger.pid", "integer", "", "pid of who asked", "TRIGGER-PID", get_oom_trigger_pid),
	FIELD("oom.trigger.comm", "string", "", "name of who asked", "TRIGGER", get_oom_trigger_comm),
	FIELD("oom.trigger.uid", "integer", "", "real user id of who asked", "TRIGGER-UID", get_oom_trigger_uid),
	FIELD("oom.group", "boolean", "", "true: all of its cgroup were killed (memory.oom.group)", "OOM-GROUP",
	      get_oom_group),
	FIELD("oom.shared_memory", "boolean", "", "true: another one was chosen, whose memory it shared", "OOM-SHARED",
	      get_oom_shared),
	FIELD("oom.requested", "boolean", "", "true: somebody called the OOM killer by hand (sysrq f)", "OOM-REQUESTED",
	      get_oom_requested),

	ONLY_THREAD("thread.tid", "integer", "", "id of the thread in the initial pid namespace", "TID",
		    get_thread_tid),
	ONLY_THREAD("thread.comm", "string", "", "name of the thread", "THREAD", get_thread_comm),
	ONLY_THREAD("thread.age_ns", "integer", "ns", "from its start to its end", "THREAD-AGE", get_thread_age),
	ONLY_THREAD("thread.runtime_ns", "integer", "ns", "its time on a processor", "THREAD-CPU", get_thread_runtime),
	ONLY_THREAD("thread.ended_by", "string", "",
		    "exit, group_exit (of its process), exec (of another thread) or killed", "ENDED-BY",
		    get_thread_ended_by),
	ONLY_THREAD("thread.left", "integer", "", "threads that its process has without it", "LEFT", get_thread_left),

	DYING("phases", "object", "", "null: it is not known when its exit began, or when it ended", "PHASES?",
	      get_phases),
	DYING("phases.exit_ns", "integer", "ns",
	      "from the fatal signal, or the first thread's exit, to the death; dying: so far", "EXIT-TIME",
	      get_exit_ns),
	FIELD("phases.delivery_ns", "integer", "ns", "of that, until the last thread was in its exit", "DELIVERY",
	      get_delivery),
	FIELD("phases.coredump_ns", "integer", "ns", "of that, dumping core", "CORE-TIME", get_coredump_phase),
	FIELD("phases.mm_ns", "integer", "ns", "of that, giving back memory", "MM", get_mm),
	FIELD("phases.files_ns", "integer", "ns", "of that, closing and flushing files", "FILES-TIME", get_files_phase),
	FIELD("phases.detach_ns", "integer", "ns", "of that, leaving terminal, namespaces and cgroup", "DETACH",
	      get_detach),
	FIELD("phases.task_work_ns", "integer", "ns", "of that, releasing closed files", "TASK-WORK", get_task_work),
	FIELD("phases.notify_ns", "integer", "ns", "of that, giving away children and telling the parent", "NOTIFY",
	      get_notify),
	FIELD("phases.other_ns", "integer", "ns", "the rest of it, and what could not be observed", "OTHER", get_other),
	FIELD("phases.mm_freed", "boolean", "", "false: others still used its memory, nothing was given back",
	      "MM-FREED", get_mm_freed),
	FIELD("phases.mm_users", "integer", "", "how many others still used its memory", "MM-USERS", get_mm_users),
	DYING("phases.now", "string", "",
	      "where a dying process is: delivery, coredump, mm, files, detach, task_work, notify or exit", "NOW",
	      get_now),
	DYING("phases.now_ns", "integer", "ns", "how long it has been there", "NOW-TIME", get_now_ns),

	FIELD("files", "object", "", "null: nothing is known of its descriptors", "FILES?", get_files),
	FIELD("files.closed", "integer", "", "descriptors closed by its exit", "CLOSED", get_closed),
	FIELD("files.shared", "boolean", "", "true: another process keeps its descriptors open, nothing was closed",
	      "SHARED", get_shared),
	FIELD("files.flushed", "integer", "", "of these, with a flush in their file system", "FLUSHED", get_flushed),
	FIELD("files.close_ns", "integer", "ns", "time in all closes", "CLOSE-TIME", get_close_ns),
	FIELD("files.flush_ns", "integer", "ns", "of that, in files with a flush", "FLUSH-TIME", get_flush_ns),
	FIELD("files.flush_error_count", "integer", "", "flushes that failed; nobody else is told", "FLUSH-ERRORS",
	      get_flush_error_count),
	{ .key = "files.flush_errors", .type = "array", .unit = "", .in = IN_DEATH, .title = "FLUSH-ERROR-LIST",
	  .get = get_flush_errors, .help = "files whose flush failed: data may be lost; absent: none",
	  .items = flush_error_fields, .nr_items = COUNT(flush_error_fields), .item = nth_flush_error },
	FIELD("files.slowest", "object", "", "null: closes were not timed", "SLOWEST?", get_slowest),
	FIELD("files.slowest.path", "string", "", "the file whose close took longest, if it was slow", "SLOWEST",
	      get_slowest_path),
	FIELD("files.slowest.fs", "string", "", "type of its file system", "SLOWEST-FS", get_slowest_fs),
	FIELD("files.slowest.ns", "integer", "ns", "the longest close", "SLOWEST-TIME", get_slowest_ns),
	FIELD("files.slowest_release", "object", "", "null: releases were not timed", "RELEASE?",
	      get_slowest_release),
	FIELD("files.slowest_release.path", "string", "",
	      "the closed file whose release took longest, if it was slow", "RELEASE", get_release_path),
	FIELD("files.slowest_release.fs", "string", "", "type of its file system", "RELEASE-FS", get_release_fs),
	FIELD("files.slowest_release.ns", "integer", "ns", "how long its release took", "RELEASE-TIME", get_release_ns),

	FIELD("coredump.dumped", "boolean", "", "a core was dumped", "DUMPED", get_dumped),
	FIELD("coredump.duration_ns", "integer", "ns", "how long the dump, or the attempt, took", "DUMP-TIME",
	      get_core_duration),
	FIELD("coredump.target", "string", "", "file, pipe or socket: where cores go", "CORE-TARGET", get_core_target),
	FIELD("coredump.path", "string", "", "the core file", "CORE-FILE", get_core_path),
	FIELD("coredump.pattern", "string", "", "/proc/sys/kernel/core_pattern", "CORE-PATTERN", get_core_pattern),
	FIELD("coredump.limit_bytes", "integer", "bytes", "RLIMIT_CORE; absent: unlimited", "CORE-LIMIT",
	      get_core_limit),
	FIELD("coredump.reason", "string", "", "why none was dumped: not_dumpable, pattern_empty, limit, open_failed, "
	      "handler_failed or interrupted", "NO-CORE", get_core_reason),

	FIELD("reap", "object", "", "null: it is not known what became of the zombie", "REAP?", get_reap),
	FIELD("reap.how", "string", "", "waited, auto, reparented, traced or unreaped", "REAP", get_reap_how),
	FIELD("reap.auto_reason", "string", "", "sigchld_ignored, no_cldwait or autoreap: why nobody had to wait",
	      "AUTO-REASON", get_reap_reason),
	FIELD("reap.by", "object", "", "null: it is not known who reaped it", "REAPER?", get_reap_by),
	FIELD("reap.by.id", "string", "", "who reaped it, unique for ever", "REAPER-ID", get_reap_by_id),
	FIELD("reap.by.pid", "integer", "", "pid of the reaper", "REAPER-PID", get_reap_by_pid),
	FIELD("reap.by.tid", "integer", "", "the thread that reaped it", "REAPER-TID", get_reap_by_tid),
	FIELD("reap.by.comm", "string", "", "name of the reaper", "REAPER", get_reap_by_comm),
	FIELD("reap.by.uid", "integer", "", "real user id of the reaper", "REAPER-UID", get_reap_by_uid),
	FIELD("reap.zombie_ns", "integer", "ns", "from death to reap; unreaped: so far", "ZOMBIE",
	      get_zombie_ns),
	FIELD("reap.approximate", "boolean", "",
	      "true: known only from the kernel freeing it, later than the reap", "APPROX", get_approximate),
	FIELD("reap.reparented_to", "object", "", "null: it kept its parent", "REPARENTED?", get_new_parent),
	FIELD("reap.reparented_to.id", "string", "", "who became its parent, unique for ever",
	      "NEW-PARENT-ID", get_new_parent_id),
	FIELD("reap.reparented_to.pid", "integer", "", "pid of who became its parent", "NEW-PPID",
	      get_new_parent_pid),
	FIELD("reap.reparented_to.comm", "string", "", "name of who became its parent", "NEW-PARENT",
	      get_new_parent_comm),
	FIELD("reap.reparented_to.role", "string", "",
	      "init, pid_namespace_init or subreaper: why that one became its parent", "NEW-PARENT-ROLE",
	      get_new_parent_role),
	FIELD("reap.tracer.id", "string", "", "who traced it and was told first, unique for ever", "TRACER-ID",
	      get_tracer_id),
	FIELD("reap.tracer.pid", "integer", "", "pid of the tracer", "TRACER-PID", get_tracer_pid),
	FIELD("reap.tracer.comm", "string", "", "name of the tracer", "TRACER", get_tracer_comm),
	FIELD("reap.tracer.uid", "integer", "", "real user id of the tracer", "TRACER-UID", get_tracer_uid),

	FIELD("children", "object", "", "null: not seen", "CHILDREN?", get_children),
	FIELD("children.adopted", "integer", "", "children it left to another parent", "ADOPTED", get_adopted),
	FIELD("children.adopted_by", "object", "", "null: it is not known who took them in", "ADOPTER?",
	      get_adopted_by),
	FIELD("children.adopted_by.id", "string", "", "who became their parent, unique for ever", "ADOPTER-ID",
	      get_adopter_id),
	FIELD("children.adopted_by.pid", "integer", "", "pid of who became their parent", "ADOPTER-PID",
	      get_adopter_pid),
	FIELD("children.adopted_by.comm", "string", "", "name of who became their parent", "ADOPTER",
	      get_adopter_comm),
	FIELD("children.adopted_by.role", "string", "",
	      "init, pid_namespace_init or subreaper: why that one took them in", "ADOPTER-ROLE", get_adopter_role),
	FIELD("children.hung_up", "integer", "",
	      "processes the kernel sent SIGHUP because it died; absent: none", "HUNG-UP", get_hung_up),

	FIELD("resources", "object", "", "null: not counted", "RESOURCES?", get_resources),
	FIELD("resources.user_ns", "integer", "ns", "processor time in user mode", "USER", get_user_ns),
	FIELD("resources.sys_ns", "integer", "ns", "processor time in the kernel", "SYS", get_sys_ns),
	FIELD("resources.max_rss_bytes", "integer", "bytes", "most memory it ever had at once", "MAXRSS",
	      get_max_rss),
	FIELD("resources.minor_faults", "integer", "", "page faults served from memory", "MINFLT",
	      get_minor_faults),
	FIELD("resources.major_faults", "integer", "", "page faults that had to read from storage", "MAJFLT",
	      get_major_faults),
	FIELD("resources.read_bytes", "integer", "bytes", "read from storage", "READ", get_read_bytes),
	FIELD("resources.write_bytes", "integer", "bytes", "written to storage", "WRITE", get_write_bytes),
	FIELD("resources.voluntary_switches", "integer", "", "times it gave up the processor", "VCSW",
	      get_voluntary),
	FIELD("resources.involuntary_switches", "integer", "", "times the processor was taken from it",
	      "IVCSW", get_involuntary),

	FIELD("observed_from", "string", "", "start: watched all its life; attach: it is older than tracing",
	      "FROM", get_observed_from),
	{ .key = "missing", .type = "array", .unit = "", .title = "MISSING", .in = IN_DEATH | IN_DYING | IN_THREAD,
	  .get = get_missing, .item = nth_missing,
	  .help = "what could not be observed; a group stands for all in it" },
	ALL("missing_why", "object", "", "why, for each of missing", "MISSING-WHY", get_missing_why),
	{ .key = "truncated", .type = "array", .unit = "", .title = "TRUNCATED", .in = IN_DEATH | IN_DYING | IN_THREAD,
	  .get = get_truncated, .item = nth_cut,
	  .help = "values that were cut" },
};

const unsigned int record_nr_fields = COUNT(record_fields);

struct value record__value(const struct field *f, const struct record *r)
{
	return applies(r, f) ? f->get(r, r) : absent;
}

const struct field *record__field(const char *key)
{
	unsigned int i;

	for (i = 0; i < COUNT(record_fields); i++)
		if (!strcmp(record_fields[i].key, key))
			return &record_fields[i];
	return NULL;
}
