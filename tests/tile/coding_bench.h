// SPDX-License-Identifier: Apache-2.0
// One matrix on one tile: time, energy and error of its products, for tables that compare codings.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "models/analog/gaussian.h"
#include "models/analog/weight_mapping.h"
#include "models/tile/cost.h"
#include "models/tile/job_core.h"

namespace tessera::tile::test {

inline constexpr std::uint32_t inputs = 400, outputs = 64, products = 64;

/// A generator of the tests' own (xorshift).
struct Words {
  std::uint64_t state = 88172645463325252ULL;
  std::uint32_t operator()() {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return static_cast<std::uint32_t>(state >> 16U);
  }
  double normal() { return static_cast<double>(analog::gaussian((*this)())); }
};

struct Result {
  ProductTime time;
  ProductEnergy energy, energy_of_zero;  ///< mean of a product; of one whose inputs are all real zeros
  double gain = 0.0;
  double lsb = 0.0;            ///< steps of q times weights
  double rms = 0.0;            ///< of the sums of (q - zero point) * weight
  double error = 0.0;          ///< 1 sigma, from the sums of the weights as stored
  double full_error = 0.0;     ///< from those of the weights before quantisation
  double common = 0.0;         ///< share of the error's power that all outputs have in common
  double error_of_zero = 0.0;  ///< 1 sigma when every input is a real zero
  std::uint32_t rows = 0;      ///< driven a product, mean
  std::uint32_t conversions = 0;
};

class CodingBench {
 public:
  /// @param q  activations of all products
  CodingBench(int zero_point, const std::vector<std::int8_t>& q, const std::vector<double>& weights)
      : zero_point_(zero_point), weights_(weights) {
    std::memcpy(memory_.bytes.data(), q.data(), q.size());
    std::fill_n(&memory_.bytes[products * inputs], inputs, static_cast<std::uint8_t>(zero_point));
  }

  /// At the gain of least error.
  /// @param scale  weights per level
  Result of(const TileParameters& p, double scale) {
    scale_ = scale;
    shifted_ = p.signed_input == TileParameters::SignedInput::offset;
    stored_.clear();
    const analog::WeightRange range = analog::weight_range(p.array);
    for (const double w : weights_) {
      stored_.push_back(std::clamp(static_cast<int>(std::lround(w / scale)), range.low, range.high));
    }
    analog::Array array(p.array, 1, 0);
    program(array, p);
    td_tile_job job{};
    job.flags = TD_TILE_STORE_PARTIAL;
    job.in_w = job.out_w = job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = job.slices = 1;
    job.dilation_h = job.dilation_w = 1;
    job.in_c = job.rows = static_cast<std::uint16_t>(inputs);
    job.outputs = static_cast<std::uint16_t>(outputs);
    job.pad_value = static_cast<std::int8_t>(zero_point_);
    JobCore core(p);
    step_ = scale * array.lsb_in_column_sum(static_cast<std::uint32_t>(p.array.adc.gains.size() - 1));
    Result best;
    for (std::uint8_t g = 0; g < p.array.adc.gains.size(); ++g) {
      job.gain_index = g;
      Result of_zero, result;
      measure(core, array, job, products * inputs, 1, of_zero);
      result.energy_of_zero = product_energy(p, core.activity()[0], inputs, outputs, 4 * outputs);
      measure(core, array, job, 0, products, result);
      if (g > 0 && result.error >= best.error) {
        continue;
      }
      best = result;
      best.time = product_time(p, inputs, outputs);
      best.gain = p.array.adc.gains[g];
      best.lsb = scale * array.lsb_in_column_sum(g);
      best.error_of_zero = of_zero.error;
      best.conversions = p.array.conversions(outputs) * p.passes();
      std::uint32_t rows = 0;
      for (const analog::Activity& one : core.activity()) {
        const ProductEnergy e = product_energy(p, one, inputs, outputs, 4 * outputs);
        best.energy.array += e.array / products;
        best.energy.dac += e.dac / products;
        best.energy.frontend += e.frontend / products;
        best.energy.adc += e.adc / products;
        best.energy.digital += e.digital / products;
        rows += one.active_rows;
      }
      best.rows = (rows + products / 2) / products;
    }
    return best;
  }

