// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/canary_machine.hpp"

#include <zlib.h>

#include "machine/machine_text.hpp"

namespace vfio_doctor::testing {
namespace {

/// "@": a name of its own. "%": a secret of its own. "@N@": the N-th name of this text once more.
constexpr const char* machine = R"(
text /proc/sys/kernel/hostname = @
text /etc/hostname = @
file /proc/cmdline
| BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=/dev/mapper/vg--@-lv--@ ro quiet intel_iommu=on rd.luks.name=3c2e1f4a-9d7b-4b0e-8d0a-55e0c0a1b2c3=@ rd.lvm.lv=@/@ ip=192.0.2.9::192.0.2.1:255.255.255.0:@:eth0:none nfsroot=@:/@ netroot=iscsi:@:%@192.0.2.3::3260:1:iqn.2004-04.org.@:@ inst.vncpassword=% inst.sshpw=% systemd.set_credential=@:% inst.ks=http://@:%@ks.@.example/@?token=% api_key=% secret=% token=% psk=% rd.iscsi.password=% @ made_by=@ "note=@ @" luks_pass="% %" nfs.callback=@ root=nfs4:@:/@ resume=/dev/disk/by-label/@ systemd.hostname=@ console=tty0
file /proc/sys/kernel/osrelease
| 6.1.0-18-amd64
file /etc/default/grub
| # written by @ for @, password %
| GRUB_DEFAULT="@ on @"
| GRUB_DISTRIBUTOR="@ Linux"
| GRUB_CMDLINE_LINUX="ro quiet rd.iscsi.password=% made_by=@ @ password=\"% %\" x=@"  # for @
| GRUB_CMDLINE_LINUX_DEFAULT="quiet owner=@"
| GRUB_BADRAM=@
| GRUB_BACKGROUND=/home/@/@.png
| export MY_TOKEN=% PHONE=4915@
file /etc/default/grub.d/50-@.cfg
| GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX vpn.secret=% @"
| # @
file /etc/default/limine
| KERNEL_CMDLINE[default]="quiet made=@ limine.token=%"
| # @
file /etc/kernel/cmdline
| root=LABEL=@ ro quiet by=@ cred=% @
file /etc/kernel/cmdline.d/10-@.conf
| extra=@ some_auth=%
file /usr/lib/kernel/cmdline
| root=LABEL=@ quiet usr_token=% by=@
file /etc/cmdline.d/20-@.conf
| dracut_thing=@ dracut.pw=% # @
file /etc/limine-entry-tool.d/30-@.conf
| # @ wrote this for %
| KERNEL_CMDLINE[default]+=" owner=@ entry_secret=%"
file /etc/sdboot-manage.conf
| # @, password=%
| LINUX_OPTIONS="quiet sdboot.password=% by=@"
| REMOVE_OBSOLETE=@
file /boot/extlinux/extlinux.conf
| # @
| DEFAULT @
| MENU TITLE @'s menu
| MENU PASSWD %
| LABEL @
|   MENU LABEL Linux of @
|   LINUX ../vmlinuz-6.1.0-18-amd64
|   APPEND root=LABEL=@ ro extlinux.psk=% by=@
|   INITRD ../initrd-@.img
file /boot/syslinux/syslinux.cfg
| LABEL @
|   APPEND root=LABEL=@ syslinux.pass=%
file /boot/efi/EFI/@/refind_linux.conf
| "Boot" "root=LABEL=@ efi.secret=% by=@"
file /etc/kernel/proxmox-boot-uuids
| @
file /etc/kernelstub/configuration
| {"default": {"kernel_options": ["quiet", "who=@"]}, "user": {"kernel_options": ["quiet", "my.password=%", "@", "a=@"], "esp_path": "/boot/@"}}
file /boot/grub/grubenv
| # GRUB Environment Block, @
| saved_entry=@ of @
| kernelopts=root=UUID=3c2e1f4a-9d7b-4b0e-8d0a-55e0c0a1b2c3 grubenv_secret=% a=@
| my_passwd=%
file /boot/grub/grub.cfg
| ### BEGIN /etc/grub.d/41_@ ###
| # @ wrote this
| set superusers="@"
| password @ %
| password_pbkdf2 @ grub.pbkdf2.sha512.10000.%
| set mine="@"
| if [ -f ${config_directory}/custom.cfg ]; then
|   source ${config_directory}/custom.cfg
| fi
| ### END /etc/grub.d/41_@ ###
| ### BEGIN /etc/grub.d/10_linux ###
| menuentry '@ of @ GNU/Linux' --class @ --id 'gnulinux-@-simple' {
|   search --no-floppy --label @ --set=root
|   echo 'Hello @'
|   linux /vmlinuz-6.1.0-18-amd64 root=/dev/mapper/@ ro quiet intel_iommu=on inst.vncpassword=% owner=@ @
|   initrd /initrd-@.img
| }
| menuentry 'recovery of @' {
|   linux /vmlinuz-6.1.0-18-amd64 root=/dev/@/@ ro single my.pw=%
| }
| ### END /etc/grub.d/10_linux ###
file /boot/grub/custom.cfg
| # @
| menuentry 'own of @' --id '@' {
|   linux /vmlinuz-6.1.0-18-amd64 root=/dev/mapper/@ ro custom.password=% owner=@
| }
file /boot/efi/EFI/@/grub.cfg
| search.fs_uuid @ root
| configfile /@/grub.cfg # @
file /boot/loader/loader.conf
| default @-*
| # @
| timeout 3
| mine @
file /boot/loader/entries/@-6.1.0-18-amd64.conf
| # @
| title @ of @
| version 6.1.0-18-amd64
| machine-id 0123456789abcdef0123456789abcde1
| linux /@/vmlinuz-6.1.0-18-amd64
| initrd /@/initrd
| options root=LABEL=@ ro quiet wifi.psk=% by=@
| grub_users @
| x-note @ and %
file /boot/limine.conf
| # @
| /@'s Linux
|   protocol: linux
|   path: boot():/@/vmlinuz
|   cmdline: root=LABEL=@ ro limine_secret=% by=@
|   comment: @
file /boot/refind_linux.conf
| "Boot of @" "root=LABEL=@ ro refind.password=% by=@"
| # @
file /etc/fstab
| # @, password=%
| UUID=3c2e1f4a-9d7b-4b0e-8d0a-55e0c0a1b2c3 / ext4 defaults,x-@=@ 0 1
| //@/@ /mnt/@ cifs username=@,password=%,domain=@,credentials=/root/@ 0 0
| ftp://@:%@host.example/@ /srv/@ curlftpfs user=@:% 0 0
| LABEL=@ /@ ext4 defaults 0 2
| @:/@ /media/@/@ nfs4 rw,sec=@ 0 0
| @@host:/@ /home/@ fuse.sshfs IdentityFile=/home/@/x,password_stdin=% 0 0
file /proc/1/mountinfo
| 21 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/vg--home rw,x=@
| 22 21 0:50 /@ /mnt/@ rw - nfs4 @:/@ rw,addr=192.0.2.20,clientaddr=192.0.2.21,mine=@
| 23 21 0:51 / /var/lib/lxc/@/rootfs rw - overlay overlay rw,lowerdir=/var/lib/@/l:/var/lib/@/m,upperdir=/srv/@/u
| 24 21 0:52 / /run/@ rw - autofs /etc/auto.@ rw,fd=6
| 25 21 0:53 / /@ rw - fuse.@ @#ftp://@:%@h/@ rw,user_id=0,token=%
| 26 21 0:54 / /srv/@ rw - cifs //@/@ rw,username=@,password=%
| 27 21 0:55 / /tank rw - zfs @/data/@ rw
file /proc/swaps
| Filename Type Size Used Priority
| /@/swap-@ file 1 0 -2
text /proc/mounts = tmpfs /run/@ tmpfs rw,size=@ 0 0
file /etc/modprobe.d/60-@.conf
| # @ and %
| options vfio-pci ids=10de:1b80 disable_vga=1
| options @ name=@ key=% @
| install @ /home/@/run --token %
| alias @ @
| blacklist @
| softdep @ pre: vfio-pci
file /usr/lib/modprobe.d/@.conf
| options vfio-pci ids=10de:1b81 \
|   owner=@ token=%
| # a comment by @ that goes on \
| options kvm ignore_msrs=1 password=%
| options vfio_iommu_type1 allow_unsafe_interrupts=@
| softdep @ post: @
| remove @ /bin/@ --secret %
| nothing @ knows
file /run/vfio-doctor/processes
| all seen
| 812 /dev/vfio/14 @
| 813 /dev/nvidia0 @ token=%
| @ is no process
file /proc/driver/nvidia/gpus/0000:01:00.0/information
| Model: 		 NVIDIA @
| GPU UUID: 	 GPU-@
| Device Minor: 	 0
| Owner: @
text /proc/fs/jbd2/dm-0-8/info = @
text /sys/fs/bcachefs/@/label = @
text /sys/fs/bcachefs/@/options/metadata_target = @
text /proc/version = Linux version 6.1.0-18-amd64 (@@builder) (gcc of @) #1 @
text /proc/1/net/dev = @: 1 2 3
text /sys/class/dmi/id/product_serial = @
text /sys/class/dmi/id/board_serial = @
text /sys/class/dmi/id/chassis_asset_tag = @
text /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts = @
text /sys/class/bluetooth/hci0/address = @
text /sys/class/drm/card0-DP-1/status = @
text /sys/class/drm/card0-DP-1/edid = @
text /sys/bus/pci/devices/0000:01:00.0/label = @
text /sys/bus/pci/devices/0000:01:00.0/driver_override = @
text /sys/bus/mdev/devices/3c2e1f4a-9d7b-4b0e-8d0a-55e0c0a1b2c4/mdev_type/name = @
file /proc/meminfo
| MemTotal: 16 kB
| @: 1 kB
file /etc/os-release
| ID=debian
| VERSION_ID=12
| PRETTY_NAME="Debian of @"
| HOME_URL=https://@.example/
| # @
| SUPPORT_TOKEN=%
file /run/vfio-doctor/kernel.log
| [    0.000000] Linux version 6.1.0-18-amd64 (@@buildhost) (gcc 12) #1 SMP @
| [    0.000000] Command line: root=LABEL=@ quiet wifi.psk=% by=@ intel_iommu=on
| [    0.100000] Unknown kernel command line parameters "by=@ a.token=% @", will be passed to user space.
| [    0.200000] DMAR: @ says hello from /home/@
| [    1.000000] pci 0000:00:1f.0: @
| [    2.000000] vfio-pci 0000:01:00.0: enabled by @ with password=%
| [    3.000000] audit: type=1105 acct="@" exe="/usr/bin/@" hostname=@
| [    3.100000] sudo: @ : TTY=pts/0 ; PWD=/home/@ ; COMMAND=/bin/@
| [    3.200000] CIFS: Attempting to mount //@/@
| [    3.300000] usb 1-1: Product: @'s iPhone
| [    3.400000] usb 1-1: SerialNumber: @
| [    3.500000] iommu: S/N 4915@ DUID 0001000a@ wwn 5000c500@
file /run/vfio-doctor/routes
| unicast 192.0.2.0/24 dev eth0 table 254 metric 0
| unicast 198.51.100.0/24 dev @1@ table 254 metric 0
link /sys/class/net/@1@ ../../devices/virtual/net/@1@
text /sys/devices/virtual/net/@1@/ifalias = @
text /sys/devices/virtual/net/@1@/uevent = INTERFACE=@1@
text /sys/devices/virtual/net/@1@/operstate = up
link /sys/class/net/br0 ../../devices/virtual/net/br0
link /sys/devices/virtual/net/br0/brif/@2@ ../../@1@/brport
link /sys/devices/virtual/net/br0/lower_@3@ ../@3@
dir /sys/devices/virtual/net/@3@
link /sys/class/net/bond0 ../../devices/virtual/net/bond0
text /sys/devices/virtual/net/bond0/bonding/slaves = @2@ @3@
file /proc/1/net/route
| Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
| @1@ 006433C6 00000000 0001 0 0 0 00FFFFFF 0 0 0
file /proc/1/net/ipv6_route
| 20010db8000100020000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 @2@
file /proc/1/net/fib_trie
| Main: @
text /proc/1/net/pppoe = @
file /run/systemd/sessions/4
| UID=1000
| USER=@
| REMOTE=1
| REMOTE_HOST=@.example
| STATE=active
| PASSWORD=%
text /sys/devices/virtual/block/dm-0/dm/name = vg--@-lv--@
text /sys/devices/virtual/block/dm-0/dm/uuid = LVM-@abcdefghijklmnopqrstuvwxyz0123456789
link /sys/class/block/dm-0 ../../devices/virtual/block/dm-0
text /sys/devices/virtual/block/dm-1/dm/name = @
text /sys/devices/virtual/block/dm-1/dm/uuid = CRYPT-LUKS2-3c2e1f4a9d7b4b0e8d0a55e0c0a1b2c3-@
link /sys/class/block/dm-1 ../../devices/virtual/block/dm-1
text /sys/devices/virtual/block/loop0/loop/backing_file = /home/@/@.img
link /sys/class/block/loop0 ../../devices/virtual/block/loop0
text /sys/devices/virtual/block/zram0/backing_dev = /dev/@
link /sys/class/block/zram0 ../../devices/virtual/block/zram0
text /sys/devices/virtual/block/md0/md/level = @
link /sys/class/block/md0 ../../devices/virtual/block/md0
file /sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/uevent
| PARTNAME=@
| PARTUUID=@
| X_@=@
link /sys/class/block/sda ../../devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda
text /sys/devices/pci0000:00/0000:00:1d.0/0000:3e:00.0/nvme/nvme0/serial = @
text /sys/devices/pci0000:00/0000:00:1d.0/0000:3e:00.0/nvme/nvme0/address = traddr=@,trsvcid=4420
text /sys/devices/pci0000:00/0000:00:1d.0/0000:3e:00.0/nvme/nvme0/transport = @
text /sys/devices/pci0000:00/0000:00:1d.0/0000:3e:00.0/nvme/nvme0/nvme0n1/wwid = nvme.144d-@-@-00000001
file /run/udev/data/b8:1
| E:ID_FS_LABEL=@
| E:ID_SERIAL=@
| E:ID_@=@
| S:disk/by-id/ata-@
dir /proc/spl/kstat/zfs/@
link /dev/disk/by-label/@ ../../sda1
link /dev/disk/by-id/ata-@_@ ../../sda
link /dev/disk/by-partlabel/@ ../../sda1
link /dev/mapper/@ ../dm-1
text /sys/devices/pci0000:00/0000:00:14.0/usb1/1-8/product = @'s iPhone
text /sys/devices/pci0000:00/0000:00:14.0/usb1/1-8/manufacturer = @
text /sys/devices/pci0000:00/0000:00:14.0/usb1/1-8/serial = @
text /sys/devices/pci0000:00/0000:00:14.0/usb1/1-8/idVendor = 05ac
text /sys/devices/pci0000:00/0000:00:14.0/usb1/1-8/idProduct = 12a8
link /sys/bus/usb/devices/1-8 ../../../devices/pci0000:00/0000:00:14.0/usb1/1-8
text /sys/devices/pci0000:00/0000:00:14.0/usb1/1-8/1-8:1.0/0003:046D:C31C.0002/input/input2/name = @ Keyboard
file /proc/bus/input/devices
| N: Name="@ Keyboard"
| U: Uniq=@
text /proc/fb = 0 @
file /proc/interrupts
|            CPU0
|   1:          9   IO-APIC    1-edge      @
| 130:          9   IR-PCI-MSI 524288-edge      @1@-TxRx-0
file /proc/iomem
| 00000000-00000fff : @
| 80000000-8fffffff : PCI Bus 0000:00
text /sys/devices/pci0000:00/0000:00:02.0/virtio0/mount_tag = @
text /sys/class/graphics/fb0/name = @
text /sys/class/vtconsole/vtcon0/name = (M) @
text /sys/kernel/iommu_groups/1/name = @
text /sys/kernel/iommu_groups/1/type = @
file /sys/kernel/iommu_groups/1/reserved_regions
| 0x00000000fee00000 0x00000000feefffff @
text /sys/hypervisor/type = @
text /sys/class/fc_host/host4/port_name = 0x2000@
text /sys/class/iscsi_host/host6/netdev = @2@
text /sys/class/iscsi_connection/connection1:0/address = @
text /sys/class/iscsi_connection/connection1:0/persistent_address = @
text /proc/4242/comm = @
file /etc/modules
| # @ wants these
| vfio-pci
| @
text /etc/driverctl.d/pci-0000:00:02.0 = @
file /etc/modules-load.d/@.conf
| @
| # @
file /etc/initramfs-tools/modules
| # @
| vfio_pci ids=@
| @
file /etc/mkinitcpio.conf
| # written by @, password %
| MODULES=(vfio_pci @)
| FILES=(/home/@/@.bin)
file /etc/dracut.conf.d/10-@.conf
| # @
| add_drivers+=" vfio-pci @ "
| kernel_cmdline="by=@ dracut_secret=%"
file /boot/efi/loader/entries/@.conf
| title @
| linux /vmlinuz-6.1.0-18-amd64
| options quiet by=@ entry.password=%
file /boot/config-6.1.0
| CONFIG_LOCALVERSION="-@"
| # @
file /boot/config-6.1.0-18-amd64
| CONFIG_LOCALVERSION="-@"
| CONFIG_DEFAULT_HOSTNAME="@"
| # @
| CONFIG_PCI=y
| CONFIG_VFIO_PCI=m
| CONFIG_CMDLINE="quiet built_in=@ built_in.password=%"
| CONFIG_VFIO_@="@"
| CONFIG_@=y
file /lib/modules/6.1.0-18-amd64/modules.dep
| extra/@.ko: extra/@.ko
| kernel/drivers/vfio/pci/vfio-pci.ko.xz:
file /lib/modules/6.1.0-18-amd64/modules.builtin
| extra/@.ko
file /usr/lib/modules/6.1.0-18-amd64/modules.alias
| alias @ @
seen /boot/initrd-@.img
file /run/vfio-doctor/initramfs/image
| /boot/initrd-@.img
file /run/vfio-doctor/initramfs/modules
| vfio_pci
| @
file /run/vfio-doctor/initramfs/root/etc/modprobe.d/20-@.conf
| # @
| options vfio-pci ids=10de:1c82 made_by=@ password=%
| install @ /home/@/@.sh %
file /run/vfio-doctor/initramfs/root/etc/modules-load.d/@.conf
| @
file /run/vfio-doctor/initramfs/root/etc/cmdline.d/20-@.conf
| rd.driver.pre=vfio_pci by=@ image_password=%
file /run/vfio-doctor/initramfs/root/conf/modules
| vfio_pci
| @
file /run/vfio-doctor/initramfs/root/config
| MODULES="vfio_pci @"
file /run/vfio-doctor/initramfs/root/conf/initramfs.conf
| # @
| BY=@ PASSWORD=%
file /run/vfio-doctor/initramfs/root/etc/booster.init.yaml
| #
| load vfio_pci
| load @
| options vfio_pci ids=10de:1c82 made_by=@ password=%
| softdep @ pre: vfio_pci
| by: @
| password: %
file /run/vfio-doctor/initramfs/root/buildconfig
| # @
file /run/vfio-doctor/nodes
| 0660 0 36 /dev/vfio/@
| 0660 0 36 /dev/vfio/14
| guests 64055 64055,108 1
unreadable /etc/modprobe.d/@.conf Permission denied for @
dir /mnt/@
file /etc/security/limits.conf
| # @ may lock, password %
| @ hard memlock @
| @ - memlock unlimited # @
file /etc/security/limits.d/20-@.conf
| @ soft memlock 8388608
| # @
file /etc/udev/rules.d/10-@.rules
| # @ wrote this
| SUBSYSTEM=="vfio", OWNER="@", GROUP="@", SYMLINK+="@", ENV{TOKEN}="%"
| ACTION=="add", RUN+="/home/@/@ %"
file /usr/lib/systemd/system/libvirtd.service
| [Unit]
| Description=Machines of @
| [Service]
| User=@
| Environment=LIBVIRT_TOKEN=%
| DeviceAllow=/dev/@ rw
| InaccessiblePaths=/srv/@ /home/@
file /etc/systemd/system/libvirtd.service.d/50-@.conf
| # @
| [Service]
| ProtectKernelModules=yes
| Environment="KEY=%"
| ExecStartPre=/home/@/@.sh
file /etc/systemd/system/virtqemud.service.d/@.conf
| [Service]
| LimitMEMLOCK=@
file /etc/systemd/system/service.d/50-@.conf
| [Service]
| User=@
| Environment="ALL_KEY=%"
file /etc/booster.yaml
| # @
| modules: vfio_pci,@
| modules_force_load: @,vfio
| universal: @
file /etc/dracut.conf
| # @, %
| force_drivers+=" vfio-pci @ "
| kernel_cmdline="by=@ dracut.conf_token=%"
file /etc/mkinitcpio.d/@.preset
| # @ made it
| PRESETS=('@')
| ALL_cmdline="/etc/@"
| default_uki="/efi/EFI/Linux/@.efi"
| default_options="--cmdline /home/@ token=%"
file /etc/mkinitcpio.conf.d/@.conf
| MODULES+=(@)
| HOOKS=(base @)
file /usr/lib/modules-load.d/@.conf
| @
file /run/modules-load.d/@.conf
| # @
| @
text /sys/bus/thunderbolt/devices/domain0/security = @
text /sys/kernel/security/lockdown = none [@]
text /sys/module/nvidia_drm/parameters/modeset = @
text /sys/module/kvm_amd/parameters/sev = @
text /sys/bus/pci/devices/0000:01:00.0/nvidia/current_vgpu_type = @
text /sys/bus/pci/devices/0000:01:00.0/aer_dev_fatal = TOTAL_ERR_FATAL @
text /sys/bus/pci/devices/0000:01:00.0/aer_dev_nonfatal = TOTAL_ERR_NONFATAL @
text /sys/bus/pci/devices/0000:01:00.0/power/runtime_enabled = @
text /sys/bus/thunderbolt/devices/domain0/iommu_dma_protection = @
text /sys/module/vfio_iommu_type1/parameters/dma_entry_limit = @
text /sys/module/i915/parameters/max_vfs = @
text /sys/module/i915/parameters/enable_guc = @
text /sys/module/kvm_intel/parameters/tdx = @
file /usr/lib/systemd/system/virtqemud.service
| [Service]
| User=@
| Environment=KEY=% # @
text /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages = @
text /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages = @
text /sys/devices/system/node/node0/meminfo = Node 0 MemTotal: @ kB
text /proc/sys/vm/overcommit_memory = @
)";

/// Letters and digits, so that it is one word; nothing that any list could know.
std::string new_word(std::size_t number, char first) {
  auto digits = std::to_string(number);
  return std::string(1, first) + "qzj" + std::string(4 - digits.size(), '0') + digits + "kx";
}

std::string wide(const std::string& text) {
  std::string bytes;
  for (const char c : text) bytes += {c, '\0'};
  return bytes + std::string(2, '\0');
}

std::string packed(const std::string& content) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string bytes(content.size() + 200, '\0');
  auto text = content;
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  deflate(&stream, Z_FINISH);
  bytes.resize(bytes.size() - stream.avail_out);
  deflateEnd(&stream);
  return bytes;
}

