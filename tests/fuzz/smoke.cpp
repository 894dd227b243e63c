// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every target on broken copies of its good inputs, the same ones at every run: bytes changed, pieces cut out, doubled and
// exchanged. Ends with 0 unless something crashes or throws what it should not. It needs no clang, so it is a test; to
// search on, build with libFuzzer (scripts/fuzz).
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz/target.hpp"

namespace {

std::mt19937 numbers(1);  // NOLINT: the same numbers at every run, on purpose

std::size_t below(std::size_t limit) { return limit == 0 ? 0 : numbers() % limit; }

std::string broken(std::string bytes) {
  for (auto changes = 1 + below(4); changes > 0 && !bytes.empty(); --changes) {
    const auto at = below(bytes.size()), length = 1 + below(std::min<std::size_t>(200, bytes.size() - at));
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(numbers());
        break;
      case 1:
        bytes.erase(at, length);
        break;
      case 2:
        bytes.insert(below(bytes.size()), bytes.substr(at, length));
        break;
      case 3:
        bytes.replace(at, length, std::string(length, static_cast<char>(numbers())));
        break;
      case 4:
        bytes.resize(at);
        break;
      default:
        bytes.insert(at, "/../");
        break;
    }
  }
  return bytes;
}

/// The files that `paths` name; of a directory, all.
std::vector<std::filesystem::path> seed_files(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const auto& path : paths) {
    if (!std::filesystem::is_directory(path))
      files.emplace_back(path);
    else
      for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return std::fprintf(stderr, "usage: NAME_smoke ROUNDS FILE|DIRECTORY...\n"), 2;
  const int rounds = std::atoi(arguments[1]);
  std::size_t inputs = 0;
  for (const auto& path : seed_files({arguments + 2, arguments + count})) {
    const auto seed = bytes_of(path);
    if (seed.empty()) return std::fprintf(stderr, "no seed in %s\n", path.c_str()), 2;
    vfio_doctor::try_input(seed);
    for (int round = 0; round < rounds; ++round) vfio_doctor::try_input(broken(seed));
    inputs += static_cast<std::size_t>(rounds) + 1;
  }
  if (inputs == 0) return std::fprintf(stderr, "there are no seeds\n"), 2;
  std::printf("%zu inputs\n", inputs);
}
