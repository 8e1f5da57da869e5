// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/gains.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>

#include "models/analog/array.h"
#include "models/tile/job_core.h"
#include "models/vector/kernels.h"
#include "sw/compiler/emit/cells.h"
#include "sw/evaluator/flat_memory.h"
#include "sw/firmware/operators/softmax.h"

namespace tessera::compiler {
namespace {

using evaluator::FlatMemory;

/// A tile twice: with converters that pass the exact sums, and with ideal converters of the configured resolution.
struct IdealTile {
  tile::TileParameters exact, ideal;
  analog::Array exact_array, ideal_array;
  tile::JobCore exact_core, ideal_core;

  IdealTile(const tile::TileParameters& parameters, std::uint32_t index)
      : exact(without_noise(parameters, 0)),
        ideal(without_noise(parameters, parameters.array.adc.bits)),
        exact_array(exact.array, 0, index),
        ideal_array(ideal.array, 0, index),
        exact_core(exact),
        ideal_core(ideal) {}
  IdealTile(const IdealTile&) = delete;
  IdealTile& operator=(const IdealTile&) = delete;

  static tile::TileParameters without_noise(tile::TileParameters parameters, int adc_bits) {
    parameters.array.idealise();
    parameters.array.adc.bits = adc_bits;
    return parameters;
  }
};

/// Noise power of a product's passes together, in that of one conversion.
double pass_noise(const tile::TileParameters& p) {
  const bool offset_column = p.array.weight_mapping == analog::ArrayParameters::WeightMapping::offset_column;
  const double signs = (p.signed_input == tile::TileParameters::SignedInput::two_phase ? 2.0 : 1.0) *
                       (offset_column ? 2.0 : 1.0);  // its conversion is in every difference
  if (p.array.dac.coding != analog::DacParameters::Coding::bit_serial) {
    return signs;
  }
  const double top = p.array.max_code();
  return signs * (std::ldexp(1.0, 2 * p.array.dac.bits) - 1.0) / 3.0 / (top * top);
}

void require(bool good) {
  if (!good) {
    throw std::logic_error("gain calibration: a job of the compiled network has no memory");
  }
}

class Calibrator {
 public:
  Calibrator(Emission& emission, const QuantisedNetwork& network, const Mapping& mapping,
             const platform::PlatformParameters& platform, std::span<const std::vector<std::int8_t>> inputs)
      : emission_(emission), network_(network), mapping_(mapping), platform_(platform) {
    image_ = deployment::write_image(emission.contents, 1);
    const td_model& model = emission.contents.model;
    const td_tensor& tensor = emission.contents.tensors[model.input_tensor];
    const std::size_t arena = model.arena_base + model.arena_bytes - TD_SRAM_BASE;
    std::vector<std::uint32_t> buffers(platform.tiles.size(), 0);  // only what is used: there is one memory an input
    for (const KeptTensor& kept : emission.kept) {
      buffers[kept.tile] = platform.tiles[kept.tile].input_buffer_B;
    }
    for (const auto& input : inputs) {
      memories_.push_back(std::make_unique<FlatMemory>(image_, arena, model.dram_bytes, buffers));
      require(
          memories_.back()->write(tensor.address, {reinterpret_cast<const std::uint8_t*>(input.data()), input.size()}));
    }
    for (const Placement& p : mapping.placements) {
      if (p.copy == 0) {
        auto& ideal = tiles_[p.tile];
        ideal = ideal ? std::move(ideal) : std::make_unique<IdealTile>(platform.tiles[p.tile], p.tile);
        const CellRectangle cells = cells_of(network.layers[p.layer], p, platform.tiles[p.tile]);
        for (analog::Array* array : {&ideal->exact_array, &ideal->ideal_array}) {
          array->program(cells.row0, cells.column0, cells.rows, cells.columns, cells.levels);
        }
      }
    }
  }

