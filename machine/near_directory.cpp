// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/near_directory.hpp"

#include <fcntl.h>

#include <string_view>

namespace vfio_doctor {
namespace {

/// "/a/b/c/d" -> "/a/b/"; empty where there is nothing above but the root.
std::string_view two_above(std::string_view path) {
  const auto last = path.rfind('/');
  if (last == path.npos || last == 0) return {};
  const auto before = path.rfind('/', last - 1);
  return before == path.npos || before == 0 ? std::string_view() : path.substr(0, before + 1);
}

}  // namespace

NearDirectory::Way NearDirectory::way_to(const std::string& path, int root) {
  const auto from_here = [&] { return Way{directory_.get(), path.c_str() + name_.size()}; };
  const Way from_root{root, path.c_str() + 1};
  if (!name_.empty() && path.size() > name_.size() && path.starts_with(name_)) {
    missed_.clear();
    return from_here();
  }
  const auto above = two_above(path);
  if (above.empty()) return from_root;
  if (missed_ != above) {
    missed_ = above;
    return from_root;
  }
  directory_.reset(::openat(root, missed_.c_str() + 1, O_PATH | O_DIRECTORY | O_CLOEXEC));
  const bool is_open = directory_.get() >= 0;
  name_ = is_open ? missed_ : std::string();
  missed_.clear();
  return is_open ? from_here() : from_root;
}

}  // namespace vfio_doctor
