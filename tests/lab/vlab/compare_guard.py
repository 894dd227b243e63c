# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guard did in a host with real libvirt: each line of guard.txt is a thing that had to be so."""

from pathlib import Path

from .compare import Outcome, text_of


def compare_guard(directory: Path) -> Outcome:
    outcome = Outcome()
    lines = text_of(directory / "guard.txt").splitlines()
    outcome.functions = len([line for line in lines if line != "end"])
    for line in lines:
        if line.startswith("ok "):
            outcome.agreements.append(line[3:])
        elif line != "end":
            outcome.disagreements.append(line)
    if lines[-1:] != ["end"]:
        outcome.disagreements.append("the host did not come to the end of its steps")
    return outcome
