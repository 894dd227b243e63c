// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <type_traits>
#include <vector>

namespace vfio_doctor {

/// {read(items[0]), read(items[1]), ...}: sysfs answers several processors at once, so long lists are shared among
/// them. `read` must be safe to call from several threads and leave no file open; its result must be default
/// constructible.
template <class Item, class Read>
auto in_parallel(const std::vector<Item>& items, Read read) {
  using Result = std::invoke_result_t<Read, const Item&>;
  constexpr std::size_t worth_a_thread = 128;
  constexpr std::size_t most_threads = 8;
  constexpr std::size_t portion = 32;  // not halves: a processor that is busy with something else takes fewer
  std::vector<Result> results(items.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (auto first = next.fetch_add(portion); first < items.size(); first = next.fetch_add(portion))
      for (auto i = first; i < std::min(first + portion, items.size()); ++i) results[i] = read(items[i]);
  };
  const auto work_beside = [&] {
    // A table of open files of its own: a shared one is locked for every open and close. Refused is fine.
    ::unshare(CLONE_FILES);
    work();
  };
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  const auto threads = std::min({processors, most_threads, items.size() / worth_a_thread + 1});
  std::vector<std::future<void>> others;
  for (std::size_t i = 1; i < threads; ++i) others.push_back(std::async(std::launch::async, work_beside));
  work();
  for (auto& other : others) other.get();
  return results;
}

}  // namespace vfio_doctor
