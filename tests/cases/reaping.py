# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Who took the body away, when, and what if nobody did."""
import os
import time
from signal import SIGUSR1

from cases import alone, case
from cases.records import ANYTHING, at_least, between
from cases.scene import comm, identity

MS = 10 ** 6


@case
def parent_waits(s):
    p = s.die("exit", 3)
    p.until_dead()
    time.sleep(0.2)
    s.reap(p, {"reap.zombie_ns": between(200 * MS, 20_000 * MS), "reap.by.comm": comm(os.getpid()),
               "reap.by.tid": os.getpid()})


@case
def parent_takes_its_time(s):
    s.family("zombie", 300, want={"reap.zombie_ns": between(300 * MS, 20_000 * MS), "reap.by.comm": "die"})


@case
def other_thread_waits(s):
    s.family("wait-in-thread", 2)


@case
def waitid(s):
    s.family("waitid", 2)


@case
def parent_ignores(s):
    s.family("auto-ignore", want={"reap.by": None})
    s.family("auto-nocldwait", want={"reap.by": None})


@case
def parent_dies(s):
    s.family("orphans-to-subreaper")
    # init may wait in ways that no tracepoint shows: since before tracing began, or without asking for a pid
    s.family("orphans-to-init", unseen=("reap",))


@case
def tracer_holds(s):
    s.family("ptraced", 200, want={"reap.zombie_ns": at_least(200 * MS)})


@case
def clones(s):
    s.family("vfork", 3)
    s.family("spawn", 4)


@case
def other_exit_signals(s):
    s.family("clone", 0, 5, want={"process.exit_signal": 0})
    s.family("clone", int(SIGUSR1), 5, want={"process.exit_signal": int(SIGUSR1)})


@case
def nobody_waits(s):
    """Still a zombie when tracing ends."""
    yield
    p = s.die("exit", 7)
    p.until_dead()
    s.expect(p.pid, {"id": p.start, "exit.code": 7, "reap.how": "unreaped", "parent.id": identity(os.getpid()),
                     "reap.zombie_ns": at_least(0)}, late=True)
    yield
    p.reap()


@alone(seconds=20)
def interim(s):
    """--zombie-after: a zombie record while nobody waits, the death record when somebody does."""
    with s.trace("-a", "--zombie-after", "1s") as t:
        p = s.die("leave-zombie", 3)
        zombie = s.stated(p)
        s.check(t.wait_for(lambda all: zombies(all, zombie), 10), f"no zombie record of {zombie}")
        s.check(not t.of(zombie), "a death record before the reap")
        p.go()
        s.reap(p)
        s.check(t.wait_for_pids([zombie]), "no death record after the reap")
        t.stop()
    s.match(zombies(t.records, zombie)[0], {"parent.pid": p.pid, "parent.id": p.start, "exit.code": 3,
                                            "reap.zombie_ns": between(1000 * MS, 15_000 * MS)})
    s.check(len(zombies(t.records, zombie)) == 1, "more than one zombie record")
    s.match(t.of(zombie)[0], {"reap.how": "waited", "reap.by.pid": p.pid, "reap.zombie_ns": at_least(1000 * MS)})


def zombies(all_records, pid):
    return [r for r in all_records if r["type"] == "zombie" and r["process"]["pid"] == pid]


@alone()
def there_before(s):
    """Zombies from before are listed once, and their end is told if it comes."""
    p = s.die("leave-zombie", 4)
    zombie = s.stated(p)
    start = identity(zombie)
    with s.trace("-a") as t:
        s.check(t.wait_for(lambda all: zombies(all, zombie), 10), f"the zombie {zombie} is not listed")
        p.go()
        s.reap(p)
        s.check(t.wait_for_pids([zombie]), "no death record after the reap")
        t.stop()
    s.check(len(zombies(t.records, zombie)) == 1, "listed more than once")
    s.match(zombies(t.records, zombie)[0], {"id": start, "parent.pid": p.pid, "process.comm": "die"})
    s.match(t.of(zombie)[0], {"id": start, "observed_from": "attach", "exit": ANYTHING, "reap.by.pid": p.pid})
