// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "reports/report.hpp"

namespace vfio_doctor {

/// Findings of one check with one status: shown together, so that one cause on a thousand devices is read
/// once.
struct CheckFindings {
  std::vector<const Finding*> findings;  ///< at least one
  const Finding& first() const { return *findings.front(); }
};

/// What the renderers for people have in common: the order in which a report is told. It points into the
/// report.
struct Outline {
  std::vector<CheckFindings> problems;   ///< fail first, then warn, unknown, error
  std::vector<CheckFindings> elsewhere;  ///< with a selection: problems of devices that it does not touch
  std::vector<CheckFindings> passed, protections, not_applicable;
  std::vector<const DeviceReport*> devices;  ///< those worth a row
  std::vector<const DeviceReport*>
      folded;  ///< the rest: bridges, unsuitable ones and, with a selection, others
  std::vector<std::string> common_reasons;  ///< reasons that all of `devices` (two or more) share
};

/// Findings that protect a device are no problems: they are reasons of that device; but where the report is
/// about that very device, they are what stands in the way.
Outline outline(const Report& report);

/// The lists of findings that are no problems, in the order they are shown.
std::array<const std::vector<CheckFindings>*, 3> other_checks(const Outline& outline);

/// What `verify` or the guest agent says.
bool is_about_guest(const Report& report);

/// The verdict in plain words, one sentence: "Ready: this host can give PCI devices to virtual machines."
std::string verdict_sentence(const Report& report);

/// "8 devices: 4 assignable, 2 with companions, 1 protected"; empty when the report has no devices.
std::string device_count_sentence(const Report& report);

/// "12 checks passed, 2 protect devices, 1 does not apply": checks, each counted once, at the gravest it
/// says.
std::string check_count_sentence(const Outline& outline);

/// "Fedora Linux 39, kernel 6.5.6, Intel CPU. IOMMU on, interrupt remapping on."; only what is known but for
/// the last two. Empty for a report about a guest.
std::string host_sentence(const Report& report);

/// "fail" -> "Fails", as a word for people.
std::string status_word(Status status);

/// "0000:03:00.0", "group 14", "domain web"; empty for the host.
std::string subject_words(const std::string& subject);

/// The summary, with its subject in front where it does not name it itself.
std::string finding_sentence(const Finding& finding);

/// "1 check", "3 checks".
std::string counted(std::size_t count, const std::string& singular, const std::string& plural);

/// The reasons of `device` without those of `common`.
std::vector<std::string> own_reasons(const DeviceReport& device, const std::vector<std::string>& common);

}  // namespace vfio_doctor
