// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "checks/finding.hpp"
#include "facts/domain/domain_xml.hpp"
#include "facts/host.hpp"
#include "plan/plan.hpp"
#include "verdicts/acceptance.hpp"

namespace vfio_doctor {

/// When vfio-pci gets a device.
enum class BindWhen {
  automatic,  ///< at each start where the host's driver is known not to let go, by libvirt where the domain says so, else now
  now,        ///< by hand, until the host starts anew
  start,      ///< before the host's drivers, at each start
  guest,      ///< when the guest starts: libvirt does it (managed='yes')
};

enum class CompanionChoice { pass, leave };

struct PlanRequest {
  std::vector<PciAddress> wanted;  ///< what the guest is to have
  const Domain* domain = nullptr;  ///< the guest, where one was named
  BindWhen bind = BindWhen::automatic;
  CompanionChoice companions = CompanionChoice::pass;
  std::optional<unsigned> virtual_functions;  ///< so many of the one wanted card, instead of the card itself
};

/// What has to be done, in order, and nothing that is so already. Refused where the host needs one of the devices and nobody
/// accepted that, or where VFIO or the kernel would refuse and no step helps; undetermined where something needed could not be
/// seen: neither has steps. `findings` are those of all checks, about the domain too.
Plan make_plan(const Host& host, const std::vector<Finding>& findings, const std::vector<Acceptance>& accepted,
               const PlanRequest& request);

}  // namespace vfio_doctor
