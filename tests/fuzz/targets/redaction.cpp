// SPDX-License-Identifier: GPL-2.0-or-later
//
// Redaction's promise, whatever bytes surround a secret: the first byte chooses what kind of file the rest is. A name that
// nobody can know stands in the middle of it, as a word of its own, once more as a name that was learnt, and once behind a key
// that calls it a secret; none is in what comes out. What comes out can be gone through once more.
#include <array>
#include <string>
#include <string_view>

#include "fuzz/target.hpp"
#include "snapshot/redaction.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;

// clang-format off
constexpr auto paths = std::to_array<const char*>(
    {"/proc/cmdline", "/etc/default/grub", "/boot/grub/grub.cfg", "/boot/grub/grubenv", "/boot/loader/loader.conf", "/boot/loader/entries/a.conf",
     "/boot/limine.conf", "/boot/refind_linux.conf", "/etc/kernel/cmdline", "/etc/kernelstub/configuration", "/etc/fstab", "/proc/1/mountinfo",
     "/etc/modprobe.d/a.conf", "/etc/os-release", "/run/vfio-doctor/kernel.log", "/run/vfio-doctor/routes", "/proc/1/net/route",
     "/proc/1/net/ipv6_route", "/run/systemd/sessions/1", "/proc/interrupts", "/proc/iomem", "/proc/swaps", "/boot/config-6.1.0", "/proc/config.gz",
     "/lib/modules/6.1.0/modules.dep", "/sys/class/net/eth0/ifalias", "/sys/devices/virtual/block/dm-0/dm/name", "/boot/efi/EFI/Linux/a.efi",
     "/sys/firmware/efi/efivars/Boot0001-8be4df61-93ca-11d2-aa0d-00e098032b8c", "/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f",
     "/etc/hostname", "/run/udev/data/b8:1", "/usr/lib/modprobe.d/a.conf", "/etc/limine-entry-tool.d/a.conf", "/etc/sdboot-manage.conf",
     "/boot/extlinux/extlinux.conf", "/run/vfio-doctor/processes", "/proc/driver/nvidia/gpus/0000:01:00.0/information", "/proc/version",
     "/etc/cmdline.d/a.conf"});
// clang-format on

constexpr std::string_view unknown_name = "wqzj0001kx", learnt_name = "lqzj0002kx", secret = "sqzj0003kx";

/// At a place where letters and digits on either side do not make it part of another word.
std::string with_name(const std::string& text, std::string_view name, std::size_t place) {
  return text.substr(0, place) + " " + std::string(name) + " " + text.substr(place);
}

}  // namespace

void try_input(const std::string& bytes) {
  if (bytes.size() < 3) return;
  const std::string path = paths[static_cast<unsigned char>(bytes[0]) % paths.size()];
  auto content = bytes.substr(2);
  const auto place = static_cast<unsigned char>(bytes[1]) * content.size() / 256;
  content = with_name(content, unknown_name, place);
  content = with_name(content, learnt_name, content.size() - place);
  content = with_name(content, "a.password=" + std::string(secret), content.size() / 2);
  const RecordedNodes nodes = {{path, {Kind::file, content}}, {"/boot/" + std::string(learnt_name), {Kind::seen, {}}}};
  const auto once = redact(nodes, {{"host", std::string(learnt_name)}}, Pseudonyms([] { return true; })).nodes;
  for (const auto& [changed_path, node] : once)
    for (const auto name : {unknown_name, learnt_name, secret}) {
      require(node.content.find(name) == node.content.npos, "a name is still there");
      require(changed_path.find(name) == changed_path.npos, "a name is still in a path");
    }
  require(once.size() == nodes.size(), "nothing is lost");
  require(redact(once, {}).nodes.size() == nodes.size(), "what was redacted can be redacted again");
}

}  // namespace vfio_doctor
