// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lines that guests print: noise of healthy devices, trouble that looks like noise, and what comes after it.
#include <gmock/gmock.h>

#include "guest/heard_lines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;

struct Said {
  const char *driver, *log, *child = "", *log_name = "";
};

TEST(Noise, HealthyDevicesMakeIt) {
  for (
      const auto& [driver, log, child, log_name] : {
          Said{"mpt3sas", "<3>ses 7:0:12:0: Failed to get diagnostic page 0x1|<3>ses 7:0:12:0: Failed to bind enclosure -19",
               "", "host7"},
          Said{"i40e", "<6>i40e 0000:0b:00.0: DCB init failed -63, disabled"},
          Said{"mlx5_core",
               "<3>mlx5_core 0000:0b:00.0: mlx5_cmd_out_err:808:(pid 61): ACCESS_REG(0x805) op_mod(0x1) failed, status bad "
               "operation(0x2), syndrome (0x123), err(-22)"},
          Said{"r8169", "<3>r8169 0000:0b:00.0: firmware: failed to load rtl_nic/rtl8125b-2.fw (-2)"},
          Said{"iwlwifi", "<3>iwlwifi 0000:0b:00.0: firmware: failed to load iwl-debug-yoyo.bin (-2)"},
          Said{"ath10k_pci", "<3>ath10k_pci 0000:0b:00.0: firmware: failed to load ath10k/cal-pci-0000:0b:00.0.bin (-2)"},
          Said{"i915", "<3>i915 0000:0b:00.0: [drm] *ERROR* CPU pipe B FIFO underrun"},
          Said{"amdgpu",
               "<3>[drm:dce_v11_0_afmt_setmode [amdgpu]] *ERROR* Couldn't read Speaker Allocation Data Block: -2|"
               "<3>[drm:dce_v11_0_afmt_setmode [amdgpu]] *ERROR* Couldn't read SADs: -2"},
          Said{"nvidia",
               "<3>[drm:nv_drm_master_set [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000b00] Failed to grab modeset "
               "ownership"},
          Said{"snd_hda_intel", "<6>snd_hda_intel 0000:0b:00.0: Refused to change power state from D0 to D3hot"},
          Said{"xhci_hcd", "<6>xhci_hcd 0000:0b:00.0: Refused to change power state, currently in D0"},
          Said{"nouveau", "<4>nouveau 0000:0b:00.0: Direct firmware load for nouveau/nv98_fuc085d failed with error -2"},
          Said{"i915",
               "<3>i915 0000:0b:00.0: [drm] *ERROR* Unexpected DP dual mode adaptor ID 7f|<3>[drm:i915_gem_init_stolen [i915]] "
               "*ERROR* conflict detected with stolen region: [mem 0x7b000000-0x7effffff]|<3>i915 0000:0b:00.0: [drm] *ERROR* "
               "Zero GuC log crash dump size!"},
          Said{"amdgpu",
               "<3>kfd kfd: amdgpu: Failed to resume IOMMU for device 1002:15d8|<3>kfd kfd: amdgpu: device 1002:15d8 NOT added "
               "due to errors"},
          Said{"e1000e",
               "<3>e1000e 0000:0b:00.0 0000:0b:00.0 (uninitialized): Failed to initialize MSI-X interrupts.  Falling back to "
               "MSI interrupts."},
          Said{"nvidia", "<3>NVRM: Xid (PCI:0000:0b:00): 43, pid=812, name=render, Ch 00000018"},
          Said{"xhci_hcd",
               "<3>usb 5-1: 7:0: cannot get min/max values for control 2 (id 7)|<3>usb 5-1: 3:2: cannot set freq 44100 "
               "(v2/v3): err -110",
               "", "usb5"},
      })
    EXPECT_TRUE(heard(driver, log, child, log_name).empty()) << log;
}

/// Debian's kernels print a line of their own for each firmware file that is not there.
TEST(Noise, FirmwareThatCameAtLastClearsDebiansLinesToo) {
  const std::string missing = "<3>iwlwifi 0000:0b:00.0: firmware: failed to load iwlwifi-9260-th-b0-jf-b0-46.ucode (-2)",
                    loaded = "|<6>iwlwifi 0000:0b:00.0: loaded firmware version 43.95eb4e97.0 op_mode iwlmvm";
  EXPECT_EQ(heard("iwlwifi", missing).size(), 1u);
  EXPECT_TRUE(heard("iwlwifi", missing + loaded).empty());
}

/// A disk that spins up late, and a command that was repeated.
TEST(Noise, AnAtaPortThatCameBackIsWell) {
  const std::string late = "<3>ata9: softreset failed (device not ready)", up = "|<6>ata9: SATA link up 3.0 Gbps (SStatus 123)",
                    configured = "|<6>ata9.00: configured for UDMA/100";
  EXPECT_FALSE(heard("ahci", late, "", "ata9").empty());
  EXPECT_TRUE(heard("ahci", late + up, "", "ata9").empty());
  const std::string repeated =
      "<3>ata9.00: exception Emask 0x10 SAct 0x4 SErr 0x280100 action 0x6 frozen|<3>ata9.00: irq_stat 0x08000000, interface "
      "fatal "
      "error|<3>ata9: SError: { UnrecovData 10B8B BadCRC }|<3>ata9.00: failed command: READ FPDMA QUEUED|<3>ata9.00: cmd "
      "60/08:10:00/00:00 tag 2 ncq dma 4096 in res 40/00:00 Emask 0x10 (ATA bus error)|<3>ata9.00: error: { ICRC ABRT }";
  EXPECT_FALSE(heard("ahci", repeated, "", "ata9").empty());
  EXPECT_TRUE(heard("ahci", repeated + up + configured, "", "ata9").empty());
}

