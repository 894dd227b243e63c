// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "facts/guest/guest_view.hpp"

namespace vfio_doctor {

/// Captured output of a program in the guest.
struct EvidenceFile {
  static constexpr std::size_t most_bytes = 8 << 20;
  std::string name;  ///< as messages call it
  std::string text;
};

enum class EvidenceKind {
  lspci,            ///< lspci, with any of -n -nn -k -v -vv -x
  lspci_records,    ///< lspci -vmm, with any of -n -nn -k
  lspci_quoted,     ///< lspci -mm, with any of -n -nn; lspci -m of BusyBox and toybox
  lsusb,            ///< lsusb, with or without -v
  lsusb_tree,       ///< lsusb -t, with or without -v
  usb_devices,      ///< usb-devices, or the kernel's own list that it imitates
  kernel_log,       ///< dmesg with any of -x -T -H -d --time-format, journalctl -k, /var/log/kern.log
  pnputil,          ///< Windows: pnputil /enum-devices, with any of its switches
  windows_list,     ///< Windows: Get-PnpDevice or Get-CimInstance Win32_PnPEntity | Format-List; wmic ... /format:list
  windows_table,    ///< Windows: Get-PnpDevice, as a table
  devcon,           ///< Windows: devcon status, devcon find
  powershell_json,  ///< Windows: Get-PnpDevice | ConvertTo-Json
  pciconf,          ///< FreeBSD: pciconf -lv
  system_profiler,  ///< macOS: system_profiler SPPCIDataType
};
std::string_view to_text(EvidenceKind kind);  ///< "lspci", "lspci -vmm", ...

/// What captured files of one guest show together; what they do not show stays unreadable.
/// Throws InputError "NAME[:LINE]: what is wrong" where a file is none of the known kinds or is damaged.
GuestView read_evidence(const std::vector<EvidenceFile>& files);

}  // namespace vfio_doctor
