// SPDX-License-Identifier: Apache-2.0
// One function over many indices on several threads. What is computed must not depend on who computes it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace tessera::platform {

/// Calls make() once on every thread, and with its result f(i) for each i in 0 .. count - 1, in any order.
/// @param threads  0: one per processor
/// @throws what the first failing call threw, after all threads have ended
template <typename Make>
void for_each_index(std::size_t count, unsigned threads, Make make) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      auto f = make();
      for (std::size_t i = next++; i < count; i = next++) {
        f(i);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = failure ? failure : std::current_exception();
      next = count;
    }
  };
  const std::size_t wanted = threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> others;
  for (std::size_t t = 1; t < std::min(wanted, count); ++t) {
    others.emplace_back(work);
  }
  work();
  for (std::thread& other : others) {
    other.join();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
}

}  // namespace tessera::platform
