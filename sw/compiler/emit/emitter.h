// SPDX-License-Identifier: Apache-2.0
// Schedule, memory plan and descriptors of a mapped network.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/config/platform_parameters.h"
#include "sw/compiler/graph/graph.h"
#include "sw/compiler/map/mapping.h"
#include "sw/compiler/quantise/quantise.h"
#include "sw/deployment/contents.h"

namespace tessera::compiler {

/// Bytes of SRAM behind the arena that the runtime keeps for itself.
inline constexpr std::uint64_t kRuntimeReserve = 256;

struct EmitOptions {
  bool window_reuse = true;
  bool keep_outputs = false;  ///< tensors lie in input buffers of tiles where that saves bytes (plan_kept())
};

/// A tensor that lies in the input buffer of a tile.
struct KeptTensor {
  std::string name;
  std::uint32_t tile = 0, address = 0;
  std::uint64_t bytes = 0;
  std::uint64_t saved = 0;  ///< bytes an inference that do not move over the bus, as planned
};

struct Emission {
  deployment::Contents contents;             ///< complete but for the gains (gain index 0)
  std::vector<std::uint32_t> layers;         ///< per layer of the deployment: index into QuantisedNetwork::layers
  std::vector<std::uint32_t> job_placement;  ///< per tile job: index into Mapping::placements
  std::vector<std::string> in_dram;          ///< what lies in external DRAM: "name (bytes)"
  std::vector<KeptTensor> kept;
  std::vector<std::string> not_kept;  ///< with keep_outputs: "name: reason" of the other tensors
};

/// Activations that do not fit the SRAM go to external DRAM, if there is one (plan_memories()).
/// @throws DoesNotFit  activations and partial sums need more than there is
/// @throws std::invalid_argument  the network computes nothing
[[nodiscard]] Emission emit(const Graph& graph, const QuantisedNetwork& network, const Mapping& mapping,
                            const platform::PlatformParameters& platform, const EmitOptions& options);

}  // namespace tessera::compiler
