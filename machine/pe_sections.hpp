// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/observed.hpp"

namespace vfio_doctor {

/// A row of a PE file's section table (Microsoft PE format, "Section Table").
struct PeSection {
  std::string name;     ///< at most eight bytes, without the zeros behind it: ".initrd"
  std::size_t row = 0;  ///< where its row begins in the file
  std::uint64_t offset = 0,
                size = 0;  ///< of its content in the file, in bytes; both below 4 GiB, and nothing says that the file has them
};

/// The table of an EFI program that begins with `head`. Unreadable where that is none, or ends before its table does.
Observed<std::vector<PeSection>> pe_sections(std::string_view head);

/// The section `name` that a unified kernel image starts with where nobody selects another profile: that of profile 0, else that of all
/// profiles (UAPI group, unified kernel image specification, "Multi-Profile UKIs"). Absent where it has none; unreadable where it
/// has two, or where pe_sections() is.
Observed<PeSection> section_of_unified_image(std::string_view head, std::string_view name);

}  // namespace vfio_doctor
