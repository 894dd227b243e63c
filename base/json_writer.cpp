// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json_writer.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace vfio_doctor {
namespace {

void append_unit(std::string& text, char32_t unit) {
  constexpr std::string_view digits = "0123456789abcdef";
  text += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) text += digits[(unit >> shift) & 15];
}

/// As one escape, or two (a surrogate pair) above U+FFFF.
void append_escaped(std::string& text, char32_t code_point) {
  switch (code_point) {
    case '"':
      text += "\\\"";
      return;
    case '\\':
      text += "\\\\";
      return;
    case '\b':
      text += "\\b";
      return;
    case '\f':
      text += "\\f";
      return;
    case '\n':
      text += "\\n";
      return;
    case '\r':
      text += "\\r";
      return;
    case '\t':
      text += "\\t";
      return;
    default:
      break;
  }
  if (code_point < 0x10000) return append_unit(text, code_point);
  append_unit(text, 0xd800 + ((code_point - 0x10000) >> 10));
  append_unit(text, 0xdc00 + ((code_point - 0x10000) & 0x3ff));
}

bool is_plain(char byte) { return byte >= ' ' && byte < '\x7f' && byte != '"' && byte != '\\'; }

}  // namespace

void JsonWriter::begin_value() {
  if (after_name_) {
    after_name_ = false;
    return;
  }
  if (!is_outermost()) text_.append(separator_, is_first_ ? 1 : 0);
  is_first_ = false;
}

void JsonWriter::open(char bracket) {
  begin_value();
  if (form_) form_->bracket(bracket);
  text_ += bracket;
  separator_ += "  ";
  is_first_ = true;
}

void JsonWriter::close(char bracket) {
  if (form_) form_->bracket(bracket);
  separator_.resize(separator_.size() - 2);
  if (!is_first_) text_.append(separator_, 1);
  text_ += bracket;
  is_first_ = false;
}

void JsonWriter::name(std::string_view name) {
  begin_value();
  if (form_) form_->string(name);
  text_.append(1, '"').append(name).append("\": ", 3);
  after_name_ = true;
}

void JsonWriter::value(std::string_view text) {
  begin_value();
  text_ += '"';
  if (std::ranges::all_of(text, is_plain)) {
    if (form_) form_->string(text);
    text_ += text;
  } else {
    append_escaped_text(text);
  }
  text_ += '"';
}

void JsonWriter::append_escaped_text(std::string_view text) {
  std::string said;
  for (std::size_t position = 0; position < text.size();) {
    const CodePoint decoded = decode_utf8(text, position);
    const auto length = std::max(decoded.length, std::size_t{1});
    said += decoded.length == 0 ? "\xef\xbf\xbd" : text.substr(position, length);
    if (is_plain(text[position]))
      text_ += text[position];
    else
      append_escaped(text_, decoded.length == 0 ? U'\ufffd' : decoded.value);
    position += length;
  }
  if (form_) form_->string(said);
}

void JsonWriter::raw(std::string_view text) {
  begin_value();
  if (form_) form_->plain(text);
  text_ += text;
}

void JsonWriter::value(unsigned number) { raw(std::to_string(number)); }
void JsonWriter::value(bool truth) { raw(truth ? "true" : "false"); }
void JsonWriter::null() { raw("null"); }

void JsonWriter::value(const std::vector<std::string>& texts) {
  open_array();
  for (const std::string& text : texts) value(text);
  close_array();
}

std::string JsonWriter::take() {
  if (form_) form_->finish();
  text_ += '\n';
  return std::move(text_);
}

}  // namespace vfio_doctor
