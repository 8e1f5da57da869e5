// SPDX-License-Identifier: Apache-2.0
// Changes of busy signals, collected in any order and given back sorted by time, in bounded memory: full buffers are
// sorted and put aside, and merged at the end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "models/probe/probe.h"
#include "traces/file_output.h"

namespace tessera::traces {

struct BusyChange {
  probe::Time at = 0;
  std::uint32_t signal = 0;
  std::int32_t delta = 0;  ///< +1 something begins, -1 it ends
};

class VcdSpool {
 public:
  /// @param capacity  changes held in memory
  explicit VcdSpool(const std::filesystem::path& neighbour, std::size_t capacity = std::size_t{1} << 18);

  void add(const BusyChange& change);
  /// Visits all changes ordered by time and signal. Nothing may be added afterwards.
  void for_each_sorted(const std::function<void(const BusyChange&)>& visit);

 private:
  void put_aside();

  std::size_t capacity_;
  std::vector<BusyChange> buffer_;
  SpoolFile file_;
  std::vector<std::uint64_t> runs_;  ///< first byte of each sorted run
};

}  // namespace tessera::traces
