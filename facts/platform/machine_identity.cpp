// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/platform/machine_identity.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

using Text = Observed<std::string>;

constexpr std::size_t largest_package_list = 32 << 20;
constexpr std::size_t first_processors = 64 << 10;  // as gather_cpu() reads: recorded once
constexpr std::size_t longest_value = 256;

/// One value on one line; firmware that fills in nothing is as good as none.
Text short_line(const Text& line) {
  if (!line.has_value()) return line;
  std::string text = line.value().substr(0, longest_value);
  text.erase(std::min(text.find('\0'), text.size()));
  text = std::string(trim(text));
  if (text.empty() || text == "To Be Filled By O.E.M." || text == "Default string") return Text::absent();
  return text;
}

Text dmi(const Root& root, const std::string& name) { return short_line(root.read_line("/sys/class/dmi/id/" + name)); }

/// "Vendor Name"; one of them is enough.
Text both(const Text& vendor, const Text& name) {
  if (!name.has_value()) return vendor.has_value() ? vendor : name;
  if (!vendor.has_value() || name->starts_with(vendor.value())) return name;
  return vendor.value() + " " + name.value();
}

Text microcode_of(const Root& root) {
  const auto info = root.read_head("/proc/cpuinfo", first_processors);
  if (!info.has_value()) return Text::like(info);
  for (const auto line : split_lines(info.value())) {
    if (!line.starts_with("microcode")) continue;
    const auto colon = line.find(':');
    if (colon != line.npos) return std::string(trim(line.substr(colon + 1)).substr(0, longest_value));
  }
  return Text::absent();
}

struct Package {
  std::string_view what, name;  ///< as the report names it, as the distribution does
};

/// Debian, Proxmox and Arch; the first that is installed counts.
constexpr std::array<Package, 12> packages{{{"qemu", "pve-qemu-kvm"},
                                            {"qemu", "qemu-system-x86"},
                                            {"qemu", "qemu-system-arm"},
                                            {"qemu", "qemu-system-x86-core"},
                                            {"qemu", "qemu-base"},
                                            {"qemu", "qemu-system-common"},
                                            {"libvirt", "libvirt-daemon"},
                                            {"libvirt", "libvirt0"},
                                            {"libvirt", "libvirt"},
                                            {"ovmf", "pve-edk2-firmware-ovmf"},
                                            {"ovmf", "ovmf"},
                                            {"ovmf", "edk2-ovmf"}}};

using Versions = std::array<std::string, packages.size()>;

void note_version(Versions& versions, std::string_view name, std::string_view version) {
  for (std::size_t i = 0; i < packages.size(); ++i)
    if (packages[i].name == name && versions[i].empty()) versions[i] = std::string(version.substr(0, longest_value));
}

/// /var/lib/dpkg/status: paragraphs of "Field: value" lines (deb-status(5)). Only what is installed counts.
void read_dpkg(std::string_view status, Versions& versions) {
  constexpr std::string_view start = "Package: ";
  // Thousands of paragraphs, of which few matter: memmem(3) goes past the others quicker than lines can be cut.
  for (auto rest = status; !rest.empty();) {
    const auto* found = static_cast<const char*>(::memmem(rest.data(), rest.size(), start.data(), start.size()));
    if (found == nullptr) break;
    const bool begins_a_line = found == status.data() || found[-1] == '\n';
    rest.remove_prefix(static_cast<std::size_t>(found - rest.data()) + start.size());
    const auto name = trim(rest.substr(0, rest.find('\n')));
    if (!begins_a_line || std::ranges::find(packages, name, &Package::name) == packages.end()) continue;
    std::string_view version;
    bool installed = false;
    for (const auto line : split_lines(rest.substr(0, rest.find("\n\n")))) {
      if (line.starts_with("Version: ")) version = trim(line.substr(9));
      if (line.starts_with("Status: ")) installed = line.ends_with(" installed");
    }
    if (installed) note_version(versions, name, version);
  }
}

/// /var/lib/pacman/local: one directory NAME-VERSION-RELEASE for each package.
void read_pacman(const std::vector<std::string>& names, Versions& versions) {
  for (const std::string& entry : names) {
    const auto release = entry.rfind('-');
    const auto version = release == entry.npos || release == 0 ? entry.npos : entry.rfind('-', release - 1);
    if (version != entry.npos)
      note_version(versions, std::string_view(entry).substr(0, version), std::string_view(entry).substr(version + 1));
  }
}