  std::vector<GainChoice> run() {
    choices_.assign(mapping_.placements.size(), {});
    const deployment::Contents& contents = emission_.contents;
    for (const td_layer& layer : contents.layers) {
      for (std::uint32_t i = 0; i < layer.command_count; ++i) {
        const td_command& command = contents.commands[layer.first_command + i];
        if (command.opcode == TD_OP_TILE) {
          tile_job(command);
        } else if (command.opcode == TD_OP_VECTOR) {
          vector_job(command);
        } else if (command.opcode == TD_OP_CPU) {
          cpu_job(command);
        }
      }
    }
    for (std::size_t j = 0; j < emission_.job_placement.size(); ++j) {
      emission_.contents.tile_jobs[j].gain_index = static_cast<std::uint8_t>(choices_[original(j)].gain_index);
    }
    for (std::size_t p = 0; p < choices_.size(); ++p) {
      choices_[p] = choices_[original_of(p)];
    }
    return choices_;
  }

 private:
  /// The placement of copy 0 that holds the same weights.
  [[nodiscard]] std::size_t original_of(std::size_t placement) const {
    const Placement& copy = mapping_.placements[placement];
    for (std::size_t i = 0; i < mapping_.placements.size(); ++i) {
      const Placement& p = mapping_.placements[i];
      if (p.layer == copy.layer && p.copy == 0 && p.k_part == copy.k_part && p.output0 == copy.output0) {
        return i;
      }
    }
    throw std::logic_error("gain calibration: a copy without original");
  }
  [[nodiscard]] std::size_t original(std::size_t job) const { return original_of(emission_.job_placement[job]); }

  void tile_job(const td_command& command) {
    const auto& jobs = emission_.contents.tile_jobs;
    const auto job_index = static_cast<std::size_t>(
        std::find_if(jobs.begin(), jobs.end(), [&](const td_tile_job& j) { return j.tag == command.tag; }) -
        jobs.begin());
    const std::size_t placement = emission_.job_placement[job_index];
    if (mapping_.placements[placement].copy != 0) {
      return;
    }
    td_tile_job job = jobs[job_index];  // the original takes all products here
    job.product_first = 0;
    job.product_count = 0;
    for (std::size_t j = 0; j < jobs.size(); ++j) {
      job.product_count += original(j) == placement ? jobs[j].product_count : 0;
    }
    IdealTile& tile = *tiles_.at(command.unit);
    if (tile::on_lanes(job)) {
      lane_job(job, tile, placement);
      return;
    }
    choices_[placement] = choose(job, tile, network_.layers[mapping_.placements[placement].layer],
                                 mapping_.placements[placement].output0);
    job.gain_index = static_cast<std::uint8_t>(choices_[placement].gain_index);
    for (auto& memory : memories_) {
      require(tile.ideal_core.compute(job, tile.ideal_array, 0, *memory) && tile.ideal_core.store(job, *memory));
    }
  }

  static std::span<const std::int32_t> sums(const tile::JobCore& core, const td_tile_job& job,
                                            std::vector<std::int32_t>& buffer) {
    const std::size_t row = job.outputs;
    buffer.resize(row * job.product_count);
    for (std::uint32_t n = 0; n < job.product_count; ++n) {
      const auto bytes = core.output(job, n);
      std::memcpy(&buffer[row * n], bytes.data(), bytes.size());
    }
    return buffer;
  }

  /// A job that adds on analog lanes: who drives leaves its sums, who collects chooses for the whole group.
  void lane_job(td_tile_job job, IdealTile& tile, std::size_t placement) {
    if (tile::drives_lanes(job)) {
      for (std::size_t m = 0; m < memories_.size(); ++m) {
        require(tile.ideal_core.drive(job, tile.ideal_array, 0, *memories_[m]));
        brought_.resize(memories_.size());
        brought_[m].push_back(tile.ideal_core.lines());
      }
      return;
    }
    const Placement& p = mapping_.placements[placement];
    const GainChoice choice = choose_for_sum(job, tile, network_.layers[p.layer], p.output0);
    for (std::size_t i = 0; i < mapping_.placements.size(); ++i) {
      const Placement& other = mapping_.placements[i];
      if (other.layer == p.layer && other.copy == p.copy && other.output0 == p.output0) {
        choices_[i] = choice;
      }
    }
    job.gain_index = static_cast<std::uint8_t>(choice.gain_index);
    for (std::size_t m = 0; m < memories_.size(); ++m) {
      require(tile.ideal_core.drive(job, tile.ideal_array, 0, *memories_[m]) &&
              tile.ideal_core.collect(job, tile.ideal_array, 0, brought_of(m), *memories_[m]) &&
              tile.ideal_core.store(job, *memories_[m]));
    }
    brought_.clear();
  }

