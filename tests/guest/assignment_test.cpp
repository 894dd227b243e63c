// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/guest/assignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace vfio_doctor {
namespace {

using Cost = FitTable::Cost;

/// Every assignment there is, tried one by one.
struct BruteForce {
  const FitTable& table;
  Cost best = FitTable::unmatched_cost * 1000;
  std::vector<std::vector<std::optional<std::size_t>>> optimal;  ///< all assignments of the least cost

  explicit BruteForce(const FitTable& fit) : table(fit) {
    std::vector<std::optional<std::size_t>> chosen;
    try_rows(chosen, 0);
  }

  void try_rows(std::vector<std::optional<std::size_t>>& chosen, Cost cost) {
    const auto row = chosen.size();
    if (row == table.rows) {
      if (cost < best) optimal.clear();
      best = std::min(best, cost);
      if (cost == best) optimal.push_back(chosen);
      return;
    }
    chosen.emplace_back(std::nullopt);
    try_rows(chosen, cost + FitTable::unmatched_cost);
    for (std::size_t column = 0; column < table.columns; ++column) {
      const bool taken = std::find(chosen.begin(), chosen.end(), std::optional(column)) != chosen.end();
      if (taken || !table.at(row, column)) continue;
      chosen.back() = column;
      try_rows(chosen, cost + *table.at(row, column));
    }
    chosen.pop_back();
  }
};

/// Small costs, so that ties are frequent.
FitTable random_table(std::mt19937& random) {
  FitTable table(1 + random() % 5, random() % 6);
  for (auto& cost : table.costs)
    if (random() % 3 != 0) cost = static_cast<Cost>(random() % 4);
  return table;
}

TEST(Assignment, IsTheBestThereIsAndKnowsItsAlternatives) {
  std::mt19937 random(20260131);
  for (int round = 0; round < 4000; ++round) {
    const auto table = random_table(random);
    const auto found = best_assignment(table);
    const BruteForce all(table);
    ASSERT_EQ(found.total, all.best) << "round " << round;
    ASSERT_NE(std::find(all.optimal.begin(), all.optimal.end(), found.column_of), all.optimal.end());
    for (std::size_t row = 0; row < table.rows; ++row) {
      if (!found.column_of[row]) continue;
      bool other = false, left_free = false;
      for (const auto& assignment : all.optimal) {
        other = other || assignment[row] != found.column_of[row];
        left_free = left_free || std::find(assignment.begin(), assignment.end(), found.column_of[row]) == assignment.end();
      }
      const auto said = found.alternatives[row];
      ASSERT_EQ(said != Alternatives::none, other) << "round " << round << " row " << row;
      ASSERT_EQ(said == Alternatives::with_others, left_free) << "round " << round << " row " << row;
    }
  }
}

TEST(Assignment, MovesAnEarlierChoiceForABetterWhole) {
  FitTable table(2, 2);
  table.at(0, 0) = 0;
  table.at(0, 1) = 1;
  table.at(1, 0) = 0;  // fits nothing else: row 0 must give way
  const auto found = best_assignment(table);
  EXPECT_EQ(found.column_of[0], std::optional<std::size_t>(1));
  EXPECT_EQ(found.column_of[1], std::optional<std::size_t>(0));
}

TEST(Assignment, ToleratesAnEmptyGuest) {
  const auto found = best_assignment(FitTable(3, 0));
  EXPECT_EQ(found.total, 3 * FitTable::unmatched_cost);
  for (const auto& column : found.column_of) EXPECT_FALSE(column);
}

TEST(Assignment, ManyTwinsTakeLittleTime) {
  FitTable table(100, 400);
  for (auto& cost : table.costs) cost = 7;
  EXPECT_EQ(best_assignment(table).total, 100 * 7);
}

}  // namespace
}  // namespace vfio_doctor
