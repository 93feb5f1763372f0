/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fields.h: the fields of all records, one row each. Included wherever something is made from
 * all of them: their numbers (record.h), the table (record.c), the JSON line (output_json.c).
 *
 *   FIELD(records, number, key, type, unit, help, heading, value)
 *   LIST(records, number, key, help, heading, items, item, value)
 *
 * `records` are those it applies to, IN_*, and IN_HISTORY for what people look for, IN_METRICS for what else metrics
 * are made of. `number` is the key with "_" for ".": FIELD_<number>. `type` is that of JSON, for the schema: string
 * integer boolean array object. `value` is a struct value, made by what is in values.h from the record `r` and its
 * DEATH message `d`.
 *
 * Keys with a common prefix are neighbours. A group that can be null as a whole ("cause.by", "reap",
 * "resources", ...) has a row of its own before its members, of type "object". It gives V_NULL (then
 * every member is V_ABSENT) or V_ABSENT (then the members make the object). So a writer that
 * opens an object at its first member that is not V_ABSENT gets it right.
 *
 * PART(condition) ... END_PART: without the condition every row between is V_ABSENT. Says nothing
 * new, but saves asking each of them.
 */
#ifndef LIST
#define LIST(in_, id_, key_, help_, title_, items_, item_, expr_) \
	FIELD(in_, id_, key_, "array", "", help_, title_, expr_)
#endif
#ifndef PART
#define PART(condition)
#define END_PART
#endif

FIELD(IN_ALL, schema, "schema", "string", "", "name and major version of this format", "SCHEMA",
      v_str("exittrace/1"))
FIELD(IN_ALL, type, "type", "string", "",
      "death; zombie: dead, still not reaped; dying: still not dead; thread: one of its threads ended; warning: "
      "one was killed alone",
      "TYPE", v_str(type_name(r->type)))
FIELD(IN_ALL, time, "time", "string", "",
      "when it died, or, dead before tracing began, was found; of a zombie or dying record: when it was made", "TIME",
      v_known(r, FIELD_time, v_num(V_TIME, time_of(r) + r->real_offset_ns)))
FIELD(IN_ALL, id, "id", "string", "", "the process, unique for ever: boot id, pid, start time", "ID",
      v_id(d->id))

FIELD(IN_ALL | IN_HISTORY, process_pid, "process.pid", "integer", "",
      "process id in the initial pid namespace", "PID",
      v_u64(d->id.tgid))
FIELD(IN_DEATH, process_ns_pid, "process.ns_pid", "integer", "", "process id in its own pid namespace", "NSPID",
      v_known(r, FIELD_process_ns_pid, v_u64(d->ns_pids[d->ns_level % ET_PID_LEVELS])))
FIELD(IN_ALL | IN_HISTORY, process_comm, "process.comm", "string", "",
      "name of the process, at most 15 bytes", "COMM",
      v_comm(d->comm))
FIELD(IN_DEATH, process_executable_path, "process.executable.path", "string", "", "the program it ran", "EXE",
      v_known(r, FIELD_process_executable_path, v_text(V_TEXT, r->exe)))
FIELD(IN_DEATH, process_executable_deleted, "process.executable.deleted", "boolean", "",
      "true: the program's file had been removed", "EXE-DELETED",
      v_when(r->exe.len && (d->flags & ET_D_EXE_DELETED), v_bool(true)))
FIELD(IN_DEATH, process_args, "process.args", "array", "", "command line, only with --args", "ARGS",
      v_known(r, FIELD_process_args, v_text(V_TEXTS, r->args)))
FIELD(IN_ALL | IN_HISTORY, process_uid, "process.uid", "integer", "", "real user id", "UID", v_u64(d->uid))
FIELD(IN_DEATH, process_gid, "process.gid", "integer", "", "real group id", "GID", v_u64(d->gid))
FIELD(IN_DEATH | IN_DYING, process_start_time, "process.start_time", "string", "", "when it was forked", "STARTED",
      v_num(V_TIME, d->id.start_ns + r->real_offset_ns))
FIELD(IN_DEATH | IN_DYING | IN_HISTORY, process_age_ns, "process.age_ns", "integer", "ns",
      "from fork to death; dying: so far",
      "AGE", v_known(r, FIELD_process_age_ns, v_num(V_NS, record__since(d->id.start_ns, record__death_ns(r)))))
FIELD(IN_DEATH | IN_DYING, process_threads, "process.threads", "integer", "", "threads it had when its exit began",
      "THREADS", v_known(r, FIELD_process_threads, v_u64(d->threads)))
FIELD(IN_DEATH, process_pgid, "process.pgid", "integer", "", "process group", "PGID", v_u64(d->pgid))
FIELD(IN_DEATH, process_session, "process.session", "integer", "", "session", "SID", v_u64(d->session))
FIELD(IN_DEATH, process_tty, "process.tty", "string", "", "controlling terminal; absent: none", "TTY",
      v_known(r, FIELD_process_tty, v_text(V_TEXT, text__array(r->tty, sizeof(r->tty)))))
FIELD(IN_DEATH, process_exit_signal, "process.exit_signal", "integer", "",
      "what its parent is sent at its death, if not SIGCHLD; 0: nothing", "EXIT-SIG",
      v_when(d->exit_signal != SIGCHLD, v_i64(d->exit_signal)))
FIELD(IN_DEATH, process_forked_no_exec, "process.forked_no_exec", "boolean", "",
      "true: it never ran a program of its own", "NO-EXEC", v_flag(d->flags & ET_D_FORKNOEXEC))
FIELD(IN_DEATH, process_cgroup, "process.cgroup", "object", "", "null: its cgroup is not known", "CGROUP?",
      v_group(r, FIELD_process_cgroup))
FIELD(IN_DEATH, process_cgroup_id, "process.cgroup.id", "string", "", "inode number of the cgroup's directory",
      "CGROUP-ID", v_member(r, FIELD_process_cgroup, v_num(V_DEC, d->cgroup_id)))
FIELD(IN_DEATH, process_cgroup_version, "process.cgroup.version", "integer", "", "cgroup hierarchy: 1 or 2",
      "CGROUP-V", v_member(r, FIELD_process_cgroup, v_u64(d->flags & ET_D_CGROUP_V1 ? 1 : 2)))
FIELD(IN_DEATH, process_cgroup_path, "process.cgroup.path", "string", "", "path of the cgroup", "CGROUP",
      v_member(r, FIELD_process_cgroup, v_known(r, FIELD_process_cgroup_path, v_text(V_TEXT, r->cgroup))))
