// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>

namespace vfio_doctor {

/// A page about one cause or several that belong together: checks/signatures/pages/NAME.md ('-' written '_').
struct CausePage {
  std::string_view name, text;
};

/// Made by the build from those files.
std::span<const CausePage> cause_pages();

}  // namespace vfio_doctor
