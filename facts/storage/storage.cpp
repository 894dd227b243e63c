// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/storage/storage.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.hpp"
#include "facts/pci/sysfs_path.hpp"
#include "facts/platform/kernel_arguments.hpp"
#include "facts/storage/boot_partition.hpp"
#include "facts/storage/mounts.hpp"
#include "facts/storage/tracer.hpp"

namespace vfio_doctor {
namespace {

/// The places whose loss stops a host: they are always told, even where the same file system shows elsewhere, too.
constexpr auto vital_points =
    std::to_array<std::string_view>({"/", "/sysroot", "/usr", "/boot", "/boot/efi", "/efi", "/var", "/home", "/nix"});

/// The mounts worth telling: one for each directory of each file system that is mounted by itself, not every
/// bind mount of it.
std::vector<const Mount*> distinct_mounts(const MountTable& table) {
  std::vector<const Mount*> chosen;
  std::map<std::string, const Mount*> first;
  for (const auto& mount : table.mounts) {
    if (is_pseudo_file_system(mount.type)) continue;
    const bool is_vital = std::ranges::find(vital_points, mount.point) != vital_points.end();
    const bool is_subvolume = mount.type == "btrfs" && std::ranges::count(mount.root, '/') == 1;
    const auto [known, is_new] = first.try_emplace(mount.device + " " + mount.type + " " + mount.source, &mount);
    if (is_new || is_vital || is_subvolume)
      chosen.push_back(&mount);
    else if (mount.root == "/" && known->second->root != "/") {
      chosen.push_back(&mount);  // the whole file system says more than a piece of it
      known->second = &mount;
    }
  }
  return chosen;
}

class StorageGatherer {
 public:
  StorageGatherer(const Root& root, const MountTable& mounts) : root_(root), mounts_(mounts), tracer_(root, mounts) {}

  /// Members of stores that programs open by themselves, without a mount or a mapping: what udev saw on the disks.
  std::vector<UnopenedMember> unopened() {
    static constexpr std::array<std::string_view, 8> kinds = {"ceph_bluestore",    "oracleasm",   "drbd",       "LVM2_member",
                                                              "linux_raid_member", "crypto_LUKS", "zfs_member", "bcache"};
    std::vector<UnopenedMember> members;
    for (const auto& name : tracer_.block_names()) {
      if (members.size() == 64) break;
      const std::string directory = "/sys/class/block/" + name;
      const auto number = root_.read_line(directory + "/dev");
      if (!number.has_value()) continue;
      const auto source = "/run/udev/data/b" + number.value();
      const auto record = root_.read(source);
      if (!record.has_value()) continue;
      std::string kind;
      for (const auto line : split_lines(record.value()))
        if (line.starts_with("E:ID_FS_TYPE=")) kind = line.substr(13);
      if (std::ranges::find(kinds, kind) == kinds.end()) continue;
      const auto holders = root_.list(directory + "/holders");
      if (holders.has_value() && !holders->empty()) continue;
      auto footing = tracer_.block_by_name(name);
      if (std::ranges::all_of(footing.functions, [this](const PciAddress& one) { return covered_.contains(one); })) continue;
      std::ranges::sort(footing.functions);
      members.push_back({name, kind, source, std::move(footing.functions)});
    }
    return members;
  }

  std::vector<StorageUse> gather() {
    for (const auto* mount : distinct_mounts(mounts_))
      add(mount->point, mounts_.source, tracer_.mount(*mount), StorageUseKind::mount);
    if (!mounts_.problem.empty()) {
      Footing lost;
      add("mounted file systems", mounts_.source, lost.fail(mounts_.problem));
    }
    add_swap();
    add_hibernation();
    add_boot_partitions();
    add_mounted_elsewhere();
    add_held_devices();
    return std::move(uses_);
  }

 private:
  void add(const std::string& use, const std::string& source, const Footing& footing,
           StorageUseKind kind = StorageUseKind::other) {
    covered_.insert(footing.functions.begin(), footing.functions.end());
    uses_.push_back(
        {use, footing.chain(), source, footing.functions, footing.interfaces, footing.unresolved, footing.missing, kind});
  }

  /// The names in a directory that lists what is in use; where it may not be looked into, anything may be.
  std::vector<std::string> listed(const std::string& directory, const std::string& use) {
    auto names = root_.list(directory);
    if (names.is_unreadable()) {
      Footing lost;
      add(use, directory, lost.fail(directory + ": " + names.why()));
    }
    return names.has_value() ? std::move(names.value()) : std::vector<std::string>();
  }

  void add_swap() {
    const auto swaps = read_swaps(root_);
    if (swaps.is_unreadable()) {
      Footing lost;
      add("swap", "/proc/swaps", lost.fail("/proc/swaps: " + swaps.why()), StorageUseKind::swap);
    }
    if (!swaps.has_value()) return;
    for (const auto& name : swaps.value()) {
      if (name.starts_with("/dev/")) {
        add("swap", "/proc/swaps", tracer_.block_by_device(name), StorageUseKind::swap);
        continue;
      }
      auto footing = tracer_.file(name);
      footing.below = footing.chain();
      footing.label = "file " + name.substr(0, 120);
      add("swap", "/proc/swaps", footing, StorageUseKind::swap);
    }
  }

