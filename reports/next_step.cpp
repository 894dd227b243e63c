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

/// Whose first remedy says what to type. A later one is for when the first cannot be had, and may be dangerous.
const Finding* with_command(const CheckFindings& problem) {
  const auto found = std::ranges::find_if(problem.findings, [](const Finding* finding) {
    return !finding->remedy.empty() && !finding->remedy.front().commands.empty();
  });
  return found == problem.findings.end() ? nullptr : *found;
}

/// The first problem is the first thing to do. What waits in the boot settings is one problem told by two checks.
const Finding* first_to_do(const Outline& outline, Status status) {
  for (const CheckFindings& problem : outline.problems) {
    if (problem.first().status != status) continue;
    if (const Finding* finding = with_command(problem)) return finding;
    if (problem.first().id != "iommu-active" || problem.first().remedy.empty()) return nullptr;
    const auto drift = std::ranges::find_if(outline.problems, [&](const CheckFindings& other) {
      return other.first().id == "command-line-drift" && other.first().status == status;
    });
    return drift == outline.problems.end() ? nullptr : with_command(*drift);
  }
  return nullptr;
}

/// Its group has members that are parts of the chipset: another device is the easier example.
bool has_chipset_company(const Outline& outline, const DeviceReport& device) {
  return std::ranges::any_of(device.companions, [&outline](const PciAddress& companion) {
    return std::ranges::none_of(outline.devices, [&companion](const DeviceReport* one) { return one->address == companion; });
  });
}

/// This program's own commands ask the machine that was asked.
std::string first_command(const Report& report, const Finding& finding) {
  const std::string& command = finding.remedy.front().commands.front();
  constexpr std::string_view own = "vfio-doctor --device ";
  return command.starts_with(own) ? program_for(report) + command.substr(own.find(' ')) : command;
}

NextStep step_of_ready(const Report& report, const Outline& outline) {
  if (!report.selection.empty()) {
    std::string all;
    for (const PciAddress& address : report.selection) all += " " + address.text();
    return {"Next, write down what the guest should see:", program_for(report) + " manifest" + all + " -o expected.json"};
  }
  const DeviceReport* example = nullptr;
  for (const DeviceReport* device : outline.devices) {
    if (device->verdict != DeviceVerdict::assignable && device->verdict != DeviceVerdict::with_companions) continue;
    if (!example) example = device;
    if (has_chipset_company(outline, *device)) continue;
    example = device;
    break;
  }
  if (!example) return {};
  return {"Next, ask about the device you want to give:", program_for(report) + " --device " + example->address.text()};
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
  if (const Finding* finding = first_to_do(outline, decisive))
    return {"Next, the first step of what to do about " + finding->id + ":", first_command(report, *finding)};
  for (const CheckFindings& problem : outline.problems)
    if (problem.first().status == decisive) return {"Next, read why:", "vfio-doctor explain " + shell_word(problem.first().id)};
  return {};
}

}  // namespace vfio_doctor
