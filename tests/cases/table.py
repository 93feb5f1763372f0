# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The ways to die, one row each: takes how the cases came out, gives one table of rows and kernels. Runs nothing."""
from cases import records

ROWS = {
    1: "exit(0), return from main",
    2: "exit(3), _exit(3), exit_group",
    3: "leader ends, a thread exits later",
    4: "every thread ends by itself",
    5: "kill by another process",
    6: "kill -9 from a shell that is gone",
    7: "tgkill, sigqueue, pidfd_send_signal",
    8: "real-time signal",
    9: "TERM handled, KILL later",
    10: "TERM handled, then exit",
    11: "ignored or blocked, dies otherwise",
    12: "cgroup.kill",
    13: "kill(-pgid), kill(-1)",
    14: "NULL write, stack overflow",
    15: "read past the end of a file",
    16: "division by zero, ud2, int3",
    17: "abort, assert, raise",
    18: "core dump on, off, refused",
    19: "limit of a memory cgroup",
    20: "machine out of memory",
    21: "seccomp",
    22: "RLIMIT_CPU, _RTTIME, _FSIZE",
    23: "alarm, setitimer, timer_create",
    24: "closed pipe or socket",
    25: "Ctrl-C, Ctrl-\\, terminal closed",
    26: "session leader dies",
    27: "PR_SET_PDEATHSIG",
    28: "init of a pid namespace dies",
    29: "tracer kills",
    30: "exec fails too late",
    31: "threads ended by an exec",
    32: "vfork, posix_spawn, clone",
    33: "1,000 threads killed",
    34: "dies right after fork",
    35: "pid used again at once",
    36: "was there before tracing",
}

# Where a key may honestly be missing: row, tier and kernels (None: all), keys, why.
HONEST = (
    (12, "tracepoint", None, ("cause.cgroup",), "only a function call tells which cgroup was killed"),
    # keys in the case that needs it
    (19, "tracepoint", None, (), "which cgroup is full is looked up at each kill; in a group others may be gone by then"),
    (21, "tracepoint", None, ("cause.syscall",),
     "strict mode sends no signal, nor does any mode on 5.10; only a function call tells the number"),
    (21, "tracepoint", ("5.10",), ("cause.class",), "no signal is sent, and it was not the last thread that called"),
    (25, "tracepoint", None, ("cause.tty",), "only a function call tells which terminal is hung up"),
    (31, None, None, ("thread.ended_by",), "the kernel skips a busy probe; the thread is seen when it is released"),
)

TIERS = ("fentry", "kprobe", "tracepoint")
WORDS = ("right", "honest", "WRONG")  # the worst is last
NOT_RUN = "-"


class Limits(records.Limits):
    """What the tier may not show at all, and what these rows may not hold there; notes when that was needed."""

    def __init__(self, setup, rows=()):
        super().__init__(setup.limits)
        self.partly = bool(setup.limits)
        self.rows = tuple(key for row, tier, kernels, keys, _ in HONEST for key in keys if row in rows and
                          tier in (None, setup.tier) and (kernels is None or setup.kernel in kernels))
        self.needed = set()

    def lets(self, key):
        if super().lets(key):
            return True
        if self.rows and key.startswith(self.rows):
            self.needed.add(key)
            return True
        return False

    def and_unseen(self, keys):
        """`keys`: more that only tracepoints fail to show."""
        return Wider(self, keys) if self.partly and keys else self


class Wider(records.Limits):
    def __init__(self, limits, keys):
        super().__init__(keys)
        self.limits = limits

    def lets(self, key):
        if not super().lets(key):
            return self.limits.lets(key)
        if key.startswith(("cause.", "oom.")):
            self.limits.needed.add(key)
        return True


# ---- how it came out ----

def cell(row, kernel, tier, word):
    """One line, which a guest says and the host reads back."""
    return f"row {row} {kernel} {tier} {word}"


class Table:
    def __init__(self):
        self.cells = {}

    def take(self, line):
        """A cell that comes again, from another case, can only get worse."""
        _, row, kernel, tier, word = line.split()
        place = int(row), kernel, tier
        self.cells[place] = max(word, self.cells.get(place, word), key=WORDS.index)

    def columns(self, order):
        """(kernel, tier), the kernels in this order and any others last"""
        kernels = {kernel: None for kernel in order if any(place[1] == kernel for place in self.cells)}
        kernels.update({place[1]: None for place in self.cells})
        return [(kernel, tier) for kernel in kernels for tier in TIERS
                if any(place[1:] == (kernel, tier) for place in self.cells)]

    def lines(self, order):
        columns = self.columns(order)
        if not columns:
            return
        width = max(map(len, ROWS.values())) + 5
        widths = [max(len(kernel), len(tier), 6) + 1 for kernel, tier in columns]
        for heading in zip(*columns):
            yield (" " * width + "".join(map(str.ljust, heading, widths))).rstrip()
        for row, name in ROWS.items():
            words = [self.cells.get((row, *column), NOT_RUN) for column in columns]
            yield (f"{row:2}  {name}".ljust(width) + "".join(map(str.ljust, words, widths))).rstrip()
        yield from self.reasons()

    def reasons(self):
        for row, tier, kernels, keys, why in HONEST:
            if any(word == "honest" and place[0] == row and tier in (None, place[2]) and
                   (kernels is None or place[1] in kernels) for place, word in self.cells.items()):
                where = ", ".join(filter(None, (str(row), tier, " ".join(kernels or ()), " ".join(keys))))
                yield f"honest: {where}: {why}"
