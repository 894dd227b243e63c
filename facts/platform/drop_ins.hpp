// SPDX-License-Identifier: GPL-2.0-or-later
// In which order programs read the files of their directories.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "machine/root.hpp"

namespace vfio_doctor {

/// `sort -V` in the C locale, for names that do not begin with a dot (GNU coreutils, lib/filevercmp.c): dracut sorts its files so (dracut.sh, dropindirs_sort), "9-own.conf"
/// before "10-vfio.conf".
bool comes_before_by_version(std::string_view one, std::string_view other);

/// The files of dracut.conf.d as dracut reads them; one in a directory of more weight takes the place of its namesakes.
std::vector<std::string> dracut_drop_ins(const Root& root);

}  // namespace vfio_doctor
