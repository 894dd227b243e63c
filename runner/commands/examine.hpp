// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "facts/domain/domain_xml.hpp"
#include "facts/host.hpp"
#include "reports/report.hpp"
#include "runner/commands/options.hpp"
#include "verdicts/acceptance.hpp"

namespace vfio_doctor {

/// Gathers, judges and reports what the options ask for: the way from a source to a Report that every command shares.
/// Throws InputError for unknown check ids, selectors and sources. What is left to write when everything was read is what `output` says: see keep_from_harm().
/// `patch`, if any, gets what --fix prints: a patch for the domain's XML, or nothing.
Report examine(const ExamineOptions& options, const OutputOptions& output, std::string* patch = nullptr);

/// What examine() rests on, for who makes more of it than a report. Ends with the call.
struct Examined {
  const Source& source;
  const Host& host;
  const std::vector<PciAddress>& selection;
  const std::vector<Finding>& findings;
  const std::vector<Acceptance>& accepted;
  const Domain* domain;  ///< nullptr where none was asked for
  const std::vector<std::string>& notes;
};
void examine(const ExamineOptions& options, const OutputOptions& output, const std::function<void(const Examined&)>& take);

/// What this program's own checks say about a source, without selection and plugins: to compare machines with.
Report examine_plainly(const Source& source, Wake wake);
/// The same where the facts of the source are gathered already.
Report examine_plainly(const Source& source, const Host& host);

}  // namespace vfio_doctor
