// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {

/// One change of a start tag in the domain's XML.
struct DomainFix {
  enum class Kind {
    set,     ///< attribute `name` becomes `value`
    remove,  ///< attribute `name` goes
    add      ///< the element gets a child, `value`
  };
  Kind kind = Kind::set;
  std::size_t at = 0;  ///< where the element's name begins in the text, in bytes
  std::string name, value;
  std::size_t line = 0;
  std::string why;  ///< a sentence
};

/// The corrections of faults for which there is one way that is right: not where somebody has to decide. A domain that is no
/// XML has none.
std::vector<DomainFix> certain_fixes(const DomainCase& here);

}  // namespace vfio_doctor
