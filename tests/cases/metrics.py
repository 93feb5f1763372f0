# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What exittrace serve tells Prometheus. The oracles: the history, promtool, and a Prometheus where there is one."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request

from cases import OTHERS, alone
from cases.hostile import CORPUS, act, is_fit, unescape
from cases.service import KEEP, Service, wait_for_deaths

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "dist/examples"
SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\]|\\["\\n])*",?)+)\})? ([0-9.]+)')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"')
BY_CAUSE = "SELECT cause_class, count(*) FROM death WHERE zombie = 0 GROUP BY 1"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def parse(s, text):
    """{(name, labels): number}; a line that is none of the format is an error."""
    samples = {}
    s.check(is_fit(text.encode()) is None, f"not fit for a terminal: {is_fit(text.encode())}")
    for line in text.splitlines():
        if line.startswith(("# HELP exittrace_", "# TYPE exittrace_")):
            continue
        found = SAMPLE.fullmatch(line)
        s.check(found, f"no sample: {line!r}")
        labels = {key: re.sub(r"\\(.)", r"\1", value) for key, value in LABEL.findall(found[2] or "")}
        key = found[1], tuple(sorted(labels.items()))
        s.check(key not in samples, f"twice: {line!r}")
        samples[key] = float(found[3])
    return samples


def scrape(port, path="metrics"):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=15) as answer:
        return answer.read().decode()


def ask_socket(s, path):
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(path)
        one.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        with one.makefile("rb") as answer:
            text = answer.read().decode().replace("\r\n", "\n")
    s.check(text.startswith("HTTP/1.") and " 200 " in text[:20], text[:200])
    return parse(s, text.partition("\n\n")[2])


def promtool(s, *words, text=None):
    if not shutil.which("promtool"):
        return
    done = subprocess.run(["promtool", "check", *map(str, words)], input=text, capture_output=True, text=True, check=False)
    s.check(done.returncode == 0 and not done.stderr, f"promtool check {words}: {done}")


def by_cause(samples):
    sums = {}
    for (name, labels), number in samples.items():
        if name == "exittrace_deaths_total":
            cause = dict(labels)["cause"]
            sums[cause] = sums.get(cause, 0) + number
    return sums


def check_between(s, what, before, told, after):
    """Others die meanwhile."""
    for cause, number in told.items():
        s.check(before.get(cause, 0) <= number <= after.get(cause, 0), f"{what}: {cause}: {number}, the history has "
                f"{before.get(cause, 0)}, then {after.get(cause, 0)}")


def check_room(s, samples):
    """Something has been waiting in the ring buffer by now, and nothing is fuller than full."""
    ring, limit = samples["exittrace_ring_bytes", ()], samples["exittrace_ring_limit_bytes", ()]
    s.check(0 < ring <= limit == 4 << 20, f"{ring} bytes in a ring buffer of {limit}")
    for which in ("signals", "dying"):
        labels = (("map", which),)
        used, limit = samples["exittrace_map_entries", labels], samples["exittrace_map_limit_entries", labels]
        s.check(0 <= used <= limit and limit > 1000, f"{used} entries of {limit} in the map of {which}")


def check_scrape(s, service, port, truths):
    before = dict(service.numbers(BY_CAUSE))
    text = scrape(port)
    after = dict(service.numbers(BY_CAUSE))
    samples = parse(s, text)
    promtool(s, "metrics", text=text)
    check_between(s, "scraped", before, by_cause(samples), after)
    names = {unescape(dict(labels)["comm"]) for name, labels in samples if name == "exittrace_deaths_total"}
    lacking = [truth.comm for truth in truths if truth.comm not in names]
    s.check(not lacking, f"no series of {lacking}, there are {names}")
    s.check(samples["exittrace_history_writable", ()] == 1 and samples["exittrace_zombies", ()] >= 1, text)
    s.check(samples["exittrace_oldest_zombie_seconds", ()] > 0, "there is a zombie")
    check_room(s, samples)
    count = samples["exittrace_lifetime_seconds_count", ()]
    s.check(count == sum(by_cause(samples).values()) == samples["exittrace_lifetime_seconds_bucket", (("le", "+Inf"),)],
            f"{count} lifetimes of {by_cause(samples)}")


