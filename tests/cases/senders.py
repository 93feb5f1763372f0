# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Who sent it, in depth: what is known of a sender that is gone, its earlier signals, all whom one call killed."""
import os
import shutil
from signal import (SIGALRM, SIGBUS, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGPROF, SIGQUIT, SIGSEGV, SIGSTOP, SIGSYS,
                    SIGTERM, SIGUSR1, SIGXCPU)

from cases import alone, case, row
from cases.records import NOTHING, Check, has, matches
from cases.scene import DIE, Shared, by, comm, stat_fields

RTMIN3 = 37


# ---- what is known of a sender ----

@row(5)
@case
def family_of_the_sender(s):
    p = s.die("wait").word("ready")
    own_parent = int(stat_fields(os.getpid())[1])
    middle, (sender,) = s.family("send-child", int(SIGTERM), p.pid)
    s.reap(p, {"cause.class": "signal", "cause.by.pid": sender["pid"], "cause.by.parent.pid": middle.pid,
               "cause.by.parent.id": middle.start, "cause.by.grandparent.pid": os.getpid(),
               "cause.by.grandparent.comm": comm(os.getpid())})
    q = s.die("wait").word("ready")
    killer = s.send(SIGKILL, q)
    s.reap(q, {**by(killer), "cause.by.parent.pid": os.getpid(), "cause.by.grandparent.pid": own_parent or NOTHING})


@row(5)
@case
def user_of_the_sender(s):
    as_user = ("setpriv", "--reuid", "4321", "--regid", "4322", "--clear-groups", "--")
    p = s.start(*as_user, DIE, "wait").word("ready")
    sender = s.start(*as_user, DIE, "send", int(SIGTERM), p.pid)
    s.reap(sender)
    s.reap(p, {"cause.class": "signal", **by(sender), "cause.by.uid": 4321, "process.uid": 4321,
               "cause.by.executable.path": os.path.realpath(DIE)})


def send_from(s, group):
    """A sender in that cgroup, and gone before its victim is looked at"""
    p = s.die("wait").word("ready")
    sender = s.die("send-later", int(SIGKILL), p.pid).word("ready")
    group.add(sender.pid)
    sender.go()
    s.reap(sender)
    s.reap(p, {"cause.class": "signal", **by(sender), "cause.by.cgroup.path": group.path,
               "cause.by.cgroup.id": str(group.inode)})
    return s.expectations[-1].want


@row(5)
@case
def place_of_the_sender(s):
    number = "0123456789abcdef" * 4
    with s.cgroup() as group:
        send_from(s, group).update({"cause.by.container": NOTHING})
        send_from(s, group.child("sender.service")).update({"cause.by.cgroup.unit": "sender.service"})
        send_from(s, group.child(f"docker-{number}.scope")).update({"cause.by.container.id": number,
                                                                    "cause.by.container.runtime": "docker"})


@row(5)
@alone(once="best")
def arguments_of_the_sender(s):
    """-A: one sender, several victims, and each record has its words. Without -A there are none."""
    with s.trace("-a", "-A") as t:
        first, second = (s.die("wait").word("ready") for _ in range(2))
        sender = s.start("sh", "-c", f"kill -9 {first.pid} {second.pid}; exit 0", "two words", "")
        s.reap(sender)
        for each in first, second:
            s.reap(each, {"cause.class": "signal", **by(sender),
                          "cause.by.args": Check(f"{sender.argv}", lambda value, _: value == sender.argv)})
        s.settle(t)


@row(5, 6)
@case
def known_senders(s):
    """A user-space OOM killer is one by its program's name; nothing else makes it one."""
    program = os.path.join(s.directory, "earlyoom")
    shutil.copy(DIE, program)
    p = s.die("wait").word("ready")
    killer = s.start(program, "send", int(SIGKILL), p.pid)
    s.reap(killer)
    s.reap(p, {"cause.class": "signal", **by(killer), "cause.by.role": "oom_killer", "oom": NOTHING,
               "cause.by.executable.path": os.path.realpath(program)})
    q = s.die("wait").word("ready")
    sender = s.send(SIGKILL, q)
    s.reap(q, {"cause.class": "signal", **by(sender), "cause.by.role": NOTHING})


# ---- earlier signals ----

STOPS = (SIGTERM, SIGINT, SIGHUP, SIGQUIT)


@row(9)
@case
def every_stop_signal(s):
    """Handled by one, ignored by the other, and it is that one which the timeline says."""
    for way, result in ("handle", "handled"), ("ignore", "ignored"):
        for sig in STOPS:
            p = s.die(way, int(sig)).word("ready")
            polite = s.send(sig, p, name="polite")
            if way == "handle":
                p.word("handled")
            killer = s.send(SIGKILL, p)
            s.reap(p, {"cause.class": "signal", "exit.signal": 9, **by(killer), "cause.timeline": has(
                {"signal_name": sig.name, "by.pid": polite.pid, "by.id": polite.start, "result": result})})


