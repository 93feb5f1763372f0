#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes the unit of systemd, asks systemd what it thinks of it, and whether all that exittrace calls is let through.

usage: test_service.py
"""
import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
UNIT = TOP / "dist/systemd/exittrace.service"
DROP_IN = TOP / "dist/examples/exittrace-metrics.conf"
USERS = TOP / "dist/systemd/exittrace.sysusers"
EXPOSURE = 2.5
# What it takes to attach, to give up everything and to be shut in, and what any program needs.
CALLS = ("bpf perf_event_open capset prctl seccomp landlock_create_ruleset landlock_restrict_self epoll_wait epoll_pwait2 "
         "read write writev fork clone clone3 wait4 kill mmap munmap brk openat close fsync fdatasync pwrite64 rename "
         "unlink ftruncate flock sendmsg recvmsg connect socketpair signalfd4 timerfd_create poll fchown fchmod "
         "clock_gettime getrandom exit_group")


def run(*argv):
    done = subprocess.run(list(map(str, argv)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def values(text, name):
    return re.findall(rf"^{name}=(.*)$", text, re.M)


@functools.lru_cache(maxsize=None)
def calls_of(word):
    """A call, or all those of a group."""
    if not word.startswith("@"):
        return frozenset([word])
    lines = run("systemd-analyze", "--no-pager", "syscall-filter", word)[1].splitlines()[1:]
    words = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    assert words, f"systemd knows no {word}"
    return frozenset().union(*map(calls_of, words))


def allowed(text):
    calls = set()
    for value in values(text, "SystemCallFilter"):
        named = frozenset().union(*map(calls_of, value.lstrip("~").split()))
        calls = calls - named if value.startswith("~") else calls | named
    return calls


def check_exposure():
    out = run("systemd-analyze", "security", "--offline=true", "--no-pager", UNIT)[1]
    found = re.search(r"Overall exposure level for exittrace.service: ([\d.]+)", out)
    assert found and float(found.group(1)) <= EXPOSURE, out[-3000:]
    return float(found.group(1))


def complaints(unit):
    return [line for line in run("systemd-analyze", "--no-pager", "verify", unit)[1].splitlines()
            if "exittrace" in line and "is not executable" not in line and "Command 'man" not in line]


def with_drop_in(place):
    """The unit as the example for metrics changes it."""
    unit = shutil.copy(UNIT, place)
    os.mkdir(f"{unit}.d")
    shutil.copy(DROP_IN, f"{unit}.d/metrics.conf")
    return unit


def main():
    text = UNIT.read_text()
    rights = values(text, "AmbientCapabilities")
    assert rights == values(text, "CapabilityBoundingSet") and values(text, "User") == ["exittrace"]
    assert re.search(r"^u exittrace ", USERS.read_text(), re.M)
    assert values(text, "Type") == ["notify"] and values(text, "StateDirectory") == ["exittrace"]
    if not shutil.which("systemd-analyze"):
        print("ok service: systemd was not asked, there is none")
        return
    lacking = set(CALLS.split()) - allowed(text)
    assert not lacking, f"not let through: {sorted(lacking)}"
    assert not allowed(text) & {"mount", "init_module", "ptrace", "setuid", "reboot", "swapon"}
    exposure = check_exposure()
    said = complaints(UNIT)
    assert not said, said
    with tempfile.TemporaryDirectory() as place:
        said = complaints(with_drop_in(place))
    assert not said, said
    status, out = run("systemd-sysusers", "--dry-run", USERS)
    assert not status, out
    print(f"ok service: exposure {exposure}, {len(allowed(text))} system calls")


sys.exit(main())
