# SPDX-License-Identifier: GPL-2.0-or-later
"""Recorded machines for the unit tests: NAME.machine is what the program read in a virtual host, NAME.verdicts what
it concluded there, proven against the kernel."""

import json
import re
from pathlib import Path

# Of the kernel's log only what a report can quote; the rest is long and tells nothing.
LOG_LINES = re.compile(r"Linux version|Command line|DMAR|AMD-Vi|[Ii][Oo][Mm][Mm][Uu]|[Vv][Ff][Ii][Oo]|remapping")
LOG_RECORD = "file /run/vfio-doctor/kernel.log"
HEAD = """# SPDX-License-Identifier: GPL-2.0-or-later
# {description}
# Recorded by tests/lab/run --record on a virtual host with a real kernel.
"""


def keep_recordings(rows: list, directory: Path) -> None:
    """Only machines whose report agreed with the kernel become recordings."""
    directory.mkdir(parents=True, exist_ok=True)
    for row in rows:
        name = row.topology.name
        recording = row.boot.directory / f"{name}.machine"
        if row.outcome.disagreements or not recording.exists():
            print(f"not recorded: {name}")
            continue
        head = HEAD.format(description=row.topology.description)
        (directory / recording.name).write_text(head + _shortened(recording.read_text()))
        report = json.loads((row.boot.directory / "report.json").read_text())
        (directory / f"{name}.verdicts").write_text(_verdicts(report))


def _shortened(text: str) -> str:
    kept, in_log = [], False
    for line in text.splitlines():
        in_log = line == LOG_RECORD or (in_log and line.startswith("| "))
        if not in_log or line == LOG_RECORD or LOG_LINES.search(line):
            kept.append(line)
    return "\n".join(kept) + "\n"


def _verdicts(report: dict) -> str:
    lines = [f"host {report['verdict']}"]
    for device in report["devices"]:
        lines.append(" ".join([device["address"], device["verdict"], *device["companions"]]))
    return "\n".join(lines) + "\n"
