// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu/acpi_iommu_table.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <regex>

#include "corpus.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;

std::string little_endian(std::uint64_t value, std::size_t width) {
  std::string bytes;
  for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

/// A table with its header and `body` behind the 12 bytes that DMAR and IVRS have of their own.
std::string table(const std::string& signature, unsigned char flags, const std::string& body) {
  return signature + little_endian(48 + body.size(), 4) + std::string(28, '\0') + std::string(1, '\0') +
         static_cast<char>(flags) + std::string(10, '\0') + body;
}

std::string dmar_structure(unsigned type, std::size_t length) {
  return little_endian(type, 2) + little_endian(length, 2) + std::string(length - 4, '\0');
}

std::string ivrs_block(unsigned type, std::size_t length) {
  return little_endian(type, 1) + '\0' + little_endian(length, 2) + std::string(length - 4, '\0');
}

std::string iort_node(unsigned type, std::size_t length) {
  return little_endian(type, 1) + little_endian(length, 2) + std::string(length - 3, '\0');
}

std::string iort(std::size_t nodes, const std::string& body) {
  return "IORT" + little_endian(48 + body.size(), 4) + std::string(28, '\0') + little_endian(nodes, 4) + little_endian(48, 4) +
         std::string(4, '\0') + body;
}

TEST(Dmar, CountsAndReadsFlags) {
  const auto dmar = parse_dmar(
      table("DMAR", 0x5, dmar_structure(0, 16) + dmar_structure(1, 24) + dmar_structure(0, 24) + dmar_structure(2, 8)));
  ASSERT_TRUE(dmar);
  EXPECT_EQ(dmar->remapping_units, 2);
  EXPECT_EQ(dmar->reserved_regions, 1);
  EXPECT_TRUE(dmar->interrupt_remapping);
  EXPECT_FALSE(dmar->x2apic_opt_out);
  EXPECT_TRUE(dmar->platform_opt_in);
}

TEST(Dmar, DamagedTablesSayNothing) {
  const auto good = table("DMAR", 1, dmar_structure(0, 16));
  EXPECT_TRUE(parse_dmar(good));
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(parse_dmar(good.substr(0, size))) << size;
  EXPECT_TRUE(parse_dmar(good + "what lies behind the named length does not count"));
  auto endless = good;
  endless[50] = 0;  // a structure of length 0
  EXPECT_FALSE(parse_dmar(endless));
  auto too_long = good;
  too_long[50] = 17;
  EXPECT_FALSE(parse_dmar(too_long));
  EXPECT_FALSE(parse_dmar(std::string(100, '\xff')));
  EXPECT_FALSE(parse_dmar(std::string(100, '\0')));
}

TEST(Ivrs, CountsBlocks) {
  EXPECT_EQ(count_ivrs_units(table("IVRS", 0, ivrs_block(0x10, 24) + ivrs_block(0x11, 40) + ivrs_block(0x21, 32))), 2);
  EXPECT_EQ(count_ivrs_units(table("IVRS", 0, "")), 0);
  EXPECT_EQ(count_ivrs_units(table("IVRS", 0, ivrs_block(0x10, 24)).substr(0, 60)), std::nullopt);
}

TEST(Iort, CountsSmmus) {
  EXPECT_EQ(count_iort_smmus(iort(4, iort_node(0, 24) + iort_node(2, 40) + iort_node(4, 68) + iort_node(3, 76))), 2);
  EXPECT_EQ(count_iort_smmus(iort(2, iort_node(0, 24) + iort_node(2, 40))), 0);
  EXPECT_EQ(count_iort_smmus(iort(3, iort_node(0, 24) + iort_node(2, 40))), std::nullopt);
  EXPECT_EQ(count_iort_smmus(iort(1, iort_node(4, 16)).substr(0, 50)), std::nullopt);
  EXPECT_EQ(count_iort_smmus(iort(1, iort_node(4, 16).replace(1, 1, 1, '\x08'))), std::nullopt);
  EXPECT_EQ(count_iort_smmus(""), std::nullopt);
}

TEST(AcpiTables, RandomBytesDoNoHarm) {
  std::mt19937 random(5);
  for (int round = 0; round < 5000; ++round) {
    std::string body(random() % 80, '\0');
    for (char& c : body) c = static_cast<char>(random() % (round % 2 ? 256 : 6));
    parse_dmar(table("DMAR", 0, body));
    count_ivrs_units(table("IVRS", 0, body));
    count_iort_smmus(iort(random() % 5, body));
  }
}

/// "INTR_REMAP=1" and the like out of a case's description.
int described(const std::string& text, const std::string& name) {
  std::smatch match;
  const bool found = std::regex_search(text, match, std::regex("\\b" + name + "'?[=:] ?([0-9]+)"));
  return found ? std::stoi(match[1]) : 0;
}

TEST(AcpiTables, RealTablesAreReadAsDescribed) {
  SKIP_WITHOUT_CORPUS("E-acpi");
  int tables = 0;
  for (const auto& entry : fs::directory_iterator(testing::corpus("E-acpi"))) {
    const auto description = testing::read_test_file((entry.path() / "SOURCE.txt").string());
    SCOPED_TRACE(entry.path().filename().string());
    if (fs::exists(entry.path() / "DMAR.dat")) {
      ++tables;
      const auto dmar = parse_dmar(testing::read_test_file((entry.path() / "DMAR.dat").string()));
      ASSERT_TRUE(dmar);
      EXPECT_EQ(dmar->remapping_units, described(description, "DRHD"));
      EXPECT_EQ(dmar->reserved_regions, described(description, "RMRR"));
      EXPECT_EQ(dmar->interrupt_remapping, described(description, "INTR_REMAP") == 1);
      EXPECT_EQ(dmar->x2apic_opt_out, described(description, "X2APIC_OPT_OUT") == 1);
      EXPECT_EQ(dmar->platform_opt_in, described(description, "PLATFORM_OPT_IN") == 1);
    }
    if (fs::exists(entry.path() / "IVRS.dat")) {
      ++tables;
      const auto units = count_ivrs_units(testing::read_test_file((entry.path() / "IVRS.dat").string()));
      EXPECT_EQ(units, described(description, "0x10") + described(description, "0x11") + described(description, "0x40"));
    }
  }
  EXPECT_GE(tables, 17);
}

}  // namespace
}  // namespace vfio_doctor
