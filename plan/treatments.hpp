// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// What a plan makes of a finding; treatments.tsv says what each means.
enum class Treatment { arguments, settings, step, hand, bind, refuse, note };

struct TreatmentRow {
  std::string id;  ///< of a check
  Treatment treatment = Treatment::refuse;
  std::string why;
};

/// Throws InputError "NAME:LINE: what is wrong".
std::vector<TreatmentRow> parse_treatments(std::string_view text, const std::string& name);

/// The rows that the build put into the program.
const std::vector<TreatmentRow>& treatments();

/// A check that has no row, such as a plugin's, is told and not acted upon: note, and what blocks refuses.
Treatment treatment_of(std::string_view id);

}  // namespace vfio_doctor
