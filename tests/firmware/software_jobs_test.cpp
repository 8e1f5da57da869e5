// SPDX-License-Identifier: Apache-2.0
// The CPU's kernels against what the hardware models compute: same bytes for random jobs.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>
#include <vector>

#include "models/analog/array.h"
#include "models/tile/job_core.h"
#include "models/vector/kernels.h"
#include "tile_job.h"
#include "vector_job.h"

namespace tessera {
namespace {

/// A flat piece of bus memory from address 0 on.
class Memory : public memory::MemoryPort {
 public:
  explicit Memory(std::size_t bytes) : bytes_(bytes) {}
  [[nodiscard]] bool read(std::uint32_t address, std::span<std::uint8_t> to) override {
    std::memcpy(to.data(), &bytes_.at(address), to.size());
    return true;
  }
  [[nodiscard]] bool write(std::uint32_t address, std::span<const std::uint8_t> from) override {
    std::memcpy(&bytes_.at(address), from.data(), from.size());
    return true;
  }
  template <typename T>
  T* at(std::uint32_t address) {
    return reinterpret_cast<T*>(&bytes_.at(address));
  }
  std::vector<std::uint8_t>& bytes() { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

constexpr std::uint32_t src = 0, src1 = 0x4000, partial = 0x8000, channels = 0x18000, weights = 0x20000, dst = 0x40000,
                        size = 0x80000;

class SoftwareJobs : public ::testing::TestWithParam<unsigned> {
 protected:
  SoftwareJobs() : random_(GetParam()), memory_(size) {
    for (std::uint8_t& byte : memory_.bytes()) {
      byte = static_cast<std::uint8_t>(random_());
    }
    for (std::uint32_t c = 0; c < 64; ++c) {
      *memory_.at<td_channel>(channels + c * std::uint32_t{sizeof(td_channel)}) = {
          pick(-100000, 100000), pick(1 << 30, 0x7FFFFFFF), pick(-14, -2)};
    }
  }
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  std::mt19937 random_;
  Memory memory_;
};

TEST_P(SoftwareJobs, ATileJobGivesWhatAnIdealTileGives) {
  tile::TileParameters parameters;
  parameters.array.rows = 128;
  parameters.array.columns = 128;
  parameters.array.adc.bits = 0;
  parameters.array.effects = analog::NonIdealities::none();
  using SignedInput = tile::TileParameters::SignedInput;
  parameters.signed_input = std::array{SignedInput::offset, SignedInput::two_phase, SignedInput::row_pair}[pick(0, 2)];
  const int rows_each = static_cast<int>(parameters.rows_per_input());
  td_tile_job job{};
  job.in_h = static_cast<std::uint16_t>(pick(1, 8));
  job.in_w = static_cast<std::uint16_t>(pick(1, 8));
  job.in_c = static_cast<std::uint16_t>(pick(1, 6));
  job.kernel_h = static_cast<std::uint8_t>(pick(1, 3));
  job.kernel_w = static_cast<std::uint8_t>(pick(1, 3));
  job.stride_h = job.stride_w = static_cast<std::uint8_t>(pick(1, 2));
  job.dilation_h = job.dilation_w = static_cast<std::uint8_t>(pick(1, 2));
  job.pad_top = static_cast<std::int16_t>(pick(0, 2));
  job.pad_left = static_cast<std::int16_t>(pick(0, 2));
  job.out_w = static_cast<std::uint16_t>(pick(1, 5));
  const int depth = job.kernel_h * job.kernel_w * job.in_c;
  job.k_first = static_cast<std::uint16_t>(pick(0, depth - 1));
  job.rows = static_cast<std::uint16_t>(pick(1, depth - job.k_first));
  job.row0 = static_cast<std::uint16_t>(pick(0, 128 - job.rows * rows_each));
  job.slices = static_cast<std::uint8_t>(pick(1, 2));
  job.outputs = static_cast<std::uint16_t>(pick(1, 16));
  job.pair0 = static_cast<std::uint16_t>(pick(0, 64 - job.outputs * job.slices));
  job.product_first = static_cast<std::uint32_t>(pick(0, 3));
  job.product_count = static_cast<std::uint32_t>(pick(1, 10));
  job.dst_stride = static_cast<std::uint32_t>(job.outputs + pick(0, 3));
  job.pad_value = static_cast<std::int8_t>(pick(-128, 127));
  job.out_zero_point = static_cast<std::int8_t>(pick(-128, 127));
  job.act_min = static_cast<std::int8_t>(pick(-128, 0));
  job.act_max = static_cast<std::int8_t>(pick(0, 127));
  job.flags = static_cast<std::uint16_t>(pick(0, 3));
  job.src = src;
  job.dst = dst;
  job.partial_src = partial;
  job.channels = channels;
  ASSERT_EQ(tile::check(job, parameters), "");

  std::vector<std::uint8_t> levels(128 * 128);
  for (std::uint8_t& level : levels) {
    level = static_cast<std::uint8_t>(pick(0, 15));
  }
  for (std::size_t cell = 0; rows_each == 2 && cell < std::size_t{job.rows} * 128; ++cell) {
    const std::size_t row = job.row0 + 2 * (cell / 128), column = cell % 128;
    levels[(row + 1) * 128 + (column ^ 1U)] = levels[row * 128 + column];
  }
  analog::Array array(parameters.array, 1, 0);
  array.program(0, 0, 128, 128, levels);
  Memory expected(size);
  expected.bytes() = memory_.bytes();
  tile::JobCore core(parameters);
  ASSERT_TRUE(core.compute(job, array, 0, expected));
  ASSERT_TRUE(core.store(job, expected));

  std::vector<std::int16_t> signed_weights(std::size_t{job.outputs} * job.rows);
  td_region region{};
  region.rows = region.columns = 128;
  region.coding = (parameters.signed_input != SignedInput::offset ? TD_CODING_CENTRED : 0U) |
                  (rows_each == 2 ? TD_CODING_ROW_PAIRS : 0U);
  std::vector<std::int32_t> sums(job.outputs);
  tsr_tile_weights(&job, &region, levels.data(), signed_weights.data(), sums.data());
  std::vector<std::uint8_t> codes(job.rows);
  const tsr_tile_operands operands = {memory_.at<std::int8_t>(src),
                                      memory_.at<void*>(dst),
                                      memory_.at<std::int32_t>(partial),
                                      memory_.at<td_channel>(channels),
                                      signed_weights.data(),
                                      (region.coding & TD_CODING_CENTRED) != 0 ? sums.data() : nullptr,
                                      codes.data()};
  tsr_tile_job_execute(&job, &operands);
  EXPECT_EQ(memory_.bytes(), expected.bytes()) << "seed " << GetParam();
}

TEST_P(SoftwareJobs, AVectorJobGivesWhatTheVectorUnitGives) {
  for (int op = TD_VECTOR_MAX_POOL; op <= TD_VECTOR_CONV; ++op) {
    td_vector_job job{};
    job.op = static_cast<std::uint8_t>(op);
    const bool windowed =
        op == TD_VECTOR_MAX_POOL || op == TD_VECTOR_AVERAGE_POOL || op >= TD_VECTOR_CONV || op == TD_VECTOR_DEPTHWISE;
    job.in_h = static_cast<std::uint16_t>(pick(1, 8));
    job.in_w = static_cast<std::uint16_t>(pick(1, 8));
    job.in_c = static_cast<std::uint16_t>(pick(1, 6));
    job.out_h = windowed ? static_cast<std::uint16_t>(pick(1, 5)) : job.in_h;
    job.out_w = windowed ? static_cast<std::uint16_t>(pick(1, 5)) : job.in_w;
    job.out_c = op == TD_VECTOR_DEPTHWISE ? static_cast<std::uint16_t>(job.in_c * pick(1, 3))
                : op == TD_VECTOR_CONV    ? static_cast<std::uint16_t>(pick(1, 8))
                                          : job.in_c;
    job.kernel_h = static_cast<std::uint8_t>(pick(1, 3));
    job.kernel_w = static_cast<std::uint8_t>(pick(1, 3));
    job.stride_h = job.stride_w = static_cast<std::uint8_t>(pick(1, 2));
    job.dilation_h = job.dilation_w = static_cast<std::uint8_t>(pick(1, 2));
    job.pad_top = static_cast<std::int16_t>(pick(0, 2));
    job.pad_left = static_cast<std::int16_t>(pick(0, 2));
    job.in0_zero_point = pick(-128, 127);
    job.in1_zero_point = pick(-128, 127);
    job.out_zero_point = pick(-128, 127);
    job.act_min = pick(-128, 0);
    job.act_max = pick(0, 127);
    job.left_shift = 20;
    job.multiplier0 = pick(1 << 30, 0x7FFFFFFF);
    job.shift0 = pick(-4, 0);
    job.multiplier1 = pick(1 << 30, 0x7FFFFFFF);
    job.shift1 = pick(-4, 0);
    job.out_multiplier = pick(1 << 30, 0x7FFFFFFF);
    job.out_shift = pick(-20, 2);
    job.src0 = src;
    job.src1 = src1;
    job.dst = dst;
    job.weights = weights;
    job.channels = channels;
    ASSERT_EQ(vector::check(job), "");
    vector::Kernels kernels;
    ASSERT_TRUE(kernels.compute(job, memory_));
    const tsr_vector_operands operands = {memory_.at<std::int8_t>(src), memory_.at<std::int8_t>(src1),
                                          memory_.at<std::int8_t>(dst), memory_.at<std::int8_t>(weights),
                                          memory_.at<td_channel>(channels)};
    tsr_vector_job_execute(&job, &operands);
    const std::vector<std::int8_t> got(memory_.at<std::int8_t>(dst),
                                       memory_.at<std::int8_t>(dst) + kernels.outputs().size());
    EXPECT_EQ(got, kernels.outputs()) << "operator " << op << ", seed " << GetParam();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SoftwareJobs, ::testing::Range(1U, 41U));

}  // namespace
}  // namespace tessera
