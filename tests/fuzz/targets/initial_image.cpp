// SPDX-License-Identifier: GPL-2.0-or-later
//
// Initial RAM disks, in files of their own and in unified kernel images: wherever the pieces of one end, it says the same.
#include "machine/image/initial_image.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz/target.hpp"
#include "machine/image/section_pieces.hpp"

namespace vfio_doctor {
namespace {

Observed<ImageContent> read(const std::string& bytes, std::size_t at_a_time) {
  std::size_t at = 0;
  const FilePieces pieces = [&]() -> Observed<std::string_view> {
    const auto piece = std::string_view(bytes).substr(at, at_a_time);
    at += piece.size();
    return piece;
  };
  return read_initial_image(pieces, {.most_unpacked = 1 << 20, .most_entries = 1000});
}

/// The section .initrd, else why there is none.
std::string initrd_of(const std::string& bytes, std::size_t at_a_time) {
  std::size_t at = 0;
  auto pieces = section_pieces(
      [&]() -> Observed<std::string_view> {
        const auto piece = std::string_view(bytes).substr(at, at_a_time);
        at += piece.size();
        return piece;
      },
      ".initrd");
  if (!pieces.has_value()) return "no: " + pieces.why();
  std::string content;
  for (;;) {
    const auto piece = pieces.value()();
    if (!piece.has_value()) return "no: " + piece.why();
    if (piece->empty()) return content;
    content += *piece;
    require(content.size() <= bytes.size(), "a section is no larger than its file");
  }
}

bool is_same(const Observed<std::string>& one, const Observed<std::string>& other) {
  return one.has_value() == other.has_value() && one.why() == other.why() && (!one.has_value() || *one == *other);
}

}  // namespace

void try_input(const std::string& bytes) {
  require(initrd_of(bytes, bytes.size() + 1) == initrd_of(bytes, 11), "pieces do not change what a section holds");
  const auto whole = read(bytes, bytes.size() + 1), small = read(bytes, 11);
  // Where what is compressed is damaged, libarchive may notice sooner or later.
  if (!whole.has_value() || !small.has_value()) return;
  require(whole->modules == small->modules, "pieces do not change what is in an image");
  require(std::ranges::equal(whole->files, small->files,
                             [](const auto& one, const auto& other) {
                               return one.first == other.first && is_same(one.second, other.second);
                             }),
          "pieces do not change what an image says");
  for (const auto& [path, text] : whole->files) require(is_image_setting(path), "nothing but settings is kept");
  for (const auto& module : whole->modules)
    require(!module.empty() && module.find('-') == module.npos && module.find('/') == module.npos, "modules have names");
}

}  // namespace vfio_doctor
