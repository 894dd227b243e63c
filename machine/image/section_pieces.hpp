// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "machine/root.hpp"

namespace vfio_doctor {

/// A unified kernel image comes from a disk that anybody may have written.
struct SectionBounds {
  std::size_t most_table_bytes =
      64 << 10;  ///< in which the section table must end: that of systemd's stub ends in the first 4 KiB
  std::uint64_t most_file_bytes = std::uint64_t{1} << 30;  ///< in which the section must end
};

/// The bytes of one section of the unified kernel image that `file` gives, a piece at a time; "cut short" where the file ends before
/// the section does. Absent where it has no such section; unreadable, with the reason, where its section table is damaged,
/// leads beyond the bounds or names the section for more than one profile.
Observed<FilePieces> section_pieces(FilePieces file, const std::string& section, const SectionBounds& bounds = {});

}  // namespace vfio_doctor
