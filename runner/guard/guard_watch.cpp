// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guard/guard_watch.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "checks/boot/boot_drift.hpp"
#include "checks/kernel/early_binding.hpp"
#include "checks/kernel/group_members.hpp"
#include "verdicts/next_boot.hpp"

namespace vfio_doctor {
namespace {

/// "/vmlinuz-6.1.0-18-amd64", "/boot/vmlinuz-linux": the version, where the name has one.
std::optional<std::string> version_of(const BootEntry& entry) {
  const auto name = base_name(entry.kernel);
  for (const std::string_view start : {"vmlinuz-", "vmlinux-", "kernel-", "bzImage-"})
    if (name.starts_with(start) && name.size() > start.size() && name[start.size()] >= '0' && name[start.size()] <= '9')
      return name.substr(start.size());
  return std::nullopt;
}

bool rests_on_vfio(const Host& host) {
  const bool held = std::ranges::any_of(host.all_functions(), is_held_by_vfio);
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
void judge_modules(const std::string& version, const Root& root, RebootWatch& watch) {
  const auto directory = "/lib/modules/" + version + "/";
  const auto modules = root.read(directory + "modules.dep", 16 << 20);
  const auto builtin = root.read(directory + "modules.builtin", 4 << 20);
  if (modules.is_unreadable()) {
    watch.unknown.push_back(directory + "modules.dep: " + modules.why() + ".");
    return;
  }
  const auto has = [&](const std::string& name) {
    return (modules.has_value() && modules->find("/" + name) != std::string::npos) ||
           (builtin.has_value() && builtin->find("/" + name) != std::string::npos);
  };
  if (modules.is_absent() && builtin.is_absent())
    watch.breaks.push_back("The modules of the kernel that starts next are not in " + directory + ".");
  else if (!has("vfio-pci.ko") && builtin.is_unreadable())
    watch.unknown.push_back(directory + "modules.builtin: " + builtin.why() + ".");
  else if (!has("vfio-pci.ko"))
    watch.breaks.push_back("The kernel " + version +
                           ", which starts next, has no vfio-pci module (a package with further modules is missing?).");
}

/// What vfio-pci holds now because it was told to take it at the start.
void judge_image(const Host& host, RebootWatch& watch) {
  const auto binding = early_binding(host);
  if (binding.state != EarlyBinding::State::lost || std::ranges::none_of(host.all_functions(), is_held_by_vfio)) return;
  for (const auto& drift : binding.drifts) watch.breaks.push_back(drift.sentence);
}

}  // namespace

RebootWatch watch_next_boot(const Host& host, const Root& root) {
  RebootWatch watch;
  if (!rests_on_vfio(host)) return watch;
  const auto next = predict_next_boot(host, Verdict::ready);
  const auto lost = next.lost.empty() ? "" : " It is without " + join(next.lost, ", ") + ".";
  if (next.arguments == ArgumentsNext::lost) watch.breaks.push_back(next.reason + lost);
  if (next.arguments == ArgumentsNext::unknown) watch.unknown.push_back(next.reason + lost);
  const auto* running = host.kernel.release.get();
  const auto drift = find_boot_drift(host);
  const auto version = drift.next ? version_of(*drift.next) : std::nullopt;
  if (version && running && *version != *running)
    judge_modules(*version, root, watch);
  else
    judge_image(host, watch);
  return watch;
}

}  // namespace vfio_doctor
