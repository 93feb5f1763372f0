# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The command line: what it prints where, when it ends, and with which status."""
import json
import os
import shutil
import subprocess
import threading
import time
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM

from cases import alone
from cases.records import PARTS, between, has
from cases.scene import DIE, comm
from cases.tracer import Failed, parse


def one_line(s, result, status, *words):
    """A refusal: this status, nothing on stdout, one line on stderr that holds these words."""
    what = f"{' '.join(result.args[1:])}: "
    s.check(result.returncode == status, f"{what}status {result.returncode}, expected {status}: {result.stderr}")
    s.check(result.stderr.count("\n") == 1 and result.stderr.startswith("exittrace: "),
            f"{what}not one line: {result.stderr!r}")
    for word in words:
        s.check(word in result.stderr, f"{what}no '{word}' in {result.stderr!r}")
    s.check(not result.stdout, f"{what}stdout: {result.stdout!r}")


@alone(once="machine")
def usage(s):
    for options in (["--nonsense"], ["-p", "x"], ["-p", "0"], ["-p", "-5"], ["-p", "1,"], ["-p", "99999999999"],
                    ["--signal", "NOPE"], ["--cause", "nope"], ["--fields", "no.such"], ["-d", "soon"],
                    ["--count", "x"], ["--tier", "best"], ["--"], [], ["-a", "--record"]):
        one_line(s, s.exittrace(*options), 2)


@alone(once="machine")
def pids_that_are_none(s):
    dead = s.die("exit", 0)
    dead.reap()
    one_line(s, s.exittrace("-p", dead.pid), 1, str(dead.pid))
    one_line(s, s.exittrace("--tree", dead.pid), 1, str(dead.pid))
    p = s.die("threads", 3).word("ready")
    thread = max(map(int, os.listdir(f"/proc/{p.pid}/task")))
    one_line(s, s.exittrace("-p", thread), 1, str(thread), str(p.pid))
    if comm(2) == "kthreadd":  # else this is a pid namespace
        one_line(s, s.exittrace("-p", 2), 1, "2 is a kernel thread")
        one_line(s, s.exittrace("--tree", 2), 1, "2 is a kernel thread")
    if not s.setup.guest:  # where that of this machine is under its own
        one_line(s, s.exittrace("-m", "sh", "-c", 'umount -l /proc && exec "$0" "$@"', s.setup.binary, "-p", p.pid,
                                binary="unshare"), 1, "no /proc here")


@alone(once="machine")
def in_another_pid_namespace(s):
    """Where numbers are others, what goes by them is refused, and the rest works."""
    inside = ("--pid", "--fork", "--mount-proc", s.setup.binary)
    for options in (["-p", 1], ["--tree", 1], ["--", "sh", "-c", "exit 5"], ["-n", "sh", "-p", 1]):
        one_line(s, s.exittrace(*inside, *options, binary="unshare"), 2, "initial pid namespace", "--pid=host", "--all")
    for options in (["-a"], ["-n", "sh"], ["-u", 0], ["-c", "/"]):
        result = s.exittrace(*inside, "-j", *options, "--", "sh", "-c", "exit 5", binary="unshare")
        deaths = [r for r in map(parse, result.stdout.splitlines()) if r["type"] == "death"]
        s.check(result.returncode == 5, f"{options}: status {result.returncode}: {result.stderr}")
        s.check(any(r["process"]["comm"] == "sh" and r["exit"]["code"] == 5 and r["process"]["ns_pid"] for r in deaths),
                f"{options}: {len(deaths)} records, none of the command")


@alone(once="machine")
def files_that_are_none(s):
    missing = os.path.join(s.directory, "no", "such")
    one_line(s, s.exittrace("-a", "-o", missing), 1, missing)
    one_line(s, s.exittrace("-a", "--record", missing), 1, missing)
    one_line(s, s.exittrace("--replay", missing), 1, missing)
    link = os.path.join(s.directory, "link")
    os.symlink("elsewhere", link)
    one_line(s, s.exittrace("-a", "--record", link), 1, "is a symbolic link, which is not followed")
    one_line(s, s.exittrace("-a", "-o", link), 1, "is a symbolic link, which is not followed")
    one_line(s, s.exittrace("-a", "--record", "/dev/null"), 1, "is no regular file")
    one_line(s, s.exittrace("-c", "/no/such/group"), 1, "/no/such/group")
    result = s.exittrace("--", missing)
    s.check(result.returncode == 127, f"status {result.returncode} for a command that is not there")


