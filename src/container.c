/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a cgroup path, gives the container and the systemd unit it belongs to.
 * Does not ask any runtime: the names they give their cgroups are all there is.
 */
#include "container.h"

#include <string.h>

#define ID_LEN 64

/* What stands before the id in one component: "docker-ID.scope", "crio-ID". */
static const struct {
	const char *prefix;
	enum container_runtime runtime;
} prefixes[] = {
	{ "docker-", RUNTIME_DOCKER },
	{ "cri-containerd-", RUNTIME_CONTAINERD },
	{ "nerdctl-", RUNTIME_CONTAINERD },
	{ "crio-", RUNTIME_CRIO },
	{ "libpod-payload-", RUNTIME_PODMAN }, /* --cgroups=split, quadlets */
	{ "libpod-", RUNTIME_PODMAN },
	/* the systemd driver's "slice:prefix:name" used by mistake with plain cgroups */
	{ ":docker:", RUNTIME_DOCKER },
	{ ":cri-containerd:", RUNTIME_CONTAINERD },
	{ ":crio:", RUNTIME_CRIO },
	{ ":libpod:", RUNTIME_PODMAN },
};

/* A component that holds bare ids of one runtime, directly or further down. */
static const struct {
	const char *name;
	enum container_runtime runtime;
} parents[] = {
	{ "docker", RUNTIME_DOCKER },
	{ "libpod_parent", RUNTIME_PODMAN },
	{ "kubepods", RUNTIME_CONTAINERD },
	{ "kubepods.slice", RUNTIME_CONTAINERD },
	{ "k8s.io", RUNTIME_CONTAINERD },
};

static const char *const unit_suffixes[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool ends_with(struct text t, const char *suffix)
{
	size_t n = strlen(suffix);

	return t.len > n && !memcmp(t.bytes + t.len - n, suffix, n);
}

static bool is_unit(struct text c)
{
	unsigned int i;

	for (i = 0; i < COUNT(unit_suffixes); i++)
		if (ends_with(c, unit_suffixes[i]))
			return true;
	return false;
}

static bool is_id(struct text t)
{
	size_t i;

	for (i = 0; i < t.len; i++)
		if (!memchr("0123456789abcdef", t.bytes[i], 16))
			return false;
	return t.len == ID_LEN;
}

/* The last 64 characters of a component without ".scope"; *before is what precedes them. */
static bool split_id(struct text c, struct text *before, struct text *id)
{
	if (ends_with(c, ".scope"))
		c.len -= strlen(".scope");
	if (c.len < ID_LEN)
		return false;
	*id = (struct text){ c.bytes + c.len - ID_LEN, ID_LEN };
	*before = (struct text){ c.bytes, c.len - ID_LEN };
	return is_id(*id);
}

/* RUNTIME_NONE: words nobody uses before a container id, as in "crio-conmon-ID.scope". */
static enum container_runtime runtime_of_prefix(struct text before)
{
	unsigned int i;

	for (i = 0; i < COUNT(prefixes); i++) {
		const char *p = prefixes[i].prefix;

		if (text__equal(before, p) || (*p == ':' && ends_with(before, p)))
			return prefixes[i].runtime;
	}
	return RUNTIME_NONE;
}

static enum container_runtime runtime_of_parent(struct text c)
{
	unsigned int i;

	for (i = 0; i < COUNT(parents); i++)
		if (text__equal(c, parents[i].name))
			return parents[i].runtime;
	return RUNTIME_NONE;
}

/* `around` is the nearest component above that tells whose ids are below it. */
static void take_component(struct text comp, enum container_runtime around, struct container *c)
{
	enum container_runtime runtime;
	struct text before, id;

	if (!split_id(comp, &before, &id))
		return;
	runtime = before.len ? runtime_of_prefix(before) : around;
	if (before.len && runtime == RUNTIME_NONE)
		return;
	c->runtime = runtime ? runtime : RUNTIME_UNKNOWN;
	c->id = id;
}

void container__parse(struct text cgroup, struct container *c, struct text *unit)
{
	enum container_runtime around = RUNTIME_NONE;
	const char *p = cgroup.bytes, *end = p + cgroup.len;

	*c = (struct container){ .runtime = RUNTIME_NONE };
	*unit = (struct text){ NULL, 0 };
	while (p < end) {
		const char *slash = memchr(p, '/', end - p);
		struct text comp = { p, (slash ? slash : end) - p };
		enum container_runtime runtime = runtime_of_parent(comp);

		take_component(comp, around, c);
		if (is_unit(comp))
			*unit = comp;
		if (runtime != RUNTIME_NONE)
			around = runtime;
		p += comp.len + 1;
	}
}
