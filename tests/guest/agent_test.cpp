// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/process/subprocess.hpp"
#include "base/text.hpp"
#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

struct Outcome {
  int code = -1;
  std::string out, err;
};

/// A guest on disk, for the program itself.
class Agent : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "guest-agent-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string guest(const std::string& machine_text) {
    const auto root = directory_ / "root";
    for (const auto& [path, node] : parse_machine_text(machine_text, "test")) {
      const auto place = root / path.substr(1);
      fs::create_directories(place.parent_path());
      if (node.kind == RecordedNode::Kind::link) fs::create_symlink(node.content, place);
      if (node.kind == RecordedNode::Kind::file) std::ofstream(place, std::ios::binary) << node.content;
    }
    return root.string();
  }
  std::string file(const std::string& name, const std::string& content) {
    std::ofstream(directory_ / name, std::ios::binary) << content;
    return (directory_ / name).string();
  }
  /// `arguments` are separated by blanks.
  static Outcome run(const std::string& arguments, const std::string& input = {}) {
    ProcessRequest request;
    request.program = AGENT;
    for (const auto word : split_words(arguments)) request.arguments.emplace_back(word);
    request.input = input;
    request.deadline = std::chrono::seconds(60);
    const auto result = run_process(request);
    return {result.exit_code, result.output, result.errors};
  }

  fs::path directory_;
};

TEST_F(Agent, IsReadyWhenAllWorks) {
  const auto outcome = run("--root " + guest(nvme_guest) + " --expect " + file("m", nvme_manifest));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Ready: the expected device is here and works."));
  EXPECT_THAT(outcome.out, HasSubstr("proven up to FUNCTION"));
  EXPECT_EQ(outcome.err, "");
}

// A script's unset variable: this machine would be described in place of the one that was meant.
TEST_F(Agent, RefusesAnEmptyValue) {
  const auto outcome = run("--inventory --root=");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--root needs a value"));
}

TEST_F(Agent, ReadsTheManifestFromStandardInput) {
  EXPECT_EQ(run("--root " + guest(nvme_guest) + " --expect -", nvme_manifest).code, 0);
}

TEST_F(Agent, SaysWhereItStopsAsJsonToo) {
  const auto root = guest(replaced(nvme_guest, " driver=nvme", ""));
  const auto outcome = run("--format=json --root " + root + " --expect " + file("m", nvme_manifest));
  EXPECT_EQ(outcome.code, 1);
  const auto report = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(report["verdict"], "not-ready");
  EXPECT_EQ(report["source"]["kind"], "guest");
  EXPECT_EQ(report["findings"][3]["id"], "guest-driver");
  EXPECT_EQ(report["findings"][3]["status"], "fail");
}

TEST_F(Agent, IsUndeterminedWhenNotAllCouldBeSeen) {
  const auto root = guest(replaced(nvme_guest, "/resource", "/not-resource"));
  EXPECT_EQ(run("--root " + root + " --expect " + file("m", nvme_manifest)).code, 3);
}

TEST_F(Agent, RefusesRubbishWithOneLine) {
  const auto root = guest(nvme_guest);
  const std::string escape = "{\"schema\":\"\x1b[2J\"}";
  for (const auto& arguments :
       std::vector<std::string>{"--expect " + file("rubbish", "\x7f\x45LF not a manifest"),
                                "--expect " + file("escape", escape), "--expect " + (directory_ / "missing").string(),
                                "--expect " + directory_.string(), "--expect", "--format xml", "--wait 1", "--nonsense",
                                "--wait=-1", "--root " + (directory_ / "missing").string(), "--expect x --inventory",
                                "--root " + directory_.string()}) {
    const auto outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << arguments << outcome.err;
    EXPECT_EQ(outcome.err.find('\x1b'), std::string::npos);
  }
}

TEST_F(Agent, WaitsUntilTheTimeIsUp) {
  const auto root = guest(replaced(nvme_guest, " driver=nvme", ""));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run("--wait 1 --root " + root + " --expect " + file("m", nvme_manifest)).code, 1);
  const auto waited = std::chrono::steady_clock::now() - start;
  EXPECT_GE(waited, std::chrono::milliseconds(900));
  EXPECT_LT(waited, std::chrono::seconds(10));
}

TEST_F(Agent, WaitsNoLongerThanItMust) {
  const auto root = guest(nvme_guest);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run("--wait 60 --root " + root + " --expect " + file("m", nvme_manifest)).code, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST_F(Agent, ListsWhatIsThere) {
  const auto root = guest(nvme_guest +
                          "file /usr/share/misc/pci.ids\n"
                          "| # made up\n"
                          "| 144d  Samsung Electronics Co Ltd\n"
                          "| \ta802  NVMe SSD Controller SM951/PM951\n"
                          "| \t\t144d a801  PM951 512 GB\n"
                          "| C 01  Mass storage controller\n"
                          "| \t08  Non-Volatile memory controller\n"
                          "file /lib/modules/6.1.0/modules.alias\n"
                          "| alias pci:v*d*sv*sd*bc01sc08i02* nvme\n"
                          "| alias pci:v00008086d*sv*sd*bc*sc*i* other\n");
  const auto text = run("--inventory --root " + root);
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.out, HasSubstr("0000:03:00.0 Non-Volatile memory controller [0108]: Samsung Electronics Co Ltd NVMe SSD "
                                  "Controller SM951/PM951 [144d:a802] (rev 01)\n"
                                  "\tSubsystem: Samsung Electronics Co Ltd PM951 512 GB [144d:a801]\n"
                                  "\tKernel driver in use: nvme\n\tKernel modules: nvme\n"));
  const auto json = nlohmann::json::parse(run("--inventory --format json --root " + root).out);
  EXPECT_EQ(json["functions"].size(), 3u);
  EXPECT_EQ(json["functions"][2]["guest_path"], "02.1/00.0");
}

TEST_F(Agent, IsOneSmallStaticFile) {
  EXPECT_LE(fs::file_size(STATIC_AGENT), 2u << 20);
  const auto program = read_test_file(STATIC_AGENT);  // 64-bit ELF: program headers of 56 bytes; type 3 asks for a loader
  const auto number = [&program](std::size_t at) { return static_cast<unsigned char>(program.at(at)); };
  const std::size_t headers = number(0x20), count = number(0x38);
  for (std::size_t i = 0; i < count; ++i) EXPECT_NE(number(headers + 56 * i), 3);
}

}  // namespace
}  // namespace vfio_doctor
