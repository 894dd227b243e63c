// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"vfio-support", "VFIO in the kernel", 60, run};

/// The user-space interface: either the container of type 1 or iommufd with device files (drivers/vfio/Kconfig).
bool has_interface(const std::map<std::string, std::string>& config) {
  const bool container = config.contains("VFIO_IOMMU_TYPE1");
  const bool iommufd = config.contains("IOMMUFD") && config.contains("VFIO_DEVICE_CDEV");
  return container || iommufd;
}

Remedy install_modules() {
  return {"Install the package with the rest of this kernel's modules (Fedora: kernel-modules; Ubuntu: "
          "linux-modules-extra), or reboot if the kernel was just updated.", {}, {}, {}};
}

std::vector<Finding> run(const Host& host) {
  auto finding = check.finding(Status::pass, host_subject, "This kernel has the vfio-pci driver.");
  finding.effect = Effect::blocked;
  const auto& installed = host.vfio.pci_driver_installed;
  const auto* config = host.kernel.config.get();
  if (host.vfio.loaded.contains("vfio_pci") && host.vfio.loaded.at("vfio_pci")) {
    finding.evidence = {{"/sys/module/vfio_pci", "present: the driver is loaded"}};
    return {finding};
  }
  if (config) {
    const auto option = config->find("VFIO_PCI");
    const bool there = option != config->end();
    finding.evidence = {{host.kernel.config_source, there ? "CONFIG_VFIO_PCI=" + option->second : "CONFIG_VFIO_PCI is not set"}};
    if (there && !has_interface(*config))
      finding.evidence.push_back({host.kernel.config_source, "neither CONFIG_VFIO_IOMMU_TYPE1 nor CONFIG_IOMMUFD with CONFIG_VFIO_DEVICE_CDEV"});
    if (!there || !has_interface(*config)) {
      finding.status = Status::fail;
      finding.summary = "This kernel was built without VFIO for PCI devices.";
      finding.remedy = {{"Boot a kernel of your distribution; they all have VFIO.", {}, {}, {}}};
    } else if (option->second != "y" && installed.is(false)) {
      finding.status = Status::fail;
      finding.summary = "The vfio-pci module belongs to this kernel but is not installed.";
      finding.evidence.push_back({"/lib/modules", "no vfio-pci for the running kernel"});
      finding.remedy = {install_modules()};
    }
    return {finding};
  }
  if (installed.is(true)) {
    finding.evidence = {{"/lib/modules", "vfio-pci is installed"}};
  } else {
    finding.evidence = {{"kernel configuration", host.kernel.config.why()},
                        {"/lib/modules", installed.has_value() ? "no vfio-pci" : installed.why()}};
    finding.status = installed.is(false) ? Status::fail : Status::unknown;
    finding.summary = installed.is(false) ? "The vfio-pci driver is not installed for the running kernel."
                                          : "Whether this kernel has the vfio-pci driver could not be seen.";
    if (installed.is(false)) finding.remedy = {install_modules()};
  }
  return {finding};
}

}  // namespace

Check vfio_support_check() { return check; }

}  // namespace vfio_doctor
