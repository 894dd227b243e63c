// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/treatments.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/input_error.hpp"
#include "checks/kernel/data_table.hpp"

namespace vfio_doctor {

extern const std::string_view plan_treatment_table;

std::vector<TreatmentRow> parse_treatments(std::string_view text, const std::string& name) {
  static constexpr auto words = std::to_array<std::pair<std::string_view, Treatment>>({{"arguments", Treatment::arguments},
                                                                                       {"settings", Treatment::settings},
                                                                                       {"step", Treatment::step},
                                                                                       {"hand", Treatment::hand},
                                                                                       {"bind", Treatment::bind},
                                                                                       {"refuse", Treatment::refuse},
                                                                                       {"note", Treatment::note}});
  std::vector<TreatmentRow> rows;
  for (const auto& fields : table_rows(text, 3, name)) {
    const auto word = std::ranges::find(words, fields[1], [](const auto& pair) { return pair.first; });
    if (word == words.end()) throw InputError(name + ": '" + std::string(fields[1]) + "' is no treatment");
    const auto same = [&fields](const TreatmentRow& row) { return row.id == fields[0]; };
    if (std::ranges::any_of(rows, same)) throw InputError(name + ": " + std::string(fields[0]) + " stands there twice");
    rows.push_back({std::string(fields[0]), word->second, std::string(fields[2])});
  }
  return rows;
}

const std::vector<TreatmentRow>& treatments() {
  static const auto rows = parse_treatments(plan_treatment_table, "treatments.tsv");
  return rows;
}

Treatment treatment_of(std::string_view id) {
  const auto row = std::ranges::find(treatments(), id, &TreatmentRow::id);
  return row == treatments().end() ? Treatment::note : row->treatment;
}

}  // namespace vfio_doctor
