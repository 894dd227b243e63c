// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/bounds.hpp"

#include <algorithm>

namespace vfio_doctor {
namespace {

constexpr std::size_t room_for_mark = 64;

/// The start of `text` of at most `most` bytes that does not end inside a UTF-8 character.
std::size_t whole_characters(const std::string& text, std::size_t most) {
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80; };
  std::size_t end = most;
  for (int steps = 0; steps < 3 && end > 0 && continues(end); ++steps) --end;
  return continues(end) ? most : end;  // not UTF-8 at all: anywhere will do
}

void cut_texts(std::vector<std::string>& texts, std::size_t most_texts, std::size_t most, const std::string& what) {
  if (texts.size() > most_texts) {
    const auto left = texts.size() - most_texts + 1;
    texts.resize(most_texts);
    texts.back() = "(" + std::to_string(left) + " more " + what + ")";
  }
  for (std::string& text : texts) cut_text(text, most);
}

void cut_sentence(Sentence& sentence) {
  std::string text = sentence.text;
  cut_text(text, bounds::sentence);
  sentence.reword(std::move(text));
}

void cut_reasons(std::vector<Sentence>& reasons) {
  if (reasons.size() > bounds::reasons) {
    const auto left = reasons.size() - bounds::reasons + 1;
    reasons.resize(bounds::reasons);
    reasons.back() = "(" + std::to_string(left) + " more reasons)";
  }
  for (Sentence& reason : reasons)
    if (reason.text.size() > bounds::sentence) cut_sentence(reason);
}

/// Half a command can do what the whole one would not: none is shown instead. The words are a comment to a shell.
void cut_commands(std::vector<std::string>& commands) {
  if (commands.size() > bounds::commands) {
    commands.resize(bounds::commands);
    commands.back() = "# more commands are left out here: there are too many";
  }
  for (std::string& command : commands)
    if (command.size() > bounds::value)
      command = "# a command of " + std::to_string(command.size()) + " bytes is left out here";
}

void cut_name(std::optional<std::string>& name) {
  if (name) cut_text(*name, bounds::name);
}

void cut_finding(Finding& finding) {
  for (std::string* name : {&finding.id, &finding.subject, &finding.title}) cut_text(*name, bounds::name);
  if (finding.summary.size() > bounds::sentence) {
    Sentence summary = finding.sentence();
    cut_sentence(summary);
    finding.say(std::move(summary));
  }
  cut_text(finding.detail, bounds::sentence);
  if (finding.evidence.size() > bounds::evidence) {
    const auto left = finding.evidence.size() - bounds::evidence + 1;
    finding.evidence.resize(bounds::evidence);
    finding.evidence.back() = {"left out", std::to_string(left) + " more facts"};
  }
  for (Evidence& seen : finding.evidence) {
    cut_text(seen.source, bounds::name);
    cut_text(seen.value, bounds::value);
  }
  if (finding.remedy.size() > bounds::remedies) finding.remedy.resize(bounds::remedies);
  for (Remedy& remedy : finding.remedy) {
    cut_text(remedy.text, bounds::sentence);
    cut_text(remedy.risk, bounds::sentence);
    cut_commands(remedy.commands);
    cut_commands(remedy.undo);
  }
}

void cut_device(DeviceReport& device) {
  cut_text(device.name, bounds::name);
  cut_text(device.class_name, bounds::name);
  cut_name(device.driver);
  device.companions_total = std::max(device.companions_total, device.companions.size());
  if (device.companions.size() > bounds::companions) device.companions.resize(bounds::companions);
  cut_reasons(device.reasons);
}

}  // namespace

void cut_text(std::string& text, std::size_t most) {
  if (text.size() <= most) return;
  const std::string mark = "... (cut; " + std::to_string(text.size()) + " bytes in all)";
  text.resize(whole_characters(text, most - room_for_mark));
  text += mark;
  text.shrink_to_fit();
}

void bound_findings(std::vector<Finding>& findings) {
  for (Finding& finding : findings) cut_finding(finding);
}

void bound_report(Report& report) {
  for (std::string* name :
       {&report.tool.name, &report.tool.version, &report.generated_at, &report.source.kind, &report.source.name})
    cut_text(*name, bounds::name);
  for (auto* name : {&report.host.kernel, &report.host.cpu_vendor, &report.host.distribution}) cut_name(*name);
  auto& machine = report.host.machine;
  auto& hardware = machine.hardware;
  for (auto* name : {&hardware.board, &hardware.system, &hardware.firmware_vendor, &hardware.firmware_version,
                     &hardware.firmware_date, &hardware.microcode, &hardware.qemu, &hardware.libvirt, &hardware.ovmf,
                     &machine.cpu_model, &machine.host.name, &machine.host.id, &machine.host.boot_id})
    if (name->has_value()) cut_text(name->value(), bounds::name);
  if (machine.interfaces) cut_texts(*machine.interfaces, bounds::interfaces, bounds::name, "interfaces");
  if (auto& next = report.next_boot) {
    cut_name(next->entry);
    cut_text(next->reason, bounds::sentence);
    for (auto* arguments : {&next->lost, &next->gained})
      cut_texts(*arguments, bounds::next_arguments, bounds::name, "arguments");
  }
  if (report.accepted.size() > bounds::accepted) report.accepted.resize(bounds::accepted);
  for (Acceptance& each : report.accepted)
    for (std::string* text : {&each.id, &each.subject, &each.reason, &each.source}) cut_text(*text, bounds::name);
  cut_texts(report.notes, bounds::notes, bounds::sentence, "notes");
  bound_findings(report.findings);
  for (DeviceReport& device : report.devices) cut_device(device);
  for (GroupReport& group : report.groups) {
    cut_name(group.type);
    for (std::string& member : group.other_members) cut_text(member, bounds::name);
  }
}

}  // namespace vfio_doctor
