# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What exittrace may do once it watches: nothing but that. /proc of the kernel is the oracle."""
import contextlib
import copy
import os
import pwd
import shutil
import subprocess
import time
from signal import SIGHUP, SIGKILL, SIGTERM

from cases import alone
from cases.cli import one_line
from cases.scene import DIE, HERE, SCHED_DEADLINE, scheduled
from cases.storms import begin, compare_all, counted, end
from cases.tracer import Skipped

NOBODY = pwd.getpwnam("nobody")
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
SHOWN = (*SETS, "NoNewPrivs", "Seccomp", "Uid", "Gid", "Groups")
CAP_KILL = 1 << 5


def read_status(lines):
    pairs = (line.rstrip("\n").partition(":") for line in lines)
    return {key: value.split() for key, _, value in pairs if key in SHOWN}


def status_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return read_status(file)


def left(uid, gid, effective=0, **others):
    """The status of a process that has given up all but `effective`."""
    caps = {key: ["0" * 16] for key in SETS}
    for key in ("CapPrm", "CapEff"):
        caps[key] = [f"{effective:016x}"]
    return {**caps, "NoNewPrivs": ["1"], "Seccomp": ["2"], "Uid": [str(uid)] * 4, "Gid": [str(gid)] * 4, "Groups": [],
            **others}


def check_left(s, pid, want):
    found = status_of(pid)
    wrong = [f"{key} is {found[key]}, not {want[key]}" for key in SHOWN if found[key] != want[key]]
    s.check(not wrong, f"/proc/{pid}/status: {'; '.join(wrong)}")
    s.check(os.stat(f"/proc/{pid}/fd").st_uid == 0, f"{pid} is dumpable: its user may look into it")
    with open(f"/proc/{pid}/limits") as file:
        cores = next(line.split()[-3:-1] for line in file if line.startswith("Max core"))
    s.check(cores == ["0", "0"], f"{pid} may dump a core: {cores}")


def children(pid):
    found = []
    for other in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{other}/stat") as file:
                if int(file.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(other))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def is_there(pid):
    return os.path.exists(f"/proc/{pid}")


# ---- the tracer ----

@alone(once="turn", seconds=60)
def nothing_is_left(s):
    """... of them while a storm is traced, without loss."""
    with counted(s, "-a") as (accounting, t):
        storm = begin(s, "fork", "-n", 300 if s.setup.guest else 20000, "-N", "et-forks", "-b", 16)
        check_left(s, t.process.pid, left(NOBODY.pw_uid, NOBODY.pw_gid))
        number = end(s, storm)["number"]
        check_left(s, t.process.pid, left(NOBODY.pw_uid, NOBODY.pw_gid))
        t.stop()
        s.check(not t.bye()["lost"], f"lost: {t.bye()}")
    compare_all(s, accounting, t, {"forks": number})
    s.check(t.errors() == "exittrace: ready, Ctrl-C ends it", f"stderr: {t.errors()}")


@alone(once="kernel", seconds=60)
def everything_works(s):
    """Each way to watch, and to print, to its end, without a word of its filter."""
    files = [os.path.join(s.directory, name) for name in ("records", "stream")]
    for options in (["-v", "-T", "-A"], ["-S", "--interval", "0.2"], ["-j", "-o", files[0], "--record", files[1]],
                    ["--zombie-after", "0.1", "--dying-after", "0.1"], ["-t", "--tree", os.getpid()]):
        watch = s.watch(*s.tier(), *options)
        s.family("zombie", 150)
        s.reap(s.die("exit", 3, name="is told"))
        time.sleep(0.5)
        watch.interrupt()
        text = watch.read_to_end()
        s.check(watch.status == 0 and "refused" not in text, f"{options}: status {watch.status}: {text}")
        if "-o" not in options and "-S" not in options:
            s.check("is told" in text, f"{options}: {text}")
    s.check(all(os.stat(path).st_uid == 0 and os.stat(path).st_size > 1000 for path in files), "files of root's")


@alone(once="kernel")
def somebody_else(s):
    with s.trace("-a", "--run-as", 4242) as t:
        check_left(s, t.process.pid, left(4242, 4242))
        t.stop()
    with s.trace("-a", "--no-drop") as t:
        found, own = status_of(t.process.pid), status_of(os.getpid())
        s.check(found == own, f"--no-drop: {found}, not {own}")
        t.stop()


@alone(once="machine")
def nobody_to_become(s):
    one_line(s, s.exittrace("-a", "--run-as", "no-such-user"), 2, "no-such-user")
    one_line(s, s.exittrace("-a", "--run-as", "root"), 2, "--no-drop")
    one_line(s, s.exittrace("-a", "--run-as", "1", "--no-drop"), 2, "--run-as")
    hidden = "mount --bind /dev/null /etc/passwd && exec \"$@\""
    argv = ["-m", "sh", "-c", hidden, "sh", s.setup.binary, "-a", "-d", "0.1"]
    one_line(s, s.exittrace(*argv, binary="unshare"), 1, "'nobody'", "--run-as")
    argv = ["--bounding-set=-setuid", s.setup.binary, "-a", "-d", "0.1"]
    one_line(s, s.exittrace(*argv, binary="setpriv"), 77, "CAP_SETUID", "--no-drop")


