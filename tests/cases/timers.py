# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Ended by a timer, which goes off in an interrupt: whoever was running has nothing to do with it."""
from signal import SIGKILL

from cases import case, row
from cases.scene import by

KINDS = ("alarm", "real", "virtual", "prof", "usr1", "realtime", "kill", "thread", "cputime")


@row(23)
@case
def timers(s):
    """Beside one that never stops, on the same processor."""
    bystander = s.die("spin", 0, name="bystander").word("ready")
    started = [s.die("timer", kind, 0) for kind in KINDS]
    for each in started:
        s.end_family(each)
    sender = s.send(SIGKILL, bystander)
    s.reap(bystander, {"cause.class": "signal", **by(sender)})
