# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Storms of deaths of every kind. What the kernel's process accounting counts = records + lost, each told once."""
import collections
import contextlib
import json
import os
import select
import shutil
import subprocess
import threading
import time
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM

from cases import KERNELS, alone, records
from cases.crowds import Accounting
from cases.scene import STORM, TINY, cgroup_mount
from cases.tracer import Failed, Skipped, Tracer

# An emulated machine makes some 300 deaths a second: there, few of each kind, on these kernels only
# What exittrace may need at most for itself, whatever happens
MEMORY_KIB = 16 << 10


class Counter(Tracer):
    """Keeps of a death what is needed to count it: there are too many of them."""

    def __init__(self, *args, **more):
        self.told = collections.defaultdict(collections.Counter)
        self.problems, self.without_reap, self.last, self.reader = [], 0, collections.deque(maxlen=AFTER), None
        super().__init__(*args, **more)

    def keep(self, record):
        if record["type"] == "death":
            self.take_death(record)
        else:
            self.records.append(record)

    def take_death(self, record):
        name, pid = record["process"]["comm"], record["process"]["pid"]
        self.told[name][pid, record["exit"]["raw"]] += 1
        how = records.dig(record, "reap.how")
        if records.is_missing(record, "reap"):
            self.without_reap += 1  # told when it came to light that the reap was lost
        else:
            self.last.append((pid, record["exit"]["raw"]))
        if name.startswith("et-") and how == "unreaped":
            self.problems.append(f"said to be unreaped: {records.short(record)}")
        if not name.startswith("et-"):
            super().keep(record)

    def read_output(self):
        if self.reader:
            self.reader.wait(30)
        with open(self.output, "rb") as file:
            for line in file:
                self.take(json.loads(line))

    def bye(self):
        return self.records[-1]

    def check(self):
        problems = self.problems + self.audit.verdict()
        if problems:
            raise Failed(f"the output as a whole: {'; '.join(problems[:5])} ({len(problems)} in all)")

    def status(self, key):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(key + ":"))

    def calls(self):
        """(bytes written, system calls that did)"""
        with open(f"/proc/{self.process.pid}/io") as file:
            numbers = dict(line.split(": ") for line in file)
        return int(numbers["wchar"]), int(numbers["syscw"])


@contextlib.contextmanager
def counted(s, *options, **more):
    """exittrace and the kernel count the same."""
    with Accounting(os.path.join(s.directory, "acct")) as accounting:
        more.setdefault("output", os.path.join(s.directory, "records"))
        with Counter(s.setup, *options, **more) as t:
            yield accounting, t


def deaths(accounting):
    """name -> a Counter of pid and status"""
    found = collections.defaultdict(collections.Counter)
    for name, pid, status in accounting.entries():
        found[name][pid, status] += 1
    return found


def begin(s, mode, *args):
    return s.start(STORM, *args, mode)


def end(s, process, seconds=60):
    """What it says of itself once it is over."""
    said = process.read_all(s.setup.seconds(seconds))
    s.check(process.reap()[1] == 0, f"{process.argv[1:]} failed: {said}")
    return json.loads(said)


def blow(s, mode, *args, seconds=60):
    return end(s, begin(s, mode, *args), seconds)["number"]


def compare(s, storm, accounting, tracer, name, number):
    """One storm of several: what was lost may be of any of them."""
    died, told = deaths(accounting)[name], tracer.told[name]
    s.check(died.total() == number, f"{storm}: {number} have died, accounting counts {died.total()}")
    missing = died.total() - told.total()
    s.count(storm, died, told, missing)
    return missing


def compare_all(s, accounting, tracer, numbers):
    """numbers: storm -> how many died; by name they are et-STORM."""
    missing = sum(compare(s, storm, accounting, tracer, f"et-{storm}", number) for storm, number in numbers.items())
    lost = tracer.bye()["lost"]
    s.check(missing <= lost, f"{missing} have no record, but only {lost} are said to be lost")


# ---- one kind after the other ----

