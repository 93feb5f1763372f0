# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The cases and what they are made of.

table.py     the ways to die: which cases show which, how each came out
tally.py     the storms: how many died, were told and lost in each
verified.py  how much the verifier had to do for each program
records.py   says whether a record is as expected; knows no process
schema.py    says whether it is as the JSON Schema has it
tracer.py    runs exittrace and takes its records
audit.py     what every exittrace of every case told must agree; tests/run asks it behind each
scene.py     starts processes, sees them die, writes down what is true about it
others       the cases, each a function that takes a Scene

A case runs beside others under one exittrace unless it is marked alone(). One with a `yield`
runs up to there before tracing begins; behind a second `yield`, after tracing has ended.
"""
import importlib

MODULES = ("rows", "senders", "kernel_kills", "oom", "links", "terminals", "timers", "tracers", "threads",
           "reaping", "identity", "crowds", "storms", "filters", "cli", "leftovers", "faults", "programs", "wayout",
           "textbook", "privileges", "packages", "hostile", "lastwords",
           "leave", "service", "metrics", "journal")
ALL = []
# Kernels that are enough for a case in which the kernel has a part ...
KERNELS = ("5.10", "6.12", "7")
# ... and for one about the user half or C libraries: the guests of the oldest and the newest have most to do already
OTHERS = ("6.1", "6.18")
QUICK = OTHERS[-1:]


class Case:
    def __init__(self, function, alone, once, where, seconds, kernels=None):
        self.name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        self.run = function
        self.alone = alone  # starts exittrace itself, as often as it likes
        # for each "tier", "kernel", "machine", or in the "best" tier of each kernel: more tells nothing new. "turn": in one
        # tier of each kernel, another one on the next
        self.once = once
        # "anywhere"; "guest": changes what a whole machine shares; "native": an emulator is too slow
        self.where = where
        self.seconds = seconds
        self.kernels = kernels  # the guests that are enough; None: all

    @property
    def rows(self):
        return getattr(self.run, "rows", ())


def row(*numbers):
    """Which rows of table.py a case is about."""
    def mark(function):
        function.rows = numbers
        return function
    return mark


def case(function):
    ALL.append(Case(function, False, "tier", "anywhere", 30))
    return function


def alone(once="tier", where="anywhere", seconds=30, kernels=None):
    def mark(function):
        ALL.append(Case(function, True, once, where, seconds, kernels))
        return function
    return mark


def load():
    for module in MODULES:
        importlib.import_module(f"cases.{module}")
    return ALL
