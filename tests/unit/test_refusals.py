#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes what the sources can refuse with, sees that the manual tells of each (TROUBLESHOOTING), and of nothing else.

usage: test_refusals.py
"""
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
MANUAL = TOP / "dist/exittrace.8"

LITERAL = r'"(?:[^"\\\n]|\\.)*"'
CONVERSION = r"%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z]"
# Which argument is the message; more of them where a function adds the rest.
ARGUMENT = {"log__error": (0, "{}"), "refuse": (0, "{}"), "refuse_value": (2, "%s: '%s' is not {}")}
# Lists of messages for those functions: a table, and what an errno means here.
TABLES = ("check_pairs", "replay_problem", "output_problem", "record_problem")


def arguments(text, start):
    """Those of the call whose opening bracket is before start."""
    depth, begin, at = 0, start, start
    while True:
        string = re.compile(LITERAL).match(text, at)
        if string:
            at = string.end()
            continue
        char = text[at]
        if char in "([{":
            depth += 1
        elif char in ")]}" and depth:
            depth -= 1
        elif char in ",)" and not depth:
            yield text[begin:at]
            begin = at + 1
            if char == ")":
                return
        at += 1


def joined(text):
    """The literals in an expression; neighbours are one."""
    for group in re.findall(rf"{LITERAL}(?:\s*{LITERAL})*", text):
        yield "".join(part[1:-1].replace('\\"', '"').replace("\\\\", "\\") for part in re.findall(LITERAL, group))


def body(text, function):
    found = re.search(rf"^[^\n]*\b{function}\([^;{{]*\)\n\{{\n(.*?)^\}}", text, re.S | re.M)
    return found.group(1) if found else ""


def says_something(message):
    """Not only what others said: "%s: %s"."""
    return len(re.findall(r"[a-z]{2,}", re.sub(CONVERSION + r"|\(see --help\)", "", message))) > 1


def refusals():
    for path in sorted((TOP / "src").glob("*.c")):
        text = path.read_text()
        for call in re.finditer(rf"\b({'|'.join(ARGUMENT)})\(", text):
            number, form = ARGUMENT[call.group(1)]
            words = list(arguments(text, call.end()))
            if len(words) > number and "char *" not in words[0]:
                yield from ((path.name, form.format(message)) for message in joined(words[number]))
                # what a %s of it may be
                yield from ((path.name, f"...{message}...") for message in joined(",".join(words[number + 1:]))
                            if re.match(r"[a-z]+ ", message))
        for table in TABLES:
            yield from ((path.name, message) for message in joined(body(text, table)))


def heads():
    section = re.search(r"^\.Sh TROUBLESHOOTING$(.*?)^\.Sh ", MANUAL.read_text(), re.S | re.M).group(1)
    for line in re.findall(r'^\.It Li "(.*)"$', section, re.M):
        yield line.replace("\\-", "-").replace("\\&", "").replace("\\e", "\\")


def pattern(message):
    """What it can look like in the manual; the end may be added by whoever calls."""
    if message.startswith("..."):
        return re.compile(f".*{re.escape(message[3:-3])}.*")
    parts = [re.escape(part) for part in re.split(CONVERSION, message)]
    return re.compile(r"(OPTION: |FILE: )?" + "(.*?)".join(parts) + r"(: REASON|, NUMBER records not written)?")


def main():
    told, messages = list(heads()), [each for each in refusals() if says_something(each[1])]
    assert len(told) == len(set(told)), "a refusal twice in the manual"
    assert len(messages) > 50, f"only {len(messages)} refusals found: look at how they are written now"
    patterns = [(where, message, pattern(message)) for where, message in messages]
    lacking = [f"{where}: {message}" for where, message, form in patterns if not any(map(form.fullmatch, told))]
    assert not lacking, "not in TROUBLESHOOTING of the manual:\n" + "\n".join(lacking)
    general = re.compile(r"(FILE|stdout|--ready-fd FD): REASON.*")
    gone = [head for head in told if not general.fullmatch(head)
            and not any(form.fullmatch(head) for _, _, form in patterns)]
    assert not gone, "in TROUBLESHOOTING of the manual, and nowhere in the sources:\n" + "\n".join(gone)
    print(f"ok refusals: {len(messages)} of the sources, {len(told)} in the manual")


main()