std::string little_endian(std::size_t number, std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xff);
  return bytes;
}

std::string unified_image(const std::string& command_line, const std::string& other) {
  std::string image(0x400, '\0');
  image.replace(0, 2, "MZ");
  image.replace(0x3c, 4, little_endian(0x80, 4));
  image.replace(0x80, 4, std::string("PE\0\0", 4));
  image.replace(0x86, 2, little_endian(1, 2));
  image.replace(0x98, 8, ".cmdline");
  image.replace(0xa0, 4, little_endian(command_line.size(), 4));
  image.replace(0xa8, 4, little_endian(command_line.size(), 4));
  image.replace(0xac, 4, little_endian(0x200, 4));
  image.replace(0x200, command_line.size(), command_line);
  return image + other;
}

class Builder {
 public:
  CanaryMachine build() {
    auto& nodes = built_.nodes = parse_machine_text(filled(machine), "canary machine");
    const auto file = [&](const std::string& path, const std::string& content) {
      nodes[path] = {RecordedNode::Kind::file, content};
    };
    const auto variables = std::string("/sys/firmware/efi/efivars/");
    const auto attributes = little_endian(7, 4);
    file("/proc/config.gz", packed("CONFIG_PCI=y\nCONFIG_LOCALVERSION=\"-" + name() + "\"\n# " + name() + "\n"));
    file("/boot/efi/EFI/Linux/" + name() + ".efi",
         unified_image("root=LABEL=" + name() + " quiet uki.password=" + secret() + " by=" + name(), name()));
    for (const auto* variable :
         {"LoaderInfo", "LoaderEntrySelected", "LoaderEntryDefault", "LoaderEntryOneShot", "StubInfo", "LoaderDevicePartUUID"})
      file(variables + variable + "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", attributes + wide(name() + " 1"));
    file(variables + "BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c", attributes + little_endian(1, 2));
    const auto path = wide("\\EFI\\" + name() + "\\grubx64.efi");
    const auto list = std::string("\x04\x04", 2) + little_endian(path.size() + 4, 2) + path + std::string("\x7f\xff\x04\0", 4);
    file(variables + "Boot0001-8be4df61-93ca-11d2-aa0d-00e098032b8c",
         attributes + little_endian(1, 4) + little_endian(list.size(), 2) + wide("Linux of " + name()) + list +
             wide("quiet password=" + secret()) + name());
    nodes["/"] = {RecordedNode::Kind::complete, {}};
    return std::move(built_);
  }

