// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/markup.hpp"

#include "base/printable.hpp"

namespace vfio_doctor {
namespace {

std::string escaped(const std::string& safe) {
  std::string result;
  result.reserve(safe.size());
  for (const char byte : safe) {
    switch (byte) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += byte;
    }
  }
  return result;
}

}  // namespace

std::string markup_text(std::string_view text) { return escaped(printable(text)); }

std::string markup_lines(std::string_view text) { return escaped(printable_lines(text)); }

}  // namespace vfio_doctor
