# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel with iommufd and devices' own nodes and without groups, which no Debian kernel is: built once from Debian's source."""

import os
import shutil
import subprocess
from pathlib import Path

from .debian import Suite, run, shared_cache
from .errors import LabError
from .requirements import find_program

CONFIG = Path(__file__).resolve().parent.parent / "iommufd.config"
SERIES = "6.12"
SUITE = "trixie"
NEEDED = ("make", "gcc", "flex", "bison", "bc", "xz", "perl")


def build_iommufd_kernel(directory: Path) -> None:
    """Leaves boot/vmlinuz-VERSION and its configuration in `directory`: some six minutes of one core, 1.6 GB meanwhile."""
    missing = [name for name in NEEDED if not find_program(name)]
    if missing:
        raise LabError(f"the iommufd kernel is built from source, and that needs {', '.join(missing)}")
    scratch = shared_cache() / "iommufd-build"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    print(f"The lab builds a kernel with iommufd from linux-source-{SERIES} of {SUITE}, once", flush=True)
    Suite(SUITE, "amd64").unpack([f"linux-source-{SERIES}"], scratch / "package")
    archive = next((scratch / "package/usr/src").glob("linux-source-*.tar.xz"))
    run(["tar", "-xf", str(archive), "-C", str(scratch)])
    source = next(path for path in scratch.glob("linux-source-*") if path.is_dir())
    shutil.rmtree(scratch / "package")
    run(["make", "-s", "tinyconfig"], source)
    run(["scripts/kconfig/merge_config.sh", "-m", ".config", str(CONFIG)], source)
    run(["make", "-s", "olddefconfig"], source)
    _complain_about_lost_options(source / ".config")
    with open(scratch / "make.log", "wb") as log:
        made = subprocess.run(["make", f"-j{os.cpu_count() or 1}", "bzImage"], cwd=source, stdout=log, stderr=log, check=False)
    if made.returncode != 0:
        raise LabError(f"the iommufd kernel does not build, see {scratch}/make.log")
    version = run(["make", "-s", "kernelrelease"], source).strip()
    (directory / "boot").mkdir(parents=True, exist_ok=True)
    shutil.copy2(source / "arch/x86/boot/bzImage", directory / "boot" / f"vmlinuz-{version}")
    shutil.copy2(source / ".config", directory / "boot" / f"config-{version}")
    shutil.rmtree(scratch)


def _complain_about_lost_options(config: Path) -> None:
    """An option that depends on one that is missing falls out without a word."""
    have = set(config.read_text().splitlines())
    lost = [line for line in CONFIG.read_text().splitlines() if line.startswith("CONFIG_") and line not in have]
    if lost:
        raise LabError(f"{CONFIG.name}: the kernel's configuration does not take {', '.join(lost)}")
