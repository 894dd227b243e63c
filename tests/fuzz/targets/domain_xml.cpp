// SPDX-License-Identifier: GPL-2.0-or-later
//
// A libvirt domain's XML, from a file that somebody sent.
#include "facts/domain/domain_xml.hpp"
#include "base/input_error.hpp"
#include "fuzz/target.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  try {
    parse_domain_xml(bytes, "fuzz");
  } catch (const InputError&) {
  }
}

}  // namespace vfio_doctor
