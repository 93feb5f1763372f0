# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What gets installed, as it is used: with the rights that the examples give."""
import json
import os
import re
import shutil
import subprocess

from cases import alone
from cases.tracer import parse

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNIT = os.path.join(TOP, "dist", "systemd", "exittrace.service")
MANIFEST = os.path.join(TOP, "dist", "examples", "kubernetes.yaml")

# As the manifest has it: what is in /sys only to be read, no users, no more rights than those, by no program.
CONTAINER = """set -e
for d in /sys /sys/kernel/tracing; do
	! mountpoint -q $d || mount -o remount,bind,ro $d
done
mount --bind /dev/null /etc/passwd
exec setpriv --no-new-privs --inh-caps=-all --bounding-set="$0" "$@"
"""

# LimitMEMLOCK=; not everybody's root may raise it, nor needs to from 5.11 on.
LIMIT = 'ulimit -l unlimited 2>/dev/null; exec "$0" "$@"'


def words_of(key):
    """Of a list in the manifest."""
    with open(MANIFEST) as file:
        return json.loads(re.search(rf"{key}: (\[.*\])", file.read()).group(1))


def hello(s, *before, binary=None, options=("-j", "-a", "-q")):
    argv = [*before, binary or s.setup.binary, *options, "-d", "0.2", "--tier", s.setup.tier]
    result = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=s.setup.seconds(20), check=False)
    s.check(result.returncode == 0, f"status {result.returncode}: {result.stderr.decode(errors='replace')}")
    return parse(result.stdout.splitlines()[0])


# In the best tier: where perf_event_paranoid is 3, as Debian has it, a kprobe takes CAP_SYS_ADMIN.
@alone(once="best", seconds=60)
def kubernetes(s):
    """Nothing that root sees is missing with the capabilities of the manifest."""
    rights = "-all," + ",".join(f"+{name.lower()}" for name in words_of("add"))
    limited = hello(s, "unshare", "-m", "sh", "-c", CONTAINER, rights, options=words_of("args"))
    root = hello(s)
    s.check(limited["probes"] == root["probes"], f"{limited['probes']}, and as root {root['probes']}")


@alone(once="best", seconds=60)
def service(s):
    """Nothing that root sees is missing for a user with the capabilities of the unit."""
    with open(UNIT) as file:
        names = re.search(r"^AmbientCapabilities=(.*)$", file.read(), re.M).group(1).split()
    rights = "-all," + ",".join(f"+{name.lower().removeprefix('cap_')}" for name in names)
    # any user may start it, wherever we are
    binary = shutil.copy(s.setup.binary, s.directory)
    os.chmod(s.directory, 0o755)
    limited = hello(s, "sh", "-c", LIMIT, "setpriv", "--no-new-privs", "--reuid=65534", "--regid=65534",
                    "--clear-groups", f"--inh-caps={rights}", f"--ambient-caps={rights}", f"--bounding-set={rights}",
                    binary=binary)
    root = hello(s)
    s.check(limited["probes"] == root["probes"], f"{limited['probes']}, and as root {root['probes']}")
