#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The tarball is that of the commit, builds without git, in any directory to the same bytes, and what comes out is hardened."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# A clone may be somebody else's: git reads this from nowhere but the environment and root's own files
ENV = {**os.environ, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
IN_GIT = os.path.exists(os.path.join(TOP, ".git"))
BUILT = ("exittrace", "exittrace-static", "build/exittrace.bpf.o", "build/exittrace_load.bpf.o")


def run(*argv, where=TOP):
    result = subprocess.run(argv, cwd=where, env=ENV, capture_output=True, text=True, check=False)
    assert not result.returncode, f"{argv}: {result.stdout}{result.stderr}"
    return result.stdout


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


# ---- the tarball ----

def make_dist():
    run("make", "-s", "dist")
    version = re.search(r'EXITTRACE_VERSION "(.*)"', open(os.path.join(TOP, "src", "version.h")).read()).group(1)
    return os.path.join(TOP, "build", f"exittrace-{version}.tar.gz")


def check_tarball(path):
    """Twice the same, and what git has, with the time of the commit."""
    first = digest(path)
    os.utime(os.path.join(TOP, "README.md"))
    assert digest(make_dist()) == first, "two tarballs of one commit differ"
    when = int(run("git", "log", "-1", "--format=%ct"))
    with tarfile.open(path) as tar:
        members = tar.getmembers()
        assert {each.mtime for each in members} == {when} and {each.uid for each in members} == {0}
        files = {each.name.partition("/")[2] for each in members if not each.isdir()}
    assert files == set(run("git", "ls-tree", "-r", "--name-only", "HEAD").split("\n")) - {""}, "not what git has"


# ---- two builds ----

def unpack(path, place):
    """The tarball, or, where the tree is not as committed, a copy of the tree."""
    if not IN_GIT:
        return shutil.copytree(TOP, place, ignore=shutil.ignore_patterns("build", "exittrace", "exittrace-static"))
    os.makedirs(place)
    if run("git", "status", "--porcelain"):
        for name in run("git", "ls-files", "-c", "-o", "--exclude-standard").splitlines():
            if os.path.exists(os.path.join(TOP, name)):
                os.makedirs(os.path.dirname(os.path.join(place, name)), exist_ok=True)
                shutil.copy2(os.path.join(TOP, name), os.path.join(place, name))
        return place
    with tarfile.open(path) as tar:
        tar.extractall(place)
    return os.path.join(place, os.listdir(place)[0])


def build(path, place):
    where = unpack(path, place)
    run("make", "-s", f"-j{os.cpu_count()}", "exittrace", "static", where=where)
    assert not os.path.exists(os.path.join(where, ".git"))
    return where


def check_same(one, other):
    for name in BUILT:
        paths = os.path.join(one, name), os.path.join(other, name)
        assert digest(paths[0]) == digest(paths[1]), f"{name} is not the same in two directories"
        with open(paths[0], "rb") as file:
            assert one.encode() not in file.read(), f"{name} names the directory it was built in"


# ---- what the linker made ----

def check_hardened(path):
    shown = run("readelf", "-hldsW", path)
    header = re.search(r"Type:\s+(\S+)", shown).group(1)
    assert header == "DYN", f"{path}: {header}, is not position independent"
    stack = re.search(r"GNU_STACK.*0x\S+ (\S*)\s+0x", shown).group(1)
    assert "E" not in stack, f"{path}: the stack can be executed"
    assert "GNU_RELRO" in shown and re.search(r"FLAGS_1.*NOW", shown), f"{path}: no full RELRO"
    for symbol in "__stack_chk_fail", "__snprintf_chk":
        assert symbol in shown, f"{path}: no {symbol}"
    assert not re.search(r" RWE ", shown), f"{path}: a segment can be written and executed"


def check_instructions(path):
    """Every function that a pointer may call begins with endbr64, where the compiler knows of it."""
    if os.uname().machine == "x86_64":
        code = run("objdump", "-d", "--no-show-raw-insn", "--disassemble=main", path)
        assert "endbr64" in code, f"{path}: no control-flow protection"


def check_static(path):
    assert "NEEDED" not in run("readelf", "-dW", path), f"{path} needs libraries"
    assert run(path, "--version").startswith("exittrace ")


# ---- what it is made of ----

def check_sbom(binary):
    run("make", "-s", "sbom")
    with open(os.path.join(TOP, "build", "sbom.json")) as file:
        told = json.load(file)
    names = {each["name"]: each for each in told["components"]}
    assert all(each.get("version") and each["licenses"][0]["expression"] for each in names.values()), f"{names}"
    calls = {"libc": "glibc"}
    for library in re.findall(r"Shared library: \[(lib\w+)\.so", run("readelf", "-dW", binary)):
        assert calls.get(library, library) in names, f"{library} is not in the list of what exittrace is made of"
    result = subprocess.run([os.path.join(TOP, "scripts", "sbom"), "1", "-lnonsense"], capture_output=True, check=False)
    assert result.returncode == 1 and b"nonsense" in result.stderr, "a library of unknown licence is let through"


def main():
    tarball = make_dist() if IN_GIT else None
    if tarball:
        check_tarball(tarball)
    with tempfile.TemporaryDirectory() as place:
        one = build(tarball, os.path.join(place, "build-here"))
        other = build(tarball, os.path.join(place, "and", "there", "too"))
        check_same(one, other)
        for name in "exittrace", "exittrace-static":
            check_hardened(os.path.join(one, name))
            check_instructions(os.path.join(one, name))
        check_static(os.path.join(one, "exittrace-static"))
        check_sbom(os.path.join(one, "exittrace"))
    print("the same bytes twice, hardened, and every library named")


main()
