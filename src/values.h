/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * values.h: what the rows of fields.h are made of. Inline, because a line of JSON is made of all of
 * them in one function: what does not apply then costs a test, and no call.
 */
#ifndef EXITTRACE_VALUES_H
#define EXITTRACE_VALUES_H

#include <endian.h>
#include <signal.h>
#include <string.h>

#include "names.h"
#include "record.h"

/*
 * The ticks tell only the proportion; what the scheduler measured is exact. As in the
 * kernel's cputime_adjust(), so that the sums are those wait4() gives the parent.
 */
static inline uint64_t user_ns(const struct et_resources *u)
{
	const unsigned __int128 ticks = (unsigned __int128)u->utime_ns + u->stime_ns;
	uint64_t product;

	if (!u->stime_ns)
		return u->runtime_ns;
	if (!u->utime_ns)
		return 0;
	if (!__builtin_mul_overflow(u->stime_ns, u->runtime_ns, &product) && !(ticks >> 64)) /* much faster */
		return u->runtime_ns - product / (uint64_t)ticks;
	return u->runtime_ns - (uint64_t)((unsigned __int128)u->stime_ns * u->runtime_ns / ticks);
}

static inline const struct et_peer *killer(const struct record *r)
{
	return r->cause.by;
}

static inline const struct et_peer *known_peer(const struct et_peer *p)
{
	return p->id.tgid ? p : NULL;
}

static inline const struct et_peer *killer_parent(const struct record *r)
{
	const struct et_signal *s = r->cause.signal;

	return s && r->cause.by == &s->by ? known_peer(&s->by_parent) : NULL;
}

static inline const struct et_peer *killer_grandparent(const struct record *r)
{
	const struct et_killer *k = record__killer(r);

	return k && killer_parent(r) ? known_peer(&k->grandparent) : NULL;
}

static inline const struct et_peer *parent(const struct record *r)
{
	return r->death->parent.id.tgid ? &r->death->parent : NULL;
}

static inline const struct et_peer *reaper(const struct record *r)
{
	return r->reap.by_known ? &r->reap.by : NULL;
}

static inline const struct et_peer *new_parent(const struct record *r)
{
	return r->reap.reparented ? &r->reap.new_parent : NULL;
}

static inline const struct et_peer *seen_new_parent(const struct record *r)
{
	return r->reap.new_parent_seen ? new_parent(r) : NULL;
}

static inline const struct et_peer *tracer(const struct record *r)
{
	const bool traced = r->death->flags & ET_D_TRACED && r->death->tracer.id.tgid;

	return traced && !record__is_missing(r, FIELD_reap) ? &r->death->tracer : NULL;
}

static inline const struct et_peer *adopter(const struct record *r)
{
	if (!r->death->adopted || record__is_missing(r, FIELD_children_adopted_by))
		return NULL;
	return &r->death->adopter;
}

static inline struct text killer_exe(const struct record *r)
{
	if (r->cause.self)
		return r->exe;
	return record__killer(r) ? r->killer.exe : (struct text){ NULL, 0 };
}

/* Its cgroup is known, if not by its path. */
static inline const struct et_killer *killer_place(const struct record *r)
{
	const struct et_killer *k = record__killer(r);

	return k && k->cgroup_id ? k : NULL;
}

static inline struct text killer_args(const struct record *r)
{
	const struct et_killer *k = record__killer(r);

	return k && k->seen & ET_KILLER_ARGS ? r->killer.args : (struct text){ NULL, 0 };
}

/* Which cgroup was killed, by its number; 0: none, or it is not known. */
static inline uint64_t killed_cgroup(const struct record *r)
{
	const struct et_signals *s = r->signals;

	if (!s || r->cause.signal != &s->fatal || !(s->fatal.flags & ET_SIG_CGROUP))
		return 0;
	return s->killer.cgroup_killed;
}

/*
 * Did the call that sent it send others, too? The end of a pid namespace is for all that is left in it: known from the
 * first on, who may be dead and told before the second gets its signal.
 */
static inline bool of_many(const struct record *r)
{
	return r->cause.class == CAUSE_PIDNS || r->signals->fatal.flags & ET_SIG_BLAST;
}

/* The call that sent it: its sender, and when it sent the first. */
static inline struct et_id blast(const struct record *r)
{
	const struct et_signals *s = r->signals;

	if (!s || r->cause.signal != &s->fatal || !of_many(r) || !s->killer.blast_ns)
		return (struct et_id){ 0 };
	return (struct et_id){ .tgid = s->fatal.by.id.tgid, .start_ns = s->killer.blast_ns };
}

static inline const struct et_oom *oom(const struct record *r)
{
	return r->cause.oom ? r->oom : NULL;
}

