// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/guest/guest_remedies.hpp"

namespace vfio_doctor {
namespace {

constexpr const char* only_reads = "None: these commands only read.";

Remedy look_at_the_domain(const ExpectedDevice& expected, const GuestNames& names) {
  std::string wanted = "the device";
  if (expected.host_address) wanted = expected.host_address->text();
  return {"On the host, compare the <source> address of each <hostdev> with the device you mean (" + wanted +
              "). Correct it with virsh edit " + names.domain + ", then shut the guest down and start it again.",
          {"virsh dumpxml " + names.domain, "vfio-doctor check --domain " + names.domain},
          {},
          only_reads};
}

Remedy refresh_the_manifest(const GuestNames& names) {
  return {
      "If the domain was changed on purpose, write the manifest anew. Else look for the assigned device at its "
      "own place: what was found may be an emulated twin.",
      {"vfio-doctor manifest --domain " + names.domain + " -o manifest.json"},
      {},
      "The old manifest is replaced."};
}

Remedy install_a_driver(const GuestNames& names) {
  return {
      "In the guest, see which module should drive it and whether firmware is missing. Install the driver "
      "package or firmware of the guest's distribution, then restart the guest.",
      {"lspci -nnk -s " + names.address, "dmesg | grep -i firmware"},
      {},
      only_reads};
}

Remedy make_room(const GuestNames& names) {
  return {
      "In the guest, look at its regions and the log. Large BARs need a 64-bit window: UEFI firmware in the "
      "guest, or a larger <pcihole64> on the root controller.",
      {"lspci -vv -s " + names.address, "dmesg | grep -i 'BAR'"},
      {},
      only_reads};
}

Remedy read_the_logs(const GuestNames& names) {
  return {
      "In the guest, read what the driver says. On the host, look for faults and refused resets; a full power "
      "cycle of the host helps a device that did not survive its reset.",
      {"dmesg | grep -e " + names.address + " -e timeout -e 'failed'", "vfio-doctor check --domain " + names.domain},
      {},
      only_reads};
}

}  // namespace

Remedy remedy_for(Rung rung, const ExpectedDevice& expected, const GuestNames& names) {
  switch (rung) {
    case Rung::present:
    case Rung::identity:
      return look_at_the_domain(expected, names);
    case Rung::placement:
      return refresh_the_manifest(names);
    case Rung::driver:
      return install_a_driver(names);
    case Rung::decode:
      return make_room(names);
    case Rung::function:
      return read_the_logs(names);
  }
  return {};
}

}  // namespace vfio_doctor
