// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/previous.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "base/input_error.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::json;

Verdict verdict_of(const std::string& word) {
  for (const auto verdict : {Verdict::ready, Verdict::not_ready})
    if (word == to_text(verdict)) return verdict;
  return Verdict::undetermined;
}

/// Wants texts at the top, and texts in the objects of "states".
class PreviousReader : public nlohmann::json_sax<Json> {
 public:
  PreviousFleet previous;
  std::string schema, why;
  std::size_t position = 0;

  bool string(string_t& text) override {
    if (level_ == 1 && key_ == "schema") schema = text;
    if (level_ == 1 && key_ == "generated_at") previous.generated_at = text;
    if (!in_states_ || level_ != 3) return true;
    auto& state = previous.states.back();
    if (key_ == "host") state.host = text;
    if (key_ == "id") state.id = text;
    if (key_ == "verdict") state.verdict = verdict_of(text);
    if (key_ == "next_boot") state.next_boot = verdict_of(text);
    return true;
  }
  bool key(string_t& name) override {
    if (level_ == 1) in_states_ = name == "states";
    key_ = name;
    return true;
  }
  bool start_object(std::size_t) override {
    if (++level_ == 3 && in_states_) previous.states.emplace_back();
    return is_shallow();
  }
  bool start_array(std::size_t) override {
    ++level_;
    return is_shallow();
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override {
    position = at;
    why = "not valid JSON";
    return false;
  }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool null() override { return true; }

 private:
  bool is_shallow() {
    if (level_ > 16) why = "not a fleet of vfio-doctor: nested too deep";
    return level_ <= 16;
  }
  bool close() {
    --level_;
    return true;
  }

  std::string key_;
  std::size_t level_ = 0;
  bool in_states_ = false;
};

}  // namespace

PreviousFleet read_previous_fleet(std::string_view text, const std::string& name) {
  PreviousReader reader;
  Json::sax_parse(text.begin(), text.end(), &reader);
  const auto place = printable(name) + (reader.position > 0 ? ":" + std::to_string(line_at(text, reader.position - 1)) : "");
  if (!reader.why.empty()) throw InputError(place + ": " + reader.why);
  if (reader.schema != "vfio-doctor/fleet/1")
    throw InputError(place + ": not what 'vfio-doctor fleet --format json' writes (schema vfio-doctor/fleet/1)");
  return std::move(reader.previous);
}

}  // namespace vfio_doctor
