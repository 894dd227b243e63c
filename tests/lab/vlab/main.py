# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of tests/lab/run."""

import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from . import requirements, table
from .compare import Outcome, compare, compare_beside
from .compare_plans import compare_plans
from .compare_proof import compare_proof
from .initramfs import base_archive
from .kernel import Kernel, KernelError, get_kernel
from .machine import Boot, boot
from .recording import keep_recordings
from .topology import Topology, TopologyError, read_topologies

LAB = Path(__file__).resolve().parent.parent
PROJECT = LAB.parent.parent
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
    parser.add_argument("--cache", type=Path, help="kernel and results (default: BUILD/lab)")
    parser.add_argument("--kernel", type=Path, help="a directory with boot/vmlinuz-* and lib/modules/")
    parser.add_argument("--record", type=Path, metavar="DIR", help="write each host as DIR/NAME.machine")
    parser.add_argument("--install", action="store_true", help="install the programs that are missing, first")
    parser.add_argument("--probe-only", action="store_true", help="ask the kernel only, and print what it said")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    try:
        topologies = read_topologies(LAB / "topologies", arguments.names, arguments.quick)
        if arguments.list:
            return table.print_list(topologies)
        if not _requirements_met(arguments.install):
            return 2
        cache = (arguments.cache or arguments.build / "lab").resolve()
        cache.mkdir(parents=True, exist_ok=True)
        kernel = get_kernel(cache, arguments.kernel)
        programs = _programs(arguments, cache)
        base = base_archive(kernel, LAB / "host", programs)
    except (TopologyError, KernelError) as error:
        print(f"tests/lab/run: {error}", file=sys.stderr)
        return 2
    print(f"{len(topologies)} virtual hosts, kernel {kernel.version}, {arguments.jobs} at a time", flush=True)
    return _run_all(arguments, topologies, kernel, base, cache)


def _requirements_met(may_install: bool) -> bool:
    missing = requirements.missing_programs()
    if missing and may_install and requirements.install(missing):
        missing = requirements.missing_programs()
    if missing:
        print(requirements.explain(missing), file=sys.stderr)
    return not missing


def _programs(arguments: argparse.Namespace, cache: Path) -> dict[str, Path]:
    """The programs of this build that go into the virtual hosts, without their debug symbols."""
    probe = cache / "vfio-probe"
    source = LAB / "vfio_probe.cpp"
    if not probe.exists() or probe.stat().st_mtime < source.stat().st_mtime:
        command = ["g++", "-std=c++20", "-O1", "-static", "-s", "-Wall", "-Wextra", "-o", str(probe), str(source)]
        if subprocess.run(command, check=False, timeout=300).returncode != 0:
            raise KernelError("the probe does not compile (see above)")
    programs = {"vfio-probe": probe, "ip": Path(requirements.find_program("ip")).resolve()}
    if arguments.probe_only:
        return programs
    found = [path for path in (arguments.build / "runner" / "vfio-doctor", arguments.build / "vfio-doctor")
             if path.is_file()]
    if not found:
        raise KernelError(f"{arguments.build} holds no vfio-doctor; build it first, or name another build with --build")
    agent = found[0].parent.parent / "guest-agent" / "vfio-guest-agent"
    built = {"vfio-doctor": found[0], "vfio-guest-agent": agent}
    if arguments.beside:
        built[BESIDE] = arguments.beside
    for name, program in built.items():
        if not program.is_file():
            raise KernelError(f"{program} is missing; build it first")
        stripped = cache / name
        shutil.copy2(program, stripped)
        subprocess.run(["strip", str(stripped)], check=True, timeout=60)
        programs[name] = stripped
    return programs


def _run_all(arguments: argparse.Namespace, topologies: list[Topology], kernel: Kernel, base: bytes,
             cache: Path) -> int:
    started = time.monotonic()
    rows: list[table.Row] = []

    def run_one(topology: Topology) -> table.Row:
        ended = boot(topology, kernel, base, cache / "results" / topology.name, arguments.record is not None)
        return table.Row(topology, ended, _judge(arguments, topology, ended))

    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, arguments.jobs)) as pool:
        pending = [pool.submit(run_one, topology) for topology in topologies]
        for done in concurrent.futures.as_completed(pending):
            rows.append(done.result())
            table.print_progress(rows[-1], len(rows), len(topologies))
    rows.sort(key=lambda row: row.topology.name)
    if arguments.probe_only:
        return table.print_truth(rows)
    if arguments.record:
        keep_recordings(rows, arguments.record)
    return table.print_table(rows, time.monotonic() - started)


def _judge(arguments: argparse.Namespace, topology: Topology, ended: Boot) -> Outcome:
    if ended.problem:
        return Outcome(disagreements=[f"the host did not run: {ended.problem}; see {ended.directory}/console.log"])
    if arguments.probe_only:
        return Outcome()
    if topology.guest:
        return compare_proof(topology, ended.directory)
    outcome = compare(topology, ended.directory)
    compare_plans(topology, ended.directory, outcome)
    if arguments.beside:
        outcome.disagreements += compare_beside(ended.directory)
    return outcome
