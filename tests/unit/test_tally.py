#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The table of storms: what the cases tell becomes a table, and that a part of the manual.

usage: test_tally.py
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
TABLE, MANUAL = TOP / "scripts/manual-table", TOP / "dist/exittrace.8"
sys.path.insert(0, str(TOP / "tests"))

from cases.tally import STORMS, Tally, cell  # noqa: E402

LEFT_OUT = list(STORMS)[-1]  # in one kernel


def a_table(*more):
    tally = Tally()
    for storm in STORMS:
        for kernel, tier in ("7", "fentry"), ("native-6.18.1-some", "tracepoint"), ("5.10", "fentry"):
            if storm != LEFT_OUT or kernel != "7":
                tally.take(cell(storm, kernel, tier, 123456, 123400, 56, True))
    for line in more:
        tally.take(line)
    return "".join(f"{line}\n" for line in tally.lines(["5.10", "7"]))


def check_table():
    lines = a_table().split("\n")
    assert lines[0].split() == ["native-6.18.1-some", "5.10", "7"], lines[0]
    assert lines[1].split() == ["tracepoint", "fentry", "fentry"], lines[1]
    assert lines[2].split()[-3:] == ["123456=123400+56"] * 3, lines[2]
    assert lines[1 + len(STORMS)].split()[-1] == "-" and lines[1 + len(STORMS)].count("=") == 2, lines


def check_wrong_stays():
    storm = next(iter(STORMS))
    wrong = cell(storm, "7", "fentry", 2, 1, 0, False)
    assert a_table(wrong, cell(storm, "7", "fentry", 2, 2, 0, True)).count("WRONG") == 1
    return a_table(wrong)


def put(table, directory):
    file, manual = directory / "storms.txt", directory / "exittrace.8"
    file.write_text(table)
    shutil.copy(MANUAL, manual)
    return subprocess.run([TABLE, "storms", file, manual], capture_output=True, text=True, check=False), manual


def check_manual():
    with tempfile.TemporaryDirectory() as name:
        done, manual = put(a_table(), pathlib.Path(name))
        assert done.returncode == 0 and not done.stderr, done
        text = manual.read_text().replace("\\-", "-")
        begin, end = text.index("BEGIN storms"), text.index("END storms")
        page = text[begin:end].split("\n")
        assert page[2].split() == ["here", "5.10", "7"], page[2]
        assert page[3].split()[-3:] == ["123400+56"] * 3, page[3]
        assert "here: Linux 6.18, tracepoint;" in text[begin:end], page
        assert max(map(len, page)) < 79, page
        done, _ = put(check_wrong_stays(), pathlib.Path(name))
        assert done.returncode, "a table with a WRONG was put into the manual"


check_table()
check_wrong_stays()
check_manual()
print("ok storms: table and manual")
