// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/signatures/triage.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>

#include "base/text.hpp"
#include "checks/signatures/complaints.hpp"
#include "checks/signatures/driver_stories.hpp"
#include "checks/signatures/telling_words.hpp"
#include "checks/signatures/translations.hpp"
#include "facts/paste/unwrap.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_harmless = 20, most_unexplained = 8, joined_bytes = 320;

std::optional<PciAddress> address_of(const SignatureMatch& match) {
  for (const auto& [name, value] : match.captures)
    if (name == "bdf") return captured_address(value);
  return std::nullopt;
}

/// A rule knows the line's message, and what makes it harmless ("!peer-to-peer-note") or undoes it ("ready after") was seen.
bool is_explained_away(const Complaint& complaint, const Occurrences& occurrences) {
  const auto is_seen = [&occurrences](const std::string& id) { return !occurrences.of(id).empty(); };
  const auto names = [](const auto& rule, std::string_view id) {
    return std::ranges::any_of(rule.terms, [id](const auto& term) {
      return !term.negated && std::ranges::find(term.ids, id) != term.ids.end();
    });
  };
  const auto excuses = [&is_seen](const auto& rule) {
    return std::ranges::any_of(rule.terms,
                               [&](const auto& term) { return term.negated && std::ranges::any_of(term.ids, is_seen); });
  };
  for (const auto& [id, seen] : occurrences.all()) {
    const auto here = std::ranges::find_if(seen, [&complaint](const Occurrence& one) {
      return one.signature && one.signature->kind == Signature::Kind::error && one.at.file == complaint.file &&
             one.at.line == complaint.line;
    });
    if (here == seen.end()) continue;
    const auto is_undone = [&](const std::string& success) {
      return std::ranges::any_of(occurrences.of(success), [&here](const Occurrence& one) { return one.order > here->order; });
    };
    for (const auto& cause : CauseTable::built_in().causes)
      for (const auto& rule : cause.rules)
        if (names(rule, id) && (excuses(rule) || std::ranges::any_of(cause.undone_by, is_undone))) return true;
  }
  return false;
}

/// What a line says in vain where it is known to be harmless.
bool is_benign(const Signature& signature) { return signature.kind == Signature::Kind::benign; }

}  // namespace

struct TriageReader::State {
  explicit State(std::function<void(const PasteLine&)> sink) : reader(std::move(sink)) {}
  const SignatureTable& table = SignatureTable::built_in();
  const SignatureScanner& scanner = SignatureScanner::built_in();
  PasteReader reader;
  PastedMachineReader machine;
  Occurrences occurrences;
  Complaints complaints;
  DriverStories drivers;
  Triage triage;
  std::string folded, previous;  ///< previous: the end of the line before, folded
  std::string joined;
  std::size_t kept = 0;
  std::optional<PastedAt> about_passthrough;  ///< the first line that says so
};

TriageReader::TriageReader() : state_(std::make_unique<State>([this](const PasteLine& line) { take(line); })) {}
TriageReader::~TriageReader() = default;

void TriageReader::begin_file(const std::string& name) {
  state_->triage.files.push_back(name);
  state_->previous.clear();
  state_->reader.begin_file(static_cast<std::uint32_t>(state_->triage.files.size() - 1));
}

void TriageReader::feed(std::string_view bytes) { state_->reader.feed(bytes); }

void TriageReader::end_file() {
  state_->reader.end_file();
  state_->machine.end_file();
}

void TriageReader::take(const PasteLine& line) {
  auto& state = *state_;
  if (line.is_first_piece && state.kept + line.raw.size() + 16 <= kept_bytes) {
    state.kept += line.raw.size() + 16;
    state.triage.text.push_back({line.file, line.number, std::string(line.raw)});
  } else if (line.is_first_piece) {
    state.triage.is_text_whole = false;
  }
  state.machine.take(line);
  if (line.kind == PasteKind::source_code) return state.previous.clear();
  fold_text(line.text, state.folded);
  translate_messages(state.folded);
  const auto told = TellingWords::built_in().in(state.folded);
  if (!state.about_passthrough && told.has(Tells::guest))
    state.about_passthrough = PastedAt{line.file, line.number, line.document, quoted(line.text)};
  // "I fixed the ... error": what somebody tells of the past is not what fails now.
  if (line.kind == PasteKind::prose && told.has(Tells::past)) return state.previous.clear();
  const auto known = scan(line, state.folded, nullptr);
  const bool is_error = known == Signature::Kind::error || (known != Signature::Kind::benign && state.drivers.take(line));
  if (known != Signature::Kind::benign) state.complaints.take(line, state.folded, told, is_error);
  if (line.joins && !state.previous.empty()) {
    // A message that was broken over two lines: only what lies across the break is new.
    state.joined = state.previous + " " + state.folded.substr(0, joined_bytes);
    scan(line, state.joined, &state.previous);
    if (line.joins && state.folded.size() < joined_bytes) state.folded = state.joined;
  }
  state.previous = state.folded.size() > joined_bytes ? state.folded.substr(state.folded.size() - joined_bytes) : state.folded;
}

