# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The way out: what is closed, flushed, freed, dumped, and how long that takes."""
import os
from signal import SIGKILL, SIGTERM

from cases import alone, case, row
from cases.records import ABSENT, Check, at_least, between, differences, dig, one_of
from cases.scene import DIE, FUSE, by, descriptors, load_module

MS = 10 ** 6


def about(s, ms):
    """A wait of so long; an emulator adds its own."""
    return between(ms * MS, (ms + (3000 if s.setup.guest else 100)) * MS)


# ---- descriptors ----

@case
def counts_of_descriptors(s):
    for number in 1, 64:
        s.family("descriptors", number)
    # too many to look at one by one without probes
    s.family("descriptors", 4096, unseen=("files.flushed",))


@case
def shared_descriptors(s):
    """The first to die closes nothing, the last all, once."""
    s.family("shared-descriptors", 64)


def hold(s, fuse, how, *names):
    """A process with these files open, one descriptor more for the last, and what it has open."""
    p = s.die("hold", how, *map(fuse.path, names)).word("ready")
    return p, descriptors(p.pid)


@case
def slow_flush(s):
    with s.counting() as fuse:
        p, opened = hold(s, fuse, "exit", "sleep300", "plain")
        p.go()
        s.reap(p, {"files.closed": len(opened), "files.flushed": 3, "files.slowest.path": fuse.path("sleep300"),
                   "files.slowest.fs": fuse.type, "files.slowest.ns": about(s, 300), "files.flush_ns": about(s, 300),
                   "files.close_ns": about(s, 300), "phases.files_ns": about(s, 300), "phases.exit_ns": about(s, 300)})


def all_of(expected):
    """A list of exactly these, each with at least these keys."""
    def holds(value, record):
        return isinstance(value, list) and len(value) == len(expected) and not any(
            differences(got, want, record) for got, want in zip(value, expected))
    return Check(f"a list of {expected}", holds)


@case
def failed_flushes(s):
    """The kernel tells nobody; each has to be there, in the order of the descriptors."""
    errors = {"enospc": "ENOSPC", "eio": "EIO"}
    with s.counting() as fuse:
        p, opened = hold(s, fuse, "kill", "plain", "enospc", "eio")
        p.go()
        want = [{"fd": fd, "path": path, "fs": fuse.type, "errno": errors[os.path.basename(path)]}
                for fd, path in sorted(opened.items()) if os.path.basename(path) in errors]
        s.check(len(want) == 3, f"the oracle is wrong: {opened}")
        if s.setup.tier == "tracepoint":  # which may see the server's answers, but hardly the file
            want = [{"fd": one_of(None, ABSENT, each["fd"]), "path": one_of(None, ABSENT, each["path"]),
                     "fs": one_of("fuse", each["fs"]), "errno": each["errno"]} for each in want]
        s.reap(p, {"files.flushed": 4, "files.flush_errors": all_of(want), "files.flush_error_count": len(want)})
        s.check(fuse.flushes()[0] == 4, "the server counts others")


@case
def many_failed_flushes(s):
    """More than are listed: the count tells."""
    with s.counting() as fuse:
        p, opened = hold(s, fuse, "exit", *(f"enospc{i}" for i in range(30)))
        p.go()
        s.reap(p, {"files.closed": len(opened), "files.flushed": 31, "files.flush_error_count": 31, "files.flush_errors":
                   Check("a list of 10 to 31", lambda value, _: isinstance(value, list) and 10 <= len(value) <= 31)})


@case
def slow_release(s):
    """Put off until after all closes, and as long as it likes."""
    load_module("cuse", "/dev/cuse")
    server = s.start(FUSE, "-d", "slowrel200").word("ready")
    p = s.die("hold", "exit", "/dev/slowrel200").word("ready")
    opened = descriptors(p.pid)
    p.go()
    s.reap(p, {"files.closed": len(opened), "files.flushed": 0, "files.slowest_release.path": "/dev/slowrel200",
               "files.slowest_release.fs": "devtmpfs", "files.slowest_release.ns": about(s, 200),
               "phases.task_work_ns": about(s, 200), "phases.exit_ns": about(s, 200)})
    server.end()


# ---- threads ----

@case
def threads(s):
    """How long the main thread was gone, how long the others took to follow."""
    s.reap(s.die("leader-first", 3, 300), {"exit.leader_gone_ns": about(s, 300)})
    s.reap(s.die("threads-exit", 20, 4), {"exit.leader_gone_ns": None, "exit.group_exit_ns": between(0, 20_000 * MS)})


