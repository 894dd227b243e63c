# SPDX-License-Identifier: GPL-2.0-or-later
"""The comparison with a nested guest must be able to fail."""

import copy
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

from vlab.compare_proof import RUNGS, compare_proof, how_far  # noqa: E402
from vlab.topology import Expect, Guest, Topology  # noqa: E402

CARD = "0000:01:00.0"


def finding(rung, status):
    return {"id": f"guest-{rung}", "status": status, "summary": "",
            "evidence": [{"source": "manifest", "value": f"Card (host {CARD})"}]}


PROOF = {"verdict": "ready", "findings": [finding(rung, "pass") for rung in RUNGS]}
CHECK = {"devices": [{"address": CARD, "verdict": "assignable", "companions": [], "reasons": []}]}
TOPOLOGY = Topology("t", "", root="9p", guest=Guest([CARD]), expect=Expect(verdict="ready", proof={CARD: "works"}))


class CompareProof(unittest.TestCase):
    def outcome(self, proof, check=None, exit_code="0"):
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            (directory / "verify.json").write_text(json.dumps(proof))
            (directory / "verify.exit").write_text(exit_code)
            (directory / "check.json").write_text(json.dumps(check or CHECK))
            return compare_proof(TOPOLOGY, directory)

    def test_agreement(self):
        outcome = self.outcome(PROOF)
        self.assertEqual(outcome.agreements, [CARD])
        self.assertEqual(outcome.disagreements, [])

    def test_a_wrong_rung(self):
        for rung in RUNGS:
            for status in ("fail", "unknown", "error"):
                proof = copy.deepcopy(PROOF)
                proof["findings"][RUNGS.index(rung)]["status"] = status
                self.assertTrue(self.outcome(proof).disagreements, f"{rung} {status}")

    def test_a_device_that_is_not_spoken_of(self):
        self.assertEqual(how_far(PROOF, "0000:09:00.0"), "missing at PRESENT")

    def test_a_wrong_verdict_or_exit_code(self):
        self.assertTrue(self.outcome({**PROOF, "verdict": "undetermined"}, exit_code="3").disagreements)
        self.assertTrue(self.outcome(PROOF, exit_code="1").disagreements)

    def test_a_host_that_said_it_would_not_go(self):
        for change in ({"verdict": "blocked"}, {"companions": ["0000:02:00.0"]}, {"address": "0000:02:00.0"}):
            check = copy.deepcopy(CHECK)
            check["devices"][0].update(change)
            self.assertTrue(self.outcome(PROOF, check).disagreements, change)

    def test_no_proof(self):
        with tempfile.TemporaryDirectory() as name:
            self.assertTrue(compare_proof(TOPOLOGY, Path(name)).disagreements)


if __name__ == "__main__":
    unittest.main()
