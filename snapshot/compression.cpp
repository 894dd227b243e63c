// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/compression.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace vfio_doctor {
namespace {

constexpr std::size_t piece_bytes = 64u << 10;
constexpr int largest_window = 27;  // 128 MiB of memory, what the zstd program itself accepts

class Plain : public Decompressor {
 public:
  explicit Plain(std::string_view bytes) : rest_(bytes) {}
  std::string_view next() override {
    const auto piece = rest_.substr(0, piece_bytes);
    rest_.remove_prefix(piece.size());
    return piece;
  }

 private:
  std::string_view rest_;
};

class Zstd : public Decompressor {
 public:
  explicit Zstd(std::string_view bytes)
      : input_{bytes.data(), bytes.size(), 0}, stream_(ZSTD_createDStream(), ZSTD_freeDStream) {
    if (!stream_) throw std::runtime_error("out of memory");
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, largest_window);
  }
  std::string_view next() override {
    while (open_ || input_.pos < input_.size) {
      ZSTD_outBuffer output{buffer_.data(), buffer_.size(), 0};
      const auto before = input_.pos;
      const auto result = ZSTD_decompressStream(stream_.get(), &output, &input_);
      if (ZSTD_isError(result)) throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(result));
      open_ = result != 0;
      if (output.pos > 0) return {buffer_.data(), output.pos};
      if (open_ && input_.pos == before) throw std::runtime_error("cut short");
    }
    return {};
  }

 private:
  ZSTD_inBuffer input_;
  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream_;
  bool open_ = true;  ///< inside a frame
  std::array<char, piece_bytes> buffer_;
};

class Gzip : public Decompressor {
 public:
  explicit Gzip(std::string_view bytes) : rest_(bytes) {
    constexpr int gzip_only = 16;
    if (inflateInit2(&stream_, MAX_WBITS + gzip_only) != Z_OK) throw std::runtime_error("out of memory");
  }
  ~Gzip() override { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  std::string_view next() override {
    while (!ended_) {
      const auto given = std::min<std::size_t>(rest_.size(), 1u << 30);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest_.data()));
      stream_.avail_in = static_cast<uInt>(given);
      stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      const int result = inflate(&stream_, Z_NO_FLUSH);
      const auto taken = given - stream_.avail_in;
      rest_.remove_prefix(taken);
      if (result == Z_STREAM_END) {
        if (!rest_.empty()) throw std::runtime_error("gzip: something follows the end");
        ended_ = true;
      } else if (result != Z_OK) {
        throw std::runtime_error(result == Z_BUF_ERROR ? "cut short"
                                                       : std::string("gzip: ") + (stream_.msg ? stream_.msg : "damaged"));
      }
      if (const auto got = buffer_.size() - stream_.avail_out; got > 0) return {buffer_.data(), got};
    }
    return {};
  }

 private:
  std::string_view rest_;
  z_stream stream_{};
  bool ended_ = false;
  std::array<char, piece_bytes> buffer_;
};

}  // namespace

std::unique_ptr<Decompressor> Decompressor::open(std::string_view bytes) {
  if (bytes.starts_with("\x28\xb5\x2f\xfd")) return std::make_unique<Zstd>(bytes);
  if (bytes.starts_with("\x1f\x8b")) return std::make_unique<Gzip>(bytes);
  return std::make_unique<Plain>(bytes);
}

ZstdCompressor::ZstdCompressor() : context_(ZSTD_createCCtx()) {
  if (!context_) throw std::runtime_error("out of memory");
  ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
}

ZstdCompressor::~ZstdCompressor() { ZSTD_freeCCtx(context_); }

void ZstdCompressor::feed(std::string_view bytes, bool end) {
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  std::array<char, piece_bytes> buffer;
  for (bool done = false; !done;) {
    ZSTD_outBuffer output{buffer.data(), buffer.size(), 0};
    const auto left = ZSTD_compressStream2(context_, &output, &input, end ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left)) throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(left));
    packed_.append(buffer.data(), output.pos);
    done = end ? left == 0 : input.pos == input.size;
  }
}

std::string ZstdCompressor::finish() {
  feed({}, true);
  return std::move(packed_);
}

}  // namespace vfio_doctor
