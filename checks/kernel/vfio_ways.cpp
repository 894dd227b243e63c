// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/vfio_ways.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "checks/kernel/kernel_rules.hpp"
#include "checks/kernel/module_parameters.hpp"

namespace vfio_doctor {
namespace {

using Config = std::map<std::string, std::string>;

struct WayNeeds {
  VfioWay way;
  std::string_view option;  ///< of the kernel's configuration
  std::string_view module;
};

/// drivers/vfio/Kconfig and drivers/iommu/iommufd/Kconfig, Linux 6.6.
constexpr std::array<WayNeeds, 4> needs_of_ways = {{
    {VfioWay::group, "VFIO_IOMMU_TYPE1", "vfio_iommu_type1"},
    {VfioWay::cdev, "IOMMUFD", "iommufd"},
    {VfioWay::compat_container, "IOMMUFD", "iommufd"},
    {VfioWay::spapr, "VFIO_IOMMU_SPAPR_TCE", "vfio_iommu_spapr_tce"},
}};

/// Group files can be left out since the option VFIO_DEVICE_CDEV is there; before, every VFIO has them.
bool has_groups(const Config& config) { return config.contains("VFIO_GROUP") || !config.contains("VFIO_DEVICE_CDEV"); }

/// The option that this configuration lacks for a way; empty where it lacks none.
std::string missing_option(const Config& config, const WayNeeds& needs) {
  if (!config.contains(std::string(needs.option))) return std::string(needs.option);
  if (needs.way == VfioWay::cdev) return config.contains("VFIO_DEVICE_CDEV") ? "" : "VFIO_DEVICE_CDEV";
  if (!has_groups(config)) return "VFIO_GROUP";
  if (needs.way == VfioWay::compat_container && !config.contains("IOMMUFD_VFIO_CONTAINER")) return "IOMMUFD_VFIO_CONTAINER";
  return {};
}

bool is_loaded(const Host& host, const std::string& module) {
  const auto found = host.vfio.loaded.find(module);
  return found != host.vfio.loaded.end() && found->second;
}

Observed<bool> is_installed(const Host& host, const std::string& module) {
  const auto found = host.vfio.installed.find(module);
  // A list that names a module which the configuration leaves out is of another build: what it lacks is not missing.
  const auto type1 = host.vfio.installed.find("vfio_iommu_type1");
  if (const auto* config = host.kernel.config.get();
      config && config->contains("VFIO_PCI") && !config->contains("VFIO_IOMMU_TYPE1") && type1 != host.vfio.installed.end() &&
      type1->second.is(true) && found != host.vfio.installed.end() && found->second.is(false))
    return Observed<bool>::unreadable("the list of modules and the configuration are of two kernels");
  return found == host.vfio.installed.end() ? Observed<bool>() : found->second;
}

bool shows_a_cdev(const Host& host) {
  return std::ranges::any_of(host.all_functions(),
                             [](const PciFunction& function) { return function.vfio_device.has_value(); });
}

VfioWayState without_configuration(const Host& host, const WayNeeds& needs) {
  const std::string module(needs.module);
  VfioWayState state{needs.way,
                     Observed<bool>::unreadable(host.kernel.config.why()),
                     {"kernel configuration", host.kernel.config.why()}};
  // Whether iommufd is there says nothing of what VFIO does with it.
  if (needs.way == VfioWay::cdev || needs.way == VfioWay::compat_container) return state;
  if (needs.way == VfioWay::spapr && host.cpu.architecture != Architecture::power)
    return {needs.way, false, {"/proc/cpuinfo", "not POWER"}};
  const auto installed = is_installed(host, module);
  if (installed.has_value())
    return {needs.way,
            installed.value(),
            {"/lib/modules", module + (installed.value() ? " is installed" : ": none for the running kernel")},
            !installed.value()};
  return state;
}

}  // namespace

std::string_view to_text(VfioWay way) {
  switch (way) {
    case VfioWay::group:
      return "group";
    case VfioWay::cdev:
      return "cdev";
    case VfioWay::compat_container:
      return "container-compat";
    case VfioWay::spapr:
      return "spapr";
  }
  return "group";
}

std::optional<Evidence> never_loads(const Host& host, const std::string& module) {
  if (is_loaded(host, module) || is_built_in(host, module)) return std::nullopt;
  if (const auto* given = refusing_argument(host, module)) return Evidence{"/proc/cmdline", given->text()};
  if (const auto* line = host.vfio.modprobe.find("install", module)) {
    const auto command = base_name(std::string(split_words(line->rest).empty() ? "" : split_words(line->rest).front()));
    if (command == "true" || command == "false") return Evidence{line->place(), line->text()};
  }
  // A parameter that needs a value and gets none makes the module's start fail (kernel/params.c parse_one()).
  if (module == "vfio_pci")
    for (const auto& option : host.vfio.modprobe.options(module))
      if (option.name == "ids" && !option.value) return Evidence{option.file, "ids stands alone, its value after a blank"};
  return std::nullopt;
}

std::vector<VfioWayState> vfio_ways(const Host& host) {
  std::vector<VfioWayState> ways;
  for (const auto& needs : needs_of_ways) {
    const std::string module(needs.module);
    const auto* config = host.kernel.config.get();
    if (!config || !config->contains("VFIO_PCI")) {
      ways.push_back(without_configuration(host, needs));
    } else if (const auto missing = missing_option(*config, needs); !missing.empty()) {
      ways.push_back({needs.way, false, {host.kernel.config_source, "CONFIG_" + missing + " is not set"}});
    } else if (const auto& value = config->at(std::string(needs.option));
               value != "y" && is_installed(host, module).is(false)) {
      ways.push_back({needs.way, false, {"/lib/modules", module + ": none for the running kernel"}, true});
    } else {
      ways.push_back({needs.way, true, {host.kernel.config_source, "CONFIG_" + std::string(needs.option) + "=" + value}});
    }
    if (auto never = never_loads(host, module); never && !ways.back().open.is(false)) {
      ways.back().open = false;
      ways.back().evidence = std::move(*never);
    }
    if (needs.way == VfioWay::cdev && ways.back().open.is_unreadable() && shows_a_cdev(host) && is_loaded(host, "iommufd"))
      ways.back().open = true, ways.back().evidence = {"/sys/module/iommufd", "loaded, and a device has its vfio-dev"};
  }
  return ways;
}

std::optional<std::vector<std::string>> vfio_interfaces(const Host& host) {
  std::vector<std::string> names;
  bool all_known = true;
  for (const auto& state : vfio_ways(host)) {
    if (state.open.is(true)) names.emplace_back(to_text(state.way));
    all_known = all_known && state.open.has_value();
  }
  return all_known || !names.empty() ? std::optional(std::move(names)) : std::nullopt;
}

std::optional<Evidence> unsafe_interrupts_allowed(const Host& host, VfioWay way) {
  if (way == VfioWay::spapr) return std::nullopt;
  const std::string module = way == VfioWay::group ? "vfio_iommu_type1" : "iommufd";
  const auto& parameter =
      way == VfioWay::group ? host.vfio.allow_unsafe_interrupts : host.vfio.iommufd_allows_unsafe_interrupts;
  if (parameter.has_value()) {
    if (!parameter.value()) return std::nullopt;
    return Evidence{"/sys/module/" + module + "/parameters/allow_unsafe_interrupts", "Y"};
  }
  const auto given = given_parameter(host, module, "allow_unsafe_interrupts");
  return given && given->is_yes() ? std::optional(given->evidence) : std::nullopt;
}

}  // namespace vfio_doctor
