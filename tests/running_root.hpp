// SPDX-License-Identifier: GPL-2.0-or-later
// A machine of a test that is asked as a running one is.
#pragma once

#include "machine/recording_root.hpp"

namespace vfio_doctor::testing {

class RunningRoot : public RecordingRoot {
 public:
  using RecordingRoot::RecordingRoot;
  bool is_live() const override { return true; }
  const Root& beneath() const override { return *this; }
};

}  // namespace vfio_doctor::testing
