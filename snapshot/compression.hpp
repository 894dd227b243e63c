// SPDX-License-Identifier: GPL-2.0-or-later
// The compression around a snapshot. libarchive could do it, but it checks no CRC of a .gz and writes no checksum into a
// .zst, and stops reading before either.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct ZSTD_CCtx_s;

namespace vfio_doctor {

/// Bytes that are compressed with zstd or gzip, or not at all (told by how they begin), a piece at a time.
class Decompressor {
 public:
  /// The bytes must outlive the object.
  static std::unique_ptr<Decompressor> open(std::string_view bytes);
  virtual ~Decompressor() = default;
  /// The next piece; empty at the end, after the checksum was found right. Throws std::runtime_error "what is wrong".
  virtual std::string_view next() = 0;
};

/// Makes one zstd frame with a checksum of its content, a piece at a time.
class ZstdCompressor {
 public:
  /// These throw std::runtime_error where the library fails.
  ZstdCompressor();
  ~ZstdCompressor();
  ZstdCompressor(const ZstdCompressor&) = delete;
  ZstdCompressor& operator=(const ZstdCompressor&) = delete;
  void add(std::string_view bytes) { feed(bytes, false); }
  std::string finish();

 private:
  void feed(std::string_view bytes, bool end);
  ZSTD_CCtx_s* context_;
  std::string packed_;
};

}  // namespace vfio_doctor
