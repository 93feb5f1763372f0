# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes a record and what is expected of it, gives the differences in words. Starts nothing."""
import calendar
import json
import re
import signal
import time as _time

CLASSES = {"unknown", "exit", "signal", "fault", "abort", "oom_memcg", "oom_global", "seccomp", "rlimit", "timer",
           "pipe", "tty", "hangup", "pdeathsig", "pidns", "ptrace", "exec"}
HOWS = {"unknown", "waited", "auto", "reparented", "traced", "unreaped"}
TYPES = {"hello", "death", "zombie", "dying", "thread", "warning", "summary", "lost", "bye"}
ENDED_BY = ("exit", "group_exit", "exec", "killed")
# What phases.exit_ns is made of
PARTS = tuple(f"{name}_ns" for name in
              ("delivery", "coredump", "mm", "files", "detach", "task_work", "notify", "other"))
NOWS = ("delivery", "coredump", "mm", "files", "detach", "task_work", "notify", "exit")
ROLES = ("init", "pid_namespace_init", "subreaper")
CORE_REASONS = ("not_dumpable", "pattern_empty", "limit", "open_failed", "handler_failed", "interrupted")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:\d+:\d+$")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")
BIGGEST = 2 ** 53


class Nothing:
    def __repr__(self):
        return "nothing"


ABSENT = Nothing()


class Check:
    """An expectation that is not a plain value: text for people, a function, whether it may be left out."""

    def __init__(self, text, holds):
        self.text = text
        self.holds = holds

    def __repr__(self):
        return self.text


# Nobody may be named, nothing may be claimed.
NOTHING = Check("nothing", lambda value, _: value is ABSENT or value is None)
ANYTHING = Check("anything but nothing", lambda value, _: value is not ABSENT and value is not None)


def at_least(least):
    return between(least, float("inf"))


def between(least, most):
    return Check(f"{least}..{most}", lambda value, _: isinstance(value, int) and least <= value <= most)


def matches(pattern):
    return Check(f"/{pattern}/", lambda value, _: isinstance(value, str) and re.fullmatch(pattern, value))


def one_of(*values):
    return Check(" or ".join(map(str, values)), lambda value, _: value in values)


def has(item):
    """A list with an item that holds all this, or that is this."""
    def holds(value, record):
        if not isinstance(value, list):
            return False
        if not isinstance(item, dict):
            return item in value
        return any(not differences(each, item, record) for each in value)
    return Check(f"a list with {item}", holds)


def somewhere(*texts):
    """All of this, wherever in the value."""
    return Check(f"{texts} in it", lambda value, _: all(text in json.dumps(value) for text in texts))


# Could not be observed: null or left out, and named among the missing.
def unknown(key):
    return Check("unknown, and named in missing",
                 lambda value, record: (value is ABSENT or value is None) and is_missing(record, key))


def dig(record, key):
    value = record
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            return ABSENT
        value = value[part]
    return value


def is_missing(record, key):
    return any(key == name or key.startswith(name + ".") for name in record.get("missing", []))


def holds(value, expected, record):
    if isinstance(expected, Check):
        return bool(expected.holds(value, record))
    if expected is None:
        return value is None or value is ABSENT
    return type(value) is type(expected) and value == expected


class Limits:
    """What a kernel and tier may not show. There an honest "missing" is right too."""

    def __init__(self, keys=()):
        self.keys = tuple(keys)

    def lets(self, key):
        return key.startswith(self.keys)


NO_LIMITS = Limits()


def is_honest(value, key, record):
    """Missing, and it says so; of an unknown cause there is nothing more to say."""
    if key == "cause.class":
        return value == "unknown"
    unknown_cause = key.startswith("cause.") and dig(record, "cause.class") == "unknown"
    return (value is None or value is ABSENT) and (is_missing(record, key) or unknown_cause)


def differences(record, expect, whole=None, limits=NO_LIMITS):
    whole = record if whole is None else whole
    found = []
    for key, expected in expect.items():
        value = dig(record, key)
        if holds(value, expected, whole):
            continue
        if is_honest(value, key, whole) and limits.lets(key):
            continue
        found.append(f"{key}: expected {expected!r}, got {value!r}")
    return found


# ---- what holds for every record ----

# Words for "there is none": null without being unknown
PLAIN_NULLS = {"exit.code", "exit.signal", "exit.signal_name", "reap.reparented_to", "stdio.streams.lost_bytes"}


def leaves(value, key=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, key)
    else:
        yield key, value


