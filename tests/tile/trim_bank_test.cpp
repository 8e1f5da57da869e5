// SPDX-License-Identifier: Apache-2.0
// Trim registers and what jobs make of them, against exact rational arithmetic.
#include "models/tile/trim_bank.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "models/tile/job_core.h"
#include "tessera_registers.hpp"

namespace tessera::tile {
namespace {

namespace reg = registers::tile;
constexpr std::uint32_t base = 0x90000000;

class TestMemory : public memory::MemoryPort {
 public:
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(1 << 16);
  bool read(std::uint32_t address, std::span<std::uint8_t> to) override {
    std::copy_n(&bytes.at(address - base), to.size(), to.data());
    return true;
  }
  bool write(std::uint32_t address, std::span<const std::uint8_t> from) override {
    std::copy(from.begin(), from.end(), &bytes.at(address - base));
    return true;
  }
};

TileParameters noisy_tile() {
  TileParameters parameters;
  parameters.array.rows = 32;
  parameters.array.columns = 48;
  parameters.array.adc.per_tile = 7;
  parameters.array.effects.adc_offset_gain = true;
  return parameters;
}

std::uint32_t trim_at(std::uint32_t converter) {
  return reg::adc_trim + converter * reg::adc_trim_stride;
}

/// Raw accumulators of a job, product by output.
struct Bench {
  explicit Bench(const TileParameters& p) : parameters(p), array(p.array, 3, 0), trims(p), core(parameters) {
    std::mt19937 random(9);
    std::vector<std::uint8_t> levels(std::size_t{p.array.rows} * p.array.columns);
    for (std::uint8_t& level : levels) {
      level = static_cast<std::uint8_t>(random() % 16);
    }
    array.program(0, 0, p.array.rows, p.array.columns, levels);
    for (std::size_t i = 0; i < 0x1000; ++i) {
      memory.bytes[i] = static_cast<std::uint8_t>(random());
    }
    job.src = base;
    job.dst = base + 0x1000;
    job.in_h = 5;
    job.in_w = job.out_w = 1;
    job.in_c = job.rows = 32;
    job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
    job.product_count = 5;
    job.pair0 = 3;
    job.outputs = 9;
    job.slices = 1;
    job.act_min = -128;
    job.act_max = 127;
    job.flags = TD_TILE_STORE_PARTIAL;
  }
  std::vector<std::int32_t> accumulators(const TrimBank* used) {
    core.use(used);
    EXPECT_EQ(check(job, parameters), "");
    EXPECT_TRUE(core.compute(job, array, 100, memory));
    std::vector<std::int32_t> sums;
    for (std::uint32_t n = 0; n < job.product_count; ++n) {
      const auto bytes = core.output(job, n);
      for (std::size_t i = 0; i < bytes.size(); i += 4) {
        std::int32_t sum = 0;
        std::memcpy(&sum, &bytes[i], 4);
        sums.push_back(sum);
      }
    }
    return sums;
  }

