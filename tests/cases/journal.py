# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""exittrace serve --journal beside a journald of our own, which can hang. The oracle: what the history has, and wait().

The real one is in tests/boots.
"""
import contextlib
import os
import socket
import struct
import subprocess

from cases import alone
from cases.service import Service, check_balance, wait_for_deaths
from cases.storms import begin, end

PLACE = "/run/systemd/journal/socket"


def parse(entry):
    """As journald does it: NAME=value, or NAME and a length."""
    fields, at = {}, 0
    while at < len(entry):
        line = entry.index(b"\n", at)
        name, equals, value = entry[at:line].partition(b"=")
        at = line + 1
        if not equals:
            size, = struct.unpack_from("<Q", entry, at)
            value, at = entry[at + 8:at + 8 + size], at + 8 + size + 1
        fields[name.decode()] = value.decode(errors="replace")
    return fields


class Journald:
    def __init__(self):
        os.makedirs(os.path.dirname(PLACE), exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(PLACE)
        os.chmod(PLACE, 0o666)
        self.entries = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        os.unlink(PLACE)

    def read(self, seconds, pid=None):
        """Until nothing comes for so long, or who is waited for came"""
        self.socket.settimeout(seconds)
        with contextlib.suppress(TimeoutError):
            while not (pid and self.of_pid(pid)):
                self.entries.append(parse(self.socket.recv(1 << 18)))

    def of_pid(self, pid):
        return [entry for entry in self.entries if entry.get("OBJECT_PID") == str(pid)]

    def of_type(self, word):
        return [entry for entry in self.entries if entry["EXITTRACE_TYPE"] == word]


@alone(once="best", where="guest", seconds=60, kernels=("7",))
def hangs(s):
    """The recorder goes on without it; each death that failed is told, or counted and that is told."""
    with Journald() as journald, Service(s.setup, os.path.join(s.directory, "state"), "--journal") as service:
        with subprocess.Popen(["/bin/sh", "-c", "exit 7"]) as process:
            process.wait()
        journald.read(s.setup.seconds(1), process.pid)
        found = journald.of_pid(process.pid)
        s.check(len(found) == 1 and found[0]["EXITTRACE_EXIT_CODE"] == "7", f"{process.pid} exited with 7: {found}")
        end(s, begin(s, "fork", "-n", "2000", "-N", "et-journal"))
        wait_for_deaths(s, service, "process_comm = 'et-journal'", 2000)
        s.check("the journal takes nothing" in service.said(), f"it hangs, and that is not said: {service.said()!r}")
        journald.read(2)
        service.stop()
        journald.read(0.5)
        check_balance(s, service)
        check_entries(s, service, journald)


def check_entries(s, service, journald):
    failed, = service.numbers("SELECT count(*) FROM death WHERE exit_raw <> 0")[0]
    told = journald.of_type("death")
    unwritten = sum(int(entry["EXITTRACE_UNWRITTEN"]) for entry in journald.of_type("unwritten"))
    s.check(len({entry["EXITTRACE_ID"] for entry in told}) == len(told), "one is told twice")
    s.check(unwritten and len(told) + unwritten == failed, f"{failed} failed, {len(told)} are told, {unwritten} not")
    s.check(f"not written to the journal: {unwritten} of" in service.said(), f"not told at the end: {service.said()}")
    s.note(f"{failed} failed, {len(told)} entries, {unwritten} not written")


@alone(once="machine")
def refused(s):
    """Without a journal, and for a directory that its user cannot enter: which, and why."""
    if not os.path.exists(PLACE):
        status, said = serve(s, "--journal", s.directory)
        s.check(status == 1 and PLACE in said, f"no journal: {status} {said!r}")
    closed = os.path.join(s.directory, "closed")
    os.makedirs(os.path.join(closed, "open"))
    os.chmod(closed, 0o700)
    os.chmod(s.directory, 0o755)
    status, said = serve(s, "--run-as", "65534", os.path.join(closed, "open", "state"))
    s.check(status == 77 and "user id 65534" in said and "may not enter " in said, f"behind 0700: {status} {said!r}")


def serve(s, *words):
    """The last word is the directory."""
    done = subprocess.run([s.setup.binary, "serve", "--tier", s.setup.tier, *words[:-1], "--state-dir", words[-1]],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=s.setup.seconds(10), check=False)
    return done.returncode, done.stdout