FIELD(IN_DEATH | IN_HISTORY, process_cgroup_unit, "process.cgroup.unit", "string", "",
      "innermost systemd unit on that path",
      "UNIT", v_member(r, FIELD_process_cgroup, v_known(r, FIELD_process_cgroup_unit, v_text(V_TEXT, r->unit))))
FIELD(IN_DEATH, process_container, "process.container", "object", "",
      "null: it is not known whether it was in a container", "CONTAINER?", v_group(r, FIELD_process_container))
FIELD(IN_DEATH | IN_HISTORY, process_container_id, "process.container.id", "string", "",
      "id of the container", "CONTAINER",
      v_text(V_TEXT, r->container.id))
FIELD(IN_DEATH, process_container_runtime, "process.container.runtime", "string", "",
      "docker, containerd, cri-o, podman or unknown", "RUNTIME",
      v_when(r->container.runtime, v_str(names__runtime(r->container.runtime))))

FIELD(IN_DEATH, parent, "parent", "object", "", "null: its parent is not known", "PARENT?",
      v_group(r, FIELD_parent))
FIELD(IN_DEATH, parent_id, "parent.id", "string", "", "the parent when it died, unique for ever", "PARENT-ID",
      peer_id(parent(r)))
FIELD(IN_DEATH, parent_pid, "parent.pid", "integer", "", "pid of the parent", "PPID", peer_pid(parent(r)))
FIELD(IN_DEATH | IN_HISTORY, parent_comm, "parent.comm", "string", "",
      "name of the parent", "PARENT", peer_comm(parent(r)))
FIELD(IN_DEATH, parent_uid, "parent.uid", "integer", "", "real user id of the parent", "PARENT-UID",
      peer_uid(parent(r)))

FIELD(IN_DEATH | IN_THREAD | IN_HISTORY, exit_raw, "exit.raw", "integer", "",
      "wait status as wait() gives it", "STATUS",
      v_i64(d->status))
FIELD(IN_DEATH | IN_THREAD, exit_code, "exit.code", "integer", "", "exit code; null: a signal ended it", "CODE",
      d->status & 0x7f ? null : v_u64((d->status >> 8) & 0xff))
FIELD(IN_DEATH | IN_THREAD, exit_signal, "exit.signal", "integer", "", "signal that ended it; null: it exited",
      "SIGNO", d->status & 0x7f ? v_u64(d->status & 0x7f) : null)
FIELD(IN_DEATH | IN_THREAD, exit_signal_name, "exit.signal_name", "string", "",
      "name of that signal; null: it exited", "SIGNAL", d->status & 0x7f ? v_str(r->cause.signal_name) : null)
FIELD(IN_DEATH | IN_THREAD, exit_core_dumped, "exit.core_dumped", "boolean", "", "the core bit of the wait status",
      "CORE", v_bool(d->status & 0x80))
FIELD(IN_DEATH | IN_THREAD, exit_shell, "exit.shell", "integer", "",
      "what a shell shows as $?: the code, or 128 + signal", "EXIT", v_i64(record__shell_status(d->status)))
FIELD(IN_DEATH, exit_group_exit_ns, "exit.group_exit_ns", "integer", "ns",
      "from the first thread's exit to the last one's; absent: one thread", "THREADS-EXIT",
      v_known(r, FIELD_exit_group_exit_ns, group_exit(d)))
FIELD(IN_DEATH, exit_leader_gone_ns, "exit.leader_gone_ns", "integer", "ns",
      "its main thread had ended this long before its death, others went on", "LEADER-GONE",
      v_known(r, FIELD_exit_leader_gone_ns, v_when(d->leader_ns, v_num(V_NS, record__since(d->leader_ns,
	       record__death_ns(r))))))

FIELD(IN_ALL | IN_HISTORY, cause_class, "cause.class", "string", "",
      "why it died, one word of a closed list", "CLASS",
      v_str(names__class(r->cause.class)))
FIELD(IN_ALL, cause_text, "cause.text", "string", "", "why it died, in words", "CAUSE", v_str(r->cause.text))
FIELD(IN_DEATH | IN_DYING, cause_by, "cause.by", "object", "",
      "null: somebody sent the signal, but it is not known who", "BY?", v_group(r, FIELD_cause_by))
PART(r->cause.by)
FIELD(IN_DEATH | IN_DYING, cause_by_id, "cause.by.id", "string", "", "who did it, unique for ever", "BY-ID",
      peer_id(killer(r)))
FIELD(IN_DEATH | IN_DYING | IN_HISTORY, cause_by_pid, "cause.by.pid", "integer", "", "pid of who did it", "BY-PID",
      peer_pid(killer(r)))
FIELD(IN_DEATH | IN_DYING, cause_by_tid, "cause.by.tid", "integer", "", "the thread of it that did it", "BY-TID",
      v_when(killer(r), v_known(r, FIELD_cause_by_tid, peer_tid(killer(r)))))
FIELD(IN_DEATH | IN_DYING | IN_HISTORY, cause_by_comm, "cause.by.comm", "string", "", "name of who did it", "BY",
      peer_comm(killer(r)))
FIELD(IN_DEATH | IN_DYING, cause_by_uid, "cause.by.uid", "integer", "", "real user id of who did it", "BY-UID",
      peer_uid(killer(r)))
FIELD(IN_DEATH, cause_by_role, "cause.by.role", "string", "",
      "what programs of that name are for: service_manager, oom_killer, container_runtime, timeout, shell ...",
      "BY-ROLE", v_when(killer(r), v_str(r->cause.role)))
FIELD(IN_DEATH, cause_by_executable_path, "cause.by.executable.path", "string", "", "program of who did it",
	       "BY-EXE",
      v_when(killer(r), v_known(r, FIELD_cause_by_executable_path, killer(r) ? v_text(V_TEXT,
	       killer_exe(r)) : absent)))
FIELD(IN_DEATH, cause_by_args, "cause.by.args", "array", "",
      "command line of who did it, only with --args; absent: itself", "BY-ARGS",
      v_when(killer(r), v_known(r, FIELD_cause_by_args, v_text(V_TEXTS, killer_args(r)))))
FIELD(IN_DEATH, cause_by_cgroup, "cause.by.cgroup", "object", "",
      "null: the cgroup of who did it is not known; absent: itself", "BY-CGROUP?",
      v_when(killer(r), v_group(r, FIELD_cause_by_cgroup)))
FIELD(IN_DEATH, cause_by_cgroup_id, "cause.by.cgroup.id", "string", "", "inode number of that cgroup's directory",
      "BY-CGROUP-ID", killer_place(r) ? v_num(V_DEC, killer_place(r)->cgroup_id) : absent)
