// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdio>
#include <string>

#include "checks/guest/ladder.hpp"
#include "machines.hpp"

namespace vfio_doctor::testing {

/// The first 64 bytes of configuration space with a command register, as a `hex` record.
inline std::string config_record(const std::string& directory, unsigned ids_low, unsigned ids_high, unsigned command) {
  std::string text = "hex " + directory + "/config\n|";
  const auto byte = [&text](unsigned value) {
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, " %02x", value & 0xff);
    text += buffer;
  };
  for (const unsigned word : {ids_low, ids_high, command}) {
    byte(word);
    byte(word >> 8);
  }
  for (int i = 6; i < 64; ++i) byte(ids_low == 0xffff && ids_high == 0xffff ? 0xff : 0);
  return text + "\n";
}

/// An NVMe drive behind a root port at 02.1, all well; tests replace or add records behind it.
inline const std::string nvme_directory = "/sys/devices/pci0000:00/0000:00:02.1/0000:03:00.0";
inline const std::string nvme_guest =
    "text /proc/sys/kernel/hostname = guest1\n"
    "text /proc/sys/kernel/osrelease = 6.1.0\n"
    "pci 0000:00:00.0 id=8086:29c0 class=060000 sub=1af4:1100\n"
    "pci 0000:00:02.1 id=1b36:000c class=060400 header=1\n"
    "pci 0000:03:00.0 id=144d:a802 class=010802 sub=144d:a801 rev=01 under=0000:00:02.1 driver=nvme power_state=D0"
    " irq=0\n"
    "file " +
    nvme_directory +
    "/resource\n"
    "| 0x00000000fe800000 0x00000000fe803fff 0x0000000000140204\n"
    "| 0x0000000000000000 0x0000000000000000 0x0000000000000000\n" +
    config_record(nvme_directory, 0x144d, 0xa802, 0x0406) + "text " + nvme_directory +
    "/power/runtime_status = active\n"
    "text " +
    nvme_directory +
    "/msi_irqs/24 = msix\n"
    "file /proc/interrupts\n"
    "|            CPU0       CPU1\n"
    "|  24:         11          6   PCI-MSI 1572864-edge      nvme0q0\n"
    "| ERR:          0\n"
    "text " +
    nvme_directory +
    "/nvme/nvme0/state = live\n"
    "text " +
    nvme_directory +
    "/nvme/nvme0/nvme0n1/size = 2048000\n"
    "link /sys/class/nvme/nvme0 ../../devices/pci0000:00/0000:00:02.1/0000:03:00.0/nvme/nvme0\n"
    "link /sys/class/block/nvme0n1 ../../devices/pci0000:00/0000:00:02.1/0000:03:00.0/nvme/nvme0/nvme0n1\n"
    "file /run/vfio-doctor/kernel.log\n"
    "| <6>[    0.000000] Linux version 6.1.0\n";

/// Without the nodes that only a working drive has.
inline std::string without(std::string text, const std::string& part) {
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part)) {
    const auto start = text.rfind('\n', at) + 1;
    text.erase(start, text.find('\n', at) - start + 1);
  }
  return text;
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("the test's text does not hold: " + from);
  return text.replace(at, from.size(), to);
}

inline const std::string nvme_manifest = R"({
  "schema": "vfio-doctor/manifest/1", "domain": "guest1",
  "devices": [ {"label": "Samsung SM951", "host_address": "0000:3d:00.0", "vendor_id": "144d", "device_id": "a802",
    "subsystem_vendor_id": "144d", "subsystem_device_id": "a801", "class": "010802", "revision": "01",
    "serial": null, "guest_path": "02.1/00.0", "bars": [16384], "expect_driver": true, "usb": []} ] })";

/// A judged guest; keeps what the judgement points into.
struct Judged {
  Manifest manifest;
  GuestView view;
  GuestJudgement judgement;

  Judged(const std::string& manifest_text, GuestView seen)
      : manifest(parse_manifest(manifest_text, "manifest")), view(std::move(seen)), judgement(judge_guest(manifest, view)) {}
  Judged(const std::string& manifest_text, const std::string& machine_text)
      : Judged(manifest_text, gather_guest(machine(machine_text))) {}
  Judged(const Judged&) = delete;
  Judged& operator=(const Judged&) = delete;

  const DeviceLadder& device(std::size_t index = 0) const { return judgement.devices.at(index); }
  Status status(Rung rung, std::size_t index = 0) const { return device(index).at(rung).status; }
  const std::string& summary(Rung rung, std::size_t index = 0) const { return device(index).at(rung).summary; }
};

}  // namespace vfio_doctor::testing
