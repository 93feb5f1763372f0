/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * emit.bpf.h: the only way out. Every message that does not fit is counted.
 *
 * A wake-up costs ten times the message. So a message wakes the reader only when
 * the last wake-up is ET_WAKE_NS ago; the reader in turn looks by itself for a
 * while after each wake-up. A lone death is seen at once, a storm in large pieces.
 */
#ifndef EXITTRACE_EMIT_BPF_H
#define EXITTRACE_EMIT_BPF_H

#define ET_WAKE_NS 20000000ULL

#define count(counter) __sync_fetch_and_add(&counters.counter, 1)

static __always_inline __u64 wake_flags(__u64 now)
{
	if (config.prompt)
		return BPF_RB_FORCE_WAKEUP;
	if ((__s64)(now - last_wake_ns) < (__s64)ET_WAKE_NS &&
	    bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) < ET_RING_BYTES / 4)
		return BPF_RB_NO_WAKEUP;
	last_wake_ns = now; /* CPUs may race here: then both wake */
	return BPF_RB_FORCE_WAKEUP;
}

/* `now` is what bpf_ktime_get_boot_ns() said a moment ago: it is one of the dearest things here. */
static __always_inline int emit(const void *msg, __u64 size, __u64 now)
{
	return bpf_ringbuf_output(&ring, (void *)msg, size, wake_flags(now));
}


#endif
