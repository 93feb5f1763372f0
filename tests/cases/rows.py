# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Who or what did it: exits, signals and their senders, faults, aborts, pipes."""
import os
import shutil
import time
from signal import SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGSEGV, SIGTERM, SIGUSR1, SIGUSR2

from cases import alone, case, row
from cases.records import NOTHING, at_least, between, has, matches, somewhere, unknown
from cases.scene import DIE, by, comm
from cases.tracer import Failed

MS = 10 ** 6
RTMIN3 = 37


def at_once(s, way, *args, **want):
    """Ways that need nobody else."""
    s.reap(s.die(way, *args), {key.replace("__", "."): value for key, value in want.items()})


# ---- exits ----

@row(1, 2)
@case
def exits(s):
    for way in "exit", "_exit", "exit-group", "return":
        for code in 0, 3, 255:
            at_once(s, way, code, cause__timeline=NOTHING, cause__fault=NOTHING, process__threads=1)


@row(3)
@case
def worker_exits_after_leader(s):
    at_once(s, "leader-first", 3, 500, process__age_ns=at_least(500 * MS))


@row(4)
@case
def every_thread_ends(s):
    at_once(s, "all-leader-first", 4)
    at_once(s, "all-leader-last", 4)


@row(2)
@case
def one_thread_exits_for_all(s):
    at_once(s, "threads-exit", 20, 4, process__threads=20)


@row(31)
@case
def exec_in_a_thread(s):
    at_once(s, "exec-in-thread", 9, process__threads=1, process__comm="exe")


# ---- signals of others ----

def killed(s, sig, how="send", name="killer", **want):
    p = s.die("wait").word("ready")
    sender = s.send(sig, p, how, name=name)
    s.reap(p, {"cause.class": "signal", **by(sender), "cause.by.comm": name, "cause.by.uid": 0,
               "cause.by.parent.pid": os.getpid(), "cause.by.executable.path": os.path.realpath(DIE),
               "cause.fault": NOTHING, "cause.blast": NOTHING, "cause.because_of": NOTHING, **want})
    return p, sender


@row(5, 8)
@case
def signals_with_default_action(s):
    for sig in SIGTERM, SIGKILL, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, RTMIN3:
        killed(s, sig, **{"cause.sent_to_dead_ns": between(1, 20_000 * MS), "exit.signal": int(sig)})


@row(7)
@case
def ways_to_send(s):
    for how in "sigqueue", "pidfd-send", "forge":
        killed(s, SIGTERM, how)
        killed(s, SIGUSR2, how, name="other name")


@row(6)
@case
def kill_from_a_shell(s):
    p = s.die("wait").word("ready")
    shell = s.start("sh", "-c", f"kill -9 {p.pid}")
    s.reap(shell)
    s.reap(p, {"cause.class": "signal", **by(shell), "cause.by.comm": "sh",
               "cause.by.executable.path": os.path.realpath(shutil.which("sh"))})


@row(7)
@case
def kill_one_thread_of_many(s):
    p = s.die("threads", 8).word("ready")
    thread = max(map(int, os.listdir(f"/proc/{p.pid}/task")))
    sender = s.die("tgkill", int(SIGTERM), p.pid, thread, name="killer")
    s.reap(sender)
    s.reap(p, {"cause.class": "signal", **by(sender), "process.threads": 8})


@row(33)
@case
def kill_a_thousand_threads(s):
    p = s.die("threads", 1000).word("ready", 60)
    sender = s.send(SIGKILL, p)
    s.reap(p, {"cause.class": "signal", **by(sender), "process.threads": 1000})


@row(5)
@case
def parent_kills(s):
    p = s.die("wait").word("ready")
    os.kill(p.pid, SIGTERM)
    s.reap(p, {"cause.class": "signal", "cause.by.pid": os.getpid(), "cause.by.comm": comm(os.getpid())})


@row(17)
@case
def signals_to_itself(s):
    for way in "kill-self", "raise":
        for sig in SIGTERM, SIGSEGV, SIGKILL:
            p = s.die(way, int(sig))
            s.reap(p, {"exit.signal": int(sig), **by(p), "cause.fault": NOTHING})


# ---- stop timeline ----

def stop(sender, result, least_ms, sig="SIGTERM"):
    """The entry of an earlier stop signal; the machine may be slow, but not wrong by seconds."""
    return has({"signal_name": sig, "by.pid": sender.pid, "by.id": sender.start, "result": result,
                "before_death_ns": between(least_ms * MS, (least_ms + 10_000) * MS)})


@row(9)
@case
def handled_then_killed(s):
    p = s.die("handle", int(SIGTERM)).word("ready")
    polite = s.send(SIGTERM, p, name="polite")
    p.word("handled")
    time.sleep(0.7)
    killer = s.send(SIGKILL, p)
    s.reap(p, {"cause.class": "signal", "exit.signal": 9, **by(killer), "cause.timeline": stop(polite, "handled", 700)})


