// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/pci_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

extern "C" {
#include <pci/pci.h>
}

#include <array>
#include <cstdint>
#include <fstream>
#include <string>

#include "machines.hpp"

namespace vfio_doctor {
namespace {

/// What libpci itself says, which this program does not ask: it would open files of the user's home.
class Libpci {
 public:
  Libpci() : access_(pci_alloc()) {
    // Network look-ups are off by default in builds with them; the cache is what asks for a home directory.
    access_->id_lookup_mode = PCI_LOOKUP_NO_HWDB;
  }
  ~Libpci() { pci_cleanup(access_); }
  Libpci(const Libpci&) = delete;
  Libpci& operator=(const Libpci&) = delete;
  std::string place() const {
    const std::string place = access_->id_file_name;
    return place.ends_with(".gz") ? place.substr(0, place.size() - 3) : place;
  }
  std::string function(int vendor, int device) {
    return pci_lookup_name(access_, buffer_.data(), size(), PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_HWDB, vendor,
                           device);
  }
  std::string vendor(int vendor) {
    return pci_lookup_name(access_, buffer_.data(), size(), PCI_LOOKUP_VENDOR | PCI_LOOKUP_NO_HWDB, vendor);
  }
  std::string kind(int kind) {
    return pci_lookup_name(access_, buffer_.data(), size(), PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_HWDB, kind);
  }

 private:
  int size() const { return static_cast<int>(buffer_.size()); }
  pci_access* access_;
  std::array<char, 1024> buffer_{};
};

/// Every 37th line of the installed list, and ids that it does not hold.
TEST(PciNames, AreThoseOfLibpci) {
  Libpci theirs;
  std::ifstream list(theirs.place());
  if (!list) GTEST_SKIP() << "no " << theirs.place();
  PciNames ours(testing::machine("dir /sys"));
  std::string line;
  std::uint16_t vendor = 0;
  std::size_t number = 0, compared = 0;
  bool in_vendors = true;
  while (in_vendors && std::getline(list, line)) {
    if (line.starts_with("C ")) in_vendors = false;
    if (line.empty() || line[0] == '#' || line.starts_with("\t\t") || !in_vendors) continue;
    const bool is_device = line[0] == '\t';
    const auto id = static_cast<std::uint16_t>(std::stoul(line.substr(is_device ? 1 : 0, 4), nullptr, 16));
    if (!is_device) vendor = id;
    if (number++ % 37 != 0) continue;
    ++compared;
    if (is_device) {
      EXPECT_EQ(ours.function_name(vendor, id), theirs.function(vendor, id));
    } else {
      EXPECT_EQ(ours.vendor_name(id), theirs.vendor(id));
      EXPECT_EQ(ours.function_name(id, 0xfff7), theirs.function(id, 0xfff7));
    }
  }
  EXPECT_GT(compared, 500U);
  for (int kind = 0; kind <= 0xffff; ++kind)
    ASSERT_EQ(ours.class_name(static_cast<std::uint16_t>(kind)), theirs.kind(kind)) << kind;
  EXPECT_EQ(ours.function_name(0x0bad, 0x1234), theirs.function(0x0bad, 0x1234));
  EXPECT_EQ(ours.vendor_name(0x0bad), theirs.vendor(0x0bad));
}

TEST(PciNames, ARecordedMachineBringsItsOwn) {
  PciNames names(testing::machine("file /run/vfio-doctor/pci.ids\n| 1aa2  Ours\n| \t0003  Thing\n"));
  EXPECT_EQ(names.function_name(0x1aa2, 3), "Ours Thing");
}

}  // namespace
}  // namespace vfio_doctor
