// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include "reports/report.hpp"

namespace vfio_doctor {

/// The pieces that the JSON documents share, with their members in the order people expect.
nlohmann::ordered_json tool_object(const Report& report);
nlohmann::ordered_json source_object(const Report& report);
nlohmann::ordered_json device_object(const DeviceReport& device);

/// `document` as text: two blanks of indentation, ASCII only, a line end at the end.
std::string document_text(const nlohmann::ordered_json& document);

}  // namespace vfio_doctor
