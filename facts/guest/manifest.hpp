// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "facts/guest/slot_chain.hpp"
#include "machine/pci_address.hpp"
#include "machine/pci_identity.hpp"

namespace vfio_doctor {

/// A device that hangs on an assigned USB controller.
struct ExpectedUsb {
  std::string id;       ///< "046d:c077"
  std::string product;  ///< for people; may be empty
  std::optional<std::string> serial;
};

/// One function that the guest should see. What the host could not tell is unreadable: it is not compared then.
struct ExpectedDevice {
  std::string label;  ///< for people: "Intel Corporation Wireless 8260"
  std::optional<PciAddress> host_address;
  PciIdentity id;  ///< vendor and device are always there
  std::optional<SlotChain> guest_path;
  std::vector<std::uint64_t> bars;  ///< sizes in bytes, in BAR order, a 64-bit BAR once; empty: not known
  bool expect_driver = true;
  std::vector<ExpectedUsb> usb;  ///< without root hubs
};

/// What a host gave to a guest; written by `vfio-doctor manifest`, read inside the guest.
struct Manifest {
  static constexpr std::size_t most_bytes = 1 << 20;
  static constexpr std::size_t most_devices = 256;
  static constexpr std::size_t most_usb = 256;
  static constexpr std::size_t most_emulated = 1024;

  std::string domain;                   ///< may be empty
  std::vector<ExpectedDevice> devices;  ///< never empty
  std::vector<SlotChain> emulated;      ///< where the domain puts devices of its own; what sits there came from no host
};

/// Reads docs/schema/manifest-1.json. `name` is what the text is called in messages.
/// Throws InputError "NAME: where: what is wrong".
Manifest parse_manifest(std::string_view text, const std::string& name);
/// The JSON text, ended by a line end; parse_manifest() of it gives the same manifest.
std::string write_manifest(const Manifest& manifest);

}  // namespace vfio_doctor
