# SPDX-License-Identifier: GPL-2.0-or-later
"""What vfio-doctor proved from inside a nested guest against what the topology made happen there."""

import json
from pathlib import Path

from .compare import Outcome, compare_exit_code, compare_findings, text_of
from .topology import Topology

RUNGS = ("present", "identity", "placement", "driver", "decode", "function")


def compare_proof(topology: Topology, directory: Path) -> Outcome:
    outcome = Outcome()
    outcome.functions = len(topology.expect.proof)
    try:
        report = json.loads((directory / "verify.json").read_text())
    except (OSError, ValueError):
        outcome.disagreements.append(f"no proof (exit {text_of(directory / 'verify.exit')}): "
                                     f"{text_of(directory / 'verify.stderr')[-300:]}")
        return outcome
    for address, expected in topology.expect.proof.items():
        said = how_far(report, address)
        if said == expected:
            outcome.agreements.append(address)
        else:
            outcome.disagreements.append(f"{address} {said}, must be: {expected}")
    outcome.disagreements += _compare_host(topology, directory)
    outcome.disagreements += compare_findings(topology.expect, report)
    if topology.expect.verdict not in (None, report["verdict"]):
        outcome.disagreements.append(f"the proof is {report['verdict']}, must be {topology.expect.verdict}")
    outcome.disagreements += compare_exit_code(report, directory / "verify.exit")
    return outcome


def how_far(report: dict, address: str) -> str:
    """ "works", or the first rung that says otherwise: "fails at DRIVER", "unknown at FUNCTION"."""
    found = {finding["id"].removeprefix("guest-"): finding["status"] for finding in report["findings"]
             if any(entry["source"] == "manifest" and f"(host {address})" in entry["value"]
                    for entry in finding["evidence"])}
    for rung in RUNGS:
        status = found.get(rung, "missing")
        if status == "fail":
            return f"fails at {rung.upper()}"
        if status not in ("pass", "warn", "not-applicable"):
            return f"{status} at {rung.upper()}"
    return "works" if found["function"] == "pass" else "not judged at FUNCTION"


def _compare_host(topology: Topology, directory: Path) -> list[str]:
    """libvirt started the guest, so the host's report must have said that its devices can go, together."""
    try:
        report = json.loads((directory / "check.json").read_text())
    except (OSError, ValueError):
        return [f"no report of the host: {text_of(directory / 'check.json.stderr')[-300:]}"]
    devices = {device["address"]: device for device in report["devices"]}
    problems = []
    for address in topology.guest.hostdevs:
        device = devices.get(address)
        if device is None:
            problems.append(f"{address} is not in the host's report")
        elif device["verdict"] not in ("assignable", "with-companions"):
            problems.append(f"{address} is {device['verdict']} on the host, but the guest got it: {device['reasons']}")
        elif missing := set(device["companions"]) - set(topology.guest.hostdevs):
            problems.append(f"{address} needs {sorted(missing)} on the host, but the guest got it without them")
    return problems
