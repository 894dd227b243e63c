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
  /// Numbers that look like secrets but must stay: kernel versions.
  void keep(const std::string& text) { kept_.insert(text); }
  /// A label that is also a name elsewhere (a ZFS pool is found again through the label of its disks) is changed as a name is.
  void treat_as_name(const std::string& label) { labels_with_names_.insert(label); }
  /// From now on a word that is neither in known_words.hpp nor one of `technical` (lower case) gets a stand-in, wherever
  /// it stands and whatever it looks like.
  void keep_only_known_words(std::set<std::string> technical);

  std::string redact(std::string_view text) const;
  /// Only what is known to be a secret; for text of which every word may be there.
  std::string redact_secrets(std::string_view text) const;
  /// The same, cut or filled to the length it had: for text inside binary structures.
  std::string redact_in_place(std::string_view text) const;

 private:
  struct Match {
    std::size_t length = 0;  ///< characters of the text; 0: no match
    std::string stand_in;
  };
  using Matcher = Match (TextRedactor::*)(std::string_view text, std::size_t at) const;

  std::string run(std::string_view text, bool mask_unknown) const;
  bool is_known(std::string_view text, std::size_t at, std::size_t length) const;
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
  std::map<std::string, std::vector<PrivateName>, std::less<>>
      names_;  ///< by first alphanumeric run, lower case; longest first
  std::set<std::string, std::less<>> kept_;
  std::set<std::string, std::less<>> labels_with_names_;
  std::set<std::string> technical_;
  bool only_known_words_ = false;
};

}  // namespace vfio_doctor
