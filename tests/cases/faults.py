# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What goes wrong around exittrace, or with it. Nothing crashes, what is lost is counted, the exit status tells.

tests/README.md has the table of faults. The truth audit looks at every run here, too."""
import contextlib
import glob
import json
import os
import re
import resource
import select
import subprocess
import sys
import time
from signal import SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM

from cases import KERNELS, QUICK, alone, audit, records, row
from cases.leftovers import check_nothing_left
from cases.records import at_least, between, has
from cases.scene import HERE, LIBC, MANY, SCHED_DEADLINE, TINY, by, cgroup_mount, scheduled, try_narrow
from cases.storms import begin, blow, counted, end, wait_until_quiet
from cases.tracer import Failed, Skipped, take_text

BUILT = os.path.join(HERE, "..", "build", "tests")
ENDED32 = os.path.join(BUILT, "ended32")
SIGNALS = (SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGKILL)
LOST = re.compile(r"(\d+) records? not written")


# ---- exittrace is ended, at every stage ----

class Short:
    """An exittrace that is to be ended at some moment, in a session of its own."""

    def __init__(self, s, *options, command=()):
        self.setup, self.path = s.setup, os.path.join(s.directory, "records")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.argv = [s.setup.binary, "-j", *s.tier(), "-o", self.path, *options, *(["--", *command] if command else [])]
        self.said = os.path.join(s.directory, "said")  # no pipe: its command may outlive it, and keep that open
        with open(self.said, "w") as file:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stderr=file, start_new_session=True)

    def send(self, sig):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(sig)

    def end(self):
        """Its status and what it said to people; None: it had to be killed"""
        try:
            status = self.process.wait(self.setup.seconds(10))
        except subprocess.TimeoutExpired:
            status = None
            self.process.kill()
            self.process.wait()
        with open(self.said) as file:
            return status, file.read()

    def written(self):
        with contextlib.suppress(FileNotFoundError), open(self.path) as file:
            return file.read()
        return ""

    def left(self):
        """Who of its session is still there"""
        found = []
        for path in glob.glob("/proc/[0-9]*/stat"):
            with contextlib.suppress(OSError), open(path) as file:
                name, _, rest = file.read().partition("(")[2].rpartition(")")
                if int(rest.split()[3]) == self.process.pid:
                    found.append((name, int(path.split("/")[2])))
        return found


def end_one(s, sig, delay, *options, command=()):
    """One that gets a signal after a while. Ended well it has told all, else nothing; its command, by others than
    SIGKILL, is gone with it."""
    short = Short(s, *options, command=command)
    time.sleep(delay)
    short.send(sig)
    while command and sig in (SIGINT, SIGQUIT) and short.process.poll() is None:
        time.sleep(0.05)
        short.send(sig)  # the first is left to the command; two at once are one
    status, said = short.end()
    what = f"{sig.name} after {delay * 1000:.0f} ms, {short.argv[1:]}"
    s.check(status is not None, f"{what}: does not end")
    well = (0, 128 + sig) if command else (0,)
    s.check(status in (*well, -sig), f"{what}: status {status}: {said}")
    text = short.written()
    if status != -sig:
        take_text(audit.Run(short.argv), text)
    elif sig != SIGKILL:
        s.check(not text, f"{what}: killed by it, though it had begun: {text[-200:]}")
    check_session(s, short, what, command)
    return status


def check_session(s, short, what, command):
    """A command that runs may outlive exittrace, as it does strace; nobody may wait for exittrace for ever."""
    def nobody():
        return [each for each in short.left() if each[0] != "sleep"]
    s.wait_until(lambda: not nobody(), f"{what}: left behind {nobody()}", 5)
    for _, pid in short.left():
        s.check(command, f"{what}: somebody is left")
        os.kill(pid, SIGKILL)


def delays(s):
    """Over all of the start, which takes some 70 ms here, and a second or more in a guest"""
    return [step * 0.5 for step in range(4)] if s.setup.guest else [step * 0.01 for step in range(13)]


@alone(once="turn", seconds=100, kernels=KERNELS)
def ended_while_it_starts(s):
    ends = {sig.name: [end_one(s, sig, delay, "-a") for delay in delays(s)]
            for sig in ((SIGTERM, SIGKILL) if s.setup.guest else SIGNALS)}
    check_nothing_left(s, "signals while it starts")
    s.check(0 in ends["SIGTERM"], f"it was never well: {ends}")
    s.note(f"{sum(map(len, ends.values()))} ends, {sum(status == 0 for each in ends.values() for status in each)} with totals")


@alone(once="machine", where="native", seconds=100)
def ended_with_its_command(s):
    """Its command is ended with it, or goes on alone; it is never left waiting to be started."""
    for sig in SIGNALS:
        for delay in delays(s)[::2]:
            end_one(s, sig, delay, command=["sleep", "60"])
    check_nothing_left(s, "signals to it and its command")


@alone(once="machine", where="native", seconds=60)
def ended_in_a_storm(s):
    """In the middle of it, and again while it ends. (In an emulator a storm keeps the kernel from letting go of what is
    attached for as long as it lasts.)"""
    storm = begin(s, "fork", "-s", 60, "-n", 10 ** 7, "-N", "et-end")
    wait = 0.3
    for sig in SIGNALS:
        end_one(s, sig, wait, "-a")
    short = Short(s, "-a")
    time.sleep(wait)
    short.send(SIGINT)
    time.sleep(0.003)
    short.send(SIGKILL)
    s.check(short.end()[0] in (0, -SIGKILL), "SIGKILL while it ends")
    storm.end()
    check_nothing_left(s, "signals in a storm")


# ---- its output ----

def complete_lines(path):
    """Those of deaths by this name; the last line may be cut"""
    with open(path, "rb") as file:
        return [json.loads(line) for line in file.read().split(b"\n")[:-1]]


def told(path, name):
    return sum(record["type"] == "death" and record["process"]["comm"] == name for record in complete_lines(path))


def check_full(s, path, options, limit, word):
    """A storm into a file for which there is no more room: one line of error says so, and how much is not there."""
    name, number = "et-full", 400 if s.setup.guest else 2000
    argv = [s.setup.binary, "-j", *s.tier(), "-n", name, *options]
    ready, tell = os.pipe()
    process = subprocess.Popen([*argv, "--ready-fd", str(tell)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True, pass_fds=[tell], preexec_fn=limit)  # pylint: disable=subprocess-popen-preexec-fn
    os.close(tell)
    s.check(os.read(ready, 1), "never attached")
    os.close(ready)
    blow(s, "fork", "-n", number, "-N", name)
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(SIGINT)
    said = process.communicate(timeout=s.setup.seconds(20))[1]
    s.check(process.returncode == 1 and said.count(word) == 1, f"status {process.returncode}: {said}")
    there, lost = told(path, name), int(LOST.search(said).group(1))
    s.check(0 < there < number and lost > 0 and there + lost <= number, f"{there} there, {lost} not, of {number}")
    s.note(f"{number} died, {there} are there, {lost} told as not written before it ended")


@alone(once="best", seconds=60, kernels=QUICK)
def disk_full(s):
    """A file system with 64 KiB, and a limit for files."""
    place = os.path.join(s.directory, "small")
    os.mkdir(place)
    if LIBC.mount(b"small", place.encode(), b"tmpfs", 0, b"size=64k"):
        raise Skipped("no tmpfs can be mounted")
    try:
        path = os.path.join(place, "records")
        check_full(s, path, ["-o", path], None, "No space left")
    finally:
        LIBC.umount2(place.encode(), 2)
    path = os.path.join(s.directory, "records")
    check_full(s, path, ["-o", path], lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)), "File too large")


@alone(once="best", seconds=60, kernels=QUICK)
def reader_leaves(s):
    """A reader that has seen enough, in a storm: it ends soon, and tells what nobody has got."""
    name = "et-leave"
    process = subprocess.Popen([s.setup.binary, "-j", *s.tier(), "-n", name], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    s.check('"hello"' in process.stdout.readline(), "no hello")
    storm = begin(s, "fork", "-s", 30, "-n", 10 ** 7, "-N", name)
    lines = [json.loads(process.stdout.readline()) for _ in range(20)]
    process.stdout.close()
    process.wait(s.setup.seconds(10))
    said = process.stderr.read()
    process.stderr.close()
    storm.end()
    s.check(all(line["type"] == "death" for line in lines), f"{lines}")
    s.check(process.returncode == 1 and LOST.search(said), f"status {process.returncode}: {said}")


@alone(once="best", seconds=90, kernels=QUICK)
def reader_is_slow(s):
    """200 kB a second. Whatever the ring cannot hold is counted, and all that was kept arrives."""
    path, name = os.path.join(s.directory, "records"), "et-slow"
    code = "import os, time\nwhile data := os.read(0, 8192):\n    os.write(1, data)\n    time.sleep(0.04)\n"
    with open(path, "wb") as file, subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE,
                                                    stdout=file) as reader:
        with counted(s, "-n", name, stdout=reader.stdin, output=path) as (accounting, t):
            t.reader = reader
            reader.stdin.close()
            blow(s, "fork", "-n", 300 if s.setup.guest else 1500, "-N", name)
            wait_until_quiet(s, path)
            t.stop()
    died = [entry[1:] for entry in accounting.entries() if entry[0] == name]
    s.check(len(died) == t.told[name].total() + t.bye()["lost"],
            f"{len(died)} died, {t.told[name].total()} told, {t.bye()['lost']} lost")


# ---- no memory ----

def failing(s, argv, number, all_after, preload):
    """One run in which an allocation fails; what it says must fit what it does."""
    path = os.path.join(s.directory, "records")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    count = os.path.join(s.directory, "count")
    environment = {"PATH": "/usr/bin:/bin", "FAIL_AT": str(number), "FAIL_COUNT": count, "ASAN_OPTIONS": "exitcode=99"}
    environment.update({"FAIL_ON": "1"} if all_after else {}, **({"LD_PRELOAD": preload} if preload else {}))
    argv = [argv[0], "-j", "-o", path, *argv[1:]]
    result = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                            timeout=s.setup.seconds(20))
    what = f"allocation {number}{' and later ones' if all_after else ''}: status {result.returncode}: {result.stderr[-2000:]}"
    s.check(result.returncode in (0, 1, 70, 77), what)
    if result.returncode:
        s.check(result.stderr.startswith("exittrace: ") and "ERROR" not in result.stderr, f"{what} no word about it")
    else:
        with open(path) as file:
            take_text(audit.Run(argv), file.read())
    with open(count) as file:
        return int(file.read()), result.returncode


def sweep(s, argv, numbers, preload):
    """Every allocation of a run, or some of them; how often it failed and went on"""
    total = failing(s, argv, 0, False, preload)[0]
    s.check(total > 10, f"{total} allocations were seen: nothing is shown")
    ends = [failing(s, argv, number, all_after, preload)[1] for index, number in enumerate(numbers(total))
            for all_after in ((False, True) if index % 8 == 0 else (False,))]
    s.check(0 in ends and 1 in ends, f"{total} allocations: statuses {set(ends)}")
    return f"{len(ends)} runs of {total} allocations, {sum(map(bool, ends))} ended with an error"


def stream(name):
    return os.path.join(HERE, "streams", f"{name}.stream")


@alone(once="machine", where="native", seconds=100)
def no_memory_in_a_replay(s):
    """Each allocation once, of libraries too, and with sanitizers those of exittrace."""
    preload = os.path.join(BUILT, "failalloc.so")
    s.note(sweep(s, [s.setup.binary, "--replay", stream("6.1-kprobe")], lambda n: range(1, n + 1), preload))
    careful = os.path.join(HERE, "..", "build", "asan", "exittrace-short")
    if os.path.exists(careful):
        s.note("sanitizers: " + sweep(s, [careful, "--replay", stream("7-fentry")], lambda n: range(1, n + 1, 5), None))


@alone(once="machine", where="native", seconds=100)
def no_memory_alive(s):
    """From the start on; another part of the thousands of allocations each time."""
    preload = os.path.join(BUILT, "failalloc.so")
    first = int(time.time()) % 60
    argv = [s.setup.binary, *s.tier(), "-a", "--", TINY]
    s.note(sweep(s, argv, lambda n: [*range(first + 1, n, 90), *range(n - 70, n + 1, 4)], preload))
    check_nothing_left(s, "starts without memory")


# ---- no room in the kernel ----

@alone(once="machine", where="native", seconds=90)
def table_of_signals_full(s):
    """Signals to more processes than it holds: what is not noted is counted, nobody else is named instead, and --strict
    tells. (The ring buffer: storms.stopped, reader_stopped. Zombies: storms.zombies.)"""
    number, room = 5000, 4096
    with s.trace("-a", "--strict", output=os.path.join(s.directory, "records")) as t:
        urgent = scheduled(t.process.pid)[1] == SCHED_DEADLINE
        process = s.start(MANY, "asked", number)
        told_of = {int(line.split()[0]) for line in process.read_all(60).splitlines()}
        process.reap()
        t.process.send_signal(SIGINT)
        status = t.finish(20)
    full = t.records[-1]["lost_by_stage"]["signals_full"]
    s.check(status == 3 and full >= number - room, f"status {status}, {full} signals not noted: {t.errors()}")
    died = [r for r in t.deaths() if r["process"]["pid"] in told_of and r["parent"]["pid"] == process.pid]
    lost = t.records[-1]["lost"]
    s.check(not urgent or not lost, f"{lost} lost, by a reader that had the promise of a processor")
    s.check(number - lost <= len(died) <= number and len(died) > room // 2, f"{len(died)} records of {number}, {lost} lost")
    named = [r for r in died if records.dig(r, "cause.by.pid") == process.pid]
    asked = [r for r in named if isinstance(records.dig(r, "cause.timeline"), list)]
    wrong = [r for r in died if r not in asked and not records.is_missing(r, "cause.timeline")]
    s.check(not wrong and len(asked) >= (room - lost) // 2, f"{len(named)} name the sender, {len(asked)} the SIGTERM; wrong: "
            f"{[records.short(r) for r in wrong[:2]]}")
    s.note(f"{number} died, {len(named)} name the sender, {len(asked)} the signal before, {full} signals told as not noted")


# ---- clocks ----

@contextlib.contextmanager
def stepped(seconds):
    """The clock of the day, for a while"""
    time.clock_settime(time.CLOCK_REALTIME, time.time() + seconds)
    try:
        yield
    finally:
        time.clock_settime(time.CLOCK_REALTIME, time.time() - seconds)


@alone(once="kernel", where="guest", seconds=40, kernels=KERNELS)
def clock_steps(s):
    """By an hour, there and back. Times of day follow, what is measured does not."""
    with s.trace("-a") as t:
        t.audit.clock_is_steady = False
        for step in (3600, -3600):
            p = s.die("wait").word("ready")
            with stepped(step):
                time.sleep(0.5)  # it is looked at when something dies, or once in a while
                first = s.die("exit", 3)
                s.reap(first)
                t.wait_for_pids([first.pid])
                begun = time.time_ns()
                s.reap(p, {"exit.signal": 15, **by(s.send(SIGTERM, p)), "cause.sent_to_dead_ns": between(1, 20 * 10 ** 9),
                           "process.age_ns": between(5 * 10 ** 8, 60 * 10 ** 9), "reap.zombie_ns": between(0, 10 ** 10)})
                t.wait_for_pids([p.pid])
                told_at = records.nanoseconds(t.by_pid[p.pid][-1]["time"])
                s.check(abs(told_at - begun) < 20 * 10 ** 9, f"told at {told_at}, it was {begun}")
        s.settle(t)


@alone(once="kernel", where="guest", seconds=60, kernels=KERNELS)
def suspended(s):
    """The machine goes to sleep while it is traced, as far as an emulator's comes back from: every task is frozen."""
    with s.trace("-a") as t:
        p = s.die("wait").word("ready")
        slept = almost_sleep()
        s.reap(p, {"exit.signal": 15, **by(s.send(SIGTERM, p)), "process.age_ns": at_least(slept),
                   "cause.sent_to_dead_ns": between(1, 10 ** 10)})
        s.settle(t)
    s.note(f"frozen for {slept / 10 ** 9:.3f} s")


