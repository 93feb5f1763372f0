# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Asks the kernel which BPF objects there are, and about them. Changes none."""
import contextlib
import ctypes
import errno
import glob
import json
import os
import platform
import struct
import subprocess

from cases.scene import LIBC

SYSCALL = {"x86_64": 321}.get(platform.machine(), 280)  # the second one: where all architectures count alike
# kind -> the command for the next id
NEXT_ID = {"prog": 11, "map": 12, "link": 31}
GET_FD_BY_ID = {"prog": 13, "link": 30}
OBJ_GET_INFO_BY_FD = 15
ENABLE_STATS = 32
# in struct bpf_prog_info; verified_insns is there from 5.16 on: what a kernel does not know it leaves zero
RUN_TIME_AT, VERIFIED_AT = 192, 216


def call(command, attr):
    attr = ctypes.create_string_buffer(attr, 128)
    result = LIBC.syscall(SYSCALL, command, attr, len(attr))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf({command})")
    return result, attr.raw


def ids(kind):
    found, last = set(), 0
    while True:
        try:
            last = struct.unpack_from("I", call(NEXT_ID[kind], struct.pack("I", last))[1], 4)[0]
        except OSError as error:
            if error.errno == errno.ENOENT:
                return found
            raise
        found.add(last)


def objects():
    """(kind, id) of all there are"""
    return {(kind, number) for kind in NEXT_ID for number in ids(kind)}


def held(pid="*"):
    """(kind, id) of those that living processes, or one, have open"""
    found = set()
    for path in glob.glob(f"/proc/{pid}/fdinfo/*"):
        try:
            with open(path) as file:
                found |= {(kind, int(line.split()[1])) for line in file for kind in NEXT_ID
                          if line.startswith(f"{kind}_id:")}
        except OSError:
            pass  # closed, or gone
    return found


def used():
    """Those that are open, and what they keep in use: the program of a link, the maps of a program"""
    found = held()
    with contextlib.suppress(OSError):  # one may be gone by now
        found |= {("prog", program_of(number)) for kind, number in found if kind == "link"}
        found |= {("map", each) for kind, number in found if kind == "prog" for each in maps_of(number)}
    return found


def names():
    """id -> name in full, which is not in what the kernel tells at once"""
    listed = subprocess.run(["bpftool", "-j", "prog", "show"], capture_output=True, check=True).stdout
    return {each["id"]: each.get("name", "") for each in json.loads(listed)}


def info(kind, number, asked=b""):
    """struct bpf_prog_info or bpf_link_info, which may ask for more"""
    fd = call(GET_FD_BY_ID[kind], struct.pack("I", number))[0]
    told = ctypes.create_string_buffer(asked, 256)
    try:
        call(OBJ_GET_INFO_BY_FD, struct.pack("IIQ", fd, len(told), ctypes.addressof(told)))
    finally:
        os.close(fd)
    return told


def program_of(link):
    return struct.unpack_from("I", info("link", link), 8)[0]


def maps_of(program):
    found = (ctypes.c_uint32 * 64)()
    asked = struct.pack("52xIQ", len(found), ctypes.addressof(found))
    return set(found[:struct.unpack_from("I", info("prog", program, asked), 52)[0]])


def verified(number):
    """How many instructions the verifier went through for this program; 0: the kernel does not tell"""
    return struct.unpack_from("I", info("prog", number), VERIFIED_AT)[0]


def run_time(number):
    """(ns, runs) as long as statistics are on"""
    return struct.unpack_from("QQ", info("prog", number), RUN_TIME_AT)


def statistics():
    """Switches them on for as long as this descriptor is open, whatever kernel.bpf_stats_enabled says (5.8)"""
    return call(ENABLE_STATS, struct.pack("I", 0))[0]
