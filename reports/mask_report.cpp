// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/mask_report.hpp"

#include <algorithm>
#include <optional>

#include "base/secrets.hpp"

namespace vfio_doctor {
namespace {

void mask_in(std::optional<std::string>& text) {
  if (text) mask_secrets_in(*text);
}

bool is_masked(const std::vector<std::string>& commands) {
  return std::ranges::any_of(commands, [](const std::string& command) { return command.find(secret_mask) != command.npos; });
}

void mask_in(Sentence& sentence) {
  if (!may_hold_a_secret(sentence.text)) return;
  auto text = mask_secrets(std::string_view(sentence.text));
  if (text != sentence.text) sentence.reword(std::move(text));
}

void mask_finding(Finding& finding) {
  mask_secrets_in(finding.title);
  if (auto summary = finding.sentence(); !finding.names.empty()) {
    mask_in(summary);
    finding.say(std::move(summary));
  } else {
    mask_secrets_in(finding.summary);
  }
  for (auto& evidence : finding.evidence) {
    mask_secrets_in(evidence.source);
    mask_secrets_in(evidence.value);
    if (is_secret(evidence.source, evidence.value)) evidence.value = secret_mask;
  }
  for (auto& remedy : finding.remedy) mask_secrets(remedy);
}

}  // namespace

void mask_secrets_in(std::string& text) {
  if (may_hold_a_secret(text)) text = mask_secrets(std::string_view(text));
}

void mask_secrets_in(std::vector<std::string>& texts) {
  for (auto& text : texts) mask_secrets_in(text);
}

void mask_secrets(Remedy& remedy) {
  static constexpr std::string_view left_out = " The commands would show a secret and are left out here.";
  mask_secrets_in(remedy.text);
  mask_secrets_in(remedy.commands);
  mask_secrets_in(remedy.undo);
  mask_secrets_in(remedy.risk);
  if (!is_masked(remedy.commands) && !is_masked(remedy.undo)) return;
  remedy.commands.clear();
  remedy.undo.clear();
  remedy.form.clear();
  if (!remedy.text.ends_with(left_out)) remedy.text += left_out;
}

void mask_secrets(Report& report) {
  mask_secrets_in(report.source.name);
  mask_in(report.host.kernel);
  mask_in(report.host.distribution);
  mask_secrets_in(report.notes);
  for (auto& finding : report.findings) mask_finding(finding);
  for (auto& device : report.devices) {
    mask_secrets_in(device.name);
    mask_in(device.driver);
    for (auto& reason : device.reasons) mask_in(reason);
  }
  for (auto& group : report.groups) {
    mask_in(group.type);
    mask_secrets_in(group.other_members);
  }
  if (auto& next = report.next_boot) {
    mask_in(next->entry);
    mask_secrets_in(next->lost);
    mask_secrets_in(next->gained);
  }
  for (auto& accepted : report.accepted) mask_secrets_in(accepted.reason);
}

}  // namespace vfio_doctor
