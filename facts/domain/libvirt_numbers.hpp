// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vfio_doctor {

/// libvirt takes decimal, 0x hexadecimal and 0 octal numbers.
std::optional<std::uint64_t> libvirt_number(std::string_view text);

/// <memory unit='GiB'>8</memory> in bytes; KiB where no unit is given (virScaleInteger in libvirt's src/util/virutil.c).
std::optional<std::uint64_t> libvirt_bytes(std::string_view text, std::string_view unit);

}  // namespace vfio_doctor
