#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vfio-guest-agent.exe under Wine: judges recorded Windows devices as the Linux agent judges its own, and lists what is there.

windows_agent_test.py EXE. Exit code 77: it was not built (-DVFIO_DOCTOR_WINDOWS_AGENT=ON), or Wine is missing.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

EXE = pathlib.Path(sys.argv[1])
WINE = shutil.which("wine64") or shutil.which("wine")

MANIFEST = {"schema": "vfio-doctor/manifest/1", "domain": "win", "devices": [
    {"label": "Drive", "host_address": "0000:41:00.0", "vendor_id": "1c5c", "device_id": "174a", "class": "010802",
     "subsystem_vendor_id": "1c5c", "subsystem_device_id": "1741", "revision": "00", "guest_path": "02.3/00.0", "bars": [16384]}]}
USB = {"schema": "vfio-doctor/manifest/1", "domain": "win", "devices": [
    {"label": "Controller", "vendor_id": "1b21", "device_id": "2142", "class": "0c0330", "guest_path": "02.4/00.0",
     "usb": [{"id": "04d9:0169", "product": "Keyboard"}]}]}
BRIDGE = {"InstanceId": "PCI\\VEN_8086&DEV_29C0&SUBSYS_11001AF4&REV_00\\3&11583659&0&00", "Present": True, "Status": "OK", "Problem": 0,
          "CompatibleID": ["PCI\\CC_060000", "PCI\\CC_0600"]}
DRIVE = {"InstanceId": "PCI\\VEN_1C5C&DEV_174A&SUBSYS_17411C5C&REV_00\\4&2A9F0E1&0&0018", "FriendlyName": "Standard NVM Express Controller",
         "Present": True, "Status": "OK", "Problem": 0, "Service": "stornvme", "LocationPaths": ["PCIROOT(0)#PCI(0203)#PCI(0000)", "ACPI(x)"],
         "HardwareID": ["PCI\\VEN_1C5C&DEV_174A&CC_010802"], "Memory": [16384], "Interrupts": 5}
XHCI = {"InstanceId": "PCI\\VEN_1B21&DEV_2142&SUBSYS_00001B21&REV_00\\4&77&0&0020", "Present": True, "Status": "OK", "Problem": 0,
        "Service": "USBXHCI", "LocationPaths": ["PCIROOT(0)#PCI(0204)#PCI(0000)"], "HardwareID": ["PCI\\VEN_1B21&DEV_2142&CC_0C0330"]}
OTHER_XHCI = {**XHCI, "InstanceId": "PCI\\VEN_1B36&DEV_000D&SUBSYS_11001AF4&REV_01\\3&11583659&0&28",
              "LocationPaths": ["PCIROOT(0)#PCI(0500)"], "HardwareID": ["PCI\\VEN_1B36&DEV_000D&CC_0C0330"]}


def hub(controller):
    return {"InstanceId": "USB\\ROOT_HUB30\\5&" + controller[-4:], "Present": True, "Status": "OK", "Problem": 0, "Controller": controller}


def keyboard(controller, **more):
    return {"InstanceId": "USB\\VID_04D9&PID_0169\\6&1", "Present": True, "Status": "OK", "Problem": 0, "Service": "HidUsb",
            "Controller": controller, **more}


def without(device, *keys):
    return {key: value for key, value in device.items() if key not in keys}


