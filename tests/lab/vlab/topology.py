# SPDX-License-Identifier: GPL-2.0-or-later
"""One virtual host, as its file in topologies/ describes it. README.md explains every key."""

import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

from .errors import LabError

ADDRESS = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
IOMMU_KINDS = ("none", "intel", "amd", "virtio", "smmu")
CPU_KINDS = ("intel", "amd")
ARCHITECTURES = ("amd64", "arm64")


class TopologyError(LabError):
    """A topology file says something that the lab does not understand."""


@dataclass
class Expect:
    """What the report must say beyond what the kernel can be asked."""

    protected: dict[str, list[str]] = field(default_factory=dict)  # address -> patterns its reasons must match
    verdicts: dict[str, str] = field(default_factory=dict)         # address -> verdict
    companions: dict[str, list[str]] = field(default_factory=dict)  # address -> exactly these companions
    findings: dict[str, str] = field(default_factory=dict)         # check id -> status
    says: dict[str, list[str]] = field(default_factory=dict)       # check id -> patterns its summaries must match
    proof: dict[str, str] = field(default_factory=dict)            # host address -> "works" or "fails at RUNG"
    verdict: str | None = None                                     # ready, not-ready, undetermined
    iommu: str | None = None                                       # on, off
    interrupt_remapping: str | None = None


@dataclass
class Guest:
    """A nested guest that libvirt starts on the host, and how it is asked for proof."""

    hostdevs: list[str]            # host addresses that its domain takes
    promised: list[str] = field(default_factory=list)  # what the manifest speaks of, where that is not the domain
    via: str = "qga"               # how vfio-doctor reaches it: qga or ssh:guest
    drivers: list[str] = field(default_factory=list)   # kernel modules it has beside those of its own virtio devices
    xml: str = ""                  # further devices of the domain
    after_start: str = ""          # shell, run by the host when the guest answers
    kernel: str = ""               # kernel arguments
    start: int = 150               # seconds that it gets to start on a machine with nothing else to do
    wait: int = 20                 # seconds that the devices get to appear and work
    verify: str = ""               # further options of vfio-doctor verify: "--exercise"
    links_up: bool = True          # whether the guest brings its network interfaces up
    environment: dict[str, str] = field(default_factory=dict)  # of its QEMU; vfio_shim.cpp reads it


@dataclass
class PlanRun:
    """A plan that the host carries out as a script before anything else, and takes back again."""

    select: str                    # what `vfio-doctor plan` is asked about: an address
    options: str = ""              # further words of its command line
    given: list[str] = field(default_factory=list)  # what VFIO must hand out then, as it stands
    restart: bool = False          # the host starts anew behind it, with an initial RAM disk that has what was written to /etc


@dataclass
class Topology:
    name: str
    description: str
    kernel: str = ""               # kernel arguments
    architecture: str = "amd64"
    machine: str = ""              # arm64: options of QEMU's virt machine: "gic-version=2"
    needs: list[str] = field(default_factory=list)  # QEMU device models or properties of them that not every QEMU has: "igb"
    modules: list[str] = field(default_factory=list)  # further kernel modules that the host loads: "virtio_iommu"
    since: str = ""                # the first kernel that has what this is about: "6.11"
    kernel_kind: str = "modules"   # "modules", as distributions build it, "iommufd" (vlab/iommufd.py), or "any"
    console: str = "ttyS0"
    iommu: str = "none"
    iommu_options: str = ""        # as QEMU's -device takes them: "intremap=off"
    cpu: str = ""                  # intel or amd; without it as the IOMMU kind says
    devices: list[str] = field(default_factory=list)  # QEMU -device, in order
    disks: dict[str, str] = field(default_factory=dict)  # name -> size ("300M"); use as drive=NAME
    networks: list[str] = field(default_factory=list)    # names; use as netdev=NAME
    qemu: list[str] = field(default_factory=list)        # further QEMU arguments
    root: str = "initramfs"        # initramfs, or 9p: the running system's root file system, shared read-only
    tools: list[str] = field(default_factory=list)       # programs the set-up needs: "mdadm"
    setup: str = ""                # shell, run as PID 1 before the doctor
    files: dict[str, str] = field(default_factory=dict)  # path -> text, in the host's root
    keep: list[str] = field(default_factory=list)        # never taken away by the probe, beside protected storage
    ask_protected: bool = False    # the probe may take protected functions too
    quick: bool = False            # part of the default run of scripts/test
    deadline: int = 180            # seconds; with a guest at least 1800
    memory: int = 768              # MiB
    plans: list[PlanRun] = field(default_factory=list)  # [[plan]], in order; taken back in the other order
    domains: bool = False          # the table of tests/lab/domains is tried with libvirt; the kernel is not asked
    guard: bool = False            # host/guard tries the guard with libvirt; the kernel is not asked
    guest: Guest | None = None     # with a guest the kernel is asked by starting it, not by the probe
    expect: Expect = field(default_factory=Expect)

    def kept(self) -> list[str]:
        return sorted(set(self.keep) | (set() if self.ask_protected else set(self.expect.protected)))


