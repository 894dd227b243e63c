// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/finding.hpp"
#include "checks/signatures/pattern.hpp"

namespace vfio_doctor {

/// One row of signatures.tsv: a wording of one message. Rows with the same id are wordings of the same message.
struct Signature {
  enum class Kind {
    error,    ///< something went wrong; causes rest on it
    fact,     ///< tells something about the machine or the setup that decides between causes
    benign,   ///< looks like an error and is none: nothing else is read into such a line
    success,  ///< what failed before works now
  };
  enum class Speaker { host, guest, any };
  std::string id, text;
  Kind kind = Kind::error;
  Speaker speaker = Speaker::any;
  std::string_view producer, source, versions, meaning;  ///< of the text that was parsed
  Pattern pattern;
};

/// One condition of a cause's rule: a signature or a computed fact was seen.
struct Term {
  std::vector<std::string> ids;  ///< any of them
  bool negated = false;
  std::string number;  ///< the capture that must be at least `least`; empty where any will do
  std::uint64_t least = 0;
};

enum class Confidence { possible, likely, certain };
std::string_view to_text(Confidence confidence);

struct CauseRule {
  Confidence confidence = Confidence::possible;
  std::vector<Term> terms;  ///< all of them
};

/// One block of causes.txt.
struct KnownCause {
  std::string id, page, title, summary;
  std::string place;  ///< where it lies: host, firmware, hardware, domain, manager, container, libvirt, guest
  std::vector<CauseRule> rules;
  std::vector<std::string> over;       ///< causes that this one explains: they are not named beside it
  std::vector<std::string> undone_by;  ///< success signatures that lower it
  std::vector<Remedy> remedies;
  std::vector<std::string> ask, rules_out;
};

struct SignatureTable {
  std::vector<Signature> signatures;

  /// The table that comes with the program. Its form is tested.
  static const SignatureTable& built_in();
};

/// Apart from the signatures: a check of the kernel's log needs no causes.
struct CauseTable {
  std::vector<KnownCause> causes;
  std::map<std::string, std::string, std::less<>> pages;  ///< by name

  static const CauseTable& built_in();
};

/// Throws InputError "NAME:LINE: what is wrong". `text` must outlive what is made of it.
std::vector<Signature> parse_signatures(std::string_view text, const std::string& name);
std::vector<KnownCause> parse_causes(std::string_view text, const std::string& name);

}  // namespace vfio_doctor
