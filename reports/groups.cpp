// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/groups.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "reports/json_objects.hpp"
#include "reports/picture.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {
namespace {

struct Listing {
  std::vector<const GroupReport*> groups;  ///< by number
  std::map<PciAddress, const DeviceReport*> devices;
  std::vector<const DeviceReport*> without_group;
};

Listing list(const Report& report) {
  Listing listing;
  for (const GroupReport& group : report.groups) listing.groups.push_back(&group);
  std::sort(listing.groups.begin(), listing.groups.end(),
            [](const GroupReport* a, const GroupReport* b) { return a->id < b->id; });
  for (const DeviceReport& device : report.devices) {
    listing.devices.emplace(device.address, &device);
    if (!device.iommu_group) listing.without_group.push_back(&device);
  }
  return listing;
}

/// As lspci prints it: the revision only where it is not 00.
std::string lspci_line(const DeviceReport& device) {
  const PciIdentity& id = device.id;
  const std::string class_code = id.class_code.has_value() ? hex_text(*id.class_code >> 8, 4) : "????";
  const std::string number = " [" + class_code + "]";
  const std::string kind = device.class_name.empty() ? "Class" : device.class_name;
  std::string line = device.address.text() + " " + kind + (kind.ends_with(number) ? "" : number) + ": " +
                     (device.name.empty() ? "Device" : device.name) + " [" + ids_text(id) + "]";
  if (id.revision.has_value() && *id.revision != 0) line += " (rev " + hex_text(*id.revision, 2) + ")";
  return line;
}

class GroupsText {
 public:
  explicit GroupsText(const TextStyle& style) : page_(style), verbose_(style.verbosity == Verbosity::verbose) {}

  std::string take(const Report& report) {
    const Listing listing = list(report);
    for (const GroupReport* group : listing.groups) add_group(*group, listing);
    if (!listing.without_group.empty()) {
      page_.painted_line("No IOMMU group:", Paint::bold);
      for (const DeviceReport* device : listing.without_group) add_device(*device);
    }
    if (report.devices.empty() && report.groups.empty()) page_.line("No IOMMU groups and no PCI functions.");
    return page_.take();
  }

 private:
  void add_group(const GroupReport& group, const Listing& listing) {
    const std::string type = verbose_ && group.type ? " (" + *group.type + ")" : "";
    page_.painted_line("IOMMU group " + std::to_string(group.id) + type + ":", Paint::bold);
    for (const PciAddress& member : group.members) {
      const auto found = listing.devices.find(member);
      if (found == listing.devices.end())
        page_.line(member.text(), 2);
      else
        add_device(*found->second);
    }
    for (const std::string& member : group.other_members) page_.line(member, 2);
  }

  void add_device(const DeviceReport& device) {
    page_.line(lspci_line(device), 2);
    if (verbose_) page_.line(std::string(to_text(device.verdict)) + ", driver " + device.driver.value_or("none"), 6);
  }

  TextPage page_;
  bool verbose_;
};

void write_group(JsonWriter& json, const GroupReport& group, const Listing& listing) {
  json.open_object();
  json.member("id", group.id);
  json.member("type", group.type);
  json.member("members", group.member_names());
  json.name("devices");
  json.open_array();
  for (const PciAddress& member : group.members)
    if (const auto found = listing.devices.find(member); found != listing.devices.end()) write_device(json, *found->second);
  json.close_array();
  json.close_object();
}

}  // namespace

std::string render_groups_text(const Report& report, const TextStyle& style) { return GroupsText(style).take(report); }

std::string render_groups_json(const Report& report) {
  const Listing listing = list(report);
  JsonWriter json;
  json.open_object();
  write_document_start(json, "vfio-doctor/groups/1", report);
  json.name("groups");
  json.open_array();
  for (const GroupReport* group : listing.groups) write_group(json, *group, listing);
  json.close_array();
  json.name("without_group");
  json.open_array();
  for (const DeviceReport* device : listing.without_group) write_device(json, *device);
  json.close_array();
  json.close_object();
  return json.take();
}

std::string render_groups_svg(const Report& report) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + machine_picture(report);
}

}  // namespace vfio_doctor
