# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What gets installed, as it is used: with the rights that the examples give."""
import os
import re
import subprocess

from cases import alone
from cases.tracer import parse

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MANIFEST = os.path.join(TOP, "dist", "examples", "kubernetes.yaml")

# As the manifest has it: sysfs and what is in it only to be read, no more rights than those, by no program.
CONTAINER = """
mount -t sysfs -o ro none /sys
for d in tracing btf; do
	mount --bind /proc/1/root/sys/kernel/$d /sys/kernel/$d && mount -o remount,bind,ro /sys/kernel/$d
done
exec setpriv --no-new-privs --inh-caps=-all --bounding-set="$0" "$@"
"""


def granted():
    with open(MANIFEST) as file:
        added = re.search(r"add: \[(.*)\]", file.read()).group(1)
    return "-all," + ",".join(f"+{name.lower()}" for name in re.findall(r'"(\w+)"', added))


def hello(s, *before):
    argv = [*before, s.setup.binary, "-j", "-a", "-q", "-d", "0.2", "--tier", s.setup.tier]
    result = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=s.setup.seconds(20), check=False)
    s.check(result.returncode == 0, f"status {result.returncode}: {result.stderr.decode(errors='replace')}")
    return parse(result.stdout.splitlines()[0])


@alone(seconds=60)
def kubernetes(s):
    """Nothing that root sees is missing with the capabilities of the manifest."""
    limited = hello(s, "unshare", "-m", "sh", "-c", CONTAINER, granted())
    root = hello(s)
    s.check(limited["probes"] == root["probes"], f"{limited['probes']}, and as root {root['probes']}")
