// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/input_error.hpp"
#include "plugin_fixture.hpp"
#include "runner/plugins/plugin_directory.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using testing::PluginDirectory;

std::vector<std::string> paths(const std::vector<PluginFile>& files) {
  std::vector<std::string> found;
  for (const auto& file : files) found.push_back(file.path);
  return found;
}

// A packager of a plugin cannot know how this program was configured.
TEST(PluginPlaces, AreKnownWhateverThePrefix) {
  EXPECT_THAT(default_plugin_directories(), IsSupersetOf({"/etc/vfio-doctor/checks.d", "/usr/local/lib/vfio-doctor/checks.d",
                                                          "/usr/lib/vfio-doctor/checks.d"}));
  EXPECT_EQ(default_plugin_directories().front(), "/etc/vfio-doctor/checks.d");
}

TEST(PluginPlaces, AnEarlierPlaceReplacesAFileOfTheSameName) {
  const PluginDirectory administrator, package;
  for (const auto* directory : {&administrator, &package}) directory->add_shell("acme", "");
  package.add_shell("other", "");
  const std::vector<std::string> places = {administrator.path(), "/nowhere/checks.d", "/dev/null", package.path()};
  EXPECT_THAT(paths(find_plugin_files(places, PluginPlaces::standard)),
              ElementsAre(administrator.file("acme"), package.file("other")));
}

TEST(PluginPlaces, NamedOnesMustBeThereAndAllCount) {
  const PluginDirectory one, two;
  for (const auto* directory : {&one, &two}) directory->add_shell("acme", "");
  EXPECT_THAT(paths(find_plugin_files({one.path(), two.path()}, PluginPlaces::named)),
              ElementsAre(one.file("acme"), two.file("acme")));
  EXPECT_THROW(find_plugin_files({"/nowhere/checks.d"}, PluginPlaces::named), InputError);
}

}  // namespace
}  // namespace vfio_doctor
