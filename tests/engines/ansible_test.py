#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The Ansible collection, built and installed as ansible-galaxy does it, against three sshd on loopback that stand for three hosts: each
has its own --root, a recorded host of tests/hosts laid out as a directory.

usage: ansible_test.py PROGRAM SOURCE_DIRECTORY

Skipped, by name, where ansible-playbook, sshd or ssh is not installed (scripts/dependencies.sh, set engines), or where this is not root:
sshd lets nobody else start sessions for other users, and refuses loose permissions.
"""
import getpass
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SKIPPED = 77
PROGRAM, TOP = pathlib.Path(sys.argv.pop(1)).resolve(), pathlib.Path(sys.argv.pop(1)).resolve()
SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
HOSTS = {"node-a": "grub-edited-not-generated", "node-b": "bls-generated-not-booted", "node-c": "grub-edited-not-generated"}


def lay_out(machine, directory):
    """A recorded machine (machine/machine_text.hpp, plain records alone) as a tree that --root reads."""
    lines = machine.read_text().splitlines()
    at = 0
    while at < len(lines):
        verb, _, rest = lines[at].partition(" ")
        at += 1
        content = []
        while at < len(lines) and lines[at].startswith("|"):
            content.append(lines[at][2:])
            at += 1
        if verb not in ("text", "file", "hex", "link", "dir", "seen"):
            continue
        path, _, value = rest.partition(" ")
        path = directory / path.replace("\\x20", " ").lstrip("/")
        (path if verb == "dir" else path.parent).mkdir(parents=True, exist_ok=True)
        if verb == "text":
            path.write_text(value.removeprefix("= ") + "\n")
        elif verb == "file":
            path.write_text("".join(line + "\n" for line in content))
        elif verb == "hex":
            path.write_bytes(bytes.fromhex(" ".join(content)))
        elif verb == "link":
            path.symlink_to(value)
        elif verb == "seen":
            path.touch()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(port):
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("sshd does not listen")


class Ansible(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="vfio-doctor-ansible-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        os.makedirs("/run/sshd", exist_ok=True)  # where sshd separates its privileges
        for name in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", cls.directory / name], check=True)
        shutil.copy(cls.directory / "user_key.pub", cls.directory / "authorized_keys")
        inventory = ["all:", "  hosts:"]
        for host, machine in HOSTS.items():
            root = cls.directory / host / "root"
            lay_out(TOP / f"tests/hosts/{machine}.machine", root)
            port = cls.start_sshd(host)
            inventory += [f"    {host}:", "      ansible_host: 127.0.0.1", f"      ansible_port: {port}",
                          f"      vfio_doctor_program: {cls.directory}/{host}/vfio-doctor",
                          f"      vfio_doctor_facts_directory: {cls.directory}/{host}/facts.d",
                          f"      vfio_doctor_options: ['--root', '{root}']"]
        inventory += ["  vars:", f"    ansible_user: {getpass.getuser()}", f"    ansible_ssh_private_key_file: {cls.directory}/user_key",
                      f"    ansible_python_interpreter: {sys.executable}", "    vfio_doctor_become: false", "    vfio_doctor_reboot: false",
                      f"    vfio_doctor_program_source: {PROGRAM}", f"    vfio_doctor_reports: {cls.directory}/reports"]
        (cls.directory / "inventory.yml").write_text("\n".join(inventory) + "\n")
        (cls.directory / "reports").mkdir()
        (cls.directory / "facts.yml").write_text(
            "- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.builtin.setup: {fact_path: '{{ vfio_doctor_facts_directory }}', "
            "gather_subset: ['!all', '!min', local]}\n    - ansible.builtin.debug: "
            "{msg: 'FACT {{ inventory_hostname }} {{ ansible_local.vfio_doctor.verdict }} {{ ansible_local.vfio_doctor.next_boot.verdict }}'}\n")
        cls.environment = {"PATH": os.environ["PATH"], "HOME": str(cls.directory), "LC_ALL": "C.UTF-8", "ANSIBLE_HOST_KEY_CHECKING": "False",
                           "ANSIBLE_COLLECTIONS_PATH": str(cls.directory / "collections"), "ANSIBLE_NOCOLOR": "1",
                           "ANSIBLE_LOCALHOST_WARNING": "False"}
        cls.galaxy("build", TOP / "contrib/ansible", "--output-path", cls.directory)
        cls.galaxy("install", cls.directory / "vfio_doctor-host-0.1.0.tar.gz", "--collections-path", cls.directory / "collections")

    @classmethod
    def galaxy(cls, *words):
        subprocess.run(["ansible-galaxy", "collection", *words], check=True, stdout=subprocess.DEVNULL, env=cls.environment, timeout=120)

    @classmethod
    def start_sshd(cls, host):
        port = free_port()
        config = cls.directory / host / "sshd_config"
        config.write_text(f"ListenAddress 127.0.0.1:{port}\nHostKey {cls.directory}/host_key\nPidFile none\nStrictModes no\nUsePAM no\n"
                          f"PasswordAuthentication no\nSubsystem sftp internal-sftp\nPermitRootLogin prohibit-password\nAuthorizedKeysFile {cls.directory}/authorized_keys\n")
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", config], stderr=subprocess.DEVNULL)
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.terminate)
        wait_for(port)
        return port

    def play(self, playbook, *options, extra=("-e", "vfio_doctor_reboot=false")):
        """Whatever else is wrong, this machine is not booted: nothing wins over -e."""
        return subprocess.run(["ansible-playbook", "-i", self.directory / "inventory.yml", playbook, *options, *extra], capture_output=True, text=True,
                              check=False, timeout=600, env=self.environment)

    def recap(self, result):
        """{host: {"ok": N, "changed": N, "failed": N, ...}}"""
        lines = result.stdout.partition("PLAY RECAP")[2].splitlines()[1:]
        return {line.split()[0]: {key: int(value) for key, value in (word.split("=") for word in line.split() if "=" in word)}
                for line in lines if " : " in line}

    def test_1_check_mode_changes_nothing(self):
        result = self.play("vfio_doctor.host.collect", "--check")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("is not on node-a yet", result.stdout)
        for host in HOSTS:
            self.assertEqual(sorted(path.name for path in (self.directory / host).iterdir()), ["root", "sshd_config"])
        self.assertEqual(list((self.directory / "reports").iterdir()), [])

    def test_2_collects_reports_and_facts(self):
        result = self.play("vfio_doctor.host.collect")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(sorted(path.name for path in (self.directory / "reports").iterdir()), [f"{host}.json" for host in HOSTS])
        report = json.loads((self.directory / "reports/node-b.json").read_text())
        self.assertEqual((report["verdict"], report["next_boot"]["verdict"]), ("ready", "not-ready"))
        again = self.play("vfio_doctor.host.collect")
        self.assertEqual({host: counts["changed"] for host, counts in self.recap(again).items()}, {host: 0 for host in HOSTS}, again.stdout)
        checked = self.play("vfio_doctor.host.collect", "--check")
        self.assertEqual(checked.returncode, 0, checked.stdout)
        facts = self.play(self.directory / "facts.yml")
        self.assertIn("FACT node-a ready ready", facts.stdout)
        self.assertIn("FACT node-b ready not-ready", facts.stdout)

    def test_3_the_fleet_reads_what_was_collected(self):
        fleet = subprocess.run([PROGRAM, "fleet", self.directory / "reports", "--format", "json"], capture_output=True, check=False, timeout=60)
        self.assertEqual(fleet.returncode, 0, fleet.stderr)
        summary = json.loads(fleet.stdout)
        self.assertEqual(summary["hosts"], 3)
        self.assertEqual([(one["verdict"], one["hosts"]) for one in summary["next_boot"]], [("not-ready", 1)])

    def test_4_a_rolling_upgrade_stops_where_passthrough_would_break(self):
        result = self.play("vfio_doctor.host.rolling_kernel_upgrade")
        self.assertNotEqual(result.returncode, 0)
        recap = self.recap(result)
        self.assertIn("node-b", recap, result.stdout + result.stderr)
        self.assertEqual((recap["node-a"]["failed"], recap["node-b"]["failed"]), (0, 1), result.stdout)
        self.assertNotIn("node-c", recap, "the one behind it was touched")
        self.assertIn("switches the IOMMU off", result.stdout)
        spared = self.play("vfio_doctor.host.rolling_kernel_upgrade", "--limit", "node-a,node-c")
        self.assertEqual(spared.returncode, 0, spared.stdout + spared.stderr)
        dry = self.play("vfio_doctor.host.rolling_kernel_upgrade", "--check", "--limit", "node-b")
        self.assertNotEqual(dry.returncode, 0, "check mode says what would happen")

    def test_4_the_inventory_can_forbid_the_boot(self):
        playbook = (TOP / "contrib/ansible/playbooks/rolling_kernel_upgrade.yml").read_text()
        self.assertNotRegex(playbook, r"(?m)^ +vars:", "variables of a play win over the inventory's")
        # Instead of booting: what the inventory says of it.
        shown = self.directory / "shown.yml"
        shown.write_text("- import_playbook: vfio_doctor.host.rolling_kernel_upgrade\n")
        tasks = self.play(shown, "--limit", "node-a", extra=("--check",))
        self.assertEqual(tasks.returncode, 0, tasks.stdout)
        self.assertRegex(tasks.stdout, r"TASK \[Boot it\] \*+\nskipping: \[node-a\]")

    def test_5_a_fact_that_cannot_run_is_no_ready_host(self):
        fact = self.directory / "node-c/facts.d/vfio_doctor.fact"
        (self.directory / "node-c/vfio-doctor").unlink()
        result = subprocess.run([fact], capture_output=True, check=False, timeout=60)
        self.assertEqual((result.returncode, json.loads(result.stdout)["verdict"]), (0, "undetermined"))


if __name__ == "__main__":
    missing = [name for name in ("ansible-playbook", "ansible-galaxy", "ssh", "ssh-keygen") if not shutil.which(name)]
    missing += [] if SSHD else ["sshd"]
    if missing or os.geteuid() != 0:
        print("skipped: " + ("not installed: " + ", ".join(missing) if missing else "needs root"))
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
