// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdlib>
#include <filesystem>

namespace vfio_doctor::testing {

/// Recordings of real machines by other people. They are not part of this project; where they lie beside it, or where
/// VFIO_DOCTOR_CORPUS says, tests read them in place.
inline std::filesystem::path corpus(const std::string& case_path) {
  const char* given = std::getenv("VFIO_DOCTOR_CORPUS");
  const auto root = given ? std::filesystem::path(given) : std::filesystem::path(TESTS_DIR) / "../../shared/corpus";
  return root / case_path;
}

}  // namespace vfio_doctor::testing

/// Skips the test, with the reason, where the corpus has no such case.
#define SKIP_WITHOUT_CORPUS(case_path)                                   \
  if (!std::filesystem::exists(vfio_doctor::testing::corpus(case_path))) \
  GTEST_SKIP() << "no " << vfio_doctor::testing::corpus(case_path).string()
