// SPDX-License-Identifier: Apache-2.0
#include "sw/evaluator/machine.h"

#include <fmt/format.h>

#include <algorithm>

#include "sw/firmware/operators/softmax.h"

namespace tessera::evaluator {
namespace {

template <typename T>
std::span<std::uint8_t> bytes_of(std::vector<T>& values) {
  return {reinterpret_cast<std::uint8_t*>(values.data()), values.size() * sizeof(T)};
}

/// Index of the entry that the command's address points to; validate() has made sure that there is one.
std::uint32_t entry_of(const td_command& command, td_section_kind kind,
                       const std::vector<deployment::SectionPlace>& places) {
  for (const auto& place : places) {
    if (place.kind == kind) {
      return (command.address - TD_ROM_BASE - place.offset) / place.entry_bytes;
    }
  }
  throw ExecutionError(fmt::format("deployment: there is no section of {}", deployment::to_string(kind)));
}

td_section_kind section_of(td_opcode opcode) {
  switch (opcode) {
    case TD_OP_TILE: return TD_SECTION_TILE_JOBS;
    case TD_OP_VECTOR: return TD_SECTION_VECTOR_JOBS;
    case TD_OP_DMA: return TD_SECTION_DMA_JOBS;
    default: return TD_SECTION_CPU_JOBS;
  }
}

void check_job(const Step& step, const deployment::Contents& contents, const platform::PlatformParameters& platform) {
  std::string problem;
  if (step.opcode == TD_OP_TILE) {
    problem = tile::check(contents.tile_jobs[step.job], platform.tiles.at(step.unit));
  } else if (step.opcode == TD_OP_VECTOR) {
    problem = vector::check(contents.vector_jobs[step.job]);
  } else if (step.opcode == TD_OP_DMA &&
             (contents.dma_jobs[step.job].flags & (TD_DMA_FIXED_SRC | TD_DMA_FIXED_DST)) != 0) {
    problem = "transfers from and to data ports need the platform; evaluation has none";
  } else if (step.opcode == TD_OP_CPU) {
    const td_cpu_job& job = contents.cpu_jobs[step.job];
    if (job.multiplier < 0 || job.shift < 0 || job.shift > 31 || job.diff_min > 0) {
      problem = fmt::format("softmax with multiplier {}, shift {}, diff_min {}; expected >= 0, 0..31, <= 0",
                            job.multiplier, job.shift, job.diff_min);
    }
  }
  if (!problem.empty()) {
    throw ExecutionError(fmt::format("deployment: {} {} of layer {}: {}",
                                     deployment::to_string(section_of(step.opcode)), step.job, step.layer, problem));
  }
}

}  // namespace

deployment::Limits limits_of(const platform::PlatformParameters& parameters) {
  deployment::Limits limits;
  limits.tiles.clear();
  for (const auto& tile : parameters.tiles) {
    limits.tiles.push_back({tile.array.rows, tile.array.pairs(), static_cast<std::uint32_t>(tile.array.max_level()),
                            std::max(1U, static_cast<std::uint32_t>(tile.array.adc.gains.size())),
                            tile.input_buffer_B});
  }
  limits.sram_bytes = parameters.sram.size_B;
  limits.dma_channels = parameters.dma.channels;
  limits.vector_present = parameters.vector_unit.present;
  return limits;
}

std::vector<Step> resolve(const deployment::Contents& contents, const std::vector<deployment::SectionPlace>& places,
                          const platform::PlatformParameters& platform) {
  std::vector<Step> steps;
  std::map<std::uint32_t, std::uint64_t> passes;
  for (const td_command& command : contents.commands) {
    const auto opcode = static_cast<td_opcode>(command.opcode);
    if (opcode == TD_OP_BARRIER || opcode == TD_OP_LAYER_BEGIN || opcode == TD_OP_LAYER_END) {
      continue;
    }
    Step step{opcode, command.unit, command.layer, entry_of(command, section_of(opcode), places), 0};
    check_job(step, contents, platform);
    if (opcode == TD_OP_TILE) {
      step.passes_before = passes[command.unit];
      passes[command.unit] += contents.tile_jobs[step.job].product_count;
    }
    steps.push_back(step);
  }
  return steps;
}

Chip::Chip(const deployment::Contents& contents, const platform::PlatformParameters& platform, std::uint64_t seed)
    : arrays_(platform.tiles.size()), passes_(platform.tiles.size(), 0) {
  for (const td_tile& tile : contents.tiles) {
    arrays_.at(tile.tile) = std::make_unique<analog::Array>(platform.tiles[tile.tile].array, seed, tile.tile);
    passes_[tile.tile] = tile.passes_per_inference;
  }
  for (const td_region& region : contents.regions) {
    const std::size_t cells = std::size_t{region.rows} * region.columns;
    arrays_.at(region.tile)
        ->program(region.row0, region.column0, region.rows, region.columns,
                  std::span(contents.cells).subspan(region.cells_offset, cells));
  }
}

Executor::Executor(const deployment::Contents& contents, const platform::PlatformParameters& platform, const Chip& chip)
    : contents_(contents), chip_(chip) {
  for (const auto& tile : platform.tiles) {
    cores_.emplace_back(tile);
  }
}

void Executor::execute(const Step& step, std::uint64_t inference, MachineMemory& memory) {
  clipped_ = 0;
  saturated_ = 0;
  bool good = true;
  if (step.opcode == TD_OP_TILE) {
    const td_tile_job& job = contents_.tile_jobs[step.job];
    tile::JobCore& core = cores_[step.unit];
    const std::uint64_t event = inference * chip_.passes_per_inference(step.unit) + step.passes_before;
    good = core.compute(job, chip_.array(step.unit), event, memory) && core.store(job, memory);
    clipped_ = core.clipped();
    saturated_ = core.saturated();
  } else if (step.opcode == TD_OP_VECTOR) {
    const td_vector_job& job = contents_.vector_jobs[step.job];
    good = kernels_.compute(job, memory);
    if (good) {
      const auto& result = kernels_.outputs();
      good = memory.write(job.dst, {reinterpret_cast<const std::uint8_t*>(result.data()), result.size()});
    }
    saturated_ = kernels_.work().saturated;
  } else if (step.opcode == TD_OP_DMA) {
    execute_dma(contents_.dma_jobs[step.job], memory);
  } else {
    execute_cpu(contents_.cpu_jobs[step.job], memory);
  }
  if (!good) {
    throw ExecutionError(fmt::format("deployment: {} {} of layer {}: no memory at one of its addresses",
                                     deployment::to_string(section_of(step.opcode)), step.job, step.layer));
  }
}

void Executor::execute_cpu(const td_cpu_job& job, MachineMemory& memory) {
  in_.resize(std::size_t{job.rows} * job.columns);
  out_.resize(in_.size());
  if (!memory.read(job.src, bytes_of(in_))) {
    throw ExecutionError(fmt::format("deployment: CPU job {}: no memory at its source {:#x}", job.tag, job.src));
  }
  tsr_softmax_int8(in_.data(), out_.data(), job.rows, job.columns, job.multiplier, job.shift, job.diff_min);
  if (!memory.write(job.dst, bytes_of(out_))) {
    throw ExecutionError(fmt::format("deployment: CPU job {}: no memory at its destination {:#x}", job.tag, job.dst));
  }
}

void Executor::execute_dma(const td_dma_job& job, MachineMemory& memory) {
  line_.resize(job.count[0]);
  for (std::uint32_t i = 0; i < job.count[2]; ++i) {
    for (std::uint32_t j = 0; j < job.count[1]; ++j) {
      const std::int64_t from = job.src + std::int64_t{i} * job.src_stride[1] + std::int64_t{j} * job.src_stride[0];
      const std::int64_t to = job.dst + std::int64_t{i} * job.dst_stride[1] + std::int64_t{j} * job.dst_stride[0];
      if (!memory.read(static_cast<std::uint32_t>(from), line_) || !memory.write(static_cast<std::uint32_t>(to), line_)) {
        throw ExecutionError(fmt::format("deployment: DMA job {}: no memory at {:#x} or {:#x}", job.tag, from, to));
      }
    }
  }
}

}  // namespace tessera::evaluator
