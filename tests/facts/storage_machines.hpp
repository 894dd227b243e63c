// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "facts/storage/storage.hpp"
#include "machines.hpp"

namespace vfio_doctor::testing {

/// The records of one block device at a resolved sysfs path, as the kernel links it.
inline std::string block_device(const std::string& path, const std::string& number) {
  const auto name = path.substr(path.rfind('/') + 1);
  const auto below_sys = path.substr(4);
  return "text " + path + "/dev = " + number + "\nlink /sys/class/block/" + name + " ../.." + below_sys +
         "\nlink /sys/dev/block/" + number + " ../.." + below_sys + "\n";
}

inline std::string partition(const std::string& disk_path, const std::string& name, const std::string& number) {
  const auto path = disk_path + "/" + name;
  return block_device(path, number) + "text " + path + "/partition = 1\n";
}

/// A mapping, array or cache on top of other devices (their sysfs paths).
inline std::string stacked(const std::string& name, const std::string& number, const std::vector<std::string>& parts) {
  const auto path = "/sys/devices/virtual/block/" + name;
  auto text = block_device(path, number);
  for (const auto& part : parts) {
    const auto part_name = part.substr(part.rfind('/') + 1);
    text += "link " + path + "/slaves/" + part_name + " " + part + "\n";
    text += "link " + part + "/holders/" + name + " " + path + "\n";
  }
  return text;
}

inline std::string mapping(const std::string& name, const std::string& number, const std::string& mapper_name,
                           const std::string& uuid, const std::vector<std::string>& parts) {
  const auto path = "/sys/devices/virtual/block/" + name;
  return stacked(name, number, parts) + "text " + path + "/dm/name = " + mapper_name + "\ntext " + path + "/dm/uuid = " + uuid +
         "\n";
}

inline const std::string nvme0 = "/sys/devices/pci0000:00/0000:00:1d.0/0000:3e:00.0/nvme/nvme0/nvme0n1";
inline const std::string nvme1 = "/sys/devices/pci0000:00/0000:00:1b.0/0000:3d:00.0/nvme/nvme1/nvme1n1";
inline const std::string sata = "/sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda";
inline const std::string usb_disk = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/host4/target4:0:0/4:0:0:0/block/sdb";

/// nvme0n1 with p1..p3 (259:1..3), nvme1n1 with p1 (259:11), sda with sda1 (8:1), sdb with sdb1 (8:17).
inline std::string four_disks() {
  return block_device(nvme0, "259:0") + partition(nvme0, "nvme0n1p1", "259:1") + partition(nvme0, "nvme0n1p2", "259:2") +
         partition(nvme0, "nvme0n1p3", "259:3") + block_device(nvme1, "259:10") + partition(nvme1, "nvme1n1p1", "259:11") +
         block_device(sata, "8:0") + partition(sata, "sda1", "8:1") + block_device(usb_disk, "8:16") +
         partition(usb_disk, "sdb1", "8:17");
}

/// /proc/1/mountinfo with these lines behind the ones every host has.
inline std::string mountinfo(const std::vector<std::string>& lines, const std::string& path = "/proc/1/mountinfo") {
  std::string text = "file " + path +
                     "\n| 22 1 0:21 / /proc rw,nosuid shared:5 - proc proc rw\n"
                     "| 23 1 0:22 / /sys rw,nosuid shared:6 - sysfs sysfs rw\n";
  for (const auto& line : lines) text += "| " + line + "\n";
  return text;
}

/// What a machine says it keeps where.
inline std::vector<StorageUse> uses_of(const std::string& text) {
  const auto facts = gather_storage(machine(text));
  EXPECT_TRUE(facts.uses.has_value()) << facts.uses.why();
  return facts.uses.has_value() ? facts.uses.value() : std::vector<StorageUse>();
}

inline StorageUse use_of(const std::string& text, const std::string& name) {
  for (const auto& use : uses_of(text))
    if (use.use == name) return use;
  ADD_FAILURE() << "no use named " << name;
  return {};
}

inline std::vector<std::string> addresses(const StorageUse& use) {
  std::vector<std::string> texts;
  for (const auto& function : use.functions) texts.push_back(function.text());
  return texts;
}

inline const std::string root_on_nvme = "30 1 259:3 / / rw shared:1 - ext4 /dev/nvme0n1p3 rw";

}  // namespace vfio_doctor::testing
