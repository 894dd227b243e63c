// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>

namespace vfio_doctor {

/// What this program knows of a kernel argument. An argument that is not in the table is nobody's business: snapshots keep
/// its key and a stand-in for its value.
enum class ArgumentKind {
  mechanical,   ///< put there by boot loaders, installers and initramfs tools, or different by design
  cosmetic,     ///< only changes what is shown while booting
  passthrough,  ///< decides about passthrough: IOMMU, VFIO, who takes a device first
  ordinary,     ///< harmless and worth keeping; no check weighs it
};

struct KnownArgument {
  std::string_view name;  ///< lower case, '_' for '-'; one that ends in '.' stands for all that start so
  ArgumentKind kind;
};

/// Names: the kernel's Documentation/admin-guide/kernel-parameters.txt, dracut.cmdline(7), kernel-command-line(7) of systemd,
/// and the documentation of the initramfs tools and distributions that put them there.
std::span<const KnownArgument> known_arguments();

/// The row for `name`, whatever its case and spelling; nothing where it is not known.
const KnownArgument* find_known_argument(std::string_view name);

/// True for a known argument of this kind.
bool is_argument_of(ArgumentKind kind, std::string_view name);

}  // namespace vfio_doctor
