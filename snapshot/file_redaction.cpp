// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/file_redaction.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "facts/iommu/module_slips.hpp"
#include "facts/platform/kernel_options.hpp"
#include "machine/pe_sections.hpp"
#include "snapshot/line_changes.hpp"

namespace vfio_doctor {
namespace {

using View = std::string_view;

constexpr std::size_t most_config_bytes = 4 << 20;
constexpr int gzip_window = 16 + MAX_WBITS;

std::optional<std::string> unpack(const std::string& packed) {
  z_stream stream{};
  if (inflateInit2(&stream, gzip_window) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string content;
  std::array<char, 65536> buffer{};
  int result = Z_OK;
  while (result == Z_OK && content.size() <= most_config_bytes) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = buffer.size();
    result = inflate(&stream, Z_NO_FLUSH);
    content.append(buffer.data(), buffer.size() - stream.avail_out);
    if (stream.avail_in == 0 && stream.avail_out != 0) break;
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END) return std::nullopt;
  return content;
}

std::string pack(const std::string& content) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const auto result = deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return result == Z_STREAM_END ? packed : std::string();
}

/// "\"quiet nosplash\"" of CONFIG_CMDLINE: the kernel's own command line.
std::string configured_line(View value, const ArgumentRedactor& arguments) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return "\"\"";
  return "\"" + arguments.line(value.substr(1, value.size() - 2)) + "\"";
}

/// "CONFIG_VFIO_PCI=m": what is asked for, where it is no text; and the kernel's own command line.
std::string plain_config(View text, const ArgumentRedactor& arguments) {
  std::string kept;
  for (const auto line : split_lines(text)) {
    const auto equals = line.find('=');
    if (!line.starts_with("CONFIG_") || equals == line.npos || equals > 80 ||
        !is_wanted_kernel_option(line.substr(7, equals - 7)))
      continue;
    const auto is_name = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    const auto value = trim(line.substr(equals + 1));
    if (line.starts_with("CONFIG_CMDLINE=")) {
      kept += "CONFIG_CMDLINE=" + configured_line(value, arguments) + "\n";
      continue;
    }
    const bool number = parse_unsigned(value).has_value() && value.size() <= 20;
    if (!std::ranges::all_of(line.substr(0, equals), is_name) || !(value == "y" || value == "m" || number)) continue;
    kept += std::string(line.substr(0, equals + 1)) + std::string(value) + "\n";
  }
  return kept;
}

std::uint32_t number_at(View bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void put_number(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
}

}  // namespace

std::string redact_kernel_config(const std::string& content, const ArgumentRedactor& arguments) {
  if (!content.starts_with("\x1f\x8b")) return plain_config(content, arguments);
  const auto text = unpack(content);
  return text ? pack(plain_config(*text, arguments)) : content.substr(0, 2);
}

std::string redact_module_list(View text, const TextRedactor& words) {
  std::string kept;
  for (const auto line : split_lines(text)) {
    const auto file = line.substr(0, line.find(':'));
    const auto name = file.substr(file.rfind('/') + 1);
    // Who it depends on is not asked.
    const bool outside = is_from_outside(normalize_module_name(name.substr(0, name.find(".ko"))));
    if (name.starts_with("vfio") || name.starts_with("iommufd") || outside)
      kept += "kernel/" + words.redact(name) + (line.find(':') == line.npos ? "\n" : ":\n");
  }
  return kept;
}

std::string redact_os_release(View text, const TextRedactor& words) {
  static constexpr auto keys =
      std::to_array<View>({"ID", "ID_LIKE", "VERSION_ID", "VARIANT_ID", "NAME", "PRETTY_NAME", "VERSION", "VERSION_CODENAME"});
  std::string kept;
  for (const auto line : split_lines(text)) {
    const auto key = line.substr(0, line.find('='));
    if (std::ranges::find(keys, key) != keys.end()) kept += std::string(key) + words.redact(line.substr(key.size())) + "\n";
  }
  return kept;
}