def kill_unmoved(s, p, result):
    """SIGTERM comes to nothing, SIGKILL ends it."""
    polite = s.send(SIGTERM, p, name="polite")
    killer = s.send(SIGKILL, p)
    s.reap(p, {"cause.class": "signal", "exit.signal": 9, **by(killer), "cause.timeline": has(
        {"signal_name": "SIGTERM", "by.pid": polite.pid, "result": result})})


@row(11)
@case
def blocked_then_killed(s):
    kill_unmoved(s, s.die("block-unblock", int(SIGTERM)).word("ready"), "blocked")


@row(9)
@case
def asked_and_then_killed(s):
    p = s.die("handle", int(SIGTERM)).word("ready")
    killer = s.die("escalate", p.pid, 300)
    p.word("handled")
    s.reap(killer)
    s.reap(p, {"cause.class": "signal", "exit.signal": 9, **by(killer), "cause.escalated": True, "cause.timeline": has(
        {"signal_name": "SIGTERM", "by.pid": killer.pid, "by.id": killer.start, "result": "handled"})})
    q = s.die("wait").word("ready")
    once = s.send(SIGKILL, q)
    s.reap(q, {**by(once), "cause.escalated": NOTHING})


def stop(s, process):
    os.kill(process.pid, SIGSTOP)
    s.wait_until(lambda: stat_fields(process.pid)[0] == "T", f"{process.pid} is not stopped")


@row(9)
@case
def no_handler_ran(s):
    """It is stopped: what it would handle waits, and SIGKILL does not."""
    p = s.die("handle", int(SIGTERM)).word("ready")
    stop(s, p)
    kill_unmoved(s, p, "pending")


@row(10)
@case
def handled_by_a_worker(s):
    """The main thread blocks it, which stops nobody else."""
    p = s.die("worker-takes", int(SIGTERM)).word("ready")
    polite = s.send(SIGTERM, p, name="polite")
    s.reap(p, {"cause.text": matches(r"exit code 7, .* after SIGTERM from polite\[\d+\] was handled"),
               "cause.timeline": has({"signal_name": "SIGTERM", "by.pid": polite.pid, "result": "handled"})})


@row(8)
@case
def first_of_a_queue(s):
    """Real-time signals queue: the first one kills."""
    p = s.die("block-unblock", RTMIN3).word("ready")
    first = s.send(RTMIN3, p, name="first")
    s.send(RTMIN3, p, name="second")
    p.go()
    s.reap(p, {"exit.signal": RTMIN3, "cause.class": "signal", **by(first)})
    q = s.die("wait").word("ready")
    stop(s, q)
    first = s.send(RTMIN3, q, name="first")
    s.send(RTMIN3, q, name="second")
    os.kill(q.pid, SIGCONT)
    s.reap(q, {"exit.signal": RTMIN3, "cause.class": "signal", **by(first)})