def restarts(topology: Topology) -> bool:
    return any(plan.restart for plan in topology.plans)


def read_topology(path: Path) -> Topology:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TopologyError(f"{path}: {error}") from error
    expect = _fill(Expect, table.pop("expect", {}), f"{path}: [expect]")
    guest = table.pop("guest", None)
    plans = table.pop("plan", [])
    topology = _fill(Topology, {"name": path.stem, **table}, str(path))
    topology.expect = expect
    topology.guest = _fill(Guest, guest, f"{path}: [guest]") if guest is not None else None
    topology.plans = [_fill(PlanRun, plan, f"{path}: [[plan]]") for plan in plans]
    if restarts(topology) and len(topology.plans) != 1:
        raise TopologyError(f"{path}: a plan over a start of the host stands alone")
    if topology.guest:
        topology.deadline = max(topology.deadline, 1800)  # a silent one ends sooner
    _validate(topology, path)
    return topology


def read_topologies(directory: Path, names: list[str], quick: bool) -> list[Topology]:
    """All topologies of a directory, those named, or the quick ones; in the order of their names."""
    available = {path.stem: path for path in sorted(directory.glob("*.toml"))}
    unknown = [name for name in names if name not in available]
    if unknown:
        raise TopologyError(f"no such topology: {', '.join(unknown)}; --list names them all")
    chosen = [read_topology(available[name]) for name in (names or available)]
    return [topology for topology in chosen if topology.quick or not quick or names]


def _fill(kind, table: dict, where: str):
    known = {entry.name for entry in fields(kind)}
    for key in table:
        if key not in known:
            raise TopologyError(f"{where}: unknown key '{key}'")
    try:
        return kind(**table)
    except TypeError as error:
        raise TopologyError(f"{where}: {error}") from error


def _validate(topology: Topology, path: Path) -> None:
    if topology.iommu not in IOMMU_KINDS:
        raise TopologyError(f"{path}: iommu is one of {', '.join(IOMMU_KINDS)}, not '{topology.iommu}'")
    if topology.cpu and topology.cpu not in CPU_KINDS:
        raise TopologyError(f"{path}: cpu is one of {', '.join(CPU_KINDS)}, not '{topology.cpu}'")
    if topology.architecture not in ARCHITECTURES:
        raise TopologyError(f"{path}: architecture is one of {', '.join(ARCHITECTURES)}, not '{topology.architecture}'")
    expect = topology.expect
    guest = topology.guest
    if (topology.domains or topology.guard) and (guest or topology.root != "9p"):
        raise TopologyError(f"{path}: a host that tries domains or the guard needs root = \"9p\", and no guest")
    if guest and topology.root != "9p" and topology.architecture != "arm64":
        raise TopologyError(f"{path}: a host with a guest needs root = \"9p\": libvirt and QEMU come from there")
    for address in [*topology.keep, *expect.protected, *expect.verdicts, *expect.companions, *expect.proof,
                    *(guest.hostdevs + guest.promised if guest else [])]:
        if not ADDRESS.fullmatch(address):
            raise TopologyError(f"{path}: '{address}' is no address like 0000:03:00.0")
