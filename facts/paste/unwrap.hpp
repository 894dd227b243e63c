// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// One line of a paste as its program printed it, without what it was wrapped in on the way: terminal escapes, HTML,
/// typographic quotes, box drawing, mail quotes, JSON inside JSON. "\n" inside a JSON text makes several pieces of one
/// line. Appends to `pieces`; printable ASCII and UTF-8 stay, control characters go.
void unwrap_line(std::string_view raw, std::vector<std::string>& pieces);

/// The form in which texts are compared: ASCII lower case, runs of blanks as one, without quotes and backslashes.
void fold_text(std::string_view text, std::string& folded);

}  // namespace vfio_doctor
