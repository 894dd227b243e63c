// SPDX-License-Identifier: GPL-2.0-or-later
// The tables beside the checks: their form, that no row stands twice, that each names a source.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "checks/kernel/data_table.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/near_miss.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;

/// name, fields, whether the first names devices, how many fields together say what a row is about
struct Table {
  std::string path;
  std::size_t fields;
  bool devices;
  std::size_t key;
};

const std::vector<Table> tables = {{"reset/reset_quirks.tsv", 4, true, 2},
                                   {"binding/known_parameters.tsv", 3, false, 2},
                                   {"binding/harmful_arguments.tsv", 3, false, 1}};

std::string text_of(const std::string& path) {
  return testing::read_test_file((fs::path(TESTS_DIR) / "../checks" / path).string());
}

/// A file of Linux or QEMU, a repository, an issue, a commit.
bool is_source(std::string_view text) {
  for (const auto* mark : {"Linux ", "github.com/", "vendor-reset ", "linux-pci", "issue "})
    if (text.find(mark) != text.npos) return true;
  return false;
}

TEST(DataTables, EveryOneIsTestedHere) {
  std::set<std::string> known;
  for (const auto& table : tables) known.insert(table.path);
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(TESTS_DIR) / "../checks"))
    if (entry.path().extension() == ".tsv" && entry.path().parent_path().filename() != "signatures" &&
        entry.path().parent_path().filename() != "kernel") {
      EXPECT_TRUE(known.contains(entry.path().parent_path().filename().string() + "/" + entry.path().filename().string()))
          << entry.path();
    }
}

TEST(DataTables, RowsAreWholeSingleAndSourced) {
  for (const auto& table : tables) {
    SCOPED_TRACE(table.path);
    const auto text = text_of(table.path);
    const auto rows = table_rows(text, table.fields, table.path);
    EXPECT_FALSE(rows.empty());
    if (table.devices) {
      EXPECT_NO_THROW(device_rows(text, table.fields, table.path));
    }
    std::set<std::vector<std::string_view>> seen;
    for (const auto& row : rows) {
      EXPECT_TRUE(seen.insert({row.begin(), row.begin() + static_cast<std::ptrdiff_t>(table.key)}).second) << row[0]
                                                                                                           << " "
                                                                                                              "stands twice";
      EXPECT_TRUE(is_source(row.back())) << row[0] << ": no source: " << row.back();
    }
  }
}

TEST(DataTables, RangesDoNotOverlapForOneMethod) {
  for (const auto& table : tables) {
    if (!table.devices) continue;
    const auto text = text_of(table.path);
    const auto rows = device_rows(text, table.fields, table.path);
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t j = i + 1; j < rows.size(); ++j)
        EXPECT_FALSE(rows[i].vendor == rows[j].vendor && rows[i].first <= rows[j].last && rows[j].first <= rows[i].last &&
                     (table.key == 1 || rows[i].fields[1] == rows[j].fields[1]))
            << table.path << ": " << rows[i].fields[0] << " and " << rows[j].fields[0];
  }
}

TEST(DataTables, WhatIsWrongIsSaidWithItsPlace) {
  const auto message = [](auto read) {
    try {
      read();
    } catch (const InputError& problem) {
      return std::string(problem.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message([] { table_rows("# a\nb\tc\nd\n", 2, "t"); }), "t:3: expected 2 fields between tabs");
  EXPECT_EQ(message([] { table_rows("b\t \n", 2, "t"); }), "t:1: expected 2 fields between tabs");
  EXPECT_EQ(message([] { device_rows("8086:12\tc\n", 2, "t"); }),
            "t:1: expected VENDOR:DEVICE or VENDOR:FIRST-LAST, four "
            "hexadecimal digits each");
  EXPECT_EQ(message([] { device_rows("8086:1234-1233\tc\n", 2, "t"); }), "t:1: the range is not FIRST-LAST");
}

TEST(NearMiss, IsOneSlip) {
  EXPECT_TRUE(is_slip_of("xhci_hdc", "xhci_hcd"));
  EXPECT_TRUE(is_slip_of("diable_vga", "disable_vga"));
  EXPECT_TRUE(is_slip_of("vfio_iommu_type_1", "vfio_iommu_type1"));
  EXPECT_TRUE(is_slip_of("amdgpi", "amdgpu"));
  EXPECT_FALSE(is_slip_of("amdgpu", "amdgpu"));
  EXPECT_FALSE(is_slip_of("virtio_pci", "vfio_pci"));
  EXPECT_FALSE(is_slip_of("", "vfio"));
  EXPECT_FALSE(is_slip_of("nvidia_uvm", "nvidia"));
  EXPECT_EQ(meant_word("vfoi", {"vfio"}), std::nullopt) << "too short to guess";
  EXPECT_EQ(meant_word("ehci_hcd", {"xhci_hcd", "ehci_hcd"}), std::nullopt) << "a word of its own";
}

TEST(DeviceWords, Sizes) {
  EXPECT_EQ(size_words(0), "0 bytes");
  EXPECT_EQ(size_words(512 << 10), "512 KiB");
  EXPECT_EQ(size_words(3ULL << 29), "1.5 GiB");
  EXPECT_EQ(size_words(32ULL << 30), "32 GiB");
  EXPECT_EQ(size_words(~0ULL), "16777215 TiB");
}

}  // namespace
}  // namespace vfio_doctor