std::optional<Signature::Kind> TriageReader::scan(const PasteLine& line, const std::string& folded,
                                                  const std::string* broken_with) {
  auto& state = *state_;
  const auto matches = state.scanner.scan(folded);
  if (matches.empty()) return std::nullopt;
  const auto benign =
      std::ranges::find_if(matches, [&](const auto& match) { return is_benign(state.table.signatures[match.signature]); });
  if (benign != matches.end() && !broken_with && state.triage.harmless.size() < most_harmless)
    state.triage.harmless.push_back(
        {{line.file, line.number, quoted(line.text)}, std::string(state.table.signatures[benign->signature].meaning)});
  // What the two lines say by themselves was seen.
  std::vector<SignatureMatch> before;
  if (broken_with) {
    before = state.scanner.scan(*broken_with);
    auto after = state.scanner.scan(std::string_view(folded).substr(std::min(folded.size(), broken_with->size() + 1)));
    before.insert(before.end(), std::make_move_iterator(after.begin()), std::make_move_iterator(after.end()));
  }
  for (const auto& match : matches) {
    const auto& signature = state.table.signatures[match.signature];
    if (is_benign(signature) || (benign != matches.end() && signature.kind == Signature::Kind::error)) continue;
    if (std::ranges::any_of(before,
                            [&](const auto& other) { return state.table.signatures[other.signature].id == signature.id; }))
      continue;
    state.occurrences.add({signature.id,
                           &signature,
                           {line.file, line.number, line.document, quoted(line.text)},
                           0,
                           match.captures,
                           address_of(match)});
  }
  if (benign != matches.end()) return Signature::Kind::benign;
  const bool has_error = std::ranges::any_of(matches, [&](const auto& match) {
    return state.table.signatures[match.signature].kind == Signature::Kind::error;
  });
  return has_error ? Signature::Kind::error : Signature::Kind::fact;
}

Triage TriageReader::judge() {
  auto& state = *state_;
  auto& triage = state.triage;
  triage.documents = state.reader.take_documents();
  triage.machine = state.machine.take_machine();
  triage.recognised = !state.occurrences.all().empty() || !triage.harmless.empty() ||
                      std::ranges::any_of(triage.documents, [](const PasteDocument& document) {
                        return document.kind != PasteKind::prose && document.kind != PasteKind::source_code;
                      });
  if (state.about_passthrough) state.occurrences.add({"speaks-of-passthrough", nullptr, *state.about_passthrough, 0, {}, {}});
  state.drivers.add_facts(triage.documents, state.occurrences);
  add_computed_facts(triage.machine, triage.documents, state.occurrences);
  triage.causes = judge_occurrences(state.occurrences, triage.documents);
  for (const auto& cause : triage.causes)
    for (const auto& command : cause.ask)
      if (cause.confidence != Confidence::certain && std::ranges::find(triage.ask, command) == triage.ask.end() &&
          triage.ask.size() < 8)
        triage.ask.push_back(command);
  if (triage.causes.empty())
    for (const auto& complaint : state.complaints.that_count(triage.documents))
      if (!is_explained_away(complaint, state.occurrences))
        triage.unexplained.push_back({complaint.file, complaint.line, complaint.text});
  if (triage.unexplained.size() > most_unexplained)  // the last ones are mostly what the program ended with
    triage.unexplained.erase(triage.unexplained.begin(), triage.unexplained.end() - most_unexplained);
  if (triage.causes.empty() && !triage.shows_no_problem())
    triage.ask = {"sudo dmesg", "lspci -nnk", "find /sys/kernel/iommu_groups -type l", "cat /proc/cmdline",
                  "# the complete error message of the program that starts the virtual machine"};
  return std::move(triage);
}

Triage triage_text(std::string_view text, const std::string& name) {
  TriageReader reader;
  reader.begin_file(name);
  reader.feed(text);
  reader.end_file();
  return reader.judge();
}

std::string page_for_error_text(std::string_view text) {
  const auto triage = triage_text(text, "text");
  const auto& table = CauseTable::built_in();
  const auto page_of = [&](const std::string& name) {
    const auto page = table.pages.find(name);
    return page == table.pages.end() ? std::string() : std::string(page->second);
  };
  if (!triage.causes.empty()) return page_of(triage.causes.front().page);
  std::string folded;
  fold_text(text, folded);
  for (const auto& match : SignatureScanner::built_in().scan(folded))
    for (const auto& cause : table.causes)
      for (const auto& rule : cause.rules)
        for (const auto& term : rule.terms)
          if (!term.negated &&
              std::ranges::find(term.ids, SignatureTable::built_in().signatures[match.signature].id) != term.ids.end())
            return page_of(cause.page);
  return {};
}

std::vector<LogMatch> match_kernel_log(const std::vector<std::string>& messages) {
  const auto& table = SignatureTable::built_in();
  std::vector<LogMatch> found;
  std::string folded;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    fold_text(messages[i], folded);
    auto matches = SignatureScanner::built_in().scan(folded);
    if (std::ranges::any_of(matches, [&](const auto& match) { return is_benign(table.signatures[match.signature]); })) continue;
    for (auto& match : matches) {
      const auto& signature = table.signatures[match.signature];
      if (signature.speaker == Signature::Speaker::guest) continue;
      const auto address = address_of(match);
      found.push_back({&signature, i, address, std::move(match.captures)});
    }
  }
  return found;
}

}  // namespace vfio_doctor
