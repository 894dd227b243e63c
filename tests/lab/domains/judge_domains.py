#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hands the domains of cases.toml to libvirt and writes down what it, or QEMU, says to each.

judge_domains.py CASES DIRECTORY [--connect URI] [--define-only] [--write-only] [--root DIR]

Writes DIRECTORY/NAME.xml and DIRECTORY/truth.jsonl: name, refused (define, start or nothing), words. All domains go through one virsh,
so that a driver without a daemon (qemu:///embed?root=...) does as well. With --root virsh runs in another root directory, which sees
DIRECTORY under the same path.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

HOSTDEV = re.compile(r"@([0-9a-f]{2}):([0-9a-f]{2})\.([0-9])(?:\{([^{}]*)\})?")
DOMAIN = """<domain type='{type}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>{name}</name>
  {memory}
  {head}
  <os><type arch='x86_64' machine='{machine}'>hvm</type>{os}</os>
  <features><acpi/>{features}</features>
  <devices>
    <memballoon model='none'/>
    {devices}
  </devices>
  {tail}
</domain>
"""
DEFAULTS = {"memory": "<memory unit='MiB'>64</memory>", "head": "", "machine": "q35", "os": "", "features": "", "devices": "",
            "tail": "", "type": "kvm"}


def hostdev(match: re.Match) -> str:
    bus, slot, function, extra = match.groups()
    return (f"<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='0x{bus}' slot='0x{slot}' "
            f"function='0x{function}'/></source>{extra or ''}</hostdev>")


def usb_place(ids: str) -> tuple[str, str]:
    """Bus and number of the first USB device with these ids."""
    vendor, product = ids.split(":")
    for device in sorted(Path("/sys/bus/usb/devices").glob("*")):
        try:
            read = {key: (device / key).read_text().strip() for key in ("idVendor", "idProduct", "busnum", "devnum")}
        except OSError:
            continue
        if (read["idVendor"], read["idProduct"]) == (vendor, product):
            return read["busnum"], read["devnum"]
    return "1", "98"


def domain_xml(case: dict, kind: str) -> str:
    parts = {**DEFAULTS, "type": kind, **{key: value for key, value in case.items() if key in DEFAULTS}}
    devices = HOSTDEV.sub(hostdev, parts["devices"])
    if "usb_place" in case:
        bus, device = usb_place(case["usb_place"])
        devices = devices.replace("{bus}", bus).replace("{device}", device)
    return DOMAIN.format(**{**parts, "devices": devices, "name": case["name"]})


def ask(arguments: argparse.Namespace, names: list[str]) -> str:
    commands = []
    for name in names:
        commands += [f"echo ==={name} define", f"define {arguments.directory}/{name}.xml"]
        if not arguments.define_only:
            commands += [f"echo ==={name} start", f"start --paused {name}", f"echo ==={name} end", f"destroy {name}"]
        commands += [f"echo ==={name} end", f"undefine {name}"]
    virsh = (["chroot", arguments.root] if arguments.root else []) + ["virsh", "--quiet"]
    virsh += ["--connect", arguments.connect] if arguments.connect else []
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(virsh, input="\n".join(commands) + "\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False, env=environment, timeout=arguments.deadline).stdout


def truths(output: str, names: list[str]) -> dict[str, dict]:
    """What was said after each mark. An error of libvirt begins with "error: "; QEMU's own words follow in further lines."""
    said: dict[tuple[str, str], list[str]] = {}
    key = ("", "")
    for line in output.splitlines():
        if mark := re.match(r"===(\S+) (define|start|end)", line):  # "echo" ends no line, so the next prompt follows
            key = (mark[1], mark[2])
            said.setdefault(key, [])
        elif "virsh # " not in line and line.strip() and not re.match(r"\d{4}-\d\d-\d\d .*: (info|warning) :", line):
            said.setdefault(key, []).append(line.strip())
    result = {}
    for name in names:
        if (name, "define") not in said:
            raise SystemExit(f"judge_domains.py: virsh ended before {name}: {output[-500:]}")
        result[name] = {"name": name, "refused": None, "words": ""}
        for stage in ("define", "start"):
            words = said.get((name, stage), [])
            if any(word.startswith("error:") for word in words):
                result[name].update(refused=stage, words=" ".join(words))
                break
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--connect", default="")
    parser.add_argument("--root", default="")
    parser.add_argument("--define-only", action="store_true")
    parser.add_argument("--write-only", action="store_true", help="only write the XML")
    parser.add_argument("--kind", default="kvm", help="the domain's type: kvm or qemu")
    parser.add_argument("--deadline", type=int, default=900)
    arguments = parser.parse_args()
    cases = tomllib.loads(arguments.cases.read_text(encoding="utf-8"))["case"]
    arguments.directory = arguments.directory.resolve()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    for case in cases:
        (arguments.directory / f"{case['name']}.xml").write_text(domain_xml(case, arguments.kind), encoding="utf-8")
    if arguments.write_only:
        return 0
    names = [case["name"] for case in cases]
    output = ask(arguments, names)
    (arguments.directory / "virsh.txt").write_text(output, encoding="utf-8")
    with (arguments.directory / "truth.jsonl").open("w", encoding="utf-8") as file:
        for truth in truths(output, names).values():
            file.write(json.dumps(truth) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
