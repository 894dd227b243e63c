# SPDX-License-Identifier: GPL-2.0-or-later
"""The comparison must be able to fail: reports that are wrong on purpose, against what a kernel said."""

import copy
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

from vlab.compare import compare, compare_beside  # noqa: E402
from vlab.topology import Expect, Topology, read_topologies  # noqa: E402

LONE, HELD, HOLDER, PORT, DISK = (f"0000:00:0{number}.0" for number in range(1, 6))


def function(address, group, driver, header_type=0, class_code="020000"):
    return {"address": address, "id": "8086:10d3", "class": class_code, "driver": driver, "group": group,
            "header_type": header_type}


def question(address, kind, companions=(), accepted=True, left=(), step="done"):
    return {"address": address, "question": kind, "with": list(companions), "accepted": accepted, "step": step,
            "error": "" if accepted else "no", "left": [{"address": a, "driver": d} for a, d in left]}


KERNEL = [
    {"functions": [function(LONE, "1", "e1000e"), function(HELD, "2", "nvme"), function(HOLDER, "2", "xhci_hcd"),
                   function(PORT, "3", "pcieport", 1, "060400"), function(DISK, "4", "nvme")]},
    question(LONE, "alone"),
    question(HELD, "alone", accepted=False, left=[(HOLDER, "xhci_hcd")], step="viable"),
    question(HELD, "whole-group", [HOLDER]),
    question(HELD, "without", accepted=False, left=[(HOLDER, "xhci_hcd")], step="viable"),
    question(HOLDER, "alone", accepted=False, left=[(HELD, "nvme")], step="viable"),
    question(HOLDER, "whole-group", [HELD]),
    question(PORT, "bridge", accepted=False, step="bind"),
    {"address": DISK, "question": "skipped", "why": "the host lives on it"},
]


def device(entry, verdict, companions=(), reasons=()):
    return {"address": entry["address"], "vendor_id": "8086", "device_id": "10d3", "class": entry["class"],
            "driver": entry["driver"], "iommu_group": int(entry["group"]), "verdict": verdict,
            "companions": list(companions), "reasons": list(reasons)}


VERDICTS = (("assignable", ()), ("with-companions", (HOLDER,)), ("with-companions", (HELD,)), ("unsuitable", ()),
            ("protected", ()))
REPORT = {
    "verdict": "ready", "host": {"iommu": "on", "interrupt_remapping": "on"},
    "findings": [{"id": "iommu-active", "status": "pass", "summary": "The IOMMU is on."}],
    "devices": [device(entry, verdict, companions, ["holds / (ext4 on nvme0n1p2)"] if verdict == "protected" else ())
                for entry, (verdict, companions) in zip(KERNEL[0]["functions"], VERDICTS)],
}
TOPOLOGY = Topology("t", "", expect=Expect(protected={DISK: ["holds / ", "ext4 on"]}, findings={"iommu-active": "pass"}))


class CompareTest(unittest.TestCase):
    def disagreements(self, change=lambda report: None, topology=TOPOLOGY, exit_code="0", kernel=KERNEL):
        report = copy.deepcopy(REPORT)
        change(report)
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            (directory / "probe.jsonl").write_text("\n".join(json.dumps(line) for line in kernel))
            (directory / "report.json").write_text(json.dumps(report))
            (directory / "report.json.exit").write_text(exit_code)
            return compare(topology, directory).disagreements

    def change_device(self, index, **values):
        return lambda report: report["devices"][index].update(values)

    def assert_one(self, pattern, *arguments, **named):
        self.assertEqual(1, len(found := self.disagreements(*arguments, **named)), found)
        self.assertRegex(found[0], pattern)

    def test_a_truthful_report_agrees(self):
        self.assertEqual([], self.disagreements())

    def test_assignable_although_the_kernel_refuses(self):
        kernel = [line for line in KERNEL if line.get("address") != LONE]
        kernel.append(question(LONE, "alone", accepted=False, step="set-iommu"))
        self.assert_one("assignable, but alone it was refused at set-iommu", kernel=kernel)

    def test_blocked_although_the_kernel_gives_it_out(self):
        self.assert_one("blocked, but alone: VFIO gave it out", self.change_device(0, verdict="blocked"))

    def test_assignable_alone_although_a_companion_holds_the_group(self):
        self.assert_one("assignable, but alone", self.change_device(1, verdict="assignable", companions=[]))

    def test_companions_that_are_not_enough(self):
        self.assertTrue(self.disagreements(self.change_device(1, companions=[])))

    def test_companions_from_elsewhere(self):
        self.assertTrue(self.disagreements(self.change_device(1, companions=[HOLDER, LONE])))

    def test_kernel_gives_out_what_a_driver_holds(self):
        kernel = copy.deepcopy(KERNEL)
        kernel[2]["accepted"] = True
        self.assert_one("although .*xhci_hcd", kernel=kernel)

    def test_protected_without_need(self):
        self.assert_one("nothing in this host needs it", self.change_device(0, verdict="protected"))

    def test_protected_function_that_is_called_assignable(self):
        self.assert_one("must be protected", self.change_device(4, verdict="assignable"))

    def test_protected_for_the_wrong_reason(self):
        self.assertEqual(2, len(self.disagreements(self.change_device(4, reasons=["because"]))))

    def test_undetermined_is_no_answer(self):
        self.assert_one("undetermined", self.change_device(0, verdict="undetermined"))

    def test_function_that_is_missing(self):
        self.assert_one("missing in the report", lambda report: report["devices"].pop(0))

    def test_wrong_group_and_driver(self):
        self.assert_one("group '7'", self.change_device(0, iommu_group=7))
        self.assert_one("driver ''", self.change_device(0, driver=None))

    def test_exit_code_that_does_not_fit(self):
        self.assert_one("exit code 1", exit_code="1")

    def test_finding_that_is_expected(self):
        self.assert_one("iommu-active", lambda report: report["findings"].clear())

    def test_no_report_at_all(self):
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "probe.jsonl").write_text(json.dumps(KERNEL[0]))
            self.assertRegex(compare(TOPOLOGY, Path(name)).disagreements[0], "no report")

    def test_another_build_beside(self):
        report = {"tool": {"version": "1"}, "generated_at": "now", "verdict": "ready"}
        for change, text, exit_code, expected in (({"tool": {"version": "2"}, "generated_at": "later"}, "Ready\n", "0", 0),
                                                  ({"verdict": "not-ready"}, "Ready\n", "0", 1),
                                                  ({}, "Not ready\n", "0", 1), ({}, "Ready\nand more\n", "0", 1), ({}, "Ready\n", "1", 2)):
            with tempfile.TemporaryDirectory() as name:
                directory = Path(name)
                for program, json_report, words, code in (("report", report, "Ready\n", "0"), ("beside", report | change, text, exit_code)):
                    (directory / f"{program}.json").write_text(json.dumps(json_report))
                    (directory / f"{program}.txt").write_text(words)
                    for form in ("json", "txt"):
                        (directory / f"{program}.{form}.exit").write_text(code)
                self.assertEqual(expected, len(compare_beside(directory)), (change, text, exit_code))

    def test_every_topology_reads(self):
        self.assertGreaterEqual(len(read_topologies(Path(__file__).parent / "topologies", [], False)), 22)


if __name__ == "__main__":
    unittest.main()
