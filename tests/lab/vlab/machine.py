# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots one virtual host in QEMU's software emulation and brings its results back."""

import io
import os
import re
import subprocess
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import arm
from .bench import Bench
from .initramfs import carried_archive, topology_archive
from .kernel import Kernel
from .nested import guest_archive, host_side_archive
from .topology import Topology, restarts

# The CPU models' vendors are real; "svm" is there because it is the virtualization that QEMU emulates, on either.
CPUS = {"intel": "Skylake-Client-v3,+svm,+npt", "amd": "EPYC-v2,+svm,+npt"}
IOMMUS = {"none": None, "intel": "intel-iommu,intremap=on", "amd": "amd-iommu,intremap=on",
          "virtio": "virtio-iommu-pci"}

# A host with a nested guest says every few seconds that it lives. With QEMU 7.2 it stops for good in about
# one start of ten, while the guest's kernel starts; why is not known. It is started again then.
STARTS = 3
SILENCE = 60  # seconds
HUNG = "the host gives no sign of life any more"


@dataclass
class Boot:
    """How one boot ended; `problem` is empty where it brought all results."""

    seconds: float
    directory: Path
    problem: str = ""


def _x86_arguments(topology: Topology, kernel: Kernel, initramfs: Path, directory: Path) -> list[str]:
    # A busy machine emulates the timer so slowly that the kernel would give it up: no_timer_check.
    arguments = " ".join(filter(None, [f"console={topology.console}", "panic=-1", "no_timer_check",
                                       topology.kernel.format(version=kernel.version)]))
    command = ["-machine", "q35", "-accel", "tcg,thread=multi",
               "-cpu", CPUS[topology.cpu or ("amd" if topology.iommu == "amd" else "intel")],
               "-smp", "1", "-m", f"{topology.memory}M", "-nodefaults", "-display", "none", "-no-reboot", "-no-user-config",
               "-kernel", str(kernel.image), "-initrd", str(initramfs), "-append", arguments,
               "-serial", f"file:{directory}/console.log", "-serial", f"file:{directory}/results.tar.gz"]
    return command + _iommu(topology)


def _iommu(topology: Topology) -> list[str]:
    if IOMMUS[topology.iommu]:
        options = topology.iommu_options
        device = IOMMUS[topology.iommu]
        if "intremap=" in options:
            device = device.replace(",intremap=on", "")
        return ["-device", ",".join(filter(None, [device, options]))]
    return []


def qemu_arguments(topology: Topology, kernel: Kernel, initramfs: Path, directory: Path) -> list[str]:
    first = arm.qemu_arguments if topology.architecture == "arm64" else _x86_arguments
    command = first(topology, kernel, initramfs, directory)
    for name in topology.disks:
        command += ["-drive", f"if=none,id={name},file={directory}/{name}.disk,format=raw,cache=unsafe,discard=unmap"]
    for name in topology.networks:
        command += ["-netdev", f"user,id={name},restrict=on"]
    if topology.root == "9p":
        command += ["-fsdev", "local,id=shared,path=/,security_model=none,readonly=on,multidevs=remap"]
    for device in topology.devices:
        command += ["-device", device]
    return command + topology.qemu


