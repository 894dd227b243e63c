#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The static program says what the dynamic one says, with nothing around it.

usage: static_test.py STATIC DYNAMIC SOURCE_DIRECTORY

Every machine of tests/hosts and the sample, in each format: the same bytes from both programs. Then the static one alone in an
empty root directory (no library, no pci.ids, no /proc, no /dev): the same verdicts, whatever cannot be named. Skipped, by
name, where it is not built (scripts/test --static builds it) or where this user may not change the root directory.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
TIME = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?Z?")
FORMATS = ["text", "json", "html", "markdown", "junit", "sarif"]


def run(command, root=None):
    """(exit code, bytes of stdout, stderr), in `root` as the whole file system where it is given."""
    if root is not None:
        command = ([] if os.geteuid() == 0 else ["unshare", "--map-root-user"]) + ["chroot", str(root)] + command
    ended = subprocess.run(command, capture_output=True, timeout=60, check=False, env={"PATH": os.environ["PATH"]})
    return ended.returncode, ended.stdout, ended.stderr.decode(errors="replace")


def version_of(program):
    return run([program, "--version"])[1].split()[1]


def decisions(output):
    """What a JSON report decides, without the names that pci.ids lends."""
    report = json.loads(output)
    return (report["verdict"], [(one["address"], one["verdict"], one["companions"]) for one in report["devices"]],
            [(one["id"], one["status"]) for one in report["findings"]])


class Comparison:
    def __init__(self, static, dynamic):
        self.static, self.dynamic = static, dynamic
        self.versions = [version_of(static), version_of(dynamic)]
        self.failures, self.compared = [], 0

    def expect(self, what, one, other):
        self.compared += 1
        if one != other:
            self.failures.append(what)

    def same_output(self, what, arguments):
        results = [run([program, *arguments]) for program in (self.static, self.dynamic)]
        self.expect(what, *((code, TIME.sub(b"TIME", output), errors) for code, output, errors in results))

    def alone(self, what, root, arguments, outside):
        """In the empty root: the same exit code and decisions as `outside` (arguments) has from the dynamic program."""
        code, output, errors = run(["/vfio-doctor", *arguments], root)
        expected_code, expected, _ = run([self.dynamic, *outside])
        if code not in (0, 1, 3):
            self.failures.append(f"{what}: exit {code}: {errors.strip()}")
            return
        self.expect(what, (code, decisions(output)), (expected_code, decisions(expected)))


def main():
    static, dynamic, source = sys.argv[1:4]
    if not os.access(static, os.X_OK):
        print(f"{static} is not built: scripts/test --static does it")
        return SKIPPED
    comparison = Comparison(static, dynamic)
    if comparison.versions[0] != comparison.versions[1]:
        print(f"{static} is of another commit, {comparison.versions[0].decode()}: scripts/test --static makes it anew")
        return SKIPPED
    machines = sorted(pathlib.Path(source, "tests/hosts").glob("*.machine"))
    if len(machines) < 10:
        print(f"only {len(machines)} machines in {source}/tests/hosts")
        return 1
    places = [["--sample", "hm170"]] + [["--from", str(machine)] for machine in machines]
    for place in places:
        for form in FORMATS:
            comparison.same_output(f"{place[1]} as {form}", [*place, "--format", form])
    for words in (["explain", "assignable"], ["checks"], ["verify", "--help"], ["--help"], ["--sample", "hm170", "groups"]):
        comparison.same_output(" ".join(words), words)

    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        shutil.copy2(static, root / "vfio-doctor")
        code, _, errors = run(["/vfio-doctor", "--version"], root)
        if code != 0 and os.geteuid() != 0:
            print(f"an empty root directory was not tried: {errors.strip()}")
            return SKIPPED
        comparison.alone("the sample, alone", root, ["--sample", "hm170", "--json"], ["--sample", "hm170", "--json"])
        for machine in machines:
            shutil.copy2(machine, root / "host.machine")
            comparison.alone(f"{machine.name}, alone", root, ["--from", "/host.machine", "--json"], ["--from", str(machine), "--json"])
        # A recording goes through libarchive and libzstd: each program reads what the other wrote.
        machine, recording = str(machines[0]), root / "host.tar.zst"
        run([dynamic, "--from", machine, "snapshot", "-o", str(recording)])
        comparison.alone("the dynamic program's recording, alone", root, ["--from", "/host.tar.zst", "--json"],
                         ["--from", str(recording), "--json"])
        recording.rename(root / "first.tar.zst")
        shutil.copy2(machine, root / "host.machine")
        run(["/vfio-doctor", "--from", "/host.machine", "snapshot", "-o", "/host.tar.zst"], root)
        results = [run([dynamic, "--from", str(path), "--json"]) for path in (recording, root / "first.tar.zst")]
        comparison.expect("the static program's recording", *((code, decisions(output) if output else errors)
                                                              for code, output, errors in results))

    for failure in comparison.failures:
        print("differs: " + failure)
    print(f"{len(places)} machines, {comparison.compared} comparisons, {len(comparison.failures)} differ; "
          f"{os.path.getsize(static) / 1e6:.1f} MB")
    return 1 if comparison.failures else 0


if __name__ == "__main__":
    sys.exit(main())
