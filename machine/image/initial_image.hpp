// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// What an initial RAM disk says about modules; everything else in it is passed over.
struct ImageContent {
  std::set<std::string> modules;  ///< all that are in it, with underscores: "vfio_pci"
  /// Settings by their path in the image, "/etc/modprobe.d/vfio.conf"; unreadable where the image names one and does not show what it
  /// says.
  std::map<std::string, Observed<std::string>> files;
};

/// Images come from a disk that anybody may have written.
struct ImageBounds {
  std::uint64_t most_packed = 512u << 20, most_unpacked = std::uint64_t{4} << 30;  ///< bytes
  std::size_t most_entries = 500'000, most_modules = 20'000, most_files = 512;
  std::size_t most_file_bytes = 256 << 10, most_kept_bytes = 1 << 20;  ///< booster's list of built-in modules is 40 KiB
  std::chrono::milliseconds patience{20'000};
};

/// Unpacks an image as the kernel does (init/initramfs.c, Documentation/driver-api/early-userspace/buffer-format.rst): any number of
/// newc archives behind each other, each plain or compressed, with zeros between them; what comes later takes the place of what
/// was there. Unreadable, with the reason, where any of it is damaged, of another form or beyond the bounds: half an image would say
/// that something is missing from it.
Observed<ImageContent> read_initial_image(const FilePieces& pieces, const ImageBounds& bounds = {});

/// True for files of an image that ImageContent keeps: the files and what lies in the directories of image_setting_places().
bool is_image_setting(const std::string& path);
std::vector<std::string> image_setting_places();

}  // namespace vfio_doctor
