# SPDX-License-Identifier: GPL-2.0-or-later
"""What vfio-doctor said against what the kernel did, function by function."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from .topology import Expect, Topology

# Drivers that leave the decision about DMA to VFIO: the kernel's driver_managed_dma.
HARMLESS_DRIVERS = {"", "vfio-pci", "pci-stub", "pcieport"}
VERDICTS = {"assignable", "with-companions", "protected", "blocked", "unsuitable", "undetermined"}


@dataclass
class Outcome:
    """The comparison of one virtual host."""

    agreements: list[str] = field(default_factory=list)     # addresses
    not_asked: dict[str, str] = field(default_factory=dict)  # address -> why; counted neither way
    disagreements: list[str] = field(default_factory=list)  # sentences
    functions: int = 0


@dataclass
class Question:
    kind: str            # alone, whole-group, named, without, bridge
    companions: set[str]
    accepted: bool
    step: str
    error: str
    left: dict[str, str]  # address -> driver, of what stayed in the group
    left_out: str

    def answer(self) -> str:
        if self.accepted:
            return "VFIO gave it out"
        return f"refused at {self.step} ({self.error})"


class KernelTruth:
    """The probe's lines, by function."""

    def __init__(self, path: Path):
        self.functions: dict[str, dict] = {}
        self.questions: dict[str, list[Question]] = {}
        self.skipped: dict[str, str] = {}
        self.not_put_back: list[str] = []
        for line in path.read_text().splitlines():
            self._read(json.loads(line))

    def _read(self, line: dict) -> None:
        if "functions" in line:
            self.functions = {function["address"]: function for function in line["functions"]}
            return
        address = line["address"]
        if line["question"] == "skipped":
            self.skipped[address] = line["why"]
            return
        left = {entry["address"]: entry["driver"] for entry in line["left"]}
        self.questions.setdefault(address, []).append(
            Question(line["question"], set(line["with"]), line["accepted"], line["step"], line["error"], left,
                     line.get("left_out", "")))
        self.not_put_back += line.get("not_put_back", [])

    def find(self, address: str, kind: str) -> Question | None:
        return next((question for question in self.questions.get(address, []) if question.kind == kind), None)

    def group_members(self, address: str) -> set[str]:
        group = self.functions[address]["group"]
        return {other for other, function in self.functions.items()
                if group and function["group"] == group and other != address}


def compare(topology: Topology, directory: Path) -> Outcome:
    outcome = Outcome()
    truth = KernelTruth(directory / "probe.jsonl")
    outcome.functions = len(truth.functions)
    try:
        report = json.loads((directory / "report.json").read_text())
    except (OSError, ValueError):
        exit_code = text_of(directory / "report.json.exit")
        outcome.disagreements.append(f"no report (exit {exit_code}): {text_of(directory / 'report.json.stderr')[-300:]}")
        return outcome
    devices = {device["address"]: device for device in report["devices"]}
    for address in sorted(set(truth.functions) | set(devices)):
        problems = _compare_function(topology, truth, devices, address)
        if problems is None:
            outcome.not_asked[address] = truth.skipped.get(address, "")
        elif problems:
            outcome.disagreements += [f"{address} {problem}" for problem in problems]
        else:
            outcome.agreements.append(address)
    outcome.disagreements += _compare_expectations(topology.expect, report)
    outcome.disagreements += compare_exit_code(report, directory / "report.json.exit")
    if truth.not_put_back:
        outcome.disagreements.append(f"the lab could not put back {', '.join(truth.not_put_back)}")
    return outcome


def compare_exit_code(report: dict, path: Path) -> list[str]:
    code = text_of(path)
    if code == {"ready": "0", "not-ready": "1", "undetermined": "3"}.get(report["verdict"]):
        return []
    return [f"verdict {report['verdict']}, but exit code {code}"]


