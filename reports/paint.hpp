// SPDX-License-Identifier: GPL-2.0-or-later
// Which colour a verdict and a status have, on the host and in a guest.
#pragma once

#include "checks/finding.hpp"
#include "reports/text_layout.hpp"
#include "verdicts/verdict.hpp"

namespace vfio_doctor {

Paint paint_of(Status status);
Paint paint_of(Verdict verdict);

}  // namespace vfio_doctor
