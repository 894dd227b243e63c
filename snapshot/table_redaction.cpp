// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/table_redaction.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "facts/network/routes.hpp"

namespace vfio_doctor {
namespace {

/// Every line through `change`, white space and line ends as they were.
std::string change_lines(const std::string& text, const std::function<std::string(std::string_view)>& change) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    out += change(std::string_view(text).substr(at, end - at));
    if (end < text.size()) out += '\n';
    at = end + 1;
  }
  return out;
}

/// The n-th word of a line replaced.
std::string with_word(std::string line, std::size_t index, const std::string& word) {
  const auto words = split_words(line);
  const auto at = static_cast<std::size_t>(words[index].data() - line.data());
  return line.replace(at, words[index].size(), word);
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

bool is_remote(std::string_view type) {
  static constexpr auto types = std::to_array<std::string_view>(
      {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "afs", "glusterfs", "9p", "fuse.sshfs", "fuse.glusterfs", "lustre", "davfs"});
  return std::ranges::find(types, type) != types.end();
}

/// "server:/export", "//server/share", "user@server:/path": addresses are left to those who know addresses.
std::string change_source(std::string_view source, Pseudonyms& pseudonyms) {
  const auto name = [&](std::string_view server) -> std::string {
    if (server.empty() || InternetAddress::parse(server)) return std::string(server);
    return pseudonyms.word("host", to_lower(server));
  };
  const auto path = [&](std::string_view rest) {
    return rest.empty() || rest == "/" ? std::string(rest) : "/" + pseudonyms.word("export", std::string(rest));
  };
  if (source.starts_with("//")) {
    const auto slash = std::min(source.find('/', 2), source.size());
    return "//" + name(source.substr(2, slash - 2)) + path(source.substr(slash));
  }
  const auto colon = source.find(":/");
  if (colon == source.npos) return std::string(source);
  auto server = source.substr(0, colon);
  std::string user;
  if (const auto at = server.find('@'); at != server.npos) {
    user = pseudonyms.word("user", std::string(server.substr(0, at))) + "@";
    server.remove_prefix(at + 1);
  }
  return user + name(server) + ":" + path(source.substr(colon + 1));
}

/// "rw,username=anna,domain=HOME"
std::string change_options(std::string_view options, Pseudonyms& pseudonyms) {
  std::vector<std::string> changed;
  for (const auto option : split(options, ',')) {
    const auto equals = option.find('=');
    const auto key = option.substr(0, equals);
    const char* kind = key == "username" || key == "user" || key == "name" ? "user"
                       : key == "domain" || key == "workgroup"             ? "domain"
                       : key == "password" || key == "pass" || key == "secret" || key == "credentials" ? "password"
                                                                                                      : nullptr;
    changed.push_back(kind && equals != option.npos ? std::string(key) + "=" + pseudonyms.word(kind, std::string(option.substr(equals + 1)))
                                                    : std::string(option));
  }
  return join(changed, ",");
}

}  // namespace

std::string redact_v4_routes(const std::string& text, Pseudonyms& pseudonyms, const RenameInterface& rename) {
  return change_lines(text, [&](std::string_view line) {
    const auto words = split_words(line);
    std::string changed(line);
    if (words.size() < 8 || words[0] == "Iface") return changed;
    const auto destination = parse_unsigned(words[1], 16), gateway = parse_unsigned(words[2], 16), mask = parse_unsigned(words[7], 16);
    if (!destination || !gateway || !mask || (*destination | *gateway | *mask) > 0xffffffff) return changed;
    unsigned length = 0;
    for (const char byte : word_bytes(*mask)) length += static_cast<unsigned>(std::popcount(static_cast<unsigned char>(byte)));
    changed = with_word(changed, 2, word_text(pseudonyms.address(word_bytes(*gateway))));
    changed = with_word(changed, 1, word_text(network(word_bytes(*destination), length, pseudonyms)));
    return with_word(changed, 0, rename(words[0]));
  });
}

std::string redact_v6_routes(const std::string& text, Pseudonyms& pseudonyms, const RenameInterface& rename) {
  return change_lines(text, [&](std::string_view line) {
    const auto words = split_words(line);
    std::string changed(line);
    if (words.size() != 10) return changed;
    for (const std::size_t column : {0u, 2u, 4u}) {
      const auto bytes = long_bytes(words[column]);
      const auto length = column == 4 ? 128 : parse_unsigned(words[column + 1], 16);
      if (bytes && length && *length <= 128)
        changed = with_word(changed, column, long_text(network(*bytes, static_cast<unsigned>(*length), pseudonyms)));
    }
    return with_word(changed, 9, rename(words[9]));
  });
}

std::string redact_told_routes(const std::string& text, Pseudonyms& pseudonyms, const RenameInterface& rename) {
  return change_lines(text, [&](std::string_view line) {
    const auto words = split_words(line);  // unicast 192.0.2.0/24 dev eth0 ...
    std::string changed(line);
    if (words.size() < 4) return changed;
    const auto slash = std::min(words[1].find('/'), words[1].size());
    const auto length = parse_unsigned(words[1].substr(std::min(slash + 1, words[1].size())));
    const auto address = InternetAddress::parse(words[1].substr(0, slash));
    if (!address || !length || *length > 128) return changed;
    const bool v4 = address->family == InternetAddress::Family::v4;
    const std::string bytes(address->bytes.begin(), address->bytes.begin() + (v4 ? 4 : 16));
    std::array<char, INET6_ADDRSTRLEN> out{};
    ::inet_ntop(v4 ? AF_INET : AF_INET6, network(bytes, static_cast<unsigned>(*length), pseudonyms).data(), out.data(), out.size());
    changed = with_word(changed, 3, rename(words[3]));
    return with_word(changed, 1, std::string(out.data()) + "/" + std::to_string(*length));
  });
}

std::string redact_servers(const std::string& text, Pseudonyms& pseudonyms) {
  return change_lines(text, [&](std::string_view line) {
    std::string changed(line);
    const auto words = split_words(line);
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() > 6 && words.end() - dash > 3) {  // mountinfo: ... - TYPE SOURCE OPTIONS
      const auto at = static_cast<std::size_t>(dash - words.begin());
      if (!is_remote(words[at + 1])) return changed;
      changed = with_word(changed, at + 2, change_source(words[at + 2], pseudonyms));
      return with_word(changed, at + 3, change_options(words[at + 3], pseudonyms));
    }
    if (words.size() < 4 || !is_remote(words[2])) return changed;  // fstab: SOURCE POINT TYPE OPTIONS
    changed = with_word(changed, 0, change_source(words[0], pseudonyms));
    return with_word(changed, 3, change_options(words[3], pseudonyms));
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
