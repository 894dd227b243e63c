// SPDX-License-Identifier: GPL-2.0-or-later
//
// One line of a paste against every signature of the table: what matched stands in the line, and nothing takes long. Far quicker
// than the whole of triage, so that a search reaches deep into the patterns.
#include "checks/signatures/scanner.hpp"
#include "checks/signatures/signature_table.hpp"
#include "facts/paste/unwrap.hpp"
#include "fuzz/target.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  std::string folded, again;
  fold_text(bytes, folded);
  fold_text(folded, again);
  require(again == folded, "folded text stays as it is");
  const auto matches = SignatureScanner::built_in().scan(folded);
  require(matches.size() <= SignatureScanner::most_matches, "so many matches and no more");
  for (const auto& match : matches) {
    require(match.signature < SignatureTable::built_in().signatures.size(), "a match names a row of the table");
    for (const auto& [name, value] : match.captures) {
      require(folded.find(value) != std::string::npos, "what is captured stands in the line");
      captured_address(value);
    }
  }
}

}  // namespace vfio_doctor
