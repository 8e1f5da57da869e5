// SPDX-License-Identifier: Apache-2.0
// Synthetic load on the whole chip: tiles that multiply as fast as they get their vectors, without a network and
// without firmware (the CPU sleeps). It shows what bus, converters and buffers allow, and what they cost to simulate.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/probe/null_probe.h"
#include "platform/config/platform_parameters.h"

namespace tessera::platform {

struct Traffic {
  std::uint32_t tiles = 0;      ///< that work, from the first on; 0: all
  std::uint32_t products = 64;  ///< of each of them
  std::uint32_t rows = 0;       ///< used of each array; 0: all
  std::uint32_t outputs = 0;    ///< column pairs used, one byte each; 0: all
  std::uint32_t window = 1;     ///< kernel columns that share the rows: with reuse, one of them is new per product
  bool window_reuse = false;
  bool multicast = false;  ///< all tiles multiply the same vectors, which move once; the bus gets it for the run
};

struct TrafficResult {
  double time_s = 0;                   ///< simulated, from the first job's begin to the last one's end
  std::uint64_t products = 0;          ///< of all tiles
  double tops = 0;                     ///< 2 * rows * outputs * products / time
  double bytes_per_product = 0;        ///< over the bus
  double saved_bytes_per_product = 0;  ///< that came with another tile's, or that the tile still held
  double bus_share = 0;                ///< of the time that the data path moves data
  double converter_stall = 0;          ///< of the tiles' time that they wait for shared converters
  double processor_s = 0;              ///< of the simulation proper
  double build_s = 0;                  ///< of building the chip
  std::uint64_t violations = 0;
};

/// Remembers when jobs ran; derive from it to see more.
struct TrafficProbe : probe::NullProbe {
  probe::Time begin = ~probe::Time{0}, end = 0, converter_stall = 0;
  void job(const probe::JobRecord& record) override {
    begin = std::min(begin, record.begin);
    end = std::max(end, record.end);
    converter_stall += record.converter_stall;
  }
};

/// Simulates in this process: once per process.
/// @throws std::invalid_argument  the traffic does not fit the platform; std::runtime_error  a job failed
[[nodiscard]] TrafficResult run_traffic(const PlatformParameters& platform, const Traffic& traffic,
                                        TrafficProbe& probe);
/// The same in a child process.
[[nodiscard]] TrafficResult run_traffic_isolated(const PlatformParameters& platform, const Traffic& traffic);

/// What arithmetic allows for identical tiles that share one bus: the least of their peak and the bus's limit [TOPS].
[[nodiscard]] double expected_tops(const PlatformParameters& platform, const Traffic& traffic);

}  // namespace tessera::platform
