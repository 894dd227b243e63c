// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/in_parallel.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace vfio_doctor {
namespace {

TEST(InParallel, ResultsStandWhereTheirItemsStood) {
  std::vector<int> items(1000);
  std::iota(items.begin(), items.end(), 0);
  const auto texts = in_parallel(items, [](int item) { return std::string(40, 'x') + std::to_string(item); });
  ASSERT_EQ(texts.size(), items.size());
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], std::string(40, 'x') + std::to_string(i));
}

/// Results are built where they are to be: one that fails leaves an empty one there.
TEST(InParallel, WhatIsThrownComesToTheCaller) {
  const std::vector<int> items(1000, 1);
  const auto fail = [](int) -> std::string { throw std::runtime_error("no"); };
  EXPECT_THROW(in_parallel(items, fail), std::runtime_error);
}

}  // namespace
}  // namespace vfio_doctor
