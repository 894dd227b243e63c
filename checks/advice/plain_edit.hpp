// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checks/advice/argument_tool.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// How single lines of files are exchanged for others, by commands that fail where a line is not as it was when this host was
/// looked at, and that change nothing where it is so already.
struct PlainEdit {
  std::vector<std::string> places;  ///< "/etc/kernel/cmdline:1"
  std::vector<std::string> files;
  std::vector<std::string> commands, undo;
};

/// The edit that brings the arguments `added` and takes `removed` away, in the place that `tool` carries to the boot entries.
/// Nothing where a person has to do it: a line is in a form that is not known (PlainLine), an argument to be removed stands
/// elsewhere too or nowhere, or what would be carried over lacks the root= that the running kernel has.
std::optional<PlainEdit> plain_edit(const Host& host, ArgumentTool tool, const std::vector<std::string>& added,
                                    const std::vector<std::string>& removed);

/// The command that exchanges one whole line of a file for another, and the one that fails and shows nothing where the new one is
/// not there. Nothing where the two cannot be written in one such command.
std::optional<std::vector<std::string>> exchange_line(const std::string& file, const std::string& line,
                                                      const std::string& other);

/// The root= of the running kernel that the settings lack of which `tool` makes whole command lines: what it writes from them does
/// not start. Empty where they have it, where that cannot be told, or where other settings bring it.
std::string missing_root(const Host& host, ArgumentTool tool);

}  // namespace vfio_doctor
