#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes command lines up to a TAB, sees what bash, zsh and fish make of them, and what exittrace told them.

usage: test_complete.py [EXITTRACE]
"""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else TOP / "exittrace").resolve()
SCRIPTS = TOP / "dist/completions"
SECONDS = 60

# What is typed, and what the line is then. In a directory with one file and one directory.
TYPED = (("exittrace --json-s", "exittrace --json-schema"),
         ("exittrace --cause=oom_m", "exittrace --cause=oom_memcg"),
         ("exittrace --cause exit,pdea", "exittrace --cause exit,pdeathsig"),
         ("exittrace -x --cause=exit,pdea", "exittrace -x --cause=exit,pdeathsig"),
         ("exittrace --fields files.flush_error_", "exittrace --fields files.flush_error_count"),
         ("exittrace -a --tier fe", "exittrace -a --tier fentry"),
         ("exittrace -o a_fi", "exittrace -o a_file"),
         ("exittrace --output=a_fi", "exittrace --output=a_file"),
         ("exittrace -u nobod", "exittrace -u nobody"),
         ("exittrace -j -- unlikely-na", "exittrace -j -- unlikely-name"),
         ("exittrace -j unlikely-na", "exittrace -j unlikely-name"),
         ("exittrace -j -- cat a_fi", "exittrace -j -- cat a_file"),
         ("exittrace -c a_dir", "exittrace -c a_directory"))


def told(*words):
    out = subprocess.run([PROGRAM, "--complete", *words], stdout=subprocess.PIPE, check=True).stdout.decode()
    return [line.partition("\t")[0] for line in out.splitlines()]


def check_told():
    helped = subprocess.run([PROGRAM, "--help"], stdout=subprocess.PIPE, check=True).stdout.decode()
    names = re.findall(r"^  (?:-\w, |    )(--[\w-]+)", helped, re.M)
    letters = re.findall(r"^  (-\w), ", helped, re.M)
    verbs = ["serve", "list", "why", "stats"]
    assert told("") == verbs + names and told("-x", "") == told("--") == names and told("-") == names + letters
    assert told("wh") == ["why", ":command 0"] and told("why", "--sta") == ["--state-dir"]
    assert told("list", "--cause=exit,sig") == ["--cause=exit,signal"] and told("list", "sh") == []
    assert told("serve", "--metrics-label", "c") == ["comm"] and told("serve", "--metrics-file", "") == [":files"]
    assert told("serve", "--no") == ["--no-drop"] and told("--", "why", "x") == [":command 1"]
    refused = subprocess.run([PROGRAM, "--cause", "no-such"], stderr=subprocess.PIPE, check=False).stderr.decode()
    classes = refused.partition("is none of: ")[2].partition(" (")[0].split()
    assert told("--cause", "") == classes and told("--cause", "exit,") == [f"exit,{name}" for name in classes]
    assert told("--cause=exit,sig") == ["--cause=exit,signal"] and told("-x", "--cause", "zz") == []
    for name in told("--tier", ""):
        assert not subprocess.run([PROGRAM, "--tier", name, "--probes"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, check=False).stderr.count(b"is not")
    listed = subprocess.run([PROGRAM, "--list-fields"], stdout=subprocess.PIPE, check=True).stdout.decode()
    keys = [line.split()[0] for line in listed.splitlines()[1:] if "[]." not in line.split()[0]]
    assert told("--fields", "") == keys and "TERM" in told("--signal", "") and "snapshot" in told("--without", "")
    assert str(os.getpid()) in told("-p", "") and told("-d", "") == told("--count", "") == []
    assert told("--", "x") == [":command 1"] and told("-x", "-p", "1", "sh") == [":command 3"]
    assert told("sh", "-c", "--cause=") == [":command 0"] and told("-o", "") == [":files"] and told() == []


def check_hostile(place):
    """A name that a shell would run is not offered."""
    for name in "$(reboot)", "a b", "`id`", "x;id", "-rf", "gentle":
        path = pathlib.Path(place, name)
        shutil.copy("/bin/sleep", path)
        with subprocess.Popen([path, "60"]) as sleeper:
            deadline = time.monotonic() + 10
            while pathlib.Path(f"/proc/{sleeper.pid}/comm").read_text() != f"{name}\n":
                assert time.monotonic() < deadline
            names = told("--name", "")
            sleeper.kill()
        assert (name in names) == (name == "gentle"), name
        assert all(re.fullmatch(r"[\w.+:/][\w.+:/-]*", each) for each in names)
        path.unlink()


class Terminal:
    """A shell at a pseudo terminal; Ctrl-X writes the line as it is to a file."""

    def __init__(self, place, argv, setup):
        self.file = pathlib.Path(place, "line")
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.chdir(place)
            os.environ.update(PATH=f"{place}/bin:{os.environ['PATH']}", TERM="dumb", PS1="", HISTFILE="", HOME=place)
            os.execvp(argv[0], argv)
        for line in setup:
            os.write(self.fd, line.encode() + b"\n")
        self.type("true")

    def read(self, seconds):
        """What it shows is of no interest, but it must be read."""
        if select.select([self.fd], [], [], seconds)[0]:
            os.read(self.fd, 65536)

    def type(self, text, key=""):
        self.file.unlink(missing_ok=True)
        os.write(self.fd, f"{text}{key}\x18".encode())
        deadline = time.monotonic() + SECONDS
        while not self.file.exists() or not self.file.read_text().endswith("\n"):
            assert time.monotonic() < deadline, f"no answer after {text!r}"
            self.read(0.02)
        os.write(self.fd, b"\x15")
        return self.file.read_text().rstrip("\n").rstrip(" ")

    def end(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def bash(place):
    return Terminal(place, ["bash", "--norc", "--noprofile", "-i"],
                    [f"source {SCRIPTS}/exittrace.bash", "stty -ixon", "bind 'set bell-style none'",
                     f"bind -x '\"\\C-x\": printf \"%s\\n\" \"$READLINE_LINE\" > {place}/line'"])


def zsh(place):
    return Terminal(place, ["zsh", "-f", "-i"],
                    [f"fpath=({SCRIPTS} $fpath); autoload -Uz compinit; compinit -u -D; stty -ixon; unsetopt beep",
                     f"tell() {{ print -r -- \"$BUFFER\" > {place}/line }}; zle -N tell; bindkey '^X' tell; "
                     "bindkey '^I' complete-word; bindkey '^U' kill-whole-line"])


def check_terminal(shell, place):
    terminal = shell(place)
    try:
        for text, wanted in TYPED:
            line = terminal.type(text, "\t")
            assert line.rstrip("/") == wanted, f"{shell.__name__}: {text!r} becomes {line!r}, not {wanted!r}"
    finally:
        terminal.end()


def check_fish(place):
    env = {**os.environ, "PATH": f"{place}/bin:{os.environ['PATH']}", "HOME": place}
    for text, wanted in TYPED:
        line = f"source {SCRIPTS}/exittrace.fish; complete -C '{text}'"
        out = subprocess.run(["fish", "--no-config", "-c", line], cwd=place, env=env, stdout=subprocess.PIPE,
                             check=True).stdout.decode()
        words = {line.partition("\t")[0].rstrip("/") for line in out.splitlines()}
        assert words == {wanted.split()[-1]}, f"fish: {text!r}: {words}, not {wanted!r}"


def main():
    check_told()
    ran = []
    with tempfile.TemporaryDirectory() as place:
        for directory in "bin", "a_directory":
            pathlib.Path(place, directory).mkdir()
        pathlib.Path(place, "a_file").touch()
        pathlib.Path(place, "bin/exittrace").symlink_to(PROGRAM)
        pathlib.Path(place, "bin/unlikely-name").symlink_to("/bin/true")
        check_hostile(place)
        for name, check in (("bash", lambda: check_terminal(bash, place)), ("zsh", lambda: check_terminal(zsh, place)),
                            ("fish", lambda: check_fish(place))):
            if shutil.which(name):
                check()
                ran.append(name)
    print(f"ok complete: {len(TYPED)} lines in {', '.join(ran) or 'no shell: none is installed'}")


main()
