# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Nothing of exittrace stays in the kernel, however it ends."""
import contextlib
import os
from signal import SIGINT, SIGKILL

from cases import alone, bpf

TRACING = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")


def lines_of(path):
    try:
        with open(path) as file:
            return set(file)
    except OSError:
        return set()


def places():
    """Pinned objects, instances of tracefs, probes that were made there"""
    pinned = {os.path.join(place, name) for place, below, files in os.walk("/sys/fs/bpf") for name in below + files}
    instances = {f"{place}/instances/{name}" for place in TRACING if os.path.isdir(f"{place}/instances")
                 for name in os.listdir(f"{place}/instances")}
    return pinned | instances | {line for place in TRACING for line in lines_of(f"{place}/kprobe_events")}


def nobodys(before):
    """BPF objects that are new and that no process uses: others than we may trace meanwhile."""
    new = bpf.objects() - before
    return (new - bpf.used()) & bpf.objects() if new else new


# Before any exittrace of this run; who may not ask runs none of these cases either
BEFORE, BEFORE_PLACES = set(), set()
with contextlib.suppress(PermissionError):
    BEFORE, BEFORE_PLACES = bpf.objects(), places()


def check_nothing_left(s, what):
    s.wait_until(lambda: not nobodys(BEFORE), f"left behind after {what}: {nobodys(BEFORE)}", 5)
    left = places() - BEFORE_PLACES
    s.check(not left, f"left behind after {what}: {left}")


@alone(seconds=60)
def after_its_end(s):
    """By itself, by SIGINT and by SIGKILL. A guest starts it slowly, and has seen the first two ends in other cases
    of this tier: there they are judged together."""
    check_nothing_left(s, "all that ran before")
    for how in (SIGKILL,) if s.setup.guest else (None, SIGINT, SIGKILL):
        before = bpf.objects()
        with s.trace("-a", *([] if how else ["-d", "1"])) as t:
            held = len(bpf.objects() - before)
            s.check(held > 10, f"{held} BPF objects while it traces: nothing is shown")
            if how == SIGKILL:
                t.kill("SIGKILL lets it say nothing")
            elif how:
                t.process.send_signal(how)
            t.finish(20)
        check_nothing_left(s, how or "its end")
