// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/guest/log_lines.hpp"

#include <gmock/gmock.h>

#include <set>

#include "base/text.hpp"
#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

TEST(LogTable, IsWellFormed) {
  std::set<std::string_view> patterns;
  std::size_t failures = 0;
  for (const auto& row : log_patterns()) {
    EXPECT_EQ(to_lower(row.pattern), row.pattern);
    EXPECT_EQ(to_lower(row.driver), row.driver);
    EXPECT_TRUE(patterns.insert(row.pattern).second) << "twice: " << row.pattern;
    EXPECT_GE(row.pattern.size(), 5u) << row.pattern;
    EXPECT_NE(row.pattern.front(), '*') << row.pattern;
    EXPECT_NE(row.pattern.back(), '*') << row.pattern << " would be the same without";
    const bool names_a_source = row.source.find(".c") != row.source.npos || row.source.find("issue") != row.source.npos ||
                                row.source.find("catalogue") != row.source.npos;
    EXPECT_TRUE(names_a_source) << row.source;
    failures += row.meaning == LogMeaning::fail || row.meaning == LogMeaning::trouble;
  }
  EXPECT_GE(failures, 50u);
}

TEST(LogTable, ADamagedTableIsRefused) {
  for (const auto* table : {"*\ttopic\tfail\tpattern\n", "*\ttopic\tmaybe\tpattern\tsource\n", "*\t\tfail\tpattern\tsource\n"})
    EXPECT_THROW(parse_log_patterns(table), std::runtime_error) << table;
  EXPECT_EQ(parse_log_patterns("# words\n\nd\tt\tfail\tp\ts\n").size(), 1u);
}

/// Every row finds a line that is made of it, unless an earlier row is there for it.
TEST(LogTable, EveryRowCanMatch) {
  for (const auto& row : log_patterns()) {
    const bool is_level = row.driver == "<3>";
    std::string line = (is_level ? "<3>" : "") + std::string("word 0000:07:00.0: ") +
                       (row.driver == "*" || is_level ? std::string() : std::string(row.driver) + ": ");
    for (const char c : row.pattern) line += c == '*' ? std::string(" 17 ") : std::string(1, c);
    const auto* found = match_log_line(line, "");
    ASSERT_TRUE(found) << line;
    EXPECT_EQ(found->pattern, row.pattern) << line;
  }
}

TEST(LogTable, HealthyLinesAreNone) {
  for (const auto* line :
       {"igb 0000:05:00.0 eth3: igb: eth3 nic link is up 1000 mbps full duplex, flow control: rx/tx",
        "nvme nvme0: pci function 0000:03:00.0", "xhci_hcd 0000:04:00.0: hcc params 0x00087001 hci version 0x100",
        "usb 3-1: new low-speed usb device number 2 using xhci_hcd", "pcieport 0000:00:02.1: pme: signaling with irq 24",
        "snd_hda_codec_realtek hdaudioc0d0: autoconfig for alc256: line_outs=1", "sd 2:0:0:0: [sdb] attached scsi disk",
        "pci 0000:05:00.0: bar 2 [io  0x1000-0x101f]: assigned",
        "amdgpu 0000:05:00.0: amdgpu: ring gfx_0.0.0 uses vm inv eng 0"})
    EXPECT_TRUE(!match_log_line(line, "") || match_log_line(line, "")->meaning == LogMeaning::success) << line;
}

const std::string log_file = "file /run/vfio-doctor/kernel.log\n";

Status with_log(const std::string& lines, const std::string& guest = nvme_guest) {
  return Judged(nvme_manifest, guest + log_file + lines).status(Rung::function);
}

/// What the drive is called besides its address and its names.
TEST(LogNames, ALineIsTiedToItsFunction) {
  EXPECT_EQ(with_log("| irq 24: nobody cared (try booting with the \"irqpoll\" option)\n"), Status::warn);
  EXPECT_EQ(with_log("| irq 25: nobody cared (try booting with the \"irqpoll\" option)\n"), Status::pass);
  EXPECT_EQ(with_log("| NVRM: Xid (PCI:0000:03:00): 62, pid=9, 00000000\n"), Status::fail);
  EXPECT_EQ(with_log("| NVRM: Xid (PCI:0000:04:00): 62, pid=9, 00000000\n"), Status::pass);
  EXPECT_EQ(with_log("| blk_update_request: I/O error, dev nvme0n1, sector 8\n"), Status::warn);
  EXPECT_EQ(with_log("| [nvme]: controller is down; will reset: CSTS=0xffffffff\n"), Status::fail)
      << "the only one of its driver";
}

