// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>
#include <set>

#include "base/text.hpp"
#include "checks/signatures/triage.hpp"

namespace vfio_doctor {
namespace {

using Subject = std::optional<PciAddress>;
constexpr std::size_t most_evidence = 8;

/// What a rule found: the occurrences that prove it, in the order of its terms.
struct Proof {
  Confidence confidence = Confidence::possible;
  std::vector<const Occurrence*> seen;
  std::size_t terms = 0;
  bool is_old = false;                 ///< all before the last boot
  const Occurrence* undone = nullptr;  ///< a success that came later
};

class Judge {
 public:
  Judge(const Occurrences& occurrences, const std::vector<PasteDocument>& documents)
      : occurrences_(occurrences), documents_(documents) {
    for (const auto& document : documents)
      if (document.kind == PasteKind::kernel_log)
        last_boot_[document.file] = std::max(last_boot_[document.file], document.boot);
    for (const auto& [id, list] : occurrences.all())
      for (const auto& one : list)
        if (one.address && subjects_.size() < most_subjects && !(one.signature && one.signature->kind == Signature::Kind::fact))
          subjects_.insert(one.address);
    subjects_.insert(Subject());
  }

  std::optional<std::pair<Subject, Proof>> best(const KnownCause& cause) const {
    std::optional<std::pair<Subject, Proof>> found;
    for (const auto& subject : subjects_)
      for (const auto& rule : cause.rules) {
        auto proof = prove(rule, subject);
        if (!proof) continue;
        consider_time(cause, subject, *proof);
        if (proof->undone && rule.confidence == Confidence::possible) continue;  // waited a second, and came
        if (!found || is_better(*proof, subject, found->second, found->first)) found = {subject, std::move(*proof)};
      }
    return found;
  }

 private:
  static constexpr std::size_t most_subjects = 256;
  static bool is_better(const Proof& one, const Subject& subject, const Proof& other, const Subject& other_subject) {
    if (one.confidence != other.confidence) return one.confidence > other.confidence;
    if (subject.has_value() != other_subject.has_value()) return subject.has_value();
    if (one.terms != other.terms) return one.terms > other.terms;
    return one.seen.front()->order > other.seen.front()->order;
  }

  PastedFrom machine_of(const Occurrence& one) const {
    return one.at.document < documents_.size() ? documents_[one.at.document].machine : PastedFrom::unknown;
  }

  /// A guest's message is no evidence about the host, and the reverse.
  bool may_speak(const Occurrence& one) const {
    if (!one.signature || one.signature->speaker == Signature::Speaker::any) return true;
    const auto machine = machine_of(one);
    return machine == PastedFrom::unknown ||
           (machine == PastedFrom::host) == (one.signature->speaker == Signature::Speaker::host);
  }

  bool is_prose(const Occurrence& one) const {
    return one.at.document < documents_.size() && documents_[one.at.document].kind == PasteKind::prose;
  }

  bool is_old(const Occurrence& one) const {
    if (one.at.document >= documents_.size()) return false;
    const auto& document = documents_[one.at.document];
    const auto last = last_boot_.find(document.file);
    return document.kind == PasteKind::kernel_log && last != last_boot_.end() && document.boot < last->second;
  }

  bool fits(const Occurrence& one, const Term& term, const Subject& subject) const {
    if (!may_speak(one)) return false;
    if (!term.number.empty()) {
      const auto number = parse_unsigned(one.capture(term.number));
      if (!number || *number < term.least) return false;
    }
    const bool is_fact = one.signature && one.signature->kind == Signature::Kind::fact;
    return !one.address || is_fact || one.address == subject;
  }

  /// The occurrences of a term, the last first; those of this boot before older ones.
  std::vector<const Occurrence*> matching(const Term& term, const Subject& subject) const {
    std::vector<const Occurrence*> found;
    for (const auto& id : term.ids)
      for (const auto& one : occurrences_.of(id))
        if (fits(one, term, subject)) found.push_back(&one);
    std::ranges::sort(found, [this](const Occurrence* one, const Occurrence* other) {
      const bool old = is_old(*one), other_old = is_old(*other);
      return old != other_old ? other_old : one->order > other->order;
    });
    return found;
  }

