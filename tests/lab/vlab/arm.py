# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual hosts with arm64: the kernel is asked there; the program of this machine judges what such a host wrote down of itself.

The program is not built for arm64 here: its rules are the same on every machine, and what they rest on is the host's /sys and
/proc, which host/arm copies file by file before anything is taken from a driver."""

import io
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from .debian import Suite, shared_cache
from .errors import LabError
from .initramfs import Archive, add_base_system, add_modules
from .kernel import Kernel
from .topology import Topology

GUEST_INIT = Path(__file__).resolve().parent.parent / "guest" / "arm"
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
    machine = f"virt,{topology.machine or 'gic-version=3'}"
    if topology.guest:
        machine += ",virtualization=on"
    if topology.iommu == "smmu":
        machine += ",iommu=smmuv3"
    return ["-machine", machine, "-accel", "tcg,thread=multi", "-cpu", "cortex-a72", "-smp", "1", "-m", f"{topology.memory}M",
            "-nodefaults", "-display", "none", "-no-reboot", "-no-user-config", "-kernel", str(kernel.image),
            "-initrd", str(initramfs), "-append", arguments, "-serial", f"file:{directory}/console.log", *SERIALS,
            "-chardev", f"file,id=results,path={directory}/results.tar.gz", "-device", "virtserialport,chardev=results,name=results"]


def guest_side_archive(topology: Topology, kernel: Kernel, agent: Path) -> bytes:
    """What an Arm host needs beside its own archive to start a nested guest: Debian's QEMU for arm64, the guest, its settings."""
    if not agent.is_file():
        raise LabError(f"{agent} is missing; cmake/arm64.cmake says how to build it")
    archive = Archive()
    root = shared_cache() / "qemu" / "own-arm64"
    if not (root / "complete").exists():
        Suite("bookworm", "arm64").unpack_with_dependencies(["qemu-system-arm", "ipxe-qemu", "qemu-system-data"], root)
        (root / "complete").touch()
    _add_arm_program(archive, root, root / "usr/bin/qemu-system-aarch64")
    for rom in ("efi-e1000e.rom", "efi-virtio.rom"):
        found = sorted((root / "usr").rglob(rom))
        if found:
            archive.file(f"usr/share/qemu/{rom}", found[0].read_bytes())
    archive.file("lab/guest-kernel", kernel.image.read_bytes())
    archive.file("lab/guest-initramfs", _guest_archive(topology, kernel, agent))
    settings = {"HOSTDEVS": " ".join(topology.guest.hostdevs), "WAIT": str(topology.guest.wait), "GUEST_TIME": str(topology.guest.start)}
    archive.file("lab/guest_settings", "".join(f"{key}='{value}'\n" for key, value in settings.items()).encode())
    return archive.content()


def _guest_archive(topology: Topology, kernel: Kernel, agent: Path) -> bytes:
    archive = Archive()
    add_base_system(archive, busybox())
    archive.file("init", GUEST_INIT.read_bytes(), 0o755)
    archive.file("usr/bin/vfio-guest-agent", agent.read_bytes(), 0o755)
    add_modules(archive, kernel, ["virtio_mmio", "virtio_console", *topology.guest.drivers])
    return archive.content()


def _add_arm_program(archive: Archive, root: Path, program: Path) -> None:
    """With its libraries, which are found by what each file says it needs: they cannot be run here."""
    folders = [folder for folder in (root / "usr/lib/aarch64-linux-gnu", root / "lib/aarch64-linux-gnu") if folder.is_dir()]
    archive.file("usr/bin/" + program.name, program.read_bytes(), 0o755)
    linker = next(path for folder in folders for path in folder.glob("ld-linux-aarch64.so.1"))
    archive.file("lib/ld-linux-aarch64.so.1", linker.read_bytes(), 0o755)
    waiting, known = [program], set()
    while waiting:
        shown = subprocess.run(["readelf", "-d", str(waiting.pop())], capture_output=True, text=True, check=True, timeout=60).stdout
        for name in re.findall(r"\(NEEDED\).*\[([^\]]+)\]", shown):
            found = [folder / name for folder in folders if (folder / name).exists()]
            if name in known or not found:
                continue
            known.add(name)
            waiting.append(found[0])
            archive.file(f"usr/lib/aarch64-linux-gnu/{name}", found[0].read_bytes(), 0o755)


def judge_there(directory: Path, doctor: Path) -> None:
    """Writes report.json and report.txt of the host that TREE describes; check.json, where a guest takes its devices."""
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
    shutil.copy2(directory / "report.json", directory / "check.json")


def _plain(member: tarfile.TarInfo, _: str) -> tarfile.TarInfo | None:
    """Files, folders and links, readable by us; a name that leads out of the folder is left out."""
    if ".." in member.name.split("/") or member.name.startswith("/") or not (member.isreg() or member.isdir() or member.issym()):
        return None
    member.mode = 0o755 if member.isdir() else 0o644
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
