// SPDX-License-Identifier: GPL-2.0-or-later
// Initial RAM disks written in a test.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "machine/root.hpp"

namespace vfio_doctor::testing {

struct ImageEntry {
  std::string name, content;
  unsigned mode = 0100644, inode = 0, links = 1;
};

/// A cpio archive in the form "newc".
inline std::string newc(const std::vector<ImageEntry>& entries, const std::string& magic = "070701") {
  std::string archive;
  const auto pad = [&archive] { archive.append((4 - archive.size() % 4) % 4, '\0'); };
  auto all = entries;
  all.push_back({"TRAILER!!!", "", 0, 0, 1});
  for (const auto& entry : all) {
    char header[111];
    std::snprintf(header, sizeof header, "%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", magic.c_str(), entry.inode,
                  entry.mode, 0u, 0u, entry.links, 0u, static_cast<unsigned>(entry.content.size()), 8u, 1u, 0u, 0u,
                  static_cast<unsigned>(entry.name.size() + 1), 0u);
    archive += header;
    archive += entry.name + '\0';
    pad();
    archive += entry.content;
    pad();
  }
  return archive;
}

/// The bytes compressed by libarchive: `add` is archive_write_add_filter_gzip and the like.
inline std::string packed(const std::string& bytes, int (*add)(archive*)) {
  std::string packed(bytes.size() * 2 + 65536, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  const bool done = add(writer) == ARCHIVE_OK && archive_write_set_format_raw(writer) == ARCHIVE_OK &&
                    archive_write_set_bytes_per_block(writer, 0) == ARCHIVE_OK &&
                    archive_write_open_memory(writer, packed.data(), packed.size(), &used) == ARCHIVE_OK &&
                    archive_write_header(writer, entry) == ARCHIVE_OK &&
                    archive_write_data(writer, bytes.data(), bytes.size()) == static_cast<la_ssize_t>(bytes.size()) &&
                    archive_write_close(writer) == ARCHIVE_OK;
  archive_entry_free(entry);
  archive_write_free(writer);
  if (!done) throw std::runtime_error("libarchive does not compress");
  packed.resize(used);
  return packed;
}

/// The form of LZ4 that kernels unpack (lz4 -l): blocks behind their lengths, here of literals alone.
inline std::string packed_lz4(const std::string& bytes) {
  std::string packed = "\x02\x21\x4c\x18", block;
  std::size_t length = bytes.size();
  block += static_cast<char>(length < 15 ? length << 4 : 0xf0);
  if (length >= 15)
    for (length -= 15;; length -= 255) {
      block += static_cast<char>(length < 255 ? length : 255);
      if (length < 255) break;
    }
  block += bytes;
  for (int shift = 0; shift < 32; shift += 8) packed += static_cast<char>(block.size() >> shift & 0xff);
  return packed + block;
}

/// A PE file with these sections behind each other, as ukify lays them out: contents at 0x1000 and on, 0x200 bytes apart at least.
inline std::string unified_image(const std::vector<std::pair<std::string, std::string>>& sections) {
  std::string image(0x1000, '\0');
  const auto put = [&image](std::size_t at, std::size_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) image[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i) & 0xff);
  };
  image.replace(0, 2, "MZ");
  put(0x3c, 0x80, 4);
  image.replace(0x80, 4, std::string("PE\0\0", 4));
  put(0x86, sections.size(), 2);
  put(0x94, 0xf0, 2);
  std::size_t row = 0x98 + 0xf0;
  for (const auto& [name, content] : sections) {
    image.replace(row, name.size(), name);
    put(row + 8, content.size(), 4);
    put(row + 20, image.size(), 4);
    image += content;
    image.append(0x200 - image.size() % 0x200, '\0');
    put(row + 16, (content.size() + 0x1ff) / 0x200 * 0x200, 4);
    row += 40;
  }
  return image;
}

/// `bytes`, so many at a time.
inline FilePieces pieces_of(const std::string& bytes, std::size_t at_a_time = 1000) {
  return [bytes, at_a_time, at = std::size_t{0}]() mutable -> Observed<std::string_view> {
    const auto piece = std::string_view(bytes).substr(at, at_a_time);
    at += piece.size();
    return piece;
  };
}

}  // namespace vfio_doctor::testing
