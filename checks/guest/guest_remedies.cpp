// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/guest/guest_remedies.hpp"

namespace vfio_doctor {
namespace {

constexpr const char* only_reads = "None: these commands only read.";

std::string address_of(const DeviceLadder& ladder) {
  return ladder.seen && ladder.seen->has_address ? ladder.seen->address.text() : "ADDRESS";
}

Remedy look_at_the_domain(const DeviceLadder& ladder) {
  std::string wanted = "the device";
  if (ladder.expected->host_address) wanted = ladder.expected->host_address->text();
  return {"On the host, compare the <source> address of each <hostdev> with the device you mean (" + wanted +
              "). Correct it with virsh edit DOMAIN, then shut the guest down and start it again.",
          {"virsh dumpxml DOMAIN", "vfio-doctor check --domain DOMAIN"}, {}, only_reads};
}

Remedy refresh_the_manifest() {
  return {"If the domain was changed on purpose, write the manifest anew. Else look for the assigned device at its "
          "own place: what was found may be an emulated twin.",
          {"vfio-doctor manifest --domain DOMAIN -o manifest.json"}, {}, "The old manifest is replaced."};
}

Remedy install_a_driver(const DeviceLadder& ladder) {
  return {"In the guest, see which module should drive it and whether firmware is missing. Install the driver "
          "package or firmware of the guest's distribution, then restart the guest.",
          {"lspci -nnk -s " + address_of(ladder), "dmesg | grep -i firmware"}, {}, only_reads};
}

Remedy make_room(const DeviceLadder& ladder) {
  return {"In the guest, look at its regions and the log. Large BARs need a 64-bit window: UEFI firmware in the "
          "guest, or a larger <pcihole64> on the root controller.",
          {"lspci -vv -s " + address_of(ladder), "dmesg | grep -i 'BAR'"}, {}, only_reads};
}

Remedy read_the_logs(const DeviceLadder& ladder) {
  return {"In the guest, read what the driver says. On the host, look for faults and refused resets; a full power "
          "cycle of the host helps a device that did not survive its reset.",
          {"dmesg | grep -e " + address_of(ladder) + " -e timeout -e 'failed'", "vfio-doctor check --domain DOMAIN"},
          {}, only_reads};
}

}  // namespace

Remedy remedy_for(Rung rung, const DeviceLadder& ladder) {
  switch (rung) {
    case Rung::present:
    case Rung::identity: return look_at_the_domain(ladder);
    case Rung::placement: return refresh_the_manifest();
    case Rung::driver: return install_a_driver(ladder);
    case Rung::decode: return make_room(ladder);
    case Rung::function: return read_the_logs(ladder);
  }
  return {};
}

}  // namespace vfio_doctor
