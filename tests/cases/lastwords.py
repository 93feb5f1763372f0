# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What is left in stdio buffers. The oracle is the file: what a program says it wrote, less what is found there."""
import contextlib
import fcntl
import glob
import json
import os
import pty
import shutil
import signal
import struct
import subprocess
import tempfile
import termios

from cases import KERNELS, QUICK, alone
from cases.records import ABSENT, dig, is_missing
from cases.scene import HERE, comm, stat_fields
from cases.tracer import Skipped

TAIL = 40
DYNAMIC, MUSL, STATIC = (os.path.join(HERE, "..", "build", "tests", name)
                         for name in ("stdio", "stdio-musl", "stdio-static"))

STREAMS = ("full", "small", "line", "none", "own", "by_fd", "reopened", "closed", "update", "output", "process",
           "memory", "wide", "many")
DEATHS = ("exit", "return", "_exit", "kill", "term", "segv", "fault", "abort", "exec", "no-exec")


def shows(s):
    """Whether user memory can be read at a death here: with tracepoints from 6.16 on."""
    return s.setup.tier != "tracepoint" or s.setup.kernel not in ("5.10", "6.1", "6.12")


def content(path):
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        return file.read()
    return b""


class Written:
    """What a process said it wrote, by file, beside what is there when it is gone."""

    def __init__(self, s, name):
        self.s, self.directory = s, os.path.join(s.directory, name)
        os.mkdir(self.directory)

    def path(self, name):
        return os.path.join(self.directory, name)

    def said(self, name):
        return content(self.path(f"{name}.said"))

    def names(self):
        return [name.removesuffix(".said") for name in os.listdir(self.directory) if name.endswith(".said")]

    def lost(self):
        """{path: text that is not there}"""
        found = {}
        for name in self.names():
            said, there = self.said(name), content(self.path(name))
            self.s.check(said.startswith(there), f"the oracle is wrong: {self.path(name)} holds what nobody wrote")
            if len(there) < len(said):
                found[self.path(name)] = said[len(there):]
        return found


def tail_of(text):
    return text[-TAIL:].decode(errors="ignore")


def told(record):
    return {stream.get("path"): stream for stream in record["stdio"]["streams"]}


def check_streams(s, what, record, lost, at, whole=True):
    """Byte for byte, and the end of each."""
    stdio = record["stdio"]
    s.check(stdio is not None, f"{what}: stdio is null: {record.get('missing_why')}")
    total = sum(map(len, lost.values()))
    s.check(stdio["lost_bytes"] == total, f"{what}: lost_bytes {stdio['lost_bytes']}, of the files {total} are missing")
    streams = told(record)
    if whole:
        s.check(streams.keys() == lost.keys(), f"{what}: tells of {sorted(streams)}, lost are {sorted(lost)}")
    for path, stream in streams.items():
        text = lost.get(path, b"")
        s.check(stream["lost_bytes"] == len(text), f"{what}: {path}: {stream['lost_bytes']}, missing are {len(text)}")
        s.check(stream["at"] == at, f"{what}: {path}: at {stream['at']}")
        wide = stream.get("wide", False)
        right = text.decode().endswith(stream["tail"]) if wide else stream["tail"] == tail_of(text)
        s.check(right, f"{what}: {path}: tail {stream['tail']!r}, lost was {tail_of(text)!r}")


def record_of(s, t, pid):
    s.check(t.wait_for_pids([pid]), f"no record of pid {pid}")
    return t.by_pid[pid][-1]


def last_record(s, t, process):
    """Of one that dies, after which nothing more is traced"""
    process.reap()
    record = record_of(s, t, process.pid)
    t.stop()
    return record


def run(s, t, program, stream, how):
    """(what it wrote, its record)"""
    written = Written(s, f"{os.path.basename(program)}-{stream}-{how}")
    argv = [program, stream, how, written.directory]
    if stream == "output":
        with open(written.path("output"), "wb") as file:
            p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.DEVNULL)
        p.wait()
    else:
        p = s.start(*argv)
        p.reap()
    if stream == "process":  # its reader writes what it got
        s.wait_until(lambda: os.path.exists(written.path("process.done")), "the reader does not end")
    return written, record_of(s, t, p.pid)


