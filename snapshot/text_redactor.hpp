// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/pseudonyms.hpp"
#include "snapshot/redaction.hpp"

namespace vfio_doctor {

/// Finds secrets in running text by their shape, by the words around them, and by name; one pass, no backtracking.
class TextRedactor {
 public:
  explicit TextRedactor(Pseudonyms& pseudonyms) : pseudonyms_(pseudonyms) {}

  /// From now on `name` is replaced wherever it stands as a word of its own.
  void learn(const PrivateName& name);
  /// Labels and numbers that look like secrets but must stay: ZFS pools, kernel versions.
  void keep(const std::string& text) { kept_.insert(text); }

  std::string redact(std::string_view text) const;
  /// The same, cut or filled to the length it had: for text inside binary structures.
  std::string redact_in_place(std::string_view text) const;

 private:
  struct Match {
    std::size_t length = 0;  ///< characters of the text; 0: no match
    std::string stand_in;
  };
  using Matcher = Match (TextRedactor::*)(std::string_view text, std::size_t at) const;

  Match match(std::string_view text, std::size_t at) const;
  Match match_context(std::string_view text, std::size_t at) const;
  Match match_home(std::string_view text, std::size_t at) const;
  Match match_qualified_name(std::string_view text, std::size_t at) const;
  Match match_volume_id(std::string_view text, std::size_t at) const;
  Match match_hexadecimal(std::string_view text, std::size_t at) const;
  Match match_v4(std::string_view text, std::size_t at) const;
  Match match_v6(std::string_view text, std::size_t at) const;
  Match match_builder(std::string_view text, std::size_t at) const;
  Match match_name(std::string_view text, std::size_t at) const;
  std::string label(std::string_view text) const;

  Pseudonyms& pseudonyms_;
  std::map<std::string, std::vector<PrivateName>, std::less<>> names_;  ///< by first alphanumeric run, lower case; longest first
  std::set<std::string, std::less<>> kept_;
};

}  // namespace vfio_doctor
