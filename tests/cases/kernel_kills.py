# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Ended by the kernel for what they did: seccomp, limits, a program that cannot be run."""
import os
import struct
from signal import SIGKILL, SIGSEGV, SIGSYS, SIGTERM, SIGXCPU, SIGXFSZ

from cases import case, row
from cases.records import NOTHING
from cases.scene import by

# ---- seccomp ----

@row(21)
@case
def seccomp_ends_a_process(s):
    for way in "seccomp-process", "seccomp-process-in-thread", "seccomp-thread", "seccomp-trap":
        s.reap(s.die(way), {"exit.signal": int(SIGSYS), "cause.timeline": NOTHING})


@row(21)
@case
def seccomp_strict_mode(s):
    s.reap(s.die("seccomp-strict"), {"exit.signal": int(SIGKILL)})


def one_thread_alone(s, mode, sig):
    p = s.die("seccomp-alone", mode, 5)
    tid = int(p.line())
    # whoever joins it is told before the kernel has released it
    s.wait_until(lambda: os.listdir(f"/proc/{p.pid}/task") == [str(p.pid)],
                 "the oracle is wrong: the thread is still there")
    s.expect_warning(p.pid, tid, {"id": p.start, "process.comm": "die", "exit.signal": int(sig),
                                  "cause.class": "seccomp", "cause.syscall.name": "getppid",
                                  "thread.ended_by": "killed"})
    return p


@row(21)
@case
def seccomp_ends_one_thread(s):
    """The process goes on, which is worth a warning, and ends later of something else."""
    for mode, sig in ("filter", SIGSYS), ("strict", SIGKILL):
        p = one_thread_alone(s, mode, sig)
        p.go()
        s.reap(p, {"exit.code": 5, "cause.class": "exit", "cause.syscall": NOTHING})
        q = one_thread_alone(s, mode, sig)
        sender = s.send(SIGTERM, q)
        s.reap(q, {"exit.signal": int(SIGTERM), "cause.class": "signal", **by(sender), "cause.syscall": NOTHING})


@row(21)
@case
def its_signal_from_somebody(s):
    p = s.die("wait").word("ready")
    sender = s.send(SIGSYS, p)
    s.reap(p, {"exit.signal": int(SIGSYS), "cause.class": "signal", **by(sender), "cause.syscall": NOTHING})


# ---- limits ----

@row(22)
@case
def time_on_a_processor(s):
    """Both at once: a second is the least there is."""
    soft, hard = s.die("cpu-limit", 1, -1), s.die("cpu-limit", 1, 1)
    s.reap(soft, {"exit.signal": int(SIGXCPU)})
    s.reap(hard, {"exit.signal": int(SIGKILL)})


@row(22)
@case
def time_at_real_time_priority(s):
    s.reap(s.die("rt-limit", 100_000, -1), {"exit.signal": int(SIGXCPU)})
    s.reap(s.die("rt-limit", 100_000, 100_000), {"exit.signal": int(SIGKILL)})


@row(22)
@case
def size_of_a_file(s):
    for way in "file-limit", "file-limit-write":
        s.reap(s.die(way), {"exit.signal": int(SIGXFSZ)})


@row(22)
@case
def their_signals_from_somebody(s):
    for sig in SIGXCPU, SIGXFSZ:
        p = s.die("wait").word("ready")
        sender = s.send(sig, p)
        s.reap(p, {"exit.signal": int(sig), "cause.class": "signal", **by(sender), "cause.limit": NOTHING})


# ---- exec ----

ELF_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
EXECUTABLE, X86_64, LOAD, READ_EXECUTE = 2, 62, 1, 5


def broken_program(path, address):
    """Good enough to give up the old program for, and no more: its one segment lies where none can be."""
    header = ELF_HEADER.pack(b"\x7fELF\2\1\1".ljust(16, b"\0"), EXECUTABLE, X86_64, 1, address, ELF_HEADER.size, 0, 0,
                             ELF_HEADER.size, PROGRAM_HEADER.size, 1, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(header + PROGRAM_HEADER.pack(LOAD, READ_EXECUTE, 0, address, address, 4096, 4096, 4096))
        file.write(bytes(8192))
    os.chmod(path, 0o755)


@row(30)
@case
def exec_breaks_too_late(s):
    path = os.path.join(s.directory, "broken")
    broken_program(path, 0xffff_8000_0000_0000)
    s.reap(s.die("exec", path), {"exit.signal": int(SIGSEGV), "cause.fault": NOTHING})
