# SPDX-License-Identifier: GPL-2.0-or-later
"""What virtual hosts run on: a kernel under a QEMU. One column of the table."""

from dataclasses import dataclass
from pathlib import Path

from .debian import version_key
from .kernel import Kernel
from .qemu import Qemu
from .topology import Topology


@dataclass(frozen=True)
class Bench:
    kernel: Kernel
    qemu: Qemu
    architecture: str
    base: bytes  # the archive that all its hosts share
    agent: Path  # of this architecture
    key: str     # its folder among the results; empty where neither kernel nor QEMU was asked for

    @property
    def name(self) -> str:
        kind = "" if self.kernel.kind == "modules" else f" {self.kernel.kind}"
        return f"{self.kernel.release}{kind}/{self.qemu.version}" + ("" if self.architecture == "amd64" else f" {self.architecture}")

    def why_not(self, topology: Topology) -> str:
        """Why this topology cannot run here; empty where it can."""
        if self.architecture == "arm64" and topology.guest and not self.agent.is_file():
            return f"{self.agent} is not built (cmake/arm64.cmake)"
        missing = [model for model in topology.needs if not self.qemu.has(model)]
        if missing:
            return f"QEMU {self.qemu.version} has no {', '.join(missing)}"
        if topology.kernel_kind not in ("any", self.kernel.kind):
            return f"it is for kernels of the kind {topology.kernel_kind}, not {self.kernel.kind}"
        # Seen: under QEMU 10 with Linux 6.12 the serial line's interrupts are lost, under QEMU 11 with 7.3 Linux finds no southbridge
        # IOAPIC and switches the remapping of interrupts off. Neither is the host that a topology describes.
        if topology.iommu == "amd" and version_key(self.qemu.version) >= version_key("10"):
            return f"QEMU {self.qemu.version} remaps no interrupts behind its AMD-Vi that Linux can use"
        if topology.since and version_key(self.kernel.release) < version_key(topology.since):
            return f"it needs Linux {topology.since}"
        if self.kernel.kind == "iommufd":
            return ""  # what it has is built in
        absent = [module for module in topology.modules if not self.kernel.has(module)]
        if absent:
            return f"kernel {self.kernel.version} has no {', '.join(absent)}"
        return ""
