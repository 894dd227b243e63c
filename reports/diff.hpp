// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "reports/comparison.hpp"
#include "reports/text.hpp"

namespace vfio_doctor {

/// A comparison for people; what got worse stands first.
std::string render_diff_text(const Comparison& comparison, const TextStyle& style);

/// A comparison as docs/schema/diff-1.json describes it, escaped as render_json() does.
std::string render_diff_json(const Comparison& comparison);

/// "worse", "better", "undetermined", "neutral".
std::string_view to_text(Direction direction);

}  // namespace vfio_doctor
