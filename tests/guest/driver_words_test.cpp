// SPDX-License-Identifier: GPL-2.0-or-later
//
// What drivers print, class by class: the words are the kernel's, addresses and numbers are not.
#include <gmock/gmock.h>

#include "guest/heard_lines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;

TEST(DriverWords, ALastWordFails) {
  struct Said {
    const char *driver, *line, *child = "";
  };
  for (const auto& [driver, line, child] : {
           Said{"ixgbe", "ixgbe 0000:0b:00.0: Adapter removed"},
           Said{"ice", "ice 0000:0b:00.0: Rebuild failed, unload and reload driver"},
           Said{"i40e", "i40e 0000:0b:00.0 ens9: tx_timeout recovery unsuccessful, device is in non-recoverable state."},
           Said{"mlx4_core", "mlx4_core 0000:0b:00.0: command 0x31 timed out (go bit not cleared)"},
           Said{"bnxt_en", "bnxt_en 0000:0b:00.0 ens9: Firmware not responding, status: 0x4"},
           Said{"be2net", "be2net 0000:0b:00.0: Adapter recovery failed"},
           Said{"cxgb4", "cxgb4 0000:0b:00.0: encountered fatal error, adapter stopped"},
           Said{"mt7921e", "mt7921e 0000:0b:00.0: chip reset failed"},
           Said{"iwlwifi", "iwlwifi 0000:0b:00.0: Failed to start RT ucode: -5"},
           Said{"ath11k_pci", "ath11k_pci 0000:0b:00.0: firmware crashed: MHI_CB_SYS_ERROR"},
           Said{"ath9k", "ath: phy4: Chip reset failed", "phy4"},
           Said{"brcmfmac", "ieee80211 phy4: brcmf_fw_crashed: Firmware has halted or crashed", "phy4"},
           Said{"b43", "b43-phy4 ERROR: Microcode not responding", "phy4"},
           Said{"ahci", "ahci 0000:0b:00.0: AHCI controller unavailable!"},
           Said{"mpt3sas", "mpt3sas_cm2: SAS host is non-operational !!!!"},
           Said{"mptsas", "mptbase: ioc1: WARNING - IOC is in FAULT state (0703h)!!!"},
           Said{"hpsa", "hpsa 0000:0b:00.0: Controller lockup detected: 0x0015b000 after 30"},
           Said{"smartpqi", "smartpqi 0000:0b:00.0: controller is offline: status code 0x14000"},
           Said{"qla2xxx", "qla2xxx [0000:0b:00.0]-00d6:7: Failed to initialize adapter - Adapter flags 2."},
           Said{"lpfc", "lpfc 0000:0b:00.0: 0:0442 Adapter failed to init, mbxCmd x88 READ_REV, mbxStatus x7"},
           Said{"amdgpu", "amdgpu 0000:0b:00.0: amdgpu: device lost from bus!"},
           Said{"amdgpu", "[drm:amdgpu_ib_ring_tests [amdgpu]] *ERROR* IB test failed on sdma1 (-110)."},
           Said{"radeon", "radeon 0000:0b:00.0: ring 3 stalled for more than 10452msec"},
           Said{"nouveau", "nouveau 0000:0b:00.0: gr: init failed, -16"},
           Said{"i915", "i915 0000:0b:00.0: [drm] *ERROR* Failed to reset chip"},
           Said{"xe", "xe 0000:0b:00.0: [drm] *ERROR* GT1: reset failed (-ETIME)"},
           Said{"nvidia",
                "[drm:nv_drm_load [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000b00] Failed to allocate NvKmsKapiDevice"},
           Said{"nvidia", "NVRM: GPU 0000:0b:00.0: GPU is lost."},
           Said{"xhci_hcd", "xhci_hcd 0000:0b:00.0: WARNING: Host System Error"},
           Said{"ohci-pci", "ohci-pci 0000:0b:00.0: OHCI Unrecoverable Error, disabled"},
           Said{"ehci-pci", "ehci-pci 0000:0b:00.0: fatal error"},
           Said{"snd_ctxfi", "snd_ctxfi 0000:0b:00.0: PLL initialization failed!!!"},
           Said{"sdhci-pci", "mmc5: Internal clock never stabilised.", "mmc5"},
           Said{"saa7164", "saa7164_downloadfirmware() firmware download failed"},
           Said{"ivtv", "ivtv1: Encoder mailbox not found"},
           Said{"cx23885", "cx23885: cx23885_dvb_register() dvb_register failed err = -1"},
           Said{"firewire_ohci", "firewire_ohci 0000:0b:00.0: register access failure"},
           Said{"habanalabs", "habanalabs 0000:0b:00.0: Device heartbeat failed! PCI link is disabled"},
           Said{"intel_vpu", "intel_vpu 0000:0b:00.0: [drm] *ERROR* ivpu_boot(): Failed to boot the firmware: -62"},
           Said{"idxd", "idxd 0000:0b:00.0: idxd halted, need system reset."},
           Said{"apex", "apex 0000:0b:00.0: RAM did not enable within timeout (12000 ms)"},
           Said{"btintel_pcie", "Bluetooth: hci6: Device boot timeout", "hci6"},
           Said{"mtk_t7xx", "mtk_t7xx 0000:0b:00.0: MD handshake timeout"},
           Said{"mhi-pci-generic", "mhi-pci-generic 0000:0b:00.0: failed to power up MHI controller"},
           Said{"tpm_tis_pci", "tpm tpm3: TPM in field failure mode, requires firmware upgrade", "tpm3"},
           Said{"xdma", "xdma:map_bars: Failed to detect XDMA config BAR"},
       })
    EXPECT_TRUE(fails(heard(driver, line, child))) << line;
}

