// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/commands/report_digest.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/json_form.hpp"
#include "base/text.hpp"
#include "reports/json.hpp"
#include "snapshot/digest.hpp"

namespace vfio_doctor {
namespace {

constexpr std::string_view member_name = "digest";

/// The digest of what a JSON text says.
class FormDigest {
 public:
  JsonForm& form() { return form_; }
  /// Of all that the form was told. Once only.
  std::string take() {
    form_.finish();
    return to_text(hash_.take());
  }

 private:
  Sha256 hash_;
  JsonForm form_{[this](std::string_view bytes) { hash_.add(bytes); }};
};

/// Goes through a JSON text once and tells its form. What is no JSON has some form, too.
class Reader {
 public:
  Reader(std::string_view text, JsonForm& form) : text_(text), form_(form) {}

  void read() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_space(c) || c == ',' || c == ':') {
        ++at_;
      } else if (c == '"') {
        string();
      } else if (c == '{' || c == '[') {
        form_.bracket(c);
        ++depth_;
        ++at_;
      } else if (c == '}' || c == ']') {
        form_.bracket(c);
        --depth_;
        ++at_;
      } else {
        plain();
      }
    }
  }

  /// The value of the member that is left out.
  const std::optional<std::string>& found() const { return found_; }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  void plain() {
    const auto end = std::min(text_.find_first_of(" \t\n\r,:{}[]\"", at_), text_.size());
    form_.plain(text_.substr(at_, end - at_));
    at_ = end;
  }

  void string() {
    const auto value = take_string();
    if (depth_ == 1 && !found_ && value == member_name && is_name()) {
      at_ = std::min(text_.find('"', at_), text_.size());
      found_ = take_string();
      return;
    }
    form_.string(value);
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
  JsonForm& form_;
  std::optional<std::string> found_;
};

}  // namespace

std::string render_json_with_digest(const Report& report) {
  FormDigest digest;
  auto text = render_json_and_form(report, digest.form());
  const auto line_end = text.find('\n', text.find("\"schema\""));
  return text.insert(line_end + 1, "  \"digest\": \"" + digest.take() + "\",\n");
}

DigestState digest_state(std::string_view report) {
  FormDigest digest;
  Reader reader(report, digest.form());
  reader.read();
  if (!reader.found()) return DigestState::missing;
  return *reader.found() == digest.take() ? DigestState::right : DigestState::wrong;
}

}  // namespace vfio_doctor
