// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "reports/report.hpp"

namespace vfio_doctor {

/// What a person would call a function, in the order in which reports show them: what people pass to guests comes first.
enum class DeviceKind { graphics, network, storage, usb, audio, other, platform_part, bridge };

/// From the class code alone (PCI Code and ID Assignment Specification, section 1), and whether it is built into the
/// processor or chipset: whatever sits behind no bridge. A function whose class is not known is `other`.
DeviceKind kind_of(const DeviceReport& device);

/// "graphics", "network", ...
std::string_view to_text(DeviceKind kind);

/// Bridges and the inner parts of processor and chipset (memory controllers, performance counters, SMBus): nobody gives
/// these to a guest. Where one stands in the way or the host needs it, it is shown all the same.
bool is_machinery(const DeviceReport& device);

}  // namespace vfio_doctor
