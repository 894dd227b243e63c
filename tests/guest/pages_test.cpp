// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/guest/guest_pages.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "checks/guest/ladder.hpp"

namespace vfio_doctor {
namespace {

TEST(GuestPages, EveryFindingHasACompletePage) {
  std::vector<std::string_view> ids{"guest-unexpected", "guest-released", "guest-cycle"};
  for (const auto rung : all_rungs) ids.push_back(rung_id(rung));
  EXPECT_EQ(guest_pages().size(), ids.size());
  for (const auto id : ids) {
    const auto found = std::ranges::find(guest_pages(), id, &GuestPage::id);
    ASSERT_NE(found, guest_pages().end()) << id;
    EXPECT_TRUE(found->page.starts_with("# ")) << id;
    std::size_t at = 0;
    for (const auto* section : {"\n## What it checks\n", "\n## Why it matters\n", "\n## What unknown means\n",
                                "\n## Remedy and its risk\n", "\n## References\n"}) {
      at = found->page.find(section, at);
      EXPECT_NE(at, std::string_view::npos) << id << section;
    }
  }
}

}  // namespace
}  // namespace vfio_doctor
