# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lab prints."""

from dataclasses import dataclass

from .compare import KernelTruth, Outcome
from .machine import Boot
from .topology import Topology


@dataclass
class Row:
    topology: Topology
    boot: Boot
    outcome: Outcome


def print_list(topologies: list[Topology]) -> int:
    for topology in topologies:
        print(f"{topology.name:34} {'quick ' if topology.quick else '      '}{topology.description}")
    return 0


def print_progress(row: Row, number: int, total: int) -> None:
    word = "agrees" if not row.outcome.disagreements else "DISAGREES"
    print(f"[{number}/{total}] {row.topology.name}: {word}, {row.boot.seconds:.0f} s", flush=True)


def print_table(rows: list[Row], seconds: float) -> int:
    """The agreement table; 0 where there is not one disagreement."""
    heads = ("topology", "functions", "agree", "not asked", "disagree", "seconds")
    line = "{:34} {:>9} {:>6} {:>9} {:>8} {:>7}"
    print("\n" + line.format(*heads))
    sums = [0, 0, 0, 0]
    for row in rows:
        outcome = row.outcome
        numbers = [outcome.functions, len(outcome.agreements), len(outcome.not_asked), len(outcome.disagreements)]
        sums = [left + right for left, right in zip(sums, numbers)]
        print(line.format(row.topology.name, *numbers, f"{row.boot.seconds:.0f}"))
    print(line.format(f"{len(rows)} topologies", *sums, f"{seconds:.0f}"))
    for row in rows:
        for sentence in row.outcome.disagreements:
            print(f"DISAGREEMENT {row.topology.name}: {sentence}")
    print("not asked: host and ISA bridges, SMBus (the kernel would give them out; that is no reason to) and what the tests' "
          "own host needs")
    return 1 if sums[3] else 0


def print_truth(rows: list[Row]) -> int:
    """What the kernel said, without any report."""
    for row in rows:
        print(f"\n{row.topology.name}: {row.topology.description}")
        for sentence in row.outcome.disagreements:
            print(f"  PROBLEM {sentence}")
        if row.outcome.disagreements:
            continue
        truth = KernelTruth(row.boot.directory / "probe.jsonl")
        for address, function in truth.functions.items():
            print(f"  {address} {function['id']} {function['class']} group {function['group'] or '-':3} "
                  f"{function['driver'] or '-'}")
            if address in truth.skipped:
                print(f"      skipped: {truth.skipped[address]}")
            for question in truth.questions.get(address, []):
                beside = f" with {' '.join(sorted(question.companions))}" if question.companions else ""
                left = f"; left: {question.left}" if question.left else ""
                print(f"      {question.kind}{beside}: {question.answer()}{left}")
    return 1 if any(row.outcome.disagreements for row in rows) else 0
