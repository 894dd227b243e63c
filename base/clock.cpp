// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.hpp"

#include <chrono>
#include <cstdlib>
#include <ctime>

#include "base/text.hpp"

namespace vfio_doctor {

std::string time_of_report() {
  std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  // Reproducible output for packagers and tests: https://reproducible-builds.org/specs/source-date-epoch/
  if (const char* fixed = std::getenv("SOURCE_DATE_EPOCH"))
    if (const auto seconds = parse_unsigned(fixed); seconds && *seconds < 1ULL << 40) now = static_cast<std::time_t>(*seconds);
  std::tm parts{};
  char text[32];
#ifdef _WIN32
  gmtime_s(&parts, &now);
#else
  gmtime_r(&now, &parts);
#endif
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace vfio_doctor
