// SPDX-License-Identifier: GPL-2.0-or-later
//
// Devices that their drivers call broken in words of their own, and what is off or protected without a word.
#include <gmock/gmock.h>

#include "guest/guest_machines.hpp"
#include "guest/heard_lines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

struct Said {
  const char *driver, *log, *child = "", *log_name = "";
};

bool is_trouble(const std::vector<GuestLogLine>& lines) { return lines.size() == 1 && !fails(lines); }

TEST(QuietFailures, ALastWordFails) {
  for (const auto& [driver, log, child, log_name] : {
           Said{"ice",
                "<3>ice 0000:0b:00.0 ens4: Rx/Tx is disabled on this device because an unsupported module type was detected."},
           Said{"i40e",
                "<3>i40e 0000:0b:00.0: Rx/Tx is disabled on this device because the module does not meet thermal "
                "requirements."},
           Said{"ixgbe", "<2>ixgbe 0000:0b:00.0 ens4: Network adapter has been stopped because it has over heated."},
           Said{"ice",
                "<4>ice 0000:0b:00.0: The driver for the device stopped because the NVM image is newer than expected. You "
                "must install the most recent version of the network driver."},
           Said{"iwlwifi", "<4>iwlwifi 0000:0b:00.0: HARDWARE GONE?? INTA == 0xffffffff"},
           Said{"igb", "<3>igb 0000:0b:00.0 ens4: The network adapter was stopped because it overheated"},
           Said{"mlx5_core", "<3>mlx5_core 0000:0b:00.0: Firmware is not responsive (0x0007) after 3000 ms"},
           Said{"bnxt_en", "<3>bnxt_en 0000:0b:00.0 ens4: Firmware reset aborted, rc = -19"},
           Said{"bnxt_en", "<3>bnxt_en 0000:0b:00.0: PCI config space inaccessible after FLR, aborting"},
           Said{"nvme", "<4>nvme nvme4: IO queues lost", "nvme4"},
           Said{"megaraid_sas", "<5>megaraid_sas 0000:0b:00.0: Reset not supported, killing adapter scsi6."},
           Said{"amdgpu", "<3>[drm:amdgpu_info_ioctl [amdgpu]] *ERROR* RAS Intr triggered, device disabled!!"},
           Said{"amdgpu", "<3>amdgpu 0000:0b:00.0: amdgpu: SMC engine is not correctly up!"},
           Said{"amdgpu", "<3>amdgpu 0000:0b:00.0: amdgpu: MES ring buffer is full."},
           Said{"i915",
                "<3>i915 0000:0b:00.0: [drm] *ERROR* blitter: MMIO unreliable (forcewake register returns 0xFFFFFFFF)!"},
           Said{"xe", "<3>xe 0000:0b:00.0: [drm] *ERROR* Tile0: GT1: firmware exception. EIP: 0x2af0"},
           Said{"iwlwifi", "<3>iwlwifi 0000:0b:00.0: HW_REV=0xFFFFFFFF, PCI issues?"},
           Said{"xhci_hcd", "<4>xhci_hcd 0000:0b:00.0: WARNING: Host Controller Error"},
           Said{"nvidia", "<4>NVRM: GPU2 _kgspBootGspRm: unexpected WPR2 already up, cannot proceed with booting GSP"},
           Said{"nvidia", "<4>NVRM: kgspWaitForGfwBootOk_TU102: failed to wait for GFW boot complete: 0x65 VBIOS version 94"},
           Said{"nvidia", "<4>NVRM kgspBootstrapRiscvOSEarly_GH100: Timeout waiting for GSP target mask release."},
       })
    EXPECT_TRUE(fails(heard(driver, log, child, log_name))) << log;
}

