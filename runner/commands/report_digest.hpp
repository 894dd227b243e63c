// SPDX-License-Identifier: GPL-2.0-or-later
//
// A JSON report carries a SHA-256 digest of what it says (base/json_form.hpp), so that damage is noticed when it is read again.
// The member "digest" of the outermost object is not counted.
#pragma once

#include <string>
#include <string_view>

#include "reports/report.hpp"

namespace vfio_doctor {

/// What render_json() writes, with the member "digest" behind "schema".
std::string render_json_with_digest(const Report& report);

enum class DigestState {
  right,
  wrong,
  missing,  ///< written by an earlier version, or taken out by whoever changed the report
};

/// Of a report as it was read. Text that is no JSON is not judged here: wrong, or missing.
DigestState digest_state(std::string_view report);

}  // namespace vfio_doctor
