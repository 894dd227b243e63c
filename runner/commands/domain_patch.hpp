// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/domain/domain_fixes.hpp"

namespace vfio_doctor {

/// `text` with the fixes in it. It has as many lines as before.
std::string with_fixes(const std::string& text, std::vector<DomainFix> fixes);

/// A patch in unified format for `patch -p0`, behind a line "# line N: why" for each fix; empty where there is nothing to
/// fix. `file` is what the patch calls the text.
std::string domain_patch(const std::string& text, const std::string& file, const std::vector<DomainFix>& fixes);

}  // namespace vfio_doctor