MAY_NICE = 1 << 23


@contextlib.contextmanager
def on_one_processor():
    """Whoever may not run on all of them is promised nothing."""
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_of_them)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)


@contextlib.contextmanager
def coming_last():
    os.setpriority(os.PRIO_PROCESS, 0, 5)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, 0)


@alone(once="kernel", seconds=60)
def urgent(s):
    """Those it tells of are many, and it is one. Who starts it with nice(1) wants it otherwise. One process is not many."""
    if not int(status_of("self")["CapEff"][0], 16) & MAY_NICE:
        raise Skipped("no CAP_SYS_NICE here")
    for where, whom, want in ((contextlib.nullcontext(), "-a", (0, SCHED_DEADLINE)), (contextlib.nullcontext(), "-p1", (0, 0)),
                              (coming_last(), "-a", (5, 0)), (on_one_processor(), "-a", (-20, 0))):
        with where, s.trace(whom) as t:
            got = scheduled(t.process.pid)
            t.stop()
        if os.cpu_count() > 1 or want[0] >= 0:
            s.check(got == want, f"nice value and class of the scheduler are {got}, not {want}")


@alone(once="kernel", seconds=60)
def nothing_is_read_before(s):
    """strace tells: outputs are written, and zombies that were there read, when nothing is left to lose."""
    path, zombie = os.path.join(s.directory, "trace"), s.die("exit", 3, name="there before")
    zombie.until_dead()
    result = s.exittrace("-o", path, s.setup.binary, "-j", *s.tier(), "-a", "-d", 0.3, binary="strace")
    s.check(result.returncode == 0 and '"there before"' in result.stdout, f"{result}")
    zombie.reap()
    with open(path) as file:
        lines = file.read().splitlines()
    filtered = max(i for i, line in enumerate(lines) if line.startswith("seccomp(SECCOMP_SET_MODE_FILTER") and
                   line.endswith(" = 0"))
    before, after = lines[:filtered], lines[filtered + 1:]
    zombies = next(line.split()[-1] for line in before if line.startswith("bpf(BPF_ITER_CREATE"))
    early = [line for line in before if line.startswith((f"read({zombies},", "write(1,", "pwritev2(1,"))]
    s.check(not early, f"too early: {early[:3]}")
    s.check(any(line.startswith(f"read({zombies},") for line in after), "no zombies are read")
    names = {line.partition("(")[0] for line in after if "(" in line}
    for refused in "bpf", "open", "openat", "socket", "kill", "clone", "execve", "perf_event_open":
        s.check(refused not in names, f"{refused}() afterwards")
    s.check(not any("SIGSYS" in line for line in after), "the filter refused something")


# ---- the command ----

@alone(once="kernel")
def command_is_who_we_are(s):
    """It has all that exittrace was started with."""
    shown = ["sh", "-c", "cat /proc/self/status; cut -d' ' -f19,41 /proc/self/stat; ulimit -c"]
    own = subprocess.run(shown, stdout=subprocess.PIPE, text=True, check=True, extra_groups=[4, 20]).stdout
    result = s.exittrace("-q", "-o", "/dev/null", "--", *shown, extra_groups=[4, 20])
    s.check(read_status(result.stdout.splitlines()) == read_status(own.splitlines()), f"{result.stdout}\nnot\n{own}")
    s.check(result.stdout.splitlines()[-1] == own.splitlines()[-1], "another limit of core dumps")
    s.check(result.stdout.splitlines()[-2] == own.splitlines()[-2], "another nice value or class of the scheduler")


def commanded(s, flag):
    """exittrace with a command that makes a file and waits for a signal"""
    script = f"trap 'exit 7' TERM; trap 'exit 8' HUP; : > {flag}; while :; do sleep 0.02; done"
    t = s.trace(output=os.path.join(s.directory, "records"), command=["sh", "-c", script])
    s.wait_until(lambda: os.path.exists(flag), "the command does not begin")
    os.unlink(flag)
    return t


