// SPDX-License-Identifier: Apache-2.0
#include "platform/session/tile_products.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "models/analog/weight_mapping.h"

namespace tessera::platform {
namespace {

constexpr double most_clamped = 1e-3;  // of the conversions, at a gain that fits

/// The source tensor of a job, and nothing else.
class Source : public memory::MemoryPort {
 public:
  explicit Source(std::span<const std::int8_t> inputs) : inputs_(inputs) {}
  bool read(std::uint32_t address, std::span<std::uint8_t> to) override {
    if (std::size_t{address} + to.size() > inputs_.size()) {
      return false;
    }
    std::memcpy(to.data(), inputs_.data() + address, to.size());
    return true;
  }
  bool write(std::uint32_t, std::span<const std::uint8_t>) override { return false; }

 private:
  std::span<const std::int8_t> inputs_;
};

std::uint32_t millionths(double share) {
  return static_cast<std::uint32_t>(std::lround(share * 1e6));
}

}  // namespace

TileProducts::TileProducts(const tile::TileParameters& parameters, std::uint64_t seed, std::uint32_t tile,
                           BenchWords& words, double zero_weights)
    : parameters_(parameters), array_(parameters.array, seed, tile), core_(parameters) {
  const analog::ArrayParameters& p = parameters.array;
  array_.set_inference_passes(parameters.passes());
  const analog::WeightRange range = analog::weight_range(p);
  const std::uint32_t zero = millionths(zero_weights), rows_each = parameters.rows_per_input();
  const std::size_t columns = std::size_t{outputs()} * p.columns_per_weight() + p.references();
  std::vector<std::uint8_t> levels(std::size_t{parameters.inputs()} * rows_each * columns, 0);
  for (std::uint32_t input = 0; input < parameters.inputs(); ++input) {
    std::uint8_t* row = levels.data() + input * rows_each * columns;
    for (std::uint32_t output = 0; output < outputs(); ++output) {
      const auto number = static_cast<int>(1 + words.below(static_cast<std::uint32_t>(p.max_level())));
      int weight = number;
      if (p.single_columns()) {
        weight = number <= -range.low ? range.low + number - 1 : number + range.low;
      } else {
        weight = words.below(2) == 0 ? number : -number;
      }
      weight = words.below(1'000'000) >= zero ? weight : 0;
      if (rows_each == 2) {
        weight = std::clamp(weight, -range.high, range.high);  // the second row holds it with the other sign
      }
      weights_.push_back(weight);
      for (std::uint32_t r = 0; r < rows_each; ++r) {
        analog::store_weight(p, r == 0 ? weight : -weight,
                             row + r * columns + std::size_t{output} * p.columns_per_weight());
      }
    }
    for (std::uint32_t r = 0; r < rows_each && p.references() != 0; ++r) {
      row[(r + 1) * columns - 1] = static_cast<std::uint8_t>(analog::reference_level(p));
    }
  }
  array_.program(0, 0, parameters.inputs() * rows_each, static_cast<std::uint32_t>(columns), levels);
}

std::vector<std::int8_t> TileProducts::random_inputs(BenchWords& words, std::uint32_t count, double zero_share) const {
  std::vector<std::int8_t> inputs;
  const std::uint32_t zero = millionths(zero_share);
  for (std::size_t i = 0; i < std::size_t{count} * parameters_.inputs(); ++i) {
    int value = zero_point() + 1;
    if (both_signs()) {
      value += static_cast<int>(words.below(127));
      value = words.below(2) == 0 ? value : -value;
    } else {
      value += static_cast<int>(words.below(255));
    }
    inputs.push_back(static_cast<std::int8_t>(words.below(1'000'000) >= zero ? value : zero_point()));
  }
  return inputs;
}

TileProducts::Gain TileProducts::gain_for(std::span<const std::int8_t> inputs, std::uint32_t count) const {
  const analog::ArrayParameters& p = parameters_.array;
  const bool offset_columns = p.weight_mapping == analog::ArrayParameters::WeightMapping::offset_column;
  std::vector<double> seen;  // by a converter, both ends of its range at the same distance
  std::vector<double> sums(outputs() + p.references());
  for (std::uint32_t pass = 0; pass < parameters_.passes(); ++pass) {
    const tile::PassCodes codes = tile::pass_codes(parameters_, zero_point(), pass);
    for (std::uint32_t n = 0; n < count; ++n) {
      std::fill(sums.begin(), sums.end(), 0.0);
      for (std::uint32_t input = 0; input < parameters_.inputs(); ++input) {
        const auto byte = static_cast<std::uint8_t>(inputs[std::size_t{n} * parameters_.inputs() + input]);
        const double first = codes.codes[byte];
        const double second = parameters_.rows_per_input() == 2 ? codes.second[byte] : 0.0;
        const int* weight = weights_.data() + std::size_t{input} * outputs();
        for (std::uint32_t output = 0; output < outputs(); ++output) {
          sums[output] += (first - second) * weight[output];
        }
        if (offset_columns) {
          sums.back() += (first + second) * analog::reference_level(p);
        }
      }
      for (std::uint32_t output = 0; output < outputs(); ++output) {
        // The unit column conducts what its weights add to the reference, and its converter is for one sign.
        seen.push_back(offset_columns ? (sums[output] + sums.back()) / 2 : std::abs(sums[output]));
      }
      if (offset_columns) {
        seen.push_back(sums.back() / 2);
      }
    }
  }
  const double half = std::ldexp(1.0, p.adc.bits - 1);
  const auto fits = [&](std::uint32_t gain) {
    const double end = half * array_.lsb_in_column_sum(gain);
    const auto clamped = std::count_if(seen.begin(), seen.end(), [&](double one) { return one > end; });
    return static_cast<double>(clamped) <= most_clamped * static_cast<double>(seen.size());
  };
  Gain result{0, fits(0)};
  for (std::uint32_t gain = 1; gain < p.adc.gains.size(); ++gain) {
    result.index = fits(gain) ? gain : result.index;
  }
  return result;
}

TileProducts::Result TileProducts::run(std::span<const std::int8_t> inputs, std::uint32_t count,
                                       std::uint32_t gain_index, std::uint64_t first_event) {
  td_tile_job job{};
  job.flags = TD_TILE_STORE_PARTIAL;
  job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
  job.in_h = static_cast<std::uint16_t>(count);
  job.in_w = job.out_w = 1;
  job.in_c = job.rows = static_cast<std::uint16_t>(parameters_.inputs());
  job.outputs = static_cast<std::uint16_t>(outputs());
  job.slices = 1;
  job.product_count = count;
  job.gain_index = static_cast<std::uint8_t>(gain_index);
  job.pad_value = static_cast<std::int8_t>(zero_point());
  if (const std::string problem = tile::check(job, parameters_); !problem.empty()) {
    throw std::logic_error("a tile refuses the job of its characterisation: " + problem);
  }
  Source source(inputs);
  if (!core_.compute(job, array_, first_event, source)) {
    throw std::logic_error("the inputs of a tile's characterisation are shorter than its job");
  }
  Result result;
  result.activity.assign(core_.activity().begin(), core_.activity().end());
  for (std::uint32_t n = 0; n < count; ++n) {
    const auto bytes = core_.output(job, n);
    for (std::uint32_t output = 0; output < outputs(); ++output) {
      std::int32_t accumulator = 0;
      std::memcpy(&accumulator, bytes.data() + output * sizeof accumulator, sizeof accumulator);
      result.sums.push_back(accumulator * step());
    }
  }
  return result;
}

std::vector<double> TileProducts::ideal(std::span<const std::int8_t> inputs, std::uint32_t count) const {
  std::vector<double> sums(std::size_t{count} * outputs(), 0.0);
  const double steps = tile::activation_steps_per_code(parameters_.array.dac.bits);
  for (std::uint32_t n = 0; n < count; ++n) {
    for (std::uint32_t input = 0; input < parameters_.inputs(); ++input) {
      const double code = (inputs[std::size_t{n} * parameters_.inputs() + input] - zero_point()) / steps;
      for (std::uint32_t output = 0; output < outputs(); ++output) {
        sums[std::size_t{n} * outputs() + output] += code * weights_[std::size_t{input} * outputs() + output];
      }
    }
  }
  return sums;
}

double TileProducts::step() const {
  const auto& gains = parameters_.array.adc.gains;
  const double largest = array_.lsb_in_column_sum(gains.empty() ? 0 : static_cast<std::uint32_t>(gains.size() - 1));
  // A bit drives its rows fully: max_code times the current of code 1.
  return serial() ? largest / parameters_.array.max_code() : largest;
}

}  // namespace tessera::platform