FIELD(IN_DEATH, cause_by_cgroup_path, "cause.by.cgroup.path", "string", "", "path of that cgroup", "BY-CGROUP",
      v_place(r, FIELD_cause_by_cgroup_path, r->killer.cgroup))
FIELD(IN_DEATH, cause_by_cgroup_unit, "cause.by.cgroup.unit", "string", "", "innermost systemd unit on that path",
      "BY-UNIT", v_place(r, FIELD_cause_by_cgroup_unit, r->killer.unit))
FIELD(IN_DEATH, cause_by_container, "cause.by.container", "object", "",
      "null: it is not known whether who did it was in a container", "BY-CONTAINER?",
      v_when(killer(r), v_group(r, FIELD_cause_by_container)))
FIELD(IN_DEATH, cause_by_container_id, "cause.by.container.id", "string", "", "id of the container of who did it",
      "BY-CONTAINER",
      v_member(r, FIELD_cause_by_container, v_when(killer_place(r), v_text(V_TEXT, r->killer.container.id))))
FIELD(IN_DEATH, cause_by_container_runtime, "cause.by.container.runtime", "string", "",
      "docker, containerd, cri-o, podman or unknown", "BY-RUNTIME",
      v_member(r, FIELD_cause_by_container, v_when(killer_place(r) && r->killer.container.runtime,
	       v_str(names__runtime(r->killer.container.runtime)))))
FIELD(IN_DEATH, cause_by_parent, "cause.by.parent", "object", "", "null: the parent of who did it is not known",
      "BY-PARENT?", v_when(killer(r), v_group(r, FIELD_cause_by_parent)))
FIELD(IN_DEATH, cause_by_parent_id, "cause.by.parent.id", "string", "", "parent of who did it, unique for ever",
      "BY-PARENT-ID", peer_id(killer_parent(r)))
FIELD(IN_DEATH, cause_by_parent_pid, "cause.by.parent.pid", "integer", "", "pid of the parent of who did it",
      "BY-PPID", peer_pid(killer_parent(r)))
FIELD(IN_DEATH, cause_by_parent_comm, "cause.by.parent.comm", "string", "", "name of the parent of who did it",
      "BY-PARENT", peer_comm(killer_parent(r)))
FIELD(IN_DEATH, cause_by_grandparent, "cause.by.grandparent", "object", "",
      "null: the parent of that parent is not known", "BY-GRANDPARENT?",
      v_when(killer(r), v_group(r, FIELD_cause_by_grandparent)))
FIELD(IN_DEATH, cause_by_grandparent_id, "cause.by.grandparent.id", "string", "",
      "parent of that parent, unique for ever", "BY-GRANDPARENT-ID", peer_id(killer_grandparent(r)))
FIELD(IN_DEATH, cause_by_grandparent_pid, "cause.by.grandparent.pid", "integer", "",
      "pid of the parent of that parent", "BY-GPPID", peer_pid(killer_grandparent(r)))
FIELD(IN_DEATH, cause_by_grandparent_comm, "cause.by.grandparent.comm", "string", "",
      "name of the parent of that parent", "BY-GRANDPARENT", peer_comm(killer_grandparent(r)))
END_PART
PART(d->status & 0x7f)
FIELD(IN_DEATH | IN_HISTORY, cause_because_of, "cause.because_of", "string", "",
      "id of the earlier death that brought this one about", "BECAUSE-OF",
      v_when(r->cause.has_because_of, v_id(r->cause.because_of)))
FIELD(IN_DEATH | IN_HISTORY, cause_blast, "cause.blast", "string", "",
      "the same for all that one call killed: kill() of a group, cgroup.kill, an OOM kill of a cgroup", "BLAST",
      v_when(blast(r).tgid, v_id(blast(r))))
FIELD(IN_DEATH, cause_escalated, "cause.escalated", "boolean", "",
      "true: whoever killed it had asked it to stop before", "ESCALATED", v_flag(r->cause.escalated))
FIELD(IN_DEATH, cause_limit, "cause.limit", "string", "",
      "the resource limit it hit: RLIMIT_CPU, RLIMIT_RTTIME or RLIMIT_FSIZE", "LIMIT",
      v_known(r, FIELD_cause_limit, v_str(r->cause.limit)))
END_PART
FIELD(IN_DEATH | IN_THREAD, cause_syscall, "cause.syscall", "object", "",
      "null: it is not known which system call seccomp refused", "SYSCALL?", v_group(r, FIELD_cause_syscall))
PART(r->cause.syscall_known)
FIELD(IN_DEATH | IN_THREAD, cause_syscall_nr, "cause.syscall.nr", "integer", "",
      "number of the system call that seccomp refused", "SYSCALL-NR",
      v_when(r->cause.syscall_known, v_i64(r->cause.syscall)))
FIELD(IN_DEATH | IN_THREAD, cause_syscall_name, "cause.syscall.name", "string", "", "its name", "SYSCALL",
      v_when(r->cause.syscall_known, v_known(r, FIELD_cause_syscall_name, v_str(r->cause.syscall_name))))
END_PART
PART(d->status & 0x7f)
FIELD(IN_DEATH, cause_cgroup, "cause.cgroup", "object", "", "null: it is not known whose cgroup.kill was written",
      "KILLED-CGROUP?", v_group(r, FIELD_cause_cgroup))
FIELD(IN_DEATH, cause_cgroup_id, "cause.cgroup.id", "string", "",
      "inode number of the cgroup whose cgroup.kill was written", "KILLED-CGROUP-ID",
      v_when(killed_cgroup(r), v_num(V_DEC, killed_cgroup(r))))
FIELD(IN_DEATH, cause_cgroup_path, "cause.cgroup.path", "string", "", "path of that cgroup", "KILLED-CGROUP",
      v_when(killed_cgroup(r), v_known(r, FIELD_cause_cgroup_path, v_text(V_TEXT, r->killed_cgroup))))
FIELD(IN_DEATH, cause_tty, "cause.tty", "string", "", "the terminal whose key or hangup ended it", "CAUSE-TTY",
      v_known(r, FIELD_cause_tty, v_text(V_TEXT, text__str(r->cause.tty))))
FIELD(IN_DEATH, cause_code_name, "cause.code_name", "string", "", "si_code of the signal, if it is no fault",
      "SI-CODE", v_when(!fault(r), v_str(code_name(r->cause.signal))))
FIELD(IN_DEATH, cause_reraised, "cause.reraised", "boolean", "",
      "true: a handler raised again what somebody else had sent", "RERAISED", v_flag(r->cause.hint_reraised))
