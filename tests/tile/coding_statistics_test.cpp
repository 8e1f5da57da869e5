// SPDX-License-Identifier: Apache-2.0
// Products that take several passes or several columns: bits one after the other, signed inputs in two phases, weights
// in two slices. Each pass and slice is converted by itself, with noise of its own and with the static errors of its
// converter, and enters the sum by its place. Over chips, against the slow reference; and with nothing but converter
// noise, against the closed form.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "models/tile/job_core.h"
#include "tests/analog/slow_chip.h"
#include "tests/analog/statistics.h"
#include "tests/analog/support.h"

namespace tessera::tile {
namespace {

using analog::testing::covariance;
using analog::testing::ks_normal;
using analog::testing::ks_two_samples;
using analog::testing::mean;
using analog::testing::SlowChip;
using analog::testing::test_seed;
using analog::testing::variance;

constexpr std::uint32_t kBase = 0x90000000;
constexpr std::uint16_t kRows = 32, kOutputs = 3;
constexpr std::uint32_t kChips = 4000;
constexpr std::uint8_t kGain = 4;  // the largest: a code weighs 1

using Columns = std::vector<std::vector<double>>;

class InputMemory : public memory::MemoryPort {
 public:
  std::vector<std::int8_t> input;
  bool read(std::uint32_t address, std::span<std::uint8_t> to) override {
    if (address < kBase || address - kBase + to.size() > input.size()) {
      return false;
    }
    std::memcpy(to.data(), &input[address - kBase], to.size());
    return true;
  }
  bool write(std::uint32_t, std::span<const std::uint8_t>) override { return false; }
};

struct Coding {
  const char* name;
  bool serial, two_phase;
  std::uint8_t slices;
};
constexpr Coding kCodings[] = {{"bit serial", true, false, 1},
                               {"two phases", false, true, 1},
                               {"two slices", false, false, 2},
                               {"bits, phases and slices", true, true, 2}};

TileParameters tile_of(const Coding& coding) {
  TileParameters p;
  p.array.rows = kRows;
  p.array.columns = 2U * kOutputs * coding.slices;
  p.array.adc.bits = 10;
  p.array.adc.per_tile = p.array.pairs();
  p.array.adc.full_scale_A = 3e-6;  // no conversion is clipped
  p.array.effects = analog::NonIdealities::none();
  p.signed_input = coding.two_phase ? TileParameters::SignedInput::two_phase : TileParameters::SignedInput::offset;
  if (coding.serial) {
    p.array.dac.coding = analog::DacParameters::Coding::bit_serial;
  }
  p.array.cell.slow_epoch_passes = p.passes();
  return p;
}

td_tile_job job_of(const Coding& coding, std::uint32_t products) {
  td_tile_job job{};
  job.flags = TD_TILE_STORE_PARTIAL;
  job.src = kBase;
  job.in_h = job.in_w = job.kernel_h = job.kernel_w = 1;
  job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
  job.out_w = 1;
  job.in_c = job.rows = kRows;
  job.product_count = products;
  job.outputs = kOutputs;
  job.dst_stride = kOutputs;
  job.slices = coding.slices;
  job.gain_index = kGain;
  job.pad_value = -40;
  job.act_max = 127;
  return job;
}

/// Cells of signed weights: + and - column of each slice, high digit first.
std::vector<std::uint8_t> cells_of(const std::vector<int>& weights, std::uint8_t slices) {
  std::vector<std::uint8_t> cells;
  for (const int w : weights) {
    const int magnitude = std::abs(w);
    for (int s = 0; s < slices; ++s) {
      const int digit = slices == 1 ? magnitude : s == 0 ? magnitude / 16 : magnitude % 16;
      cells.push_back(static_cast<std::uint8_t>(w > 0 ? digit : 0));
      cells.push_back(static_cast<std::uint8_t>(w > 0 ? 0 : digit));
    }
  }
  return cells;
}

/// One pass: what it drives, and its place in the sum.
struct Pass {
  std::vector<std::uint16_t> codes;
  double place = 1.0;
};
std::vector<Pass> passes_of(const Coding& coding, const std::vector<std::int8_t>& input, int zero_point) {
  std::vector<Pass> passes;
  for (int bit = 0; bit < (coding.serial ? 8 : 1); ++bit) {
    for (int sign = 1; sign >= (coding.two_phase ? -1 : 1); sign -= 2) {
      Pass pass;
      pass.place = sign * std::ldexp(1.0, bit);
      for (const int q : input) {
        const int code = coding.two_phase ? std::max(sign * (q - zero_point), 0) : q + 128;
        pass.codes.push_back(static_cast<std::uint16_t>(coding.serial ? ((code >> bit) % 2) * 255 : code));
      }
      passes.push_back(pass);
    }
  }
  return passes;
}

std::vector<int> random_weights(std::mt19937_64& random, int limit) {
  std::vector<int> weights(std::size_t{kRows} * kOutputs);
  for (int& w : weights) {
    w = std::uniform_int_distribution<int>(-limit, limit)(random);
  }
  return weights;
}
std::vector<std::int8_t> random_input(std::mt19937_64& random) {
  std::vector<std::int8_t> input(kRows);
  for (auto& q : input) {
    q = static_cast<std::int8_t>(std::uniform_int_distribution<int>(-128, 127)(random));
  }
  return input;
}

void keep(const JobCore& core, const td_tile_job& job, Columns& columns) {
  for (std::uint32_t n = 0; n < job.product_count; ++n) {
    const auto bytes = core.output(job, n);
    std::int32_t sums[kOutputs];
    ASSERT_EQ(bytes.size(), sizeof sums);
    std::memcpy(sums, bytes.data(), sizeof sums);
    for (std::size_t j = 0; j < kOutputs; ++j) {
      columns[j].push_back(sums[j]);
    }
  }
}

TEST(CodingStatistics, SumsOverChipsHaveTheDistributionOfSlowChips) {
  const std::uint64_t seed = test_seed(111);
  std::mt19937_64 random(seed);
  const double n = kChips;
  for (const Coding& coding : kCodings) {
    SCOPED_TRACE(coding.name);
    TileParameters p = tile_of(coding);
    analog::ArrayParameters& a = p.array;
    a.effects = analog::NonIdealities();
    a.effects.slow_noise = a.effects.adc_offset_gain = true;
    a.cell.sigma_prog_rel = 0.03;
    a.cell.sigma_read_vt_V = 2e-3;
    a.dac.sigma_v_V = 1e-3;
    a.adc.sigma_lsb = 1.0;
    a.adc.offset_lsb = 1.0;
    a.adc.inl_lsb = 1.0;
    const auto weights = random_weights(random, coding.slices == 2 ? 255 : 15);
    const auto cells = cells_of(weights, coding.slices);
    InputMemory memory;
    memory.input = random_input(random);
    const td_tile_job job = job_of(coding, 1);
    ASSERT_EQ(check(job, p), "");
    const auto passes = passes_of(coding, memory.input, job.pad_value);
    ASSERT_EQ(passes.size(), p.passes());
    JobCore core(p);
    SlowChip chip(a, seed + 1);
    Columns fast(kOutputs), slow(kOutputs);
    for (std::uint32_t tile = 0; tile < kChips; ++tile) {
      analog::Array array(a, seed, tile);
      array.program(0, 0, kRows, a.columns, cells);
      ASSERT_TRUE(core.compute(job, array, 0, memory));
      ASSERT_EQ(core.clipped(), 0U);
      keep(core, job, fast);
      chip.make(cells);
      double sums[kOutputs] = {};
      for (const Pass& pass : passes) {
        const auto codes = chip.product(pass.codes, a.adc.gains[kGain]);
        for (std::size_t i = 0; i < codes.size(); ++i) {
          sums[i / coding.slices] += pass.place * (coding.slices == 2 && i % 2 == 0 ? 16 : 1) * codes[i];
        }
      }
      for (std::size_t j = 0; j < kOutputs; ++j) {
        slow[j].push_back(sums[j]);
      }
    }
    std::printf("%-24s", coding.name);
    for (std::size_t i = 0; i < kOutputs; ++i) {
      const double vf = variance(fast[i]), vs = variance(slow[i]), ks = ks_two_samples(fast[i], slow[i]);
      EXPECT_NEAR(mean(fast[i]), mean(slow[i]), 5 * std::sqrt((vf + vs) / n));
      EXPECT_NEAR(vf / vs, 1.0, 5 * std::sqrt(4 / n) + 0.02);
      EXPECT_GT(ks, 1e-5);
      std::printf("  %8.1f/%8.1f %6.1f/%6.1f (%.2f)", mean(fast[i]), mean(slow[i]), std::sqrt(vf), std::sqrt(vs), ks);
      for (std::size_t j = 0; j < i; ++j) {
        EXPECT_NEAR(covariance(fast[i], fast[j]) / std::sqrt(vf * variance(fast[j])),
                    covariance(slow[i], slow[j]) / std::sqrt(vs * variance(slow[j])), 5 * std::sqrt(2 / n) + 0.01);
      }
    }
    std::printf("   mean, sigma fast/slow (KS probability)\n");
  }
}

TEST(CodingStatistics, ConverterNoiseEntersByThePlaceOfItsPassAndSlice) {
  // Var = sum over passes of place^2, times 16^2 + 1 with two slices, times (sigma^2 + 1 / 12).
  const std::uint64_t seed = test_seed(112);
  std::mt19937_64 random(seed);
  constexpr std::uint32_t kProducts = 6000;
  for (const Coding& coding : kCodings) {
    SCOPED_TRACE(coding.name);
    TileParameters p = tile_of(coding);
    p.array.effects.adc_noise = true;
    p.array.adc.sigma_lsb = 8.0;  // covers the steps of 16 of the high slice
    const auto weights = random_weights(random, coding.slices == 2 ? 255 : 15);
    InputMemory memory;
    memory.input = random_input(random);
    td_tile_job job = job_of(coding, 1);
    analog::Array array(p.array, seed, 0);
    array.program(0, 0, kRows, p.array.columns, cells_of(weights, coding.slices));
    JobCore core(p);
    Columns sums(kOutputs);
    for (std::uint32_t event = 0; event < kProducts; ++event) {
      ASSERT_TRUE(core.compute(job, array, event, memory));
      keep(core, job, sums);
    }
    double places = 0.0;
    for (const Pass& pass : passes_of(coding, memory.input, job.pad_value)) {
      places += pass.place * pass.place * (coding.slices == 2 ? 257 : 1);
    }
    const double sigma = std::sqrt(places * (64.0 + 1.0 / 12));
    const double steps = array.lsb_in_column_sum(kGain);
    for (std::size_t j = 0; j < kOutputs; ++j) {
      double exact = 0.0;  // sum of value * weight in ADC steps
      for (std::size_t r = 0; r < kRows; ++r) {
        const int q = memory.input[r];
        exact += (coding.two_phase ? q - job.pad_value : q + 128) * weights[r * kOutputs + j];
      }
      // A bit drives its rows fully, whatever its place: 255 times the current of code 1.
      exact *= coding.serial ? 255.0 / steps : 1.0 / steps;
      EXPECT_NEAR(mean(sums[j]), exact, 5 * sigma / std::sqrt(kProducts));
      EXPECT_NEAR(std::sqrt(variance(sums[j])) / sigma, 1.0, 5 / std::sqrt(2.0 * kProducts) + 0.005);
      std::vector<double> smooth = sums[j];
      for (double& v : smooth) {
        v += std::uniform_real_distribution<double>(-0.5, 0.5)(random);
      }
      EXPECT_GT(ks_normal(smooth, exact, sigma), 1e-5);
      std::printf("%-24s output %zu: mean %.1f (exact %.1f), sigma %.2f, closed form %.2f\n", coding.name, j,
                  mean(sums[j]), exact, std::sqrt(variance(sums[j])), sigma);
    }
  }
}

}  // namespace
}  // namespace tessera::tile
