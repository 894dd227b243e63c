// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/json_writer.hpp"
#include "checks/finding.hpp"
#include "reports/report.hpp"

namespace vfio_doctor {

/// The members that the program's JSON documents begin with: schema, tool, generated_at, source.
void write_document_start(JsonWriter& json, std::string_view schema, const Report& report);

/// A remedy as docs/schema/report-1.json describes it: text, commands, undo, risk.
void write_remedy(JsonWriter& json, const Remedy& remedy);

/// A device as docs/schema/report-1.json describes it.
void write_device(JsonWriter& json, const DeviceReport& device);

}  // namespace vfio_doctor