# name, manifest, devices, exit code, the rung that tells and its status
TABLE = [
    ("works", MANIFEST, [BRIDGE, DRIVE], 0, "guest-function", "pass"),
    ("code 10", MANIFEST, [BRIDGE, {**DRIVE, "Status": "Error", "Problem": 10}], 1, "guest-function", "fail"),
    ("code 43", MANIFEST, [BRIDGE, {**DRIVE, "Status": "Error", "Problem": 43}], 1, "guest-function", "fail"),
    ("code 28", MANIFEST, [BRIDGE, {**without(DRIVE, "Service"), "Status": "Error", "Problem": 28}], 1, "guest-driver", "fail"),
    ("code 12", MANIFEST, [BRIDGE, {**DRIVE, "Status": "Error", "Problem": 12}], 1, "guest-decode", "fail"),
    ("not started, no problem told", MANIFEST, [BRIDGE, {**without(DRIVE, "Problem"), "Status": "Stopped"}], 3, "guest-function", "unknown"),
    ("elsewhere", MANIFEST, [BRIDGE, {**DRIVE, "LocationPaths": ["PCIROOT(0)#PCI(0500)"]}], 1, "guest-placement", "fail"),
    ("another card", MANIFEST, [BRIDGE, {**DRIVE, "InstanceId": DRIVE["InstanceId"].replace("174A", "174B")}], 1, "guest-identity", "fail"),
    ("missing", MANIFEST, [BRIDGE], 1, "guest-present", "fail"),
    ("only a part listed", MANIFEST, [OTHER_XHCI], 3, "guest-present", "unknown"),
    ("keyboard on it", USB, [BRIDGE, XHCI, hub(XHCI["InstanceId"]), keyboard(XHCI["InstanceId"])], 0, "guest-function", "pass"),
    ("keyboard on another controller", USB, [BRIDGE, XHCI, OTHER_XHCI, hub(XHCI["InstanceId"]), hub(OTHER_XHCI["InstanceId"]),
                                             keyboard(OTHER_XHCI["InstanceId"])], 1, "guest-function", "fail"),
    ("keyboard with a problem", USB, [BRIDGE, XHCI, hub(XHCI["InstanceId"]), keyboard(XHCI["InstanceId"], Status="Error", Problem=43)],
     1, "guest-function", "fail"),
    ("no bus of its own", USB, [BRIDGE, XHCI, OTHER_XHCI, hub(OTHER_XHCI["InstanceId"]), keyboard(OTHER_XHCI["InstanceId"])],
     1, "guest-function", "fail"),
]


def main():
    if not EXE.exists():
        print("skipped: vfio-guest-agent.exe was not built (-DVFIO_DOCTOR_WINDOWS_AGENT=ON)")
        return 77
    if not WINE:
        print("skipped: Wine is missing (package wine64)")
        return 77
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        environment = {**os.environ, "WINEPREFIX": str(place / "wine"), "WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml=", "DISPLAY": ""}

        def run(*arguments, text=None):
            return subprocess.run([WINE, str(EXE), *arguments], input=text, capture_output=True, text=True, env=environment, timeout=600, check=False)

        def expect(name, condition, told):
            nonlocal wrong
            wrong += not condition
            print(("ok    " if condition else "WRONG ") + name + ("" if condition else ": " + str(told)[:1500]), flush=True)

        run("--version")  # makes Wine's own directory
        for name, manifest, devices, code, rung, status in TABLE:
            (place / "devices.json").write_text(json.dumps(devices))
            answer = run("--expect", "-", "--devices", str(place / "devices.json"), "--format", "json", text=json.dumps(manifest))
            found = {finding["id"]: finding["status"] for finding in json.loads(answer.stdout)["findings"]} if answer.returncode != 2 else {}
            expect(name, answer.returncode == code and found.get(rung) == status, (answer.returncode, found, answer.stderr))
        (place / "devices.json").write_text(json.dumps([BRIDGE, DRIVE]))
        text = run("--expect", "-", "--devices", str(place / "devices.json"), "-v", text=json.dumps(MANIFEST))
        expect("text names the resources", "16384 bytes of memory, 5 interrupts" in text.stdout and "\r" not in text.stdout, text.stdout)
        expect("version", run("--version").stdout.startswith("vfio-guest-agent "), "")
        listed = run("--inventory")
        expect("lists what Wine has", listed.returncode == 0 and isinstance(json.loads(listed.stdout), list), listed)
        for arguments in (["--expect", "Z:\\nowhere.json"], ["--nonsense"], ["--expect"], ["--expect", "-", "--inventory"]):
            answer = run(*arguments, text="rubbish")
            expect("refuses " + " ".join(arguments), answer.returncode == 2 and not answer.stdout and answer.stderr.count("\n") == 1, answer)
    return 1 if wrong else 0


sys.exit(main())