def kinds(s):
    """storm, mode, number natively and in a guest, options"""
    everywhere = ["-j", os.cpu_count(), "-c", 0]
    return (("forks", "fork", 40000, 400, [*everywhere, "-b", 16]),
            ("signals", "signal", 10000, 100, [*everywhere, "-b", 16]),
            ("vforks", "vfork", 20000, 200, everywhere),
            ("execs", "exec", 4000, 40, everywhere),
            ("spawns", "spawn", 4000, 40, everywhere),
            ("threads-exit", "threads", 20, 2, ["-t", 1000, "-j", 2]),
            ("threads-kill", "threads-kill", 20, 2, ["-t", 1000, "-j", 2]),
            ("threads-self", "threads-leave", 20, 2, ["-t", 1000, "-j", 2]))


def one_kind(s, storm, mode, number, options):
    """A program to exec has the name of the storm, too."""
    name, program = f"et-{storm}", os.path.join(s.directory, f"et-{storm}")
    shutil.copy(TINY, program)
    return blow(s, mode, "-n", number, "-N", name, "-e", program, *options)


@alone(once="turn", seconds=150, kernels=KERNELS)
def of_every_kind(s):
    numbers = {}
    with counted(s, "-a") as (accounting, t):
        for storm, mode, native, guest, options in kinds(s):
            numbers[storm] = one_kind(s, storm, mode, guest if s.setup.guest else native, options)
        numbers["bomb"] = blow_up(s, *((40, 4) if s.setup.guest else (300, 2)))
        memory = t.status("VmHWM")
        t.stop()
    compare_all(s, accounting, t, numbers)
    s.check(memory <= MEMORY_KIB, f"exittrace needed {memory} KiB, more than {MEMORY_KIB}")


# ---- a fork bomb ----

def pids_cgroup():
    """Where there is a controller of pids: a mount of v1, None for the one of v2."""
    with contextlib.suppress(Skipped):
        return cgroup_mount(1, "pids")
    with open(os.path.join(cgroup_mount(2), "cgroup.subtree_control")) as file:
        if "pids" not in file.read().split():
            raise Skipped("no cgroup controller of pids")
    return None


