// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/vfio_ways.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"vfio-support", "VFIO in the kernel", 60, run};

/// Some distributions split the modules of a kernel over packages; elsewhere what is missing was never there or is gone.
Remedy install_modules(const Host& host) {
  Remedy remedy{.text = "Reboot, if the kernel was just updated: its modules go with the old one.",
                .commands = {},
                .undo = {},
                .risk = {}};
  std::string command;
  if (host.distribution.is_like("fedora") || host.distribution.is_like("rhel"))
    command = "sudo dnf install kernel-modules-$(uname -r)";
  else if (host.distribution.is_like("ubuntu"))
    command = "sudo apt install linux-modules-extra-$(uname -r)";
  if (command.empty()) {
    remedy.text +=
        " Else install the kernel's package of your distribution anew; a small one for virtual machines may lack VFIO.";
    return remedy;
  }
  remedy.text += " Else install the package with the rest of this kernel's modules.";
  remedy.commands = {command};
  return remedy;
}

/// A function that vfio-pci holds: then it is there, whatever else could be seen.
const PciFunction* held_by_driver(const Host& host) {
  const auto found =
      std::ranges::find_if(host.all_functions(), [](const PciFunction& one) { return one.driver.is("vfio-pci"); });
  return found == host.all_functions().end() ? nullptr : &*found;
}

/// Decides whether there is a vfio-pci for this kernel.
void judge_driver(const Host& host, Finding& finding) {
  const auto& installed = host.vfio.pci_driver_installed;
  if (host.vfio.loaded.contains("vfio_pci") && host.vfio.loaded.at("vfio_pci")) {
    finding.evidence = {{"/sys/module/vfio_pci", "present: the driver is loaded"}};
  } else if (const auto* held = held_by_driver(host)) {
    finding.evidence = {{held->sysfs_path + "/driver", "vfio-pci"}};
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
      finding.remedy = {install_modules(host)};
    }
  } else if (installed.is(true)) {
    finding.evidence = {{"/lib/modules", "vfio-pci is installed"}};
  } else {
    finding.evidence = {{"kernel configuration", host.kernel.config.why()},
                        {"/lib/modules", installed.has_value() ? "no vfio-pci" : installed.why()}};
    finding.status = installed.is(false) ? Status::fail : Status::unknown;
    finding.summary = installed.is(false) ? "The vfio-pci driver is not installed for the running kernel."
                                          : "Whether this kernel has the vfio-pci driver could not be seen.";
    if (installed.is(false)) finding.remedy = {install_modules(host)};
  }
}

/// The driver is there and can never be loaded. vfio and vfio_pci_core come before it.
void judge_ban(const Host& host, Finding& finding) {
  if ((host.vfio.loaded.contains("vfio_pci") && host.vfio.loaded.at("vfio_pci")) || held_by_driver(host)) return;
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
  for (const auto& state : ways) {
    if (state.way == VfioWay::spapr && host.cpu.architecture != Architecture::power) continue;
    const auto told = [&state](const Evidence& one) {
      return one.source == state.evidence.source && one.value == state.evidence.value;
    };
    if (std::ranges::none_of(finding.evidence, told)) finding.evidence.push_back(state.evidence);
  }
  finding.remedy = {ways[0].not_installed ? install_modules(host)
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
