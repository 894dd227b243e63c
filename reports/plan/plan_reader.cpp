// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/bounded_json.hpp"
#include "base/input_error.hpp"
#include "base/printable.hpp"
#include "reports/plan/plan_report.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_devices = 1024, most_steps = 4096, most_aims = 4096, longest_text = 64 << 10;

class PlanReader {
 public:
  explicit PlanReader(std::string name) : name_(printable(name)) {}

  Plan read(const std::string& text) {
    Json json;
    try {
      json = parse_bounded_json(text);
    } catch (const JsonError& problem) {
      throw InputError(name_ + ": " + problem.what());
    }
    if (!json.is_object() || !json.contains("schema")) fail("it is no plan of 'vfio-doctor plan --format json'");
    if (json["schema"] != "vfio-doctor/plan/1") fail("it is of another kind than vfio-doctor/plan/1");
    Plan plan;
    if (const auto host = json.find("host"); host != json.end() && host->is_object())
      plan.host.machine = optional(*host, "machine");
    for (const auto& device : list(json, "devices", most_devices)) plan.devices.push_back(read_device(device));
    for (const auto& step : list(json, "steps", most_steps)) plan.steps.push_back(read_step(step));
    return plan;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw InputError(name_ + ": " + what); }

  static const Json& empty_list() {
    static const Json empty = Json::array();
    return empty;
  }

  const Json& list(const Json& object, const char* member, std::size_t most) const {
    if (!object.is_object()) fail(std::string("an object was expected around '") + member + "'");
    const auto found = object.find(member);
    if (found == object.end()) return empty_list();
    if (!found->is_array()) fail(std::string("'") + member + "' is no list");
    if (found->size() > most) fail(std::string("'") + member + "' has more than " + std::to_string(most) + " entries");
    return *found;
  }

  std::optional<std::string> optional(const Json& object, const char* member) const {
    if (!object.is_object()) fail(std::string("an object was expected around '") + member + "'");
    const auto found = object.find(member);
    if (found == object.end() || found->is_null()) return std::nullopt;
    if (!found->is_string()) fail(std::string("'") + member + "' is no text");
    auto text = found->get<std::string>();
    if (text.size() > longest_text) fail(std::string("'") + member + "' is too long");
    return text;
  }

  std::string text(const Json& object, const char* member) const {
    const auto found = optional(object, member);
    if (!found) fail(std::string("'") + member + "' is missing");
    return *found;
  }

  PciAddress address(const std::string& word) const {
    const auto parsed = PciAddress::parse(word);
    if (!parsed) fail("'" + printable(word.substr(0, 40)) + "' is no address of a PCI function");
    return *parsed;
  }

  PlannedDevice read_device(const Json& json) const {
    PlannedDevice device;
    device.address = address(text(json, "address"));
    const auto role = text(json, "role");
    bool known = false;
    for (const auto one : {DeviceRole::guest, DeviceRole::companion, DeviceRole::idle, DeviceRole::physical})
      if (to_text(one) == role) device.role = one, known = true;
    if (!known) fail("'" + printable(role.substr(0, 40)) + "' is no part that a device has in a plan");
    return device;
  }

  PlanStep read_step(const Json& json) const {
    PlanStep step;
    step.id = text(json, "id");
    step.text = text(json, "text");
    const auto reboot = json.find("reboot");
    step.reboot = reboot != json.end() && reboot->is_boolean() && reboot->get<bool>();
    for (const auto& one : list(json, "expects", most_aims)) {
      const auto kind = aim_kind_of(text(one, "kind"));
      if (!kind) fail("'" + printable(text(one, "kind").substr(0, 40)) + "' is nothing that this version can look at");
      Aim aim{*kind, {}, optional(one, "value").value_or("")};
      if (const auto device = optional(one, "device")) aim.device = address(*device);
      step.aims.push_back(std::move(aim));
    }
    return step;
  }

  std::string name_;
};

}  // namespace

Plan read_plan(const std::string& text, const std::string& name) { return PlanReader(name).read(text); }

}  // namespace vfio_doctor
