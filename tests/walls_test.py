#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every wall of the house is tried once: a file of each room that includes a header of each forbidden room is refused.

usage: walls_test.py CMAKE SOURCE_DIR ARROWS   (ARROWS: "room: folder-or-header ..." a line, written by the build)
"""
import pathlib
import subprocess
import sys
import tempfile


def check(cmake, source, allowed, file, stamp):
    return subprocess.run([cmake, "-DALLOWED=" + ";".join(allowed), f"-DFILES={file}", f"-DSTAMP={stamp}", f"-DROOT={source}",
                           "-P", str(source / "cmake/check_walls.cmake")], capture_output=True, text=True)


def main():
    cmake, source, arrows = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    rooms = dict(line.split(": ", 1) for line in arrows.read_text().splitlines())
    walls = 0
    with tempfile.TemporaryDirectory() as work:
        file, stamp = pathlib.Path(work, "tried.cpp"), pathlib.Path(work, "stamp")
        for room, words in rooms.items():
            allowed = words.split()
            for other in rooms:
                headers = sorted((source / other).glob("*.hpp"))
                if not headers:
                    continue
                header = f"{other}/{headers[-1].name}"
                if header in allowed:
                    continue
                file.write_text(f'#include "{header}"\n')
                result = check(cmake, source, allowed, file, stamp)
                is_wall = other not in allowed
                if is_wall != (result.returncode != 0) or is_wall != ("across a wall" in " ".join(result.stderr.split())):
                    sys.exit(f"{room} includes {header}: rc {result.returncode}\n{result.stderr}")
                walls += is_wall
    if walls < 300:
        sys.exit(f"only {walls} walls were tried")
    print(f"{len(rooms)} rooms, {walls} walls: each refuses")


main()
