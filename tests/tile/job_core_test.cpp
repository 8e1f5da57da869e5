// SPDX-License-Identifier: Apache-2.0
// Tile jobs against direct convolution in 64-bit integers, on random shapes: im2col with padding, strides, dilation,
// row splits with partial sums, slices, requantisation.
#include "models/tile/job_core.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace tessera::tile {
namespace {

constexpr std::uint32_t base = 0x90000000;

class TestMemory : public memory::MemoryPort {
 public:
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(1 << 18);
  bool read(std::uint32_t address, std::span<std::uint8_t> to) override {
    if (address < base || address - base + to.size() > bytes.size()) {
      return false;
    }
    std::copy_n(&bytes[address - base], to.size(), to.data());
    return true;
  }
  bool write(std::uint32_t address, std::span<const std::uint8_t> from) override {
    if (address < base || address - base + from.size() > bytes.size()) {
      return false;
    }
    std::copy(from.begin(), from.end(), &bytes[address - base]);
    return true;
  }
};

TileParameters exact_tile() {
  TileParameters parameters;
  parameters.array.rows = 256;
  parameters.array.columns = 64;
  parameters.array.adc.bits = 0;
  parameters.array.effects = analog::NonIdealities::none();
  return parameters;
}

struct Convolution {
  td_tile_job job{};
  std::vector<std::vector<int>> weights;  ///< [output][k]
  int out_h = 0;
};

Convolution random_convolution(std::mt19937& random) {
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  Convolution c;
  td_tile_job& job = c.job;
  job.src = base;
  job.dst = base + 0x8000;
  job.channels = base + 0x10000;
  job.in_h = static_cast<std::uint16_t>(pick(3, 10));
  job.in_w = static_cast<std::uint16_t>(pick(3, 10));
  job.in_c = static_cast<std::uint16_t>(pick(1, 6));
  job.kernel_h = static_cast<std::uint8_t>(pick(1, 3));
  job.kernel_w = static_cast<std::uint8_t>(pick(1, 3));
  job.stride_h = static_cast<std::uint8_t>(pick(1, 2));
  job.stride_w = static_cast<std::uint8_t>(pick(1, 2));
  job.dilation_h = static_cast<std::uint8_t>(pick(1, 2));
  job.dilation_w = job.dilation_h;
  job.pad_top = static_cast<std::int16_t>(pick(0, 1));
  job.pad_left = static_cast<std::int16_t>(pick(0, 1));
  const int reach_h = (job.kernel_h - 1) * job.dilation_h + 1;
  const int reach_w = (job.kernel_w - 1) * job.dilation_w + 1;
  c.out_h = std::max(1, (job.in_h + 2 * job.pad_top - reach_h) / job.stride_h + 1);
  job.out_w = static_cast<std::uint16_t>(std::max(1, (job.in_w + 2 * job.pad_left - reach_w) / job.stride_w + 1));
  job.product_count = static_cast<std::uint32_t>(c.out_h) * job.out_w;
  job.rows = static_cast<std::uint16_t>(job.kernel_h * job.kernel_w * job.in_c);
  job.row0 = static_cast<std::uint16_t>(pick(0, 100));
  job.outputs = static_cast<std::uint16_t>(pick(1, 7));
  job.dst_stride = job.outputs;
  job.slices = static_cast<std::uint8_t>(pick(1, 2));
  job.pair0 = static_cast<std::uint16_t>(pick(0, 10));
  job.pad_value = static_cast<std::int8_t>(pick(-128, 127));
  job.out_zero_point = static_cast<std::int8_t>(pick(-128, 127));
  job.act_min = -128;
  job.act_max = 127;
  const int limit = job.slices == 2 ? 255 : 15;
  c.weights.resize(job.outputs);
  for (auto& row : c.weights) {
    row.resize(job.rows);
    for (int& w : row) {
      w = pick(-limit, limit);
    }
  }
  return c;
}

/// @param rows_each  rows an element takes: the second one holds the weights with the other sign
void program(analog::Array& array, const Convolution& c, std::uint32_t rows_each = 1) {
  const td_tile_job& job = c.job;
  const std::uint32_t columns = 2u * job.outputs * job.slices;
  std::vector<std::uint8_t> cells(std::size_t{job.rows} * rows_each * columns);
  for (std::size_t k = 0; k < std::size_t{job.rows} * rows_each; ++k) {
    for (std::size_t j = 0; j < job.outputs; ++j) {
      const int w = k % rows_each == 0 ? c.weights[j][k / rows_each] : -c.weights[j][k / rows_each];
      const auto magnitude = static_cast<std::uint8_t>(std::abs(w));
      const std::size_t sign = w < 0 ? 1 : 0;
      std::uint8_t* at = &cells[k * columns + j * job.slices * 2u];
      if (job.slices == 2) {
        at[sign] = magnitude >> 4;
        at[2 + sign] = magnitude & 15;
      } else {
        at[sign] = magnitude;
      }
    }
  }
  array.program(job.row0, job.pair0 * 2u, job.rows * rows_each, columns, cells);
}

/// sum over the window of code * weight, code = q + 128
std::int64_t column_sum(const Convolution& c, const TestMemory& memory, std::uint32_t n, std::size_t output) {
  const td_tile_job& job = c.job;
  const int oy = static_cast<int>(n / job.out_w), ox = static_cast<int>(n % job.out_w);
  std::int64_t sum = 0;
  std::size_t k = 0;
  for (int ky = 0; ky < job.kernel_h; ++ky) {
    for (int kx = 0; kx < job.kernel_w; ++kx) {
      for (int ic = 0; ic < job.in_c; ++ic, ++k) {
        const int iy = oy * job.stride_h - job.pad_top + ky * job.dilation_h;
        const int ix = ox * job.stride_w - job.pad_left + kx * job.dilation_w;
        const bool inside = iy >= 0 && iy < job.in_h && ix >= 0 && ix < job.in_w;
        const int q =
            inside
                ? static_cast<std::int8_t>(memory.bytes[static_cast<std::size_t>((iy * job.in_w + ix) * job.in_c + ic)])
                : job.pad_value;
        sum += std::int64_t{q + 128} * c.weights[output][k];
      }
    }
  }
  return sum;
}

class JobCoreProperty : public ::testing::TestWithParam<unsigned> {};

TEST_P(JobCoreProperty, EqualsDirectConvolution) {
  std::mt19937 random(GetParam());
  const Convolution c = random_convolution(random);
  const TileParameters parameters = exact_tile();
  ASSERT_EQ(check(c.job, parameters), "") << "seed " << GetParam();
  analog::Array array(parameters.array, 7, 0);
  program(array, c);
  TestMemory memory;
  for (std::size_t i = 0; i < 0x8000; ++i) {
    memory.bytes[i] = static_cast<std::uint8_t>(random());
  }
  // A multiplier of 2^-10 and a bias: real = (sum + bias) / 1024, rounded half away from zero in two steps.
  std::vector<td_channel> channels(c.job.outputs, td_channel{1234, 1 << 30, -9});
  std::memcpy(&memory.bytes[0x10000], channels.data(), channels.size() * sizeof(td_channel));

  JobCore core(parameters);
  ASSERT_TRUE(core.compute(c.job, array, 0, memory));
  ASSERT_TRUE(core.store(c.job, memory));
  for (std::uint32_t n = 0; n < c.job.product_count; ++n) {
    for (std::size_t j = 0; j < c.job.outputs; ++j) {
      const double real = static_cast<double>(column_sum(c, memory, n, j) + 1234) / 1024.0 + c.job.out_zero_point;
      const int stored = static_cast<std::int8_t>(memory.bytes[0x8000 + n * c.job.dst_stride + j]);
      ASSERT_NEAR(stored, std::clamp(real, -128.0, 127.0), 0.5011) << "seed " << GetParam() << " product " << n;
    }
  }
}

TEST_P(JobCoreProperty, PartialSumsOfTwoRowRangesAddUp) {
  std::mt19937 random(GetParam());
  const Convolution c = random_convolution(random);
  const TileParameters parameters = exact_tile();
  analog::Array array(parameters.array, 7, 0);
  program(array, c);
  TestMemory memory;
  for (std::size_t i = 0; i < 0x8000; ++i) {
    memory.bytes[i] = static_cast<std::uint8_t>(random());
  }
  if (c.job.rows < 2) {
    return;
  }
  td_tile_job first = c.job;
  first.rows = static_cast<std::uint16_t>(c.job.rows / 2);
  first.flags = TD_TILE_STORE_PARTIAL;
  first.dst = base + 0x20000;
  td_tile_job second = c.job;
  second.k_first = first.rows;
  second.rows = static_cast<std::uint16_t>(c.job.rows - first.rows);
  second.row0 = static_cast<std::uint16_t>(c.job.row0 + first.rows);
  second.flags = TD_TILE_ADD_PARTIAL | TD_TILE_STORE_PARTIAL;
  second.partial_src = first.dst;
  second.dst = base + 0x30000;
  JobCore core(parameters);
  ASSERT_TRUE(core.compute(first, array, 0, memory));
  ASSERT_TRUE(core.store(first, memory));
  ASSERT_TRUE(core.compute(second, array, 0, memory));
  ASSERT_TRUE(core.store(second, memory));
  for (std::uint32_t n = 0; n < c.job.product_count; ++n) {
    for (std::size_t j = 0; j < c.job.outputs; ++j) {
      std::int32_t stored = 0;
      std::memcpy(&stored, &memory.bytes[0x30000 + (n * c.job.outputs + j) * 4], 4);
      ASSERT_EQ(stored, column_sum(c, memory, n, j)) << "seed " << GetParam();
    }
  }
}

// Four tiles hold a quarter of the rows each, at places of their own, and add on lanes: exact converters give what one
// tile gives, and so do converters of 8 bits, for there is one conversion.
TEST_P(JobCoreProperty, SumsOnLanesEqualOneTile) {
  std::mt19937 random(GetParam());
  const Convolution c = random_convolution(random);
  TestMemory memory;
  for (std::size_t i = 0; i < 0x8000; ++i) {
    memory.bytes[i] = static_cast<std::uint8_t>(random());
  }
  std::vector<td_channel> channels(c.job.outputs, td_channel{-500, 1 << 30, -6});
  std::memcpy(&memory.bytes[0x10000], channels.data(), channels.size() * sizeof(td_channel));
  for (const int bits : {0, 8}) {
    TileParameters parameters = exact_tile();
    parameters.array.adc.bits = bits;
    analog::Array whole(parameters.array, 7, 0);
    program(whole, c);
    JobCore core(parameters);
    ASSERT_TRUE(core.compute(c.job, whole, 0, memory) && core.store(c.job, memory));
    const std::vector<std::uint8_t> expected(&memory.bytes[0x8000], &memory.bytes[0x10000]);
    const std::uint64_t clipped = core.clipped();

    const std::uint32_t tiles = std::min<std::uint32_t>(4, c.job.rows);
    std::vector<analog::LineSums> brought;
    for (std::uint32_t i = 0; i < tiles; ++i) {
      Convolution part = c;
      part.job.k_first = static_cast<std::uint16_t>(c.job.rows * i / tiles);
      part.job.rows = static_cast<std::uint16_t>(c.job.rows * (i + 1) / tiles - part.job.k_first);
      part.job.row0 = static_cast<std::uint16_t>(random() % 100);
      for (auto& row : part.weights) {
        row.erase(row.begin(), row.begin() + part.job.k_first);
        row.resize(part.job.rows);
      }
      const bool collects = i + 1 == tiles;
      part.job.flags = collects ? TD_TILE_LANE_COLLECT : TD_TILE_LANE_DRIVE;
      part.job.lane_group = 1;
      part.job.lane_members = static_cast<std::uint16_t>(std::max(1u, tiles - 1));
      ASSERT_EQ(check(part.job, parameters), "");
      analog::Array array(parameters.array, 7, i);
      program(array, part);
      ASSERT_TRUE(core.drive(part.job, array, 0, memory));
      if (!collects) {
        brought.push_back(core.lines());
        EXPECT_TRUE(core.output(part.job, 0).empty());
        continue;
      }
      std::vector<const analog::LineSums*> all;
      for (const analog::LineSums& one : brought) {
        all.push_back(&one);
      }
      std::fill(&memory.bytes[0x8000], &memory.bytes[0x10000], std::uint8_t{0xA5});
      ASSERT_TRUE(core.collect(part.job, array, 0, all, memory) && core.store(part.job, memory));
      EXPECT_EQ(core.clipped(), clipped);
    }
    for (std::uint32_t n = 0; n < c.job.product_count * c.job.outputs; ++n) {
      ASSERT_EQ(memory.bytes[0x8000 + n], expected[n]) << "seed " << GetParam() << ", " << bits << " bits, byte " << n;
    }
  }
}

TEST(LaneDescriptor, IsChecked) {
  std::mt19937 random(3);
  td_tile_job good = random_convolution(random).job;
  good.flags = TD_TILE_LANE_DRIVE;
  good.lane_group = 4;
  good.lane_members = 1;
  TileParameters parameters = exact_tile();
  EXPECT_EQ(check(good, parameters), "");
  const auto refused = [&](auto change, const char* text) {
    td_tile_job job = good;
    TileParameters tile = parameters;
    change(job, tile);
    const std::string problem = check(job, tile);
    EXPECT_NE(problem.find(text), std::string::npos) << problem;
  };
  refused([](auto& job, auto&) { job.flags |= TD_TILE_LANE_COLLECT; }, "not both");
  refused([](auto& job, auto&) { job.lane_group = 0; }, "lane_group");
  refused([](auto& job, auto&) { job.lane_members = 0; }, "lane_members");
  refused([](auto& job, auto&) { job.flags |= TD_TILE_STORE_PARTIAL; }, "partial sums");
  refused([](auto&, auto& tile) { tile.kind = TileParameters::Kind::digital; }, "digital tile");
  refused([](auto&, auto& tile) { tile.signed_input = TileParameters::SignedInput::two_phase; }, "2 passes");
}

INSTANTIATE_TEST_SUITE_P(Seeds, JobCoreProperty, ::testing::Range(1u, 41u));

TEST(JobCore, AccumulatorSaturatesAndCounts) {
  TileParameters parameters = exact_tile();
  parameters.accumulator_bits = 16;
  analog::Array array(parameters.array, 1, 0);
  const std::vector<std::uint8_t> cells(200 * 2, 15);
  std::vector<std::uint8_t> positive(200 * 2);
  for (std::size_t k = 0; k < 200; ++k) {
    positive[2 * k] = 15;
  }
  array.program(0, 0, 200, 2, positive);
  TestMemory memory;
  std::fill_n(memory.bytes.begin(), 200, std::uint8_t{127});
  td_tile_job job{};
  job.src = base;
  job.dst = base + 0x1000;
  job.in_h = job.in_w = 1;
  job.in_c = 200;
  job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
  job.out_w = 1;
  job.product_count = 1;
  job.rows = 200;
  job.outputs = 1;
  job.slices = 1;
  job.flags = TD_TILE_STORE_PARTIAL;
  JobCore core(parameters);
  ASSERT_TRUE(core.compute(job, array, 0, memory));
  EXPECT_EQ(core.saturated(), 1u);
  std::int32_t stored = 0;
  std::memcpy(&stored, core.output(job, 0).data(), 4);
  EXPECT_EQ(stored, 32767);
}

TEST(JobCore, RefusesDescriptorsThatLeaveTheArray) {
  std::mt19937 random(3);
  const TileParameters parameters = exact_tile();
  const td_tile_job good = random_convolution(random).job;
  ASSERT_EQ(check(good, parameters), "");
  const auto refused = [&](auto change) {
    td_tile_job job = good;
    change(job);
    return !check(job, parameters).empty();
  };
  EXPECT_TRUE(refused([](td_tile_job& j) { j.row0 = 256; }));
  EXPECT_TRUE(refused([](td_tile_job& j) {
    j.pair0 = 31;
    j.outputs = 2;
  }));
  EXPECT_TRUE(refused([](td_tile_job& j) { j.slices = 3; }));
  EXPECT_TRUE(refused([](td_tile_job& j) { j.k_first = 1; }));
  EXPECT_TRUE(refused([](td_tile_job& j) { j.out_w = 0; }));
  EXPECT_TRUE(refused([](td_tile_job& j) { j.product_count = 0; }));
  EXPECT_TRUE(refused([](td_tile_job& j) { j.stride_w = 0; }));
  EXPECT_TRUE(refused([](td_tile_job& j) { j.in_h = j.in_w = j.in_c = 65535; }));
  EXPECT_TRUE(refused([](td_tile_job& j) {  // padding only, but a million windows of 65,025 positions
    j.rows = j.outputs = 1;
    j.k_first = 0;
    j.in_c = 1;
    j.kernel_h = j.kernel_w = 255;
    j.product_count = 1u << 20;
  }));
}

TEST(JobCore, BoundsTheCellsOfAJob) {
  TileParameters parameters = exact_tile();
  parameters.array.rows = 16384;
  parameters.array.columns = 32768;
  td_tile_job job{};
  job.in_h = job.in_w = job.kernel_h = job.kernel_w = 1;
  job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
  job.out_w = 1;
  job.in_c = job.rows = 16384;
  job.outputs = 16384;
  job.slices = 1;
  job.product_count = 512;
  job.act_max = 1;
  EXPECT_EQ(check(job, parameters), "");
  job.product_count = 513;
  EXPECT_NE(check(job, parameters).find("cells"), std::string::npos);
}

TEST(JobCore, WindowReuseFetchesOnlyNewColumns) {
  std::mt19937 random(5);
  td_tile_job job = random_convolution(random).job;
  job.in_h = job.in_w = 8;
  job.in_c = 2;
  job.kernel_h = job.kernel_w = 3;
  job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
  job.pad_top = job.pad_left = 0;
  job.out_w = 6;
  job.rows = 18;
  std::vector<tile::Run> all, fresh;
  input_runs(job, 1, 0, all);
  input_runs(job, 1, 2, fresh);
  ASSERT_EQ(all.size(), 3u) << "three rows of three pixels each";
  ASSERT_EQ(fresh.size(), 3u);
  EXPECT_EQ(all[0].bytes, 6u);
  EXPECT_EQ(fresh[0].bytes, 2u);
  EXPECT_EQ(fresh[0].offset, all[0].offset + 4);
  EXPECT_EQ(fresh[0].row, 4u);
}

/// Signed inputs in two phases or on row pairs multiply q - zero point; bits one after the other multiply the same as
/// whole codes.
TEST_P(JobCoreProperty, CodingsOfInputsGiveTheSameSums) {
  std::mt19937 random(GetParam());
  Convolution c = random_convolution(random);
  c.job.flags = TD_TILE_STORE_PARTIAL;
  TestMemory memory;
  for (auto& byte : memory.bytes) {
    byte = static_cast<std::uint8_t>(random());
  }
  using SignedInput = TileParameters::SignedInput;
  const auto sums = [&](SignedInput coding, bool serial) {
    TileParameters p = exact_tile();
    p.signed_input = coding;
    if (serial) {
      p.array.dac.coding = analog::DacParameters::Coding::bit_serial;
    }
    analog::Array array(p.array, 1, 0);
    program(array, c, p.rows_per_input());
    JobCore core(p);
    EXPECT_EQ(check(c.job, p), "");
    EXPECT_TRUE(core.compute(c.job, array, 0, memory));
    std::vector<std::int32_t> result;
    for (std::uint32_t n = 0; n < c.job.product_count; ++n) {
      const auto bytes = core.output(c.job, n);
      result.resize(result.size() + c.job.outputs);
      std::memcpy(&result[result.size() - c.job.outputs], bytes.data(), bytes.size());
    }
    return std::pair(result, core.activity().front().active_rows);
  };
  const auto [offset, driven] = sums(SignedInput::offset, false);
  const auto [serial, serial_driven] = sums(SignedInput::offset, true);
  const auto [phases, phase_driven] = sums(SignedInput::two_phase, false);
  const auto [both, both_driven] = sums(SignedInput::two_phase, true);
  const auto [pairs, pair_driven] = sums(SignedInput::row_pair, false);
  const auto [serial_pairs, serial_pair_driven] = sums(SignedInput::row_pair, true);
  EXPECT_EQ(pairs, phases);
  EXPECT_EQ(serial_pairs, phases);
  EXPECT_EQ(pair_driven, phase_driven) << "an input drives one of its rows, a real zero neither";
  EXPECT_EQ(serial_pair_driven, both_driven);
  EXPECT_EQ(serial, offset);
  EXPECT_EQ(both, phases);
  EXPECT_GE(serial_driven, driven);
  EXPECT_LE(phase_driven, c.job.rows);
  EXPECT_GE(both_driven, phase_driven);
  for (std::size_t i = 0; i < phases.size(); ++i) {
    std::int64_t weights = 0;
    for (const int w : c.weights[i % c.job.outputs]) {
      weights += w;
    }
    EXPECT_EQ(phases[i], offset[i] - (c.job.pad_value + 128) * weights);
  }
}

/// With converters of a finite resolution, each pass is converted and clipped by itself.
TEST(JobCore, PassesAreConvertedOneByOneAndHaveEventsOfTheirOwn) {
  std::mt19937 random(7);
  Convolution c = random_convolution(random);
  c.job.flags = TD_TILE_STORE_PARTIAL;
  c.job.slices = 1;
  for (auto& row : c.weights) {
    for (int& w : row) {
      w = std::clamp(w, -15, 15);
    }
  }
  TestMemory memory;
  for (auto& byte : memory.bytes) {
    byte = static_cast<std::uint8_t>(random());
  }
  TileParameters p = exact_tile();
  p.array.adc.bits = 8;
  p.array.effects.adc_noise = true;
  p.array.adc.sigma_lsb = 3.0;
  p.signed_input = TileParameters::SignedInput::two_phase;
  analog::Array array(p.array, 1, 0);
  program(array, c);
  JobCore core(p);
  ASSERT_TRUE(core.compute(c.job, array, 5, memory));
  // The same by hand: positive part at event 2 * 5, negative part at 2 * 5 + 1.
  std::vector<std::uint16_t> plus, minus;
  std::vector<tile::Run> runs;
  input_runs(c.job, 0, 0, runs);
  plus.assign(c.job.rows, 0);
  minus.assign(c.job.rows, 0);
  for (const tile::Run& run : runs) {
    for (std::uint32_t b = 0; b < run.bytes; ++b) {
      const int value = static_cast<std::int8_t>(memory.bytes[run.offset + b]) - c.job.pad_value;
      plus[run.row + b] = static_cast<std::uint16_t>(std::max(value, 0));
      minus[run.row + b] = static_cast<std::uint16_t>(std::max(-value, 0));
    }
  }
  const auto block = array.block(c.job.row0, c.job.rows, c.job.pair0, c.job.outputs);
  std::vector<std::int32_t> positive(c.job.outputs), negative(c.job.outputs);
  std::vector<analog::Activity> activity(1);
  array.multiply(*block, {c.job.row0, c.job.rows, c.job.pair0, c.job.outputs, 1, 10, 0}, plus, positive, activity);
  array.multiply(*block, {c.job.row0, c.job.rows, c.job.pair0, c.job.outputs, 1, 11, 0}, minus, negative, activity);
  const std::int32_t weight = accumulator_weight(p.array.adc, 0);
  for (std::size_t j = 0; j < c.job.outputs; ++j) {
    std::int32_t sum = 0;
    std::memcpy(&sum, core.output(c.job, 0).data() + 4 * j, 4);
    EXPECT_EQ(sum, (positive[j] - negative[j]) * weight);
  }
}

}  // namespace
}  // namespace tessera::tile
