// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace vfio_doctor {

enum class AgentTask { help, version, inventory, verify };
enum class AgentFormat { text, json };
enum class Exercise { no, announce, perform };

struct AgentOptions {
  AgentTask task = AgentTask::inventory;
  AgentFormat format = AgentFormat::text;
  std::string manifest;             ///< path, or "-" for standard input
  std::optional<std::string> root;  ///< a directory that looks like `/`
  unsigned wait_seconds = 0;
  Exercise exercise = Exercise::no;
  bool verbose = false;
};

extern const char* const agent_usage;

/// Throws InputError on anything it does not know.
AgentOptions parse_agent_options(const std::vector<std::string>& arguments);

}  // namespace vfio_doctor
