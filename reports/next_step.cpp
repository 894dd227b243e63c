// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/next_step.hpp"
#include "reports/sentences.hpp"

#include <algorithm>
#include <cctype>

#include "base/printable.hpp"

namespace vfio_doctor {
namespace {

/// As one word for a shell. What is not printable cannot be typed: it is left for the reader to fill in.
std::string shell_word(const std::string& text) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-_./+:=@%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return text;
  if (text.size() > 200 || printable(text) != text) return "FILE";
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// The first problem that says what to type; failures come first.
const Finding* first_with_command(const Outline& outline, Status status) {
  for (const CheckFindings& problem : outline.problems)
    if (problem.first().status == status)
      for (const Finding* finding : problem.findings)
        for (const Remedy& remedy : finding->remedy)
          if (!remedy.commands.empty()) return finding;
  return nullptr;
}

const std::string& first_command(const Finding& finding) {
  return std::ranges::find_if(finding.remedy, [](const Remedy& remedy) { return !remedy.commands.empty(); })->commands.front();
}

NextStep step_of_ready(const Report& report, const Outline& outline) {
  if (!report.selection.empty()) {
    std::string all;
    for (const PciAddress& address : report.selection) all += " " + address.text();
    return {"Next, write down what the guest should see:", program_for(report) + " manifest" + all + " -o expected.json"};
  }
  for (const DeviceReport* device : outline.devices)
    if (device->verdict == DeviceVerdict::assignable || device->verdict == DeviceVerdict::with_companions)
      return {"Next, ask about the device you want to give:", program_for(report) + " --device " + device->address.text()};
  return {};
}

}  // namespace

std::string program_for(const Report& report) {
  const auto& source = report.source;
  if (source.kind == "root") return "vfio-doctor --root " + shell_word(source.name);
  if (source.kind == "snapshot") return "vfio-doctor --from " + shell_word(source.name);
  if (source.kind == "sample") return "vfio-doctor --sample " + shell_word(source.name);
  return "vfio-doctor";
}

NextStep next_step(const Report& report, const Outline& outline) {
  if (is_about_guest(report)) return {};
  if (report.verdict == Verdict::ready) return step_of_ready(report, outline);
  const Status decisive = report.verdict == Verdict::not_ready ? Status::fail : Status::unknown;
  if (const Finding* finding = first_with_command(outline, decisive))
    return {"Next, the first step of what to do about " + finding->id + ":", first_command(*finding)};
  for (const CheckFindings& problem : outline.problems)
    if (problem.first().status == decisive) return {"Next, read why:", "vfio-doctor explain " + shell_word(problem.first().id)};
  return {};
}

}  // namespace vfio_doctor
