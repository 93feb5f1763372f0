#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes the schema that exittrace tells, holds recorded and made-up lines against it, with a validator that is not ours.

usage: test_schema.py [EXITTRACE]
"""
import copy
import json
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else str(TOP / "exittrace")
BUILT = TOP / "build/tests/unit"
STREAMS = sorted((TOP / "tests/streams").glob("*.stream"))

sys.path.insert(0, str(TOP / "tests"))

from cases import schema  # noqa: E402


def lines_of(*argv):
    out = subprocess.run(list(map(str, argv)), stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in out.decode().split("\n")[:-1]]


def sources():
    """What says it is right elsewhere: the golden lines, and what the unit tests make up."""
    for stream in STREAMS:
        yield stream.name, [json.loads(line) for line in stream.with_suffix(".json").read_text().splitlines()]
        yield f"{stream.name} -S", lines_of(PROGRAM, "-j", "-S", "--replay", stream)
        yield f"{stream.name} --fields", lines_of(PROGRAM, "-j", "--fields", "comm,cause,reap.how", "--replay", stream)
    yield "test_output", lines_of(BUILT / "test_output", "emit", 600, "/dev/null")
    yield "test_threads", lines_of(BUILT / "test_threads", "emit", 100)
    for deaths in 0, 500, 30000:
        yield f"test_summary {deaths}", lines_of(BUILT / "test_summary", "emit", deaths)


def first(records, wanted):
    return copy.deepcopy(next(record for record in records if wanted(record)))


def changed(record, key, value):
    record = copy.deepcopy(record)
    part = record
    *groups, last = key.split(".")
    for group in groups:
        part = part[group]
    assert last in part or value == "new", key
    part[last] = value
    return record


def without(record, key):
    return {name: value for name, value in record.items() if name != key}


# A key of a death by a signal, and what it may not be.
WRONG = (("schema", "exittrace/2"), ("id", "4242"), ("time", "yesterday"), ("time", "2026-11-21 22:10:11"),
         ("process", None), ("process.pid", "12"), ("process.pid", -1), ("process.pid", 2 ** 53 + 1),
         ("process.pid", 1.5), ("process.pid", None), ("process.comm", None), ("process.cgroup", []),
         ("process.cgroup.id", 5), ("process.start_time", 5), ("exit.signal_name", "TERM"), ("exit.raw", "nine"),
         ("exit.core_dumped", 0), ("cause.class", "gremlins"), ("cause.class", None), ("cause.by.id", "x"),
         ("cause.by", "systemd"), ("cause.sent_to_dead_ns", -5), ("phases.exit_ns", "fast"), ("reap.how", "eaten"),
         ("resources.user_ns", None), ("missing", None), ("missing", ["Not a key"]), ("missing", ["a", "a"]),
         ("truncated", "no"), ("observed_from", "birth"))
NEW = ("new", "process.new", "cause.by.new", "reap.new", "exit.new")


def check_refusals(lax, judge, records):
    death = first(records, lambda r: r["type"] == "death" and r["cause"]["class"] == "signal" and r["cause"].get("by")
                  and r["process"]["cgroup"] and r["reap"] and r["resources"] and r["phases"])
    assert not schema.problem(judge, death)
    for key, value in WRONG:
        for each in lax, judge:
            assert schema.problem(each, changed(death, key, value)), f"{key} may be {value!r}"
    for key in NEW:
        newer = changed(death, key, "new")
        assert not schema.problem(lax, newer), f"readers do not ignore {key}"
        assert schema.problem(judge, newer), f"{key} is not noticed"
    newer = changed(death, "type", "obituary")
    assert not schema.problem(lax, newer) and schema.problem(judge, newer)
    assert schema.problem(lax, without(death, "id")) and schema.problem(lax, without(death, "type"))
    bye = first(records, lambda r: r["type"] == "bye")
    for key in bye:
        assert schema.problem(lax, without(bye, key)), f"bye without {key}"


def described(part):
    """Every (path, schema) of its properties."""
    for key, value in part.get("properties", {}).items():
        yield key, value
        yield from ((f"{key}.{below}", member) for below, member in described(value))


def check_table(told):
    """Every row of --list-fields is in the record types it names, with its meaning."""
    out = subprocess.run([PROGRAM, "--list-fields"], stdout=subprocess.PIPE, check=True).stdout.decode()
    rows = [line.split(None, 3) for line in out.split("\n")[1:-1]]
    for name in "death", "dying", "thread":
        keys = dict(described(told["$defs"][name]))
        for key, _, _, rest in rows:
            if name not in rest.split()[0].split(",") or "[]." in key:
                continue
            assert key in keys and keys[key]["description"] in rest, f"{key} of {name}"
        twins = {key for key in keys if key.endswith(("_b64", "_b64s"))}
        heads = {key.rpartition(".")[0] for key in keys}
        real = {row[0] for row in rows}
        assert keys.keys() - twins - heads <= real, sorted(keys.keys() - twins - heads - real)
        assert all(twin.removesuffix("_b64") in real for twin in twins)


def main():
    told = schema.told(PROGRAM)
    lax, judge, n, recorded = schema.validator(told), schema.validator(schema.strict(told)), 0, []
    check_table(told)
    for name, records in sources():
        for record in records:
            wrong = schema.problem(judge, record)
            assert not wrong, f"{name}: {wrong}: {json.dumps(record)[:2000]}"
        n += len(records)
        recorded += records
    check_refusals(lax, judge, recorded)
    print(f"ok schema: {n} lines fit, {len(WRONG)} wrong values do not")


main()
