#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes the JSON of `test_summary emit`, checks that every death is somewhere in it.

usage: test_summary_json.py [TEST_SUMMARY [RECORDS]]
"""
import base64
import json
import pathlib
import subprocess
import sys

EXACT = 2 ** 53
BUILT = pathlib.Path(__file__).resolve().parents[2] / "build/tests/unit/test_summary"
PHASES = "delivery", "coredump", "mm", "files", "detach", "task_work", "notify", "other"


def once(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key twice in {keys}"
    return dict(pairs)


def number(value):
    """Above 2^53 it is a string, and only there."""
    assert isinstance(value, int) == (int(value) <= EXACT), value
    return int(value)


def check_histogram(key, histogram, deaths):
    limits = [number(bucket["le_ns"]) for bucket in histogram["buckets"]]
    counts = [bucket["count"] for bucket in histogram["buckets"]]
    assert limits == sorted(set(limits)) and all(n & (n - 1) == 0 for n in limits), f"{key}: {limits}"
    assert 0 not in counts and sum(counts) == histogram["known"], f"{key}: {counts}"
    assert histogram["known"] + histogram["unknown"] + histogram.get("none", 0) == deaths, key
    assert ("max_ns" in histogram) == bool(counts), key
    if counts:
        assert limits[-1] // 2 <= number(histogram["max_ns"]) <= limits[-1], key
        most = sum(limit * count for limit, count in zip(limits, counts))
        assert number(histogram["max_ns"]) <= number(histogram["total_ns"]) <= most, key


def check_top(key, entries, others, deaths, exact):
    assert sum(entry["count"] for entry in entries) + others == deaths, key
    assert [entry["count"] for entry in entries] == sorted((entry["count"] for entry in entries), reverse=True), key
    assert len({json.dumps({**entry, "count": 0, "count_at_most": 0}) for entry in entries}) == len(entries), key
    for entry in entries:
        assert not ("count_at_most" in entry and exact) and entry.get("count_at_most", EXACT) > entry["count"], entry
        if "comm_b64" in entry:
            assert base64.b64decode(entry["comm_b64"], validate=True).decode(errors="replace") == entry["comm"]


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else BUILT
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 30000
    for records in 0, 1, 500, count:
        line = subprocess.run([program, "emit", str(records)], stdout=subprocess.PIPE, check=True).stdout.decode()
        assert line.endswith("}\n") and line.count("\n") == 1 and line[:-1].isprintable()
        summary = json.loads(line, object_pairs_hook=once)
        assert list(summary)[:3] == ["schema", "type", "time"] and summary["type"] == "summary"
        deaths = summary["deaths"]
        assert deaths + summary["zombies"] + summary["dying"] == records
        keys = {"process.age_ns", "phases.exit_ns", "reap.zombie_ns"} | {f"phases.{p}_ns" for p in PHASES}
        assert set(summary["histograms"]) == keys
        for key, histogram in summary["histograms"].items():
            check_histogram(key, histogram, deaths)
        for key in "cause", "comm", "reaper":
            top = summary["top"]
            check_top(key, top[key], top["others"][key], deaths, top["exact"][key])
    assert records < 10000 or not summary["top"]["exact"]["comm"]
    print(f"ok summary: {deaths} deaths")


main()
