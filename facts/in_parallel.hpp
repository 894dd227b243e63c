// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <future>
#include <thread>
#include <type_traits>
#include <vector>

namespace vfio_doctor {

/// {read(items[0]), read(items[1]), ...}: sysfs answers several processors at once, so long lists are shared among
/// them. `read` must be safe to call from several threads; its result must be default constructible.
template <class Item, class Read>
auto in_parallel(const std::vector<Item>& items, Read read) {
  using Result = std::invoke_result_t<Read, const Item&>;
  constexpr std::size_t worth_a_thread = 128;
  constexpr std::size_t most_threads = 8;
  std::vector<Result> results(items.size());
  const auto work = [&](std::size_t first, std::size_t last) {
    for (auto i = first; i < last; ++i) results[i] = read(items[i]);
  };
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  const auto threads = std::min({processors, most_threads, items.size() / worth_a_thread + 1});
  std::vector<std::future<void>> others;
  for (std::size_t i = 1; i < threads; ++i)
    others.push_back(
        std::async(std::launch::async, work, items.size() * i / threads, items.size() * (i + 1) / threads));
  work(0, items.size() / threads);
  for (auto& other : others) other.get();
  return results;
}

}  // namespace vfio_doctor
