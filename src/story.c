/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes items, gives the lines of a story: indented, with a label, items parted by
 * commas. Does not know what is worth telling.
 */
#include "story.h"

#include <errno.h>
#include <string.h>

#define LABEL_WIDTH 10

static const char *const wanted_keys[WANT_COUNT] = {
	[WANT_AGE] = "process.age_ns",
	[WANT_THREADS] = "process.threads",
	[WANT_SENT_TO_DEAD] = "cause.sent_to_dead_ns",
	[WANT_BLAST] = "cause.blast",
	[WANT_MM_FREED] = "phases.mm_freed",
	[WANT_MM_USERS] = "phases.mm_users",
	[WANT_GROUP_EXIT] = "exit.group_exit_ns",
	[WANT_LEADER_GONE] = "exit.leader_gone_ns",
	[WANT_CLOSED] = "files.closed",
	[WANT_FLUSHED] = "files.flushed",
	[WANT_SHARED] = "files.shared",
	[WANT_FLUSH_ERRORS] = "files.flush_error_count",
	[WANT_SLOWEST] = "files.slowest.ns",
	[WANT_SLOWEST_PATH] = "files.slowest.path",
	[WANT_SLOWEST_FS] = "files.slowest.fs",
	[WANT_RELEASE] = "files.slowest_release.ns",
	[WANT_RELEASE_PATH] = "files.slowest_release.path",
	[WANT_RELEASE_FS] = "files.slowest_release.fs",
	[WANT_CORE_PATH] = "coredump.path",
	[WANT_CORE_DURATION] = "coredump.duration_ns",
	[WANT_ADOPTED] = "children.adopted",
	[WANT_HUNG_UP] = "children.hung_up",
	[WANT_USER] = "resources.user_ns",
	[WANT_SYS] = "resources.sys_ns",
	[WANT_RSS] = "resources.max_rss_bytes",
	[WANT_MINOR] = "resources.minor_faults",
	[WANT_MAJOR] = "resources.major_faults",
	[WANT_READ] = "resources.read_bytes",
	[WANT_WRITTEN] = "resources.write_bytes",
	[WANT_TRUNCATED] = "truncated",
};

int story__find_fields(struct story_fields *fields)
{
	unsigned int i;

	for (i = 0; i < WANT_COUNT; i++) {
		fields->f[i] = record__field(wanted_keys[i]);
		if (!fields->f[i])
			return -ENOENT;
	}
	return 0;
}

void story__begin_line(struct story *s, const char *label)
{
	s->label = label;
	s->open = false;
}

void story__begin_item(struct story *s)
{
	size_t n = strlen(s->label);

	if (s->open) {
		buf__str(s->b, ", ");
		return;
	}
	buf__str(s->b, "    ");
	buf__str(s->b, s->label);
	do {
		buf__char(s->b, ' ');
	} while (++n < LABEL_WIDTH);
	s->open = true;
}

void story__end_line(struct story *s)
{
	if (s->open)
		buf__char(s->b, '\n');
}

void story__item(struct story *s, const char *words)
{
	story__begin_item(s);
	buf__str(s->b, words);
}

void story__item_text(struct story *s, const char *before, struct text t)
{
	if (!t.len)
		return;
	story__item(s, before);
	buf__text(s->b, t);
}

void story__item_number(struct story *s, const char *before, uint64_t n, const char *after)
{
	story__item(s, before);
	buf__u64(s->b, n);
	buf__str(s->b, after);
}

struct value story__value(const struct story *s, enum wanted w)
{
	return record__value(s->fields->f[w], s->r);
}

bool story__says(struct value v)
{
	switch (v.kind) {
	case V_ABSENT:
	case V_NULL:
		return false;
	case V_BOOL:
		return v.b;
	case V_U64:
	case V_NS:
	case V_BYTES:
		return v.u;
	case V_KEYS:
		return v.n;
	default:
		return true;
	}
}

void story__put_field(struct story *s, enum wanted w)
{
	output__put_value(s->b, s->o, s->fields->f[w], s->r, story__value(s, w));
}

void story__item_field(struct story *s, enum wanted w, const char *before, const char *after)
{
	if (!story__says(story__value(s, w)))
		return;
	story__item(s, before);
	story__put_field(s, w);
	buf__str(s->b, after);
}

void story__put_peer(struct story *s, const char *before, const struct et_peer *p)
{
	char name[128];

	record__name_peer(name, sizeof(name), p);
	buf__str(s->b, before);
	buf__str(s->b, name);
}

void story__put_role(struct story *s, const struct et_peer *p)
{
	if (p->id.tgid == 1)
		buf__str(s->b, " (init)");
	else if (p->flags & ET_PEER_NS_INIT)
		buf__str(s->b, " (init of its pid namespace)");
	else if (p->flags & ET_PEER_SUBREAPER)
		buf__str(s->b, " (subreaper)");
}

void story__item_peer(struct story *s, const char *before, const struct et_peer *p)
{
	if (!p->id.tgid)
		return;
	story__begin_item(s);
	story__put_peer(s, before, p);
}

void story__put_command(struct story *s, const char *label, struct text args, bool cut)
{
	struct text one;

	if (!s->o->opt.args || !args.len)
		return;
	story__begin_line(s, label);
	story__begin_item(s);
	while (text__next(&args, &one)) {
		buf__text(s->b, one);
		if (args.len)
			buf__char(s->b, ' ');
	}
	if (cut)
		buf__str(s->b, " [cut]");
	story__end_line(s);
}
