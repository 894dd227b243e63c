// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/module_parameters.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"stub-and-vfio", "pci-stub and vfio-pci for the same device", 100, run};

std::vector<Finding> run(const Host& host) {
  const auto* arguments = host.kernel.arguments.get();
  if (!arguments) return {};
  const KernelArgument* stub = nullptr;
  for (const auto& argument : arguments->all()) {
    const auto name = normalize_module_name(argument.name);
    if (name == "pci_stub.ids" && argument.value) stub = &argument;
  }
  if (!stub) return {};
  const auto vfio = given_parameter(host, "vfio_pci", "ids");
  const auto ids = vfio && vfio->value ? to_lower(*vfio->value) : std::string();
  for (const auto id : split(*stub->value, ',')) {
    if (id.size() < 9 || ids.find(to_lower(id)) == std::string::npos) continue;
    auto finding = check.finding(Status::warn, host_subject,
                                 "pci-stub and vfio-pci are both told to take " + std::string(id) +
                                     ": pci-stub, where it is built in, is first, and no guest can open the device then.");
    finding.evidence = {{"/proc/cmdline", stub->text()}, vfio->evidence};
    finding.remedy = {{"Take pci-stub.ids off the command line: vfio-pci keeps the host's drivers away as well.", {}, {}, {}}};
    return {finding};
  }
  return {check.finding(Status::pass, host_subject, "pci-stub and vfio-pci are told to take different devices.")};
}

}  // namespace

Check stub_and_vfio_check() { return check; }

}  // namespace vfio_doctor