  [[nodiscard]] std::vector<const analog::LineSums*> brought_of(std::size_t memory) const {
    std::vector<const analog::LineSums*> all;
    for (const analog::LineSums& sums : brought_.at(memory)) {
      all.push_back(&sums);
    }
    return all;
  }

  /// Error of the converters at each gain, over columns and products.
  struct Score {
    std::vector<double> errors, pure;
    std::vector<std::uint64_t> clipped;
    double power = 0.0;
    std::uint64_t count = 0;

    explicit Score(std::size_t gains) : errors(gains, 0.0), pure(gains, 0.0), clipped(gains, 0) {}
    [[nodiscard]] GainChoice best() const {
      GainChoice best;
      best.gain_index = static_cast<std::uint32_t>(std::min_element(errors.begin(), errors.end()) - errors.begin());
      best.relative_error = power > 0.0 ? std::sqrt(pure[best.gain_index] / power) : 0.0;
      best.clipped_share = count > 0 ? static_cast<double>(clipped[best.gain_index]) / static_cast<double>(count) : 0.0;
      return best;
    }
  };

  /// Noise power of a conversion [LSB^2].
  [[nodiscard]] double converter_noise(const analog::AdcParameters& adc) const {
    const analog::NonIdealities& effects = platform_.tiles[mapping_.usable_tiles.front()].array.effects;
    return (effects.adc_noise ? adc.sigma_lsb * adc.sigma_lsb : 0.0) +
           (effects.adc_inl ? adc.inl_lsb * adc.inl_lsb / 3.0 : 0.0);
  }

  GainChoice choose_for_sum(const td_tile_job& job, IdealTile& tile, const QuantisedLayer& layer,
                            std::uint32_t output0) {
    const analog::AdcParameters& adc = tile.ideal.array.adc;
    if (adc.bits == 0) {
      return {};
    }
    const std::uint32_t pairs = std::uint32_t{job.outputs} * job.slices;
    const auto block = tile.ideal_core.cells(job, tile.ideal_array);
    analog::Product product = tile.ideal_core.products(job, 0);
    const double noise = converter_noise(adc);
    Score score(adc.gains.size());
    std::vector<analog::Activity> activity(job.product_count);
    for (std::size_t m = 0; m < memories_.size(); ++m) {
      require(tile.ideal_core.drive(job, tile.ideal_array, 0, *memories_[m]));
      analog::LineSums line = tile.ideal_core.lines();
      for (const analog::LineSums& other : brought_.at(m)) {
        for (std::size_t i = 0; i < line.sums.size(); ++i) {
          line.sums[i] += other.sums[i];
        }
      }
      score.count += line.sums.size();
      for (const double sum : line.sums) {
        score.power += sum * sum;
      }
      converted_.resize(line.sums.size());
      for (std::uint32_t g = 0; g < adc.gains.size(); ++g) {
        std::fill(activity.begin(), activity.end(), analog::Activity{});
        product.gain_index = g;
        tile.ideal_array.convert(*block, product, static_cast<std::uint32_t>(brought_[m].size()), line.sums,
                                 line.variances, converted_, activity);
        for (const analog::Activity& one : activity) {
          score.clipped[g] += one.clipped;
        }
        const double lsb = tile.ideal_array.lsb_in_column_sum(g);
        for (std::size_t i = 0; i < line.sums.size(); ++i) {
          const double difference = lsb * converted_[i] - line.sums[i];
          const double weight = column_weight(job, layer, output0, i % pairs);
          score.errors[g] += weight * weight * (difference * difference + noise * lsb * lsb);
          score.pure[g] += difference * difference;
        }
      }
    }
    return score.best();
  }

  /// Columns count by what their error does to the output: by weight scale and, in slices, by place value.
  static double column_weight(const td_tile_job& job, const QuantisedLayer& layer, std::uint32_t output0,
                              std::size_t pair) {
    const std::size_t slices = job.slices;
    return static_cast<double>(layer.weight_scales[output0 + pair / slices]) *
           (slices == 2 && pair % 2 == 0 ? 16.0 : 1.0);
  }

