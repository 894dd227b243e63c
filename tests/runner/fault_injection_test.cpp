// SPDX-License-Identifier: GPL-2.0-or-later
//
// One fault at every record of the recorded hosts: what could not be seen must never free a device, and never make a
// host ready. Each run takes a part, the same each time; VFIO_DOCTOR_FAULTS=all (scripts/inject-faults) takes all.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "facts/host.hpp"
#include "facts/pci/pci_names.hpp"
#include "machine/machine_text.hpp"
#include "machine/memory_root.hpp"
#include "runner/commands/examine.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using Kind = RecordedNode::Kind;

/// What happens to one record.
enum class Fault {
  unreadable,  ///< EIO or EACCES on reading or listing it
  closed,      ///< a directory that cannot be listed
  hidden,      ///< EACCES on looking at it
  emptied,     ///< a file of the kernel masked with /dev/null, or cut off
  flattened,   ///< a link that a copying program followed: a directory stands in its place
};
constexpr auto all_faults = std::to_array<std::pair<Fault, const char*>>({{Fault::unreadable, "unreadable"},
                                                                          {Fault::closed, "closed"},
                                                                          {Fault::hidden, "hidden"},
                                                                          {Fault::emptied, "emptied"},
                                                                          {Fault::flattened, "flattened"}});

std::vector<fs::path> recordings() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(TESTS_DIR) / "hosts"))
    if (entry.path().extension() == ".machine") paths.push_back(entry.path());
  paths.push_back(fs::path(TESTS_DIR) / "../machine/samples/hm170.machine");
  std::ranges::sort(paths);
  return paths;
}

RecordedNodes read_nodes(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  auto nodes = parse_machine_text(text.str(), path.filename().string());
  // Names decide nothing; without a list of its own each machine would load the system's.
  nodes.try_emplace(PciNames::recorded_names_path, RecordedNode{Kind::file, "C 00  None\n"});
  return nodes;
}

/// Tables that the kernel never leaves empty: they have a heading, or name something on every machine. An empty file
/// elsewhere may be true (/etc/fstab, /proc/cmdline, an attribute).
bool is_never_empty(const std::string& path) {
  static constexpr auto names = std::to_array<std::string_view>(
      {"/route", "/mountinfo", "/proc/swaps", "/run/vfio-doctor/routes", "/uevent", "/class", "/bus/input/devices"});
  return std::ranges::any_of(names, [&path](std::string_view name) { return path.ends_with(name); });
}

/// The tree below the target of a link, copied to the link's place; links inside it keep what they lead to.
void flatten(RecordedNodes& nodes, const std::string& path) {
  const auto target = join_path(parent_path(path), nodes.at(path).content);
  nodes[path] = {Kind::directory, {}};
  RecordedNodes copied;
  for (auto node = nodes.lower_bound(target + "/"); node != nodes.end() && node->first.starts_with(target + "/"); ++node) {
    auto copy = node->second;
    if (copy.kind == Kind::link) copy.content = join_path(parent_path(node->first), copy.content);
    copied[path + node->first.substr(target.size())] = copy;
  }
  nodes.merge(copied);
}

/// False where the fault does not apply to such a record.
bool inject(RecordedNodes& nodes, const std::string& path, Fault fault) {
  const auto node = nodes.at(path);
  const bool is_file = node.kind == Kind::file || node.kind == Kind::seen;
  switch (fault) {
    case Fault::unreadable:
      if (!is_file) return false;
      nodes[path] = {Kind::unreadable, "Input/output error"};
      return true;
    case Fault::closed: {
      if (node.kind != Kind::directory) return false;
      // Its entries can be looked at by name all the same.
      nodes[path] = {Kind::closed, "Permission denied"};
      return true;
    }
    case Fault::hidden:
      if (node.kind == Kind::hidden) return false;
      nodes[path] = {Kind::hidden, "Permission denied"};
      return true;
    case Fault::emptied:
      if (!is_file || node.content.empty() || !is_never_empty(path)) return false;
      nodes[path] = {Kind::file, {}};
      return true;
    case Fault::flattened:
      if (node.kind != Kind::link || !path.starts_with("/sys/class/")) return false;
      flatten(nodes, path);
      return true;
  }
  return false;
}

/// Directories that the recording names only through what lies in them.
void name_directories(RecordedNodes& nodes) {
  std::vector<std::string> above;
  for (const auto& [path, node] : nodes)
    for (auto up = parent_path(path); up.size() > 1; up = parent_path(up)) above.push_back(up);
  for (const auto& path : above) nodes.try_emplace(path, RecordedNode{Kind::directory, {}});
}

struct Outcome {
  Verdict host;
  std::map<std::string, DeviceVerdict> devices;
};

Outcome judge(const RecordedNodes& nodes) {
  const Source source{"from", "fault", std::make_unique<MemoryRoot>(nodes)};
  const auto report = examine_plainly(source, Wake::no);
  Outcome outcome{report.verdict, {}};
  for (const auto& device : report.devices) outcome.devices[device.address.text()] = device.verdict;
  return outcome;
}

bool is_free(DeviceVerdict verdict) {
  return verdict == DeviceVerdict::assignable || verdict == DeviceVerdict::with_companions;
}

bool must_stay(DeviceVerdict verdict) {
  return verdict == DeviceVerdict::protected_by_host || verdict == DeviceVerdict::blocked ||
         verdict == DeviceVerdict::undetermined;
}

/// What became possible though less was seen; empty where nothing did.
std::string freed(const Outcome& whole, const Outcome& faulty) {
  std::string text;
  if (whole.host != Verdict::ready && faulty.host == Verdict::ready) text += " host became ready";
  for (const auto& [address, verdict] : whole.devices) {
    const auto now = faulty.devices.find(address);
    if (now != faulty.devices.end() && must_stay(verdict) && is_free(now->second))
      text += " " + address + " " + std::string(to_text(verdict)) + " -> " + std::string(to_text(now->second));
  }
  return text;
}

class FaultInjection : public ::testing::TestWithParam<fs::path> {};

TEST_P(FaultInjection, FreesNothing) {
  const auto* wanted = std::getenv("VFIO_DOCTOR_FAULTS");
  const bool all = wanted && std::string_view(wanted) == "all";
  auto nodes = read_nodes(GetParam());
  const auto whole = judge(nodes);
  name_directories(nodes);
  ASSERT_EQ("", freed(whole, judge(nodes)));
  // Another part for every host; over all of them each kind of record has its turn.
  const std::size_t stride = all ? 1 : 13;
  std::size_t number = std::hash<std::string>{}(GetParam().stem().string()) % stride, cases = 0;
  for (const auto& [path, node] : nodes) {
    for (const auto& [fault, name] : all_faults) {
      if (number++ % stride != 0) continue;
      auto faulty = nodes;
      if (!inject(faulty, path, fault)) continue;
      ++cases;
      EXPECT_EQ("", freed(whole, judge(faulty))) << name << " " << path;
    }
  }
  RecordProperty("cases", static_cast<int>(cases));
  if (all) std::printf("%s: %zu faults\n", GetParam().stem().c_str(), cases);
  EXPECT_GT(cases, 0U);
}

INSTANTIATE_TEST_SUITE_P(Recorded, FaultInjection, ::testing::ValuesIn(recordings()), [](const auto& parameter) {
  std::string name = parameter.param.stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace vfio_doctor
