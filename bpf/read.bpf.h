/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * read.bpf.h: how kernel memory is read. The kernel half is built twice from one source:
 *
 *   with READ_BY_LOAD     for kernels with bpf_rdonly_cast() (6.2): any pointer can be told its type, and is
 *                         then followed by plain loads, which the kernel guards. A load costs 1 ns, a call of
 *                         bpf_probe_read_kernel() 20 ns, and it is one instruction instead of six for the
 *                         verifier, which begins anew in every program.
 *   without               for all others: by calls.
 *
 * READ() and FIELD's like are for pointers with a type. Addresses that were calculated or kept in a map are
 * numbers for the verifier: typed() gives them one, or BPF_CORE_READ() calls for each step in both builds, and gives
 * a number where a pointer would not do.
 */
#ifndef EXITTRACE_READ_BPF_H
#define EXITTRACE_READ_BPF_H

#ifdef READ_BY_LOAD

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym;

/* Also takes the trust from a pointer: for each trusted one that is followed 6.18 searches its BTF name by name. */
#define typed(type, p) ((type *)bpf_rdonly_cast((const void *)(p), bpf_core_type_id_kernel(type)))
#define READ(p, ...) ___arrow(p, __VA_ARGS__)
#define READ_BITFIELD(p, member) BPF_CORE_READ_BITFIELD(p, member)
/* `direct` is a constant: true where the verifier knows the pointer's type even without (tp_btf, fentry). */
#define GET(direct, p, member) ((p)->member)

#else

#define typed(type, p) ((type *)(p))
#define READ(p, ...) BPF_CORE_READ(p, __VA_ARGS__)
#define READ_BITFIELD(p, member) BPF_CORE_READ_BITFIELD_PROBED(p, member)
#define GET(direct, p, member) ((direct) ? (p)->member : BPF_CORE_READ(p, member))

#endif

/* The address as a number, which is all that a global function takes. */
static __always_inline __u64 number(const void *p)
{
	const void *volatile at[1] = { p };
	__u64 n = 0;

	bpf_probe_read_kernel(&n, sizeof(n), (const void *)at);
	return n;
}

/*
 * A loop of at most `max` rounds: step(round, ctx) returns 1 to end it. bpf_loop() is there wherever bpf_rdonly_cast()
 * is, and then the verifier goes through a step once or twice, not once for each round.
 */
#ifdef READ_BY_LOAD
#define repeat(max, step, ctx) bpf_loop(max, step, ctx, 0)
#else
#define repeat(max, step, ctx) \
	for (__u32 round = 0; round < (max); round++) \
		if (step(round, ctx)) \
			break
#endif
#ifdef READ_BY_LOAD
#define STEP static __noinline long
#else
#define STEP static __always_inline long
#endif

static __always_inline struct task_struct *current_task(void)
{
	return typed(struct task_struct, bpf_get_current_task());
}

#endif
