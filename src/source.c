/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * source.c: takes a settled plan and filters, gives messages of the kernel half. Does not
 * look into them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "config.h" /* types the skeleton names */

#include "attach_ids.h"
#include "core_pattern.h"
#include "core_types.h"
#include "exits.h"
#include "exittrace.skel.h"
#include "exittrace_load.skel.h"
#include "kernel.h"
#include "libcs.h"
#include "log.h"
#include "names.h"
#include "resident.h"
#include "ring_fill.h"
#include "snapshot.h"
#include "source.h"
#include "uprobe_multi.h"
#include "watched_libcs.h"

#define MAX_LINKS (ATTACH_IDS_MAX + LIBCS_MAX * LIBC_CALLS)

struct source {
	const struct plan *plan;
	const struct options *options;
	struct exittrace_bpf *skel;
	struct attach_ids ids;
	struct ring_buffer *ring;
	struct bpf_link *links[MAX_LINKS];
	unsigned int nr_links;
	int call_links[LIBCS_MAX * LIBC_CALLS]; /* those that libbpf does not know of */
	unsigned int nr_call_links;
	const struct watched_libcs *watched;
	bool is_child; /* of the process that attached */
	struct exits exits;
	struct ring_fill ring_fill;
	struct core_pattern pattern;
	struct libc_build *libcs; /* until they are in the map */
	int nr_libcs;
	int types_fd; /* while loading; -1: none */
	int zombies_fd; /* the list of those that are there; -1: none */
	uint64_t attach_ns, real_ns;
	message_fn fn; /* of the source__read() under way */
	void *ctx;
	int nr_read;
};

static struct bpf_program *program_at(struct exittrace_bpf *skel, size_t offset)
{
	return *(struct bpf_program **)((char *)skel + offset);
}

static bool hooked(const struct source *s, enum et_observation obs)
{
	enum et_door door = plan__door(s->plan, obs);

	return door == ET_DOOR_FENTRY || door == ET_DOOR_KPROBE;
}

static void configure(struct source *s, const struct source_filter *f)
{
	struct et_config *c = (struct et_config *)&s->skel->rodata->config;
	const struct plan_door *exe = s->plan->use[ET_OBS_EXE], *last = s->plan->use[ET_OBS_LAST];
	const struct options *o = s->options;

	c->exit_tells_last = last && last->when;
	c->mm_at_exit = exe && exe->when;
	c->last_hooked = last && last->programs[0];
	c->notify_hooked = hooked(s, ET_OBS_NOTIFY);
	c->count_files = plan__door(s->plan, ET_OBS_FILES) == ET_DOOR_TRACEPOINT;
	c->children_hooked = hooked(s, ET_OBS_CHILDREN);
	c->count_children = plan__door(s->plan, ET_OBS_CHILDREN) == ET_DOOR_TRACEPOINT;
	c->watch_exits = o->dying_after_ns != 0;
	c->by_tree = o->tree || o->follow;
	c->by_pid = f->targets_only && !c->by_tree;
	c->by_comm = o->name != NULL;
	c->by_uid = o->by_user;
	c->by_cgroup = f->cgroup.id != 0;
	c->cgroup_v1 = f->cgroup.v1;
	c->failed_only = o->failed;
	c->by_signal = o->signals != 0;
	c->signals = o->signals;
	c->want_args = o->args;
	c->want_threads = o->threads;
	c->stdio_tail = o->stdio_tail;
	c->oom_hooked = hooked(s, ET_OBS_OOM);
	c->task_pt_regs = s->plan->task_pt_regs;
	c->cgroup_kill = s->plan->cgroup_kill;
	c->cgroup_kill_hooked = hooked(s, ET_OBS_CGROUP_KILL);
	c->page_shift = __builtin_ctzl(sysconf(_SC_PAGESIZE));
	c->prompt = f->targets_only;
	c->cgroup_id = f->cgroup.id;
	c->uid = o->uid;
	if (o->name)
		strncpy(c->comm, o->name, sizeof(c->comm) - 1);
}

/* The door of the plan that needs a program, *at: which of the door's programs it is. NULL: none. */
static const struct plan_door *door_of(const struct source *s, const struct bpf_program *prog, unsigned int *at)
{
	for (unsigned int i = 0; i < ET_OBS_COUNT; i++) {
		const struct plan_door *d = s->plan->use[i];

		for (*at = 0; d && *at < PLAN_PROGRAMS && d->programs[*at]; ++*at)
			if (program_at(s->skel, d->programs[*at]) == prog)
				return d;
	}
	return NULL;
}

