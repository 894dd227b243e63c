// SPDX-License-Identifier: GPL-2.0-or-later
// Plugins that misbehave: each costs exactly one `error` finding, the others are unharmed, and nothing is left running.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/process/process_tree.hpp"
#include "machines.hpp"
#include "plugin_fixture.hpp"
#include "runner/plugins/plugins.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::PluginDirectory;

struct HostilePlugins : ::testing::Test {
  PluginDirectory directory;
  PluginOptions options;
  Host host = gather_host(testing::machine("pci 0000:01:00.0 id=8086:24f3 class=028000\n"));

  void SetUp() override {
    options.directories = {directory.path()};
    options.timeout = 2;
    directory.add_shell("good", PluginDirectory::say("good", "pass"));
  }
  void TearDown() override { EXPECT_THAT(children_of(::getpid()), ::testing::IsEmpty()) << "a process is left behind"; }

  std::vector<Finding> run() { return run_plugins(load_plugins(options), host, options, {}); }

  /// The one error; the good plugin must have spoken, too.
  std::string the_error() {
    std::string error;
    int errors = 0, good = 0;
    for (const auto& finding : run()) {
      good += finding.id == "good-check" && finding.status == Status::pass;
      if (finding.status != Status::error) continue;
      ++errors;
      error = finding.summary;
      EXPECT_EQ(finding.id, "plugin");
      EXPECT_EQ(finding.subject, "host");
      EXPECT_EQ(finding.effect, Effect::none);
    }
    EXPECT_EQ(errors, 1);
    EXPECT_EQ(good, 1) << "the other plugin was harmed";
    return error;
  }
  std::string error_when_run(const std::string& script) {
    directory.add_shell("bad", script);
    return the_error();
  }
  std::string error_when_described(const std::string& output) {
    directory.add("bad", "#!/bin/sh\ncat <<'END'\n" + output + "\nEND\n");
    return the_error();
  }
};

TEST_F(HostilePlugins, Crash) { EXPECT_THAT(error_when_run("kill -SEGV $$"), HasSubstr("crashed: Segmentation fault")); }

TEST_F(HostilePlugins, ExitCode) {
  EXPECT_EQ(error_when_run("echo oops >&2; exit 3"), "The plugin bad 1 ended with exit code 3.");
}

TEST_F(HostilePlugins, HangThatIgnoresSignals) {
  EXPECT_THAT(error_when_run("trap '' TERM INT HUP; while :; do sleep 60; done"), HasSubstr("still at work after 2 s"));
}

TEST_F(HostilePlugins, HangWhileDescribing) {
  directory.add("bad", "#!/bin/sh\nsleep 60\n");
  EXPECT_THAT(the_error(), HasSubstr("asked to describe itself, it was still at work after 2 s"));
}

TEST_F(HostilePlugins, Flood) {
  EXPECT_THAT(error_when_run("yes '" + std::string(1000, 'x') + "'"), HasSubstr("wrote too much"));
}

TEST_F(HostilePlugins, FloodOfErrors) { EXPECT_THAT(error_when_run("yes >&2"), HasSubstr("wrote too much")); }

TEST_F(HostilePlugins, Rubbish) {
  EXPECT_THAT(error_when_run("head -c 2000 /dev/urandom | tr '\\n' x; echo; echo rubbish"),
              HasSubstr("line 1: it is not JSON (and 1 more)"));
}

TEST_F(HostilePlugins, DeepNesting) {
  EXPECT_THAT(error_when_run("head -c 200000 /dev/zero | tr '\\0' '['"), HasSubstr("it is not JSON"));
  EXPECT_THAT(error_when_run("(head -c 100000 /dev/zero | tr '\\0' '['; head -c 100000 /dev/zero | tr '\\0' ']')"),
              HasSubstr("nested deeper than 64 levels"));
}

TEST_F(HostilePlugins, EndlessLine) {
  EXPECT_THAT(error_when_run("head -c 300000 /dev/zero | tr '\\0' x"), HasSubstr("longer than 256 KiB"));
}

TEST_F(HostilePlugins, LieAboutItsId) {
  EXPECT_THAT(error_when_run(R"(echo '{"id": "iommu-active", "status": "pass", "summary": "All is well."}')"),
              HasSubstr("\"id\" is not one that it described"));
}

TEST_F(HostilePlugins, SubjectThatDoesNotExist) {
  EXPECT_THAT(error_when_run(PluginDirectory::say("bad", "fail", "0000:99:00.0")), HasSubstr("\"subject\" is neither"));
  EXPECT_THAT(error_when_run(PluginDirectory::say("bad", "fail", "group:7")), HasSubstr("\"subject\" is neither"));
}

TEST_F(HostilePlugins, EffectItMayNotHave) {
  EXPECT_THAT(error_when_run(PluginDirectory::say("bad", "fail", "host", R"(, "effect": "unsuitable")")),
              HasSubstr("\"effect\""));
}

TEST_F(HostilePlugins, WhatItSaidBeforeItFailedCounts) {
  directory.add_shell("bad", PluginDirectory::say("bad", "fail") + "; printf '{\"id\": \"bad'; kill -9 $$");
  const auto findings = run();
  ASSERT_EQ(findings.size(), 3u);
  EXPECT_EQ(findings[0].status, Status::fail);
  EXPECT_THAT(findings[1].summary, HasSubstr("crashed: Killed"));
}

TEST_F(HostilePlugins, Daemon) {
  EXPECT_THAT(error_when_run(PluginDirectory::say("bad", "pass") +
                             "; setsid sh -c 'sleep 60; :' >/dev/null 2>&1 </dev/null & exit 0"),
              HasSubstr("left 1 process running"));
}

