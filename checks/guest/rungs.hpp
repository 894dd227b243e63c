// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "checks/guest/ladder.hpp"

namespace vfio_doctor {

/// One rung each: a pure function of what was expected and what was seen. Only FUNCTION needs the whole view: a
/// captured lsusb does not tell the controller.
RungResult judge_identity(const DeviceLadder& ladder);
RungResult judge_placement(const ExpectedDevice& expected, const GuestFunction& seen);
RungResult judge_driver(const ExpectedDevice& expected, const GuestFunction& seen);
RungResult judge_decode(const ExpectedDevice& expected, const GuestFunction& seen);
RungResult judge_function(const ExpectedDevice& expected, const GuestFunction& seen, const GuestView& view);
/// The part of FUNCTION that is about a USB controller and what hangs on it.
RungResult judge_usb(const ExpectedDevice& expected, const GuestFunction& seen, const GuestView& view);

RungResult rung_result(Status status, std::string summary);

/// Windows problem codes (Device Manager error codes, learn.microsoft.com "cm-prob-*"): what one means.
struct ProblemCode {
  unsigned code;
  Rung rung;  ///< the rung it disproves
  std::string_view meaning;
};
const ProblemCode* find_problem_code(unsigned code);

}  // namespace vfio_doctor