@alone(once="machine")
def replay_of_garbage(s):
    path = os.path.join(s.directory, "garbage")
    head = b"exittrace stream 1\n"
    for content in b"", head + b"\xff\xff\xff", head + bytes(64), b"GIF89a" + bytes(4000):
        with open(path, "wb") as file:
            file.write(content)
        result = s.exittrace("-j", "--replay", path, unaudited="what is replayed has no end")
        s.check(result.returncode == 1, f"status {result.returncode} for {content[:24]}")


@alone(once="machine")
def not_root(s):
    binary = shutil.copy(s.setup.binary, s.directory)
    os.chmod(s.directory, 0o755)
    one_line(s, s.exittrace("-a", "-d", "1", binary=binary, user=65534, group=65534, extra_groups=[]), 77, "root")


@alone(once="machine")
def true_reasons(s):
    """What is refused for lack of rights or memory is not said to be the kernel's lack of something."""
    if subprocess.run(["unshare", "-Ur", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        one_line(s, s.exittrace("-Ur", s.setup.binary, "-a", "-d", "0.1", binary="unshare"), 77, "not permitted")
    one_line(s, s.exittrace("-c", 'ulimit -v 20000; exec "$0" "$@"', s.setup.binary, "-a", "-d", "0.1", binary="sh"), 1,
             "out of memory")


@alone(once="machine")
def nobody_reads_us(s):
    """`exittrace | head -1`: ends by itself and is no failure; a full disk is one."""
    with open("/dev/full", "wb") as full:
        result = s.exittrace("-j", "--count", 1, "--", DIE, "exit", 0, stdout=full,
                             unaudited="its disk is full")
    s.check(result.returncode == 1, f"status {result.returncode} for a full disk")
    s.check(result.stderr.count("No space left") == 1, f"stderr: {result.stderr!r}")
    # the first line may have failed before there was one
    s.check(result.stderr.endswith((", 0 records not written\n", ", 1 record not written\n")), f"stderr: {result.stderr!r}")
    watch = s.watch("-j", "-a")
    watch.close_output()
    deadline = time.monotonic() + s.setup.seconds(10)
    while watch.process.poll() is None and time.monotonic() < deadline:
        s.reap(s.die("exit", 0))
    s.check(watch.process.poll() is not None, "goes on though nobody reads")
    s.check(watch.process.returncode in (0, 1), f"status {watch.process.returncode}, nobody reads")


@alone(once="machine")
def closed_descriptors(s):
    """None of what it opens gets the number of a standard descriptor that it was not given."""
    path = os.path.join(s.directory, "out")
    for closed in "<&-", ">&-", "2>&-", "<&- >&- 2>&-":
        def run(*options):
            return s.exittrace("-c", f'exec "$0" "$@" {closed}', s.setup.binary, *options, binary="sh")
        for options, status in ((["-n", "none", "-d", "0.1"], 0), (["--", DIE, "exit", "3"], 3)):
            result = run("-j", "-o", path, *options)
            s.check(result.returncode == status and result.stderr in ("", "exittrace: ready\n"), f"{closed}: {result}")
            with open(path) as file:
                types = [parse(line)["type"] for line in file]
            s.check(types[0] == "hello" and types[-1] == "bye", f"{closed}: {types}")
        result = run("--", DIE, "exit", "3")
        s.check(result.returncode == (1 if ">&-" in closed.split() else 3), f"{closed}: {result}")
    result = s.exittrace("-c", 'exec "$0" "$@" >&-', s.setup.binary, "-q", "--", DIE, "exit", "3", binary="sh")
    s.check(result.returncode == 1 and "stdout: Bad file descriptor" in result.stderr, f"{result}")


@alone(once="machine")
def tells_nothing_into_a_full_disk(s):
    """What ends at once says that it could not be written, however long it is."""
    for option in "--help", "--version", "--list-fields", "--json-schema":
        with open("/dev/full", "wb") as full:
            result = s.exittrace(option, stdout=full)
        s.check(result.returncode == 1 and result.stderr == "exittrace: stdout: No space left on device\n",
                f"{option}: status {result.returncode}: {result.stderr!r}")


@alone(once="machine")
def reader_asleep(s):
    """Nobody empties the pipe: SIGINT still ends it, and what was not written is said."""
    reading, writing = os.pipe()
    ready, told = os.pipe()
    with subprocess.Popen([s.setup.binary, "-j", "-a", "--ready-fd", str(told)], stdin=subprocess.DEVNULL,
                          stdout=writing, stderr=subprocess.PIPE, pass_fds=[told], text=True) as process:
        os.close(writing)
        os.close(told)
        os.read(ready, 1)
        for _ in range(300):
            s.reap(s.die("exit", 0))
        process.send_signal(SIGINT)
        try:
            stderr = process.communicate(timeout=s.setup.seconds(20))[1]
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failed("does not end while nobody reads") from None
    os.close(ready)
    os.close(reading)
    s.check(process.returncode == 1, f"status {process.returncode}")
    s.check("does not read" in stderr and "not written" in stderr, f"stderr: {stderr!r}")


@alone(once="machine")
def information(s):
    for options, word in ((["--help"], "--replay"), (["--version"], "exittrace"), (["--list-fields"], "cause.class"),
                          (["--probes"], "tracepoint")):
        result = s.exittrace(*options)
        s.check(result.returncode == 0 and word in result.stdout, f"{options}: {result}")


# ---- its end ----

@alone(once="kernel", seconds=40)
def command(s):
    """The command's status is ours, and its death the one record."""
    for script, status, want in (("exit 3", 3, {"exit.code": 3, "cause.class": "exit"}),
                                 ("exit 0", 0, {"exit.code": 0}),
                                 ("kill -9 $$", 137, {"exit.signal": 9, "cause.class": "signal"})):
        result = s.exittrace("-j", *s.tier(), "--", "sh", "-c", script)
        deaths = [r for r in map(json.loads, result.stdout.splitlines()) if r["type"] == "death"]
        s.check(result.returncode == status, f"sh -c '{script}': status {result.returncode}: {result.stderr}")
        s.check(len(deaths) == 1, f"sh -c '{script}': {len(deaths)} death records")
        s.match(deaths[0], {**want, "process.comm": "sh", "reap.how": "waited", "reap.by.comm": "exittrace"})


@alone(once="machine")
def command_hides_nothing(s):
    """What the command writes is passed on, what it reads is ours."""
    result = s.exittrace("-q", "-o", "/dev/null", "--", "sh", "-c", "cat; echo out; echo err >&2", input="in\n")
    s.check(result.stdout == "in\nout\n" and result.stderr == "err\n", f"{result}")


@alone(once="kernel")
def pinned(s):
    """-p ends when the last of them is reaped, and tells of these only."""
    pair = [s.die("wait").word("ready") for _ in range(2)]
    with s.trace("-p", ",".join(str(p.pid) for p in pair)) as t:
        for p in pair:
            s.check(t.process.poll() is None, "ended too early")
            s.send(SIGTERM, p)
            s.reap(p, {"exit.signal": 15})
        status = t.finish(10)
        t.check()
    s.check(status == 0, f"status {status}")
    s.check(sorted(r["process"]["pid"] for r in t.deaths()) == sorted(p.pid for p in pair), "other records")
    s.judge(t, {p.pid for p in pair})


@alone(once="machine")
def duration_and_count(s):
    begin = time.monotonic()
    result = s.exittrace("-j", "-a", "-d", "1")
    s.check(result.returncode == 0 and time.monotonic() - begin >= 1, f"-d 1: {result}")
    with s.trace("-n", "counted", "--count", 3) as t:
        for _ in range(5):
            s.reap(s.die("exit", 0, name="counted"))
        status = t.finish(10)
        t.check()
    s.check(status == 0 and len(t.deaths()) == 3, f"--count 3: status {status}, {len(t.deaths())} records")


@alone(once="machine")
def command_outlives_us(s):
    """-d or --count ends while the command runs: it goes on, which is said, and its status is nobody's to tell."""
    for options in ["-d", "0.3"], ["-f", "--count", 1]:
        script = f"echo $$; {DIE} exit 0; exec sleep 60 >&- 2>&-"
        result = s.exittrace("-q", "-o", "/dev/null", *options, "--", "sh", "-c", script)
        pid = int(result.stdout)
        s.check(comm(pid) in ("sh", "sleep"), f"{options}: the command is gone")
        os.kill(pid, SIGKILL)
        s.check(result.returncode == 1, f"{options}: status {result.returncode}")
        s.check(result.stderr == f"exittrace: sh, process {pid}, still runs, and goes on unwatched\n",
                f"{options}: {result.stderr!r}")
    result = s.exittrace("-q", "-o", "/dev/null", "-d", "30", "--", DIE, "exit", "3")
    s.check(result.returncode == 3 and not result.stderr, f"-d 30: {result}")


@alone(once="machine")
def command_and_others(s):
    """With -p it is one more of them, with --tree none; -f ends with it, whoever of its descendants is left."""
    p = s.die("wait").word("ready")
    with s.trace("-p", p.pid, command=[DIE, "exit", "3"]) as t:
        s.check(t.wait_for(lambda _: len(t.deaths()) == 1, 10), "no record of the command")
        s.check(t.process.poll() is None, "ended with its command")
        s.send(SIGTERM, p)
        s.reap(p)
        status = t.finish(10)
        t.check()
    s.check(status == 3 and p.pid in t.by_pid and len(t.by_pid) == 2, f"-p: status {status}, {list(t.by_pid)}")
    p = s.die("wait").word("ready")
    with s.trace("--tree", p.pid, command=[DIE, "exit", "3"]) as t:
        s.send(SIGTERM, p)
        s.reap(p)
        status = t.finish(10)
        t.check()
    s.check(status == 3 and list(t.by_pid) == [p.pid], f"--tree: status {status}, {list(t.by_pid)}")
    with s.trace("-f", command=["sh", "-c", f"sleep 5 >&- 2>&- & exec {DIE} exit 3"]) as t:
        status = t.finish(4)
        t.check()
    s.check(status == 3 and len(t.by_pid) == 1, f"-f: status {status}, {list(t.by_pid)}")


@alone(once="machine")
def failed_start(s):
    """One line says why; that the command is gone, too, is no news."""
    one_line(s, s.exittrace("--record", s.directory, "--", DIE, "exit", "0"), 1, "directory")


@alone(once="machine")
def output_file(s):
    """-o: nothing on stdout, no way in for others."""
    path = os.path.join(s.directory, "out")
    result = s.exittrace("-j", "-o", path, "--", DIE, "exit", "0")
    s.check(result.returncode == 0 and not result.stdout, f"{result}")
    s.check(os.stat(path).st_mode & 0o777 == 0o600, "the file can be read by others")
    with open(path) as file:
        types = [json.loads(line)["type"] for line in file]
    s.check(types == ["hello", "death", "bye"], f"{types}")


@alone(once="machine")
def output_fifo(s):
    """-o waits for the reader of a FIFO, which may come late, and can be ended meanwhile."""
    path = os.path.join(s.directory, "fifo")
    os.mkfifo(path)
    for sig, options in ((SIGTERM, ["-a"]), (SIGINT, ["--", DIE, "exit", "0"]), (SIGTERM, ["-j", "--", DIE, "exit", "3"])):
        with subprocess.Popen([s.setup.binary, "-o", path, *options], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True) as process:
            alarm = threading.Timer(s.setup.seconds(10), process.kill)
            alarm.start()
            told = process.stderr.readline()
            if "-j" in options:
                with open(path) as reader:
                    types = [json.loads(line)["type"] for line in reader]
                s.check(types == ["hello", "death", "bye"], f"{types}")
            else:
                process.send_signal(sig)
            stderr = process.communicate()[1]
            alarm.cancel()
        s.check(told == f"exittrace: {path}: a FIFO, waiting for its reader\n", told)
        s.check(process.returncode == (3 if "-j" in options else 1), f"{options}: status {process.returncode}")
        s.check(stderr == ("" if "-j" in options else f"exittrace: {path}: a FIFO that nobody has opened to read it\n"),
                f"{options}: {stderr!r}")


@alone(once="machine")
def one_file_for_two(s):
    """What is replayed, or recorded to, is not the output as well: a usage error, and nothing is lost."""
    stream, other = os.path.join(s.directory, "stream"), os.path.join(s.directory, "link")
    s.check(s.exittrace("-q", "--record", stream, "--", DIE, "exit", "3").returncode == 3, "no recording")
    os.link(stream, other)
    with open(stream, "rb") as file:
        before = file.read()
    for options in (["--replay", stream, "-j", "-o", stream], ["--replay", stream, "-o", other],
                    ["--record", other, "-o", stream, "--", DIE, "exit", "0"]):
        one_line(s, s.exittrace(*options, unaudited="refused"), 2, "destroy")
    for options in ["--replay", stream], ["--record", other, "--", DIE, "exit", "0"]:
        with open(stream, "ab") as file:
            s.check(s.exittrace(*options, stdout=file).returncode == 2, f"{options} with stdout there")
    with open(stream, "rb") as file:
        s.check(file.read() == before, "the recording is another one now")
    s.check(s.exittrace("-q", "--replay", stream, "-o", "/dev/null").returncode == 0, "another output")


@alone(once="machine")
def table(s):
    """For people: a heading, a line a death, under 80 columns; -q leaves the death."""
    lines = s.exittrace("-q", "--", DIE, "exit", "3").stdout.splitlines()
    s.check(len(lines) == 1 and "die" in lines[0] and "3" in lines[0], f"-q: {lines}")
    result = s.exittrace("--", DIE, "exit", "3")
    s.check(lines[0].split()[1:2] != [] and any("COMM" in line for line in result.stdout.splitlines()), f"{result}")
    s.check(all(len(line) < 80 for line in lines), f"80 columns or more: {lines}")
    for way, want in (["exit", "3"], ["die", "3", "-", "-"]), (["raise", "9"], ["die", "-", "9", "SIGKILL"]):
        fields = s.exittrace("-q", "--fields", "process.comm,code,signo,signal", "--", DIE, *way).stdout.split()
        s.check(fields == want, f"--fields: {fields}, not {want}")


@alone(once="kernel")
def replay(s):
    """--record and --replay: the same records, byte for byte, without root or a kernel."""
    path = os.path.join(s.directory, "stream")
    with s.trace("-a", "--record", path) as t:
        p = s.die("handle", int(SIGTERM)).word("ready")
        s.send(SIGTERM, p)
        p.word("handled")
        s.send(SIGKILL, p)
        s.reap(p, {"exit.signal": 9, "reap.zombie_ns": between(0, 10 ** 10)})
        s.family("zombie", 100)
        s.settle(t)
    s.check(os.stat(path).st_mode & 0o777 == 0o600, "the stream can be read by others")
    again = s.exittrace("-j", "--replay", path)
    s.check(again.returncode == 0, f"{again.stderr}")
    live = b"".join(t.lines).decode().splitlines()
    for was, now in zip(live, again.stdout.splitlines()):
        s.check(was == now, f"live   {was}\n    replay {now}")
    s.check(len(live) == len(again.stdout.splitlines()), "one has more lines")


@alone(once="machine")
def ready_line(s):
    """Told on stderr when nobody asked for --ready-fd."""
    watch = s.watch("-a")
    p = s.die("exit", 3, name="after ready")
    s.reap(p)
    time.sleep(0.2)
    watch.interrupt()
    text = watch.read_to_end()
    s.check(watch.status == 0 and "after ready" in text, f"status {watch.status}: {text}")
    result = s.exittrace("-a", "--count", 1, "-d", "0.1")
    s.check(result.stderr == "exittrace: ready\n", f"stderr: {result.stderr!r}")
    result = s.exittrace("-a", "-q", "-d", "0.1")
    s.check(not result.stderr, f"-q, stderr: {result.stderr!r}")


@alone(once="machine")
def hangup(s):
    """Ends it, with totals; not when it was started by nohup, nor its command then."""
    for before, status in ("", 0), ('trap "" HUP; ', None):
        ready, told = os.pipe()
        with subprocess.Popen(["sh", "-c", before + 'exec "$0" "$@"', s.setup.binary, "-a", "-q", "-o", "/dev/null",
                               "--ready-fd", str(told)], stdin=subprocess.DEVNULL, pass_fds=[told]) as process:
            os.close(told)
            os.read(ready, 1)
            os.close(ready)
            process.send_signal(SIGHUP)
            try:
                got = process.wait(s.setup.seconds(1))
            except subprocess.TimeoutExpired:
                got = None
                process.send_signal(SIGTERM)
            s.check(process.wait(s.setup.seconds(10)) == 0 and got == status, f"'{before}': status {got}")
    result = s.exittrace("-c", 'trap "" HUP; exec "$0" "$@"', s.setup.binary, "-q", "--", "sh", "-c",
                         "kill -HUP $PPID $$; exit 3", binary="sh")
    s.check(result.returncode == 3, f"{result}")


@alone(once="machine")
def two_at_once(s):
    with s.trace("-a") as first, s.trace("-a") as second:
        s.reap(s.die("exit", 3))
        s.settle(first)
        s.settle(second)


def sums_of(text):
    """The summaries among lines of JSON: (of intervals, of the whole)."""
    found = [r for r in map(parse, text.splitlines()) if r["type"] == "summary"]
    return [r for r in found if not r["whole"]], [r for r in found if r["whole"]]


def wrong_sums(record, deaths):
    """Every death is in every histogram, as known, unknown or none."""
    for key, histogram in record["histograms"].items():
        counted = sum(bucket["count"] for bucket in histogram["buckets"])
        if counted != histogram["known"]:
            yield f"{key}: buckets hold {counted}, known are {histogram['known']}"
        if histogram["known"] + histogram["unknown"] + histogram.get("none", 0) != deaths:
            yield f"{key}: not of {deaths} deaths: {histogram}"
    for key, top in record["top"].items():
        if isinstance(top, list) and sum(each["count"] for each in top) + record["top"]["others"][key] != deaths:
            yield f"top {key}: not of {deaths} deaths: {top}"


@alone(once="machine", seconds=40)
def summary(s):
    """-S: sums instead of records, for each interval and for the whole."""
    watches = [s.watch("-q", "-S", "-n", "summed", *more) for more in (["-j", "--interval", "1s"], [])]
    for code in 0, 0, 3, 0, 3, 3, 3:
        s.reap(s.die("exit", code, name="summed"))
    time.sleep(1.2)
    s.reap(s.die("null-write", name="summed"))
    s.reap(s.die("exit", 0, name="other"))
    time.sleep(0.2)
    for watch in watches:
        watch.interrupt()
    intervals, whole = sums_of(watches[0].read_to_end())
    s.check(len(whole) == 1 and whole[0]["deaths"] == 8, f"of the whole: {whole}")
    s.check(len(intervals) > 1 and sum(r["deaths"] for r in intervals) == 8, f"of intervals: {intervals}")
    for record in [*intervals, *whole]:
        wrong = list(wrong_sums(record, record["deaths"]))
        s.check(not wrong, "; ".join(wrong))
    s.check(set(whole[0]["histograms"]) == {"process.age_ns", "reap.zombie_ns", "phases.exit_ns",
                                            *(f"phases.{part}" for part in PARTS)}, f"{whole[0]['histograms'].keys()}")
    s.match(whole[0], {"top.cause": has({"class": "exit", "count": 7}), "top.comm": has({"comm": "summed", "count": 8}),
                       "top.reaper": has({"comm": comm(os.getpid()), "count": 8})})
    text = watches[1].read_to_end()
    for words in ("8 deaths", "summed", "exit", "fault"):
        s.check(words in text, f"no '{words}' in {text}")
    s.check(all(len(line) < 80 for line in text.splitlines()), f"80 columns or more: {text}")
