// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/ask_places.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "base/bounded_json.hpp"
#include "base/input_error.hpp"
#include "base/text.hpp"
#include "runner/guest/find_domain.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::json;

/// A function of the guest as QEMU sees it.
struct QmpFunction {
  std::string qdev_id;
  std::uint32_t ids = 0;
  SlotChain place;
};

/// PciDeviceInfo of QEMU's qapi/pci.json: bus, slot, function, id {vendor, device}, qdev_id, pci_bridge {devices}.
class QmpReader {
 public:
  explicit QmpReader(const std::string& name) : name_(name) {}

  std::vector<QmpFunction> read(std::string_view text) {
    Json answer;
    try {
      answer = parse_bounded_json(text);
    } catch (const JsonError& problem) {
      fail(problem.what());
    }
    const auto buses = answer.is_object() ? answer.find("return") : answer.end();
    if (buses == answer.end() || !buses->is_array()) fail("it lists no buses");
    for (const auto& bus : *buses) read_devices(bus, {});
    return std::move(found_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw InputError(name_ + ": QEMU's answer to query-pci: " + what); }

  std::uint64_t number(const Json& object, const char* key, std::uint64_t most) const {
    const auto member = object.find(key);
    if (member == object.end() || !member->is_number_unsigned() || member->get<std::uint64_t>() > most)
      fail(std::string("no valid ") + key);
    return member->get<std::uint64_t>();
  }

  void read_devices(const Json& bus, const SlotChain& above) {
    const auto devices = bus.is_object() ? bus.find("devices") : bus.end();
    if (devices == bus.end()) return;  // a bridge with nothing behind it
    if (!devices->is_array()) fail("its devices are no list");
    for (const auto& device : *devices) read_device(device, above);
  }

  void read_device(const Json& device, const SlotChain& above) {
    if (!device.is_object() || !device.contains("id") || !device["id"].is_object()) fail("a device without ids");
    if (found_.size() == most_domain_devices || above.steps.size() == SlotChain::most_steps) fail("too many devices");
    QmpFunction function;
    function.place = above;
    function.place.steps.push_back(
        {static_cast<std::uint8_t>(number(device, "slot", 31)), static_cast<std::uint8_t>(number(device, "function", 7))});
    function.ids =
        static_cast<std::uint32_t>(number(device["id"], "vendor", 0xffff) << 16 | number(device["id"], "device", 0xffff));
    if (const auto id = device.find("qdev_id"); id != device.end() && id->is_string())
      function.qdev_id = id->get<std::string>();
    const auto place = function.place;
    found_.push_back(std::move(function));
    if (const auto bridge = device.find("pci_bridge"); bridge != device.end()) read_devices(*bridge, place);
  }

  const std::string& name_;
  std::vector<QmpFunction> found_;
};

/// Two with the same ids cannot be told apart.
std::optional<SlotChain> only_one_with(const std::vector<QmpFunction>& functions, std::uint32_t ids) {
  const auto has_ids = [ids](const QmpFunction& function) { return function.ids == ids; };
  if (std::ranges::count_if(functions, has_ids) != 1) return std::nullopt;
  return std::ranges::find_if(functions, has_ids)->place;
}

}  // namespace

void place_by_qmp(std::string_view answer, const std::string& name, const Domain& domain, Manifest& manifest) {
  const auto functions = QmpReader(name).read(answer);
  std::vector<const DomainHostdev*> hostdevs;  // one for each device of the manifest
  for (const auto& hostdev : domain.hostdevs)
    if (hostdev.reaches_guest) hostdevs.push_back(&hostdev);
  for (std::size_t at = 0; at < manifest.devices.size() && at < hostdevs.size(); ++at) {
    auto& device = manifest.devices[at];
    if (device.guest_path) continue;
    const auto named = std::ranges::find(functions, hostdevs[at]->label, &QmpFunction::qdev_id);
    if (!hostdevs[at]->label.empty() && named != functions.end())
      device.guest_path = named->place;
    else
      device.guest_path =
          only_one_with(functions, static_cast<std::uint32_t>(device.id.vendor.value()) << 16 | device.id.device.value());
  }
}

void ask_places(const std::string& name, const Domain& domain, Manifest& manifest, ProcessRunner run) {
  if (std::ranges::all_of(manifest.devices, [](const ExpectedDevice& device) { return device.guest_path.has_value(); })) return;
  require_domain_name(name);
  ProcessRequest request;
  request.program = "virsh";
  request.arguments = {"--quiet", "qemu-monitor-command", "--domain", name, "--cmd", R"({"execute":"query-pci"})"};
  request.most_output = largest_domain_xml;
  request.keep_environment = {"LIBVIRT_DEFAULT_URI", "XDG_RUNTIME_DIR"};
  const auto result = run(request);
  if (result.end != ProcessResult::End::exited || result.exit_code != 0) {
    spdlog::info("QEMU was not asked for the places of {}'s devices: {}", name,
                 std::string(trim(result.errors.substr(0, result.errors.find('\n')))));
    return;
  }
  try {
    place_by_qmp(result.output, "domain '" + name + "'", domain, manifest);
  } catch (const InputError& error) {
    spdlog::warn("{}", error.what());
  }
}

}  // namespace vfio_doctor
