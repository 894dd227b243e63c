// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/pci_names.hpp"

extern "C" {  // the header has no C++ guards before libpci 3.14
#include <pci/pci.h>
}

#include <array>
#include <cstdint>
#include <memory>

#include "base/input_error.hpp"
#include "base/text.hpp"

namespace vfio_doctor {

namespace {

void ignore_message(char*, ...) {}
// Not [[noreturn]]: libpci declares it with the attribute, and for clang that is a part of the type.
__attribute__((noreturn)) void report_broken_list(char*, ...) {
  throw InputError("pci.ids, the list of PCI names, is damaged: reinstall the package it comes from");
}

}  // namespace

/// libpci, used for its name list only: it never looks at a device here. pci_init() would look for one; without it the
/// message functions must be set by hand.
struct PciNames::Library {
  Library() : access(pci_alloc()) {
    access->error = report_broken_list;
    access->warning = access->debug = ignore_message;
  }
  ~Library() { pci_cleanup(access); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  pci_access* access;
  std::array<char, 512> buffer{};
};

PciNames::PciNames(const Root& root) {
  const auto names = root.read(recorded_names_path);
  if (names.has_value())
    read_recorded(names.value());
  else
    pci_load_name_list(library().access);
}

PciNames::~PciNames() = default;

PciNames::Library& PciNames::library() {
  if (!library_) library_ = std::make_unique<Library>();
  return *library_;
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

const std::string& PciNames::function_name(std::uint16_t vendor, std::uint16_t device) {
  auto [slot, is_new] = functions_.try_emplace(static_cast<std::uint32_t>(vendor) << 16 | device);
  if (is_new) {
    auto& pci = library();
    const char* name = pci_lookup_name(pci.access, pci.buffer.data(), static_cast<int>(pci.buffer.size()),
                                       PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_HWDB, vendor, device);
    if (name) slot->second = name;
  }
  return slot->second;
}

const std::string& PciNames::vendor_name(std::uint16_t vendor) {
  auto [slot, is_new] = vendors_.try_emplace(vendor);
  if (is_new) {
    auto& pci = library();
    const char* name = pci_lookup_name(pci.access, pci.buffer.data(), static_cast<int>(pci.buffer.size()),
                                       PCI_LOOKUP_VENDOR | PCI_LOOKUP_NO_HWDB, vendor);
    if (name) slot->second = name;
  }
  return slot->second;
}

const std::string& PciNames::class_name(std::uint16_t class_and_subclass) {
  auto [slot, is_new] = classes_.try_emplace(class_and_subclass);
  if (is_new) {
    auto& pci = library();
    const char* name = pci_lookup_name(pci.access, pci.buffer.data(), static_cast<int>(pci.buffer.size()),
                                       PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_HWDB, class_and_subclass);
    if (name) slot->second = name;
  }
  return slot->second;
}

}  // namespace vfio_doctor
