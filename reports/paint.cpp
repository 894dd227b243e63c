// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/paint.hpp"

namespace vfio_doctor {

Paint paint_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ready:
      return Paint::green;
    case Verdict::not_ready:
      return Paint::red;
    case Verdict::undetermined:
      break;
  }
  return Paint::magenta;
}

Paint paint_of(Status status) {
  switch (status) {
    case Status::pass:
      return Paint::green;
    case Status::warn:
      return Paint::yellow;
    case Status::fail:
    case Status::error:
      return Paint::red;
    case Status::unknown:
      return Paint::magenta;
    case Status::not_applicable:
      break;
  }
  return Paint::dim;
}

}  // namespace vfio_doctor
