// SPDX-License-Identifier: GPL-2.0-or-later
// The parts that the options of several commands share. What one command alone understands is in commands.hpp.
#pragma once

#include <string>
#include <vector>

#include "base/terminal.hpp"
#include "reports/text.hpp"
#include "runner/plugins/plugins.hpp"
#include "snapshot/source.hpp"

namespace vfio_doctor {

/// Which machine, and how it is asked.
struct MachineOptions {
  SourceOptions source;
  bool wake = false;  ///< also read devices that are asleep
};

/// Which of its devices.
struct SelectionOptions {
  std::vector<std::string> selectors;  ///< --device, or the SEL arguments of a command
  std::string domain;                  ///< --domain; a name, a file, or pid:N
};

/// Risks that are known and taken.
struct RiskOptions {
  std::vector<std::string> accepted, reasons;  ///< the n-th risk is accepted for the n-th reason
  std::string config;                          ///< a file with accepted risks, instead of the host's own
};

/// What examine() judges.
struct ExamineOptions {
  MachineOptions machine;
  PluginOptions plugins;
  SelectionOptions selection;
  RiskOptions risks;
  std::vector<std::string> only, skip;  ///< check ids
  bool identify = false;                ///< say which host this is
};

/// How something is written, and where to.
struct OutputOptions {
  std::vector<std::string> formats, outputs;  ///< the n-th format goes to the n-th output; what is left to stdout
  ColorChoice color = ColorChoice::automatic;
  Verbosity verbosity = Verbosity::normal;  ///< how much the text says
};

}  // namespace vfio_doctor
