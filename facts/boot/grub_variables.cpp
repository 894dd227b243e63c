// SPDX-License-Identifier: GPL-2.0-or-later
#include <utility>

#include "base/text.hpp"
#include "facts/boot/grub_config.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_assignments = 64;  // of one variable

}  // namespace

void GrubVariables::read_environment(std::string_view grubenv) {
  for (const auto line : split_lines(grubenv)) {
    const auto equals = line.find('=');
    if (line.starts_with('#') || equals == std::string_view::npos) continue;
    std::string value;
    for (std::size_t i = equals + 1; i < line.size(); ++i) {
      if (line[i] == '\\' && i + 1 < line.size()) ++i;  // GRUB escapes backslashes and line ends
      value += line[i];
    }
    environment_[std::string(line.substr(0, equals))] = std::move(value);
  }
}

void GrubVariables::assign(const std::string& name, std::string value, bool conditional) {
  auto& all = assigned_[name];
  if (all.size() < most_assignments) all.push_back({std::move(value), conditional});
}

std::optional<std::string> GrubVariables::saved(const std::string& name) const {
  if (!environment_unknown_.empty()) return std::nullopt;
  const auto found = environment_.find(name);
  return found == environment_.end() ? std::string() : found->second;
}

GrubVariables::Value GrubVariables::find(const std::string& name) const {
  const auto environment = environment_.find(name);
  const auto assigned = assigned_.find(name);
  Value value;
  if (environment != environment_.end())
    value.text = environment->second;
  else
    value.known = environment_unknown_.empty();
  if (assigned == assigned_.end()) return value;
  // kernelopts in grub.cfg is only a fallback for a missing grubenv (10_linux of Fedora and EL 8).
  if (name == "kernelopts") {
    if (environment == environment_.end()) value.text = assigned->second.back().value;
    return value;
  }
  for (const auto& one : assigned->second) {
    if (one.conditional) continue;
    value.text = one.value;
    value.known = true;
  }
  for (const auto& one : assigned->second)
    if (one.conditional && one.value != value.text) value.possible.push_back(one.value);
  if (!value.possible.empty()) value.possible.push_back(std::exchange(value.text, {}));
  return value;
}

}  // namespace vfio_doctor
