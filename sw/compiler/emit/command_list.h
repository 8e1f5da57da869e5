// SPDX-License-Identifier: Apache-2.0
// The commands that the runtime executes and the descriptors that they name, as they are written one after the other.
#pragma once

#include <cstdint>

#include "sw/compiler/quantise/quantise.h"
#include "sw/deployment/contents.h"

namespace tessera::compiler {

/// Until link(), commands and jobs hold indices and offsets where addresses belong.
class CommandList {
 public:
  explicit CommandList(deployment::Contents& contents) : contents_(contents) {}

  void command(td_opcode opcode, std::uint32_t unit, std::uint32_t step, std::uint32_t job, std::uint32_t tag);
  /// All jobs submitted so far are done before what follows.
  void barrier(std::uint32_t step) { command(TD_OP_BARRIER, 0, step, 0, 0); }
  /// Appends a job, which gets its tag, and the command that starts it.
  void start(std::uint32_t tile, td_tile_job job);
  void start(td_vector_job job);
  void start(td_cpu_job job);

  /// @return index of the layer's first channel
  [[nodiscard]] std::uint32_t add_channels(const QuantisedLayer& layer);
  /// @return offset of the layer's int8 weights in the constants
  [[nodiscard]] std::uint32_t add_weights(const QuantisedLayer& layer);

  /// Turns indices and offsets into addresses, once everything is written.
  void link();

 private:
  deployment::Contents& contents_;
  std::uint32_t tag_ = 0;
};

}  // namespace tessera::compiler
