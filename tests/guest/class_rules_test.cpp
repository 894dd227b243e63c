// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/guest/class_rules.hpp"

#include <array>
#include <cstdint>

#include <gmock/gmock.h>

#include "guest/guest_machines.hpp"
#include "reports/guest/guest_report.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

TEST(ClassRules, AreWellFormed) {
  for (const auto& rule : class_rules()) {
    EXPECT_FALSE(rule.nodes.empty());
    EXPECT_FALSE(rule.noun.empty());
    EXPECT_NE(rule.source.find('/'), rule.source.npos) << rule.noun;
    if (rule.base == 0xff) continue;
    const auto code = static_cast<std::uint16_t>(rule.base << 8 | (rule.subclass == 0xff ? 0x77 : rule.subclass));
    EXPECT_EQ(&rule_for(code), &rule) << rule.noun << " is hidden by an earlier row";
  }
  EXPECT_EQ(&rule_for(0xabcd), &class_rules().back());
}

const std::string directory = "/sys/devices/pci0000:00/0000:00:07.0";

std::string manifest_for(const std::string& class_code, bool expect_driver = true) {
  return R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[{"label":"card","host_address":"0000:41:00.0",)"
         R"("vendor_id":"1a03","device_id":"2222","class":")" +
         class_code + R"(","expect_driver":)" + (expect_driver ? "true" : "false") + "}]}";
}

struct Card {
  std::string class_code, driver;
  unsigned vectors, arrived;
  std::string more;

  explicit Card(std::string code, std::string by = "maker", unsigned vector_count = 0, unsigned arrived_count = 0,
                std::string records = "")
      : class_code(std::move(code)),
        driver(std::move(by)),
        vectors(vector_count),
        arrived(arrived_count),
        more(std::move(records)) {}

  std::string text() const {
    std::string text =
        "pci 0000:00:07.0 id=1a03:2222 class=" + class_code + (driver.empty() ? "" : " driver=" + driver) +
        " power_state=D0\n" + config_record(directory, 0x1a03, 0x2222, 6) + "text " + directory +
        "/power/runtime_status = active\nfile " + directory +
        "/resource\n| 0x00000000fd000000 0x00000000fd00ffff 0x0000000000140204\nfile /run/vfio-doctor/kernel.log\n| x\n";
    std::string counts = "file /proc/interrupts\n|     CPU0\n";
    for (unsigned i = 0; i < vectors; ++i) {
      text += "text " + directory + "/msi_irqs/" + std::to_string(40 + i) + " = msix\n";
      counts += "| " + std::to_string(40 + i) + ":   " + std::to_string(i == 0 ? arrived : 0) + "  PCI-MSI x\n";
    }
    return text + counts + more;
  }
  Card& with(const std::string& type, const std::string& name, const std::string& file = "dev",
             const std::string& value = "1:1") {
    const auto path = directory + "/" + type + "/" + name;
    more += "text " + path + "/" + file + " = " + value + "\n";
    if (more.find("/sys/class/" + type + "/" + name + " ") == std::string::npos)
      more += "link /sys/class/" + type + "/" + name + " ../.." + path.substr(4) + "\n";
    return *this;
  }
  Status function(bool expect_driver = true) const {
    return Judged(manifest_for(class_code, expect_driver), text()).status(Rung::function);
  }
};

TEST(ClassRules, ANetworkCardNeedsALinkOrPackets) {
  EXPECT_EQ((Card{"020000", "maker", 2, 7}.with("net", "ens7", "operstate", "up").function()), Status::pass);
  EXPECT_EQ((Card{"020000", "maker", 2, 0}.with("net", "ens7", "operstate", "up").function()), Status::fail)
      << "no interrupt ever";
  EXPECT_EQ((Card{"020000", "maker", 2, 0}.with("net", "ens7", "operstate", "down").function()), Status::unknown)
      << "it claims nothing";
  EXPECT_EQ((Card{"020000", "maker", 2, 7}.with("net", "ens7", "operstate", "down").function()), Status::unknown);
  EXPECT_EQ((Card{"020000", "maker", 2, 7}
                 .with("net", "ens7", "operstate", "down")
                 .with("net", "ens7", "statistics/rx_packets", "12")
                 .function()),
            Status::pass);
  EXPECT_EQ((Card{"020000", "maker", 2, 7}
                 .with("net", "ens7", "operstate", "up")
                 .with("net", "ens7", "carrier", "0")
                 .function()),
            Status::unknown);
  EXPECT_EQ((Card{"028000", "maker", 1, 9}.with("net", "wls7", "operstate", "down").with("ieee80211", "phy3").function()),
            Status::pass)
      << "a radio that is not connected has firmware that answers";
}

