// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/signatures/scanner.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <tuple>

namespace vfio_doctor {

namespace {

constexpr std::size_t end_size = 4;  // a pattern's literal piece has five bytes at least
constexpr unsigned key_bits = 16;

/// A number below 2^key_bits for the four bytes before `end`; others may have the same.
std::uint32_t key_before(const char* end) {
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, end - end_size, end_size);
  return (bytes * 2654435769u) >> (32 - key_bits);  // Knuth's multiplicative hashing
}

std::uint32_t key_of(const Signature& signature) {
  const auto& anchor = signature.pattern.anchor();
  return key_before(anchor.data() + anchor.size());
}

}  // namespace

SignatureScanner::SignatureScanner(const std::vector<Signature>& signatures)
    : signatures_(signatures), seen_((1u << key_bits) / 64, 0), by_key_(signatures.size()) {
  keys_.reserve(signatures_.size());
  for (const auto& signature : signatures_) keys_.push_back(key_of(signature));
  std::iota(by_key_.begin(), by_key_.end(), 0u);
  std::ranges::sort(by_key_, {}, [this](std::uint32_t index) {
    const auto& signature = signatures_[index];
    return std::tuple(keys_[index], -static_cast<std::ptrdiff_t>(signature.pattern.anchor().size()), index);
  });
  for (const auto key : keys_) seen_[key / 64] |= std::uint64_t{1} << (key % 64);
}

std::vector<SignatureMatch> SignatureScanner::scan(std::string_view folded) const {
  std::vector<SignatureMatch> matches;
  std::size_t tried = 0;
  for (std::size_t end = end_size; end <= folded.size(); ++end) {
    const auto key = key_before(folded.data() + end);
    if ((seen_[key / 64] >> (key % 64) & 1) == 0) continue;
    for (const auto index : std::ranges::equal_range(by_key_, key, {}, [this](std::uint32_t i) { return keys_[i]; })) {
      const auto& signature = signatures_[index];
      const auto& anchor = signature.pattern.anchor();
      if (!folded.substr(0, end).ends_with(anchor)) continue;
      if (matches.size() == most_matches || ++tried > most_matches * 64) return matches;
      auto captures = signature.pattern.match(folded, end - anchor.size());
      if (!captures) continue;
      const auto same = std::ranges::find_if(matches, [&](const SignatureMatch& match) {
        return signatures_[match.signature].id == signature.id && (match.signature != index || match.captures == *captures);
      });
      if (same == matches.end())
        matches.push_back({index, std::move(*captures)});
      else if (same->captures.size() < captures->size())
        *same = {index, std::move(*captures)};
    }
  }
  return matches;
}

const SignatureScanner& SignatureScanner::built_in() {
  static const SignatureScanner scanner(SignatureTable::built_in().signatures);
  return scanner;
}

}  // namespace vfio_doctor