/* To read from without asking first. */
static inline const struct et_oom *choice(const struct record *r)
{
	static const struct et_oom none;

	return oom(r) ? oom(r) : &none;
}

static inline bool is_oom(const struct record *r, enum et_oom_flags flag)
{
	return choice(r)->flags & flag;
}

static inline const struct et_peer *trigger(const struct record *r)
{
	return known_peer(&choice(r)->trigger);
}

static inline uint64_t killed_ns(const struct record *r)
{
	return r->cause.signal ? r->cause.signal->time_ns : 0;
}

static inline const struct et_signal *fault(const struct record *r)
{
	return r->cause.class == CAUSE_FAULT ? r->cause.signal : NULL;
}

static inline const char *code_name(const struct et_signal *s)
{
	return s && s->info == ET_INFO_REAL ? names__sicode(s->signo, s->code) : NULL;
}

static inline const struct noted_file *slowest_close(const struct record *r)
{
	return record__is_missing(r, FIELD_files) ? NULL : record__slowest_close(r);
}

static inline const struct noted_file *slowest_release(const struct record *r)
{
	return record__is_missing(r, FIELD_files) ? NULL : record__slowest_release(r);
}

static inline unsigned int count_flush_errors(const struct record *r)
{
	unsigned int i, n = 0;

	for (i = 0; i < r->nr_files; i++)
		n += r->files[i].what == ET_FILE_FLUSH_ERROR;
	return n;
}

static inline bool has_flush_errors(const struct record *r)
{
	if (record__is_missing(r, FIELD_files_flush_errors))
		return false;
	return count_flush_errors(r) || (r->death->files.errors && !record__files_shared(r));
}

static inline const char *type_name(enum record_type type)
{
	static const char *const names[] = {
		[RECORD_DEATH] = "death", [RECORD_ZOMBIE] = "zombie", [RECORD_DYING] = "dying",
		[RECORD_THREAD] = "thread", [RECORD_WARNING] = "warning",
	};

	return names[type];
}

static inline uint64_t time_of(const struct record *r)
{
	if (r->thread)
		return r->thread->time_ns;
	return r->type == RECORD_DEATH ? record__death_ns(r) : r->now_ns;
}

static inline const char *auto_reason(const struct et_death *d)
{
	if (d->flags & ET_D_CLONE_AUTOREAP)
		return "autoreap";
	if (d->flags & ET_D_PARENT_IGNORES)
		return "sigchld_ignored";
	return d->flags & ET_D_PARENT_NOCLDWAIT ? "no_cldwait" : NULL;
}

/* ---- values ---- */

/* Only the kind is chosen, in what follows: a whole value would be copied through memory. */
static const struct value absent = { .kind = V_ABSENT }, null = { .kind = V_NULL };

static inline struct value v_bool(bool b)
{
	return (struct value){ .kind = V_BOOL, .b = b };
}

static inline struct value v_num(enum value_kind kind, uint64_t u)
{
	return (struct value){ .kind = kind, .u = u };
}

static inline struct value v_u64(uint64_t u)
{
	return v_num(V_U64, u);
}

static inline struct value v_i64(int64_t i)
{
	return (struct value){ .kind = V_I64, .i = i };
}

static inline struct value v_n(enum value_kind kind, unsigned int n)
{
	return (struct value){ .kind = kind, .n = n };
}

static inline struct value v_str(const char *s)
{
	return (struct value){ .kind = s ? V_STR : V_ABSENT, .str = s };
}

/* A string from outside that is there, be it empty. */
static inline struct value v_bytes(struct text t)
{
	return (struct value){ .kind = V_TEXT, .text = t };
}

static inline struct value v_text(enum value_kind kind, struct text t)
{
	return (struct value){ .kind = t.len ? kind : V_ABSENT, .text = t };
}

/* Its first zero byte, eight at once: there are several names in each record. */
static inline size_t comm_len(const char comm[ET_COMM_LEN])
{
	const uint64_t ones = 0x0101010101010101ULL, tops = 0x8080808080808080ULL;
	uint64_t w[ET_COMM_LEN / 8], zero;
	unsigned int i;

	memcpy(w, comm, ET_COMM_LEN);
	for (i = 0; i < ET_COMM_LEN / 8; i++) {
		w[i] = le64toh(w[i]);
		zero = (w[i] - ones) & ~w[i] & tops;
		if (zero)
			return 8 * i + (unsigned int)__builtin_ctzll(zero) / 8;
	}
	return ET_COMM_LEN;
}

/* A comm may be empty, that is a name too. */
static inline struct value v_comm(const char comm[ET_COMM_LEN])
{
	return (struct value){ .kind = V_TEXT, .text = { comm, comm_len(comm) } };
}

