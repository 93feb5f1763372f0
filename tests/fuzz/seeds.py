#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes recorded streams, gives seeds for the fuzz targets: seeds.py DIRECTORY STREAM...

A seed of messages is what belongs to one process: its cgroup, command line and files, its death and its reap.
"""
import collections
import hashlib
import os
import struct
import sys

DEATH, REAP, CGROUP, ARGS, FILE, OOM, THREAD = range(1, 8)
START, CLOCK, LOSS, END, DYING, PATTERN = range(16, 22)
HAS_ID = (DEATH, ARGS, FILE, OOM, THREAD, DYING)
SETTINGS = 8
TARGETS_OF_MESSAGES = "assembler", "json", "text", "stream"
NAMES = ("", "bash", "tab\tin it", "\x1b]52;c;aGk=\x07", "\u202egnp.exe", "caf\u00e9", "\u9280\u884c", "a\\n\\x1b")
COMMAND_LINES = ("-a", "-p 1,2,3", "-c /system.slice -j", "-n worker -u root", "-u 1000", "--tree 12 -f -- true",
                 "-x --cause exit,oom_memcg --signal TERM,SIGRTMIN+3,9", "--min-age 1.5s --min-exit 200ms --min-zombie 1h30m",
                 "-a -v -t --utc", "--fields process.pid,exit,COMM,cause.text", "-S --interval 10s -j", "-A -T -q -o /dev/null",
                 "-d 5 --count 3 --zombie-after 0 --dying-after 1m", "--record a --strict", "--replay a", "--tier kprobe",
                 "--without files,mm,snapshot", "--ready-fd 1", "--probes", "--list-fields", "-- ls -l", "ls", "-Z", "--fiel x")
CONTAINERS = ("/system.slice/docker-{}.scope", "/docker/{}", "/kubepods.slice/kubepods-pod1.slice/cri-containerd-{}.scope",
              "/machine.slice/libpod-{}.scope/container", "/kubepods/besteffort/pod2/{}", "/a.service/crio-{}",
              "/user.slice/user-1.slice/user@1.service/app.slice/x.scope", "/system.slice:docker:{}", "/k8s.io/{}", "/")


def messages(path):
    with open(path, "rb") as file:
        data = file.read()
    at = data.index(b"\n") + 1
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        yield kind, data[at:at + size] + bytes(-size % 8)
        at += size + -size % 8


def groups(path):
    """What came of each process, in order, and between the same beginning and end"""
    start, end, pattern, cgroups, of = b"", b"", b"", {}, collections.defaultdict(list)
    for kind, message in messages(path):
        if kind == START:
            start = message
        elif kind == END:
            end = message
        elif kind == PATTERN:
            pattern = message
        elif kind == CGROUP:
            cgroups[message[8:16]] = message
        elif kind == REAP and not any(message[8:24]):  # of a number, not of an identity
            number = message[84:88]
            of[next((id for id in of if id[8:12] == number), b"nobody")].append(message)
        elif kind in HAS_ID or kind == REAP:
            of[message[8:24]].append(message)
        elif kind == LOSS:
            of[b"loss"].append(message)
    for number, group in enumerate(of.values()):
        used = [each for id, each in cgroups.items() if any(id in message for message in group)]
        yield b"".join([*([start] if number % 4 == 0 else []), *([pattern] if number % 3 == 0 else []), *used[:2],
                        *group[:6], *([end] if number % 2 else [])])


def keep(directory, target, seed):
    name = hashlib.sha1(seed).hexdigest()
    os.makedirs(os.path.join(directory, target), exist_ok=True)
    with open(os.path.join(directory, target, name), "wb") as file:
        file.write(seed)


def main():
    directory, streams = sys.argv[1], sys.argv[2:]
    for stream in streams:
        for number, group in enumerate(groups(stream)):
            for target in TARGETS_OF_MESSAGES:
                keep(directory, target, bytes([number % 256, number % 7, number % 5, 0, 0, 0, 0, 0]) + group)
        for kind, message in messages(stream):
            if kind != CLOCK:
                keep(directory, "event", b"\0" + message[:struct.unpack_from("<I", message, 4)[0]])
    for line in COMMAND_LINES:
        keep(directory, "options", line.encode().replace(b" ", b"\0"))
    for line in CONTAINERS:
        parts = line.format("0123456789abcdef" * 4).split("/")[1:]
        keep(directory, "container", b"\0" + "\0".join(reversed(parts)).encode() + b"\0")
        keep(directory, "container", b"\1" + line.format("fedcba9876543210" * 4).encode())
    for name in NAMES:
        keep(directory, "strings", b"\20" + name.encode())
        keep(directory, "strings", b"\5" + name.encode()[:-1] + b"\xff\x9b\0" + name.encode("utf-16"))


if __name__ == "__main__":
    main()
