// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "base/observed.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// Which machine this is, in the words that bug trackers ask for. No check needs it. Serial numbers and UUIDs of the
/// firmware's tables are never read.
struct MachineIdentity {
  /// Where a snapshot keeps versions_text(): the package database itself says too much and is too large.
  static constexpr const char* recorded_versions_path = "/run/vfio-doctor/versions";

  Observed<std::string> board;   ///< "Vendor Name" of the mainboard (/sys/class/dmi/id); on device trees their "model"
  Observed<std::string> system;  ///< "Vendor Name" of the whole machine
  Observed<std::string> firmware_vendor, firmware_version, firmware_date;
  Observed<std::string> microcode;            ///< "0xf0", of the first processor
  Observed<std::string> qemu, libvirt, ovmf;  ///< versions as the package database or the library's name has them
};

/// Never starts a program: versions come from the status file of dpkg, the directory names of pacman's database, and the
/// file name of libvirt's library. Where the database is of another kind (rpm), they are unreadable.
MachineIdentity gather_machine_identity(const Root& root);

/// Its two halves: what firmware and processor say, and the versions, which are added to it.
MachineIdentity gather_board(const Root& root);
void gather_versions(const Root& root, MachineIdentity& identity);

/// "qemu 1:7.2+dfsg-7\nlibvirt 9.0.0\n": what is known of the versions, for a snapshot.
std::string versions_text(const MachineIdentity& identity);

/// What tells this host from others, and this boot from others. Only for reports that are asked to say it; never recorded.
struct HostName {
  Observed<std::string> name;     ///< /proc/sys/kernel/hostname
  Observed<std::string> id;       ///< 16 hexadecimal digits made of /etc/machine-id, which cannot be got back from them
  Observed<std::string> boot_id;  ///< /proc/sys/kernel/random/boot_id
};

/// 16 hexadecimal digits: FNV-1a (64 bits) of "vfio-doctor host " and `text`. Half as long as a machine id, so that this cannot be
/// computed back from it; the script of a plan computes the same (reports/plan/script.sh).
std::string identity_hash(std::string_view text);

HostName gather_host_name(const Root& root);

}  // namespace vfio_doctor
