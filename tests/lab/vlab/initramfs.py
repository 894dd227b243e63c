# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtual host's root file system: one cpio archive with busybox, the tools, the kernel modules and the doctor.

Nothing in it stands on a PCI device. So the report speaks only of the devices that the topology names, and the probe
may take every one of them away."""

import re
import stat
import subprocess
import tarfile
from pathlib import Path

from .kernel import Kernel
from .requirements import find_program

APPLETS = """[ ash awk basename blkid cat chmod chroot cp cut date dd df dirname dmesg echo env expr false find free
grep gunzip gzip head hostname id ifconfig insmod install kill ln ls lsmod lsusb mkdir mkfifo mknod mktemp mkswap
modprobe mount mv ping poweroff printf ps pwd readlink realpath reboot rm rmdir rmmod route sed seq sh sleep sort
stat stty swapoff swapon switch_root sync tail tar tee test time touch tr true umount uname uniq vi wc which xargs
yes zcat cmp sha256sum""".split()

# Drivers that a host like these would have loaded; coldplug picks those that its devices ask for.
DEVICE_DRIVERS = """nvme ahci sd_mod sr_mod e1000 e1000e 8139cp 8139too pcnet32 virtio_pci virtio_net virtio_blk virtio_scsi
virtio_rng virtio_balloon xhci_pci ehci_pci uhci_hcd usb_storage uas usbhid hid_generic evdev i2c_i801 lpc_ich
snd_hda_intel bochs megaraid_sas psmouse""".split()
SERVICES = """vfio_pci vfio_iommu_type1 pci_stub 9p 9pnet_virtio overlay ext4 vfat nls_cp437 nls_ascii nls_iso8859_1 btrfs dm_mod
kvm_amd tun dm_crypt xts ecb cbc raid1 md_mod bonding 8021q bridge loop""".split()
ARM_DRIVERS = """nvme e1000 e1000e virtio_pci virtio_mmio virtio_console virtio_net virtio_rng xhci_pci usbhid vfio_pci
vfio_iommu_type1 pci_stub""".split()

# Only some kernels have them as modules: built in, renamed or not built elsewhere.
IF_THERE = "igb igbvf virtio_iommu crc32c_generic".split()

DOMAINS = Path(__file__).resolve().parent.parent / "domains"

# The kernel configuration that a report can rest on; all of it would make every recorded machine long.
CONFIG_LINES = re.compile(r"IOMMU|IRQ_REMAP|VFIO|PCI|ACS|^CONFIG_(EFI|ACPI|KVM\w*|X86_64|ARM64)[= ]|^# Linux")
BUILTIN = re.compile(r"vfio|kvm|iommu|pci")


class Archive:
    """A cpio archive in the "newc" form, as the kernel unpacks it (Documentation/driver-api/early-userspace)."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._known: set[str] = set()

    def directory(self, path: str) -> None:
        parent = str(Path(path).parent)
        if parent not in (".", "/", path):
            self.directory(parent)
        self._add(path, stat.S_IFDIR | 0o755, b"")

    def file(self, path: str, content: bytes, mode: int = 0o644) -> None:
        self.directory(str(Path(path).parent))
        self._add(path, stat.S_IFREG | mode, content)

    def link(self, path: str, target: str) -> None:
        self.directory(str(Path(path).parent))
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def device(self, path: str, major: int, minor: int) -> None:
        self.directory(str(Path(path).parent))
        self._add(path, stat.S_IFCHR | 0o600, b"", (major, minor))

    def content(self) -> bytes:
        return b"".join(self._parts) + self._entry("TRAILER!!!", 0, b"", (0, 0))

    def _add(self, path: str, mode: int, content: bytes, device: tuple[int, int] = (0, 0)) -> None:
        name = path.strip("/")
        if name and name != "." and name not in self._known:
            self._known.add(name)
            self._parts.append(self._entry(name, mode, content, device))

    def _entry(self, name: str, mode: int, content: bytes, device: tuple[int, int]) -> bytes:
        encoded = name.encode() + b"\0"
        numbers = (len(self._known), mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0)
        head = b"070701" + b"".join(b"%08X" % number for number in numbers) + encoded
        return _pad(head) + _pad(content)


def _pad(content: bytes) -> bytes:
    return content + b"\0" * (-len(content) % 4)


def add_program(archive: Archive, source: Path, path: str) -> None:
    """A program with its shared libraries, under their own paths."""
    archive.file(path, source.read_bytes(), 0o755)
    listed = subprocess.run(["ldd", str(source)], capture_output=True, text=True, check=False, timeout=30).stdout
    for library in re.findall(r"(/\S+) \(0x", listed):
        archive.file(library, Path(library).read_bytes(), 0o755)


def add_base_system(archive: Archive, busybox: Path | None = None) -> None:
    """The directories and busybox; without one, the installed."""
    for name in ("proc", "sys", "dev", "run", "tmp", "root", "var/tmp", "etc", "mnt", "newroot", "usr/sbin", "sbin", "bin"):
        archive.directory(name)
    archive.device("dev/console", 5, 1)
    archive.file("bin/busybox", (busybox or Path(find_program("busybox"))).read_bytes(), 0o755)
    for applet in APPLETS:
        archive.link(f"bin/{applet}", "busybox")
    archive.link("sbin/modprobe", "../bin/busybox")
    if busybox:  # nothing of this machine can run there
        for applet in ("ip", "base64", "tr"):
            archive.link(f"bin/{applet}", "busybox")


def base_archive(kernel: Kernel, host_directory: Path, programs: dict[str, Path], busybox: Path | None = None) -> bytes:
    """What all virtual hosts share; `programs` are those of this build: name -> file."""
    archive = Archive()
    add_base_system(archive, busybox)
    for name, source in programs.items():
        add_program(archive, source, f"usr/bin/{name}")
    for script in sorted(host_directory.iterdir()):
        archive.file("init" if script.name == "init" else f"lab/{script.name}", script.read_bytes(), 0o755)
    archive.file("etc/os-release", Path("/etc/os-release").read_bytes())
    config = kernel.config.read_text() if kernel.config.exists() else ""
    kept = [line for line in config.splitlines() if CONFIG_LINES.search(line)]
    archive.file(f"boot/config-{kernel.version}", ("\n".join(kept) + "\n").encode())
    if kernel.kind == "modules":
        wanted = ARM_DRIVERS if kernel.version.endswith("arm64") else DEVICE_DRIVERS + SERVICES
        add_modules(archive, kernel, wanted + [name for name in IF_THERE if kernel.has(name)])
    return archive.content()


def add_modules(archive: Archive, kernel: Kernel, wanted: list[str]) -> None:
    """The modules with those they need, and the lists by which modprobe finds them."""
    directory = f"lib/modules/{kernel.version}"
    modules = kernel.modules_with_dependencies(wanted)
    dependencies, aliases = [], []
    by_name = {module.name: module for module in modules}

    def all_needs(module) -> list[str]:
        """In the order of loading: whoever is needed comes first."""
        ordered = [name for needed in module.needs if needed in by_name
                   for name in (*all_needs(by_name[needed]), needed)]
        return list(dict.fromkeys(ordered))

    for module in modules:
        archive.file(f"{directory}/{module.name}.ko", module.content)
        dependencies.append(f"{module.name}.ko: " + " ".join(f"{name}.ko" for name in reversed(all_needs(module))))
        aliases += [f"alias {alias} {module.name}" for alias in module.aliases]
    archive.file(f"{directory}/modules.dep", ("\n".join(dependencies) + "\n").encode())
    archive.file(f"{directory}/modules.alias", ("\n".join(aliases) + "\n").encode())
    archive.file(f"{directory}/modules.symbols", b"")
    builtin = kernel.modules_directory / "modules.builtin"
    names = builtin.read_text().splitlines() if builtin.exists() else []
    archive.file(f"{directory}/modules.builtin", "".join(f"{name}\n" for name in names if BUILTIN.search(name)).encode())


def carried_archive(tarball: Path) -> bytes:
    """What a host wrote to itself before it started anew: its second initial RAM disk has that."""
    archive = Archive()
    with tarfile.open(tarball) as carried:
        for member in carried.getmembers():
            if member.isfile():
                archive.file(member.name, carried.extractfile(member).read(), member.mode & 0o777)
    archive.file("lab/second_start", b"")
    return archive.content()


def topology_archive(topology, recording: bool, libvirt_root: str = "") -> bytes:
    """What one virtual host has beside the base: its set-up, its tools and its own files."""
    archive = Archive()
    archive.file("lab/setup", f"{topology.setup}\n".encode(), 0o755)
    settings = {"KEEP": ",".join(topology.kept()), "RECORD": "1" if recording else "", "ROOT": topology.root,
                "NAME": topology.name, "DOMAINS": str(DOMAINS) if topology.domains else "", "LIBVIRT_ROOT": libvirt_root,
                "GUARD": "1" if topology.guard else ""}
    archive.file("lab/settings", "".join(f"{key}='{value}'\n" for key, value in settings.items()).encode())
    for number, plan in enumerate(topology.plans, 1):
        words = {"SELECT": plan.select, "OPTIONS": plan.options, "GIVEN": " ".join(plan.given),
                 "RESTART": "1" if plan.restart else ""}
        archive.file(f"lab/plans/{number}", "".join(f"{key}='{value}'\n" for key, value in words.items()).encode())
    for tool in topology.tools + (["bash"] if topology.plans else []):
        source = find_program(tool)
        add_program(archive, Path(source).resolve(), f"usr/sbin/{tool}")
    for path, text in topology.files.items():
        archive.file(path, text.encode())
    return archive.content()
