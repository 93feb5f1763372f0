#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The truth audit of the test runner finds a lie: a recorded stream is right, and with any one number changed it is not."""
import copy
import json
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TESTS)

from cases import audit  # noqa: E402


def problems(records):
    run = audit.Run(["exittrace", "-j"])
    for record in records:
        run.take(record)
    run.end()
    return audit.settle()[0]


def stream(name):
    with open(os.path.join(TESTS, "streams", f"{name}.json")) as file:
        return [json.loads(line) for line in file]


def without(kind):
    def change(records):
        records.remove(next(record for record in records if record["type"] == kind))
    return change


def twice(records):
    records.insert(5, records[4])


def put(kind, path, value):
    """A lie in the first record of a kind that has the key"""
    def change(records):
        *way, key = path.split(".")
        for record in (each for each in records if each["type"] == kind):
            for part in way:
                record = record.get(part) or {}
            if key in record:
                record[key] = value(record[key]) if callable(value) else value
                return
        raise AssertionError(f"no {path}")
    return change


def more(number):
    return number + 1


def lost(records):
    """A loss that the totals do not know of"""
    stages = dict.fromkeys(audit.STAGES, 0)
    records.insert(9, {"schema": "exittrace/1", "type": "lost", **stages, "files": 1})


LIES = (without("hello"), without("bye"), without("death"), without("dying"), twice, lost,
        put("bye", "deaths", more), put("bye", "records", more), put("bye", "lost", more), put("bye", "filtered", more),
        put("bye", "unwritten", more), put("bye", "zombies", more), put("bye", "dying", more),
        put("bye", "threads", more), put("bye", "threads_seen", more), put("bye", "warnings", more),
        put("bye", "threads_filtered", more), put("bye", "waiting", more), put("bye", "early", more),
        put("bye", "rejected", more), put("bye", "lost_by_stage.reaps", more), put("bye", "lost_by_stage.deaths", more),
        put("death", "exit.raw", 257), put("death", "exit.shell", more), put("death", "phases.mm_ns", more),
        put("death", "phases.exit_ns", more), put("death", "process.age_ns", more),
        put("death", "process.age_ns", 2 ** 53 + 1), put("death", "process.pid", more), put("death", "parent.pid", more),
        put("death", "cause.class", "magic"), put("death", "cause.sent_to_dead_ns", 2 ** 52),
        put("death", "resources.user_ns", None), put("death", "missing", ["process.comm"]),
        put("death", "truncated", ["process.args"]), put("death", "time", "2020-01-01T00:00:00.000000000Z"),
        put("death", "reap.by.id", "nobody"), put("hello", "boot_id", "00000000-0000-0000-0000-000000000000"),
        put("death", "type", "birth"), put("death", "reap.zombie_ns", -1))


def main():
    for name in ("5.10-tracepoint", "6.1-kprobe", "7-fentry"):
        assert not problems(stream(name)), f"{name}: {problems(stream(name))[:3]}"
    truth = stream("7-fentry")
    for number, lie in enumerate(LIES):
        records = copy.deepcopy(truth)
        lie(records)
        assert problems(records), f"lie {number} is not found"
    run = audit.Run(["exittrace", "-j"])
    run.take(truth[0])
    assert audit.settle()[0], "a run without an end is well"
    print(f"{len(LIES) + 1} lies found")


main()
