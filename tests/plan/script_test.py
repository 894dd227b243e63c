#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the script of a plan (--format shell) on a tree of files that answers as sysfs does.

script_test.py VFIO_DOCTOR. The script's paths are turned into the tree's, and the programs that would change the machine
(tee, modprobe, update-grub) are stand-ins that change the tree."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = ""
MACHINE_ID = "0123456789abcdef0123456789abcdef"

TEE = """#!/bin/bash
# As tee, and then what the kernel does with it.
file=$1
cat >"$file" || exit 1
if [ -e "$TREE/fail-$(basename "$file")" ]; then rm -f "$TREE/fail-$(basename "$file")"; exit 1; fi  # once
value=$(cat "$file")
devices=$TREE/sys/bus/pci/devices drivers=$TREE/sys/bus/pci/drivers
take() { ln -sfn "../../../bus/pci/drivers/$2" "$devices/$1/driver"; }
case $file in
  */driver/unbind) rm -f "$devices/$value/driver" ;;
  */drivers_probe)
    wanted=$(cat "$devices/$value/driver_override" 2>/dev/null)
    case $wanted in '' | '(null)') ;; *) take "$value" "$wanted" ;; esac ;;
  */bind) take "$value" "$(basename "$(dirname "$file")")" ;;
esac
"""
MODPROBE = '#!/bin/bash\n[ "$1" = vfio-pci ] && mkdir -p "$TREE/sys/module/vfio_pci"\n'
UPDATE_GRUB = '#!/bin/bash\necho "menu $(cat "$TREE"/etc/default/grub.d/* 2>/dev/null)" >"$TREE/boot/grub/grub.cfg"\n'
UPDATE_INITRAMFS = '#!/bin/bash\necho built >>"$TREE/initramfs.log"\n'


