// SPDX-License-Identifier: GPL-2.0-or-later
// Storage that comes over a network: the functions it needs are those of the cards on its way.
#include <gmock/gmock.h>

#include "facts/storage_machines.hpp"

namespace vfio_doctor {
namespace {

using testing::addresses;
using testing::block_device;
using ::testing::ElementsAre;
using testing::four_disks;
using testing::mountinfo;
using testing::root_on_nvme;
using testing::use_of;

TEST(NetworkStorage, NfsAndIscsiComeThroughTheCardOfTheRoute) {
  const std::string network =
      "link /sys/class/net/eth0 ../../devices/pci0000:00/0000:00:1f.6/net/eth0\n"
      "dir /sys/devices/pci0000:00/0000:00:1f.6/net/eth0\n"
      "link /sys/class/net/eth1 ../../devices/pci0000:00/0000:00:19.0/net/eth1\n"
      "dir /sys/devices/pci0000:00/0000:00:19.0/net/eth1\n"
      "file /proc/net/route\n| Iface Destination Gateway Flags RefCnt Use Metric Mask\n"
      "| eth0 00000000 0102000A 0003 0 0 0 00000000\n| eth1 0001000A 00000000 0001 0 0 0 00FFFFFF\n";
  const std::string disk = "/sys/devices/platform/host2/session1/target2:0:0/2:0:0:0/block/sdc";
  const auto text = four_disks() + network + block_device(disk, "8:32") +
                    "text /sys/class/iscsi_connection/connection1:0/address = 192.0.2.9\n" +
                    mountinfo({root_on_nvme, "31 30 0:50 / /mnt/nfs rw - nfs4 filer:/x rw,vers=4.2,addr=10.0.1.7",
                               "32 30 8:32 / /mnt/iscsi rw - xfs /dev/sdc rw"});
  const auto nfs = use_of(text, "/mnt/nfs"), iscsi = use_of(text, "/mnt/iscsi");
  EXPECT_EQ(nfs.chain, "nfs4 from 10.0.1.7 through eth1");
  EXPECT_THAT(nfs.network_interfaces, ElementsAre("eth1"));
  EXPECT_THAT(addresses(nfs), ElementsAre("0000:00:19.0"));
  EXPECT_EQ(iscsi.chain, "xfs on sdc on iSCSI from 192.0.2.9 through eth0");
  EXPECT_THAT(addresses(iscsi), ElementsAre("0000:00:1f.6"));
}

TEST(NetworkStorage, NvmeOverTcpComesThroughTheNetwork) {
  const std::string controller = "/sys/devices/virtual/nvme-fabrics/ctl/nvme3";
  const auto text = block_device(controller + "/nvme3n1", "259:7") + "text " + controller + "/transport = tcp\ntext " +
                    controller + "/address = traddr=10.0.1.7,trsvcid=4420\n" +
                    mountinfo({"30 1 259:7 / / rw - ext4 /dev/nvme3n1 rw"});
  const auto use = use_of(text, "/");
  EXPECT_NE(use.unresolved, "");
  EXPECT_EQ(use.missing, Carrier::network);
}

/// A Fibre Channel port, and an NVMe disk (259:50) that comes over it.
const std::string fibre_channel_disk =
    "text /sys/devices/pci0000:00/0000:05:00.0/host5/fc_host/host5/port_name = 0x100000109b579ef6\n"
    "link /sys/class/fc_host/host5 ../../devices/pci0000:00/0000:05:00.0/host5/fc_host/host5\n" +
    block_device("/sys/devices/virtual/nvme-subsystem/nvme-subsys5/nvme5n1", "259:50") +
    "link /sys/devices/virtual/nvme-subsystem/nvme-subsys5/nvme5 ../../nvme-fabrics/ctl/nvme5\n"
    "text /sys/devices/virtual/nvme-fabrics/ctl/nvme5/transport = fc\n"
    "text /sys/devices/virtual/nvme-fabrics/ctl/nvme5/address = traddr=nn-0x201700a09890f5bf:pn-0x201b00a09890f5bf,"
    "host_traddr=nn-0x200000109b579ef6:pn-0x100000109b579ef6\n";

TEST(NetworkStorage, NvmeOverFibreChannelHasTheHostPort) {
  const auto mounts = mountinfo({"30 1 259:50 / / rw - xfs /dev/nvme5n1 rw"});
  const auto use = use_of(fibre_channel_disk + mounts, "/");
  EXPECT_EQ(use.chain, "xfs on nvme5n1 on nvme5 (NVMe over Fibre Channel)");
  EXPECT_THAT(addresses(use), ElementsAre("0000:05:00.0"));
  auto other_port = fibre_channel_disk;
  other_port.replace(other_port.find("port_name = 0x10"), 16, "port_name = 0x20");
  EXPECT_NE(use_of(other_port + mounts, "/").unresolved, "");
}

TEST(NetworkStorage, IscsiOfABoundInterfaceIgnoresTheRoutes) {
  const std::string host = "/sys/devices/platform/host7";
  const auto card = [](const std::string& name, const std::string& address) {
    return "link /sys/class/net/" + name + " ../../devices/pci0000:00/" + address + "/net/" + name +
           "\ndir /sys/devices/pci0000:00/" + address + "/net/" + name + "\n";
  };
  const auto text = block_device(host + "/session1/target7:0:0/7:0:0:0/block/sdc", "8:32") + card("eth0", "0000:01:00.0") +
                    card("eth1", "0000:02:00.0") + "text /sys/class/iscsi_connection/connection1:0/address = 10.2.0.9\n" +
                    "file /proc/net/route\n| Iface Destination Gateway Flags\n| eth0 0000020A 00000000 0001 0 0 0 00FFFFFF\n"
                    "| eth1 0000020A 00000000 0001 0 0 1 00FFFFFF\n" +
                    mountinfo({"30 1 8:32 / / rw - ext4 /dev/sdc rw"});
  const auto bound = use_of(text + "text /sys/class/iscsi_host/host7/netdev = eth1\n", "/");
  EXPECT_EQ(bound.chain, "ext4 on sdc on iSCSI from 10.2.0.9 through eth1");
  EXPECT_THAT(addresses(bound), ElementsAre("0000:02:00.0"));
  const auto free = use_of(text + "text /sys/class/iscsi_host/host7/netdev = default\n", "/");
  EXPECT_THAT(addresses(free), ElementsAre("0000:01:00.0"));
}

TEST(NetworkStorage, ServersOfCephAndGluster) {
  const auto text = [](const std::string& line) {
    return "link /sys/class/net/eth1 ../../devices/pci0000:00/0000:02:00.0/net/eth1\ndir "
           "/sys/devices/pci0000:00/0000:02:00.0/net/eth1\n"
           "file /proc/net/route\n| Iface Destination Gateway Flags\n| eth1 0000020A 00000000 0001 0 0 0 00FFFFFF\n" +
           mountinfo({line, "1 0 0:1 / / rw - tmpfs none rw"});
  };
  const auto ceph = text("60 1 0:60 / /srv rw - ceph admin@1.cephfs=/ rw,fsid=1,mon_addr=10.2.0.9:3300/10.2.0.10:3300");
  EXPECT_THAT(addresses(use_of(ceph, "/srv")), ElementsAre("0000:02:00.0"));
  EXPECT_THAT(addresses(use_of(text("60 1 0:60 / /srv rw - fuse.glusterfs 10.2.0.9:/gv0 rw"), "/srv")),
              ElementsAre("0000:02:00.0"));
  EXPECT_NE(use_of(text("60 1 0:60 / /srv rw - fuse.glusterfs filer:/gv0 rw"), "/srv").unresolved, "");
}

}  // namespace
}  // namespace vfio_doctor
