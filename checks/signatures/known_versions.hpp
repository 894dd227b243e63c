// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// A row of kernel_ranges.tsv.
struct KernelRange {
  std::string fact, flavour, source;
  std::vector<std::uint64_t> from, to;
};
/// A row of device_quirks.tsv.
struct DeviceQuirk {
  std::string fact, what, source;
  std::string name;  ///< in the text of a listing without ids; empty where the ids count
  std::uint16_t vendor_id = 0, device_id = 0;
};

/// Throw InputError "NAME:LINE: what is wrong".
std::vector<KernelRange> parse_kernel_ranges(std::string_view text, const std::string& name);
std::vector<DeviceQuirk> parse_device_quirks(std::string_view text, const std::string& name);
const std::vector<KernelRange>& kernel_ranges();
const std::vector<DeviceQuirk>& device_quirks();

/// "6.8.12-20-pve" lies in [6.8.12.12, 6.8.12.999]; numbers behind the bound's last one do not count.
bool is_in_range(std::string_view release, const KernelRange& range);

}  // namespace vfio_doctor
