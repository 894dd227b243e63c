// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "facts/guest/guest_view.hpp"

namespace vfio_doctor {

/// A function's place in the resolved sysfs tree, for telling what belongs to it.
struct FunctionPath {
  std::string path;  ///< "/sys/devices/pci0000:00/0000:00:02.1/0000:03:00.0"
  GuestFunction* function = nullptr;
};

/// The deepest function whose directory holds `resolved_path`; nullptr where it stands on none.
GuestFunction* owner_of(const std::vector<FunctionPath>& functions, std::string_view resolved_path);

/// Fill in `children`, `usb`, `interrupts` and `log_errors` of the functions. Each reads once for all of them.
void gather_children(const Root& root, const std::vector<FunctionPath>& functions);
/// Answers the devices that hang on none of the functions (controllers outside PCI).
Observed<std::vector<GuestUsb>> gather_usb(const Root& root, const std::vector<FunctionPath>& functions);
void gather_interrupts(const Root& root, const std::vector<FunctionPath>& functions);
/// Adds a note to `view` where the log cannot be read. Runs after gather_children(): messages name children.
void gather_log_errors(const Root& root, GuestView& view);

/// The first 64 bytes of configuration space: command register, whether anything answers.
void read_config(const Root& root, const std::string& path, GuestFunction& function);

}  // namespace vfio_doctor
