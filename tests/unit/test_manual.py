#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes the manual, holds it against what the program says of itself, and against a parser of manuals.

usage: test_manual.py [EXITTRACE]
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
MANUAL = TOP / "dist/exittrace.8"
HINTS = TOP / "src/hint.c"
TABLE = TOP / "scripts/manual-table"
FIELDS = TOP / "scripts/manual-fields"
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else TOP / "exittrace"

sys.path.insert(0, str(TOP / "tests"))

from cases.table import ROWS, Table, cell  # noqa: E402

# The linter takes an uncommon section for a misspelt common one, and knows only the manuals that are installed.
NO_MATTER = ("possible typo in section name: Sh RECORDS", "referenced manual not found", "mandoc.db",
             "function name without markup: wait()", "function name without markup: kill()")


def run(argv, stdin=None):
    done = subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, text=True)
    return done.stdout, done.stderr


def same(what, manual, program):
    manual, program = set(manual), set(program)
    assert manual == program, (f"{what}: not in the manual: {sorted(program - manual)}; "
                               f"only in the manual: {sorted(manual - program)}")


def section(text, name):
    found = re.search(rf'^\.Sh {name}$(.*?)(?=^\.Sh |\Z)', text, re.S | re.M)
    assert found, f"no section {name}"
    return found.group(1)


def subsection(text, name):
    return re.search(rf'^\.Ss {name}$(.*?)(?=^\.S[sh] |\Z)', text, re.S | re.M).group(1)


def told_options(text):
    """(letter, name, takes a value) of each `.It Fl p , Fl -pid Ar PID`."""
    for line in re.findall(r"^\.It (Fl .*)$", text, re.M):
        letter, name, rest = re.fullmatch(r"(?:Fl (\w) , )?Fl -([\w-]+)(.*)", line).groups()
        yield letter, name, " Ar " in rest


def real_options(*verb):
    for line in run([PROGRAM, *verb, "--help"])[0].split("\n"):
        found = re.match(r"  (?:-(\w), |    )--([\w-]+)(\[=\S+|) (\S?)", line)
        if found:
            yield found.group(1), found.group(2), bool(found.group(3) or found.group(4))


def check_verbs(text):
    """What `exittrace VERB` takes is told with it, or with the options of tracing."""
    verbs = re.search(r"^\s+exittrace (\w+(?: \| \w+)+) \[", run([PROGRAM, "--help"])[0], re.M).group(1).split(" | ")
    service = section(text, "SERVICE")
    assert verbs == ["serve", "why", "list", "stats"], verbs
    same("commands", re.findall(r"^\.It Nm Cm (\w+)", service, re.M), verbs)
    taken = {option for verb in verbs for option in real_options(verb)}
    same("their options", told_options(service + section(text, "METRICS")), taken - set(real_options()))


def refused_words(option):
    """An option that takes words of a closed list names them all when it refuses one."""
    return run([PROGRAM, option, "no-such-word", "--all"])[1].partition("is none of: ")[2].partition(" (")[0].split()


def check_words(text):
    classes = re.findall(r"^\.It Cm (\w+)$", section(text, "READING CAUSES").partition("\n.Ss ")[0], re.M)
    assert len(classes) == len(set(classes)), "a class twice"
    same("classes", classes, refused_words("--cause"))
    without = re.search(r"^\.It Fl -without .*?(?=^\.It)", section(text, "OPTIONS"), re.S | re.M).group(0)
    told = re.findall(r"\w+", " ".join(re.findall(r"^\.Cm (.*)$", without, re.M)))
    same("words of --without", told, refused_words("--without"))
    advised = re.findall(r"^\.Fl -without Cm ([\w]+)", text, re.M)
    advised += re.findall(r"--without ([a-z]+)", (TOP / "README.md").read_text())
    assert advised and set(advised) <= set(told), f"advised, and refused: {set(advised) - set(told)}"


def check_fields(text):
    """Every key that the manual uses is one, and every group has its line."""
    rows = [line.split() for line in run([PROGRAM, "--list-fields"])[0].split("\n")[1:-1]]
    keys = {row[0] for row in rows}
    groups = {".".join(key.split(".")[:n]) for key in keys for n in range(1, key.count(".") + 1)}
    used = {word.rstrip(",") for word in re.findall(r"^\.(?:Va|.*\bVa) ([a-z_.]+)", text, re.M)}
    unknown = {key for key in used if key not in keys | groups and not key.startswith("_")}
    assert not unknown, f"no such fields: {sorted(unknown)}"
    told = re.findall(r"^\.It Va (\w+)$", section(text, "RECORDS"), re.M)
    same("groups", told, {key.split(".")[0] for key in keys} - {"schema", "type", "time", "id"})


