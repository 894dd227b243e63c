// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>

#include "reports/outline.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {

/// How much a list of problems says; what is left out is counted and named.
struct ProblemDetail {
  std::size_t checks;    ///< told at all; of the others the ids
  std::size_t full;      ///< of one check: so many different sentences with evidence and remedy
  std::size_t short_;    ///< and so many more in one line
  std::size_t evidence;  ///< of one finding
  std::size_t subjects;  ///< named where the same holds for several
  bool remedies;         ///< of warnings too; those of failures are always told
  std::size_t lines;     ///< of one value of evidence
  std::size_t sentence;  ///< its longest, in columns
};

inline constexpr std::size_t unlimited = static_cast<std::size_t>(-1);
inline constexpr ProblemDetail all_problem_details{unlimited, unlimited, unlimited, unlimited,
                                                   unlimited, true,      unlimited, unlimited};

/// One block for each check and status, in the order given. Only findings that say the same are folded into one.
void problem_list(TextPage& page, const std::vector<CheckFindings>& problems, Verbosity verbosity, const ProblemDetail& detail);

}  // namespace vfio_doctor
