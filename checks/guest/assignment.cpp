// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/guest/assignment.hpp"

#include <algorithm>
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

  std::size_t rows() const { return table_.rows; }
  std::size_t width() const { return width_; }
  std::size_t column_of(std::size_t row) const { return column_of_[row]; }
  std::size_t row_of(std::size_t column) const { return row_of_[column]; }
  bool is_real(std::size_t column) const { return column < table_.columns; }
  bool is_tight(std::size_t row, std::size_t column) const { return column != column_of_[row] && reduced(row, column) == 0; }
  bool may_give_up(std::size_t row) const { return column_potential_[column_of_[row]] == 0; }
  Cost total() const {
    Cost sum = 0;
    for (std::size_t row = 0; row < table_.rows; ++row) sum += cost(row, column_of_[row]);
    return sum;
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

  const FitTable& table_;
  std::size_t width_;
  std::vector<Cost> row_potential_, column_potential_;
  std::vector<std::size_t> row_of_, column_of_;
};

/// What else an optimal assignment allows. Two of the same cost differ by cycles of tight edges (reduced cost 0),
/// or by paths of them from a column that may be given up (its potential is 0) to a free one.
class OtherWays {
 public:
  explicit OtherWays(const Hungarian& solved) : solved_(solved) {
    for (std::size_t row = 0; row < solved.rows(); ++row) {
      Steps steps;
      for (std::size_t column = 0; column < solved.width(); ++column) {
        if (!solved.is_tight(row, column)) continue;
        const auto holder = solved.row_of(column);
        if (holder != none) steps.rows.push_back(holder);
        if (holder == none) (solved.is_real(column) ? steps.free_column : steps.free_place) = true;
      }
      steps_.push_back(std::move(steps));
    }
  }

  Alternatives of(std::size_t start) const {
    if (!solved_.is_real(solved_.column_of(start))) return Alternatives::none;
    const auto after = reachable(start);
    bool free_column = false, free_place = false, cycle = false;
    for (std::size_t row = 0; row < solved_.rows(); ++row) {
      if (!after[row]) continue;
      free_column = free_column || steps_[row].free_column;
      free_place = free_place || steps_[row].free_place;
      cycle = cycle || std::find(steps_[row].rows.begin(), steps_[row].rows.end(), start) != steps_[row].rows.end();
    }
    if (free_column && solved_.may_give_up(start)) return Alternatives::with_others;
    if (cycle) return Alternatives::among_expected;
    if (!free_column && !free_place) return Alternatives::none;
    for (std::size_t row = 0; row < solved_.rows(); ++row)
      if (solved_.may_give_up(row) && (row == start || reachable(row)[start])) return Alternatives::among_expected;
    return Alternatives::none;
  }

 private:
  struct Steps {
    std::vector<std::size_t> rows;  ///< whose column this row could have as well
    bool free_column = false;       ///< it could have a column of the table that nobody has
    bool free_place = false;        ///< it could go without
  };

  /// The rows that can be moved when `start` moves; with `start`.
  std::vector<bool> reachable(std::size_t start) const {
    std::vector<bool> seen(solved_.rows(), false);
    std::vector<std::size_t> pending{start};
    seen[start] = true;
    while (!pending.empty()) {
      const auto row = pending.back();
      pending.pop_back();
      for (const auto next : steps_[row].rows) {
        if (seen[next]) continue;
        seen[next] = true;
        pending.push_back(next);
      }
    }
    return seen;
  }

  const Hungarian& solved_;
  std::vector<Steps> steps_;
};

}  // namespace

Assignment best_assignment(const FitTable& table) {
  const Hungarian solved(table);
  const OtherWays other_ways(solved);
  Assignment assignment;
  assignment.total = solved.total();
  for (std::size_t row = 0; row < table.rows; ++row) {
    const auto column = solved.column_of(row);
    assignment.column_of.push_back(solved.is_real(column) ? std::optional(column) : std::nullopt);
    assignment.alternatives.push_back(other_ways.of(row));
  }
  return assignment;
}

}  // namespace vfio_doctor
