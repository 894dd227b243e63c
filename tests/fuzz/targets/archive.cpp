// SPDX-License-Identifier: GPL-2.0-or-later
//
// A snapshot as an archive: the input says which bytes of a good one are changed, so that changes reach the names and the
// list inside, not just the compression's checks.
#include "snapshot/archive.hpp"
#include "base/input_error.hpp"
#include "facts/host.hpp"
#include "fuzz/target.hpp"
#include "machine/machine_text.hpp"
#include "machine/memory_root.hpp"
#include "snapshot/snapshot.hpp"

namespace vfio_doctor {
namespace {

constexpr std::string_view machine = R"(
text /proc/cmdline = root=/dev/nvme0n1p2 quiet
file /etc/default/grub
| GRUB_CMDLINE_LINUX="quiet"
link /sys/class/net/eno1 ../../devices/pci0000:00/0000:00:1f.6/net/eno1
seen /boot/vmlinuz-6.1
closed /root Permission denied
unreadable /sys/firmware/acpi/tables/DMAR Permission denied
hidden /boot/efi/EFI Permission denied
group 1
pci 0000:00:1f.6 id=8086:15b7 class=020000 group=1 driver=e1000e
)";

/// Four bytes a change: three say where, one says what.
std::string changed(std::string archive, std::string_view changes) {
  for (std::size_t at = 0; at + 4 <= changes.size(); at += 4) {
    std::size_t place = 0;
    for (const char c : changes.substr(at, 3)) place = place << 8 | static_cast<unsigned char>(c);
    archive[place % archive.size()] = changes[at + 3];
  }
  return archive;
}

}  // namespace

void try_input(const std::string& bytes) {
  static const auto nodes = parse_machine_text(machine, "fuzz");
  static const auto plain = write_archive(nodes, {"0", true, {{"UUID", 1}}}, Compression::none);
  static const auto packed = write_archive(nodes, {"0", true, {{"UUID", 1}}}, Compression::zstd);
  for (const auto* archive : {&plain, &packed}) {
    try {
      gather_host(MemoryRoot(read_snapshot(changed(*archive, bytes), "fuzz")));
    } catch (const InputError&) {
    }
  }
}

}  // namespace vfio_doctor