FIELD(IN_DEATH, cause_sent_to_dead_ns, "cause.sent_to_dead_ns", "integer", "ns", "from the signal to the death",
      "SENT-DEAD",
      v_known(r, FIELD_cause_sent_to_dead_ns, v_when(r->cause.signal, v_num(V_NS, record__since(killed_ns(r),
	       record__death_ns(r))))))
END_PART
LIST(IN_DEATH, cause_timeline, "cause.timeline", "stop signals (TERM, INT, HUP, QUIT) that came before, oldest "
      "first", "TIMELINE",
     OF(stop_fields), nth_stop, v_known(r, FIELD_cause_timeline, v_when(r->cause.nr_stops, v_n(V_LIST,
	       r->cause.nr_stops))))
PART(r->cause.class == CAUSE_FAULT)
FIELD(IN_DEATH, cause_fault_code_name, "cause.fault.code_name", "string", "", "what the processor objected to",
      "FAULT", v_when(fault(r), v_known(r, FIELD_cause_fault_code_name, v_str(code_name(fault(r))))))
/* SI_KERNEL has none. */
FIELD(IN_DEATH, cause_fault_address, "cause.fault.address", "string", "", "address it objected to, hexadecimal",
      "ADDRESS",
      v_when(fault(r) && fault(r)->code != 0x80, v_known(r, FIELD_cause_fault_address, v_num(V_HEX,
	       fault(r) ? fault(r)->address : 0))))
FIELD(IN_DEATH, cause_fault_ip, "cause.fault.ip", "string", "", "address of the instruction, hexadecimal", "IP",
      v_when(fault(r), v_known(r, FIELD_cause_fault_ip, v_num(V_HEX, fault(r) ? fault(r)->ip : 0))))
END_PART

FIELD(IN_DEATH, oom, "oom", "object", "", "null: the OOM killer chose it, and no more is known; absent: it did not",
      "OOM?", v_group(r, FIELD_oom))
PART(r->cause.oom)
FIELD(IN_DEATH, oom_cgroup, "oom.cgroup", "object", "",
      "null: it is not known whose limit was hit; absent: the machine had no memory left", "OOM-CGROUP?",
      v_when(oom(r), v_group(r, FIELD_oom_cgroup)))
FIELD(IN_DEATH, oom_cgroup_id, "oom.cgroup.id", "string", "", "inode number of the cgroup whose limit was hit",
      "OOM-CGROUP-ID", v_when(is_oom(r, ET_OOM_LIMIT), v_num(V_DEC, choice(r)->memcg_id)))
FIELD(IN_DEATH, oom_cgroup_version, "oom.cgroup.version", "integer", "", "cgroup hierarchy of it: 1 or 2",
      "OOM-CGROUP-V", v_when(is_oom(r, ET_OOM_LIMIT), v_u64(is_oom(r, ET_OOM_V1) ? 1 : 2)))
FIELD(IN_DEATH, oom_cgroup_path, "oom.cgroup.path", "string", "", "path of that cgroup", "OOM-CGROUP",
      v_when(is_oom(r, ET_OOM_LIMIT), v_known(r, FIELD_oom_cgroup_path, v_text(V_TEXT, r->oom_cgroup))))
FIELD(IN_DEATH, oom_own_cgroup, "oom.own_cgroup", "boolean", "", "false: the limit is that of a cgroup further up",
      "OOM-OWN", v_when(is_oom(r, ET_OOM_LIMIT), v_bool(is_oom(r, ET_OOM_OWN))))
FIELD(IN_DEATH, oom_limit_bytes, "oom.limit_bytes", "integer", "bytes", "the limit that was hit", "OOM-LIMIT",
      v_oom(r, FIELD_oom_limit_bytes, v_when(is_oom(r, ET_OOM_LIMIT), v_num(V_BYTES, choice(r)->limit_bytes))))
FIELD(IN_DEATH, oom_limit_with_swap, "oom.limit_with_swap", "boolean", "",
      "true: that limit is for memory and swap together", "OOM-MEMSW",
      v_flag(is_oom(r, ET_OOM_LIMIT) && is_oom(r, ET_OOM_SWAP)))
FIELD(IN_DEATH, oom_usage_bytes, "oom.usage_bytes", "integer", "bytes", "what that cgroup used then", "OOM-USAGE",
      v_oom(r, FIELD_oom_usage_bytes, v_when(is_oom(r, ET_OOM_LIMIT), v_num(V_BYTES, choice(r)->usage_bytes))))
FIELD(IN_DEATH, oom_rss_bytes, "oom.rss_bytes", "integer", "bytes",
      "memory the process had then, the next three together", "OOM-RSS",
      v_oom(r, FIELD_oom_rss_bytes, v_num(V_BYTES, choice(r)->anon_bytes + choice(r)->file_bytes
	       + choice(r)->shmem_bytes)))
FIELD(IN_DEATH, oom_anon_bytes, "oom.anon_bytes", "integer", "bytes", "of that, its own data", "OOM-ANON",
      v_oom(r, FIELD_oom_anon_bytes, v_num(V_BYTES, choice(r)->anon_bytes)))
FIELD(IN_DEATH, oom_file_bytes, "oom.file_bytes", "integer", "bytes", "of that, mapped files", "OOM-FILE",
      v_oom(r, FIELD_oom_file_bytes, v_num(V_BYTES, choice(r)->file_bytes)))
FIELD(IN_DEATH, oom_shmem_bytes, "oom.shmem_bytes", "integer", "bytes", "of that, shared memory", "OOM-SHMEM",
      v_oom(r, FIELD_oom_shmem_bytes, v_num(V_BYTES, choice(r)->shmem_bytes)))
FIELD(IN_DEATH, oom_swap_bytes, "oom.swap_bytes", "integer", "bytes", "what it had in swap", "OOM-SWAP",
      v_oom(r, FIELD_oom_swap_bytes, v_num(V_BYTES, choice(r)->swap_bytes)))
FIELD(IN_DEATH, oom_score_adj, "oom.score_adj", "integer", "", "its oom_score_adj: -1000 never, 1000 first",
      "OOM-ADJ", v_when(oom(r), v_i64(choice(r)->score_adj)))
FIELD(IN_DEATH, oom_trigger, "oom.trigger", "object", "", "null: not known", "TRIGGER?",
      v_when(oom(r), v_group(r, FIELD_oom_trigger)))
FIELD(IN_DEATH, oom_trigger_id, "oom.trigger.id", "string", "",
      "who asked for memory when there was none left: not to blame for that", "TRIGGER-ID", peer_id(trigger(r)))
