/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a record, notes what of it the kernel half did not see, and why. Does not conclude
 * anything from what was seen.
 */
#include <string.h>

#include "names.h"

/* Why nothing is known that `obs` would have told. */
static enum missing_why why_not(const struct record *r, enum et_observation obs)
{
	uint8_t door = r->start->doors[obs];

	if (r->death->flags & (ET_D_SNAPSHOT | ET_D_EARLY))
		return WHY_BEFORE;
	if (r->death->flags & ET_D_NO_ROOM)
		return WHY_FULL;
	if (r->death->flags & ET_D_LATE)
		return WHY_SKIPPED;
	if (door == ET_DOOR_NONE || door == ET_DOOR_OFF)
		return WHY_TIER;
	return r->from_start ? WHY_FULL : WHY_BEFORE;
}

/* The kernel half had a place for it: then some of this holds, in every tier. */
static bool was_followed(const struct et_death *d)
{
	return d->marks.begin_ns || (d->seen & (ET_SEEN_TABLE | ET_SEEN_MM | ET_SEEN_CHILDREN | ET_SEEN_HANGUPS));
}

/* With tracepoints only, that the parent is told is seen by the signal it is told with. */
static bool is_signalled(const struct record *r, enum et_observation obs)
{
	const struct et_death *d = r->death;

	return obs == ET_OBS_NOTIFY && d->exit_signal > 0 && !(d->flags & (ET_D_AUTOREAP | ET_D_PARENT_IGNORES));
}

enum missing_why record__why_unseen(const struct record *r, enum et_observation obs)
{
	enum missing_why why = why_not(r, obs);

	if ((r->death->flags & (ET_D_SNAPSHOT | ET_D_LATE)) || why == WHY_TIER || !was_followed(r->death))
		return why;
	return record__hooked(r, obs) || is_signalled(r, obs) ? WHY_SKIPPED : WHY_TIER;
}

enum missing_why record__why_without(const struct record *r, enum et_observation obs, enum missing_why otherwise)
{
	const uint8_t door = r->start->doors[obs];

	return door == ET_DOOR_NONE || door == ET_DOOR_OFF ? WHY_TIER : otherwise;
}

static void note_unless(struct record *r, bool seen, enum record_field field, enum et_observation obs)
{
	if (!seen)
		record__add_missing(r, field, why_not(r, obs));
}

/* ---- who it was ---- */

/* With the door open only the mm itself can have been missing. */
static enum missing_why why_no_mm(const struct record *r)
{
	enum missing_why why = why_not(r, ET_OBS_EXE);

	return why == WHY_FULL ? WHY_GONE : why;
}

static void note_args(struct record *r)
{
	const bool sent = r->death->seen & ET_SEEN_ARGS;

	if (sent && !r->args.bytes)
		record__add_missing(r, FIELD_process_args, WHY_LOST);
	else if ((r->start->flags & ET_START_ARGS) && !sent)
		record__add_missing(r, FIELD_process_args, why_no_mm(r));
}

static void note_cgroup(struct record *r)
{
	if (!(r->death->seen & ET_SEEN_CGROUP)) {
		record__add_missing(r, FIELD_process_cgroup, why_not(r, ET_OBS_EXIT));
		record__add_missing(r, FIELD_process_container, why_not(r, ET_OBS_EXIT));
	} else if (!r->cgroup.len) {
		record__add_missing(r, FIELD_process_cgroup_path, WHY_LOST);
		record__add_missing(r, FIELD_process_cgroup_unit, WHY_LOST);
		record__add_missing(r, FIELD_process_container, WHY_LOST);
	}
}

static bool is_nobodys_child(const struct et_death *d)
{
	return d->id.tgid <= 2; /* init and kthreadd: children of the idle task */
}

static void note_process(struct record *r)
{
	const struct et_death *d = r->death;

	if (d->ns_level >= ET_PID_LEVELS)
		record__add_missing(r, FIELD_process_ns_pid, WHY_FULL);
	if (!r->exe.len)
		record__add_missing(r, FIELD_process_executable_path, why_no_mm(r));
	note_args(r);
	note_unless(r, d->seen & ET_SEEN_THREADS, FIELD_process_threads, ET_OBS_EXIT);
	note_unless(r, d->seen & ET_SEEN_TTY, FIELD_process_tty, ET_OBS_EXIT);
	note_cgroup(r);
	if (!d->parent.id.tgid && !is_nobodys_child(d))
		record__add_missing(r, FIELD_parent, WHY_GONE);
}

static void take_tty(struct record *r)
{
	memset(r->tty, 0, sizeof(r->tty));
	if (r->death->seen & ET_SEEN_TTY)
		names__tty(r->death->tty, r->tty);
}

/* ---- its exit ---- */

static bool is_one_thread(const struct et_death *d)
{
	return (d->seen & ET_SEEN_THREADS) && d->threads == 1;
}

/* A leader that was the last thread, or the only one, did not go before the others. */
static void note_threads(struct record *r)
{
	const struct et_death *d = r->death;

	if (is_one_thread(d))
		return;
	if (!d->marks.begin_ns || !d->marks.last_ns)
		record__add_missing(r, FIELD_exit_group_exit_ns, record__why_unseen(r, ET_OBS_BEGIN));
	if (!d->leader_ns && d->last_tid != d->id.tgid && !was_followed(d))
		record__add_missing(r, FIELD_exit_leader_gone_ns, why_not(r, ET_OBS_EXIT));
}

