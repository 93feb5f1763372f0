# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Many deaths: every status there is, races, storms. Each is counted against what the kernel counts itself."""
import collections
import ctypes
import os
import struct
from signal import SIGCONT, SIGINT, SIGKILL, SIGSTOP

from cases import alone, case, row
from cases.records import NOTHING, exit_group

# Signals that leave the process alive: `many` kills it afterwards
HARMLESS = {17, 18, 23, 28}


def expect_told(s, process, told, want):
    """One record for each line that `many` told, as its parent saw it."""
    for pid, raw, _, _, how, detail in told:
        s.expect(pid, {**exit_group(raw), "parent.pid": process.pid, "reap.how": "waited",
                       "reap.by.pid": process.pid, "reap.by.id": process.start, **want(how, int(detail))})


@row(2)
@case
def every_exit_code(s):
    process, told = s.many_process("codes", 256)
    s.check([raw >> 8 for _, raw, *_ in told] == [code // 2 for code in range(512)], "the oracle is wrong")
    expect_told(s, process, told, lambda how, code: {"cause.class": "exit", "cause.by": NOTHING, "exit.code": code})


@row(5, 8)
@alone(seconds=60)
def every_signal(s):
    """All signals, with and without a core dump; the sender is named, and no harmless signal is blamed."""
    def want(how, sig):
        return {"cause.class": "signal", "cause.by.pid": process.pid, "cause.fault": NOTHING,
                "exit.signal": int(SIGKILL) if sig in HARMLESS else sig}

    with s.core_pattern() as cores, s.trace("-a") as t:
        process, told = s.many_process("signals", 64)
        s.check(len(told) == 2 * (64 - 4), f"{len(told)} signals told")
        dumped = sum(raw & 0x80 > 0 for _, raw, *_ in told)
        s.check(dumped == len(os.listdir(cores)) > 0, f"{dumped} with the core bit, {len(os.listdir(cores))} files")
        expect_told(s, process, told, want)
        s.settle(t)


@row(4)
@case
def every_thread_races(s):
    process, told = s.many_process("races", 80 if s.setup.guest else 200)
    expect_told(s, process, told, lambda how, detail: {"cause.class": "exit", "exit.code": 0})


# ---- against BSD process accounting ----

ACCT = struct.Struct("<BBHIIIIIIf8H16s")  # struct acct_v3


class Accounting:
    """The kernel writes one line for each process that ends, and nobody else can have switched it on."""

    def __init__(self, path):
        self.path = path
        self.libc = ctypes.CDLL(None, use_errno=True)

    def switch(self, path):
        if self.libc.acct(path):
            raise OSError(ctypes.get_errno(), "acct")

    def __enter__(self):
        open(self.path, "wb").close()
        self.switch(self.path.encode())
        return self

    def __exit__(self, *_):
        self.switch(None)

    def whole(self):
        with open(self.path, "rb") as file:
            return list(ACCT.iter_unpack(file.read()))

    def entries(self):
        """(name, pid, exit code of the first thread) of each that ended"""
        for each in self.whole():
            yield each[-1].rstrip(b"\0").decode(errors="replace"), each[6], each[3]

    def pids(self, first, last):
        """Of those that ended between these two, as often as there are any. Kernel threads, children of 2, are none."""
        pids = [each[6] for each in self.whole() if each[7] != 2]
        return collections.Counter(pids[pids.index(first):len(pids) - pids[::-1].index(last)])

    def names(self):
        return [name for name, *_ in self.entries()]


@alone(once="turn", seconds=150)
def storm(s):
    """What accounting counts = records + lost."""
    number = s.setup.storm
    output = os.path.join(s.directory, "records")
    with Accounting(os.path.join(s.directory, "acct")) as accounting:
        with s.trace("-a", output=output) as t:
            told = s.many("drops", number, seconds=140)
            t.stop()
    counted = collections.Counter(name for name in accounting.names() if name.startswith("et-drop-"))
    recorded = collections.Counter(r["process"]["comm"] for r in t.deaths()
                                   if r["process"]["comm"].startswith("et-drop-"))
    lost = t.records[-1]["lost"]
    s.check(len(told) == counted.total() == number, f"{len(told)} told, {counted.total()} counted, {number} asked for")
    s.check(counted.total() - lost <= recorded.total() <= counted.total(),
            f"accounting counts {counted.total()}, records {recorded.total()}, lost {lost}")
    s.check(lost or counted == recorded, f"names differ: {counted - recorded} {recorded - counted}")
    s.check(knows_phases(t) * 100 >= recorded.total() * 99, f"phases of {knows_phases(t)} of {recorded.total()}")
    s.check(not wrong_drops(t, told), f"wrong: {wrong_drops(t, told)[:3]}")


def knows_phases(tracer):
    """That they add up has been looked at."""
    return sum(isinstance(r.get("phases"), dict) for r in tracer.deaths()
               if r["process"]["comm"].startswith("et-drop-"))


def wrong_drops(tracer, told):
    """Records whose name and code are not of one process."""
    codes = {(pid, code) for pid, _, _, code, *_ in told}
    return [(r["process"]["pid"], r["process"]["comm"], r["exit"]["code"]) for r in tracer.deaths()
            if r["process"]["comm"].startswith("et-drop-") and
            (r["process"]["comm"] != f"et-drop-{r['exit']['code']}" or
             (r["process"]["pid"], r["exit"]["code"]) not in codes)]


@alone(once="machine", where="native", seconds=90)
def stopped_reader(s):
    """Nobody reads during a storm: what does not fit is counted, and said when it is over."""
    with s.trace("-a", output=os.path.join(s.directory, "records")) as t:
        os.kill(t.process.pid, SIGSTOP)
        told = s.many("drops", 20000, seconds=60)
        os.kill(t.process.pid, SIGCONT)
        t.stop()
    lost = t.records[-1]["lost"]
    drops = sum(r["process"]["comm"].startswith("et-drop-") for r in t.deaths())
    s.check(lost > 0, "nothing lost: nothing is shown")
    s.check(drops <= len(told) <= drops + lost, f"{len(told)} died, {drops} records, {lost} lost")
    s.check(any(r["type"] == "lost" for r in t.records), "no lost record")
    s.check(not wrong_drops(t, told), f"wrong: {wrong_drops(t, told)[:3]}")


@alone(once="machine", where="native", seconds=60)
def strict(s):
    """--strict: a loss is an exit status."""
    with s.trace("-a", "--strict", output=os.path.join(s.directory, "records")) as t:
        os.kill(t.process.pid, SIGSTOP)
        s.many("drops", 20000, seconds=60)
        os.kill(t.process.pid, SIGCONT)
        os.kill(t.process.pid, SIGINT)
        status = t.finish(20)
    s.check(status == 3, f"status {status} after a loss: {t.errors()}")