class Tree:
    """A host of files: an unused network card and its twin, a card of two functions in one group."""

    def __init__(self, top: Path, iommu: bool = True):
        self.top = top
        self.iommu = iommu
        self.write("etc/os-release", "ID=debian\nPRETTY_NAME=Tree\n")
        self.write("etc/machine-id", MACHINE_ID + "\n")
        self.write("etc/default/grub", 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n')
        (top / "etc/default/grub.d").mkdir()
        (top / "etc/modprobe.d").mkdir()
        (top / "etc/modules-load.d").mkdir()
        argument = " intel_iommu=on" if iommu else ""
        self.write("boot/grub/grub.cfg", f"menuentry 'Debian' {{\n linux /vmlinuz root=/dev/vda1 ro{argument}\n}}\n")
        self.write("proc/cmdline", f"BOOT_IMAGE=/vmlinuz root=/dev/vda1  ro{argument}\n")
        self.write("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n")
        self.write("proc/sys/kernel/random/boot_id", "first\n")
        self.write("proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: vmx\n")
        self.write("proc/meminfo", "MemTotal: 33554432 kB\nMemAvailable: 30000000 kB\n")
        self.write("proc/self/mountinfo", "22 1 0:5 / / rw - tmpfs tmpfs rw\n")
        self.write("proc/mounts", "tmpfs / tmpfs rw 0 0\n")
        self.write("proc/swaps", "Filename\n")
        self.write("proc/fb", "")
        self.write("proc/iomem", "")
        self.write("proc/net/route", "Iface\n")
        self.write("proc/net/ipv6_route", "")
        remapping = "IR-PCI-MSI-0000:00:1f.2" if iommu else "PCI-MSI-0000:00:1f.2"
        self.write("proc/interrupts", f"            CPU0\n  24:          1  {remapping}    0-edge      ahci\n")
        release = "lib/modules/6.1.0-18-amd64"
        self.write(f"{release}/modules.dep", "kernel/drivers/vfio/pci/vfio-pci.ko:\nkernel/drivers/vfio/vfio_iommu_type1.ko:\n"
                                             "kernel/drivers/vfio/vfio.ko:\n")
        self.write(f"{release}/modules.builtin", "")
        for path in ("sys/kernel/iommu_groups", "sys/class/net", "sys/class/drm", "sys/class/graphics", "sys/class/block",
                     "sys/block", "sys/class/iommu", "sys/module", "sys/bus/pci/drivers/vfio-pci"):
            (top / path).mkdir(parents=True)
        if iommu:
            (top / "sys/devices/virtual/iommu/dmar0").mkdir(parents=True)
            os.symlink("../../devices/virtual/iommu/dmar0", top / "sys/class/iommu/dmar0")
        else:
            table = bytearray(b"DMAR" + (48).to_bytes(4, "little") + bytes(28) + b"\x26\x01" + bytes(10))
            (top / "sys/firmware/acpi/tables").mkdir(parents=True)
            (top / "sys/firmware/acpi/tables/DMAR").write_bytes(table)
        self.write("sys/bus/pci/drivers_probe", "")
        self.function("0000:01:00.0", 0x8086, 0x10d3, 0x020000, 4, "e1000e")
        self.function("0000:02:00.0", 0x8086, 0x10d3, 0x020000, 5, "e1000e")
        self.function("0000:03:00.0", 0x1912, 0x0014, 0x0c0330, 6, "xhci_hcd")
        self.function("0000:03:00.1", 0x1912, 0x0015, 0x118000, 6, None)

    def write(self, path: str, text: str) -> None:
        (self.top / path).parent.mkdir(parents=True, exist_ok=True)
        (self.top / path).write_text(text)

    def function(self, address: str, vendor: int, device: int, kind: int, group: int, driver: str | None) -> None:
        bus = address[5:7]
        directory = f"sys/devices/pci0000:{bus}/{address}"
        self.write(f"{directory}/vendor", f"0x{vendor:04x}\n")
        self.write(f"{directory}/device", f"0x{device:04x}\n")
        self.write(f"{directory}/class", f"0x{kind:06x}\n")
        self.write(f"{directory}/revision", "0x01\n")
        self.write(f"{directory}/driver_override", "(null)\n")
        self.write(f"{directory}/power_state", "D0\n")
        self.write(f"{directory}/power/runtime_status", "active\n")
        self.write(f"{directory}/reset_method", "flr\n")
        self.write(f"{directory}/numa_node", "-1\n")
        config = bytearray(256)
        config[0:4] = vendor.to_bytes(2, "little") + device.to_bytes(2, "little")
        config[8] = 1
        config[9:12] = kind.to_bytes(3, "little")
        (self.top / directory / "config").write_bytes(config)
        text = f"PCI_CLASS={kind:X}\nPCI_ID={vendor:04X}:{device:04X}\nPCI_SUBSYS_ID={vendor:04X}:0001\nPCI_SLOT_NAME={address}\n"
        self.write(f"{directory}/uevent", (f"DRIVER={driver}\n" if driver else "") + text)
        self.write(f"{directory}/resource", "")
        (self.top / "sys/bus/pci/devices").mkdir(parents=True, exist_ok=True)
        os.symlink(f"../../../devices/pci0000:{bus}/{address}", self.top / "sys/bus/pci/devices" / address)
        if driver:
            (self.top / "sys/bus/pci/drivers" / driver).mkdir(parents=True, exist_ok=True)
            os.symlink(f"../../../bus/pci/drivers/{driver}", self.top / directory / "driver")
        if self.iommu:
            members = self.top / f"sys/kernel/iommu_groups/{group}/devices"
            members.mkdir(parents=True, exist_ok=True)
            os.symlink(f"../../../../devices/pci0000:{bus}/{address}", members / address)
            self.write(f"sys/kernel/iommu_groups/{group}/type", "DMA\n")
            self.write(f"sys/kernel/iommu_groups/{group}/reserved_regions", "0x00000000fee00000 0x00000000feefffff msi\n")
            os.symlink(f"../../../kernel/iommu_groups/{group}", self.top / directory / "iommu_group")

    def driver(self, address: str) -> str:
        link = self.top / "sys/bus/pci/devices" / address / "driver"
        return os.path.basename(os.readlink(link)) if link.is_symlink() else ""

    def digest(self) -> dict[str, str]:
        """Every file and link below etc and boot, and the drivers: what --undo must bring back."""
        found = {address: self.driver(address) for address in os.listdir(self.top / "sys/bus/pci/devices")}
        for part in ("etc", "boot"):
            for path in sorted((self.top / part).rglob("*")):
                if path.is_file():
                    found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        for address in os.listdir(self.top / "sys/bus/pci/devices"):
            text = (self.top / "sys/bus/pci/devices" / address / "driver_override").read_text().strip()
            found[address + " override"] = "" if text == "(null)" else text
        return found


class ScriptCase(unittest.TestCase):
    """A tree, and the script of a plan for it."""

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="vfio-doctor-plan."))
        self.addCleanup(shutil.rmtree, self.directory)
        self.tree = Tree(self.directory / "tree")

    def plan(self, *words: str, code: int = 0) -> str:
        ended = subprocess.run([PROGRAM, "plan", "--root", str(self.tree.top), *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.returncode, code, ended.stderr + ended.stdout)
        return ended.stdout

    def script(self, *words: str) -> Path:
        """The script of a plan for the tree, with the tree's paths."""
        text = self.plan(*words, "--format", "shell")
        path = self.directory / "plan.sh"
        path.write_text(text)
        syntax = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True, timeout=60)
        self.assertEqual(syntax.returncode, 0, syntax.stderr)
        if shutil.which("shellcheck"):
            checked = subprocess.run(["shellcheck", "-S", "warning", str(path)], capture_output=True, text=True, timeout=120)
            self.assertEqual(checked.returncode, 0, checked.stdout)
        bin_directory = self.directory / "bin"
        bin_directory.mkdir(exist_ok=True)
        for name, content in {"tee": TEE, "modprobe": MODPROBE, "update-grub": UPDATE_GRUB, "id": "#!/bin/bash\necho 0\n",
                              "update-initramfs": UPDATE_INITRAMFS}.items():
            (bin_directory / name).write_text(content)
            (bin_directory / name).chmod(0o755)
        for directory in ("sys", "proc", "etc", "boot", "efi", "var/lib"):
            for before in (" ", '"', "=", "<", ">", "'"):
                text = text.replace(f"{before}/{directory}/", f"{before}{self.tree.top}/{directory}/")
        text = text.replace("PATH=/usr/sbin:", f"TREE={self.tree.top} PATH={bin_directory}:/usr/sbin:")
        path.write_text(text)
        return path

    def run_script(self, path: Path, *words: str, code: int = 0) -> str:
        ended = subprocess.run(["bash", str(path), *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(ended.returncode, code, ended.stdout + ended.stderr)
        return ended.stdout + ended.stderr


class ScriptTest(ScriptCase):
    def test_without_apply_nothing_changes(self):
        path = self.script("02:00.0")
        before = self.tree.digest()
        self.assertIn("--apply", self.run_script(path))
        self.run_script(path, "--help")
        self.run_script(path, "--what", code=2)
        self.assertEqual(self.tree.digest(), before)
        self.assertFalse((self.tree.top / "var").exists())

    def test_a_device_is_bound_and_given_back(self):
        before = self.tree.digest()
        path = self.script("02:00.0")
        self.run_script(path, "--apply")
        self.assertEqual(self.tree.driver("0000:02:00.0"), "vfio-pci")
        self.assertEqual(self.tree.driver("0000:01:00.0"), "e1000e")
        self.assertIn("done", self.run_script(path, "--apply"))  # nothing is left
        self.run_script(path, "--undo")
        self.assertEqual(self.tree.digest(), before)
        self.assertIn("nothing was done", self.run_script(path, "--undo"))

    def test_a_group_goes_together_and_comes_back(self):
        before = self.tree.digest()
        path = self.script("03:00.0")
        self.run_script(path, "--apply")
        self.assertEqual([self.tree.driver(f"0000:03:00.{n}") for n in (0, 1)], ["vfio-pci", "vfio-pci"])
        self.run_script(path, "--undo")
        self.assertEqual(self.tree.digest(), before)

    def test_another_machine_is_refused(self):
        path = self.script("02:00.0")
        self.tree.write("etc/machine-id", MACHINE_ID[::-1] + "\n")
        self.assertIn("another machine", self.run_script(path, "--apply", code=3))
        self.assertIn("another machine", self.run_script(path, "--undo", code=3))

    def refused_after(self, change, words: str) -> None:
        path = self.script("02:00.0")
        change()
        before = self.tree.digest()
        self.assertIn(words, self.run_script(path, "--apply", code=3))
        self.assertEqual(self.tree.digest(), before)

    def test_another_device_is_refused(self):
        self.refused_after(lambda: self.tree.write("sys/bus/pci/devices/0000:02:00.0/device", "0x10d4\n"), "another device")

    def test_another_driver_is_refused(self):
        link = self.tree.top / "sys/bus/pci/devices/0000:02:00.0/driver"
        self.refused_after(link.unlink, "is held by")

    def test_another_group_is_refused(self):
        members = self.tree.top / "sys/kernel/iommu_groups/5/devices"
        self.refused_after(lambda: os.symlink("../../../../devices/pci0000:03/0000:03:00.0", members / "0000:03:00.0"), "other members")

    def test_another_command_line_is_refused(self):
        self.refused_after(lambda: self.tree.write("proc/cmdline", "root=/dev/vda1 ro\n"), "another command line")

    def test_a_failure_stops_and_is_undone(self):
        before = self.tree.digest()
        path = self.script("03:00.0")
        (self.tree.top / "fail-drivers_probe").touch()
        self.assertIn("failed", self.run_script(path, "--apply", code=1))
        self.assertEqual(self.tree.driver("0000:03:00.0"), "xhci_hcd")  # the step that failed was taken back
        self.assertEqual(self.tree.driver("0000:03:00.1"), "")  # the one behind it was not begun
        self.run_script(path, "--apply")
        self.run_script(path, "--undo")
        self.assertEqual(self.tree.digest(), before)

    def test_every_command_is_looked_at(self):
        path = self.script("02:00.0")
        (self.tree.top / "fail-unbind").touch()  # not the last command of its step
        self.assertIn("failed", self.run_script(path, "--apply", code=1))
        self.assertEqual(self.tree.driver("0000:02:00.0"), "e1000e")

    def test_the_command_line_over_a_start(self):
        shutil.rmtree(self.tree.top)
        self.tree = Tree(self.directory / "tree", iommu=False)
        before = self.tree.digest()
        path = self.script("02:00.0")
        self.assertIn("start the host anew", self.run_script(path, "--apply"))
        self.assertIn("intel_iommu=on", (self.tree.top / "etc/default/grub.d/90-intel_iommu.cfg").read_text())
        self.assertIn("intel_iommu=on", (self.tree.top / "boot/grub/grub.cfg").read_text())
        self.assertIn("start the host anew", self.run_script(path, "--apply"))  # it was not started yet
        self.tree.write("proc/sys/kernel/random/boot_id", "second\n")
        self.assertIn("did not take effect", self.run_script(path, "--apply", code=1))
        self.tree.write("proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet intel_iommu=on\n")
        (self.tree.top / "sys/kernel/iommu_groups/0").mkdir()
        self.assertIn("left for you: plan-again", self.run_script(path, "--apply"))
        self.run_script(path, "--undo")
        self.assertEqual(self.tree.digest(), before)

    def test_files_that_others_changed_since_are_left_to_the_commands(self):
        shutil.rmtree(self.tree.top)
        self.tree = Tree(self.directory / "tree", iommu=False)
        path = self.script("02:00.0")
        self.run_script(path, "--apply")
        self.tree.write("boot/grub/grub.cfg", "a newer kernel's menu\n")
        self.run_script(path, "--undo")
        self.assertFalse((self.tree.top / "etc/default/grub.d/90-intel_iommu.cfg").exists())
        self.assertEqual((self.tree.top / "boot/grub/grub.cfg").read_text(), "menu \n")  # update-grub's, not an old copy

    def test_a_twin_at_the_start_is_reserved_by_its_address(self):
        before = self.tree.digest()
        path = self.script("02:00.0", "--bind", "start")
        self.run_script(path, "--apply")
        text = (self.tree.top / "etc/modprobe.d/vfio-doctor-0000-02-00.0.conf").read_text()
        self.assertIn("install vfio_pci", text)
        self.assertNotIn("ids=", text)
        command = text.split("install vfio_pci ", 1)[1].split("; /sbin/modprobe", 1)[0]
        subprocess.run(["sh", "-c", command], check=True, timeout=30)  # what kmod hands to the shell
        overrides = [(self.tree.top / f"sys/bus/pci/devices/0000:0{n}:00.0/driver_override").read_text() for n in (1, 2)]
        self.assertEqual(overrides, ["(null)\n", "vfio-pci\n"])
        (self.tree.top / "sys/bus/pci/devices/0000:02:00.0/driver_override").write_text("(null)\n")
        self.run_script(path, "--undo")
        self.assertEqual(self.tree.digest(), before)
        self.assertEqual((self.tree.top / "initramfs.log").read_text(), "built\nbuilt\n")

    @unittest.skipUnless(shutil.which("ansible-playbook"), "there is no Ansible")
    def test_ansible_reads_the_tasks(self):
        (self.directory / "tasks.yml").write_text(self.plan("02:00.0", "--bind", "start", "--format", "ansible"))
        play = self.directory / "play.yml"
        play.write_text("- hosts: localhost\n  gather_facts: false\n  tasks:\n    - import_tasks: tasks.yml\n")
        ended = subprocess.run(["ansible-playbook", "--syntax-check", str(play)], capture_output=True, text=True, timeout=120)
        self.assertEqual(ended.returncode, 0, ended.stderr)

    def test_a_refused_plan_makes_a_script_that_refuses(self):
        text = self.plan("0000:03:00.0", "--format", "shell", "--virtual-functions", "2", code=1)
        path = self.directory / "refused.sh"
        path.write_text(text)
        self.assertIn("refused", self.run_script(path, "--apply", code=3))


def efi_variable(text: str) -> bytes:
    return b"\x06\x00\x00\x00" + (text + "\0").encode("utf-16-le")


# What writes the menu sources the settings, as grub-mkconfig does.
MKCONFIG = """#!/bin/bash
. "$TREE/etc/default/grub" || exit 1
printf "menuentry 'Own' {\\n linux /vmlinuz root=/dev/vda1 ro %s %s\\n}\\n" "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT" >"$2"
"""
CARRY = '#!/bin/bash\necho "$(basename "$0") $*" >>"$TREE/carried.log"\n'


class SettingsTest(ScriptCase):
    """Files of other distributions and boot loaders: changed in one line, and brought back byte for byte."""

    def setUp(self):
        super().setUp()
        shutil.rmtree(self.tree.top)
        self.tree = Tree(self.directory / "tree", iommu=False)
        bin_directory = self.directory / "bin"
        bin_directory.mkdir()
        for name, content in {"grub-mkconfig": MKCONFIG, "grub2-mkconfig": MKCONFIG, "mkinitcpio": CARRY, "kernel-install": CARRY,
                              "proxmox-boot-tool": CARRY, "sdboot-manage": CARRY}.items():
            (bin_directory / name).write_text(content)
            (bin_directory / name).chmod(0o755)

    def without_grub(self) -> None:
        shutil.rmtree(self.tree.top / "etc/default")
        shutil.rmtree(self.tree.top / "boot/grub")
        self.tree.write("proc/cmdline", "initrd=\\\\x.img root=/dev/vda1 ro\n")

    def variable(self, name: str, text: str) -> None:
        path = self.tree.top / f"sys/firmware/efi/efivars/{name}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(efi_variable(text))

    def is_run(self, *words: str) -> bool:
        """Whether the edit is a step of the script, and not a person's."""
        text = self.plan(*(words or ("02:00.0",)), "--format", "shell")
        ids = text.split("\nids=(", 1)[1].split(")", 1)[0].split()
        kinds = text.split("\nkinds=(", 1)[1].split(")", 1)[0].split()
        return kinds[ids.index("kernel-arguments")] == "run"

    def there_and_back(self, path: str, wanted: str) -> None:
        before = self.tree.digest()
        script = self.script("02:00.0")
        self.assertIn("start the host anew", self.run_script(script, "--apply"))
        self.assertEqual((self.tree.top / path).read_bytes().decode(), wanted)
        self.run_script(script, "--undo")
        self.assertEqual(self.tree.digest(), before)

    GRUB_KNOWN = (
        'GRUB_CMDLINE_LINUX_DEFAULT="loglevel=3 quiet"\nGRUB_CMDLINE_LINUX=""\n',
        "GRUB_CMDLINE_LINUX_DEFAULT='quiet'\n",
        'GRUB_CMDLINE_LINUX_DEFAULT=""\n',
        '# GRUB_CMDLINE_LINUX_DEFAULT="old"\n#GRUB_CMDLINE_LINUX=""\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n',
        'GRUB_CMDLINE_LINUX_DEFAULT="quiet"',
        'GRUB_CMDLINE_LINUX="rd.luks.uuid=x.y[0]*^ a=b&c d|e f#g &"\n',
        'GRUB_DISTRIBUTOR=`echo x`\nGRUB_CMDLINE_LINUX_DEFAULT="  quiet  splash "\n',
    )
    GRUB_OTHER = (
        "GRUB_CMDLINE_LINUX_DEFAULT=quiet\n",
        "GRUB_TIMEOUT=5\n",
        'GRUB_CMDLINE_LINUX_DEFAULT="a"\nGRUB_CMDLINE_LINUX_DEFAULT="b"\n',
        'GRUB_CMDLINE_LINUX_DEFAULT="quiet \\\nsplash"\n',
        'GRUB_CMDLINE_LINUX_DEFAULT="quiet $EXTRA"\n',
        'if true; then\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\nfi\n',
        '. /etc/other\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n',
        'cat >/dev/null <<E\nGRUB_CMDLINE_LINUX_DEFAULT="x"\nE\n',
        'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\r\n',
        'GRUB_CMDLINE_LINUX_DEFAULT="quiet -- single"\n',
    )

    def test_grub_where_no_drop_ins_are_read(self):
        for os_release, menu in (("ID=arch\n", "boot/grub/grub.cfg"), ('ID=opensuse-tumbleweed\nID_LIKE="suse"\n', "boot/grub2/grub.cfg")):
            self.tree.write("etc/os-release", os_release)
            (self.tree.top / menu).parent.mkdir(exist_ok=True)
            for file in ("boot/grub/grub.cfg", "boot/grub2/grub.cfg"):
                if (self.tree.top / file).exists():
                    (self.tree.top / file).rename(self.tree.top / menu)
            for text in self.GRUB_KNOWN:
                with self.subTest(os_release + text):
                    self.tree.write("etc/default/grub", text)
                    before = self.sourced(text)
                    digest = self.tree.digest()
                    script = self.script("02:00.0")
                    self.assertIn("start the host anew", self.run_script(script, "--apply"))
                    after = self.sourced((self.tree.top / "etc/default/grub").read_text())
                    self.assertEqual(sorted(after), sorted(before + ["intel_iommu=on"]))
                    self.assertIn("intel_iommu=on", (self.tree.top / menu).read_text())
                    self.run_script(script, "--undo")
                    self.assertEqual(self.tree.digest(), digest)
            for text in self.GRUB_OTHER:
                with self.subTest("by hand: " + text):
                    self.tree.write("etc/default/grub", text)
                    self.assertFalse(self.is_run())

    @staticmethod
    def sourced(text: str) -> list[str]:
        command = text + "\nprintf '%s ' \"$GRUB_CMDLINE_LINUX\" \"$GRUB_CMDLINE_LINUX_DEFAULT\"\n"
        return subprocess.run(["bash"], input=command, capture_output=True, text=True, check=True, timeout=30).stdout.split()

    def test_a_line_that_changed_since_is_left_alone(self):
        self.tree.write("etc/os-release", "ID=arch\n")
        script = self.script("02:00.0")
        self.tree.write("etc/default/grub", 'GRUB_CMDLINE_LINUX_DEFAULT="quiet more"\n')
        before = self.tree.digest()
        self.assertIn("failed", self.run_script(script, "--apply", code=1))
        self.assertEqual(self.tree.digest(), before)

    def test_the_line_of_systemd_boot_and_of_images(self):
        self.without_grub()
        self.tree.write("etc/os-release", "ID=arch\n")
        for loader, apply in {"LoaderInfo": "kernel-install add-all", "StubInfo": "mkinitcpio -P"}.items():
            shutil.rmtree(self.tree.top / "sys/firmware/efi", ignore_errors=True)
            self.variable(loader, "systemd-boot 256" if loader == "LoaderInfo" else "systemd-stub 256")
            if loader == "LoaderInfo":
                self.tree.write(f"boot/loader/entries/{'0123456789abcdef' * 2}-6.9.conf", "linux /v\noptions root=/dev/vda1 ro\n")
            else:
                shutil.rmtree(self.tree.top / "boot/loader")
                self.tree.write("efi/EFI/Linux/own.efi", "x")
            for text, wanted in (("root=/dev/vda1 ro\n", "root=/dev/vda1 ro intel_iommu=on\n"),
                                 ("root=/dev/vda1 ro", "root=/dev/vda1 ro intel_iommu=on"),
                                 ("\n  root=/dev/vda1 ro \n\n", "\n  root=/dev/vda1 ro intel_iommu=on \n\n")):
                with self.subTest(loader + text):
                    self.tree.write("etc/kernel/cmdline", text)
                    self.there_and_back("etc/kernel/cmdline", wanted)
                    self.assertIn(apply, (self.tree.top / "carried.log").read_text())
            for text in ("ro quiet\n", "root=/dev/vdb1 ro\n", "root=/dev/vda1 ro\nquiet\n", "# why\nroot=/dev/vda1 ro\n",
                         "root=/dev/vda1 -- single\n", 'root=/dev/vda1 a="b c"\n'):
                with self.subTest("by hand: " + text):
                    self.tree.write("etc/kernel/cmdline", text)
                    self.assertFalse(self.is_run())
                    if "root=/dev/vda1" not in text:
                        self.assertIn("does not start", " ".join(self.plan("02:00.0").split()))
                        script = self.plan("02:00.0", "--format", "shell")  # nothing carries that line to the entries by itself
                        self.assertNotIn(f"{{ {apply}; }}", script)

    def test_proxmox(self):
        self.without_grub()
        (self.tree.top / "etc/pve").mkdir()
        self.tree.write("etc/kernel/cmdline", "root=/dev/vda1 ro")
        self.variable("LoaderInfo", "systemd-boot 252")
        self.there_and_back("etc/kernel/cmdline", "root=/dev/vda1 ro intel_iommu=on")
        self.assertEqual((self.tree.top / "carried.log").read_text(), "proxmox-boot-tool refresh\n" * 2)

    def test_entries_that_a_person_wrote(self):
        self.without_grub()
        self.tree.write("etc/os-release", "ID=arch\n")
        self.variable("LoaderInfo", "systemd-boot 256")
        other = "title Other system\nlinux /o\noptions root=/dev/vdz9 rw\n"
        fallback = "title Own (fallback)\nlinux /v\ninitrd /initramfs-fallback.img\noptions root=/dev/vda1 ro\n"
        self.tree.write("boot/loader/entries/other.conf", other)
        self.tree.write("boot/loader/entries/own-fallback.conf", fallback)
        self.tree.write("boot/loader/entries/own.conf", "title Own\nlinux /v\noptions root=/dev/vda1 ro")
        self.there_and_back("boot/loader/entries/own.conf", "title Own\nlinux /v\noptions root=/dev/vda1 ro intel_iommu=on")
        script = self.script("02:00.0")
        self.run_script(script, "--apply")
        self.assertEqual((self.tree.top / "boot/loader/entries/other.conf").read_text(), other)
        self.assertEqual((self.tree.top / "boot/loader/entries/own-fallback.conf").read_text(), fallback)

    def test_the_list_of_mkinitcpio(self):
        shutil.rmtree(self.tree.top)
        self.tree = Tree(self.directory / "tree")
        self.tree.write("etc/os-release", "ID=arch\n")
        for text, wanted in (("MODULES=()\nHOOKS=(base)\n", "MODULES=(vfio_pci vfio_iommu_type1 vfio)\nHOOKS=(base)\n"),
                             ("# MODULES=(a)\nMODULES=(btrfs vfio)\n", "# MODULES=(a)\nMODULES=(vfio_pci vfio_iommu_type1 vfio btrfs)\n"),
                             ('MODULES=(\n  btrfs\n)\n', None), ("MODULES=( btrfs )\n", None), ("HOOKS=(base)\n", None)):
            with self.subTest(text):
                self.tree.write("etc/mkinitcpio.conf", text)
                before = self.tree.digest()
                script = self.script("02:00.0", "--bind", "start")
                self.run_script(script, "--apply")
                self.assertEqual((self.tree.top / "etc/mkinitcpio.conf").read_text(), wanted or text)
                drop_in = self.tree.top / "etc/mkinitcpio.conf.d/vfio-doctor-0000-02-00.0.conf"
                self.assertEqual(drop_in.exists(), wanted is None)
                self.run_script(script, "--undo")
                self.assertEqual(self.tree.digest(), before)


GUIDE = """<domain type='kvm'>
  <name>guest</name>
  <devices>
    <!-- the wireless controller -->
    <hostdev mode='subsystem' type='pci' managed='yes'>
      <source><address domain='0x0000' bus='0x00' slot='0x14' function='0x0'/></source>
    </hostdev>
  </devices>
</domain>
"""


class GuideTest(unittest.TestCase):
    """The guide means its wireless card at 03:00.0 and writes 00:14.0."""

    def plan(self, *words: str) -> str:
        return subprocess.run([PROGRAM, "plan", "--sample", "hm170", *words], capture_output=True, text=True, timeout=60).stdout

    def test_the_plan_for_the_card_names_the_card(self):
        xml = self.plan("wireless 8260", "--format", "xml")
        self.assertIn("bus='0x03' slot='0x00' function='0x0'", xml)
        self.assertNotIn("0x14", xml)

    def test_the_plan_for_its_xml_asks_which_was_meant(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "guide.xml"
            path.write_text(GUIDE)
            text = " ".join(self.plan("--domain", str(path)).split())
        self.assertIn("0000:03:00.0", text)
        self.assertIn("[domain-intent]", text)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
