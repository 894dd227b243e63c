// SPDX-License-Identifier: GPL-2.0-or-later
//
// A JSON report carries a SHA-256 digest of what it says, so that damage is noticed when it is read again. It is taken over
// the report's values in their order, whatever blanks and escapes they are written with:
//   an object: '{', for each member its name as a string and its value, '}'; an array: '[', its values, ']'
//   a string: '"', how many bytes of UTF-8 it has in decimal, ':', those bytes
//   a number, true, false and null: '#', as written, ';'
// The member "digest" of the outermost object is not counted.
#pragma once

#include <string>
#include <string_view>

namespace vfio_doctor {

/// `report` (what render_json() wrote) with the member "digest" behind "schema".
std::string with_digest(std::string report);

enum class DigestState {
  right,
  wrong,
  missing,  ///< written by an earlier version, or taken out by whoever changed the report
};

/// Of a report as it was read. Text that is no JSON is not judged here: wrong, or missing.
DigestState digest_state(std::string_view report);

}  // namespace vfio_doctor