def times_slept():
    with open("/sys/power/suspend_stats/success") as file:
        return int(file.read())


def almost_sleep():
    """How many ns it took. The kernel's own test of the first step: behind it the devices are put to sleep. It waits 5 s
    by counting, which an emulated 5.10 now and then does a thousand times too fast."""
    test, begun = "/sys/power/pm_test", time.monotonic_ns()
    if not os.path.exists(test):
        raise Skipped("this kernel cannot go to sleep in part")
    before = times_slept()
    for path, word in (test, "freezer"), ("/sys/power/state", "freeze"), (test, "none"):
        with open(path, "w") as file:
            file.write(word)
    if times_slept() != before + 1:
        raise Failed("it did not go to sleep")
    return time.monotonic_ns() - begun


@alone(once="turn", where="guest", seconds=90, kernels=KERNELS)
def processor_goes(s):
    """Off and on, in a storm: what accounting counts = records + lost."""
    switch = "/sys/devices/system/cpu/cpu1/online"
    if not os.path.exists(switch):
        raise Skipped("no processor that can be taken away")
    with counted(s, "-a") as (accounting, t):
        storm = begin(s, "fork", "-j", 2, "-s", 10, "-n", 10 ** 6, "-N", "et-plug")
        try:
            for _ in range(3):
                for state in "0", "1":
                    time.sleep(1)
                    with open(switch, "w") as file:
                        file.write(state)
        finally:
            with open(switch, "w") as file:
                file.write("1")
        number = end(s, storm)["number"]
        t.stop()
    died = [entry for entry in accounting.entries() if entry[0] == "et-plug"]
    kept, lost = t.told["et-plug"].total(), t.bye()["lost"]
    s.check(len(died) == number == kept + lost, f"{number} died, accounting has {len(died)}, records {kept}, lost {lost}")
    s.note(f"{kept} records, {lost} lost")


