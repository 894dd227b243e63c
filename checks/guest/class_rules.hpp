// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "checks/guest/rungs.hpp"
#include "facts/guest/guest_view.hpp"

namespace vfio_doctor {

/// What proves that a function of a class works, and what refutes it.
enum class Proof {
  drive,   ///< an NVMe drive with a capacity, on a live controller
  disk,    ///< a disk that told its capacity; a controller without disks proves nothing
  link,    ///< carrier or received packets; for radios an answer of their firmware
  engine,  ///< an engine that signalled by interrupts; a card node alone proves nothing
  codec,   ///< a codec that answered
  reader,  ///< a card in it, or a controller that signalled
  node,    ///< what the driver registers once the device has answered
};

/// One row for a class. `subclass` 0xff: every one of the base class; `base` 0xff: any other function.
struct ClassRule {
  std::uint8_t base, subclass;
  Proof proof;
  std::string_view nodes;   ///< the types of GuestChild that count, with blanks between; "*": any
  std::string_view noun;    ///< for people: "a network interface"
  bool absence_refutes;     ///< a driver of which none of `nodes` came has failed; else that is only unknown
  std::string_view source;  ///< where the driver makes them
};

std::span<const ClassRule> class_rules();
const ClassRule& rule_for(std::uint16_t class_and_subclass);

/// FUNCTION by the rule: pass only where something was seen that works. It has a driver.
RungResult judge_by_rule(const ClassRule& rule, const GuestFunction& seen);

/// Its driver asked for interrupts, on vectors of its own or on a line, and none ever came.
bool is_silent(const GuestFunction& seen);
/// One came on its own vectors: a line may be shared.
bool has_signalled(const GuestFunction& seen);

}  // namespace vfio_doctor