def is_stopped(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


def kill_by_hand(group):
    """One pass; whether there was nobody. Who is stopped is not exiting: before 5.17 a SIGKILL that comes early in _exit()
    breaks the write of process accounting, which then counts too few."""
    pids = [int(pid) for pid in group.read("cgroup.procs").split()]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            os.kill(pid, SIGKILL if is_stopped(pid) else SIGSTOP)
    return not pids


def kill_all(s, group):
    """cgroup.kill, or by hand as long as there are new ones."""
    if group.has("cgroup.kill"):
        group.write("cgroup.kill", 1)
        return
    group.write("pids.max", 0)
    s.wait_until(lambda: kill_by_hand(group), "the bomb cannot be killed", 20)


def blow_up(s, limit, seconds):
    """A bomb in a cgroup that holds so many, for a while; how many died of it."""
    with s.cgroup(pids_cgroup()) as group:
        group.write("pids.max", limit)
        bomb = begin(s, "bomb", "-N", "et-bomb")
        group.add(int(bomb.line()))
        bomb.go()
        time.sleep(seconds)
        kill_all(s, group)
        said = end(s, bomb)
    s.check(said["refused"] > 0 and said["number"] > limit, f"that was no bomb: {said}")
    return said["number"]


# ---- zombies ----

@contextlib.contextmanager
def room_for(s, number):
    """pids for so many, for a while."""
    with open("/proc/sys/kernel/pid_max") as file:
        enough = int(file.read()) > 2 * number
    with contextlib.nullcontext() if enough else s.file("/proc/sys/kernel/pid_max", str(3 * number)):
        yield


@alone(once="turn", seconds=300, kernels=KERNELS)
def zombies(s):
    """50,000 at the same time, one record each, in bounded memory; what cannot wait for its reap is counted. So many
    take a busy machine a minute and a half to make, without us. In a guest 1,500: there each takes 3 ms to fork and as
    long again to be read here."""
    number = 1500 if s.setup.guest else 50000
    with counted(s, "-a") as (accounting, t), room_for(s, number):
        dead = begin(s, "zombies", "-n", number, "-N", "et-zombies").word("ready", s.setup.seconds(140))
        time.sleep(0.5)
        memory = t.status("VmHWM")
        dead.go()
        end(s, dead, 140)
        t.stop()
    compare_all(s, accounting, t, {"zombies": number})
    bye = t.bye()
    s.check(bye["early"] <= t.without_reap <= bye["early"] + bye["lost_by_stage"]["reaps"],
            f"{t.without_reap} records without a reap, {bye['early']} could not wait, lost: {bye['lost_by_stage']}")
    s.check(memory <= MEMORY_KIB, f"{number} zombies: exittrace needed {memory} KiB, more than {MEMORY_KIB}")


# ---- somebody stops ----

NAME = "et-stop"  # exittrace looks at these only, so that what it loses is one of them
AFTER = 20


def wait_until_quiet(s, path):
    """Nothing more is written for a while."""
    before, since = -1, time.monotonic()

    def quiet():
        nonlocal before, since
        size = os.path.getsize(path)
        if size != before:
            before, since = size, time.monotonic()
        return time.monotonic() - since > (1 if s.setup.guest else 0.5)
    s.wait_until(quiet, "exittrace never comes to rest", 30)


@contextlib.contextmanager
def on_hold(pid):
    """A process of this case that stays stopped would be waited for without end."""
    os.kill(pid, SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, SIGCONT)


def storm_with_a_stop(s, pid):
    """Stops that process for 2 s; how many died."""
    storm = begin(s, "vfork", "-j", os.cpu_count(), "-c", 0, "-s", s.setup.seconds(20), "-n", 10 ** 7, "-N", NAME)
    time.sleep(1)
    with on_hold(pid):
        time.sleep(2)
        s.check(not select.select([storm.out], [], [], 0)[0], "the storm was over before the stop")
    time.sleep(1.5)
    os.kill(storm.pid, SIGTERM)
    return end(s, storm)["number"]


def judge_stop(s, storm, accounting, t, pid):
    number = storm_with_a_stop(s, pid)
    wait_until_quiet(s, t.output)
    number += blow(s, "fork", "-n", AFTER, "-N", NAME)
    t.stop()
    entries = [entry[1:] for entry in accounting.entries() if entry[0] == NAME]
    s.check(len(entries) == number, f"{number} have died, accounting counts {len(entries)}")
    s.count(storm, collections.Counter(entries), t.told[NAME], t.bye()["lost"])
    s.check(list(t.last) == entries[-AFTER:], f"afterwards died {entries[-AFTER:]}, told was {list(t.last)}")


@alone(once="turn", seconds=90, kernels=KERNELS)
def stopped(s):
    """exittrace itself: what does not fit meanwhile is counted, and the stream goes on behind it."""
    with counted(s, "-n", NAME) as (accounting, t):
        judge_stop(s, "stopped", accounting, t, t.process.pid)


@alone(once="best", seconds=90, kernels=KERNELS[-1:])
def reader_stopped(s):
    """Who reads its output. That is no matter of the kernel."""
    path = os.path.join(s.directory, "records")
    with open(path, "wb") as file, subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file) as reader:
        with counted(s, "-n", NAME, stdout=reader.stdin, output=path) as (accounting, t):
            t.reader = reader
            reader.stdin.close()
            judge_stop(s, "reader-stopped", accounting, t, reader.pid)


# ---- as fast as it goes ----

RATE = 20000  # deaths a second


@alone(once="machine", where="native", seconds=60)
def fast(s):
    """20,000 deaths a second for 4 s, on all processors, written to a file: nothing is lost. Writes are large."""
    loops = os.cpu_count()
    with counted(s, "-a") as (accounting, t):
        before = t.calls()
        storm = begin(s, "vfork", "-j", loops, "-c", 0, "-r", RATE * 11 // 10 // loops, "-s", 4, "-n", 10 ** 7,
                      "-N", "et-fast")
        said = end(s, storm)
        written, calls = (after - earlier for after, earlier in zip(t.calls(), before))
        t.stop()
    rate = said["number"] / said["seconds"]
    died, told = deaths(accounting)["et-fast"], t.told["et-fast"]
    s.check(died.total() == said["number"], f"{said['number']} have died, accounting counts {died.total()}")
    s.count("fast", died, told, died.total() - told.total())
    s.check(not t.bye()["lost"], f"at {rate:.0f} deaths a second {t.bye()['lost']} of {died.total()} were lost")
    s.check(written >= 16384 * calls, f"{written} bytes in {calls} writes")
    s.note(f"{rate:.0f} deaths a second" + ("" if rate >= RATE else f", {RATE} were out of reach"))


