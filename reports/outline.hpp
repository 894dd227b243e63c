// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "reports/report.hpp"

namespace vfio_doctor {

/// Findings that say the same sentence and the same remedies, each about its own subject.
struct SameFindings {
  std::vector<const Finding*> findings;  ///< at least one
  const Finding& first() const { return *findings.front(); }
};

/// Findings of one check with one status: shown together, so that one cause on a thousand devices is read
/// once. Only what says the same is ever folded.
struct CheckFindings {
  std::vector<const Finding*> findings;  ///< at least one, the gravest first
  std::vector<SameFindings> same;        ///< the same findings, those that say the same together; the gravest first
  const Finding& first() const { return *findings.front(); }
};

/// What the renderers for people have in common: the order in which a report is told. It points into the
/// report.
struct Outline {
  std::vector<CheckFindings> problems;   ///< fail first, then warn, unknown, error
  std::vector<CheckFindings> elsewhere;  ///< with a selection: problems of devices that it does not touch
  std::vector<CheckFindings> passed, protections, not_applicable;
  std::vector<CheckFindings> unseen;         ///< quiet `unknown`s: what nobody asked about could not be seen
  std::vector<CheckFindings> accepted;       ///< problems and protections that somebody takes responsibility for
  std::vector<const DeviceReport*> devices;  ///< those worth a row: graphics first, then network, storage, USB, audio
  std::vector<const DeviceReport*>
      folded;  ///< the rest: bridges, parts of the chipset, unsuitable ones and, with a selection, others
  std::vector<std::string> common_reasons;  ///< reasons that all of `devices` (two or more) share
};

/// Findings that protect a device are no problems: they are reasons of that device; but where the report is
/// about that very device, they are what stands in the way.
Outline outline(const Report& report);

/// The lists of findings that are no problems, in the order they are shown.
std::array<const std::vector<CheckFindings>*, 5> other_checks(const Outline& outline);

/// What `verify` or the guest agent says.
bool is_about_guest(const Report& report);

/// The verdict in plain words, one sentence: "Ready: this host can give PCI devices to virtual machines."
std::string verdict_sentence(const Report& report);

/// "16 PCI functions: 4 assignable, 2 with-companions, 3 protected; 7 more are bridges and parts of the chipset or
/// processor."; empty when the report has no devices.
std::string device_count_sentence(const Report& report);

/// "12 checks passed, 2 protect devices, 1 does not apply, 3 could not see what they need": checks, each counted once, at the gravest it
/// says.
std::string check_count_sentence(const Outline& outline);

/// "Fedora Linux 39, kernel 6.5.6, Intel CPU. IOMMU on, interrupt remapping on."; only what is known but for
/// the last two. Empty for a report about a guest.
std::string host_sentence(const Report& report);

/// How many findings they hold together: what every "N more problems" counts.
std::size_t finding_count(std::span<const CheckFindings> checks);

/// "2 fail, 1 warns"; "No problems." where there are none.
std::string problem_count_sentence(const Outline& outline);

/// What stands behind "Not listed: ": "6 bridges, 4 parts of the chipset or processor, 1 other function".
std::string folded_words(const Outline& outline);

/// "Firmware: 1.20 (2024-03-01), board X570, microcode 0xa20102b"; empty where nothing of it is known.
std::string machine_sentence(const Report& report);

/// The word for it in every format that people read: "FAIL".
std::string status_word(Status status);

/// "0000:03:00.0", "group 14", "domain web"; "this host" for the host.
std::string subject_words(const std::string& subject);

/// The summary, with its subject in front where it does not name it itself.
std::string finding_sentence(const Finding& finding);

/// The label of a finding: what protects a device is no failure of the host, so "PROTECTED" instead of "FAIL".
std::string status_word(const Finding& finding);

/// "0000:01:00.0, 0000:02:00.0 and 7 more": the subjects of some findings, at most `most` of them named.
std::string subject_list(const std::vector<const Finding*>& findings, std::size_t from, std::size_t most);

/// `text` with a placeholder wherever it names `subject`, however that is written: what is left is what two findings, or
/// the reasons of two devices, can share.
std::string without_subject(std::string text, const std::string& subject);

/// "1 check", "3 checks".
std::string counted(std::size_t count, const std::string& singular, const std::string& plural);

/// The reasons of `device` without those of `common`.
std::vector<std::string> own_reasons(const DeviceReport& device, const std::vector<std::string>& common);

}  // namespace vfio_doctor
