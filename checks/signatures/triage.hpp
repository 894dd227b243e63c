// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/signatures/occurrence.hpp"

namespace vfio_doctor {

struct PastedLine {
  std::uint32_t file = 0, line = 0;
  std::string text;
};

/// A cause with what proves it.
struct Cause {
  std::string id, page, title, summary, place;
  Confidence confidence = Confidence::possible;
  std::string subject;  ///< an address, "group:N", "host", "guest", ...
  std::vector<PastedLine> evidence;
  std::vector<std::string> ruled_out;
  std::vector<Remedy> remedy;
  std::vector<std::string> ask;  ///< commands whose output would decide
};

/// A line that looks like an error and is none.
struct HarmlessLine {
  PastedLine at;
  std::string why;
};

/// What a paste says.
struct Triage {
  std::vector<std::string> files;  ///< their names
  std::vector<PasteDocument> documents;
  std::vector<Cause> causes;  ///< the best first
  std::vector<HarmlessLine> harmless;
  std::vector<PastedLine> unexplained;  ///< without a cause: lines that speak of a failure and are not known here
  std::vector<std::string> ask;
  PastedMachine machine;         ///< what listings and settings in it say
  std::vector<PastedLine> text;  ///< the paste itself, as far as it is kept: all of a short one, else the marked lines
  bool is_text_whole = true;
  bool recognised = false;  ///< something in it is output of a program that this one knows

  /// Something was recognised, and nothing in it speaks of a failure. Not known is not well.
  bool shows_no_problem() const { return causes.empty() && recognised && unexplained.empty(); }
};

/// Reads pastes and judges them. One pass, bounded memory however long the paste.
class TriageReader {
 public:
  static constexpr std::size_t kept_bytes = 2 << 20;  ///< of the paste itself, to show it again

  TriageReader();
  ~TriageReader();
  void begin_file(const std::string& name);
  void feed(std::string_view bytes);
  void end_file();
  Triage judge();

 private:
  void take(const PasteLine& line);
  /// What the line itself was known as: the kind of the signature that decides, or nothing.
  std::optional<Signature::Kind> scan(const PasteLine& line, const std::string& folded, const std::string* broken_with);
  struct State;
  std::unique_ptr<State> state_;
};

/// For one text at hand.
Triage triage_text(std::string_view text, const std::string& name);

/// Causes from what was seen; documents hold labels.
std::vector<Cause> judge_occurrences(const Occurrences& occurrences, const std::vector<PasteDocument>& documents);

/// The page for an error text ("group 14 is not viable"): of the first cause that names its signature. Empty where none does.
std::string page_for_error_text(std::string_view text);

/// The table over the log of a live or recorded host: messages without time stamps, in order. For checks.
struct LogMatch {
  const Signature* signature = nullptr;
  std::size_t message = 0;  ///< index
  std::optional<PciAddress> address;
  Captures captures;
};
std::vector<LogMatch> match_kernel_log(const std::vector<std::string>& messages);

}  // namespace vfio_doctor
