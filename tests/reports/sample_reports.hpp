// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "reports/report.hpp"

namespace vfio_doctor::testing {

/// Reports built by hand, for golden files and for looking at.

inline Report empty_report() {
  Report report;
  report.tool.version = "0.1.0";
  report.generated_at = "2026-01-31T12:00:00Z";
  report.source = {"sample", "test"};
  return report;
}

struct DeviceText {
  std::string address, ids, class_code, revision, class_name, name, driver;
  int group = -1;
  DeviceVerdict verdict = DeviceVerdict::assignable;
};

/// An address that is written rightly.
inline PciAddress at(const std::string& text) { return PciAddress::parse(text).value(); }

template <class Number>
Number hex_number(const std::string& digits) {
  return static_cast<Number>(parse_unsigned(digits, 16).value());
}

/// `ids` is "8086:24f3"; an empty driver and a negative group are nothing.
inline DeviceReport device(const DeviceText& text) {
  DeviceReport device;
  device.address = at(text.address);
  device.id.vendor = hex_number<std::uint16_t>(text.ids.substr(0, 4));
  device.id.device = hex_number<std::uint16_t>(text.ids.substr(5));
  device.id.class_code = hex_number<std::uint32_t>(text.class_code);
  device.id.revision = hex_number<std::uint8_t>(text.revision);
  device.class_name = text.class_name;
  device.name = text.name;
  if (!text.driver.empty()) device.driver = text.driver;
  if (text.group >= 0) device.iommu_group = static_cast<unsigned>(text.group);
  device.verdict = text.verdict;
  device.is_bridge = text.class_code.starts_with("0604");
  return device;
}

inline Finding finding(std::string id, Status status, std::string subject, std::string title, Sentence summary) {
  Finding finding;
  finding.id = std::move(id);
  finding.status = status;
  finding.subject = std::move(subject);
  finding.title = std::move(title);
  finding.say(std::move(summary));
  return finding;
}

/// The groups from 0 to 63 that the report's devices are in.
inline std::vector<GroupReport> groups_of(const Report& report) {
  std::vector<GroupReport> groups;
  for (unsigned id = 0; id < 64; ++id) {
    GroupReport group{id, "DMA-FQ", {}, {}};
    for (const DeviceReport& each : report.devices)
      if (each.iommu_group == id) group.members.push_back(each.address);
    if (!group.members.empty()) groups.push_back(group);
  }
  return groups;
}

inline std::vector<DeviceReport> laptop_devices() {
  using enum DeviceVerdict;
  std::vector<DeviceReport> devices{
      device({"0000:00:00.0", "8086:1910", "060000", "0a", "Host bridge",
              "Intel Corporation Xeon E3-1200 v5/E3-1500 v5/6th Gen Core Processor Host Bridge/DRAM Registers", "", 1,
              unsuitable}),
      device({"0000:00:02.0", "8086:193b", "030000", "09", "VGA compatible controller",
              "Intel Corporation Iris Pro Graphics 580", "i915", 0, protected_by_host}),
      device({"0000:00:14.0", "8086:a12f", "0c0330", "31", "USB controller",
              "Intel Corporation 100 Series/C230 Series Chipset Family USB 3.0 xHCI Controller", "xhci_hcd", 3,
              with_companions}),
      device({"0000:00:14.2", "8086:a131", "118000", "31", "Signal processing controller",
              "Intel Corporation 100 Series/C230 Series Chipset Family Thermal Subsystem", "intel_pch_thermal", 3,
              with_companions}),
      device({"0000:00:1c.0", "8086:a110", "060400", "f1", "PCI bridge",
              "Intel Corporation 100 Series/C230 Series Chipset Family PCI Express Root Port #1", "pcieport", 5, unsuitable}),
      device({"0000:00:1c.2", "8086:a112", "060400", "f1", "PCI bridge",
              "Intel Corporation 100 Series/C230 Series Chipset Family PCI Express Root Port #3", "pcieport", 6, unsuitable}),
      device({"0000:00:1d.0", "8086:a118", "060400", "f1", "PCI bridge",
              "Intel Corporation 100 Series/C230 Series Chipset Family PCI Express Root Port #9", "pcieport", 10, unsuitable}),
      device({"0000:00:1f.0", "8086:a14e", "060100", "31", "ISA bridge", "Intel Corporation HM170 Chipset LPC/eSPI Controller",
              "", 11, unsuitable}),
      device({"0000:00:1f.3", "8086:a170", "040300", "31", "Audio device",
              "Intel Corporation 100 Series/C230 Series Chipset Family HD Audio Controller", "snd_hda_intel", 11, blocked}),
      device({"0000:00:1f.4", "8086:a123", "0c0500", "31", "SMBus",
              "Intel Corporation 100 Series/C230 Series Chipset Family SMBus", "i801_smbus", 11, blocked}),
      device({"0000:02:00.0", "1217:8621", "080501", "01", "SD Host controller", "O2 Micro, Inc. SD/MMC Card Reader Controller",
              "sdhci-pci", 13}),
      device({"0000:03:00.0", "8086:24f3", "028000", "3a", "Network controller", "Intel Corporation Wireless 8260", "iwlwifi",
              14}),
      device({"0000:3e:00.0", "8086:f1a8", "010802", "03", "Non-Volatile memory controller",
              "Intel Corporation SSD 660P Series", "nvme", 16, protected_by_host}),
  };
  devices[1].reasons = {"shows the console: the kernel's framebuffer is on it"};
  devices[2].companions = {at("0000:00:14.2")};
  devices[3].companions = {at("0000:00:14.0")};
  devices[8].companions = {at("0000:00:1f.0"), at("0000:00:1f.4")};
  devices[8].reasons = {"shares group 11 with the ISA bridge 0000:00:1f.0, which cannot be assigned [group-viable]"};
  devices[9].companions = {at("0000:00:1f.0"), at("0000:00:1f.3")};
  devices[9].reasons = devices[8].reasons;
  devices[10].parent = at("0000:00:1c.0");
  devices[11].parent = at("0000:00:1c.2");
  devices[12].parent = at("0000:00:1d.0");
  devices[12].reasons = {"holds / (ext4 on LVM on LUKS on nvme0n1p3)", "holds /boot (ext4 on nvme0n1p2)",
                         "holds /boot/efi (vfat on nvme0n1p1)"};
  return devices;
}

inline Finding passed_iommu() {
  Finding result = finding("iommu-active", Status::pass, "host", "IOMMU active",
                           "The kernel uses the IOMMU: 13 PCI functions are in 11 groups.");
  result.evidence = {{"/sys/kernel/iommu_groups", "11 groups"}};
  return result;
}

/// The laptop of the guide: ready, one thing to think about, a few devices the host needs.
inline Report ready_laptop() {
  Report report = empty_report();
  report.source = {"sample", "hm170"};
  report.host = {"6.5.6-300.fc39.x86_64", "intel", "Fedora Linux 39 (Workstation Edition)", "on", "on"};
  report.verdict = Verdict::ready;
  report.notes = {"Run as a normal user. With sudo the PCI capabilities of 13 functions can be read too."};
  report.devices = laptop_devices();
  report.groups = groups_of(report);
  Finding warning = finding("usb-controller-loss", Status::warn, "0000:00:14.0", "Devices behind a USB controller",
                            "The keyboard, the mouse and Bluetooth go with " + named(at("0000:00:14.0")) +
                                " when it is given to a virtual machine.");
  warning.evidence = {{"/sys/bus/usb/devices/1-1.2", "Logitech, Inc. Keyboard K120 (046d:c31c)"},
                      {"/sys/bus/usb/devices/1-1.1", "Logitech, Inc. Mouse (046d:c077)"}};
  warning.remedy = {{"Make sure that you can still reach this host, for example over the network.",
                     {"systemctl enable --now sshd"},
                     {"systemctl disable --now sshd"},
                     "Others on your network can try to log in."}};
  Finding root = finding("root-disk", Status::fail, "0000:3e:00.0", "Disks the host lives on",
                         named(at("0000:3e:00.0")) + " holds / (ext4 on LVM on LUKS).");
  root.effect = Effect::protects;
  root.evidence = {{"/proc/self/mountinfo", "/dev/mapper/fedora-root on / type ext4"}};
  Finding group =
      finding("group-viable", Status::warn, "group:11", "Members of an IOMMU group",
              named("group:11", "Group 11") + " holds the ISA bridge 0000:00:1f.0, so none of its functions can be assigned.");
  group.effect = Effect::blocked;
  report.findings = {passed_iommu(),
                     finding("interrupt-remapping", Status::pass, "host", "Interrupt remapping",
                             "The IOMMU keeps the interrupts of devices apart."),
                     root,
                     warning,
                     group,
                     finding("acs-override", Status::not_applicable, "host", "ACS override",
                             "The kernel was not told to split groups.")};
  return report;
}

/// IOMMU off because the boot configuration was edited and not regenerated.
inline Report iommu_off() {
  Report report = empty_report();
  report.source = {"live", "workstation"};
  report.host = {"6.1.0-18-amd64", "intel", "Debian GNU/Linux 12 (bookworm)", "off", "off"};
  report.verdict = Verdict::not_ready;
  Finding off = finding("iommu-active", Status::fail, "host", "IOMMU active",
                        "The IOMMU is off, so no device can be given to a virtual machine.");
  off.effect = Effect::blocked;
  off.evidence = {{"/sys/kernel/iommu_groups", "empty"},
                  {"/proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz-6.1.0-18-amd64 root=/dev/mapper/vg0-root ro quiet splash"},
                  {"/sys/firmware/acpi/tables/DMAR", "present: the firmware offers an IOMMU"}};
  off.remedy = {
      {"Turn it on with a kernel argument, then restart the host.",
       {"sudo sed -i 's/^GRUB_CMDLINE_LINUX=\"/&intel_iommu=on /' /etc/default/grub", "sudo update-grub", "sudo reboot"},
       {"sudo sed -i 's/intel_iommu=on //' /etc/default/grub", "sudo update-grub"},
       "A mistake in /etc/default/grub can keep the host from starting; keep a rescue medium at hand."}};
  Finding drift = finding("boot-arguments", Status::warn, "host", "Kernel arguments of the boot configuration",
                          "intel_iommu=on is in /etc/default/grub but not in the generated configuration.");
  drift.evidence = {{"/etc/default/grub:6", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\""}};
  drift.remedy = {{"Write the configuration anew.", {"sudo update-grub"}, {}, ""}};
  report.findings = {off, drift,
                     finding("virtualization", Status::pass, "host", "Processor virtualization",
                             "The processor can run virtual machines.")};
  report.devices = laptop_devices();
  for (DeviceReport& each : report.devices) {
    each.iommu_group.reset();
    each.companions.clear();
    if (each.verdict == DeviceVerdict::unsuitable) continue;
    each.verdict = DeviceVerdict::blocked;
    each.reasons = {"the IOMMU is off [iommu-active]"};
  }
  return report;
}

/// What a machine that wants to fool its reader would say.
inline Report hostile_names() {
  Report report = empty_report();
  report.source = {"root", "/tmp/<img src=x onerror=alert(1)>"};
  report.host = {"6.1\x1b]0;owned\x07", "<b>intel</b>", "\xff\xfe distro", "on", "unknown"};
  report.verdict = Verdict::not_ready;
  const std::vector<std::string> names{"<script>alert(1)</script>",
                                       "\x1b[2J\x1b[31mred\x1b[0m",
                                       "pipe | tick ` star * under_score [link](http://example.org) <!-- -->",
                                       "@everyone #1 \xe2\x80\xae"
                                       "desrever\xe2\x80\xac zero\xe2\x80\x8bwidth",
                                       "]]> &amp; {{mustache}} {{{raw}}} ```",
                                       "</script><script>alert(2)</script><!--",
                                       std::string("nul\0byte \xc2\x9b"
                                                   "1m \xc3( \xed\xa0\x80",
                                                   20),
                                       "Gr\xc3\xb6\xc3\x9f"
                                       "e \xe2\x9c\x93 ok"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    report.devices.push_back(device({"0000:01:0" + std::to_string(i) + ".0", "dead:beef", "020000", "00", names[i], names[i],
                                     names[i], static_cast<int>(i), DeviceVerdict::blocked}));
    report.devices.back().reasons = {names[i]};
    Finding each = finding("hostile-name", i % 2 == 0 ? Status::fail : Status::error, report.devices.back().address.text(),
                           "Title " + names[i], "Summary " + names[i]);
    each.evidence = {{names[i], names[i]}};
    each.remedy = {{names[i], {names[i]}, {names[i]}, names[i]}};
    report.findings.push_back(each);
  }
  report.notes = names;
  report.groups = groups_of(report);
  report.groups.front().type = "</text><script>alert(3)</script>";
  report.groups.front().other_members.push_back("<platform & device>");
  return report;
}

/// Nothing fails, but what the verdict needs could not be read.
inline Report undetermined() {
  Report report = empty_report();
  report.source = {"live", "server"};
  report.host.kernel = "6.8.0";
  report.verdict = Verdict::undetermined;
  Finding unknown = finding("interrupt-remapping", Status::unknown, "host", "Interrupt remapping",
                            "Whether the interrupts of devices are kept apart could not be found out.");
  unknown.evidence = {{"/proc/interrupts", "not readable: permission denied"}};
  unknown.remedy = {{"Run it once more as root.", {"sudo vfio-doctor"}, {}, ""}};
  report.findings = {unknown};
  report.notes = {"Run as a normal user. With sudo /proc/interrupts can be read too."};
  DeviceReport card =
      device({"10000:e1:00.0", "10ec:8168", "020000", "15", "Ethernet controller", "", "", 0, DeviceVerdict::undetermined});
  card.id.revision = {};
  card.reasons = {"interrupt remapping could not be observed [interrupt-remapping]"};
  report.devices = {card};
  report.groups = groups_of(report);
  return report;
}

/// A host without any PCI device.
inline Report no_devices() {
  Report report = empty_report();
  report.source = {"root", "/mnt/container"};
  report.verdict = Verdict::not_ready;
  report.host.iommu = "off";
  report.findings = {finding("pci-devices", Status::fail, "host", "PCI devices", "This host shows no PCI devices.")};
  return report;
}

/// The laptop, asked about the one device it lives on.
inline Report selected_root_disk() {
  Report report = ready_laptop();
  report.selection = {at("0000:3e:00.0")};
  report.verdict = Verdict::not_ready;
  return report;
}

/// `count` functions: root ports with a multi-function card below each, two groups a card.
inline Report large_host(unsigned count) {
  Report report = empty_report();
  report.source = {"root", "large"};
  report.host = {"6.8.0", "amd", "Debian GNU/Linux 12 (bookworm)", "on", "on"};
  report.verdict = Verdict::ready;
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = [&](unsigned value) { return std::string{digits[(value >> 4) & 15], digits[value & 15]}; };
  unsigned made = 0;
  for (unsigned port = 0; made < count; ++port) {
    const std::string domain = "00" + byte(port / 200);
    const std::string bus = byte(port % 200 + 1);
    const std::string port_address = domain + ":00:" + byte(port % 200 / 8) + "." + std::to_string(port % 8);
    report.devices.push_back(device({port_address, "1022:1483", "060400", "00", "PCI bridge",
                                     "Advanced Micro Devices, Inc. [AMD] Root Port " + std::to_string(port), "pcieport",
                                     static_cast<int>(3 * port), DeviceVerdict::unsuitable}));
    ++made;
    for (unsigned function = 0; function < 16 && made < count; ++function, ++made) {
      DeviceReport card =
          device({domain + ":" + bus + ":" + byte(function / 8) + "." + std::to_string(function % 8), "8086:1572", "020000",
                  "02", "Ethernet controller", "Intel Corporation Ethernet Controller X710 number " + std::to_string(made),
                  function == 0 ? "i40e" : "", static_cast<int>(3 * port + 1 + function / 8),
                  port == 2 ? DeviceVerdict::blocked : DeviceVerdict::with_companions});
      card.parent = at(port_address);
      card.reasons = {"reset method: flr"};
      report.devices.push_back(card);
    }
  }
  std::vector<std::vector<PciAddress>> members(report.devices.size() * 3);
  for (const DeviceReport& each : report.devices) members[*each.iommu_group].push_back(each.address);
  for (DeviceReport& each : report.devices)
    for (const PciAddress& other : members[*each.iommu_group])
      if (other != each.address) each.companions.push_back(other);
  for (unsigned id = 0; id < members.size(); ++id)
    if (!members[id].empty()) report.groups.push_back({id, "DMA", members[id], {}});
  report.findings = {passed_iommu()};
  for (const DeviceReport& each : report.devices) {
    const std::string address = each.address.text();
    Finding hidden = finding("reset-method", Status::warn, address, "Reset",
                             "The kernel does not say how " + named(each.address) + " can be reset.");
    hidden.evidence = {{"/sys/bus/pci/devices/" + address + "/reset_method", "not there"}};
    report.findings.push_back(hidden);
  }
  return report;
}

struct NamedReport {
  std::string name;
  Report report;
};

/// Small enough to be read as golden files.
inline std::vector<NamedReport> golden_reports() {
  return {{"ready-laptop", ready_laptop()}, {"iommu-off", iommu_off()},   {"hostile-names", hostile_names()},
          {"undetermined", undetermined()}, {"no-devices", no_devices()}, {"selected-root-disk", selected_root_disk()}};
}

}  // namespace vfio_doctor::testing
