/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * attach_ids.h: BTF ids for the programs of an object, before it is loaded.
 *
 * To find what a program is attached to, and which kernel function it calls, libbpf reads the kernel's BTF: 6 MiB, as
 * we did. So it is given the ids: by handlers, which are libbpf's way to have a say in how a program of a section is
 * loaded.
 */
#ifndef EXITTRACE_ATTACH_IDS_H
#define EXITTRACE_ATTACH_IDS_H

#include <stdint.h>

struct bpf_program;
struct kernel;

#define ATTACH_IDS_MAX 64
#define ATTACH_IDS_HANDLERS 9

struct attach_ids {
	struct attach_id {
		const struct bpf_program *prog;
		uint32_t id;
	} of[ATTACH_IDS_MAX];
	unsigned int nr;
	uint32_t rdonly_cast; /* of bpf_rdonly_cast(); 0: the kernel has none */
	int handlers[ATTACH_IDS_HANDLERS]; /* as libbpf knows them */
	unsigned int nr_handlers;
};

/* Before the object is opened. `ids` stays where it is until attach_ids__close(), after the object's end. */
int attach_ids__open(struct attach_ids *ids, const struct kernel *k);
void attach_ids__close(struct attach_ids *ids);

/* `prog` of the opened object will be loaded; `target` is the function or tracepoint it is attached to. */
int attach_ids__add(struct attach_ids *ids, const struct kernel *k, struct bpf_program *prog, const char *target);

#endif
