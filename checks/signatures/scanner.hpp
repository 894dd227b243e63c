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

/// Finds every signature in a text in one pass over it, however many there are: each place is looked up by its last four bytes
/// among the ends of the patterns' longest literal pieces. (Not an automaton: building one took longer than a whole log is read.)
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
  const std::vector<Signature>& signatures_;
  std::vector<std::uint64_t> seen_;    ///< a bit for each key, set where an anchor ends so
  std::vector<std::uint32_t> keys_;    ///< of each signature's anchor
  std::vector<std::uint32_t> by_key_;  ///< indexes into the table, by the key of the anchor's end, the longer anchors first
};

}  // namespace vfio_doctor