FIELD(IN_DEATH, oom_trigger_pid, "oom.trigger.pid", "integer", "", "pid of who asked", "TRIGGER-PID",
      peer_pid(trigger(r)))
FIELD(IN_DEATH, oom_trigger_comm, "oom.trigger.comm", "string", "", "name of who asked", "TRIGGER",
      peer_comm(trigger(r)))
FIELD(IN_DEATH, oom_trigger_uid, "oom.trigger.uid", "integer", "", "real user id of who asked", "TRIGGER-UID",
      peer_uid(trigger(r)))
FIELD(IN_DEATH, oom_group, "oom.group", "boolean", "", "true: all of its cgroup were killed (memory.oom.group)",
      "OOM-GROUP", v_flag(is_oom(r, ET_OOM_GROUP)))
FIELD(IN_DEATH, oom_shared_memory, "oom.shared_memory", "boolean", "",
      "true: another one was chosen, whose memory it shared", "OOM-SHARED", v_flag(is_oom(r, ET_OOM_SHARED)))
FIELD(IN_DEATH, oom_requested, "oom.requested", "boolean", "",
      "true: somebody called the OOM killer by hand (sysrq f)", "OOM-REQUESTED",
      v_flag(is_oom(r, ET_OOM_SYSRQ)))
END_PART

PART(r->thread)
FIELD(IN_THREAD, thread_tid, "thread.tid", "integer", "", "id of the thread in the initial pid namespace", "TID",
      !r->thread ? absent : v_u64(r->thread->tid))
FIELD(IN_THREAD, thread_comm, "thread.comm", "string", "", "name of the thread", "THREAD",
      !r->thread ? absent : v_comm(r->thread->comm))
FIELD(IN_THREAD, thread_age_ns, "thread.age_ns", "integer", "ns", "from its start to its end", "THREAD-AGE",
      !r->thread ? absent : v_num(V_NS, record__since(r->thread->start_ns, r->thread->time_ns)))
FIELD(IN_THREAD, thread_runtime_ns, "thread.runtime_ns", "integer", "ns", "its time on a processor", "THREAD-CPU",
      !r->thread ? absent : v_num(V_NS, r->thread->runtime_ns))
FIELD(IN_THREAD, thread_ended_by, "thread.ended_by", "string", "",
      "exit, group_exit (of its process), exec (of another thread) or killed", "ENDED-BY",
      !r->thread ? absent : v_known(r, FIELD_thread_ended_by, v_str(names__ended_by(r->thread))))
FIELD(IN_THREAD, thread_left, "thread.left", "integer", "", "threads that its process has without it", "LEFT",
      !r->thread ? absent : v_known(r, FIELD_thread_left, v_u64(r->thread->threads ? r->thread->threads - 1 : 0)))
END_PART

FIELD(IN_DEATH | IN_DYING, phases, "phases", "object", "",
      "null: it is not known when its exit began, or when it ended", "PHASES?", v_group(r, FIELD_phases))
FIELD(IN_DEATH | IN_DYING | IN_HISTORY, phases_exit_ns, "phases.exit_ns", "integer", "ns",
      "from the fatal signal, or the first thread's exit, to the death; dying: so far", "EXIT-TIME",
      v_when(r->phases.known, v_num(V_NS, r->phases.exit_ns)))
FIELD(IN_DEATH | IN_METRICS, phases_delivery_ns, "phases.delivery_ns", "integer", "ns",
      "of that, until the last thread was in its exit", "DELIVERY", v_phase(r, PHASE_DELIVERY))
FIELD(IN_DEATH | IN_METRICS, phases_coredump_ns, "phases.coredump_ns", "integer", "ns", "of that, dumping core",
      "CORE-TIME", v_phase(r, PHASE_COREDUMP))
FIELD(IN_DEATH | IN_METRICS, phases_mm_ns, "phases.mm_ns", "integer", "ns", "of that, giving back memory", "MM",
      v_phase(r, PHASE_MM))
FIELD(IN_DEATH | IN_METRICS, phases_files_ns, "phases.files_ns", "integer", "ns",
      "of that, closing and flushing files", "FILES-TIME", v_phase(r, PHASE_FILES))
FIELD(IN_DEATH | IN_METRICS, phases_detach_ns, "phases.detach_ns", "integer", "ns",
      "of that, leaving terminal, namespaces and cgroup", "DETACH", v_phase(r, PHASE_DETACH))
FIELD(IN_DEATH | IN_METRICS, phases_task_work_ns, "phases.task_work_ns", "integer", "ns",
      "of that, releasing closed files", "TASK-WORK", v_phase(r, PHASE_TASK_WORK))
FIELD(IN_DEATH | IN_METRICS, phases_notify_ns, "phases.notify_ns", "integer", "ns",
      "of that, giving away children and telling the parent", "NOTIFY", v_phase(r, PHASE_NOTIFY))
FIELD(IN_DEATH | IN_METRICS, phases_other_ns, "phases.other_ns", "integer", "ns",
      "the rest of it, and what could not be observed", "OTHER", v_phase(r, PHASE_OTHER))
FIELD(IN_DEATH, phases_mm_freed, "phases.mm_freed", "boolean", "",
      "false: others still used its memory, nothing was given back", "MM-FREED",
      v_when(r->phases.known, v_known(r, FIELD_phases_mm_freed, v_bool(r->phases.mm_freed))))
/* Of several threads some may be among the users. */
FIELD(IN_DEATH, phases_mm_users, "phases.mm_users", "integer", "", "how many others still used its memory",
      "MM-USERS",
      v_when(r->phases.mm_known && !r->phases.mm_freed && d->mm_users > 1 && d->threads == 1,
	       v_u64(d->mm_users - 1)))
FIELD(IN_DEATH | IN_DYING, phases_now, "phases.now", "string", "",
      "where a dying process is: delivery, coredump, mm, files, detach, task_work, notify or exit", "NOW",
      v_when(r->type == RECORD_DYING, v_str(names__now(r->phases.now))))
FIELD(IN_DEATH | IN_DYING, phases_now_ns, "phases.now_ns", "integer", "ns", "how long it has been there",
	       "NOW-TIME",
      v_when(r->type == RECORD_DYING, v_num(V_NS, r->phases.now_ns)))

FIELD(IN_DEATH, files, "files", "object", "", "null: nothing is known of its descriptors", "FILES?",
      v_group(r, FIELD_files))
FIELD(IN_DEATH, files_closed, "files.closed", "integer", "", "descriptors closed by its exit", "CLOSED",
      v_member(r, FIELD_files, v_u64(record__files_shared(r) ? 0 : d->files.open)))
