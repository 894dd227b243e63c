// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a JSON text says, whatever blanks and escapes it is written with, as bytes to take a digest of:
//   an object: '{', for each member its name as a string and its value, '}'; an array: '[', its values, ']'
//   a string: '"', how many bytes of UTF-8 it has in decimal, ':', those bytes
//   a number, true, false and null: '#', as written, ';'
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string_view>

namespace vfio_doctor {

class JsonForm {
 public:
  using Take = std::function<void(std::string_view bytes)>;

  /// `take` gets the bytes, many at a time: a report of thousands of devices has millions, in small pieces.
  explicit JsonForm(Take take);

  void bracket(char bracket) { add(bracket); }
  /// A name or a value. `text` is UTF-8.
  void string(std::string_view text);
  void plain(std::string_view word);
  /// Hands on what is left.
  void finish();

 private:
  void add(char byte);
  void add(std::string_view bytes);

  Take take_;
  std::array<char, 16 << 10> pending_;
  std::size_t used_ = 0;
};

}  // namespace vfio_doctor
