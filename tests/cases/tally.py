# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The storms, one row each: takes how many died, were told and lost, gives one table of storms and kernels.
Runs nothing."""
from cases.table import NOT_RUN, TIERS

STORMS = {
    "forks": "fork and exit, on all processors",
    "signals": "killed by a signal, on all processors",
    "vforks": "vfork and exit, on all processors",
    "execs": "fork and exec",
    "spawns": "posix_spawn",
    "threads-exit": "1,000 threads, exit_group",
    "threads-kill": "1,000 threads, killed",
    "threads-self": "1,000 threads, each on its own",
    "bomb": "fork bomb in a cgroup with a limit, killed",
    "zombies": "all zombies at the same time",
    "fast": "20,000 deaths a second",
    "reader-stopped": "the reader of the output stops for 2 s",
    "stopped": "exittrace itself stops for 2 s",
}


def cell(storm, kernel, tier, deaths, kept, lost, right):
    """One line, which a guest says and the host reads back."""
    return f"tally {storm} {kernel} {tier} {deaths} {kept} {lost} {'right' if right else 'WRONG'}"


class Tally:
    def __init__(self):
        self.cells = {}

    def take(self, line):
        """What is wrong once stays wrong."""
        _, storm, kernel, tier, deaths, kept, lost, word = line.split()
        place = storm, kernel, tier
        if not self.cells.get(place, "").endswith("WRONG"):
            self.cells[place] = f"{deaths}={kept}+{lost}{'' if word == 'right' else ' WRONG'}"

    def columns(self, order):
        """(kernel, tier), the kernels in this order, any others before them"""
        places = {place[1:] for place in self.cells}
        known = [(kernel, tier) for kernel in order for tier in TIERS if (kernel, tier) in places]
        return sorted(places - set(known)) + known

    def lines(self, order):
        columns = self.columns(order)
        if not columns:
            return
        width = max(map(len, STORMS.values())) + 2
        texts = [[*column, *(cell for place, cell in self.cells.items() if place[1:] == column)] for column in columns]
        widths = [max(map(len, column)) + 2 for column in texts]
        for heading in zip(*columns):
            yield (" " * width + "".join(map(str.ljust, heading, widths))).rstrip()
        for storm in [storm for storm in STORMS if any(place[0] == storm for place in self.cells)]:
            cells = [self.cells.get((storm, *column), NOT_RUN) for column in columns]
            title = STORMS[storm]
            yield (title.ljust(width) + "".join(map(str.ljust, cells, widths))).rstrip()
        yield "each: deaths, as process accounting counts them = records + lost"
