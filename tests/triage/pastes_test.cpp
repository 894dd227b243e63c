// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pastes with a known cause (pastes/*.txt): their first line says what must be named first, how surely and about what.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/text.hpp"
#include "checks/signatures/triage.hpp"
#include "corpus.hpp"

namespace vfio_doctor {
namespace {

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// "#expect CAUSE CONFIDENCE SUBJECT [WORD-OF-THE-TITLE]"; "none" and "unknown" where no cause may be named, "-" where any subject will do.
void expect_answer(const std::string& expectation, const Triage& triage, const std::string& name) {
  std::istringstream words(expectation);
  std::string cause, confidence, subject, title, mark;
  words >> mark >> cause >> confidence >> subject >> title;
  ASSERT_EQ(mark, "#expect") << name;
  if (cause == "none" || cause == "unknown") {
    ASSERT_TRUE(triage.causes.empty()) << name << ": " << triage.causes.front().id;
    EXPECT_EQ(triage.shows_no_problem(), cause == "none") << name;
    return;
  }
  ASSERT_FALSE(triage.causes.empty()) << name;
  const auto& first = triage.causes.front();
  EXPECT_EQ(first.id, cause) << name;
  EXPECT_EQ(to_text(first.confidence), confidence) << name;
  if (subject != "-") {
    EXPECT_EQ(first.subject, subject) << name;
  }
  EXPECT_NE(first.title.find(title), std::string::npos) << name << ": " << first.title;
  EXPECT_FALSE(first.evidence.empty()) << name;
}

TEST(Pastes, the_known_cause_is_named_first) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(TESTS_DIR) + "/triage/pastes")) {
    const auto text = read_all(entry.path());
    const auto end = text.find('\n');
    ASSERT_NE(end, std::string::npos) << entry.path();
    expect_answer(text.substr(0, end), triage_text(text.substr(end + 1), "paste"), entry.path().filename());
    ++count;
  }
  EXPECT_GE(count, 25u);
}

/// One line or two, as in a question of a forum: short_pastes.tsv.
TEST(Pastes, little_is_enough_to_name_the_cause) {
  std::istringstream rows(read_all(std::string(TESTS_DIR) + "/triage/short_pastes.tsv"));
  std::size_t count = 0;
  for (std::string row; std::getline(rows, row);) {
    if (row.empty() || row.starts_with('#')) continue;
    const auto fields = split(row, '\t');
    ASSERT_EQ(fields.size(), 3u) << row;
    std::string text;
    for (std::size_t at = 0; at < fields[2].size(); ++at) {
      const auto two = fields[2].substr(at, 2);
      text += two == "\\n" ? '\n' : two == "\\t" ? '\t' : two == "\\\\" ? '\\' : fields[2][at];
      if (two == "\\n" || two == "\\t" || two == "\\\\") ++at;
    }
    expect_answer("#expect " + std::string(fields[0]) + " " + std::string(fields[1]) + " -", triage_text(text + "\n", "paste"),
                  row);
    ++count;
  }
  EXPECT_GE(count, 60u);
}

TEST(Pastes, what_is_not_known_is_shown_and_nothing_is_called_well) {
  const auto triage =
      triage_text("qemu-system-x86_64: -vnc :7: Failed to find an available port: Address already in use\n", "paste");
  EXPECT_TRUE(triage.recognised);
  EXPECT_FALSE(triage.shows_no_problem());
  ASSERT_EQ(triage.unexplained.size(), 1u);
  EXPECT_EQ(triage.unexplained[0].line, 1u);
  EXPECT_FALSE(triage.ask.empty());
}

TEST(Pastes, a_windows_line_end_changes_nothing) {
  for (const auto& entry : std::filesystem::directory_iterator(std::string(TESTS_DIR) + "/triage/pastes")) {
    std::string text;
    for (const char c : read_all(entry.path())) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
    const auto end = text.find("\r\n");
    expect_answer(text.substr(0, end), triage_text(text.substr(end + 2), "paste"), entry.path().filename());
  }
}

TEST(Pastes, a_mail_quote_changes_nothing) {
  for (const auto& entry : std::filesystem::directory_iterator(std::string(TESTS_DIR) + "/triage/pastes")) {
    if (entry.path().stem() == "patch-is-no-log") continue;  // quoted, its marks are lines of a mail
    const auto whole = read_all(entry.path());
    const auto end = whole.find('\n');
    std::string text = "> ";
    for (const char c : whole.substr(end + 1)) text += c == '\n' ? std::string("\n> ") : std::string(1, c);
    expect_answer(whole.substr(0, end), triage_text(text, "paste"), entry.path().filename());
  }
}