FIELD(IN_DEATH, files_shared, "files.shared", "boolean", "",
      "true: another process keeps its descriptors open, nothing was closed", "SHARED",
      v_member(r, FIELD_files, v_when(record__files_shared(r), v_bool(true))))
FIELD(IN_DEATH, files_flushed, "files.flushed", "integer", "", "of these, with a flush in their file system",
      "FLUSHED", v_file(r, FIELD_files_flushed, v_u64(record__files_shared(r) ? 0 : d->files.flushed)))
FIELD(IN_DEATH, files_close_ns, "files.close_ns", "integer", "ns", "time in all closes", "CLOSE-TIME",
      v_file(r, FIELD_files_close_ns, v_num(V_NS, d->files.close_ns)))
FIELD(IN_DEATH, files_flush_ns, "files.flush_ns", "integer", "ns", "of that, in files with a flush", "FLUSH-TIME",
      v_file(r, FIELD_files_flush_ns, v_num(V_NS, d->files.flush_ns)))
FIELD(IN_DEATH | IN_METRICS, files_flush_error_count, "files.flush_error_count", "integer", "",
      "flushes that failed; nobody else is told", "FLUSH-ERRORS",
      v_file(r, FIELD_files_flush_error_count, v_u64(d->files.errors)))
LIST(IN_DEATH, files_flush_errors, "files.flush_errors",
     "files whose flush failed: data may be lost; absent: none", "FLUSH-ERROR-LIST",
     OF(flush_error_fields), nth_flush_error, v_file(r, FIELD_files_flush_errors, v_when(has_flush_errors(r),
	       v_n(V_LIST, count_flush_errors(r)))))
FIELD(IN_DEATH, files_slowest, "files.slowest", "object", "", "null: closes were not timed", "SLOWEST?",
      v_member(r, FIELD_files, v_group(r, FIELD_files_slowest)))
FIELD(IN_DEATH, files_slowest_path, "files.slowest.path", "string", "",
      "the file whose close took longest, if it was slow", "SLOWEST",
      v_member(r, FIELD_files_slowest, v_known(r, FIELD_files_slowest_path, v_path(slowest_close(r)))))
FIELD(IN_DEATH, files_slowest_fs, "files.slowest.fs", "string", "", "type of its file system", "SLOWEST-FS",
      v_member(r, FIELD_files_slowest, v_known(r, FIELD_files_slowest_fs, v_fs(slowest_close(r)))))
FIELD(IN_DEATH, files_slowest_ns, "files.slowest.ns", "integer", "ns", "the longest close", "SLOWEST-TIME",
      v_member(r, FIELD_files_slowest, v_when(d->files.closed, v_num(V_NS, d->files.slowest_ns))))
FIELD(IN_DEATH, files_slowest_release, "files.slowest_release", "object", "", "null: releases were not timed",
      "RELEASE?", v_member(r, FIELD_files, v_group(r, FIELD_files_slowest_release)))
FIELD(IN_DEATH, files_slowest_release_path, "files.slowest_release.path", "string", "",
      "the closed file whose release took longest, if it was slow", "RELEASE",
      v_member(r, FIELD_files_slowest_release, v_known(r, FIELD_files_slowest_release_path,
	       v_path(slowest_release(r)))))
FIELD(IN_DEATH, files_slowest_release_fs, "files.slowest_release.fs", "string", "", "type of its file system",
      "RELEASE-FS", v_member(r, FIELD_files_slowest_release, v_known(r, FIELD_files_slowest_release_fs,
	       v_fs(slowest_release(r)))))
FIELD(IN_DEATH, files_slowest_release_ns, "files.slowest_release.ns", "integer", "ns", "how long its release took",
      "RELEASE-TIME",
      v_member(r, FIELD_files_slowest_release, v_when(d->files.release_ns >= ET_SLOW_RELEASE,
	       v_num(V_NS, d->files.release_ns))))

PART(r->stdio.applies)
FIELD(IN_DEATH, stdio, "stdio", "object", "", "null: its stdio streams could not be looked at; only with --stdio",
      "STDIO?", v_when(r->stdio.applies, v_group(r, FIELD_stdio)))
FIELD(IN_DEATH, stdio_lost_bytes, "stdio.lost_bytes", "integer", "bytes",
      "written to stdio streams, and never from their buffers to a file", "LOST",
      v_words(r, FIELD_stdio_lost_bytes, v_num(V_BYTES, r->stdio.lost)))
FIELD(IN_DEATH, stdio_inherited_bytes, "stdio.inherited_bytes", "integer", "bytes",
      "in its buffers since it was forked, and not lost: its parent has them, too; absent: none", "INHERITED",
      v_words(r, FIELD_stdio_inherited_bytes, v_when(r->stdio.inherited, v_num(V_BYTES, r->stdio.inherited))))
LIST(IN_DEATH, stdio_streams, "stdio.streams", "streams that something is to be told of", "STREAMS",
     OF(stream_fields), nth_stream, v_words(r, FIELD_stdio_streams, v_n(V_LIST, r->stdio.nr)))
END_PART

PART(r->coredump.applies)
FIELD(IN_DEATH, coredump_dumped, "coredump.dumped", "boolean", "", "a core was dumped", "DUMPED",
      v_when(r->coredump.applies, v_bool(r->coredump.dumped)))
FIELD(IN_DEATH | IN_METRICS, coredump_duration_ns, "coredump.duration_ns", "integer", "ns",
      "how long the dump, or the attempt, took", "DUMP-TIME",
      v_core(r, FIELD_coredump_duration_ns, v_num(V_NS, r->coredump.duration_ns)))
FIELD(IN_DEATH, coredump_target, "coredump.target", "string", "", "file, pipe or socket: where cores go",
      "CORE-TARGET",
      v_core(r, FIELD_coredump_target, v_when(r->coredump.target, v_str(names__core_target(r->coredump.target)))))
FIELD(IN_DEATH, coredump_path, "coredump.path", "string", "", "the core file", "CORE-FILE",
      v_core(r, FIELD_coredump_path, r->coredump.file ? v_text(V_TEXT, r->coredump.file->path) : absent))
FIELD(IN_DEATH, coredump_pattern, "coredump.pattern", "string", "", "/proc/sys/kernel/core_pattern", "CORE-PATTERN",
      v_core(r, FIELD_coredump_pattern, v_bytes(r->core_pattern)))
FIELD(IN_DEATH, coredump_limit_bytes, "coredump.limit_bytes", "integer", "bytes", "RLIMIT_CORE; absent: unlimited",
      "CORE-LIMIT",
      v_core(r, FIELD_coredump_limit_bytes, v_when(d->core.limit != UINT64_MAX, v_num(V_BYTES, d->core.limit))))
