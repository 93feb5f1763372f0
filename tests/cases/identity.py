# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Which process it was: names, numbers, places, what it used."""
import os
import shutil
from signal import SIGKILL

from cases import alone, case, row
from cases.records import NOTHING, Check, at_least, between, matches
from cases.scene import DIE, TINY, stat_fields

MS = 10 ** 6


@row(34)
@case
def never_got_to_exec(s):
    s.family("quick", 20, 2, want={"process.executable.path": os.path.realpath(DIE), "process.threads": 1,
                                   "process.age_ns": between(0, 5_000 * MS)})


@case
def names_and_numbers(s):
    p = s.die("wait", name="a name").word("ready")
    _, ppid, pgid, session = stat_fields(p.pid)[:4]
    s.send(SIGKILL, p)
    s.reap(p, {"process.comm": "a name", "process.executable.path": os.path.realpath(DIE), "process.uid": 0,
               "process.gid": 0, "process.pgid": int(pgid), "process.session": int(session), "parent.pid": int(ppid),
               "process.start_time": matches(r"\d{4}-.*Z"), "process.args": NOTHING})


@case
def path_with_names_of_every_length(s):
    """What does not fit into 255 bytes is cut on the side of the root, and that is said."""
    place = os.path.realpath(s.directory)
    for length in range(1, 17):
        place = os.path.join(place, chr(ord("a") + length) * length)
    long = os.path.join(place, "long" * 30)
    os.makedirs(long)
    for path, told in ((os.path.join(place, "die"), place + "/die"), (os.path.join(long, "die"), tail_of(long + "/die"))):
        shutil.copy(TINY, path)
        s.reap(s.start(path), {"process.executable.path": told})


def tail_of(path):
    def matches_it(value, record):
        return (isinstance(value, str) and value.startswith(".../") and path.endswith(value[3:]) and len(value) > 200 and
                "process.executable.path" in record["truncated"])
    return Check(f"the end of {path}", matches_it)


@case
def other_user(s):
    p = s.start("setpriv", "--reuid", "4321", "--regid", "4322", "--clear-groups", "--", "sh", "-c", "exit 3")
    s.reap(p, {"process.uid": 4321, "process.gid": 4322, "process.comm": "sh"})


@case
def terminal(s):
    s.family("tty", 3)


@case
def pid_namespace(s):
    s.family("pid-namespace")


@case
def usage(s):
    """As wait4() told the parent; the last moments of an exit may come after the probe."""
    p = s.die("burn", 200, 40)
    _, raw, used = p.reap()
    cpu = int((used.ru_utime + used.ru_stime) * 1000) * MS
    s.expect(p.pid, {"exit.raw": raw, "resources.max_rss_bytes": used.ru_maxrss * 1024,
                     "resources.user_ns": between(0, cpu + 20 * MS), "resources.sys_ns": between(0, cpu + 20 * MS),
                     "resources.minor_faults": between(used.ru_minflt - 20, used.ru_minflt),
                     "resources.major_faults": between(0, used.ru_majflt),
                     "resources.voluntary_switches": between(max(0, used.ru_nvcsw - 3), used.ru_nvcsw),
                     "resources.involuntary_switches": between(0, used.ru_nivcsw),
                     "process.age_ns": at_least(200 * MS)})


@case
def cgroup(s):
    with s.cgroup() as group:
        p = s.die("wait").word("ready")
        group.add(p.pid)
        s.send(SIGKILL, p)
        s.reap(p, {"process.cgroup.path": group.path, "process.cgroup.id": str(group.inode)})


@case
def hostile_names(s):
    """Chosen to break terminals and parsers. Tracer reads the lines with Python's parser."""
    for name in ("\x1b[31mred", 'quo"te\\back', "new\nline", "\u202egnp.exe", "\x7f\x01"):
        s.reap(s.die("exit", 0, name=name), {"process.comm": name})


@case
def name_that_is_no_text(s):
    p = s.start(DIE, "--comm", os.fsdecode(b"bad\xff\xfe"), "exit", "0")
    s.reap(p, {"process.comm": "bad\ufffd\ufffd", "process.comm_b64": "YmFk//4="})


@row(35)
@alone(where="guest", seconds=60)
def pid_reuse(s):
    """Pids come round within seconds; each record still has the name and the code of its own process."""
    with s.file("/proc/sys/kernel/pid_max", "400"), s.trace("-a") as t:
        told = s.many("drops", 400)
        s.check(t.wait_for(lambda all: len(drops(all)) >= len(told), 30), f"{len(drops(t.records))} of {len(told)}")
        t.stop()
    s.check(len({pid for pid, *_ in told}) < len(told), "no pid was used twice: nothing is shown")
    s.check(sorted((pid, code) for pid, _, _, code, *_ in told) ==
            sorted((r["process"]["pid"], r["exit"]["code"]) for r in drops(t.records)), "pids and codes differ")
    for record in drops(t.records):
        s.match(record, {"process.comm": f"et-drop-{record['exit']['code']}"})


def drops(all_records):
    return [r for r in all_records if r["type"] == "death" and r["process"]["comm"].startswith("et-drop-")]


@alone(once="best")
def arguments(s):
    """-A: every word as it was given, empty ones too."""
    with s.trace("-a", "-A") as t:
        p = s.die("exit", 3, "two words", "", "\u00e9")
        s.reap(p, {"process.args": Check(f"{p.argv}", lambda value, _: value == p.argv)})
        s.settle(t)