# ---- where it dies ----

@alone(once="turn", seconds=40, kernels=KERNELS)
def cgroup_is_gone_at_once(s):
    """Removed right behind its only process."""
    with s.trace("-a") as t:
        mount = cgroup_mount(2)
        for number in range(30):
            path = f"/exittrace-gone-{os.getpid()}-{number}"
            os.mkdir(mount + path)
            p = s.die("wait").word("ready")
            with open(f"{mount}{path}/cgroup.procs", "w") as file:
                file.write(str(p.pid))
            os.kill(p.pid, SIGKILL)
            s.reap(p, {"process.cgroup.path": path, "exit.signal": 9, "cause.class": "signal", "cause.by.pid": os.getpid()})
            s.wait_until(lambda at=mount + path: removed(at), f"{path} cannot be removed")
        s.settle(t)


def removed(directory):
    try:
        os.rmdir(directory)
    except OSError:
        return False
    return True


@alone(once="turn", seconds=40, kernels=KERNELS)
def killed_while_frozen(s):
    """In a frozen cgroup of version 2 what is fatal acts at once; what is handled waits until it is thawed."""
    with s.trace("-a") as t, s.cgroup() as group:
        if not group.has("cgroup.freeze"):
            raise Skipped("no freezer in version 2 of cgroups")
        killed, ended, asked = s.die("wait"), s.die("wait"), s.die("handle", int(SIGTERM))
        for p in killed, ended, asked:
            group.add(p.word("ready").pid)
        group.write("cgroup.freeze", 1)
        s.wait_until(lambda: group.counter("cgroup.events", "frozen") == 1, "it does not freeze")
        s.send(SIGTERM, asked)
        for p, sig in (killed, SIGKILL), (ended, SIGTERM):
            s.reap(p, {"exit.signal": int(sig), "cause.class": "signal", "process.cgroup.path": group.path,
                       **by(s.send(sig, p)), "cause.sent_to_dead_ns": between(1, 5 * 10 ** 9)})
        time.sleep(1)
        s.check(not select.select([asked.out], [], [], 0)[0], "it handles a signal though it is frozen")
        group.write("cgroup.freeze", 0)
        asked.word("handled")
        s.reap(asked, {"exit.signal": 9, "cause.class": "signal", **by(s.send(SIGKILL, asked)),
                       "cause.timeline": has({"signal_name": "SIGTERM", "before_death_ns": at_least(10 ** 9)})})
        s.settle(t)


