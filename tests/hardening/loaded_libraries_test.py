#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a program loads at its start, be it for --version: a hook runs before every start of a guest.

usage: loaded_libraries_test.py PROGRAM

Exits with 1 where a library is among them that only reading or writing a snapshot needs.
"""
import subprocess
import sys

ONLY_FOR_SNAPSHOTS = ("libarchive", "libxml2", "libicu", "liblzma", "libbz2", "liblz4", "libacl")


def main():
    # The dynamic loader lists what it would load, and ends (ld.so(8)).
    done = subprocess.run([sys.argv[1]], env={"LD_TRACE_LOADED_OBJECTS": "1"}, capture_output=True, text=True, check=True)
    loaded = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
    if not any(name.startswith("libc.so") for name in loaded):
        print("not a dynamic program, or another loader than glibc's: " + " ".join(loaded))
        return 77
    print(f"{len(loaded)} libraries: " + " ".join(loaded))
    superfluous = [name for name in loaded if name.startswith(ONLY_FOR_SNAPSHOTS)]
    for name in superfluous:
        print(f"loaded without need: {name}")
    return 1 if superfluous else 0


if __name__ == "__main__":
    sys.exit(main())
