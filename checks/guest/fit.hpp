// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "checks/guest/assignment.hpp"
#include "facts/guest/guest_view.hpp"
#include "facts/guest/manifest.hpp"

namespace vfio_doctor {

/// Three answers, so that what was not seen never counts as equal.
enum class Agreement { same, different, unknown };

/// Windows only remembers it: problem codes 24 (not there) and 45 (not connected).
bool is_gone(const GuestFunction& seen);

/// The listing shows a name instead of the ids, and the name is another one: pci.ids of another day may call it so.
bool may_be_called_otherwise(const ExpectedDevice& expected, const GuestFunction& seen);

Agreement same_ids(const ExpectedDevice& expected, const GuestFunction& seen);
Agreement same_subsystem(const ExpectedDevice& expected, const GuestFunction& seen);
Agreement same_class(const ExpectedDevice& expected, const GuestFunction& seen);
Agreement same_revision(const ExpectedDevice& expected, const GuestFunction& seen);
/// Unknown where either side shows none: behind a conventional bridge QEMU hides extended capabilities.
Agreement same_serial(const ExpectedDevice& expected, const GuestFunction& seen);
/// With only an address to go by, its slot.function can contradict the place but not prove it.
Agreement same_place(const ExpectedDevice& expected, const GuestFunction& seen);
Agreement same_bars(const ExpectedDevice& expected, const GuestFunction& seen);
/// The place among the BARs of the first that has another size than on the host, where all that differ may be resizable
/// regions; nothing where none differs, or one that cannot be resized.
std::optional<std::size_t> resized_bar(const ExpectedDevice& expected, const GuestFunction& seen);

/// It sits where the domain puts a device of its own.
bool is_emulated(const Manifest& manifest, const GuestFunction& seen);

/// How well every expected device fits every seen function. A function with other ids fits only where it sits at
/// the very place of the expected one: then it came instead.
FitTable fit_table(const Manifest& manifest, const std::vector<GuestFunction>& seen);

}  // namespace vfio_doctor
