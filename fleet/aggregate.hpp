// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/fleet.hpp"

namespace vfio_doctor {

/// Brings the records of all hosts together. Everything it makes is in an order of its own, whatever order the reports came in.
class Aggregate {
 public:
  Aggregate(const std::vector<HostRecord>& hosts, const SharedWords& words,
            const std::unordered_map<std::uint32_t, std::uint32_t>& device_names);

  void fill(FleetSummary& fleet) const;
  const std::string& cause_of_state(std::size_t index) const;  ///< of the host that states[index] is about

 private:
  void count_verdicts(FleetSummary& fleet) const;
  void find_causes(FleetSummary& fleet) const;
  void find_outliers(FleetSummary& fleet) const;
  void sum_devices(FleetSummary& fleet) const;
  void find_next_boots(FleetSummary& fleet) const;

  const std::vector<HostRecord>& hosts_;
  const SharedWords& words_;
  const std::unordered_map<std::uint32_t, std::uint32_t>& device_names_;
  std::vector<const HostRecord*> sorted_;  // by name
};

/// `cause_of(i)`: what keeps the host of states[i] from being ready.
FleetChanges changes_since(const PreviousFleet& previous, const std::vector<HostState>& states,
                           const std::function<const std::string&(std::size_t)>& cause_of);

}  // namespace vfio_doctor
