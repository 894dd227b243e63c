// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/modules/modules.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_files = 256, most_lists = 1'000, most_drivers = 256;

constexpr auto wanted_modules =
    std::to_array<const char*>({"vendor_reset", "nvidia", "nvidia_drm", "nouveau", "amdgpu", "radeon", "i915", "xe", "kvmgt",
                                "kvm_amd", "kvm_intel", "vfio_pci"});

constexpr auto wanted_parameters = std::to_array<std::array<const char*, 2>>({{"nvidia_drm", "modeset"},
                                                                              {"kvm_amd", "sev"},
                                                                              {"kvm_amd", "sev_snp"},
                                                                              {"kvm_intel", "tdx"},
                                                                              {"i915", "enable_gvt"},
                                                                              {"i915", "max_vfs"},
                                                                              {"i915", "enable_guc"}});

/// modules-load.d(5) and /etc/modules: one name a line, with parameters behind it in the latter; '#' and ';' begin comments.
void read_load_file(const Root& root, const std::string& file, ModuleFacts& facts) {
  const auto text = root.read(file);
  if (text.is_unreadable()) facts.unread.push_back(file + ": " + text.why());
  if (!text.has_value()) return;
  unsigned number = 0;
  for (const auto line : split_lines(text.value())) {
    ++number;
    const auto words = split_words(trim(line));
    if (words.empty() || words[0].front() == '#' || words[0].front() == ';' || facts.load_at_start.size() == most_lists)
      continue;
    facts.load_at_start.push_back({"load", {std::string(words[0])}, std::string(trim(line).substr(0, 200)), file, number});
  }
}

void read_load_files(const Root& root, ModuleFacts& facts) {
  read_load_file(root, "/etc/modules", facts);
  std::set<std::string> seen;  // a file in a directory of more weight takes the place of its namesakes
  for (const std::string directory :
       {"/etc/modules-load.d", "/run/modules-load.d", "/usr/local/lib/modules-load.d", "/usr/lib/modules-load.d"}) {
    const auto names = root.list(directory);
    if (!names.has_value()) continue;
    for (const auto& name : names.value()) {
      const auto path = directory + "/" + name;
      // Debian: modules.conf there is a link to /etc/modules.
      if (!name.ends_with(".conf") || seen.size() == most_files || !seen.insert(name).second ||
          root.canonical(path).is("/etc/modules"))
        continue;
      read_load_file(root, path, facts);
    }
  }
}

/// /sys/bus/pci/drivers/DRIVER/module leads to the module; a built-in one without parameters has no such link.
void read_drivers(const Root& root, const std::vector<PciFunction>& functions, ModuleFacts& facts) {
  for (const auto& function : functions) {
    const auto* driver = function.driver.get();
    if (!driver || driver->find('/') != driver->npos || facts.drivers.size() == most_drivers || facts.drivers.contains(*driver))
      continue;
    auto& entry = facts.drivers[*driver];
    const auto link = root.read_link("/sys/bus/pci/drivers/" + *driver + "/module");
    if (!link.has_value()) continue;
    entry.module = normalize_module_name(base_name(link.value()));
    const auto state = root.kind("/sys/module/" + entry.module + "/initstate");
    const bool seen = root.exists("/sys/module/" + entry.module);
    if (seen && !state.is_unreadable()) entry.built_in = state.is_absent();
  }
}

}  // namespace

bool ModuleFacts::is_loaded(const std::string& module) const { return std::ranges::find(loaded, module) != loaded.end(); }

ModuleFacts gather_modules(const Root& root, const std::vector<PciFunction>& functions) {
  ModuleFacts facts;
  read_load_files(root, facts);
  read_image_settings(root, facts);
  read_driverctl(root, facts);
  read_drivers(root, functions, facts);
  // Not the directory itself: where a recording says that it is not there, the names asked for below it are left out, and
  // redaction must know those.
  const auto asked = root.kind("/sys/module/vfio_pci");
  facts.loaded_seen = asked.is_unreadable() ? Observed<bool>::unreadable(asked.why()) : Observed<bool>(true);
  for (const std::string module : wanted_modules)
    if (root.exists("/sys/module/" + module)) facts.loaded.push_back(module);
  for (const auto& [module, parameter] : wanted_parameters)
    if (facts.is_loaded(module))
      facts.parameters[std::string(module) + "." + parameter] =
          root.read_line("/sys/module/" + std::string(module) + "/parameters/" + parameter);
  return facts;
}

}  // namespace vfio_doctor