TEST(LogNames, PortsAndBusesBelongToTheirController) {
  const auto view = [](const std::string& names, const std::string& line) {
    GuestFunction function;
    function.address = *PciAddress::parse("0000:05:00.0");
    function.driver = std::string("some");
    function.log_names = {names};
    LogNames log({function});
    return log.owners_of(line).functions.size();
  };
  EXPECT_EQ(view("ata3", "ata3.00: qc timeout after 5000 msecs (cmd 0xec)"), 1u);
  EXPECT_EQ(view("ata3", "ata33: link is slow to respond"), 0u);
  EXPECT_EQ(view("usb2", "usb 2-1.4: device descriptor read/64, error -71"), 1u);
  EXPECT_EQ(view("usb2", "usb usb2-port3: unable to enumerate usb device"), 1u);
  EXPECT_EQ(view("usb2", "usb 12-1: device descriptor read/64, error -71"), 0u);
  EXPECT_EQ(view("host4", "sd 4:0:1:0: [sdc] synchronize cache failed"), 1u);
  EXPECT_EQ(view("irq 31", "disabling irq #31"), 1u);
}

/// It is about one of them, and not known which: no last word on either, and no comfort.
TEST(LogNames, TwoOfADriverShareALine) {
  GuestFunction one, two;
  one.address = *PciAddress::parse("0000:05:00.0");
  two.address = *PciAddress::parse("0000:06:00.0");
  one.driver = two.driver = std::string("mpt3sas");
  const std::string line = "mpt3sas_cm1: fault_state(0x2622)!";
  EXPECT_EQ(LogNames({one}).owners_of(line).functions.size(), 1u);
  EXPECT_FALSE(LogNames({one}).owners_of(line).is_shared);
  EXPECT_EQ(LogNames({one, two}).owners_of(line).functions.size(), 2u);
  EXPECT_TRUE(LogNames({one, two}).owners_of(line).is_shared);
  std::vector<GuestFunction> both{one, two};
  read_log_errors(line + "\nmpt3sas_cm1: diag reset: SUCCESS\n", both);
  for (const auto& function : both) {
    ASSERT_EQ(function.log_errors->size(), 1u) << "whose reset it was is not known either";
    EXPECT_EQ(function.log_errors->front().meaning, LogMeaning::trouble);
  }
}

/// A wireless driver tries one firmware after the other.
TEST(LogLines, ASuccessClearsTheFailuresBeforeIt) {
  const std::string attempt = "| card 0000:03:00.0: Direct firmware load for card-71.ucode failed with error -2\n";
  const std::string loaded = "| card 0000:03:00.0: loaded firmware version 68.1 op_mode x\n";
  EXPECT_EQ(with_log(attempt + loaded), Status::pass);
  EXPECT_EQ(with_log(loaded + attempt), Status::warn);
  EXPECT_EQ(with_log(attempt), Status::warn);
  EXPECT_EQ(with_log("| nvme 0000:03:00.0: PCIe Bus Error: severity=Uncorrectable (Fatal), type=Inaccessible\n" + loaded),
            Status::fail)
      << "another topic";
}

TEST(LogLines, TheDriversLastWordDecides) {
  for (const auto* line : {"| nvme nvme0: Disabling device after reset failure: -19\n",
                           "| nvme 0000:03:00.0: Unable to change power state from D3cold to D0, device inaccessible\n",
                           "| nvme 0000:03:00.0: not ready 65535ms after bus reset; giving up\n"}) {
    const Judged judged(nvme_manifest, nvme_guest + log_file + line);
    EXPECT_EQ(judged.device().failed(), Rung::function) << line;
    EXPECT_THAT(judged.summary(Rung::function), HasSubstr("kernel log"));
  }
  EXPECT_EQ(with_log("| pci 0000:03:00.0: BAR 4 [io  size 0x0040]: can't assign; no space\n"), Status::pass);
  EXPECT_EQ(with_log("| nvme 0000:03:00.0: PCIe Bus Error: severity=Correctable, type=Physical Layer\n"), Status::pass);
}

}  // namespace
}  // namespace vfio_doctor
