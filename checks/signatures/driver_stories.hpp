// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "checks/signatures/occurrence.hpp"
#include "facts/paste/paste.hpp"

namespace vfio_doctor {

/// What drivers say of their devices in kernel logs, by the rows with which `verify` reads a guest's log
/// (facts/guest/log_lines.tsv): what no signature knows is a driver's last word all the same.
class DriverStories {
 public:
  /// A line of a kernel log. Whether its driver tells of a failure in it.
  bool take(const PasteLine& line);
  /// Adds the facts "driver-...": failures, and without one troubles, that no success followed. Only what a guest says, and excerpts of which nothing
  /// tells who speaks; not where a signature knows better, and not the log of a host, whose drivers are no guest's.
  void add_facts(const std::vector<PasteDocument>& documents, Occurrences& occurrences) const;

 private:
  static constexpr std::size_t most_lines = 20'000, most_kept = 200;
  struct Failure {
    PastedAt at;
    std::string driver, topic, address;  ///< no address: the line does not tell which device of the driver
    bool is_trouble = false;             ///< no proof either way, as the table says
    bool is_recovered = false;
  };
  std::vector<Failure> failures_;
  std::size_t lines_ = 0;
};

/// The facts that add_facts() may add.
bool is_driver_fact(std::string_view id);

}  // namespace vfio_doctor
