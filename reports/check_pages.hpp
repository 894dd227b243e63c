// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// The paragraphs of a check's page that say why it matters: of its section "Why it matters", else its first paragraphs.
/// Backquotes are gone; lists and code are left out. At most `most` of them.
std::vector<std::string> why_it_matters(std::string_view page, std::size_t most = 3);

/// A page as plain text: without the marks of headings, code and emphasis.
std::string plain_page(std::string_view page);

}  // namespace vfio_doctor