  std::optional<Proof> prove(const CauseRule& rule, const Subject& subject) const {
    Proof proof;
    proof.confidence = rule.confidence;
    bool names_subject = !subject, any_new = false;
    for (const auto& term : rule.terms) {
      const auto found = matching(term, subject);
      if (found.empty() != term.negated) return std::nullopt;
      if (term.negated) continue;
      ++proof.terms;
      names_subject = names_subject || std::ranges::any_of(found, [&](const auto* one) { return one->address == subject; });
      any_new = any_new || !is_old(*found.front());
      proof.seen.push_back(found.front());
      if (found.size() > 1) proof.seen.push_back(found.back());
    }
    if (!names_subject) return std::nullopt;
    proof.is_old = !any_new;
    return proof;
  }

  static void lower(Confidence& confidence) {
    confidence = confidence == Confidence::certain ? Confidence::likely : Confidence::possible;
  }

  void consider_time(const KnownCause& cause, const Subject& subject, Proof& proof) const {
    if (proof.is_old) lower(proof.confidence);
    const auto last = std::ranges::max_element(proof.seen, {}, [](const auto* one) { return one->order; });
    for (const auto& id : cause.undone_by)
      for (const auto& success : occurrences_.of(id))
        if (success.order > (*last)->order && success.at.file == (*last)->at.file && may_speak(success) &&
            (!success.address || !subject || success.address == subject))
          proof.undone = &success;
    if (proof.undone) lower(proof.confidence);
    // What people write about messages is less than the messages.
    if (std::ranges::all_of(proof.seen, [this](const auto* one) { return is_prose(*one); })) {
      if (proof.confidence == Confidence::certain) lower(proof.confidence);
    }
  }

  const Occurrences& occurrences_;
  const std::vector<PasteDocument>& documents_;
  std::map<std::uint32_t, std::uint32_t> last_boot_;
  std::set<Subject> subjects_;
};

/// Nothing that a shell could take for more than a word: captured text is somebody else's.
bool is_plain_word(std::string_view text) {
  return !text.empty() && text.size() <= 120 && text.front() != '-' && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ':' || c == '.' || c == '_' ||
           c == '/' || c == '-' || c == '+';
  });
}

/// Fills "{name|what stands there otherwise}" in texts of the table.
class Filler {
 public:
  Filler(const Subject& subject, const Proof& proof) : subject_(subject), proof_(proof) {}

  std::string operator()(std::string_view text) const {
    std::string filled;
    for (;;) {
      const auto open = text.find('{'), close = open == text.npos ? text.npos : text.find('}', open);
      if (close == text.npos) return filled + std::string(text);
      filled += text.substr(0, open);
      const auto inside = text.substr(open + 1, close - open - 1);
      const auto bar = inside.find('|');
      const auto value = value_of(inside.substr(0, bar));
      filled += is_plain_word(value)
                    ? value
                    : std::string(bar == inside.npos ? std::string_view("(not known)") : inside.substr(bar + 1));
      text.remove_prefix(close + 1);
    }
  }

 private:
  std::string value_of(std::string_view name) const {
    if (name == "bdf" && subject_) return subject_->text();
    if (name == "slot" && subject_) return subject_->text().substr(0, subject_->text().size() - 2);
    for (const auto* one : proof_.seen) {
      if (name == "bdf" && !one->address) continue;  // a placeholder names nothing
      const auto value = one->capture(name);
      // A number of a placeholder ("group N") is none either.
      if (!value.empty() && value != "n" && value != "x") return as_written(value, one->at.text);
    }
    return {};
  }

  /// Captures are folded; the line has the capitals.
  static std::string as_written(std::string_view value, std::string_view line) {
    const auto at = to_lower(line).find(value);
    return std::string(at == std::string::npos ? value : line.substr(at, value.size()));
  }

  const Subject& subject_;
  const Proof& proof_;
};

std::string subject_text(const KnownCause& cause, const Subject& subject, const Filler& fill) {
  if (subject) return subject->text();
  const auto group = fill("{group|}");
  if (!group.empty()) return "group:" + group;
  return cause.place == "guest" ? "guest" : cause.place == "domain" ? "domain" : "host";
}

