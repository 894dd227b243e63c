// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "machine/machine_text.hpp"
#include "machine/memory_root.hpp"

namespace vfio_doctor::testing {

/// These nodes are all there is: what has none is not there.
inline RecordedNodes completed(RecordedNodes nodes) {
  nodes["/"] = {RecordedNode::Kind::complete, {}};
  return nodes;
}

/// A machine written in a test, complete as it stands: see parse_machine_text().
inline MemoryRoot machine(const std::string& text) { return MemoryRoot(completed(parse_machine_text(text, "test"))); }

/// A file of tests/, by its path there.
inline std::string read_test_file(const std::string& path) {
  std::ifstream file(path.starts_with('/') ? path : std::string(TESTS_DIR) + "/" + path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

inline MemoryRoot machine_file(const std::string& path) { return MemoryRoot(parse_machine_text(read_test_file(path), path)); }

}  // namespace vfio_doctor::testing