  /// The image of a sleeping host lies in swap, which is told already unless it is switched off now.
  void add_hibernation() {
    const auto line = root_.read("/proc/cmdline");
    const auto arguments = KernelArguments::parse(line.has_value() ? line.value() : std::string());
    const auto* resume = arguments.last("resume");
    if (!resume || !resume->value) return;
    const auto name = tracer_.device_name(*resume->value);
    if (name.has_value())
      add_if_new("the space for hibernation (resume=)", "/proc/cmdline", "", tracer_.block_by_name(name.value()));
  }

  /// A boot partition that is not there now (a stick that was pulled out) cannot be lost to a guest.
  void add_boot_partitions() {
    for (const auto& partition : find_boot_partitions(root_, mounts_)) {
      const auto name = tracer_.device_name(partition.device);
      if (name.is_absent()) continue;
      add(partition.use, partition.source, tracer_.block_by_device(partition.device), StorageUseKind::boot_partition);
    }
  }

  /// File systems that are mounted in containers or sandboxes are not in the mount table; these list all.
  void add_mounted_elsewhere() {
    for (const auto* type : {"ext4", "xfs", "f2fs", "erofs"}) {
      const std::string directory = std::string("/sys/fs/") + type;
      for (const auto& name : listed(directory, "a file system in another mount namespace"))
        if (root_.exists("/sys/class/block/" + name))
          add_if_new("a file system in another mount namespace", directory, type, tracer_.block_by_name(name));
    }
    for (const auto& name : listed("/sys/fs/btrfs", "a file system in another mount namespace"))
      if (name.size() == 36)
        add_if_new("a file system in another mount namespace", "/sys/fs/btrfs/" + name, "", tracer_.btrfs(name));
    add_journals();
  }

  /// An ext4 journal on a disk of its own: /proc/fs/jbd2/NAME; a journal inside its file system is "NAME-INODE".
  void add_journals() {
    const auto names = root_.list("/proc/fs/jbd2");
    if (!names.has_value()) return;
    for (const auto& name : names.value())
      if (root_.exists("/sys/class/block/" + name))
        add_if_new("the journal of a file system", "/proc/fs/jbd2/" + name, "", tracer_.block_by_name(name));
  }

  /// Volumes, RAID arrays and pools that are active though nothing of them is mounted: the host holds their disks open.
  void add_held_devices() {
    for (const auto& name : listed("/sys/class/block", "an active volume")) {
      const auto parts = root_.list("/sys/class/block/" + name + "/slaves");  // partitions have none
      if (!parts.has_value() || parts->empty()) continue;
      const auto holders = root_.list("/sys/class/block/" + name + "/holders");
      if (!holders.has_value() || holders->empty())
        add_if_new("an active volume", "/sys/class/block/" + name, "", tracer_.block_by_name(name));
    }
    for (const auto& pool : listed("/proc/spl/kstat/zfs", "an imported pool"))
      if (root_.kind("/proc/spl/kstat/zfs/" + pool).is(NodeKind::directory))
        add_if_new("an imported pool", "/proc/spl/kstat/zfs/" + pool, "", tracer_.zfs_pool(pool));
  }

  /// Told only where it brings a function that no other use named: the others say the same in better words.
  void add_if_new(const std::string& use, const std::string& source, const std::string& type, Footing footing) {
    const auto is_covered = [this](const PciAddress& function) { return covered_.contains(function); };
    if (footing.unresolved.empty() && std::ranges::all_of(footing.functions, is_covered)) return;
    if (!type.empty()) {
      footing.below = footing.chain();
      footing.label = type;
    }
    const auto is_told = [&footing](const StorageUse& known) {
      return !known.unresolved.empty() && known.unresolved == footing.unresolved && known.functions == footing.functions;
    };
    if (std::ranges::none_of(uses_, is_told)) add(use, source, footing);
  }

  const Root& root_;
  const MountTable& mounts_;
  StorageTracer tracer_;
  std::vector<StorageUse> uses_;
  std::set<PciAddress> covered_;  // functions that some use named already
};

Observed<std::vector<PciAddress>> functions_with_disks(const Root& root) {
  using Functions = Observed<std::vector<PciAddress>>;
  const auto names = root.list("/sys/class/block");
  if (!names.has_value()) return Functions::like(names);
  std::vector<PciAddress> functions;
  for (const auto& name : names.value()) {
    const auto path = root.canonical("/sys/class/block/" + name);
    if (path.is_absent()) continue;  // gone meanwhile
    // That one may hang on any controller.
    if (!path.has_value()) return Functions::unreadable("/sys/class/block/" + name + ": " + path.why());
    if (!is_sysfs_device(path.value())) return Functions::unreadable(no_sysfs_device("/sys/class/block/" + name));
    const auto more = functions_behind(root, path.value());
    functions.insert(functions.end(), more.begin(), more.end());
  }
  std::vector<PciAddress> sorted;
  add_functions(sorted, functions);
  return sorted;
}

}  // namespace

StorageFacts gather_storage(const Root& root) {
  StorageFacts facts;
  const auto mounts = read_mounts(root);
  if (mounts.has_value()) {
    StorageGatherer gatherer(root, mounts.value());
    facts.uses = gatherer.gather();
    facts.unopened = gatherer.unopened();
  } else
    facts.uses = Observed<std::vector<StorageUse>>::like(mounts);
  const auto* uses = facts.uses.get();
  const auto is_open = [](const StorageUse& use) { return !use.unresolved.empty() && use.missing != Carrier::network; };
  if (!uses || std::ranges::any_of(*uses, is_open)) facts.disk_functions = functions_with_disks(root);
  return facts;
}

}  // namespace vfio_doctor