static void note_children(struct record *r)
{
	const struct et_death *d = r->death;
	const enum missing_why why = record__why_unseen(r, ET_OBS_CHILDREN);

	if (!(d->seen & (ET_SEEN_CHILDREN | ET_SEEN_HANGUPS))) {
		record__add_missing(r, FIELD_children, why);
		return;
	}
	if (!(d->seen & ET_SEEN_CHILDREN))
		record__add_missing(r, FIELD_children_adopted, why);
	if (!(d->seen & ET_SEEN_CHILDREN) || (d->adopted && !d->adopter.id.tgid))
		record__add_missing(r, FIELD_children_adopted_by, why);
	if (!(d->seen & ET_SEEN_HANGUPS))
		record__add_missing(r, FIELD_children_hung_up, record__why_unseen(r, ET_OBS_SIGNAL));
}

/* ---- its files ---- */

/* What calls of flush can tell, where it is not certain that there were none. */
static void note_flushes(struct record *r, enum missing_why why)
{
	record__add_missing(r, FIELD_files_flush_ns, why);
	record__add_missing(r, FIELD_files_flush_error_count, why);
	if (!record__file(r, ET_FILE_FLUSH_ERROR))
		record__add_missing(r, FIELD_files_flush_errors, why);
}

/* They were closed, but not, or not all, before our eyes. */
static void note_unseen_closes(struct record *r)
{
	const struct et_death *d = r->death;
	const bool counted = !record__hooked(r, ET_OBS_FILES) && (d->seen & ET_SEEN_FLUSHABLE);
	const enum missing_why why = record__why_unseen(r, ET_OBS_FILES);

	record__add_missing(r, FIELD_files_close_ns, why);
	record__add_missing(r, FIELD_files_slowest, why);
	if (!record__hooked(r, ET_OBS_FILES))
		record__add_missing(r, FIELD_files_slowest_release, why);
	if (!counted)
		record__add_missing(r, FIELD_files_flushed, why);
	if (!counted || d->files.flushed)
		note_flushes(r, why);
}

static void note_gone(struct record *r, const struct noted_file *f, enum record_field path,
		      enum record_field fs)
{
	if (f && !f->known)
		record__add_missing(r, path, WHY_GONE);
	if (f && !f->fs.len)
		record__add_missing(r, fs, WHY_GONE);
}

/* The kernel half told of a file, or had told of too many: the message was lost, or there was no memory to keep it. */
static void note_lost_file(struct record *r, bool lost, enum record_field group, enum record_field member)
{
	const bool full = r->death->files.told >= ET_FILES_TOLD;

	if (lost && !record__is_missing(r, group))
		record__add_missing(r, member, full ? WHY_FULL : WHY_LOST);
}

static void note_lost_files(struct record *r)
{
	const struct et_files *c = &r->death->files;
	const bool close = c->slowest_ns >= ET_SLOW_CLOSE && !record__slowest_close(r);
	const bool release = c->release_ns >= ET_SLOW_RELEASE && !record__slowest_release(r);
	const bool errors = c->errors && !record__file(r, ET_FILE_FLUSH_ERROR);

	note_lost_file(r, close, FIELD_files_slowest, FIELD_files_slowest_path);
	note_lost_file(r, close, FIELD_files_slowest, FIELD_files_slowest_fs);
	note_lost_file(r, release, FIELD_files_slowest_release, FIELD_files_slowest_release_path);
	note_lost_file(r, release, FIELD_files_slowest_release, FIELD_files_slowest_release_fs);
	note_lost_file(r, errors, FIELD_files_flush_errors, FIELD_files_flush_errors);
}

static void note_files(struct record *r)
{
	const struct et_death *d = r->death;
	const struct et_files *c = &d->files;
	const bool seen = record__hooked(r, ET_OBS_FILES) && (d->flags & ET_D_FD_CLOSER) && c->closed == c->open;

	if (!(d->seen & ET_SEEN_TABLE)) {
		record__add_missing(r, FIELD_files, record__why_unseen(r, ET_OBS_FILES));
		return;
	}
	if (!seen && c->open && !record__files_shared(r))
		note_unseen_closes(r);
	if (!record__files_shared(r))
		note_lost_files(r);
	note_gone(r, record__slowest_close(r), FIELD_files_slowest_path, FIELD_files_slowest_fs);
	note_gone(r, record__slowest_release(r),
		  FIELD_files_slowest_release_path, FIELD_files_slowest_release_fs);
}

void record__note_unseen(struct record *r)
{
	const struct et_death *d = r->death;

	take_tty(r);
	if (!record__death_ns(r) && r->type == RECORD_DEATH)
		record__add_missing(r, FIELD_time, why_not(r, ET_OBS_NOTIFY));
	if (!record__death_seen(r))
		record__add_missing(r, FIELD_process_age_ns, why_not(r, ET_OBS_NOTIFY));
	note_process(r);
	note_unless(r, d->seen & ET_SEEN_RESOURCES, FIELD_resources, ET_OBS_EXIT);
	note_unless(r, d->seen & ET_SEEN_IO, FIELD_resources_read_bytes, ET_OBS_EXIT);
	note_unless(r, d->seen & ET_SEEN_IO, FIELD_resources_write_bytes, ET_OBS_EXIT);
	note_threads(r);
	note_files(r);
	note_children(r);
}