static int refuse(const char *what, int err)
{
	log__error("%s: %s%s", what, strerror(-err),
		   getenv("EXITTRACE_DEBUG") ? "" : " (EXITTRACE_DEBUG=1 shows the kernel's words)");
	return err;
}

/* The function or tracepoint a program is attached to: its section says, or the plan, of one that has several names. */
static const char *attach_target(const struct source *s, const struct bpf_program *prog)
{
	unsigned int at;
	const struct plan_door *d = door_of(s, prog, &at);

	if (d && d->functions[at])
		return d->functions[at];
	return strchr(bpf_program__section_name(prog), '/') + 1;
}

static int choose_program(struct source *s, const struct kernel *k, struct bpf_program *prog)
{
	bpf_program__set_autoload(prog, true);
	return attach_ids__add(&s->ids, k, prog, attach_target(s, prog));
}

static int choose_programs(struct source *s, const struct kernel *k)
{
	int err = 0;

	for (unsigned int i = 0; i < ET_OBS_COUNT; i++) {
		const struct plan_door *d = s->plan->use[i];

		for (unsigned int j = 0; !err && d && j < PLAN_PROGRAMS && d->programs[j]; j++)
			err = choose_program(s, k, program_at(s->skel, d->programs[j]));
	}
	return err ? refuse("cannot find what the BPF programs are attached to", err) : 0;
}

/* Maps nobody asks are kept, but small: the programs that name them must load. */
static void size_maps(struct source *s)
{
	const struct et_config *c = (const struct et_config *)&s->skel->rodata->config;

	if (s->plan->read_by_load)
		bpf_map__set_max_entries(s->skel->maps.owners, 1);
	if (!c->by_tree)
		bpf_map__set_max_entries(s->skel->maps.tree, 1);
	if (!c->want_threads)
		bpf_map__set_max_entries(s->skel->maps.told_threads, 1);
	if (!c->by_pid)
		bpf_map__set_max_entries(s->skel->maps.pids, 1);
	if (!s->options->exit_stack)
		bpf_map__set_max_entries(s->skel->maps.leaving, 1);
	if (c->exit_tells_last)
		bpf_map__set_max_entries(s->skel->maps.claims, 1);
	if (!c->watch_exits)
		bpf_map__set_max_entries(s->skel->maps.exits, 1);
	if (s->plan->use[ET_OBS_STDIO])
		return;
	bpf_map__set_max_entries(s->skel->maps.libcs, 1);
	bpf_map__set_max_entries(s->skel->maps.forks, 1);
	bpf_map__set_max_entries(s->skel->maps.last_words, 1);
}

static int add_target(struct source *s, uint32_t tgid, uint64_t ticks)
{
	struct { uint64_t ticks; uint32_t tgid, pad; } key = { ticks, tgid, 0 };
	uint32_t one = 1;

	if (s->skel->rodata->config.by_tree)
		return bpf_map__update_elem(s->skel->maps.tree, &key, sizeof(key), &one, sizeof(one), BPF_ANY);
	return bpf_map__update_elem(s->skel->maps.pids, &tgid, sizeof(tgid), &ticks, sizeof(ticks), BPF_ANY);
}

static int add_targets(struct source *s, const struct source_filter *f)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < f->nr_targets; i++)
		err = add_target(s, f->targets[i].pid, f->targets[i].start_ticks);
	return err;
}

int source__add_target(struct source *s, const struct target *t)
{
	return add_target(s, t->pid, t->start_ticks);
}

static int on_message(void *ctx, void *data, size_t size)
{
	struct source *s = ctx;
	const struct et_death *d = data;

	/* More may have been reserved than the message is long: see send_with_signals(), end_stack() */
	if ((d->h.kind == ET_DEATH || d->h.kind == ET_STDIO || d->h.kind == ET_STACK) && d->h.size < size)
		size = d->h.size;
	if (d->h.kind == ET_DEATH) {
		if (d->seen & ET_SEEN_CORE)
			core_pattern__tell(&s->pattern, s->fn, s->ctx);
	}
	s->fn(s->ctx, data, size);
	/* An error ends ring_buffer__consume(), which else goes on until the ring is empty. This one is done with. */
	return ++s->nr_read < SOURCE_READ_MAX ? 0 : -EAGAIN;
}

