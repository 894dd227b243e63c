// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "checks/signatures/signature_table.hpp"

namespace vfio_doctor {

struct SignatureMatch {
  std::uint32_t signature = 0;  ///< index into the table
  Captures captures;
};

/// Finds every signature in a text in one pass over it, however many there are (Aho and Corasick 1975, over the
/// patterns' longest literal pieces).
class SignatureScanner {
 public:
  /// `signatures` must outlive it.
  explicit SignatureScanner(const std::vector<Signature>& signatures);

  /// The matches in `folded` (see fold_text()), at most most_matches; of wordings of the same message, the one that says most.
  static constexpr std::size_t most_matches = 32;
  std::vector<SignatureMatch> scan(std::string_view folded) const;

  /// For the program's own table.
  static const SignatureScanner& built_in();

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  void add(std::string_view anchor, std::uint32_t signature);
  void connect();
  std::uint32_t& next(std::uint32_t state, unsigned char byte) { return next_[state * width_ + column_[byte]]; }

  const std::vector<Signature>& signatures_;
  std::vector<std::uint8_t> column_;  ///< by byte; 0 for bytes that no anchor holds
  std::uint32_t width_ = 1;
  std::vector<std::uint32_t> next_;    ///< by state and column
  std::vector<std::uint32_t> output_;  ///< by state: index into ends_, or none
  std::vector<std::vector<std::uint32_t>> ends_;
};

}  // namespace vfio_doctor
