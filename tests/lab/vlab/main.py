# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of tests/lab/run."""

import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import arm, requirements, table
from .bench import Bench
from .compare import Outcome, compare, compare_beside
from .compare_domains import compare_domains
from .compare_guard import compare_guard
from .compare_plans import compare_plans
from .compare_proof import compare_proof
from .errors import LabError
from .initramfs import base_archive
from .kernel import Kernel, get_kernel
from .machine import Boot, boot
from .qemu import get_qemu
from .recording import keep_recordings
from .topology import Topology, read_topologies

LAB = Path(__file__).resolve().parent.parent
PROJECT = LAB.parent.parent
ARM_KERNEL = "6.1"  # where none is asked for
BESIDE = "vfio-doctor-beside"  # the program of --beside, inside the virtual host


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/lab/run", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="topologies; without names all of them")
    parser.add_argument("--quick", action="store_true", help="only the handful that scripts/test runs by default")
    parser.add_argument("--list", action="store_true", help="name the topologies and end")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="virtual hosts at a time (default: cores)")
    parser.add_argument("--build", type=Path, default=PROJECT / "build", help="the build to test (default: build)")
    parser.add_argument("--beside", type=Path, metavar="PROGRAM",
                        help="another vfio-doctor, such as build-static/runner/vfio-doctor, whose reports must be the same")
    parser.add_argument("--cache", type=Path, help="results (default: BUILD/lab)")
    parser.add_argument("--kernel", action="append", metavar="VERSION",
                        help="6.12, or a directory with boot/vmlinuz-* and lib/modules/; more than one: a column for each")
    parser.add_argument("--qemu", action="append", metavar="VERSION", help="10; more than one: a column for each")
    parser.add_argument("--table", action="store_true", help="print what the last run on each kernel found, and end")
    parser.add_argument("--record", type=Path, metavar="DIR", help="write each host as DIR/NAME.machine")
    parser.add_argument("--libvirt-root", type=Path, metavar="DIR", default="",
                        help="a root directory whose libvirt and QEMU the topology \"domains\" asks instead of this machine's")
    parser.add_argument("--install", action="store_true", help="install the programs that are missing, first")
    parser.add_argument("--probe-only", action="store_true", help="ask the kernel only, and print what it said")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    try:
        topologies = read_topologies(LAB / "topologies", arguments.names, arguments.quick)
        if arguments.list:
            return table.print_list(topologies)
        cache = (arguments.cache or arguments.build / "lab").resolve()
        if arguments.table:
            return table.print_table(table.kept_columns(cache / "results"))
        if not _requirements_met(arguments.install):
            return 2
        cache.mkdir(parents=True, exist_ok=True)
        benches = _benches(arguments, topologies, cache)
        return _run_all(arguments, topologies, benches, cache)
    except LabError as error:
        print(f"tests/lab/run: {error}", file=sys.stderr)
        return 2


def _benches(arguments: argparse.Namespace, topologies: list[Topology], cache: Path) -> list[Bench]:
    """Every kernel under every QEMU that was asked for, on the architectures that the topologies are for."""
    made = []
    for architecture in sorted({topology.architecture for topology in topologies}):
        on_arm = architecture == "arm64"
        if on_arm and (missing := [name for name in (arm.COMPILER, arm.QEMU) if not requirements.find_program(name)]):
            names = [topology.name for topology in topologies if topology.architecture == architecture]
            print(f"skipped, because {' and '.join(missing)} are missing: {', '.join(names)}", file=sys.stderr)
            continue
        programs = _programs_for_arm(cache) if on_arm else _programs(arguments, cache)
        for wanted in arguments.kernel or [ARM_KERNEL if on_arm else ""]:
            if on_arm and not wanted[:1].isdigit():
                continue  # a folder, or the kernel that is built here: for amd64
            kernel = get_kernel(wanted, architecture)
            base = base_archive(kernel, LAB / "host", programs, arm.busybox() if on_arm else None)
            for version in arguments.qemu or [""]:
                qemu = get_qemu(version, "aarch64" if on_arm else "x86_64")
                parts = [architecture if on_arm else "", *([_bench_word(kernel), f"qemu{qemu.version}"] if wanted or version else [])]
                agent = (PROJECT / "build-arm64" if on_arm else arguments.build) / "guest-agent" / "vfio-guest-agent"
                made.append(Bench(kernel, qemu, architecture, base, agent, "-".join(filter(None, parts))))
    return made


def _requirements_met(may_install: bool) -> bool:
    missing = requirements.missing_programs()
    if missing and may_install and requirements.install(missing):
        missing = requirements.missing_programs()
    if missing:
        print(requirements.explain(missing), file=sys.stderr)
    return not missing


