# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What people say of how processes end, each claim looked at where it happens. The README tells the results."""
import json

from cases import case
from cases.records import Check, between
from cases.scene import descriptors

MS = 10 ** 6


def ends(s, fuse, how):
    """One that has three descriptors of counted files; (process, what it had open, flushes since then)"""
    p = s.die("hold", how, fuse.path("one"), fuse.path("two")).word("ready")
    opened, before = descriptors(p.pid), fuse.counts()
    p.go()
    p.until_dead()
    return p, opened, fuse.flushes(before)


@case
def all_files_are_closed_and_flushed(s):
    """However it dies: the server of these files counts as many flushes."""
    with s.counting() as fuse, s.core_pattern():
        for how in "exit", "_exit", "kill", "segv", "core":
            p, opened, (number, flushed) = ends(s, fuse, how)
            s.check(flushed == {fuse.path("one"): 1, fuse.path("two"): 2}, f"{how}: the server counts {flushed}")
            s.reap(p, {"files.closed": len(opened), "files.flushed": number, "files.flush_errors": None,
                       "files.flush_error_count": 0, "exit.core_dumped": how == "core"})


@case
def a_child_that_never_execs_flushes_too(s):
    """As often as its parent, for the same files."""
    with s.counting() as fuse:
        p = s.die("hold", "fork", fuse.path("one"), fuse.path("two")).word("ready")
        opened, before = descriptors(p.pid), fuse.counts()
        p.go()
        child = json.loads(p.line())
        number, _ = fuse.flushes(before)
        s.check(number == 3, f"the server counts {number}")
        want = {"files.closed": len(opened), "files.flushed": number}
        s.expect(child["pid"], {**child["expect"], **want, "parent.pid": p.pid, "reap.by.pid": p.pid})
        p.go()
        p.until_dead()
        s.check(fuse.flushes(before)[0] == 2 * number, "the parent does not flush")
        s.reap(p, want)


@case
def children_go_to_the_subreaper_or_to_init(s):
    s.family("leave-children", 3)
    s.family("leave-children", 0)
    s.family("orphans-to-subreaper")
    s.family("orphans-to-init", unseen=("reap",))


@case
def ignoring_sigchld_leaves_no_zombie(s):
    """wait() fails with ECHILD, or `die` would not go on."""
    s.family("auto-ignore", want={"reap.how": "auto", "reap.by": None})
    s.family("auto-nocldwait", want={"reap.how": "auto", "reap.by": None})


@case
def not_waiting_leaves_one(s):
    s.family("zombie", 700, want={"reap.zombie_ns": between(700 * MS, 20_000 * MS), "reap.by.comm": "die"})


@case
def memory_is_most_of_a_big_exit(s):
    half = Check("more than half of phases.exit_ns", lambda value, record:
                 isinstance(value, int) and 2 * value > record["phases"]["exit_ns"])
    s.family("touch", 256 if s.setup.guest else 512, want={"phases.mm_ns": half})


@case
def who_leads_a_session_hangs_it_up(s):
    """Processes stopped without anybody to continue them, and those in the foreground of its terminal."""
    s.family("hang-up", "stopped")
    s.family("hang-up", "foreground")
