// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace vfio_doctor {

/// How well each expected device (row) fits each seen one (column); lower is better, nothing means "cannot be it".
struct FitTable {
  using Cost = std::int64_t;
  std::size_t rows = 0, columns = 0;
  std::vector<std::optional<Cost>> costs;  ///< row by row; costs are in [0, unmatched_cost)
  /// What it costs to leave a row without a column: more than any fit.
  static constexpr Cost unmatched_cost = 1'000'000;

  FitTable(std::size_t row_count, std::size_t column_count)
      : rows(row_count), columns(column_count), costs(row_count * column_count) {}
  std::optional<Cost>& at(std::size_t row, std::size_t column) { return costs[row * columns + column]; }
  const std::optional<Cost>& at(std::size_t row, std::size_t column) const { return costs[row * columns + column]; }
};

/// Whether other assignments of the same total cost give a row something else.
enum class Alternatives {
  none,
  among_expected,  ///< yes, but its column always stays with some row: only who is who is open
  with_others,     ///< yes, and in one of them nobody has its column
};

struct Assignment {
  std::vector<std::optional<std::size_t>> column_of;  ///< by row
  std::vector<Alternatives> alternatives;             ///< by row
  FitTable::Cost total = 0;
};

/// The assignment of rows to columns, each used at most once, with the least total cost (Hungarian method with
/// potentials, O(rows^2 * (rows + columns))).
Assignment best_assignment(const FitTable& table);

}  // namespace vfio_doctor
