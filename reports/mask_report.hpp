// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "reports/report.hpp"

namespace vfio_doctor {

/// Reports are made to be passed on. Masks what stands behind keys that call it a secret (base/secrets.hpp) in every
/// sentence, evidence and command, once, before any renderer sees them. A remedy whose commands would show one keeps its
/// text and loses the commands: with "[masked]" in them they would do something else.
void mask_secrets(Report& report);

/// The same for one piece of a report; for reports that are no Report.
void mask_secrets(Remedy& remedy);
void mask_secrets_in(std::string& text);
void mask_secrets_in(std::vector<std::string>& texts);

}  // namespace vfio_doctor
