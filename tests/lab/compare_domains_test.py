# SPDX-License-Identifier: GPL-2.0-or-later
"""That the comparison of domains can fail: a wrong verdict, a missing rule, words that nobody said."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent / "domains"))
from judge_domains import domain_xml, truths  # noqa: E402
from vlab.compare_domains import compare_case, major_version  # noqa: E402

REFUSED = {"name": "x", "refused": "define", "words": "error: Failed to define error: XML error: Attempted  double use"}
STARTED = {"name": "x", "refused": None, "words": ""}


def report(verdict, *findings):
    listed = [{"id": name, "status": status, "summary": "s",
               "evidence": [{"source": "libvirt or QEMU says", "value": words}] if words else []}
              for name, status, words in findings]
    return {"verdict": verdict, "findings": listed}


class CompareDomains(unittest.TestCase):
    def problems(self, case, truth, said, version="9"):
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "x.json"
            if said is not None:
                file.write_text(json.dumps(said), encoding="utf-8")
            return compare_case({"name": "x", **case}, truth, file, version)

    def test_agreement(self):
        said = report("not-ready", ("domain-addresses", "fail", "Attempted double use"))
        self.assertEqual(self.problems({"refused": "define", "check": "domain-addresses"}, REFUSED, said), [])
        self.assertEqual(self.problems({}, STARTED, report("ready")), [])
        self.assertEqual(self.problems({"refused": {"9": "define"}, "unknown": "domain-viommu"}, STARTED,
                                       report("undetermined", ("domain-viommu", "unknown", "")), "11"), [])

    def test_disagreements(self):
        right = report("not-ready", ("domain-addresses", "fail", "Attempted double use"))
        case = {"refused": "define", "check": "domain-addresses"}
        self.assertTrue(self.problems(case, REFUSED, report("ready")), "said ready, was refused")
        self.assertTrue(self.problems(case, STARTED, right), "said not ready, started")
        self.assertTrue(self.problems({}, STARTED, report("undetermined")))
        self.assertTrue(self.problems({"refused": "start"}, REFUSED, right), "refused elsewhere than the table says")
        self.assertTrue(self.problems({"refused": "define", "check": "domain-rom"}, REFUSED, right), "another rule says so")
        self.assertTrue(self.problems(case, REFUSED, report("not-ready", ("domain-addresses", "fail", "other words"))))
        self.assertTrue(self.problems({"despite": "domain-memory"}, STARTED, report("ready")))
        self.assertTrue(self.problems(case, REFUSED, None), "no report at all")

    def test_what_virsh_said(self):
        output = ("===a definevirsh # define a.xml\nerror: Failed to define a\nerror: XML error: no\nvirsh # echo\n===a end\n"
                  "===b define\n===b start\nDomain 'b' started\n===b end\n")
        said = truths(output, ["a", "b"])
        self.assertEqual((said["a"]["refused"], said["b"]["refused"]), ("define", None))
        self.assertIn("XML error: no", said["a"]["words"])
        with self.assertRaises(SystemExit):
            truths("", ["a"])
        self.assertEqual(major_version("Using library: libvirt 11.3.0\n"), "11")

    def test_short_form_of_a_hostdev(self):
        xml = domain_xml({"name": "x", "devices": "@01:00.0{<rom bar='off'/>}@02:00.1"}, "kvm")
        self.assertEqual(xml.count("<hostdev"), 2)
        self.assertIn("function='0x1'/></source></hostdev>", xml)
        self.assertIn("<rom bar='off'/></hostdev>", xml)


if __name__ == "__main__":
    unittest.main()
