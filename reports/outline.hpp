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
  std::vector<Sentence> common_reasons;  ///< reasons that all of `devices` (two or more) share
};

/// Findings that protect a device are no problems: they are reasons of that device; but where the report is
/// about that very device, they are what stands in the way.
Outline outline(const Report& report);

/// The lists of findings that are no problems, in the order they are shown.
std::array<const std::vector<CheckFindings>*, 5> other_checks(const Outline& outline);

/// How many findings they hold together: what every "N more problems" counts.
std::size_t finding_count(std::span<const CheckFindings> checks);

/// Not where it is unknown whether the host needs the device: that is a problem.
bool is_protection(const Finding& finding);

/// The reasons of `device` without those of `common`.
std::vector<Sentence> own_reasons(const DeviceReport& device, const std::vector<Sentence>& common);

}  // namespace vfio_doctor
