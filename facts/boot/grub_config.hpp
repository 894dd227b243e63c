// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "facts/boot/boot_configuration.hpp"
#include "facts/boot/boot_line.hpp"
#include "facts/boot/grub_menu.hpp"

namespace vfio_doctor {

/// GRUB's variables as far as files tell them: what grubenv holds and what grub.cfg sets.
class GrubVariables {
 public:
  /// The 1024 bytes of a grubenv file: NAME=VALUE lines, '#' to the end.
  void read_environment(std::string_view grubenv);
  /// The environment exists but could not be read: variables that grub.cfg does not set are unknown, not
  /// empty.
  void environment_is_unknown(const std::string& why, UnreadCause cause = UnreadCause::other) {
    environment_unknown_ = why;
    environment_cause_ = cause;
  }
  /// `set name=value` in grub.cfg; `conditional` inside `if` or a function.
  void assign(const std::string& name, std::string value, bool conditional);

  struct Value {
    std::string text;
    std::vector<std::string> possible;  ///< other texts it may have
    bool known = true;
  };
  Value find(const std::string& name) const;
  /// A variable of grubenv alone: empty where it is not set, nothing where grubenv could not be read.
  std::optional<std::string> saved(const std::string& name) const;
  /// Why grubenv could not be read; empty where it could or is not there.
  const std::string& environment_unknown() const { return environment_unknown_; }
  UnreadCause environment_cause() const { return environment_cause_; }

 private:
  struct Assigned {
    std::string value;
    bool conditional;
  };
  std::map<std::string, std::string> environment_;
  std::map<std::string, std::vector<Assigned>> assigned_;
  std::string environment_unknown_;
  UnreadCause environment_cause_ = UnreadCause::other;
};

/// What a grub.cfg holds.
struct GrubConfig {
  std::vector<BootEntry> entries;  ///< Linux entries in order; those os-prober found on other disks are left out
  GrubMenu menu;
  bool reads_loader_entries = false;  ///< has the command "blscfg"
  bool goes_on_elsewhere = false;     ///< has the command "configfile"
  bool cut_short = false;             ///< it has more entries than are looked at
  bool has_menu = false;              ///< has any menuentry, or blscfg
};

/// Reads GRUB's script as text; nothing is run. Assignments are added to `variables`, which the entries'
/// command lines are expanded with. Conditions are not evaluated: what is set under one is only possible.
GrubConfig parse_grub_config(std::string_view text, const std::string& file, GrubVariables& variables);

/// Expands "$name" and "${name}" in the words of a kernel command line as GRUB does.
BootLine expand_grub_line(std::string_view text, const std::string& file, unsigned line, const GrubVariables& variables);

}  // namespace vfio_doctor
