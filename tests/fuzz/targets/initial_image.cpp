// SPDX-License-Identifier: GPL-2.0-or-later
//
// Initial RAM disks: wherever the pieces of one end, it says the same.
#include "machine/image/initial_image.hpp"

#include <algorithm>
#include <string_view>

#include "fuzz/target.hpp"

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

bool is_same(const Observed<std::string>& one, const Observed<std::string>& other) {
  return one.has_value() == other.has_value() && one.why() == other.why() && (!one.has_value() || *one == *other);
}

}  // namespace

void try_input(const std::string& bytes) {
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
