// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json_form.hpp"

#include <charconv>
#include <cstring>
#include <utility>

namespace vfio_doctor {

JsonForm::JsonForm(Take take) : take_(std::move(take)) {}

void JsonForm::string(std::string_view text) {
  std::array<char, 22> start;  // room for any number of bytes
  start.front() = '"';
  auto* end = std::to_chars(start.data() + 1, start.data() + start.size() - 1, text.size()).ptr;
  *end++ = ':';
  add({start.data(), static_cast<std::size_t>(end - start.data())});
  add(text);
}

void JsonForm::plain(std::string_view word) {
  add('#');
  add(word);
  add(';');
}

void JsonForm::finish() {
  take_({pending_.data(), used_});
  used_ = 0;
}

void JsonForm::add(char byte) {
  if (used_ == pending_.size()) finish();
  pending_[used_++] = byte;
}

void JsonForm::add(std::string_view bytes) {
  if (bytes.size() > pending_.size() - used_) finish();
  if (bytes.size() > pending_.size()) return take_(bytes);
  std::memcpy(pending_.data() + used_, bytes.data(), bytes.size());
  used_ += bytes.size();
}

}  // namespace vfio_doctor