/*
 * Of the two builds of the kernel half (bpf/read.bpf.h) the one for this kernel. They have the same programs, maps
 * and variables, so the skeleton of one serves both.
 */
static struct exittrace_bpf *open_skeleton(bool read_by_load, const char *core_types)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = core_types);
	struct exittrace_bpf *skel = calloc(1, sizeof(*skel));
	int err = skel ? exittrace_bpf__create_skeleton(skel) : -ENOMEM;

	_Static_assert(sizeof(*skel->rodata) == sizeof(*((struct exittrace_load_bpf *)0)->rodata), "two builds");
	_Static_assert(sizeof(*skel->bss) == sizeof(*((struct exittrace_load_bpf *)0)->bss), "two builds");
	if (!err && read_by_load)
		skel->skeleton->data = (void *)exittrace_load_bpf__elf_bytes(&skel->skeleton->data_sz);
	if (!err)
		err = bpf_object__open_skeleton(skel->skeleton, &opts);
	if (!err)
		return skel;
	exittrace_bpf__destroy(skel);
	errno = -err;
	return NULL;
}

/* libbpf takes the types for relocations from a file, which it reads when it loads. */
static int open_object(struct source *s, const struct kernel *k)
{
	char path[40];
	int err = attach_ids__open(&s->ids, k);

	if (err)
		return refuse("cannot tell libbpf how to load the BPF programs", err);
	s->types_fd = memfd_create("core_types", MFD_CLOEXEC);
	if (s->types_fd < 0)
		return refuse("cannot make a file for types", -errno);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", s->types_fd);
	/* Without /proc it has to search all of the kernel's types, which takes longer. */
	s->skel = open_skeleton(s->plan->read_by_load, access(path, F_OK) ? NULL : path);
	if (!s->skel)
		return refuse("cannot open the BPF programs", -errno);
	err = core_types__write(k, bpf_object__btf(s->skel->obj), s->types_fd);
	return err ? refuse("cannot write the kernel's types", err) : 0;
}

static void fill_types(struct source *s, const struct kernel *k)
{
	struct et_types *t = (struct et_types *)&s->skel->rodata->config.types;

#define ET_TYPE(name) t->name = kernel__next_type(k, #name, BTF_KIND_STRUCT, 0);
	ET_TYPES(ET_TYPE)
#undef ET_TYPE
}

static int add_linker(struct source *s, const struct libc_build *b, uint32_t *n)
{
	struct et_linker l = { .dynamic = b->key.dynamic, .fingerprint = b->libc.fingerprint };

	if (b->libc.kind == ET_LIBC_GLIBC || *n >= ET_MAX_LINKERS)
		return 0;
	if (b->libc.kind == ET_LIBC_LINKER)
		l.debug = b->libc.heads[0];
	++*n;
	return bpf_map__update_elem(s->skel->maps.linkers, &(uint32_t){ *n - 1 }, sizeof(*n), &l, sizeof(l), BPF_ANY);
}

static int add_libc(struct source *s, const struct libc_build *b)
{
	if (b->libc.kind == ET_LIBC_LINKER)
		return 0;
	return bpf_map__update_elem(s->skel->maps.libcs, &b->key, sizeof(b->key), &b->libc, sizeof(b->libc), BPF_ANY);
}

static int add_libcs(struct source *s)
{
	uint32_t linkers = 0;
	int err = 0;

	for (int i = 0; !err && i < s->nr_libcs; i++) {
		err = add_libc(s, &s->libcs[i]);
		if (!err)
			err = add_linker(s, &s->libcs[i], &linkers);
	}
	free(s->libcs);
	s->libcs = NULL;
	return err;
}

/* Before anything is loaded, which who looks for them could get at. */
static int find_libcs(struct source *s, const struct libc_files *files)
{
	if (!s->plan->use[ET_OBS_STDIO] || !files)
		return 0;
	s->libcs = calloc(ET_MAX_LIBCS, sizeof(*s->libcs));
	if (!s->libcs)
		return -ENOMEM;
	s->nr_libcs = libcs__find(files, s->libcs);
	if (s->nr_libcs <= 0)
		log__note("--stdio: no C library found that is known here, so nothing can be told of stdio streams");
	return 0;
}

