// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdicts/verdict.hpp"

namespace vfio_doctor {

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::ready:
      return "ready";
    case Verdict::not_ready:
      return "not-ready";
    case Verdict::undetermined:
      return "undetermined";
  }
  return "undetermined";
}

std::string_view to_text(DeviceVerdict verdict) {
  switch (verdict) {
    case DeviceVerdict::assignable:
      return "assignable";
    case DeviceVerdict::with_companions:
      return "with-companions";
    case DeviceVerdict::protected_by_host:
      return "protected";
    case DeviceVerdict::blocked:
      return "blocked";
    case DeviceVerdict::unsuitable:
      return "unsuitable";
    case DeviceVerdict::undetermined:
      return "undetermined";
  }
  return "undetermined";
}

int exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::ready:
      return 0;
    case Verdict::not_ready:
      return 1;
    case Verdict::undetermined:
      return 3;
  }
  return 3;
}

}  // namespace vfio_doctor
