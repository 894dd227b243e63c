# SPDX-License-Identifier: GPL-2.0-or-later
"""What the scripts of plans led to: devices that VFIO hands out, and after --undo the host as it was."""

import json
from pathlib import Path

from .compare import Outcome, text_of
from .topology import Topology


def compare_plans(topology: Topology, directory: Path, outcome: Outcome) -> None:
    if not topology.plans:
        return
    for number, plan in enumerate(topology.plans, 1):
        for word in ("", "--apply", "--undo"):
            code = text_of(directory / f"plan-{number}{word}.exit").strip()
            if code != "0":
                log = text_of(directory / f"plan-{number}{word}.log")[-400:]
                outcome.disagreements.append(f"plan {number} {word or 'without a word'}: exit {code}: {log}")
        after = text_of(directory / f"plan-{number}.after.exit").strip()
        if after != "0":
            outcome.disagreements.append(f"plan {number}: --after says {after}: {text_of(directory / f'plan-{number}.after')[-400:]}")
        if plan.given:
            problems = _not_given(plan.given, directory / f"plan-{number}.held")
            outcome.disagreements += [f"plan {number}: {problem}" for problem in problems]
    before, during, after = (text_of(directory / f"plans.{when}") for when in ("before", "during", "after"))
    if not before or before == during:
        outcome.disagreements.append("the plans changed nothing")
    if any(plan.restart for plan in topology.plans):  # the drivers come back with the next start
        before, after = ("\n".join(line for line in text.splitlines() if " driver " not in line) for text in (before, after))
    if before != after:
        lines = set(after.splitlines()) - set(before.splitlines())
        outcome.disagreements.append(f"after --undo the host is not as before: {sorted(lines)[:4]}")
    outcome.agreements += [f"plan {number}" for number in range(1, len(topology.plans) + 1)]


def _not_given(given: list[str], held: Path) -> list[str]:
    answers = {}
    for line in text_of(held).splitlines():
        answer = json.loads(line)
        answers[answer["address"]] = answer
    return [f"VFIO does not hand out {address}: {answers.get(address, 'not asked')}" for address in given
            if not answers.get(address, {}).get("accepted")]
