// SPDX-License-Identifier: GPL-2.0-or-later
// The sentences that the renderers for people have in common.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "reports/outline.hpp"
#include "reports/report.hpp"

namespace vfio_doctor {

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

/// "1 check", "3 checks".
std::string counted(std::size_t count, const std::string& singular, const std::string& plural);

}  // namespace vfio_doctor
