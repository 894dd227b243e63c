// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "machine/root.hpp"

namespace vfio_doctor {

/// One line of modprobe.d(5) that kmod takes in: options, blacklist, install, remove, softdep, alias.
struct ModprobeLine {
  std::string command;  ///< "options"
  std::string module;   ///< with underscores: "vfio_pci"
  std::string rest;     ///< what follows, as kmod hands it on: "ids=10de:1b80 disable_vga=1"; empty where nothing may
  std::string file;
  unsigned line = 0;  ///< where it begins
  std::string place() const { return file + ":" + std::to_string(line); }
  std::string text() const { return command + " " + module + (rest.empty() ? "" : " " + rest); }
};

/// A value that a file of modprobe.d(5) gives to a module's parameter.
struct ModprobeOption {
  std::string name;
  std::optional<std::string> value;  ///< nothing where there is no '='; quotes removed
  std::string file;                  ///< "FILE:LINE"
  std::string text;                  ///< as it stands in the file
};

/// What modprobe.d says, read as kmod does (libkmod/libkmod-config.c, kmod 30).
struct ModprobeConfig {
  std::vector<ModprobeLine> lines;  ///< in the order in which kmod hands them on
  std::vector<std::string> unread;  ///< files that exist and could not be read, with the reason

  /// Every parameter that `module` (with underscores) is given, in order, split as the kernel splits them (next_arg in
  /// lib/cmdline.c): of several for one parameter the last counts.
  std::vector<ModprobeOption> options(std::string_view module) const;
  /// The last of those for one parameter.
  std::optional<ModprobeOption> last(std::string_view module, std::string_view parameter) const;
  const ModprobeLine* find(std::string_view command, std::string_view module) const;
};

/// The lines of one file.
std::vector<ModprobeLine> parse_modprobe(std::string_view text, const std::string& file);

/// Files are sorted by name, whatever the directory; one in a directory of more weight takes the place of one with the
/// same name in another. Only names that end in ".conf" or ".alias" count, and no hidden ones.
ModprobeConfig gather_modprobe(const Root& root);

}  // namespace vfio_doctor
