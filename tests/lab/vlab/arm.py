# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual hosts with arm64: the kernel is asked there; the program of this machine judges what such a host wrote down of itself.

The program is not built for arm64 here: its rules are the same on every machine, and what they rest on is the host's /sys and
/proc, which host/arm copies file by file before anything is taken from a driver."""

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from .debian import Suite, shared_cache
from .kernel import Kernel
from .topology import Topology

TREE = "tree.tar.gz"  # among the results: the host's own word
COMPILER, QEMU = "aarch64-linux-gnu-g++", "qemu-system-aarch64"
SERIALS = ("-device", "virtio-serial-device")  # on virtio-mmio: no PCI function that a topology does not name


def busybox() -> Path:
    """Debian's static one for arm64."""
    unpacked = shared_cache() / "busybox-arm64"
    program = unpacked / "bin/busybox"
    if not program.exists():
        Suite("bookworm", "arm64").unpack(["busybox-static"], unpacked)
    return program


def qemu_arguments(topology: Topology, kernel: Kernel, initramfs: Path, directory: Path) -> list[str]:
    arguments = " ".join(filter(None, ["console=ttyAMA0", "panic=-1", topology.kernel.format(version=kernel.version)]))
    machine = "virt,gic-version=3"
    if topology.machine:
        machine = f"virt,{topology.machine}"
    if topology.iommu == "smmu":
        machine += ",iommu=smmuv3"
    return ["-machine", machine, "-accel", "tcg,thread=multi", "-cpu", "cortex-a72", "-smp", "1", "-m", f"{topology.memory}M",
            "-nodefaults", "-display", "none", "-no-reboot", "-no-user-config", "-kernel", str(kernel.image),
            "-initrd", str(initramfs), "-append", arguments, "-serial", f"file:{directory}/console.log", *SERIALS,
            "-chardev", f"file,id=results,path={directory}/results.tar.gz", "-device", "virtserialport,chardev=results,name=results"]


def judge_there(directory: Path, doctor: Path) -> None:
    """Writes report.json and report.txt of the host that TREE describes."""
    tree = directory / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO((directory / TREE).read_bytes())) as archive:
        archive.extractall(tree, filter=_plain)
    for form, options in (("json", ["--format", "json"]), ("txt", ["--color", "never"])):
        ended = subprocess.run([str(doctor), "check", "--root", str(tree), *options], capture_output=True, check=False, timeout=120,
                               stdin=subprocess.DEVNULL)
        (directory / f"report.{form}").write_bytes(ended.stdout)
        (directory / f"report.{form}.stderr").write_bytes(ended.stderr)
        (directory / f"report.{form}.exit").write_text(f"{ended.returncode}\n")


def _plain(member: tarfile.TarInfo, _: str) -> tarfile.TarInfo | None:
    """Files, folders and links, readable by us; a name that leads out of the folder is left out."""
    if ".." in member.name.split("/") or member.name.startswith("/") or not (member.isreg() or member.isdir() or member.issym()):
        return None
    member.mode = 0o755 if member.isdir() else 0o644
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
