# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lab needs from the distribution, by name, and how to get it."""

import os
import shutil
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    name: str
    debian: str
    fedora: str


PROGRAMS = (
    Program("qemu-system-x86_64", "qemu-system-x86", "qemu-system-x86-core"),
    Program("busybox", "busybox-static", "busybox"),
    Program("g++", "g++", "gcc-c++"),
    Program("strip", "binutils", "binutils"),
    Program("ip", "iproute2", "iproute"),
    Program("mkfs.ext4", "e2fsprogs", "e2fsprogs"),
    Program("mdadm", "mdadm", "mdadm"),
    Program("lvm", "lvm2", "lvm2"),
    Program("cryptsetup", "cryptsetup-bin", "cryptsetup"),
    Program("mkfs.btrfs", "btrfs-progs", "btrfs-progs"),
    Program("libvirtd", "libvirt-daemon", "libvirt-daemon"),
    Program("virsh", "libvirt-clients", "libvirt-client"),
    Program("qemu-ga", "qemu-guest-agent", "qemu-guest-agent"),
    Program("dropbear", "dropbear-bin", "dropbear"),
    Program("ssh-keygen", "openssh-client", "openssh"),
    Program("mkfs.vfat", "dosfstools", "dosfstools"),
)
SYSTEM_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def find_program(name: str) -> str | None:
    return shutil.which(name, path=SYSTEM_PATH)


def missing_programs() -> list[Program]:
    return [program for program in PROGRAMS if find_program(program.name) is None]


def install_command(programs: list[Program]) -> list[str]:
    """The command of this system's package manager that installs them; empty where none is known."""
    root = [] if os.geteuid() == 0 else ["sudo"]
    if shutil.which("apt-get"):
        return [*root, "apt-get", "install", "-y", "--no-install-recommends", *sorted({p.debian for p in programs})]
    if shutil.which("dnf"):
        return [*root, "dnf", "install", "-y", *sorted({p.fedora for p in programs})]
    return []


def explain(programs: list[Program]) -> str:
    names = ", ".join(program.name for program in programs)
    command = install_command(programs)
    how = " ".join(command) if command else "use your system's package manager"
    return f"The lab needs programs that are not installed: {names}.\nInstall them with: {how}"


def install(programs: list[Program]) -> bool:
    command = install_command(programs)
    if not command:
        return False
    print("The lab installs: " + " ".join(sorted(p.name for p in programs)) + "\n  " + " ".join(command), flush=True)
    return subprocess.run(command, check=False, timeout=900,
                          env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}).returncode == 0
