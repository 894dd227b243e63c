# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lab prints."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .compare import KernelTruth, Outcome
from .machine import Boot
from .topology import Topology

OUTCOME = "outcome.json"  # in the folder of a result: what --table prints


@dataclass
class Row:
    topology: Topology
    boot: Boot
    outcome: Outcome


@dataclass
class Column:
    """All hosts of one bench; `skipped` are those that cannot run there, by name, with the reason."""

    name: str
    rows: dict[str, tuple[Outcome, float]]  # by the topology's name: what was found, and its seconds
    skipped: dict[str, str]


def print_list(topologies: list[Topology]) -> int:
    for topology in topologies:
        print(f"{topology.name:34} {'quick ' if topology.quick else '      '}{topology.description}")
    return 0


def print_progress(row: Row, number: int, total: int) -> None:
    word = "agrees" if not row.outcome.disagreements else "DISAGREES"
    print(f"[{number}/{total}] {row.topology.name}: {word}, {row.boot.seconds:.0f} s", flush=True)


def keep(row: Row, bench: str) -> None:
    """Writes the outcome down beside what it was made of."""
    content = {"bench": bench, "topology": row.topology.name, "seconds": row.boot.seconds, **asdict(row.outcome)}
    (row.boot.directory / OUTCOME).write_text(json.dumps(content, indent=1) + "\n")


def kept_columns(results: Path) -> list[Column]:
    """What the last run of each topology on each bench found."""
    columns: dict[str, Column] = {}
    for path in sorted(results.rglob(OUTCOME)):
        content = json.loads(path.read_text())
        bench, topology, seconds = (content.pop(key) for key in ("bench", "topology", "seconds"))
        columns.setdefault(bench, Column(bench, {}, {})).rows[topology] = (Outcome(**content), seconds)
    return list(columns.values())


def print_table(columns: list[Column]) -> int:
    """The agreement table, a column for each kernel and QEMU; 0 where there is not one disagreement."""
    names = sorted({name for column in columns for name in column.rows})
    width = max([16, *(len(column.name) + 2 for column in columns)])
    print(f"\n{'functions that agree / all':38}" + "".join(f"{column.name:>{width}}" for column in columns))
    for name in names:
        print(f"{name:38}" + "".join(f"{_cell(column, name):>{width}}" for column in columns))
    for head, number in (("functions", lambda outcome, _: outcome.functions),
                         ("agree", lambda outcome, _: len(outcome.agreements)),
                         ("not asked", lambda outcome, _: len(outcome.not_asked)),
                         ("disagree", lambda outcome, _: len(outcome.disagreements)),
                         ("seconds", lambda _, seconds: round(seconds))):
        sums = [sum(number(*row) for row in column.rows.values()) for column in columns]
        print(f"{head:38}" + "".join(f"{total:>{width}}" for total in sums) + (f"   all: {sum(sums)}" if len(sums) > 1 else ""))
    disagree = 0
    for column in columns:
        for name, why in sorted(column.skipped.items()):
            print(f"skipped on {column.name}: {name}: {why}")
        for name, (outcome, _) in sorted(column.rows.items()):
            for sentence in outcome.disagreements:
                disagree += 1
                print(f"DISAGREEMENT {column.name} {name}: {sentence}")
    print("not asked: host and ISA bridges, SMBus (the kernel would give them out; that is no reason to) and what the tests' "
          "own host needs")
    return 1 if disagree else 0


def _cell(column: Column, name: str) -> str:
    if name not in column.rows:
        return "-"
    outcome, seconds = column.rows[name]
    sign = "!" if outcome.disagreements else ""
    return f"{sign}{len(outcome.agreements)}/{outcome.functions} {seconds:.0f}s"


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
