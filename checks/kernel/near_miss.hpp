// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// True where `typed` is `word` but for one slip: a letter too many, too few, another one, or two neighbours changed over.
bool is_slip_of(std::string_view typed, std::string_view word);

/// The word that `typed` is a slip of; nothing where it is one of the words itself, is short (fewer than five letters: too many
/// words are near), or is near none.
std::optional<std::string> meant_word(std::string_view typed, const std::vector<std::string>& words);

/// Arguments of the kernel itself that passthrough is set up with, and that people mistype: a word that is one slip away from one
/// is none of the kernel's. Linux drivers/iommu/intel/iommu.c (__setup), and the ACS override patch.
const std::vector<std::string>& boot_words();

}  // namespace vfio_doctor