def check_guests(s, service, port):
    """Who says nothing, and who says it slowly, keeps neither the recorder nor others from their work for long."""
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(12)]
    with subprocess.Popen(["/bin/sh", "-c", "exit 9"]) as late:
        late.wait()
    wait_for_deaths(s, service, f"process_pid = {late.pid} AND exit_raw = {9 << 8}", 1)
    began = time.monotonic()
    s.check("exittrace_zombies" in scrape(port), "nothing is told")
    s.check(time.monotonic() - began < 12, "it took them in turn")
    for one in silent:
        one.close()


class Prometheus:
    """A real one, with our rules, that asks once a second."""

    def __init__(self, s, port):
        self.port, place = free_port(), os.path.join(s.directory, "prometheus")
        os.makedirs(place)
        config = pathlib.Path(place, "config.yml")
        config.write_text(f"""global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{EXAMPLES}/exittrace.rules.yml]
scrape_configs: [{{job_name: exittrace, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]
""")
        self.log = open(f"{place}/log", "wb")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={place}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def ask(self, what, **words):
        url = f"http://127.0.0.1:{self.port}/api/v1/{what}?{urllib.parse.urlencode(words)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        return self.ask("query", query=expression)["result"]

    def counts(self):
        """By cause, and when they were scraped; none before the first time."""
        with contextlib.suppress(OSError):
            found = self.query("sum by (cause) (exittrace_deaths_total)")
            when = self.query("max(timestamp(exittrace_deaths_total))")
            if when:
                return {each["metric"]["cause"]: float(each["value"][1]) for each in found}, float(when[0]["value"][1])
        return {}, 0

    def increase(self, metric):
        """Of all samples, with what was before the first: as Prometheus counts, a smaller one is a new beginning."""
        values = [float(value) for _, value in self.query(f"{metric}[5m]")[0]["values"]]
        return sum(b - a if b >= a else b for a, b in zip([0, *values], values)), sum(map(lambda a, b: b < a, values, values[1:]))


def wait_for_scrape(s, prometheus):
    since = time.time()
    s.wait_until(lambda: prometheus.counts()[1] > since, "Prometheus does not scrape it", 15)
    return prometheus.counts()[0]


