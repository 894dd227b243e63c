# SPDX-License-Identifier: GPL-2.0-or-later
"""What vfio-doctor said of each domain of tests/lab/domains against what libvirt and QEMU then did with it."""

import json
import re
import tomllib
from pathlib import Path

from .compare import Outcome, text_of

DOMAINS = Path(__file__).resolve().parent.parent / "domains"
SAYS = "libvirt or QEMU says"  # the source of evidence that quotes them


def compare_domains(directory: Path) -> Outcome:
    outcome = Outcome()
    cases = tomllib.loads((DOMAINS / "cases.toml").read_text(encoding="utf-8"))["case"]
    outcome.functions = len(cases)
    try:
        lines = (directory / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        outcome.disagreements.append(f"libvirt was not asked: {text_of(directory / 'libvirt')[-300:]}")
        return outcome
    truths = {truth["name"]: truth for truth in map(json.loads, lines)}
    version = major_version(text_of(directory / "libvirt"))
    for case in cases:
        problems = compare_case(case, truths[case["name"]], directory / f"{case['name']}.json", version)
        if problems:
            outcome.disagreements += [f"{case['name']}: {problem}" for problem in problems]
        else:
            outcome.agreements.append(case["name"])
    return outcome


def major_version(text: str) -> str:
    found = re.search(r"library: libvirt (\d+)\.", text)
    return found[1] if found else ""


def compare_case(case: dict, truth: dict, report_file: Path, version: str) -> list[str]:
    wanted = case.get("refused")
    if isinstance(wanted, dict):
        wanted = wanted.get(version) or None
    said = f"{truth['refused'] or 'started'} {truth['words'][-300:]}"
    problems = [] if wanted == truth["refused"] else [f"the table says {wanted or 'starts'}, libvirt: {said}"]
    try:
        report = json.loads(report_file.read_text())
    except (OSError, ValueError):
        return problems + [f"no report (exit {text_of(report_file.with_suffix('.json.exit')).strip()}): "
                           f"{text_of(report_file.with_suffix('.json.stderr'))[-300:]}"]
    failing = [finding for finding in report["findings"] if finding["status"] == "fail"]
    if despite := case.get("despite"):
        if not any(finding["id"] == despite and finding["status"] in ("fail", "warn") for finding in report["findings"]):
            problems.append(f"{despite} does not warn of it")
        return problems
    if unknown := case.get("unknown"):
        if not any(finding["id"] == unknown and finding["status"] == "unknown" for finding in report["findings"]):
            problems.append(f"{unknown} is not unknown")
        return problems
    expected = "not-ready" if truth["refused"] else "ready"
    if report["verdict"] != expected:
        problems.append(f"the report says {report['verdict']}, libvirt: {said}; "
                        + "; ".join(f"{finding['id']} {finding['status']}: {finding['summary']}" for finding in report["findings"]
                                    if finding["status"] in ("fail", "unknown"))[-400:])
    if not truth["refused"]:
        return problems
    if "check" in case and not any(finding["id"] == case["check"] for finding in failing):
        problems.append(f"{case['check']} does not fail")
    quoted = [evidence["value"] for finding in failing for evidence in finding["evidence"] if evidence["source"] == SAYS]
    if quoted and not any(plain(words) in plain(truth["words"]) for words in quoted):
        problems.append(f"words: {quoted} are not in: {truth['words'][-300:]}")
    return problems


def plain(text: str) -> str:
    return " ".join(text.split()).lower()