TEST(ClassRules, AHostWithoutDisksProvesNothing) {
  EXPECT_EQ((Card{"010700", "maker", 4, 90}.with("scsi_host", "host6").function()), Status::unknown);
  EXPECT_EQ((Card{"010700", "maker", 4, 90}.with("scsi_host", "host6").with("block", "sdq", "size", "4096").function()),
            Status::pass);
  EXPECT_EQ((Card{"010700", "maker", 4, 0}.with("scsi_host", "host6").with("block", "sdq", "size", "4096").function()),
            Status::fail);
  EXPECT_EQ((Card{"0c0400", "maker", 4, 90}.with("block", "sdq", "size", "0").function()), Status::unknown);
}

TEST(ClassRules, ACardNodeIsNoEngine) {
  EXPECT_EQ((Card{"030000"}.with("drm", "card5").function()), Status::unknown);
  EXPECT_EQ((Card{"030000", "maker", 1, 0}.with("drm", "card5").function()), Status::unknown);
  EXPECT_EQ((Card{"030000", "maker", 1, 3}.with("drm", "card5").function()), Status::pass);
}

TEST(ClassRules, ASoundCardNeedsACodec) {
  EXPECT_EQ((Card{"040300"}.function()), Status::fail);
  EXPECT_EQ((Card{"040300"}.with("sound", "card2").function()), Status::unknown);
  EXPECT_EQ((Card{"040300"}.with("sound", "card2").with("sound", "hwC2D0").function()), Status::pass);
  EXPECT_EQ((Card{"040300", "maker", 1, 0}.with("sound", "card2").with("sound", "hwC2D0").function()), Status::fail);
}

/// Idle devices whose driver made its node: no interrupt comes before they are used.
TEST(ClassRules, NodesProveWhatHasNoOtherProof) {
  for (const auto& [code, type, name] : std::vector<std::array<const char*, 3>>{{"070002", "tty", "ttyS9"},
                                                                                {"040000", "video4linux", "video4"},
                                                                                {"048000", "dvb", "dvb2.frontend0"},
                                                                                {"0c0010", "firewire", "fw1"},
                                                                                {"0c0900", "net", "can1"},
                                                                                {"088000", "apex", "apex_1"},
                                                                                {"120000", "accel", "accel1"},
                                                                                {"0d1100", "bluetooth", "hci2"},
                                                                                {"0d4000", "wwan", "wwan1"},
                                                                                {"108000", "tpm", "tpm1"},
                                                                                {"058000", "fpga_manager", "fpga1"}}) {
    const auto card = Card{code, "maker", 2, 0}.with(type, name);
    EXPECT_EQ(card.function(), Status::pass) << code;
    EXPECT_EQ((Card{code, "maker", 2, 0}.function()), Status::unknown) << code << " without";
  }
  EXPECT_EQ((Card{"100000"}.function()), Status::unknown);
  EXPECT_EQ((Card{"100000", "maker", 0, 0, "text " + directory + "/qat/state = up\n"}.function()), Status::pass);
  EXPECT_EQ((Card{"100000", "maker", 0, 0, "text " + directory + "/qat/state = down\n"}.function()), Status::fail);
}

/// A class that says little: what came of the function tells what proof is due.
TEST(ClassRules, WhatCameOfItTellsWhatIsDue) {
  EXPECT_EQ((Card{"ff0000", "maker", 1, 5}.with("net", "ens7", "operstate", "down").function()), Status::unknown);
  EXPECT_EQ((Card{"ff0000", "maker", 1, 0}.with("net", "ens7", "operstate", "up").function()), Status::fail);
  EXPECT_EQ((Card{"ff0000", "maker", 1, 5}.with("net", "ens7", "operstate", "up").function()), Status::pass);
  EXPECT_EQ((Card{"ff0000", "maker", 1, 0}.with("mmc_host", "mmc4").function()), Status::unknown);
  EXPECT_EQ((Card{"ff0000", "maker", 1, 6}.with("mmc_host", "mmc4").with("block", "mmcblk4", "size", "4096").function()),
            Status::pass);
  EXPECT_EQ((Card{"120000", "maker", 1, 0}.with("drm", "card5").function()), Status::unknown) << "a card node is no engine";
  EXPECT_EQ((Card{"120000", "maker", 1, 3}.with("drm", "card5").function()), Status::pass);
  EXPECT_EQ((Card{"120000", "maker", 1, 0}.with("fpga_region", "region3").function()), Status::pass);
}