def compare_beside(directory: Path) -> list[str]:
    """Where the second program (--beside) says anything else on this host, or ends otherwise, than the first."""
    problems = []
    for form in ("json", "txt"):
        codes = [text_of(directory / f"{name}.{form}.exit") for name in ("report", "beside")]
        if codes[0] != codes[1]:
            problems.append(f"the program beside ends with {codes[1]}, not {codes[0]}: "
                            f"{text_of(directory / f'beside.{form}.stderr')[-300:]}")
            continue
        own, other = (_lines_of(directory / f"{name}.{form}") for name in ("report", "beside"))
        if own != other:
            pair = next(pair for pair in zip(own + [""], other + [""]) if pair[0] != pair[1])
            problems.append(f"the program beside says in its {form} '{pair[1].strip()[:200]}', not '{pair[0].strip()[:200]}'")
    return problems


def _lines_of(path: Path) -> list[str]:
    """Without the time and the version, which differs where one program was built from a later commit, and the digest of both; and
    without what was free when each of them looked."""
    text = text_of(path)
    if path.suffix == ".json":
        report = json.loads(text)
        del report["tool"], report["generated_at"]
        report.pop("digest", None)
        text = json.dumps(report, indent=1)
    return re.sub(r"\d+ [KMG]iB are left|(MemAvailable|MemFree)[^\n]*", "memory", text).splitlines()


def text_of(path: Path) -> str:
    return path.read_text(errors="replace").strip() if path.exists() else "nothing"


def _compare_function(topology: Topology, truth: KernelTruth, devices: dict, address: str) -> list[str] | None:
    """What is wrong with the report's words on one function; nothing where they agree, None where it was not asked."""
    if address not in devices:
        return ["is missing in the report"]
    if address not in truth.functions:
        return ["is in the report, but not in the kernel"]
    device, function = devices[address], truth.functions[address]
    problems = _compare_identity(device, function)
    verdict = device["verdict"]
    expect = topology.expect
    expected = "protected" if address in expect.protected else expect.verdicts.get(address)
    if expected and verdict != expected:
        return [*problems, f"is {verdict}, must be {expected}; reasons: {device['reasons']}"]
    if address in expect.companions and sorted(device["companions"]) != sorted(expect.companions[address]):
        problems.append(f"has companions {device['companions']}, must be {expect.companions[address]}")
    if verdict == "protected":
        return problems + _compare_protected(expect, truth, device)
    if verdict == "undetermined":
        return problems if expected else [*problems, f"is undetermined: {device['reasons']}"]
    if verdict not in VERDICTS:
        return [*problems, f"has the unknown verdict {verdict}"]
    if address in truth.skipped and verdict != "unsuitable" and not problems and (not expected or verdict == "blocked"):
        return None  # what a topology expects of a function that cannot be asked is no agreement with the kernel
    rules = {"assignable": _assignable, "with-companions": _with_companions, "blocked": _blocked,
             "unsuitable": _unsuitable}
    said = rules[verdict](truth, device)
    return problems + said if said is not None else (problems or None)


def _compare_identity(device: dict, function: dict) -> list[str]:
    said = {"id": f"{device['vendor_id']}:{device['device_id']}", "class": device["class"],
            "driver": device["driver"] or "", "group": "" if device["iommu_group"] is None else str(device["iommu_group"])}
    return [f"has {key} '{said[key]}' in the report, '{function[key]}' in the kernel" for key in said
            if said[key] != function[key]]


def _compare_protected(expect: Expect, truth: KernelTruth, device: dict) -> list[str]:
    address = device["address"]
    if address not in expect.protected:
        return [f"is protected, but nothing in this host needs it: {device['reasons']}"]
    reasons = " ".join(device["reasons"])
    problems = [f"is protected, but its reasons do not say /{pattern}/: {reasons}"
                for pattern in expect.protected[address] if not re.search(pattern, reasons)]
    # "Protected" means: it would work. Where the probe may take it, the kernel is asked.
    questions = [question for question in truth.questions.get(address, []) if question.kind in ("alone", "whole-group")]
    if questions and not any(question.accepted for question in questions):
        problems.append(f"is protected (so it would work), but {questions[-1].answer()}")
    return problems


