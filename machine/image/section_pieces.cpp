// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/image/section_pieces.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "machine/image/byte_reader.hpp"
#include "machine/image/unpack.hpp"
#include "machine/pe_sections.hpp"

namespace vfio_doctor {
namespace {

/// The file, and how much of the section is still to come.
struct Reading {
  explicit Reading(FilePieces from)
      : file(std::move(from)), bytes([this] {
          const auto piece = file();
          if (!piece.has_value()) throw ImageError{piece.why()};
          return *piece;
        }) {}

  FilePieces file;
  ByteReader bytes;
  std::uint64_t before = 0, left = 0;
};

Observed<PeSection> find_section(Reading& reading, const std::string& name, const SectionBounds& bounds) {
  using Section = Observed<PeSection>;
  const auto head = reading.bytes.peek(bounds.most_table_bytes);
  const auto sections = pe_sections(head);
  if (!sections.has_value()) return Section::like(sections);
  // Which profile was started is not looked up: one that all have is the same for each.
  if (std::ranges::count(*sections, name, &PeSection::name) > 1)
    return Section::unreadable("it has more than one section " + name + ", and which of them is used is not known");
  auto section = section_of_unified_image(head, name);
  if (section.is_absent() && std::ranges::count(*sections, name, &PeSection::name) == 1)
    return Section::unreadable("its section " + name + " is that of a profile, and whether that one is used is not known");
  if (section.has_value() && section->offset + section->size > bounds.most_file_bytes)
    return Section::unreadable("its section " + name + " ends beyond " + std::to_string(bounds.most_file_bytes >> 20) + " MiB");
  return section;
}

Observed<std::string_view> next_piece(Reading& reading) {
  using Piece = Observed<std::string_view>;
  try {
    if (!reading.bytes.skip(std::exchange(reading.before, 0))) return Piece::unreadable("cut short");
    if (reading.left == 0) return std::string_view();
    const auto piece = reading.bytes.take_piece();
    if (piece.empty()) return Piece::unreadable("cut short");
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), reading.left));
    reading.left -= wanted;
    return piece.substr(0, wanted);
  } catch (const ImageError& error) {
    return Piece::unreadable(error.why);
  }
}

}  // namespace

Observed<FilePieces> section_pieces(FilePieces file, const std::string& section, const SectionBounds& bounds) {
  using Pieces = Observed<FilePieces>;
  const auto reading = std::make_shared<Reading>(std::move(file));
  try {
    const auto found = find_section(*reading, section, bounds);
    if (!found.has_value()) return Pieces::like(found);
    reading->before = found->offset;
    reading->left = found->size;
  } catch (const ImageError& error) {
    return Pieces::unreadable(error.why);
  }
  return FilePieces([reading] { return next_piece(*reading); });
}

}  // namespace vfio_doctor
