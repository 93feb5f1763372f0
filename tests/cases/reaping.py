# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Who took the body away, when, and what if nobody did."""
import json
import os
import shutil
import time
from signal import SIGKILL, SIGUSR1

from cases import alone, case, row
from cases.records import ANYTHING, NOTHING, at_least, between, unknown
from cases.scene import TINY, by, comm, identity
from cases.tracer import Skipped

MS = 10 ** 6


@case
def parent_waits(s):
    p = s.die("exit", 3)
    p.until_dead()
    time.sleep(0.2)
    s.reap(p, {"reap.zombie_ns": between(200 * MS, 20_000 * MS), "reap.by.comm": comm(os.getpid()),
               "reap.by.tid": os.getpid()})


@case
def other_thread_waits(s):
    s.family("wait-in-thread", 2)


@case
def waitid(s):
    s.family("waitid", 2)


@case
def asks_for_no_zombie(s):
    p = s.die("auto-clone")
    said = p.read_all()
    if p.until_dead().si_status == 77:  # refused; newer kernels must not
        if not s.setup.guest:
            raise Skipped("no CLONE_AUTOREAP in this kernel")
        s.check(not s.setup.kernel.startswith("7"), "kernel 7 refuses CLONE_AUTOREAP")
        s.reap(p, {"exit.code": 77})
        return
    child = json.loads(said)
    s.reap(p)
    s.expect(child["pid"], {**child["expect"], "reap.by": None})


@case
def tracer_holds(s):
    s.family("ptraced", 200, want={"reap.zombie_ns": at_least(200 * MS)})


def is_traced(pid):
    """Every thread of it, by strace"""
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/status") as file:
            if "TracerPid:\t0\n" in file.read():
                return False
    return True


@case
def tracer_releases_the_threads(s):
    """It is by the last of them that the parent, who waits later, is told."""
    p = s.die("threads", 4).word("ready")
    tracer = s.start("strace", "-f", "-qq", "-o", "/dev/null", "-p", p.pid)
    s.wait_until(lambda: is_traced(p.pid), f"{p.pid} is not traced", 20)
    killer = s.send(SIGKILL, p)
    s.reap(tracer)
    p.until_dead()
    time.sleep(0.3)
    s.reap(p, {"exit.signal": 9, **by(killer), "reap.how": "traced", "reap.by.pid": os.getpid(),
               "reap.zombie_ns": between(200 * MS, 30_000 * MS)})


@row(32)
@case
def clones(s):
    s.family("vfork", 3)
    s.family("spawn", 4)


@row(32)
@case
def other_exit_signals(s):
    s.family("clone", 0, 5, want={"process.exit_signal": 0})
    s.family("clone", int(SIGUSR1), 5, want={"process.exit_signal": int(SIGUSR1)})


@alone(seconds=30)
def in_another_container(s):
    """In one a zombie that nobody waits for until its init ends, in another one somebody waits for the same number."""
    program = os.path.join(s.directory, "et-contained")
    shutil.copy(TINY, program)
    with s.trace("-n", "et-contained") as t:
        held = s.start("unshare", "--pid", "--fork", "sh", "-c", f"{program} & exec sleep {s.setup.seconds(1)}")
        time.sleep(s.setup.seconds(0.2))
        s.start("unshare", "--pid", "--fork", "sh", "-c", "sh -c true; true").reap()
        held.reap()
        s.check(t.wait_for(lambda _: t.by_pid, 10), "no record")
        t.stop()
    record = t.deaths()[0]
    s.match(record, {"process.ns_pid": 2, "reap.by.pid": record["parent"]["pid"]})


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


@alone(once="turn", seconds=40)
def interim(s):
    """--zombie-after, --dying-after: a record while it lasts, and the death record when it is over."""
    with s.counting() as fuse, s.trace("-a", "--zombie-after", "1s", "--dying-after", "700ms") as t:
        p, zombie = not_reaped(s, t)
        slow, killer = not_dead(s, t, fuse)
        s.check(t.wait_for_pids([zombie, slow.pid]), "no death record in the end")
        t.stop()
    s.match(zombies(t.records, zombie)[0], {"parent.pid": p.pid, "parent.id": p.start, "exit.code": 3,
                                            "reap.zombie_ns": between(1000 * MS, 15_000 * MS)})
    s.match(t.of(zombie)[0], {"reap.how": "waited", "reap.by.pid": p.pid, "reap.zombie_ns": at_least(1000 * MS)})
    s.match(dying(t.records, slow.pid)[0], {
        "id": slow.start, "process.comm": "die", "process.uid": 0, "process.threads": 1, "cause.class": "signal",
        "cause.by.pid": killer.pid, "cause.by.id": killer.start, "cause.text": ANYTHING,
        "phases.now": "exit" if s.setup.tier == "tracepoint" else "files", "phases.mm_ns": NOTHING,
        "phases.exit_ns": between(700 * MS, 20_000 * MS), "phases.now_ns": between(500 * MS, 20_000 * MS)})
    s.judge(t, {slow.pid})
    s.check(len(zombies(t.records, zombie)) == len(dying(t.records, slow.pid)) == 1, "told more than once")


def not_reaped(s, t):
    p = s.die("leave-zombie", 3)
    zombie = s.stated(p)
    s.check(t.wait_for(lambda all: zombies(all, zombie), 10), f"no zombie record of {zombie}")
    s.check(not t.of(zombie), "a death record before the reap")
    p.go()
    s.reap(p)
    return p, zombie


def not_dead(s, t, fuse):
    """Flushes one file, twice"""
    p = s.die("hold", "exit", fuse.path("sleep1000")).word("ready")
    killer = s.send(SIGKILL, p)
    s.check(t.wait_for(lambda all: dying(all, p.pid), 10), f"no dying record of {p.pid}")
    s.check(not t.of(p.pid), "a death record before the death")
    s.reap(p, {"exit.signal": 9, "cause.class": "signal", **by(killer),
               "phases.exit_ns": between(2000 * MS, 20_000 * MS),
               "phases.files_ns": between(2000 * MS, 20_000 * MS), "files.slowest.path": fuse.path("sleep1000")})
    return p, killer


def dying(all_records, pid):
    return [r for r in all_records if r["type"] == "dying" and r["process"]["pid"] == pid]


def zombies(all_records, pid):
    return [r for r in all_records if r["type"] == "zombie" and r["process"]["pid"] == pid]


@row(36)
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
    s.match(zombies(t.records, zombie)[0], {"id": start, "parent.pid": p.pid, "process.comm": "die",
                                            "process.age_ns": unknown("process.age_ns")})
    s.match(t.of(zombie)[0], {"id": start, "observed_from": "attach", "exit": ANYTHING, "reap.by.pid": p.pid,
                              "process.age_ns": unknown("process.age_ns")})
