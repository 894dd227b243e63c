// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "snapshot/redaction.hpp"

namespace vfio_doctor {
namespace {

class Finder {
 public:
  explicit Finder(const Root& root) : root_(root) {}

  std::vector<PrivateName> find() {
    hosts();
    users();
    networks();
    serial_numbers();
    return std::move(found_);
  }

 private:
  void add(const std::string& kind, std::string_view name) {
    if (const auto clean = trim(name); !clean.empty() && clean.size() <= 200) found_.push_back({kind, std::string(clean)});
  }

  void hosts() {
    for (const auto* file : {"/etc/hostname", "/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname"}) {
      const auto line = root_.read_line(file);
      if (!line.has_value() || line->starts_with('#')) continue;
      add("host", *line);
      add("host", line->substr(0, line->find('.')));
    }
  }

  /// Accounts of people, by the numbers that distributions give them, and their full names.
  void users() {
    if (const auto accounts = root_.read("/etc/passwd"); accounts.has_value())
      for (const auto line : split_lines(*accounts)) {
        const auto fields = split(line, ':');
        if (fields.size() < 7) continue;
        const auto number = parse_unsigned(fields[2]);
        if (!number || *number < 1000 || *number >= 60000) continue;
        add("user", fields[0]);
        add("user", fields[4].substr(0, fields[4].find(',')));
      }
    if (const auto homes = root_.list("/home"); homes.has_value())
      for (const auto& name : *homes)
        if (name != "lost+found") add("user", name);
  }

  void networks() {
    for (const std::string directory : {"/etc/NetworkManager/system-connections", "/var/lib/iwd", "/etc/netctl"}) {
      const auto names = root_.list(directory);
      if (!names.has_value()) continue;
      for (const auto& name : *names) add("network", name.substr(0, name.rfind('.')));
    }
  }

  void serial_numbers() {
    for (const auto* file : {"product_serial", "board_serial", "chassis_serial"})
      if (const auto line = root_.read_line(std::string("/sys/class/dmi/id/") + file); line.has_value()) add("serial", *line);
    numbers_below("/sys/class/block", {"/device/serial", "/device/wwid", "/wwid", "/serial"});
    numbers_below("/sys/bus/usb/devices", {"/serial"});
  }

  void numbers_below(const std::string& directory, const std::vector<std::string>& attributes) {
    const auto names = root_.list(directory);
    if (!names.has_value()) return;
    for (const auto& name : *names)
      for (const auto& attribute : attributes) {
        const auto line = root_.read_line(directory + "/" + name + attribute);
        // "t10.ATA     Samsung SSD 870            S6PTNM0T123456A": the number is the last word.
        if (line.has_value()) add("serial", line->substr(line->find_last_of(" .") + 1));
      }
  }

  const Root& root_;
  std::vector<PrivateName> found_;
};

}  // namespace

std::vector<PrivateName> find_private_names(const Root& root) { return Finder(root).find(); }

}  // namespace vfio_doctor
