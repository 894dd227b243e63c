#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels in the forms that Debian packs them, which topologies run on which, and the table over several kernels."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

from vlab.bench import Bench  # noqa: E402
from vlab.compare import Outcome  # noqa: E402
from vlab.debian import version_key  # noqa: E402
from vlab.kernel import Kernel, parts_of  # noqa: E402
from vlab.machine import Boot  # noqa: E402
from vlab.qemu import Qemu  # noqa: E402
from vlab.table import Column, Row, keep, kept_columns, print_table  # noqa: E402
from vlab.topology import Topology  # noqa: E402


class FewModels(Qemu):
    version = "7.2"

    def has(self, model):
        return model != "igb"


class KernelTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = Path(scratch.name)

    def write(self, *names):
        for name in names:
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")

    def test_in_boot(self):
        self.write("boot/vmlinuz-6.1.0-77-amd64", "boot/config-6.1.0-77-amd64", "lib/modules/6.1.0-77-amd64/kernel/nvme.ko")
        kernel = Kernel(self.directory)
        self.assertEqual((kernel.version, kernel.release, kernel.kind), ("6.1.0-77-amd64", "6.1", "modules"))
        self.assertTrue(kernel.config.exists() and kernel.has("nvme"))

    def test_all_in_usr_lib_modules(self):
        self.write(*(f"usr/lib/modules/7.4.2-amd64/{name}" for name in ("vmlinuz", "config", "kernel/igb.ko.xz")))
        kernel = Kernel(self.directory)
        self.assertEqual((kernel.version, kernel.release), ("7.4.2-amd64", "7.4"))
        self.assertTrue(kernel.config.exists() and kernel.has("igb"))

    def test_without_modules(self):
        self.write("boot/vmlinuz-6.12.9", "boot/config-6.12.9")
        self.assertEqual(Kernel(self.directory).kind, "iommufd")

    def test_what_runs_where(self):
        self.write("boot/vmlinuz-6.9.1", "lib/modules/6.9.1/kernel/nvme.ko")
        bench = Bench(Kernel(self.directory), FewModels(("qemu",)), "amd64", b"", Path(), "")
        reasons = {"needs": "QEMU 7.2 has no igb", "since": "it needs Linux 6.11", "modules": "has no virtio_iommu",
                   "kernel_kind": "of the kind iommufd, not modules"}
        for key, value in (("needs", ["e1000e", "igb"]), ("since", "6.11"), ("modules", ["virtio_iommu"]), ("kernel_kind", "iommufd")):
            self.assertIn(reasons[key], bench.why_not(Topology("t", "", **{key: value})))
        self.assertEqual(bench.why_not(Topology("t", "", needs=["e1000e"], since="6.9", kernel_kind="any", iommu="amd")), "")

    def test_new_qemus_make_no_amd_host(self):
        self.write("boot/vmlinuz-6.9.1", "lib/modules/6.9.1/kernel/nvme.ko")
        newer = FewModels(("qemu",))
        newer.__dict__["version"] = "10.0"
        bench = Bench(Kernel(self.directory), newer, "amd64", b"", Path(), "")
        self.assertIn("AMD-Vi", bench.why_not(Topology("t", "", iommu="amd")))
        self.assertEqual(bench.why_not(Topology("t", "", iommu="intel")), "")

    def test_six_twelve_comes_after_six_two(self):
        self.assertGreater(version_key("6.12"), version_key("6.2"))
        self.assertGreater(version_key("linux-image-6.12.95+deb13"), version_key("linux-image-6.12.9+deb13"))

    def test_an_image_package_may_stand_for_three(self):
        depends = "".join(f"  Depends: linux-{part}-7.2.13-amd64\n" for part in ("base", "binary", "modules"))
        self.assertEqual(parts_of("linux-image-7.2.13-amd64", depends),
                         ["linux-binary-7.2.13-amd64", "linux-modules-7.2.13-amd64", "linux-base-7.2.13-amd64"])
        self.assertEqual(parts_of("linux-image-6.12.9-amd64", "  Depends: linux-base\n"), [])


class TableTest(unittest.TestCase):
    def table(self, *columns):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            code = print_table(list(columns))
        return code, out.getvalue()

    def test_a_column_for_each_kernel(self):
        good = Column("6.1/7.2", {"one": (Outcome(["a", "b"], {}, [], 3), 9.0)}, {"two": "QEMU 7.2 has no igb"})
        other = Column("7.3/11.1", {"one": (Outcome(["a"], {}, [], 3), 8.0), "two": (Outcome(["c"], {}, [], 1), 4.0)}, {})
        code, text = self.table(good, other)
        self.assertEqual(code, 0)
        self.assertRegex(text, r"one +2/3 9s +1/3 8s")
        self.assertRegex(text, r"two +- +1/1 4s")
        self.assertRegex(text, r"functions +3 +4 +all: 7")
        self.assertIn("skipped on 6.1/7.2: two: QEMU 7.2 has no igb", text)

    def test_one_disagreement_fails_all(self):
        bad = Column("7.3/11.1", {"one": (Outcome(["a"], {}, ["b is wrong"], 2), 1.0)}, {})
        code, text = self.table(Column("6.1/7.2", {}, {}), bad)
        self.assertEqual(code, 1)
        self.assertIn("DISAGREEMENT 7.3/11.1 one: b is wrong", text)

    def test_kept_outcomes_come_back(self):
        with tempfile.TemporaryDirectory() as scratch:
            directory = Path(scratch) / "6.1-qemu7.2" / "one"
            directory.mkdir(parents=True)
            outcome = Outcome(["a"], {"b": "why"}, ["c"], 3)
            keep(Row(Topology("one", ""), Boot(5.0, directory), outcome), "6.1/7.2")
            column, = kept_columns(Path(scratch))
        self.assertEqual((column.name, column.rows), ("6.1/7.2", {"one": (outcome, 5.0)}))


if __name__ == "__main__":
    unittest.main()
