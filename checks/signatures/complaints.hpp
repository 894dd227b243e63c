// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checks/signatures/telling_words.hpp"
#include "facts/paste/paste.hpp"

namespace vfio_doctor {

/// A line that says of itself that something failed ("error", "cannot", "timed out"). Where no signature knows it, the paste
/// has not shown that all is well: it has shown something that is not known here.
struct Complaint {
  std::uint32_t file = 0, line = 0, document = 0;
  std::string text;
  bool is_about_passthrough = false;  ///< VFIO, IOMMUs, KVM, SR-IOV
};

/// Whether a message, folded, speaks of a failure: `told` is what its words tell.
bool complains(std::string_view folded, const Told& told);

/// The complaints of a paste, each wording once and bounded in number.
class Complaints {
 public:
  /// `is_known_error`: a signature of an error is in it, whatever its words.
  void take(const PasteLine& line, std::string_view folded, const Told& told, bool is_known_error);
  /// Those that count. The log of a whole boot complains on every machine: of it, only what is about passthrough does.
  std::vector<Complaint> that_count(const std::vector<PasteDocument>& documents) const;

 private:
  std::vector<Complaint> all_;
  std::vector<std::uint32_t> boot_logs_;  ///< documents that begin with a boot
};

}  // namespace vfio_doctor