def check_metrics(text):
    """Each metric with all that is told of it, once, in the order of the table."""
    rows = [line.split(None, 4) for line in run([PROGRAM, "serve", "--list-metrics"])[0].split("\n")[1:-1]]
    told = section(text, "METRICS")
    assert re.findall(r"^\.It Li (exittrace_\w+)$", told, re.M) == [row[0] for row in rows], "metrics"
    told = " ".join(told.split())
    for name, kind, labels, source, meaning in rows:
        labels = "" if labels == "-" else f"; labels {labels.replace(',', ', ')}"
        assert f".It Li {name} {kind}{labels}; from {source}. .br {meaning[0].upper()}{meaning[1:]}." in told, name


def check_roles(text):
    told = re.findall(r"^\.It Cm (\w+)$", subsection(text, "Senders"), re.M)
    same("roles", told, re.findall(r'^\t\{ ".*?", \w+, \w+, "(\w+)"', HINTS.read_text(), re.M))


def check_types(text):
    source = "".join((TOP / "src" / name).read_text() for name in ("output_json.c", "output_summary.c", "values.h"))
    real = re.findall(r'json__begin\(b, "(\w+)"\)', source) + re.findall(r'\[RECORD_\w+\] = "(\w+)"', source)
    same("types", re.findall(r"^\.It Cm (\w+)$", section(text, "RECORDS"), re.M), real)


def lint(manual):
    said = "\n".join(run(["mandoc", "-T", "lint", "-W", "style", str(manual)])).split("\n")
    said = [line for line in said if line.startswith("mandoc: ") and not any(words in line for words in NO_MATTER)]
    assert not said, "\n".join(said)
    if shutil.which("man"):
        said = run(["man", "--warnings", "-E", "UTF-8", "-l", str(manual)])[1]
        assert not said, said


def check_fields_page(linted):
    """The page that is made of --list-fields has every key once, with all that is told of it."""
    page, complaints = run([FIELDS, PROGRAM])
    rows = [line.split(None, 5) for line in run([PROGRAM, "--list-fields"])[0].split("\n")[1:-1]]
    assert not complaints and re.findall(r"^\.It Va (.*)$", page, re.M) == [row[0] for row in rows]
    text = " ".join(page.split())
    for key, kind, unit, records, heading, meaning in rows:
        unit = "" if unit == "-" else f" ({unit})"
        told = f".It Va {key} {kind}{unit}; in {records.replace(',', ', ')}; column {heading}. .br "
        assert told + meaning[0].upper() + meaning[1:] + "." in text, key
    if linted:
        with tempfile.NamedTemporaryFile("w", suffix=".5") as file:
            file.write(page)
            file.flush()
            lint(file.name)


def a_table():
    """As tests/run writes it: of two kernels, the second seen in one tier only, and of this machine."""
    table = Table()
    for row in ROWS:
        for kernel, tier, word in (("5.10", "fentry", "right"), ("5.10", "kprobe", "WRONG"), ("7", "kprobe", "right"),
                                   ("5.10", "tracepoint", "honest"), ("native-x", "tracepoint", "right")):
            table.take(cell(row, kernel, tier, word))
    return "".join(f"{line}\n" for line in table.lines(["5.10", "7"]))


def check_page(manual):
    shown = re.sub(".\b", "", run(["mandoc", "-T", "ascii", str(manual)])[0]).split("\n")
    for row, name in ROWS.items():
        assert any(line.split() == [str(row), *name.split(), "rWh", "-r-"] for line in shown), name
    assert not any("native-x" in line for line in shown)
    assert max(map(len, shown)) < 100, "too wide for a page"


def check_table(linted):
    """What scripts/manual-table puts in is what a reader sees, and the manual without it is the same."""
    with tempfile.TemporaryDirectory() as place:
        causes, manual = pathlib.Path(place, "causes.txt"), pathlib.Path(place, "exittrace.8")
        causes.write_text(a_table())
        shutil.copy(MANUAL, manual)
        assert run([TABLE, causes, manual]) == ("", "")
        once = manual.read_text()
        assert run([TABLE, causes, manual]) == ("", "") and manual.read_text() == once
        cut = re.compile("(BEGIN causes\n).*(?=^.{3} END causes)", re.S | re.M)
        assert cut.sub(r"\1", once) == cut.sub(r"\1", MANUAL.read_text())
        if linted:
            lint(manual)
            check_page(manual)


def main():
    text = MANUAL.read_text()
    options = list(told_options(section(text, "OPTIONS")))
    same("options", options, real_options())
    check_verbs(text)
    check_words(text)
    check_fields(text)
    check_roles(text)
    check_metrics(text)
    check_types(text)
    linted = shutil.which("mandoc")
    if linted:
        lint(MANUAL)
    check_fields_page(linted)
    check_table(linted)
    print(f"ok manual: {len(options)} options, {'linted' if linted else 'not linted: no mandoc'}")


main()
