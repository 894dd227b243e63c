#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What contrib/ gives to other programs runs: the sos plugin is executed against a stand-in for sos that writes down what it is asked,
and the reportbug script with the program at hand.

usage: contrib_test.py PROGRAM SOURCE_DIRECTORY
"""
import os
import pathlib
import shlex
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


if __name__ == "__main__":
    unittest.main()
