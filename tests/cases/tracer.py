# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Runs exittrace: takes options, gives its records as they come. Does not judge single deaths."""
import json
import os
import select
import signal
import subprocess
import threading
import time

from cases import audit, records, schema


class Failed(Exception):
    """A case's expectation does not hold; the text says which."""


class Skipped(Exception):
    """This machine cannot show it; the text says why."""


def pairs_once(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a key twice: {[key for key, _ in pairs]}")
    return found


def parse(line):
    return json.loads(line, object_pairs_hook=pairs_once)


class Tracer:
    """`exittrace -j ...`, attached when the constructor returns. Use with `with`; stop() tells the totals.
    Records come live, or at the end from the file `output`, which gets there by -o, or by whoever reads `stdout`."""

    def __init__(self, setup, *options, output=None, stdout=subprocess.PIPE, command=()):
        self.setup = setup
        self.lines, self.records, self.broken = [], [], []
        self.changed = threading.Condition()
        self.by_pid = {}  # death records
        self.of_threads = []  # thread and warning records
        self.output = output
        tell, told = os.pipe()
        tier = ["--tier", setup.tier] if setup.tier else []
        self.argv = [setup.binary, "-j", *tier, "--ready-fd", str(told), *map(str, options)]
        self.argv += ["-o", output] if output and stdout == subprocess.PIPE else []
        self.argv += ["--", *command] if command else []
        self.audit = audit.Run(self.argv)
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=stdout,
                                        stderr=subprocess.PIPE, pass_fds=[told])
        os.close(told)
        self.stderr = b""
        self.readers = [threading.Thread(target=self.read_records), threading.Thread(target=self.read_stderr)]
        for reader in self.readers:
            reader.start()
        self.wait_until_attached(tell)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()  # without an excuse: the audit will say that it never ended
            self.process.wait()
            self.finish(10, over=False)

    def kill(self, why):
        """SIGKILL: no totals"""
        self.audit.excuse(why)
        self.process.kill()
        return self.finish(10)

    def wait_until_attached(self, tell):
        with open(tell, "rb", buffering=0) as pipe:
            ready = select.select([pipe], [], [], self.setup.seconds(20))[0] and pipe.read(1)
        if not ready:
            self.process.kill()
            self.audit.excuse("never attached")
            self.finish(10)
            raise Failed(f"never attached: {' '.join(self.argv)}: status {self.process.returncode}: {self.errors()}")

    def read_records(self):
        for line in self.process.stdout or ():
            try:
                record = parse(line)
            except ValueError as error:
                self.broken.append(f"line does not parse ({error}): {line!r}")
                continue
            with self.changed:
                self.lines.append(line)
                self.take(record)
                self.changed.notify_all()

    def take(self, record):
        self.audit.take(record)
        self.keep(record)

    def keep(self, record):
        self.records.append(record)
        if record["type"] == "death":
            self.by_pid.setdefault(record["process"]["pid"], []).append(record)
        elif record["type"] in ("thread", "warning"):
            self.of_threads.append(record)

    def read_stderr(self):
        self.stderr = self.process.stderr.read()

    def errors(self):
        return self.stderr.decode(errors="replace").strip()

    def wait_for(self, enough, seconds):
        """Until enough(records) holds; whether it did."""
        deadline = time.monotonic() + self.setup.seconds(seconds)
        with self.changed:
            while not enough(self.records):
                if not self.changed.wait(max(0, deadline - time.monotonic())):
                    return bool(enough(self.records))
        return True

    def wait_for_pids(self, pids, seconds=10):
        pids = set(pids)
        return self.wait_for(lambda _: pids <= self.by_pid.keys(), seconds)

    def finish(self, seconds, over=True):
        """Waits for its end; the exit status. Unless `over`, nobody asked it to end."""
        try:
            self.process.wait(self.setup.seconds(seconds))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"does not end: {' '.join(self.argv)}") from None
        finally:
            if self.process.returncode is not None:
                for reader in self.readers:
                    reader.join()
                if self.process.stdout:
                    self.process.stdout.close()
                self.process.stderr.close()
        if self.output:
            self.read_output()
        for problem in self.broken + self.refused():
            self.audit.complain(problem)
        if over:
            self.audit.end()
        return self.process.returncode

    def read_output(self):
        with open(self.output, "rb") as file:
            self.lines = file.readlines()
        for line in self.lines:
            self.take(json.loads(line))

    def stop(self):
        """Ends it as Ctrl-C does; Failed unless all it said adds up."""
        self.process.send_signal(signal.SIGINT)
        status = self.finish(20)
        if status:
            raise Failed(f"ended with status {status} after SIGINT: {self.errors()}")
        self.check()

    def deaths(self):
        return [record for record in self.records if record["type"] == "death"]

    def of(self, pid, window=(0, float("inf")), kind="death"):
        """The records of a pid born in a time span of CLOCK_BOOTTIME."""
        found = self.by_pid.get(pid, ()) if kind == "death" else self.of_threads
        return [record for record in found if record["type"] == kind and records.dig(record, "process.pid") == pid and
                window[0] <= int(record["id"].split(":")[2]) <= window[1]]

    def refused(self):
        """It must have all system calls that it makes."""
        return [line for line in self.errors().splitlines() if "filter refused" in line]

    def check(self):
        problems = [*self.audit.verdict(), *schema.problems(self.setup.binary, self.records)]
        if problems:
            more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
            raise Failed("the output as a whole: " + "; ".join(problems[:5]) + more)


def take_text(run, text):
    """All that one exittrace -j wrote, its words to people between it."""
    for line in text.splitlines():
        if not line.startswith("exittrace: "):
            try:
                run.take(parse(line))
            except ValueError as error:
                run.complain(f"line does not parse ({error}): {line!r}")
    run.end()


class Watch:
    """exittrace for people, attached when the constructor returns; stdout and stderr come as one text."""

    def __init__(self, setup, *options):
        self.setup, self.status = setup, None
        tell, told = os.pipe()
        argv = [setup.binary, "--ready-fd", str(told), *map(str, options)]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, pass_fds=[told])
        self.audit = audit.Run(argv) if "-j" in options else None
        os.close(told)
        with open(tell, "rb", buffering=0) as pipe:
            if not (select.select([pipe], [], [], setup.seconds(20))[0] and pipe.read(1)):
                self.end()
                raise Failed(f"never attached: {' '.join(argv)}")

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def close_output(self):
        if self.audit:
            self.audit.excuse("nobody reads it")
        self.process.stdout.close()

    def read_to_end(self):
        try:
            text = self.process.communicate(timeout=self.setup.seconds(20))[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            raise Failed(f"does not end: {self.process.args}") from None
        self.status = self.process.returncode
        if self.audit:
            take_text(self.audit, text)
        return text

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
