// SPDX-License-Identifier: GPL-2.0-or-later
// What the boot loaders themselves go by: which files they read, and how they name and sort their entries.
#pragma once

#include <string>
#include <string_view>

#include "facts/host.hpp"

namespace vfio_doctor {

/// Where the entries are generations of a system, one generation lacks what a later one has: by design.
bool has_generations(const Host& host);

/// True where the boot loader that started this host takes its menu from entries of this kind.
bool is_used(const Host& host, BootEntryKind kind);
/// True where what stands in this place reaches the entries of this host's boot loader.
bool is_used(const Host& host, BootSettingKind kind);

}  // namespace vfio_doctor
