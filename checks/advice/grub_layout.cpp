// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/grub_layout.hpp"

#include "base/text.hpp"

namespace vfio_doctor {

bool expects_grub_stub(const Distribution& distribution) {
  const auto& id = distribution.id;
  if (!id.has_value()) return false;
  const auto major = parse_unsigned(std::string_view(distribution.version_id).substr(0, distribution.version_id.find('.')));
  const bool fedora = *id == "fedora" || (distribution.is_like("fedora") && !distribution.is_like("rhel"));
  const bool enterprise =
      distribution.is_like("rhel") || *id == "centos" || *id == "rocky" || *id == "almalinux" || *id == "ol";
  if (enterprise) return major && *major >= 9;
  return fedora && major && *major >= 34;
}

}  // namespace vfio_doctor