FIELD(IN_DEATH, coredump_reason, "coredump.reason", "string", "",
      "why none was dumped: not_dumpable, pattern_empty, limit, open_failed, handler_failed or interrupted",
      "NO-CORE",
      v_core(r, FIELD_coredump_reason, v_when(!r->coredump.dumped && r->coredump.reason,
	       v_str(names__core_reason(r->coredump.reason)))))
END_PART

FIELD(IN_DEATH, reap, "reap", "object", "", "null: it is not known what became of the zombie", "REAP?",
      v_group(r, FIELD_reap))
FIELD(IN_DEATH, reap_how, "reap.how", "string", "", "waited, auto, reparented, traced or unreaped", "REAP",
      v_member(r, FIELD_reap, v_known(r, FIELD_reap_how, v_str(names__how(r->reap.how)))))
FIELD(IN_DEATH, reap_auto_reason, "reap.auto_reason", "string", "",
      "sigchld_ignored, no_cldwait or autoreap: why nobody had to wait", "AUTO-REASON",
      v_when(r->reap.how == REAP_AUTO, v_str(auto_reason(d))))
FIELD(IN_DEATH, reap_by, "reap.by", "object", "", "null: it is not known who reaped it", "REAPER?",
      v_member(r, FIELD_reap, v_group(r, FIELD_reap_by)))
FIELD(IN_DEATH, reap_by_id, "reap.by.id", "string", "", "who reaped it, unique for ever", "REAPER-ID",
      peer_id(reaper(r)))
FIELD(IN_DEATH, reap_by_pid, "reap.by.pid", "integer", "", "pid of the reaper", "REAPER-PID",
      peer_pid(reaper(r)))
FIELD(IN_DEATH, reap_by_tid, "reap.by.tid", "integer", "", "the thread that reaped it", "REAPER-TID",
      v_when(reaper(r), v_known(r, FIELD_reap_by_tid, peer_tid(reaper(r)))))
FIELD(IN_DEATH, reap_by_comm, "reap.by.comm", "string", "", "name of the reaper", "REAPER",
      peer_comm(reaper(r)))
FIELD(IN_DEATH, reap_by_uid, "reap.by.uid", "integer", "", "real user id of the reaper", "REAPER-UID",
      peer_uid(reaper(r)))
FIELD(IN_DEATH | IN_HISTORY, reap_zombie_ns, "reap.zombie_ns", "integer", "ns",
      "from death to reap; unreaped: so far", "ZOMBIE",
      v_member(r, FIELD_reap, v_known(r, FIELD_reap_zombie_ns, v_when(r->reap.time_known, v_num(V_NS,
	       r->reap.zombie_ns)))))
FIELD(IN_DEATH, reap_approximate, "reap.approximate", "boolean", "",
      "true: known only from the kernel freeing it, later than the reap", "APPROX",
      v_when(r->reap.approximate, v_bool(true)))
/* Null says: it kept its parent, or that is missing. Open while nobody has reaped it. */
FIELD(IN_DEATH, reap_reparented_to, "reap.reparented_to", "object", "", "null: it kept its parent", "REPARENTED?",
      v_member(r, FIELD_reap, v_when(!r->reap.reparented && r->reap.how != REAP_UNREAPED, null)))
PART(r->reap.reparented)
FIELD(IN_DEATH, reap_reparented_to_id, "reap.reparented_to.id", "string", "",
      "who became its parent, unique for ever", "NEW-PARENT-ID", peer_id(new_parent(r)))
FIELD(IN_DEATH, reap_reparented_to_pid, "reap.reparented_to.pid", "integer", "", "pid of who became its parent",
      "NEW-PPID", peer_pid(new_parent(r)))
FIELD(IN_DEATH, reap_reparented_to_comm, "reap.reparented_to.comm", "string", "", "name of who became its parent",
      "NEW-PARENT", peer_comm(seen_new_parent(r)))
FIELD(IN_DEATH, reap_reparented_to_role, "reap.reparented_to.role", "string", "",
      "init, pid_namespace_init or subreaper: why that one became its parent", "NEW-PARENT-ROLE",
      peer_role(new_parent(r)))
END_PART
PART(d->flags & ET_D_TRACED)
FIELD(IN_DEATH, reap_tracer_id, "reap.tracer.id", "string", "", "who traced it and was told first, unique for ever",
      "TRACER-ID", peer_id(tracer(r)))
FIELD(IN_DEATH, reap_tracer_pid, "reap.tracer.pid", "integer", "", "pid of the tracer", "TRACER-PID",
      peer_pid(tracer(r)))
FIELD(IN_DEATH, reap_tracer_comm, "reap.tracer.comm", "string", "", "name of the tracer", "TRACER",
      peer_comm(tracer(r)))
FIELD(IN_DEATH, reap_tracer_uid, "reap.tracer.uid", "integer", "", "real user id of the tracer", "TRACER-UID",
      peer_uid(tracer(r)))
END_PART

FIELD(IN_DEATH, children, "children", "object", "", "null: not seen", "CHILDREN?", v_group(r, FIELD_children))
FIELD(IN_DEATH, children_adopted, "children.adopted", "integer", "", "children it left to another parent",
	       "ADOPTED",
      v_member(r, FIELD_children, v_known(r, FIELD_children_adopted, v_u64(d->adopted))))
FIELD(IN_DEATH, children_adopted_by, "children.adopted_by", "object", "", "null: it is not known who took them in",
      "ADOPTER?", v_member(r, FIELD_children, v_group(r, FIELD_children_adopted_by)))
PART(d->adopted)
FIELD(IN_DEATH, children_adopted_by_id, "children.adopted_by.id", "string", "",
      "who became their parent, unique for ever", "ADOPTER-ID", peer_id(adopter(r)))
FIELD(IN_DEATH, children_adopted_by_pid, "children.adopted_by.pid", "integer", "", "pid of who became their parent",
      "ADOPTER-PID", peer_pid(adopter(r)))
FIELD(IN_DEATH, children_adopted_by_comm, "children.adopted_by.comm", "string", "",
	       "name of who became their parent",
      "ADOPTER", peer_comm(adopter(r)))
FIELD(IN_DEATH, children_adopted_by_role, "children.adopted_by.role", "string", "",
      "init, pid_namespace_init or subreaper: why that one took them in", "ADOPTER-ROLE", peer_role(adopter(r)))
END_PART
FIELD(IN_DEATH, children_hung_up, "children.hung_up", "integer", "",
      "processes the kernel sent SIGHUP because it died; absent: none", "HUNG-UP",
      v_member(r, FIELD_children, v_known(r, FIELD_children_hung_up, v_when(d->hung_up, v_u64(d->hung_up)))))

