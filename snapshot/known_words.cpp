// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/known_words.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace vfio_doctor {

extern const std::span<const std::string_view> asked_words;  // sorted: of the paths that facts/ asks for, made by the build

namespace {

using View = std::string_view;

// One word a line would be two thousand lines.
// clang-format off
/// In lower case. Words of one letter, numbers and the shapes below need no row.
constexpr auto words = std::to_array<View>({
    // What a file system is made of.
    "admin", "alias", "autostart", "backup", "bak", "bin", "binfmt", "boot", "bpool", "builtin", "by", "cache", "cfg", "char", "closed", "cmdline", "conf", "config",
    "connections", "containerd", "containers", "corig", "cow", "credentials", "crypt", "cryptdata", "crypthome", "cryptroot",
    "cryptswap", "dat", "data", "dataset", "db", "debug", "default", "dep", "deploy", "deployment", "dev", "diff", "disk",
    "disks", "dm", "doc", "docker", "efi", "efivarfs", "efivars", "empty", "entries", "esp", "etc", "file", "flatpak", "found",
    "fs", "fuse", "games", "graph", "grub", "grub2", "gvfs", "gz", "home", "hugepages", "id", "images", "img", "include",
    "iso", "kernel", "ko", "label", "kubevirt", "lib", "lib32", "lib64", "libexec", "libvirt", "libvirtd", "libx32", "linear", "linux", "loader",
    "local", "lock", "log", "lost", "lower", "luks", "lv", "lvm", "lxc", "lxcfs", "lxd", "machines", "mail", "mapper", "md",
    "media", "merged", "misc", "mnt", "modprobe", "module", "modules", "mqueue", "new", "nix", "nspawn", "old", "opt",
    "origin", "ostree", "overlay", "overlay2", "overlayfs", "pagefile", "partition", "partlabel", "partuuid", "path", "podman",
    "pool", "portal", "proc", "pts", "pve", "py", "qcow2", "qemu", "raid", "raw", "real", "rimage", "rmeta", "root", "rootfs",
    "rootvg", "rpool", "run", "sbin", "scope", "security", "service", "services", "sh", "share", "shm", "slice", "snap",
    "snapd", "snapshot", "snapshots", "so", "spool", "src", "srv", "storage", "store", "striped", "subvol", "subvolid", "swap",
    "swapdir", "swapfile", "sys", "sysroot", "systemd", "tank", "tdata", "thin", "timeshift", "tmeta", "tmp", "tmpfiles",
    "tools", "tracing", "txt", "upper", "user", "users", "usr", "uuid", "var", "vg", "virtqemud", "vg0", "vg00", "volume", "volumes", "work", "xz",
    "zfs", "zpool", "zroot", "zst",
    // File systems.
    "9p", "afs", "autofs", "bcachefs", "bdev", "beegfs", "binder", "blkio", "bpf", "btrfs", "ceph", "cgroup", "cgroup2",
    "cifs", "cls", "coda", "composefs", "configfs", "cpu", "cpuacct", "cpuset", "davfs", "debugfs", "devices", "devpts",
    "devtmpfs", "ecryptfs", "erofs", "event", "exfat", "ext2", "ext3", "ext4", "f2fs", "fat", "freezer", "fuseblk", "fusectl",
    "glusterfs", "gpfs", "hfs", "hfsplus", "hugetlbfs", "iso9660", "jfs", "lustre", "memory", "minix", "msdos", "ncpfs", "net",
    "nfs", "nfs4", "nfsd", "nilfs2", "none", "nsfs", "ntfs", "ntfs3", "orangefs", "perf", "pidfs", "pids", "pipefs", "prio",
    "procfs", "pstore", "ramfs", "rdma", "reiserfs", "rpc", "securityfs", "selinuxfs", "shiftfs", "smackfs", "smb3", "smbfs",
    "sockfs", "squashfs", "sshfs", "sysfs", "tmpfs", "tracefs", "udev", "udf", "unified", "vfat", "virtiofs", "xenfs", "xfs",
    // Mount options.
    "acl", "addr", "allow", "ascii", "async", "attr", "auto", "automount", "barrier", "bind", "blksize", "clientaddr",
    "codepage", "compress", "compression", "continue", "defaults", "device", "direct", "discard", "dmask", "errors", "exec",
    "fd", "fmask", "gfmgroup", "gid", "group", "grpquota", "hard", "idle", "index", "indirect", "ino", "inode32", "inode64",
    "inodes", "iocharset", "ip", "journal", "lazytime", "level", "logbsize", "logbufs", "logdev", "lookupcache", "lowerdir",
    "lzo", "master", "max", "maxproto", "metacopy", "minproto", "mixed", "mode", "mode755", "mon", "mount", "mountaddr",
    "netdev", "noatime", "noauto", "nodev", "nodiratime", "nodiscard", "noexec", "nofail", "noquota", "nosuid", "nr",
    "nsdelegate", "ordered", "other", "panic", "pass", "pgrp", "pipe", "private", "prjquota", "propagate", "proto", "quota",
    "rbind", "read", "recursiveprot", "redirect", "relatime", "remount", "remounted", "requires", "retrans", "ro", "rootflags",
    "rtdev", "rw", "sec", "seclabel", "shared", "shortname", "size", "soft", "space", "ssd", "strictatime", "stripe", "suid",
    "sync", "tag", "tcp", "timeo", "timeout", "trans", "udp", "uid", "umask", "unbindable", "upperdir", "usrquota", "utf8",
    "v1", "v2", "vers", "virtio", "volatile", "workdir", "xattr", "xino", "zlib", "zstd",
    // Boot.
    "advanced", "ahci", "all", "allvideo", "arc", "architecture", "ata", "background", "baremetal", "begin", "bios", "block",
    "bls", "blscfg", "booster", "buildconfig", "guests", "nodes", "bootaa64", "bootloader", "bootx64", "busybox", "bzimage", "case", "chainload", "chainloader",
    "class", "cmpath", "color", "configfile", "configuration", "console", "cos", "countdown", "counter", "cryptodisk",
    "custom", "debian", "dir", "disable", "diskfilter", "distributor", "do", "done", "dracut", "echo", "edit", "editor",
    "efiprober", "efistub", "elif", "else", "enable", "end", "entry", "env", "environment", "esac", "export", "extlinux",
    "failsafe", "fallback", "false", "feature", "fi", "firmware", "font", "for", "function", "fwsetup", "gettext", "gfxmode",
    "gfxpayload", "gfxterm", "gnulinux", "gpt", "grubenv", "grubx64", "gzio", "halt", "header", "hidden", "highlight", "hint",
    "hints", "ieee1275", "if", "image", "in", "indeterminate", "init", "initial", "initramfs", "initrd", "initrd16",
    "initrdefi", "initrmfs", "input", "insmod", "keep", "kernelopts", "kernelstub", "kernelstubrc", "key", "kver", "lang", "left",
    "limine", "linux16", "linuxefi", "live", "load", "loaderentry", "loaderinfo", "loadfont", "loading", "locale", "luks2",
    "machine", "manage", "manager", "mdraid09", "mdraid1x", "memtest", "memtest86", "menu", "menuentry", "menuset", "minimal",
    "mkinitcpio", "modified", "next", "normal", "not", "once", "oneshot", "openrc", "option", "options", "os", "output",
    "part", "poweroff", "prefix", "preload", "preset", "presets", "prev", "probe", "prober", "protocol", "proxmox", "quick", "ram", "ramdisk",
    "reboot", "recovery", "refind", "regexp", "release", "remember", "rescue", "return", "runit", "safe", "save", "saved",
    "savedefault", "scsi", "search", "selected", "serial", "set", "setcred", "settings", "setup", "shim", "shimx64", "simple",
    "single", "sort", "source", "standard", "string", "stub", "stubinfo", "style", "submenu", "success", "syslinux",
    "sysvinit", "terminal", "terminals", "test", "theme", "then", "title", "token", "tries", "true", "ucode", "uefi", "uki",
    "ukify", "unicode", "unrestricted", "unset", "until", "upstart", "vbe", "version", "vga", "video", "vmlinux", "vmlinuz",
    "wallpaper", "warning", "while", "windows", "with", "wrote", "xen",
    // Distributions.
    "aarch64", "acs", "alma", "almalinux", "alpine", "amd64", "arch", "archlinux", "arm64", "armhf", "artix", "asahi",
    "atomic", "aurora", "aws", "azure", "bazzite", "bluefin", "bookworm", "bore", "bpo", "bullseye", "cachyos", "centos",
    "clang", "clear", "cloud", "codename", "core", "coreos", "current", "deb", "dirty", "dynamic", "edge", "edition", "eevdf",
    "el", "elementary", "endeavouros", "ext", "fc", "fedora", "focal", "forty", "garuda", "gcp", "generic", "gentoo", "gitrc",
    "gnome", "gnu", "hardened", "hwe", "i386", "i686", "iot", "jammy", "kali", "kde", "kinoite", "kvm", "leap", "liquorix",
    "longterm", "lowlatency", "lqx", "lto", "lts", "mainline", "manjaro", "mga", "microos", "mint", "mp", "name", "neon",
    "nixos", "noarch", "noble", "oem", "ol", "opensuse", "oracle", "own", "pae", "patched", "plasma", "pop", "ppc64le",
    "preempt", "pretty", "rc", "realtime", "redhat", "rhel", "riscv64", "rocky", "rt", "sched", "server", "sid", "silverblue",
    "slackware", "sles", "smp", "stable", "surface", "suse", "thirty", "tkg", "trixie", "truenas", "tumbleweed", "ubuntu",
    "unraid", "variant", "vfio", "virtual", "void", "workstation", "x86", "xanmod", "zen", "zorin",
    "onyx", "sericea", "cosmic", "vauxite", "lazurite", "localhost", "localdomain", "tuned",
    // The PCI bus, the IOMMU, VFIO.
    "access", "acpi", "active", "adapter", "add", "added", "adding", "address", "aer", "af", "aligned", "alignment", "allowed",
    "amd", "an", "and", "andd", "anycast", "apic", "arbiter", "are", "as", "at", "ats", "atsr", "attached", "audio", "bar",
    "bars", "base", "batching", "bcache", "be", "because", "bhyve", "bit", "blocked", "bluetooth", "bond", "bonding", "bound",
    "bridge", "bridges", "brif", "broadcast", "broken", "bug", "bus", "bypass", "camera", "cannot", "cap", "card", "cdev",
    "channel", "cidr", "closing", "coherency", "command", "completion", "composite", "connected", "connection", "consumer",
    "container", "context", "control", "controller", "copied", "copy", "correctable", "could", "cpus", "cxl", "d0", "d1", "d2",
    "d3", "d3cold", "d3hot", "dasd", "dead", "decode", "decodes", "denied", "destination", "detect", "detected", "devname",
    "devtype", "disabled", "disabling", "disconnected", "diskseq", "display", "dma", "dmar", "dmi", "domain", "dongle",
    "dormant", "down", "downstream", "drbd", "drhd", "drive", "driver", "drivers", "dummy", "ecap", "efifb", "ehci", "enabled",
    "enabling", "error", "ethernet", "expansion", "extended", "external", "fabrics", "facing", "fail", "failed", "failing",
    "fails", "fast", "fasteoi", "fatal", "fault", "faulting", "faults", "fb", "features", "fib", "fibre", "find", "first",
    "flags", "flash", "flr", "flush", "force", "forcedac", "fq", "framebuffer", "from", "full", "functions", "fwnode", "ga",
    "gaming", "gateway", "get", "gfx", "gigabit", "gpu", "graphics", "gre", "groups", "gt", "guest", "handle", "hardware",
    "has", "have", "hcd", "hci", "headset", "hid", "hidraw", "high", "host", "hotplug", "hpet", "hub", "hyper", "hyperv",
    "hypervisor", "identity", "ids", "iface", "ifb", "igd", "igfx", "initialize", "initialized", "initializing", "integrated",
    "intel", "interface", "interfaces", "interrupt", "interrupts", "intremap", "invalid", "invalidate", "invalidation", "io",
    "ioapic", "iommu", "iommufd", "iort", "ip6tnl", "ipvlan", "ir", "irq", "irte", "irtt", "is", "isa", "iscsi", "it", "ivhd",
    "ivmd", "ivrs", "keyboard", "lan", "lazy", "leaf", "legacy", "line", "link", "linkdown", "lo", "locked", "lockout",
    "logged", "loop", "loopback", "low", "lowerlayerdown", "lpc", "lun", "macvlan", "macvtap", "main", "major", "map",
    "mapped", "mapping", "maps", "mask", "mass", "mem", "metric", "minor", "missing", "mmc", "mmcblk", "modalias", "modes",
    "mouse", "msi", "msix", "msr", "mtu", "multicast", "multifunction", "names", "namespace", "nbd", "nested", "network",
    "nic", "no", "node", "noforce", "noiommu", "nopost", "noremap", "nosid", "nostrict", "notpresent", "numa", "nvme", "nx",
    "of", "off", "ohci", "ok", "on", "online", "onlink", "opening", "opregion", "optical", "or", "out", "override", "owns",
    "page", "parameter", "parameters", "params", "parse", "parsing", "partn", "pasid", "passed", "passthrough", "pc", "pci",
    "pcie", "pciehp", "pcieport", "permission", "platform", "pm", "pointer", "policy", "port", "ports", "possible", "posted",
    "power", "ppp", "pppoe", "ppr", "pref", "prefetchable", "present", "pri", "printer", "pt", "pte", "queue", "queued",
    "raid0", "raid1", "raid10", "raid4", "raid5", "raid6", "range", "rbd", "reader", "reason", "receiver", "refcnt", "region",
    "regions", "register", "rejected", "relaxable", "remap", "remapping", "remote", "removable", "remove", "removed",
    "removing", "request", "reserved", "reset", "resets", "resetting", "resource", "resources", "restore", "restoring",
    "resuming", "revision", "rhsa", "rmrr", "rom", "route", "routes", "running", "runtime", "sas", "sata", "satc", "scalable",
    "scanner", "seat", "second", "session", "setting", "shadowed", "shpchp", "simpledrm", "simplefb", "sit", "slave", "slaves",
    "slot", "slow", "sm", "smmu", "smmuv3", "snoop", "snooping", "software", "sp", "specific", "speed", "stage", "start",
    "state", "status", "stick", "stolen", "strict", "subsys", "subsystem", "support", "supported", "suspended", "suspending",
    "sva", "svm", "system", "table", "tables", "taint", "tainting", "tap", "target", "tboot", "team", "testing", "that", "the",
    "this", "thunderbolt", "tlb", "to", "touchpad", "translated", "translating", "translation", "translations", "transport",
    "trie", "trusted", "tsc", "tty", "tun", "tunl", "type", "type1", "uas", "uhci", "unable", "unavailable", "unbind",
    "unbound", "uncorrectable", "unicast", "unit", "units", "universe", "unknown", "unmanaged", "unmap", "unsafe",
    "unsupported", "untrusted", "up", "upstream", "usage", "usb", "use", "used", "uses", "using", "vector", "vectors",
    "vendor", "veth", "vgaarb", "vi", "via", "virqfd", "virtualbox", "vlan", "vmd", "vmware", "vmx", "vxlan", "wait",
    "waiting", "wakeup", "wan", "was", "webcam", "wifi", "will", "window", "wireguard", "wireless", "wlan", "write", "wwan",
    "x2apic", "x2apicopt", "x2mode", "xapic", "xhci", "yes", "zram",
    // Drivers that take devices first.
    "aacraid", "alx", "amdgpu", "ast", "ath10k", "ath11k", "ath12k", "ath9k", "atlantic", "avic", "be2net", "blacklist",
    "bnx2", "bnx2x", "bnxt", "bochs", "bochsdrm", "br", "brcmfmac", "ccg", "cirrus", "cxgb4", "drm", "e1000", "e1000e", "en",
    "ept", "forcedeth", "hangcheck", "hda", "hdmi", "hpsa", "hv", "i2c", "i40e", "i801", "i915", "iavf", "ice", "idma64",
    "igb", "igc", "ignore", "install", "ioatdma", "isci", "iwlwifi", "ixgb", "ixgbe", "ixgbevf", "lpfc", "lpss", "me",
    "megaraid", "megasas", "mei", "mgag200", "mlx4", "mlx5", "mod", "modeset", "mpt2sas", "mpt3sas", "msrs", "mt76", "mt7921e",
    "netfilter", "nouveau", "npt", "nvidia", "nvidiafb", "offb", "pciback", "pcnet32", "pinctrl", "post", "pre", "psmouse",
    "qede", "qla2xxx", "qxl", "r8125", "r8169", "radeon", "report", "rtsx", "rtw88", "rtw89", "sdhci", "sky2", "smartpqi",
    "smbus", "snd", "sof", "softdep", "spi", "tg3", "tsx", "tulip", "typec", "ucsi", "uio", "uvm", "vesa", "vesafb", "vmwgfx",
    "vmxnet3", "xe",
    // Makers and what they call their things.
    "acer", "adata", "ali", "apple", "aquantia", "asmedia", "asrock", "asus", "asustek", "atheros", "atmel", "broadcom",
    "ch340", "chelsio", "cherry", "chicony", "co", "company", "computer", "computers", "corp", "corporation", "corsair",
    "cp210x", "crucial", "cypress", "dell", "electronics", "foundation", "ftdi", "fujitsu", "genesys", "gigabyte", "gmbh",
    "hat", "hewlett", "holtek", "hp", "hynix", "inc", "instruments", "international", "jmicron", "keychron", "kingston",
    "kioxia", "lenovo", "lg", "limited", "llc", "logic", "logitech", "ltd", "marvell", "mediatek", "mellanox", "micro",
    "micron", "microsoft", "motion", "nec", "packard", "philips", "phison", "primax", "prolific", "qualcomm", "razer",
    "realtek", "red", "renesas", "roccat", "samsung", "sandisk", "seagate", "semiconductor", "silabs", "silicon", "sony",
    "steelseries", "supermicro", "systems", "technologies", "technology", "texas", "toshiba",
    // Attributes that are asked for.
    "abs", "backing", "bdeviceclass", "binterfaceclass", "binterfaceprotocol", "capabilities", "carrier", "ev", "ff",
    "holders", "idproduct", "idvendor", "ifindex", "iflink", "led", "manufacturer", "method", "msc", "numvfs", "operstate",
    "physfn", "product", "rel", "sriov", "sw", "totalvfs", "uevent", "virtfn",
    // Files that are asked for.
    "booted", "doctor", "dpkg", "dri", "fstab", "hostname", "iwd", "netctl", "networkmanager", "pacman",
    "passwd", "processes", "pveversion", "recorder", "sdboot", "sessions", "swaps", "tool", "transactional", "update", "uuids",
    "versions",
    // Programs that have graphics cards and VFIO's files open.
    "desktop", "hyprland", "kwin", "mutter", "persistenced", "plasmashell", "seen", "shell", "sway", "wayland", "weston", "xorg",
    "xwayland",
    // Packages.
    "bpo12", "dfsg", "ds",
    // Words the kernel writes when something is refused.
    "absent", "argument", "asleep", "bytes", "complete", "directory", "large", "levels", "links", "long", "many", "only",
    "operation", "permitted", "such", "symbolic", "temporarily", "too", "unreadable", "wake",
    // Words that the readers of boot files, block devices and mounts look for.
    "9pnet", "acfs", "ambivalent", "anon", "append", "behind", "bitlk", "bitlocker", "bluestore", "bootfb", "bustype",
    "comm", "counting", "crypto", "datadir", "dax", "declare", "deleted", "devfs", "devicetree", "dlmfs", "dmabuf", "dmraid",
    "encryption", "eval", "fdt", "filename", "functionfs", "gadgetfs", "gpus", "handlers", "hvc", "imported", "information",
    "inodefs", "integrity", "ipathfs", "ipv4", "ipv6", "iqn", "jbd2", "kstat", "localboot", "lvm2", "member", "memfd",
    "module2", "mountinfo", "mounts", "mpath", "multiboot", "multiboot2", "multipath", "noescape", "nqn", "nullfs", "nvmf",
    "ocfs2", "ontimeout", "openpromfs", "oracleasm", "ovs", "persistent", "pid", "plain", "prompt", "readonly", "renderd",
    "resctrl", "resume", "rtnetlink", "secretmem", "self", "sl", "sle", "snapfuse", "spapr", "spufs", "squashfuse",
    "stratis", "subclass", "tce", "tcm", "tcrypt", "totaltimeout", "traddr", "trsvcid", "tunnel", "typeset", "ui",
    "unmounted", "usbdevfs", "usbfs", "vdev", "vdo", "veracrypt", "verity", "vhci", "zvol",
    "mbi", "like", "null", "ich", "sysrq", "kbd", "leds", "uniq", "phys", "prop", "explorer", "priority", "cga", "frame", "buffer", "mmconfig", "code", "its", "gicv3", "gicv2m", "gic", "pmsi", "timer", "aerdrv", "pme", "pnp",
    // Words that the readers of memory, modules, access and of messages about devices look for.
    "more", "mac", "addresses", "vf", "switch", "order", "functionalities", "either", "configured",
    "action", "after", "apparmor", "assign", "attempting", "autodetect", "avc", "before", "can", "capabilityboundingset",
    "change", "commitlimit", "committed", "confidentiality", "consolefont", "count", "creatable", "denylist", "deviceallow",
    "devicepolicy", "dracutmodules", "enough", "err", "es", "exceeded", "execstart", "files", "filesystems", "fixed",
    "free", "fsck", "giving", "goto", "guc", "gvt", "hooks", "hostonly", "inaccessible", "inaccessiblepaths", "infinity",
    "initstate", "iov", "keymap", "kms", "kubelet", "libvirtd", "limit", "limitmemlock", "limits", "lockdown", "mdev",
    "hugepagesize", "memavailable", "memfree", "meminfo", "memlock", "memtotal", "mmio", "modconf", "nice", "nofile", "nointxmask", "non",
    "nonfatal", "number", "omit", "one", "open", "overcommit", "owner", "pages", "pin", "privatedevices", "profile",
    "protection", "protectkernelmodules", "protectkerneltunables", "rancher", "ratio", "ready", "requested", "reserve",
    "rlimit", "rtprio", "rules", "scontext", "sev", "snp", "sock", "sr", "svirt", "tclass", "tcontext", "tdx", "total", "types",
    "uaccess", "unlimited", "vfs", "vgpu", "virtqemud", "wantedby", "yaml", "zero",
    "gt0", "response", "timed", "seqno",
    "glass", "hugetlbfs", "kvmfr", "looking", "prlimit64", "resources", "rip", "systemcallfilter", "vbios", "vgabios", "virt",
    "administratively", "attempted", "functionality", "outside",
});
// clang-format on

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

bool is_in_table(View word) {
  static const auto sorted = [] {
    auto copy = words;
    std::ranges::sort(copy);
    return copy;
  }();
  return std::ranges::binary_search(sorted, word) || std::ranges::binary_search(asked_words, word);
}

bool is_number_of_machine(View word) {
  constexpr std::size_t longest_number = 20, longest_bare_hex = 4;  // 64 bits; an id of vendor or device
  if (std::ranges::all_of(word, is_digit)) return word.size() <= longest_number;
  if (word.starts_with("0x")) return word.size() <= 18 && std::ranges::all_of(word.substr(2), is_hex_digit);
  return word.size() <= longest_bare_hex && std::ranges::all_of(word, is_hex_digit) && std::ranges::any_of(word, is_digit);
}

/// Takes letters, then digits from the front of `rest`.
struct Part {
  View letters, digits;
};
Part take_part(View& rest) {
  const auto letters = std::min(rest.find_first_of("0123456789"), rest.size());
  const auto digits = std::min(rest.find_first_not_of("0123456789", letters), rest.size()) - letters;
  const Part part{rest.substr(0, letters), rest.substr(letters, digits)};
  rest.remove_prefix(letters + digits);
  return part;
}

/// "nvme0n1p2", "enp3s0f1", "mmcblk0p1", "tty1", "dmar0", "hugepages2M": a known word, a number, and pairs of one or two
/// letters and a number.
bool is_numbered_name(View word) {
  static constexpr auto stems = std::to_array<View>(
      {"en",      "eth",   "wl",    "ww",   "sl",  "ib",     "hd",    "br",     "vmbr",   "virbr", "nvme",  "mmcblk", "md",
       "dm",      "zd",    "sr",    "st",   "sg",  "tty",    "ttys",  "ttyusb", "ttyama", "vcs",   "vtcon", "fb",     "card",
       "renderd", "event", "input", "js",   "hci", "dmar",   "ivhd",  "usb",    "ata",    "host",  "gpu",   "node",   "cpu",
       "session", "port",  "ram",   "vfio", "idx", "target", "rport", "hvc",    "cm",     "lun",   "vhost"});
  static constexpr auto joints =
      std::to_array<View>({"n", "p", "s", "f", "np", "d", "c", "q", "v", "u", "i", "o", "b", "x", "h", "t", "w"});
  auto rest = word;
  const auto first = take_part(rest);
  if (first.digits.size() > 6 || first.letters.size() < 2) return false;
  auto stem = first.letters;
  // "enp3", "eno1", "ens1", "wlp2": the bus is part of the first letters.
  const bool bus = stem.size() >= 3 && (stem.starts_with("en") || stem.starts_with("wl") || stem.starts_with("ww"));
  if (bus && std::ranges::find(joints, stem.substr(2)) != joints.end()) stem = stem.substr(0, 2);
  if (std::ranges::find(stems, stem) == stems.end() && !is_in_table(stem)) return false;
  if (first.digits.empty()) return rest.empty() && is_in_table(word);
  while (!rest.empty()) {
    const auto part = take_part(rest);
    if (std::ranges::find(joints, part.letters) == joints.end() || part.digits.size() > 6 || part.digits.empty()) return false;
  }
  return true;
}

/// "sda", "vdb1", "xvdaa2".
bool is_disk(View word) {
  for (const View start : {"sd", "vd", "hd", "xvd"}) {
    if (!word.starts_with(start)) continue;
    const auto rest = word.substr(start.size());
    const auto letters = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_lower) - rest.begin());
    const auto digits = rest.substr(letters);
    if (letters >= 1 && letters <= 2 && digits.size() <= 3 && std::ranges::all_of(digits, is_digit)) return true;
  }
  return false;
}

