# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Ended by the OOM killer. Who asked for the memory is named as that, never as a sender; the kernel's log knows it."""
import contextlib
import ctypes
import errno
import glob
import os
import re
from signal import SIGKILL, SIGTERM

from cases import alone, case, row
from cases.records import ABSENT, NOTHING, Check, at_least, between, dig, one_of
from cases.scene import LIBC, Shared, by, cgroup_mount
from cases.tracer import Failed, Skipped

MIB = 1 << 20
LIMIT = 48 * MIB
HELD = 24  # MiB
FIRST, LATER, NEVER = 1000, 0, -1000  # oom_score_adj
ASKED = re.compile(r"(.*) invoked oom-killer:")
WHO = re.compile(r"CPU: \d+ (?:UID: \d+ )?PID: (\d+) Comm: ")
KILLED = re.compile(r"Killed process (\d+) .*anon-rss:(\d+)kB")


class Log:
    """What the kernel logs from here on. Of ten in 5 s it says who asked, not of more."""

    def __init__(self):
        self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.fd, 0, os.SEEK_END)

    def lines(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                with contextlib.suppress(BrokenPipeError):  # overwritten meanwhile
                    yield os.read(self.fd, 8192).decode(errors="replace").partition(";")[2].partition("\n")[0]

    def kills(self):
        """{victim: (trigger, anonymous memory in bytes)}"""
        trigger, asked, found = None, False, {}
        for line in self.lines():
            who, killed = WHO.match(line), KILLED.search(line)
            if ASKED.match(line):
                trigger, asked = None, True
            elif who and asked:
                trigger, asked = int(who.group(1)), False
            elif killed:
                found[int(killed.group(1))] = trigger, int(killed.group(2)) * 1024
        os.close(self.fd)
        return found


def or_absent(check):
    return Check(f"{check}, or nothing", lambda value, record: value is ABSENT or check.holds(value, record))


def holder(s, group=None, mib=HELD, way="hold-memory", word="held", adj=FIRST):
    """Has its memory, and is idle"""
    p = s.die(way, adj, mib, name="holder").word("ready")
    if group:
        group.add(p.pid)
    p.go()
    return p.word(word) if word else p


def eater(s, group=None, until=None, adj=NEVER, most=LIMIT // MIB - HELD + 4):
    """Takes more than there is, beside a holder"""
    p = s.die("eat", adj, most if until else 2 * LIMIT // MIB, until.pid if until else 0, name="eater").word("ready")
    if group:
        group.add(p.pid)
    p.go()
    return p


def asked_by(trigger):
    return {"oom.trigger.pid": trigger.pid, "oom.trigger.id": trigger.start, "oom.trigger.comm": "eater"}


def of_memcg(group, own=True, **want):
    return {"exit.signal": int(SIGKILL), "cause.class": "oom_memcg", "cause.by": NOTHING, "oom.cgroup.path": group.path,
            "oom.cgroup.id": str(group.inode), "oom.own_cgroup": own, "oom.limit_bytes": LIMIT,
            "oom.usage_bytes": between(LIMIT - 4 * MIB, LIMIT + MIB), "oom.requested": NOTHING, **want}


def held(mib=HELD, adj=FIRST):
    most = Check("at least its anonymous memory", lambda value, record:
                 isinstance(value, int) and value >= record["oom"]["anon_bytes"])
    return {"oom.anon_bytes": between((mib - 1) * MIB, (mib + 2) * MIB), "oom.rss_bytes": most, "oom.swap_bytes": 0,
            "oom.score_adj": adj}


def check_log(s, log, victim, trigger, kills):
    """The oracle is what the kernel counts and logs."""
    logged = log.kills().get(victim.pid)
    s.check(logged, f"the oracle is wrong: the kernel logs no kill of {victim.pid}")
    s.check(logged[0] in (None, trigger.pid), f"the oracle is wrong: {logged[0]} asked, not {trigger.pid}")
    s.check(kills == 1, f"the oracle is wrong: {kills} kills counted")
    s.expectations[-1].want["oom.anon_bytes"] = between(logged[1] - 2 * MIB, logged[1] + 2 * MIB)


# ---- version 2 ----

@contextlib.contextmanager
def limited(s, **settings):
    """A memory cgroup at its limit of 48 MiB"""
    with s.cgroup() as group:
        if not group.has("memory.max"):
            if s.setup.guest:
                raise Failed("this guest has no memory controller")
            raise Skipped("no memory controller of version 2")
        group.write("memory.max", LIMIT)
        for name, value in settings.items():
            group.write(name.replace("__", "."), value)
        yield group


def oom_kills(group):
    return group.counter("memory.events", "oom_kill")


@row(19)
@case
def trigger_is_not_the_victim(s):
    with limited(s) as group:
        log, victim = Log(), holder(s, group)
        trigger = eater(s, group, until=victim)
        s.reap(victim, of_memcg(group, **asked_by(trigger), **held(), **{"oom.group": NOTHING, "cause.blast": NOTHING,
                                                                         "process.cgroup.path": group.path}))
        check_log(s, log, victim, trigger, oom_kills(group))
        s.reap(trigger, {"exit.code": 0, "cause.class": "exit", "oom": NOTHING})


@row(19)
@case
def trigger_is_the_victim(s):
    with limited(s) as group:
        log, p = Log(), eater(s, group, adj=LATER)
        s.reap(p, of_memcg(group, **asked_by(p), **{"oom.anon_bytes": at_least(LIMIT // 2), "oom.score_adj": LATER}))
        check_log(s, log, p, p, oom_kills(group))


@row(19)
@case
def whole_group(s):
    blast = Shared()
    own = Check("true where the cgroup is known", lambda value, record:
                (value is True) == (dig(record, "oom.cgroup") is not None))
    with limited(s, memory__oom__group=1) as group:
        idle = [holder(s, group, mib=2, adj=LATER) for _ in range(3)]
        trigger = eater(s, group, adj=LATER)
        for each in (*idle, trigger):
            s.reap(each, of_memcg(group, **asked_by(trigger), **{
                "oom.group": True, "cause.blast": blast.check(),
                "oom.usage_bytes": between(0, LIMIT + MIB), "oom.own_cgroup": own}))
            # the first may be gone when the last is killed: who looks for a cgroup that is full finds none
            s.expectations[-1].unseen = ("oom.cgroup", "oom.limit_bytes", "oom.usage_bytes")
        s.check(oom_kills(group) >= 4, f"the oracle is wrong: {oom_kills(group)} kills counted")


@row(19)
@case
def limit_of_an_ancestor(s):
    """The victim's own cgroup has none."""
    with limited(s) as group:
        group.write("cgroup.subtree_control", "+memory")
        inner, other = group.child("inner"), group.child("other")
        victim = holder(s, inner)
        trigger = eater(s, other, until=victim)
        s.reap(victim, of_memcg(group, False, **asked_by(trigger), **held(), **{"process.cgroup.path": inner.path}))
        s.reap(trigger, {"exit.code": 0, "oom": NOTHING})
        s.check(oom_kills(inner) == 1, f"the oracle is wrong: {oom_kills(inner)} kills counted")


@row(19)
@case
def two_processes_with_one_memory(s):
    """One is chosen, the other must go with it, by the same kill: if the first is not gone by then."""
    blast = Shared().check()
    with limited(s) as group:
        chosen = holder(s, group, way="share-memory", word=None)
        other = s.stated(chosen)
        trigger = eater(s, group, until=chosen)
        want = of_memcg(group, **asked_by(trigger), **held(), **{"oom.shared_memory": one_of(True, ABSENT),
                                                                        "cause.blast": or_absent(blast)})
        s.reap(chosen, want)
        s.expect(other, want)
        s.reap(trigger, {"exit.code": 0, "oom": NOTHING})


@row(19)
@case
def killed_in_a_full_group(s):
    """By somebody, while there is no room left: the OOM killer has no part in it."""
    with limited(s) as group:
        p = holder(s, group)
        sender = s.send(SIGKILL, p)
        s.reap(p, {"cause.class": "signal", **by(sender), "oom": NOTHING})


# ---- version 1 ----

def control_memory(sign):
    """Give it to the groups of version 2, or take it from them."""
    with open(f"{cgroup_mount(2)}/cgroup.subtree_control", "w") as file:
        file.write(f"{sign}memory")


def mount_memory(s, place):
    """A hierarchy of version 1 for the memory controller: 0, or why not"""
    def done():
        return not LIBC.mount(b"memory", place.encode(), b"cgroup", 0, b"memory") or ctypes.get_errno() != errno.EBUSY
    s.wait_until(done, "version 2 does not let go of the memory controller")
    return 0 if os.path.ismount(place) else ctypes.get_errno()


@contextlib.contextmanager
def memory_v1(s):
    """Where it is mounted; None: this kernel has none, as the newer ones of Debian"""
    if not s.setup.guest:
        yield cgroup_mount(1, "memory")
        return
    place = os.path.join(s.directory, "memory")
    os.mkdir(place)
    control_memory("-")
    try:
        error = mount_memory(s, place)
        s.check(not error or s.setup.kernel not in ("5.10", "6.1"), f"cannot mount version 1: {os.strerror(error)}")
        yield None if error else place
    finally:
        LIBC.umount(place.encode())
        # some memory may stay charged for long; nobody needs it in this guest after us
        with contextlib.suppress(OSError):
            control_memory("+")


@row(19)
@alone(once="kernel")
def version_1(s):
    with memory_v1(s) as mount:
        if mount:
            limit_of_version_1(s, mount)
        chosen_by_hierarchy(s, mount)


def is_protected(process):
    with open(f"/proc/{process.pid}/oom_score_adj") as file:
        return int(file.read()) == NEVER


def limit_of_version_1(s, mount):
    """Not everybody may protect the trigger: it may be killed, too, before the memory of the first is given back."""
    with s.cgroup(mount) as group, s.trace("-a") as t:
        group.write("memory.limit_in_bytes", LIMIT)
        victim = holder(s, group)
        trigger = eater(s, group, until=victim)
        most = 1 if is_protected(trigger) else 2
        victim.until_dead()
        trigger.until_dead()
        kills = group.counter("memory.oom_control", "oom_kill")
        s.check(1 <= kills <= most, f"the oracle is wrong: {kills} kills counted")
        together = {} if kills == 1 else {"cause.blast": Shared().check()}  # in one page fault
        s.reap(victim, of_memcg(group, **asked_by(trigger), **held(), **{"process.cgroup.path": group.path}, **together))
        s.reap(trigger, {"exit.code": 0, "oom": NOTHING} if kills == 1 else
               {"exit.signal": int(SIGKILL), "cause.class": "oom_memcg", **asked_by(trigger), **together})
        s.settle(t)


# ---- the whole machine ----

def chosen_by_hierarchy(s, mount):
    """-c goes by the hierarchy of its directory: who is in a cgroup of each is found by either one."""
    with s.cgroup() as v2, s.cgroup(mount) if mount else contextlib.nullcontext() as v1:
        groups = [v2, *([v1] if v1 else [])]
        places = {"none": [], "v2": [v2], "both": groups, **({"v1": [v1]} if v1 else {})}
        pids = {}
        with contextlib.ExitStack() as stack:
            tracers = [stack.enter_context(s.trace("-c", group.directory)) for group in groups]
            for name, of in places.items():
                p = s.die("wait", name=name).word("ready")
                for group in of:
                    group.add(p.pid)
                pids[name] = p.pid
                s.send(SIGTERM, p)
                s.reap(p)
            for group, t in zip(groups, tracers):
                expected = {name for name, of in places.items() if group in of}
                t.wait_for_pids(pids[name] for name in expected)
                t.stop()
                got = {r["process"]["comm"] for r in t.deaths()}
                s.check(got == expected, f"-c {group.directory}: expected {sorted(expected)}, got {sorted(got)}")


def available():
    with open("/proc/meminfo") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable:"))


def switch(block, state):
    with open(f"{block}/state", "w") as file:
        file.write(state)


def switch_off(left):
    """Blocks of memory that could be given up, from the top, until so much is left"""
    blocks = glob.glob("/sys/devices/system/memory/memory*")
    for block in sorted(blocks, key=lambda block: int(block.rpartition("memory")[2]), reverse=True):
        if available() < left:
            return
        with contextlib.suppress(OSError):
            switch(block, "offline")
            yield block


@contextlib.contextmanager
def little_memory(left):
    """Memory that is switched off is gone at once; to fill it takes an emulator long."""
    off = list(switch_off(left))
    try:
        yield
    finally:
        for block in off:
            switch(block, "online")


@contextlib.contextmanager
def never_chosen(*pids):
    for pid in pids:
        with open(f"/proc/{pid}/oom_score_adj", "w") as file:
            file.write(str(NEVER))
    try:
        yield
    finally:
        with open(f"/proc/{os.getpid()}/oom_score_adj", "w") as file:
            file.write("0")


def of_machine(**want):
    return {"exit.signal": int(SIGKILL), "cause.class": "oom_global", "cause.by": NOTHING, "oom.cgroup": NOTHING,
            "oom.limit_bytes": NOTHING, "oom.group": NOTHING, **want}


def no_memory_left(s):
    log, victim = Log(), holder(s, mib=96)
    with little_memory(288 * MIB):
        trigger = eater(s, until=victim, adj=LATER, most=1024)
        victim.until_dead(s.setup.seconds(10))
        trigger.until_dead()
    logged = log.kills().get(victim.pid)
    s.check(logged, f"the oracle is wrong: the kernel logs no kill of {victim.pid}")
    # anybody may be the one who asks when there is none left
    who = asked_by(trigger) if logged[0] == trigger.pid else {"oom.trigger.pid": logged[0]}
    s.reap(victim, of_machine(**who, **held(96), **{"oom.requested": NOTHING}))
    s.reap(trigger, {"exit.code": 0, "oom": NOTHING})


def asked_with_a_key(s):
    """sysrq f: a worker of the kernel does it, who wrote it is gone."""
    victim = holder(s)
    writer = s.die("write", "/proc/sysrq-trigger", "f", name="writer")
    s.reap(writer)
    s.reap(victim, of_machine(**held(), **{"oom.requested": True}))


@row(20)
@alone(where="guest", seconds=40)
def machine_without_memory(s):
    with s.trace("-a") as t, never_chosen(os.getpid(), t.process.pid):
        asked_with_a_key(s)
        no_memory_left(s)
        s.settle(t)
