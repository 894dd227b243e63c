// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "checks/guest/ladder.hpp"

namespace vfio_doctor {

/// One rung each: a pure function of what was expected and what was seen. Only FUNCTION needs the whole view: a
/// captured lsusb does not tell the controller.
RungResult judge_identity(const DeviceLadder& ladder);
RungResult judge_placement(const ExpectedDevice& expected, const GuestFunction& seen);
RungResult judge_driver(const DeviceLadder& ladder);
RungResult judge_decode(const DeviceLadder& ladder);
RungResult judge_function(const DeviceLadder& ladder, const GuestView& view);
/// The part of FUNCTION that is about a USB controller and what hangs on it.
RungResult judge_usb(const ExpectedDevice& expected, const GuestFunction& seen, const GuestView& view);

/// The kernel's word that a driver took the function and let go of it because it did not work; nothing where a driver
/// holds it, or where firmware was missing, which is the driver's trouble and not the device's. Sources:
/// drivers/nvme/host/pci.c "Removing after probe failure", drivers/base/dd.c "probe of ... failed with error".
std::optional<std::string> gave_up(const GuestFunction& seen);

/// A driver holds the function that makes no use of it itself: it keeps it for a program or a guest, or sets it aside.
bool is_placeholder(const GuestFunction& seen);

RungResult rung_result(Status status, std::string summary);

/// Windows problem codes (Device Manager error codes, learn.microsoft.com "cm-prob-*"): what one means.
struct ProblemCode {
  unsigned code;
  Rung rung;  ///< the rung it disproves
  std::string_view meaning;
};
const ProblemCode* find_problem_code(unsigned code);
std::string problem_text(const ProblemCode& problem);  ///< a sentence

}  // namespace vfio_doctor
