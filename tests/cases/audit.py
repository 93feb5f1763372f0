# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes every record of every exittrace that the cases run, says what in them does not agree. Starts nothing.

tests/run asks settle() behind each case: none passes while the numbers disagree. A case whose exittrace cannot tell its
totals, because it was killed, says so with excuse()."""
import collections

from cases import records

# Records of which every key is looked at: the first ones, then one in so many
LOOKED_AT, ONE_IN = 1500, 40
ENDS = ("death", "zombie")
STAGES = ("deaths", "reaps", "cgroups", "files", "threads", "signals_full", "dying_full", "tree_full")
# The clock of the day is adjusted in small steps all the time
SLACK_NS = 50 * 10 ** 6
ENOUGH = 20  # problems that one run need tell

RUNS = []


def settle():
    """What is wrong with the runs since the last time; how many were looked at."""
    runs, problems = list(RUNS), []
    RUNS.clear()
    for run in runs:
        problems += [f"{problem} ({' '.join(run.argv[1:])})" for problem in run.verdict()]
    return problems, len(runs)


def told_sum(values):
    return collections.Counter({key: value for key, value in values.items() if value})


class Run:
    """One exittrace -j, record by record: it may tell more than there is memory for."""

    def __init__(self, argv):
        self.argv, self.why, self.ended = argv, None, False
        self.problems, self.types, self.ids = [], collections.Counter(), set()
        self.first, self.last, self.hello, self.whole = None, None, {}, None
        self.lost, self.full = collections.Counter(), 0
        self.chosen = "--fields" in argv
        self.clock_is_steady = True
        RUNS.append(self)

    def excuse(self, why):
        """It tells no totals, or not all of its lines could be read, for this reason."""
        self.why = why

    def end(self):
        self.ended = True

    def complain(self, problem):
        if len(self.problems) < ENOUGH:
            self.problems.append(problem)

    # ---- record for record ----

    def take(self, record):
        kind = record["type"]
        self.types[kind] += 1
        self.first, self.last = self.first or record, record
        if kind == "hello":
            self.hello = record
        elif kind == "lost":
            self.lost.update({stage: record[stage] for stage in STAGES})
        elif kind == "summary" and record["whole"]:
            self.whole = record
        elif kind in records.TYPES - {"bye", "summary"}:
            self.take_process(record, kind)
        elif kind not in records.TYPES:
            self.complain(f"unknown type {kind}")

    def take_process(self, record, kind):
        if kind in ENDS and record["id"] in self.ids:
            self.complain(f"a {kind} record after the death record of {record['id']}")
        if kind == "death":
            self.ids.add(record["id"])
            self.full += (record.get("missing_why") or {}).get("reap") == "no room to note it"
        if self.chosen or (self.types[kind] > LOOKED_AT and self.types[kind] % ONE_IN):
            return
        for problem in self.record_problems(record, kind):
            self.complain(f"{problem} in {records.short(record)}")

    def record_problems(self, record, kind):
        if kind in ENDS:
            yield from records.death_problems(record)
        elif kind == "dying":
            yield from records.dying_problems(record)
        else:
            yield from records.thread_problems(record)
        if kind == "death":
            yield from records.phase_problems(record)
        yield from records.missing_problems(record)
        yield from records.identities_problems(record, self.hello.get("boot_id"))
        yield from records.time_problems(record)
        if self.clock_is_steady and self.hello and kind == "death" and record["observed_from"] == "start":
            yield from records.not_before(record, self.hello["time"], SLACK_NS)

    # ---- at its end ----

    def verdict(self):
        if self.why:
            return self.problems
        if not self.ended:
            return [*self.problems, "never ended, and nobody said why"]
        if not self.types:
            return self.problems  # refused: it said why on stderr, and its case looks at that
        if self.first["type"] != "hello" or self.last["type"] != "bye" or self.types["hello"] + self.types["bye"] != 2:
            return [*self.problems, f"no hello first and bye last: {dict(self.types)}, the last is {self.last['type']}"]
        return [*self.problems, *self.total_problems(self.last)]

    def total_problems(self, bye):
        if bye["deaths"] != bye["records"] + bye["lost"] + bye["filtered"]:
            yield f"bye does not add up: {records.short(bye)}"
        told = self.whole["deaths"] if self.whole else self.types["death"] + bye["unwritten"]
        if bye["records"] != told:
            yield f"bye counts {bye['records']} records, there are {told}"
        yield from self.kind_problems(bye)
        yield from self.loss_problems(bye)

    def kind_problems(self, bye):
        for kind, key in (("zombie", "zombies"), ("dying", "dying"), ("thread", "threads"), ("warning", "warnings")):
            if bye[key] != self.types[kind] and not self.whole:
                yield f"bye counts {bye[key]} {kind} records, there are {self.types[kind]}"
        threads = bye["threads"] + bye["warnings"] + bye["threads_filtered"] + bye["lost_by_stage"]["threads"]
        if bye["threads_seen"] != threads:
            yield f"threads do not add up: {records.short(bye)}"
        if bye["waiting"]:
            yield f"{bye['waiting']} still wait for a record"
        if bye["rejected"]:
            yield f"{bye['rejected']} messages were not understood"

    def loss_problems(self, bye):
        stages = told_sum(bye["lost_by_stage"])
        if stages != told_sum(self.lost):
            yield f"bye counts lost {dict(stages)}, the lost records {dict(told_sum(self.lost))}"
        if bye["lost"] != bye["lost_by_stage"]["deaths"]:
            yield f"bye contradicts itself: {records.short(bye)}"
        if self.full > bye["early"] or (self.full < bye["early"] and not bye["filtered"] + bye["unwritten"] and
                                        not self.whole):
            yield f"{self.full} records say that there was no room to wait for the reap, bye says {bye['early']}"