  GainChoice choose(const td_tile_job& job, IdealTile& tile, const QuantisedLayer& layer, std::uint32_t output0) {
    const analog::AdcParameters& adc = tile.ideal.array.adc;
    if (adc.bits == 0) {
      return {};
    }
    td_tile_job raw = job;  // column sums of each pair, as they are
    raw.flags = TD_TILE_STORE_PARTIAL;
    raw.outputs = static_cast<std::uint16_t>(job.outputs * job.slices);
    raw.slices = 1;
    const double noise = converter_noise(adc);
    const double step = network_.numerics.lsb;
    const double passes = pass_noise(tile.ideal);
    Score score(adc.gains.size());
    for (auto& memory : memories_) {
      require(tile.exact_core.compute(raw, tile.exact_array, 0, *memory));
      const auto exact = sums(tile.exact_core, raw, exact_);
      score.count += exact.size();
      for (const std::int32_t sum : exact) {
        score.power += static_cast<double>(sum) * sum;
      }
      for (std::size_t g = 0; g < adc.gains.size(); ++g) {
        raw.gain_index = static_cast<std::uint8_t>(g);
        require(tile.ideal_core.compute(raw, tile.ideal_array, 0, *memory));
        score.clipped[g] += tile.ideal_core.clipped();
        const auto converted = sums(tile.ideal_core, raw, converted_);
        const double lsb = tile.ideal_array.lsb_in_column_sum(static_cast<std::uint32_t>(g));
        for (std::size_t i = 0; i < exact.size(); ++i) {
          const double difference = step * converted[i] - exact[i];
          const double weight = column_weight(job, layer, output0, i % raw.outputs);
          score.errors[g] += weight * weight * (difference * difference + passes * noise * lsb * lsb);
          score.pure[g] += difference * difference;
        }
      }
    }
    return score.best();
  }

  void vector_job(const td_command& command) {
    for (const td_vector_job& job : emission_.contents.vector_jobs) {
      if (job.tag != command.tag) {
        continue;
      }
      for (auto& memory : memories_) {
        require(kernels_.compute(job, *memory));
        const auto& result = kernels_.outputs();
        require(memory->write(job.dst, {reinterpret_cast<const std::uint8_t*>(result.data()), result.size()}));
      }
    }
  }

  void cpu_job(const td_command& command) {
    for (const td_cpu_job& job : emission_.contents.cpu_jobs) {
      for (std::size_t i = 0; job.tag == command.tag && i < memories_.size(); ++i) {
        const std::size_t bytes = std::size_t{job.rows} * job.columns;
        const std::uint8_t* from = memories_[i]->place(job.src, bytes);
        std::uint8_t* to = memories_[i]->place(job.dst, bytes);
        require(from != nullptr && to != nullptr);
        tsr_softmax_int8(reinterpret_cast<const std::int8_t*>(from), reinterpret_cast<std::int8_t*>(to), job.rows,
                         job.columns, job.multiplier, job.shift, job.diff_min);
      }
    }
  }

  Emission& emission_;
  const QuantisedNetwork& network_;
  const Mapping& mapping_;
  const platform::PlatformParameters& platform_;
  std::vector<std::uint8_t> image_;
  std::vector<std::unique_ptr<FlatMemory>> memories_;  ///< one an input
  std::map<std::uint32_t, std::unique_ptr<IdealTile>> tiles_;
  vector::Kernels kernels_;
  std::vector<GainChoice> choices_;
  std::vector<std::int32_t> exact_, converted_;
  std::vector<std::vector<analog::LineSums>> brought_;  ///< to the group under way: one entry an input
};

}  // namespace

std::vector<GainChoice> choose_gains(Emission& emission, const QuantisedNetwork& network, const Mapping& mapping,
                                     const platform::PlatformParameters& platform,
                                     std::span<const std::vector<std::int8_t>> inputs) {
  return Calibrator(emission, network, mapping, platform, inputs).run();
}

}  // namespace tessera::compiler
