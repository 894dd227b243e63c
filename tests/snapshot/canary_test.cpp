// SPDX-License-Identifier: GPL-2.0-or-later
//
// Redaction's promise: of what somebody could have written anywhere on this host, nothing is in a redacted snapshot, and what
// is behind a key that calls it a secret is in no report.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "checks/signatures/triage.hpp"
#include "facts/guest/guest_view.hpp"
#include "machine/machine_text.hpp"
#include "machine/memory_root.hpp"
#include "machines.hpp"
#include "reports/brief.hpp"
#include "reports/bug_report.hpp"
#include "reports/diff.hpp"
#include "reports/groups.hpp"
#include "reports/guest/guest_report.hpp"
#include "reports/html.hpp"
#include "reports/json.hpp"
#include "reports/junit.hpp"
#include "reports/markdown.hpp"
#include "reports/sarif.hpp"
#include "reports/text.hpp"
#include "reports/triage/mask_triage.hpp"
#include "reports/triage/triage_report.hpp"
#include "runner/commands/examine.hpp"
#include "runner/commands/pasted_checks.hpp"
#include "snapshot/archive.hpp"
#include "snapshot/canary_machine.hpp"
#include "snapshot/redaction.hpp"
#include "snapshot/snapshot.hpp"

namespace vfio_doctor {
namespace {

using testing::canary_machine;
using testing::kind_of_path;

std::string wide(const std::string& text) {
  std::string bytes;
  for (const char c : text) bytes += {c, '\0'};
  return bytes.substr(0, bytes.size() - 1);
}

std::vector<std::string> found_in(const std::string& bytes, const std::vector<std::string>& words) {
  const auto lower = to_lower(bytes);
  std::vector<std::string> found;
  for (const auto& word : words)
    if (lower.find(word) != lower.npos || lower.find(wide(word)) != lower.npos) found.push_back(word);
  return found;
}

Report report_on(const RecordedNodes& nodes) {
  return examine_plainly({"snapshot", "test", std::make_unique<MemoryRoot>(nodes)}, Wake::no);
}

/// With what `word` stood in, for whoever reads the failure.
std::string place_of(const RecordedNodes& nodes, const std::string& word) {
  for (const auto& [path, node] : nodes) {
    const auto at = node.content.find(word);
    if (path.find(word) != path.npos) return path;
    if (at != node.content.npos) return path + ": " + node.content.substr(at < 40 ? 0 : at - 40, 100);
  }
  return word + " (packed or wide)";
}

TEST(Canaries, AreNotInARedactedSnapshot) {
  const auto machine = canary_machine();
  ASSERT_GE(machine.names.size(), 200u);
  const auto whole = write_archive(machine.nodes, {}, Compression::none) + write_machine_text(machine.nodes);
  // What is packed or lies behind a path of its own is looked for in the nodes by its stand-in's absence only.
  EXPECT_GE(found_in(whole, machine.names).size() + 4, machine.names.size()) << "the test looks for what is not there";
  const auto redaction = redact(machine.nodes, find_private_names(MemoryRoot(machine.nodes)));
  EXPECT_EQ(redaction.nodes.size(), machine.nodes.size());
  const auto archive = write_archive(redaction.nodes, {"test", true, redaction.counts}, Compression::none);
  for (const auto& word : found_in(archive, machine.names))
    ADD_FAILURE() << "in the archive: " << place_of(redaction.nodes, word);
  for (const auto& word : found_in(write_machine_text(redaction.nodes), machine.names))
    ADD_FAILURE() << "in the text: " << place_of(redaction.nodes, word);
  EXPECT_TRUE(redaction.kept.empty()) << redaction.kept.front();
}

TEST(Canaries, AreNotInWhatASnapshotKeepsOfThisHost) {
  const auto machine = canary_machine();
  const MemoryRoot root(machine.nodes);
  const auto kept = take_snapshot(root, Wake::no);
  EXPECT_GE(found_in(write_machine_text(kept), machine.names).size(), 150u);
  const auto redacted = redact(kept, find_private_names(root)).nodes;
  for (const auto& word : found_in(write_archive(redacted, {}, Compression::none), machine.names))
    ADD_FAILURE() << place_of(redacted, word);
  EXPECT_EQ(report_on(kept).verdict, report_on(redacted).verdict);
}

const TextStyle wordy{.columns = 200, .verbosity = Verbosity::verbose};

void expect_no_secret(const std::vector<std::string>& secrets, const std::string& format, const std::string& bytes) {
  EXPECT_FALSE(bytes.empty()) << format;
  for (const auto& word : found_in(bytes, secrets)) {
    const auto at = std::min(bytes.find(word), bytes.size());
    ADD_FAILURE() << format << ": " << bytes.substr(at < 60 ? 0 : at - 60, 120);
  }
}

TEST(Canaries, ThatAreSecretsAreInNoReport) {
  const auto machine = canary_machine();
  const auto report = report_on(machine.nodes);
  const auto json = render_json(report);
  const auto comparison = compare_reports(report, report_on({}));
  ASSERT_GE(machine.secrets.size(), 40u);
  EXPECT_NE(json.find("rd.iscsi.password=[masked]"), json.npos) << "the arguments with secrets are not in the report at all";
  EXPECT_NE(render_text(report, wordy).find("rd.iscsi.password=[masked]"), json.npos);
  std::vector<std::pair<std::string, std::string>> formats = {{"text", render_text(report, wordy)},
                                                              {"brief", render_brief(report, wordy)},
                                                              {"json", json},
                                                              {"html", render_html(report)},
                                                              {"markdown", render_markdown(report)},
                                                              {"junit", render_junit(report)},
                                                              {"sarif", render_sarif(report)},
                                                              {"groups", render_groups_text(report, wordy)},
                                                              {"groups json", render_groups_json(report)},
                                                              {"groups svg", render_groups_svg(report)},
                                                              {"diff", render_diff_text(comparison, wordy)},
                                                              {"diff json", render_diff_json(comparison)},
                                                              {"read again", render_json(parse_report_json(json, "test"))}};
  for (const auto& project : bug_report_projects())
    formats.emplace_back("bug-report " + project, *render_bug_report(report, project));
  for (const auto& [format, bytes] : formats) expect_no_secret(machine.secrets, format, bytes);
}

/// Reports that somebody else wrote, or an older version.
TEST(Canaries, ThatAreSecretsAreMaskedInAReportThatIsRead) {
  Report report = report_on(canary_machine().nodes);
  report.findings.at(0).summary = "It has rd.iscsi.password=hunter2.";
  report.findings.at(0).evidence = {{"vnc password", "hunter2"}, {"/proc/cmdline", "a.token=hunter2"}};
  report.findings.at(0).remedy = {
      {"Add it.", {"sudo grubby --args=a.password=hunter2 --update-kernel=ALL"}, {"sudo true"}, "None."}};
  const auto read = parse_report_json(render_json(report), "test");
  EXPECT_EQ(render_json(read).find("hunter2"), std::string::npos);
  EXPECT_EQ(read.findings.at(0).summary, "It has rd.iscsi.password=[masked].");
  const auto& remedy = read.findings.at(0).remedy.at(0);
  EXPECT_TRUE(remedy.commands.empty()) << "a command with [masked] in it writes just that into a boot entry";
  EXPECT_TRUE(remedy.undo.empty());
  EXPECT_EQ(remedy.text, "Add it. The commands would show a secret and are left out here.");
}

TEST(Canaries, ThatAreSecretsAreInNoReportOfAGuest) {
  GuestView view;
  view.kernel = std::string("6.1.0 token=hunter2");
  view.notes = {"The log says: wifi.psk=hunter2"};
  const auto report = guest_report({}, view, "evidence", "a?password=hunter2");
  for (const auto& bytes : {render_guest_text(report, wordy), render_json(report)}) {
    EXPECT_EQ(bytes.find("hunter2"), bytes.npos) << bytes;
    EXPECT_NE(bytes.find("[masked]"), bytes.npos) << bytes;
  }
}

TEST(Canaries, ThatAreSecretsAreInNoTriage) {
  const auto machine = canary_machine();
  std::string paste =
      "$ cat /proc/cmdline\n" + machine.nodes.at("/proc/cmdline").content + "$ dmesg\n" +
      machine.nodes.at("/run/vfio-doctor/kernel.log").content +
      "[   12.000000] vfio-pci 0000:01:00.0: BAR 1: can't reserve [mem 0xe0000000-0xefffffff 64bit pref] pass=hunter2\n"
      "qemu-system-x86_64: -spice password=hunter2: vfio 0000:01:00.0: group 14 is not viable\n";
  auto triage = triage_text(paste, "a.log?token=hunter2");
  add_failing_checks(triage);
  mask_secrets(triage);
  auto secrets = machine.secrets;
  secrets.emplace_back("hunter2");
  EXPECT_FALSE(triage.causes.empty());
  for (const auto& [format, bytes] :
       std::initializer_list<std::pair<std::string, std::string>>{{"text", render_triage_text(triage, wordy)},
                                                                  {"json", render_triage_json(triage)},
                                                                  {"markdown", render_triage_markdown(triage)},
                                                                  {"html", render_triage_html(triage)}})
    expect_no_secret(secrets, "triage " + format, bytes);
}

/// What the program asks every machine for by name must be found again under that name.
TEST(Canaries, PathsThatAreAskedForKeepTheirNames) {
  static const std::regex literal(R"rx("(/(?:boot|dev|efi|etc|lib|proc|run|sys|usr|var)/[A-Za-z0-9_./-]*[A-Za-z0-9_-])")rx");
  RecordedNodes nodes;
  for (const auto* room : {"facts", "snapshot"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(TESTS_DIR) / ".." / room)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      const auto source = testing::read_test_file(std::filesystem::absolute(entry.path()).string());
      for (std::sregex_iterator at(source.begin(), source.end(), literal), end; at != end; ++at)
        nodes[(*at)[1]] = {RecordedNode::Kind::seen, {}};
    }
  ASSERT_GE(nodes.size(), 100u) << "the sources are not written as this test expects them";
  const auto redacted = redact(nodes, {}).nodes;
  for (const auto& [path, node] : nodes)
    EXPECT_TRUE(redacted.contains(path)) << path << " would be called otherwise: a word for known_words.cpp";
}

/// Files in which nobody can have written anything, and attributes that hold a number or one word of the kernel's.
bool holds_no_names(const std::string& kind) {
  static const std::vector<std::string> public_files =
      {"/proc/cpuinfo",    "/proc/self/limits", "/run/vfio-doctor/pci.ids", "/run/vfio-doctor/versions", "/dev/",
       "/sys/.../tables/", "/boot/vmlinuz"};
  // clang-format off
  static const std::vector<std::string> attributes = {
      "config", "vendor", "device", "class", "revision", "subsystem_vendor", "subsystem_device", "uevent", "driver_override", "reset_method", "irq", "removable", "compatible",
      "power_state", "runtime_status", "boot_vga", "numa_node", "online", "cap", "ecap", "features", "resource", "sriov_numvfs", "sriov_totalvfs",
      "dev", "partition", "size", "ifindex", "iflink", "type", "flags", "operstate", "carrier", "bind", "enabled", "status", "boot_display",
      "bInterfaceClass", "bInterfaceProtocol", "bInterfaceSubClass", "bDeviceClass", "bDeviceSubClass", "bDeviceProtocol", "idVendor", "idProduct",
      "busnum", "devnum", "ev", "key", "rel", "abs", "led", "msc", "allow_unsafe_interrupts", "enable_unsafe_noiommu_mode", "address", "physfn", "version"};
  // clang-format on
  for (const auto& start : public_files)
    if (kind.starts_with(start)) return true;
  const auto name = kind.substr(kind.rfind('/') + 1);
  if (kind.starts_with("/sys/") && name == "targetN") return true;  // of a CXL region: "decoder7.0"
  return kind.starts_with("/sys/") && std::ranges::find(attributes, name) != attributes.end();
}

TEST(Canaries, StandInEveryFileThatIsRead) {
  std::set<std::string> covered;
  for (const auto& [path, node] : canary_machine().nodes)
    covered.insert(kind_of_path(path).substr(0, kind_of_path(path).find("qzj")));
  std::set<std::string> missing;
  const std::filesystem::path tests = TESTS_DIR;
  for (const auto& directory : {tests / "../machine/samples", tests / "checks/examples", tests / "hosts"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.path().extension() != ".machine") continue;
      const auto recorded = parse_machine_text(testing::read_test_file(entry.path().string()), entry.path().string());
      for (const auto& [path, node] : take_snapshot(MemoryRoot(recorded), Wake::no)) {
        if (node.kind != RecordedNode::Kind::file) continue;
        const auto kind = kind_of_path(path);
        const bool has_canary = std::ranges::any_of(covered, [&](const std::string& one) {
          return kind == one ||
                 (one.size() > 12 && (kind.starts_with(one) ||
                                      (one.find('/') == 0 && kind.substr(kind.rfind('/')) == one.substr(one.rfind('/')))));
        });
        const bool directory_covered = std::ranges::any_of(covered, [&](const std::string& one) {
          return one.size() > 8 && kind.substr(0, kind.rfind('/')) == one.substr(0, one.rfind('/')) &&
                 !kind.starts_with("/sys/") && !kind.starts_with("/proc/") &&
                 (kind.find(".d/") != kind.npos || kind.find("/entries/") != kind.npos || kind.find("/EFI/") != kind.npos ||
                  kind.find("/sessions/") != kind.npos);
        });
        if (!has_canary && !directory_covered && !holds_no_names(kind)) missing.insert(kind + "  (" + path + ")");
      }
    }
  for (const auto& kind : missing) ADD_FAILURE() << "read, but no canary stands in it: " << kind;
}

}  // namespace
}  // namespace vfio_doctor
