# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""--exit-stack: how tests/leave left, who called what. The oracles are what it says itself, and binutils."""
import json
import os
import re
import shutil
import struct
import subprocess
import time
from signal import SIGKILL, SIGSTOP

from cases import KERNELS, alone
from cases.scene import HERE, stat_fields, try_narrow
from cases.tracer import Failed, Skipped

BUILT = os.path.join(HERE, "..", "build", "tests")
ET_STACK = 9
# way -> how the record says it left; all but errx are called by a function that says where
WAYS = {"exit": "exit", "return": "return", "_exit": "_exit", "quick_exit": "quick_exit", "abort": "abort",
        "syscall": "syscall", "thread": "thread", "fault": "signal", "errx": "exit", "atexit": "_exit",
        "other-thread": "exit"}
# No C library of its own that could be watched: what is seen is the system call, made by its own copy of _exit()
STATIC = {**{way: "syscall" for way in WAYS}, "thread": "thread", "fault": "signal", "abort": "signal"}
IN_OWN_CODE = ("syscall", "thread", "fault")


def program(name):
    path = os.path.realpath(os.path.join(BUILT, name))
    if not os.path.exists(path):
        raise Failed(f"{path} is not built")
    return path


def output_of(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def build_id(path):
    return re.search(r"Build ID: ([0-9a-f]+)", output_of("readelf", "-n", path))[1]


def segment_of(path, offset):
    """(address of what is at an offset of the file, "R E" or the like), as readelf tells the segments."""
    for line in output_of("readelf", "-lW", path).splitlines():
        words = line.split()
        if words[:1] == ["LOAD"]:
            start, address, size = (int(words[at], 16) for at in (1, 2, 4))
            if start <= offset < start + size:
                return offset - start + address, " ".join(words[6:-1])
    raise Failed(f"{path} has no segment with offset {offset:#x}")


def address_of(path, offset):
    return segment_of(path, offset)[0]


def place_of(path, offset):
    """(function, file name:line) as addr2line says it"""
    function, place = output_of("addr2line", "-f", "-e", path, hex(address_of(path, offset))).split("\n")[:2]
    return function, os.path.basename(place.split(" ")[0])


class Left:
    """What one run of tests/leave said, and its record."""

    def __init__(self, scene, tracer, directory, name):
        with open(f"{directory}/{name}.pid") as file:
            self.pid = int(file.read())
        with open(f"{directory}/{name}.out") as file:
            said = file.read().splitlines()
        self.name, self.scene = name, scene
        self.said = json.loads(said[-1]) if said else None
        records = tracer.by_pid.get(self.pid, [])
        scene.check(len(records) == 1, f"{name}: {len(records)} records")
        self.record = records[0]
        self.stack = self.record.get("exit_stack") or {}

    def is_missing(self):
        return self.record.get("exit_stack", 1) is None and "exit_stack" in self.record["missing"]

    def may_be_skipped(self):
        """7.x skips a program for whoever comes while another thread, preempted, is in it on the same processor."""
        return self.scene.setup.kernel.startswith("7") and "exit_stack.how" in self.record["missing"]

    def check(self, condition, text):
        self.scene.check(condition, f"{self.name}: {text}: {json.dumps(self.record.get('exit_stack'))} "
                                    f"missing {self.record['missing']}")

    def check_frame(self, frame, path, twin, returns=True):
        """It is where the program says: by build id and offset, and by name where there are symbols."""
        self.check(frame.get("build_id") == build_id(path), f"build id is not {build_id(path)}")
        where = place_of(twin, int(frame["offset"], 16) - returns)
        told = self.said["function"], f"leave.c:{self.said['line']}"
        self.check(where == told, f"its offset is {where}, it said {told}")
        names = frame.get("symbol"), os.path.basename(frame.get("source", ""))
        if path != twin:
            self.check(names == (None, ""), "it has no symbols")
        elif names != (None, "") or not self.may_have_no_names():
            self.check(names == told, f"its names are not {told}")
        self.check(frame.get("module") == path or self.may_have_no_names(), f"no module {path}")

    def check_code(self):
        """What stands where a frame pointer would be is told only if it can be code."""
        for frame in self.stack["frames"][1:]:
            if os.path.isfile(frame.get("module", "")) and not self.may_have_no_names():
                flags = segment_of(frame["module"], int(frame["offset"], 16) - 1)[1]
                self.check("E" in flags, f"{frame} is {flags}")

    def may_have_no_names(self):
        """An emulator may be too slow for whoever looks them up; and the file may not be known."""
        return self.scene.setup.guest or "process.executable.path" in self.record["missing"]


def run_all(s, name, ways, turn=""):
    """Each way once, under a tracer of its own, which has the time to find names."""
    directory = os.path.join(s.directory, name + turn)
    os.mkdir(directory)
    run = 'cd "$0"; for way in "$@"; do sh -c \'echo $$ > $1.pid; exec "$0" "$1" > "$1.out" 2>/dev/null\' '
    command = ["sh", "-c", f"{run} '{program(name)}' $way; done; exit 0", directory, *ways]
    with s.trace("--exit-stack", "-f", command=command) as tracer:
        tracer.finish(60)
    return {way: Left(s, tracer, directory, way) for way in ways}


def may_be_missing(s, way):
    """With tracepoints only, before 6.16: exit_group() is seen, threads that end one by one are not."""
    return way == "thread" and s.setup.tier == "tracepoint" and s.setup.kernel in ("5.10", "6.1", "6.12")


def check_left(s, left, way, hows, path, twin):
    if left.is_missing() and may_be_missing(s, way):
        return
    left.check(left.stack.get("how") == hows[way], f"how is not {hows[way]}")
    left.check_code()
    frames = left.stack["frames"]
    if way in IN_OWN_CODE:
        left.check_frame(frames[0], path, twin, returns=way != "fault")
    elif hows is STATIC or way in ("return", "errx"):
        return
    else:
        left.check_frame(left.stack["by"], path, twin)
        left.check(frames[0] == left.stack["by"], "the caller is not the innermost frame")


@alone(once="turn", kernels=KERNELS, seconds=90)
def callers(s):
    """By function and line of a program with debug information."""
    path = program("leave")
    for way, left in run_all(s, "leave", WAYS).items():
        check_left(s, left, way, WAYS, path, path)
        if way in ("return", "fault"):
            left.check("by" not in left.stack, "somebody is said to have called")
        if way == "errx":
            left.check(left.stack["by"]["build_id"] != build_id(path), "errx() calls exit() from inside the C library")
        if way == "other-thread":
            left.check(left.stack["tid"] != left.pid, "the thread that called is not the main one")


@alone(once="turn", kernels=("7",), seconds=90)
def callers_stripped(s):
    """By build id and offset."""
    for way, left in run_all(s, "leave_stripped", WAYS).items():
        check_left(s, left, way, WAYS, program("leave_stripped"), program("leave"))


@alone(once="turn", kernels=("7",), seconds=90)
def callers_static(s):
    path = program("leave_static")
    for way, left in run_all(s, "leave_static", WAYS).items():
        if way == "other-thread" and left.may_be_skipped():
            s.note("how other-thread left was not seen at first")
            left = run_all(s, "leave_static", [way], "-again")[way]
        check_left(s, left, way, STATIC, path, path)
        if STATIC[way] == "syscall" and way != "syscall":
            left.check(place_of(path, int(left.stack["by"]["offset"], 16) - 1)[0].lower() == "_exit",
                       "not in _exit()")


@alone(once="turn", kernels=("7",), seconds=90)
def callers_musl(s):
    path = program("leave_musl")
    for way, left in run_all(s, "leave_musl", WAYS).items():
        check_left(s, left, way, WAYS, path, path)


@alone(once="turn", kernels=KERNELS, seconds=90)
def callers_32_bits(s):
    """By file and offset: whose return address is half as large, and whose build id is not looked for."""
    path = program("leave32")
    try_narrow(path)
    for way, left in run_all(s, "leave32", ["exit", "return", "_exit", "quick_exit", "other-thread"]).items():
        left.check(left.stack.get("how") == WAYS[way], f"how is not {WAYS[way]}")
        if way == "return":
            left.check("by" not in left.stack, "somebody is said to have called")
            continue
        by = left.stack["by"]
        left.check(by.get("module") == path, f"no module {path}")
        where = place_of(path, int(by["offset"], 16) - 1)
        left.check(where == (left.said["function"], f"leave.c:{left.said['line']}"), f"its offset is {where}")


@alone(once="turn", kernels=("7",), seconds=90)
def frame_pointers(s):
    """The whole stack, of a program that keeps frame pointers."""
    path = program("leave_frames")
    all_left = run_all(s, "leave_frames", ["exit", "fault"])
    for way, functions in ("exit", ["parse_config", "parent_of_config", "main"]), ("fault", ["fall", "main"]):
        left = all_left[way]
        frames = left.stack["frames"][:len(functions)]
        names = [frame.get("symbol") for frame in frames]
        left.check(names == functions or left.may_have_no_names(), f"not {functions}")
        places = [place_of(path, int(frame["offset"], 16) - (way == "exit" or at > 0))[0]
                  for at, frame in enumerate(frames)]
        left.check(places == functions, f"addr2line says {places}")


@alone(once="turn", kernels=KERNELS, seconds=60)
def sender(s):
    """Where who kills stood. kill() of the C library has no frame, so the one that called it is not seen."""
    path = program("leave_frames")
    with s.trace("--exit-stack", "-a", "-n", "leave_frames") as tracer:
        p = s.start(path, "kill-child")
        child = json.loads(p.line())["child"]
        s.wait_until(lambda: stat_fields(child)[0] == "Z", "it does not kill its child")
        p.end()
        s.check(tracer.wait_for_pids([child, p.pid]), "no records")
        tracer.stop()
    record = tracer.by_pid[child][0]
    s.check(record["exit_stack"]["how"] == "signal", f"{record['exit_stack']}")
    where = [place_of(path, int(frame["offset"], 16) - 1) for frame in record["exit_stack"]["sender_frames"]
             if frame.get("build_id") == build_id(path)]
    s.check(where and where[0][0] == "main", f"addr2line says {where}")


@alone(once="turn", kernels=KERNELS, seconds=60)
def stood(s):
    """Killed in the middle of its own code, by a signal that leaves nothing behind."""
    path = program("leave")
    with s.trace("--exit-stack", "-a", "-n", "leave") as tracer:
        p = s.start(path, "stand")
        said = json.loads(p.line())
        time.sleep(0.1)
        os.kill(p.pid, SIGKILL)
        p.reap()
        s.check(tracer.wait_for_pids([p.pid]), "no record")
        tracer.stop()
    frame = tracer.by_pid[p.pid][0]["exit_stack"]["frames"][0]
    where = place_of(path, int(frame["offset"], 16))
    s.check(where[0] == said["function"], f"stood at {where}, it said {said}")


def symbolizer_of(tracer):
    """The child that has given up everything."""
    pid = tracer.process.pid
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        children = file.read().split()
    if len(children) != 1:
        raise Failed(f"exittrace has children {children}, expected one")
    return int(children[0])


@alone(once="turn", kernels=("7",), seconds=60)
def names_of_cxx(s):
    """As people write them; what only looks like one stays as it is."""
    left = run_all(s, "leave_frames", ["c++"])["c++"]
    names = [frame.get("symbol") for frame in left.stack["frames"][:3]]
    left.check(names == ["app::Config::parse(char const*)", "_ZN3app6Config", "leave_cxx"] or left.may_have_no_names(),
               "other names")


@alone(once="turn", kernels=("7",), seconds=60)
def data_for_a_frame(s):
    """A stack ends where an address is of data."""
    if os.uname().machine != "x86_64":
        raise Skipped("made for x86-64")
    left = run_all(s, "leave_frames", ["over-data"])["over-data"]
    left.check_code()
    names = [frame.get("symbol") for frame in left.stack["frames"]]
    left.check(names == ["leave_over_data"] or left.may_have_no_names(), "other frames")


@alone(once="kernel", kernels=KERNELS, seconds=60)
def without_names(s):
    """Whoever looks up names is stopped, then killed: names are all that is missing."""
    path = program("leave")
    with s.trace("--exit-stack", "-a", "-n", "leave") as tracer:
        child = symbolizer_of(tracer)
        for sig in SIGSTOP, SIGKILL:
            os.kill(child, sig)
            p = s.start(path, "exit")
            p.reap()
            s.check(tracer.wait_for_pids([p.pid], 5), f"no record after signal {sig}")
            by = tracer.by_pid[p.pid][0]["exit_stack"]["by"]
            s.check(by["build_id"] == build_id(path), f"{by}")
            s.check("symbol" not in by, f"a name from nobody: {by}")
            s.check(place_of(path, int(by["offset"], 16) - 1)[0] == "parse_config", f"{by}")
        tracer.stop()


@alone(once="kernel", kernels=KERNELS)
def without_privileges(s):
    with s.trace("--exit-stack", "-a", "-n", "leave") as tracer:
        child = symbolizer_of(tracer)
        with open(f"/proc/{child}/status") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        s.check(set(status["Uid"].split()) == {"65534"}, f"its user ids are {status['Uid']}")
        s.check(set(status["Gid"].split()) == {"65534"}, f"its group ids are {status['Gid']}")
        s.check(not status["Groups"].strip(), f"it has groups {status['Groups']}")
        for key in "CapInh", "CapPrm", "CapEff", "CapAmb":
            s.check(int(status[key], 16) == 0, f"{key} is {status[key]}")
        s.check(status["NoNewPrivs"] == "1", "it may gain privileges by exec()")
        s.check(status["Seccomp"] == "2", "it may make any system call")
        s.wait_until(lambda: len(os.listdir(f"/proc/{child}/fd")) == 2, "it holds more than a socket and stderr", 10)
        tracer.stop()
    s.wait_until(lambda: not os.path.exists(f"/proc/{child}"), "it is still there", 5)


@alone(once="machine")
def replayed(s):
    """A recording has all that is known but names, which are looked up again."""
    stream = os.path.join(s.directory, "stream")
    with s.trace("--exit-stack", "-f", "--record", stream, 
                 command=["sh", "-c", f"exec {program('leave')} exit >{s.directory}/said"]) as tracer:
        tracer.finish(20)
    lines = s.exittrace("-j", "--replay", stream).stdout.splitlines()
    again = [json.loads(line) for line in lines if '"type":"death"' in line]
    live = [r for r in tracer.records if r.get("type") == "death"]
    s.check(len(again) == len(live) == 1 and again[0]["exit_stack"] == live[0]["exit_stack"],
            f"live {live}, replayed {again}")
    s.check(live[0]["exit_stack"]["by"]["symbol"] == "parse_config", f"{live[0]['exit_stack']}")


@alone(once="machine")
def other_root(s):
    """A C library that only processes with another root directory have, found by one of them."""
    root = make_root(s)
    p = s.start("chroot", root, "/leave", "wait")
    s.wait_until(lambda: os.readlink(f"/proc/{p.pid}/root") == root and comm_of(p.pid) == "leave", "no chroot()")
    with s.trace("--exit-stack", "-a", "-n", "leave") as tracer:
        let_go(p)
        s.check(tracer.wait_for_pids([p.pid]), "no record")
        tracer.stop()
    check_called(s, tracer, p)


@alone(once="machine")
def unused_in_other_root(s):
    """One that nobody has mapped, below the root directory of a static program, for who is started there next."""
    root = make_root(s)
    shutil.copy(program("leave_static"), f"{root}/static")
    p = s.start("chroot", root, "/static", "wait")
    s.wait_until(lambda: comm_of(p.pid) == "static", "no chroot()")
    with s.trace("--exit-stack", "-a", "-n", "leave") as tracer:
        p = s.start("chroot", root, "/leave", "exit")
        p.reap()
        s.check(tracer.wait_for_pids([p.pid]), "no record")
        tracer.stop()
    check_called(s, tracer, p)


@alone(once="kernel", kernels=KERNELS)
def odd_place(s):
    """One where nobody keeps one, and which is gone from there meanwhile: of a process that has it mapped."""
    odd = os.path.join(s.directory, "odd")
    os.mkdir(odd)
    libraries = [shutil.copy(each, odd) for each in libraries_of(program("leave"))]
    linker = next(each for each in libraries if os.path.basename(each).startswith("ld-linux"))
    p = s.start(linker, "--library-path", odd, program("leave"), "wait")
    s.wait_until(lambda: any(f"{odd}/libc.so" in line for line in maps_of(p.pid)), "it does not use what is there")
    os.unlink(f"{odd}/libc.so.6")
    with s.trace("--exit-stack", "-p", p.pid) as tracer:
        let_go(p)
        tracer.finish(20)
    check_called(s, tracer, p)


@alone(once="kernel", kernels=KERNELS)
def same_file_of_overlay(s):
    """What is found below two root directories, and is one file to the kernel: one call is told once."""
    root, merged, stream = make_root(s), os.path.join(s.directory, "merged"), os.path.join(s.directory, "stream")
    for name in "merged", "upper":
        os.mkdir(os.path.join(s.directory, name))
    if subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={root}:{s.directory}/upper", merged],
                      check=False, capture_output=True).returncode:
        raise Skipped("no overlay on this file system")
    try:
        users = [s.start("chroot", each, "/leave", "wait") for each in (root, merged)]
        s.wait_until(lambda: all(comm_of(p.pid) == "leave" for p in users), "no chroot()")
        with s.trace("--exit-stack", "-a", "-n", "leave", "--record", stream) as tracer:
            for p in users:
                let_go(p)
            s.check(tracer.wait_for_pids([p.pid for p in users]), "no records")
            tracer.stop()
    finally:
        subprocess.run(["umount", merged], check=True)
    for p in users:
        check_called(s, tracer, p)
    told = [tgid for kind, tgid in messages_of(stream) if kind == ET_STACK]
    s.check(sorted(told) == sorted(p.pid for p in users), f"{told}: not one message of {[p.pid for p in users]} each")


