# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""exittrace serve and what the history answers. The oracles: what wait() returned, process accounting, SQLite's own check."""
import contextlib
import json
import os
import select
import signal
import sqlite3
import subprocess
import time
from signal import SIGHUP, SIGKILL, SIGSEGV, SIGTERM

from cases import OTHERS, QUICK, alone
from cases.crowds import Accounting
from cases.faults import BUILT
from cases.storms import begin, deaths, end
from cases.tracer import Failed, Skipped

WATCH, KEEP = "exittrace-watch", "exittrace-keep"


class Service:
    """exittrace serve with a history of its own, ready when the constructor returns."""

    def __init__(self, setup, directory, *options, env=None):
        self.setup, self.directory = setup, directory
        os.makedirs(directory, exist_ok=True)
        # whoever it becomes must get there
        while os.path.dirname(directory) != "/":
            directory = os.path.dirname(directory)
            os.chmod(directory, os.stat(directory).st_mode | 0o011)
        tell, told = os.pipe()
        argv = [setup.binary, "serve", "--tier", setup.tier, "--state-dir", self.directory, "--ready-fd", str(told),
                *map(str, options)]
        self.log = open(f"{self.directory}.log", "ab+")
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        pass_fds=[told], env=env and {**os.environ, **env})
        os.close(told)
        with open(tell, "rb", buffering=0) as pipe:
            if not (select.select([pipe], [], [], setup.seconds(20))[0] and pipe.read(1)):
                self.kill()
                raise Failed(f"never ready: {' '.join(argv)}: {self.said()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.log.close()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def said(self):
        self.log.flush()
        with open(self.log.name, errors="replace") as file:
            return file.read().strip()

    def child(self, name):
        """Its pid; None: it is being started."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            for pid in file.read().split():
                with contextlib.suppress(OSError), open(f"/proc/{pid}/comm") as comm:
                    if comm.read().strip() == name:
                        return int(pid)
        return None

    def stop(self):
        self.process.send_signal(SIGTERM)
        try:
            status = self.process.wait(self.setup.seconds(30))
        except subprocess.TimeoutExpired:
            raise Failed(f"does not end: {self.said()}") from None
        if status:
            raise Failed(f"ended with status {status}: {self.said()}")

    def database(self):
        return sqlite3.connect(f"file:{self.directory}/history.db?mode=ro", uri=True)

    def ask(self, *argv, fine=True):
        result = subprocess.run([self.setup.binary, argv[0], "--state-dir", self.directory, *map(str, argv[1:])],
                                capture_output=True, text=True, timeout=self.setup.seconds(20), check=False)
        if fine and result.returncode:
            raise Failed(f"{argv}: status {result.returncode}: {result.stderr}")
        return result.stdout if fine else (result.returncode, result.stderr)

    def numbers(self, sql):
        with contextlib.closing(self.database()) as db:
            return db.execute(sql).fetchall()


def check_balance(s, service):
    """Of the whole attachment: what the kernel half counted is kept, or told to be lost."""
    told = service.numbers("SELECT max(deaths), max(filtered), sum(records), sum(lost), max(waiting) FROM session")[0]
    ring = service.numbers("SELECT coalesce(sum(deaths), 0) FROM lost WHERE stage = 0")[0][0]
    seen, filtered, kept, lost, waiting = told
    s.check(seen == filtered + kept + lost + ring,
            f"{seen} deaths seen, {kept} kept, {lost} + {ring} lost, {filtered} filtered, {waiting} wait: {service.said()}")
    s.check(service.numbers("PRAGMA integrity_check") == [("ok",)], "the file is damaged")
    return lost + ring


def check_storm(s, service, accounting, name):
    """Each death of the storm is in the history once; as many as are told may be missing."""
    died = deaths(accounting)[name]
    rows = service.numbers(f"SELECT process_pid, exit_raw, count(*) FROM death WHERE process_comm = '{name}' GROUP BY 1, 2")
    told = {(pid, status): n for pid, status, n in rows}
    wrong = [key for key, n in told.items() if died[key] < n]
    s.check(not wrong, f"in the history, but did not die so: {wrong[:5]} ({len(wrong)})")
    return died.total(), died.total() - sum(told.values())


def wait_for_deaths(s, service, sql, number):
    s.wait_until(lambda: service.numbers(f"SELECT count(*) FROM death WHERE {sql}")[0][0] >= number,
                 f"{number} deaths in the history where {sql}: {service.said()}", 20)


@alone(once="turn", seconds=60, kernels=OTHERS)
def why_names_each(s):
    """Killed, crashed, failed: as wait() said, to everybody who may read; after a restart, too."""
    directory = os.path.join(s.directory, "state")
    with Service(s.setup, directory, "--group", "nogroup") as service:
        ended = {}
        for name, argv in (("killed", "kill -KILL $$"), ("crashed", "kill -SEGV $$"), ("failed", "exit 7")):
            with subprocess.Popen(["/bin/sh", "-c", argv]) as process:
                ended[name] = (process.pid, process.wait())
        wait_for_deaths(s, service, f"process_pid IN ({', '.join(str(pid) for pid, _ in ended.values())})", 3)
        check_answers(s, service, ended)
        check_reader(s, service, ended["killed"][0])
        service.process.send_signal(SIGHUP)
        time.sleep(0.3)
        check_answers(s, service, ended)
        service.stop()
        check_answers(s, service, ended)
        check_balance(s, service)
    with Service(s.setup, directory) as service:
        check_answers(s, service, ended)
        s.wait_until(lambda: service.numbers("SELECT count(*) FROM lost WHERE deaths IS NULL") == [(1,)],
                     f"nobody watched for a while, and that is not told: {service.said()}", 10)
        service.stop()


def check_answers(s, service, ended):
    for name, words in (("killed", "SIGKILL"), ("crashed", "SIGSEGV"), ("failed", "exit code 7")):
        pid, status = ended[name]
        story = service.ask("why", pid)
        s.check(f"sh[{pid}] died" in story and words in story, f"{name}: why {pid} says {story!r}")
        record = json.loads(service.ask("list", "-j", "-p", pid))
        raw = -status if status < 0 else status << 8
        s.check(record["exit"]["raw"] & 0xff7f == raw, f"{name}: {record['exit']}, wait() said {status}")
    s.check("sh" in service.ask("list", "--name", "sh", "-n", 3), "list --name sh")
    s.check("Causes" in service.ask("stats"), "stats")
    status, said = service.ask("why", "nobody-is-called-so", fine=False)
    s.check(status == 1 and "no death of" in said, f"of nobody: {status} {said}")


def check_reader(s, service, pid):
    """One of the group may read, others may not; both are told."""
    argv = ["setpriv", "--reuid=65533", "--regid=65533"]
    ask = [s.setup.binary, "why", "--state-dir", service.directory, str(pid)]
    if subprocess.run([*argv, "--clear-groups", "test", "-x", s.setup.binary], check=False).returncode:
        return  # the build itself is where nobody else gets
    one = subprocess.run([*argv, "--groups=65534", *ask], capture_output=True, text=True, check=False)
    s.check(one.returncode == 0 and "SIGKILL" in one.stdout, f"one of the group: {one}")
    other = subprocess.run([*argv, "--clear-groups", *ask], capture_output=True, text=True, check=False)
    s.check(other.returncode == 77 and "--group" in other.stderr, f"another one: {other}")


def kill_in_a_storm(s, which, times):
    name = "et-kept"
    with Accounting(os.path.join(s.directory, "acct")) as accounting, \
            Service(s.setup, os.path.join(s.directory, "state")) as service:
        storm = begin(s, "fork", "-n", str(s.setup.storm), "-N", name)
        for _ in range(times):
            time.sleep(s.setup.seconds(0.2))
            s.wait_until(lambda: service.child(which), f"no {which}", 20)
            os.kill(service.child(which), SIGKILL)
        number = end(s, storm)["number"]
        s.wait_until(lambda: service.child(which), f"no {which} any more: {service.said()}", 20)
        time.sleep(s.setup.seconds(1))
        service.stop()
        died, missing = check_storm(s, service, accounting, name)
        lost = check_balance(s, service)
        s.check(died == number, f"{number} have died, accounting counts {died}")
        s.check(missing <= lost, f"{missing} of {died} are missing, {lost} are told to be lost: {service.said()}")
        s.note(f"{died} died, {missing} missing, {lost} lost")


@alone(once="best", seconds=90, kernels=QUICK)
def recorder_killed(s):
    """What it had in hand is sent again: nothing is lost but what the queue had no room for, and that is told."""
    kill_in_a_storm(s, KEEP, 3)


@alone(once="best", seconds=90, kernels=QUICK)
def tracer_killed(s):
    """The next one reads on; what the one before had in hand is counted."""
    kill_in_a_storm(s, WATCH, 3)


@alone(once="best", seconds=60, kernels=QUICK)
def paths_told_again(s):
    """What the tracer knew of cgroups goes with it: the next one is told the path of one that it never heard of."""
    with s.cgroup() as group, Service(s.setup, os.path.join(s.directory, "state")) as service:
        die_in(s, service, group)
        os.kill(service.child(WATCH), SIGKILL)
        s.wait_until(lambda: service.child(WATCH), "no tracer any more", 20)
        die_in(s, service, group)
        service.stop()


def die_in(s, service, group):
    p = s.die("wait").word("ready")
    group.add(p.pid)
    os.kill(p.pid, SIGKILL)
    p.reap()
    wait_for_deaths(s, service, f"process_pid = {p.pid}", 1)
    told = json.loads(service.ask("list", "-j", "-p", p.pid))["process"]["cgroup"]
    s.check(told["path"] == group.path, f"in {group.path}: {told}")


@alone(once="best", seconds=60, kernels=QUICK)
def supervisor_killed(s):
    """The others end by themselves, and what they had gets to the disk first."""
    with Accounting(os.path.join(s.directory, "acct")) as accounting, \
            Service(s.setup, os.path.join(s.directory, "state")) as service:
        end(s, begin(s, "fork", "-n", "1000", "-N", "et-orphan"))
        others = [service.child(name) for name in (WATCH, KEEP)]
        service.process.kill()
        service.process.wait()
        s.wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in others), "still there", 20)
        died, missing = check_storm(s, service, accounting, "et-orphan")
        s.check((died, missing) == (1000, 0), f"{missing} of {died} are missing")
        check_balance(s, service)


@alone(once="best", seconds=90, kernels=QUICK)
def disk_full(s):
    """It goes on, counts what it cannot keep, and keeps again when there is room."""
    directory = os.path.join(s.directory, "state")
    os.makedirs(directory)
    mount = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", directory]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        raise Skipped("may not mount a tmpfs here")
    try:
        fill_disk(s, directory)
    finally:
        subprocess.run(["umount", "-l", directory], check=False)


def fill_disk(s, directory):
    name = "et-full"
    with Accounting(os.path.join(s.directory, "acct")) as accounting, Service(s.setup, directory) as service:
        end(s, begin(s, "fork", "-n", str(s.setup.storm), "-N", name))
        s.wait_until(lambda: "no room on the disk" in service.said(), f"nothing is said: {service.said()!r}", 20)
        subprocess.run(["mount", "-o", "remount,size=200m", directory], check=True)
        s.wait_until(lambda: "written again" in service.said(), f"not written again: {service.said()}", 20)
        time.sleep(s.setup.seconds(3))
        service.stop()
        died, missing = check_storm(s, service, accounting, name)
        lost = check_balance(s, service)
        s.check(missing <= lost, f"{missing} of {died} are missing, {lost} are told to be lost")
        s.note(f"{died} died, {missing} missing, {lost} lost")


def bytes_on_disk(directory):
    total = 0
    for name in ("history.db", "history.db-wal", "history.db-shm"):
        with contextlib.suppress(FileNotFoundError):
            total += os.stat(os.path.join(directory, name)).st_size
    return total


@alone(once="machine", where="native", seconds=90)
def storm_within_keep_size(s):
    """More deaths than the disk may take, faster than a fixed number of them is deleted: it takes no more, but for the log
    while somebody reads, as we do."""
    name, most, directory = "et-keep", 16 << 20, os.path.join(s.directory, "state")
    sizes, number = [0], 4 * s.setup.storm

    def is_over():
        sizes.append(bytes_on_disk(directory))
        return service.numbers("SELECT coalesce(sum(records + lost), 0) FROM session")[0][0] >= number

    with Service(s.setup, directory, "--keep-size", "16M") as service:
        storm = begin(s, "fork", "-n", str(number), "-N", name)
        s.wait_until(is_over, "not all of them are kept, or told to be lost", 60)
        end(s, storm)
        service.stop()
        check_balance(s, service)
        kept = service.numbers(f"SELECT count(*) FROM death WHERE process_comm = '{name}'")[0][0]
    largest = max(sizes)
    s.check(kept > 5000, f"only {kept} of {number} are kept")
    s.check(largest <= most * 5 // 4, f"{largest} bytes on the disk")
    s.note(f"{number} died, {kept} kept, {largest / (1 << 20):.1f} MiB at most")


@alone(once="machine", seconds=60)
def damaged_file(s):
    """Moved aside, told, and a new history begun."""
    directory = os.path.join(s.directory, "state")
    with Service(s.setup, directory) as service:
        end(s, begin(s, "fork", "-n", "500", "-N", "et-old"))
        service.stop()
    path = os.path.join(directory, "history.db")
    with open(path, "r+b") as file:
        file.seek(-4096, os.SEEK_END)
        file.write(os.urandom(4096))
    with Service(s.setup, directory) as service:
        s.check("was damaged" in service.said(), f"nothing is said: {service.said()}")
        s.check(any(name.startswith("history.db.corrupt-") for name in os.listdir(directory)), os.listdir(directory))
        end(s, begin(s, "fork", "-n", "500", "-N", "et-new"))
        wait_for_deaths(s, service, "process_comm = 'et-new'", 500)
        s.check(service.numbers("PRAGMA integrity_check") == [("ok",)], "the new one is damaged")
        service.stop()


def swap_while_it_starts(s, swapped, *options):
    """A link to the victim is put in place of that file the moment it was looked at: who it belongs to, what mode it has."""
    victim, link = (os.path.join(s.directory, name) for name in ("victim", "link"))
    with open(victim, "w") as file:
        os.fchmod(file.fileno(), 0o644)
    os.symlink(victim, link)
    before = os.lstat(victim)
    env = {"LD_PRELOAD": os.path.join(BUILT, "swap.so"), "SWAP_PATH": swapped, "SWAP_BY": link}
    with contextlib.suppress(Failed), Service(s.setup, os.path.join(s.directory, "state"), *options, env=env):
        pass
    after = os.lstat(victim)
    s.check(os.path.islink(swapped), f"{swapped} was not swapped")
    s.check((before.st_mode, before.st_uid, before.st_gid) == (after.st_mode, after.st_uid, after.st_gid),
            f"another file was made {after.st_mode:o}, of {after.st_uid}:{after.st_gid}")


@alone(once="machine", seconds=60)
def history_swapped_for_a_link(s):
    """Between a look at the history and giving it to the service's user somebody puts a link there: its target stays as it is."""
    directory = os.path.join(s.directory, "state")
    with Service(s.setup, directory) as service:
        service.stop()
    swap_while_it_starts(s, os.path.join(directory, "history.db"))


@alone(once="machine", seconds=60)
def socket_swapped_for_a_link(s):
    """The same right behind bind()."""
    os.makedirs(os.path.join(s.directory, "socket"))
    path = os.path.join(s.directory, "socket", "metrics")
    swap_while_it_starts(s, path, "--metrics-listen", f"unix:{path}")