/// Layout: Microsoft PE format. The header, the section table, and the .cmdline section where it was.
std::string redact_unified_image(View head, const ArgumentRedactor& arguments) {
  if (head.size() < 0x40) return "MZ";
  const std::size_t header = number_at(head, 0x3c, 4);
  if (header < 0x40 || header + 24 > head.size() || head.substr(header, 4) != View("PE\0\0", 4))
    return "MZ" + std::string(0x3e, '\0');
  std::string kept(head.size(), '\0');
  kept.replace(0, 2, "MZ");
  kept.replace(0x3c, 4, head.substr(0x3c, 4));
  kept.replace(header, 4, head.substr(header, 4));            // "PE"
  kept.replace(header + 6, 2, head.substr(header + 6, 2));    // how many sections
  kept.replace(header + 20, 2, head.substr(header + 20, 2));  // how long the header between is
  if (const auto sections = pe_sections(head); sections.has_value())
    for (const auto& section : *sections)  // which of several counts hangs on these names
      if (section.name == ".cmdline" || section.name == ".profile")
        kept.replace(section.row, section.name.size(), section.name);
  const auto section = section_of_unified_image(head, ".cmdline");
  if (!section.has_value()) return kept;
  for (const std::size_t field : {8u, 16u, 20u}) kept.replace(section->row + field, 4, head.substr(section->row + field, 4));
  if (section->size > (1u << 20) || section->offset + section->size > head.size() || section->offset < section->row + 40)
    return kept;
  const auto offset = static_cast<std::size_t>(section->offset);
  auto line = arguments.line(head.substr(offset, static_cast<std::size_t>(section->size)));
  line += '\0';
  put_number(kept, section->row + 8, static_cast<std::uint32_t>(line.size()));
  put_number(kept, section->row + 16, static_cast<std::uint32_t>(line.size()));
  kept.resize(std::max(kept.size(), offset + line.size()));
  return kept.replace(offset, line.size(), line);
}

bool is_bitmap(View text) {
  return std::ranges::all_of(text, [](char c) { return is_hex_digit(c) || c == ' ' || c == '\n'; });
}

std::string redact_input_devices(View text, const TextRedactor& words) {
  return change_lines(text, [&](View line) {
    const auto equals = std::min(line.find('='), line.size());
    const bool bitmap = line.starts_with("B: ") && equals < line.size() && equals < 12 && is_bitmap(line.substr(equals + 1));
    return bitmap ? words.redact(line.substr(0, equals)) + std::string(line.substr(equals)) : words.redact(line);
  });
}

std::string redact_memory_map(View text, const TextRedactor& words) {
  return change_lines(text, [&](View line) {
    const auto colon = std::min(line.find(" : "), line.size());
    const bool range =
        std::ranges::all_of(line.substr(0, colon), [](char c) { return is_hex_digit(c) || c == ' ' || c == '-'; });
    return range ? std::string(line.substr(0, colon)) + words.redact(line.substr(colon)) : words.redact(line);
  });
}

std::string redact_numbers(View text, const TextRedactor& words) {
  constexpr std::size_t shortest = 5, longest = 16;
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && is_alphanumeric(text[end])) ++end;
    const auto word = text.substr(at, end - at);
    const auto joined = [&](std::size_t place) { return place < text.size() && View(" \n,:").find(text[place]) == View::npos; };
    const bool is_class = text.substr(0, at).ends_with("PCI_CLASS=");
    const bool number = word.size() >= shortest && word.size() <= longest && std::ranges::all_of(word, is_hex_digit) &&
                        std::ranges::any_of(word, is_digit) && (is_class || !(at > 0 && joined(at - 1))) && !joined(end);
    if (number) {
      out += words.redact(text.substr(copied, at - copied));
      out += word;
      copied = end;
    }
    at = std::max(end, at + 1);
  }
  return out + words.redact(text.substr(copied));
}

}  // namespace vfio_doctor
