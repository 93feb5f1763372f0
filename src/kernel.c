/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kernel.c: takes names of kernel functions and tracepoints, gives what the running
 * kernel answers when really asked. Does not decide what to use.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "kernel.h"
#include "privileges.h"

/* libbpf's own words, which tell developers more than users. */
static int print_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	if (level == LIBBPF_DEBUG || !getenv("EXITTRACE_DEBUG"))
		return 0;
	return vfprintf(stderr, fmt, args);
}

/* ---- what BTF knows ---- */

/* Both ends and the length: names of one kind begin alike, and there are some 100,000 of them. */
static uint32_t hash_name(const char *name)
{
	size_t len = strlen(name), part = len < 8 ? len : 8;
	uint64_t head = 0, tail = 0;

	memcpy(&head, name, part);
	memcpy(&tail, name + len - part, part);
	return ((head ^ (tail << 31 | tail >> 33)) + len) * 0x9e3779b97f4a7c15 >> 49; /* of NAME_BUCKETS */
}

static bool is_asked_for(const struct btf_type *t)
{
	return btf_is_func(t) || btf_is_typedef(t) || btf_is_composite(t) || btf_is_enum(t);
}

#define NAME_BUCKETS (1 << 15) /* random access to so much stays in a cache */

/* btf__find_by_name_kind() goes through all of some 100,000 types, and we ask some 300 times. */
static int index_names(struct kernel *k)
{
	uint32_t id, *head, n = btf__type_cnt(k->btf);

	k->by_name = calloc(NAME_BUCKETS, sizeof(*k->by_name));
	k->same_hash = malloc(n * sizeof(*k->same_hash));
	if (!k->by_name || !k->same_hash)
		return -ENOMEM;
	for (id = 1; id < n; id++) {
		const struct btf_type *t = btf__type_by_id(k->btf, id);

		if (!is_asked_for(t))
			continue;
		head = &k->by_name[hash_name(btf__name_by_offset(k->btf, t->name_off))];
		k->same_hash[id] = *head;
		*head = id;
	}
	return 0;
}

uint32_t kernel__next_type(const struct kernel *k, const char *name, uint32_t kind, uint32_t after)
{
	uint32_t id, found = 0;

	for (id = k->by_name[hash_name(name)]; id > after; id = k->same_hash[id]) {
		const struct btf_type *t = btf__type_by_id(k->btf, id);

		if (btf_kind(t) == kind && !strcmp(btf__name_by_offset(k->btf, t->name_off), name))
			found = id; /* the list ends with the lowest */
	}
	return found;
}

/* As btf__find_by_name_kind(): the first of several. */
static int find(const struct kernel *k, const char *name, uint32_t kind)
{
	uint32_t id = kernel__next_type(k, name, kind, 0);

	return id ? (int)id : -ENOENT;
}

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

/*
 * From 6.16 on it can be mapped; before, the kernel gives it a page a call, and 1,350 calls take 4 ms. NULL: it cannot
 * be mapped, or is not what libbpf takes; errno tells.
 */
static struct btf *map_btf(void)
{
	int fd = open(VMLINUX_BTF, O_RDONLY | O_CLOEXEC);
	struct btf *btf = NULL;
	struct stat st;
	void *data;

	if (fd < 0)
		return NULL;
	data = fstat(fd, &st) ? MAP_FAILED : mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return NULL;
	btf = btf__new(data, st.st_size);
	munmap(data, st.st_size);
	return btf;
}

int kernel__open(struct kernel *k)
{
	int err;

	libbpf_set_print(print_libbpf);
	k->btf = map_btf();
	if (!k->btf && errno != ENOMEM)
		k->btf = btf__parse_raw(VMLINUX_BTF);
	if (!k->btf && errno != ENOMEM) /* the other places; of them all it says only that there is none */
		k->btf = btf__load_vmlinux_btf();
	if (!k->btf)
		return -errno;
	err = index_names(k);
	if (err)
		kernel__close(k);
	return err;
}

void kernel__close(struct kernel *k)
{
	btf__free(k->btf);
	free(k->by_name);
	free(k->same_hash);
	k->same_hash = NULL;
	k->btf = NULL;
	k->by_name = NULL;
}

