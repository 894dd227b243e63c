// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/vfio_ways.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"vfio-support", "VFIO in the kernel", 60, run};

Remedy install_modules() {
  return {
      "Install the package with the rest of this kernel's modules (Fedora: kernel-modules; Ubuntu: "
      "linux-modules-extra), or reboot if the kernel was just updated.",
      {},
      {},
      {}};
}

/// Decides whether there is a vfio-pci for this kernel.
void judge_driver(const Host& host, Finding& finding) {
  const auto& installed = host.vfio.pci_driver_installed;
  if (host.vfio.loaded.contains("vfio_pci") && host.vfio.loaded.at("vfio_pci")) {
    finding.evidence = {{"/sys/module/vfio_pci", "present: the driver is loaded"}};
  } else if (const auto* config = host.kernel.config.get()) {
    const auto option = config->find("VFIO_PCI");
    const bool there = option != config->end();
    finding.evidence = {
        {host.kernel.config_source, there ? "CONFIG_VFIO_PCI=" + option->second : "CONFIG_VFIO_PCI is not set"}};
    if (!there) {
      finding.status = Status::fail;
      finding.summary = "This kernel was built without VFIO for PCI devices.";
      finding.remedy = {{"Boot a kernel of your distribution; they all have VFIO.", {}, {}, {}}};
    } else if (option->second != "y" && installed.is(false)) {
      finding.status = Status::fail;
      finding.summary = "The vfio-pci module belongs to this kernel but is not installed.";
      finding.evidence.push_back({"/lib/modules", "no vfio-pci for the running kernel"});
      finding.remedy = {install_modules()};
    }
  } else if (installed.is(true)) {
    finding.evidence = {{"/lib/modules", "vfio-pci is installed"}};
  } else {
    finding.evidence = {{"kernel configuration", host.kernel.config.why()},
                        {"/lib/modules", installed.has_value() ? "no vfio-pci" : installed.why()}};
    finding.status = installed.is(false) ? Status::fail : Status::unknown;
    finding.summary = installed.is(false) ? "The vfio-pci driver is not installed for the running kernel."
                                          : "Whether this kernel has the vfio-pci driver could not be seen.";
    if (installed.is(false)) finding.remedy = {install_modules()};
  }
}

/// The driver is there and can never be loaded. vfio and vfio_pci_core come before it.
void judge_ban(const Host& host, Finding& finding) {
  if (host.vfio.loaded.contains("vfio_pci") && host.vfio.loaded.at("vfio_pci")) return;
  for (const std::string module : {"vfio_pci", "vfio_pci_core", "vfio"}) {
    const auto never = never_loads(host, module);
    if (!never) continue;
    finding.status = Status::fail;
    finding.summary =
        "VFIO can never be loaded: " + never->value + " (" + never->source + ") keeps the module " + module + " out.";
    finding.evidence.push_back(*never);
    finding.remedy = {{"Take that word away, then reboot.", {}, {}, {}}};
    return;
  }
  // libvirt loads the driver with "modprobe -b", which heeds this word (src/util/virkmod.c); plain modprobe does not.
  if (const auto* line = host.vfio.modprobe.find("blacklist", "vfio_pci"); line && finding.status == Status::pass) {
    finding.status = Status::warn;
    finding.effect = Effect::none;
    finding.summary = "vfio-pci is on the blacklist of modprobe.d: libvirt does not load it (\"administratively prohibited\").";
    finding.evidence.push_back({line->place(), line->text()});
    finding.remedy = {{"Take the line away, or load the driver before guests start.", {"sudo modprobe vfio-pci"}, {}, {}}};
  }
}

/// A driver without a way for programs to reach it is of no use.
void judge_ways(const Host& host, Finding& finding) {
  const auto ways = vfio_ways(host);
  std::string names;
  for (const auto& state : ways)
    if (state.open.is(true)) names += (names.empty() ? "" : ", ") + std::string(to_text(state.way));
  if (!names.empty()) finding.evidence.push_back({"ways into VFIO", names});
  if (!std::ranges::all_of(ways, [](const VfioWayState& state) { return state.open.is(false); })) return;
  finding.status = Status::fail;
  finding.summary = "The vfio-pci driver is there, but no way for programs to use it: neither the container (" +
                    ways[0].evidence.value + ") nor iommufd (" + ways[1].evidence.value + ").";
  for (const auto& state : ways)
    if (state.way != VfioWay::spapr || host.cpu.architecture == Architecture::power) finding.evidence.push_back(state.evidence);
  finding.remedy = {ways[0].not_installed ? install_modules()
                                          : Remedy{"Boot a kernel of your distribution; they all have VFIO.", {}, {}, {}}};
}

std::vector<Finding> run(const Host& host) {
  auto finding = check.finding(Status::pass, host_subject, "This kernel has the vfio-pci driver.");
  finding.effect = Effect::blocked;
  judge_driver(host, finding);
  // What keeps the driver out does so whether or not this kernel has it.
  if (finding.status == Status::pass || finding.status == Status::unknown) judge_ban(host, finding);
  if (finding.status == Status::pass) judge_ways(host, finding);
  return {finding};
}

}  // namespace

Check vfio_support_check() { return check; }

}  // namespace vfio_doctor