def only_child(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return int(file.read().split()[0])


@row(9)
@case
def timeout_k(s):
    """It sends to its whole group, itself included: SIGKILL ends it, too."""
    p = s.start("timeout", "-k", "0.3", "0.5", DIE, "handle", int(SIGTERM)).word("ready")
    child = only_child(p.pid)
    p.word("handled", 60)
    s.reap(p, {"exit.signal": 9, **by(p)})
    s.expect(child, {"exit.signal": 9, "cause.class": "signal", **by(p), "cause.by.comm": "timeout",
                     "cause.by.role": "timeout", "cause.escalated": True})


# ---- one call, many deaths ----

def group_of(s, number):
    """So many in one process group"""
    first = s.die("wait").word("ready")
    return [first] + [s.die("wait", group=first.pid).word("ready") for _ in range(number - 1)]


def kill_group(s, sig, blast):
    victims = group_of(s, 3)
    sender = s.die("send", int(sig), -victims[0].pid, name="killer")
    s.reap(sender)
    for each in victims:
        s.reap(each, {"exit.signal": int(sig), "cause.class": "signal", **by(sender), "cause.blast": blast.check()})


@row(13)
@case
def kill_a_group(s):
    """Two kills are two blasts; one that hits a single process is none."""
    first = Shared()
    kill_group(s, SIGTERM, first)
    kill_group(s, SIGKILL, Shared(first))
    p = s.die("wait").word("ready")
    sender = s.die("send", int(SIGTERM), -p.pid)
    s.reap(sender)
    s.reap(p, {"cause.class": "signal", **by(sender), "cause.blast": NOTHING})


@row(13)
@case
def kill_one_by_one(s):
    """A shell that kills two, each with a call of its own."""
    first, second = (s.die("wait").word("ready") for _ in range(2))
    shell = s.start("sh", "-c", f"kill -9 {first.pid}; kill -9 {second.pid}; exit 0")
    s.reap(shell)
    for each in first, second:
        s.reap(each, {"cause.class": "signal", **by(shell), "cause.blast": NOTHING})


@row(13)
@case
def same_descriptor_again(s):
    """What a descriptor stands for tells calls apart, not its number."""
    victims = [s.die("wait").word("ready") for _ in range(3)]
    sender = s.die("pidfd-each", int(SIGKILL), *(each.pid for each in victims))
    s.reap(sender)
    for each in victims:
        s.reap(each, {"cause.class": "signal", **by(sender), "cause.blast": NOTHING})


@row(12)
@case
def cgroups_one_by_one(s):
    with s.cgroup() as group:
        if not has_kill(s, group):
            return
        groups = group.child("first"), group.child("second")
        victims = [s.die("wait").word("ready") for _ in groups]
        for each, victim in zip(groups, victims):
            each.add(victim.pid)
        writer = s.die("write-each", "1", *(f"{each.directory}/cgroup.kill" for each in groups))
        s.reap(writer)
        first = Shared()
        for victim, each, blast in zip(victims, groups, (first, Shared(first))):
            s.reap(victim, {"exit.signal": 9, "cause.class": "signal", **by(writer), "cause.cgroup.path": each.path,
                            "cause.blast": blast.check()})


@row(13)
@case
def kill_everybody(s):
    blasts = [Shared()]
    blasts.append(Shared(blasts[0]))
    for sig, blast in zip((SIGKILL, SIGUSR1), blasts):
        _, told = s.family("namespace-kill", 5, int(sig))
        victims = [each["pid"] for each in told if "exit.signal" in each["expect"]]
        s.check(len(victims) == 5, f"{len(victims)} victims told")
        for pid in victims:
            s.expectation(pid).want["cause.blast"] = blast.check()


def has_kill(s, group):
    """cgroup.kill came with 5.14: whether it is there is the kernel's word, and must be right."""
    s.check(group.has("cgroup.kill") == (s.setup.kernel != "5.10"), "cgroup.kill is there, or not: the oracle is wrong")
    return group.has("cgroup.kill")


def kill_cgroup(s, group, blast):
    victims = [s.die("wait").word("ready") for _ in range(3)]
    for each in victims:
        group.add(each.pid)
    writer = s.die("write", f"{group.directory}/cgroup.kill", "1", name="writer")
    s.reap(writer)
    for each in victims:
        s.reap(each, {"exit.signal": 9, "cause.class": "signal", **by(writer), "cause.by.comm": "writer",
                      "cause.by.executable.path": os.path.realpath(DIE), "cause.cgroup.path": group.path,
                      "cause.cgroup.id": str(group.inode), "process.cgroup.path": group.path,
                      "cause.blast": blast.check()})


@row(12)
@case
def kill_a_cgroup(s):
    first = Shared()
    with s.cgroup() as group:
        if has_kill(s, group):
            kill_cgroup(s, group, first)
            kill_cgroup(s, group.child("second"), Shared(first))


# ---- what a siginfo claims ----

@row(7, 23)
@case
def forged_timers(s):
    """The siginfo says that a timer sent it, and names somebody innocent: who called is to be named."""
    innocent = s.die("wait").word("ready")
    for how in "forge-timer", "forge-timer-thread", "forge-timer-pidfd":
        for sig in SIGALRM, SIGPROF, SIGUSR1, SIGKILL, RTMIN3:
            p = s.die("wait").word("ready")
            sender = s.send(sig, p, how, innocent.pid)
            s.reap(p, {"exit.signal": int(sig), "cause.class": "signal", **by(sender)})
    sender = s.send(SIGTERM, innocent)
    s.reap(innocent, {"cause.class": "signal", **by(sender)})


@row(17)
@case
def forged_by_itself(s):
    """To itself a process can send what to others only the kernel says."""
    for sig, code in (SIGSEGV, 1), (SIGSYS, 1), (SIGALRM, 0x80), (SIGXCPU, 0x80), (SIGTERM, 0x80):
        p = s.die("forge-self", int(sig), code)
        s.reap(p, {"exit.signal": int(sig), "cause.class": "signal", **by(p), "cause.fault": NOTHING,
                   "cause.text": matches(r"\w+ raised by itself")})


@row(32)
@case
def exit_signal_of_a_child(s):
    """Its code is one of SIGCHLD, whatever that would mean with the signal it is."""
    for sig in SIGSEGV, SIGBUS, SIGUSR1, SIGTERM:
        p = s.die("child-ends", int(sig))
        s.reap(p, {"exit.signal": int(sig), "cause.class": "unknown", "cause.by": None, "cause.fault": NOTHING,
                   "cause.because_of": matches(r"\S+:\d+:\d+"), "cause.text": matches(r"\w+: its child die\[\d+\] ended.*")})
