// SPDX-License-Identifier: Apache-2.0
#include "sw/evaluator/evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "models/tile/job_core.h"
#include "models/vector/kernels.h"
#include "sw/evaluator/calibration.h"
#include "sw/evaluator/flat_memory.h"
#include "sw/firmware/operators/softmax.h"

namespace tessera::evaluator {
namespace {

/// One command with its descriptor at hand.
struct Step {
  td_opcode opcode{};
  std::uint32_t unit = 0;
  std::uint32_t layer = 0;
  std::uint32_t tag = 0;
  td_tile_job tile{};
  td_vector_job vector{};
  td_dma_job dma{};
  td_cpu_job cpu{};
};

template <typename T>
T descriptor(std::span<const std::uint8_t> rom, const td_command& command) {
  T job{};
  const std::size_t offset = command.address - TD_ROM_BASE;
  if (command.address < TD_ROM_BASE || offset > rom.size() || sizeof(T) > rom.size() - offset) {
    throw std::runtime_error(
        fmt::format("descriptor of job {} at {:#010x} lies outside the deployment", command.tag, command.address));
  }
  std::memcpy(&job, rom.data() + offset, sizeof(T));
  return job;
}

}  // namespace

struct Evaluator::Impl {
  const deployment::Image& image;
  std::span<const tile::TileParameters> tiles;
  EvaluatorOptions options;
  std::span<const std::uint8_t> rom;
  std::vector<std::unique_ptr<analog::Array>> arrays;  ///< null for tiles that the deployment does not use
  std::vector<std::unique_ptr<tile::TrimBank>> trims;  ///< likewise, and null without calibration
  std::vector<Step> steps;
  std::map<std::uint32_t, std::uint32_t> passes;  ///< tile -> array passes per inference
  std::vector<LayerCounts> counts;
  std::vector<std::vector<std::vector<std::int8_t>>> tensors;

  Impl(const deployment::Image& image_in, std::span<const tile::TileParameters> tiles_in,
       const EvaluatorOptions& options_in)
      : image(image_in), tiles(tiles_in), options(options_in), rom(image_in.rom()) {
    const deployment::Contents& contents = image.contents();
    arrays.resize(tiles.size());
    for (const td_tile& used : contents.tiles) {
      if (used.tile >= tiles.size()) {
        throw std::runtime_error(
            fmt::format("the deployment uses tile {}, the platform has {}", used.tile, tiles.size()));
      }
      arrays[used.tile] = std::make_unique<analog::Array>(tiles[used.tile].array, options.seed, used.tile);
      passes[used.tile] = used.passes_per_inference;
      arrays[used.tile]->set_inference_passes(std::uint64_t{used.passes_per_inference} * tiles[used.tile].passes());
    }
    for (const td_region& region : contents.regions) {
      arrays.at(region.tile)
          ->program(region.row0, region.column0, region.rows, region.columns,
                    std::span(contents.cells).subspan(region.cells_offset, std::size_t{region.rows} * region.columns));
    }
    for (const td_command& command : contents.commands) {
      steps.push_back(decode(command));
    }
    trims.resize(tiles.size());
    for (const td_tile& used : contents.tiles) {
      if (options.calibrate && !trims[used.tile]) {
        trims[used.tile] = std::make_unique<tile::TrimBank>(tiles[used.tile]);
        calibrate(tiles[used.tile], *arrays[used.tile], used.tile, contents, *trims[used.tile]);
      }
    }
  }

  [[nodiscard]] Step decode(const td_command& command) const {
    Step step;
    step.opcode = static_cast<td_opcode>(command.opcode);
    step.unit = command.unit;
    step.layer = command.layer;
    step.tag = command.tag;
    std::string problem;
    switch (step.opcode) {
      case TD_OP_TILE:
        step.tile = descriptor<td_tile_job>(rom, command);
        problem = step.unit >= arrays.size() || !arrays[step.unit] ? fmt::format("tile {} is not in use", step.unit)
                                                                   : tile::check(step.tile, tiles[step.unit]);
        break;
      case TD_OP_VECTOR:
        step.vector = descriptor<td_vector_job>(rom, command);
        problem = vector::check(step.vector);
        break;
      case TD_OP_DMA:
        step.dma = descriptor<td_dma_job>(rom, command);
        break;
      case TD_OP_CPU:
        step.cpu = descriptor<td_cpu_job>(rom, command);
        break;
      default:
        break;
    }
    if (!problem.empty()) {
      throw std::runtime_error(fmt::format("job {} of layer {}: {}", command.tag, command.layer, problem));
    }
    return step;
  }
};

namespace {

/// The state of one thread.
class Worker {
 public:
  /// @param trims      of each tile; null: none
  /// @param arena_end  bytes of SRAM that the deployment uses: no more are kept and cleared
  /// @param dram_B     the same of external DRAM
  Worker(std::span<const std::uint8_t> rom, std::span<const tile::TileParameters> tiles,
         std::span<const std::unique_ptr<tile::TrimBank>> trims, const EvaluatorOptions& options, std::size_t arena_end,
         std::size_t dram_B, std::size_t layers)
      : memory_(rom, std::min<std::size_t>(options.sram_B, arena_end), dram_B, buffer_sizes(tiles)), counts_(layers) {
    for (std::size_t i = 0; i < tiles.size(); ++i) {
      cores_.emplace_back(tiles[i]).use(trims[i].get());
    }
  }