def check_prometheus(s, service, prometheus):
    before = dict(service.numbers(BY_CAUSE))
    told = wait_for_scrape(s, prometheus)
    check_between(s, "Prometheus", before, told, dict(service.numbers(BY_CAUSE)))
    for rule in (rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]):
        s.check(rule["health"] in ("ok", "unknown"), f"{rule}")
    for panel in json.loads((EXAMPLES / "exittrace-dashboard.json").read_text())["panels"]:
        for target in panel.get("targets", ()):
            prometheus.query(target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*"))


def check_restart(s, service, port, prometheus):
    """Counters begin anew, and what was in hand when it was killed counts once."""
    keeper = service.child(KEEP)
    for _ in range(200):
        subprocess.run(["/bin/true"], check=True)
    first = parse(s, scrape(port))["exittrace_lifetime_seconds_count", ()]
    os.kill(keeper, signal.SIGKILL)
    s.wait_until(lambda: service.child(KEEP) not in (None, keeper), "no recorder any more", 10)
    wait_for_deaths(s, service, "process_comm = 'true'", 200)
    second = parse(s, scrape(port))["exittrace_lifetime_seconds_count", ()]
    kept = service.numbers("SELECT count(*) FROM death WHERE zombie = 0")[0][0]
    s.check(0 < second and first + second <= kept, f"{first} + {second} deaths are told, the history has {kept}")
    if prometheus:
        wait_for_scrape(s, prometheus)
        told, resets = prometheus.increase("exittrace_lifetime_seconds_count")
        kept = service.numbers("SELECT count(*) FROM death WHERE zombie = 0")[0][0]
        s.check(resets == 1, f"{resets} new beginnings")
        s.check(0 < told <= kept, f"Prometheus counts {told} deaths, the history has {kept}")


@alone(once="machine", where="native", seconds=60)
def scraped(s):
    """Hostile names, silent clients, a recorder that is killed: what Prometheus counts is what the history has."""
    port, promfile = free_port(), os.path.join(s.directory, "state", "exittrace.prom")
    with Service(s.setup, os.path.join(s.directory, "state"), "--metrics-listen", f"127.0.0.1:{port}", "--metrics-file",
                 promfile, "--metrics-label", "comm:500") as service, \
            subprocess.Popen(["/bin/sleep", "0"]) as zombie:
        truths = [truth for name in CORPUS.values() for truth in act(s, name)]
        subprocess.run(["/bin/sh", "-c", "kill -SEGV $$"], check=False)
        wait_for_deaths(s, service, f"process_pid = {truths[-1].pid} OR exit_raw & 127 = 11", 2)
        check_scrape(s, service, port, truths)
        promtool(s, "rules", EXAMPLES / "exittrace.rules.yml")
        if shutil.which("prometheus"):
            with Prometheus(s, port) as prometheus:
                check_prometheus(s, service, prometheus)
                check_restart(s, service, port, prometheus)
        else:
            check_restart(s, service, port, None)
            s.note("no Prometheus here")
        check_guests(s, service, port)
        zombie.wait()
        service.stop()
        s.check("its own filter refused" not in service.said(), service.said())
    text = pathlib.Path(promfile).read_text()
    s.check(sum(by_cause(parse(s, text)).values()) and os.stat(promfile).st_mode & 0o777 == 0o644, "the file")


@alone(once="machine", where="native", seconds=30)
def elsewhere(s):
    """A socket of the file system, for its owner; a directory where no file can be made is told at once."""
    path, closed = os.path.join(s.directory, "m.sock"), os.path.join(s.directory, "closed")
    with Service(s.setup, os.path.join(s.directory, "state"), "--metrics-listen", f"unix:{path}") as service:
        ask_socket(s, path)
        s.check(os.stat(path).st_mode & 0o777 == 0o600, "others may connect")
        service.stop()
    os.mkdir(closed, 0o700)
    argv = [s.setup.binary, "serve", "--state-dir", os.path.join(s.directory, "state"), "--metrics-file", f"{closed}/x.prom"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    s.check(done.returncode == 77 and "may not make files" in done.stderr, f"{done}")


@alone(once="turn", seconds=60, kernels=OTHERS)
def room(s):
    """How full the maps of the kernel half are: processes that were asked to stop, and one whose exit is under way."""
    number, path = 200, os.path.join(s.directory, "m.sock")

    def entries(which):
        return ask_socket(s, path)["exittrace_map_entries", (("map", which),)]

    with s.counting() as fuse, \
            Service(s.setup, os.path.join(s.directory, "state"), "--metrics-listen", f"unix:{path}") as service:
        before = entries("signals")
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # theirs, too
        try:
            sleepers = [subprocess.Popen(["/bin/sleep", "1000"]) for _ in range(number)]
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        try:
            for each in sleepers:
                each.send_signal(signal.SIGTERM)
            s.wait_until(lambda: number <= entries("signals") <= before + number + 20,
                         f"{number} were asked to stop, at first there were {before} entries", 10)
        finally:
            for each in sleepers:
                each.kill()
                each.wait()
        s.wait_until(lambda: entries("signals") <= before + 20, f"they are dead, at first there were {before}", 10)
        p = s.die("hold", "exit", fuse.path("sleep3000")).word("ready")
        p.go()
        s.wait_until(lambda: entries("dying") >= 1, "nothing dies, as it seems", 5)
        s.reap(p)
        check_room(s, ask_socket(s, path))
        s.wait_until(lambda: entries("dying") <= 5, "all are dead", 10)
        service.stop()
