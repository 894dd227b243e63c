// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "facts/platform/platform.hpp"

namespace vfio_doctor {

/// Fedora from 34 on and EL from 9 on keep GRUB's menu in /boot/grub2 and only a pointer to it on the EFI
/// system partition (fedoraproject.org/wiki/Changes/UnifyGrubConfig). Before that the whole menu was there.
bool expects_grub_stub(const Distribution& distribution);

}  // namespace vfio_doctor
