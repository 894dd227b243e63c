// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/text_redactor.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "facts/storage/mounts.hpp"
#include "machine/escape.hpp"
#include "snapshot/known_words.hpp"

namespace vfio_doctor {
namespace {

using View = std::string_view;

/// Bytes beyond ASCII are parts of words in somebody's language.
bool is_word_part(char c) { return is_alphanumeric(c) || static_cast<unsigned char>(c) >= 0x80; }

template <class Condition>
std::size_t run_length(View text, std::size_t at, Condition condition) {
  std::size_t end = at;
  while (end < text.size() && condition(text[end])) ++end;
  return end - at;
}
std::size_t hex_run(View text, std::size_t at) { return run_length(text, at, is_hex_digit); }
std::size_t word_run(View text, std::size_t at) { return run_length(text, at, is_word_part); }
/// Up to white space, a quote, or something that ends a value.
std::size_t value_run(View text, std::size_t at) {
  return run_length(text, at, [](char c) { return View(" \t\r\n\"',;&|)<>\0", 14).find(c) == View::npos; });
}
std::size_t path_part_run(View text, std::size_t at) {
  return run_length(text, at, [](char c) { return View(" \t\r\n\"',;:/)\0", 13).find(c) == View::npos; });
}
bool ends_word(View text, std::size_t at) { return at >= text.size() || !is_word_part(text[at]); }

/// Groups of `sizes` hexadecimal digits between `separator`: the whole length, or 0.
template <std::size_t N>
std::size_t groups(View text, std::size_t at, const std::array<std::size_t, N>& sizes, char separator) {
  std::size_t end = at;
  for (std::size_t i = 0; i < N; ++i) {
    if (i > 0 && (end >= text.size() || text[end++] != separator)) return 0;
    if (hex_run(text, end) != sizes[i]) return 0;
    end += sizes[i];
  }
  return ends_word(text, end) ? end - at : 0;
}

/// Six or more pairs: Ethernet (6), EUI-64 and PCI Express serial numbers (8), InfiniBand (20).
std::size_t pairs(View text, std::size_t at) {
  const char separator = at + 2 < text.size() ? text[at + 2] : ' ';
  if (separator != ':' && separator != '-') return 0;
  std::size_t end = at, count = 0;
  while (hex_run(text, end) == 2) {
    ++count;
    end += 2;
    if (end + 2 >= text.size() || text[end] != separator || hex_run(text, end + 1) != 2) break;
    ++end;
  }
  return count >= 6 && ends_word(text, end) ? end - at : 0;
}

struct Context {
  View before;
  const char* kind;  ///< "" : a short or odd UUID; otherwise the word in front of the stand-in
};
/// What stands behind these is a secret, whatever it looks like.
constexpr auto contexts = std::to_array<Context>({{"UUID=", ""},
                                                  {"--fs-uuid=", ""},
                                                  {"--fs-uuid ", ""},
                                                  {"UUID_ENC=", ""},
                                                  {"by-uuid/", ""},
                                                  {"by-partuuid/", ""},
                                                  {"LABEL=", "label"},
                                                  {"LABEL_ENC=", "label"},
                                                  {"PART_ENTRY_NAME=", "label"},
                                                  {"PARTNAME=", "label"},
                                                  {"by-label/", "label"},
                                                  {"by-partlabel/", "label"},
                                                  {"--label=", "label"},
                                                  {"--label ", "label"},
                                                  {"SerialNumber: ", "serial"},
                                                  {"ID_SERIAL_SHORT=", "serial"},
                                                  {"hostname=", "host"},
                                                  {"Hostname set to ", "host"},
                                                  {"username=", "user"},
                                                  {"password=", "password"},
                                                  {"passwd=", "password"},
                                                  {"pass=", "password"},
                                                  {"grub.pbkdf2.", "password"},
                                                  {"ssid=", "network"},
                                                  {"SSID=", "network"},
                                                  {"SSID ", "network"}});

/// The length of "\\040" (mount tables) or "\\x20" (udev) at `at`: 4, else 0.
std::size_t escape_length(View text, std::size_t at) {
  if (text[at] != '\\' || at + 3 >= text.size()) return 0;
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  if (text[at + 1] == 'x') return is_hex_digit(text[at + 2]) && is_hex_digit(text[at + 3]) ? 4 : 0;
  return text[at + 1] <= '3' && std::ranges::all_of(text.substr(at + 1, 3), is_octal) ? 4 : 0;
}

/// udev writes a blank as "\x20", mount tables as "\040".
std::string plain_label(View text) { return unescape(unescape_octal(text)); }

}  // namespace

void TextRedactor::learn(const PrivateName& name) {
  const auto first = name.name.substr(0, word_run(name.name, 0));
  if (first.empty()) return;
  auto& list = names_[to_lower(first)];
  const auto place = std::ranges::find_if(list, [&](const auto& one) { return one.name.size() <= name.name.size(); });
  if (place == list.end() || place->name != name.name) list.insert(place, name);
}

std::string TextRedactor::label(View text) const {
  const auto plain = plain_label(text);
  if (labels_with_names_.contains(plain)) return redact(plain);
  return kept_.contains(plain) ? std::string(text) : pseudonyms_.word("label", plain);
}

TextRedactor::Match TextRedactor::match_context(View text, std::size_t at) const {
  for (const auto& context : contexts) {
    if (at < context.before.size() || text.substr(at - context.before.size(), context.before.size()) != context.before)
      continue;
    // "bypass=1" is no password; "ID_FS_UUID=" and "PARTLABEL=" are what they look like.
    const auto front = at - context.before.size();
    if (front > 0 && context.before.front() >= 'a' && is_word_part(text[front - 1])) continue;
    std::size_t start = at;
    if (start < text.size() && (text[start] == '"' || text[start] == '\'' || text[start] == '<')) ++start;
    const View kind = context.kind;
    const bool quoted = start > at && text[at] != '<';
    std::size_t length =
        quoted ? run_length(text, start, [&](char c) { return c != text[at] && c != '\n'; }) : value_run(text, start);
    if (context.before.ends_with('/')) length = std::min(length, run_length(text, start, [](char c) { return c != '/'; }));
    if (length == 0) return {};
    const auto value = text.substr(start, length);
    const auto quote = text.substr(at, start - at);
    if (kind.empty()) {
      if (!std::ranges::all_of(value, [](char c) { return is_hex_digit(c) || c == '-'; })) return {};
      return {start - at + length, std::string(quote) + pseudonyms_.hexadecimal("UUID", value)};
    }
    if (value.starts_with('$')) return {};  // a shell variable
    if (kind == "label") return {start - at + length, std::string(quote) + label(value)};
    if (kind == "host" && (value == "localhost" || value == "localhost.localdomain")) return {};
    return {start - at + length, std::string(quote) + pseudonyms_.word(std::string(kind), std::string(value))};
  }
  return {};
}

/// People's directories, and what they plugged in: /home/NAME, /media/NAME/LABEL, /run/media/NAME/LABEL.
TextRedactor::Match TextRedactor::match_home(View text, std::size_t at) const {
  static constexpr auto usual = std::to_array<View>({"lost+found", "cdrom", "cdrom0", "floppy", "usb", "linuxbrew", "root"});
  const auto before = text.substr(0, at);
  const bool home = before.ends_with("/home/") || before.ends_with("/Users/"), media = before.ends_with("/media/");
  if (!home && !media) return {};
  const auto length = path_part_run(text, at);
  const auto part = text.substr(at, length);
  if (part.empty() || part.find_first_of("*$%") != part.npos || std::ranges::find(usual, part) != usual.end()) return {};
  if (home) return {length, pseudonyms_.word("user", std::string(part))};
  const auto next = at + length;
  const auto below = next < text.size() && text[next] == '/' ? path_part_run(text, next + 1) : 0;
  if (below == 0) return {length, label(part)};
  return {length + 1 + below, pseudonyms_.word("user", std::string(part)) + "/" + label(text.substr(next + 1, below))};
}

/// iSCSI and NVMe qualified names hold host names and serial numbers.
TextRedactor::Match TextRedactor::match_qualified_name(View text, std::size_t at) const {
  const auto rest = text.substr(at);
  if (!rest.starts_with("iqn.") && !rest.starts_with("nqn.")) return {};
  static constexpr auto standard = std::to_array<View>({"nqn.2014-08.org.nvmexpress.discovery", "nqn.2014-08.org.nvmexpress"});
  for (const auto name : standard)  // followed by a UUID or a NAME, which are looked at in turn
    if (rest.starts_with(name) && !rest.substr(name.size()).starts_with(":nvm")) return {name.size(), std::string(name)};
  auto length = run_length(text, at, [](char c) { return is_word_part(c) || c == '.' || c == '-' || c == ':' || c == '_'; });
  if (const auto unit = text.substr(at, length).find("-lun-"); unit != View::npos) length = unit;
  return {length, std::string(rest.substr(0, 4)) +
                      "2001-04.com.example:" + pseudonyms_.word("target", std::string(text.substr(at, length)))};
}

TextRedactor::Match TextRedactor::match_volume_id(View text, std::size_t at) const {
  const auto rest = text.substr(at);
  if (rest.starts_with("LVM-") && word_run(text, at + 4) >= 32) {
    const auto length = word_run(text, at + 4);
    return {4 + length, "LVM-" + pseudonyms_.word("volumeid", std::string(text.substr(at + 4, length)))};
  }
  if (rest.starts_with("mpath-")) {
    const auto length = word_run(text, at + 6);
    if (length >= 8) return {6 + length, "mpath-" + pseudonyms_.word("serial", std::string(text.substr(at + 6, length)))};
  }
  for (const View start : {"enx", "wlx", "wwx"})  // interfaces that are named after their address
    if (rest.starts_with(start) && word_run(text, at) == 15 && hex_run(text, at + 3) == 12)
      return {15, std::string(start) + pseudonyms_.hexadecimal("MAC address", text.substr(at + 3, 12))};
  return {};
}

TextRedactor::Match TextRedactor::match_hexadecimal(View text, std::size_t at) const {
  const auto found = [&](std::size_t length, const char* kind) -> Match {
    return {length, pseudonyms_.hexadecimal(kind, text.substr(at, length))};
  };
  const auto rest = text.substr(at);
  for (const View start : {"naa.", "eui.", "0x5", "0x6"}) {  // world-wide names: NAA 5 and 6, EUI-64
    if (!rest.starts_with(start)) continue;
    const auto skip = start.front() == '0' ? 2u : 4u;
    const auto digits = hex_run(text, at + skip);
    if ((digits == 16 || digits == 32) && ends_word(text, at + skip + digits))
      return {skip + digits, std::string(rest.substr(0, skip)) + pseudonyms_.hexadecimal("WWN", rest.substr(skip, digits))};
  }
  if (!is_hex_digit(text[at])) return {};
  if (const auto length = groups(text, at, std::array<std::size_t, 5>{8, 4, 4, 4, 12}, '-')) return found(length, "UUID");
  if (const auto length = groups(text, at, std::array<std::size_t, 4>{8, 8, 8, 8}, ':')) return found(length, "UUID");
  if (const auto length = groups(text, at, std::array<std::size_t, 1>{32}, '-')) return found(length, "UUID");
  if (const auto length = pairs(text, at)) return found(length, "MAC address");
  return {};
}

TextRedactor::Match TextRedactor::match_v4(View text, std::size_t at) const {
  if (!is_digit(text[at]) || (at > 0 && text[at - 1] == '.')) return {};
  const auto length = run_length(text, at, [](char c) { return is_digit(c) || c == '.'; });
  auto candidate = std::string(text.substr(at, length));
  while (candidate.ends_with('.')) candidate.pop_back();
  std::string bytes(4, '\0');
  if (candidate.size() < 7 || !ends_word(text, at + candidate.size())) return {};
  if (::inet_pton(AF_INET, candidate.c_str(), bytes.data()) != 1 || kept_.contains(candidate)) return {};
  auto changed = pseudonyms_.address(bytes);
  if (bytes[3] == 0 || bytes[3] == '\xff') changed[3] = bytes[3];  // a network or its broadcast address stays one
  std::array<char, INET_ADDRSTRLEN> out{};
  ::inet_ntop(AF_INET, changed.data(), out.data(), out.size());
  return {candidate.size(), out.data()};
}

TextRedactor::Match TextRedactor::match_v6(View text, std::size_t at) const {
  const auto length = run_length(text, at, [](char c) { return is_hex_digit(c) || c == ':'; });
  const std::string candidate(text.substr(at, length));
  if (length > 45 || std::ranges::count(candidate, ':') < 2 || std::ranges::count_if(candidate, is_hex_digit) < 4) return {};
  std::string bytes(16, '\0');
  if (!ends_word(text, at + length) || ::inet_pton(AF_INET6, candidate.c_str(), bytes.data()) != 1) return {};
  const auto changed = pseudonyms_.address(bytes);
  std::array<char, INET6_ADDRSTRLEN> out{};
  ::inet_ntop(AF_INET6, changed.data(), out.data(), out.size());
  return {length, out.data()};
}

/// "Linux version 6.8.1 (anna@workstation) (gcc ...": who built this kernel, and where.
TextRedactor::Match TextRedactor::match_builder(View text, std::size_t at) const {
  if (at == 0 || text[at - 1] != '(') return {};
  const auto is_part = [](char c) { return is_word_part(c) || c == '.' || c == '-' || c == '_' || c == '+'; };
  const auto user = run_length(text, at, is_part);
  if (user == 0 || at + user >= text.size() || text[at + user] != '@') return {};
  const auto host = run_length(text, at + user + 1, is_part);
  const auto end = at + user + 1 + host;
  if (host == 0 || end >= text.size() || text[end] != ')') return {};
  return {end - at, pseudonyms_.word("user", std::string(text.substr(at, user))) + "@" +
                        pseudonyms_.word("host", std::string(text.substr(at + user + 1, host)))};
}

TextRedactor::Match TextRedactor::match_name(View text, std::size_t at) const {
  const auto first = names_.find(to_lower(text.substr(at, word_run(text, at))));
  if (first == names_.end()) return {};
  for (const auto& one : first->second) {
    const auto here = text.substr(at, one.name.size());
    const bool same = one.kind == "host" ? to_lower(here) == to_lower(one.name) : here == one.name;
    if (!same || !ends_word(text, at + one.name.size())) continue;
    auto name = one.kind == "host" ? to_lower(one.name) : one.name;
    if (one.kind == "volume")  // device-mapper doubles hyphens: one volume, two spellings
      for (auto twice = name.find("--"); twice != name.npos; twice = name.find("--", twice + 1)) name.erase(twice, 1);
    return {one.name.size(), pseudonyms_.word(one.kind, name)};
  }
  return {};
}

TextRedactor::Match TextRedactor::match(View text, std::size_t at) const {
  static constexpr auto in_order =
      std::to_array<Matcher>({&TextRedactor::match_hexadecimal, &TextRedactor::match_context, &TextRedactor::match_home,
                              &TextRedactor::match_qualified_name, &TextRedactor::match_volume_id, &TextRedactor::match_v4,
                              &TextRedactor::match_v6, &TextRedactor::match_builder, &TextRedactor::match_name});
  for (const auto matcher : in_order)
    if (auto found = (this->*matcher)(text, at); found.length > 0) return found;
  return {};
}

void TextRedactor::keep_only_known_words(std::set<std::string> technical) {
  technical_ = std::move(technical);
  only_known_words_ = true;
}

bool TextRedactor::is_known(View text, std::size_t at, std::size_t length) const {
  const auto word = text.substr(at, length);
  if (is_known_word(word) || technical_.contains(to_lower(word)) || pseudonyms_.is_stand_in(word)) return true;
  // "BEEF" of "8086:BEEF" is an id, though it could be a name.
  const bool joined = (at > 0 && text[at - 1] == ':') || (at + length < text.size() && text[at + length] == ':');
  return length >= 4 && length <= 8 && joined && std::ranges::all_of(word, is_hex_digit);
}

std::string TextRedactor::redact(View text) const { return run(text, only_known_words_); }

std::string TextRedactor::redact_secrets(View text) const { return run(text, false); }

std::string TextRedactor::run(View text, bool mask_unknown) const {
  std::string out;
  out.reserve(text.size());
  std::size_t word_start = 0;  // where an escape ends, a word may begin
  for (std::size_t at = 0; at < text.size();) {
    if (const auto escape = escape_length(text, at); escape > 0) {
      out.append(text.substr(at, escape));
      word_start = at += escape;
      continue;
    }
    const char c = text[at], before = at > word_start ? text[at - 1] : ' ';
    if (is_word_part(c) ? !is_word_part(before) : View("=/ ").find(before) != View::npos) {
      if (auto found = is_word_part(c) ? match(text, at) : match_context(text, at); found.length > 0) {
        out += found.stand_in;
        at += found.length;
        continue;
      }
    }
    if (!is_word_part(c)) {
      out += c;
      ++at;
      continue;
    }
    const bool rest = is_word_part(before);  // of a word that a secret was the front of
    const auto length = rest && !mask_unknown ? 1 : word_run(text, at);
    const bool masked = mask_unknown && !is_known(text, at, length);
    out += masked ? pseudonyms_.word("word", std::string(text.substr(at, length))) : std::string(text.substr(at, length));
    at += length;
  }
  return out;
}

std::string TextRedactor::redact_in_place(View text) const {
  auto changed = redact(text);
  changed.resize(text.size(), 'x');
  return changed;
}

}  // namespace vfio_doctor
