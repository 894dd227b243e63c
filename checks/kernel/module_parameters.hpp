// SPDX-License-Identifier: GPL-2.0-or-later
// What a module is given when it is loaded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// One place that gives a module a parameter.
struct GivenParameter {
  std::optional<std::string> value;  ///< nothing where it stands without "="
  Evidence evidence;

  /// As the kernel reads a switch (kstrtobool() in lib/kstrtox.c; without a value it is on, param_set_bool() in
  /// kernel/params.c).
  bool is_yes() const;
};

/// In the order in which the module gets them, of which the last counts: modprobe hands on what its files say, and behind it
/// what the command line says ("module.parameter=", kmod_config_new() and kmod_module_get_options() in libkmod, kmod 3 to 34).
/// A module that is built in gets the command line's alone. `module` and `parameter` with underscores.
std::vector<GivenParameter> given_parameters(const Host& host, std::string_view module, std::string_view parameter);

/// The one that counts.
std::optional<GivenParameter> given_parameter(const Host& host, std::string_view module, std::string_view parameter);

/// Whether the running kernel is known to have the module built in, by its list of those or by the option that is called as
/// the module is.
bool is_built_in(const Host& host, std::string_view module);

}  // namespace vfio_doctor
