// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "facts/guest/guest_view.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// Names from pci.ids or usb.ids, whose lists have the same shape.
class IdsFile {
 public:
  enum class Which { pci, usb };
  /// Reads the guest's own copy; without one, nothing has a name.
  IdsFile(const Root& root, Which which);
  IdsFile(const IdsFile&) = delete;
  IdsFile& operator=(const IdsFile&) = delete;

  std::optional<std::string> vendor(std::uint16_t vendor) const;
  std::optional<std::string> device(std::uint16_t vendor, std::uint16_t device) const;
  /// The card's own name, where pci.ids knows it.
  std::optional<std::string> subsystem(std::uint16_t vendor, std::uint16_t device, std::uint16_t subsystem_vendor,
                                       std::uint16_t subsystem_device) const;
  /// "Network controller" of class 0x0280.
  std::optional<std::string> device_class(std::uint16_t class_and_subclass) const;

 private:
  std::string text_;
  std::map<std::uint16_t, std::pair<std::string_view, std::string_view>> vendors_;  ///< name, device lines
  std::map<std::uint16_t, std::string_view> classes_;  ///< subclasses as they are, base classes as XXff
};

/// Gives every function its name ("Intel Corporation Wireless 8260"), where its vendor is known.
void name_functions(const IdsFile& ids, GuestView& view);
/// "Network controller"; "Class 0280" where no pci.ids is there or it does not know the class.
std::string class_name(const IdsFile& ids, const GuestFunction& function);

}  // namespace vfio_doctor
