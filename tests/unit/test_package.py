#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes the tree, makes the Debian package of it as `make deb` does, sees what lintian says and what is in it.

The unit tests are not run again inside. Needs the tools of Debian; elsewhere there is nothing to see.

usage: test_package.py
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
NEEDED = ("dpkg-buildpackage", "dh", "lintian")
WANTED = {"usr/bin/exittrace", "usr/share/man/man8/exittrace.8.gz", "usr/share/man/man5/exittrace-fields.5.gz",
          "usr/share/exittrace/exittrace.schema.json", "usr/share/bash-completion/completions/exittrace",
          "usr/share/zsh/vendor-completions/_exittrace", "usr/share/fish/vendor_completions.d/exittrace.fish",
          "usr/share/doc/exittrace/copyright", "usr/share/doc/exittrace/README.md.gz",
          "usr/share/doc/exittrace/NEWS.md.gz", "usr/share/doc/exittrace/changelog.gz",
          "lib/systemd/system/exittrace.service", "usr/lib/systemd/catalog/exittrace.catalog",
          "usr/lib/sysusers.d/exittrace.conf"}


def run(*argv, **more):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **more)
    out = done.stdout.decode(errors="replace")
    if done.returncode:
        sys.exit(f"{' '.join(map(str, argv))}: status {done.returncode}\n{out[-4000:]}")
    return out


def build(place):
    # not what the make above says to this one
    env = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    run("make", "deb", f"O={place}", "DEB_FLAGS=-Pnocheck", cwd=TOP, env=env)


def check_contents(deb, version):
    assert deb.name.startswith(f"exittrace_{version}_"), f"{deb.name} is not of {version}, as src/version.h has it"
    lines = [line.split(None, 5) for line in run("dpkg-deb", "-c", deb).splitlines()]
    there = {words[5].removeprefix("./") for words in lines if not words[0].startswith("d")}
    examples = {f"usr/share/doc/exittrace/examples/{path.name}" for path in (TOP / "dist/examples").iterdir()}
    there = {re.sub(r"(/examples/.*)\.gz$", r"\1", name) for name in there}
    assert there == WANTED | examples, sorted(there ^ (WANTED | examples))
    assert all(words[1] == "root/root" for words in lines)


def main():
    lacking = [tool for tool in NEEDED if not shutil.which(tool)]
    if lacking:
        print(f"ok package: not looked at: no {', '.join(lacking)}")
        return
    version = re.search(r'EXITTRACE_VERSION "(.*)"', (TOP / "src/version.h").read_text()).group(1)
    with tempfile.TemporaryDirectory() as place:
        build(place)
        deb, = pathlib.Path(place, "deb").glob("exittrace_*.deb")
        check_contents(deb, version)
        changes, = pathlib.Path(place, "deb").glob("*.changes")
        said = run("lintian", "--allow-root", "--fail-on", "error,warning", changes)
        assert not said.strip(), said
        program = pathlib.Path(place, "usr/bin/exittrace")
        run("dpkg-deb", "-x", deb, place)
        shutil.copy(deb, TOP / "build")  # for tests/boots
        assert str(place).encode() not in program.read_bytes(), "it depends on where it was built"
    print(f"ok package: {deb.name}, lintian says nothing")


main()
