// SPDX-License-Identifier: Apache-2.0
// Flash commands of a tile: time, energy, what they leave in the array, guards, abort.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "tessera_registers.hpp"
#include "tests/tile/one_tile.h"

namespace tessera::tile {
namespace {

namespace reg = registers::tile;
constexpr std::uint32_t image = TD_SRAM_BASE + 0x1000, result = TD_SRAM_BASE + 0x9000;
constexpr double picosecond = 1e-12;

/// Also integrates the power of states.
struct PowerProbe : test::RecordingProbe {
  void power(probe::ComponentId component, probe::Cause cause, probe::ScopeId, probe::Time from, probe::Time to,
             double watts) override {
    powers[components[component]] += watts * static_cast<double>(to - from) * picosecond;
    erase_J += cause == probe::Cause::erase ? watts * static_cast<double>(to - from) * picosecond : 0;
  }
  std::map<std::string, double> powers;
  double erase_J = 0;
};

TileParameters small() {
  TileParameters p;
  p.array.rows = 32;
  p.array.columns = 64;
  return p;
}

class FlashTest : public testing::OneTile<PowerProbe> {
 protected:
  explicit FlashTest(const TileParameters& parameters = small()) : OneTile(parameters) {
    cpu_.write(tile_base + reg::irq_enable, 7);
    for (std::uint32_t i = 0; i < 32 * 64; ++i) {
      at(image)[i] = static_cast<std::uint8_t>(i * 7 % 16);
    }
  }
  void rectangle(std::uint32_t row0, std::uint32_t rows, std::uint32_t column0, std::uint32_t columns) {
    cpu_.write(tile_base + reg::flash_row0, row0);
    cpu_.write(tile_base + reg::flash_rows, rows);
    cpu_.write(tile_base + reg::flash_column0, column0);
    cpu_.write(tile_base + reg::flash_columns, columns);
    cpu_.write(tile_base + reg::flash_image, image);
  }
  void command(std::uint32_t value, double seconds = 1.0) {
    cpu_.write(tile_base + reg::irq_status, 7);
    cpu_.write(tile_base + reg::flash_command, value);
    sc_core::sc_start(sc_core::sc_time(seconds, sc_core::SC_SEC));
  }
};

TEST_F(FlashTest, ErasesProgramsAndVerifies) {
  rectangle(0, 32, 0, 64);
  command(reg::flash_command_erase);
  EXPECT_TRUE(line_);
  EXPECT_EQ(read(reg::flash_status), 0U);
  EXPECT_EQ(read(reg::flash_wear), 1U);
  EXPECT_EQ(read(reg::flash_done_cells), 32U * 64U);
  EXPECT_GT(array_.cell_current_A(3, 5), 15e-9) << "erased cells conduct";
  EXPECT_NEAR(probe_.erase_J, 2e-3 * (16 * 10e-3 + 50e-6), 1e-9);

  cpu_.write(tile_base + reg::flash_tolerance, 100);
  command(reg::flash_command_program);
  tile_.book(sc_core::sc_time_stamp().value());
  EXPECT_EQ(error_, "");
  // 32 rows x 2 groups x 20 slots of 9 us; 42 pJ a cell and slot, 2 mW.
  const double seconds = 32 * 2 * 20 * 9e-6;
  EXPECT_NEAR(probe_.powers.at("tile.program") - probe_.erase_J, 2e-3 * (seconds + 50e-6), 2e-3 * 32 * 1e-6);
  EXPECT_NEAR(static_cast<double>(probe_.energy_of("tile.flash")) * 1e-18, 32 * 64 * 20 * 42e-12, 1e-12);
  EXPECT_EQ(array_.level(1, 1), at(image)[65]);
  EXPECT_NEAR(array_.cell_current_A(1, 1), at(image)[65] * 1e-9, 1e-9);
  std::uint32_t cells = 0;
  for (std::uint32_t n = 0; n < reg::flash_histogram_count; ++n) {
    cells += read(reg::flash_histogram + 4 * n);
  }
  EXPECT_EQ(cells, 32U * 64U);

  command(reg::flash_command_verify);
  EXPECT_LT(read(reg::flash_mismatches), 20U) << "10 %, 20 fixed pulses";
  cpu_.write(tile_base + reg::flash_method, reg::flash_method_verify);
  command(reg::flash_command_program);
  cpu_.write(tile_base + reg::flash_tolerance, 50);
  cpu_.write(tile_base + reg::flash_result, result);
  command(reg::flash_command_verify);
  EXPECT_EQ(read(reg::flash_mismatches), 0U);
  EXPECT_EQ(read(reg::flash_first_bad), 0xFFFFFFFFU);
  EXPECT_EQ(read(reg::flash_status), 0U);
  at(image)[64 * 5 + 9] = static_cast<std::uint8_t>((at(image)[64 * 5 + 9] + 1) % 16);
  command(reg::flash_command_verify);
  EXPECT_EQ(read(reg::flash_mismatches), 1U);
  EXPECT_EQ(read(reg::flash_first_bad), 5U << 16 | 9U);
  EXPECT_EQ(read(reg::flash_status), reg::flash_status_mismatch);
  EXPECT_NE(at(result)[64 * 5 + 9], 0);
  EXPECT_LT(std::abs(static_cast<std::int8_t>(at(result)[64 * 5 + 10])), 6);
}

TEST_F(FlashTest, RefusesWhatMakesNoSense) {
  const auto refused = [&](std::uint32_t what) {
    error_.clear();
    command(what, 1e-3);
    EXPECT_NE(error_, "");
    EXPECT_TRUE(line_);
    return read(reg::flash_error);
  };
  rectangle(0, 34, 0, 64);
  EXPECT_EQ(refused(reg::flash_command_erase), reg::flash_error_code_rectangle);
  rectangle(1, 2, 0, 64);
  EXPECT_EQ(refused(reg::flash_command_erase), reg::flash_error_code_rectangle);
  rectangle(0, 0, 0, 64);
  EXPECT_EQ(refused(reg::flash_command_erase), reg::flash_error_code_rectangle);
  rectangle(0xFFFFFFFF, 2, 0, 64);
  EXPECT_EQ(refused(reg::flash_command_program), reg::flash_error_code_rectangle);
  rectangle(0, 2, 60, 8);
  EXPECT_EQ(refused(reg::flash_command_program), reg::flash_error_code_rectangle);
  rectangle(0, 2, 0, 64);
  EXPECT_EQ(refused(9), reg::flash_error_code_command);
  cpu_.write(tile_base + reg::flash_method, 0x10000);
  EXPECT_EQ(refused(reg::flash_command_program), reg::flash_error_code_method);
  cpu_.write(tile_base + reg::flash_method, 0);
  at(image)[70] = 16;
  EXPECT_EQ(refused(reg::flash_command_program), reg::flash_error_code_level);
  EXPECT_NE(error_.find("row 1, column 6"), std::string::npos) << error_;
  EXPECT_EQ(read(reg::flash_pulses), 0U) << "nothing was programmed";
  cpu_.write(tile_base + reg::flash_image, 0x12345678);
  EXPECT_EQ(refused(reg::flash_command_verify), reg::flash_error_code_bus);
}

template <typename Change>
TileParameters small_with(Change change) {
  TileParameters p = small();
  change(p.array);
  return p;
}

struct OtherCells : FlashTest {
  using FlashTest::FlashTest;
  void expect_no_pulses() {
    rectangle(0, 2, 0, 64);
    for (const std::uint32_t what : {reg::flash_command_erase, reg::flash_command_program}) {
      error_.clear();
      command(what, 0.1);
      EXPECT_EQ(read(reg::flash_error), reg::flash_error_code_cells);
      EXPECT_NE(error_.find("subthreshold cells with relative errors"), std::string::npos) << error_;
      EXPECT_TRUE(line_);
      EXPECT_EQ(read(reg::flash_wear), 0U);
    }
  }
};
struct LinearCells : OtherCells {
  LinearCells()
      : OtherCells(small_with([](auto& array) {
          array.cell.law = analog::CellParameters::Law::linear;
          array.dac.coding = analog::DacParameters::Coding::pulse_width;
        })) {}
};
struct ConstantErrors : OtherCells {
  ConstantErrors()
      : OtherCells(small_with([](auto& array) { array.cell.errors = analog::CellParameters::Errors::constant; })) {}
};
struct MeasuredCurrents : OtherCells {
  MeasuredCurrents() : OtherCells(small_with([](auto& array) { array.cell.level_currents_A.assign(16, 1e-9); })) {}
};

TEST_F(LinearCells, GetNoPulses) {
  expect_no_pulses();
}
TEST_F(ConstantErrors, GetNoPulses) {
  expect_no_pulses();
}
TEST_F(MeasuredCurrents, GetNoPulses) {
  expect_no_pulses();
}

TEST_F(FlashTest, TakesNoJobsMeanwhileAndNoCommandMeanwhile) {
  rectangle(0, 32, 0, 64);
  command(reg::flash_command_erase, 0.02);
  EXPECT_EQ(read(reg::flash_status), reg::flash_status_busy | reg::flash_command_erase << 8);
  EXPECT_FALSE(line_);
  cpu_.write(tile_base + reg::queue, TD_SRAM_BASE);
  EXPECT_EQ(read(reg::error_code), reg::error_code_programming);
  cpu_.write(tile_base + reg::flash_rows, 2);
  EXPECT_EQ(read(reg::flash_rows), 32U) << "what a command uses does not change";
  cpu_.write(tile_base + reg::flash_command, reg::flash_command_program);
  EXPECT_EQ(read(reg::flash_error), reg::flash_error_code_busy);
  EXPECT_FALSE(tile_.quiescent());
  sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_SEC));
  EXPECT_EQ(read(reg::flash_error), 0U) << "the erase has ended well";
  EXPECT_TRUE(tile_.quiescent());
}

