// SPDX-License-Identifier: Apache-2.0
// Trim registers of the tile on the bus: what resets them, what keeps them, and that no write can hurt.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "tessera_registers.hpp"
#include "tests/tile/one_tile.h"

namespace tessera::tile {
namespace {

namespace reg = registers::tile;
constexpr std::uint32_t source = TD_SRAM_BASE + 0x1000, destination = TD_SRAM_BASE + 0x8000;
constexpr std::uint32_t descriptor = TD_SRAM_BASE + 0x20000;

class TrimTest : public testing::OneTile<> {
 protected:
  TrimTest() {
    std::vector<std::uint8_t> cells(16 * 32);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      cells[i] = static_cast<std::uint8_t>(i * 7 % 16);
    }
    array_.program(0, 0, 16, 32, cells);
    for (int i = 0; i < 16; ++i) {
      at(source)[i] = static_cast<std::uint8_t>(i * 5);
    }
  }

  static std::uint32_t trim(std::uint32_t k) { return reg::adc_trim + k * reg::adc_trim_stride; }
  void supply(job_unit::PowerTarget target) {
    tile_.set_power(target, sc_core::sc_time_stamp().value());
    sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_MS));
  }
  /// Accumulators of one product, always of the same event.
  std::vector<std::int32_t> product() {
    td_tile_job job{};
    job.flags = TD_TILE_STORE_PARTIAL;
    job.src = source;
    job.dst = destination;
    job.in_h = job.in_w = job.out_w = 1;
    job.in_c = job.rows = 16;
    job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
    job.product_count = 1;
    job.outputs = 16;
    job.slices = 1;
    job.gain_index = 4;
    job.act_max = 127;
    std::memcpy(at(descriptor), &job, sizeof job);
    write(reg::event_lo, 7);
    write(reg::queue, descriptor);
    sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_MS));
    EXPECT_EQ(error_, "");
    std::vector<std::int32_t> sums(16);
    std::memcpy(sums.data(), at(destination), 64);
    return sums;
  }
};

TEST_F(TrimTest, WrittenTrimsMoveTheSums) {
  EXPECT_EQ(read(reg::trim_count), 64U);
  EXPECT_EQ(read(trim(0)), reg::adc_trim_reset);
  const std::vector<std::int32_t> plain = product();
  write(trim(2), reg::adc_trim_reset | 5 * 64);          // 5 LSB less
  write(trim(3), 0x40000000);                            // half
  write(trim(4), reg::adc_trim_reset | (0x10000 - 64));  // 1 LSB more
  EXPECT_EQ(product(), plain) << "not enabled yet";
  write(reg::trim_ctrl, 1);
  std::vector<std::int32_t> want = plain;
  want[2] -= 5;
  want[3] = (want[3] + (want[3] > 0 ? 1 : want[3] < 0 ? -1 : 0)) / 2;  // half away from zero
  want[4] += 1;
  EXPECT_EQ(product(), want);
}

TEST_F(TrimTest, StandbyAndSoftResetKeepThemPowerOffDoesNot) {
  using job_unit::PowerTarget;
  const auto set = [this] {
    write(trim(5), 0x81230045);
    write(reg::trim_ctrl, 1);
  };
  set();
  write(reg::ctrl, reg::ctrl_enable | reg::ctrl_soft_reset);
  EXPECT_EQ(read(trim(5)), 0x81230045U);
  supply(PowerTarget::standby);
  EXPECT_EQ(read(trim(5)), 0x81230045U);
  EXPECT_EQ(read(reg::trim_ctrl), 1U);
  supply(PowerTarget::off);
  EXPECT_EQ(read(trim(5)), reg::adc_trim_reset);
  EXPECT_EQ(read(reg::trim_ctrl), 0U);
  set();
  EXPECT_EQ(read(trim(5)), reg::adc_trim_reset) << "latches without supply take nothing";
  EXPECT_EQ(read(reg::trim_ctrl), 0U);
  supply(PowerTarget::on);
  EXPECT_EQ(read(reg::trim_ctrl), 0U) << "they come up neutral";
  set();
  EXPECT_EQ(read(trim(5)), 0x81230045U);
  tile_.restart();
  EXPECT_EQ(read(trim(5)), reg::adc_trim_reset) << "as after power-on";
}

TEST_F(TrimTest, NoWriteCanHurt) {
  std::mt19937 random(23);
  for (int round = 0; round < 20; ++round) {
    for (std::uint32_t offset = reg::trim_ctrl; offset < 0x8000; offset += 4) {
      write(offset, static_cast<std::uint32_t>(random()));
    }
    write(reg::trim_ctrl, 1);
    static_cast<void>(product());
    EXPECT_EQ(read(reg::error_code), 0U);
  }
  EXPECT_EQ(read(reg::trim_count), 64U) << "facts cannot be written";
  EXPECT_EQ(read(reg::flash_status), 0U) << "nothing else was reached";
  EXPECT_EQ(read(reg::rows), 1024U);
}

}  // namespace
}  // namespace tessera::tile