 private:
  std::string name() {
    built_.names.push_back(new_word(built_.names.size() + 1, 'w'));
    return built_.names.back();
  }
  std::string secret() {
    built_.names.push_back(new_word(built_.names.size() + 1, 's'));
    built_.secrets.push_back(built_.names.back());
    return built_.names.back();
  }

  std::string filled(const std::string& text) {
    const std::vector<std::string> interfaces = {name(), name(), name()};
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const bool again =
          text[at] == '@' && at + 2 < text.size() && text[at + 1] >= '1' && text[at + 1] <= '3' && text[at + 2] == '@';
      if (again) out += interfaces[static_cast<std::size_t>(text[at + 1] - '1')], at += 2;
      // The second of two is the sign itself: "user@host".
      else if (text[at] == '@' && at > 0 && (text[at - 1] == '@' || text[at - 1] == '%'))
        out += '@';
      else if (text[at] == '@')
        out += name();
      else if (text[at] == '%')
        out += secret();
      else
        out += text[at];
    }
    return out;
  }

  CanaryMachine built_;
};

}  // namespace

CanaryMachine canary_machine() { return Builder().build(); }

std::string kind_of_path(const std::string& path) {
  std::string kind;
  std::string_view rest = path;
  if (rest.starts_with("/sys/")) {  // what an attribute is called says what it holds
    const auto slash = path.rfind('/');
    kind = "/sys/.../" + path.substr(path.rfind('/', slash - 1) + 1);
    rest = kind;
  }
  std::string out;
  for (const char c : rest)
    if (c >= '0' && c <= '9') {
      if (!out.ends_with('N')) out += 'N';
    } else {
      out += c;
    }
  return out;
}

}  // namespace vfio_doctor::testing