TEST(QuietFailures, TroubleIsHeard) {
  for (const auto& [driver, log, child, log_name] : {
           Said{"ixgbe", "<2>ixgbe 0000:0b:00.0: Fan has stopped, replace the adapter"},
           Said{"ixgbe", "<6>ixgbe 0000:0b:00.0 ens4: tx hang 3 detected on queue 7, resetting adapter"},
           Said{"bnxt_en", "<4>bnxt_en 0000:0b:00.0 ens4: Chip temperature has gone above the critical thermal threshold!"},
           Said{"mt7915e", "<6>mt7915e 0000:0b:00.0: phy7 indicated firmware crash, attempting recovery"},
           Said{"ixgbe", "<3>ixgbe 0000:0b:00.0 ens4: RXDCTL.ENABLE on Rx queue 2 not set within the polling period"},
           Said{"iavf", "<3>iavf 0000:0b:00.0: Hardware reset detected"},
           Said{"iavf", "<6>iavf 0000:0b:00.0: Unable to open device due to PF driver failure."},
           Said{"mlx5_core", "<4>mlx5_core 0000:0b:00.0: High temperature on sensors with bit set 0 4"},
           Said{"mlx5_core", "<3>mlx5_core 0000:0b:00.0: wait_vital:330:(pid 8): PCI channel offline, stop waiting for PCI"},
           Said{"mpt3sas", "<3>mpt3sas_cm2: Temperature Threshold flags 0  exceeded for Sensor: 1 !!!"},
           Said{"nvme", "<4>nvme nvme4: resetting controller due to persistent internal error", "nvme4"},
           Said{"amdgpu", "<3>amdgpu 0000:0b:00.0: amdgpu: Doesn't get TRN_MSG_ACK from pf in 6000 msec"},
           Said{"xe", "<3>xe 0000:0b:00.0: [drm] *ERROR* GT0: G2H channel broken on read, type=3, reset required"},
           Said{"nouveau", "<4>nouveau 0000:0b:00.0: gr: firmware unavailable"},
           Said{"nouveau", "<3>nouveau 0000:0b:00.0: gsp: rc engn:00000001 chid:8 type:31 scope:1 part:233"},
           Said{"nvidia", "<4>nvidia-modeset: ERROR: GPU:0: Error while waiting for GPU progress: 0x0000c67d:0 2:0:4:8"},
           Said{"iwlwifi", "<4>iwlwifi 0000:0b:00.0: reporting RF_KILL (radio disabled)"},
           Said{"xhci_hcd", "<3>xhci_hcd 0000:0b:00.0: ERR: No room for command on command ring"},
       })
    EXPECT_TRUE(is_trouble(heard(driver, log, child, log_name))) << log;
}

/// The kernel marks what is worse than an error with a smaller number, and dmesg -x writes a word for it.
TEST(QuietFailures, WhatIsMarkedAsAnErrorOrWorseIsHeard) {
  for (const auto* words :
       {"mac init fail, ret:-110", "[ERR]fwdl 0x1E0 = 0x62", "cannot go on, aborting", "no reply from the card",
        "Invalid MAC Address", "calibration data is missing", "its ring is halted"}) {
    const auto line = std::string("maker 0000:0b:00.0: ") + words;
    for (const auto* mark : {"<3>", "<2>", "<1>", "<0>"}) EXPECT_TRUE(is_trouble(heard("maker", mark + line))) << mark << line;
    for (const auto* mark : {"<4>", "<6>", ""}) EXPECT_TRUE(heard("maker", mark + line).empty()) << mark << line;
  }
  GuestFunction function;
  function.address = *PciAddress::parse("0000:0b:00.0");
  function.driver = std::string("maker");
  const auto heard_of = [&function](const std::string& log) {
    std::vector<GuestFunction> functions{function};
    read_log_errors(log, functions);
    return functions.front().log_errors->size();
  };
  EXPECT_EQ(heard_of("kern  :err   : [    9.1] maker 0000:0b:00.0: mac init fail\n"), 1u);
  EXPECT_EQ(heard_of("kern  :crit  : [    9.1] maker 0000:0b:00.0: mac init fail\n"), 1u);
  EXPECT_EQ(heard_of("kern  :warn  : [    9.1] maker 0000:0b:00.0: mac init fail\n"), 0u);
}

/// Lines about partitions and filesystems are about the disk that they are on.
TEST(QuietFailures, APartitionIsOnItsDisk) {
  for (const auto& [disk, line] :
       {std::pair{"nvme4n1", "<3>Buffer I/O error on dev nvme4n1p2, logical block 9, lost async page write"},
        std::pair{"nvme4n1", "<2>EXT4-fs (nvme4n1p2): Remounting filesystem read-only"},
        std::pair{"nvme4n1", "<2>EXT4-fs error (device nvme4n1p12): ext4_lookup:1855: inode #2: comm ls: iget: checksum"},
        std::pair{"sdq", "<3>Buffer I/O error on dev sdq1, logical block 3, async page read"},
        std::pair{"sdq", "<1>XFS (sdq3): Filesystem has been shut down due to log error (0x2)."},
        std::pair{"mmcblk3", "<3>Aborting journal on device mmcblk3p1-8."},
        std::pair{"nvme4n1", "<3>nvme4n1: Read(0x2) @ LBA 96, 8 blocks, Unrecovered Read Error (sct 0x2 / sc 0x81) DNR"}})
    EXPECT_TRUE(is_trouble(heard("maker", line, disk))) << line;
  EXPECT_TRUE(heard("maker", "<3>Buffer I/O error on dev nvme4n10p2, logical block 9", "nvme4n1").empty()) << "another disk";
  EXPECT_TRUE(heard("maker", "<3>Buffer I/O error on dev sdqa1, logical block 9", "sdq").empty()) << "another disk";
}

