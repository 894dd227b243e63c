// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "reports/report.hpp"

namespace vfio_doctor {

/// The PCI tree as an <svg> element: one row a function, IOMMU groups as coloured areas behind them, each
/// verdict as a sign and a word. Above 200 functions, like functions beside each other share a row; what
/// still does not fit is counted, and branches with protected or blocked functions are kept first. It needs
/// no script and adapts to light and dark; its classes and ids begin with "pic-".
std::string machine_picture(const Report& report);

/// The same 366 wide, each function on two lines, for a telephone; its ids begin with "pin-".
std::string narrow_machine_picture(const Report& report);

}  // namespace vfio_doctor