int source__load(struct source *s, const struct source_filter *f)
{
	int err = find_libcs(s, f->libc_files);

	if (!err)
		err = exittrace_bpf__load(s->skel);
	if (err == -EPERM)
		return err; /* not the programs' fault: told by who knows what we may */
	if (err)
		return refuse("the kernel refused the BPF programs", err);
	close(s->types_fd);
	s->types_fd = -1;
	err = add_targets(s, f);
	if (!err)
		err = add_libcs(s);
	if (err)
		return refuse("cannot tell the kernel half which processes", err);
	resident__trim(); /* before the ring is there, the most that there will be */
	s->ring = ring_buffer__new(bpf_map__fd(s->skel->maps.ring), on_message, s, NULL);
	if (!s->ring)
		return refuse("cannot map the ring buffer", -errno);
	err = ring_fill__open(&s->ring_fill, bpf_map__fd(s->skel->maps.ring));
	if (err)
		return refuse("cannot map the ring buffer", err);
	err = s->skel->rodata->config.watch_exits ? exits__open(&s->exits, bpf_map__fd(s->skel->maps.exits)) : 0;
	return err ? refuse("cannot map the table of exits", err) : 0;
}

int source__new(const struct plan *p, const struct kernel *k, const struct options *o, const struct source_filter *f,
		struct source **out)
{
	struct source *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return refuse("cannot hold the BPF programs", -ENOMEM);
	s->plan = p;
	s->options = o;
	s->types_fd = s->zombies_fd = -1;
	s->watched = f->watched;
	core_pattern__open(&s->pattern);
	err = open_object(s, k);
	if (!err)
		err = choose_programs(s, k);
	if (err) {
		source__free(s);
		return err;
	}
	configure(s, f);
	fill_types(s, k);
	size_maps(s);
	*out = s;
	return 0;
}

/* Events are opened by us, so that tracefs need not be mounted anywhere. */
static struct bpf_link *attach_event(struct bpf_program *prog, const char *event)
{
	struct bpf_link *link;
	int fd = kernel__open_event(event);

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	link = bpf_program__attach_perf_event(prog, fd);
	if (!link)
		close(fd);
	return link;
}

static struct bpf_link *attach_program(struct source *s, struct bpf_program *prog)
{
	const char *target = attach_target(s, prog);

	switch (bpf_program__type(prog)) {
	case BPF_PROG_TYPE_TRACEPOINT:
		return attach_event(prog, target);
	case BPF_PROG_TYPE_KPROBE:
		return bpf_program__attach_kprobe(prog, !strncmp(bpf_program__section_name(prog), "kret", 4), target);
	default:
		return bpf_program__attach_trace(prog);
	}
}

/* By the descriptor: whatever is at its path now, this is what was looked into. */
static struct bpf_link *attach_call(struct bpf_program *prog, const struct libc *c, uint64_t offset)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts);
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", c->fd);
	return bpf_program__attach_uprobe_opts(prog, -1, path, offset, &opts);
}

/* A library that cannot be probed is as one that was not found. */
static void attach_calls(struct source *s, struct bpf_program *prog, const struct libc *c)
{
	const char *name = attach_target(s, prog);
	struct bpf_link *link;

	for (unsigned int i = 0; i < LIBC_CALLS; i++) {
		if (!c->offsets[i] || strcmp(watched_libcs__name(i), name))
			continue;
		link = attach_call(prog, c, c->offsets[i]);
		if (link)
			s->links[s->nr_links++] = link;
	}
}

static int add_call_link(struct source *s, const struct bpf_program *prog, const struct libc *c,
			 const uint64_t *offsets, const uint64_t *cookies, unsigned int nr)
{
	int fd = uprobe_multi__attach(bpf_program__fd(prog), c->fd, offsets, cookies, nr);

	if (fd >= 0)
		s->call_links[s->nr_call_links++] = fd;
	return fd < 0 ? fd : 0;
}