def _assignable(truth: KernelTruth, device: dict) -> list[str]:
    problems = ["is assignable by itself, yet has companions"] if device["companions"] else []
    alone = truth.find(device["address"], "alone")
    if alone is None:
        problems.append(f"is assignable, but the kernel was not asked: {truth.skipped.get(device['address'])}")
    elif not alone.accepted:
        problems.append(f"is assignable, but alone it was {alone.answer()}; left in its group: {alone.left}")
    return problems


def _with_companions(truth: KernelTruth, device: dict) -> list[str]:
    address, named = device["address"], set(device["companions"])
    problems = [] if named else ["is with-companions, but none are named"]
    if strangers := named - truth.group_members(address):
        problems.append(f"has companions that are not in its group: {sorted(strangers)}")
    all_questions = truth.questions.get(address, [])
    together = [question for question in all_questions if question.companions == named]
    if not together:
        problems.append(f"is with-companions, but the kernel was not asked: {truth.skipped.get(address)}")
    problems += [f"with {sorted(named)} it was {question.answer()}; left in its group: {question.left}"
                 for question in together if not question.accepted]
    for question in all_questions:
        # What stays behind with a driver that does not leave DMA to VFIO must make the kernel refuse.
        holders = {other: driver for other, driver in question.left.items() if driver not in HARMLESS_DRIVERS}
        if question.kind in ("alone", "without") and question.accepted and holders:
            problems.append(f"was given out although {holders} stayed with the host")
    return problems


def _blocked(truth: KernelTruth, device: dict) -> list[str]:
    address = device["address"]
    questions = truth.questions.get(address, [])
    problems = [f"is blocked, but {question.kind}: {question.answer()}; reasons: {device['reasons']}"
                for question in questions if question.accepted]
    if not questions:
        problems.append(f"is blocked, but the kernel was not asked: {truth.skipped.get(address)}")
    return problems


# The kernel would give these out, as it would a host bridge; that is no reason to (checks/kernel/chipset_parts.cpp).
CHIPSET_CLASSES = {"0c05"}  # SMBus


def _unsuitable(truth: KernelTruth, device: dict) -> list[str] | None:
    """Only bridges with the bridge header can be asked; for the others the word rests on what they are."""
    address = device["address"]
    function = truth.functions[address]
    bridge = truth.find(address, "bridge")
    if bridge:
        return [f"is an unsuitable bridge, but {bridge.answer()}"] if bridge.accepted else []
    if address in truth.skipped or device["class"][:4] in CHIPSET_CLASSES:
        return None
    accepted = [question for question in truth.questions.get(address, []) if question.accepted]
    return [f"is unsuitable, but {question.kind}: {question.answer()}" for question in accepted]


def _compare_expectations(expect: Expect, report: dict) -> list[str]:
    problems = []
    for key, wanted, said in (("verdict", expect.verdict, report["verdict"]),
                              ("iommu", expect.iommu, report["host"]["iommu"]),
                              ("interrupt_remapping", expect.interrupt_remapping, report["host"]["interrupt_remapping"])):
        if wanted is not None and said != wanted:
            problems.append(f"host: {key} is {said}, must be {wanted}")
    devices = {device["address"] for device in report["devices"]}
    for address in [*expect.protected, *expect.verdicts, *expect.companions]:
        if address not in devices:
            problems.append(f"{address} is expected by the topology, but not there")
    return problems + compare_findings(expect, report)


def compare_findings(expect: Expect, report: dict) -> list[str]:
    problems = []
    for check_id in dict.fromkeys([*expect.findings, *expect.says]):
        found = [finding for finding in report["findings"] if finding["id"] == check_id]
        status = expect.findings.get(check_id)
        if not found or (status and status not in {finding["status"] for finding in found}):
            problems.append(f"finding {check_id}: {[finding['status'] for finding in found] or 'none'}, "
                            f"must be {status or 'there'}")
        words = " ".join(json.dumps(finding) for finding in found)
        problems += [f"finding {check_id} does not say /{pattern}/: {[finding['summary'] for finding in found]}"
                     for pattern in expect.says.get(check_id, []) if found and not re.search(pattern, words)]
    return problems