static inline struct value v_id(struct et_id id)
{
	return (struct value){ .kind = V_ID, .id = id };
}

static inline struct value v_when(bool applies, struct value v)
{
	v.kind = applies ? v.kind : V_ABSENT;
	return v;
}

/* A single value: null if it is missing. */
static inline struct value v_known(const struct record *r, unsigned int key, struct value v)
{
	v.kind = record__is_missing(r, key) ? V_NULL : v.kind;
	return v;
}

/* Set is true; otherwise it goes without saying. */
static inline struct value v_flag(bool b)
{
	return v_when(b, v_bool(true));
}

/* A member of a group that is null as a whole if it is missing. */
static inline struct value v_member(const struct record *r, unsigned int group, struct value v)
{
	v.kind = record__is_missing(r, group) ? V_ABSENT : v.kind;
	return v;
}

static inline struct value v_group(const struct record *r, unsigned int group)
{
	return record__is_missing(r, group) ? null : absent;
}

/* A part of the way out, PHASE_OTHER included. */
static inline struct value v_phase(const struct record *r, enum phase p)
{
	if (!r->phases.known || r->type == RECORD_DYING)
		return absent;
	return v_num(r->phases.seen[p] ? V_NS : V_NULL, r->phases.ns[p]);
}

static inline struct value v_file(const struct record *r, unsigned int key, struct value v)
{
	return v_member(r, FIELD_files, v_known(r, key, v));
}

static inline struct value v_path(const struct noted_file *f)
{
	if (!f)
		return absent;
	return f->known ? v_text(V_TEXT, f->path) : null;
}

static inline struct value v_fs(const struct noted_file *f)
{
	if (!f)
		return absent;
	return f->fs.len ? v_text(V_TEXT, f->fs) : null;
}

/* Of the OOM killer's choice. */
static inline struct value v_oom(const struct record *r, unsigned int key, struct value v)
{
	return v_when(oom(r), v_known(r, key, v));
}

static inline struct value v_place(const struct record *r, unsigned int key, struct text t)
{
	return v_when(killer_place(r), v_known(r, key, v_text(V_TEXT, t)));
}

static inline struct value v_core(const struct record *r, unsigned int key, struct value v)
{
	return v_when(r->coredump.applies, v_known(r, key, v));
}

static inline struct value v_words(const struct record *r, unsigned int key, struct value v)
{
	return v_when(r->stdio.applies, v_member(r, FIELD_stdio, v_known(r, key, v)));
}

/* Of --exit-stack. */
static inline struct value v_stack(const struct record *r, unsigned int key, struct value v)
{
	return v_when(r->stack.asked, v_member(r, FIELD_exit_stack, v_known(r, key, v)));
}

/* To read from without asking first. */
static inline const struct frame *caller(const struct record *r)
{
	static const struct frame none;

	return r->stack.by ? r->stack.by : &none;
}

static inline struct value v_caller(const struct record *r, struct value v)
{
	return v_when(r->stack.by, v);
}

static inline struct value v_build_id(const struct frame *f)
{
	return v_text(V_TEXT, text__array(f->build_id, sizeof(f->build_id)));
}

static inline struct value v_offset(const struct frame *f)
{
	return v_when(f->at.kind == ET_FRAME_FILE || f->at.kind == ET_FRAME_OFFSET, v_num(V_HEX, f->at.offset));
}

static inline struct value v_address(const struct frame *f)
{
	return v_when(f->at.kind == ET_FRAME_ADDRESS, v_num(V_HEX, f->at.offset));
}

/* One thread has no others to bring down. */
static inline struct value group_exit(const struct et_death *d)
{
	const bool several = !(d->seen & ET_SEEN_THREADS) || d->threads > 1;

	return v_when(several && d->marks.last_ns > d->marks.begin_ns,
		      v_num(V_NS, record__since(d->marks.begin_ns, d->marks.last_ns)));
}

static inline struct value peer_id(const struct et_peer *p)
{
	return p ? v_id(p->id) : absent;
}

static inline struct value peer_pid(const struct et_peer *p)
{
	return p ? v_u64(p->id.tgid) : absent;
}

static inline struct value peer_tid(const struct et_peer *p)
{
	return p ? v_u64(p->tid) : absent;
}

static inline struct value peer_comm(const struct et_peer *p)
{
	return p ? v_comm(p->comm) : absent;
}

static inline struct value peer_uid(const struct et_peer *p)
{
	return p ? v_u64(p->uid) : absent;
}

static inline struct value peer_role(const struct et_peer *p)
{
	return p ? v_str(names__role(p)) : absent;
}

#endif
