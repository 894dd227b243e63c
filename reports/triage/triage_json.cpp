// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json_writer.hpp"
#include "reports/triage/triage_report.hpp"

namespace vfio_doctor {
namespace {

void write_line(JsonWriter& json, const Triage& triage, const PastedLine& line) {
  json.open_object();
  json.member("file", triage.files.at(line.file));
  json.member("line", static_cast<unsigned>(line.line));
  json.member("text", line.text);
}

void write_document(JsonWriter& json, const Triage& triage, const PasteDocument& document) {
  json.open_object();
  json.member("file", triage.files.at(document.file));
  json.member("from", static_cast<unsigned>(document.from));
  json.member("to", static_cast<unsigned>(document.to));
  json.member("kind", to_text(document.kind));
  json.member("machine", to_text(document.machine));
  json.member("why", document.why);
  json.close_object();
}

void write_cause(JsonWriter& json, const Triage& triage, const Cause& cause) {
  json.open_object();
  json.member("id", cause.id);
  json.member("title", cause.title);
  json.member("summary", cause.summary);
  json.member("confidence", to_text(cause.confidence));
  json.member("place", cause.place);
  json.member("subject", cause.subject);
  json.name("evidence");
  json.open_array();
  for (const auto& line : cause.evidence) {
    write_line(json, triage, line);
    json.close_object();
  }
  json.close_array();
  json.member("ruled_out", cause.ruled_out);
  json.name("remedy");
  json.open_array();
  for (const auto& remedy : cause.remedy) {
    json.open_object();
    json.member("text", remedy.text);
    json.member("commands", remedy.commands);
    json.member("undo", remedy.undo);
    json.member("risk", remedy.risk);
    json.close_object();
  }
  json.close_array();
  json.member("ask", cause.ask);
  json.close_object();
}

}  // namespace

std::string render_triage_json(const Triage& triage) {
  JsonWriter json;
  json.open_object();
  json.member("schema", "vfio-doctor/triage/1");
  json.name("documents");
  json.open_array();
  for (const auto& document : triage.documents) write_document(json, triage, document);
  json.close_array();
  json.name("causes");
  json.open_array();
  for (const auto& cause : triage.causes) write_cause(json, triage, cause);
  json.close_array();
  json.name("harmless");
  json.open_array();
  for (const auto& line : triage.harmless) {
    write_line(json, triage, line.at);
    json.member("why", line.why);
    json.close_object();
  }
  json.close_array();
  json.member("ask", triage.ask);
  json.close_object();
  return json.take();
}

}  // namespace vfio_doctor