/// "18k", "512M", "1g", "3rd": a number and its unit.
bool is_quantity(View word) {
  static constexpr auto units =
      std::to_array<View>({"k",  "m",  "g", "t",  "kb", "mb", "gb", "tb",  "kib", "mib", "gib", "tib", "s",
                           "ms", "us", "x", "nd", "st", "th", "rd", "bit", "hz",  "khz", "mhz", "ghz", "v"});
  const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(word, is_digit) - word.begin());
  return digits > 0 && digits <= 10 && std::ranges::find(units, word.substr(digits)) != units.end();
}

}  // namespace

bool is_known_word(View word) {
  if (word.size() <= 1) return true;
  if (is_number_of_machine(word)) return true;
  const auto lower = to_lower(word);
  return is_in_table(lower) || is_disk(lower) || is_quantity(lower) || is_numbered_name(lower);
}

bool is_usual_interface(View name) {
  static constexpr auto stems =
      std::to_array<View>({"eth",  "en",     "wl",  "ww",    "wlan", "wwan", "ib",     "br",   "vmbr",    "virbr",   "bond",
                           "team", "vlan",   "lo",  "dummy", "ifb",  "sit",  "ip6tnl", "tunl", "gre",     "gretap",  "erspan",
                           "usb",  "docker", "ppp", "tun",   "tap",  "veth", "wg",     "vnet", "macvtap", "macvlan", "lan",
                           "wan",  "eno",    "ens", "enp",   "enx",  "wlx",  "wwx",    "wlp"});
  const auto dot = name.find('.');  // "eth0.20"
  const auto base = name.substr(0, dot);
  if (dot != name.npos && !std::ranges::all_of(name.substr(dot + 1), is_digit)) return false;
  if (base == "lo" || base == "bonding_masters") return true;
  if (base.size() == 15 && (base.starts_with("enx") || base.starts_with("wlx") || base.starts_with("wwx"))) return true;
  auto rest = base;
  const auto first = take_part(rest);
  if (std::ranges::find(stems, first.letters) == stems.end() || first.digits.empty()) return false;
  return is_numbered_name(base);
}

}  // namespace vfio_doctor
