// SPDX-License-Identifier: GPL-2.0-or-later
// The initial RAM disk of the running kernel, as far as it decides which driver comes first.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "facts/boot/boot_configuration.hpp"
#include "facts/iommu/modprobe.hpp"
#include "facts/iommu/vfio.hpp"
#include "facts/modules/modules.hpp"
#include "facts/platform/platform.hpp"
#include "machine/recorded_nodes.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

struct InitialImage {
  std::string file;  ///< "/boot/initrd.img-6.1.0-18-amd64"; several that are loaded together have blanks between them
  std::set<std::string>
      modules;  ///< those of VFIO, of graphics and of this host's PCI drivers that are in it, with underscores
  std::map<std::string, Observed<std::string>> settings;  ///< its files of settings, by their path in it
  ModprobeConfig modprobe;                                ///< what modprobe reads there
  std::vector<ModuleList> loads;                          ///< modules that its own lists let it load
  /// Made by booster: its own program loads modules there, side by side, by /etc/booster.init.yaml alone. `loads` and `modprobe` are
  /// what that says: its list, options of modules, and as "softdep" which of them wait for vfio-pci.
  bool booster = false;
};

struct InitialImageFacts {
  /// Something is configured for vfio-pci to take when the host starts. Otherwise the image is not read: that takes time, and
  /// nothing hangs on it.
  bool matters = false;
  Observed<InitialImage> content;
};

/// An argument, of the kernel's line or of dracut's own lists, that names modules to load: rd.driver.pre=, modules-load= and
/// rd.modules-load= (dracut.cmdline(7), modules-load.d(5)).
bool loads_modules(const KernelArgument& argument);

/// Whether the image is to be read where it matters: a hook that a guest's start waits for does without.
enum class ReadImage { where_it_matters, no };

/// The image is that of the unified kernel image which was started, else the one that the running kernel's boot entry names, else the one
/// with the name that its distribution gives it.
InitialImageFacts gather_initial_image(const Root& root, const BootConfiguration& boot, const Kernel& kernel,
                                       const VfioFacts& vfio, const ModuleFacts& modules, ReadImage read);

/// Where a recording keeps what recorded_image() gives: "image" with the file's name, "modules", and the settings below "root".
inline const std::string recorded_image_path = "/run/vfio-doctor/initramfs";
/// Nothing where the image was not read.
RecordedNodes recorded_image(const InitialImageFacts& facts);

/// The files that the running kernel's image may be by what names it, best first; those of one entry are one image.
std::vector<std::vector<std::string>> named_images(const BootConfiguration& boot, const Kernel& kernel);
/// Two images that different entries name for the running kernel, where nothing says which entry was started.
std::vector<std::string> contradicting_images(const BootConfiguration& boot, const Kernel& kernel);
/// Names that distributions give, where nothing names it: initramfs-tools(7), dracut(8), SUSE's "initrd-RELEASE"; mkinitcpio's presets and
/// booster's regenerate_images call theirs after the package of the kernel (mkinitcpio(8), booster 0.13 packaging/arch): `package`,
/// from the kernel's directory of modules, is "linux-lts"; where it is empty it is guessed from the release.
std::vector<std::string> usual_images(const Kernel& kernel, const std::string& package);
/// All of these, the usual names last. For tests.
std::vector<std::vector<std::string>> image_candidates(const BootConfiguration& boot, const Kernel& kernel);

}  // namespace vfio_doctor
