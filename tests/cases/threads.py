# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Threads that end: no death of a process, and with --threads a record each."""
import collections
from signal import SIGKILL

from cases import alone, case, row
from cases.records import ABSENT, ANYTHING, at_least, is_honest
from cases.scene import by


def told(process):
    """What the program says itself: of each thread its number and how it will end"""
    return [(int(tid), ended_by) for tid, ended_by in (line.split() for line in process.read_all().splitlines())]


def ends(found, expected):
    """Of the last thread of all kernels do not say the same: whether it called exit_group() is lost on some."""
    for record in found:
        tid, ended_by = record["thread"]["tid"], record["thread"]["ended_by"]
        last = (tid, "last") in expected and ended_by in ("exit", "group_exit")
        yield tid, "last" if last else ended_by


def unseen(s, tid, ended_by, found):
    """It is not known how that one ended, and its record says so."""
    says_so = any(r["thread"]["tid"] == tid and is_honest(None, "thread.ended_by", r) for r in found)
    return ended_by is None and says_so and s.limits.lets("thread.ended_by")


def compare(s, tracer, process, expected):
    """One record for each thread that the program tells of, and no other."""
    found = tracer.of(process.pid, kind="thread")
    want, got = collections.Counter(expected), collections.Counter(ends(found, expected))
    left, more = sorted((want - got).elements()), sorted((got - want).elements(), key=lambda each: each[0])
    s.check([tid for tid, _ in left] == [tid for tid, _ in more] and all(unseen(s, *each, found) for each in more),
            f"{process.argv[1:]}: {left} told, got {more}")
    for record in found:
        s.match(record, {"id": process.start, "process.pid": process.pid, "thread.age_ns": at_least(1),
                         "thread.runtime_ns": ANYTHING, "thread.comm": ANYTHING, "cause.by": ABSENT})


@row(31)
@case
def exec_ends_the_others(s):
    """No record for a process, without --threads none at all: but for the one that ends in the end."""
    p = s.die("threads-exec", 3, 4, 5)
    s.check(len(told(p)) == 1 + 3 + 4 + 1, f"{p.said} told")
    s.reap(p, {"exit.code": 5, "process.threads": 1})


@row(31)
@alone()
def each_thread(s):
    with s.trace("-a", "--threads") as t:
        ends, execs = s.die("threads-end", 10, 9, 7), s.die("threads-exec", 5, 6, 3)
        killed, one = s.die("threads-killed", 12).word("ready"), s.die("exit", 0)
        sender = s.send(SIGKILL, killed)
        expected = [(each, told(each)) for each in (ends, execs, killed)] + [(one, [(one.pid, "last")])]
        s.reap(ends, {"exit.code": 7})
        s.reap(execs, {"exit.code": 3})
        s.reap(killed, {"exit.signal": 9, "process.threads": 13, **by(sender)})
        s.reap(one)
        s.settle(t)
    for each, threads in expected:
        compare(s, t, each, threads)
