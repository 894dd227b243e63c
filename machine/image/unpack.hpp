// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "machine/image/byte_reader.hpp"

namespace vfio_doctor {

/// What is wrong with an image.
struct ImageError {
  std::string why;
};

/// The compression that these first bytes announce, of those that a kernel unpacks an image with (lib/decompress.c): "gzip", "bzip2",
/// "lzma", "xz", "lzo", "lz4", "zstd"; empty where it is none of them.
std::string_view compression_of(std::string_view start);

/// One compressed stretch of an image, unpacked by libarchive; no program is ever started for it.
class Unpacker {
 public:
  /// `packed` stands at the stretch and must outlive the object. Throws ImageError where this compression cannot be undone here.
  Unpacker(ByteReader& packed, std::string_view compression);
  ~Unpacker();
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  /// The next piece; empty at the end. Throws ImageError where the stretch is damaged.
  std::string_view next();
  /// After the end: puts what lies behind the stretch back into `packed`.
  void give_rest_back();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vfio_doctor