TEST(QuietFailures, HealthyDevicesMakeNoise) {
  for (
      const auto& [driver, log, child, log_name] : {
          Said{"radeon", "<3>radeon 0000:0b:00.0: failed VCE resume (-110)."},
          Said{"amdgpu", "<3>[drm:retrieve_link_cap [amdgpu]] *ERROR* retrieve_link_cap: Read receiver caps dpcd data failed."},
          Said{"ahci", "<3>ata9.00: failed to enable AA (error_mask=0x1)|<3>ata9.00: Read log 0x13 page 0x00 failed, Emask 0x1",
               "", "ata9"},
          Said{"qla2xxx",
               "<4>qla2xxx [0000:0b:00.0]-0063:6: Failed to load firmware image (ql2500_fw.bin).|<3>qla2xxx "
               "[0000:0b:00.0]-0083:6: Firmware image unavailable."},
          Said{"nvme", "<3>nvme4: Admin Cmd(0x6), I/O Error (sct 0x0 / sc 0x2) MORE DNR", "nvme4"},
          Said{"nvme", "<3>nvme4: Identify(0x6), Invalid Field in Command (sct 0x0 / sc 0x2) MORE DNR", "nvme4"},
          Said{"iwlwifi",
               "<3>iwlwifi 0000:0b:00.0: BIOS contains WGDS but no WRDS|<3>iwlwifi 0000:0b:00.0: WRT: Invalid region id 9"},
          Said{"bnxt_en", "<3>bnxt_en 0000:0b:00.0 ens4: NIC Link is Down"},
          Said{"xhci_hcd",
               "<3>usb 5-1: clock source 41 is not valid, cannot use|<3>usb 5-1: parse_audio_format_rates_v2v3(): unable to "
               "retrieve number of sample rates (clock 40)|<3>usb 5-1: 2:1: cannot get ctl value: req = 0x81, wValue = 0x101",
               "", "usb5"},
          Said{"xhci_hcd",
               "<3>Bluetooth: hci6: Reading supported features failed (-16)|<3>Bluetooth: hci6: Opcode 0x2005 failed: -16",
               "hci6"},
          Said{"ahci",
               "<3>EXT4-fs (sdq1): couldn't mount as ext3 due to feature incompatibilities|<3>EXT4-fs (sdq2): VFS: Can't find "
               "ext4 "
               "filesystem|<3>SQUASHFS error: Can't find a SQUASHFS superblock on sdq2|<3>FAT-fs (sdq1): error, invalid access",
               "sdq"},
          Said{"ahci", "<3>sd 7:0:0:0: [sdq] Assuming drive cache: write through", "sdq"},
          Said{"mpt3sas", "<3>mpt3sas_cm2: overriding NVDATA EEDPTagMode setting"},
          Said{"lpfc", "<3>lpfc 0000:0b:00.0: 0:1303 Link Up Event x1 received Data: x1 x0 x10 x0 x0 x0 0"},
          Said{"xe", "<3>xe 0000:0b:00.0: [drm] *ERROR* GT0: GSC proxy component not bound!"},
          Said{"nvidia",
               "<6>nvidia 0000:0b:00.0: vgaarb: VGA decodes changed: olddecodes=io+mem,decodes=none:owns=io+mem|<6>NVRM: GPU "
               "0000:0b:00.0: unchanged"},
          Said{"nvme",
               "<27>systemd[1]: Failed to start Cryptography Setup for nvme4n1p3.|<4>systemd[1]: dev-nvme4n1p3.device: Job "
               "timed out.|<4>systemd-udevd[77]: nvme4n1p3: Worker timed out",
               "nvme4n1"},
          Said{"thunderbolt", "<6>thunderbolt 0000:0b:00.0: total credits changed 90 -> 30"},
          Said{"xhci_hcd", "<3>usb 5-1: Failed to query (GET_INFO) UVC control 7 on unit 4: -32 (exp. 1).", "", "usb5"},
          Said{"amdgpu",
               "<3>amdgpu 0000:0b:00.0: amdgpu: [drm] *ERROR* Failed to add display topology, DTM TA is not initialized."},
          Said{"mlx5_core",
               "<3>mlx5_core 0000:0b:00.0: mlx5_cmd_out_err:838:(pid 8): QUERY_HCA_CAP(0x100) op_mod(0x41) failed, status bad "
               "parameter(0x3), syndrome (0x5add95), err(-22)"},
      })
    EXPECT_TRUE(heard(driver, log, child, log_name).empty()) << log;
}

