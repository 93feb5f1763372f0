# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Which deaths are shown: one exittrace for each filter, all of them at once, over the same few deaths."""
import contextlib
import os
from signal import SIGKILL, SIGTERM

from cases import alone
from cases.cli import one_line
from cases.scene import DIE, LIBC


class Cast:
    """The processes that die: name -> pid."""

    def __init__(self, s, group, fuse):
        self.s, self.group, self.pids = s, group, {}
        self.slow = s.die("hold", "exit", fuse.path("sleep300"), name="slow").word("ready")
        self.tree = s.start("sh", "-c", f"read go; {DIE} --comm leaf exit 3; exit 0")
        self.waiting = s.die("wait", name="waiting").word("ready")
        self.inside = s.die("wait", name="inside").word("ready")
        group.add(self.inside.pid)

    def note(self, name, process):
        self.pids[name] = process.pid
        self.s.reap(process)

    def play(self):
        for name, way, *args in (("good", "exit", 0), ("bad", "exit", 3), ("fault", "null-write"), ("abort", "abort")):
            self.note(name, self.s.die(way, *args, name=name))
        self.note("user", self.s.start("setpriv", "--reuid", "4321", "--clear-groups", "--", DIE, "exit", "0"))
        for name, process, sig in (("waiting", self.waiting, SIGTERM), ("inside", self.inside, SIGKILL)):
            self.s.send(sig, process)
            self.note(name, process)
        self.slow.go()
        self.note("slow", self.slow)
        os.write(self.tree.go_fd, b"\n")
        self.note("tree", self.tree)


# (options, which of the cast they let through); the first without any filter of deaths
IN_KERNEL = (
    (lambda c: ["-a"], {"good", "bad", "fault", "abort", "user", "waiting", "inside", "tree", "slow"}),
    (lambda c: ["-a", "-x"], {"bad", "fault", "abort", "waiting", "inside"}),
    (lambda c: ["-a", "--signal", "TERM,SIGKILL"], {"waiting", "inside"}),
    (lambda c: ["-n", "bad"], {"bad"}),
    (lambda c: ["-u", "4321"], {"user"}),
    (lambda c: ["-c", c.group.path], {"inside"}),
    (lambda c: ["-p", f"{c.waiting.pid},{c.inside.pid}"], {"waiting", "inside"}),
    (lambda c: ["--tree", c.tree.pid], {"tree"}),
)
IN_USER_SPACE = (
    (lambda c: ["-a"], IN_KERNEL[0][1]),
    (lambda c: ["-a", "--failed", "--signal", "11"], {"fault"}),
    (lambda c: ["-a", "--cause", "fault,abort"], {"fault", "abort"}),
    (lambda c: ["-a", "--cause", "exit"], {"good", "bad", "user", "tree", "slow"}),
    (lambda c: ["-c", c.group.directory], {"inside"}),
    (lambda c: ["-p", f"{c.waiting.pid},{c.inside.pid}", "--signal", "TERM"], {"waiting"}),
    (lambda c: ["-a", "--min-age", "1h"], set()),
    (lambda c: ["-a", "--min-zombie", "1h"], set()),
    (lambda c: ["-a", "--min-exit", "200ms"], {"slow"}),
)


@alone(once="kernel", seconds=60)
def kernel_half(s):
    play(s, IN_KERNEL)


@alone(once="machine", seconds=60)
def user_half(s):
    play(s, IN_USER_SPACE)


def play(s, filters):
    with s.cgroup() as group, s.counting() as fuse, contextlib.ExitStack() as stack:
        cast = Cast(s, group, fuse)
        for options, _ in filters:
            stack.enter_context(s.trace(*options(cast)))
        cast.play()
        s.check(s.tracers[0].wait_for_pids(cast.pids.values()), "not every death was seen without a filter")
        for tracer, (_, expected) in zip(s.tracers, filters):
            judge(s, tracer, cast, expected)


def judge(s, tracer, cast, expected):
    tracer.wait_for_pids(cast.pids[name] for name in expected)
    if tracer.process.poll() is None:
        tracer.stop()
    else:  # -p ends by itself
        tracer.finish(5)
        tracer.check()
    shown = {r["process"]["pid"] for r in tracer.deaths()}
    got = {name for name, pid in cast.pids.items() if pid in shown}
    s.check(got == expected, f"{' '.join(tracer.argv[2:])}: expected {sorted(expected)}, got {sorted(got)}")
    if "--tree" in tracer.argv:
        s.check({r["process"]["comm"] for r in tracer.deaths()} == {"sh", "leaf"}, "--tree misses a descendant")
    elif "-a" not in tracer.argv:
        s.check(len(shown) == len(expected), f"{tracer.argv[2:]} shows others: {shown}")


# ---- cgroups; of several hierarchies: oom.version_1 ----

@alone(once="kernel")
def cgroups_that_are_none(s):
    """A hierarchy of v1 without a controller, which no id is compared with; and what is no cgroup."""
    place = os.path.join(s.directory, "named")
    os.mkdir(place)
    s.check(not LIBC.mount(b"none", place.encode(), b"cgroup", 0, b"none,name=exittrace-test"), "cannot mount v1")
    try:
        one_line(s, s.exittrace("-c", place, "-d", 1), 1, place, "v1", "v2")
    finally:
        LIBC.umount(place.encode())
    with s.cgroup() as group:
        one_line(s, s.exittrace("-c", f"{group.directory}/cgroup.procs", "-d", 1), 1, "is no cgroup")
    one_line(s, s.exittrace("-c", s.directory, "-d", 1), 1, "is no cgroup")


@alone(once="machine")
def of_a_command(s):
    """With -f a filter chooses among the command and its descendants, and nobody else; without, among all."""
    script = f"{DIE} --comm na exit 3; {DIE} --comm nb exit 4; exec {DIE} --comm na exit 5"
    for options, codes in ((["-n", "na"], [3, 5]), (["-u", os.getuid()], [3, 4, 5]), (["-a"], [3, 4, 5]),
                           (["-n", "na", "-x", "--signal", "KILL"], [])):
        with s.trace("-f", *options, command=["sh", "-c", script]) as t:
            s.reap(s.die("exit", 6, name="na"))
            status = t.finish(10)
            t.check()
        s.check(status == 5, f"-f {options}: status {status}")
        got = sorted(r["exit"]["code"] for r in t.deaths())
        s.check(got == codes, f"-f {options}: exit codes {got}, not {codes}")
