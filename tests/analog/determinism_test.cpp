// SPDX-License-Identifier: Apache-2.0
// The same bytes for every instruction set, batch split, order of calls and number of threads.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <bit>
#include <thread>

#include "models/analog/array.h"
#include "models/analog/kernels.h"
#include "models/analog/plain_kernels.h"
#include "tests/analog/support.h"

namespace tessera::analog {
namespace {

using testing::Outcome;
using testing::random_codes;
using testing::random_levels;
using testing::run;
using testing::test_seed;

struct Shape {
  std::uint32_t row0, rows, pair0, pairs, count;
};

// Narrow and wide rectangles, odd offsets that split Philox blocks, rows beyond one 32-bit chunk.
const std::vector<Shape> kShapes = {{0, 25, 0, 6, 70},   {3, 150, 5, 16, 33},  {1, 1, 1, 1, 3},     {2, 127, 7, 17, 5},
                                    {0, 128, 0, 32, 8},  {5, 129, 3, 15, 9},   {6, 400, 11, 60, 7}, {0, 512, 0, 128, 2},
                                    {7, 505, 1, 127, 1}, {10, 84, 100, 10, 64}};

/// Every effect but the iterative solver of the voltage drop.
ArrayParameters all_effects() {
  ArrayParameters p;
  p.rows = 512;
  p.columns = 256;
  p.effects = {true, true, true, true, true, true, true, true, true, true, true, true, true, true, true};
  p.environment = {3e7, 340.0};
  p.cell.sa_fault_rate = 1e-3;
  p.cell.slow_epoch_passes = 64;
  return p;
}

class Targets {
 public:
  /// Calls `body` with each instruction set that this machine and this build have.
  template <class Body>
  static void each(Body&& body) {
    hwy::SetSupportedTargetsForTest(0);
    std::vector<std::int64_t> all;
    for (std::int64_t bit : hwy::SupportedAndGeneratedTargets()) {
      all.push_back(bit);
    }
    for (const std::int64_t target : all) {
      hwy::SetSupportedTargetsForTest(target);
      hwy::GetChosenTarget().Update(hwy::SupportedTargets());
      body(hwy::TargetName(target));
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

std::vector<ArrayParameters> variants() {
  ArrayParameters nominal;
  nominal.rows = 512;
  nominal.columns = 256;
  std::vector<ArrayParameters> all = {nominal};
  ArrayParameters ideal = nominal;
  ideal.effects = NonIdealities::none();
  all.push_back(ideal);
  ideal.adc.bits = 0;
  all.push_back(ideal);
  for (bool NonIdealities::*effect :
       {&NonIdealities::programming_error, &NonIdealities::read_noise, &NonIdealities::off_current,
        &NonIdealities::dac_noise, &NonIdealities::adc_noise, &NonIdealities::adc_inl, &NonIdealities::slow_noise,
        &NonIdealities::ir_drop, &NonIdealities::dac_errors, &NonIdealities::adc_offset_gain,
        &NonIdealities::adc_dnl}) {
    ArrayParameters one = nominal;
    one.effects = NonIdealities::none();
    one.effects.*effect = true;
    all.push_back(one);
  }
  ArrayParameters rough = nominal;
  rough.cell.bits = 6;
  rough.cell.sigma_prog_rel = 0.1;
  rough.cell.sigma_read_vt_V = 5e-3;
  rough.dac.bits = 10;
  rough.dac.sigma_v_V = 5e-3;
  rough.adc.bits = 6;
  rough.adc.sigma_lsb = 2;
  rough.adc.inl_lsb = 3;
  all.push_back(rough);
  all.push_back(rough);
  rough.effects = {true, true, true, true, true, true, true, true, true, true, true, true, true, true, true};
  rough.environment = {3e7, 340.0};
  rough.cell.slow_epoch_passes = 7;
  all.push_back(rough);
  rough.cell.slow_epoch_passes = 1000;  // an epoch that lasts for a batch
  all.push_back(rough);
  all.push_back(nominal);
  // A single product has a kernel of its own for each of these, with one-sided pairs and with two-sided ones.
  for (const bool slow : {true, false}) {
    for (const bool drop : {true, false}) {
      ArrayParameters fused = nominal;
      fused.effects.slow_noise = slow;
      fused.effects.ir_drop = drop;
      fused.effects.compression = slow != drop;
      fused.cell.bl_ohm_per_cell = 100;
      all.push_back(fused);
      all.push_back(fused);
    }
  }
  return all;
}

TEST(Determinism, EveryInstructionSet) {
  const std::uint64_t seed = test_seed(11);
  int sets = 0;
  int number = 0;
  for (const ArrayParameters& p : variants()) {
    const bool one_sided = number++ % 2 == 0;  // nominal is one-sided, rough two-sided
    std::vector<Outcome> first;
    Targets::each([&](const char* name) {
      SCOPED_TRACE(name);
      ++sets;
      std::mt19937_64 random(seed);
      Array array(p, seed, 3);
      array.program(0, 0, p.rows, p.columns, random_levels(random, p.rows, p.columns, p.max_level(), one_sided));
      for (std::size_t i = 0; i < kShapes.size(); ++i) {
        const Shape& s = kShapes[i];
        const Product product{s.row0, s.rows, s.pair0, s.pairs, s.count, 0xFFFFFFFFULL - 2, 2};
        Outcome outcome = run(array, product, random_codes(random, std::size_t{s.count} * s.rows, p.max_code()));
        if (first.size() <= i) {
          first.push_back(std::move(outcome));
        } else {
          EXPECT_EQ(outcome.active, first[i].active);
          EXPECT_EQ(outcome.current_A, first[i].current_A);
          EXPECT_EQ(outcome.clipped, first[i].clipped);
          EXPECT_TRUE(outcome.codes == first[i].codes) << "shape " << i;
        }
      }
    });
  }
  std::printf("instruction sets:");
  Targets::each([](const char* name) { std::printf(" %s", name); });
  std::printf("\n");
  EXPECT_GE(sets, 2 * static_cast<int>(variants().size())) << "only one instruction set: nothing was compared";
}

TEST(Determinism, NormalsOfEveryInstructionSetAreThePlainOnes) {
  constexpr std::size_t kBlocks = 16 * 1024;
  std::mt19937_64 random(test_seed(12));
  std::vector<std::uint32_t> block(kBlocks), low(kBlocks), high(kBlocks);
  for (std::size_t i = 0; i < kBlocks; ++i) {
    block[i] = static_cast<std::uint32_t>(random());
    low[i] = static_cast<std::uint32_t>(random());
    high[i] = static_cast<std::uint32_t>(random());
  }
  const kernels::NormalRequest request{
      {0x12345678U, 0x9ABCDEF0U}, 0xCAFEU, block.data(), low.data(), high.data(), kBlocks};
  std::vector<float> expected(4 * kBlocks);
  kernels::plain::normals(request, expected.data());
  Targets::each([&](const char* name) {
    std::vector<float> got(4 * kBlocks);
    kernels::normals(request, got.data());
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(got[i]), std::bit_cast<std::uint32_t>(expected[i])) << name << " " << i;
    }
  });
}

TEST(Determinism, BatchSplitAndOrder) {
  const std::uint64_t seed = test_seed(13);
  for (const ArrayParameters& p : {variants().front(), all_effects()}) {
    std::mt19937_64 random(seed);
    Array array(p, seed, 1);
    array.program(0, 0, p.rows, p.columns, random_levels(random, p.rows, p.columns, p.max_level()));
    const Product whole{9, 61, 2, 21, 100, 1000, 3};
    const auto codes = random_codes(random, std::size_t{100} * 61, p.max_code());
    const Outcome expected = run(array, whole, codes);
    std::vector<std::uint32_t> cuts = {0, 1, 3, 7, 39, 40, 72, 99, 100};
    Outcome pieces = expected;
    pieces.codes.assign(pieces.codes.size(), 0);
    for (std::size_t i = cuts.size() - 1; i > 0; --i) {  // last piece first
      Product part = whole;
      part.count = cuts[i] - cuts[i - 1];
      part.first_event = whole.first_event + cuts[i - 1];
      const Outcome got = run(array, part, {codes.begin() + cuts[i - 1] * 61, codes.begin() + cuts[i] * 61});
      std::copy(got.codes.begin(), got.codes.end(), pieces.codes.begin() + cuts[i - 1] * 21);
      std::copy(got.clipped.begin(), got.clipped.end(), pieces.clipped.begin() + cuts[i - 1]);
      std::copy(got.current_A.begin(), got.current_A.end(), pieces.current_A.begin() + cuts[i - 1]);
    }
    EXPECT_EQ(pieces, expected);
    // Draws belong to physical rows and pairs: a rectangle cut out of another one sees the same ADC noise.
    ArrayParameters adc_only = p;
    adc_only.effects = NonIdealities::none();
    adc_only.effects.adc_noise = true;
    Array other(adc_only, seed, 1);
    other.program(0, 0, p.rows, p.columns, random_levels(random, p.rows, p.columns, p.max_level()));
    const Outcome wide = run(other, whole, codes);
    Product narrow = whole;
    narrow.pair0 += 5;
    narrow.pairs = 4;
    const Outcome cut = run(other, narrow, codes);
    for (std::size_t n = 0; n < 100; ++n) {
      for (std::size_t c = 0; c < 4; ++c) {
        ASSERT_EQ(cut.codes[n * 4 + c], wide.codes[n * 21 + 5 + c]);
      }
    }
  }
}

TEST(Determinism, Threads) {
  const std::uint64_t seed = test_seed(14);
  for (const ArrayParameters& p : {variants().front(), all_effects()}) {
    std::mt19937_64 random(seed);
    Array array(p, seed, 2);
    array.program(0, 0, p.rows, p.columns, random_levels(random, p.rows, p.columns, p.max_level()));
    const Product product{0, 300, 0, 100, 40, 77, 1};
    const auto codes = random_codes(random, std::size_t{40} * 300, p.max_code());
    std::vector<Outcome> outcomes(8);
    std::vector<std::thread> threads;
    threads.reserve(outcomes.size());
    for (Outcome& outcome : outcomes) {
      threads.emplace_back([&] { outcome = run(array, product, codes); });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    for (const Outcome& outcome : outcomes) {
      EXPECT_EQ(outcome, outcomes.front());
    }
  }
}

TEST(Determinism, SeedTileEventAndWritesMatter) {
  ArrayParameters p;
  p.rows = 64;
  p.columns = 64;
  std::mt19937_64 random(1);
  const auto levels = random_levels(random, 64, 64, 15);
  const auto codes = random_codes(random, 64, 255);
  const auto with = [&](std::uint64_t seed, std::uint32_t tile, std::uint64_t event, int writes) {
    Array array(p, seed, tile);
    for (int i = 0; i < writes; ++i) {
      array.program(0, 0, 64, 64, levels);
    }
    return run(array, {0, 64, 0, 32, 1, event, 4}, codes).codes;
  };
  const auto base = with(1, 0, 0, 1);
  EXPECT_EQ(with(1, 0, 0, 1), base);
  EXPECT_NE(with(2, 0, 0, 1), base);
  EXPECT_NE(with(1ULL << 40U | 1, 0, 0, 1), base);
  EXPECT_NE(with(1, 1, 0, 1), base);
  EXPECT_NE(with(1, 0, 1, 1), base);
  EXPECT_NE(with(1, 0, 1ULL << 33U, 1), base);
  EXPECT_NE(with(1, 0, 0, 2), base);
}

}  // namespace
}  // namespace tessera::analog
