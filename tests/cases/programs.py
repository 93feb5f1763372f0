# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the kernel says of our BPF programs."""
from cases import alone, bpf, verified
from cases.tracer import Skipped

# All conditions at once: every branch of every program is there
EVERYTHING = ("-a", "-T", "-A", "--tree", 1, "-n", "nobody", "-u", "root", "-c", "/", "-x", "--signal", "KILL")


def ours(t, before):
    """Of all new programs those it has open; if it keeps none open, all."""
    new = bpf.ids("prog") - before
    return {number for kind, number in bpf.held(t.process.pid) if kind == "prog"} & new or new


@alone(kernels=("6.1", "6.12", "6.18", "7"), seconds=60)
def verified_instructions(s):
    """No program needs much more of the verifier than tests/verifier says. From 5.16 on the kernel tells. Natively the
    largest number of all kernels counts, as this one may be any."""
    before = bpf.ids("prog")
    with s.trace(*EVERYTHING) as t:
        named = bpf.names()
        counts = {named[number]: bpf.verified(number) for number in ours(t, before)}
        t.stop()
    s.check(len(counts) > 5, f"only {sorted(counts)} are loaded")
    if not any(counts.values()):
        raise Skipped("this kernel does not tell")
    for program, number in counts.items():
        s.tallies.append(verified.cell(s.setup.kernel, s.setup.tier, program, number))
    if s.setup.guest:
        wrong = list(verified.grown(verified.known().get((s.setup.kernel, s.setup.tier), {}), counts))
    else:
        most = verified.most(s.setup.tier)
        s.check(counts.keys() & most.keys(), "the list has none of these programs")
        wrong = list(verified.grown(most, {**most, **{name: counts[name] for name in counts.keys() & most.keys()}}))
    s.check(not wrong, "; ".join(wrong[:6]) + f" ({len(wrong)} in all; if that must be so: make verifier-counts)")
    s.note(f"{sum(counts.values())} instructions of {len(counts)} programs, most {max(counts.values())}")