 private:
  class Bytes : public memory::MemoryPort {
   public:
    std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(1 << 16);
    bool read(std::uint32_t address, std::span<std::uint8_t> to) override {
      std::copy_n(&bytes.at(address), to.size(), to.data());
      return true;
    }
    bool write(std::uint32_t, std::span<const std::uint8_t>) override { return false; }
  };

  void program(analog::Array& array, const TileParameters& p) const {
    const std::uint32_t rows_each = p.rows_per_input(), each = p.array.columns_per_weight();
    const std::uint32_t columns = outputs * each + p.array.references();
    std::vector<std::uint8_t> cells(std::size_t{inputs} * rows_each * columns);
    for (std::uint32_t r = 0; r < inputs * rows_each; ++r) {
      std::uint8_t* row = &cells[std::size_t{r} * columns];
      for (std::uint32_t j = 0; j < outputs; ++j) {
        const int w = stored_[j * inputs + r / rows_each];
        analog::store_weight(p.array, r % rows_each == 0 ? w : -w, row + j * each);
      }
      if (p.array.references() != 0) {
        row[columns - 1] = static_cast<std::uint8_t>(analog::reference_level(p.array));
      }
    }
    array.program(0, 0, inputs * rows_each, columns, cells);
  }

  /// Errors of `count` products from byte `first` on.
  void measure(JobCore& core, const analog::Array& array, td_tile_job job, std::uint32_t first, std::uint32_t count,
               Result& result) {
    job.src = first;
    job.in_h = static_cast<std::uint16_t>(count);
    job.product_count = count;
    ASSERT_TRUE(core.compute(job, array, 0, memory_));
    double error = 0.0, full = 0.0, power = 0.0, common = 0.0;
    for (std::uint32_t n = 0; n < count; ++n) {
      const auto bytes = core.output(job, n);
      double mean = 0.0;
      for (std::uint32_t j = 0; j < outputs; ++j) {
        std::int32_t accumulator = 0;
        std::memcpy(&accumulator, &bytes[j * sizeof accumulator], sizeof accumulator);
        double exact = 0.0, ideal = 0.0, offset = 0.0;
        for (std::uint32_t k = 0; k < inputs; ++k) {
          const int x = static_cast<std::int8_t>(memory_.bytes[first + n * inputs + k]) - zero_point_;
          exact += scale_ * x * stored_[j * inputs + k];
          ideal += x * weights_[j * inputs + k];
          offset += scale_ * (zero_point_ + 128) * stored_[j * inputs + k];
        }
        const double sum = step_ * accumulator - (shifted_ ? offset : 0.0);  // the bias takes it off
        error += (sum - exact) * (sum - exact);
        full += (sum - ideal) * (sum - ideal);
        power += ideal * ideal;
        mean += (sum - exact) / outputs;
      }
      common += mean * mean * outputs;
    }
    const double all = double{1} * count * outputs;
    result.error = std::sqrt(error / all);
    result.full_error = std::sqrt(full / all);
    result.rms = std::sqrt(power / all);
    result.common = error > 0.0 ? common / error : 0.0;
  }

  Bytes memory_;
  int zero_point_;
  std::vector<double> weights_;  ///< outputs x inputs
  std::vector<int> stored_;
  double scale_ = 1.0, step_ = 1.0;
  bool shifted_ = true;
};

inline std::string joules(probe::Energy aJ) {
  const double pJ = static_cast<double>(aJ) * 1e-6;
  return pJ < 1000 ? fmt::format("{:.3g} pJ", pJ) : fmt::format("{:.2f} nJ", pJ * 1e-3);
}
inline std::string decibels(double signal, double error) {
  return fmt::format("{:.1f} dB", 20 * std::log10(signal / error));
}

/// A Markdown table with a column a coding.
class CodingTable {
 public:
  explicit CodingTable(std::vector<std::string> names) : columns_(names.size()) {
    text_ = "| ";
    for (const std::string& name : names) {
      text_ += "| `" + name + "` ";
    }
    text_ += "|\n|---";
    for (std::size_t i = 0; i < columns_; ++i) {
      text_ += "|---";
    }
    text_ += "|\n";
  }
  template <typename Cell>
  void row(const std::string& what, Cell&& cell) {
    text_ += "| " + what;
    for (std::size_t i = 0; i < columns_; ++i) {
      text_ += " | " + cell(i);
    }
    text_ += " |\n";
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::size_t columns_;
  std::string text_;
};

}  // namespace tessera::tile::test
