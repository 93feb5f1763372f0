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
OF_MESSAGES = "assembler", "json", "text", "stream"
NAMES = ("", "bash", "tab\tin it", "\x1b]52;c;aGk=\x07", "\u202egnp.exe", "caf\u00e9", "\u9280\u884c", "a\\n\\x1b")
COMMAND_LINES = ("-a", "-p 1,2,3", "-c /system.slice -j", "-n worker -u root", "-u 1000", "--tree 12 -f -- true",
                 "-x --cause exit,oom_memcg --signal TERM,SIGRTMIN+3,9", "-a -v -t --utc",
                 "--min-age 1.5s --min-exit 200ms --min-zombie 1h30m", "--fields process.pid,exit,COMM,cause.text",
                 "-S --interval 10s -j", "-A -T -q -o /dev/null",
                 "-d 5 --count 3 --zombie-after 0 --dying-after 1m", "--record a --strict", "--replay a", "--tier kprobe",
                 "--without files,mm,snapshot", "--ready-fd 1", "--probes", "--list-fields", "-- ls -l", "ls", "-Z",
                 "--fiel x")
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


def put(message, at, form, *values):
    return message[:at] + struct.pack(form, *values) + message[at + struct.calcsize(form):]


# Places in struct et_death, and in the struct et_signal that is first behind its executable's path
EXIT_TIME, STATUS, FLAGS, SEEN, RUNTIME, LIMITS, EXE_SIZE, FIXED = 24, 40, 48, 52, 256, 544, 616, 624
CODE, SIGNAL_FLAGS, SIGNO = 128, 136, 144
LIMITS_SEEN, FATAL, STOPS = 1 << 15, 1 << 9, 1 << 10
SIGNALS = 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 15, 17, 24, 25, 26, 27, 31, 37
KINDS = (0, 0), (1, 0), (2, 0), (2, -2), (2, -6), (2, 128), (2, 1)  # whose siginfo, si_code


def killed(death):
    """As if other signals had ended it, in other ways: the rules of a cause ask for much at once"""
    signal = FIXED + struct.unpack_from("<I", death, EXE_SIZE)[0]
    seen, = struct.unpack_from("<I", death, SEEN)
    death = put(death, FLAGS, "<I", struct.unpack_from("<I", death, FLAGS)[0] | FATAL)
    death = put(death, signal, "<QQ", *2 * struct.unpack_from("<Q", death, EXIT_TIME))
    for signo in SIGNALS:
        for info, code in KINDS:
            for flag in range(16):
                other = put(death, STATUS, "<i", signo)
                other = put(other, signal + CODE, "<i", code)
                other = put(other, signal + SIGNAL_FLAGS, "<I", 1 << flag)
                yield put(other, signal + SIGNO, "<BB", signo, info)
        for limits in (1, 1, 0, 0), (0, 1, 0, 0), (0, 0, 0, 1):
            other = put(put(death, STATUS, "<i", signo), SEEN, "<I", seen | LIMITS_SEEN)
            other = put(put(other, RUNTIME, "<Q", 10 ** 10), LIMITS, "<4Q", *limits)
            yield put(other, signal + SIGNO, "<BB", signo, 1)


def keep(directory, target, seed):
    name = hashlib.sha1(seed).hexdigest()
    os.makedirs(os.path.join(directory, target), exist_ok=True)
    with open(os.path.join(directory, target, name), "wb") as file:
        file.write(seed)


def messages_seeds(directory, stream):
    some = None
    for number, group in enumerate(groups(stream)):
        for target in OF_MESSAGES:
            keep(directory, target, bytes([number % 256, number % 7, number % 5, 0, 0, 0, 0, 0]) + group)
    for kind, message in messages(stream):
        if kind != CLOCK:
            keep(directory, "event", b"\0" + message[:struct.unpack_from("<I", message, 4)[0]])
        if kind == DEATH and some:
            size = min(len(message), len(some))
            keep(directory, "packed", message[:size] + some[:size])
        if kind == DEATH:
            some = message if struct.unpack_from("<I", message, FLAGS)[0] & STOPS else some
    for number, death in enumerate(killed(some)):
        keep(directory, ("assembler", "json", "text")[number % 3], bytes([number // 3 % 256, 3, 1]) + bytes(5) + death)


def words_seeds(directory):
    for line in COMMAND_LINES:
        keep(directory, "options", line.encode().replace(b" ", b"\0"))
    for line in CONTAINERS:
        parts = line.format("0123456789abcdef" * 4).split("/")[1:]
        keep(directory, "container", b"\0" + "\0".join(reversed(parts)).encode() + b"\0")
        keep(directory, "container", b"\1" + line.format("fedcba9876543210" * 4).encode())
    for name in NAMES:
        keep(directory, "strings", b"\20" + name.encode())
        keep(directory, "strings", b"\5" + name.encode()[:-1] + b"\xff\x9b\0" + name.encode("utf-16"))


def main():
    directory, streams = sys.argv[1], sys.argv[2:]
    for stream in streams:
        messages_seeds(directory, stream)
    words_seeds(directory)


if __name__ == "__main__":
    main()
