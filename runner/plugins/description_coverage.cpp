// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/plugins/description_coverage.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace vfio_doctor {
namespace {

std::string readable_name(const std::type_index& type) {
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, nullptr),
                                                         std::free);
  return name ? name.get() : type.name();
}

}  // namespace

std::vector<std::string> Coverage::gaps() const {
  std::vector<std::string> sentences;
  for (const auto& [type, one] : structs_)
    if (one.offsets.size() != one.members)
      sentences.push_back(readable_name(type) + " has " + std::to_string(one.members) + " members, its description speaks of " +
                          std::to_string(one.offsets.size()));
  return sentences;
}

}  // namespace vfio_doctor