@alone(once="kernel")
def signals_are_passed_on(s):
    """By a process that can do nothing else, and that goes when exittrace does."""
    for sig, status in (SIGTERM, 7), (SIGHUP, 8), (SIGKILL, -9):
        with commanded(s, os.path.join(s.directory, "flag")) as t:
            relay, = (pid for pid in children(t.process.pid) if status_of(pid)["Seccomp"] == ["2"])
            command, = (pid for pid in children(t.process.pid) if pid != relay)
            check_left(s, relay, left(NOBODY.pw_uid, NOBODY.pw_gid, CAP_KILL))
            s.check(set(os.listdir(f"/proc/{relay}/fd")) == {"0", "1"}, "the relay has files")
            t.process.send_signal(sig)
            if sig == SIGKILL:
                t.output = None
                s.wait_until(lambda pid=t.process.pid: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT), "lives")
                os.kill(command, SIGTERM)
            found = t.finish(10)
            s.check(found == status, f"{sig.name}: status {found}, not {status}")
        s.wait_until(lambda pid=relay: not is_there(pid), f"{sig.name}: the process that passes signals on is left")


# ---- capabilities instead of root ----

def by_capabilities(s, binary, caps):
    """A setup in which it is started as nobody, with these."""
    script = os.path.join(s.directory, "as-nobody")
    os.chmod(s.directory, 0o755)
    caps = ",".join(["-all", *(f"+{cap.removeprefix('CAP_').lower()}" for cap in caps)])
    with open(script, "w") as file:
        file.write(f"#!/bin/sh\nexec setpriv --reuid={NOBODY.pw_uid} --regid={NOBODY.pw_gid} --clear-groups "
                   f"--inh-caps={caps} --ambient-caps={caps} --bounding-set={caps} {binary} \"$@\"\n")
    os.chmod(script, 0o755)
    setup = copy.copy(s.setup)
    setup.binary = script
    return setup


def probes(s):
    result = s.exittrace(*s.tier(), "--probes")
    return next(line.split()[1:] for line in result.stdout.splitlines() if line.startswith("needs: "))


@alone(once="turn", seconds=60)
def capabilities_instead_of_root(s):
    """With what --probes tells, and not one more, it sees the same through the same doors."""
    caps, binary = probes(s), shutil.copy(s.setup.binary, s.directory)
    with s.trace("-a") as t:
        t.stop()
    s.setup = by_capabilities(s, binary, caps)
    with s.trace("-a") as t:
        found = status_of(t.process.pid)
        want = left(NOBODY.pw_uid, NOBODY.pw_gid, CapBnd=found["CapBnd"])  # emptying it takes CAP_SETPCAP
        check_left(s, t.process.pid, want)
        killed = s.die("wait").word("ready")
        s.send(SIGTERM, killed)
        s.reap(killed, {"exit.signal": 15})
        s.settle(t)
    doors, of_root = t.records[0]["probes"], s.tracers[0].records[0]["probes"]
    s.check(doors == of_root, f"{doors}, root has {of_root}")
    result = s.exittrace("-q", "-o", "/dev/null", "--", DIE, "exit", 3)
    s.check(result.returncode == 3, f"a command of nobody's: {result}")
    for each in {"CAP_BPF", "CAP_PERFMON"} & set(caps):
        s.setup = by_capabilities(s, binary, [cap for cap in caps if cap != each])
        one_line(s, s.exittrace("-a", "-d", "0.1"), 77, each)


# ---- replays ----

def while_it_reads(s, user=None):
    """The status of exittrace in the middle of a recording, which comes through a FIFO."""
    path, fifo = os.path.join(HERE, "streams"), os.path.join(s.directory, "fifo")
    stream = next(os.path.join(path, name) for name in sorted(os.listdir(path)) if name.endswith(".stream"))
    binary = shutil.copy(s.setup.binary, s.directory)
    os.chmod(s.directory, 0o755)
    os.mkfifo(fifo)
    os.chmod(fifo, 0o644)
    more = {"user": user, "group": user, "extra_groups": []} if user else {}
    with subprocess.Popen([binary, "-j", "--replay", fifo], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **more) as process:
        with open(stream, "rb") as source, open(fifo, "wb", buffering=0) as pipe:
            content = source.read()
            pipe.write(content[:100])
            s.wait_until(lambda: status_of(process.pid)["Seccomp"] == ["2"], "no seccomp in a replay")
            found = status_of(process.pid)
            check_left(s, process.pid, left(user or NOBODY.pw_uid, user or NOBODY.pw_gid, CapBnd=found["CapBnd"]))
            pipe.write(content[100:])
        out = process.communicate()[0]
    os.unlink(fifo)
    with open(stream.removesuffix(".stream") + ".json", "rb") as file:
        s.check(out == file.read(), "other records than the stream has")
    return found


@alone(once="kernel")
def replays(s):
    found = while_it_reads(s)
    s.check(found["CapBnd"] == ["0" * 16], f"of root: {found}")
    while_it_reads(s, user=4242)


# ---- what is refused ----

@alone(once="kernel")
def what_is_refused(s):
    """The kernel does what the sandbox asks of it: files, sockets, code, signals."""
    for name in "test_sandbox", "test_privileges", "test_relay":
        path = os.path.join(HERE, "..", "build", "tests", "unit", name)
        result = subprocess.run([path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        s.check(result.returncode == 0, result.stdout)
