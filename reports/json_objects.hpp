// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.hpp"
#include "checks/finding.hpp"
#include "reports/report.hpp"
#include "verdicts/acceptance.hpp"

namespace vfio_doctor {

/// The members that the program's JSON documents begin with: schema, tool, generated_at, source.
void write_document_start(JsonWriter& json, std::string_view schema, const Report& report);

/// "tool": which program wrote it.
void write_tool(JsonWriter& json, std::string_view name, std::string_view version);

/// A list, each item by write(json, item).
template <class Item, class Write>
void write_list(JsonWriter& json, std::string_view name, const std::vector<Item>& items, Write write) {
  json.name(name);
  json.open_array();
  for (const auto& item : items) write(json, item);
  json.close_array();
}

/// Text of which empty means that there is none: null.
inline std::optional<std::string> text_or_nothing(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

/// An accepted risk as docs/schema/report-1.json describes it.
void write_acceptance(JsonWriter& json, const Acceptance& accepted);

/// A remedy as docs/schema/report-1.json describes it: text, commands, undo, risk.
void write_remedy(JsonWriter& json, const Remedy& remedy);

/// A device as docs/schema/report-1.json describes it.
void write_device(JsonWriter& json, const DeviceReport& device);

}  // namespace vfio_doctor
