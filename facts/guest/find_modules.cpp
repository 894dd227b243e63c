// SPDX-License-Identifier: GPL-2.0-or-later
#include <fnmatch.h>

#include <algorithm>
#include <cstdio>

#include "base/text.hpp"
#include "facts/guest/guest_view.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_bytes = 32 << 20;

struct Alias {
  std::string pattern;  ///< "pci:v00008086d000024F3sv*sd*bc*sc*i*"
  std::string_view module;
};

std::vector<Alias> pci_aliases(std::string_view text) {
  std::vector<Alias> aliases;
  for (const auto line : split_lines(text)) {
    if (!line.starts_with("alias pci:")) continue;
    const auto words = split_words(line);
    if (words.size() == 3) aliases.push_back({std::string(words[1]), words[2]});
  }
  return aliases;
}

/// What the kernel writes to `modalias` (drivers/pci/pci-driver.c, pci_uevent): the same from the facts at hand.
std::string modalias_of(const GuestFunction& function) {
  const auto code = function.id.class_code.value();
  char text[80];
  std::snprintf(text, sizeof text, "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", function.id.vendor.value(),
                function.id.device.value(), function.id.subsystem_vendor.has_value() ? function.id.subsystem_vendor.value() : 0,
                function.id.subsystem_device.has_value() ? function.id.subsystem_device.value() : 0, code >> 16,
                code >> 8 & 0xff, code & 0xff);
  return text;
}

/// A pattern that names another vendor is most of them; fnmatch() is only for the rest.
bool may_match(const std::string& pattern, const std::string& modalias) {
  constexpr std::size_t vendor_end = 13;  // "pci:v00008086"
  return pattern.size() <= vendor_end || pattern[5] == '*' || pattern.compare(0, vendor_end, modalias, 0, vendor_end) == 0;
}

}  // namespace

void find_modules(const Root& root, GuestView& view) {
  using Names = std::vector<std::string>;
  if (!view.functions.has_value() || !view.kernel.has_value()) return;
  const auto text = root.read("/lib/modules/" + view.kernel.value() + "/modules.alias", most_bytes);
  const auto aliases = text.has_value() ? pci_aliases(text.value()) : std::vector<Alias>();
  for (auto& function : view.functions.value()) {
    if (!text.has_value()) {
      function.modules = Observed<Names>::like(text);
      continue;
    }
    if (!function.id.has_ids() || !function.id.class_code.has_value()) continue;
    const auto modalias = modalias_of(function);
    Names names;
    for (const auto& alias : aliases) {
      if (!may_match(alias.pattern, modalias) || ::fnmatch(alias.pattern.c_str(), modalias.c_str(), 0) != 0) continue;
      if (std::find(names.begin(), names.end(), alias.module) == names.end()) names.emplace_back(alias.module);
    }
    function.modules = std::move(names);
  }
}

}  // namespace vfio_doctor