int kernel__attach_id(const struct kernel *k, enum bpf_attach_type attach, const char *target)
{
	const char *prefix = attach == BPF_TRACE_RAW_TP ? "btf_trace_" : attach == BPF_TRACE_ITER ? "bpf_iter_" : "";
	char name[96];

	snprintf(name, sizeof(name), "%s%s", prefix, target);
	return find(k, name, attach == BPF_TRACE_RAW_TP ? BTF_KIND_TYPEDEF : BTF_KIND_FUNC);
}

bool kernel__has_tracepoint(const struct kernel *k, const char *name)
{
	return kernel__attach_id(k, BPF_TRACE_RAW_TP, name) >= 0;
}

int kernel__tracepoint_args(const struct kernel *k, const char *name)
{
	const struct btf_type *t;
	int id = kernel__attach_id(k, BPF_TRACE_RAW_TP, name);

	if (id < 0)
		return id;
	t = btf__type_by_id(k->btf, id);			/* typedef */
	t = t ? btf__type_by_id(k->btf, t->type) : NULL;	/* pointer */
	t = t ? btf__type_by_id(k->btf, t->type) : NULL;	/* function */
	return t && btf_is_func_proto(t) ? btf_vlen(t) - 1 : -EINVAL;
}

/* return 0; */
static const struct bpf_insn nothing[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int load_nothing(enum bpf_prog_type type, enum bpf_attach_type attach, int btf_id)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach, .attach_btf_id = btf_id);
	int fd = bpf_prog_load(type, "exittrace_try", "Dual BSD/GPL", nothing, 2, &opts);

	return fd < 0 ? -errno : fd;
}

static int try_tracing(enum bpf_attach_type attach, int btf_id)
{
	int err = 0, link, prog;

	if (btf_id < 0)
		return -ENOENT;
	prog = load_nothing(BPF_PROG_TYPE_TRACING, attach, btf_id);
	if (prog < 0)
		return prog;
	link = attach == BPF_TRACE_ITER ? bpf_link_create(prog, 0, attach, NULL) : bpf_raw_tracepoint_open(NULL, prog);
	if (link < 0)
		err = -errno;
	else
		close(link);
	close(prog);
	return err;
}

bool kernel__has_function(const struct kernel *k, const char *function)
{
	return find(k, function, BTF_KIND_FUNC) >= 0;
}

bool kernel__has_typedef(const struct kernel *k, const char *name)
{
	return find(k, name, BTF_KIND_TYPEDEF) >= 0;
}

bool kernel__has_struct(const struct kernel *k, const char *name)
{
	return find(k, name, BTF_KIND_STRUCT) >= 0;
}

int kernel__try_fentry(const struct kernel *k, const char *function)
{
	return try_tracing(BPF_TRACE_FENTRY, kernel__attach_id(k, BPF_TRACE_FENTRY, function));
}

int kernel__may_fentry(const struct kernel *k, const char *function)
{
	int id = kernel__attach_id(k, BPF_TRACE_FENTRY, function);
	int prog = id < 0 ? -ENOENT : load_nothing(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, id);

	if (prog < 0)
		return prog;
	close(prog);
	return 0;
}

int kernel__try_tracepoint(const struct kernel *k, const char *name)
{
	return try_tracing(BPF_TRACE_RAW_TP, kernel__attach_id(k, BPF_TRACE_RAW_TP, name));
}

int kernel__try_iter(const struct kernel *k)
{
	return try_tracing(BPF_TRACE_ITER, kernel__attach_id(k, BPF_TRACE_ITER, "task"));
}

static int read_number(int dir, const char *path)
{
	char text[32] = "";
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 ? atoi(text) : -EIO;
}

static int perf_open(struct perf_event_attr *attr)
{
	int fd = syscall(SYS_perf_event_open, attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int kernel__may_kprobe(void)
{
	int type = read_number(AT_FDCWD, "/sys/bus/event_source/devices/kprobe/type");

	return type < 0 ? type : 0;
}

int kernel__may_uprobe(void)
{
	int type = read_number(AT_FDCWD, "/sys/bus/event_source/devices/uprobe/type");

	return type < 0 ? type : 0;
}

int kernel__try_kprobe(const struct kernel *k, const char *function)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .config1 = (uintptr_t)function };
	int type = read_number(AT_FDCWD, "/sys/bus/event_source/devices/kprobe/type");
	int event, prog, err = 0;

	(void)k;
	if (type < 0)
		return type;
	attr.type = type;
	event = perf_open(&attr);
	if (event < 0)
		return event;
	prog = load_nothing(BPF_PROG_TYPE_KPROBE, 0, 0);
	if (prog < 0 || ioctl(event, PERF_EVENT_IOC_SET_BPF, prog))
		err = prog < 0 ? prog : -errno;
	if (prog >= 0)
		close(prog);
	close(event);
	return err;
}