  TileParameters parameters;
  analog::Array array;
  TrimBank trims;
  JobCore core;
  TestMemory memory;
  td_tile_job job{};
};

TEST(TrimBank, FactsFollowFromTheParameters) {
  TileParameters p = noisy_tile();
  TrimBank trims(p);
  EXPECT_EQ(trims.read(reg::trim_count), 7U);
  EXPECT_EQ(trims.read(reg::trim_adc), 8U | 5U << 8);
  EXPECT_EQ(trims.read(reg::trim_pass_weight), 1U);
  // 1 uA over 1 nA, code 255, at gain 16 and 128 codes: 124.51 of column sum
  EXPECT_EQ(trims.read(reg::trim_lsb), std::lround(1000.0 * 255.0 / 2048.0 * 4096.0));
  EXPECT_EQ(trims.read(reg::trim_gain_weight), 16U);
  EXPECT_EQ(trims.read(reg::trim_gain_weight + 16), 1U);
  EXPECT_EQ(trims.read(reg::trim_gain_weight + 20), 0U) << "there are five gains";
  EXPECT_EQ(trims.read(trim_at(6)), reg::adc_trim_reset);
  EXPECT_EQ(trims.read(trim_at(7)), reg::adc_trim_reset) << "not there";
  trims.write(trim_at(7), 5);
  EXPECT_EQ(trims.read(trim_at(7)), reg::adc_trim_reset);

  p.signed_input = TileParameters::SignedInput::two_phase;
  p.array.dac.coding = analog::DacParameters::Coding::bit_serial;
  const TrimBank serial(p);
  EXPECT_EQ(serial.read(reg::trim_adc), 8U | 5U << 8 | reg::trim_adc_cancels);
  EXPECT_EQ(serial.read(reg::trim_pass_weight), 255U);
  EXPECT_EQ(serial.read(reg::trim_lsb), std::lround(1000.0 / 2048.0 * 4096.0));

  p.array.adc.bits = 0;
  TrimBank exact(p);
  exact.write(reg::trim_ctrl, 1);
  exact.write(trim_at(0), 5);
  for (std::uint32_t offset = reg::trim_ctrl; offset < 0x8000; offset += 4) {
    const bool word = offset >= reg::adc_trim && offset < reg::adc_trim + 4 * reg::adc_trim_count;
    ASSERT_EQ(exact.read(offset), word ? reg::adc_trim_reset : 0U) << offset;
  }
  EXPECT_FALSE(exact.enabled());
}

TEST(TrimBank, NeutralAndDisabledTrimsChangeNothing) {
  Bench bench(noisy_tile());
  const auto plain = bench.accumulators(nullptr);
  bench.trims.write(reg::trim_ctrl, 1);
  EXPECT_EQ(bench.accumulators(&bench.trims), plain) << "gain 1, offset 0";
  for (std::uint32_t k = 0; k < 7; ++k) {
    bench.trims.write(trim_at(k), 0x12345678 * (k + 1));
  }
  EXPECT_NE(bench.accumulators(&bench.trims), plain);
  bench.trims.write(reg::trim_ctrl, 0);
  EXPECT_EQ(bench.accumulators(&bench.trims), plain) << "disabled";
}

/// round half away from zero of a / 2^21
std::int64_t rounded(long double a) {
  return static_cast<std::int64_t>(std::roundl(a / 2097152.0L));
}

// Whatever the words are: (code - offset / 64) gain / 32768, slices and gain weight, rounded once, then saturated.
TEST(TrimBank, CorrectsAsTheFormulaSays) {
  std::mt19937 random(17);
  for (const int slices : {1, 2}) {
    for (const bool partial : {false, true}) {
      Bench bench(noisy_tile());
      bench.job.slices = static_cast<std::uint8_t>(slices);
      bench.parameters.accumulator_bits = partial ? 16 : 32;  // saturates
      std::vector<std::int32_t> added(45);
      if (partial) {
        bench.job.flags |= TD_TILE_ADD_PARTIAL;
        bench.job.partial_src = base + 0x4000;
        for (auto& value : added) {
          value = static_cast<std::int32_t>(random() % 40000) - 20000;
        }
        std::memcpy(&bench.memory.bytes[0x4000], added.data(), added.size() * 4);
      }
      for (const std::uint8_t gain : {std::uint8_t{0}, std::uint8_t{2}, std::uint8_t{4}}) {
        bench.job.gain_index = gain;
        // Codes of the single pairs: the same columns as outputs of one slice, without partial sums.
        Bench codes(noisy_tile());
        codes.job.outputs = static_cast<std::uint16_t>(9 * slices);
        codes.job.gain_index = gain;
        const auto raw = codes.accumulators(nullptr);
        const std::int32_t weight = 16 >> gain;
        for (std::uint32_t k = 0; k < 7; ++k) {
          bench.trims.write(trim_at(k), static_cast<std::uint32_t>(random()));
        }
        bench.trims.write(reg::trim_ctrl, 1);
        const auto sums = bench.accumulators(&bench.trims);
        for (std::size_t i = 0; i < sums.size(); ++i) {
          const std::size_t n = i / 9, output = i % 9;
          long double sum = 0;
          for (int s = 0; s < slices; ++s) {
            const std::size_t pair = output * static_cast<std::size_t>(slices) + static_cast<std::size_t>(s);
            const std::int32_t code = raw[n * 9 * static_cast<std::size_t>(slices) + pair] / weight;
            const std::uint32_t word = bench.trims.word((3 + static_cast<std::uint32_t>(pair)) % 7);
            const int offset = static_cast<std::int16_t>(word & 0xFFFF);
            sum = sum * 16 + static_cast<long double>(code * 64 - offset) * (word >> 16);
          }
          const std::int64_t limit = partial ? 32767 : INT32_MAX;
          const std::int64_t want = std::clamp<std::int64_t>(rounded(sum * weight) + added[i], -limit - 1, limit);
          ASSERT_EQ(sums[i], want) << "element " << i << " slices " << slices << " gain " << int{gain};
        }
      }
    }
  }
}

// The largest words, the largest ratio of gains and several passes stay inside of what the arithmetic holds.
TEST(TrimBank, ExtremesSaturate) {
  TileParameters p = noisy_tile();
  p.array.adc.gains = {1.0 / 65536, 4096};
  p.array.adc.bits = 12;
  p.array.dac.coding = analog::DacParameters::Coding::bit_serial;
  Bench bench(p);
  for (const std::uint32_t word : {0xFFFF8000U, 0xFFFF7FFFU, 0x00000000U, 0xFFFFFFFFU}) {
    for (std::uint32_t k = 0; k < 7; ++k) {
      bench.trims.write(trim_at(k), word);
    }
    bench.trims.write(reg::trim_ctrl, 0xFFFFFFFF);
    const auto sums = bench.accumulators(&bench.trims);
    const std::int32_t want = word == 0xFFFF8000U ? INT32_MAX : word == 0xFFFF7FFFU ? INT32_MIN : 0;
    if (word != 0xFFFFFFFFU) {  // an offset of -1/64: the sign is the code's
      EXPECT_EQ(sums, std::vector<std::int32_t>(sums.size(), want)) << word;
    }
    EXPECT_EQ(bench.core.saturated(), word == 0 ? 0U : sums.size()) << word << ": none is lost in silence";
  }
}

}  // namespace
}  // namespace tessera::tile
