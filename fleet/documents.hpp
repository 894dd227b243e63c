// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace vfio_doctor {

/// Takes a stream apart into JSON objects, piece by piece: one a line (NDJSON), or one after the other as this program writes
/// them, laid out over many lines. An object begins with a line that starts with '{': where one is broken off, the next is whole all
/// the same. Holds one object at a time.
class Documents {
 public:
  /// What begins in line `line` (from 1) of the stream; `why` is empty, or says why it is no object, whose text is then not kept.
  using Take = std::function<void(std::string_view text, std::size_t line, const std::string& why)>;

  /// An object of more than `longest` bytes is refused.
  Documents(std::size_t longest, Take take) : longest_(longest), take_(std::move(take)) {}

  void feed(std::string_view bytes);
  /// The stream is over.
  void finish();

 private:
  void add_line(std::string_view line);
  void end_object();

  std::size_t longest_;
  Take take_;
  std::string rest_;    // a line whose end has not come yet
  std::string object_;  // the lines of an object whose end has not come yet
  std::size_t line_ = 0, object_line_ = 0;
  bool is_open_ = false, is_too_long_ = false, is_rubbish_ = false;
};

}  // namespace vfio_doctor
