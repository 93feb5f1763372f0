# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""One death brings about others: each names the first."""
import json
from signal import SIGKILL, SIGTERM, SIGUSR2

from cases import case, row
from cases.records import NOTHING
from cases.scene import Shared, by, identity, stated

RTMIN3 = 37


@row(26)
@case
def session_leader_dies(s):
    s.family("hang-up", "stopped")
    s.family("hang-up", "foreground")


@row(27)
@case
def parent_dies(s):
    for sig in SIGTERM, SIGKILL, RTMIN3:
        s.family("parent-dies", int(sig))


@row(27)
@case
def creating_thread_ends(s):
    """Its process lives on: no death to point at."""
    s.family("creator-dies", int(SIGTERM))
    s.family("creator-dies", int(SIGUSR2))


CHILDREN = 40


@row(28)
@case
def namespace_init_dies(s):
    """Forty records, one root."""
    p = s.die("namespace", CHILDREN)
    children = [json.loads(p.line()) for _ in range(CHILDREN)]
    root = int(children[0]["expect"]["cause.because_of"][1:].partition(":")[0])
    start = identity(root)
    killer = s.die("send", int(SIGKILL), root, name="killer")
    s.reap(killer)
    s.end_family(p)
    s.expectation(root).want.update({"id": start, "exit.signal": 9, "cause.class": "signal", **by(killer),
                                     "cause.because_of": NOTHING})
    blast = Shared()
    for each in children:
        s.expect(each["pid"], {**stated(each["expect"]), "cause.blast": blast.check()})
