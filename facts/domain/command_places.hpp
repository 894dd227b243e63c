// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "facts/domain/domain_xml.hpp"

namespace vfio_doctor {

/// Follows the -device options of a QEMU command line, in their order, and writes down where each device sits in the guest: bus=
/// names the bus that a bridge with that id= makes, or the machine's own (pcie.0, pci.0); addr= is SLOT or SLOT.FUNCTION, base 16
/// (QEMU, hw/core/qdev-properties.c, set_pci_devfn()). What QEMU refuses becomes a fault.
class CommandPlaces {
 public:
  using Options = std::map<std::string, std::string>;

  explicit CommandPlaces(Domain& domain) : domain_(domain) {}

  /// `hostdev`: the function of the host that the device is, or nullptr.
  void read(const Options& options, std::size_t line, DomainHostdev* hostdev);

  /// More may be there than these words say (-readconfig).
  void more_is_unseen() { unseen_ = true; }

 private:
  /// The index of the bus; nothing where it is not known.
  std::optional<std::uint64_t> bus_of(const std::string& name, std::size_t line);
  GuestAddress address_of(const Options& options, std::size_t line);
  void add_controller(const Options& options, const std::string& model, std::size_t line, GuestAddress address);
  void fault(std::size_t line, std::string what, std::string words);

  Domain& domain_;
  std::map<std::string, std::uint64_t> buses_;  ///< by name
  std::set<std::string> ids_;
  std::set<std::pair<std::string, std::string>> chassis_;  ///< and slot=, of root ports
  bool unseen_ = false;
};

/// The display and the network card that QEMU puts into a PC of its own accord, where these words leave it to.
void add_default_devices(const std::vector<std::string>& words, Domain& domain);

}  // namespace vfio_doctor
