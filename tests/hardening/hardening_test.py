#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What protects our programs against exploitation, read from the programs themselves.

usage: hardening_test.py [--commands compile_commands.json] PROGRAM...

Prints a table as checksec does, and exits with 1 where something is missing. Reads ELF with its own few lines, so that it
needs no binutils: 64-bit, little-endian. A static program holds a C library that was protected by whoever built it; what
was done for our own part is seen in the commands alone, each of which is read.
"""
import argparse
import json
import pathlib
import platform
import re
import struct
import sys

PT_DYNAMIC, PT_INTERP, PT_LOAD = 2, 3, 1
PT_GNU_STACK, PT_GNU_RELRO = 0x6474E551, 0x6474E552
DT_FLAGS, DT_FLAGS_1, DT_BIND_NOW = 30, 0x6FFFFFFB, 24
DF_BIND_NOW, DF_1_NOW, DF_1_PIE = 8, 1, 0x08000000
ET_DYN = 3


class Program:
    def __init__(self, path):
        self.bytes = pathlib.Path(path).read_bytes()
        if self.bytes[:6] != b"\x7fELF\x02\x01":
            raise SystemExit(f"{path}: not a 64-bit little-endian ELF file")
        self.type, = struct.unpack_from("<H", self.bytes, 16)
        offset, = struct.unpack_from("<Q", self.bytes, 32)
        size, count = struct.unpack_from("<HH", self.bytes, 54)
        self.segments = [struct.unpack_from("<IIQQQQQQ", self.bytes, offset + i * size) for i in range(count)]

    def segment(self, kind):
        return next((segment for segment in self.segments if segment[0] == kind), None)

    def content(self, kind):
        segment = self.segment(kind)
        return self.bytes[segment[2]:segment[2] + segment[5]] if segment else b""

    def dynamic(self):
        return list(struct.iter_unpack("<qQ", self.content(PT_DYNAMIC)))

    def flag(self, tag, bit):
        return any(key == tag and value & bit for key, value in self.dynamic())

    def mentions(self, name):
        """A name that a dynamic program imports."""
        return b"\0" + name + b"\0" in self.bytes

    def imports_checked(self):
        """Functions of the C library that _FORTIFY_SOURCE puts in the place of others."""
        return [name for name in (b"__memcpy_chk", b"__read_chk", b"__snprintf_chk", b"__fprintf_chk", b"__vsnprintf_chk",
                                  b"__memmove_chk", b"__memset_chk", b"__readlinkat_chk", b"__pread_chk", b"__readlink_chk",
                                  b"__recv_chk", b"__fread_chk", b"__strcpy_chk") if self.mentions(name)]


def judge_elf(program):
    """{protection: whether it is there}"""
    is_static = program.segment(PT_INTERP) is None
    stack = program.segment(PT_GNU_STACK)
    result = {
        "PIE": program.type == ET_DYN and program.flag(DT_FLAGS_1, DF_1_PIE),
        "RELRO": program.segment(PT_GNU_RELRO) is not None,
        # A static program resolves nothing lazily.
        "BIND_NOW": is_static or program.flag(DT_FLAGS, DF_BIND_NOW) or program.flag(DT_FLAGS_1, DF_1_NOW)
                    or any(key == DT_BIND_NOW for key, _ in program.dynamic()),
        "NX": stack is not None and not stack[1] & 1,
        "no W+X": all(segment[1] & 3 != 3 for segment in program.segments if segment[0] == PT_LOAD),
        "canary": is_static or program.mentions(b"__stack_chk_fail"),
        "fortify": is_static or bool(program.imports_checked()),
        # The message of std::__glibcxx_assert_fail names the condition.
        "assertions": b"__n < this->size()" in program.bytes,
    }
    return result


def judge_commands(commands, is_agent):
    """{protection: whether every command that compiles a part of the program asks for it}"""
    rooms = ("/base/", "/machine/", "/facts/", "/snapshot/", "/checks/", "/verdicts/", "/reports/", "/runner/", "/guest-agent/")
    chosen = [command["command"].split() for command in commands
              if "/tests/" not in command["file"] and any(room in command["file"] for room in rooms)
              and bool(re.search(r"(vfio-guest-agent|agent_rooms)\.dir", command["command"])) == is_agent]
    wanted = {"canary": "-fstack-protector-strong", "clash": "-fstack-clash-protection", "assertions": "-D_GLIBCXX_ASSERTIONS",
              "fortify": "-D_FORTIFY_SOURCE="}
    if platform.machine() in ("x86_64", "AMD64"):
        wanted["CET"] = "-fcf-protection"
    return {name: bool(chosen) and all(any(word.startswith(flag) for word in words) for words in chosen) for name, flag in wanted.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--commands", type=pathlib.Path)
    parser.add_argument("programs", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    commands = json.loads(options.commands.read_text()) if options.commands else None
    results = {}
    for path in options.programs:
        results[path.name] = judge_elf(Program(path))
        if commands is not None:
            for name, found in judge_commands(commands, path.name == "vfio-guest-agent").items():
                results[path.name][name] = results[path.name].get(name, True) and found
    columns = list(next(iter(results.values())))
    width = max(len(name) for name in results) + 2
    print(" " * width + "  ".join(columns))
    for name, result in results.items():
        print(name.ljust(width) + "  ".join(("yes" if result[column] else "NO").ljust(len(column)) for column in columns))
    missing = [f"{name}: {column}" for name, result in results.items() for column in columns if not result[column]]
    for one in missing:
        print("missing: " + one)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