def boot(topology: Topology, bench: Bench, directory: Path, recording: bool, libvirt_root: str = "") -> Boot:
    """Runs the host to its end; kills it when its time is up."""
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.iterdir():
        if old.is_file():
            old.unlink()
    initramfs = directory / "initramfs"
    content = bench.base + topology_archive(topology, recording, libvirt_root)
    if topology.guest and topology.architecture == "arm64":
        content += arm.guest_side_archive(topology, bench.kernel, bench.agent)
    elif topology.guest:
        content += _prepare_guest(topology, bench.kernel, directory)
    initramfs.write_bytes(content)
    for name, size in topology.disks.items():
        _make_disk(directory / f"{name}.disk", size)
    started = time.monotonic()
    arguments = qemu_arguments(topology, bench.kernel, initramfs, directory)
    for _ in range(STARTS):
        problem = _run(bench, arguments, directory, topology)
        # Again, if the kernel did not get as far as our first program, or emulated virtualization stopped the whole host.
        if problem != HUNG and (problem or b"lab: " in (directory / "console.log").read_bytes()):
            break
    if restarts(topology) and not (problem := problem or _unpack(directory)):
        carried = directory / "carried.tar"
        initramfs.write_bytes(content + carried_archive(carried))
        (directory / "console.log").replace(directory / "first-console.log")
        problem = _run(bench, arguments, directory, topology)
    seconds = time.monotonic() - started
    for scratch in (initramfs, directory / "guest-initramfs", *(directory / f"{name}.disk" for name in topology.disks)):
        scratch.unlink(missing_ok=True)
    return Boot(seconds, directory, problem or _unpack(directory))


def _prepare_guest(topology: Topology, kernel: Kernel, directory: Path) -> bytes:
    """Writes the nested guest's initramfs, which the host finds under the same path over 9p; returns what the host needs."""
    guest_initramfs = directory / "guest-initramfs"
    key = ""
    if topology.guest.via.startswith("ssh:"):
        key = _make_key(directory)
    guest_initramfs.write_bytes(guest_archive(topology.guest, kernel, key and (directory / "guest_key.pub").read_text()))
    return host_side_archive(topology.guest, kernel, guest_initramfs, key)


def _make_key(directory: Path) -> str:
    """A private key for this one boot, with its public half in guest_key.pub."""
    private = directory / "guest_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "guest", "-f", str(private)], check=True,
                   stdin=subprocess.DEVNULL, timeout=30)
    return private.read_text()


def _run(bench: Bench, arguments: list[str], directory: Path, topology: Topology) -> str:
    console = directory / "console.log"
    console.unlink(missing_ok=True)
    with open(directory / "qemu.log", "wb") as log:
        log.write((" ".join([*bench.qemu.command, *arguments]) + "\n").encode())
        log.flush()
        with bench.qemu.start(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as qemu:
            problem = _watch(qemu, console, topology)
            qemu.kill()
    if not problem and qemu.returncode != 0:
        return f"QEMU failed: {_last_line(directory / 'qemu.log')}"
    return problem


def _watch(qemu: subprocess.Popen, console: Path, topology: Topology) -> str:
    """Waits for the end, the deadline, or a host with a guest that gives no sign of life any more."""
    started = heard = time.monotonic()
    size = 0
    while qemu.poll() is None:
        time.sleep(0.2)
        now = time.monotonic()
        if console.exists() and console.stat().st_size != size:
            size, heard = console.stat().st_size, now
        if topology.guest and now - heard > SILENCE:
            return HUNG
        if now - started > topology.deadline:
            return f"not finished after {topology.deadline} seconds, at: {_last_line(console)}"
    return ""


def _unpack(directory: Path) -> str:
    failed = [line for line in (directory / "console.log").read_text(errors="replace").splitlines()
              if line.startswith("lab: FAILED")]
    if failed:
        return failed[0]
    content = (directory / "results.tar.gz").read_bytes()
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for member in archive.getmembers():
                if member.isfile() and re.fullmatch(r"(\./)?[\w.-]+", member.name):
                    (directory / os.path.basename(member.name)).write_bytes(archive.extractfile(member).read())
    except (tarfile.TarError, EOFError, OSError) as error:
        return f"no results ({str(error).splitlines()[0]}), last: {_last_line(directory / 'console.log')}"
    (directory / "results.tar.gz").unlink()
    return ""


def _make_disk(path: Path, size: str) -> None:
    number, unit = int(size[:-1]), size[-1]
    with open(path, "wb") as file:
        file.truncate(number << {"K": 10, "M": 20, "G": 30}[unit])


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").split("\n") if path.exists() else []
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "nothing")
