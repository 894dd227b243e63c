// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "machine/root.hpp"

namespace vfio_doctor {

/// Names from pci.ids or usb.ids, whose lists have the same shape. For one thread: what was asked is remembered.
class IdsFile {
 public:
  enum class Which { pci, usb };
  /// Reads the machine's own copy, from `place` where that is not empty and holds one; without one, nothing has a name.
  IdsFile(const Root& root, Which which, const std::string& place = {});
  IdsFile(const IdsFile&) = delete;
  IdsFile& operator=(const IdsFile&) = delete;

  std::optional<std::string> vendor(std::uint16_t vendor) const;
  std::optional<std::string> device(std::uint16_t vendor, std::uint16_t device) const;
  /// The card's own name, where pci.ids knows it.
  std::optional<std::string> subsystem(std::uint16_t vendor, std::uint16_t device, std::uint16_t subsystem_vendor,
                                       std::uint16_t subsystem_device) const;
  /// "Network controller" of class 0x0280.
  std::optional<std::string> device_class(std::uint16_t class_and_subclass) const;
  /// The same without the base class in place of a subclass that the list does not know.
  std::optional<std::string> exact_class(std::uint16_t class_and_subclass) const;

 private:
  struct Vendor {
    std::uint16_t id = 0;
    std::string_view name, lines;  ///< the lines of its devices
  };
  const Vendor* find(std::uint16_t vendor) const;
  void read();

  std::string text_;
  std::vector<Vendor> vendors_;  ///< by id; of several with one id the last counts
  using Devices = std::vector<std::pair<std::uint16_t, std::string_view>>;
  mutable std::map<std::uint16_t, Devices> devices_;   ///< of the vendors asked about so far, by id
  std::map<std::uint16_t, std::string_view> classes_;  ///< subclasses as they are, base classes as XXff
};

}  // namespace vfio_doctor