TEST(Noise, AUsbDeviceThatWasFoundInTheEndIsWell) {
  const std::string late =
      "<3>usb 5-2: Device not responding to setup address.|<3>usb 5-2: device not accepting address 9, error "
      "-71|<3>usb 5-2: can't read configurations, error -110";
  EXPECT_FALSE(heard("xhci_hcd", late, "", "usb5").empty());
  EXPECT_TRUE(heard("xhci_hcd", late + "|<6>usb 5-2: New USB device found, idVendor=0781", "", "usb5").empty());
}

/// NVIDIA's driver says at last what is to be done about the card: nothing, or a reset.
TEST(Noise, ARecoveryActionOfNoneIsAnEnd) {
  const std::string lost = "<3>NVRM: Xid (PCI:0000:0b:00): 79, pid=1, GPU has fallen off the bus.",
                    reset =
                        "|<3>NVRM: Xid (PCI:0000:0b:00): 154, GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset "
                        "Required)",
                    none =
                        "|<3>NVRM: Xid (PCI:0000:0b:00): 154, GPU recovery action changed from 0x1 (GPU Reset Required) to 0x0 "
                        "(None)";
  EXPECT_TRUE(fails(heard("nvidia", reset.substr(1))));
  EXPECT_TRUE(heard("nvidia", none.substr(1)).empty());
  EXPECT_TRUE(fails(heard("nvidia", lost + reset))) << "gone is another matter";
}

/// A hub complains while somebody pulls it out.
TEST(Noise, AHubThatWasUnpluggedIsNoTrouble) {
  const std::string dying =
      "<3>hub 5-4:1.0: hub_ext_port_status failed (err = -71)|<3>usb 5-4-port1: cannot reset (err = -71)|<3>usb "
      "5-4-port1: cannot disable (err = -71)";
  EXPECT_FALSE(heard("xhci_hcd", dying, "", "usb5").empty());
  EXPECT_TRUE(heard("xhci_hcd", dying + "|<6>usb 5-4: USB disconnect, device number 3", "", "usb5").empty());
}

TEST(Noise, TroubleThatLooksLikeIt) {
  for (const auto& [driver, log, child, log_name] : {
           Said{"ixgbevf", "<6>ixgbevf 0000:0b:00.0: PF still in reset state.  Is the PF interface up?"},
           Said{"xhci_hcd", "<6>usb 5-3: Not enough bandwidth for altsetting 2", "", "usb5"},
           Said{"xhci_hcd", "<4>usb 5-3: Not enough bandwidth for new device state.", "", "usb5"},
           Said{"xhci_hcd", "<4>usb 5-3: Not enough host controller resources for new device state.", "", "usb5"},
           Said{"xhci_hcd", "<3>usb usb5-port2: over-current condition", "", "usb5"},
           Said{"xhci_hcd", "<3>usb 5-3: Device is not authorized for usage", "", "usb5"},
           Said{"nvidia", "<3>NVRM: API mismatch: the client has the version 580.65, but"},
           Said{"nvme", "<3>nvme nvme4: globally duplicate IDs for nsid 1", "nvme4"},
           Said{"maker", "<3>maker 0000:0b:00.0: Couldn't allocate the ring"},
           Said{"maker", "<3>maker 0000:0b:00.0: could not talk to the card"},
       }) {
    const auto lines = heard(driver, log, child, log_name);
    ASSERT_EQ(lines.size(), 1u) << log;
    EXPECT_EQ(lines.front().meaning, LogMeaning::trouble) << log;
  }
}

/// USBGuard looks at every device first.
TEST(Noise, AUsbDeviceThatWasAllowedIsWell) {
  const std::string barred = "<3>usb 5-3: Device is not authorized for usage";
  EXPECT_TRUE(heard("xhci_hcd", barred + "|<6>usb 5-3: authorized to connect", "", "usb5").empty());
}

TEST(Noise, LastWordsThatLookLikeIt) {
  for (const auto& [driver, log, child, log_name] : {
           Said{"iavf", "<3>iavf 0000:0b:00.0: Reset never finished (1)"},
           Said{"pcieport", "<6>maker 0000:0b:00.0: Refused to change power state from D3hot to D0"},
           Said{"i40e",
                "<3>i40e 0000:0b:00.0: Rx/Tx is disabled on this device because an unsupported SFP module type was detected."},
           Said{"amdgpu", "<6>amdgpu 0000:0b:00.0: amdgpu: GPU reset end with ret = -62"},
           Said{"iwlwifi", "<3>iwlwifi 0000:0b:00.0: Could not load the [1] uCode section"},
           Said{"nvme", "<3>nvme nvme4: Minimum device page size 134217728 too large for host (4096)", "nvme4"},
       })
    EXPECT_TRUE(fails(heard(driver, log, child, log_name))) << log;
}

/// A virtual function works as soon as its physical one is up.
TEST(Noise, ALinkEndsTheWaitForThePhysicalFunction) {
  const std::string waits = "<6>ixgbevf 0000:0b:00.0: PF still in reset state.  Is the PF interface up?";
  EXPECT_TRUE(heard("ixgbevf", waits + "|<6>ixgbevf 0000:0b:00.0: NIC Link is Up 10 Gbps").empty());
}

}  // namespace
}  // namespace vfio_doctor