def is_honestly_missing(s, record):
    s.check(record["stdio"] is None and is_missing(record, "stdio"), f"stdio is {record['stdio']}, not missing")


def each_way():
    for how in DEATHS:
        yield "full", how
    for stream in STREAMS:
        for how in ("kill", "_exit", "exit", "exec"):
            if stream != "full":
                yield stream, how


def judge(s, t, program, stream, how):
    written, record = run(s, t, program, stream, how)
    if not shows(s):
        is_honestly_missing(s, record)
        return 0
    lost = written.lost()
    if stream == "process":  # the pipe has no name that a file could be known by
        lost = {path: text for path, text in zip(told(record), lost.values())}
        s.check(all(path.startswith("pipe:[") for path in lost), f"no pipe: {sorted(lost)}")
    what = f"{os.path.basename(program)} {stream} {how}"
    check_streams(s, what, record, lost, "exec" if how == "exec" else "death", whole=stream != "many")
    return sum(map(len, lost.values()))


def judge_all(s, program):
    with s.trace("-a", f"--stdio=text:{TAIL}") as t:
        lost = [judge(s, t, program, stream, how) for stream, how in each_way()]
        t.stop()
    s.note(f"{len(lost)} deaths, {sum(lost)} bytes lost" if shows(s) else f"{len(lost)} deaths, what they lost is missing")
    s.check(not shows(s) or sum(map(bool, lost)) > 30, f"the oracle is wrong: only {sum(map(bool, lost))} lost anything")


@alone(once="turn", seconds=120, kernels=KERNELS)
def glibc(s):
    judge_all(s, DYNAMIC)


@alone(once="turn", seconds=120, kernels=KERNELS)
def musl(s):
    judge_all(s, MUSL)


@alone(once="turn", kernels=QUICK)
def static(s):
    """Nothing tells where its streams are."""
    with s.trace("-a", "--stdio") as t:
        for how in ("exit", "kill"):
            is_honestly_missing(s, run(s, t, STATIC, "small", how)[1])
        t.stop()


@alone(once="turn", kernels=KERNELS)
def fork(s):
    """A child's share is its own, what it has from its parent is not lost by it; nor what it shares."""
    for program in (DYNAMIC, MUSL):
        with s.trace("-a", f"--stdio=text:{TAIL}") as t:
            written, parent = run(s, t, program, "children", "exit")
            child, other, shared = (record_of(s, t, int(pid)) for pid in written.said("children").split())
            t.stop()
        if not shows(s):
            is_honestly_missing(s, child)
            continue
        s.check(content(written.path("parent")) == written.said("parent"), "the oracle is wrong: the parent lost text")
        path, own = written.path("parent"), written.said("child")
        s.match(parent, {"stdio.lost_bytes": 0, "stdio.inherited_bytes": ABSENT, "stdio.streams": []})
        s.match(child, {"exit.code": 5, "stdio.lost_bytes": len(own), "stdio.inherited_bytes": 333})
        stream = told(child)[path]
        s.match(stream, {"lost_bytes": len(own), "inherited_bytes": 333, "tail": tail_of(own), "at": "death"})
        s.match(other, {"exit.code": 4, "stdio.lost_bytes": 0, "stdio.streams": []})
        s.match(shared, {"exit.code": 6, "stdio.lost_bytes": 0, "stdio.streams": []})


@alone(once="turn", kernels=QUICK)
def terminal(s):
    """Its other side is gone: what is still in the buffer is lost, and after exit() nobody knows how much was."""
    for program in (DYNAMIC, MUSL):
        for how in ("kill", "exit"):
            written = Written(s, f"{os.path.basename(program)}-terminal-{how}")
            with s.trace("-a", f"--stdio=text:{TAIL}") as t:
                master, slave = pty.openpty()
                name = os.ttyname(slave)
                with open(written.path("tty"), "w") as file:
                    file.write(name)
                p = s.start(program, "terminal", how, written.directory).word("written")
                os.close(slave)
                os.close(master)
                p.go()
                p.reap()
                record = record_of(s, t, p.pid)
                t.stop()
            judge_terminal(s, record, name, written.said("terminal"), how)


