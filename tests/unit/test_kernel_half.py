#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What kernels refuse that the matrix has none of is not in the objects that are built.

usage: test_kernel_half.py
"""
import pathlib
import re
import subprocess

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build"
BY_LOAD, BY_CALL = BUILD / "exittrace_load.bpf.o", BUILD / "exittrace.bpf.o"


def output_of(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout


def check_products():
    """6.2 to 6.11 know no bound of a product of 32 bits, and let none be added to a kernel pointer."""
    code = output_of("llvm-objdump", "-d", BY_LOAD)
    assert len(re.findall(r"\br\d+ \*= r\d+", code)) > 10, "not the listing of a program that multiplies"
    found = re.findall(r".*\bw\d+ \*= w\d+", code)
    assert not found, f"element_at() is for this: {found}"


def check_events():
    """The types of raw_syscalls are laid out otherwise than the events of syscalls, with PREEMPT_RT on 6.1."""
    for path in BY_LOAD, BY_CALL:
        types = output_of("bpftool", "btf", "dump", "file", path)
        assert "'syscall_trace_exit'" in types, f"{path.name} reads no result of a system call"
        assert "trace_event_raw_sys_" not in types, f"{path.name} reads an event by another one's type"


check_products()
check_events()
print("ok kernel half: products and events")
