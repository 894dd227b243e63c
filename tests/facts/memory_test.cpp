// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "facts/host.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using testing::machine;

TEST(Memory, NumbersAndWhatIsMissing) {
  const auto memory =
      gather_host(machine("file /proc/meminfo\n| MemTotal:       16000 kB\n| MemAvailable: none\n")).guest_memory;
  EXPECT_TRUE(memory.total_kib.is(16000));
  EXPECT_TRUE(memory.available_kib.is_unreadable());
  EXPECT_TRUE(memory.pools.is_absent());
  EXPECT_TRUE(memory.nodes.empty());
}

TEST(Memory, PoolsBySize) {
  const auto memory = gather_host(machine("text /sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages = 4\n"
                                          "text /sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages = 1\n"
                                          "text /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages = 512\n"
                                          "text /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages = 512\n"
                                          "text /sys/kernel/mm/hugepages/hugepages-xkB/nr_hugepages = 1\n"))
                          .guest_memory;
  ASSERT_TRUE(memory.pools.has_value());
  ASSERT_EQ(memory.pools->size(), 2u);
  EXPECT_EQ(memory.pools->front().page_kib, 2048u);
  EXPECT_EQ(memory.pools->back().free, 1u);
}

TEST(Memory, TheDefaultSizeOfHugePagesIsTheKernelsWord) {
  const std::string two_mib =
      "text /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages = 1\n"
      "text /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages = 1\n";
  const std::string one_gib =
      "text /sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages = 1\n"
      "text /sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages = 1\n";
  const auto size = [](const std::string& text) { return gather_host(machine(text)).guest_memory.default_page_kib; };
  EXPECT_TRUE(size("text /proc/meminfo = Hugepagesize:    1048576 kB\n" + two_mib + one_gib).is(1048576));
  EXPECT_TRUE(size("text /proc/meminfo = MemTotal: 1 kB\n" + two_mib).is(2048));
  EXPECT_TRUE(size("text /proc/meminfo = MemTotal: 1 kB\n" + two_mib + one_gib).is_unreadable());
  EXPECT_TRUE(size("text /proc/meminfo = Hugepagesize: 0 kB\n" + two_mib).is_unreadable());
  EXPECT_TRUE(size("text /proc/meminfo = MemTotal: 1 kB\n").is_absent());
}

TEST(Memory, LinesAboutLockingAlone) {
  const auto memory =
      gather_host(
          machine(
              "file /etc/security/limits.conf\n| #@kvm - memlock 1\n| @audio - rtprio 95\n| @kvm soft memlock 4194304 # KiB\n"
              "file /etc/security/limits.d/90.conf\n| alice - memlock unlimited\n"
              "file /etc/security/limits.d/README\n| bob - memlock 1\n"))
          .guest_memory;
  ASSERT_EQ(memory.lock_limits.size(), 2u);
  EXPECT_EQ(memory.lock_limits[0].who, "@kvm");
  EXPECT_EQ(memory.lock_limits[0].file, "/etc/security/limits.conf:3");
  EXPECT_EQ(memory.lock_limits[1].value, "unlimited");
}

TEST(Access, DropInsOfUnitsByName) {
  const auto access =
      gather_host(machine("file /usr/lib/systemd/system/virtqemud.service\n| [Service]\n| PrivateDevices=no\n"
                          "file /etc/systemd/system/virtqemud.service.d/10.conf\n| [Service]\n| PrivateDevices=yes\n"
                          "file /usr/lib/systemd/system/virtqemud.service.d/20.conf\n| [Service]\n| PrivateDevices = no\n"))
          .access;
  ASSERT_EQ(access.unit_settings.size(), 3u);
  EXPECT_EQ(access.last("virtqemud.service", "PrivateDevices")->value, "no");
  EXPECT_EQ(access.last("virtqemud.service", "PrivateDevices")->place, "/usr/lib/systemd/system/virtqemud.service.d/20.conf:2");
  EXPECT_EQ(access.last("libvirtd.service", "PrivateDevices"), nullptr);
}

TEST(Access, LockdownIsTheWordInBrackets) {
  EXPECT_TRUE(gather_host(machine("text /sys/kernel/security/lockdown = none [integrity] "
                                  "confidentiality\n"))
                  .access.lockdown.is("integrity"));
  EXPECT_TRUE(gather_host(machine("text /sys/kernel/security/lockdown = none\n")).access.lockdown.is_unreadable());
  EXPECT_TRUE(gather_host(machine("dir /sys/kernel\n")).access.lockdown.is_absent());
}

TEST(Sharing, ParentOfAMediatedDevice) {
  const auto sharing = gather_host(machine("link /sys/bus/mdev/devices/aaaa ../../../devices/pci0000:00/0000:00:02.0/aaaa\n"
                                           "dir /sys/devices/pci0000:00/0000:00:02.0/aaaa\n"))
                           .sharing;
  ASSERT_TRUE(sharing.mediated.has_value());
  ASSERT_EQ(sharing.mediated->size(), 1u);
  EXPECT_EQ(sharing.mediated->front().parent->text(), "0000:00:02.0");
}

TEST(DeviceLog, KeepsTroublesOfDevicesAndNotTheBoot) {
  const auto kernel = gather_host(machine("file /run/vfio-doctor/kernel.log\n"
                                          "| [    0.1] pci 0000:00:02.0: [8086:3e92] type 00 class 0x030000\n"
                                          "| [   12.5] vfio-pci 0000:01:00.0: not ready 1023ms after FLR; waiting\n"))
                          .kernel;
  ASSERT_TRUE(kernel.device_log.has_value());
  ASSERT_EQ(kernel.device_log->size(), 1u);
  EXPECT_EQ(kernel.device_log->front(), "vfio-pci 0000:01:00.0: not ready 1023ms after FLR; waiting");
}

}  // namespace
}  // namespace vfio_doctor
