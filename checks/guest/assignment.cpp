// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/guest/assignment.hpp"

#include <limits>

namespace vfio_doctor {
namespace {

using Cost = FitTable::Cost;
constexpr Cost infinite = std::numeric_limits<Cost>::max() / 4;
constexpr std::size_t none = static_cast<std::size_t>(-1);

/// Every row has a private extra column, "unmatched", so that a complete assignment always exists.
class Hungarian {
 public:
  explicit Hungarian(const FitTable& table)
      : table_(table),
        width_(table.columns + table.rows),
        row_potential_(table.rows, 0),
        column_potential_(width_, 0),
        row_of_(width_, none),
        column_of_(table.rows, none) {
    for (std::size_t row = 0; row < table.rows; ++row) add_row(row);
  }

  Assignment result() const {
    Assignment assignment;
    for (std::size_t row = 0; row < table_.rows; ++row) {
      const auto column = column_of_[row];
      assignment.total += cost(row, column);
      assignment.column_of.push_back(column < table_.columns ? std::optional(column) : std::nullopt);
      assignment.alternatives.push_back(alternatives_of(row));
    }
    return assignment;
  }

 private:
  Cost cost(std::size_t row, std::size_t column) const {
    if (column >= table_.columns) return column - table_.columns == row ? FitTable::unmatched_cost : infinite;
    return table_.at(row, column).value_or(infinite);
  }

  Cost reduced(std::size_t row, std::size_t column) const {
    const auto full = cost(row, column);
    return full >= infinite ? infinite : full - row_potential_[row] - column_potential_[column];
  }

  /// Finds the cheapest way to give `new_row` a column, moving earlier rows along it where that pays.
  void add_row(std::size_t new_row) {
    std::vector<Cost> least(width_, infinite);
    std::vector<std::size_t> came_from(width_, none);  // the column before on the path; none: from new_row
    std::vector<bool> done(width_, false);
    std::size_t row = new_row, column = none;
    for (;;) {
      Cost delta = infinite;
      std::size_t next = none;
      for (std::size_t j = 0; j < width_; ++j) {
        if (done[j]) continue;
        if (const auto through = reduced(row, j); through < least[j]) {
          least[j] = through;
          came_from[j] = column;
        }
        if (least[j] < delta) {
          delta = least[j];
          next = j;
        }
      }
      row_potential_[new_row] += delta;
      for (std::size_t j = 0; j < width_; ++j) {
        if (done[j]) {
          row_potential_[row_of_[j]] += delta;
          column_potential_[j] -= delta;
        } else if (least[j] < infinite) {
          least[j] -= delta;
        }
      }
      column = next;
      if (row_of_[column] == none) break;
      done[column] = true;
      row = row_of_[column];
    }
    while (column != none) {
      const auto before = came_from[column];
      const auto owner = before == none ? new_row : row_of_[before];
      row_of_[column] = owner;
      column_of_[owner] = column;
      column = before;
    }
  }

  bool is_tight(std::size_t row, std::size_t column) const {
    return column != column_of_[row] && reduced(row, column) == 0;
  }

  /// Rows from which tight edges (reduced cost 0) lead to `goal`, over the rows that hold the columns; with `goal`.
  std::vector<bool> rows_that_reach(std::size_t goal) const {
    std::vector<bool> reaches(table_.rows, false);
    std::vector<std::size_t> pending{goal};
    reaches[goal] = true;
    while (!pending.empty()) {
      const auto wanted = column_of_[pending.back()];
      pending.pop_back();
      for (std::size_t row = 0; row < table_.rows; ++row) {
        if (reaches[row] || !is_tight(row, wanted)) continue;
        reaches[row] = true;
        pending.push_back(row);
      }
    }
    return reaches;
  }

  /// Assignments of the same cost differ by cycles of tight edges, or by paths from a column that may be given up
  /// (its potential is 0) to a free one. A row that goes without a column has no alternative worth telling.
  Alternatives alternatives_of(std::size_t start) const {
    if (column_of_[start] >= table_.columns) return Alternatives::none;
    const auto before = rows_that_reach(start);
    bool may_give_up = false;
    for (std::size_t row = 0; row < table_.rows; ++row)
      may_give_up = may_give_up || (before[row] && column_potential_[column_of_[row]] == 0);
    std::vector<bool> seen(table_.rows, false);
    std::vector<std::size_t> pending{start};
    bool trades = false;
    while (!pending.empty()) {
      const auto row = pending.back();
      pending.pop_back();
      for (std::size_t j = 0; j < width_; ++j) {
        if (!is_tight(row, j)) continue;
        const auto holder = row_of_[j];
        if (holder == none && may_give_up && j < table_.columns) return Alternatives::with_others;
        trades = trades || holder == start || (holder == none && may_give_up);
        if (holder == none || holder == start || seen[holder]) continue;
        seen[holder] = true;
        pending.push_back(holder);
      }
    }
    return trades ? Alternatives::among_expected : Alternatives::none;
  }

  const FitTable& table_;
  std::size_t width_;
  std::vector<Cost> row_potential_, column_potential_;
  std::vector<std::size_t> row_of_, column_of_;
};

}  // namespace

Assignment best_assignment(const FitTable& table) { return Hungarian(table).result(); }

}  // namespace vfio_doctor
