// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/plugins/plugin_words.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vfio_doctor {
namespace {

constexpr std::string_view group_prefix = "group:", first_domain = "0000:";

/// How a person writes the subject: "group 4" at the start of a sentence as well, and an address without domain 0.
std::vector<std::string> spellings_of(const std::string& subject) {
  if (subject == host_subject || subject.empty()) return {};
  std::vector<std::string> spellings{subject};
  if (subject.starts_with(group_prefix))
    for (const auto* word : {"group ", "Group "}) spellings.push_back(word + subject.substr(group_prefix.size()));
  if (subject.starts_with(first_domain)) spellings.push_back(subject.substr(first_domain.size()));
  return spellings;
}

Sentence marked(std::string words, const std::string& subject) {
  std::vector<Name> names;
  const auto spellings = spellings_of(subject);
  std::size_t from = 0;
  while (true) {
    auto first = std::pair(words.npos, std::size_t{0});  // of the spellings the one that comes first, whole
    for (const auto& spelling : spellings)
      if (const auto at = words.find(spelling, from); at < first.first) first = {at, spelling.size()};
    if (first.first == words.npos) break;
    names.push_back({first.first, first.second, subject});
    from = first.first + first.second;
  }
  return {std::move(words), std::move(names)};
}

}  // namespace

void mark_names(Finding& finding) {
  finding.say(marked(std::move(finding.summary), finding.subject));
  for (auto& remedy : finding.remedy) {
    remedy.device = finding.subject;
    for (const auto* commands : {&remedy.commands, &remedy.undo}) {
      for (const auto& command : *commands)
        remedy.form += marked(command, finding.subject).without_names([](const std::string&) { return true; }) + '\n';
      remedy.form += '\n';
    }
  }
}

}  // namespace vfio_doctor