def _programs(arguments: argparse.Namespace, cache: Path) -> dict[str, Path]:
    """The programs of this build that go into the virtual hosts, without their debug symbols."""
    probe = _compile(cache / "vfio-probe", LAB / "vfio_probe.cpp", ["g++", "-static"])
    shim = _compile(cache / "vfio-shim.so", LAB / "vfio_shim.cpp", ["g++", "-shared", "-fPIC"])
    programs = {"vfio-probe": probe, "vfio-shim.so": shim, "ip": Path(requirements.find_program("ip")).resolve()}
    if arguments.probe_only:
        return programs
    doctor = _doctor(arguments)
    built = {"vfio-doctor": doctor, "vfio-guest-agent": doctor.parent.parent / "guest-agent" / "vfio-guest-agent"}
    if arguments.beside:
        built[BESIDE] = arguments.beside
    for name, program in built.items():
        if not program.is_file():
            raise LabError(f"{program} is missing; build it first")
        stripped = cache / name
        shutil.copy2(program, stripped)
        subprocess.run(["strip", str(stripped)], check=True, timeout=60)
        programs[name] = stripped
    return programs


def _bench_word(kernel: Kernel) -> str:
    return kernel.release if kernel.kind == "modules" else kernel.kind


def _programs_for_arm(cache: Path) -> dict[str, Path]:
    # The headers of libraries that are headers alone are those of this machine.
    return {"vfio-probe": _compile(cache / "vfio-probe-arm64", LAB / "vfio_probe.cpp",
                                   [arm.COMPILER, "-static", "-idirafter", "/usr/include"])}


def _compile(target: Path, source: Path, compiler: list[str]) -> Path:
    """Where it is older than its source."""
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        command = [*compiler, "-std=c++20", "-O1", "-s", "-Wall", "-Wextra", "-o", str(target), str(source)]
        if subprocess.run(command, check=False, timeout=300).returncode != 0:
            raise LabError(f"{source.name} does not compile (see above)")
    return target


def _doctor(arguments: argparse.Namespace) -> Path:
    doctor = arguments.build / "runner" / "vfio-doctor"
    if not doctor.is_file():
        raise LabError(f"{arguments.build} holds no vfio-doctor; build it first, or name another build with --build")
    return doctor


def _run_all(arguments: argparse.Namespace, topologies: list[Topology], benches: list[Bench], cache: Path) -> int:
    rows: list[table.Row] = []
    columns = []
    for bench in benches:
        topologies_here = [topology for topology in topologies if topology.architecture == bench.architecture]
        skipped = {topology.name: why for topology in topologies_here if (why := bench.why_not(topology))}
        chosen = [topology for topology in topologies_here if topology.name not in skipped]
        print(f"{len(chosen)} virtual hosts, kernel {bench.kernel.version}, QEMU {bench.qemu.version}, {arguments.jobs} at a time",
              flush=True)
        found = _run_bench(arguments, chosen, bench, cache / "results" / bench.key)
        rows += found
        columns.append(table.Column(bench.name, {row.topology.name: (row.outcome, row.boot.seconds) for row in found}, skipped))
    if arguments.probe_only:
        return table.print_truth(rows)
    if arguments.record:
        keep_recordings(rows, arguments.record)
    return table.print_table(columns)


def _run_bench(arguments: argparse.Namespace, topologies: list[Topology], bench: Bench, results: Path) -> list[table.Row]:
    rows: list[table.Row] = []

    def run_one(topology: Topology) -> table.Row:
        ended = boot(topology, bench, results / topology.name, arguments.record is not None, str(arguments.libvirt_root or ""))
        return table.Row(topology, ended, _judge(arguments, topology, ended))

    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, arguments.jobs)) as pool:
        pending = [pool.submit(run_one, topology) for topology in topologies]
        for done in concurrent.futures.as_completed(pending):
            rows.append(done.result())
            table.print_progress(rows[-1], len(rows), len(topologies))
            if not arguments.probe_only:
                table.keep(rows[-1], bench.name)
    return sorted(rows, key=lambda row: row.topology.name)


def _judge(arguments: argparse.Namespace, topology: Topology, ended: Boot) -> Outcome:
    if ended.problem:
        return Outcome(disagreements=[f"the host did not run: {ended.problem}; see {ended.directory}/console.log"])
    if arguments.probe_only:
        return Outcome()
    if topology.domains:
        return compare_domains(ended.directory)
    if topology.guard:
        return compare_guard(ended.directory)
    if topology.architecture == "arm64":
        arm.judge_there(ended.directory, _doctor(arguments))
    if topology.guest:
        return compare_proof(topology, ended.directory)
    outcome = compare(topology, ended.directory)
    compare_plans(topology, ended.directory, outcome)
    if arguments.beside:
        outcome.disagreements += compare_beside(ended.directory)
    return outcome
