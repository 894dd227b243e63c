// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/image/unpack.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <exception>
#include <vector>

#include "base/archive/libarchive.hpp"
#include "base/input_error.hpp"

namespace vfio_doctor {
namespace {

struct Compression {
  std::string_view start, name;
};

/// compressed_formats[] in lib/decompress.c, Linux 6.12.
constexpr auto compressions = std::to_array<Compression>({{"\x1f\x8b", "gzip"},
                                                          {"\x1f\x9e", "gzip"},
                                                          {"\x42\x5a", "bzip2"},
                                                          {{"\x5d\x00", 2}, "lzma"},
                                                          {"\xfd\x37", "xz"},
                                                          {"\x89\x4c", "lzo"},
                                                          {"\x02\x21", "lz4"},
                                                          {"\x28\xb5", "zstd"}});

using Filter = decltype(LibArchive::archive_read_support_filter_gzip);

Filter filter_of(std::string_view compression) {
  const auto& library = libarchive();
  if (compression == "gzip") return library.archive_read_support_filter_gzip;
  if (compression == "zstd") return library.archive_read_support_filter_zstd;
  if (compression == "xz") return library.archive_read_support_filter_xz;
  if (compression == "lzma") return library.archive_read_support_filter_lzma;
  if (compression == "bzip2") return library.archive_read_support_filter_bzip2;
  if (compression == "lz4") return library.archive_read_support_filter_lz4;
  return nullptr;
}

}  // namespace

struct Unpacker::State {
  explicit State(ByteReader& from) : packed(from), begin(from.position()), handle(libarchive().archive_read_new()) {}
  ~State() { libarchive().archive_read_free(handle); }

  /// What libarchive calls for more; nothing may be thrown through it.
  static la_ssize_t next_piece(archive* handle, void* self, const void** data) {
    auto* state = static_cast<State*>(self);
    try {
      // The end of what was handed out before may lie behind the stretch.
      state->last.assign(state->piece);
      state->piece = state->packed.take_piece();
      *data = state->piece.data();
      return static_cast<la_ssize_t>(state->piece.size());
    } catch (...) {
      state->failure = std::current_exception();
    }
    libarchive().archive_set_error(handle, EIO, "no more could be read");
    return -1;
  }

  [[noreturn]] void fail() const {
    if (failure) std::rethrow_exception(failure);
    const char* why = libarchive().archive_error_string(handle);
    throw ImageError{why ? why : "damaged"};
  }

  ByteReader& packed;
  const std::uint64_t begin;
  archive* handle;
  std::string last;
  std::string_view piece;
  std::vector<char> buffer = std::vector<char>(256 << 10);
  std::exception_ptr failure;
};

std::string_view compression_of(std::string_view start) {
  for (const auto& one : compressions)
    if (start.starts_with(one.start)) return one.name;
  return {};
}

Unpacker::Unpacker(ByteReader& packed, std::string_view compression) {
  // libarchive undoes it with a library that Debian's does not have, or by starting lzop.
  if (compression == "lzo") throw ImageError{"packed with lzo, which this program does not read"};
  const auto cannot = [&] {
    return ImageError{"compressed with " + std::string(compression) + ", which cannot be undone here"};
  };
  try {
    const auto filter = filter_of(compression);
    if (!filter) throw cannot();
    state_ = std::make_unique<State>(packed);
    // ARCHIVE_WARN: it would start a program for it.
    if (filter(state_->handle) != ARCHIVE_OK) throw cannot();
  } catch (const InputError& error) {
    throw ImageError{error.what()};
  }
  archive_entry* entry = nullptr;
  if (libarchive().archive_read_support_format_raw(state_->handle) != ARCHIVE_OK ||
      libarchive().archive_read_open(state_->handle, state_.get(), nullptr, State::next_piece, nullptr) != ARCHIVE_OK ||
      libarchive().archive_read_next_header(state_->handle, &entry) != ARCHIVE_OK)
    state_->fail();
}

Unpacker::~Unpacker() = default;

std::string_view Unpacker::next() {
  auto& buffer = state_->buffer;
  const auto got = libarchive().archive_read_data(state_->handle, buffer.data(), buffer.size());
  if (got < 0) state_->fail();
  return {buffer.data(), static_cast<std::size_t>(got)};
}

void Unpacker::give_rest_back() {
  const auto used = static_cast<std::uint64_t>(libarchive().archive_filter_bytes(state_->handle, -1));
  const auto taken = state_->packed.position() - state_->begin;
  if (used > taken || taken - used > state_->last.size() + state_->piece.size())
    throw ImageError{"where its compressed part ends is not known"};
  const auto rest = static_cast<std::size_t>(taken - used);
  const auto of_piece = std::min(rest, state_->piece.size());
  std::string bytes = state_->last.substr(state_->last.size() - (rest - of_piece));
  bytes += state_->piece.substr(state_->piece.size() - of_piece);
  state_->packed.put_back(bytes);
}

}  // namespace vfio_doctor