@alone(once="turn", seconds=60, kernels=KERNELS)
def no_false_zombies(s):
    """Each is reaped at once. When exittrace ends in the middle of it, it does not say otherwise of the last ones: one
    a loop may be a zombie at that moment."""
    loops = os.cpu_count()
    with counted(s, "-a", "-n", "storming") as (_, t):
        storm = begin(s, "fork", "-j", loops, "-s", 60, "-n", 10 ** 7, "-N", "storming")
        time.sleep(1)
        t.stop()
        s.check(not select.select([storm.out], [], [], 0)[0], "the storm was over too early")
    hows = collections.Counter(records.dig(record, "reap.how") for record in t.deaths())
    s.check(hows["waited"] > 20 and hows["unreaped"] <= loops, f"reaped: {dict(hows)}")
    s.note(f"{dict(hows)}")


@alone(once="turn", seconds=120, kernels=KERNELS[1:])
def begun_in_a_storm(s):
    """While it attaches one program after the other some see what others do not. Nobody who was reaped at once is told
    as a zombie or as still exiting, nor twice (the audit), nor at a second start. (In a guest each takes a minute.)"""
    loops = 1
    storm = begin(s, "fork", "-j", loops, "-s", 600, "-n", 10 ** 8, "-N", "storming")
    for _ in range(1 if s.setup.guest else 2):
        with s.trace("-a", "-n", "storming", "--zombie-after", "1s", "--dying-after", "1s") as t:
            time.sleep(2)
            t.stop()
            hows = collections.Counter(records.dig(record, "reap.how") for record in t.deaths())
            interim = [(each["type"], each["id"]) for each in t.records if each["type"] in ("zombie", "dying")]
            s.check(len(interim) <= loops, f"interim: {interim[:5]}")  # listed in the moment when it was one
            s.check(hows["waited"] > 20 and hows["unreaped"] <= loops, f"reaped: {dict(hows)}")
    s.check(not select.select([storm.out], [], [], 0)[0], "the storm was over too early")


@contextlib.contextmanager
def held_back(pid):
    """Lets it run but a small part of the time."""
    over = threading.Event()

    def hold():
        while not over.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, SIGSTOP)
                over.wait(1.5)
                os.kill(pid, SIGCONT)
            over.wait(0.005)
    thread = threading.Thread(target=hold)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@alone(once="machine", where="native", seconds=60)
def asked_to_stop(s):
    """A storm that exittrace is never done with ends when it is asked to, all the same. (It is not pinned: such a storm
    keeps the kernel from taking away what is attached, with or without us: membarrier() then takes as long.)"""
    with counted(s, "-n", "et-endless") as (_, t):
        storm = begin(s, "vfork", "-j", os.cpu_count(), "-s", 15, "-n", 10 ** 7, "-N", "et-endless")
        with held_back(t.process.pid):
            time.sleep(4)
            t.stop()
        s.check(not select.select([storm.out], [], [], 0)[0], "it ended only when the storm was over")
    if not t.bye()["lost"]:
        raise Skipped("on this machine too few die in a second to keep exittrace busy for ever")
    s.note(f"{t.bye()['records']} records, {t.bye()['lost']} lost")


@alone(once="machine", seconds=40)
def lone_death(s):
    """In a file and in a pipe soon after it is released."""
    within, worst = 2 if s.setup.guest else 0.05, 0
    path = os.path.join(s.directory, "records")
    with s.trace("-a") as piped, s.trace("-a", output=path) as filed:
        for _ in range(10):
            time.sleep(0.2)
            p = s.die("exit", 3)
            p.reap()
            begun, wanted = time.monotonic(), f'"pid":{p.pid},'.encode()
            seen = [None, None]
            while None in seen and time.monotonic() < begun + 10 * within:
                seen = [when or time.monotonic() - begun if there else None for when, there in
                        zip(seen, (p.pid in piped.by_pid, told_in(path, wanted)))]
                time.sleep(0.001)
            s.check(None not in seen and max(seen) <= within,
                    f"pipe and file had it after {seen} s, {within} were allowed")
            worst = max(worst, *seen)
        piped.stop()
        filed.stop()
    s.note(f"at most {worst * 1000:.0f} ms")


def told_in(path, wanted):
    with open(path, "rb") as file:
        return wanted in file.read()
