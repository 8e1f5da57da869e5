// SPDX-License-Identifier: Apache-2.0
// What the studies of timing, reuse and lanes have in common: a network that is compiled for a platform and runs on it,
// with inputs made here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/host/elf_image.h"
#include "platform/config/platform_parameters.h"
#include "platform/session/network.h"
#include "platform/session/simulation.h"
#include "traces/recorder.h"

namespace tessera::platform {

using Frames = std::vector<std::vector<std::int8_t>>;

/// `count` inputs of a network, uniform in [0, 1), without labels.
[[nodiscard]] compiler::Dataset made_inputs(const compiler::Graph& graph, std::size_t count, std::uint32_t seed);

/// Compiles with ranges and gains from made inputs, always the same.
/// @throws what compile() throws
[[nodiscard]] PreparedNetwork prepare_made(const compiler::Graph& graph, const PlatformParameters& platform,
                                           const compiler::CompileOptions& options = {});

/// Made inputs as the network takes them: the same for all studies, and others than those of the calibration.
[[nodiscard]] Frames made_frames(const PreparedNetwork& network, std::size_t count);

/// Runs the network to its end. Once per process, see simulate().
/// @param platform  of the network, or one that differs in what its deployment does not depend on
/// @throws std::runtime_error  the program failed
[[nodiscard]] SimulationOutput simulate_network(const PreparedNetwork& network, const PlatformParameters& platform,
                                                const host::ElfImage& program, const Frames& frames,
                                                traces::Recorder& recorder);

/// Time between the markers of inferences [s] and energy booked there [J], of all together.
[[nodiscard]] double inference_seconds(const SimulationOutput& output);
[[nodiscard]] double inference_joules(const SimulationOutput& output);

}  // namespace tessera::platform
