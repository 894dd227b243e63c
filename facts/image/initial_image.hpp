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
  bool booster = false;  ///< made by booster, which keeps options of modules in a form of its own
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

/// The image is the one that the running kernel's boot entry names, else the one with the name that its distribution gives it.
InitialImageFacts gather_initial_image(const Root& root, const BootConfiguration& boot, const Kernel& kernel,
                                       const VfioFacts& vfio, const ModuleFacts& modules, ReadImage read);

/// Where a recording keeps what recorded_image() gives: "image" with the file's name, "modules", and the settings below "root".
inline const std::string recorded_image_path = "/run/vfio-doctor/initramfs";
/// Nothing where the image was not read.
RecordedNodes recorded_image(const InitialImageFacts& facts);

/// The files that the running kernel's image may be, best first; those of one entry are one image. For tests.
std::vector<std::vector<std::string>> image_candidates(const BootConfiguration& boot, const Kernel& kernel);

}  // namespace vfio_doctor
