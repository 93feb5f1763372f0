#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes the journal's catalog, looks whether each kind of entry is in it, with fields that there are, and asks journalctl.

usage: test_journal_catalog.py
"""
import pathlib
import re
import shutil
import subprocess
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
CATALOG = TOP / "dist/systemd/exittrace.catalog"
OURS = {"MESSAGE", "EXITTRACE_LOST_DEATHS", "EXITTRACE_LOST_STAGE", "EXITTRACE_UNWRITTEN"}
# Strings, but of our own words; all others were chosen by who died, or by who killed.
OWN_WORDS = {"EXITTRACE_EXIT_SIGNAL_NAME", "EXITTRACE_CAUSE_FAULT_CODE_NAME", "EXITTRACE_CAUSE_FAULT_ADDRESS",
             "EXITTRACE_CAUSE_FAULT_IP", "EXITTRACE_CAUSE_SYSCALL_NAME", "EXITTRACE_CAUSE_LIMIT",
             "EXITTRACE_CAUSE_BECAUSE_OF", "EXITTRACE_MISSING"}


def fields():
    """Name to type"""
    said = subprocess.run([TOP / "exittrace", "--list-fields"], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in said.splitlines() if line.strip())
    return {"EXITTRACE_" + row[0].upper().replace(".", "_"): row[1] for row in rows}


def check_fields(text):
    known = fields()
    for name in set(re.findall(r"@(\w+)@", text)):
        assert name in known or name in OURS, f"@{name}@: there is no such field"
        assert name in OURS | OWN_WORDS or known[name] == "integer", f"@{name}@ would be shown as it came"


def check_journalctl(ids):
    if not shutil.which("journalctl"):
        return "journalctl is not here to be asked"
    with tempfile.TemporaryDirectory() as root:
        for part in ("usr/lib/systemd/catalog", "var/lib/systemd/catalog"):
            pathlib.Path(root, part).mkdir(parents=True)
        shutil.copy(CATALOG, pathlib.Path(root, "usr/lib/systemd/catalog"))
        said = ""
        for what in ("--update-catalog", "--dump-catalog"):
            done = subprocess.run(["journalctl", what, f"--root={root}"], capture_output=True, text=True, check=False)
            assert done.returncode == 0 and not done.stderr.strip(), f"{what}: {done}"
            said = done.stdout
    found = re.findall(r"^-- ([0-9a-f]{32})$", said, re.M)
    assert sorted(found) == sorted(ids), f"journalctl has {found}"
    assert said.count("Defined-By: exittrace") == len(ids)
    return "journalctl takes it"


def main():
    text = CATALOG.read_text()
    told = re.findall(r"^-- (\S+)$", text, re.M)
    ids = set(re.findall(r'"([0-9a-f]{32})"', (TOP / "src/output_journal.c").read_text()))
    assert sorted(told) == sorted(ids), f"not in both: {sorted(set(told) ^ ids)}"
    check_fields(text)
    print(f"ok journal catalog: {len(ids)} kinds, {check_journalctl(ids)}")


main()
