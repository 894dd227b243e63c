// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>

#include "reports/outline.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {

/// How much a device listing says; what is left out is counted.
struct DeviceDetail {
  std::size_t rows;        ///< at most; the gravest stay
  std::size_t fold_from;   ///< so many alike rows share one; 0: never
  std::size_t reasons;     ///< of one row
  bool remarks;            ///< reasons of devices that can be given, too
  std::size_t companions;  ///< named in one row
  std::size_t reason;      ///< its longest, in columns
};

inline constexpr DeviceDetail all_details{static_cast<std::size_t>(-1), 0,
                                          static_cast<std::size_t>(-1), true,
                                          static_cast<std::size_t>(-1), static_cast<std::size_t>(-1)};

/// The devices with their group, verdict, name and driver, one row for each group where one verdict holds for it;
/// companions and reasons stand under each. What the outline folds is counted in one line, or listed too when verbose.
void device_table(TextPage& page, const Outline& outline, const TextStyle& style, const DeviceDetail& detail);

}  // namespace vfio_doctor
