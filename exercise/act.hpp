// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "facts/guest/guest_view.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// One harmless act that makes a device work while we look.
struct Act {
  enum class Kind {
    read_block,       ///< reads the first block of a disk, past all caches
    watch_link,       ///< asks an interface that is up for its link
    bring_up,         ///< brings an interface up that is down, asks for its link, takes it down again
    ask_display,      ///< asks a display device's driver who it is, on the render node
    read_descriptor,  ///< asks a USB device anew for its descriptor
    ask_codec,        ///< asks a sound codec for its ids
  };
  Kind kind = Kind::read_block;
  std::string name;       ///< "nvme0n1", "eth0", "renderD128", "1-2", "hwC0D0"
  std::string node;       ///< "/dev/nvme0n1"; empty for an interface
  std::string number;     ///< the node's device number as sysfs has it, "259:0"; empty where it does not say
  std::string id;         ///< what must answer: a USB device "046d:c077", a codec "0x10ec0887"; empty: not known
  std::size_t bytes = 0;  ///< of a block
  bool is_radio = false;  ///< the interface is a wireless one

  /// What it does, for whoever must allow it: "reads 4096 bytes of /dev/nvme0n1; writes nothing".
  std::string announcement() const;
};

inline constexpr std::size_t most_acts_per_function = 4;

/// The acts for a function by what its driver made of it; none where no harmless act exists (a serial port, an FPGA).
std::vector<Act> plan_acts(const Root& root, const GuestFunction& function);

}  // namespace vfio_doctor