TEST(Pastes, evidence_quotes_the_line_with_its_number) {
  const auto triage = triage_text("hello\n\nvfio 0000:65:00.0: group 12 is not viable\n", "paste");
  ASSERT_EQ(triage.causes.size(), 1u);
  ASSERT_EQ(triage.causes[0].evidence.size(), 1u);
  EXPECT_EQ(triage.causes[0].evidence[0].line, 3u);
  EXPECT_EQ(triage.causes[0].evidence[0].text, "vfio 0000:65:00.0: group 12 is not viable");
}

TEST(Pastes, nothing_that_a_shell_understands_gets_into_a_command) {
  const auto triage = triage_text(
      "error: Failed to load PCI driver module a|$HOME|reboot: administratively prohibited\n"
      "Failed to bind PCI device '0000:05:00.0' to vfio;reboot\n",
      "paste");
  ASSERT_FALSE(triage.causes.empty());
  for (const auto& cause : triage.causes) {
    EXPECT_EQ(cause.title.find('$'), std::string::npos) << cause.title;
    for (const auto& remedy : cause.remedy)
      for (const auto& command : remedy.commands) EXPECT_EQ(command.find("reboot"), std::string::npos) << command;
  }
}

TEST(Pastes, an_error_text_finds_its_page) {
  EXPECT_NE(page_for_error_text("group 14 is not viable").find("# Group is not viable"), std::string::npos);
  EXPECT_NE(page_for_error_text("Unknown PCI header type '127'").find("reads all ones"), std::string::npos);
  EXPECT_TRUE(page_for_error_text("hello world").empty());
}

TEST(Pastes, the_hosts_own_log_is_matched_by_function) {
  const auto matches = match_kernel_log({"usb 1-1: new device", "vfio-pci 0000:5e:00.0: not ready 65535ms after FLR; giving up",
                                         "vfio_ecap_init: hiding ecap 0x19@0x900"});
  ASSERT_EQ(matches.size(), 1u);
  EXPECT_EQ(matches[0].signature->id, "not-ready-reset");
  EXPECT_EQ(matches[0].message, 1u);
  EXPECT_EQ(matches[0].address, PciAddress::parse("0000:5e:00.0"));
}

struct KnownReport {
  const char* name;
  const char* cause;  ///< "": nothing is wrong there
};

/// Other people's reports, read in place where they lie beside the project.
constexpr KnownReport reports[] = {{"01-boot-framebuffer-p5000", "boot-framebuffer"},
                                   {"02-nic-ports-one-group", "group-member-held"},
                                   {"03-new-id-file-exists", "id-known-already"},
                                   {"04-vfio-pci-not-loaded", "vfio-pci-not-loaded"},
                                   {"05-laptop-nvidia-in-use-header-127", "host-driver-busy"},
                                   {"06-snp-gpu-d3cold-after-cycles", "d3cold"},
                                   {"07-igpu-5912-flr-hang", "flr-hang"},
                                   {"08-killed-qube-dead-wifi", "dead-device"},
                                   {"09-raphael-missing-audio-function", "passed-device-faults"},
                                   {"10-n305-shutdown-hang-pve", "vf-shutdown-hang"},
                                   {"11-viommu-two-devices-memlock", "memlock-viommu"},
                                   {"12-cdev-node-not-in-container", "cdev-not-there"},
                                   {"13-libvirt-hardening-hides-modules", "libvirt-hardening"},
                                   {"14-igpu-vf-no-mmio", "sriov-no-room"},
                                   {"15-pi5-no-group", "iommu-off-said"},
                                   {"16-ovmf-mmio-window", "guest-mmio-window"},
                                   {"17-windows-vf-driver-code43", "guest-graphics-driver"},
                                   {"18-manager-wants-mdev", "manager-wants-mdev"},
                                   {"19-vgpu-driver-too-old-for-kernel", "vgpu-driver-too-old"},
                                   {"20-guest-address-clash-hotplug", "guest-address-clash"}};
