// SPDX-License-Identifier: GPL-2.0-or-later
// Two real servers, recorded by other people: one with the IOMMU on, one with it off.
#include <gmock/gmock.h>

#include "base/process/subprocess.hpp"
#include "checks/findings_of.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/iommu_state.hpp"
#include "corpus.hpp"
#include "machine/directory_root.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using testing::finding_about;
using testing::findings_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// The host of a case's tree; nothing where it could not be unpacked.
std::optional<Host> unpack(const std::string& case_path) {
  const testing::TemporaryDirectory directory;
  ProcessRequest tar;
  tar.program = "tar";
  tar.arguments = {"-xzf", std::filesystem::absolute(testing::corpus(case_path) / "sysfs-tree.tar.gz").string(), "-C",
                   directory.path().string()};
  if (run_process(tar).exit_code != 0) return std::nullopt;
  return gather_host(DirectoryRoot(directory.path().string()));
}

const PciFunction& function(const Host& host, const std::string& address) {
  const auto* found = host.find(*PciAddress::parse(address));
  if (!found) throw std::runtime_error("no " + address);
  return *found;
}

const std::string on = "A-sysfs/A01-hpe-gen9-vtd-ON-nvidiaA2-sriov";
const std::string off = "A-sysfs/A02-hpe-gen9-vtd-OFF-nogroups";

TEST(Corpus, AServerWithTheIommuOn) {
  SKIP_WITHOUT_CORPUS(on);
  const auto unpacked = unpack(on);
  ASSERT_TRUE(unpacked) << "tar failed";
  const auto& host = *unpacked;
  EXPECT_EQ(host.all_functions().size(), 226u);
  EXPECT_EQ(dma_remapping(host), Switch::on);
  EXPECT_EQ(host.iommu.units->size(), 2u);
  EXPECT_EQ(finding_about("iommu-active", host).status, Status::pass);
  EXPECT_EQ(finding_about("group-exists", host).status, Status::pass);

  EXPECT_TRUE(function(host, "01:00.1").boot_vga.is(true));
  EXPECT_TRUE(function(host, "01:00.1").iommu_group.is(33));
  std::vector<std::string> companions;
  for (const auto& companion : companions_of(host, function(host, "01:00.1"))) companions.push_back(companion.text());
  EXPECT_THAT(companions, ElementsAre("0000:01:00.0", "0000:01:00.2", "0000:01:00.4"));
  EXPECT_THAT(finding_about("group-companions", host, "group:33").summary, HasSubstr("0000:01:00.0"));
  EXPECT_TRUE(function(host, "05:00.0").iommu_group.is(37));
  EXPECT_THAT(companions_of(host, function(host, "05:00.0")), IsEmpty());

  EXPECT_EQ(finding_about("sriov-physical-function", host, "0000:08:00.0").status, Status::fail);
  EXPECT_EQ(interrupt_remapping(host), Switch::unknown) << "the recording has no /proc/interrupts";
  // Recorded as root: what was read to its end is known, one way or the other.
  int with_acs = 0;
  for (const auto& one : host.all_functions()) with_acs += one.config.acs.has_value();
  EXPECT_GT(with_acs, 0);
}

/// Neither /sys/kernel/iommu_groups nor /sys/class/iommu was recorded; the kernel has both with the IOMMU off, too.
TEST(Corpus, AServerWhoseIommuWasNotRecorded) {
  SKIP_WITHOUT_CORPUS(off);
  const auto unpacked = unpack(off);
  ASSERT_TRUE(unpacked) << "tar failed";
  const auto& host = *unpacked;
  EXPECT_EQ(host.all_functions().size(), 208u);
  EXPECT_EQ(dma_remapping(host), Switch::unknown);
  const auto finding = finding_about("iommu-active", host);
  EXPECT_EQ(finding.status, Status::unknown);
  EXPECT_THAT(finding.summary, HasSubstr("could not be seen"));
  std::size_t without_capabilities = 0;
  for (const auto& one : host.all_functions()) {
    EXPECT_FALSE(one.iommu_group.has_value());
    // A normal user recorded it: 64 bytes do not tell whether there is an ACS capability, but where there is none at all.
    const bool none_at_all = one.config.pcie_type.is(PcieType::conventional);
    without_capabilities += none_at_all;
    EXPECT_EQ(one.config.acs.is_unreadable(), !none_at_all) << one.address.text();
    EXPECT_EQ(one.config.function_level_reset.is_unreadable(), !none_at_all) << one.address.text();
  }
  EXPECT_EQ(without_capabilities, 108u);  // parts of the processor
  for (const auto& other : findings_of("group-exists", host)) EXPECT_EQ(other.status, Status::not_applicable);
}

}  // namespace
}  // namespace vfio_doctor
