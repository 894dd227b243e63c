// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/guest/fit.hpp"
#include "checks/guest/rungs.hpp"

namespace vfio_doctor {

RungResult judge_placement(const ExpectedDevice& expected, const GuestFunction& seen) {
  if (!expected.guest_path) return rung_result(Status::not_applicable, "the manifest does not say where it goes.");
  const auto wanted = expected.guest_path->text();
  switch (same_place(expected, seen)) {
    case Agreement::same:
      return rung_result(Status::pass, "it sits where the domain puts it: " + wanted + ".");
    case Agreement::different: {
      const auto where = seen.path.has_value() ? seen.path->text() : seen.address.text();
      auto result = rung_result(Status::fail, "it sits at " + where + ", but the domain puts it at " + wanted +
                                                  ". This may be an emulated or another device with the same ids.");
      result.evidence = {{"expected place", wanted}, {"seen place", where}};
      return result;
    }
    case Agreement::unknown:
      break;
  }
  return rung_result(Status::unknown,
                     "its place (" + wanted + ") cannot be told: " +
                         (seen.path.is_unreadable() ? seen.path.why() : std::string("the bridges above it were not seen")) +
                         ".");
}

}  // namespace vfio_doctor
