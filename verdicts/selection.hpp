// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/finding.hpp"
#include "facts/domain/domain_xml.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// The functions that selectors name, see functions_named(); a selector may be several, separated by commas. Throws InputError
/// where one matches nothing, or more than one function that are not one card (it lists them with their names).
std::vector<PciAddress> select_functions(const Host& host, const Root& root, const std::vector<std::string>& selectors);

/// Adds the functions that a domain takes from the host, each once, also those that are not there: domain-sources tells of
/// these. There may be none.
void select_domain(const Domain& domain, std::vector<PciAddress>& selected);

/// Those that it takes from the host and gives to nobody (<address type='unassigned'/>).
std::vector<PciAddress> freed_by(const Domain& domain);

/// What keeps the domain from starting although its devices could be given: functions that libvirt is not to detach
/// from the host (managed='no', which is also what counts where nothing is said) and that VFIO does not hold.
std::vector<Finding> judge_unmanaged(const Host& host, const Domain& domain);

}  // namespace vfio_doctor
