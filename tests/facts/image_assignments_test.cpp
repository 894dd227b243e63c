// SPDX-License-Identifier: GPL-2.0-or-later
// Lists of dracut and mkinitcpio, as bash reads them.
#include "facts/platform/image_assignments.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// "MODULES:1 vfio_pci:1 vfio:2", "+MODULES:3", "?MODULES:5" where it is conditional.
std::vector<std::string> read(const std::string& text) {
  std::vector<std::string> all;
  for (const auto& assignment : read_image_assignments(text)) {
    auto line = std::string(assignment.conditional ? "?" : "") + (assignment.appends ? "+" : "") + assignment.name + ":" +
                std::to_string(assignment.line);
    for (const auto& word : assignment.words) line += " " + word.text + ":" + std::to_string(word.line);
    all.push_back(line);
  }
  return all;
}

TEST(ImageAssignments, AnArrayGoesOverLines) {
  EXPECT_THAT(read("MODULES=(\n  vfio_pci  # the card's (not 'nvidia')\n  \"vfio\"\n  # amdgpu\n  "
                   "'vfio_iommu_type1')\nHOOKS=(base)\n"),
              ElementsAre("MODULES:1 vfio_pci:2 vfio:3 vfio_iommu_type1:5", "HOOKS:6 base:6"));
  EXPECT_THAT(read("MODULES=(vfio\\\n_pci)"), ElementsAre("MODULES:1 vfio_pci:1"));
}

TEST(ImageAssignments, AStringGoesOverLines) {
  EXPECT_THAT(read("force_drivers+=\" vfio_pci\n vfio \" # more\nadd_drivers=tun # no\n"),
              ElementsAre("+force_drivers:1 vfio_pci:1 vfio:2", "add_drivers:3 tun:3"));
}

TEST(ImageAssignments, TheTextIsTheLineOfOneAndTheFirstOfSeveral) {
  const auto all = read_image_assignments("  MODULES=(a b) # c\nMODULES+=(\n a\n)\n");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].text, "MODULES=(a b) # c");
  EXPECT_EQ(all[1].text, "MODULES+=( ...");
}

TEST(ImageAssignments, WhatStandsUnderAConditionIsMarked) {
  EXPECT_THAT(read("if [ -e /x ]; then\n  MODULES=(a)\nelse\n  MODULES+=(b)\nfi\nMODULES+=(c)\n"),
              ElementsAre("?MODULES:2 a:2", "?+MODULES:4 b:4", "+MODULES:6 c:6"));
}

TEST(ImageAssignments, CommentsAndOtherCommandsAreNone) {
  EXPECT_THAT(read("#MODULES=(a)\n # MODULES=(b)\necho MODULES=(c)\n=\nMODULES\n1MODULES=(d)\n"), IsEmpty());
}

TEST(ImageAssignments, WhatIsNotClosedEndsWithTheFile) {
  for (const std::string text : {"MODULES=(", "MODULES=(a", "A=\"a", "A='a", "A=\\", "A=", "MODULES=( # "})
    EXPECT_EQ(read(text).size(), 1u) << text;
  EXPECT_LE(read(std::string(100'000, '(') + "\nA=(" + std::string(100'000, ' ') + ")").size(), 1u);
}

}  // namespace
}  // namespace vfio_doctor