/* All functions of a library at once; where one of them cannot be probed, each on its own. */
static int attach_library(struct source *s, const struct bpf_program *prog, const struct libc *c)
{
	uint64_t offsets[LIBC_CALLS], cookies[LIBC_CALLS];
	unsigned int n = 0, attached = 0;
	int err;

	for (unsigned int i = 0; i < LIBC_CALLS; i++) {
		if (!c->offsets[i])
			continue;
		offsets[n] = c->offsets[i];
		cookies[n++] = watched_libcs__call(i);
	}
	err = add_call_link(s, prog, c, offsets, cookies, n);
	for (unsigned int i = 0; err && i < n; i++)
		attached += !add_call_link(s, prog, c, &offsets[i], &cookies[i], 1);
	return attached ? 0 : err;
}

/* That the kernel has no such links shows in that it takes none. */
static int attach_libraries(struct source *s, const struct bpf_program *prog)
{
	int err = 0;

	for (unsigned int i = 0; i < s->watched->nr; i++)
		err = attach_library(s, prog, &s->watched->of[i]);
	return s->nr_call_links ? 0 : err;
}

/* What is attached to functions of libraries. */
static bool is_of_calls(const struct bpf_program *prog)
{
	return bpf_program__type(prog) == BPF_PROG_TYPE_KPROBE &&
	       !strncmp(bpf_program__section_name(prog), "uprobe", strlen("uprobe"));
}

static int attach_to_libraries(struct source *s, struct bpf_program *prog)
{
	if (!s->watched)
		return 0;
	if ((int)bpf_program__expected_attach_type(prog) == UPROBE_MULTI_ATTACH)
		return attach_libraries(s, prog);
	for (unsigned int i = 0; i < s->watched->nr; i++)
		attach_calls(s, prog, &s->watched->of[i]);
	return 0;
}

static int attach_one(struct source *s, struct bpf_program *prog)
{
	struct bpf_link *link;

	if (bpf_program__expected_attach_type(prog) == BPF_TRACE_ITER)
		return 0;
	if (is_of_calls(prog))
		return attach_to_libraries(s, prog);
	link = attach_program(s, prog);
	if (!link)
		return -errno;
	s->links[s->nr_links++] = link;
	return 0;
}

/* Which of the plan's programs this is. */
static size_t offset_of(const struct source *s, const struct bpf_program *prog)
{
	unsigned int at;
	const struct plan_door *d = door_of(s, prog, &at);

	return d ? d->programs[at] : 0;
}

int source__attach(struct source *s, size_t *program, int *why)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, s->skel->obj) {
		if (!bpf_program__autoload(prog))
			continue;
		*why = attach_one(s, prog);
		if (!*why)
			continue;
		*program = offset_of(s, prog);
		return -EAGAIN;
	}
	s->attach_ns = kernel__boot_ns();
	s->real_ns = kernel__real_ns();
	s->skel->bss->telling = s->attach_ns;
	return 0;
}

static int add_descendant(void *ctx, uint32_t tgid, uint64_t ticks)
{
	return add_target(ctx, tgid, ticks);
}

/* Forks are watched by now, so children born while /proc is read are not missed. */
static int snapshot_tree(struct source *s)
{
	const struct options *o = s->options;
	int err = o->tree ? snapshot__descendants(o->tree, add_descendant, s) : 0;

	for (unsigned int i = 0; !err && o->follow && i < o->nr_pids; i++)
		err = snapshot__descendants(o->pids[i], add_descendant, s);
	return err ? refuse("cannot list the descendants", err) : 0;
}

/* The cgroup paths they need have come through the ring meanwhile: those first. */
static int read_deaths(struct source *s, int fd, message_fn fn, void *ctx)
{
	char buf[32 * sizeof(struct et_death)];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		source__read(s, fn, ctx);
		for (ssize_t at = 0; at + (ssize_t)sizeof(struct et_death) <= n; at += sizeof(struct et_death))
			fn(ctx, buf + at, sizeof(struct et_death));
	}
	return n < 0 ? -errno : 0;
}

static int list_zombies(struct source *s)
{
	struct bpf_link *link = bpf_program__attach_iter(s->skel->progs.zombies__iter, NULL);

	if (!link)
		return refuse("cannot list zombies", -errno);
	s->zombies_fd = bpf_iter_create(bpf_link__fd(link));
	if (s->zombies_fd < 0)
		refuse("cannot list zombies", -errno);
	bpf_link__destroy(link); /* the list holds it */
	return s->zombies_fd < 0 ? -EIO : 0;
}

int source__open_snapshot(struct source *s)
{
	int err = s->skel->rodata->config.by_tree ? snapshot_tree(s) : 0;

	if (err || !s->plan->use[ET_OBS_SNAPSHOT])
		return err;
	return list_zombies(s);
}

