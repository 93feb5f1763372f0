# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Ended by a tracer, in every way it can."""
from signal import SIGKILL, SIGTERM, SIGUSR1

from cases import case, row
from cases.records import ANYTHING
from cases.scene import by


def traced(s, way, *args, **want):
    p = s.die("wait").word("ready")
    tracer = s.die(way, p.pid, *args, name="tracer")
    s.reap(tracer)
    s.reap(p, {"cause.class": "ptrace", **by(tracer), "cause.by.comm": "tracer", "reap.how": ANYTHING, **want})
    return tracer


@row(29)
@case
def tracer_dies(s):
    tracer = traced(s, "trace-exitkill", 3, **{"exit.signal": int(SIGKILL)})
    s.expectations[-1].want["cause.because_of"] = tracer.start


@row(29)
@case
def tracer_kills(s):
    traced(s, "trace-kill", **{"exit.signal": int(SIGKILL)})


@row(29)
@case
def tracer_puts_a_signal_in(s):
    for way in "trace-inject", "trace-inject-call":
        for sig in SIGTERM, SIGUSR1:
            traced(s, way, int(sig), **{"exit.signal": int(sig)})


@row(29)
@case
def tracer_only_looks(s):
    """A signal of somebody else, which a tracer lets through: not its doing."""
    p = s.die("wait").word("ready")
    tracer = s.die("trace-inject", p.pid, 0, name="tracer")
    until_traced(s, p, tracer)
    sender = s.send(SIGKILL, p)
    s.reap(tracer)
    s.reap(p, {"cause.class": "signal", "exit.signal": int(SIGKILL), **by(sender), "reap.how": ANYTHING})


def until_traced(s, p, tracer):
    """And let go on again"""
    def field(key):
        with open(f"/proc/{p.pid}/status") as file:
            return next(line.split()[1] for line in file if line.startswith(key + ":"))
    s.wait_until(lambda: field("TracerPid") == str(tracer.pid) and field("State") == "S", "never traced")
