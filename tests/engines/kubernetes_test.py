#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What contrib/kubernetes asks of a cluster: the form of its files, and that the pod's own command does its work with no more than the
capabilities that the manifest gives it. No cluster is needed, and none is tried.

usage: kubernetes_test.py PROGRAM SOURCE_DIRECTORY

Skipped, by name, without PyYAML (it comes with ansible-core), setpriv, unshare or root.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import yaml
except ImportError:
    yaml = None

SKIPPED = 77
PROGRAM, TOP = pathlib.Path(sys.argv.pop(1)).resolve(), pathlib.Path(sys.argv.pop(1)).resolve()
FOLDER = TOP / "contrib/kubernetes"


def seconds(text):
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]


class DaemonSet(unittest.TestCase):
    def setUp(self):
        documents = {one["kind"]: one for one in yaml.safe_load_all((FOLDER / "daemonset.yaml").read_text())}
        self.assertEqual(set(documents), {"Namespace", "ServiceAccount", "DaemonSet"})
        self.daemons, self.account = documents["DaemonSet"], documents["ServiceAccount"]
        self.pod = self.daemons["spec"]["template"]["spec"]
        self.container = self.pod["containers"][0]

    def test_selects_its_own_pods(self):
        labels = self.daemons["spec"]["template"]["metadata"]["labels"]
        self.assertLessEqual(self.daemons["spec"]["selector"]["matchLabels"].items(), labels.items())
        self.assertEqual({one["name"] for one in self.pod["volumes"]}, {one["name"] for one in self.container["volumeMounts"]})

    def test_asks_for_no_more_than_it_needs(self):
        security = self.container["securityContext"]
        self.assertEqual((security["privileged"], security["allowPrivilegeEscalation"], security["readOnlyRootFilesystem"]), (False, False, True))
        self.assertEqual(security["capabilities"], {"drop": ["ALL"], "add": ["DAC_READ_SEARCH", "SYS_PTRACE"]})
        self.assertFalse(self.account["automountServiceAccountToken"] or self.pod["automountServiceAccountToken"])
        for right in ("hostNetwork", "hostPID", "hostIPC"):
            self.assertNotIn(right, self.pod)
        mounts = {one["name"]: one for one in self.container["volumeMounts"]}
        self.assertTrue(mounts["host"]["readOnly"])

    def test_its_command_works_with_these_rights(self):
        command = re.search(r"vfio-doctor (.*)", self.container["args"][0])[1].split()
        capabilities = ",".join(["-all"] + ["+" + one.lower() for one in self.container["securityContext"]["capabilities"]["add"]])
        with tempfile.TemporaryDirectory() as directory:
            host, features = pathlib.Path(directory) / "host", pathlib.Path(directory) / "features"
            host.mkdir(), features.mkdir()
            words = [str(host) if word == "/host" else word.replace("/features", str(features)) for word in command]
            script = ('mount --rbind / "$1" && mount --make-rprivate "$1" && mount -t proc proc /proc && capabilities=$2 && shift 2 && '
                      'exec setpriv --no-new-privs --bounding-set "$capabilities" --inh-caps "$capabilities" "$@"')
            result = subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "sh", "-c", script, "sh", str(host), capabilities, PROGRAM,
                                     *words], capture_output=True, check=False, timeout=120)
            self.assertIn(result.returncode, (0, 1, 3), result.stderr)
            self.assertEqual([one.name for one in features.iterdir()], ["vfio-doctor"], "nothing else is left there")
            self.assertRegex((features / "vfio-doctor").read_text(), r"(?m)^feature\.node\.kubernetes\.io/vfio\.ready=(true|false|undetermined)$")


class NodeProblemDetector(unittest.TestCase):
    """The rules of pkg/custompluginmonitor/types/config.go, ApplyConfiguration() and Validate()."""

    def setUp(self):
        self.config = json.loads((FOLDER / "vfio-doctor-monitor.json").read_text())

    def test_form(self):
        self.assertEqual(self.config["plugin"], "custom")
        conditions = {one["type"] for one in self.config["conditions"]}
        for rule in self.config["rules"]:
            self.assertLessEqual(seconds(rule["timeout"]), seconds(self.config["pluginConfig"]["timeout"]))
            self.assertIn(rule["condition"], conditions)

    def test_the_program_answers_as_a_plugin(self):
        rule = self.config["rules"][0]
        for sample, code in (("vtd-on-by-default", 0), ("vtd-iommu-off", 1)):
            result = subprocess.run([PROGRAM, *rule["args"], "--from", TOP / f"tests/hosts/{sample}.machine"], capture_output=True, text=True,
                                    check=False, timeout=60)
            self.assertEqual(result.returncode, code)
            message = result.stdout.strip()[:self.config["pluginConfig"]["max_output_length"]]
            self.assertRegex(message, r"^(Ready|Not ready): ")


if __name__ == "__main__":
    missing = [name for name in ("unshare", "setpriv") if not shutil.which(name)] + ([] if yaml else ["PyYAML"])
    if missing or os.geteuid() != 0:
        print("skipped: " + ("not installed: " + ", ".join(missing) if missing else "needs root"))
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
