// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "facts/boot/grub_variables.hpp"

namespace vfio_doctor {

/// Whether a file is there and holds something; nothing where that is not known.
using GrubFileTest = std::function<std::optional<bool>(const std::string& path)>;

/// GRUB's command `test`, with its own rules of precedence (grub-core/commands/test.c, test_parse). Nothing where what it is about
/// is not known.
std::optional<bool> run_grub_test(const std::vector<GrubText>& words, const GrubFileTest& file_test);

}  // namespace vfio_doctor