/// Drivers that say themselves how their device is. Of several serial ports some may not be fitted.
TEST(ClassRules, ADriversOwnWordOnItsStateCounts) {
  EXPECT_EQ((Card{"070002", "maker", 1, 0}.with("tty", "ttyS9", "type", "0").with("tty", "ttyS10", "type", "4").function()),
            Status::pass);
  EXPECT_EQ((Card{"120000", "maker", 1, 0}
                 .with("fpga_region", "region3")
                 .with("fpga_manager", "fpga3", "state", "write error")
                 .function()),
            Status::fail);
  struct Word {
    const char *code, *type, *name, *file, *good, *bad;
  };
  for (const auto& [code, type, name, file, good, bad] :
       {Word{"078000", "mei", "mei3", "dev_state", "ENABLED", "DISABLED"}, Word{"070002", "tty", "ttyS9", "type", "4", "0"},
        Word{"120000", "habanalabs", "hl3", "status", "Operational", "Malfunction"},
        Word{"058000", "fpga_manager", "fpga3", "state", "operating", "firmware request error"}}) {
    EXPECT_EQ((Card{code, "maker", 1, 0}.with(type, name, file, good).function()), Status::pass) << type;
    EXPECT_EQ((Card{code, "maker", 1, 0}.with(type, name, file, bad).function()), Status::fail) << type;
  }
  for (const auto& [state, status] :
       {std::pair{"offline", Status::fail}, {"transport-offline", Status::fail}, {"running", Status::pass}})
    EXPECT_EQ((Card{"010700", "maker", 4, 90}
                   .with("block", "sdq", "size", "4096")
                   .with("block", "sdq", "device/state", state)
                   .function()),
              status)
        << state;
}

TEST(ClassRules, AnInfiniBandPortMustBeActive) {
  EXPECT_EQ((Card{"020700", "maker", 1, 9}.with("infiniband", "mlx5_3", "ports/1/state", "4: ACTIVE").function()),
            Status::pass);
  EXPECT_EQ((Card{"020700", "maker", 1, 0}.with("infiniband", "mlx5_3", "ports/1/state", "4: ACTIVE").function()),
            Status::fail);
  EXPECT_EQ((Card{"0c0600", "maker", 1, 9}.with("infiniband", "mlx5_3", "ports/1/state", "1: DOWN").function()),
            Status::unknown);
  EXPECT_EQ((Card{"020000", "maker", 1, 9}
                 .with("infiniband", "mlx5_3", "ports/1/state", "1: DOWN")
                 .with("net", "ens7", "operstate", "down")
                 .function()),
            Status::unknown);
}

/// Optical drives without a medium, tapes and enclosures have no capacity, but answered.
TEST(ClassRules, AScsiDeviceThatToldItsNameIsAProof) {
  const auto host = [](unsigned arrived) { return Card{"010700", "maker", 1, arrived}.with("scsi_host", "host6"); };
  EXPECT_EQ(host(8).with("scsi_device", "6:0:0:0").function(), Status::pass);
  EXPECT_EQ(host(8).with("scsi_device", "6:0:0:0").with("block", "sr3", "size", "0").function(), Status::pass);
  EXPECT_EQ(host(8).with("scsi_device", "6:0:0:0").with("block", "sdq", "size", "0").function(), Status::unknown);
  EXPECT_EQ(host(0).with("scsi_device", "6:0:0:0").function(), Status::fail);
}

TEST(ClassRules, ALineThatNeverFiredIsSilentToo) {
  const auto on_line = [](const char* count) {
    return Card{"020000", "maker", 0, 0,
                "text " + directory + "/irq = 19\nfile /proc/interrupts\n|   CPU0\n| 19:  " + count + "  IO-APIC maker\n"}
        .with("net", "ens7", "operstate", "up")
        .function();
  };
  EXPECT_EQ(on_line("0"), Status::fail);
  EXPECT_EQ(on_line("7"), Status::pass);
}

TEST(ClassRules, ALiveDriveWithoutNamespacesIsUndetermined) {
  const auto guest = without(nvme_guest, "nvme0n1");
  EXPECT_EQ(Judged(nvme_manifest, guest).status(Rung::function), Status::unknown);
  EXPECT_EQ(Judged(nvme_manifest, replaced(guest, "= live", "= connecting")).status(Rung::function), Status::fail);
}

