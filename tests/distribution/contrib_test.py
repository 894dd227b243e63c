#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What contrib/ gives to other programs runs: the sos plugin is executed against a stand-in for sos that writes down what it is asked,
and the reportbug script with the program at hand.

usage: contrib_test.py PROGRAM SOURCE_DIRECTORY
"""
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import types
import unittest

PROGRAM, TOP = pathlib.Path(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1))
SOS_CLASSES = ("Plugin", "IndependentPlugin", "RedHatPlugin", "DebianPlugin", "UbuntuPlugin")


def stand_in():
    """The part of sos.report.plugins that the plugin uses; the names are those of sos 4.0 and later."""
    plugins = types.ModuleType("sos.report.plugins")
    for name in SOS_CLASSES:
        setattr(plugins, name, type(name, (), {}))

    def add_cmd_output(self, commands, suggest_filename=None, binary=False, stderr=True):
        for command in [commands] if isinstance(commands, str) else commands:
            self.asked.append((command, suggest_filename, binary, stderr))

    plugins.Plugin.add_cmd_output = add_cmd_output
    plugins.Plugin.add_copy_spec = lambda self, path: self.copied.append(path)
    return {"sos": types.ModuleType("sos"), "sos.report": types.ModuleType("sos.report"), "sos.report.plugins": plugins}


def sos_plugin():
    sys.modules.update(stand_in())
    names = {}
    file = TOP / "contrib/sos/vfio_doctor.py"
    exec(compile(file.read_text(), str(file), "exec"), names)
    plugin = names["VfioDoctor"]()
    plugin.asked, plugin.copied = [], []
    plugin.setup()
    return plugin


class Sos(unittest.TestCase):
    def test_every_distribution_takes_it(self):
        kinds = {kind.__name__ for kind in type(sos_plugin()).__mro__}
        self.assertLessEqual(set(SOS_CLASSES), kinds, "the Debian policy of sos 4.0 takes no IndependentPlugin")

    def test_what_it_asks_is_answered(self):
        asked = sos_plugin().asked
        self.assertGreaterEqual(len(asked), 4)
        for command, _, _, _ in asked:
            words = shlex.split(command)
            self.assertEqual(words[0], "vfio-doctor")
            result = subprocess.run([PROGRAM, *words[1:]], capture_output=True, check=False, timeout=60)
            self.assertNotEqual(result.returncode, 2, f"{command}: {result.stderr}")
            self.assertTrue(result.stdout, command)

    def test_snapshot_is_kept_byte_for_byte(self):
        """sos adds standard error to what it keeps unless it is told not to: then the archive cannot be read."""
        snapshots = [one for one in sos_plugin().asked if "snapshot" in one[0]]
        self.assertEqual(len(snapshots), 1)
        _, name, binary, stderr = snapshots[0]
        self.assertTrue(name.endswith(".tar.zst") and binary and not stderr, snapshots[0])


class Reportbug(unittest.TestCase):
    def test_descriptor_three_holds_the_report(self):
        with tempfile.TemporaryDirectory() as directory:
            os.symlink(PROGRAM.resolve(), pathlib.Path(directory) / "vfio-doctor")
            script = TOP / "contrib/reportbug/vfio-doctor"
            result = subprocess.run(["sh", "-c", f"exec 3>&1 1>&2; . {shlex.quote(str(script))}"], capture_output=True, text=True, check=False,
                                    timeout=60, env={"PATH": f"{directory}:{os.environ['PATH']}"})
        lines = result.stdout.splitlines()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(lines[1], r"^-- vfio-doctor \S+ says:$")
        self.assertIn("-- Plugins:", lines)
        self.assertTrue(any(line.startswith(("Ready:", "Not ready:", "Undetermined:")) for line in lines), result.stdout)

    def test_without_the_program_it_is_silent(self):
        script = TOP / "contrib/reportbug/vfio-doctor"
        result = subprocess.run(["/bin/sh", "-c", f"exec 3>&1 1>&2; . {shlex.quote(str(script))}"], capture_output=True, text=True, check=False,
                                env={"PATH": "/nowhere"})
        self.assertEqual((result.returncode, result.stdout), (0, ""))


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class Units(unittest.TestCase):
    """systemd itself reads the unit files: all, so that one finds the other that it names."""

    def complaints(self, change=lambda text: text):
        with tempfile.TemporaryDirectory() as directory:
            units = []
            for unit in sorted((TOP / "contrib/systemd").iterdir()):
                units.append(pathlib.Path(directory) / unit.name)
                units[-1].write_text(change(unit.read_text().replace("/usr/bin/vfio-doctor", str(PROGRAM))))
            ended = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, timeout=60)
            # Of an unknown key it only warns.
            return [line for line in (ended.stdout + ended.stderr).splitlines() if any(unit.name in line for unit in units)]

    def test_are_read_without_a_complaint(self):
        self.assertEqual(self.complaints(), [])

    def test_a_complaint_would_be_seen(self):
        self.assertNotEqual(self.complaints(lambda text: text.replace("[Unit]", "[Unit]\nNoSuchKey=1")), [])
        self.assertNotEqual(self.complaints(lambda text: text.replace("ExecStart=/", "ExecStart=/no-such-directory/")), [])


class Hookscript(unittest.TestCase):
    """Proxmox VE runs it as PATH VMID PHASE, and takes any exit code but 0 of pre-start for a refusal."""

    def code(self, program, phase="pre-start"):
        with tempfile.TemporaryDirectory() as directory:
            stand_in, script = pathlib.Path(directory) / "vfio-doctor", pathlib.Path(directory) / "guard"
            if program is not None:
                stand_in.write_text('#!/bin/sh\necho "$@" >"$0.asked"\n' + program)
                stand_in.chmod(0o755)
            text = (TOP / "contrib/proxmox/vfio-doctor-guard").read_text()
            self.assertEqual(text.count("program=/usr/bin/vfio-doctor\n"), 1)
            script.write_text(text.replace("program=/usr/bin/vfio-doctor\n", f"program={stand_in}\n"))
            script.chmod(0o755)
            ended = subprocess.run([script, "207", phase], capture_output=True, timeout=60)
            asked = pathlib.Path(str(stand_in) + ".asked")
            if asked.exists():
                self.assertEqual(asked.read_text(), f"guard -- 207 {phase}\n")
            return ended.returncode

    def test_only_a_refusal_stops_a_start(self):
        self.assertEqual(self.code("exit 1"), 1)
        for program in ("exit 0", "exit 2", "exit 3", "exit 127", "kill -SEGV $$", None):
            self.assertEqual(self.code(program), 0, program)
        self.assertEqual(self.code("exit 0", "post-stop"), 0)

    def test_the_program_itself_reads_the_guest(self):
        self.assertEqual(self.code(f'exec {PROGRAM} "$@"'), 0)  # there is no guest 207 here: its own failure, and no refusal


FAKE_VIRSH = """#!/bin/sh
echo "$LIBVIRT_DEFAULT_URI" >>/run/asked
[ "$LIBVIRT_DEFAULT_URI" = qemu:///system ] || { echo "error: failed to get domain 'own'" >&2; exit 1; }
echo "<domain type='kvm'><name>own</name><devices/></domain>"
"""


def can_hide_virsh():
    """Whether another virsh can be put over the system's, for one process: as root, in a mount namespace of its own."""
    tools = all(shutil.which(tool) for tool in ("unshare", "setpriv", "mount")) and os.path.exists("/usr/bin/virsh")
    return tools and os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


@unittest.skipUnless(can_hide_virsh(), "virsh cannot be replaced here (root, unshare, setpriv and a virsh to replace)")
class NormalUser(unittest.TestCase):
    """virt-manager keeps its guests in the system's libvirt: a normal user's virsh asks another one."""

    def run_as(self, user, uri=None):
        with tempfile.TemporaryDirectory() as directory:
            virsh, script = pathlib.Path(directory) / "virsh", pathlib.Path(directory) / "run"
            virsh.write_text(FAKE_VIRSH)
            virsh.chmod(0o755)
            variable = f"LIBVIRT_DEFAULT_URI={uri}" if uri else "-u LIBVIRT_DEFAULT_URI"
            script.write_text("set -e\nmount -t tmpfs none /run\ntouch /run/asked\nchmod 666 /run/asked\n"
                              f"mount --bind {virsh} /usr/bin/virsh\n"
                              f"setpriv --reuid {user} --clear-groups env {variable} {PROGRAM} check --domain own --json && code=0 "
                              "|| code=$?\necho asked: $(cat /run/asked | tr '\\n' ,) >&2\nexit $code\n")
            ended = subprocess.run(["unshare", "-m", "sh", script], capture_output=True, text=True, timeout=120)
            return ended.returncode, ended.stderr

    def test_the_systems_libvirt_is_asked_after_the_users_own(self):
        code, words = self.run_as(65534)
        self.assertNotEqual(code, 2, words)
        self.assertIn("asked: ,qemu:///system,", words)

    def test_a_choice_of_the_users_is_kept(self):
        code, words = self.run_as(65534, "test:///default")
        self.assertEqual(code, 2, words)
        self.assertIn("asked: test:///default,\n", words)

    def test_root_asks_once(self):
        code, words = self.run_as(0)
        self.assertEqual(code, 2, words)
        self.assertIn("asked: ,\n", words)


if __name__ == "__main__":
    unittest.main()
