# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Processes whose names are chosen to be obeyed: by a terminal, by whoever reads lines, by whoever parses JSON."""
import base64
import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import unicodedata

from cases import QUICK, alone
from cases.scene import DIE, TINY, Cgroup
from cases.tracer import Failed, Skipped

# What the kernel, a file system and a command line let through: no NUL, and no slash in a file's name.
CORPUS = {
    "colour": b"\x1b[5;44mred",
    "title": b"\x1b]0;owned\x07",
    "clipboard": b"\x1b]52;c;cm0gLXJmIH4=\x07",
    "device control": b"\x1bP$q\"p\x1b\\",
    "newline": b"ok\nroot 1 exit",
    "carriage return": b"bad\rgood",
    "tab": b"a\tb\x0b\x0c\x08c",
    "delete": b"x\x7f\x7fy",
    "C1 raw": b"\x9b31m\x9d0;t\x9c",
    "C1 in UTF-8": "\u009b31m\u0085\u0090x".encode(),
    "all C0": bytes(range(1, 16)),
    "more C0": bytes(range(16, 32)),
    "bidi": "\u202etxt.exe\u202c".encode(),
    "isolates": "\u2066a\u2069\u200fb".encode(),
    "invisible": "a\u200b\u200d\u2060\ufeffb".encode(),
    "tags": "\U000e0041\U000e0042".encode(),
    "line separators": "a\u2028b\u2029c".encode(),
    "no UTF-8": b"\xff\xfe\xc0\x80",
    "surrogate": b"\xed\xa0\x80\xed\xb0\x80",
    "beyond Unicode": b"\xf4\x90\x80\x80\xf8\x88",
    "cut character": "fourteen bytes\u20ac".encode(),  # a comm is its first 15
    "cut longer one": "123456789012\U0001f480!".encode(),
    "backslashes": b"\\x1b[31m\\n\\",
    "quotes": b"\"}{'`$(id)",
    "percent": b"%s%n%99999d",
    "wide": "\u8b66\u544a\uff01e\u0301".encode(),
    "blanks": b"  two  ",
    "just a dash": b"--",
}
LONG = b"\x1b[2J\xff\n" * 700  # more than 4 KiB, of which 2 KiB are told

READ_WITH_JQ = """select(.type == "death") | def one($o; $k): if $o == null or $o[$k] == null then null
else $o[$k + "_b64"] // ($o[$k] | @base64) end; [.process.pid, one(.process; "comm"), one(.process.executable; "path"),
one(.process.cgroup; "path"), (.process | .args_b64 // (if .args == null then null else .args | map(@base64) end))]"""

READ_WITH_NODE = """const twin = (o, k) => !o || o[k] == null ? null : o[k + "_b64"] || Buffer.from(o[k]).toString("base64");
for (const line of require("fs").readFileSync(0, "utf8").split("\\n").slice(0, -1)) {
const r = JSON.parse(line), p = r.process; if (r.type != "death") continue;
console.log(JSON.stringify([p.pid, twin(p, "comm"), twin(p.executable, "path"), twin(p.cgroup, "path"),
p.args_b64 || (p.args ? p.args.map(a => Buffer.from(a).toString("base64")) : null)])); }"""

OURS = rb"\x1b\[(?:0|1|2|1;31|31|32|33)m"  # the colours; no name of the corpus has one of them


def read_with_python(text):
    def one(where, key):
        if not where or where.get(key) is None:
            return None
        return where.get(f"{key}_b64") or base64.b64encode(where[key].encode()).decode()
    for record in map(json.loads, text.decode().splitlines()):
        if record["type"] == "death":
            p = record["process"]
            args = p.get("args") and [base64.b64encode(arg.encode()).decode() for arg in p["args"]]
            yield [p["pid"], one(p, "comm"), one(p.get("executable"), "path"), one(p.get("cgroup"), "path"),
                   p.get("args_b64") or args]


def read_with(program, text):
    if not shutil.which(program[0]):
        raise Failed(f"{program[0]} is not installed: scripts/setup check")
    result = subprocess.run(program, input=text, capture_output=True, check=False)
    if result.returncode:
        raise Failed(f"{program[0]} does not read it: {result.stderr.decode(errors='replace')[:400]}")
    return [json.loads(line) for line in result.stdout.splitlines()]


# ---- the processes ----

class Truth:
    """What a process called itself, as it did: comm, exe, cgroup path, command line"""

    def __init__(self, pid, comm, exe, cgroup, args):
        self.pid, self.comm, self.exe, self.cgroup, self.args = pid, comm, exe, cgroup, args


def run(path, argv, group=None):
    """To its end, in this cgroup"""
    pid = os.fork()
    if not pid:
        try:
            if group:
                group.add(os.getpid())
            os.execv(path, argv)
        finally:
            os._exit(99)
    _, status = os.waitpid(pid, 0)
    if os.waitstatus_to_exitcode(status) != 3:
        raise Failed(f"{argv!r}: status {status}")
    return pid


