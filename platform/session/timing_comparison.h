// SPDX-License-Identifier: Apache-2.0
// The loosely timed bus against the approximately timed one: the same network, firmware and inputs on both.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/host/elf_image.h"
#include "platform/config/platform_parameters.h"
#include "sw/compiler/graph/graph.h"

namespace tessera::platform {

struct TimingSide {
  double latency_s = 0;    ///< per inference, between its markers
  double processor_s = 0;  ///< of the simulator, set-up excluded
  std::vector<std::vector<std::int8_t>> results;
  std::uint64_t violations = 0;
};

struct TimingRow {
  std::string name;
  TimingSide lt, at;

  [[nodiscard]] double error() const { return lt.latency_s / at.latency_s - 1.0; }
  [[nodiscard]] double cost_ratio() const { return at.processor_s / lt.processor_s; }
  [[nodiscard]] bool same_results() const { return lt.results == at.results; }
};

/// Compiles the network with calibration and inputs of its own (uniform in 0..1: time does not depend on values, but
/// for rounding) and simulates `images` inferences twice, each in a child process.
/// @param check  a base-protocol checker on every socket of the approximately timed bus
/// @throws what compile throws; std::runtime_error  a run failed
[[nodiscard]] TimingRow compare_timing(const compiler::Graph& graph, const PlatformParameters& platform,
                                       const host::ElfImage& program, std::uint32_t images, bool check);

}  // namespace tessera::platform
