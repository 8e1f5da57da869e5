// SPDX-License-Identifier: Apache-2.0
// Exact conversion between clock cycles and picoseconds for any whole number of hertz.
#pragma once

#include <cmath>
#include <cstdint>

namespace tessera::host {

class CycleClock {
 public:
  explicit CycleClock(double hertz)
      : hertz_(hertz >= 1.0 ? static_cast<std::uint64_t>(std::llround(hertz)) : 1),
        period_(second % hertz_ == 0 ? second / hertz_ : 0) {}

  /// When cycle number `cycle` begins [ps], rounded down.
  [[nodiscard]] std::uint64_t time(std::uint64_t cycle) const {
    return period_ != 0 ? cycle * period_ : static_cast<std::uint64_t>(Wide{cycle} * second / hertz_);
  }
  /// The first cycle that begins at or behind `ps`.
  [[nodiscard]] std::uint64_t cycle_at(std::uint64_t ps) const {
    if (period_ != 0) {
      return ps / period_ + (ps % period_ != 0 ? 1 : 0);
    }
    return static_cast<std::uint64_t>((Wide{ps} * hertz_ + second - 1) / second);
  }

  /// The first cycle that begins `took` picoseconds or more behind the begin of `cycle`: cycle_at(time(cycle) + took),
  /// but divides a small number.
  [[nodiscard]] std::uint64_t cycle_after(std::uint64_t cycle, std::uint64_t took) const {
    return period_ != 0 ? cycle + (took + period_ - 1) / period_ : cycle_at(time(cycle) + took);
  }

 private:
  __extension__ typedef unsigned __int128 Wide;
  static constexpr std::uint64_t second = 1'000'000'000'000;  // ps
  std::uint64_t hertz_;
  std::uint64_t period_;  ///< ps if it is a whole number, else 0
};

}  // namespace tessera::host
