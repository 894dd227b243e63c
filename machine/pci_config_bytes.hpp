// SPDX-License-Identifier: GPL-2.0-or-later
// What host and guest alike read from the bytes of a function's configuration space.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vfio_doctor {

/// `width` bytes from `at`, the least significant first. They must be there.
std::uint32_t little_endian(std::string_view bytes, std::size_t at, std::size_t width);

/// Where capability `id` of the extended list, which begins at 0x100, begins (PCIe base specification 7.6.3). A list that
/// loops or leads out of `bytes` ends the search.
std::optional<std::size_t> find_extended_capability(std::string_view bytes, unsigned id);

/// The Device Serial Number (PCIe base specification 7.9.3), most significant byte first, as lspci prints it:
/// "00-11-22-33-44-55-66-77". Nothing where the extended list of `bytes` has none.
std::optional<std::string> device_serial(std::string_view bytes);

}  // namespace vfio_doctor
