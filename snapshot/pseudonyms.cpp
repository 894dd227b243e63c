// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/pseudonyms.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

std::function<bool()> system_random_bits() {
  const auto device = std::make_shared<std::random_device>();
  return [device] { return ((*device)() & 1) != 0; };
}

unsigned byte_at(const std::string& bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

/// How many leading bits say what kind of address this is and must stay; all of them for special addresses.
unsigned kept_bits(const std::string& bytes) {
  const unsigned first = byte_at(bytes, 0), second = byte_at(bytes, 1);
  if (bytes.size() == 4) {
    if (first == 0 || first == 127 || first >= 224) return 32;  // unspecified, loopback, multicast, masks
    if (first == 10) return 8;
    if (first == 172 && (second & 0xf0) == 16) return 12;
    if ((first == 192 && second == 168) || (first == 169 && second == 254)) return 16;
    if (first == 100 && (second & 0xc0) == 64) return 10;
    return 8;
  }
  static constexpr char zeros[15] = {};
  if (std::equal(zeros, zeros + 15, bytes.begin()) && byte_at(bytes, 15) <= 1) return 128;  // :: and ::1
  if (first == 0xff) return 128;                                                            // multicast
  if (first == 0xfe) return 64;                                                             // link-local
  if ((first & 0xfe) == 0xfc) return 8;                                                     // private
  return 16;
}

}  // namespace

Pseudonyms::Pseudonyms(std::function<bool()> random_bit)
    : random_bit_(random_bit ? std::move(random_bit) : system_random_bits()) {}

std::string Pseudonyms::hexadecimal(const std::string& kind, std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (is_hex_digit(c)) digits += c;
  digits = to_lower(digits);
  if (digits.find_first_not_of('0') == digits.npos || digits.find_first_not_of('f') == digits.npos) return std::string(text);
  auto& known = names_[kind];
  const auto [slot, is_new] = known.try_emplace(digits);
  if (is_new) {
    std::array<char, 24> number{};
    std::snprintf(number.data(), number.size(), "%zx", known.size());
    const std::string tail = number.data();
    slot->second = std::string(digits.size(), '0');
    if (digits.size() >= 2) slot->second[1] = '2';  // in a MAC address: locally administered, nobody's real one
    slot->second.replace(digits.size() - std::min(tail.size(), digits.size()), std::string::npos, tail);
    slot->second.resize(digits.size(), '0');
  }
  const bool upper = std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'F'; });
  std::string stand_in(text);
  std::size_t next = 0;
  for (char& c : stand_in) {
    if (!is_hex_digit(c)) continue;
    c = slot->second[next++];
    if (upper && c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  }
  return stand_in;
}

std::string Pseudonyms::word(const std::string& kind, const std::string& name) {
  auto& known = names_[kind];
  const auto [slot, is_new] = known.try_emplace(name);
  if (is_new) slot->second = kind + std::to_string(known.size());
  return slot->second;
}

std::string Pseudonyms::address(const std::string& bytes) {
  const unsigned kept = kept_bits(bytes), all = static_cast<unsigned>(bytes.size()) * 8;
  if (kept == all) return bytes;
  addresses_.insert(bytes);
  std::string stand_in = bytes, prefix = bytes.size() == 4 ? "4" : "6";
  for (unsigned bit = 0; bit < all; ++bit) {
    const auto mask = static_cast<unsigned char>(0x80u >> (bit % 8));
    const bool is_set = (byte_at(bytes, bit / 8) & mask) != 0;
    if (bit >= kept) {
      const auto [flip, is_new] = flips_.try_emplace(prefix, false);
      // The first bit always flips: chance alone would, now and then, leave a network as it was.
      if (is_new) flip->second = bit == kept || random_bit_();
      if (flip->second) stand_in[bit / 8] = static_cast<char>(stand_in[bit / 8] ^ mask);
    }
    prefix += is_set ? '1' : '0';
  }
  return stand_in;
}

std::map<std::string, std::size_t> Pseudonyms::counts() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& [kind, known] : names_)
    if (!known.empty()) counts[kind] = known.size();
  if (!addresses_.empty()) counts["IP address"] = addresses_.size();
  return counts;
}

}  // namespace vfio_doctor
