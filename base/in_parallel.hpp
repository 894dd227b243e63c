// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <new>
#include <system_error>
#include <thread>
#include <type_traits>
#include <vector>

namespace vfio_doctor {

/// Runs `work` on a thread of its own. It must leave no file open: the thread has its own table of open files, because a
/// shared one is locked for every open and close.
/// Where no thread is to be had (a limit on processes, as containers have one), the caller does it when it asks for it.
template <class Work>
auto beside(Work work) {
  try {
    return std::async(std::launch::async, [work] {
      ::unshare(CLONE_FILES);  // refused is fine
      return work();
    });
  } catch (const std::system_error&) {
    return std::async(std::launch::deferred, std::move(work));
  }
}

/// `place` becomes what `make` returns, built where it is to be: to move a large result there takes longer than to build it.
template <class Result, class Make>
void build_at(Result& place, Make make) {
  std::destroy_at(&place);
  try {
    ::new (&place) Result(make());
  } catch (...) {
    std::construct_at(&place);
    throw;
  }
}

/// {apply(items[0]), apply(items[1]), ...}, shared among the processors: sysfs answers several at once. A processor takes
/// `portion` items a time, and a quarter as many threads run as there are portions, so a short list is no work for a
/// second one. `apply` must be safe to call from several threads and leave no file open; its result must be default
/// constructible, without throwing.
template <class Items, class Apply>
auto in_parallel(const Items& items, Apply apply, std::size_t portion = 32) {
  using Result = std::invoke_result_t<Apply, decltype(items[0])>;
  constexpr std::size_t most_threads = 8;
  std::vector<Result> results(items.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (auto first = next.fetch_add(portion); first < items.size(); first = next.fetch_add(portion))
      for (auto i = first; i < std::min(first + portion, items.size()); ++i)
        build_at(results[i], [&] { return apply(items[i]); });
  };
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  const auto threads = std::min({processors, most_threads, items.size() / (4 * portion) + 1});
  std::vector<std::future<void>> others;
  for (std::size_t i = 1; i < threads; ++i) others.push_back(beside(work));
  work();
  for (auto& other : others) other.get();
  return results;
}

}  // namespace vfio_doctor
