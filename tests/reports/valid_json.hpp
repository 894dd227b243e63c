// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "machines.hpp"

namespace vfio_doctor::testing {

/// What `document` breaks of the JSON Schema in the file `path` (from the source directory), one line each;
/// empty: nothing.
inline std::string schema_violations(const nlohmann::json& document, const std::string& path) {
  const nlohmann::json schema_document = nlohmann::json::parse(read_test_file(path.starts_with('/') ? path : "../" + path));
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_document), schema);
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(document), &results);
  std::string violations;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    for (const std::string& step : error.context) violations += step;
    violations += ": " + error.description + "\n";
  }
  return violations;
}

}  // namespace vfio_doctor::testing
