// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/log_redaction.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "snapshot/known_log_lines.hpp"

namespace vfio_doctor {
namespace {

using View = std::string_view;

/// "<6>[    0.123456] " in front of a message.
std::size_t stamp_length(View line) {
  std::size_t length = 0;
  for (const auto& [open, close] : {std::pair{'<', '>'}, std::pair{'[', ']'}}) {
    if (length >= line.size() || line[length] != open) continue;
    const auto end = line.find(close, length);
    const auto digits = line.substr(length + 1, end == line.npos ? 0 : end - length - 1);
    if (digits.empty() || digits.size() > 24 || digits.find_first_not_of("0123456789. ") != digits.npos) continue;
    length = end + 1;
    while (length < line.size() && line[length] == ' ') ++length;
  }
  return length;
}

/// Where the part behind the mark begins; npos where the row does not fit.
std::size_t behind_mark(View message, const KnownLogLine& row) {
  if (row.mark.starts_with('^')) return message.starts_with(row.mark.substr(1)) ? row.mark.size() - 1 : message.npos;
  const auto at = message.find(row.mark);
  return at == message.npos ? at : at + row.mark.size();
}

/// No message of the kernel has a decimal number this long; serial numbers and telephone numbers are.
std::string without_long_numbers(View text) {
  constexpr std::size_t longest = 10;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    const bool whole = (at == 0 || !is_alphanumeric(text[at - 1])) && (end == text.size() || !is_alphanumeric(text[end]));
    if (whole && end - at > longest)
      out += "number";
    else
      out.append(text.substr(at, std::max<std::size_t>(end - at, 1)));
    at = std::max(end, at + 1);
  }
  return out;
}

}  // namespace

std::string redact_kernel_log(View text, const TextRedactor& words, const ArgumentRedactor& arguments) {
  std::string out;
  for (const auto line : split_lines(text)) {
    const auto stamp = stamp_length(line);
    const auto message = line.substr(stamp);
    for (const auto& row : known_log_lines()) {
      const auto behind = behind_mark(message, row);
      if (behind == message.npos) continue;
      out += line.substr(0, stamp);
      if (row.keep == KnownLogLine::Keep::words) {
        out += without_long_numbers(words.redact(message));
      } else {
        out += words.redact(message.substr(0, behind));
        // The kernel quotes what it did not know: parameters "a b=c".
        auto rest = message.substr(behind);
        const bool quoted = rest.starts_with('"');
        if (quoted) rest.remove_prefix(1);
        const auto end = quoted ? std::min(rest.find('"'), rest.size()) : rest.size();
        out += (quoted ? "\"" : "") + arguments.line(rest.substr(0, end)) + (quoted ? "\"" : "") +
               words.redact(rest.substr(std::min(end + 1, rest.size())));
      }
      out += '\n';
      break;
    }
  }
  return out;
}

}  // namespace vfio_doctor
