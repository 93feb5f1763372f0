#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes `make install` into an empty directory, looks at what came there, and that `make uninstall` leaves nothing.

usage: test_install.py
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
WANTED = {"bin/exittrace", "share/man/man8/exittrace.8", "share/man/man5/exittrace-fields.5",
          "share/exittrace/exittrace.schema.json", "share/bash-completion/completions/exittrace",
          "share/zsh/site-functions/_exittrace", "share/fish/vendor_completions.d/exittrace.fish",
          "share/doc/exittrace/README.md", "share/doc/exittrace/NEWS.md", "share/doc/exittrace/LICENSE",
          "lib/systemd/system/exittrace.service", "lib/systemd/catalog/exittrace.catalog", "lib/sysusers.d/exittrace.conf"}


def make(*words):
    # not what the make above says to this one
    env = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(["make", *words], cwd=TOP, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.exit(done.stdout.decode(errors="replace"))


def files(place):
    return {str(path.relative_to(place)) for path in pathlib.Path(place).rglob("*") if not path.is_dir()}


def main():
    with tempfile.TemporaryDirectory() as place:
        root = pathlib.Path(place, "opt/here")
        make("install", f"DESTDIR={place}", "PREFIX=/opt/here")
        there = files(root)
        examples = {f"share/doc/exittrace/examples/{path.name}" for path in (TOP / "dist/examples").glob("*")}
        assert there == WANTED | examples, sorted(there ^ (WANTED | examples))
        assert files(place) == {f"opt/here/{name}" for name in there}, "something outside of PREFIX"
        modes = {name: (root / name).stat().st_mode & 0o7777 for name in there}
        assert all(mode == (0o755 if name == "bin/exittrace" else 0o644) for name, mode in modes.items()), modes
        told = subprocess.run([root / "bin/exittrace", "--json-schema"], stdout=subprocess.PIPE, check=True).stdout
        assert json.loads((root / "share/exittrace/exittrace.schema.json").read_text()) == json.loads(told)
        other = root / "share/doc/exittrace/notes"
        other.write_text("somebody else's")
        make("uninstall", f"DESTDIR={place}", "PREFIX=/opt/here")
        assert files(place) == {"opt/here/share/doc/exittrace/notes"}
        other.unlink()
        make("uninstall", f"DESTDIR={place}", "PREFIX=/opt/here")
        assert not (root / "share/doc/exittrace").exists() and not (root / "share/exittrace").exists()
    print(f"ok install: {len(there)} files came and went")


main()
