/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * metrics_table.h: the metrics of `exittrace serve`, one row each: what is written, its HELP and TYPE, --list-metrics
 * and the manual are made from it or held against it.
 *
 *   METRIC(name, type, labels, source, help, how)
 *
 * `type` is counter, gauge or histogram. `labels` are separated by commas; of "[comm]" is what --metrics-label adds.
 * `source` is the field of a record it comes from, or who else knows it: tracer, recorder, history. `how` writes its
 * series (metrics.c). Seconds and bytes, never anything smaller or larger.
 */
METRIC("exittrace_build_info", "gauge", "version", "recorder", "1; of which exittrace this comes", put_build)
METRIC("exittrace_start_time_seconds", "gauge", "", "tracer", "when the probes were attached, since 1970", put_start)
METRIC("exittrace_tracer_heartbeat_timestamp_seconds", "gauge", "", "tracer",
       "when the tracer gave a sign of life for the last time, since 1970", put_heartbeat)
METRIC("exittrace_deaths_total", "counter", "cause,[comm]", "cause.class",
       "deaths that are in the history, by class of cause", put_deaths)
METRIC("exittrace_signal_deaths_total", "counter", "signal", "exit.raw",
       "of these, ended by a signal, by signal", put_signals)
METRIC("exittrace_core_dumps_total", "counter", "", "exit.raw", "of these, with a core dump", put_cores)
METRIC("exittrace_flush_errors_total", "counter", "", "files.flush_error_count",
       "flushes of files at exit that failed: data may be lost; absent as long as none could be observed",
       put_flush_errors)
METRIC("exittrace_lifetime_seconds", "histogram", "", "process.age_ns", "from fork to death", put_lifetime)
METRIC("exittrace_exit_seconds", "histogram", "", "phases.exit_ns",
       "from the fatal signal, or the first thread's exit, to the death", put_exit)
METRIC("exittrace_exit_phase_seconds", "histogram", "phase", "phases", "of that, in each phase that could be observed",
       put_phases)
METRIC("exittrace_coredump_seconds", "histogram", "", "coredump.duration_ns", "dumping core", put_coredump)
METRIC("exittrace_zombie_seconds", "histogram", "", "reap.zombie_ns", "from the death until it was reaped", put_zombie)
METRIC("exittrace_zombies", "gauge", "", "tracer", "processes that are dead and not reaped", put_zombies)
METRIC("exittrace_oldest_zombie_seconds", "gauge", "", "tracer",
       "for how long the first of them has been one; 0: there is none", put_oldest)
METRIC("exittrace_deaths_seen_total", "counter", "", "tracer",
       "deaths that the tracer took from the kernel, zombies that were there before included", put_seen)
METRIC("exittrace_deaths_filtered_total", "counter", "", "tracer", "of these, not asked for", put_filtered)
METRIC("exittrace_deaths_lost_total", "counter", "stage", "history",
       "deaths that are known to be missing in the history; ring: no room in the ring buffer, queue: the recorder was "
       "too slow or could not write, tracer: it was killed",
       put_lost)
METRIC("exittrace_messages_lost_total", "counter", "kind", "tracer",
       "other messages that had no room in the ring buffer: a record knows less then, and says so", put_messages)
METRIC("exittrace_map_full_total", "counter", "map", "tracer",
       "times that a map of the kernel half was full: a record knows less then, and says so", put_maps)
METRIC("exittrace_map_entries", "gauge", "map", "tracer",
       "entries of such a map: signals, processes of which a signal is remembered; dying, those whose exit is under "
       "way",
       put_map_entries)
METRIC("exittrace_map_limit_entries", "gauge", "map", "tracer", "how many it has room for", put_map_limits)
METRIC("exittrace_ring_bytes", "gauge", "", "tracer",
       "what waited in the ring buffer for the tracer, the most in the last 30 to 60 seconds", put_ring)
METRIC("exittrace_ring_limit_bytes", "gauge", "", "tracer", "how much may wait there: more is lost", put_ring_limit)
METRIC("exittrace_queue_bytes", "gauge", "", "tracer", "what waits for the recorder to be on the disk", put_queue)
METRIC("exittrace_queue_limit_bytes", "gauge", "", "tracer", "how much may wait: more is lost", put_queue_limit)
METRIC("exittrace_history_bytes", "gauge", "", "history", "size of the history on the disk", put_history)
METRIC("exittrace_history_writable", "gauge", "", "history", "0: it cannot be written at the moment, deaths wait",
       put_writable)
