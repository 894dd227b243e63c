// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"vfio-loaded", "vfio-pci for managers that do not load it", 70, run};

std::vector<Finding> run(const Host& host) {
  const auto& access = host.access;
  const std::string manager = access.kubernetes ? "Kubernetes" : access.opennebula ? "OpenNebula" : "";
  const auto loaded = host.vfio.loaded.find("vfio_pci");
  if (host.vfio.pci_driver_built_in || (loaded != host.vfio.loaded.end() && loaded->second))
    return {check.finding(Status::pass, host_subject, "vfio-pci is there for any program that gives devices to guests.")};
  if (manager.empty()) return {};
  if (!host.modules.loaded_seen.has_value())
    return {check.not_seen("Whether vfio-pci is loaded could not be seen.", {"/sys/module", host.modules.loaded_seen.why()})};
  auto finding =
      check.finding(Status::warn, host_subject,
                    "vfio-pci is not loaded, and " + manager +
                        " is on this host: its programs write to /sys/bus/pci/drivers/vfio-pci and find nothing there "
                        "(\"new_id: no such file\"), and no group has a node in /dev/vfio.");
  finding.evidence = {{"/sys/module/vfio_pci", "not there"},
                      {access.kubernetes ? "/var/lib/kubelet" : "/var/lib/one", "there"}};
  finding.remedy = {{"Load it now and at each start.",
                     {"sudo modprobe vfio-pci", "echo vfio-pci | sudo tee /etc/modules-load.d/vfio-pci.conf"},
                     {"sudo rm /etc/modules-load.d/vfio-pci.conf"},
                     {}}};
  return {finding};
}

}  // namespace

Check vfio_loaded_check() { return check; }

}  // namespace vfio_doctor
