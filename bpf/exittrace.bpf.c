/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * exittrace.bpf.c: the kernel half, as a table of contents. It gathers facts about
 * dying processes and sends them; words and verdicts are the user half's.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "config.h"
#include "event.h"

#include "uapi.bpf.h"
#include "maps.bpf.h"
#include "read.bpf.h"
#include "emit.bpf.h"
#include "compat.bpf.h"
#include "task.bpf.h"
#include "filter.bpf.h"
#include "dying.bpf.h"

#include "probe_files.bpf.c"
#include "probe_fuse.bpf.c"
#include "probe_coredump.bpf.c"
#include "probe_children.bpf.c"
#include "probe_phases.bpf.c"
#include "probe_kill.bpf.c"
#include "probe_threads.bpf.c"
#include "probe_stdio.bpf.c" /* in front of what may tell the death */
#include "probe_exit.bpf.c"
#include "probe_oom.bpf.c"
#include "probe_signal.bpf.c"
#include "probe_stack.bpf.c"
#include "probe_reap.bpf.c"
#include "probe_tree.bpf.c"
#include "probe_snapshot.bpf.c"

/* Helpers we call are for GPL-compatible programs; the source is dual-licensed. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";
