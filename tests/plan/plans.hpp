// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "checks/check.hpp"
#include "checks/domain/domain_check.hpp"
#include "machines.hpp"
#include "plan/make_plan.hpp"

namespace vfio_doctor::testing {

inline std::vector<Finding> all_findings(const Host& host) {
  std::vector<Finding> findings;
  for (const auto& check : all_checks())
    for (auto& finding : run_check(check, host)) findings.push_back(std::move(finding));
  return findings;
}

inline PciAddress at(const std::string& address) { return PciAddress::parse(address).value(); }

inline PlanRequest want(const std::vector<std::string>& addresses) {
  PlanRequest request;
  for (const auto& address : addresses) request.wanted.push_back(at(address));
  return request;
}

/// A domain of libvirt's that takes one function and lets it be taken from its driver.
inline Domain managed_guest(const std::string& address) {
  Domain domain;
  domain.name = "guest";
  domain.hostdevs.resize(1);
  domain.hostdevs[0].source = at(address);
  domain.hostdevs[0].managed = true;
  return domain;
}

inline Plan plan_on(const Host& host, const PlanRequest& request, const std::vector<Acceptance>& accepted = {}) {
  return make_plan(host, all_findings(host), accepted, request);
}

inline Plan plan_on(const std::string& machine_text, const PlanRequest& request, const std::vector<Acceptance>& accepted = {}) {
  return plan_on(gather_host(machine(machine_text)), request, accepted);
}

/// The step with this id; throws where there is none.
inline PlanStep step(const Plan& plan, std::string_view id) {
  const auto found = std::ranges::find(plan.steps, id, &PlanStep::id);
  if (found == plan.steps.end()) throw std::runtime_error("no step " + std::string(id));
  return *found;
}

inline std::vector<std::string> ids_of(const Plan& plan) {
  std::vector<std::string> ids;
  for (const auto& one : plan.steps) ids.push_back(one.id);
  return ids;
}

/// A Debian host with GRUB, VT-d and interrupt remapping on, two network cards of one kind of which it uses the first, a card
/// of two functions and its root on an NVMe drive. `without` IOMMU it lacks the argument.
inline std::string usual_host(bool iommu = true) {
  const auto group = [iommu](int number) { return iommu ? " group=" + std::to_string(number) : std::string(); };
  std::string text =
      "file /run/vfio-doctor/pci.ids\n| 1912  Renesas\n| \t0014  USB controller\n| \t0015  Sensor\n| 8086  Intel\n| \t10d3  "
      "Network card\n"
      "text /etc/os-release = ID=debian\n"
      "text /proc/sys/kernel/osrelease = 6.1.0-18-amd64\n"
      "file /proc/cpuinfo\n| vendor_id\t: GenuineIntel\n| flags\t\t: vmx\n"
      "file /proc/meminfo\n| MemTotal: 33554432 kB\n| MemAvailable: 30000000 kB\n"
      "hex /sys/firmware/acpi/tables/DMAR\n| 44 4d 41 52 30 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
      "00 00 "
      "00 00 00 00 00 00 00 26 01 00 00 00 00 00 00 00 00 00 00\n"
      "dir /sys/kernel/iommu_groups\n"
      "text /proc/self/mountinfo = 22 1 0:5 / / rw - tmpfs tmpfs rw\n"
      "text /proc/net/route = Iface\n"
      "file /etc/default/grub\n| GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"
      "dir /etc/default/grub.d\n"
      "file /boot/grub/grub.cfg\n| menuentry 'Debian' {\n| linux /vmlinuz-6.1.0-18-amd64 root=/dev/nvme0n1p1 ro quiet" +
      std::string(iommu ? " intel_iommu=on" : "") +
      "\n| }\n"
      "text /proc/cmdline = BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=/dev/nvme0n1p1 ro quiet" +
      std::string(iommu ? " intel_iommu=on" : "") +
      "\n"
      "seen /lib/modules/6.1.0-18-amd64/kernel/drivers/vfio/pci/vfio-pci.ko\n"
      "file /lib/modules/6.1.0-18-amd64/modules.dep\n| kernel/drivers/vfio/pci/vfio-pci.ko:\n| "
      "kernel/drivers/vfio/vfio_iommu_type1.ko:\n| kernel/drivers/vfio/vfio.ko:\n"
      "file /lib/modules/6.1.0-18-amd64/modules.builtin\n";
  if (iommu)
    text +=
        "link /sys/class/iommu/dmar0 ../../devices/virtual/iommu/dmar0\ndir /sys/devices/virtual/iommu/dmar0\n"
        "file /proc/interrupts\n|            CPU0\n|  24:          1  IR-PCI-MSI-0000:00:1f.2    0-edge      ahci\n";
  else
    text += "file /proc/interrupts\n|            CPU0\n|  24:          1  PCI-MSI-0000:00:1f.2    0-edge      ahci\n";
  text += "pci 00:00.0 id=8086:1237 class=060000" + group(0) +
          "\n"
          "pci 00:1c.0 id=8086:a110 class=060400 header=01 driver=pcieport" +
          group(1) + "\npci 00:1c.1 id=8086:a111 class=060400 header=01 driver=pcieport" + group(2) +
          "\npci 00:1c.2 id=8086:a112 class=060400 header=01 driver=pcieport" + group(3) +
          "\npci 01:00.0 id=8086:10d3 class=020000 driver=e1000e under=00:1c.0" + group(4) +
          "\npci 02:00.0 id=8086:10d3 class=020000 driver=e1000e under=00:1c.1" + group(5) +
          "\npci 03:00.0 id=1912:0014 class=0c0330 driver=xhci_hcd under=00:1c.2" + group(6) +
          "\npci 03:00.1 id=1912:0015 class=118000 under=00:1c.2" + group(6) + "\n";
  return text;
}

}  // namespace vfio_doctor::testing