@contextlib.contextmanager
def group_called(name):
    """None where the kernel refuses such a name, as it does newlines, or there may be none"""
    group = None
    with contextlib.suppress(OSError, Skipped):
        group = Cgroup("et-" + os.fsdecode(name))
    try:
        yield group
    finally:
        if group:
            group.remove()


def act(s, name):
    """A file of this name runs, with such words, in such a cgroup; and one that calls itself so."""
    path = os.path.join(os.fsencode(s.directory), name)
    shutil.copy(TINY, path)
    args = [name, b"3", name, b"", LONG]
    with group_called(name) as group:
        pid = run(path, args, group)
        yield Truth(pid, name[:15], path, group and os.fsencode(group.path), args)
    os.unlink(path)
    args = [b"die", b"--comm", name, b"exit", b"3"]
    yield Truth(run(DIE, args), name[:15], os.fsencode(os.path.realpath(DIE)), None, args)


def differences(truth, told, truncated, limited):
    """`limited`: of what the tier does not show nothing may be told, but nothing else."""
    _, comm, exe, cgroup, args = told
    if base64.b64decode(comm) != truth.comm:
        yield f"comm {base64.b64decode(comm)!r}"
    if not (exe is None and limited) and (exe is None or base64.b64decode(exe) != truth.exe):
        yield f"exe {exe and base64.b64decode(exe)!r}"
    if truth.cgroup and (cgroup is None or base64.b64decode(cgroup) != truth.cgroup):
        yield f"cgroup {cgroup and base64.b64decode(cgroup)!r}"
    if args is None and limited:
        return
    got, want = b"\0".join(map(base64.b64decode, args or ())), b"\0".join(truth.args)
    if got != want and not (truncated and len(got) > 1500 and want.startswith(got)):
        yield f"args {got[:200]!r}"


# ---- as text ----

def is_fit(text):
    """None, or the first that is not printable: by Unicode's categories, not by our table"""
    try:
        characters = text.decode()
    except UnicodeDecodeError as error:
        return repr(error)
    return next((repr(c) for c in characters if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs")),
                None)


def check_fit(s, what, raw, coloured=False):
    """What came through a terminal, which made \\r\\n of each newline."""
    text = raw.replace(b"\r\n", b"\n")
    if coloured:
        text = re.sub(OURS, b"", text)
    wrong = is_fit(text)
    s.check(wrong is None, f"{what}: {wrong} in {raw[:3000]!r}")
    return text


ESCAPE = re.compile(r"\\(n|t|\\|x[0-9a-f]{2}|u\{[0-9a-f]+\})")


def unescape(text):
    def meant(match):
        word = match[1]
        plain = {"n": b"\n", "t": b"\t", "\\": b"\\"}.get(word)
        if plain:
            return plain
        return bytes([int(word[1:], 16)]) if word[0] == "x" else chr(int(word[2:-1], 16)).encode()
    pieces, at = [], 0
    for match in ESCAPE.finditer(text):
        pieces += [text[at:match.start()].encode(), meant(match)]
        at = match.end()
    return b"".join([*pieces, text[at:].encode()])


class Terminal:
    """exittrace on a terminal of its own, stdout and stderr"""

    def __init__(self, s, *options, environment=None, pass_fds=()):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen([s.setup.binary, *options], stdin=slave, stdout=slave, stderr=slave,
                                        pass_fds=pass_fds, env={**os.environ, **(environment or {"NO_COLOR": "1"})})
        os.close(slave)
        self.seconds = s.setup.seconds(30)

    def read_to_end(self):
        text = b""
        try:
            while select.select([self.master], [], [], self.seconds)[0]:
                piece = os.read(self.master, 65536)
                if not piece:
                    break
                text += piece
        except OSError:  # EIO: nobody has it open any more
            pass
        os.close(self.master)
        if self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.seconds)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            raise Failed(f"{self.process.args}: does not end: {text!r}")
        return text


VIEWS = (["-A", "-T"], ["-v", "-A", "-T"], ["-S"], ["-S", "--interval", "1s"], ["-j", "-A"], ["-S", "-j"],
         ["--fields", "process,parent,cause,reap"], ["-t", "-A"])


def check_views(s, stream):
    for view in VIEWS:
        check_fit(s, f"{view}", Terminal(s, *view, "--replay", stream).read_to_end())
    for view in VIEWS[:3]:
        told = Terminal(s, *view, "--replay", stream, environment={"TERM": "xterm"}).read_to_end()
        check_fit(s, f"{view} in colour", told, coloured=True)


