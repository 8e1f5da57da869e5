// SPDX-License-Identifier: Apache-2.0
// Partial sums added digitally against sums on analog lanes: the same network on the same chip, compiled for both.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/host/elf_image.h"
#include "platform/config/platform_parameters.h"
#include "sw/compiler/graph/graph.h"

namespace tessera::platform {

/// What one side does, per inference.
struct LaneSide {
  double bus_bytes = 0;    ///< moved by tiles: inputs, partial sums, outputs, descriptors and tables
  double conversions = 0;  ///< of ADCs
  double clipped = 0;      ///< of these, at the end of the range
  double latency_s = 0;    ///< between the inference's markers
  double energy_J = 0;     ///< in between, losses and static power included
  double lanes_J = 0;      ///< of these, dynamic on analog lanes
  double snr_dB = 0;       ///< of the output of the first layer that is split: signal exact int8, noise chip - exact
  std::vector<std::string> notes;  ///< of the compiler
  bool same_as_evaluator = false;  ///< every output byte
};

struct LaneComparison {
  std::string network, layer;  ///< first split layer; empty: no layer is split
  LaneSide digital, lanes;
};

/// Compiles for both, simulates `images` inferences of made inputs with the firmware `program`, and measures accuracy
/// with the evaluator on `quality` inputs.
/// @throws std::runtime_error  a simulation failed; exceptions of the compiler pass through
[[nodiscard]] LaneComparison compare_lanes(const compiler::Graph& graph, const PlatformParameters& platform,
                                           const host::ElfImage& program, std::uint32_t images, std::uint32_t quality);

/// Signal-to-noise ratio of the split layer over the noise of the lanes.
struct LaneNoisePoint {
  double sigma_A = 0;
  double digital_dB = 0, lanes_dB = 0;
};
[[nodiscard]] std::vector<LaneNoisePoint> lane_noise_curve(const compiler::Graph& graph,
                                                           const PlatformParameters& platform,
                                                           const std::vector<double>& sigmas_A, std::uint32_t quality);

}  // namespace tessera::platform
