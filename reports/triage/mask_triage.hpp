// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "checks/signatures/triage.hpp"

namespace vfio_doctor {

/// Masks what stands behind keys that call it a secret (base/secrets.hpp) in all that is shown of a paste: whether or not the
/// user asked for redaction, before any renderer sees it.
void mask_secrets(Triage& triage);

}  // namespace vfio_doctor
