// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/commands/report_digest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "snapshot/digest.hpp"

namespace vfio_doctor {
namespace {

constexpr std::string_view member_name = "digest";

/// Bytes on the way to a digest, many at a time: a report of thousands of devices has millions, in small pieces.
class HashedBytes {
 public:
  void add(char byte) {
    if (used_ == pending_.size()) hash_pending();
    pending_[used_++] = byte;
  }
  void add(std::string_view bytes) {
    if (bytes.size() > pending_.size() - used_) hash_pending();
    if (bytes.size() > pending_.size()) return hash_.add(bytes);
    std::memcpy(pending_.data() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }
  void add_decimal(std::size_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    add({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  Digest take() {
    hash_pending();
    return hash_.take();
  }

 private:
  void hash_pending() {
    hash_.add({pending_.data(), used_});
    used_ = 0;
  }

  std::array<char, 16 << 10> pending_;
  std::size_t used_ = 0;
  Sha256 hash_;
};

/// Goes through a JSON text once and takes the digest over its form. What is no JSON has some form, too.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Digest digest() {
    for (skip_blanks(); at_ < text_.size(); skip_blanks()) {
      const char c = text_[at_];
      if (is_space(c) || c == ',' || c == ':') {
        ++at_;
      } else if (c == '"') {
        string();
      } else if (c == '{' || c == '[') {
        form_.add(c);
        ++depth_;
        ++at_;
      } else if (c == '}' || c == ']') {
        form_.add(c);
        --depth_;
        ++at_;
      } else {
        plain();
      }
    }
    return form_.take();
  }

  /// The value of the member that is left out.
  const std::optional<std::string>& found() const { return found_; }

 private:
  /// Half of a report. Leaves at_ at something else, or at the end.
  void skip_blanks() {
    constexpr std::string_view blanks = "        ";
    while (at_ + blanks.size() <= text_.size() && std::memcmp(text_.data() + at_, blanks.data(), blanks.size()) == 0)
      at_ += blanks.size();
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  void plain() {
    const auto end = std::min(text_.find_first_of(" \t\n\r,:{}[]\"", at_), text_.size());
    form_.add('#');
    form_.add(text_.substr(at_, end - at_));
    form_.add(';');
    at_ = end;
  }

  void string() {
    // Most strings are as they are written, and come over without a copy of their own.
    const auto begin = at_ + 1, end = std::min(text_.find('"', begin), text_.size());
    std::string unescaped;
    std::string_view value = text_.substr(begin, end - begin);
    if (value.find('\\') == value.npos) {
      at_ = std::min(end + 1, text_.size());
    } else {
      unescaped = take_string();
      value = unescaped;
    }
    if (depth_ == 1 && !found_ && value == member_name && is_name()) {
      at_ = std::min(text_.find('"', at_), text_.size());
      found_ = take_string();
      return;
    }
    form_.add('"');
    form_.add_decimal(value.size());
    form_.add(':');
    form_.add(value);
  }

  bool is_name() const {
    const auto next = text_.find_first_not_of(" \t\n\r", at_);
    return next != text_.npos && text_[next] == ':';
  }

  std::string take_string() {
    std::string value;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] != '\\' || at_ + 1 == text_.size()) {
        value += text_[at_];
        continue;
      }
      const char escape = text_[++at_];
      if (escape == 'u')
        add_utf8(take_code_point(), value);
      else
        value += escape == 'n'   ? '\n'
                 : escape == 't' ? '\t'
                 : escape == 'r' ? '\r'
                 : escape == 'b' ? '\b'
                 : escape == 'f' ? '\f'
                                 : escape;
    }
    at_ = std::min(at_ + 1, text_.size());
    return value;
  }

  std::uint32_t four_digits(std::size_t at) const {
    return static_cast<std::uint32_t>(parse_unsigned(text_.substr(std::min(at, text_.size()), 4), 16).value_or(0));
  }

  /// From the 'u' on; leaves at_ at the last digit.
  std::uint32_t take_code_point() {
    const auto high = four_digits(at_ + 1);
    at_ = std::min(at_ + 4, text_.size());
    if (high < 0xd800 || high > 0xdbff || text_.substr(std::min(at_ + 1, text_.size()), 2) != "\\u") return high;
    const auto low = four_digits(at_ + 3);
    if (low < 0xdc00 || low > 0xdfff) return high;
    at_ = std::min(at_ + 6, text_.size());
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
  }

  static void add_utf8(std::uint32_t point, std::string& to) {
    const auto add = [&to](std::uint32_t byte) { to += static_cast<char>(byte); };
    if (point < 0x80) return add(point);
    if (point < 0x800) {
      add(0xc0 | point >> 6);
    } else if (point < 0x10000) {
      add(0xe0 | point >> 12);
      add(0x80 | (point >> 6 & 0x3f));
    } else {
      add(0xf0 | point >> 18);
      add(0x80 | (point >> 12 & 0x3f));
      add(0x80 | (point >> 6 & 0x3f));
    }
    add(0x80 | (point & 0x3f));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  HashedBytes form_;
  std::optional<std::string> found_;
};

}  // namespace

std::string with_digest(std::string report) {
  const auto digest = to_text(Reader(report).digest());
  const auto line_end = report.find('\n', report.find("\"schema\""));
  return line_end == report.npos ? report : report.insert(line_end + 1, "  \"digest\": \"" + digest + "\",\n");
}

DigestState digest_state(std::string_view report) {
  Reader reader(report);
  const auto digest = to_text(reader.digest());
  if (!reader.found()) return DigestState::missing;
  return *reader.found() == digest ? DigestState::right : DigestState::wrong;
}

}  // namespace vfio_doctor