constexpr KnownReport folders[] = {{"I-github-issues/I01-gk104-group1-nvidia-driver-bound", "group-companion-listed"},
                                   {"I-github-issues/I03-proxmox-no-param-in-cmdline-adlN", "argument-not-applied"},
                                   {"I-github-issues/I05-skylake-systemd-boot-tool-false-negative", "tool-is-wrong"},
                                   {"I-github-issues/I07-hpe-new-wording-1to1-mapping", "firmware-mapping"},
                                   {"I-github-issues/I09-x710-four-functions-one-group", "group-companion-held"},
                                   {"I-github-issues/I11-dra-nvidia-audio-companion", "group-companion-listed"},
                                   {"I-github-issues/I13-x710-tiny-desktop-no-cpu-acs", "functions-share-group"},
                                   {"I-github-issues/I15-xps9560-d3-not-ready", "d3cold"},
                                   {"I-github-issues/I17-igd-rom-signature-benign", ""},
                                   {"I-github-issues/I19-memlock-libvirt-hardening", "memlock"},
                                   {"I-github-issues/I21-identical-t400-override", "identical-devices"},
                                   {"I-github-issues/I23-dracut-force_drivers-not-early", "ids-not-bound"},
                                   {"I-github-issues/I25-bios-broken-dmar-all-ones", "iommu-table-unusable"},
                                   {"I-github-issues/I27-cezanne-780m-reset_method", "vendor-reset-absent"},
                                   {"D-failures/D01-x299-rmrr-parse-failure-IOMMU-enabled-lie", "iommu-table-unusable"},
                                   {"D-failures/D03-kernel611-config_acs-regression-group-not-viable", "group-acs-regression"},
                                   {"D-failures/D05-amdgpu-ats-completion-wait-timeout", "ats-broken"},
                                   {"D-failures/D07-a770-d3cold-inaccessible", "d3cold"},
                                   {"D-failures/D09-rme-hdsp-broken-intx-masking", "intx-masking"},
                                   {"D-failures/D11-lsi-fw643-bus-reset-bad", "bus-reset-hang"},
                                   {"D-failures/D13-msi-cyborg-full-bundle-param-missing", "iommu-not-enabled"},
                                   {"D-failures/D15-vtd-off-in-firmware-but-intel_iommu-on", "iommu-off-firmware"},
                                   {"D-failures/D17-hp-spectre-platform-opt-in", ""},
                                   {"D-failures/D19-kexec-IR-preenabled", ""},
                                   {"D-failures/D21-amd-default-on-no-param", ""},
                                   {"D-failures/D23-poweredge-t630-r730-good-with-lspci", ""},
                                   {"D-failures/D25-amd-groups-with-perf-warn", ""},
                                   {"D-failures/D27-thinkstation-p520-no-dmar", "iommu-off-firmware"}};

Triage triage_folder(const std::filesystem::path& folder) {
  TriageReader reader;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().filename() != "SOURCE.txt" && entry.path().filename() != "expected.json")
      files.push_back(entry.path());
  std::ranges::sort(files);
  for (const auto& file : files) {
    reader.begin_file(file.filename());
    reader.feed(read_all(file));
    reader.end_file();
  }
  return reader.judge();
}

void expect_first(const Triage& triage, const KnownReport& report) {
  const std::string said = triage.causes.empty() ? "" : triage.causes.front().id;
  EXPECT_EQ(said, report.cause) << report.name;
}

TEST(Reports, known_causes_are_named_first) {
  SKIP_WITHOUT_CORPUS("../cases/reports");
  for (const auto& report : reports) expect_first(triage_folder(testing::corpus("../cases/reports") / report.name), report);
}

TEST(Corpus, known_causes_are_named_first) {
  SKIP_WITHOUT_CORPUS("I-github-issues");
  for (const auto& report : folders) expect_first(triage_folder(testing::corpus(report.name)), report);
}

TEST(Corpus, captures_of_healthy_hosts_have_no_cause) {
  SKIP_WITHOUT_CORPUS("B-host-bundles");
  std::size_t count = 0;
  for (const auto* part : {"B-host-bundles", "C-passthrough-hosts"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(testing::corpus(part))) {
      if (!entry.is_regular_file() || entry.path().filename() == "SOURCE.txt") continue;
      // Its modprobe.d has the spelling of the command line: that is a cause, not a false one.
      if (entry.path().string().find("C13-madhavpcm-modprobe-wrong-param") != std::string::npos) continue;
      const auto triage = triage_text(read_all(entry.path()), entry.path().filename());
      EXPECT_TRUE(triage.causes.empty()) << entry.path() << ": " << triage.causes.front().id;
      ++count;
    }
  EXPECT_GE(count, 60u);
}

}  // namespace
}  // namespace vfio_doctor