def check_names(s, stream, truths):
    """Escaped, a name still tells every byte."""
    fields = "process.pid,process.comm"
    told = Terminal(s, "-q", "--fields", fields, "--replay", stream).read_to_end().decode().splitlines()
    names = dict(line.split(" ", 1) for line in map(str.strip, told) if " " in line)
    for truth in truths:
        name = unescape(names.get(str(truth.pid), "").strip(" "))
        s.check(name == truth.comm.strip(b" "), f"pid {truth.pid} is called {name!r}, not {truth.comm!r}")


def check_records(s, text, truths):
    """Three readers that are not ours, and what the processes did."""
    told = list(read_with_python(text))
    for program in ["jq", "-c", READ_WITH_JQ], ["node", "-e", READ_WITH_NODE]:
        s.check(read_with(program, text) == told, f"{program[0]} reads something else than python")
    records = {record["process"]["pid"]: record for record in map(json.loads, text.splitlines())
               if record["type"] == "death"}
    by_pid = {each[0]: each for each in told}
    limited = s.setup.tier == "tracepoint"
    for truth in truths:
        s.check(truth.pid in by_pid, f"no record of {truth.comm!r}")
        cut = "process.args" in records[truth.pid].get("truncated", [])
        wrong = list(differences(truth, by_pid[truth.pid], cut, limited))
        s.check(not wrong, f"of {truth.args[:3]!r} in {truth.cgroup!r}: {'; '.join(wrong)}")


@alone(once="turn", kernels=QUICK, seconds=120)
def names(s):
    """Live on a terminal, in a file, replayed in every view; each byte can be had back."""
    stream = os.path.join(s.directory, "stream")
    terminal, truths = None, []
    with s.trace("-a", "-A", "--record", stream, output=os.path.join(s.directory, "out")) as t:
        ready, tell = os.pipe()
        terminal = Terminal(s, *s.tier(), "-a", "-A", "--ready-fd", str(tell), pass_fds=[tell])
        os.close(tell)
        s.check(os.read(ready, 1), "never attached")
        os.close(ready)
        for name in CORPUS.values():
            truths += act(s, name)
        terminal.process.send_signal(signal.SIGINT)
        live = check_fit(s, "live", terminal.read_to_end())
        t.stop()
    s.check(all(str(truth.pid).encode() in live for truth in truths), "not all of them on the terminal")
    check_records(s, b"".join(t.lines), truths)
    check_views(s, stream)
    check_names(s, stream, truths)
    s.note(f"{len(truths)} processes, {sum(truth.cgroup is not None for truth in truths)} cgroups")


# ---- what the command line and files are called ----

def refused(directory, word):
    missing = os.path.join(os.fsencode(directory), b"none", word)
    yield from ([b"-o", missing, b"-a"], [b"--record", missing, b"-a"], [b"--replay", missing], [b"-c", word, b"-a"],
                [b"-c", b"/" + word], [b"-u", word, b"-a"], [b"-n", word * 16], [b"-p", word], [b"--cause", word],
                [b"--signal", word], [b"--fields", word], [b"-d", word], [b"--tier", word], [b"--without", word],
                [b"--count", word], [b"--" + word], [b"-" + (b"Y" if word[:1].isalnum() else word[:1])], [b"--ready-fd", word],
                [b"--min-age", b"1" + word], [b"--", missing], [b"--json=" + word])


# One of each kind: to ask the kernel takes its time, and there are many options
TYPED = "colour", "clipboard", "newline", "carriage return", "C1 raw", "C1 in UTF-8", "bidi", "no UTF-8", "backslashes"


@alone(once="machine", seconds=120)
def errors(s):
    """One line each, fit for a terminal, whatever was typed or a file is called."""
    for label in TYPED[:2] if s.setup.guest else TYPED:  # an emulator takes a second for each
        for options in refused(s.directory, CORPUS[label]):
            t = Terminal(s, *options)
            text = check_fit(s, f"{options}", t.read_to_end())
            s.check(t.process.returncode in (1, 2, 77, 127), f"{options}: status {t.process.returncode}: {text!r}")
            s.check(b"exittrace: " in text, f"{options}: {text!r}")
    for options in refused(s.directory, b"\x1b[31mX" * 800):
        check_fit(s, f"a long {options[0]}", Terminal(s, *options).read_to_end())


@alone(once="machine", seconds=60)
def files(s):
    """A file of such a name, which is no recording; and a directory, where no file can be made."""
    for name in list(CORPUS.values())[:8 if s.setup.guest else None]:
        path = os.path.join(os.fsencode(s.directory), b"x" + name)
        with open(path, "wb") as file:
            file.write(b"no recording, but \x1b[31m")
        for options in [b"--replay", path], [b"-a", b"-d", b"0.1", b"-o", os.path.join(path, name)]:
            text = check_fit(s, f"{options}", Terminal(s, *options).read_to_end())
            s.check(text.count(b"\n") == 1 and text.startswith(b"exittrace: "), f"{options}: {text!r}")