def judge_terminal(s, record, name, said, how):
    if not shows(s):
        is_honestly_missing(s, record)
        return
    streams = [stream for stream in record["stdio"]["streams"] if "tail" in stream or stream.get("write_failed")]
    s.check(len(streams) == 1, f"{how}: streams {record['stdio']['streams']}")
    if how == "kill":
        s.match(streams[0], {"lost_bytes": len(said), "tail": tail_of(said), "write_failed": ABSENT})
        s.match(record, {"stdio.lost_bytes": len(said)})
    else:
        s.match(streams[0], {"lost_bytes": None, "write_failed": True})
        s.check(record["stdio"]["lost_bytes"] is None and is_missing(record, "stdio.lost_bytes"),
                f"{how}: {record['stdio']}")


def run_into(s, program, name, path, close=lambda: None):
    """(what it said, its record) of one that writes to a path, and does not get to until it exits"""
    written = Written(s, name)
    with open(written.path("tty"), "w") as file:
        file.write(path)
    with s.trace("-a", f"--stdio=text:{TAIL}") as t:
        p = s.start(program, "terminal", "exit", written.directory).word("written")
        close()
        p.go()
        record = last_record(s, t, p)
    return written.said("terminal"), record


@alone(once="turn", kernels=QUICK)
def full_disk(s):
    """After exit() nobody knows how much there was."""
    for program in (DYNAMIC, MUSL):
        said, record = run_into(s, program, f"full-{os.path.basename(program)}", "/dev/full")
        s.match(record, {"exit.code": 3})
        judge_terminal(s, record, "/dev/full", said, "exit")


@alone(once="turn", kernels=QUICK)
def broken_pipe(s):
    """SIGPIPE ends it in the middle of its last write, when all is still there."""
    for program in (DYNAMIC, MUSL):
        fifo = os.path.join(s.directory, f"fifo-{os.path.basename(program)}")
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        said, record = run_into(s, program, f"pipe-{os.path.basename(program)}", fifo, lambda: os.close(reader))
        s.match(record, {"exit.signal": int(signal.SIGPIPE)})
        if shows(s):
            check_streams(s, "broken pipe", record, {fifo: said}, "death")
        else:
            is_honestly_missing(s, record)


@alone(once="turn", where="guest", kernels=KERNELS)
def out_of_memory(s):
    """The last thing that is short of memory may be read all the same."""
    with s.cgroup() as group, s.trace("-a", f"--stdio=text:{TAIL}") as t:
        if not group.has("memory.max"):
            raise Skipped("no memory controller")
        group.write("memory.max", 16 << 20)
        written = Written(s, "oom")
        p = s.start(DYNAMIC, "full", "oom", written.directory)
        group.add(p.pid)
        p.go()
        record = last_record(s, t, p)
    s.match(record, {"exit.signal": int(signal.SIGKILL), "cause.class": "oom_memcg"})
    if shows(s):
        check_streams(s, "oom", record, written.lost(), "death")
    else:
        is_honestly_missing(s, record)


@alone(once="turn", kernels=KERNELS)
def off(s):
    """Unasked there is not a word of it."""
    with s.trace("-a") as t:
        record = run(s, t, DYNAMIC, "small", "kill")[1]
        t.stop()
    s.check("stdio" not in record and not is_missing(record, "stdio"), f"stdio is {dig(record, 'stdio')}")


@alone(once="turn", kernels=KERNELS)
def alive_before(s):
    """Its buffers were filled before tracing began; and the story tells it in words."""
    written = Written(s, "before")
    master, slave = pty.openpty()
    with open(written.path("tty"), "w") as file:
        file.write(os.ttyname(slave))
    p = s.start(DYNAMIC, "terminal", "kill", written.directory).word("written")
    watch = s.watch("-v", "-p", p.pid, "--stdio=text:9")
    p.go()
    p.reap()
    text = watch.read_to_end()
    os.close(master)
    os.close(slave)
    said = written.said("terminal")
    if shows(s):
        line = f'{len(said)} bytes never reached {path_in_story(text)}: ..."{said[-9:].decode()}"'.replace("\n", "\\n")
        s.check(line in text, f"no '{line}' in {text}")
    else:
        s.check("never reached" not in text and "stdio" in text, text)


