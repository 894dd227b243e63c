// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/finding.hpp"

namespace vfio_doctor {

std::string_view to_text(Status status) {
  switch (status) {
    case Status::pass:
      return "pass";
    case Status::warn:
      return "warn";
    case Status::fail:
      return "fail";
    case Status::unknown:
      return "unknown";
    case Status::not_applicable:
      return "not-applicable";
    case Status::error:
      return "error";
  }
  return "error";
}

std::string_view to_text(Effect effect) {
  switch (effect) {
    case Effect::none:
      return "none";
    case Effect::blocked:
      return "blocked";
    case Effect::protects:
      return "protected";
    case Effect::unsuitable:
      return "unsuitable";
  }
  return "none";
}

}  // namespace vfio_doctor
