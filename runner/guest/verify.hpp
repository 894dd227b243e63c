// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "facts/evidence/evidence.hpp"
#include "facts/guest/manifest.hpp"
#include "facts/host.hpp"
#include "reports/report.hpp"
#include "runner/guest/guest_channel.hpp"

namespace vfio_doctor {

/// What captured listings of a guest prove about the devices of `manifest`.
Report verify_evidence(const Manifest& manifest, const std::vector<EvidenceFile>& files);

/// The agent's answer as a report about `guest`. Nothing of it is trusted: it must be a valid report that speaks of
/// every rung of every expected device; a rung that the manifest asks for and the answer passes over (not-applicable) is
/// unknown; the verdict is counted anew, remedies are ours, long texts are cut. Throws InputError else.
Report report_of_answer(const Manifest& manifest, const AgentAnswer& answer, const std::string& guest);

/// Adds the host's side to a guest's report: whether the host has let go of each expected device (one finding
/// "guest-released" for each), and its row of `host_report`, the host's own report.
void add_host_side(const Manifest& manifest, const Host& host, const Report& host_report, Report& report);

}  // namespace vfio_doctor
