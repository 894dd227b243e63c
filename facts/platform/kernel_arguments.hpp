// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vfio_doctor {

/// One word of a kernel command line: "intel_iommu=on,sm_on" -> name "intel_iommu", value "on,sm_on".
struct KernelArgument {
  std::string name;                  ///< as written
  std::optional<std::string> value;  ///< nothing where there is no '='; quotes removed
  std::string text() const { return value ? name + "=" + *value : name; }
  bool operator==(const KernelArgument&) const = default;
};

/// A kernel command line as the kernel itself splits it: blanks separate, double quotes hold a value together,
/// what follows "--" belongs to init (lib/cmdline.c next_arg, kernel/params.c parse_args).
class KernelArguments {
 public:
  static KernelArguments parse(std::string_view line);

  const std::vector<KernelArgument>& all() const& { return arguments_; }
  std::vector<KernelArgument> all() && { return std::move(arguments_); }
  bool contains(const KernelArgument& argument) const;
  /// The argument that counts where `name` is given several times: the last. '-' and '_' are the same.
  const KernelArgument* last(std::string_view name) const;
  /// The comma-separated options of every `name=` in order: the kernel hands each occurrence to the same parser.
  std::vector<std::string> options(std::string_view name) const;

 private:
  std::vector<KernelArgument> arguments_;
};

}  // namespace vfio_doctor