FIELD(IN_DEATH, resources, "resources", "object", "", "null: not counted", "RESOURCES?",
      v_group(r, FIELD_resources))
FIELD(IN_DEATH, resources_user_ns, "resources.user_ns", "integer", "ns", "processor time in user mode", "USER",
      v_member(r, FIELD_resources, v_num(V_NS, user_ns(&d->res))))
FIELD(IN_DEATH, resources_sys_ns, "resources.sys_ns", "integer", "ns", "processor time in the kernel", "SYS",
      v_member(r, FIELD_resources, v_num(V_NS, d->res.runtime_ns - user_ns(&d->res))))
FIELD(IN_DEATH, resources_max_rss_bytes, "resources.max_rss_bytes", "integer", "bytes",
      "most memory it ever had at once", "MAXRSS",
      v_member(r, FIELD_resources, v_num(V_BYTES, d->res.max_rss_pages * r->start->page_size)))
FIELD(IN_DEATH, resources_minor_faults, "resources.minor_faults", "integer", "", "page faults served from memory",
      "MINFLT", v_member(r, FIELD_resources, v_u64(d->res.minor_faults)))
FIELD(IN_DEATH, resources_major_faults, "resources.major_faults", "integer", "",
      "page faults that had to read from storage", "MAJFLT",
      v_member(r, FIELD_resources, v_u64(d->res.major_faults)))
FIELD(IN_DEATH, resources_read_bytes, "resources.read_bytes", "integer", "bytes", "read from storage", "READ",
      v_member(r, FIELD_resources, v_known(r, FIELD_resources_read_bytes, v_num(V_BYTES, d->res.read_bytes))))
FIELD(IN_DEATH, resources_write_bytes, "resources.write_bytes", "integer", "bytes", "written to storage", "WRITE",
      v_member(r, FIELD_resources, v_known(r, FIELD_resources_write_bytes, v_num(V_BYTES, d->res.write_bytes))))
FIELD(IN_DEATH, resources_voluntary_switches, "resources.voluntary_switches", "integer", "",
      "times it gave up the processor", "VCSW", v_member(r, FIELD_resources, v_u64(d->res.voluntary_switches)))
FIELD(IN_DEATH, resources_involuntary_switches, "resources.involuntary_switches", "integer", "",
      "times the processor was taken from it", "IVCSW",
      v_member(r, FIELD_resources, v_u64(d->res.involuntary_switches)))

FIELD(IN_DEATH, exit_stack, "exit_stack", "object", "",
      "null: not seen; with --exit-stack only", "EXIT-STACK?", v_group(r, FIELD_exit_stack))
PART(r->stack.asked)
FIELD(IN_DEATH, exit_stack_how, "exit_stack.how", "string", "",
      "exit, quick_exit, _exit or abort: that was called; return: from main; syscall: exit_group, by no C library "
      "that is watched; thread: its last thread ended; signal",
      "LEFT-BY", v_stack(r, FIELD_exit_stack_how, v_str(names__leave(r->stack.how))))
FIELD(IN_DEATH, exit_stack_by, "exit_stack.by", "object", "",
      "null: the caller is not known; absent: nobody called, as after a signal", "CALLER?",
      v_stack(r, FIELD_exit_stack, v_group(r, FIELD_exit_stack_by)))
FIELD(IN_DEATH, exit_stack_by_module, "exit_stack.by.module", "string", "",
      "file that the caller is in; absent: not found", "CALLER-FILE", v_caller(r, v_text(V_TEXT, caller(r)->module)))
FIELD(IN_DEATH, exit_stack_by_build_id, "exit_stack.by.build_id", "string", "",
      "its build id; absent: it has none, or that was not to be read", "CALLER-BUILD-ID",
      v_caller(r, v_build_id(caller(r))))
FIELD(IN_DEATH, exit_stack_by_offset, "exit_stack.by.offset", "string", "",
      "where in that file the call returns to, hex", "CALLER-OFFSET", v_caller(r, v_offset(caller(r))))
FIELD(IN_DEATH, exit_stack_by_address, "exit_stack.by.address", "string", "",
      "the address in memory, hex, where no file is known", "CALLER-ADDRESS", v_caller(r, v_address(caller(r))))
FIELD(IN_DEATH, exit_stack_by_symbol, "exit_stack.by.symbol", "string", "",
      "function that called; absent: no symbols", "CALLER", v_caller(r, v_text(V_TEXT, caller(r)->symbol)))
FIELD(IN_DEATH, exit_stack_by_source, "exit_stack.by.source", "string", "",
      "source file and line of the call; absent: no debug information", "CALLER-SOURCE",
      v_caller(r, v_text(V_TEXT, caller(r)->source)))
FIELD(IN_DEATH, exit_stack_tid, "exit_stack.tid", "integer", "", "the thread whose stack it is", "STACK-TID",
      v_member(r, FIELD_exit_stack, v_when(r->stack.tid, v_u64(r->stack.tid))))
LIST(IN_DEATH, exit_stack_frames, "exit_stack.frames", "its stack, the innermost first, by frame pointers", "STACK",
     OF(frame_fields), nth_frame, v_stack(r, FIELD_exit_stack_frames, v_n(V_LIST, r->stack.nr)))
LIST(IN_DEATH, exit_stack_sender_frames, "exit_stack.sender_frames",
     "where who sent the fatal signal stood then; absent: the kernel, or itself", "SENDER-STACK", OF(frame_fields),
     nth_sender_frame,
     v_member(r, FIELD_exit_stack, v_when(r->stack.nr_sender, v_n(V_LIST, r->stack.nr_sender))))
END_PART

FIELD(IN_DEATH, observed_from, "observed_from", "string", "",
      "start: watched all its life; attach: it is older than tracing", "FROM",
      v_str(r->from_start ? "start" : "attach"))
LIST(IN_ALL, missing, "missing", "what could not be observed; a group stands for all in it", "MISSING",
     OF_KEYS, nth_missing, v_n(V_KEYS, r->nr_missing))
FIELD(IN_ALL, missing_why, "missing_why", "object", "", "why, for each of missing", "MISSING-WHY",
      v_when(r->nr_missing, v_n(V_WHY, r->nr_missing)))
LIST(IN_ALL, truncated, "truncated", "values that were cut", "TRUNCATED",
     OF_KEYS, nth_cut, v_n(V_KEYS, record__count_cuts(r)))

#undef FIELD
#undef LIST
#undef PART
#undef END_PART
