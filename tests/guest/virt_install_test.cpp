// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/virt_install.hpp"

#include <gmock/gmock.h>

#include <cstdint>

#include "facts/domain/other_forms.hpp"
#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

Domain installed(const std::string& options) {
  return parse_domain("sudo virt-install --name wind --memory 6144 --machine q35 --virt-type kvm " + options, "make.sh",
                      machine(""));
}

std::string sources(const Domain& domain) {
  std::string all;
  for (const auto& device : domain.hostdevs)
    all += (all.empty() ? "" : " ") + device.source.text() + (device.managed ? "" : "!");
  return all;
}

TEST(VirtInstall, EverySpellingOfAFunction) {
  for (const auto* options :
       {"--hostdev 41:00.1", "--hostdev=0000:41:00.1", "--hostdev 0:41:0.1", "--host-device pci_0000_41_00_1",
        "--hostdev 41:00.1,address.type=pci,boot.order=1", "--hostdev name=41:00.1",
        "--import \\\n --hostdev 41:00.1 --disk none", "--network hostdev=41:00.1",
        "--network type=hostdev,source.address.type=pci,source.address.bus=0x41,source.address.function=1"})
    EXPECT_EQ(sources(installed(options)), "0000:41:00.1") << options;
  EXPECT_EQ(sources(installed("--qemu-commandline='-device vfio-pci,host=41:00.1'")), "0000:41:00.1!");
  EXPECT_EQ(sources(installed("--hostdev 41:00.0 --hostdev pci_0000_42_00_0")), "0000:41:00.0 0000:42:00.0");
  EXPECT_EQ(sources(installed("--hostdev 41:00.0,managed=no")), "0000:41:00.0!");
  EXPECT_EQ(sources(parse_domain("CARD=41:00.0\nvirt-install --hostdev $CARD\n", "x", machine(""))), "0000:41:00.0");
  EXPECT_EQ(sources(parse_domain("virt-xml wind --add-device --hostdev 41:00.0\n", "x", machine(""))), "0000:41:00.0");
  EXPECT_EQ(sources(parse_domain("virt-xml wind --remove-device --hostdev 41:00.0\n", "x", machine(""))), "");
}

TEST(VirtInstall, WhatElseItSaysOfTheGuest) {
  const auto domain = installed("--boot uefi --hostdev 41:00.0,driver.iommufd=yes,boot.order=2");
  EXPECT_EQ(domain.name, "wind");
  EXPECT_EQ(domain.memory_bytes, std::uint64_t{6} << 30);
  EXPECT_TRUE(domain.is_q35());
  EXPECT_EQ(domain.loader, "efi");
  ASSERT_EQ(domain.hostdevs.size(), 1u);
  EXPECT_TRUE(domain.hostdevs[0].iommufd);
  EXPECT_EQ(domain.hostdevs[0].boot_order, 2u);
  EXPECT_EQ(installed("--memory 2048,maxmemory=8192").memory_bytes, std::uint64_t{8} << 30) << "as much may be locked";
}

TEST(VirtInstall, UsbDevicesAndNetworks) {
  const auto domain = installed("--hostdev 0x1d6b:0x0104 --hostdev 003.017 --network network=pool,model=virtio");
  ASSERT_EQ(domain.usb.size(), 2u);
  EXPECT_EQ(domain.usb[0].product, 0x104);
  EXPECT_EQ(domain.usb[1].bus, 3u);
  EXPECT_EQ(domain.usb[1].device, 17u);
  ASSERT_EQ(domain.networks.size(), 1u);
  EXPECT_EQ(domain.networks[0].name, "pool");
}

TEST(VirtInstall, WhatIsNotKnownIsSaid) {
  for (const auto* options : {"--hostdev $CARD", "--hostdev mdev_a297db4a_f4c2_11e6_90f6_d3b88d6c9525", "--hostdev usb_3_2",
                              "--disk type=nvme,source.type=pci", "--xml ./devices/hostdev/@mode=subsystem"})
    EXPECT_EQ(installed(options).unresolved.size(), 1u) << options;
  const auto wrong = installed("--hostdev 41.00.0.1");
  ASSERT_EQ(wrong.faults.size(), 1u);
  EXPECT_THAT(wrong.faults[0].words, HasSubstr("Unknown hostdev address string format"));
}

TEST(VirtInstall, QemusMicrovmHasNoPciBusUnlessAsked) {
  const auto faults = [](const std::string& machine_options) {
    return parse_domain("qemu-system-x86_64 -M " + machine_options + " -device vfio-pci,host=41:00.0", "x", machine(""))
        .faults.size();
  };
  EXPECT_EQ(faults("microvm"), 1u);
  EXPECT_EQ(faults("microvm,pcie=on"), 0u);
  EXPECT_EQ(faults("q35"), 0u);
}

TEST(VirtInstall, ProxmoxWantsNodesForHugePages) {
  const auto faults = [](const std::string& more) {
    return parse_domain("memory: 4096\nostype: l26\nhostpci0: 41:00.0\n" + more, "100.conf", machine("")).faults.size();
  };
  EXPECT_EQ(faults("hugepages: 1024\n"), 1u);
  EXPECT_EQ(faults("hugepages: 1024\nnuma: 1\n"), 0u);
  EXPECT_EQ(faults(""), 0u);
}

}  // namespace
}  // namespace vfio_doctor
