// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/table_redaction.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "facts/network/routes.hpp"
#include "snapshot/line_changes.hpp"

namespace vfio_doctor {
namespace {

/// Every word of a line through `change` (its number, the word), blanks as they were.
template <class Change>
std::string change_words(std::string_view line, const std::vector<std::string_view>& words, Change change) {
  std::string out;
  const char* copied = line.data();
  for (std::size_t i = 0; i < words.size(); ++i) {
    out.append(copied, words[i].data());
    out += change(i, words[i]);
    copied = words[i].data() + words[i].size();
  }
  return out.append(copied, line.data() + line.size());
}

/// The stand-in of a network: behind `length` bits all is zero, as it was.
std::string network(const std::string& bytes, unsigned length, Pseudonyms& pseudonyms) {
  auto changed = pseudonyms.address(bytes);
  for (unsigned bit = length; bit < changed.size() * 8; ++bit) {
    const auto mask = static_cast<unsigned char>(0x80u >> (bit % 8));
    changed[bit / 8] = static_cast<char>((changed[bit / 8] & ~mask) | (bytes[bit / 8] & mask));
  }
  return changed;
}

std::string word_bytes(std::uint64_t number) {
  const auto word = static_cast<std::uint32_t>(number);
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &word, 4);
  return bytes;
}

std::string word_text(const std::string& bytes) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes.data(), 4);
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%08X", static_cast<unsigned>(word));
  return text.data();
}

std::optional<std::string> long_bytes(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < 32; i += 2) {
    const auto byte = parse_unsigned(text.substr(i, 2), 16);
    if (!byte || text[i + 1] == 'x') return std::nullopt;
    bytes += static_cast<char>(*byte);
  }
  return bytes;
}

std::string long_text(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) text += hex_text(static_cast<unsigned char>(c), 2);
  return text;
}

}  // namespace

std::string redact_v4_routes(const std::string& text, Pseudonyms& pseudonyms, const RenameWords& rename) {
  return change_lines(text, [&](std::string_view line) {
    const auto words = split_words(line);
    if (words.size() < 8) return rename(line);
    const auto destination = parse_unsigned(words[1], 16), gateway = parse_unsigned(words[2], 16),
               mask = parse_unsigned(words[7], 16);
    if (!destination || !gateway || !mask || (*destination | *gateway | *mask) > 0xffffffff) return rename(line);
    unsigned length = 0;
    for (const char byte : word_bytes(*mask)) length += static_cast<unsigned>(std::popcount(static_cast<unsigned char>(byte)));
    return change_words(line, words, [&](std::size_t index, std::string_view word) {
      if (index == 1) return word_text(network(word_bytes(*destination), length, pseudonyms));
      if (index == 2) return word_text(pseudonyms.address(word_bytes(*gateway)));
      return index == 7 ? std::string(word) : rename(word);
    });
  });
}

std::string redact_v6_routes(const std::string& text, Pseudonyms& pseudonyms, const RenameWords& rename) {
  return change_lines(text, [&](std::string_view line) {
    const auto words = split_words(line);
    if (words.size() != 10) return rename(line);
    return change_words(line, words, [&](std::size_t index, std::string_view word) {
      const bool is_address = index == 0 || index == 2 || index == 4, is_number = index >= 5 && index <= 8;
      if (is_number && word.size() == 8 && parse_unsigned(word, 16)) return std::string(word);
      if (index == 1 || index == 3) return parse_unsigned(word, 16) && word.size() == 2 ? std::string(word) : rename(word);
      const auto bytes = is_address ? long_bytes(word) : std::nullopt;
      const auto length = index == 4 ? 128 : is_address ? parse_unsigned(words[index + 1], 16) : std::nullopt;
      if (!bytes || !length || *length > 128) return rename(word);
      return long_text(network(*bytes, static_cast<unsigned>(*length), pseudonyms));
    });
  });
}

std::string redact_told_routes(const std::string& text, Pseudonyms& pseudonyms, const RenameWords& rename) {
  return change_lines(text, [&](std::string_view line) {
    const auto words = split_words(line);  // unicast 192.0.2.0/24 dev eth0 ...
    if (words.size() < 4) return rename(line);
    const auto slash = std::min(words[1].find('/'), words[1].size());
    const auto length = parse_unsigned(words[1].substr(std::min(slash + 1, words[1].size())));
    const auto address = InternetAddress::parse(words[1].substr(0, slash));
    if (!address || !length || *length > 128) return rename(line);
    const bool v4 = address->family == InternetAddress::Family::v4;
    const std::string bytes(address->bytes.begin(), address->bytes.begin() + (v4 ? 4 : 16));
    std::array<char, INET6_ADDRSTRLEN> out{};
    ::inet_ntop(v4 ? AF_INET : AF_INET6, network(bytes, static_cast<unsigned>(*length), pseudonyms).data(), out.data(),
                out.size());
    return change_words(line, words, [&](std::size_t index, std::string_view word) {
      return index == 1 ? std::string(out.data()) + "/" + std::to_string(*length) : rename(word);
    });
  });
}

std::string redact_session(const std::string& text, Pseudonyms& pseudonyms) {
  static constexpr std::string_view host_key = "REMOTE_HOST=";
  std::string kept;
  for (const auto line : split_lines(text)) {
    if (line.starts_with(host_key) && !InternetAddress::parse(line.substr(host_key.size())))
      kept += std::string(host_key) + pseudonyms.word("host", to_lower(line.substr(host_key.size()))) + "\n";
    else if (line.starts_with(host_key) || line.starts_with("REMOTE=") || line.starts_with("STATE="))
      kept += std::string(line) + "\n";
  }
  return kept;
}

}  // namespace vfio_doctor