@alone(once="turn", seconds=40, kernels=KERNELS)
def in_other_namespaces(s):
    """Of pids and of time: the pid inside is told beside ours, and the clocks inside are not believed."""
    if not os.path.exists("/proc/self/ns/time"):
        raise Skipped("no time namespaces")
    with s.trace("-a") as t:
        before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        p = s.start("unshare", "--pid", "--fork", "--time", "--boottime", "100000000", "--monotonic", "5000000",
                    "sh", "-c", "exec sleep 0.3")
        s.reap(p, {"exit.code": 0})
        after = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        s.check(t.wait_for(lambda all: any(records.dig(r, "parent.pid") == p.pid for r in all), 10), "no record of it")
        inside = next(r for r in t.deaths() if r["parent"]["pid"] == p.pid)
        s.match(inside, {"process.ns_pid": 1, "process.comm": "sleep", "exit.code": 0,
                         "process.age_ns": between(3 * 10 ** 8, after - before)})
        s.check(before < records.start_of(inside["id"]) < after, f"born at {inside['id']}, not {before}..{after}")
        s.settle(t)


# ---- 32-bit programs ----

@row(21)
@alone(once="turn", seconds=60)
def of_32_bits(s):
    """By exit, by signal, by its own fault; a refused system call has the number and name of the 32-bit table."""
    try_narrow(ENDED32, "--list").check_returncode()
    with s.trace("-a") as t:
        for way in "seccomp-process", "seccomp-thread", "seccomp-trap", "seccomp-strict":
            p = s.start(ENDED32, way)
            s.reap(p, {"cause.class": "seccomp", "cause.syscall.nr": 64, "cause.syscall.name": "getppid"})
        p = s.start(ENDED32, "hold-memory", 1)
        s.reap(p, {"exit.signal": 15, "cause.class": "signal", **by(s.send(SIGTERM, p))})
        s.settle(t)