void add_evidence(Cause& cause, const std::vector<PastedLine>& lines) {
  for (const auto& line : lines)
    if (cause.evidence.size() < most_evidence && std::ranges::none_of(cause.evidence, [&](const PastedLine& other) {
          return other.file == line.file && other.line == line.line;
        }))
      cause.evidence.push_back(line);
}

Cause describe(const KnownCause& known, const Subject& subject, const Proof& proof) {
  const Filler fill(subject, proof);
  Cause cause;
  cause.id = known.id;
  cause.page = known.page;
  cause.place = known.place;
  cause.confidence = proof.confidence;
  cause.title = fill(known.title);
  cause.summary = fill(known.summary);
  cause.subject = subject_text(known, subject, fill);
  for (const auto* one : proof.seen) add_evidence(cause, {{one->at.file, one->at.line, one->at.text}});
  for (const auto& text : known.rules_out) cause.ruled_out.push_back(fill(text));
  if (proof.is_old) cause.ruled_out.push_back("It was seen before the last boot only, not since.");
  if (proof.undone)
    cause.ruled_out.push_back("Line " + std::to_string(proof.undone->at.line) + " says that it worked again later.");
  for (const auto& remedy : known.remedies) {
    Remedy one{fill(remedy.text), {}, {}, fill(remedy.risk)};
    for (const auto& command : remedy.commands) one.commands.push_back(fill(command));
    for (const auto& command : remedy.undo) one.undo.push_back(fill(command));
    cause.remedy.push_back(std::move(one));
  }
  for (const auto& command : known.ask) cause.ask.push_back(fill(command));
  return cause;
}

/// Where the lines that make a cause possible are the evidence of a stronger one, it is explained.
bool is_explained(const Cause& weak, const std::vector<Cause>& causes) {
  return std::ranges::any_of(causes, [&](const Cause& strong) {
    return strong.confidence > weak.confidence && std::ranges::all_of(weak.evidence, [&](const PastedLine& line) {
             return std::ranges::any_of(strong.evidence, [&](const PastedLine& other) {
               return other.file == line.file && other.line == line.line;
             });
           });
  });
}

/// No machine has so many causes at once: that is a page about errors, or several machines' logs.
void doubt_collections(std::vector<Cause>& causes) {
  constexpr std::ptrdiff_t most_at_once = 7;
  const auto count = std::ranges::count_if(causes, [](const Cause& cause) { return cause.confidence != Confidence::possible; });
  if (count <= most_at_once) return;
  for (auto& cause : causes) {
    cause.confidence = Confidence::possible;
    cause.ruled_out.push_back("The paste names " + std::to_string(count) +
                              " causes at once: rather a text about errors than the output of one machine.");
  }
}

}  // namespace

std::vector<Cause> judge_occurrences(const Occurrences& occurrences, const std::vector<PasteDocument>& documents) {
  const Judge judge(occurrences, documents);
  struct Found {
    Cause cause;
    std::size_t terms;
    const KnownCause* known;
  };
  std::vector<Found> found;
  for (const auto& known : CauseTable::built_in().causes)
    if (const auto best = judge.best(known))
      found.push_back({describe(known, best->first, best->second), best->second.terms, &known});
  std::set<std::string> explained;
  for (const auto& one : found)
    for (auto& other : found)
      if (other.cause.confidence >= one.cause.confidence &&
          std::ranges::find(other.known->over, one.cause.id) != other.known->over.end()) {
        explained.insert(one.cause.id);
        add_evidence(other.cause, one.cause.evidence);  // it explains these lines too
      }
  std::erase_if(found, [&explained](const Found& one) { return explained.contains(one.cause.id); });
  std::ranges::stable_sort(found, [](const Found& one, const Found& other) {
    return one.cause.confidence != other.cause.confidence ? one.cause.confidence > other.cause.confidence
                                                          : one.terms > other.terms;
  });
  std::vector<Cause> causes;
  for (auto& one : found) causes.push_back(std::move(one.cause));
  const auto all = causes;
  std::erase_if(causes, [&all](const Cause& cause) { return is_explained(cause, all); });
  doubt_collections(causes);
  return causes;
}

}  // namespace vfio_doctor