TEST_F(FlashTest, AnAbortLeavesAPartDone) {
  rectangle(0, 32, 0, 64);
  command(reg::flash_command_erase, 0.033);
  cpu_.write(tile_base + reg::flash_abort, 1);
  sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_SEC));
  EXPECT_EQ(read(reg::flash_status), reg::flash_status_aborted);
  EXPECT_EQ(read(reg::flash_done_cells), 3U * 2U * 64U);
  EXPECT_GT(array_.cell_current_A(5, 0), 15e-9);
  EXPECT_LT(array_.cell_current_A(31, 0), 1e-9) << "never reached";
}

TEST_F(FlashTest, ReportsEachChangeInOrder) {
  std::vector<FlashChange> changes;
  tile_.flash().changed = [&](const FlashChange& change) { changes.push_back(change); };
  rectangle(2, 2, 8, 40);
  command(reg::flash_command_erase);
  command(reg::flash_command_program);
  ASSERT_EQ(changes.size(), 4U) << "two halves of an erase, two rows";
  EXPECT_EQ(changes[1].row, 2U);
  EXPECT_EQ(changes[2].column0, 8U);
  EXPECT_EQ(changes[3].row, 3U);
  EXPECT_EQ(changes[3].columns, 40U);
}

}  // namespace
}  // namespace tessera::tile
