// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/module_parameters.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

/// "vfio_pci" -> "VFIO_PCI"
std::string option_of(std::string_view module) {
  std::string option(module);
  std::ranges::transform(option, option.begin(), to_upper);
  return option;
}

}  // namespace

bool GivenParameter::is_yes() const {
  if (!value) return true;
  const auto first = to_lower(value->substr(0, 2));
  return first.starts_with("y") || first.starts_with("t") || first.starts_with("1") || first == "on";
}

std::vector<GivenParameter> given_parameters(const Host& host, std::string_view module, std::string_view parameter) {
  std::vector<GivenParameter> given;
  if (!is_built_in(host, module))
    for (const auto& option : host.vfio.modprobe.options(module))
      if (normalize_module_name(option.name) == parameter) given.push_back({option.value, {option.file, option.text}});
  const auto name = std::string(module) + "." + std::string(parameter);
  if (const auto* arguments = host.kernel.arguments.get())
    for (const auto& argument : arguments->all())
      if (normalize_module_name(argument.name) == name) given.push_back({argument.value, {"/proc/cmdline", argument.text()}});
  return given;
}

std::optional<GivenParameter> given_parameter(const Host& host, std::string_view module, std::string_view parameter) {
  auto given = given_parameters(host, module, parameter);
  return given.empty() ? std::nullopt : std::optional(std::move(given.back()));
}

bool is_built_in(const Host& host, std::string_view module) {
  if (module == "vfio_pci" && host.vfio.pci_driver_built_in) return true;
  const auto* config = host.kernel.config.get();
  const auto option = config ? config->find(option_of(module)) : decltype(config->find("")){};
  return config && option != config->end() && option->second == "y";
}

}  // namespace vfio_doctor
