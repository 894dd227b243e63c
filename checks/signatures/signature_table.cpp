// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/signatures/signature_table.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <stdexcept>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "checks/signatures/cause_pages.hpp"

namespace vfio_doctor {

extern const std::string_view signatures_text, causes_text;  // made by the build from signatures.tsv and causes.txt

namespace {

class Failing {
 public:
  explicit Failing(const std::string& name) : name_(name) {}
  void next_line() { ++line_; }
  [[noreturn]] void fail(const std::string& what) const { throw InputError(name_ + ":" + std::to_string(line_) + ": " + what); }

 private:
  std::string name_;
  std::size_t line_ = 0;
};

template <class Value, std::size_t count>
Value one_of(const std::array<std::pair<std::string_view, Value>, count>& words, std::string_view word, const Failing& at) {
  const auto found = std::ranges::find(words, word, [](const auto& one) { return one.first; });
  if (found == words.end()) at.fail("'" + std::string(word) + "' is no word that may stand here");
  return found->second;
}

constexpr std::array<std::pair<std::string_view, Signature::Kind>, 4> kinds = {{{"error", Signature::Kind::error},
                                                                                {"fact", Signature::Kind::fact},
                                                                                {"benign", Signature::Kind::benign},
                                                                                {"success", Signature::Kind::success}}};
constexpr std::array<std::pair<std::string_view, Signature::Speaker>, 3> speakers = {
    {{"host", Signature::Speaker::host}, {"guest", Signature::Speaker::guest}, {"any", Signature::Speaker::any}}};
constexpr std::array<std::pair<std::string_view, Confidence>, 3> confidences = {
    {{"possible", Confidence::possible}, {"likely", Confidence::likely}, {"certain", Confidence::certain}}};

bool is_id(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

/// "!id", "id|other", "id[n>=4000]"
Term parse_term(std::string_view text, const Failing& at) {
  Term term;
  if (text.starts_with('!')) {
    term.negated = true;
    text.remove_prefix(1);
  }
  if (const auto open = text.find('['); open != text.npos) {
    const auto inside = text.ends_with(']') ? text.substr(open + 1, text.size() - open - 2) : std::string_view();
    const auto sign = inside.find(">=");
    const auto least = sign == inside.npos ? std::nullopt : parse_unsigned(inside.substr(sign + 2));
    if (!least) at.fail("expected id[capture>=NUMBER]");
    term.number = inside.substr(0, sign);
    term.least = *least;
    text = text.substr(0, open);
  }
  for (const auto id : split(text, '|')) {
    if (!is_id(id)) at.fail("'" + std::string(id) + "' is no id");
    term.ids.emplace_back(id);
  }
  return term;
}

void add_to_cause(KnownCause& cause, std::string_view key, std::string_view value, const Failing& at) {
  const auto into = [&](std::string& text) {
    if (!text.empty()) at.fail("a second '" + std::string(key) + "'");
    text = value;
  };
  const auto remedy = [&]() -> Remedy& {
    if (cause.remedies.empty()) at.fail("'" + std::string(key) + "' without a remedy before it");
    return cause.remedies.back();
  };
  if (key == "page")
    into(cause.page);
  else if (key == "place")
    into(cause.place);
  else if (key == "title")
    into(cause.title);
  else if (key == "summary")
    into(cause.summary);
  else if (key == "ask")
    cause.ask.emplace_back(value);
  else if (key == "rules-out")
    cause.rules_out.emplace_back(value);
  else if (key == "remedy")
    cause.remedies.push_back({std::string(value), {}, {}, {}});
  else if (key == "run")
    remedy().commands.emplace_back(value);
  else if (key == "undo")
    remedy().undo.emplace_back(value);
  else if (key == "risk")
    remedy().risk = value;
  else if (key == "over" || key == "undone-by") {
    for (const auto id : split_words(value)) (key == "over" ? cause.over : cause.undone_by).emplace_back(id);
  } else {
    CauseRule rule{one_of(confidences, key, at), {}};
    for (const auto word : split_words(value)) rule.terms.push_back(parse_term(word, at));
    if (rule.terms.empty() || rule.terms.front().negated) at.fail("a rule begins with what must be seen");
    cause.rules.push_back(std::move(rule));
  }
}

}  // namespace

std::string_view to_text(Confidence confidence) {
  return std::ranges::find(confidences, confidence, [](const auto& one) { return one.second; })->first;
}

std::vector<Signature> parse_signatures(std::string_view text, const std::string& name) {
  std::vector<Signature> signatures;
  std::set<std::string_view> texts;
  Failing at(name);
  for (const auto line : split_lines(text)) {
    at.next_line();
    if (trim(line).empty() || line.starts_with('#')) continue;
    const auto fields = split(line, '\t');
    if (fields.size() != 8) at.fail("expected 8 fields between tabs, found " + std::to_string(fields.size()));
    for (const auto field : fields)
      if (trim(field).empty() || trim(field) != field) at.fail("a field is empty or has blanks around it");
    if (!is_id(fields[0])) at.fail("'" + std::string(fields[0]) + "' is no id");
    if (!texts.insert(fields[3]).second) at.fail("the same text stands in another row");
    try {
      signatures.push_back({std::string(fields[0]), std::string(fields[3]), one_of(kinds, fields[1], at),
                            one_of(speakers, fields[2], at), fields[4], fields[5], fields[6], fields[7], Pattern(fields[3])});
    } catch (const std::invalid_argument& problem) {
      at.fail(problem.what());
    }
  }
  return signatures;
}

std::vector<KnownCause> parse_causes(std::string_view text, const std::string& name) {
  std::vector<KnownCause> causes;
  Failing at(name);
  for (const auto line : split_lines(text)) {
    at.next_line();
    if (trim(line).empty() || line.starts_with('#')) continue;
    const auto blank = line.find(' ');
    const auto key = line.substr(0, blank), value = blank == line.npos ? std::string_view() : trim(line.substr(blank));
    if (value.empty()) at.fail("expected 'KEY VALUE'");
    if (key == "cause") {
      if (!is_id(value) || std::ranges::find(causes, value, &KnownCause::id) != causes.end())
        at.fail("a cause needs an id of its own");
      causes.emplace_back().id = value;
    } else {
      if (causes.empty()) at.fail("expected 'cause ID' first");
      add_to_cause(causes.back(), key, value, at);
    }
  }
  return causes;
}

const SignatureTable& SignatureTable::built_in() {
  static const SignatureTable table{parse_signatures(signatures_text, "signatures.tsv")};
  return table;
}

const CauseTable& CauseTable::built_in() {
  static const CauseTable table = [] {
    CauseTable made;
    made.causes = parse_causes(causes_text, "causes.txt");
    for (const auto& page : cause_pages()) made.pages.emplace(page.name, page.text);
    return made;
  }();
  return table;
}

}  // namespace vfio_doctor
