// SPDX-License-Identifier: GPL-2.0-or-later
//
// The digest in a report that somebody sent: whatever the text is, it is read to its end and not past it.
#include "runner/commands/report_digest.hpp"

#include <string_view>
#include <vector>

#include "fuzz/target.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  const std::vector<char> exact(bytes.begin(), bytes.end());  // without a NUL behind it
  const auto state = digest_state(std::string_view(exact.data(), exact.size()));
  require(digest_state(bytes) == state, "the same text has the same digest");
}

}  // namespace vfio_doctor
