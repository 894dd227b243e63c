# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtual hosts' kernels: Debian's packages, unpacked into the cache without being installed."""

import gzip
import lzma
import re
import shutil
import subprocess
from pathlib import Path

from .debian import find_suite, run, shared_cache, unpack_packages
from .errors import LabError
from .iommufd import build_iommufd_kernel

# What no virtual host here has hardware for; leaving it out keeps the unpacked kernel small.
UNUSED = ("drivers/media", "drivers/staging", "drivers/infiniband", "drivers/iio", "net/netfilter", "drivers/isdn",
          "drivers/net/wireless", "drivers/gpu/drm/amd", "drivers/gpu/drm/nouveau", "drivers/gpu/drm/radeon",
          "drivers/gpu/drm/i915", "sound/soc")
IOMMUFD = "iommufd"  # --kernel iommufd
PARTS = ("binary", "modules", "base")  # packages that linux-image-VERSION only stands for from Linux 7.2 on


class Kernel:
    """A kernel image with its modules, read from a directory that holds boot/ and lib/modules/, or, as Debian packs kernels
    from 7.2 on, all of it in usr/lib/modules/VERSION/."""

    def __init__(self, directory: Path):
        folders = [directory / "lib/modules", directory / "usr/lib/modules"]
        images = sorted((directory / "boot").glob("vmlinuz-*")) or [
            image for folder in folders for image in sorted(folder.glob("*/vmlinuz"))]
        if not images:
            raise LabError(f"{directory} holds no boot/vmlinuz-* and no usr/lib/modules/VERSION/vmlinuz")
        self.image = images[-1]
        in_boot = self.image.name != "vmlinuz"
        self.version = self.image.name.removeprefix("vmlinuz-") if in_boot else self.image.parent.name
        self.config = directory / "boot" / f"config-{self.version}" if in_boot else self.image.parent / "config"
        self.modules_directory = next((folder / self.version for folder in folders if (folder / self.version).is_dir()),
                                      folders[0] / self.version)
        self.release = re.match(r"\d+\.\d+|", self.version).group()  # as people call it: 6.12
        self._paths = {_module_name(path): path for path in sorted(self.modules_directory.rglob("*.ko*"))}
        builtin = self.modules_directory / "modules.builtin"
        names = builtin.read_text().split() if builtin.exists() else []
        self._builtin = {_module_name(Path(name)) for name in names}

    @property
    def kind(self) -> str:
        """"modules", as distributions build it, or "iommufd": the lab's own, with everything it has built in (iommufd.py)."""
        return "modules" if self._paths else "iommufd"

    def has(self, module: str) -> bool:
        return module in self._paths or module in self._builtin

    def modules_with_dependencies(self, names: list[str]) -> list["Module"]:
        """The modules, each after those it depends on. What is built into the kernel needs no module."""
        found: dict[str, Module] = {}

        def add(name: str) -> None:
            if name in found or name in self._builtin:
                return
            if name not in self._paths:
                raise LabError(f"kernel {self.version} has no module {name}")
            module = Module(name, self._paths[name])
            for needed in module.needs:
                add(needed)
            found[name] = module

        for name in names:
            add(name.replace("-", "_"))
        return list(found.values())


class Module:
    """One kernel module; what it needs and which devices it is for stand in its .modinfo section."""

    def __init__(self, name: str, path: Path):
        self.name = name
        self.content = _decompress(path)
        self.needs = [text.replace("-", "_") for line in self._info(b"depends") for text in line.split(",") if text]
        self.aliases = self._info(b"alias")

    def _info(self, key: bytes) -> list[str]:
        return [match.decode() for match in re.findall(rb"\x00" + key + rb"=([^\x00]*)(?=\x00)", self.content)]


def _module_name(path: Path) -> str:
    return path.name.split(".ko")[0].replace("-", "_")


def _decompress(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(content)
    if path.suffix == ".gz":
        return gzip.decompress(content)
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc", str(path)], capture_output=True, check=True, timeout=60).stdout
    return content


def get_kernel(wanted: str, architecture: str = "amd64") -> Kernel:
    """A kernel by its version ("6.12": the newest such of the oldest Debian release that has one), "iommufd", or in a directory;
    without any the distribution's own package, and where that is not Debian's, the running one."""
    if wanted and Path(wanted).is_dir():
        return Kernel(Path(wanted))
    if wanted != IOMMUFD and wanted and not re.fullmatch(r"\d+(\.\d+)*", wanted):
        raise LabError(f"--kernel {wanted}: no such directory, and neither a version like 6.12 nor {IOMMUFD}")
    home = shared_cache() / "kernels"
    unpacked = home / f"{wanted or 'own'}-{architecture}"
    if (unpacked / "complete").exists():
        return Kernel(unpacked)
    if shutil.which("apt-get") and shutil.which("dpkg-deb"):
        shutil.rmtree(unpacked, ignore_errors=True)
        if wanted == IOMMUFD:
            build_iommufd_kernel(unpacked)
        elif wanted:
            _fetch_version(wanted, architecture, unpacked)
        else:
            _fetch_own(unpacked)
        kernel = Kernel(unpacked)
        (unpacked / "complete").touch()
        return kernel
    if not wanted and list(Path("/boot").glob("vmlinuz-*")) and Path("/lib/modules").is_dir():
        return Kernel(Path("/"))
    raise LabError("There is no kernel for the virtual hosts. Name a directory with boot/vmlinuz-* and lib/modules/ "
                   "(an unpacked kernel package, say) with --kernel.")


def _fetch_version(wanted: str, architecture: str, unpacked: Path) -> None:
    # linux-image-6.12.95+deb13-amd64, but neither -rt-amd64 nor -cloud-amd64.
    rest = rf"{re.escape(wanted)}(?:[.+~][\w.+~]*)?(?:-\d+)?-{architecture}"
    suite, name = find_suite(architecture, "linux-image-", re.compile(f"linux-image-{rest}"))
    parts = [f"linux-{part}-{name.removeprefix('linux-image-')}" for part in PARTS]
    names = parts if parts[0] in suite.names(parts[0]) else [name]
    print(f"The lab downloads {' '.join(names)} of {suite.name} (not installed, only unpacked)", flush=True)
    suite.unpack(names, unpacked, tuple(f"kernel/{path}" for path in UNUSED))


def parts_of(image: str, depends: str) -> list[str]:
    """Those that an image package stands for, where it depends on all of them; else none."""
    parts = [f"linux-{part}-{image.removeprefix('linux-image-')}" for part in PARTS]
    return parts if all(f"Depends: {part}\n" in depends + "\n" for part in parts) else []


def _fetch_own(unpacked: Path) -> None:
    match = re.search(r"Depends: (linux-image-\S+)", run(["apt-cache", "depends", "linux-image-amd64"]))
    if not match:
        raise LabError("apt knows no linux-image-amd64; run: apt-get update")
    names = parts_of(match.group(1), run(["apt-cache", "depends", match.group(1)])) or [match.group(1)]
    print(f"The lab downloads {' '.join(names)} (not installed, only unpacked)", flush=True)
    packages = unpacked.with_name(unpacked.name + ".packages")
    shutil.rmtree(packages, ignore_errors=True)
    packages.mkdir(parents=True)
    run(["apt-get", "download", *names], packages)
    unpack_packages(packages, unpacked, tuple(f"kernel/{path}" for path in UNUSED))
    shutil.rmtree(packages)
