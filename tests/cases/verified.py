# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""How many instructions the verifier goes through for each program, which is most of the start-up: compares with
tests/verifier. Takes what the cases found, gives that file anew. Starts nothing."""
import os

PATH = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "verifier")
HEAD = """\
# Instructions that the kernel's verifier processed: kernel, tier, program with everything switched on, number.
# A program that needs GROWTH % and LEAST more fails its case (cases/verified.py). `make verifier-counts` makes this anew.
"""
GROWTH, LEAST = 30, 500


def parse(lines):
    """(kernel, tier) -> program -> number"""
    found = {}
    for kernel, tier, program, number in (line.split() for line in lines if not line.startswith("#")):
        found.setdefault((kernel, tier), {})[program] = int(number)
    return found


def known():
    try:
        with open(PATH) as file:
            return parse(file)
    except FileNotFoundError:
        return {}


def most(tier):
    """program -> the largest number on any kernel"""
    found = {}
    for (_, where), programs in known().items():
        for program, number in programs.items() if where == tier else ():
            found[program] = max(number, found.get(program, 0))
    return found


def text(counts):
    return HEAD.replace("GROWTH", str(GROWTH)).replace("LEAST", str(LEAST)) + "".join(
        f"{kernel} {tier} {program} {number}\n"
        for (kernel, tier), programs in sorted(counts.items()) for program, number in sorted(programs.items()))


def cell(kernel, tier, program, number):
    """One line, which a guest says and the host reads back."""
    return f"verified {kernel} {tier} {program} {number}"


def grown(before, now):
    """What is too much, and what is new or gone: a list that is not kept up says nothing."""
    for program, number in sorted(now.items()):
        was = before.get(program)
        if was is None:
            yield f"{program}: {number} instructions, not in the list"
        elif number - was > LEAST and number * 100 > was * (100 + GROWTH):
            yield f"{program}: {number} instructions, {was} in the list"
    yield from (f"{program}: in the list, but not loaded" for program in sorted(before.keys() - now.keys()))


class Verified:
    """What was found in guests, in place of what the file says of the same kernel and tier."""

    def __init__(self):
        self.found = {}

    def take(self, line):
        _, kernel, tier, program, number = line.split()
        if kernel.startswith("native"):
            return
        self.found.setdefault((kernel, tier), {})[program] = int(number)

    def lines(self, _):
        return text({**known(), **self.found}).splitlines() if self.found else ()