def leaf_problems(record):
    for key, value in leaves(record):
        if isinstance(value, (int, float)) and abs(value) > BIGGEST:
            yield f"{key}: {value} is above 2^53"
        if isinstance(value, int) and value < 0:
            yield f"{key}: {value} is negative"
        if value is None and key not in PLAIN_NULLS and not is_missing(record, key):
            yield f"{key}: null, and not named in missing"
        if isinstance(value, str) and key.rpartition(".")[2] == "id" and key.endswith(("by.id", "parent.id")):
            if not ID.match(value):
                yield f"{key}: no identity: {value}"


def death_problems(record):
    yield from leaf_problems(record)
    expect = {"schema": "exittrace/1", "time": matches(TIME.pattern), "id": matches(ID.pattern),
              "process.pid": at_least(1), "process.comm": Check("text", lambda v, _: isinstance(v, str)), "exit.raw": between(0, 0xffff),
              "cause.class": one_of(*CLASSES), "cause.text": ANYTHING, "reap.how": one_of(None, ABSENT, *HOWS),
              "observed_from": one_of("start", "attach"),
              "missing": Check("a list", lambda v, _: isinstance(v, list))}
    if record["type"] == "zombie":
        del expect["exit.raw"]
    yield from differences(record, expect)
    yield from identity_problems(record)
    yield from exit_problems(record)
    yield from file_problems(record)
    yield from core_problems(record)


def identity_problems(record):
    if record.get("id", "").split(":")[1:2] != [str(dig(record, "process.pid"))]:
        yield f"id: {record.get('id')} is not of pid {dig(record, 'process.pid')}"


def dying_problems(record):
    """It is not over yet: no status, no parts, but where it is and for how long."""
    yield from leaf_problems(record)
    yield from identity_problems(record)
    yield from differences(record, {
        "schema": "exittrace/1", "process.comm": Check("text", lambda v, _: isinstance(v, str)), "exit": ABSENT,
        "phases.exit_ns": at_least(1), "phases.now": one_of(*NOWS), "reap": ABSENT,
        "phases.now_ns": Check("at most phases.exit_ns", lambda v, r: 0 <= v <= r["phases"]["exit_ns"])})


def thread_problems(record):
    """One thread of a process that may go on."""
    yield from leaf_problems(record)
    yield from identity_problems(record)
    yield from exit_problems(record)
    yield from differences(record, {
        "schema": "exittrace/1", "time": matches(TIME.pattern), "thread.tid": at_least(1),
        "thread.comm": Check("text", lambda v, _: isinstance(v, str)), "thread.ended_by": one_of(*ENDED_BY, None),
        "cause.class": one_of(*CLASSES), "cause.text": ANYTHING, "cause.by": NOTHING, "reap": ABSENT})


def signal_name(number):
    """As `kill -l` of bash says it: the first half of the real-time ones count up, the others down."""
    if number in (32, 33):
        return f"SIG{number}"
    if number < 32:
        return {17: "SIGCHLD", 29: "SIGIO"}.get(number) or signal.Signals(number).name
    base, plus = ("SIGRTMIN", number - 34) if number < 50 else ("SIGRTMAX", number - 64)
    return f"{base}{plus:+}" if plus else base


def exit_group(raw):
    """What the exit group must say about a raw wait status."""
    number = raw & 0x7f
    if not number:
        return {"exit.raw": raw, "exit.code": raw >> 8, "exit.signal": None, "exit.signal_name": None,
                "exit.core_dumped": one_of(False, None, ABSENT), "exit.shell": raw >> 8}
    return {"exit.raw": raw, "exit.code": None, "exit.signal": number, "exit.signal_name": signal_name(number),
            "exit.core_dumped": bool(raw & 0x80), "exit.shell": 128 + number}


def exit_problems(record):
    raw = dig(record, "exit.raw")
    if isinstance(raw, int):
        yield from differences(record, exit_group(raw))


def phase_problems(record):
    """The parts make up the whole, to the nanosecond."""
    phases = record.get("phases")
    if not isinstance(phases, dict):
        return
    whole, parts = phases["exit_ns"], [phases[part] for part in PARTS if phases.get(part) is not None]
    absent = [part for part in PARTS if part not in phases]
    if absent:
        yield f"phases without {absent}"
    if sum(parts) != whole:
        yield f"phases: the parts make {sum(parts)}, exit_ns is {whole}: {phases}"
    if any(part > whole for part in parts):
        yield f"phases: a part above exit_ns {whole}: {phases}"
    if "mm_users" in phases and phases.get("mm_freed") is not False:
        yield f"phases: users of memory that was freed: {phases}"
    if "now" in phases:
        yield f"phases: now, of one that is dead: {phases}"


