// SPDX-License-Identifier: GPL-2.0-or-later
// The groups that say what the host uses its devices for: "storage", "network", "console" and "processes".
#include "runner/plugins/facts_of_host.hpp"

namespace vfio_doctor {

template <>
struct Words<Carrier> {
  static constexpr auto list =
      std::to_array<Word<Carrier>>({{Carrier::storage, "storage"}, {Carrier::network, "network"}, {Carrier::either, "either"}});
};

template <>
struct Words<StorageUseKind> {
  using Kind = StorageUseKind;
  static constexpr auto list = std::to_array<Word<Kind>>(
      {{Kind::mount, "mount"}, {Kind::swap, "swap"}, {Kind::boot_partition, "boot-partition"}, {Kind::other, "other"}});
};

template <>
struct Description<StorageUse> {
  using S = StorageUse;
  static Members<S> members() {
    return {
        member("use", "/, /boot/efi, swap and so on.", &S::use),
        member("chain", "ext4 on LVM on LUKS on nvme0n1p3.", &S::chain),
        member("source", "Where it was seen.", &S::source),
        member("functions", "The PCI functions it stands on, sorted; empty: it stands on none.", &S::functions),
        member("network_interfaces", "For NFS, iSCSI and NVMe over fabrics: the interfaces it comes through.",
               &S::network_interfaces),
        text_or_null("unresolved", "Why it could not be followed to its end; null: it was.", &S::unresolved),
        member("missing", "With unresolved: the kind of device that carries it. None of that kind can be called free.",
               &S::missing),
        member("kind", "mount: use is where it is mounted; boot-partition: what this host is started from.", &S::kind),
    };
  }
};

template <>
struct Description<UnopenedMember> {
  using S = UnopenedMember;
  static Members<S> members() {
    return {
        member("device", "sdb.", &S::device),
        member("kind", "As udev names it: ceph_bluestore, LVM2_member.", &S::kind),
        member("source", "Where it was seen.", &S::source),
        member("functions", "The PCI functions it stands on, sorted.", &S::functions),
    };
  }
};

template <>
struct Description<StorageFacts> {
  using S = StorageFacts;
  static Members<S> members() {
    return {
        member("uses", "One item per mount, swap and the like.", &S::uses),
        member("disk_functions",
               "The functions with a block device below them. Read only where a use could not be followed: one could be it.",
               &S::disk_functions),
        member("unopened", "Disks and partitions that belong to something larger and that nothing the kernel shows has open.",
               &S::unopened),
    };
  }
};

Member<Host> storage_facts() {
  return member("storage", "What the host does with storage, down to the PCI functions.", &Host::storage);
}

// ---- network ---------------------------------------------------------------------------------------------------------

template <>
struct Description<NetworkPath> {
  using S = NetworkPath;
  static Members<S> members() {
    return {
        member("interface", "Where the route points: vlan10.", &S::interface),
        member("chain", "vlan10 on bond0 on eth0, eth1.", &S::chain),
        member("use", "default route (IPv4), default route (IPv6) or remote session.", &S::use),
        member("source", "Where it was seen.", &S::source),
        member("functions", "The PCI functions it stands on, sorted; empty: it stands on none.", &S::functions),
        text_or_null("unresolved", "Why it could not be followed to its end; null: it was.", &S::unresolved),
    };
  }
};

template <>
struct Description<NetworkCard> {
  static Members<NetworkCard> members() {
    return {
        member("interface", "Its name.", &NetworkCard::interface),
        member("functions", "The PCI functions it stands on.", &NetworkCard::functions),
    };
  }
};

template <>
struct Description<NetworkFacts> {
  using S = NetworkFacts;
  static Members<S> members() {
    return {
        member("paths", "The default routes and the routes to who is logged in from afar.", &S::paths),
        member("cards",
               "Interfaces that are switched on and stand on PCI functions by themselves. Read only where a path could not be "
               "followed: one could be carrying it.",
               &S::cards),
    };
  }
};

Member<Host> network_facts() { return member("network", "The ways out of this host.", &Host::network); }

// ---- console ---------------------------------------------------------------------------------------------------------

template <>
struct Description<InputDevice> {
  using S = InputDevice;
  static Members<S> members() {
    return {
        member("name", "What it calls itself.", &S::name),
        member("keyboard", "A person types with it.", &S::keyboard),
        member("mouse", "A person points with it.", &S::mouse),
        member("functions", "The controller it hangs on; empty for PS/2 and platform devices.", &S::functions),
    };
  }
};

template <>
struct Description<UsbDevice> {
  using S = UsbDevice;
  static Members<S> members() {
    return {
        member("id", "Vendor and product: 046d:c31c.", &S::id),
        text_or_null("product", "Its name; null: it has none.", &S::product),
        text_or_null("kind", "keyboard, mouse, Bluetooth, storage, hub, ...; null: not known.", &S::kind),
        member("controller", "The host controller it hangs on.", &S::controller),
    };
  }
};

template <>
struct Description<Framebuffer> {
  using S = Framebuffer;
  static Members<S> members() {
    return {
        member("name", "efifb, simpledrmdrmfb, ...", &S::name),
        member("source", "Where it was seen.", &S::source),
        member("functions", "Whose memory it is.", &S::functions),
    };
  }
};

template <>
struct Description<LitScreen> {
  static Members<LitScreen> members() {
    return {
        member("connector", "card0-DP-1.", &LitScreen::connector),
        member("functions", "The display controller it hangs on.", &LitScreen::functions),
    };
  }
};

template <>
struct Description<ConsoleFacts> {
  using S = ConsoleFacts;
  static Members<S> members() {
    return {
        member("inputs", "Keyboards and mice.", &S::inputs),
        member("usb", "Devices on USB, without root hubs.", &S::usb),
        member("framebuffers", "The text console draws on the first; empty: the kernel has none.", &S::framebuffers),
        member("serial_console", "A console= argument names a serial line.", &S::serial_console),
        member("boot_displays", "Functions whose screens showed the boot; empty before Linux 6.18, which does not say.",
               &S::boot_displays),
        member("lit_screens", "Screens that show a picture now; null: the kernel has no DRM.", &S::lit_screens),
        member("vga_text_console", "The console is the VGA text mode of the boot display.", &S::vga_text_console),
    };
  }
};

Member<Host> console_facts() { return member("console", "How a person sits at this host.", &Host::console); }

// ---- processes -------------------------------------------------------------------------------------------------------

template <>
struct Description<OpenDevice> {
  using S = OpenDevice;
  static Members<S> members() {
    return {
        member("node", "/dev/vfio/14, /dev/nvidia0, /dev/dri/card1 and the like.", &S::node),
        member("process", "Its number.", &S::process),
        text_or_null("program", "What it is called; null: not known.", &S::program),
        member("function", "The function whose node it is, where the machine says so; null: it does not.", &S::function),
    };
  }
};

Member<Host> process_facts() {
  return grouped<
      Host>("processes", "Who uses devices now.",
            {
                member("open", "Device files of VFIO and of graphics cards that programs have open, once for each program.",
                       &Host::processes, &ProcessFacts::open),
                member("all_seen",
                       "false: some programs' files could not be seen, so what is not listed may be open all the same.",
                       &Host::processes, &ProcessFacts::all_seen),
                member("vfio_interrupts", "By function: the name of an interrupt that a user of VFIO takes from it now.",
                       &Host::interrupts, &InterruptFacts::taken_by_vfio),
                member("lockable_memory", "How many bytes a program of this user may lock; null: as many as there are.",
                       &Host::processes, &ProcessFacts::lockable_memory),
                member("limits_set_by_manager", "A manager of guests is installed that sets this limit for each guest itself.",
                       &Host::processes, &ProcessFacts::limits_set_by_manager),
                withheld(&Host::interrupts, &InterruptFacts::takers,
                         "a line of /proc/interrupts each, which a plugin can read itself"),
            });
}

}  // namespace vfio_doctor
