/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a record, gives the value of each of its fields and the reasons for those it
 * cannot give. Does not format anything and does not conclude anything.
 */
#include "record.h"

#include <ctype.h>
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

void record__add_missing(struct record *r, const char *key, enum missing_why why)
{
	if (r->nr_missing < RECORD_MISSING_MAX && !record__is_missing(r, key))
		r->missing[r->nr_missing++] = (struct missing){ .key = key, .why = why };
}

/* Why nothing is known that `obs` would have told. */
static enum missing_why why_not(const struct record *r, enum et_observation obs)
{
	uint8_t door = r->start->doors[obs];

	if (r->death->flags & ET_D_SNAPSHOT)
		return WHY_BEFORE;
	if (r->death->flags & ET_D_LATE)
		return WHY_SKIPPED;
	if (door == ET_DOOR_NONE || door == ET_DOOR_OFF)
		return WHY_TIER;
	return r->from_start ? WHY_FULL : WHY_BEFORE;
}

static void note_unless(struct record *r, bool seen, const char *key, enum et_observation obs)
{
	if (!seen)
		record__add_missing(r, key, why_not(r, obs));
}

/* With the door open only the mm itself can have been missing. */
static enum missing_why why_no_mm(const struct record *r)
{
	enum missing_why why = why_not(r, ET_OBS_EXE);

	return why == WHY_FULL ? WHY_GONE : why;
}

static void note_exe(struct record *r)
{
	if (!r->exe.len && !(r->death->flags & ET_D_KTHREAD))
		record__add_missing(r, "process.executable.path", why_no_mm(r));
}

static void note_cgroup(struct record *r)
{
	if (!(r->death->seen & ET_SEEN_CGROUP)) {
		record__add_missing(r, "process.cgroup", why_not(r, ET_OBS_EXIT));
		record__add_missing(r, "process.container", why_not(r, ET_OBS_EXIT));
	} else if (!r->cgroup.len) {
		record__add_missing(r, "process.cgroup.path", WHY_LOST);
		record__add_missing(r, "process.cgroup.unit", WHY_LOST);
		record__add_missing(r, "process.container", WHY_LOST);
	}
}

static bool is_nobodys_child(const struct et_death *d)
{
	return d->id.tgid <= 2; /* init and kthreadd: children of the idle task */
}

/* "pts3" is what the kernel calls it, its file is /dev/pts/3. */
static void take_tty(struct record *r)
{
	struct text name = text__array(r->death->tty, sizeof(r->death->tty));
	const bool pts = name.len > 3 && !memcmp(name.bytes, "pts", 3) &&
			 isdigit((unsigned char)name.bytes[3]);
	const size_t head = pts ? 3 : name.len;

	memset(r->tty, 0, sizeof(r->tty));
	if (!(r->death->seen & ET_SEEN_TTY))
		return;
	memcpy(r->tty, name.bytes, head);
	if (!pts)
		return;
	r->tty[head] = '/';
	memcpy(r->tty + head + 1, name.bytes + head, name.len - head);
}

void record__note_unseen(struct record *r)
{
	const struct et_death *d = r->death;

	take_tty(r);
	if (!record__death_ns(r)) {
		if (r->type == RECORD_DEATH)
			record__add_missing(r, "time", why_not(r, ET_OBS_NOTIFY));
		record__add_missing(r, "process.age_ns", why_not(r, ET_OBS_NOTIFY));
	}
	if (d->ns_level >= ET_PID_LEVELS)
		record__add_missing(r, "process.ns_pid", WHY_FULL);
	note_exe(r);
	if ((d->seen & ET_SEEN_ARGS) && !r->args.bytes)
		record__add_missing(r, "process.args", WHY_LOST);
	else if ((r->start->flags & ET_START_ARGS) && !(d->seen & ET_SEEN_ARGS))
		record__add_missing(r, "process.args", why_no_mm(r));
	note_unless(r, d->seen & ET_SEEN_THREADS, "process.threads", ET_OBS_EXIT);
	note_unless(r, d->seen & ET_SEEN_TTY, "process.tty", ET_OBS_EXIT);
	note_cgroup(r);
	if (!d->parent.id.tgid && !is_nobodys_child(d))
		record__add_missing(r, "parent", WHY_GONE);
	note_unless(r, d->seen & ET_SEEN_RESOURCES, "resources", ET_OBS_EXIT);
	note_unless(r, d->seen & ET_SEEN_IO, "resources.read_bytes", ET_OBS_EXIT);
	note_unless(r, d->seen & ET_SEEN_IO, "resources.write_bytes", ET_OBS_EXIT);
}