/// An access point that does not answer is no fault of the radio that asked it.
TEST(QuietFailures, ARadioThatAssociatedInTheEndIsWell) {
  const std::string far = "<6>wlan6: authentication with 02:00:00:00:00:01 timed out";
  EXPECT_TRUE(is_trouble(heard("maker", far, "wlan6")));
  EXPECT_TRUE(heard("maker", far + "|<6>wlan6: associated", "wlan6").empty());
  const std::string off = "<4>iwlwifi 0000:0b:00.0: reporting RF_KILL (radio disabled)";
  EXPECT_TRUE(heard("iwlwifi", off + "|<4>iwlwifi 0000:0b:00.0: reporting RF_KILL (radio enabled)").empty());
}

const std::string drive_path = nvme_directory + "/nvme/nvme0/nvme0n1";

TEST(QuietFailures, ADriveThatNobodyMayWriteToIsNoProof) {
  const Judged worn(nvme_manifest, nvme_guest + "text " + drive_path + "/ro = 1\n");
  EXPECT_EQ(worn.status(Rung::function), Status::unknown);
  EXPECT_THAT(worn.summary(Rung::function), HasSubstr("nvme0n1 (read-only)"));
  EXPECT_EQ(Judged(nvme_manifest, nvme_guest + "text " + drive_path + "/ro = 0\n").status(Rung::function), Status::pass);
}

/// A controller at 00:07.0 with one disk, interrupts and what else is said.
std::string with_disk(const std::string& class_code, const std::string& type, const std::string& name,
                      const std::string& more) {
  const std::string directory = "/sys/devices/pci0000:00/0000:00:07.0", path = directory + "/" + type + "/" + name;
  std::string text = "pci 0000:00:07.0 id=1a03:2222 class=" + class_code + " driver=maker power_state=D0\n" +
                     config_record(directory, 0x1a03, 0x2222, 6) + "text " + directory +
                     "/power/runtime_status = active\nfile " + directory +
                     "/resource\n| 0x00000000fd000000 0x00000000fd00ffff 0x0000000000140204\ntext " + directory +
                     "/msi_irqs/40 = msix\nfile /proc/interrupts\n|     CPU0\n| 40:   7  PCI-MSI x\nfile "
                     "/run/vfio-doctor/kernel.log\n| x\nlink /sys/class/" +
                     type + "/" + name + " ../.." + path.substr(4) + "\n";
  for (const auto record : split(more, '|')) text += "text " + path + "/" + std::string(record) + "\n";
  return text;
}

Status function_of(const std::string& class_code, const std::string& machine_text) {
  const auto manifest =
      R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[{"label":"card","host_address":"0000:41:00.0",)"
      R"("vendor_id":"1a03","device_id":"2222","class":")" +
      class_code + "\"}]}";
  return Judged(manifest, machine_text).status(Rung::function);
}

TEST(QuietFailures, ADiskThatTheKernelHoldsBackOrProtectsIsNoProof) {
  const auto disk = [](const std::string& name, const std::string& more) {
    return function_of("010700", with_disk("010700", "block", name, "size = 4096|" + more));
  };
  EXPECT_EQ(disk("sdq", "device/state = running|ro = 0"), Status::pass);
  EXPECT_EQ(disk("sdq", "device/state = running|ro = 1"), Status::unknown);
  EXPECT_EQ(disk("sdq", "device/state = blocked|ro = 0"), Status::unknown);
  EXPECT_EQ(disk("sr1", "device/state = running|ro = 1"), Status::pass) << "a disc is like that";
}

TEST(QuietFailures, ARadioThatIsSwitchedOffCanDoNothing) {
  const auto radio = [](const std::string& more) {
    return function_of("028000", with_disk("028000", "ieee80211", "phy3", "index = 3|" + more));
  };
  EXPECT_EQ(radio("rfkill2/hard = 0|rfkill2/soft = 0"), Status::pass);
  EXPECT_EQ(radio("rfkill2/hard = 1|rfkill2/soft = 0"), Status::unknown);
  EXPECT_EQ(radio("rfkill2/hard = 0|rfkill2/soft = 1"), Status::unknown);
}

}  // namespace
}  // namespace vfio_doctor
