// SPDX-License-Identifier: Apache-2.0
// A progress bar on standard error, only when that is a terminal (or when asked for), never in files.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tessera::cli {

class Progress {
 public:
  Progress(std::string what, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// @param done  of the total; never falls
  void update(std::uint64_t done);
  /// Work that an earlier call had done: part of the total, but without meaning for the time that is left.
  void skip(std::uint64_t count);

 private:
  void draw(std::uint64_t done, bool last);

  std::string what_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::uint64_t skipped_ = 0;
  bool shown_;
  std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point drawn_;
};

}  // namespace tessera::cli
