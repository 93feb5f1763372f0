# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Starts processes that die, takes the truth from the kernel, gives Expectations. Does not read records."""
import contextlib
import ctypes
import errno
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

from cases import audit, records, table, tally
from cases.tracer import Failed, Skipped, Tracer, Watch, take_text

# For these, waitid(WNOWAIT) of older kernels (seen on 5.10) tells what the leader said, not what the process died of.
LEADER_FIRST = ("leader-first",)
TICK_NS = 10 ** 9 // os.sysconf("SC_CLK_TCK")
BOOT_ID = open("/proc/sys/kernel/random/boot_id").read().strip()
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DIE = os.path.join(HERE, "..", "build", "tests", "die")
ENDED = os.path.join(HERE, "..", "build", "tests", "ended")
MANY = os.path.join(HERE, "..", "build", "tests", "many")
STORM = os.path.join(HERE, "..", "build", "tests", "storm")
TINY = os.path.join(HERE, "..", "build", "tests", "tiny")
FUSE = os.path.join(HERE, "..", "build", "tests", "fuse")
LIBC = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2


def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def stat_fields(pid):
    """/proc/PID/stat from the third field on: state is 0, start time 19."""
    with open(f"/proc/{pid}/stat", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


SCHED_DEADLINE = 6


def scheduled(pid):
    """Its nice value, and its class of the scheduler"""
    fields = stat_fields(pid)
    return int(fields[16]), int(fields[38])


def try_narrow(*argv):
    """A program of 32 bits; the case is skipped where they cannot be run."""
    if os.uname().machine != "x86_64":
        raise Skipped("another architecture's 32-bit programs are not built")
    try:
        return subprocess.run(argv, stdout=subprocess.DEVNULL, check=False)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        raise Skipped(f"this kernel runs no 32-bit programs: {error.strerror}") from None


def comm(pid):
    with open(f"/proc/{pid}/comm") as file:
        return file.read().rstrip("\n")


def descriptors(pid):
    """fd -> its file, as the kernel shows them"""
    return {int(fd): os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}


def identity(pid, ticks=None):
    """The id of a process that is still there. The kernel shows its start time in ticks only."""
    ticks = int(stat_fields(pid)[19]) if ticks is None else ticks

    def holds(value, _):
        if not isinstance(value, str):
            return False
        boot, number, start = value.split(":")
        return boot == BOOT_ID and int(number) == pid and int(start) // TICK_NS == ticks
    return records.Check(f"<id of {pid}, started at tick {ticks}>", holds)


def stated(expect):
    """What a program states: "@PID:TICKS" is its word for an identity."""
    def value(text):
        if isinstance(text, str) and text.startswith("@"):
            return identity(*map(int, text[1:].split(":")))
        return text
    return {key: value(text) for key, text in expect.items()}


class Shared:
    """A value that several records must have in common, whatever it is, and others must not have."""

    def __init__(self, *others):
        self.value, self.others = None, others

    def check(self):
        def holds(value, _):
            self.value = self.value or value
            return isinstance(value, str) and value == self.value and all(value != each.value for each in self.others)
        return records.Check("the same as of the others, and of nobody else", holds)


# Whom and what a record may blame
BLAMED = ("cause.by", "cause.because_of", "cause.blast", "cause.cgroup", "cause.limit", "cause.syscall", "cause.tty",
          "cause.fault", "oom")


class Expectation:
    """One record, found by its type, its pid and time of birth. What it does not tell to be blamed may not be."""

    def __init__(self, pid, since, want, known, late=False, unseen=(), kind="death"):
        self.pid, self.known, self.late, self.kind = pid, known, late, kind
        self.want = want
        self.unseen = unseen  # keys that tracepoints alone may fail to show here
        self.window = (since, now())

    def found(self, tracer):
        return [r for r in tracer.of(self.pid, self.window, self.kind)
                if self.kind == "death" or r["thread"]["tid"] == self.want["thread.tid"]]

    def wanted(self):
        if not any(key.startswith("cause") for key in self.want):
            return self.want  # what it died of is not what it is about
        return {**{key: records.NOTHING for key in BLAMED if not self.tells_of(key)}, **self.want}

    def tells_of(self, key):
        return any(mine == key or mine.startswith(key + ".") or key.startswith(mine + ".") for mine in self.want)

    def problems(self, tracer, limits):
        if not self.known:
            return
        found = self.found(tracer)
        if len(found) != 1:
            yield f"{len(found)} {self.kind} records of pid {self.pid}, expected one with {self.want}"
        for record in found[:1]:
            wrong = records.differences(record, self.wanted(), limits=limits.and_unseen(self.unseen))
            if wrong:
                yield "; ".join(wrong) + "\n    in " + records.short(record)


class Process:
    """A child of ours, with a process group or a session of its own. Its words come through a pipe, a byte from us
    lets it go on."""

    def __init__(self, argv, way=None, group=0, session=False):
        self.argv, self.way, self.reaped = argv, way, False
        self.since = now()
        self.go_fd, self.said = None, b""
        stdin, self.go_fd = os.pipe()
        self.out, stdout = os.pipe()
        for fd in (self.go_fd, self.out):
            os.set_inheritable(fd, False)
        actions = [(os.POSIX_SPAWN_DUP2, stdin, 0), (os.POSIX_SPAWN_DUP2, stdout, 1)]
        place = {"setsid": True} if session else {"setpgroup": group}
        self.pid = os.posix_spawn(argv[0], argv, {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}, file_actions=actions,
                                  **place)
        self.group = group or self.pid
        os.close(stdin)
        os.close(stdout)
        self.start = identity(self.pid)

    def word(self, word, seconds=20):
        """Waits until it has said so."""
        wanted = word.encode() + b"\n"
        while wanted not in self.said:
            if not self.read(seconds):
                raise Failed(f"{self.argv[1:]} (pid {self.pid}) never said '{word}'")
        self.said = self.said.replace(wanted, b"", 1)
        return self

    def line(self, seconds=20):
        while b"\n" not in self.said:
            if not self.read(seconds):
                raise Failed(f"{self.argv[1:]} (pid {self.pid}) says nothing more")
        line, _, self.said = self.said.partition(b"\n")
        return line.decode()

    def read(self, seconds):
        if not select.select([self.out], [], [], seconds)[0]:
            raise Failed(f"{self.argv[1:]} (pid {self.pid}) hangs")
        piece = os.read(self.out, 65536)
        self.said += piece
        return piece

    def read_all(self, seconds=20):
        while self.read(seconds):
            pass
        return self.said.decode()

    def go(self):
        os.write(self.go_fd, b"x")

    def until_dead(self, seconds=20):
        """What waitid() says; it stays a zombie."""
        fd = os.pidfd_open(self.pid)
        try:
            if not select.select([fd], [], [], seconds)[0]:
                raise Failed(f"{self.argv[1:]} (pid {self.pid}) does not die")
        finally:
            os.close(fd)
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    def reap(self):
        """(siginfo, raw status, rusage) once it is gone."""
        info = self.until_dead()
        _, raw, usage = os.wait4(self.pid, 0)
        self.reaped = True
        self.close()
        return info, raw, usage

    def close(self):
        for fd in (self.go_fd, self.out):
            if fd is not None:
                os.close(fd)
        self.go_fd = self.out = None

    def end(self):
        if not self.reaped:
            os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.group, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.reaped = True
        self.close()


def known_ways():
    """way -> (the program that knows it, what the record of it must hold)"""
    return {name: (program, json.loads(expect)) for program in (DIE, ENDED)
            for name, _, expect in (line.partition(" ") for line in os.popen(f"{program} --list").read().splitlines())}


def cgroup_mount(version, controller=None):
    with open("/proc/self/mounts") as file:
        mounts = [line.split() for line in file]
    wanted = "cgroup2" if version == 2 else "cgroup"
    for fields in mounts:
        if fields[2] == wanted and (not controller or version == 2 or controller in fields[3].split(",")):
            return fields[1]
    raise Skipped(f"no {wanted} with {controller} mounted" if controller else f"no {wanted} mounted")


class Cgroup:
    def __init__(self, name, mount=None, parent=""):
        mount = mount or cgroup_mount(2)
        self.path, self.directory = f"{parent}/{name}", f"{mount}{parent}/{name}"
        self.mount, self.children = mount, []
        os.mkdir(self.directory)
        self.inode = os.stat(self.directory).st_ino

    def child(self, name):
        self.children.append(Cgroup(name, self.mount, self.path))
        return self.children[-1]

    def has(self, name):
        return os.path.exists(f"{self.directory}/{name}")

    def write(self, name, value):
        with open(f"{self.directory}/{name}", "w") as file:
            file.write(str(value))

    def read(self, name):
        with open(f"{self.directory}/{name}") as file:
            return file.read()

    def counter(self, name, key):
        """One of a file with lines of key and number"""
        return next((int(number) for word, number in map(str.split, self.read(name).splitlines()) if word == key), None)

    def add(self, pid):
        self.write("cgroup.procs", pid)

    def remove(self):
        """The last of its processes may not be quite gone."""
        for child in self.children:
            child.remove()
        for _ in range(100):
            try:
                return os.rmdir(self.directory)
            except OSError:
                time.sleep(0.05)
        raise Failed(f"cannot remove {self.directory}")


class Counting:
    """tests/fuse.c: what it says of FLUSH and RELEASE is not exittrace's word."""

    def __init__(self, scene):
        self.directory = os.path.join(scene.directory, "fuse")
        os.mkdir(self.directory)
        load_module("fuse", "/dev/fuse")
        self.server = scene.start(FUSE, self.directory).word("ready")
        with open("/proc/self/mounts") as file:
            self.type = next(words[2] for words in map(str.split, file) if words[1] == self.directory)

    def path(self, name):
        return os.path.join(self.directory, name)

    def counts(self):
        os.write(self.server.go_fd, b"\n")
        return json.loads(self.server.line())

    def flushes(self, since=None):
        """(all, of each path) of which there were some, since an earlier answer"""
        now, before = self.counts(), since or {}
        new = {name: each["flush"] - before.get(name, {"flush": 0})["flush"] for name, each in now.items()}
        return new.pop("total"), {self.path(name): number for name, number in new.items() if number}

    def end(self):
        """Whoever waits for an answer gets an error: no mount stays, and nothing hangs."""
        self.server.end()
        LIBC.umount2(self.directory.encode(), MNT_DETACH)


def load_module(name, device):
    if not os.path.exists(device):
        subprocess.run(["modprobe", name], capture_output=True, check=False)
    if not os.path.exists(device):
        raise Skipped(f"this kernel has no {device}")


class Scene:
    """What a case acts in: its processes, a directory, the expectations it leaves."""
    ways = None

    def __init__(self, setup, name, rows=()):
        self.setup, self.name = setup, name
        self.limits = table.Limits(setup, rows)
        self.processes, self.expectations, self.tracers, self.watches = [], [], [], []
        self.tallies = []  # lines for tally.py
        self.notes = []  # what is worth saying when all is well
        self.directory = tempfile.mkdtemp(prefix="exittrace-test-", dir="/dev/shm")
        self.since = now()
        self.tracing = True
        if Scene.ways is None:
            Scene.ways = known_ways()

    # ---- exittrace ----

    def tier(self):
        return ["--tier", self.setup.tier] if self.setup.tier else []

    def trace(self, *options, **more):
        self.tracers.append(Tracer(self.setup, *options, **more))
        return self.tracers[-1]

    def watch(self, *options):
        self.watches.append(Watch(self.setup, *self.tier(), *options))
        return self.watches[-1]

    def exittrace(self, *options, binary=None, stdout=subprocess.PIPE, unaudited=None, **more):
        """To its end. What it says is audited, unless there is a reason."""
        argv = [binary or self.setup.binary, *map(str, options)]
        try:
            result = subprocess.run(argv, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False,
                                    timeout=self.setup.seconds(15), **{"input": "", **more})
        except subprocess.TimeoutExpired:
            raise Failed(f"does not end: {' '.join(argv)}") from None
        if "-j" in argv:
            self.audit(argv, result, unaudited, binary)
        return result

    @staticmethod
    def audit(argv, result, unaudited, binary):
        run = audit.Run(argv)
        if unaudited:
            run.excuse(unaudited)
        elif "-o" in argv and not binary:  # what is in front of exittrace has options of its own
            with open(argv[argv.index("-o") + 1]) as file:
                take_text(run, file.read())
        else:
            take_text(run, result.stdout)

    # ---- judging ----

    @staticmethod
    def check(condition, text):
        if not condition:
            raise Failed(text)

    def wait_until(self, holds, text, seconds=5):
        deadline = time.monotonic() + self.setup.seconds(seconds)
        while not holds():
            self.check(time.monotonic() < deadline, text)
            time.sleep(0.01)

    def match(self, record, want):
        wrong = records.differences(record, want, limits=self.limits)
        self.check(not wrong, "; ".join(wrong) + "\n    in " + records.short(record))

    def settle(self, tracer):
        """Waits for what is expected, ends the tracer, compares."""
        tracer.wait_for_pids({each.pid for each in self.expectations if each.known and not each.late})
        tracer.stop()
        self.judge(tracer)

    def judge(self, tracer, pids=None):
        wrong = [problem for each in self.expectations if pids is None or each.pid in pids
                 for problem in each.problems(tracer, self.limits)]
        wrong += self.surprises(tracer)
        more = f"\n    and {len(wrong) - 4} more" if len(wrong) > 4 else ""
        self.check(not wrong, "\n    ".join(wrong[:4]) + more)

    def surprises(self, tracer):
        """A process of which one thread was killed alone: nobody else may be said to be one."""
        expected = {each.pid for each in self.expectations if each.kind == "warning"}
        for each in self.expectations:
            if each.known and each.pid not in expected and tracer.of(each.pid, each.window, "warning"):
                yield f"a warning about pid {each.pid}"

    def note(self, text):
        self.notes.append(text)

    def count(self, storm, deaths, kept, lost):
        """How a storm came out; Failed unless all are there. `deaths`, `kept`: Counters of what died and was told."""
        right = kept <= deaths and deaths.total() == kept.total() + lost
        self.tallies.append(tally.cell(storm, self.setup.kernel, self.setup.tier, deaths.total(), kept.total(), lost,
                                       right))
        self.check(right, f"{storm}: accounting counts {deaths.total()}, records {kept.total()}, lost {lost}; "
                          f"without a record {list(deaths - kept)[:3]}, too many {list(kept - deaths)[:3]}")

    # ---- acting ----

    def start(self, *argv, way=None, **place):
        path = shutil.which(argv[0]) if "/" not in argv[0] else argv[0]
        process = Process([path, *map(str, argv[1:])], way, **place)
        self.processes.append(process)
        return process

    def die(self, way, *args, name="die", **place):
        return self.start(self.ways[way][0], "--comm", name, way, *args, way=way, **place)

    def send(self, sig, process, how="send", *more, name="killer"):
        """A process of its own that sends a signal and is gone; the sender."""
        sender = self.die(how, int(sig), process.pid, *more, name=name)
        self.reap(sender)
        return sender

    def reap(self, process, want=None, late=False):
        """Waits for a child of ours: what the parent saw must be in the record, and what its way says, and `want`."""
        info, raw, _ = process.reap()
        if process.way not in LEADER_FIRST:
            self.check_oracle(info, raw)
        expect = {"id": process.start, "process.pid": process.pid, **records.exit_group(raw),
                  "parent.pid": os.getpid(), "parent.id": identity(os.getpid()),
                  "reap.how": "waited", "reap.by.pid": os.getpid(), "reap.by.id": identity(os.getpid()),
                  **self.ways.get(process.way, (None, {}))[1], **(want or {})}
        self.expect(process.pid, expect, late=late)

    def family(self, way, *args, want=None, unseen=()):
        """Runs `die WAY` to its end; what it states about its children is expected."""
        process = self.die(way, *args)
        return process, self.end_family(process, want, unseen)

    def end_family(self, process, want=None, unseen=()):
        lines = [json.loads(line) for line in process.read_all().splitlines()]
        self.reap(process)
        if not lines:
            raise Failed(f"{process.argv[1:]} stated nothing")
        own = self.expectations[-1]
        for each in lines:
            if each["pid"] == process.pid:
                own.want.update({**stated(each["expect"]), **(want or {})})
                own.unseen = unseen
            else:
                self.expect(each["pid"], {**stated(each["expect"]), **(want or {})}, unseen=unseen)
        return lines

    @staticmethod
    def stated(process):
        """The pid of the first child that a process, still there, has stated."""
        while b"\n" not in process.said:
            if not process.read(20):
                raise Failed(f"{process.argv[1:]} stated nothing")
        return json.loads(process.said.splitlines()[0])["pid"]

    def many_process(self, crowd, number, seconds=30):
        """(the parent of the crowd, what it told: pid, raw, si_code, si_status, how, detail)"""
        process = self.start(MANY, crowd, number)
        lines = process.read_all(self.setup.seconds(seconds)).splitlines()
        self.reap(process, {"exit.code": 0})
        self.check(lines, f"many {crowd} told nothing")
        return process, [tuple(map(int, line.split()[:4])) + tuple(line.split()[4:]) for line in lines]

    def many(self, crowd, number, seconds=30):
        return self.many_process(crowd, number, seconds)[1]

    # ---- places, put back as they were ----

    @contextlib.contextmanager
    def cgroup(self, mount=None):
        group = Cgroup(f"exittrace-test-{os.getpid()}-{len(self.expectations)}", mount)
        try:
            yield group
        finally:
            self.end_processes()
            group.remove()

    @contextlib.contextmanager
    def file(self, path, content):
        """A setting of the whole machine, for a while."""
        with open(path) as file:
            before = file.read()
        try:
            with open(path, "w") as file:
                file.write(content)
        except OSError as error:
            raise Skipped(f"cannot write {path}: {error.strerror}") from None
        try:
            yield
        finally:
            with open(path, "w") as file:
                file.write(before)

    @contextlib.contextmanager
    def core_pattern(self, pattern=None):
        """Core files go to a directory, which it gives, or where the pattern says."""
        directory = os.path.join(self.directory, "cores")
        os.makedirs(directory, exist_ok=True)
        # the newline: an empty pattern is one too
        with self.file("/proc/sys/kernel/core_pattern", f"{directory}/core.%p\n" if pattern is None else f"{pattern}\n"):
            yield directory

    @contextlib.contextmanager
    def counting(self):
        fuse = Counting(self)
        try:
            yield fuse
        finally:
            fuse.end()

    def expect(self, pid, want, **more):
        self.expectations.append(Expectation(pid, self.since, want, self.tracing, **more))

    def expect_warning(self, pid, tid, want):
        """One thread was killed alone, its process went on without it."""
        self.expect(pid, {"thread.tid": tid, "process.pid": pid, **want}, kind="warning")

    def expectation(self, pid):
        return next(each for each in reversed(self.expectations) if each.pid == pid)

    @staticmethod
    def check_oracle(info, raw):
        """The two calls that tell a parent agree, or the test is wrong."""
        number = raw & 0x7f
        told = (os.CLD_EXITED, raw >> 8) if not number else (
            os.CLD_DUMPED if raw & 0x80 else os.CLD_KILLED, number)
        if told != (info.si_code, info.si_status):
            raise Failed(f"waitid() and wait4() disagree: {info} {raw:#x}")

    def end_processes(self):
        for process in self.processes:
            process.end()

    def end(self):
        for each in self.watches:
            each.end()
        self.end_processes()
        shutil.rmtree(self.directory, ignore_errors=True)


def by(process, prefix="cause.by"):
    """The expectation that this process of ours is named."""
    return {f"{prefix}.pid": process.pid, f"{prefix}.id": process.start}