def path_in_story(text):
    return text.partition("never reached ")[2].partition(":")[0]


def feed(s, p, text):
    """Until it has taken all of it, and waits for more."""
    os.write(p.go_fd, text)
    waiting = struct.pack("i", 0)
    s.wait_until(lambda: fcntl.ioctl(p.go_fd, termios.FIONREAD, waiting) == waiting and stat_fields(p.pid)[0] == "S",
                 f"{p.argv} does not read")


@alone(once="turn", kernels=QUICK)
def real_programs(s):
    """What people run. Python and tee do not use the library's streams: then there is nothing to tell of them."""
    out, text = os.path.join(s.directory, "out"), b"line 1\nline 2\nand a third line\n"
    words = text.decode().replace("\n", "\\n")
    programs = {"awk": ["awk", f'BEGIN {{ printf "{words}" > "{out}" }} {{ n++ }}'], "grep": ["sh", "-c", f"exec grep line > {out}"],
                "sed": ["sh", "-c", f"exec sed p > {out}"], "tee": ["sh", "-c", f"exec tee {out} > /dev/null"],
                "python3": ["python3", "-c", f"import sys\nout = open('{out}', 'w')\n"
                                             "for line in sys.stdin: out.write(line)"]}
    for name, argv in programs.items():
        with s.trace("-a", f"--stdio=text:{TAIL}") as t:
            p = s.start(*argv)
            s.wait_until(lambda: comm(p.pid) == name or name == "awk", f"no {name}")
            feed(s, p, text)
            os.kill(p.pid, signal.SIGKILL)
            record = last_record(s, t, p)
        if not shows(s):
            is_honestly_missing(s, record)
            continue
        whole = text if name != "sed" else b"".join(2 * line for line in text.splitlines(True))
        lost = {} if name in ("tee", "python3") or content(out) == whole else {out: whole[len(content(out)):]}
        check_streams(s, name, record, lost, "death")
        s.note(f"{name} {sum(map(len, lost.values()))}")
        os.unlink(out)


@contextlib.contextmanager
def postgres(s):
    """A server of its own for whoever is in its directory; what psql needs to reach it"""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    if not programs or not shutil.which("psql"):
        raise Skipped("no PostgreSQL here")
    as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    with tempfile.TemporaryDirectory(prefix="exittrace-test-", dir="/dev/shm") as place:
        shutil.chown(place, "nobody")
        data = os.path.join(place, "data")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": place}
        subprocess.run([*as_nobody, f"{programs[-1]}/initdb", "-N", "-D", data, "-A", "trust", "-U", "nobody"], check=True,
                       **quiet)
        argv = [*as_nobody, f"{programs[-1]}/postgres", "-D", data, "-k", place, "-F", "-c", "listen_addresses="]
        with subprocess.Popen(argv, **quiet) as server:
            try:
                s.wait_until(lambda: os.path.exists(os.path.join(place, ".s.PGSQL.5432")), "no server")
                yield ["-h", place, "-U", "nobody", "postgres"]
            finally:
                server.send_signal(signal.SIGINT)


@alone(once="turn", kernels=KERNELS)
def static_tracer(s):
    """What it starts is itself until it calls exec(), and then a program whose streams can be seen."""
    for binary in s.setup.binary, f"{s.setup.binary}-static":
        written, records = Written(s, os.path.basename(binary)), os.path.join(s.directory, "records")
        s.exittrace("-q", "-j", "-o", records, f"--stdio=text:{TAIL}", "--tier", s.setup.tier, "--",
                    DYNAMIC, "full", "_exit", written.directory, binary=binary)
        with open(records) as file:
            record, = (each for each in map(json.loads, file) if each["type"] == "death")
        if shows(s):
            check_streams(s, binary, record, written.lost(), "death")
        else:
            is_honestly_missing(s, record)


