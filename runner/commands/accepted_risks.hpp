// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "machine/root.hpp"
#include "reports/report.hpp"
#include "runner/commands/options.hpp"

namespace vfio_doctor {

/// "I know of this": a check, perhaps only about one subject, and why it is accepted.
struct AcceptRule {
  std::string id;
  std::string subject;  ///< an address, "host" or "group:N"; empty: whatever the check speaks of, as long as that is one thing
  std::string reason;
  std::string source;  ///< "--accept", "/etc/vfio-doctor.conf:3"
};

/// Where the risks that this host's administrator accepts are written down; read where the live host is judged.
inline constexpr const char* host_config_path = "/etc/vfio-doctor.conf";
inline constexpr std::size_t largest_config = 64 << 10;

/// A configuration: comments (#), and for each accepted risk a heading "[accept ID]" or "[accept ID=ADDRESS]" with a line
/// "reason = WORDS" below it. Throws InputError("NAME:LINE: ...") on anything else.
std::vector<AcceptRule> parse_config(std::string_view text, const std::string& name);

/// The rules of --accept and --reason, of --config and, for the live host, of host_config_path; a note where that may not
/// be read. Throws InputError where an --accept has no --reason, a named file cannot be read, or others can change a file:
/// who can write it could have a host called ready.
std::vector<AcceptRule> accept_rules(const RiskOptions& options, const Root& root, std::vector<std::string>& notes);

/// Which findings the rules accept. Only a warning or failure that is a risk can be accepted: what the kernel refuses
/// stays refused, and what is not known cannot be known to be acceptable. Notes say where a rule meets nothing, or
/// something of that kind. Throws InputError where a rule without a subject meets findings about several.
std::vector<Acceptance> accepted_findings(const std::vector<AcceptRule>& rules, const std::vector<Finding>& findings,
                                          std::vector<std::string>& notes);

}  // namespace vfio_doctor
