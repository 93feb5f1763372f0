/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * attach_ids.c: takes programs of an object and the kernel's BTF, gives libbpf the ids it would look up there. Does not
 * load and does not attach.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "config.h"

#include "attach_ids.h"
#include "kernel.h"
#include "uprobe_multi.h"

/* All sections of the object: where kernel functions are called, each program needs their ids. */
static const struct section {
	const char *name; /* '+': and whatever follows behind a slash */
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
} sections[ATTACH_IDS_HANDLERS] = {
	{ "tp_btf+", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP },
	{ "fentry+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY },
	{ "fexit+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT },
	{ "iter+", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER },
	{ "kprobe+", BPF_PROG_TYPE_KPROBE, 0 },
	{ "kretprobe+", BPF_PROG_TYPE_KPROBE, 0 },
	{ "uprobe+", BPF_PROG_TYPE_KPROBE, 0 },
	{ "uprobe.multi+", BPF_PROG_TYPE_KPROBE, (enum bpf_attach_type)UPROBE_MULTI_ATTACH },
	{ "tp+", BPF_PROG_TYPE_TRACEPOINT, 0 },
};

static bool calls_rdonly_cast(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg && insn->imm == ET_RDONLY_CAST;
}

/* From the number that stands for it to what the kernel takes. */
static int name_calls(const struct attach_ids *ids, struct bpf_program *prog)
{
	size_t n = bpf_program__insn_cnt(prog);
	struct bpf_insn *insns = malloc(n * sizeof(*insns));
	int err;

	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(prog), n * sizeof(*insns));
	for (size_t i = 0; i < n; i++) {
		if (!calls_rdonly_cast(&insns[i]))
			continue;
		insns[i].src_reg = BPF_PSEUDO_KFUNC_CALL;
		insns[i].imm = ids->rdonly_cast;
	}
	err = bpf_program__set_insns(prog, insns, n);
	free(insns);
	return err;
}

static uint32_t id_of(const struct attach_ids *ids, const struct bpf_program *prog)
{
	for (unsigned int i = 0; i < ids->nr; i++)
		if (ids->of[i].prog == prog)
			return ids->of[i].id;
	return 0;
}

static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct attach_ids *ids = (const struct attach_ids *)cookie;

	if (bpf_program__type(prog) == BPF_PROG_TYPE_TRACING) {
		opts->attach_prog_fd = 0; /* it was never to be attached to that, see attach_ids__add() */
		opts->attach_btf_id = id_of(ids, prog);
	}
	return ids->rdonly_cast ? name_calls(ids, prog) : 0;
}

static int open_section(struct attach_ids *ids, const struct section *s)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = prepare, .cookie = (long)ids);
	int handler = libbpf_register_prog_handler(s->name, s->type, s->attach, &opts);

	if (handler >= 0)
		ids->handlers[ids->nr_handlers++] = handler;
	return handler < 0 ? handler : 0;
}

/*
 * One handler that stays, of a section that no object has. libbpf before 1.3 frees its table when the last handler
 * goes, and writes into it when there is another one: when an attach is refused, and a second object is opened.
 */
static int keep_table(void)
{
	static bool kept;
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts);
	int handler = kept ? 0 : libbpf_register_prog_handler("exittrace_none", BPF_PROG_TYPE_UNSPEC, 0, &opts);

	kept = kept || handler >= 0;
	return handler < 0 ? handler : 0;
}

int attach_ids__open(struct attach_ids *ids, const struct kernel *k)
{
	int err = keep_table();

	ids->rdonly_cast = kernel__next_type(k, "bpf_rdonly_cast", BTF_KIND_FUNC, 0);
	for (unsigned int i = 0; !err && i < ATTACH_IDS_HANDLERS; i++)
		err = open_section(ids, &sections[i]);
	return err;
}

void attach_ids__close(struct attach_ids *ids)
{
	while (ids->nr_handlers)
		libbpf_unregister_prog_handler(ids->handlers[--ids->nr_handlers]);
}

int attach_ids__add(struct attach_ids *ids, const struct kernel *k, struct bpf_program *prog, const char *target)
{
	int id;

	if (bpf_program__type(prog) != BPF_PROG_TYPE_TRACING)
		return 0;
	id = kernel__attach_id(k, bpf_program__expected_attach_type(prog), target);
	if (id < 0)
		return id;
	if (ids->nr == ATTACH_IDS_MAX)
		return -E2BIG;
	ids->of[ids->nr++] = (struct attach_id){ prog, (uint32_t)id };
	/* With a descriptor, any, libbpf does not expect it in the kernel's BTF, and so does not read that. */
	return bpf_program__set_attach_target(prog, 1, NULL);
}
