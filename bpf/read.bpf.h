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

/* By a number, which the loader replaces: libbpf would read all of the kernel's BTF for its name. */
static void *(*const bpf_rdonly_cast)(const void *obj, __u32 btf_id) = (void *)ET_RDONLY_CAST;

/* Also takes the trust from a pointer: for each trusted one that is followed 6.18 searches its BTF name by name. */
#define typed(type, p) ((struct type *)bpf_rdonly_cast((const void *)(p), config.types.type))
#define READ(p, ...) ___arrow(p, __VA_ARGS__)
/*
 * A member of one bit, or a bool, as some became in 7.x: its lowest bit. 7.x refuses to load more than the bytes it
 * is in, which BPF_CORE_READ_BITFIELD() does.
 */
#define BIT_IN_WORD(p, member) (__CORE_RELO(p, member, RSHIFT_U64) - __CORE_RELO(p, member, LSHIFT_U64))
#define READ_BIT(p, member) ( \
	(*(const __u8 *)((const void *)(p) + __CORE_RELO(p, member, BYTE_OFFSET) + BIT_IN_WORD(p, member) / 8) >> \
	 (BIT_IN_WORD(p, member) & 7)) & 1)
/* `direct` is a constant: true where the verifier knows the pointer's type even without (tp_btf, fentry). */
#define GET(direct, p, ...) ___arrow(p, __VA_ARGS__)

#else

#define typed(type, p) ((struct type *)(p))
/* A variable, so that how p was come by is not part of the access that is relocated. */
#define READ(p, ...) ({ typeof(p) from = (p); BPF_CORE_READ(from, __VA_ARGS__); })
#define READ_BIT(p, member) BPF_CORE_READ_BITFIELD_PROBED(p, member)
#define GET(direct, p, ...) ((direct) ? ___arrow(p, __VA_ARGS__) : READ(p, __VA_ARGS__))

#endif

/*
 * The address as a number, which is all that a global function takes. By load: the verifier takes the difference of
 * two pointers for one, and of these one may be 0. An argument of a tracepoint is a pointer or a number, as the kernel
 * wants it; here both are made pointers.
 */
static __always_inline __u64 number(const void *p)
{
#ifdef READ_BY_LOAD
	__u64 n = (__u64)typed(task_struct, p), nothing = (__u64)typed(task_struct, 0);

	asm volatile("%0 -= %1" : "+r"(n) : "r"(nothing));
	return n;
#else
	const void *volatile at[1] = { p };
	__u64 n = 0;

	bpf_probe_read_kernel(&n, sizeof(n), (const void *)at);
	return n;
#endif
}

/*
 * A loop of at most `max` rounds: step(round, ctx) returns 1 to end it. bpf_loop() is there wherever bpf_rdonly_cast()
 * is, and then the verifier goes through a step once or twice, not once for each round.
 */
#ifdef READ_BY_LOAD
#define repeat(max, step, ctx) bpf_loop(max, step, ctx, 0)
#define repeat_few repeat
#define STEP static __noinline long
/*
 * A function that the verifier goes through once a program, wherever it is called. Without bpf_rdonly_cast() stacks are
 * deeper, and that of such calls one in the other would not do.
 */
#define ONCE __noinline
#else
#define repeat(max, step, ctx) \
	for (__u32 round = 0; round < (max); round++) \
		if (step(round, ctx)) \
			break
/* Unrolled, where clang lays the loop out in a way that these kernels do not take for one ("back-edge"). */
#define repeat_few(max, step, ctx) _Pragma("clang loop unroll(full)") repeat(max, step, ctx)
#define STEP static __always_inline long
#define ONCE static __always_inline
#endif

/*
 * The 64-bit word at a kernel address, as a number. By load: at that address is something whose first member is such a
 * number, so it is told; whether it is true does not matter for what is loaded.
 */
static __always_inline __u64 word_at(const void *address)
{
#ifdef READ_BY_LOAD
	return typed(timespec64, address)->tv_sec;
#else
	__u64 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), address);
	return word;
#endif
}

/* The same, of a member that is a pointer. */
#define ADDRESS_IN(p, member) word_at((void *)(p) + bpf_core_field_offset(typeof(*(p)), member))

static __always_inline struct task_struct *current_task(void)
{
	return typed(task_struct, bpf_get_current_task());
}

#endif
