// SPDX-License-Identifier: GPL-2.0-or-later
//
// A redacted snapshot keeps the arguments of one table. What a check asks for and the table does not name would be lost.
#include "facts/platform/known_arguments.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;

/// Every name that the sources ask a command line or modprobe.d for.
std::set<std::string> names_asked_for() {
  static const std::regex asked(
      R"rx((?:(?:\blast|\barguments(?:->|\.)options)\("([^"]+)"\)|(?:argument_with|has_option)\([*\w.]+, "([^"]+)"))rx");
  static const std::regex parameter(R"rx(\blast\("([^"]+)", "([^"]+)"\))rx");
  std::set<std::string> names;
  const fs::path top = fs::path(TESTS_DIR) / "..";
  for (const auto* room : {"checks", "facts", "verdicts", "runner"}) {
    if (!fs::exists(top / room)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(top / room)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      std::ifstream file(entry.path());
      std::string text;
      for (std::string line; std::getline(file, line);)  // a regular expression over all the sources takes seconds
        if (line.find("last(\"") != line.npos || line.find("options(\"") != line.npos ||
            line.find("argument_with(") != line.npos || line.find("has_option(") != line.npos)
          text += line + "\n";
      for (std::sregex_iterator at(text.begin(), text.end(), asked), end; at != end; ++at)
        names.insert((*at)[1].matched ? (*at)[1] : (*at)[2]);
      for (std::sregex_iterator at(text.begin(), text.end(), parameter), end; at != end; ++at)
        names.insert((*at)[1].str() + "." + (*at)[2].str());
    }
  }
  return names;
}

TEST(KnownArguments, AreAllThatAreAskedFor) {
  const auto names = names_asked_for();
  ASSERT_GE(names.size(), 10u) << "the sources are not written as this test expects them";
  for (const auto& name : names)
    EXPECT_NE(find_known_argument(name), nullptr) << name << " is asked for, but a redacted snapshot would not keep it";
}

TEST(KnownArguments, AreInOneSpelling) {
  std::set<std::string_view> seen;
  for (const auto& row : known_arguments()) {
    EXPECT_TRUE(seen.insert(row.name).second) << row.name << " stands there twice";
    EXPECT_EQ(row.name, normalize_module_name(to_lower(row.name)));
  }
  EXPECT_TRUE(find_known_argument("vfio-pci.ids"));
  EXPECT_TRUE(find_known_argument("INTEL_IOMMU"));
  EXPECT_FALSE(find_known_argument("intel_iommux"));
  EXPECT_FALSE(find_known_argument("rd.iscsi.password"));
}

}  // namespace
}  // namespace vfio_doctor
