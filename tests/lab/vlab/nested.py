# SPDX-License-Identifier: GPL-2.0-or-later
"""Nested guests: what such a guest consists of, and the libvirt domain that starts it on a virtual host."""

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from .initramfs import Archive, add_base_system, add_modules, add_program
from .kernel import Kernel
from .requirements import find_program
from .topology import Guest

GUEST_SCRIPTS = Path(__file__).resolve().parent.parent / "guest"

# What every nested guest can drive: the devices that QEMU makes for it, but nothing that a topology passes through.
OWN_DRIVERS = ["virtio_pci", "virtio_console", "virtio_net", "virtio_rng"]
WAY_IN = {"qga": "qemu-ga", "ssh": "dropbear"}  # the program in the guest that lets vfio-doctor in

# A network of their own (RFC 5737), between the host and its guest only.
HOST_ADDRESS, GUEST_ADDRESS, GUEST_MAC = "192.0.2.1/24", "192.0.2.2/24", "52:54:00:00:00:02"

DOMAIN = """<domain type='kvm'{namespace}>
  <name>guest</name>
  <memory unit='MiB'>384</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{kernel}</kernel>
    <initrd>{initramfs}</initrd>
    <cmdline>{arguments}</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <cpu mode='host-passthrough'/>
  <devices>
    <emulator>{emulator}</emulator>
    <controller type='usb' model='qemu-xhci'/>
    <serial type='file'><source path='/run/lab/results/guest-console.log'/></serial>
    <memballoon model='none'/>
{devices}
  </devices>
{environment}</domain>
"""
HOSTDEV = """    <hostdev mode='subsystem' type='pci' managed='yes'>
      <source><address domain='0x{domain}' bus='0x{bus}' slot='0x{slot}' function='0x{function}'/></source>
    </hostdev>"""
CHANNEL = """    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"""
CARD = f"""    <interface type='bridge'>
      <mac address='{GUEST_MAC}'/><source bridge='br0'/><model type='virtio'/>
    </interface>"""


def guest_archive(guest: Guest, kernel: Kernel, public_key: str) -> bytes:
    """The guest's whole root file system; `public_key` may log in as root, where it is reached through ssh."""
    archive = Archive()
    add_base_system(archive)
    archive.device("dev/console", 5, 1)
    archive.file("init", (GUEST_SCRIPTS / "init").read_bytes(), 0o755)
    settings = {"VIA": guest.via, "ADDRESS": GUEST_ADDRESS, "MAC": GUEST_MAC, "LINKS": "up" if guest.links_up else ""}
    archive.file("guest/settings", _shell_variables(settings))
    archive.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    archive.file("etc/group", b"root:x:0:\n")
    archive.file("etc/shells", b"/bin/sh\n")
    archive.link("bin/sh", "busybox")
    # What the QEMU guest agent runs when libvirt wants the guest to end.
    archive.file("sbin/shutdown", b'#!/bin/sh\ncase "$*" in *-r*) exec reboot -f ;; *) exec poweroff -f ;; esac\n', 0o755)
    for program in (WAY_IN[guest.via.split(":")[0]], "ip"):
        add_program(archive, Path(find_program(program)).resolve(), f"usr/sbin/{program}")
    if public_key:
        archive.file("root/.ssh/authorized_keys", public_key.encode(), 0o600)
    add_modules(archive, kernel, OWN_DRIVERS + guest.drivers)
    return archive.content()


def host_side_archive(guest: Guest, kernel: Kernel, guest_initramfs: Path, private_key: str) -> bytes:
    """What host/nested reads: the domain, the way into the guest and what is to be done when it answers."""
    archive = Archive()
    archive.file("lab/domain.xml", domain_xml(guest, kernel, guest_initramfs).encode())
    archive.file("lab/after_start", f"{guest.after_start}\n".encode())
    # With a manifest that is not made from the running domain, vfio-doctor must be told which.
    settings = {"VIA": guest.via, "WAIT": str(guest.wait), "GUEST_TIME": str(guest.start), "PROMISED": " ".join(guest.promised),
                "VERIFY": guest.verify,
                "KNOWN": "1" if guest.promised or guest.after_start else "", "HOST_ADDRESS": HOST_ADDRESS,
                "GUEST_ADDRESS": GUEST_ADDRESS}
    archive.file("lab/guest_settings", _shell_variables(settings))
    if private_key:
        archive.file("lab/guest_key", private_key.encode(), 0o600)
    return archive.content()


def domain_xml(guest: Guest, kernel: Kernel, guest_initramfs: Path) -> str:
    devices = [_hostdev(address) for address in guest.hostdevs]
    devices.append(CHANNEL if guest.via == "qga" else CARD)
    if guest.xml:
        devices.append(guest.xml)
    arguments = f"console=ttyS0 panic=-1 no_timer_check {guest.kernel}".strip()
    environment = "".join(f"    <qemu:env name={quoteattr(name)} value={quoteattr(value)}/>\n"
                          for name, value in guest.environment.items())
    if environment:
        environment = f"  <qemu:commandline>\n{environment}  </qemu:commandline>\n"
    namespace = " xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'" if environment else ""
    return DOMAIN.format(namespace=namespace, environment=environment, kernel=escape(str(kernel.image)), initramfs=escape(str(guest_initramfs)),
                         arguments=escape(arguments), emulator=find_program("qemu-system-x86_64"),
                         devices="\n".join(devices))


def _hostdev(address: str) -> str:
    domain, bus, rest = address.split(":")
    slot, function = rest.split(".")
    return HOSTDEV.format(domain=domain, bus=bus, slot=slot, function=function)


def _shell_variables(settings: dict[str, str]) -> bytes:
    return "".join(f"{key}='{value}'\n" for key, value in settings.items()).encode()