  void step(const Step& step, analog::Array* array, std::uint64_t& event) {
    bool good = true;
    switch (step.opcode) {
      case TD_OP_TILE:
        good = tile_job(step, *array, event);
        break;
      case TD_OP_VECTOR:
        good = vector_job(step);
        break;
      case TD_OP_DMA:
        good = dma_job(step.dma);
        break;
      case TD_OP_CPU:
        good = cpu_job(step.cpu);
        break;
      default:
        break;  // barriers and markers order nothing here
    }
    if (!good) {
      throw std::runtime_error(
          fmt::format("job {} of layer {}: an address of its descriptor is no memory", step.tag, step.layer));
    }
  }
  [[nodiscard]] FlatMemory& memory() { return memory_; }
  [[nodiscard]] const std::vector<LayerCounts>& counts() const { return counts_; }

 private:
  static std::vector<std::uint32_t> buffer_sizes(std::span<const tile::TileParameters> tiles) {
    std::vector<std::uint32_t> sizes;
    for (const auto& parameters : tiles) {
      sizes.push_back(parameters.input_buffer_B);
    }
    return sizes;
  }

  bool tile_job(const Step& step, const analog::Array& array, std::uint64_t& event) {
    tile::JobCore& core = cores_[step.unit];
    const bool drives = tile::drives_lanes(step.tile);
    if (drives) {
      if (!core.drive(step.tile, array, event, memory_)) {
        return false;
      }
      brought_[step.unit] = core.lines();
    } else if (!(tile::collects_lanes(step.tile) ? collect(core, step.tile, array, event)
                                                 : core.compute(step.tile, array, event, memory_)) ||
               !core.store(step.tile, memory_)) {
      return false;
    }
    event += step.tile.product_count;
    if (step.layer < counts_.size()) {
      LayerCounts& counts = counts_[step.layer];
      counts.products += step.tile.product_count;
      counts.conversions +=
          drives ? 0
                 : std::uint64_t{step.tile.product_count} * step.tile.outputs * step.tile.slices * core.conversions();
      counts.clipped += core.clipped();
      counts.saturated += core.saturated();
    }
    return true;
  }

  /// The last job of a group: a deployment starts each group as a whole.
  bool collect(tile::JobCore& core, const td_tile_job& job, const analog::Array& array, std::uint64_t event) {
    std::vector<const analog::LineSums*> all;
    for (const auto& [tile, lines] : brought_) {
      all.push_back(&lines);
    }
    const bool good = core.drive(job, array, event, memory_) && core.collect(job, array, event, all, memory_);
    brought_.clear();
    return good;
  }

  bool vector_job(const Step& step) {
    if (!kernels_.compute(step.vector, memory_)) {
      return false;
    }
    if (step.layer < counts_.size()) {
      counts_[step.layer].saturated += kernels_.work().saturated;
    }
    const auto& out = kernels_.outputs();
    return memory_.write(step.vector.dst, {reinterpret_cast<const std::uint8_t*>(out.data()), out.size()});
  }

  bool dma_job(const td_dma_job& job) {
    scratch_.resize(job.count[0]);
    for (std::uint32_t z = 0; z < job.count[2]; ++z) {
      for (std::uint32_t y = 0; y < job.count[1]; ++y) {
        const auto place = [&](std::uint32_t base, const std::int32_t* stride) {
          return base + y * static_cast<std::uint32_t>(stride[0]) + z * static_cast<std::uint32_t>(stride[1]);
        };
        if (!memory_.read(place(job.src, job.src_stride), scratch_) ||
            !memory_.write(place(job.dst, job.dst_stride), scratch_)) {
          return false;
        }
      }
    }
    return true;
  }

  bool cpu_job(const td_cpu_job& job) {
    const std::size_t bytes = std::size_t{job.rows} * job.columns;
    const std::uint8_t* src = memory_.place(job.src, bytes);
    std::uint8_t* dst = memory_.place(job.dst, bytes);
    if (src == nullptr || dst == nullptr || job.op != TD_CPU_SOFTMAX || job.shift < 0 || job.shift > 31 ||
        job.diff_min > 0) {
      return false;
    }
    tsr_softmax_int8(reinterpret_cast<const std::int8_t*>(src), reinterpret_cast<std::int8_t*>(dst), job.rows,
                     job.columns, job.multiplier, job.shift, job.diff_min);
    return true;
  }

