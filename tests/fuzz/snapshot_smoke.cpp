// SPDX-License-Identifier: GPL-2.0-or-later
//
// The fuzz target on broken copies of good snapshots, the same ones at every run: bytes changed, pieces cut out, doubled
// and exchanged. Ends with 0 unless something crashes or throws what it should not.
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "facts/root/machine_text.hpp"
#include "facts/snapshot/archive.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace vfio_doctor;
std::mt19937 numbers(1);  // NOLINT: the same numbers at every run, on purpose

std::size_t below(std::size_t limit) { return limit == 0 ? 0 : numbers() % limit; }

std::string broken(std::string bytes) {
  for (auto changes = 1 + below(4); changes > 0 && !bytes.empty(); --changes) {
    const auto at = below(bytes.size()), length = 1 + below(std::min<std::size_t>(200, bytes.size() - at));
    switch (below(6)) {
      case 0: bytes[at] = static_cast<char>(numbers()); break;
      case 1: bytes.erase(at, length); break;
      case 2: bytes.insert(below(bytes.size()), bytes.substr(at, length)); break;
      case 3: bytes.replace(at, length, std::string(length, static_cast<char>(numbers()))); break;
      case 4: bytes.resize(at); break;
      default: bytes.insert(at, "/../"); break;
    }
  }
  return bytes;
}

void try_bytes(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

/// The archive unpacked, so that changes reach the names and the manifest instead of the compression's checks.
std::string plain_tar(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return std::fprintf(stderr, "usage: snapshot_smoke ROUNDS FILE...\n"), 2;
  const int rounds = std::atoi(arguments[1]);
  std::vector<std::string> seeds;
  for (int i = 2; i < count; ++i) {
    const auto text = plain_tar(arguments[i]);
    seeds.push_back(text);
    seeds.push_back(write_archive(parse_machine_text(text, arguments[i]), {"0", true, {{"UUID", 1}}}, Compression::none));
    seeds.push_back(write_archive(parse_machine_text(text, arguments[i]), {}));
  }
  for (const auto& seed : seeds) {
    try_bytes(seed);
    for (int round = 0; round < rounds; ++round) try_bytes(broken(seed));
  }
  std::printf("%zu inputs\n", seeds.size() * static_cast<std::size_t>(rounds + 1));
}
