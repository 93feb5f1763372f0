/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* kernel.h: questions to the running kernel. Never its version, never its configuration. */
#ifndef EXITTRACE_KERNEL_H
#define EXITTRACE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

struct btf;

struct kernel {
	struct btf *btf;
	uint32_t *by_name; /* BTF ids of types by their names: NAME_BUCKETS heads of lists ... */
	uint32_t *same_hash; /* ... that go on here, by id; in falling order, 0: the end */
};

/* 0, or negative errno: -ENOENT the kernel has no BTF. */
int kernel__open(struct kernel *k);
void kernel__close(struct kernel *k);

/* Arguments of a tracepoint as BPF sees them (without the data pointer); negative: there is none. */
int kernel__tracepoint_args(const struct kernel *k, const char *name);

/* As far as BTF tells; not whether it can be hooked. */
bool kernel__has_function(const struct kernel *k, const char *function);
bool kernel__has_typedef(const struct kernel *k, const char *name);
bool kernel__has_struct(const struct kernel *k, const char *name); /* not only its name */

/* The BTF id of the first type of that name and BTF_KIND_* behind `after`, which is such an id or 0. 0: no more. */
uint32_t kernel__next_type(const struct kernel *k, const char *name, uint32_t kind, uint32_t after);
/*
 * The BTF id of what a tracing program is attached to: a function, or of an iterator or tracepoint what stands for it.
 * -ENOENT: there is none.
 */
int kernel__attach_id(const struct kernel *k, enum bpf_attach_type attach, const char *target);
bool kernel__has_tracepoint(const struct kernel *k, const char *name);

/*
 * Loads and attaches an empty program, for real, and takes it away again, which takes the kernel tens of ms: what is
 * attached next has to wait until nobody can be in the one that was taken away.
 * 0, -ENOENT: the kernel has no such thing, -EPERM and others: refused.
 */
int kernel__try_fentry(const struct kernel *k, const char *function);
int kernel__try_kprobe(const struct kernel *k, const char *function);
int kernel__try_tracepoint(const struct kernel *k, const char *name);
/* Whether such a program can be loaded at all, of what can be said in less than 1 ms. */
int kernel__may_fentry(const struct kernel *k, const char *function);
int kernel__may_kprobe(void);
int kernel__may_uprobe(void);
int kernel__try_iter(const struct kernel *k);
/* Whether there is a system call event such as "sys_exit_wait4". -ENODEV: no tracefs to be had. */
int kernel__find_event(const char *event);
int kernel__open_event(const char *event); /* a perf event for a program to be attached to */

/* Capabilities that this process lacks to use bpf() for tracing at all; CAP_SYS_ADMIN does for both. */
uint64_t kernel__lacks(void);
/* ... and what it takes beside these: for perf events, to read their ids, and to have maps of a few MiB. */
uint64_t kernel__perf_needs(void);
uint64_t kernel__events_need(void);
uint64_t kernel__maps_need(const struct kernel *k);

uint64_t kernel__boot_ns(void); /* CLOCK_BOOTTIME */
uint64_t kernel__real_ns(void); /* CLOCK_REALTIME */
int kernel__boot_id(char *dst, size_t cap);

#endif
