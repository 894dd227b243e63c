// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace vfio_doctor {

/// Takes a stream of pieces apart, wherever the pieces end. What `next` throws comes through.
class ByteReader {
 public:
  /// A piece, good until the next call; empty at the end.
  using Next = std::function<std::string_view()>;

  explicit ByteReader(Next next) : next_(std::move(next)) {}

  /// The next `count` bytes without taking them; fewer at the end. Good until the next call of anything here.
  std::string_view peek(std::size_t count);
  /// Takes what peek() showed. Precondition: that many were shown.
  void take(std::size_t count);
  /// Passes over so many bytes; false where the stream ends before.
  bool skip(std::uint64_t count);
  /// Passes over zeros; false where nothing follows them.
  bool skip_zeros();
  /// All that is there without asking for more, taken; asks for one piece where nothing is. Empty at the end.
  std::string_view take_piece();
  /// Bytes that were taken and turned out to be too many, in front of the rest again.
  void put_back(std::string_view bytes);
  std::uint64_t position() const { return position_; }

 private:
  bool fill();

  Next next_;
  std::string_view piece_;  ///< of `next_` or of `held_`
  std::string held_;        ///< bytes of several pieces put together
  std::uint64_t position_ = 0;
};

}  // namespace vfio_doctor