@alone(once="best", where="native", seconds=60)
def psql(s):
    """It writes out what a query gave when that is done, and here it is killed before: what it had is lost."""
    out = os.path.join(s.directory, "out")
    text = b"".join(b"row %d\n" % i for i in range(3000))
    query = "select 'row ' || i from generate_series(0, 2999) i where i < 2999 or pg_sleep(600) is null"
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(postgres(s))
        t = stack.enter_context(s.trace("-a", f"--stdio=text:{TAIL}"))
        p = s.start("psql", "-X", "-q", *server)
        feed(s, p, f"\\copy ({query}) to '{out}'\n".encode())
        s.wait_until(lambda: content(out), "psql writes nothing")
        s.wait_until(lambda: stat_fields(p.pid)[0] == "S", "psql does not wait")
        os.kill(p.pid, signal.SIGKILL)
        record = last_record(s, t, p)
    if not shows(s):
        is_honestly_missing(s, record)
        return
    there = content(out)
    lost = text[len(there):][:record["stdio"]["lost_bytes"]]
    s.check(text.startswith(there) and lost, f"{len(there)} bytes are there, {record['stdio']}")
    check_streams(s, "psql", record, {out: lost}, "death")


def another_build(library, path):
    """The same C library but for a number in its dynamic section, which nobody asks."""
    with open(library, "rb") as file:
        elf = bytearray(file.read())
    offset, number = struct.unpack_from("<Q", elf, 32)[0], struct.unpack_from("<H", elf, 56)[0]
    headers = (struct.unpack_from("<IIQ", elf, offset + 56 * i) for i in range(number))
    at = next(place for kind, _, place in headers if kind == 2)
    while struct.unpack_from("<Q", elf, at)[0] != 10:  # DT_STRSZ
        at += 16
    struct.pack_into("<Q", elf, at + 8, struct.unpack_from("<Q", elf, at + 8)[0] + 1)
    with open(path, "wb") as file:
        file.write(elf)


def mapped_libc():
    with open("/proc/self/maps") as file:
        return next(line.split()[-1] for line in file if os.path.basename(line.split()[-1]).startswith("libc.so"))


@alone(once="turn", kernels=QUICK)
def other_root(s):
    """A library that nobody has mapped, below the root directory of a static program, for who is started there next."""
    root = os.path.join(s.directory, "root")
    for line in subprocess.run(["ldd", DYNAMIC], capture_output=True, text=True, check=True).stdout.splitlines():
        library = next((word for word in line.split() if word.startswith("/")), None)
        if library:
            os.makedirs(root + os.path.dirname(library), exist_ok=True)
            copy = another_build if "libc.so" in library else shutil.copy
            copy(library, root + library)
    shutil.copy(DYNAMIC, f"{root}/stdio")
    shutil.copy(os.path.join(os.path.dirname(STATIC), "leave_static"), f"{root}/static")
    user = s.start("chroot", root, "/static", "wait")
    s.wait_until(lambda: comm(user.pid) == "static", "no chroot()")
    with s.trace("-a", f"--stdio=text:{TAIL}") as t:
        written = Written(s, "root/lost")
        p = s.start("chroot", root, "/stdio", "small", "kill", "/lost")
        record = last_record(s, t, p)
    if shows(s):
        lost = {path.removeprefix(root): text for path, text in written.lost().items()}
        s.check(len(lost) == 1, f"the oracle is wrong: {lost}")
        check_streams(s, "in another root directory", record, lost, "death")
    else:
        is_honestly_missing(s, record)


@alone(once="turn", kernels=QUICK)
def unknown_library(s):
    """Of a build that was nowhere when tracing began nothing is said; of one that some process had mapped all is."""
    place = os.path.join(s.directory, "lib")
    os.mkdir(place)
    another_build(mapped_libc(), os.path.join(place, "libc.so.6"))
    argv = ["env", f"LD_LIBRARY_PATH={place}", DYNAMIC]
    for known in (False, True):
        if known:
            user = s.start(*argv[:2], "cat")
            s.wait_until(lambda: comm(user.pid) == "cat", "no cat")
        with s.trace("-a", f"--stdio=text:{TAIL}") as t:
            written = Written(s, f"unknown-{known}")
            p = s.start(*argv, "small", "kill", written.directory)
            record = last_record(s, t, p)
        if known and shows(s):
            check_streams(s, "known by another's memory", record, written.lost(), "death")
        else:
            is_honestly_missing(s, record)