TEST(DriverWords, TroubleIsNoLastWord) {
  for (const auto* line :
       {"DMAR: [DMA Read NO_PASID] Request device [0b:00.0] fault addr 0xffe00000 [fault reason 0x06] PTE",
        "maker 0000:0b:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0003 address=0x1000 flags=0x0000]",
        "maker 0000:0b:00.0: Keep-alive of the mailbox timed out", "maker 0000:0b:00.0: the card is not responding",
        "maker 0000:0b:00.0 ens9: self-test failed (3)", "maker 0000:0b:00.0: failed to load firmware m/x.bin",
        "pci 0000:0b:00.0: BAR 2: no space for [mem size 0x01000000]"}) {
    const auto lines = heard("maker", line);
    ASSERT_EQ(lines.size(), 1u) << line;
    EXPECT_EQ(lines.front().meaning, LogMeaning::trouble) << line;
  }
}

TEST(DriverWords, WhatHealthyDevicesPrintIsNoTrouble) {
  for (const auto* line :
       {"pci 0000:0b:00.0: ROM [mem size 0x00040000 pref]: can't assign; no space",
        "pci 0000:0b:00.0: BAR 6: no space for [mem size 0x40000]",
        "pci 0000:0b:00.0: VF BAR 0 [mem size 0x00100000 64bit]: can't assign; no space",
        "pci 0000:0b:00.0: BAR 7: failed to assign [mem size 0x00100000 64bit]",
        "pci 0000:0b:00.0: BAR 4: no space for [io  size 0x0040]",
        "iwlwifi 0000:0b:00.0: Direct firmware load for iwl-debug-yoyo.bin failed with error -2",
        "ath10k_pci 0000:0b:00.0: Direct firmware load for ath10k/cal-pci-0000:0b:00.0.bin failed with error -2",
        "r8169 0000:0b:00.0: Unable to load firmware rtl_nic/rtl8168g-3.fw (-2)",
        "i915 0000:0b:00.0: [drm] Failed to load DMC firmware i915/kbl_dmc_ver1_04.bin (-ENOENT). Disabling runtime power "
        "management.",
        "amdgpu 0000:0b:00.0: amdgpu: SECUREDISPLAY: query securedisplay TA failed. ret 0x0",
        "megaraid_sas 0000:0b:00.0: firmware crash dump	: no", "nvme nvme7: Shutdown timeout set to 12 seconds",
        "mlx5_core 0000:0b:00.0: wait_fw_init:211:(pid 7): Waiting for FW initialization, timeout abort in 20s (0x1)",
        "nouveau 0000:0b:00.0: drm: failed to retrieve link info, disabling eDP",
        "ata8: SATA link down (SStatus 4 SControl 300)",
        "r8169 0000:0b:00.0: can't disable ASPM; OS doesn't have ASPM control"})
    EXPECT_TRUE(heard("maker", line, "nvme7").empty()) << line;
}

/// Healed is what works again. What fails time and again is not healed by the last time that it came back.
TEST(DriverWords, ARecoveryHealsOnceButNotARelapse) {
  const std::string hang = "ixgbe 0000:0b:00.0 ens9: Detected Tx Unit Hang|",
                    up = "ixgbe 0000:0b:00.0 ens9: NIC Link is Up 1 Gbps|";
  EXPECT_TRUE(fails(heard("ixgbe", hang)));
  EXPECT_TRUE(heard("ixgbe", hang + up).empty());
  EXPECT_TRUE(fails(heard("ixgbe", hang + up + hang)));
  const auto again = heard("ixgbe", hang + up + hang + up);
  EXPECT_FALSE(again.empty());
  EXPECT_FALSE(fails(again)) << "but no proof either";
  const std::string fault = "megaraid_sas 0000:0b:00.0: FW in FAULT state, Fault code:0x2 subcode:0x1 func:x|";
  EXPECT_TRUE(heard("megaraid_sas", fault + "megaraid_sas 0000:0b:00.0: Reset successful for scsi9.").empty());
}

/// Whose a name is, the log may be the only one to tell.
TEST(DriverWords, NamesAreLearnedFromTheLog) {
  const std::string dead = "NETDEV WATCHDOG: eth5 (maker): transmit queue 0 timed out";
  EXPECT_TRUE(fails(heard("maker", "maker 0000:0b:00.0 eth5: a card|" + dead)));
  EXPECT_TRUE(fails(heard("maker", "maker 0000:0b:00.0 ens9: renamed from eth5|" + dead)));
  EXPECT_TRUE(heard("maker", "maker 0000:0c:00.0 eth5: a card|" + dead).empty()) << "another card's";
  EXPECT_TRUE(
      heard("maker",
            "maker 0000:0b:00.0 eth5: a|maker 0000:0c:00.0 eth6: b|NETDEV WATCHDOG: eth6 (maker): transmit queue 0 timed out")
          .empty());
  EXPECT_EQ(heard("xhci_hcd",
                  "xhci_hcd 0000:0b:00.0: new USB bus registered, assigned bus number 7|usb 7-2: device descriptor read/64, "
                  "error -71")
                .size(),
            1u);
  EXPECT_TRUE(
      fails(heard("sdhci-pci", "mmc3: SDHCI controller on PCI [0000:0b:00.0] using ADMA|mmc3: Reset 0x4 never completed.")));
}

}  // namespace
}  // namespace vfio_doctor
