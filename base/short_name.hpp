// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vfio_doctor {

/// `text`, which must be printable(), with "..." at its end where it is wider than `width`.
std::string cut_to(std::string_view text, std::size_t width);

/// A device's name, which must be printable(), in at most `width` columns: as it is where it fits, else without the
/// words that tell nothing about the device ("Corporation", the chipset it is part of, "Controller"), and then cut.
std::string short_name(const std::string& name, std::size_t width);

/// The same without the cut: as short as it gets without losing what tells the device from others.
std::string shorter_name(const std::string& name, std::size_t width);

}  // namespace vfio_doctor
