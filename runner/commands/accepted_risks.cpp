// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/commands/accepted_risks.hpp"

#include <algorithm>
#include <set>

#include "base/input_error.hpp"
#include "base/input_file.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "machine/pci_address.hpp"
#include "reports/outline.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_rules = 256, longest_reason = 400;

/// "ID" or "ID=ADDRESS". `fail` throws.
template <class Fail>
AcceptRule parse_rule(std::string_view text, const std::string& source, Fail fail) {
  const auto equals = text.find('=');
  AcceptRule rule{std::string(text.substr(0, equals)), {}, {}, source};
  if (rule.id.empty()) fail("the id of a check is missing");
  if (equals == text.npos) return rule;
  const std::string subject(text.substr(equals + 1));
  if (const auto address = PciAddress::parse(subject))
    rule.subject = device_subject(*address);
  else if (subject == host_subject || (subject.starts_with("group:") && parse_unsigned(subject.substr(6))))
    rule.subject = subject;
  else
    fail("'" + subject + "' is no address (0000:01:00.0), no group (group:7) and not 'host'");
  return rule;
}

class ConfigReader {
 public:
  explicit ConfigReader(std::string name) : name_(std::move(name)) {}

  std::vector<AcceptRule> read(std::string_view text) {
    for (const auto line : split_lines(text)) {
      ++line_;
      if (const auto words = trim(line); !words.empty() && !words.starts_with('#')) add(words);
    }
    require_reason();
    return std::move(rules_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw InputError(name_ + ":" + std::to_string(line_) + ": " + what); }

  void add(std::string_view line) {
    constexpr std::string_view heading = "[accept ";
    if (line.starts_with(heading) && line.ends_with(']')) {
      require_reason();
      if (rules_.size() == most_rules) fail("more than " + std::to_string(most_rules) + " accepted risks");
      const auto rule = trim(line.substr(heading.size(), line.size() - heading.size() - 1));
      rules_.push_back(parse_rule(rule, name_ + ":" + std::to_string(line_), [this](const std::string& what) { fail(what); }));
      return;
    }
    const auto equals = line.find('=');
    const auto key = trim(line.substr(0, equals));
    if (line.starts_with('[') || equals == line.npos || key != "reason")
      fail("expected [accept ID], [accept ID=ADDRESS] or reason = WORDS");
    if (rules_.empty()) fail("a reason without [accept ID] before it");
    if (!rules_.back().reason.empty()) fail("a second reason for one risk");
    const auto reason = trim(line.substr(equals + 1));
    if (reason.empty()) fail("the reason is empty");
    if (reason.size() > longest_reason) fail("the reason is longer than " + std::to_string(longest_reason) + " bytes");
    rules_.back().reason = reason;
  }

  void require_reason() const {
    if (!rules_.empty() && rules_.back().reason.empty())
      throw InputError(rules_.back().source + ": a reason is missing (reason = WORDS)");
  }

  std::string name_;
  std::size_t line_ = 0;
  std::vector<AcceptRule> rules_;
};

bool is_about(const AcceptRule& rule, const Finding& finding) {
  return rule.id == finding.id && (rule.subject.empty() || rule.subject == finding.subject);
}

bool is_problem(const Finding& finding) { return finding.status != Status::pass && finding.status != Status::not_applicable; }

std::string name_of(const AcceptRule& rule) { return rule.id + (rule.subject.empty() ? "" : "=" + rule.subject); }

void require_one_subject(const AcceptRule& rule, const std::set<std::string>& subjects) {
  if (!rule.subject.empty() || subjects.size() < 2) return;
  std::string list;
  for (const auto& subject : subjects)
    if (list.size() < 400) list += (list.empty() ? "" : ", ") + subject;
  throw InputError(rule.source + ": " + rule.id + " speaks of " + list + " here; say which is accepted: " + rule.id +
                   "=ADDRESS");
}

}  // namespace

std::vector<AcceptRule> parse_config(std::string_view text, const std::string& name) {
  return ConfigReader(printable(name)).read(text);
}

std::vector<AcceptRule> accept_rules(const RiskOptions& options, const Root& root, std::vector<std::string>& notes) {
  if (options.accepted.size() != options.reasons.size())
    throw InputError("each --accept needs its own --reason (" + std::to_string(options.accepted.size()) + " and " +
                     std::to_string(options.reasons.size()) + " were given)");
  if (options.accepted.size() > most_rules) throw InputError("--accept: more than " + std::to_string(most_rules));
  std::vector<AcceptRule> rules;
  for (std::size_t i = 0; i < options.accepted.size(); ++i) {
    rules.push_back(
        parse_rule(options.accepted[i], "--accept", [](const std::string& what) { throw InputError("--accept: " + what); }));
    rules.back().reason = options.reasons[i].substr(0, longest_reason);
  }
  const auto add = [&rules](std::vector<AcceptRule> more) { rules.insert(rules.end(), more.begin(), more.end()); };
  if (!options.config.empty()) {
    add(parse_config(read_trusted_file(options.config, largest_config), options.config));
  } else if (root.is_live()) {
    const auto text = root.read(host_config_path, largest_config);
    if (text.has_value()) add(parse_config(read_trusted_file(host_config_path, largest_config), host_config_path));
    if (text.is_unreadable())
      notes.push_back("The accepted risks in " + std::string(host_config_path) + " could not be read (" + text.why() +
                      "): none of them counts.");
  }
  return rules;
}

std::vector<Acceptance> accepted_findings(const std::vector<AcceptRule>& rules, const std::vector<Finding>& findings,
                                          std::vector<std::string>& notes) {
  std::vector<Acceptance> accepted;
  std::set<std::pair<std::string, std::string>> known;
  for (const auto& rule : rules) {
    std::set<std::string> subjects;
    bool refused = false;
    for (const auto& finding : findings) {
      if (!is_about(rule, finding) || !is_problem(finding)) continue;
      if (can_be_accepted(finding))
        subjects.insert(finding.subject);
      else
        refused = true;
    }
    require_one_subject(rule, subjects);
    for (const auto& subject : subjects)
      if (known.emplace(rule.id, subject).second) accepted.push_back({rule.id, subject, rule.reason, rule.source});
    if (refused)
      notes.push_back("Not accepted: " + name_of(rule) + " (" + rule.source +
                      ") says what the kernel refuses or what is not "
                      "known, and neither is a risk that one can take.");
    else if (subjects.empty())
      notes.push_back("An accepted risk is not there: " + name_of(rule) + " (" + rule.source + ") finds nothing wrong.");
  }
  return accepted;
}

}  // namespace vfio_doctor
