// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/opened_paths.hpp"

#include <string_view>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::string_view a_card = "network card";

std::string directory_of(const std::string& path) {
  if (path.starts_with("/dev/input/")) return "/sys/class/input/";
  if (path.starts_with("/dev/dri/")) return "/sys/class/drm/";
  return path.find('/', 5) == path.npos ? "/sys/class/block/" : "";  // /dev/mapper and the like are layers
}

}  // namespace

void note_opened(const std::string& what, const std::string& path, std::size_t line, Domain& domain) {
  if (path.starts_with("/dev/") && domain.opens.size() < most_domain_devices) domain.opens.push_back({what, path, line});
}

void read_opened_by_element(pugi::xml_node device, std::size_t line, Domain& domain) {
  const std::string_view kind = device.name(), type = device.attribute("type").value();
  const auto source = device.child("source");
  if (kind == "disk")
    for (const auto* name : {"dev", "file"}) note_opened("disk", source.attribute(name).value(), line, domain);
  if (kind == "input")
    for (const auto* name : {"dev", "evdev"}) note_opened("input device", source.attribute(name).value(), line, domain);
  if (kind == "graphics") note_opened("render node", device.child("gl").attribute("rendernode").value(), line, domain);
  const std::string interface = source.attribute("dev").value();
  const bool is_name =
      !interface.empty() && interface.size() < 64 && interface.find('/') == interface.npos && interface[0] != '.';
  if (kind == "interface" && type == "direct" && is_name && domain.opens.size() < most_domain_devices)
    domain.opens.push_back({std::string(a_card), interface, line});
}

std::vector<PciAddress> functions_of_opened(const Root& root, const DomainOpens& opened) {
  std::string place = "/sys/class/net/" + opened.path;
  if (opened.what != a_card) {
    const auto real = root.canonical(opened.path);  // /dev/disk/by-id/..., /dev/input/by-id/...
    const auto path = real.has_value() ? *real : opened.path;
    if (directory_of(path).empty()) return {};
    place = directory_of(path) + base_name(path);
  }
  const auto device = root.canonical(place);
  std::vector<PciAddress> functions;  // bridges on the way as well: no domain takes one
  if (device.has_value())
    for (const auto part : split(*device, '/'))
      if (const auto address = PciAddress::parse(part)) functions.push_back(*address);
  return functions;
}

}  // namespace vfio_doctor
