// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/signatures/known_versions.hpp"

#include <algorithm>

#include "base/input_error.hpp"
#include "base/text.hpp"

namespace vfio_doctor {

extern const std::string_view kernel_ranges_text, device_quirks_text;  // made by the build

namespace {

/// Runs of digits: "6.8.12-20-pve" -> 6 8 12 20.
std::vector<std::uint64_t> numbers_in(std::string_view text) {
  std::vector<std::uint64_t> numbers;
  for (std::size_t at = 0; at < text.size() && numbers.size() < 8;) {
    auto end = at;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end > at) numbers.push_back(parse_unsigned(text.substr(at, end - at)).value_or(0));
    at = end + 1;
  }
  return numbers;
}

/// The fields of each row; `use` throws InputError through `fail`.
template <class Use>
void each_row(std::string_view text, const std::string& name, std::size_t fields, Use use) {
  std::size_t number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const auto row = split(line, '\t');
    const auto where = name + ":" + std::to_string(number) + ": ";
    if (row.size() != fields || std::ranges::any_of(row, [](std::string_view field) { return trim(field).empty(); }))
      throw InputError(where + "expected " + std::to_string(fields) + " fields between tabs");
    use(row, where);
  }
}

/// As far as both go.
int compare(const std::vector<std::uint64_t>& one, const std::vector<std::uint64_t>& bound) {
  for (std::size_t i = 0; i < bound.size(); ++i) {
    const auto number = i < one.size() ? one[i] : 0;
    if (number != bound[i]) return number < bound[i] ? -1 : 1;
  }
  return 0;
}

}  // namespace

std::vector<KernelRange> parse_kernel_ranges(std::string_view text, const std::string& name) {
  std::vector<KernelRange> ranges;
  each_row(text, name, 5, [&](const auto& row, const std::string& where) {
    KernelRange range{std::string(row[0]), std::string(row[1]), std::string(row[4]), numbers_in(row[2]), numbers_in(row[3])};
    if (range.from.size() < 2 || compare(range.to, range.from) < 0) throw InputError(where + "the range is not from..to");
    ranges.push_back(std::move(range));
  });
  return ranges;
}

std::vector<DeviceQuirk> parse_device_quirks(std::string_view text, const std::string& name) {
  std::vector<DeviceQuirk> quirks;
  each_row(text, name, 4, [&](const auto& row, const std::string& where) {
    if (row[1].starts_with("name:") && row[1].size() > 9) {
      quirks.push_back({std::string(row[0]), std::string(row[2]), std::string(row[3]), std::string(row[1].substr(5)), 0, 0});
      return;
    }
    const auto ids = split(row[1], ':');
    const auto vendor = ids.size() == 2 ? parse_unsigned(ids[0], 16) : std::nullopt;
    const auto device = ids.size() == 2 ? parse_unsigned(ids[1], 16) : std::nullopt;
    if (!vendor || !device || row[1].size() != 9) throw InputError(where + "expected vendor:device");
    quirks.push_back({std::string(row[0]),
                      std::string(row[2]),
                      std::string(row[3]),
                      {},
                      static_cast<std::uint16_t>(*vendor),
                      static_cast<std::uint16_t>(*device)});
  });
  return quirks;
}

const std::vector<KernelRange>& kernel_ranges() {
  static const auto ranges = parse_kernel_ranges(kernel_ranges_text, "kernel_ranges.tsv");
  return ranges;
}
const std::vector<DeviceQuirk>& device_quirks() {
  static const auto quirks = parse_device_quirks(device_quirks_text, "device_quirks.tsv");
  return quirks;
}

bool is_in_range(std::string_view release, const KernelRange& range) {
  if (range.flavour != "*" && release.find(range.flavour) == release.npos) return false;
  const auto numbers = numbers_in(release);
  return compare(numbers, range.from) >= 0 && compare(numbers, range.to) <= 0;
}

}  // namespace vfio_doctor
