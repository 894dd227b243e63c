// SPDX-License-Identifier: GPL-2.0-or-later
// Run by the build: writes the JSON Schema of the facts for plugins to standard output.
#include <iostream>

#include "runner/plugins/plugin_facts.hpp"

int main() {
  std::cout << vfio_doctor::facts_schema().dump(2) << '\n';
  return std::cout.flush() ? 0 : 1;
}