  FlatMemory memory_;
  std::vector<tile::JobCore> cores_;
  std::map<std::uint32_t, analog::LineSums> brought_;  ///< to the group under way, by tile
  vector::Kernels kernels_;
  std::vector<LayerCounts> counts_;
  std::vector<std::uint8_t> scratch_;
};

}  // namespace

Evaluator::Evaluator(const deployment::Image& image, std::span<const tile::TileParameters> tiles,
                     const EvaluatorOptions& options)
    : impl_(std::make_unique<Impl>(image, tiles, options)) {}

Evaluator::~Evaluator() = default;

std::vector<std::vector<std::int8_t>> Evaluator::run(std::span<const std::vector<std::int8_t>> inputs,
                                                     std::uint64_t first_inference, unsigned threads,
                                                     const std::function<void(std::uint64_t)>& progress) {
  Impl& impl = *impl_;
  const deployment::Contents& contents = impl.image.contents();
  const td_tensor& input = contents.tensors.at(contents.model.input_tensor);
  const td_tensor& output = contents.tensors.at(contents.model.output_tensor);
  std::vector<std::vector<std::int8_t>> results(inputs.size());
  impl.counts.assign(contents.layers.size(), {});
  impl.tensors.assign(impl.options.keep_tensors ? inputs.size() : 0, {});

  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
  std::mutex mutex;
  std::exception_ptr failure;

  const auto infer = [&](Worker& worker, std::size_t i) {
    if (inputs[i].size() != input.bytes) {
      throw std::runtime_error(
          fmt::format("input {} has {} bytes, the network takes {}", i, inputs[i].size(), input.bytes));
    }
    // Memory starts as the chip's does, so that a result never depends on which image ran before on this thread.
    FlatMemory& memory = worker.memory();
    memory.clear();
    std::uint8_t* to = memory.place(input.address, input.bytes);
    const std::uint8_t* from = memory.place(output.address, output.bytes);
    if (to == nullptr || from == nullptr) {
      throw std::runtime_error("the input or output tensor lies outside the shared SRAM");
    }
    std::memcpy(to, inputs[i].data(), input.bytes);
    std::map<std::uint32_t, std::uint64_t> events;
    for (const auto& [tile, passes] : impl.passes) {
      events[tile] = (first_inference + i) * passes;
    }
    std::uint64_t unused = 0;
    for (const Step& step : impl.steps) {
      const bool on_tile = step.opcode == TD_OP_TILE;
      worker.step(step, on_tile ? impl.arrays[step.unit].get() : nullptr, on_tile ? events[step.unit] : unused);
      if (impl.options.keep_tensors && step.opcode == TD_OP_LAYER_END && step.layer < contents.layers.size()) {
        const td_tensor& tensor = contents.tensors.at(contents.layers[step.layer].output_tensor);
        const auto* bytes = reinterpret_cast<const std::int8_t*>(memory.place(tensor.address, tensor.bytes));
        impl.tensors[i].emplace_back(bytes, bytes + tensor.bytes);
      }
    }
    const auto* bytes = reinterpret_cast<const std::int8_t*>(from);
    results[i].assign(bytes, bytes + output.bytes);
  };

  const auto work = [&](bool reports) {
    try {
      const std::size_t arena_end = std::size_t{contents.model.arena_base} - TD_SRAM_BASE + contents.model.arena_bytes;
      Worker worker(impl.rom, impl.tiles, impl.trims, impl.options, arena_end, contents.model.dram_bytes,
                    contents.layers.size());
      for (std::size_t i = next++; i < inputs.size(); i = next++) {
        infer(worker, i);
        ++done;
        if (reports && progress) {
          progress(done);
        }
      }
      const std::lock_guard lock(mutex);
      for (std::size_t layer = 0; layer < impl.counts.size(); ++layer) {
        impl.counts[layer].products += worker.counts()[layer].products;
        impl.counts[layer].conversions += worker.counts()[layer].conversions;
        impl.counts[layer].clipped += worker.counts()[layer].clipped;
        impl.counts[layer].saturated += worker.counts()[layer].saturated;
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = failure ? failure : std::current_exception();
      next = inputs.size();
    }
  };

  const unsigned wanted = threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> others;
  for (unsigned t = 1; t < std::min<std::size_t>(wanted, inputs.size()); ++t) {
    others.emplace_back(work, false);
  }
  work(true);
  for (std::thread& other : others) {
    other.join();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
  return results;
}

const std::vector<LayerCounts>& Evaluator::counts() const {
  return impl_->counts;
}
const std::vector<std::vector<std::vector<std::int8_t>>>& Evaluator::tensors() const {
  return impl_->tensors;
}
analog::Array& Evaluator::array(std::uint32_t tile) {
  if (tile >= impl_->arrays.size() || !impl_->arrays[tile]) {
    throw std::out_of_range(fmt::format("tile {} is not used by the deployment", tile));
  }
  return *impl_->arrays[tile];
}

std::map<std::uint32_t, std::vector<std::uint32_t>> Evaluator::trims() const {
  std::map<std::uint32_t, std::vector<std::uint32_t>> words;
  for (std::uint32_t tile = 0; tile < impl_->trims.size(); ++tile) {
    const tile::TrimBank* bank = impl_->trims[tile].get();
    for (std::uint32_t k = 0; bank != nullptr && bank->enabled() && k < bank->facts().converters; ++k) {
      words[tile].push_back(bank->word(k));
    }
  }
  return words;
}

}  // namespace tessera::evaluator