int source__snapshot(struct source *s, message_fn fn, void *ctx)
{
	int err = s->zombies_fd >= 0 ? read_deaths(s, s->zombies_fd, fn, ctx) : 0;

	if (s->zombies_fd >= 0)
		close(s->zombies_fd);
	s->zombies_fd = -1;
	return err ? refuse("cannot list zombies", err) : 0;
}

void source__start(const struct source *s, struct et_start *start)
{
	struct utsname uts;

	memset(start, 0, sizeof(*start));
	start->h.kind = ET_START;
	start->h.size = sizeof(*start);
	start->version = ET_STREAM_VERSION;
	start->page_size = sysconf(_SC_PAGESIZE);
	start->attach_ns = s->attach_ns;
	start->real_ns = s->real_ns;
	start->self_tgid = getpid();
	start->flags = (s->options->args ? ET_START_ARGS : 0) | (s->options->stdio ? ET_START_STDIO : 0) |
		       (s->options->exit_stack ? ET_START_STACK : 0);
	kernel__boot_id(start->boot_id, sizeof(start->boot_id));
	if (!uname(&uts))
		memcpy(start->release, uts.release, strnlen(uts.release, sizeof(uts.release) - 1));
	strncpy(start->tier, names__door(plan__tier(s->plan)), sizeof(start->tier) - 1);
	for (unsigned int i = 0; i < ET_OBS_COUNT; i++)
		start->doors[i] = plan__door(s->plan, i);
}

int source__fd(const struct source *s)
{
	return bpf_map__fd(s->skel->maps.ring);
}

int source__read(struct source *s, message_fn fn, void *ctx)
{
	int n;

	s->fn = fn;
	s->ctx = ctx;
	s->nr_read = 0;
	ring_fill__look(&s->ring_fill);
	n = ring_buffer__consume(s->ring);
	return n == -EAGAIN ? s->nr_read : n;
}

void source__look_at_exits(struct source *s, uint64_t now_ns, message_fn fn, void *ctx)
{
	if (s->exits.table)
		exits__look(&s->exits, now_ns, s->options->dying_after_ns, fn, ctx);
}

void source__tell_paths_again(struct source *s)
{
	++*(volatile uint32_t *)&s->skel->bss->cgroup_round;
}

struct et_counters source__counters(const struct source *s)
{
	return s->skel->bss->counters;
}

struct source_fill source__fill(struct source *s, uint64_t now_ns)
{
	const int64_t signals = *(const volatile int64_t *)&s->skel->bss->signaled_now;
	struct source_fill f = {
		.ring_bytes = ring_fill__most(&s->ring_fill, now_ns),
		.signals = signals > 0 ? signals : 0, /* one that goes may be counted before it came */
		.dying_known = s->exits.table != NULL,
	};

	if (f.dying_known)
		f.dying = exits__nr(&s->exits);
	return f;
}

static void close_call_links(struct source *s)
{
	while (s->nr_call_links)
		close(s->call_links[--s->nr_call_links]);
}

/* In the order of the object, in which reaps come last: those of the last deaths are still seen. */
void source__detach(struct source *s)
{
	if (s->skel && s->skel->bss && !s->is_child)
		s->skel->bss->telling = 0;
	close_call_links(s);
	for (unsigned int i = 0; i < s->nr_links; i++)
		bpf_link__destroy(s->links[i]);
	s->nr_links = 0;
}

/* bpf_link__destroy() would switch the parent's off. What it holds is freed with the process. */
void source__leave_attached(struct source *s)
{
	close_call_links(s);
	for (unsigned int i = 0; i < s->nr_links; i++)
		close(bpf_link__fd(s->links[i]));
	s->nr_links = 0;
	s->is_child = true;
}

void source__free(struct source *s)
{
	if (!s)
		return;
	source__detach(s);
	exits__close(&s->exits);
	ring_fill__close(&s->ring_fill);
	core_pattern__close(&s->pattern);
	ring_buffer__free(s->ring);
	exittrace_bpf__destroy(s->skel);
	attach_ids__close(&s->ids);
	if (s->types_fd >= 0)
		close(s->types_fd);
	if (s->zombies_fd >= 0)
		close(s->zombies_fd);
	free(s->libcs);
	free(s);
}
