// SPDX-License-Identifier: GPL-2.0-or-later
// The groups "modules", "access" and "trust": which driver comes first, who may open devices, and whom to trust with them.
#include "runner/plugins/facts_of_host.hpp"

namespace vfio_doctor {

template <>
struct Words<ImageTool> {
  static constexpr auto list = std::to_array<Word<ImageTool>>({{ImageTool::dracut, "dracut"},
                                                               {ImageTool::initramfs_tools, "initramfs-tools"},
                                                               {ImageTool::mkinitcpio, "mkinitcpio"},
                                                               {ImageTool::booster, "booster"}});
};

template <>
struct Description<ModuleList> {
  using S = ModuleList;
  static Members<S> members() {
    return {
        member("kind", "load (modules-load.d), or the setting: force_drivers, MODULES, HOOKS, modules.", &S::kind),
        member("words", "As written.", &S::words),
        member("text", "The whole line.", &S::text),
        member("file", "Where it stands.", &S::file),
        member("line", "Its number.", &S::line),
    };
  }
};

template <>
struct Description<LostList> {
  using S = LostList;
  static Members<S> members() {
    return {
        member("list", "What was written.", &S::list),
        member("by", "Where the assignment stands that took its place.", &S::by),
        member("by_text", "And its line.", &S::by_text),
    };
  }
};

template <>
struct Description<DriverModule> {
  using S = DriverModule;
  static Members<S> members() {
    return {
        member("built_in", "It is part of the kernel, and reads no file below modprobe.d.", &S::built_in),
        member("module", "Its name, with underscores.", &S::module),
    };
  }
};

template <>
struct Description<ModuleFacts> {
  using S = ModuleFacts;
  static Members<S> members() {
    return {
        member("image_tools", "Programs that build the initial RAM disk and whose configuration is here.", &S::image_tools),
        member("image", "What that configuration says about modules and hooks, as far as it is in force.", &S::image),
        member("lost_image", "Lists of it that a later assignment took the place of.", &S::lost_image),
        member("load_at_start", "/etc/modules and modules-load.d.", &S::load_at_start),
        member("drivers", "By driver that holds a PCI function: its module.", &S::drivers),
        member("loaded", "Of the modules that matter to passthrough, those that are loaded or built in.", &S::loaded),
        member("loaded_seen", "Whether that could be looked at.", &S::loaded_seen),
        member("parameters", "nvidia_drm.modeset and the like; null: the module or its parameter is not there.",
               &S::parameters),
        member("unread", "Files that could not be read, with the reason.", &S::unread),
    };
  }
};

Member<Host> module_facts() { return member("modules", "Which modules are loaded when, as far as files say.", &Host::modules); }

// ---- access ----------------------------------------------------------------------------------------------------------

template <>
struct Description<UnitSetting> {
  using S = UnitSetting;
  static Members<S> members() {
    return {
        member("unit", "virtqemud.service.", &S::unit),
        member("name", "ProtectKernelModules and the like.", &S::name),
        member("value", "As written.", &S::value),
        member("place", "FILE:LINE.", &S::place),
    };
  }
};

template <>
struct Description<VfioRule> {
  using S = VfioRule;
  static Members<S> members() { return {member("text", "The line.", &S::text), member("place", "FILE:LINE.", &S::place)}; }
};

template <>
struct Description<NodeRights> {
  using S = NodeRights;
  static Members<S> members() {
    return {
        member("mode", "The bits that chmod(1) sets, as one number.", &S::mode),
        member("owner", "Number of the user.", &S::owner),
        member("group", "Number of the group.", &S::group),
    };
  }
};

template <>
struct Description<DeviceNode> {
  using S = DeviceNode;
  static Members<S> members() {
    return {member("path", "/dev/vfio/14 and the like.", &S::path), member("rights", "Who may open it.", &S::rights)};
  }
};

template <>
struct Description<GuestAccount> {
  using S = GuestAccount;
  static Members<S> members() {
    return {
        member("user", "Its number.", &S::user),
        member("groups", "The numbers of the groups it is in.", &S::groups),
        member("changes_owners", "libvirt gives a guest's devices to it (dynamic_ownership).", &S::changes_owners),
    };
  }
};

template <>
struct Description<AccessFacts> {
  using S = AccessFacts;
  static Members<S> members() {
    return {
        member("vfio_nodes", "Names in /dev/vfio; null: there is no such directory.", &S::vfio_nodes),
        member("device_nodes", "Names in /dev/vfio/devices.", &S::device_nodes),
        member("iommu_node", "/dev/iommu is there.", &S::iommu_node),
        member("nodes", "Nodes that programs which run guests open.", &S::nodes),
        member("guest_account", "The account that libvirt runs guests with; null: no libvirt is here.", &S::guest_account),
        member("unit_settings", "Lines of the units of libvirt's daemons; the last of a name counts.", &S::unit_settings),
        member("udev_rules", "Lines of udev's rules that speak of VFIO.", &S::udev_rules),
        member("lockdown", "none, integrity or confidentiality; null: this kernel has no lockdown.", &S::lockdown),
        member("libvirt_installed", "libvirt's QEMU driver is.", &S::libvirt_installed),
        member("libvirt_listens", "One of its sockets is there.", &S::libvirt_listens),
        member("kubernetes", "Kubernetes is here, by its directories.", &S::kubernetes),
        member("opennebula", "OpenNebula is.", &S::opennebula),
        member("proxmox", "Proxmox VE is.", &S::proxmox),
    };
  }
};

Member<Host> access_facts() { return member("access", "Who may open VFIO's nodes, and who manages guests.", &Host::access); }

// ---- trust -----------------------------------------------------------------------------------------------------------

template <>
struct Description<ThunderboltDomain> {
  using S = ThunderboltDomain;
  static Members<S> members() {
    return {
        member("name", "domain0.", &S::name),
        member("dma_protection", "The IOMMU stands between its devices and memory.", &S::dma_protection),
        member("security", "none, user, secure, dponly, usbonly or nopcie.", &S::security),
    };
  }
};

template <>
struct Description<TrustFacts> {
  using S = TrustFacts;
  static Members<S> members() {
    return {
        member("thunderbolt", "Controllers of Thunderbolt and USB4; null: their driver is not loaded.", &S::thunderbolt),
        member("removable", "Functions that can be unplugged; asked only where there is Thunderbolt.", &S::removable),
        member("confidential_flags", "sev, sev_es, sev_snp and tdx_host_platform of /proc/cpuinfo.", &S::confidential_flags),
    };
  }
};

Member<Host> trust_facts() {
  return member("trust", "What may be plugged in, and what confidential guests are offered.", &Host::trust);
}

}  // namespace vfio_doctor
