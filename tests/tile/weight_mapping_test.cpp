// SPDX-License-Identifier: Apache-2.0
// The mappings of signed weights compared on one matrix: room, time, energy, range and error. Its table stands in
// docs/analog.md.
#include "tests/tile/coding_bench.h"
#include "tests/tile/page_section.h"

namespace tessera::tile {
namespace {

using namespace test;
using SignedInput = TileParameters::SignedInput;
using Mapping = analog::ArrayParameters::WeightMapping;

TileParameters with(Mapping mapping) {
  TileParameters p;
  p.array.weight_mapping = mapping;
  return p;
}

TEST(WeightMappings, TableOfThePageIsCurrent) {
  Words words;
  std::vector<std::int8_t> q;  // as after a ReLU: no code is needed for a real zero
  for (std::uint32_t i = 0; i < products * inputs; ++i) {
    q.push_back(
        static_cast<std::int8_t>(std::clamp(static_cast<int>(std::lround(40.0 * words.normal())), 0, 255) - 128));
  }
  std::vector<double> weights(outputs * inputs);
  for (double& w : weights) {
    w = words.normal();
  }
  CodingBench bench(-128, q, weights);
  const std::array mappings = {Mapping::differential_adjacent, Mapping::offset_column, Mapping::reference_column};
  const auto scale = [&](std::size_t i) { return 3.0 / analog::weight_range(with(mappings[i]).array).high; };
  const std::array<Result, 3> results = {bench.of(with(mappings[0]), scale(0)), bench.of(with(mappings[1]), scale(1)),
                                         bench.of(with(mappings[2]), scale(2))};
  const auto array = [&](std::size_t i) { return with(mappings[i]).array; };
  CodingTable table({"differential_adjacent", "offset_column", "reference_column"});
  table.row("weights of a 4-bit cell's coding", [&](std::size_t i) {
    return fmt::format("{} .. {}", analog::weight_range(array(i)).low, analog::weight_range(array(i)).high);
  });
  table.row("outputs of one block, 1024 columns", [&](std::size_t i) { return fmt::format("{}", array(i).outputs()); });
  table.row("columns for 64 outputs", [&](std::size_t i) {
    return fmt::format("{}", outputs * array(i).columns_per_weight() + array(i).references());
  });
  table.row("conversions", [&](std::size_t i) { return fmt::format("{}", results[i].conversions); });
  table.row("time of a product, 64 converters", [&](std::size_t i) {
    return fmt::format("{:.4g} ns", static_cast<double>(results[i].time.total()) * 1e-3);
  });
  table.row("energy: array", [&](std::size_t i) { return joules(results[i].energy.array); });
  table.row("energy: front end, ADC",
            [&](std::size_t i) { return joules(results[i].energy.frontend + results[i].energy.adc); });
  table.row("energy: all", [&](std::size_t i) { return joules(results[i].energy.total()); });
  table.row("gain of least error", [&](std::size_t i) { return fmt::format("{}", results[i].gain); });
  table.row("signal to error, weights as stored",
            [&](std::size_t i) { return decibels(results[i].rms, results[i].error); });
  table.row("signal to error, quantisation of weights too",
            [&](std::size_t i) { return decibels(results[i].rms, results[i].full_error); });
  table.row("of the error's power, common to all outputs",
            [&](std::size_t i) { return fmt::format("{:.1f} %", 100 * results[i].common); });
  expect_section("weight mappings", table.text());

  const auto& [pairs, offset, reference] = results;
  EXPECT_EQ(offset.conversions, pairs.conversions + 1);
  EXPECT_EQ(reference.conversions, pairs.conversions);
  EXPECT_GT(offset.time.total(), reference.time.total()) << "65 conversions on 64 converters";
  EXPECT_GT(reference.energy.array, pairs.energy.array) << "a weight of 0 conducts";
  EXPECT_LT(reference.energy.frontend, pairs.energy.frontend) << "half the columns";
  EXPECT_GT(reference.common, 4.0 * pairs.common) << "one reference for all";
  EXPECT_GT(offset.error, reference.error) << "the converters see the whole current";
  EXPECT_GT(reference.full_error, pairs.full_error) << "half the levels";
}

/// Both single-column mappings: several passes, slices, padding and row pairs give the sums that pairs give.
TEST(WeightMappings, GiveTheSumsOfPairs) {
  Words words;
  for (int round = 0; round < 20; ++round) {
    const int slices = 1 + round % 2;
    td_tile_job job{};
    job.flags = TD_TILE_STORE_PARTIAL;
    job.in_h = job.in_w = 6;
    job.in_c = 3;
    job.kernel_h = job.kernel_w = 3;
    job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
    job.pad_top = job.pad_left = 1;
    job.out_w = 6;
    job.product_count = 36;
    job.rows = 27;
    job.row0 = static_cast<std::uint16_t>(words() % 10);
    job.pair0 = static_cast<std::uint16_t>(words() % 5);
    job.outputs = 4;
    job.slices = static_cast<std::uint8_t>(slices);
    job.pad_value = static_cast<std::int8_t>(words());
    struct Source : memory::MemoryPort {
      std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(108);
      bool read(std::uint32_t, std::span<std::uint8_t> to) override {
        std::copy_n(bytes.data(), to.size(), to.data());
        return true;
      }
      bool write(std::uint32_t, std::span<const std::uint8_t>) override { return false; }
    } source;
    for (auto& byte : source.bytes) {
      byte = static_cast<std::uint8_t>(words());
    }
    std::vector<int> weights(27 * 4);
    const int limit = slices == 2 ? 119 : 7;
    for (int& w : weights) {
      w = static_cast<int>(words() % static_cast<unsigned>(2 * limit + 1)) - limit;
    }
    const auto sums = [&](Mapping mapping, SignedInput coding, bool serial) {
      TileParameters p = with(mapping);
      p.signed_input = coding;
      p.array.rows = 128;
      p.array.columns = 40;
      p.array.adc.bits = 0;
      p.array.effects = analog::NonIdealities::none();
      p.array.dac.coding = serial ? analog::DacParameters::Coding::bit_serial : p.array.dac.coding;
      EXPECT_EQ(check(job, p), "");
      const std::size_t each = p.array.columns_per_weight(), rows_each = p.rows_per_input();
      const std::size_t columns = 4 * static_cast<std::size_t>(slices) * each + p.array.references();
      std::vector<std::uint8_t> cells(27 * rows_each * columns);
      for (std::size_t r = 0; r < 27 * rows_each; ++r) {
        for (std::size_t j = 0; j < 4; ++j) {
          const int w = weights[j * 27 + r / rows_each] * (r % rows_each == 0 ? 1 : -1);
          std::uint8_t* cell = &cells[r * columns + j * static_cast<std::size_t>(slices) * each];
          const analog::Slices digits = analog::slices_of(p.array, w);
          analog::store_weight(p.array, slices == 2 ? digits.high : w, cell);
          if (slices == 2) {
            analog::store_weight(p.array, digits.low, cell + each);
          }
        }
        if (p.array.references() != 0) {
          cells[(r + 1) * columns - 1] = static_cast<std::uint8_t>(analog::reference_level(p.array));
        }
      }
      analog::Array tile(p.array, 1, 0);
      tile.program(job.row0, job.pair0 * p.array.columns_per_weight(), static_cast<std::uint32_t>(27 * rows_each),
                   static_cast<std::uint32_t>(columns), cells);
      JobCore core(p);
      EXPECT_TRUE(core.compute(job, tile, 0, source));
      std::vector<std::uint8_t> all;
      for (std::uint32_t n = 0; n < job.product_count; ++n) {
        const auto bytes = core.output(job, n);
        all.insert(all.end(), bytes.begin(), bytes.end());
      }
      return all;
    };
    for (const SignedInput coding : {SignedInput::offset, SignedInput::two_phase, SignedInput::row_pair}) {
      for (const bool serial : {false, true}) {
        const auto expected = sums(Mapping::differential_adjacent, coding, serial);
        EXPECT_EQ(sums(Mapping::offset_column, coding, serial), expected) << round;
        EXPECT_EQ(sums(Mapping::reference_column, coding, serial), expected) << round;
      }
    }
  }
}

TEST(WeightMappings, TheReferenceTakesAColumnOfItsOwn) {
  td_tile_job job{};
  job.in_h = job.in_w = job.out_w = job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = 1;
  job.dilation_h = job.dilation_w = job.slices = 1;
  job.in_c = job.rows = 8;
  job.product_count = 1;
  job.act_max = 1;
  TileParameters p = with(Mapping::reference_column);
  job.outputs = 1023;
  EXPECT_EQ(check(job, p), "");
  job.outputs = 1024;
  EXPECT_EQ(check(job, p), "columns 0..1023 and the reference behind them leave the array of 1024 columns");
  EXPECT_NE(lane_obstacle(p), "");
}

}  // namespace
}  // namespace tessera::tile
