#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An automount at /boot whose daemon never answers: the program must say so and not wait for it.

  automount.py PROGRAM      needs root, in a mount namespace of its own (unshare(1)); exit code 77: skipped
"""
import ctypes
import os
import subprocess
import sys

PATIENCE = 60  # seconds; the program needs a fraction of one, and without its guard it waits for ever


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def mount_silent_automount(point):
    """As systemd and automount(8) do, through a pipe that nobody reads; only another process group is made to wait."""
    libc = ctypes.CDLL(None, use_errno=True)
    _, write_end = os.pipe()
    daemon = os.fork()
    if daemon:
        _, status = os.waitpid(daemon, 0)
        return os.waitstatus_to_exitcode(status)
    os.setpgid(0, 0)
    options = f"fd={write_end},pgrp={os.getpid()},minproto=5,maxproto=5,direct".encode()
    os._exit(0 if libc.mount(b"nobody", point.encode(), b"autofs", 0, options) == 0 else ctypes.get_errno())


def main():
    program = os.path.abspath(sys.argv[1])
    if len(sys.argv) == 2:
        if os.geteuid() != 0 or not os.path.isdir("/boot"):
            skip("not root, or there is no /boot")
        if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
            skip("no mount namespaces here")
        os.execvp("unshare", ["unshare", "-m", sys.executable, os.path.abspath(__file__), program, "inside"])
    if mount_silent_automount("/boot") != 0:
        skip("autofs cannot be mounted here")
    try:
        run = subprocess.run([program, "--verbose"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        print("the program waits for the automount")
        return 1
    words = " ".join(run.stdout.split())
    if run.returncode not in (0, 1, 3) or "/boot is an automount that is not mounted now; not touched" not in words:
        print(f"exit code {run.returncode}, and not a word about the automount:\n{run.stdout[:3000]}{run.stderr}")
        return 1
    print("said that the automount was not touched")
    return 0


sys.exit(main())
