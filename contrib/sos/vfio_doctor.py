# SPDX-License-Identifier: GPL-2.0-or-later
"""sos plugin: what vfio-doctor says about this host, and a redacted snapshot to replay it with.

Copy it to sos/report/plugins/ of the installed sos (python3 -c 'import sos; print(sos.__path__)'), then:
    sos report --only-plugins vfio_doctor
"""
from sos.report.plugins import Plugin, DebianPlugin, IndependentPlugin, RedHatPlugin, UbuntuPlugin


# IndependentPlugin alone is not enough: the Debian policy of sos 4.0 (Debian 12) takes only plugins of its own distribution.
class VfioDoctor(Plugin, IndependentPlugin, RedHatPlugin, DebianPlugin, UbuntuPlugin):

    short_desc = 'Readiness of this host for PCI passthrough (VFIO)'
    plugin_name = 'vfio_doctor'
    profiles = ('virt', 'hardware')
    packages = ('vfio-doctor',)
    commands = ('vfio-doctor',)

    def setup(self):
        # Reads only, wakes no sleeping device, and ends in about a second.
        self.add_cmd_output([
            'vfio-doctor --all',
            'vfio-doctor --format json',
            'vfio-doctor groups',
            'vfio-doctor plugins',
        ])
        self.add_copy_spec('/etc/vfio-doctor.conf')
        # Redacted by vfio-doctor itself, and the same facts for whoever replays it.
        self.add_cmd_output('vfio-doctor snapshot -o -', suggest_filename='vfio-doctor.tar.zst', binary=True, stderr=False)
