// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>

namespace vfio_doctor {

/// The page of one guest finding, as `explain` prints it. Made by the build from checks/guest/*.md.
struct GuestPage {
  std::string_view id;    ///< "guest-driver"
  std::string_view page;  ///< Markdown
};

/// Every page, in the order of their ids.
std::span<const GuestPage> guest_pages();

}  // namespace vfio_doctor
