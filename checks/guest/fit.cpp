// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/guest/fit.hpp"

#include <algorithm>
#include <cstdint>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

using Cost = FitTable::Cost;

/// `Known` holds a value or none: std::optional or Observed.
template <class Known, class T>
Agreement compare(const Known& expected, const Observed<T>& seen) {
  if (!expected.has_value() || !seen.has_value()) return Agreement::unknown;
  return expected.value() == seen.value() ? Agreement::same : Agreement::different;
}

Agreement both(Agreement a, Agreement b) {
  if (a == Agreement::different || b == Agreement::different) return Agreement::different;
  return a == Agreement::same && b == Agreement::same ? Agreement::same : Agreement::unknown;
}

/// Different costs `full`; unknown costs one, so that what agrees is preferred to what was not seen.
Cost price(Agreement agreement, Cost full) {
  switch (agreement) {
    case Agreement::same:
      return 0;
    case Agreement::unknown:
      return 1;
    case Agreement::different:
      return full;
  }
  return full;
}

// What contradicts the identity most weighs most. The sum of all stays below `came_instead`, and that below
// FitTable::unmatched_cost: the right ids in the wrong place beat the wrong ids in the right place.
constexpr Cost serial_price = 20'000, subsystem_price = 8'000, class_price = 4'000, place_price = 1'500, revision_price = 400,
               bars_price = 100, came_instead = 200'000;
// Windows remembers a card at every place where it sat: any card that is there comes before the memory of one.
constexpr Cost may_be_gone_price = 40'000, gone_price = 80'000;

Cost price_of_absence(const GuestFunction& seen) {
  if (is_gone(seen)) return gone_price;
  return seen.may_be_gone ? may_be_gone_price : 0;
}

bool is_named_like(const ExpectedDevice& expected, const GuestFunction& seen) {
  return !seen.name.empty() && to_lower(seen.name) == to_lower(expected.label);
}

std::optional<Cost> fit(const ExpectedDevice& expected, const GuestFunction& seen) {
  const auto ids = same_ids(expected, seen);
  // "Device 2684" tells a half of the ids.
  const bool half =
      compare(expected.id.device, seen.id.device) == Agreement::same && same_class(expected, seen) != Agreement::different;
  if (ids == Agreement::unknown && !half && !is_named_like(expected, seen)) return std::nullopt;
  if (ids == Agreement::different) {
    const bool in_its_place = seen.path.has_value() && same_place(expected, seen) == Agreement::same;
    if (!in_its_place) return std::nullopt;
    return came_instead;
  }
  return price(same_serial(expected, seen), serial_price) + price(same_subsystem(expected, seen), subsystem_price) +
         price(same_class(expected, seen), class_price) + price(same_place(expected, seen), place_price) +
         price(same_revision(expected, seen), revision_price) + price(same_bars(expected, seen), bars_price) +
         price_of_absence(seen);
}

}  // namespace

bool is_gone(const GuestFunction& seen) { return seen.problem_code.is(24) || seen.problem_code.is(45); }

bool may_be_called_otherwise(const ExpectedDevice& expected, const GuestFunction& seen) {
  return same_ids(expected, seen) == Agreement::unknown && same_class(expected, seen) != Agreement::different;
}

Agreement same_ids(const ExpectedDevice& expected, const GuestFunction& seen) {
  return both(compare(expected.id.vendor, seen.id.vendor), compare(expected.id.device, seen.id.device));
}

Agreement same_subsystem(const ExpectedDevice& expected, const GuestFunction& seen) {
  return both(compare(expected.id.subsystem_vendor, seen.id.subsystem_vendor),
              compare(expected.id.subsystem_device, seen.id.subsystem_device));
}

Agreement same_class(const ExpectedDevice& expected, const GuestFunction& seen) {
  if (!expected.id.class_code.has_value()) return Agreement::unknown;
  if (seen.id.class_code.has_value()) return compare(expected.id.class_code, seen.id.class_code);
  return compare(std::optional(static_cast<std::uint16_t>(*expected.id.class_code >> 8)), seen.class_and_subclass);
}

Agreement same_revision(const ExpectedDevice& expected, const GuestFunction& seen) {
  return compare(expected.id.revision, seen.id.revision);
}

Agreement same_serial(const ExpectedDevice& expected, const GuestFunction& seen) {
  return compare(expected.id.serial, seen.id.serial);
}

Agreement same_place(const ExpectedDevice& expected, const GuestFunction& seen) {
  if (!expected.guest_path) return Agreement::unknown;
  if (seen.path.has_value()) return compare(expected.guest_path, seen.path);
  if (!seen.has_address) return Agreement::unknown;
  const auto& last = expected.guest_path->steps.back();
  const bool could_be = last.slot == seen.address.device && last.function == seen.address.function;
  return could_be ? Agreement::unknown : Agreement::different;
}

Agreement same_bars(const ExpectedDevice& expected, const GuestFunction& seen) {
  if (expected.bars.empty() || !seen.bars.has_value()) return Agreement::unknown;
  std::vector<std::uint64_t> sizes;
  for (const auto& bar : seen.bars.value()) sizes.push_back(bar.size);
  return sizes == expected.bars ? Agreement::same : Agreement::different;
}

std::optional<std::size_t> resized_bar(const ExpectedDevice& expected, const GuestFunction& seen) {
  constexpr std::uint64_t least = 1 << 20;  // PCI Express base specification, Resizable BAR: 1 MiB and up
  if (!seen.bars.has_value() || seen.bars->size() != expected.bars.size()) return std::nullopt;
  std::optional<std::size_t> found;
  for (std::size_t at = 0; at < expected.bars.size(); ++at) {
    const auto& bar = seen.bars.value()[at];
    if (bar.size == expected.bars[at]) continue;
    if (bar.is_io || bar.size < least || expected.bars[at] < least) return std::nullopt;
    if (!found) found = at;
  }
  return found;
}

bool is_emulated(const Manifest& manifest, const GuestFunction& seen) {
  return seen.path.has_value() && std::ranges::find(manifest.emulated, seen.path.value()) != manifest.emulated.end();
}

FitTable fit_table(const Manifest& manifest, const std::vector<GuestFunction>& seen) {
  FitTable table(manifest.devices.size(), seen.size());
  for (std::size_t column = 0; column < table.columns; ++column) {
    const bool emulated = is_emulated(manifest, seen[column]);
    for (std::size_t row = 0; row < table.rows; ++row)
      // Where the device's own place is known, PLACEMENT tells more.
      if (!emulated || manifest.devices[row].guest_path) table.at(row, column) = fit(manifest.devices[row], seen[column]);
  }
  return table;
}

}  // namespace vfio_doctor
