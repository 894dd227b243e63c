// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

std::string text_of(std::time_t time) {
  std::tm parts{};
  char text[32];
#ifdef _WIN32
  gmtime_s(&parts, &time);
#else
  gmtime_r(&time, &parts);
#endif
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

std::string time_of_report() {
  std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  // Reproducible output for packagers and tests: https://reproducible-builds.org/specs/source-date-epoch/
  if (const char* fixed = std::getenv("SOURCE_DATE_EPOCH"))
    if (const auto seconds = parse_unsigned(fixed); seconds && *seconds < 1ULL << 40) now = static_cast<std::time_t>(*seconds);
  return text_of(now);
}

std::optional<std::int64_t> seconds_of_time(std::string_view written) {
  constexpr std::string_view form = "0000-00-00T00:00:00Z";
  if (written.size() != form.size()) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == '0' ? written[i] < '0' || written[i] > '9' : written[i] != form[i]) return std::nullopt;
  const auto number = [written](std::size_t at, std::size_t digits) {
    return static_cast<unsigned>(*parse_unsigned(written.substr(at, digits)));
  };
  using namespace std::chrono;
  const year_month_day date{year(static_cast<int>(number(0, 4))), month(number(5, 2)), day(number(8, 2))};
  const auto hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return duration_cast<seconds>(sys_days(date).time_since_epoch()).count() + 3600 * hour + 60 * minute + second;
}

std::string time_text(std::int64_t seconds) { return text_of(static_cast<std::time_t>(seconds)); }

}  // namespace vfio_doctor
