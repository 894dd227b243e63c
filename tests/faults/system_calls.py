#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens when the kernel refuses, and which paths are opened at all; both seen through strace(1).

  system_calls.py inject PROGRAM --hosts DIR [--all]   one system call after the other fails while a tree is judged
  system_calls.py opens PROGRAM --hosts DIR            no path is opened past the root layer, no name service is asked

Exit code 77: skipped, because there is no strace or this user may not trace.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CALLS = ("openat", "openat2", "read", "getdents64", "readlinkat", "newfstatat")
ERRORS = ("EIO", "EACCES", "EMFILE")
HOSTS = ("root-ext4-nvme", "route-bond-vlan", "usb-keyboard", "vtd-iommu-off")
MUST_STAY = ("protected", "blocked", "undetermined")
FREE = ("assignable", "with-companions")
SAMPLE = 10  # calls of each kind and error when not all are wanted
# Only the calls that are looked at stop the program (--seccomp-bpf): where each stop is dear, that is the tenfold.
STRACE = ["strace", "-f", "--seccomp-bpf", "-qq"]
# A program built with LeakSanitizer cannot look for leaks while it is traced, and says so as if that were a finding.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}

UNDER_PTRACE = "LeakSanitizer does not work under ptrace"


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def require_strace():
    if not shutil.which("strace"):
        skip("there is no strace")
    tried = subprocess.run([*STRACE, "-e", "trace=openat2", "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        skip("this user may not trace: " + tried.stderr.strip()[:200])


def unpacked(program, machine, directory):
    """The recorded host as a tree of files; False where this machine's tar cannot read the archive."""
    archive = directory / "host.tar.zst"
    subprocess.run([program, "snapshot", "--from", machine, "--no-redact", "-o", archive], check=True, capture_output=True)
    tree = directory / "tree"
    tree.mkdir()
    return tree if subprocess.run(["tar", "-xf", archive, "-C", tree], capture_output=True, check=False).returncode == 0 else None


def verdicts(text):
    report = json.loads(text)
    return report["verdict"], {device["address"]: device["verdict"] for device in report["devices"]}


def count_calls(command, call):
    """The most calls that one thread makes: a fault is injected at the Nth of each."""
    with tempfile.NamedTemporaryFile("r") as log:
        subprocess.run([*STRACE, "-o", log.name, "-e", "trace=" + call] + command, capture_output=True, check=False,
                       env=ENVIRONMENT)
        threads = [line.split(" ", 1)[0] for line in log if call + "(" in line]
    return max((threads.count(thread) for thread in set(threads)), default=0)


def problem_of(run, whole):
    """What must not be after a fault; None where all is well."""
    if UNDER_PTRACE in run.stderr and "ERROR: AddressSanitizer" not in run.stderr and "runtime error:" not in run.stderr:
        return None  # the sanitizer's own call failed: it could not read that it is not to look for leaks
    if "Sanitizer" in run.stderr or "runtime error:" in run.stderr:
        return "sanitizer: " + run.stderr[:2000]
    if run.returncode == 127 and "shared libraries" in run.stderr:
        return None  # the loader's own call failed: this program did not start
    if run.returncode not in (0, 1, 2, 3):
        return f"exit code {run.returncode}: {run.stderr[:500]}"
    if run.returncode == 2:
        return None if run.stderr.strip() else "failed without a word"
    host, devices = verdicts(run.stdout)
    if host == "ready" and whole[0] != "ready":
        return "the host became ready"
    freed = [address for address, verdict in devices.items() if verdict in FREE and whole[1].get(address) in MUST_STAY]
    return f"freed: {freed}" if freed else None


def inject(program, hosts, every):
    runs, problems, trees = 0, [], 0
    for name in HOSTS if every else HOSTS[:1]:
        with tempfile.TemporaryDirectory() as directory:
            tree = unpacked(program, hosts / (name + ".machine"), pathlib.Path(directory))
            if tree is None:
                continue
            trees += 1
            command = [str(program), "--root", str(tree), "--format", "json"]
            whole = verdicts(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
            for call in CALLS:
                count = count_calls(command, call)
                step = 1 if every else max(1, count // SAMPLE)
                for error in ERRORS:
                    for number in range(1, count + 1, step):
                        fault = f"inject={call}:error={error}:when={number}"
                        run = subprocess.run([*STRACE, "-o", "/dev/null", "-e", "trace=" + call, "-e", fault]
                                             + command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
                        runs += 1
                        problem = problem_of(run, whole)
                        if problem:
                            problems.append(f"{name} {fault}: {problem}")
    if not trees:
        skip("tar cannot read zstd archives here")
    print(f"{runs} runs, {len(problems)} problems")
    print("\n".join(problems))
    return bool(problems)


UNKNOWN_IDS = "pci 0000:00:02.0 id=0bad:1234 class=fe4200 sub=0bad:0001\n"
# The loader, the C library and the locale, before the program's own code runs.
BEFORE_MAIN = re.compile(r'^(/etc/ld\.so\.(cache|preload)|/(usr/)?lib.*\.so[.0-9]*|/usr/lib/locale/.*|/etc/localtime'
                         r'|/usr/share/zoneinfo/.*|/sys/devices/system/cpu.*|/proc/self/maps|/dev/null|/)$')


def opens(program, _hosts, _every):
    with tempfile.TemporaryDirectory() as directory:
        machine, log = os.path.join(directory, "unknown.machine"), os.path.join(directory, "log")
        pathlib.Path(machine).write_text(UNKNOWN_IDS)
        problems = []
        for arguments in (["--from", machine], []):
            subprocess.run([*STRACE, "-o", log, "-e", "trace=open,openat,connect,socket,execve", program,
                            "--format", "json"] + arguments, capture_output=True, check=False,
                           env={"HOME": directory, "PATH": "/usr/bin:/bin", "ASAN_OPTIONS": ENVIRONMENT["ASAN_OPTIONS"]})
            lines = pathlib.Path(log).read_text().splitlines()
            names = False
            for line in lines:
                path = re.search(r'open(?:at)?\((AT_FDCWD|\d+)?,? ?"([^"]*)"', line)
                if path and path[1] == "AT_FDCWD" and path[2] != machine and not BEFORE_MAIN.match(path[2]):
                    problems.append(line)
                # /etc/passwd itself is a fact like others (who owns a node of VFIO's): through the root layer it may be read.
                if re.search(r"nsswitch|pciids-cache|nscd|getpw", line):
                    problems.append(line)
                if "connect(" in line or ("socket(" in line and "AF_NETLINK" not in line):
                    # if_indextoname(3) asks with an ioctl on a socket that is connected to nothing.
                    if "connect(" in line or "AF_UNIX, SOCK_DGRAM" not in line:
                        problems.append(line)
                names = names or "execve(" in line
            if not names:
                problems.append("strace told nothing")
    print("\n".join(dict.fromkeys(problems)) or "every path goes through the root layer")
    return bool(problems)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("inject", "opens"))
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("--hosts", type=pathlib.Path, required=True)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    require_strace()
    return {"inject": inject, "opens": opens}[options.part](options.program, options.hosts, options.all)


sys.exit(main())
