// SPDX-License-Identifier: Apache-2.0
// Vector-unit kernels against plain loops in double precision and 64-bit integers, written from the definitions.
#include "models/vector/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "models/vector/requantise.h"

namespace tessera::vector {
namespace {

/// 64 KiB of memory at address 0x1000.
class TestMemory : public memory::MemoryPort {
 public:
  static constexpr std::uint32_t base = 0x1000;
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(1 << 16);

  bool read(std::uint32_t address, std::span<std::uint8_t> to) override {
    if (address < base || address - base + to.size() > bytes.size()) {
      return false;
    }
    std::memcpy(to.data(), &bytes[address - base], to.size());
    return true;
  }
  bool write(std::uint32_t, std::span<const std::uint8_t>) override { return false; }
};

td_vector_job random_window_job(std::mt19937& random, std::uint8_t op) {
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  td_vector_job job{};
  job.op = op;
  job.in_h = static_cast<std::uint16_t>(pick(3, 9));
  job.in_w = static_cast<std::uint16_t>(pick(3, 9));
  job.in_c = static_cast<std::uint16_t>(pick(1, 5));
  job.kernel_h = static_cast<std::uint8_t>(pick(1, 3));
  job.kernel_w = static_cast<std::uint8_t>(pick(1, 3));
  job.stride_h = static_cast<std::uint8_t>(pick(1, 2));
  job.stride_w = static_cast<std::uint8_t>(pick(1, 2));
  job.dilation_h = job.dilation_w = 1;
  job.pad_top = static_cast<std::int16_t>(pick(0, job.kernel_h - 1));
  job.pad_left = static_cast<std::int16_t>(pick(0, job.kernel_w - 1));
  job.out_h = static_cast<std::uint16_t>((job.in_h + job.pad_top - job.kernel_h) / job.stride_h + 1);
  job.out_w = static_cast<std::uint16_t>((job.in_w + job.pad_left - job.kernel_w) / job.stride_w + 1);
  job.out_c = job.in_c;
  job.src0 = TestMemory::base;
  job.src1 = TestMemory::base + 0x2000;
  job.weights = TestMemory::base + 0x4000;
  job.channels = TestMemory::base + 0x8000;
  job.in0_zero_point = pick(-128, 127);
  job.in1_zero_point = pick(-128, 127);
  job.out_zero_point = pick(-128, 127);
  job.act_min = -128;
  job.act_max = 127;
  return job;
}

void fill(TestMemory& memory, std::mt19937& random) {
  for (auto& byte : memory.bytes) {
    byte = static_cast<std::uint8_t>(random());
  }
}

int element(const TestMemory& memory, const td_vector_job& job, int y, int x, int c) {
  return static_cast<std::int8_t>(memory.bytes[static_cast<std::size_t>((y * job.in_w + x) * job.in_c + c)]);
}

template <typename Visit>
void for_each_output(const td_vector_job& job, Visit visit) {
  std::size_t i = 0;
  for (int y = 0; y < job.out_h; ++y) {
    for (int x = 0; x < job.out_w; ++x) {
      for (int c = 0; c < job.out_c; ++c) {
        visit(y, x, c, i++);
      }
    }
  }
}

template <typename Visit>
void for_each_input(const td_vector_job& job, int y, int x, Visit visit) {
  for (int ky = 0; ky < job.kernel_h; ++ky) {
    for (int kx = 0; kx < job.kernel_w; ++kx) {
      const int iy = y * job.stride_h + ky - job.pad_top;
      const int ix = x * job.stride_w + kx - job.pad_left;
      if (iy >= 0 && iy < job.in_h && ix >= 0 && ix < job.in_w) {
        visit(iy, ix, ky, kx);
      }
    }
  }
}

class KernelsProperty : public ::testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override {
    SCOPED_TRACE(GetParam());
    fill(memory_, random_);
  }
  std::mt19937 random_{GetParam()};
  TestMemory memory_;
  Kernels kernels_;
};

TEST_P(KernelsProperty, MaxPool) {
  const auto job = random_window_job(random_, TD_VECTOR_MAX_POOL);
  ASSERT_EQ(check(job), "");
  ASSERT_TRUE(kernels_.compute(job, memory_));
  for_each_output(job, [&](int y, int x, int c, std::size_t i) {
    int largest = -128;
    for_each_input(job, y, x,
                   [&](int iy, int ix, int, int) { largest = std::max(largest, element(memory_, job, iy, ix, c)); });
    ASSERT_EQ(kernels_.outputs()[i], largest) << "seed " << GetParam();
  });
}

TEST_P(KernelsProperty, AveragePool) {
  const auto job = random_window_job(random_, TD_VECTOR_AVERAGE_POOL);
  ASSERT_TRUE(kernels_.compute(job, memory_));
  for_each_output(job, [&](int y, int x, int c, std::size_t i) {
    double sum = 0;
    int count = 0;
    for_each_input(job, y, x, [&](int iy, int ix, int, int) {
      sum += element(memory_, job, iy, ix, c);
      ++count;
    });
    ASSERT_EQ(kernels_.outputs()[i], static_cast<int>(std::round(sum / count))) << "seed " << GetParam();
  });
}

TEST_P(KernelsProperty, Depthwise) {
  auto job = random_window_job(random_, TD_VECTOR_DEPTHWISE);
  const int multiplier = 1 + static_cast<int>(GetParam() % 2);
  job.out_c = static_cast<std::uint16_t>(job.in_c * multiplier);
  std::vector<td_channel> channels(job.out_c);
  for (auto& channel : channels) {
    channel = {static_cast<std::int32_t>(random_() % 2000) - 1000,
               static_cast<std::int32_t>((1u << 30) + random_() % (1u << 30)), -8};
  }
  std::memcpy(&memory_.bytes[0x8000], channels.data(), channels.size() * sizeof(td_channel));
  ASSERT_TRUE(kernels_.compute(job, memory_));
  for_each_output(job, [&](int y, int x, int c, std::size_t i) {
    std::int64_t sum = 0;
    for_each_input(job, y, x, [&](int iy, int ix, int ky, int kx) {
      const auto weight = static_cast<std::int8_t>(
          memory_.bytes[static_cast<std::size_t>(0x4000 + (ky * job.kernel_w + kx) * job.out_c + c)]);
      sum += std::int64_t{element(memory_, job, iy, ix, c / multiplier) - job.in0_zero_point} * weight;
    });
    const auto& channel = channels[static_cast<std::size_t>(c)];
    const std::int64_t q = std::int64_t{multiply_by_quantised_multiplier(static_cast<std::int32_t>(sum + channel.bias),
                                                                         channel.multiplier, channel.shift)} +
                           job.out_zero_point;
    ASSERT_EQ(kernels_.outputs()[i], std::clamp<std::int64_t>(q, -128, 127)) << "seed " << GetParam();
  });
}

TEST_P(KernelsProperty, Convolution) {
  auto job = random_window_job(random_, TD_VECTOR_CONV);
  job.out_c = 3;
  std::vector<td_channel> channels(job.out_c, td_channel{37, 1518500250, -9});
  std::memcpy(&memory_.bytes[0x8000], channels.data(), channels.size() * sizeof(td_channel));
  ASSERT_TRUE(kernels_.compute(job, memory_));
  for_each_output(job, [&](int y, int x, int c, std::size_t i) {
    std::int64_t sum = 37;
    for_each_input(job, y, x, [&](int iy, int ix, int ky, int kx) {
      for (int ic = 0; ic < job.in_c; ++ic) {
        const auto weight = static_cast<std::int8_t>(memory_.bytes[static_cast<std::size_t>(
            0x4000 + ((c * job.kernel_h + ky) * job.kernel_w + kx) * job.in_c + ic)]);
        sum += std::int64_t{element(memory_, job, iy, ix, ic) - job.in0_zero_point} * weight;
      }
    });
    const std::int64_t q =
        std::int64_t{multiply_by_quantised_multiplier(static_cast<std::int32_t>(sum), 1518500250, -9)} +
        job.out_zero_point;
    ASSERT_EQ(kernels_.outputs()[i], std::clamp<std::int64_t>(q, -128, 127)) << "seed " << GetParam();
  });
}

TEST_P(KernelsProperty, AddIsWithinOneStepOfTheRealSum) {
  auto job = random_window_job(random_, TD_VECTOR_ADD);
  job.out_h = job.in_h;
  job.out_w = job.in_w;
  const double scale0 = 0.02, scale1 = 0.05, scale_out = 0.06;
  const double twice = 2.0 * std::max(scale0, scale1);
  job.left_shift = 20;
  const auto set = [](double factor, std::int32_t& multiplier, std::int32_t& shift) {
    const auto q = quantise_multiplier(factor);
    multiplier = q.multiplier;
    shift = q.shift;
  };
  set(scale0 / twice, job.multiplier0, job.shift0);
  set(scale1 / twice, job.multiplier1, job.shift1);
  set(twice / (std::ldexp(1.0, 20) * scale_out), job.out_multiplier, job.out_shift);
  ASSERT_TRUE(kernels_.compute(job, memory_));
  for (std::size_t i = 0; i < kernels_.outputs().size(); ++i) {
    const double a = scale0 * (static_cast<std::int8_t>(memory_.bytes[i]) - job.in0_zero_point);
    const double b = scale1 * (static_cast<std::int8_t>(memory_.bytes[0x2000 + i]) - job.in1_zero_point);
    const double q = std::clamp((a + b) / scale_out + job.out_zero_point, -128.0, 127.0);
    ASSERT_NEAR(kernels_.outputs()[i], q, 0.501) << "seed " << GetParam();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, KernelsProperty, ::testing::Range(1u, 31u));

TEST(Kernels, RefusesWhatItCannotExecute) {
  std::mt19937 random(1);
  auto job = random_window_job(random, TD_VECTOR_MAX_POOL);
  EXPECT_EQ(check(job), "");
  auto bad = job;
  bad.op = 99;
  EXPECT_NE(check(bad), "");
  bad = job;
  bad.stride_h = 0;
  EXPECT_NE(check(bad), "");
  bad = job;
  bad.out_c = static_cast<std::uint16_t>(job.in_c + 1);
  EXPECT_NE(check(bad), "");
  bad = job;
  bad.in0_zero_point = 2000000000;
  EXPECT_NE(check(bad), "");
  bad = job;
  bad.in_h = bad.in_w = bad.out_h = bad.out_w = 4096;
  bad.in_c = bad.out_c = 1;
  bad.kernel_h = bad.kernel_w = 22;
  EXPECT_EQ(check(bad), "") << "8.1e9 operations";
  bad.kernel_w = 24;
  EXPECT_NE(check(bad).find("operations"), std::string::npos) << "the host would compute for minutes";
  bad.kernel_h = bad.kernel_w = 1;
  EXPECT_EQ(check(bad), "");
  bad.op = TD_VECTOR_CONV;
  bad.in_h = bad.in_w = 1;
  bad.in_c = 65535;
  EXPECT_NE(check(bad).find("operations"), std::string::npos) << "padding counts: it has to be walked through";
  bad = job;
  bad.src0 = 0;  // no memory there
  TestMemory memory;
  Kernels kernels;
  EXPECT_FALSE(kernels.compute(bad, memory));
}

}  // namespace
}  // namespace tessera::vector
