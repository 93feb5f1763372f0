#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes the examples for other programs: are they what they claim to be, and do they use keys that records have?

rsyslog is run if it is there; what cannot be run is marked as not tested, which is looked at, too.

usage: test_examples.py [EXITTRACE]
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

try:
    import yaml
except ImportError:  # a python that is not the system's, which has the package
    sys.path.append("/usr/lib/python3/dist-packages")
    import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else TOP / "exittrace"
EXAMPLES = TOP / "dist/examples"
GOLDEN = TOP / "tests/streams/7-fentry.json"
# the rules in cases/metrics.py, too, and the drop-in in tests/boots
RUN_HERE = {"rsyslog.conf", "exittrace.rules.yml", "exittrace-metrics.conf"}
# What names a key of a record, in the language of each.
KEYS = {"rsyslog.conf": r"\$!([a-z_!]+)", "vector.yaml": r"(?<![\w.])\.((?!message|timestamp)[a-z_]+(?:\.[a-z_]+)*)",
        "fluent-bit.conf": r"\$([a-z_]+(?:\['[a-z_]+'\])*)", "otelcol.yaml": r"attributes\.([a-z_.]+)",
        "fluent-bit-parsers.conf": r"Time_Key +(\w+)"}


def check_keys(name, text, known):
    used = {re.sub(r"'?\]|!|\['?", ".", key).replace("..", ".").strip(".") for key in re.findall(KEYS[name], text)}
    assert used and used <= known, f"{name}: no such keys: {sorted(used - known)}"


def check_kubernetes(text):
    daemons = yaml.safe_load(text)
    assert (daemons["apiVersion"], daemons["kind"]) == ("apps/v1", "DaemonSet")
    pod = daemons["spec"]["template"]["spec"]
    container, = pod["containers"]
    context = container["securityContext"]
    assert daemons["spec"]["selector"]["matchLabels"].items() <= daemons["spec"]["template"]["metadata"]["labels"].items()
    assert not context["privileged"] and not context["allowPrivilegeEscalation"] and context["readOnlyRootFilesystem"]
    assert context["capabilities"]["drop"] == ["ALL"] and "SYS_ADMIN" not in context["capabilities"]["add"]
    volumes = {volume["name"]: volume["hostPath"]["path"] for volume in pod["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes) and pod["hostPID"]
    assert all(mount["readOnly"] and volumes[mount["name"]] == mount["mountPath"] for mount in container["volumeMounts"])


def a_forger():
    """A process whose name would be a line of its own."""
    deaths = (json.loads(line) for line in GOLDEN.read_text().splitlines())
    death = next(each for each in deaths if each["type"] == "death" and each["exit"]["shell"])
    death["process"]["comm"] = "x\n2026 init[1]"
    return json.dumps(death, separators=(",", ":")) + "\n"


def check_metrics(name, text):
    """Names of metrics and of their labels, as exittrace has them."""
    listed = subprocess.run([PROGRAM, "serve", "--list-metrics"], stdout=subprocess.PIPE, check=True).stdout.decode()
    rows = [line.split()[:3] for line in listed.splitlines()[1:]]
    known = {metric: set(labels.replace("[", "").replace("]", "").split(",")) for metric, _, labels in rows}
    known |= {f"{metric}_{part}": known[metric] for metric, kind, _ in rows if kind == "histogram"
              for part in ("bucket", "sum", "count")}
    used = set(re.findall(r"exittrace_[a-z_]+", text))
    assert used and used <= set(known), f"{name}: no such metrics: {sorted(used - set(known))}"
    for metric, labels in re.findall(r"(exittrace_[a-z_]+)\{([^}]*)\}", text.replace('\\"', '"')):
        asked = set(re.findall(r"([a-z]+)=", labels)) - {"instance"}
        assert asked <= known[metric], f"{name}: {metric} has no {asked - known[metric]}"


def check_rsyslog(text, place):
    pathlib.Path(place, "exittrace.json").write_text(GOLDEN.read_text() + a_forger())
    wanted = sum(record["type"] == "death" and record["exit"]["shell"] != 0
                 for record in map(json.loads, GOLDEN.read_text().splitlines())) + 1
    conf = pathlib.Path(place, "conf")
    conf.write_text(f'{text.replace("/var/log/", f"{place}/")}\nglobal(workDirectory="{place}")\n')
    checked = subprocess.run(["rsyslogd", "-N1", "-f", conf], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             check=False)
    assert not checked.returncode, checked.stdout.decode()
    lines = []
    with subprocess.Popen(["rsyslogd", "-n", "-f", conf, "-i", f"{place}/pid"]) as daemon:
        try:
            deadline = time.monotonic() + 60
            while len(lines) < wanted and time.monotonic() < deadline:
                time.sleep(0.1)
                out = pathlib.Path(place, "deaths.log")
                lines = out.read_text().splitlines() if out.exists() else []
        finally:
            daemon.terminate()
    assert len(lines) == wanted and all(re.match(r"20\d\d-\d\d-\d\dT[\d:.]+Z \S.*\[\d+\] \w+: ", line) for line in lines), \
        f"{wanted} lines wanted, got {lines}"


def main():
    listed = subprocess.run([PROGRAM, "--list-fields"], stdout=subprocess.PIPE, check=True).stdout.decode()
    known = {line.split()[0] for line in listed.splitlines()[1:]}
    ran = []
    for path in sorted(EXAMPLES.iterdir()):
        text = path.read_text()
        if path.name in ("exittrace.rules.yml", "exittrace-dashboard.json"):
            assert yaml.safe_load(text), path.name  # JSON is YAML, too
            check_metrics(path.name, text)
        if path.suffix == ".yaml":
            assert yaml.safe_load(text), path.name
        if path.name in KEYS:
            check_keys(path.name, "\n".join(line for line in text.splitlines() if not line.startswith("#")), known)
        words = " ".join(text.replace("#", " ").split())
        marked = "NOT TESTED" in words
        assert marked == (path.name not in RUN_HERE), f"{path.name} does not say what was tested"
    check_kubernetes((EXAMPLES / "kubernetes.yaml").read_text())
    if shutil.which("rsyslogd"):
        with tempfile.TemporaryDirectory() as place:
            check_rsyslog((EXAMPLES / "rsyslog.conf").read_text(), place)
        ran.append("rsyslog")
    print(f"ok examples: {len(list(EXAMPLES.iterdir()))}, run: {', '.join(ran) or 'none, for none is installed'}")


main()