def messages_of(stream):
    """(kind, tgid) of each."""
    with open(stream, "rb") as file:
        data = file.read()
    at = data.index(b"\n") + 1
    while at < len(data):
        kind, size, _, tgid = struct.unpack_from("<IIQI", data, at)
        yield kind, tgid
        at += (size + 7) & ~7


def libraries_of(path):
    return re.findall(r"(/\S+)", output_of("ldd", path))


def make_root(s):
    """A root directory with tests/leave and copies of its libraries."""
    root = os.path.join(s.directory, "root")
    for each in libraries_of(program("leave")):
        os.makedirs(root + os.path.dirname(each), exist_ok=True)
        shutil.copy(each, root + each)
    shutil.copy(program("leave"), f"{root}/leave")
    return root


def let_go(p):
    p.go()
    os.close(p.go_fd)
    p.go_fd = None
    p.reap()


def check_called(s, tracer, p):
    stack = tracer.by_pid[p.pid][0]["exit_stack"]
    s.check(stack["how"] == "exit" and stack["by"]["build_id"] == build_id(program("leave")), f"{stack}")


def maps_of(pid):
    with open(f"/proc/{pid}/maps") as file:
        return file.readlines()


def comm_of(pid):
    with open(f"/proc/{pid}/comm") as file:
        return file.read().rstrip()


@alone(once="machine")
def only_when_asked(s):
    with s.trace("-a", "-n", "leave") as tracer:
        p = s.start(program("leave"), "exit")
        p.reap()
        s.check(tracer.wait_for_pids([p.pid]), "no record")
        tracer.stop()
    record = tracer.by_pid[p.pid][0]
    s.check("exit_stack" not in record and not any(key.startswith("exit_stack") for key in record["missing"]),
            f"{record}")