def no_more(group, less, more):
    if isinstance(group.get(less), int) and isinstance(group.get(more), int) and group[less] > group[more]:
        yield f"{less} {group[less]} is above {more} {group[more]}"


def file_problems(record):
    files = record.get("files")
    if not isinstance(files, dict):
        return
    yield from no_more(files, "flushed", "closed")
    yield from no_more(files, "flush_ns", "close_ns")
    errors, count = files.get("flush_errors"), files.get("flush_error_count")
    if isinstance(errors, list) and isinstance(count, int) and len(errors) > count:
        yield f"files: {len(errors)} errors listed, {count} counted"
    if errors == [] or (count and not errors and not is_missing(record, "files.flush_errors")):
        yield f"files: no list of errors, {count} counted"
    if files.get("shared") and files["closed"]:
        yield "files: closed what others have open"
    if files.get("slowest"):
        yield from no_more({**files, "slowest_ns": files["slowest"]["ns"]}, "slowest_ns", "close_ns")


def core_problems(record):
    core, told = record.get("coredump"), dig(record, "exit.core_dumped")
    if core is None:
        if told is True:
            yield "exit.core_dumped, and no coredump group"
        return
    if isinstance(told, bool) and core["dumped"] is not told:
        yield f"coredump.dumped is {core['dumped']}, exit.core_dumped is {told}"
    reason = core.get("reason")
    if core["dumped"] and "reason" in core or reason not in (None, *CORE_REASONS):
        yield f"coredump.reason: {reason}"


def missing_problems(record):
    """What is said to be missing is null or left out, and has a reason."""
    missing, why = record.get("missing", []), record.get("missing_why", {})
    if len(set(missing)) != len(missing) or sorted(missing) != sorted(why):
        yield f"missing {missing}, reasons for {list(why)}"
    for key in missing:
        value = dig(record, key)
        if value is not None and value is not ABSENT:
            yield f"{key}: missing, and {value!r}"
    for key in record.get("truncated", []):
        if dig(record, key) in (None, ABSENT):
            yield f"{key}: cut, and not there"


def identities(value, key=""):
    """(key, group) of whatever has an id and a pid"""
    if isinstance(value, dict):
        if {"id", "pid"} <= value.keys():
            yield key, value
        for name, inner in value.items():
            yield from identities(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for inner in value:
            yield from identities(inner, key)


def identities_problems(record, boot_id):
    """Ids are of this boot, of the pid beside them, and of somebody who was born by then."""
    if record["id"].split(":")[0] != boot_id:
        yield f"id: {record['id']} is not of boot {boot_id}"
    for key, group in identities(record):
        if group["id"] and group["id"].split(":")[:2] != [boot_id, str(group["pid"])]:
            yield f"{key}: {group['id']} is not of pid {group['pid']} in boot {boot_id}"
    parent = dig(record, "parent.id")
    if isinstance(parent, str) and start_of(parent) > start_of(record["id"]):
        yield f"parent.id: {parent} is younger than {record['id']}"


def start_of(identity):
    return int(identity.split(":")[2])


def nanoseconds(time):
    """Of a time in RFC 3339"""
    whole, _, rest = time.rstrip("Z").partition(".")
    return calendar.timegm(_time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 10 ** 9 + int(rest)


def time_problems(record):
    """Born, told to die, exiting, dead: in this order. The clock of the day may be stepped, but not within a record."""
    born, died, age = record.get("process", {}).get("start_time"), record.get("time"), dig(record, "process.age_ns")
    if record["type"] == "death" and born and died and isinstance(age, int):
        if nanoseconds(born) + age != nanoseconds(died):
            yield f"age_ns {age} is not from {born} to {died}"
    if not isinstance(age, int):
        return
    for key in ("cause.sent_to_dead_ns", "phases.exit_ns", "exit.group_exit_ns", "exit.leader_gone_ns"):
        value = dig(record, key)
        if isinstance(value, int) and value > age:
            yield f"{key}: {value} is longer than its life, {age}"
    for tried in dig(record, "cause.timeline") or () if isinstance(dig(record, "cause.timeline"), list) else ():
        if tried.get("before_death_ns") is not None and tried["before_death_ns"] > age:
            yield f"cause.timeline: before it was born: {tried}"


def not_before(record, begin, slack_ns):
    if record["time"] and nanoseconds(record["time"]) < nanoseconds(begin) - slack_ns:
        yield f"time: {record['time']}, tracing began at {begin}"


def short(record):
    return json.dumps(record, separators=(",", ":"))[:1500]
