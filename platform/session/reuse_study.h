// SPDX-License-Identifier: Apache-2.0
// What each way to reuse data saves: the same network, firmware and inputs with sliding windows, multicast and kept
// outputs switched on and off.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/host/elf_image.h"
#include "platform/config/platform_parameters.h"
#include "platform/session/bus_bytes.h"
#include "sw/compiler/graph/graph.h"

namespace tessera::platform {

struct ReuseSwitches {
  bool window = false, multicast = false, kept = false;
};
/// "none", "window", "window + kept", "all", ...
[[nodiscard]] std::string name_of(const ReuseSwitches& switches);

struct ReusePoint {
  ReuseSwitches switches;
  std::uint64_t images = 0;
  BusBytes bytes;                      ///< inside all inferences together
  double latency_s = 0, energy_J = 0;  ///< per inference, between its markers
  bool same_as_evaluator = false;      ///< every output byte
  std::vector<std::vector<std::int8_t>> results;

  [[nodiscard]] double per_image(std::uint64_t value) const {
    return static_cast<double>(value) / static_cast<double>(images);
  }
};

/// Nothing, each alone, all together; or all eight combinations.
[[nodiscard]] std::vector<ReuseSwitches> reuse_cases(bool all);

/// Compiles the network for each case, on a bus that can multicast, with calibration and inputs made here (uniform in
/// 0..1), and simulates `images` inferences of each, in child processes.
/// @throws what compile throws; std::runtime_error  a run failed
[[nodiscard]] std::vector<ReusePoint> study_reuse(const compiler::Graph& graph, PlatformParameters platform,
                                                  const host::ElfImage& program, std::uint32_t images,
                                                  const std::vector<ReuseSwitches>& cases);

}  // namespace tessera::platform
