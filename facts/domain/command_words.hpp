// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "facts/domain/domain_xml.hpp"

namespace vfio_doctor {

/// One argument of a QEMU command line and the line it stands on.
struct CommandWord {
  std::string text;
  std::size_t line = 0;
  bool begins_line = false;  ///< of a script: behind the end of a line that is none of a longer one
};

using CommandOptions = std::map<std::string, std::string>;

/// One value of QEMU's options: "DRIVER,KEY=VALUE,..." (a comma in a value is written twice), or a JSON object; what has no key has
/// the key "driver". Empty where it is broken JSON.
CommandOptions command_options(std::string_view text);

/// Adds every host function that these arguments of QEMU take: vfio-pci by host= or sysfsdev=, as text or JSON, the nvme
/// block driver in -drive and -blockdev and as nvme:// anywhere, and `-set device.X.host=`.
void read_command_words(const std::vector<CommandWord>& words, Domain& domain);

/// A shell-like text (quotes, backslashes, line ends behind a backslash, comments) or the zero-separated text of /proc/PID/cmdline.
/// Throws InputError where there are too many words.
std::vector<CommandWord> split_command_line(const std::string& text, const std::string& name);

/// A plain QEMU command line. Throws InputError where the program is none of QEMU's.
Domain parse_qemu_command_line(const std::string& text, const std::string& name);

}  // namespace vfio_doctor