/*
 * Where tracefs is not mounted, a mount of our own that no path leads to: nothing to
 * leave behind, and gone with the descriptor.
 */
static int open_tracefs(void)
{
	int mnt = open("/sys/kernel/tracing", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fs;

	if (mnt < 0 && errno == EACCES)
		return -EACCES;
	if (mnt >= 0 && !faccessat(mnt, "events", F_OK, AT_EACCESS))
		return mnt;
	if (mnt >= 0)
		close(mnt);
	fs = fsopen("tracefs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	mnt = fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) ? -1 : fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (mnt < 0)
		mnt = -errno;
	close(fs);
	return mnt;
}

static int event_id(const char *event)
{
	char path[96];
	int id, root = open_tracefs();

	if (root < 0)
		return root == -EPERM || root == -EACCES ? root : -ENODEV;
	snprintf(path, sizeof(path), "events/%s/id", event);
	id = read_number(root, path);
	close(root);
	return id;
}

int kernel__open_event(const char *event)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.wakeup_events = 1,
	};
	int id = event_id(event);

	if (id < 0)
		return id;
	attr.config = id;
	return perf_open(&attr);
}

/* Only looked up: closing an event again takes the kernel some 30 ms. */
int kernel__find_event(const char *event)
{
	int id = event_id(event);

	return id < 0 ? id : 0;
}

uint64_t kernel__lacks(void)
{
	const uint64_t tracing = PRIVILEGE(CAP_BPF) | PRIVILEGE(CAP_PERFMON);
	uint64_t have = privileges__effective();

	return have & PRIVILEGE(CAP_SYS_ADMIN) ? 0 : tracing & ~have;
}

/* CAP_PERFMON, but for distributions whose own kernel.perf_event_paranoid=3 wants CAP_SYS_ADMIN. Tried, for real. */
uint64_t kernel__perf_needs(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
	};
	uint64_t have = privileges__effective();
	int fd = privileges__use(PRIVILEGE(CAP_PERFMON));

	if (!fd)
		fd = perf_open(&attr);
	privileges__use(have);
	if (fd < 0)
		return PRIVILEGE(CAP_SYS_ADMIN);
	close(fd);
	return PRIVILEGE(CAP_PERFMON);
}

/* Where tracefs is mounted it has to be read, else to be mounted first: both are mostly for root alone. */
uint64_t kernel__events_need(void)
{
	static const char one[] = "events/sched/sched_process_exit/id";
	uint64_t needs = access("/sys/kernel/tracing/events", F_OK) && errno == ENOENT ? PRIVILEGE(CAP_SYS_ADMIN) : 0;
	int root = open_tracefs();
	struct stat top, id;

	if (root < 0)
		return root == -EACCES ? PRIVILEGE(CAP_DAC_READ_SEARCH) : PRIVILEGE(CAP_SYS_ADMIN);
	if (fstatat(root, one, &id, 0) || fstat(root, &top) || !(top.st_mode & S_IXOTH) || !(id.st_mode & S_IROTH))
		needs |= PRIVILEGE(CAP_DAC_READ_SEARCH);
	close(root);
	return needs;
}

/*
 * 5.11 charges maps to the memory cgroup, before they are locked memory; a helper of the same version tells. The limit
 * itself does not: libbpf has raised it by the time somebody asks.
 */
uint64_t kernel__maps_need(const struct kernel *k)
{
	return kernel__has_function(k, "bpf_ktime_get_coarse_ns") ? 0 : PRIVILEGE(CAP_SYS_RESOURCE);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

uint64_t kernel__boot_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

uint64_t kernel__real_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

int kernel__boot_id(char *dst, size_t cap)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, dst, cap - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	dst[strcspn(dst, "\n")] = '\0';
	return 0;
}
