# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtual hosts' kernel: the distribution's own package, unpacked into the cache without installing it."""

import gzip
import lzma
import re
import shutil
import subprocess
from pathlib import Path

# What no virtual host here has hardware for; leaving it out keeps the unpacked kernel small.
UNUSED = ("drivers/media", "drivers/staging", "drivers/infiniband", "drivers/iio", "net/netfilter", "drivers/isdn",
          "drivers/net/wireless", "drivers/gpu/drm/amd", "drivers/gpu/drm/nouveau", "drivers/gpu/drm/radeon",
          "drivers/gpu/drm/i915", "sound/soc")


class KernelError(Exception):
    """No kernel for the virtual hosts; the message says what to do."""


class Kernel:
    """A kernel image with its modules, read from a directory that holds boot/ and lib/modules/."""

    def __init__(self, directory: Path):
        images = sorted((directory / "boot").glob("vmlinuz-*"))
        if not images:
            raise KernelError(f"{directory}/boot holds no vmlinuz-*")
        self.image = images[-1]
        self.version = self.image.name.removeprefix("vmlinuz-")
        self.config = directory / "boot" / f"config-{self.version}"
        self.modules_directory = directory / "lib" / "modules" / self.version
        self._paths = {_module_name(path): path for path in sorted(self.modules_directory.rglob("*.ko*"))}
        builtin = self.modules_directory / "modules.builtin"
        names = builtin.read_text().split() if builtin.exists() else []
        self._builtin = {_module_name(Path(name)) for name in names}

    def modules_with_dependencies(self, names: list[str]) -> list["Module"]:
        """The modules, each after those it depends on. What is built into the kernel needs no module."""
        found: dict[str, Module] = {}

        def add(name: str) -> None:
            if name in found or name in self._builtin:
                return
            if name not in self._paths:
                raise KernelError(f"kernel {self.version} has no module {name}")
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


def get_kernel(cache: Path, directory: Path | None) -> Kernel:
    """The kernel in `directory` if one is given, else Debian's current package (downloaded once), else the running one."""
    if directory:
        return Kernel(directory)
    unpacked = cache / "kernel"
    if (unpacked / "complete").exists():
        return Kernel(unpacked)
    if shutil.which("apt-get") and shutil.which("dpkg-deb"):
        _unpack_debian_kernel(unpacked)
        return Kernel(unpacked)
    if list(Path("/boot").glob("vmlinuz-*")) and Path("/lib/modules").is_dir():
        return Kernel(Path("/"))
    raise KernelError("There is no kernel for the virtual hosts. Name a directory with boot/vmlinuz-* and lib/modules/ "
                      "(an unpacked kernel package, say) with --kernel.")


def _unpack_debian_kernel(unpacked: Path) -> None:
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir(parents=True)
    shown = _output(["apt-cache", "depends", "linux-image-amd64"], unpacked)
    match = re.search(r"Depends: (linux-image-\S+)", shown)
    if not match:
        raise KernelError("apt knows no linux-image-amd64; run: apt-get update")
    print(f"The lab downloads {match.group(1)} (not installed, only unpacked)", flush=True)
    _output(["apt-get", "download", match.group(1)], unpacked)
    package = next(unpacked.glob("linux-image-*.deb"))
    leave_out = [f"--exclude=*/kernel/{path}/*" for path in UNUSED]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as unpacker:
        subprocess.run(["tar", "-x", "-C", str(unpacked), *leave_out, "./boot", "./lib/modules"],
                       stdin=unpacker.stdout, check=True, timeout=300)
    package.unlink()
    (unpacked / "complete").touch()


def _output(command: list[str], directory: Path) -> str:
    result = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=600)
    if result.returncode != 0:
        raise KernelError(f"{' '.join(command)}: {result.stderr.strip() or 'failed'}")
    return result.stdout
