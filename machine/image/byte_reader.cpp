// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/image/byte_reader.hpp"

#include <algorithm>
#include <utility>

namespace vfio_doctor {

bool ByteReader::fill() {
  if (piece_.empty()) piece_ = next_();
  return !piece_.empty();
}

std::string_view ByteReader::peek(std::size_t count) {
  if (!fill() || piece_.size() >= count) return piece_.substr(0, count);
  std::string together(piece_);
  while (together.size() < count) {
    const auto more = next_();
    if (more.empty()) break;
    together += more;
  }
  held_ = std::move(together);
  piece_ = held_;
  return piece_.substr(0, count);
}

void ByteReader::take(std::size_t count) {
  piece_.remove_prefix(count);
  position_ += count;
}

bool ByteReader::skip(std::uint64_t count) {
  while (count > 0) {
    if (!fill()) return false;
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(count, piece_.size()));
    take(now);
    count -= now;
  }
  return true;
}

bool ByteReader::skip_zeros() {
  while (fill()) {
    const auto other = piece_.find_first_not_of('\0');
    take(std::min(other, piece_.size()));
    if (other != std::string_view::npos) return true;
  }
  return false;
}

std::string_view ByteReader::take_piece() {
  fill();
  const auto piece = piece_;
  take(piece.size());
  return piece;
}

void ByteReader::put_back(std::string_view bytes) {
  std::string together(bytes);
  together += piece_;
  held_ = std::move(together);
  piece_ = held_;
  position_ -= bytes.size();
}

}  // namespace vfio_doctor
