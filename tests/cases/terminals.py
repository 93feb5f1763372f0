# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Ended by a terminal: a key, or that it is gone."""
import contextlib
import os
import pty
from signal import SIGHUP, SIGINT, SIGKILL, SIGQUIT

from cases import case, row
from cases.records import NOTHING
from cases.scene import by


@contextlib.contextmanager
def terminal():
    """(master, path of the slave)"""
    master, slave = pty.openpty()
    path = os.ttyname(slave)
    os.close(slave)
    os.set_inheritable(master, False)
    fds = [master]
    try:
        yield fds, path
    finally:
        for fd in fds:
            os.close(fd)


def name(path):
    return path.removeprefix("/dev/")


def ended_by_it(path, sig):
    return {"exit.signal": int(sig), "cause.class": "tty", "cause.tty": name(path), "cause.because_of": NOTHING}


@row(25)
@case
def keys(s):
    """Ctrl-C and Ctrl-\\: a worker of the kernel sends it, or whoever it happens to be."""
    for key, sig in (b"\x03", SIGINT), (b"\x1c", SIGQUIT):
        with terminal() as (fds, path):
            p = s.die("terminal", path, session=True).word("ready")
            os.write(fds[0], key)
            s.reap(p, {**ended_by_it(path, sig), "process.tty": name(path)})


@row(25)
@case
def key_for_a_job(s):
    """The foreground gets it, who waits for it does not."""
    with terminal() as (fds, path):
        p = s.die("terminal-job", path, session=True).word("ready")
        os.write(fds[0], b"\x03")
        told, = s.end_family(p)
        s.expectation(told["pid"]).want.update(ended_by_it(path, SIGINT))


@row(25)
@case
def master_is_closed(s):
    with terminal() as (fds, path):
        p = s.die("terminal", path, session=True).word("ready")
        os.close(fds.pop())
        s.reap(p, ended_by_it(path, SIGHUP))


@row(25)
@case
def a_leader_is_killed(s):
    """Not by its terminal."""
    with terminal() as (_, path):
        for sig in SIGINT, SIGHUP, SIGKILL:
            p = s.die("terminal", path, session=True).word("ready")
            sender = s.send(sig, p)
            s.reap(p, {"exit.signal": int(sig), "cause.class": "signal", **by(sender), "cause.tty": NOTHING})