TEST_F(HostilePlugins, DaemonThatKeepsThePipe) {
  EXPECT_THAT(error_when_run("setsid sleep 60 & exit 0"), HasSubstr("left 1 process running"));
}

TEST_F(HostilePlugins, ItKillsItsKeeper) {
  EXPECT_THAT(error_when_run("kill -9 $PPID; sleep 60"), HasSubstr("crashed: Killed"));
}

TEST_F(HostilePlugins, TooManyProcesses) {
  EXPECT_THAT(error_when_run("i=0; while [ $i -lt 300 ]; do sleep 60 & i=$((i+1)); done; wait"),
              HasSubstr("too many processes"));
}

TEST_F(HostilePlugins, OtherProtocol) {
  EXPECT_THAT(error_when_described(R"({"protocol": 2, "name": "bad"})"),
              HasSubstr("it speaks protocol 2, this vfio-doctor speaks protocol 1"));
}

TEST_F(HostilePlugins, Descriptions) {
  EXPECT_THAT(error_when_described(""), HasSubstr("it is not JSON"));
  EXPECT_THAT(error_when_described("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(error_when_described(R"({"protocol": 1, "name": "bad", "version": "1", "checks": []})"),
              HasSubstr("\"checks\" is missing or empty"));
  EXPECT_THAT(error_when_described(
                  R"({"protocol": 1, "name": "bad", "version": "1", "checks": [{"id": "Bad Id", "title": "t"}]})"),
              HasSubstr("checks[0].\"id\" is not lower-case"));
  EXPECT_THAT(
      error_when_described(
          R"({"protocol": 1, "name": "bad", "version": "1", "checks": [{"id": "bad-id", "title": "t", "facts": ["secrets"]}]})"),
      HasSubstr("no facts called \"secrets\""));
}

TEST_F(HostilePlugins, IdsThatAreTaken) {
  const std::string begin = R"({"protocol": 1, "name": "bad", "version": "1", "checks": [{"title": "t", "id": ")";
  EXPECT_THAT(error_when_described(begin + "iommu-active\"}]}"), HasSubstr("belongs to a built-in check"));
  EXPECT_THAT(error_when_described(begin + "verdict\"}]}"), HasSubstr("belongs to vfio-doctor itself"));
  fs::rename(directory.file("bad"), directory.file("later"));
  directory.add("later", "#!/bin/sh\necho '" + begin + "good-check\"}]}'\n");
  EXPECT_THAT(the_error(), HasSubstr("belongs to " + directory.file("good")));
}

TEST_F(HostilePlugins, NoProgram) {
  directory.add("bad", "no first line\n\1\2\3");
  EXPECT_THAT(the_error(), HasSubstr("Exec format error"));
}

// ---- who may write there ---------------------------------------------------------------------------------------------

TEST_F(HostilePlugins, FileThatOthersCanWrite) {
  directory.add("bad", "#!/bin/sh\ntouch " + directory.path().string() + "/ran\n", 0777);
  EXPECT_THAT(the_error(), HasSubstr("can be written by anybody"));
  directory.add("bad", "#!/bin/sh\ntouch " + directory.path().string() + "/ran\n", 0775);
  EXPECT_THAT(the_error(), HasSubstr("can be written by its group"));
  EXPECT_FALSE(fs::exists(directory.path() / "ran"));
}

TEST_F(HostilePlugins, FileOfSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  directory.add("bad", "#!/bin/sh\n");
  ASSERT_EQ(::chown(directory.file("bad").c_str(), 12345, 12345), 0);
  EXPECT_THAT(the_error(), HasSubstr("belongs to user 12345"));
}

TEST_F(HostilePlugins, LinkToAFileThatOthersCanWrite) {
  const PluginDirectory elsewhere;
  elsewhere.add("bad", "#!/bin/sh\n", 0777);
  fs::create_symlink(elsewhere.file("bad"), directory.file("bad"));
  EXPECT_THAT(the_error(), HasSubstr("can be written by anybody"));
}

TEST_F(HostilePlugins, LinkIntoADirectoryThatOthersCanWrite) {
  const PluginDirectory elsewhere;
  elsewhere.add("bad", "#!/bin/sh\n");
  ::chmod(elsewhere.path().c_str(), 0777);
  fs::create_symlink(elsewhere.file("bad"), directory.file("bad"));
  EXPECT_THAT(the_error(), HasSubstr("can be written by anybody"));
}

TEST_F(HostilePlugins, LinkToNowhereNotExecutableAndOddNames) {
  fs::create_symlink("/no/such/file", directory.file("bad"));
  EXPECT_THAT(the_error(), HasSubstr("leads nowhere"));
  fs::remove(directory.file("bad"));
  directory.add("bad", "#!/bin/sh\n", 0644);
  EXPECT_THAT(the_error(), HasSubstr("not executable"));
  fs::rename(directory.file("bad"), directory.file("bad.bak"));
  EXPECT_THAT(the_error(), HasSubstr("its name may hold only"));
}

TEST_F(HostilePlugins, DirectoryThatOthersCanWrite) {
  ::chmod(directory.path().c_str(), 0777);
  const auto findings = run();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_THAT(findings[0].summary, HasSubstr("can be written by anybody"));
}

TEST_F(HostilePlugins, DirectoryBelowOneThatOthersCanWrite) {
  const PluginDirectory open;
  fs::create_directory(open.path() / "plugins");
  ::chmod((open.path() / "plugins").c_str(), 0755);
  ::chmod(open.path().c_str(), 0777);
  options.directories.push_back(open.path() / "plugins");
  EXPECT_THAT(the_error(), HasSubstr("above it, can be written by others"));
}

}  // namespace
}  // namespace vfio_doctor
