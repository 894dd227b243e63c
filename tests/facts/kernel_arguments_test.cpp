// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/platform/kernel_arguments.hpp"

#include <gmock/gmock.h>

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> texts(std::string_view line) {
  std::vector<std::string> all;
  for (const auto& argument : KernelArguments::parse(line).all()) all.push_back(argument.text());
  return all;
}

TEST(KernelArguments, SplitsAtBlanks) {
  EXPECT_THAT(texts("  quiet\tintel_iommu=on,sm_on  iommu=pt\n"), ElementsAre("quiet", "intel_iommu=on,sm_on", "iommu=pt"));
  EXPECT_THAT(texts(""), ElementsAre());
}

TEST(KernelArguments, TellsNoValueFromAnEmptyOne) {
  const auto all = KernelArguments::parse("quiet root=").all();
  EXPECT_FALSE(all.at(0).value);
  EXPECT_EQ(all.at(1).value, "");
}

TEST(KernelArguments, DoubleQuotesHoldBlanksTogether) {
  EXPECT_THAT(texts(R"(dyndbg="file a.c +p" "other=with blank" quiet)"),
              ElementsAre("dyndbg=file a.c +p", "other=with blank", "quiet"));
  EXPECT_THAT(texts(R"(a="never closed b=c)"), ElementsAre("a=never closed b=c"));
  EXPECT_THAT(texts("it's a='b c'"), ElementsAre("it's", "a='b", "c'")) << "single quotes mean nothing to the kernel";
}

TEST(KernelArguments, WhatFollowsTwoDashesIsForInit) {
  EXPECT_THAT(texts("quiet -- intel_iommu=on"), ElementsAre("quiet"));
  EXPECT_THAT(texts("quiet --x intel_iommu=on"), ElementsAre("quiet", "--x", "intel_iommu=on"));
}

TEST(KernelArguments, DashAndUnderscoreAreTheSameInNamesOnly) {
  const auto line = KernelArguments::parse("vfio-pci.ids=10de:1234 a=b-c");
  EXPECT_TRUE(line.contains({"vfio_pci.ids", "10de:1234"}));
  EXPECT_FALSE(line.contains({"a", "b_c"}));
  EXPECT_FALSE(line.contains({"vfio_pci.ids", std::nullopt}));
}

TEST(KernelArguments, TheLastOneCounts) {
  const auto line = KernelArguments::parse("iommu=1 iommu=pt intel_iommu=on intel_iommu=igfx_off,sp_off intel_iommu");
  ASSERT_NE(line.last("iommu"), nullptr);
  EXPECT_EQ(line.last("iommu")->value, "pt");
  EXPECT_THAT(line.options("intel_iommu"), ElementsAre("on", "igfx_off", "sp_off"));
  EXPECT_EQ(line.last("iommu.passthrough"), nullptr);
}

TEST(KernelArguments, SurvivesRubbish) {
  for (const std::string_view line : {"=", "==", "\"", "\"\"", "a=\"", "=\"a", "\"a=", "\"=\" =", "\xa0\xff"})
    EXPECT_NO_THROW(KernelArguments::parse(line)) << line;
  EXPECT_THAT(texts(std::string_view("a\0b", 3)), ElementsAre("a"));
}

}  // namespace
}  // namespace vfio_doctor
