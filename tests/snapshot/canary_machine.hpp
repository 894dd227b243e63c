// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <set>
#include <string>
#include <vector>

#include "machine/recorded_nodes.hpp"

namespace vfio_doctor::testing {

/// A host on which every file that is read, and every field of it that somebody could have filled in, holds a word of its own
/// that stands nowhere else.
struct CanaryMachine {
  RecordedNodes nodes;
  std::vector<std::string> names;    ///< words that must not leave the host in a redacted snapshot
  std::vector<std::string> secrets;  ///< of these, those behind keys that call them a secret: not in a report either
};

CanaryMachine canary_machine();

/// The same name for the same file on all hosts: numbers, addresses and ids left out.
std::string kind_of_path(const std::string& path);

}  // namespace vfio_doctor::testing
