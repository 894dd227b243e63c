// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

namespace vfio_doctor {

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  ///< in bytes; 0: not valid UTF-8
};

/// The code point that begins at `position` < text.size(). Overlong forms, surrogates and what lies above
/// U+10FFFF are not valid (RFC 3629).
CodePoint decode_utf8(std::string_view text, std::size_t position);

}  // namespace vfio_doctor
