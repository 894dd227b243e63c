// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guard/guard_watch.hpp"

#include <algorithm>
#include <optional>

#include "base/secrets.hpp"
#include "base/text.hpp"
#include "checks/boot/boot_drift.hpp"

namespace vfio_doctor {
namespace {

bool switches_off(const KernelArgument& argument) {
  if (!argument.value) return false;
  const auto name = normalize_module_name(argument.name);
  if (name != "intel_iommu" && name != "amd_iommu" && name != "iommu") return false;
  const auto options = split(*argument.value, ',');
  return std::ranges::find(options, "off") != options.end();
}

/// "/vmlinuz-6.1.0-18-amd64", "/boot/vmlinuz-linux": the version, where the name has one.
std::optional<std::string> version_of(const BootEntry& entry) {
  const auto name = base_name(entry.kernel);
  for (const std::string_view start : {"vmlinuz-", "vmlinux-", "kernel-", "bzImage-"})
    if (name.starts_with(start) && name.size() > start.size() && name[start.size()] >= '0' && name[start.size()] <= '9')
      return name.substr(start.size());
  return std::nullopt;
}

bool rests_on_vfio(const Host& host) {
  const bool held =
      std::ranges::any_of(host.all_functions(), [](const PciFunction& one) { return one.driver.is(std::string("vfio-pci")); });
  const bool configured = std::ranges::any_of(host.vfio.modprobe.lines, [](const auto& line) {
    return line.module.starts_with("vfio") || line.rest.find("vfio") != std::string::npos;
  });
  const auto* arguments = host.kernel.arguments.get();
  return held || configured || (arguments && std::ranges::any_of(arguments->all(), [](const KernelArgument& one) {
                                  return one.name.starts_with("vfio") || one.name.starts_with("intel_iommu") ||
                                         one.name.starts_with("iommu");
                                }));
}

/// The modules of a kernel that is installed: modules.dep and modules.builtin name each with its path.
void judge_modules(const std::string& version, const Root& root, NextBoot& next) {
  const auto directory = "/lib/modules/" + version + "/";
  const auto modules = root.read(directory + "modules.dep", 16 << 20);
  const auto builtin = root.read(directory + "modules.builtin", 4 << 20);
  if (modules.is_unreadable()) {
    next.unknown.push_back(directory + "modules.dep: " + modules.why());
    return;
  }
  const auto has = [&](const std::string& name) {
    return (modules.has_value() && modules->find("/" + name) != std::string::npos) ||
           (builtin.has_value() && builtin->find("/" + name) != std::string::npos);
  };
  if (modules.is_absent() && builtin.is_absent())
    next.breaks.push_back("its modules are not in " + directory);
  else if (!has("vfio-pci.ko"))
    next.breaks.push_back("the kernel " + version +
                          ", which starts next, has no vfio-pci module (a package with further modules is missing?)");
}

}  // namespace

NextBoot judge_next_boot(const Host& host, const Root& root) {
  NextBoot next;
  if (!rests_on_vfio(host)) return next;
  const auto drift = find_boot_drift(host);
  for (const auto& one : drift.arguments) {
    const auto& argument = one.token.argument;
    const auto shown = shown_setting(argument.name, argument.value);
    const bool lost = one.kind == DriftKind::only_this_boot || one.kind == DriftKind::not_next;
    if (lost && !switches_off(argument))
      next.breaks.push_back(one.lacking + " does not have " + shown + ", which the running kernel got");
    if (one.kind == DriftKind::not_rebooted && switches_off(argument))
      next.breaks.push_back(one.token.place() + " has " + shown + ", which the running kernel did not get");
  }
  for (const auto& unread : drift.unknown) next.unknown.push_back(unread.file + ": " + unread.why);
  const auto* running = host.kernel.release.get();
  if (!drift.next)
    next.unknown.emplace_back("which boot entry starts next is not known");
  else if (const auto version = version_of(*drift.next); version && running && *version != *running)
    judge_modules(*version, root, next);
  return next;
}

}  // namespace vfio_doctor