Text version_of(std::string_view what, const Versions& versions, const Text& database) {
  for (std::size_t i = 0; i < packages.size(); ++i)
    if (packages[i].what == what && !versions[i].empty()) return versions[i];
  if (database.has_value()) return Text::absent();
  return Text::unreadable("no package database that this program can read");
}

/// "libvirt.so.0.9000.0" is libvirt 9.0.0: the library's minor number is 1000 times the version's first plus its second
/// (LIBVIRT_SOVERSION in libvirt's meson.build).
Text libvirt_from_library(const Root& root) {
  static constexpr std::array<const char*, 4> directories = {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
                                                             "/usr/lib64", "/usr/lib"};
  constexpr std::string_view start = "libvirt.so.0.";
  for (const std::string directory : directories) {
    const auto target = root.read_link(directory + "/libvirt.so.0");
    if (!target.has_value() || !target->starts_with(start)) continue;
    const auto numbers = split(std::string_view(*target).substr(start.size()), '.');
    if (numbers.size() != 2) continue;
    const auto both_numbers = parse_unsigned(numbers[0]), last = parse_unsigned(numbers[1]);
    if (both_numbers && last && *both_numbers < 1'000'000)
      return std::to_string(*both_numbers / 1000) + "." + std::to_string(*both_numbers % 1000) + "." + std::to_string(*last);
  }
  return Text::absent();
}

void read_recorded(std::string_view text, MachineIdentity& identity) {
  identity.qemu = identity.libvirt = identity.ovmf = Text::unreadable("not known when it was recorded");
  for (const auto line : split_lines(text)) {
    const auto blank = line.find(' ');
    if (blank == line.npos) continue;
    const std::string version(trim(line.substr(blank + 1)).substr(0, longest_value));
    const auto what = line.substr(0, blank);
    if (what == "qemu") identity.qemu = version;
    if (what == "libvirt") identity.libvirt = version;
    if (what == "ovmf") identity.ovmf = version;
  }
}

}  // namespace

std::string identity_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const std::string_view part : {std::string_view("vfio-doctor host "), text})
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hex_text(hash, 16);
}

void gather_versions(const Root& root, MachineIdentity& identity) {
  if (const auto recorded = root.read(MachineIdentity::recorded_versions_path); recorded.has_value())
    return read_recorded(recorded.value(), identity);
  Versions versions;
  auto database = root.read("/var/lib/dpkg/status", largest_package_list);
  if (database.has_value()) {
    read_dpkg(database.value(), versions);
  } else if (const auto local = root.list("/var/lib/pacman/local"); local.has_value()) {
    read_pacman(local.value(), versions);
    database = std::string();
  }
  identity.qemu = version_of("qemu", versions, database);
  identity.ovmf = version_of("ovmf", versions, database);
  identity.libvirt = libvirt_from_library(root);
  if (!identity.libvirt.has_value()) identity.libvirt = version_of("libvirt", versions, database);
}

MachineIdentity gather_board(const Root& root) {
  MachineIdentity identity;
  identity.board = both(dmi(root, "board_vendor"), dmi(root, "board_name"));
  identity.system = both(dmi(root, "sys_vendor"), dmi(root, "product_name"));
  if (!identity.board.has_value())
    if (const auto model = short_line(root.read_line("/sys/firmware/devicetree/base/model")); model.has_value())
      identity.board = model;
  identity.firmware_vendor = dmi(root, "bios_vendor");
  identity.firmware_version = dmi(root, "bios_version");
  identity.firmware_date = dmi(root, "bios_date");
  identity.microcode = microcode_of(root);
  return identity;
}

MachineIdentity gather_machine_identity(const Root& root) {
  auto identity = gather_board(root);
  gather_versions(root, identity);
  return identity;
}

std::string versions_text(const MachineIdentity& identity) {
  std::string text;
  for (const auto& [what, version] :
       {std::pair{"qemu ", &identity.qemu}, std::pair{"libvirt ", &identity.libvirt}, std::pair{"ovmf ", &identity.ovmf}})
    if (version->has_value()) text += what + version->value() + "\n";
  return text;
}

HostName gather_host_name(const Root& root) {
  HostName host;
  host.name = short_line(root.read_line("/proc/sys/kernel/hostname"));
  host.boot_id = short_line(root.read_line("/proc/sys/kernel/random/boot_id"));
  const auto id = root.read_line("/etc/machine-id");
  const auto is_id = [](const std::string& text) { return text.size() == 32 && std::ranges::all_of(text, is_hex_digit); };
  host.id = !id.has_value()     ? id
            : is_id(id.value()) ? Text(identity_hash(id.value()))
                                : Text::unreadable("/etc/machine-id holds no id");
  return host;
}

}  // namespace vfio_doctor