/* ---- facts derived from the message ---- */

uint64_t record__death_ns(const struct record *r)
{
	return r->death->seen & ET_SEEN_DEAD ? r->death->dead_ns : r->death->exit_ns;
}

uint64_t record__since(uint64_t earlier, uint64_t later)
{
	return later > earlier ? later - earlier : 0;
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

static const struct et_peer *killer(const struct record *r)
{
	return r->cause.by_known ? &r->cause.signal->by : NULL;
}

static const struct et_peer *killer_parent(const struct record *r)
{
	if (!r->cause.by_known || !r->cause.signal->by_parent.id.tgid)
		return NULL;
	return &r->cause.signal->by_parent;
}

static const struct et_peer *parent(const struct record *r)
{
	return r->death->parent.id.tgid ? &r->death->parent : NULL;
}

static const struct et_peer *reaper(const struct record *r)
{
	return r->reap.by_known ? &r->reap.by : NULL;
}

static struct text killer_exe(const struct record *r)
{
	if (r->cause.self)
		return r->exe;
	return r->cause.signal == &r->signals->fatal ? r->killer_exe : (struct text){ NULL, 0 };
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
	if (!r->cause.by_known || !killer_exe(r).len)
		return false;
	return r->cause.self ? cut_exe(r) : r->killer_exe_cut;
}

static const struct {
	const char *key;
	bool (*is_cut)(const struct record *r);
} cuts[] = {
	{ "process.executable.path", cut_exe },
	{ "process.args", cut_args },
	{ "process.cgroup.path", cut_cgroup },
	{ "cause.by.executable.path", cut_killer_exe },
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

static const char *auto_reason(const struct et_death *d)
{
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

/* A member of a group that is null as a whole if it is missing. */
static struct value v_member(const struct record *r, const char *group, struct value v)
{
	return record__is_missing(r, group) ? absent : v;
}

static struct value v_group(const struct record *r, const char *group)
{
	return record__is_missing(r, group) ? null : absent;
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

/* ---- getters: GET(name) is of a record, `d` its DEATH message; GET_STOP of a timeline entry `s` ---- */

#define GET(name, expr)                                                           \
	static struct value get_##name(const void *obj, const struct record *r) \
	{                                                                         \
		const struct et_death *d = r->death;                              \
		(void)obj;                                                        \
		(void)d;                                                          \
		return expr;                                                      \
	}

#define GET_STOP(name, expr)                                                       \
	static struct value stop_##name(const void *obj, const struct record *r) \
	{                                                                          \
		const struct stop *s = obj;                                        \
		(void)r;                                                           \
		return expr;                                                       \
	}

GET(schema, v_str("exittrace/1"))
GET(type, v_str(r->type == RECORD_ZOMBIE ? "zombie" : "death"))
GET(time, v_known(r, "time", v_num(V_TIME, (r->type == RECORD_ZOMBIE ? r->now_ns : record__death_ns(r)) +
				   r->real_offset_ns)))
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
GET(no_exec, v_when(d->flags & ET_D_FORKNOEXEC, v_bool(true)))
GET(kthread, v_when(d->flags & ET_D_KTHREAD, v_bool(true)))
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

GET(cause_class, v_str(names__class(r->cause.class)))
GET(cause_text, v_str(r->cause.text))
GET(cause_by, v_group(r, "cause.by"))
GET(cause_by_id, peer_id(killer(r)))
GET(cause_by_pid, peer_pid(killer(r)))
GET(cause_by_tid, v_when(killer(r), v_known(r, "cause.by.tid", peer_tid(killer(r)))))
GET(cause_by_comm, peer_comm(killer(r)))
GET(cause_by_uid, peer_uid(killer(r)))
GET(cause_by_exe, v_when(killer(r), v_known(r, "cause.by.executable.path", killer(r) ?
					    v_text(V_TEXT, killer_exe(r)) : absent)))
GET(cause_by_parent, v_when(killer(r), v_group(r, "cause.by.parent")))
GET(cause_by_parent_id, peer_id(killer_parent(r)))
GET(cause_by_parent_pid, peer_pid(killer_parent(r)))
GET(cause_by_parent_comm, peer_comm(killer_parent(r)))
GET(cause_code, v_when(!fault(r), v_str(code_name(r->cause.signal))))
GET(cause_reraised, v_when(r->cause.hint_reraised, v_bool(true)))
GET(cause_sent, v_known(r, "cause.sent_to_dead_ns",
			v_when(r->cause.signal, v_num(V_NS, record__since(killed_ns(r),
									  record__death_ns(r))))))
GET(cause_timeline, v_known(r, "cause.timeline", v_when(r->cause.nr_stops, v_n(V_LIST, r->cause.nr_stops))))
GET(fault_code, v_when(fault(r), v_known(r, "cause.fault.code_name", v_str(code_name(fault(r))))))
GET(fault_address, v_when(fault(r) && fault(r)->code != 0x80 /* SI_KERNEL has none */,
			  v_known(r, "cause.fault.address", v_num(V_HEX, fault(r) ? fault(r)->address : 0))))
GET(fault_ip, v_when(fault(r), v_known(r, "cause.fault.ip", v_num(V_HEX, fault(r) ? fault(r)->ip : 0))))

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
GET(new_parent_id, v_when(r->reap.reparented, v_id(r->reap.new_parent)))
GET(new_parent_pid, v_when(r->reap.reparented, v_u64(r->reap.new_parent.tgid)))

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
	{ .key = k, .type = t, .unit = u, .help = h, .title = head, .get = getter }

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
	FIELD("schema", "string", "", "name and major version of this format", "SCHEMA", get_schema),
	FIELD("type", "string", "", "death, or zombie: dead and still not reaped", "TYPE", get_type),
	FIELD("time", "string", "", "when it died; of a zombie record: when it was made", "TIME", get_time),
	FIELD("id", "string", "", "the process, unique for ever: boot id, pid, start time", "ID", get_id),

	FIELD("process.pid", "integer", "", "process id in the initial pid namespace", "PID", get_pid),
	FIELD("process.ns_pid", "integer", "", "process id in its own pid namespace", "NSPID", get_ns_pid),
	FIELD("process.comm", "string", "", "name of the process, at most 15 bytes", "COMM", get_comm),
	FIELD("process.executable.path", "string", "", "the program it ran", "EXE", get_exe),
	FIELD("process.executable.deleted", "boolean", "", "true: the program's file had been removed",
	      "EXE-DELETED", get_exe_deleted),
	FIELD("process.args", "array", "", "command line, only with --args", "ARGS", get_args),
	FIELD("process.uid", "integer", "", "real user id", "UID", get_uid),
	FIELD("process.gid", "integer", "", "real group id", "GID", get_gid),
	FIELD("process.start_time", "string", "", "when it was forked", "STARTED", get_start_time),
	FIELD("process.age_ns", "integer", "ns", "from fork to death", "AGE", get_age),
	FIELD("process.threads", "integer", "", "threads it had when its exit began", "THREADS", get_threads),
	FIELD("process.pgid", "integer", "", "process group", "PGID", get_pgid),
	FIELD("process.session", "integer", "", "session", "SID", get_session),
	FIELD("process.tty", "string", "", "controlling terminal; absent: none", "TTY", get_tty),
	FIELD("process.exit_signal", "integer", "",
	      "what its parent is sent at its death, if not SIGCHLD; 0: nothing", "EXIT-SIG",
	      get_exit_signal),
	FIELD("process.forked_no_exec", "boolean", "", "true: it never ran a program of its own", "NO-EXEC",
	      get_no_exec),
	FIELD("process.kernel_thread", "boolean", "", "true: a thread of the kernel", "KTHREAD", get_kthread),
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

	FIELD("exit.raw", "integer", "", "wait status as wait() gives it", "STATUS", get_exit_raw),
	FIELD("exit.code", "integer", "", "exit code; null: a signal ended it", "CODE", get_exit_code),
	FIELD("exit.signal", "integer", "", "signal that ended it; null: it exited", "SIGNO", get_exit_signo),
	FIELD("exit.signal_name", "string", "", "name of that signal; null: it exited", "SIGNAL",
	      get_exit_signal_name),
	FIELD("exit.core_dumped", "boolean", "", "the core bit of the wait status", "CORE", get_exit_core),
	FIELD("exit.shell", "integer", "", "what a shell shows as $?: the code, or 128 + signal", "EXIT",
	      get_exit_shell),

	FIELD("cause.class", "string", "", "why it died, one word of a closed list", "CLASS",
	      get_cause_class),
	FIELD("cause.text", "string", "", "why it died, in words", "CAUSE", get_cause_text),
	FIELD("cause.by", "object", "", "null: somebody sent the signal, but it is not known who", "BY?",
	      get_cause_by),
	FIELD("cause.by.id", "string", "", "who did it, unique for ever", "BY-ID", get_cause_by_id),
	FIELD("cause.by.pid", "integer", "", "pid of who did it", "BY-PID", get_cause_by_pid),
	FIELD("cause.by.tid", "integer", "", "the thread of it that did it", "BY-TID", get_cause_by_tid),
	FIELD("cause.by.comm", "string", "", "name of who did it", "BY", get_cause_by_comm),
	FIELD("cause.by.uid", "integer", "", "real user id of who did it", "BY-UID", get_cause_by_uid),
	FIELD("cause.by.executable.path", "string", "", "program of who did it", "BY-EXE", get_cause_by_exe),
	FIELD("cause.by.parent", "object", "", "null: the parent of who did it is not known", "BY-PARENT?",
	      get_cause_by_parent),
	FIELD("cause.by.parent.id", "string", "", "parent of who did it, unique for ever", "BY-PARENT-ID",
	      get_cause_by_parent_id),
	FIELD("cause.by.parent.pid", "integer", "", "pid of the parent of who did it", "BY-PPID",
	      get_cause_by_parent_pid),
	FIELD("cause.by.parent.comm", "string", "", "name of the parent of who did it", "BY-PARENT",
	      get_cause_by_parent_comm),
	FIELD("cause.code_name", "string", "", "si_code of the signal, if it is no fault", "SI-CODE",
	      get_cause_code),
	FIELD("cause.reraised", "boolean", "", "true: a handler raised again what somebody else had sent",
	      "RERAISED", get_cause_reraised),
	FIELD("cause.sent_to_dead_ns", "integer", "ns", "from the signal to the death", "SENT-DEAD",
	      get_cause_sent),
	{ .key = "cause.timeline", .type = "array", .unit = "", .title = "TIMELINE",
	  .get = get_cause_timeline,
	  .help = "stop signals (TERM, INT, HUP, QUIT) that came before, oldest first",
	  .items = stop_fields, .nr_items = COUNT(stop_fields), .item = nth_stop },
	FIELD("cause.fault.code_name", "string", "", "what the processor objected to", "FAULT",
	      get_fault_code),
	FIELD("cause.fault.address", "string", "", "address it objected to, hexadecimal", "ADDRESS",
	      get_fault_address),
	FIELD("cause.fault.ip", "string", "", "address of the instruction, hexadecimal", "IP", get_fault_ip),

	FIELD("reap", "object", "", "null: it is not known what became of the zombie", "REAP?", get_reap),
	FIELD("reap.how", "string", "", "waited, auto, reparented, traced or unreaped", "REAP", get_reap_how),
	FIELD("reap.auto_reason", "string", "", "sigchld_ignored or no_cldwait: why nobody had to wait",
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
	{ .key = "missing", .type = "array", .unit = "", .title = "MISSING",
	  .get = get_missing, .item = nth_missing,
	  .help = "what could not be observed; a group stands for all in it" },
	FIELD("missing_why", "object", "", "why, for each of missing", "MISSING-WHY", get_missing_why),
	{ .key = "truncated", .type = "array", .unit = "", .title = "TRUNCATED",
	  .get = get_truncated, .item = nth_cut,
	  .help = "values that were cut" },
};

const unsigned int record_nr_fields = COUNT(record_fields);

const struct field *record__field(const char *key)
{
	unsigned int i;

	for (i = 0; i < COUNT(record_fields); i++)
		if (!strcmp(record_fields[i].key, key))
			return &record_fields[i];
	return NULL;
}
