#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes the NDJSON of `test_output emit` and `test_threads emit`, judges it with a parser that is not ours.

usage: test_output_json.py [TEST_OUTPUT [RECORDS]]
"""
import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import unicodedata

EXACT = 2 ** 53
DYING = {"schema", "type", "time", "id", "process", "cause", "phases", "missing", "truncated"}
BUILT = pathlib.Path(__file__).resolve().parents[2] / "build/tests/unit/test_output"


def once(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key twice in {keys}"
    return dict(pairs)


def no_constant(name):
    raise AssertionError(f"{name} is not JSON")


def numbers(value):
    if isinstance(value, dict):
        for member in value.values():
            yield from numbers(member)
    elif isinstance(value, list):
        for member in value:
            yield from numbers(member)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield value


def harmless(line):
    for char in line:
        if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs"):
            return False
    return True


def holds(obj, key, raw):
    """The string is the bytes, or its twin is."""
    if key + "_b64" in obj:
        assert "\ufffd" in obj[key], f"{key}: a twin without need"
        assert base64.b64decode(obj[key + "_b64"], validate=True) == raw, key
    else:
        assert obj[key].encode() == raw, key


def list_holds(obj, key, raw):
    parts = raw[:-1].split(b"\0")
    if key + "_b64" in obj:
        assert [base64.b64decode(t, validate=True) for t in obj[key + "_b64"]] == parts
        assert any("\ufffd" in t for t in obj[key])
    else:
        assert [t.encode() for t in obj[key]] == parts


def check_line(line):
    assert harmless(line), f"not harmless on a terminal: {line!r}"
    record = json.loads(line, object_pairs_hook=once, parse_constant=no_constant)
    assert list(record)[:2] == ["schema", "type"] and record["schema"] == "exittrace/1"
    assert all(isinstance(n, int) and abs(n) <= EXACT for n in numbers(record))
    return record


def check_missing(record):
    for key in record["missing"]:
        value = record
        for name in key.split("."):
            value = value[name]
        assert value is None, f"{key} is missing but not null"


def check_phases(phases):
    parts = [value for key, value in phases.items() if key.endswith("_ns") and key != "exit_ns"]
    assert len(parts) == 8 and "now" not in phases
    assert sum(part or 0 for part in parts) == phases["exit_ns"], phases
    assert phases["other_ns"] is not None
    assert "mm_users" not in phases or phases["mm_freed"] is False


def check_files(files, path):
    errors = files.get("flush_errors")
    if errors:
        holds(errors[0], "path", path)
        assert errors[0]["errno"] == "ENOSPC" and errors[0].get("fd", 7) == 7
    assert files["closed"] == 0 or "shared" not in files


def check_death(record, raw):
    comm, exe, args, path = (bytes.fromhex(word) for word in raw.split(" ")[:4])
    process = record["process"]
    holds(process, "comm", comm)
    assert record["id"].endswith(f":{process['pid']}:100000000000")
    check_missing(record)
    if record["type"] == "dying":
        assert set(record) == DYING and set(record["phases"]) == {"exit_ns", "now", "now_ns"}, record
        return
    if process["executable"]["path"] is not None:
        holds(process["executable"], "path", exe)
    list_holds(process, "args", args)
    if record["phases"]:
        check_phases(record["phases"])
    if record["files"]:
        check_files(record["files"], path)


def check_threads(count):
    emit = [BUILT.with_name("test_threads"), "emit", count]
    lines = subprocess.run(emit, stdout=subprocess.PIPE, check=True).stdout.decode("utf-8").split("\n")[:-1]
    records = [check_line(line) for line in lines]
    types = [record["type"] for record in records]
    bye = records[-1]
    assert types[0] == "hello" and types[-1] == "bye" and set(types[1:-1]) == {"thread", "warning"}
    assert (bye["threads"], bye["warnings"]) == (types.count("thread"), types.count("warning"))
    assert bye["threads_seen"] == bye["threads"] + bye["warnings"] + bye["lost_by_stage"]["threads"] == int(count)
    for record in records[1:-1]:
        check_missing(record)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else BUILT
    count = sys.argv[2] if len(sys.argv) > 2 else "3000"
    with tempfile.NamedTemporaryFile("r") as raw_file:
        emit = [program, "emit", count, raw_file.name]
        out = subprocess.run(emit, stdout=subprocess.PIPE, check=True).stdout
        raw = raw_file.read().split("\n")[:-1]
    assert out.endswith(b"\n")
    records = [check_line(line) for line in out.decode("utf-8").split("\n")[:-1]]
    assert [records[0]["type"], records[-1]["type"]] == ["hello", "bye"]
    assert len(records) == len(raw) + 2 == int(count) + 2
    for record, line in zip(records[1:-1], raw):
        check_death(record, line)
    twins = sum("comm_b64" in r["process"] for r in records[1:-1])
    assert 0 < twins < len(raw)
    check_threads(count)
    print(f"ok json: {len(raw)} records, {twins} with a twin of comm")


main()
