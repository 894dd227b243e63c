// SPDX-License-Identifier: GPL-2.0-or-later
// Whether vfio-pci comes first in the initial RAM disk, as modprobe.d and the command line want it.
#pragma once

#include <string>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// Something in which the image is not what the host's files say.
struct ImageDrift {
  std::string sentence;
  std::vector<Evidence> evidence;
  enum class Mend {
    build_anew,
    tell_builder,      ///< to build it anew with the tool that was told will not do: another one makes the images
    order_in_booster,  ///< booster takes the order of modules from /etc/booster.yaml alone
  };
  Mend mend = Mend::build_anew;
};

struct EarlyBinding {
  enum class State {
    not_wanted,  ///< nothing is to be bound when the host starts, or vfio-pci is built in
    unknown,     ///< `why`
    kept,        ///< the image says what the files say, or leaves the decision to what comes after it
    lost,        ///< `drifts`
  };
  State state = State::not_wanted;
  std::string why;
  std::vector<ImageDrift> drifts;
  std::string kept;                ///< a sentence
  std::vector<Evidence> evidence;  ///< of `kept` and `unknown`
  bool booster = false;            ///< booster made the image
};

/// Weighs the image of the running kernel alone: another one that starts next has an image of its own. The order in which an image
/// loads modules is judged from the files that it is built from, elsewhere.
EarlyBinding early_binding(const Host& host);

}  // namespace vfio_doctor
