// SPDX-License-Identifier: Apache-2.0
// From a float graph to a deployment: quantise, map, schedule, plan memory, choose gains, emit.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "platform/config/platform_parameters.h"
#include "sw/compiler/emit/report.h"
#include "sw/compiler/graph/graph.h"
#include "sw/compiler/map/mapping.h"
#include "sw/compiler/quantise/quantise.h"
#include "sw/deployment/image.h"

namespace tessera::compiler {

struct CompileOptions {
  QuantiseOptions quantise;
  MapOptions map;
  bool window_reuse = true;      ///< tiles keep the overlap of neighbouring windows
  bool multicast = true;         ///< tiles that multiply the same vectors get them at once, if the bus can do it
  bool keep_outputs = false;     ///< tensors lie in input buffers of tiles where that saves bytes of the bus
  bool calibrate_gain = true;    ///< off: the smallest gain for every job
  std::size_t gain_inputs = 32;  ///< calibration inputs that choose the gains, at most
};

struct CompileResult {
  std::vector<std::uint8_t> image;  ///< the deployment, valid as deployment::Image::parse sees it
  deployment::Contents contents;    ///< the same, typed
  QuantisedNetwork network;         ///< layer parameters, for references and reports
  Mapping mapping;
  CompileReport report;
};

/// Deterministic: the same arguments give the same bytes.
/// @param calibration inputs of the network, NHWC, one after the other; a few dozen suffice
/// @param platform_hash FNV-1a 64 of the platform keys; the runtime compares it
/// @throws NotSupported      nodes that this platform cannot execute, all of them by name
/// @throws DoesNotFit        by how many cells or bytes, and what would fit
/// @throws std::invalid_argument  malformed graph, no calibration inputs, hash 0
[[nodiscard]] CompileResult compile(const Graph& graph, const platform::PlatformParameters& platform,
                                    std::uint64_t platform_hash, std::span<const float> calibration,
                                    const CompileOptions& options = {});

}  // namespace tessera::compiler
