// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/commands/accepted_risks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/input_error.hpp"
#include "base/process/subprocess.hpp"
#include "machines.hpp"
#include "reports/report_of.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Finding risk(const std::string& id, const std::string& subject, Status status = Status::warn,
             Effect effect = Effect::protects) {
  Finding finding;
  finding.id = id;
  finding.subject = subject;
  finding.status = status;
  finding.effect = effect;
  finding.summary = "The host needs it.";
  return finding;
}

ProcessResult run(const std::vector<std::string>& arguments) {
  ProcessRequest request;
  request.program = PROGRAM;
  request.arguments = arguments;
  request.most_output = 8 << 20;
  return run_process(request);
}

std::string error_of(const std::string& config) {
  try {
    parse_config(config, "x.conf");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Config, NamesRisksAndReasons) {
  const auto rules =
      parse_config("# known\n\n[accept host-console=01:00.0]\n  reason = one = GPU\n[accept last-keyboard]\nreason=ssh\n",
                   "x.conf");
  ASSERT_THAT(rules, SizeIs(2));
  EXPECT_EQ(rules[0].id, "host-console");
  EXPECT_EQ(rules[0].subject, "0000:01:00.0");
  EXPECT_EQ(rules[0].reason, "one = GPU");
  EXPECT_EQ(rules[0].source, "x.conf:3");
  EXPECT_EQ(rules[1].subject, "");
}

TEST(Config, EveryMistakeHasItsLine) {
  EXPECT_THAT(error_of("[accept a]\n"), HasSubstr("x.conf:1: a reason is missing"));
  EXPECT_THAT(error_of("[accept a]\n[accept b]\nreason = x"), HasSubstr("x.conf:1: a reason is missing"));
  EXPECT_THAT(error_of("\nreason = x"), HasSubstr("x.conf:2: a reason without"));
  EXPECT_THAT(error_of("[accept a]\nreason = x\nreason = y"), HasSubstr("x.conf:3: a second reason"));
  EXPECT_THAT(error_of("[accept a]\nreason ="), HasSubstr("x.conf:2: the reason is empty"));
  EXPECT_THAT(error_of("[accept a=wifi]"), HasSubstr("x.conf:1: 'wifi' is no address"));
  EXPECT_THAT(error_of("[accept ]"), HasSubstr("x.conf:1: "));
  EXPECT_THAT(error_of("[skip a]"), HasSubstr("x.conf:1: expected"));
  EXPECT_THAT(error_of("color = never"), HasSubstr("x.conf:1: expected"));
  EXPECT_THAT(error_of("[accept a]\nreason = " + std::string(401, 'x')), HasSubstr("longer than 400"));
}

TEST(AcceptedFindings, OnlyWhatIsARisk) {
  const std::vector<Finding> findings{risk("host-console", "0000:01:00.0"),
                                      risk("iommu-active", "host", Status::fail, Effect::blocked),
                                      risk("host-network", "0000:02:00.0", Status::unknown)};
  std::vector<std::string> notes;
  EXPECT_THAT(accepted_findings({{"host-console", "", "one GPU", "--accept"}}, findings, notes), SizeIs(1));
  EXPECT_THAT(notes, IsEmpty());
  EXPECT_THAT(accepted_findings({{"iommu-active", "", "why not", "--accept"}}, findings, notes), IsEmpty());
  EXPECT_THAT(accepted_findings({{"host-network", "", "why not", "--accept"}}, findings, notes), IsEmpty());
  EXPECT_THAT(notes, ElementsAre(HasSubstr("Not accepted: iommu-active"), HasSubstr("Not accepted: host-network")));
}

TEST(AcceptedFindings, SeveralSubjectsNeedAnAddress) {
  const std::vector<Finding> findings{risk("host-storage", "0000:01:00.0"), risk("host-storage", "0000:02:00.0")};
  std::vector<std::string> notes;
  EXPECT_THROW(accepted_findings({{"host-storage", "", "backup disk", "--accept"}}, findings, notes), InputError);
  const auto accepted = accepted_findings({{"host-storage", "0000:02:00.0", "backup disk", "--accept"}}, findings, notes);
  ASSERT_THAT(accepted, SizeIs(1));
  EXPECT_EQ(accepted[0].subject, "0000:02:00.0");
}

TEST(AcceptedFindings, WhatIsNotThereIsANote) {
  std::vector<std::string> notes;
  EXPECT_THAT(accepted_findings({{"host-console", "", "one GPU", "x.conf:1"}}, {}, notes), IsEmpty());
  EXPECT_THAT(notes, ElementsAre(HasSubstr("finds nothing wrong")));
}

/// Who can write the file could have a host called ready.
TEST(ConfigFile, IsRefusedWhereOthersCanWriteIt) {
  const testing::TemporaryDirectory directory;
  const std::string file = (directory.path() / "risks.conf").string();
  std::ofstream(file) << "[accept last-keyboard]\nreason = ssh\n";
  const auto check = [&](mode_t mode) {
    std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
    return run({"--sample", "hm170", "--config", file});
  };
  EXPECT_THAT(check(0644).output, HasSubstr("(" + file + ":1): ssh"));
  for (const mode_t mode : {0666U, 0646U, 0602U}) {
    const auto refused = check(mode);
    EXPECT_EQ(refused.exit_code, 2) << mode;
    EXPECT_EQ(refused.output, "");
    EXPECT_THAT(refused.errors, ::testing::EndsWith(file + ": can be written by others (chmod go-w " + file + ")\n"));
    EXPECT_EQ(std::ranges::count(refused.errors, '\n'), 1) << refused.errors;
  }
}

TEST(ConfigFile, IsRefusedWhereItBelongsToSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const testing::TemporaryDirectory directory;
  const std::string file = (directory.path() / "risks.conf").string();
  std::ofstream(file) << "[accept last-keyboard]\nreason = ssh\n";
  ASSERT_EQ(::chown(file.c_str(), 12345, 0), 0);
  EXPECT_THAT(run({"--sample", "hm170", "--config", file}).errors,
              HasSubstr(file + ": belongs to user 12345, not to root or to you"));
  ASSERT_EQ(::chown(file.c_str(), 0, 12345), 0);
  std::filesystem::permissions(file, std::filesystem::perms(0664));
  EXPECT_THAT(run({"--sample", "hm170", "--config", file}).errors, HasSubstr("can be written by others")) << "of a group";
}

TEST(ConfigFile, MistakeIsOneLineWithItsPlace) {
  const testing::TemporaryDirectory directory;
  const std::string file = (directory.path() / "risks.conf").string();
  std::ofstream(file) << "# mine\n[accept last-keyboard]\nreson = ssh\n";
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  const auto refused = run({"--sample", "hm170", "--config", file});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.output, "");
  EXPECT_THAT(refused.errors, ::testing::EndsWith(file + ":3: expected [accept ID], [accept ID=ADDRESS] or reason = WORDS\n"));
  EXPECT_EQ(std::ranges::count(refused.errors, '\n'), 1);
}

