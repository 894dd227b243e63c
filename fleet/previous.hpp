// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fleet/fleet_summary.hpp"

namespace vfio_doctor {

/// What is kept of an earlier run: its states.
struct PreviousFleet {
  std::string generated_at;
  std::vector<HostState> states;
};

/// Longest fleet JSON that is read, in bytes.
inline constexpr std::size_t longest_fleet_json = std::size_t{512} << 20;

/// Reads what render_fleet_json() wrote; `name` is what the text is called in messages. Throws InputError on anything else.
PreviousFleet read_previous_fleet(std::string_view text, const std::string& name);

}  // namespace vfio_doctor
