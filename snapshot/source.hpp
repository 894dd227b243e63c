// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>

#include "machine/root.hpp"

namespace vfio_doctor {

/// Which machine to ask; at most one of the three is set, none means the live machine.
struct SourceOptions {
  std::string root, from, sample;
  bool is_live() const { return root.empty() && from.empty() && sample.empty(); }
};

struct Source {
  std::string kind, name;  ///< as in Report::Source
  std::unique_ptr<Root> root;
};

/// Throws InputError where the source does not exist, cannot be read, or more than one is named.
Source open_source(const SourceOptions& options);

/// The names of the embedded samples, separated by blanks.
std::string sample_names();

}  // namespace vfio_doctor
