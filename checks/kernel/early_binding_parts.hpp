// SPDX-License-Identifier: GPL-2.0-or-later
// What early_binding() and booster_binding() share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/finding.hpp"
#include "checks/kernel/early_binding.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

std::string_view name_of(ImageTool tool);
std::optional<ImageTool> tool_of(const ModuleList& list);
bool names_vfio_pci(const std::vector<std::string>& words);
bool puts_vfio_before(const ModprobeLine& line);
/// The list of ids that vfio-pci goes by, with a comma at both ends; empty where it has none.
std::string ids_of_vfio_pci(const Host& host);
bool is_named(const PciFunction& function, const std::string& ids);
std::vector<std::string_view> likely_modules(const PciFunction& function);
/// The module behind a driver, with underscores; the driver's own name where nothing says otherwise.
std::string module_behind(const Host& host, const std::string& driver);
Evidence image_evidence(const InitialImage& image);
/// Whether the argument's value, names with commas between, has this module.
bool lists_module(const KernelArgument& argument, std::string_view module);
/// The argument for which udev passes over the module, as for a `blacklist` line of modprobe.d(5): modprobe.blacklist= or dracut's
/// rd.driver.blacklist=; nothing where none names it.
const KernelArgument* blacklisting_argument(const Host& host, std::string_view module);
/// Whether a line that modprobe reads in the image lets vfio-pci come before this module.
bool comes_behind_vfio(const InitialImage& image, const std::string& module);

/// What weighing an image comes to, put together piece by piece.
class WeighedImage {
 public:
  explicit WeighedImage(const InitialImage& image) : image_(image) {}  // must outlive it

  void add(std::string sentence, std::vector<Evidence> evidence, ImageDrift::Mend mend = ImageDrift::Mend::build_anew);
  /// Only the first counts.
  void doubt(std::string why);
  EarlyBinding result(bool loads_vfio_pci) &&;

 private:
  const InitialImage& image_;
  EarlyBinding found_;
};

}  // namespace vfio_doctor
