# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Asks the kernel which BPF objects there are. Makes none itself, as bpftool does for a moment."""
import ctypes
import errno
import glob
import os
import platform
import struct

from cases.scene import LIBC

SYSCALL = {"x86_64": 321, "aarch64": 280}.get(platform.machine())
# kind -> the command for the next id
NEXT_ID = {"prog": 11, "map": 12, "link": 31}
PROG_GET_FD_BY_ID, OBJ_GET_INFO_BY_FD = 13, 15
VERIFIED_AT = 216  # bpf_prog_info.verified_insns, from 5.16 on; what a kernel does not know it leaves zero


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
    """(kind, id) of those that living processes, or one, have a descriptor of"""
    found = set()
    for path in glob.glob(f"/proc/{pid}/fdinfo/*"):
        try:
            with open(path) as file:
                found |= {(kind, int(line.split()[1])) for line in file for kind in NEXT_ID
                          if line.startswith(f"{kind}_id:")}
        except OSError:
            pass  # closed, or gone
    return found


def verified(number):
    """How many instructions the verifier went through for this program; 0: the kernel does not tell"""
    fd = call(PROG_GET_FD_BY_ID, struct.pack("I", number))[0]
    info = ctypes.create_string_buffer(256)
    try:
        call(OBJ_GET_INFO_BY_FD, struct.pack("IIQ", fd, len(info), ctypes.addressof(info)))
    finally:
        os.close(fd)
    return struct.unpack_from("I", info, VERIFIED_AT)[0]
