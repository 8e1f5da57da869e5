// SPDX-License-Identifier: Apache-2.0
// The chip's memory and the execution of single commands of a deployment, without time. What the platform does with
// SystemC around it, this does as plain function calls: the same cores in the same order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/analog/array.h"
#include "models/memory/memory_port.h"
#include "models/tile/job_core.h"
#include "models/vector/kernels.h"
#include "platform/config/platform_parameters.h"
#include "sw/deployment/image.h"

namespace tessera::evaluator {

/// The deployment asks for something that this platform cannot do. what() says what, where and what was expected.
class ExecutionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a platform can hold, for the validation of images.
[[nodiscard]] deployment::Limits limits_of(const platform::PlatformParameters& parameters);

/// ROM (shared, read-only), the arena of one inference, and the input buffers of the tiles.
class MachineMemory final : public memory::MemoryPort {
 public:
  /// @param rom  must outlive the memory
  MachineMemory(std::span<const std::uint8_t> rom, const td_model& model, const platform::PlatformParameters& platform);
  [[nodiscard]] bool read(std::uint32_t address, std::span<std::uint8_t> to) override;
  [[nodiscard]] bool write(std::uint32_t address, std::span<const std::uint8_t> from) override;
  /// All writable bytes become 0, so that one inference never sees another's leftovers.
  void clear();
  /// Bytes of the arena; throws std::out_of_range when they leave it.
  [[nodiscard]] std::span<std::uint8_t> arena(std::uint32_t address, std::uint32_t bytes);

 private:
  std::uint8_t* writable(std::uint32_t address, std::size_t bytes);

  std::span<const std::uint8_t> rom_;
  std::uint32_t arena_base_;
  std::vector<std::uint8_t> arena_;
  std::vector<std::vector<std::uint8_t>> tile_buffers_;
};

/// One command, resolved: which job, and for tiles which event of the inference its first product is.
struct Step {
  td_opcode opcode{};
  std::uint32_t unit = 0;
  std::uint32_t layer = 0;
  std::uint32_t job = 0;             ///< index into the section of the opcode
  std::uint64_t passes_before = 0;   ///< passes that earlier jobs of the inference began on the tile
};

/// The jobs of an inference in order; barriers and markers are left out, as execution here is one after the other.
/// @throws ExecutionError  a descriptor that this platform's tile or vector unit would refuse
[[nodiscard]] std::vector<Step> resolve(const deployment::Contents& contents,
                                        const std::vector<deployment::SectionPlace>& places,
                                        const platform::PlatformParameters& platform);

/// The arrays of the tiles that a deployment uses, programmed as its regions say.
class Chip {
 public:
  Chip(const deployment::Contents& contents, const platform::PlatformParameters& platform, std::uint64_t seed);
  [[nodiscard]] const analog::Array& array(std::uint32_t tile) const { return *arrays_.at(tile); }
  [[nodiscard]] std::uint32_t passes_per_inference(std::uint32_t tile) const { return passes_.at(tile); }

 private:
  std::vector<std::unique_ptr<analog::Array>> arrays_;  ///< null where the deployment uses none
  std::vector<std::uint32_t> passes_;
};

/// Executes steps on one memory; keeps all buffers, so that repeated steps do not allocate. One object a thread.
class Executor {
 public:
  Executor(const deployment::Contents& contents, const platform::PlatformParameters& platform, const Chip& chip);

  /// @throws ExecutionError  memory that a job needs is not there
  void execute(const Step& step, std::uint64_t inference, MachineMemory& memory);
  /// Of the last tile job.
  [[nodiscard]] std::uint64_t clipped() const { return clipped_; }
  /// Of the last job.
  [[nodiscard]] std::uint64_t saturated() const { return saturated_; }

 private:
  void execute_cpu(const td_cpu_job& job, MachineMemory& memory);
  void execute_dma(const td_dma_job& job, MachineMemory& memory);

  const deployment::Contents& contents_;
  const Chip& chip_;
  std::vector<tile::JobCore> cores_;  ///< one a tile
  vector::Kernels kernels_;
  std::vector<std::int8_t> in_, out_;
  std::vector<std::uint8_t> line_;
  std::uint64_t clipped_ = 0, saturated_ = 0;
};

}  // namespace tessera::evaluator
