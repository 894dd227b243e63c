#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prometheus and node_exporter really read what vfio-doctor writes for them, and the alerts of contrib/ fire and recover.

usage: prometheus_test.py PROGRAM SOURCE_DIRECTORY

Skipped, by name, where prometheus, promtool or prometheus-node-exporter is not installed (scripts/dependencies.sh, set engines).
"""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

SKIPPED = 77
NEEDED = ("prometheus", "promtool", "prometheus-node-exporter")
PROGRAM, TOP = pathlib.Path(sys.argv.pop(1)).resolve(), pathlib.Path(sys.argv.pop(1)).resolve()
RULES = TOP / "contrib/prometheus/vfio-doctor.rules.yml"
PATIENCE = 120  # seconds until a program that says nothing has failed


def report(*options):
    result = subprocess.run([PROGRAM, *options, "--format", "prometheus"], capture_output=True, check=False, timeout=60)
    assert result.returncode in (0, 1, 3), result.stderr
    return result.stdout


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if value := condition():
                return value
        except OSError:
            pass  # it does not listen yet
        time.sleep(0.2)
    raise AssertionError(f"{what}: not within {PATIENCE} seconds")


class Promtool(unittest.TestCase):
    def test_metrics_of_every_recorded_host_are_well_formed(self):
        machines = sorted((TOP / "tests/hosts").glob("*.machine"))
        self.assertGreater(len(machines), 20)
        empty = tempfile.mkdtemp(prefix="vfio-doctor-empty-")
        self.addCleanup(shutil.rmtree, empty)
        os.mkdir(f"{empty}/etc")
        for options in [("--sample", "hm170"), ("--root", empty)] + [("--from", machine) for machine in machines]:
            checked = subprocess.run(["promtool", "check", "metrics"], input=report(*options), capture_output=True, check=False, timeout=60)
            self.assertEqual((checked.returncode, checked.stderr), (0, b""), options)

    def test_promtool_can_refuse(self):
        checked = subprocess.run(["promtool", "check", "metrics"], input=report("--sample", "hm170") + b"x{y=\"} 1\n", capture_output=True,
                                 check=False, timeout=60)
        self.assertNotEqual(checked.returncode, 0)

    def test_rules(self):
        subprocess.run(["promtool", "check", "rules", RULES], check=True, stdout=subprocess.DEVNULL, timeout=60)
        tests = sorted((TOP / "tests/engines").glob("prometheus_*_test.yml"))
        self.assertEqual(len(tests), 2)
        subprocess.run(["promtool", "test", "rules", *tests], check=True, stdout=subprocess.DEVNULL, timeout=120)
        alerts = set(re.findall(r"alert: (\w+)", RULES.read_text()))
        tried = set(re.findall(r"alertname: (\w+)", "".join(test.read_text() for test in tests)))
        self.assertEqual(alerts, tried)


class Scrape(unittest.TestCase):
    """One Prometheus, one exporter, on loopback."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vfio-doctor-prometheus-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.metrics = self.directory / "textfile"
        self.metrics.mkdir()
        exporter, self.port = free_port(), free_port()
        self.start("prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
                   f"--collector.textfile.directory={self.metrics}", f"--web.listen-address=127.0.0.1:{exporter}")
        # The same rules, without the patience that a person wants of them.
        (self.directory / "rules.yml").write_text(re.sub(r"for: \w+", "for: 0s", RULES.read_text()))
        (self.directory / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [rules.yml]\n"
            f"scrape_configs: [{{job_name: node, static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]}}]\n")
        self.start("prometheus", f"--config.file={self.directory}/prometheus.yml", f"--storage.tsdb.path={self.directory}/data",
                   f"--web.listen-address=127.0.0.1:{self.port}")

    def start(self, *command):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

    def write(self, *options):
        """As the timer does it: -o replaces the file whole."""
        result = subprocess.run([PROGRAM, *options, "-o", self.metrics / "vfio-doctor.prom"], check=False, timeout=60)
        self.assertIn(result.returncode, (0, 1, 3))

    def ask(self, path, **arguments):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?" + urllib.parse.urlencode(arguments)
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def value(self, query):
        result = self.ask("query", query=query)["result"]
        return result[0]["value"][1] if result else None

    def firing(self, name):
        return [one for one in self.ask("alerts")["alerts"] if one["labels"]["alertname"] == name and one["state"] == "firing"]

    def panels(self):
        dashboard = json.loads((TOP / "contrib/prometheus/grafana-dashboard.json").read_text())
        return [(panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel.get("targets", [])]

    def test_a_host_that_breaks_and_is_mended(self):
        self.write("--sample", "hm170")
        until(lambda: self.value("vfio_doctor_host_ready") == "1", "the first scrape")
        self.assertEqual(self.value("node_textfile_scrape_error"), "0")
        self.assertEqual(self.value('vfio_doctor_devices{verdict="assignable"}'),
                         re.search(rb'devices\{verdict="assignable"\} (\d+)', report("--sample", "hm170"))[1].decode())
        self.assertEqual(self.firing("VfioHostNotReady"), [])
        self.write("--from", TOP / "tests/hosts/vtd-iommu-off.machine")
        until(lambda: self.value("vfio_doctor_host_ready") == "0", "the second scrape")
        until(lambda: self.firing("VfioHostNotReady"), "VfioHostNotReady fires")
        until(lambda: self.firing("VfioVerdictRegressed"), "VfioVerdictRegressed fires")
        for title, expression in self.panels():
            expression = expression.replace("$job", "node").replace("$instance", ".*").replace("$__range", "1h").replace("$__interval", "1m")
            self.assertIn(self.ask("query", query=expression)["resultType"], ("vector", "scalar"), title)
        self.write("--sample", "hm170")
        until(lambda: not self.firing("VfioHostNotReady") and not self.firing("VfioVerdictRegressed"), "they recover")

    def test_the_next_boot(self):
        self.write("--from", TOP / "tests/hosts/bls-generated-not-booted.machine")
        until(lambda: self.value("vfio_doctor_next_boot_ready") == "0", "the scrape")
        self.assertEqual(self.value("vfio_doctor_host_ready"), "1")
        until(lambda: self.firing("VfioNextBootBreaks"), "VfioNextBootBreaks fires")
        self.write("--from", TOP / "tests/hosts/vtd-on-by-default.machine")
        until(lambda: self.value("vfio_doctor_next_boot_ready") == "NaN", "NaN arrives as NaN")
        until(lambda: not self.firing("VfioNextBootBreaks"), "what is not known is no alarm")


if __name__ == "__main__":
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        print("skipped: not installed: " + ", ".join(missing))
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