@case
def plainly(s):
    """What does not apply is not there. Nobody looks at it meanwhile, which would hold its memory."""
    p = s.die("ignore-exit", int(SIGTERM), 0).word("ready")
    p.go()
    s.reap(p, {"exit.leader_gone_ns": None, "exit.group_exit_ns": None, "phases.mm_freed": True, "coredump": None,
               "children.adopted": 0, "children.hung_up": None, "reap.tracer": None, "files.shared": None})


# ---- memory ----

@case
def shared_memory(s):
    """What others still use is not freed."""
    one = Check("1 where phases.mm_freed is known", lambda value, record:
                value == 1 if dig(record, "phases.mm_freed") is False else value is ABSENT)
    for way in "touch-vfork", "touch-shared":
        _, stated = s.family(way, 16)
        s.expectation(stated[0]["pid"]).want["phases.mm_users"] = one


# ---- core dumps ----

class Dumps:
    """Deaths that ask for a core dump, one after the other: the pattern is the machine's."""

    def __init__(self, s, tracer):
        self.s, self.tracer = s, tracer

    def dump(self, pattern, limit=-1, dumpable=1, mib=1):
        with self.s.core_pattern(pattern):
            p = self.s.die("core", limit, dumpable, mib)
            self.reap(p, {"coredump.limit_bytes": None if limit < 0 else limit,
                          "coredump.pattern": pattern or one_of("", ABSENT)})
        return p

    def reap(self, p, want):
        self.s.reap(p, want)
        self.s.check(self.tracer.wait_for_pids([p.pid]), f"no record of {p.pid}")

    def dumped(self, p, **want):
        self.expect(p, {"coredump.dumped": True, "coredump.reason": None}, want)

    def refused(self, p, reason, unseen=(), **want):
        self.expect(p, {"coredump.dumped": False, "exit.core_dumped": False, "coredump.reason": reason,
                        "coredump.path": None}, want, unseen)

    def expect(self, p, base, more, unseen=()):
        each = self.s.expectation(p.pid)
        each.want.update({**base, **{f"coredump.{key}": value for key, value in more.items()}})
        each.unseen = unseen


def to_a_file(dumps, cores):
    pattern = f"{cores}/core.%p"
    p = dumps.dump(pattern)
    dumps.s.check(os.listdir(cores) == [f"core.{p.pid}"], f"the oracle is wrong: {os.listdir(cores)}")
    dumps.dumped(p, target="file", path=f"{cores}/core.{p.pid}", duration_ns=at_least(1))
    for limit in 0, 100:
        dumps.refused(dumps.dump(pattern, limit), "limit")
    # tracepoints: from 6.16 on the memory, which has the word, is still there
    dumps.refused(dumps.dump(pattern, dumpable=0), "not_dumpable", ("coredump.reason",))
    dumps.refused(dumps.dump(""), "pattern_empty", target=None)
    # without probes nobody sees that it was tried
    dumps.refused(dumps.dump(f"{cores}/no/core.%p"), "open_failed", ("coredump.reason", "coredump.target"))


def handler(s, ms):
    """(a pattern, the file that its handler makes when it was started)"""
    started = os.path.join(s.directory, f"started-{ms}")
    return f"|{os.path.realpath(DIE)} core-handler {ms} {started}", started


def to_a_program(s, dumps):
    """The core is larger than the pipe: the dying waits for the handler."""
    pattern, started = handler(s, 500)
    p = dumps.dump(pattern)
    s.check(os.path.exists(started), "the kernel did not start the handler")
    dumps.dumped(p, target="pipe", path=None, duration_ns=about(s, 500))
    dumps.expect(p, {"phases.coredump_ns": about(s, 500), "phases.exit_ns": about(s, 500)}, {})
    dumps.refused(dumps.dump("|/no/such/handler %p"), "handler_failed", ("coredump.reason",), target="pipe")


def interrupted(s):
    """SIGKILL ends the dump, and is what the parent hears of."""
    pattern, started = handler(s, 15_000)
    with s.core_pattern(pattern):
        p = s.start(DIE, "core", -1, 1, 1)
        s.wait_until(lambda: os.path.exists(started), "the kernel did not start the handler")
        killer = s.send(SIGKILL, p)
        s.reap(p, {"exit.signal": 9, "cause.class": "signal", **by(killer)})
    if s.setup.tier != "tracepoint":  # which sees no dump that left no trace
        s.expectations[-1].want.update({"coredump.dumped": False, "coredump.reason": "interrupted",
                                        "coredump.target": "pipe", "coredump.duration_ns": at_least(1)})


@row(18)
@alone(seconds=60)
def core_dumps(s):
    with s.core_pattern() as cores, s.trace("-a") as t:
        dumps = Dumps(s, t)
        to_a_file(dumps, cores)
        if " " not in os.path.realpath(DIE):  # where words of a pattern end
            to_a_program(s, dumps)
            interrupted(s)
        s.settle(t)
