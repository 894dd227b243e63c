// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/documents.hpp"

#include "base/text.hpp"

namespace vfio_doctor {

void Documents::feed(std::string_view bytes) {
  for (;;) {
    const auto end = bytes.find('\n');
    if (end == bytes.npos) break;
    if (rest_.empty()) {
      add_line(bytes.substr(0, end));
    } else {
      rest_ += bytes.substr(0, end);
      add_line(rest_);
      rest_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  // Of a line that is too long only so much is kept that it is seen to be.
  if (rest_.size() <= longest_) rest_ += bytes;
}

void Documents::finish() {
  if (!rest_.empty()) add_line(rest_);
  rest_.clear();
  if (is_open_) end_object();
}

void Documents::add_line(std::string_view line) {
  ++line_;
  const auto text = trim(line);
  if (!line.empty() && line.front() == '{') {
    if (is_open_) end_object();
    is_open_ = true;
    object_line_ = line_;
  } else if (!is_open_) {
    if (!text.empty() && !is_rubbish_) take_({}, line_, "not valid JSON: an object begins with '{' at the start of a line");
    is_rubbish_ = is_rubbish_ || !text.empty();  // told once
    return;
  }
  is_rubbish_ = false;
  if (object_.size() + line.size() + 1 > longest_) {
    is_too_long_ = true;
    object_.clear();
  }
  if (!is_too_long_) object_.append(line).append(1, '\n');
  const bool is_one_line = object_line_ == line_ && text.size() > 1;
  if (is_one_line ? text.back() == '}' : line_ > object_line_ && line.starts_with('}')) end_object();
}

void Documents::end_object() {
  is_open_ = false;
  take_(object_, object_line_,
        is_too_long_ ? "longer than " + std::to_string(longest_ >> 20) + " MiB, which no report is" : "");
  object_.clear();
  is_too_long_ = false;
}

}  // namespace vfio_doctor