def until_open(p, sig):
    """It has said that it waits for the signal, and does so by now: sent before, it would be told as blocked."""
    for _ in range(2000):
        with open(f"/proc/{p.pid}/status") as status:
            blocked = int(next(line for line in status if line.startswith("SigBlk:")).split()[1], 16)
        if not blocked >> (int(sig) - 1) & 1:
            return
        time.sleep(0.01)
    raise Failed(f"{p.pid} never waited")


@row(10)
@case
def handled_then_exits(s):
    p = s.die("handle-exit", int(SIGTERM), 0, 300).word("ready")
    until_open(p, SIGTERM)
    polite = s.send(SIGTERM, p, name="polite")
    s.reap(p, {"exit.code": 0, "cause.timeline": stop(polite, "handled", 300)})


@row(10)
@case
def handled_by_raising_again(s):
    p = s.die("reraise", int(SIGTERM)).word("ready")
    polite = s.send(SIGTERM, p, name="polite")
    s.reap(p, {"exit.signal": 15, **by(p), "cause.reraised": True,
               "cause": somewhere(f'"pid": {polite.pid}', "polite")})


@row(11)
@case
def ignored_then_exits(s):
    p = s.die("ignore-exit", int(SIGTERM), 5).word("ready")
    ignored = s.send(SIGTERM, p, name="ignored")
    p.go()
    s.reap(p, {"exit.code": 5, "cause.timeline": stop(ignored, "ignored", 0)})


@row(11)
@case
def ignored_then_killed(s):
    p = s.die("ignore", int(SIGINT)).word("ready")
    ignored = s.send(SIGINT, p, name="ignored")
    killer = s.send(SIGKILL, p)
    s.reap(p, {"cause.class": "signal", "exit.signal": 9, **by(killer),
               "cause.timeline": stop(ignored, "ignored", 0, "SIGINT")})


@row(11)
@case
def blocked_then_faults(s):
    p = s.die("block-fault", int(SIGTERM)).word("ready")
    s.send(SIGTERM, p, name="blocked")
    p.go()
    s.reap(p, {"exit.signal": 11})


@row(5)
@case
def blocked_then_unblocked(s):
    p = s.die("block-unblock", int(SIGTERM)).word("ready")
    sender = s.send(SIGTERM, p)
    time.sleep(0.1)
    p.go()
    s.reap(p, {"exit.signal": 15, **by(sender), "cause.sent_to_dead_ns": at_least(100 * MS)})


# ---- its own fault ----

@row(14, 15, 16)
@case
def faults(s):
    for way, sig in (("null-write", 11), ("null-jump", 11), ("readonly-write", 11), ("noncanonical", 11),
                     ("stack-overflow", 11), ("truncated-mmap", 7), ("divide", 8), ("ud2", 4), ("int3", 5)):
        at_once(s, way, exit__signal=sig)


@row(14, 15, 16)
@case
def fault_addresses(s):
    for way in "readonly-write", "truncated-mmap", "stack-overflow", "divide":
        at_once(s, way, cause__fault__address=matches("0x[1-9a-f][0-9a-f]*"),
                cause__fault__ip=matches("0x[1-9a-f][0-9a-f]*"))


@row(17)
@case
def aborts(s):
    at_once(s, "abort", exit__signal=6)
    at_once(s, "assert", exit__signal=6)


@row(24)
@case
def nobody_reads(s):
    at_once(s, "pipe", exit__signal=13)
    at_once(s, "socket", exit__signal=13)


# ---- from before tracing began ----

@row(36)
@case
def alive_before(s):
    p = s.die("wait").word("ready")
    threads = s.die("threads", 5).word("ready")
    yield
    for each in p, threads:
        sender = s.send(SIGTERM, each)
        s.reap(each, {"cause.class": "signal", **by(sender), "observed_from": "attach"})
    born = s.die("exit", 0)
    s.reap(born, {"observed_from": "start"})


@row(36)
@case
def sent_before(s):
    """Nobody saw who sent it: naming nobody is right, naming anybody is not."""
    p = s.die("block-unblock", int(SIGTERM)).word("ready")
    os.kill(p.pid, SIGTERM)
    yield
    p.go()
    s.reap(p, {"exit.signal": 15, "cause.class": "signal", "cause.by": unknown("cause.by"),
               "observed_from": "attach"})


# ---- the story for people ----

@alone(once="best")
def story(s):
    p = s.die("wait", name="victim").word("ready")
    watch = s.watch("-v", "-p", p.pid)
    sender = s.die("send", int(SIGTERM), p.pid, name="story killer")
    s.reap(sender)
    time.sleep(0.1)
    p.reap()
    text = watch.read_to_end()
    for words in ("SIGTERM", f"story killer[{sender.pid}]", f"{comm(os.getpid())}[{os.getpid()}]", "victim"):
        s.check(words in text, f"no '{words}' in the story: {text}")
    s.check(watch.status == 0, f"status {watch.status} after the process was reaped")