/// A region that found room at last is no trouble.
TEST(ClassRules, RoomThatWasFoundIsNoTrouble) {
  const std::string log =
      "file /run/vfio-doctor/kernel.log\n| pci 0000:03:00.0: BAR 0 [mem size 0x00004000 64bit]: can't assign; no space\n";
  EXPECT_EQ(Judged(nvme_manifest, nvme_guest + log).status(Rung::function), Status::pass);
  EXPECT_EQ(Judged(replaced(nvme_manifest, "[16384]", "[]"), nvme_guest + log).status(Rung::function), Status::warn);
}

/// "-" is no proof: of a device that was passed by itself, nothing shows of what use it is.
TEST(ClassRules, ADeviceThatNobodyDrivesIsUndetermined) {
  for (const auto* code : {"0c0400", "118000", "058000", "ff0000", "088000", "100000", "0c0900"}) {
    const Judged judged(manifest_for(code, false), Card{code, ""}.text());
    EXPECT_EQ(judged.status(Rung::driver), Status::unknown) << code;
    EXPECT_EQ(judged.status(Rung::function), Status::unknown) << code;
    EXPECT_FALSE(judged.device().failed());
    EXPECT_EQ(guest_verdict(guest_findings(judged.judgement, judged.view)), Verdict::undetermined) << code;
  }
}

TEST(ClassRules, AWarningIsNoProof) {
  const Judged judged(manifest_for("020000"), Card{"020000", "maker", 2, 7}.with("net", "ens7", "operstate", "up").text() +
                                                  "file /run/vfio-doctor/kernel.log\n| maker 0000:00:07.0: I/O timeout\n");
  EXPECT_EQ(judged.status(Rung::function), Status::warn);
  EXPECT_EQ(guest_verdict(guest_findings(judged.judgement, judged.view)), Verdict::undetermined);
}

TEST(ClassRules, PlaceholdersProveNothing) {
  for (const auto* driver :
       {"ppt", "vfio-pci", "mlx5_vfio_pci", "qat_vfio_pci", "other-vfio-pci", "uio_pci_generic", "igb_uio"}) {
    const Judged judged(manifest_for("020000"), Card{"020000", driver, 2, 5}.text());
    EXPECT_EQ(judged.status(Rung::driver), Status::unknown) << driver;
    EXPECT_EQ(judged.status(Rung::function), Status::unknown) << driver;
    EXPECT_FALSE(judged.device().failed()) << driver;
  }
  for (const auto* driver : {"pci-stub", "pciback", "xen-pciback", "pci-pf-stub"})
    EXPECT_EQ(Judged(manifest_for("020000"), Card{"020000", driver, 2, 5}.text()).device().failed(), Rung::driver) << driver;
}

/// Off, while the kernel counts it as awake: no sleep.
TEST(ClassRules, ColdAndActiveIsAContradiction) {
  const auto text = [](const std::string& state, const std::string& status) {
    return replaced(replaced(nvme_guest, "power_state=D0", "power_state=" + state), "runtime_status = active",
                    "runtime_status = " + status);
  };
  const Judged judged(nvme_manifest, text("D3cold", "active"));
  EXPECT_EQ(judged.device().failed(), Rung::decode);
  EXPECT_THAT(judged.summary(Rung::decode), HasSubstr("cannot be reached"));
  EXPECT_FALSE(Judged(nvme_manifest, text("D3cold", "suspended")).device().failed());
  EXPECT_EQ(Judged(nvme_manifest, text("D3cold", "unsupported")).device().failed(), Rung::decode) << "never sent to sleep";
  EXPECT_EQ(Judged(nvme_manifest, text("D3hot", "error")).device().failed(), Rung::decode) << "it did not wake";
}

TEST(ClassRules, PortsThatNobodyNeedsAreOnlyMentioned) {
  const std::string ports = "| 0x0000000000000000 0x000000000000003f 0x0000000020040101\n";
  const auto memory = "| 0x00000000fe800000 0x00000000fe803fff 0x0000000000140204\n";
  const Judged judged(replaced(nvme_manifest, "[16384]", "[16384, 64]"), replaced(nvme_guest, memory, memory + ports));
  EXPECT_FALSE(judged.device().failed()) << judged.summary(Rung::decode);
  EXPECT_THAT(judged.summary(Rung::decode), HasSubstr("I/O BAR 1"));
  const auto alone = replaced(nvme_guest, memory, ports);
  EXPECT_EQ(Judged(replaced(nvme_manifest, "[16384]", "[64]"), alone).device().failed(), Rung::decode) << "it has nothing else";
}

}  // namespace
}  // namespace vfio_doctor
