// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace vfio_doctor {
namespace {

TEST(Clock, ATimeIsReadAsItIsWritten) {
  EXPECT_EQ(seconds_of_time("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(seconds_of_time("2024-02-29T23:59:59Z"), 1709251199);
  EXPECT_EQ(time_text(1709251199), "2024-02-29T23:59:59Z");
  for (const auto* wrong : {"", "2024-02-30T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01 00:00:00Z",
                            "2024-01-01T00:00:00+", "+024-01-01T00:00:00Z", "2024-01-01T00:00:00Z "})
    EXPECT_FALSE(seconds_of_time(wrong)) << wrong;
}

}  // namespace
}  // namespace vfio_doctor
