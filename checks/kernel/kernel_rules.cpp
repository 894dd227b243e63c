// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/kernel_rules.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

/// "5.14.0-427.13.1.el9_4.x86_64", "5.10.0-136.12.0.86.oe2203sp1.x86_64", "5.10.134-16.2.an8.x86_64", "...al8..."
bool has_vendor_mark(std::string_view release) {
  static constexpr std::array<std::string_view, 4> marks = {".el", ".oe", ".an", ".al"};
  return std::ranges::any_of(marks, [release](std::string_view mark) {
    const auto at = release.find(mark);
    return at != release.npos && at + mark.size() < release.size() && is_digit(release[at + mark.size()]);
  });
}

/// "5.14.21-150500.55.62-default": product 15, service pack 5, as SUSE numbers the kernels of SLE and Leap.
bool is_suse_enterprise(std::string_view release) {
  const auto at = release.find("-15");
  if (at == release.npos || release.size() < at + 8 || release[at + 7] != '.') return false;
  return std::ranges::all_of(release.substr(at + 1, 6), is_digit);
}

/// The one that counts: the last.
const KernelArgument* module_blacklist(const Host& host) {
  const auto* arguments = host.kernel.arguments.get();
  const auto* given = arguments ? arguments->last("module_blacklist") : nullptr;
  return given && given->value ? given : nullptr;
}

}  // namespace

KernelRule has_rule_since(const Host& host, KernelVersion since) {
  const auto* version = host.kernel.version.get();
  if (!version || *version >= since) return KernelRule::yes;
  const std::string_view release = host.kernel.release.value();
  return has_vendor_mark(release) || is_suse_enterprise(release) ? KernelRule::not_known : KernelRule::no;
}

const KernelArgument* refusing_argument(const Host& host, std::string_view module) {
  const auto* given = module_blacklist(host);
  return given && std::ranges::count(split(*given->value, ','), module) ? given : nullptr;
}

std::string with_module_refused(const Host& host, std::string_view module) {
  const auto* given = module_blacklist(host);
  return "module_blacklist=" + (given && !given->value->empty() ? *given->value + "," : std::string()) + std::string(module);
}

}  // namespace vfio_doctor
