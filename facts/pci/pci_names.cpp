// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/pci_names.hpp"

extern "C" {  // the header has no C++ guards before libpci 3.14
#include <pci/pci.h>
}

#include <cstdint>
#include <memory>

#include "base/text.hpp"
#include "machine/directory_root.hpp"

namespace vfio_doctor {
namespace {

/// Where the distribution's libpci keeps its list, uncompressed. pci_alloc() opens nothing.
std::string place_of_list() {
  auto* access = pci_alloc();
  std::string place = access->id_file_name ? access->id_file_name : "";
  pci_cleanup(access);
  if (place.ends_with(".gz")) place.resize(place.size() - 3);  // where libpci itself looks next
  return place;
}

}  // namespace

PciNames::PciNames(const Root& root) {
  const auto names = root.read(recorded_names_path);
  if (names.has_value())
    read_recorded(names.value());
  else
    system();
}

PciNames::~PciNames() = default;

const IdsFile& PciNames::system() {
  if (!system_) system_ = std::make_unique<IdsFile>(DirectoryRoot("/"), IdsFile::Which::pci, place_of_list());
  return *system_;
}

/// Lines "vvvv  Vendor", "<tab>dddd  Device", "C cc  (ignored)", "<tab>ss  Class".
void PciNames::read_recorded(const std::string& text) {
  std::uint16_t vendor = 0, base_class = 0;
  bool in_classes = false;
  for (auto line : split_lines(text)) {
    const bool nested = line.starts_with('\t');
    line = trim(line);
    if (line.starts_with("C ")) {
      in_classes = true;
      base_class = static_cast<std::uint16_t>(parse_unsigned(line.substr(2, 2), 16).value_or(0));
      continue;
    }
    const auto blank = line.find(' ');
    const auto id = parse_unsigned(line.substr(0, blank), 16);
    if (!id || *id > 0xffff || blank == line.npos) continue;
    const std::string name(trim(line.substr(blank)));
    const auto number = static_cast<std::uint16_t>(*id);
    if (in_classes) {
      classes_[static_cast<std::uint16_t>(base_class << 8 | (number & 0xff))] = name;
    } else if (!nested) {
      vendor = number;
      vendors_[vendor] = name;
    } else {
      functions_[static_cast<std::uint32_t>(vendor) << 16 | number] = vendors_[vendor] + " " + name;
    }
  }
}

// What has no name is put as pci_lookup_name() of libpci 3.9 puts it (lib/names.c).

const std::string& PciNames::function_name(std::uint16_t vendor, std::uint16_t device) {
  auto [slot, is_new] = functions_.try_emplace(static_cast<std::uint32_t>(vendor) << 16 | device);
  if (is_new) {
    const auto number = hex_text(device, 4);
    slot->second = system().vendor(vendor)
                       ? vendor_name(vendor) + " " + system().device(vendor, device).value_or("Device " + number)
                       : "Device " + hex_text(vendor, 4) + ":" + number;
  }
  return slot->second;
}

const std::string& PciNames::vendor_name(std::uint16_t vendor) {
  auto [slot, is_new] = vendors_.try_emplace(vendor);
  if (is_new) slot->second = system().vendor(vendor).value_or("Vendor " + hex_text(vendor, 4));
  return slot->second;
}

const std::string& PciNames::class_name(std::uint16_t class_and_subclass) {
  auto [slot, is_new] = classes_.try_emplace(class_and_subclass);
  if (!is_new) return slot->second;
  const auto number = hex_text(class_and_subclass, 4);
  if (const auto exact = system().exact_class(class_and_subclass))
    slot->second = *exact;
  else if (const auto base = system().device_class(class_and_subclass))
    slot->second = *base + " [" + number + "]";
  else
    slot->second = "Class " + number;
  return slot->second;
}

}  // namespace vfio_doctor
