# SPDX-License-Identifier: GPL-2.0-or-later
"""The QEMU that runs a virtual host: the installed one, or another release's, unpacked beside it with its own libraries."""

import os
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .debian import find_version, shared_cache
from .errors import LabError
from .requirements import find_program

PACKAGES = {"x86_64": ["qemu-system-x86", "seabios", "ipxe-qemu", "qemu-system-data"],
            "aarch64": ["qemu-system-arm", "ipxe-qemu", "qemu-system-data"]}
LIBRARIES = "usr/lib/x86_64-linux-gnu"


@dataclass(frozen=True)
class Qemu:
    """How QEMU is started: the words of the command before its own arguments."""

    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    def start(self, arguments: list[str], **options) -> subprocess.Popen:
        return subprocess.Popen([*self.command, *arguments], env={**os.environ, **dict(self.environment)}, **options)

    @cached_property
    def version(self) -> str:
        match = re.search(r"version (\d+\.\d+)", self._output("--version"))
        if not match:
            raise LabError(f"{self.command[0]} does not say its version")
        return match.group(1)

    def has(self, model: str) -> bool:
        """Whether it knows this device model ("igb"), or this property of one ("pcie-root-port.disable-acs")."""
        # Of one model only: a list of all would load every module that a package of this QEMU could bring.
        model, _, wanted = model.partition(".")
        options = self._output("-machine", "none", "-device", f"{model},help")
        return options.startswith(f"{model} options") and (not wanted or f" {wanted}=" in options)

    def _output(self, *arguments: str) -> str:
        with self.start(list(arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                        text=True) as process:
            return process.communicate(timeout=120)[0]


def get_qemu(wanted: str, processor: str = "x86_64") -> Qemu:
    """The installed QEMU, or that of a version ("10", "11.1") if it is another one."""
    installed = find_program(f"qemu-system-{processor}")
    if installed:
        qemu = Qemu((installed,))
        if not wanted or qemu.version == wanted or qemu.version.startswith(f"{wanted}."):
            return qemu
    if not wanted:
        raise LabError(f"qemu-system-{processor} is not installed; --qemu 10 fetches one")
    unpacked = shared_cache() / "qemu" / f"{wanted}-{processor}"
    if not (unpacked / "complete").exists():
        suite, package = find_version("amd64", PACKAGES[processor][0], wanted)
        print(f"The lab downloads {package.name} {package.version} with its libraries (not installed, only unpacked)", flush=True)
        suite.unpack_with_dependencies([f"{package.name}={package.version}", *PACKAGES[processor][1:]], unpacked)
        (unpacked / "complete").touch()
    return _unpacked_qemu(unpacked, processor)


def _unpacked_qemu(root: Path, processor: str) -> Qemu:
    """Through its own dynamic linker, so that it meets only its own libraries."""
    linkers = [path for path in (root / LIBRARIES / "ld-linux-x86-64.so.2", root / "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
                                 root / "lib64/ld-linux-x86-64.so.2") if path.exists()]
    program = root / f"usr/bin/qemu-system-{processor}"
    if not linkers or not program.exists():
        raise LabError(f"{root} holds no qemu-system-{processor} with a C library; remove it, so that it is fetched again")
    folders = [folder for folder in (root / LIBRARIES, root / "lib/x86_64-linux-gnu") if folder.is_dir()]
    command = [str(linkers[0]), "--library-path", ":".join(str(folder) for folder in folders), str(program)]
    for name in ("qemu", "seabios", "ipxe/qemu"):
        if (root / "usr/share" / name).is_dir():
            command += ["-L", str(root / "usr/share" / name)]
    return Qemu(tuple(command), (("QEMU_MODULE_DIR", str(root / LIBRARIES / "qemu")),))