/// A machine whose only graphics card shows the console.
Host single_gpu() { return gather_host(testing::machine("pci 01:00.0 id=10de:2484 class=030000 group=1 boot_vga=1\n")); }

TEST(AcceptedRisk, TheOnlyGraphicsCardCanBeGiven) {
  const Host host = single_gpu();
  const std::vector<Finding> findings{risk("host-console", "0000:01:00.0")};
  const std::vector<PciAddress> selection{*PciAddress::parse("01:00.0")};
  EXPECT_EQ(judge(host, findings, selection, {}).verdict, Verdict::not_ready);
  const auto judgement = judge(host, findings, selection, {}, {{"host-console", "0000:01:00.0", "one GPU", "--accept"}});
  EXPECT_EQ(judgement.verdict, Verdict::ready);
  EXPECT_EQ(judgement.decisions.at(0).verdict, DeviceVerdict::assignable);
  EXPECT_THAT(judgement.decisions.at(0).reasons, ElementsAre("Accepted risk (one GPU): The host needs it."));
  EXPECT_EQ(judgement.findings.at(0).status, Status::warn) << "it stays what it is";
}

TEST(AcceptedRisk, OfOneDeviceIsNotThatOfAnother) {
  const Host host = single_gpu();
  const std::vector<PciAddress> selection{*PciAddress::parse("01:00.0")};
  EXPECT_EQ(judge(host, {risk("host-console", "0000:01:00.0")}, selection, {},
                  {{"host-console", "0000:02:00.0", "one GPU", "--accept"}})
                .verdict,
            Verdict::not_ready);
}

TEST(AcceptedRisk, WhatTheKernelRefusesStaysRefused) {
  const Host host = single_gpu();
  const auto judgement = judge(host, {risk("iommu-active", "host", Status::fail, Effect::blocked)}, {}, {},
                               {{"iommu-active", "host", "why not", "--accept"}});
  EXPECT_EQ(judgement.verdict, Verdict::not_ready);
  EXPECT_EQ(judgement.decisions.at(0).verdict, DeviceVerdict::blocked);
}

}  // namespace
}  // namespace vfio_doctor
