// SPDX-License-Identifier: Apache-2.0
// The chip file: what it keeps, what a cut leaves, what is refused.
#include "platform/flash/chip_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tessera_registers.hpp"

namespace tessera::platform {
namespace {

namespace fs = std::filesystem;
namespace reg = registers::tile;
using ::testing::HasSubstr;

PlatformParameters small_platform() {
  PlatformParameters platform;
  platform.grid_rows = 1;
  platform.grid_columns = 2;
  platform.tiles.resize(2);
  for (tile::TileParameters& one : platform.tiles) {
    one.array.rows = 6;
    one.array.columns = 16;
  }
  return platform;
}

/// One tile and what commands do to it, without the shell that gives them time.
struct Chip {
  explicit Chip(const PlatformParameters& platform, std::uint32_t tile = 1)
      : index(tile), parameters(platform.tiles.at(tile)), array(parameters.array, platform.seed, tile) {}

  void record(ChipFile& file) {
    flash.changed = [this, &file](const tile::FlashChange& change) { file.commit(index, flash, change, ++now); };
  }
  void start(std::uint32_t command, std::uint32_t row0, std::uint32_t rows) {
    for (const auto& [offset, value] :
         {std::pair{reg::flash_row0, row0}, std::pair{reg::flash_rows, rows}, std::pair{reg::flash_column0, 0U},
          std::pair{reg::flash_columns, 16U}, std::pair{reg::flash_command, command}}) {
      static_cast<void>(flash.write(offset, value, tile::FlashUnit::Error::none));
    }
  }
  void erase(std::uint32_t pair) {
    start(reg::flash_command_erase, 2 * pair, 2);
    flash.erase(pair, false);
    flash.erase(pair, true);
    flash.finish(tile::FlashUnit::Error::none, "");
  }
  void program(std::uint32_t row) {
    start(reg::flash_command_program, row, 1);
    std::vector<std::uint8_t> levels(16);
    for (std::uint32_t c = 0; c < 16; ++c) {
      levels[c] = static_cast<std::uint8_t>((row * 5 + c) % 16);
    }
    double time = 0, energy = 0;
    const std::uint32_t cells = flash.program(row, 0, levels, time, energy);
    flash.commit_program(row, 0, cells);
    flash.finish(tile::FlashUnit::Error::none, "");
  }
  std::vector<double> state() {
    std::vector<double> all;
    for (std::uint32_t row = 0; row < 6; ++row) {
      for (std::uint32_t column = 0; column < 16; ++column) {
        all.push_back(flash.cells().vt_V(row, column));
        all.push_back(array.cell_current_A(row, column));
        all.push_back(array.level(row, column));
      }
      all.push_back(flash.cells().cycles(row / 2));
    }
    return all;
  }

  std::uint32_t index;
  tile::TileParameters parameters;
  analog::Array array;
  tile::FlashUnit flash{parameters, array};
  std::uint64_t now = 0;
};

class ChipFileTest : public ::testing::Test {
 protected:
  ChipFileTest() {
    std::string name = (fs::temp_directory_path() / "tessera-chip-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    path_ = folder_ / "chip.nvm";
  }
  ~ChipFileTest() override { fs::remove_all(folder_); }

  std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void set(const std::string& content) const { std::ofstream(path_, std::ios::binary) << content; }
  std::string refusal(const PlatformParameters& platform) const {
    try {
      const ChipFile file(path_, platform);
    } catch (const ChipFileError& error) {
      return error.what();
    }
    return "";
  }
  /// The state in which a chip starts with the file as it is.
  std::vector<double> restored() const {
    const ChipFile file(path_, platform_);
    Chip chip(platform_);
    file.restore(1, chip.flash);
    return chip.state();
  }

  PlatformParameters platform_ = small_platform();
  fs::path folder_, path_;
};

TEST_F(ChipFileTest, KeepsEveryCell) {
  Chip chip(platform_);
  {
    ChipFile file(path_, platform_);
    EXPECT_TRUE(file.fresh());
    chip.record(file);
    chip.erase(0);
    chip.program(0);
    chip.program(1);
    chip.erase(2);
    file.close(1000);
  }
  EXPECT_EQ(restored(), chip.state());
  ChipFile again(path_, platform_);
  EXPECT_FALSE(again.fresh());
  EXPECT_EQ(again.clock_ps(), 1000U);
  // It goes on exactly as if the power had never been off.
  Chip second(platform_);
  again.restore(1, second.flash);
  chip.flash.changed = nullptr;
  for (Chip* one : {&chip, &second}) {
    one->erase(1);
    one->program(3);
  }
  EXPECT_EQ(second.state(), chip.state());
}

TEST_F(ChipFileTest, ACutAnywhereLeavesTheLastCompleteState) {
  std::vector<std::pair<std::size_t, std::vector<double>>> states;  // from this size on
  Chip chip(platform_);
  {
    ChipFile file(path_, platform_);
    states.emplace_back(0, Chip(platform_).state());
    chip.flash.changed = [&](const tile::FlashChange& change) {
      file.commit(1, chip.flash, change, 0);
      chip.flash.refresh_all();  // as the end of a command does for the columns that were disturbed
      states.emplace_back(fs::file_size(path_), chip.state());
    };
    chip.erase(0);
    chip.program(0);
    chip.program(1);
  }
  const std::string whole = bytes();
  for (std::size_t size = 0; size <= whole.size(); size += size < 100 || size + 10 > whole.size() ? 1 : 7) {
    set(whole.substr(0, size));
    const auto expected = std::find_if(states.rbegin(), states.rend(), [&](const auto& s) { return s.first <= size; });
    ASSERT_EQ(restored(), expected->second) << "cut after " << size << " of " << whole.size() << " bytes";
  }
}

TEST_F(ChipFileTest, DamageIsNoticed) {
  Chip chip(platform_);
  {
    ChipFile file(path_, platform_);
    chip.record(file);
    chip.erase(0);
    chip.program(0);
    file.close(1);
  }
  const std::string whole = bytes();
  const std::size_t tail = whole.size() - 40;  // the last transaction: a bad one there is one that was cut off
  for (std::size_t at = 0; at < whole.size(); at += at < 160 || at + 60 > whole.size() ? 1 : 13) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    set(bad);
    EXPECT_EQ(refusal(platform_) != "", at < tail) << "byte " << at;
  }
}

TEST_F(ChipFileTest, RefusesWhatIsNotThisChip) {
  set("GIF89a, surely no chip, although longer than the header of one would ever be");
  EXPECT_THAT(refusal(platform_), HasSubstr("chip.nvm: byte 0: not a chip file"));
  fs::remove(path_);
  {
    Chip chip(platform_);
    ChipFile file(path_, platform_);
    chip.record(file);
    chip.erase(0);
  }
  PlatformParameters other = platform_;
  other.seed = 7;
  EXPECT_THAT(refusal(other), HasSubstr("seed 1"));
  other = platform_;
  other.grid_columns = 1;
  other.tiles.resize(1);
  EXPECT_THAT(refusal(other), HasSubstr("1 x 2 tiles"));
  other = platform_;
  other.tiles[1].array.rows = 8;
  EXPECT_THAT(refusal(other), HasSubstr("cells of another platform"));
  EXPECT_THROW(ChipFile(folder_ / "no" / "such" / "folder", platform_), ChipFileUnavailable);
  const ChipFile first(path_, platform_);
  EXPECT_THROW(ChipFile(path_, platform_), ChipFileUnavailable) << "two runs cannot share a chip";
}

TEST_F(ChipFileTest, ThresholdsBelongToTheTemperatureOfTheirProgramming) {
  const auto at = [this](double celsius) {
    PlatformParameters platform = platform_;
    for (tile::TileParameters& one : platform.tiles) {
      one.array.temperature_K = celsius + 273.15;
    }
    return platform;
  };
  {
    ChipFile file(path_, at(60));
    file.close(1);
  }
  EXPECT_EQ(refusal(at(60)), "");
  const std::string warmer = refusal(at(27));
  EXPECT_THAT(warmer, HasSubstr("byte 48: this chip was programmed at 60 C"));
  EXPECT_THAT(warmer, HasSubstr("technology.temp_C = 27;"));
  // A file from before the field: a chip programmed at 27 C.
  std::string old = bytes();
  old[10] = 0;
  std::fill(old.begin() + 48, old.begin() + 60, '\0');
  const auto sum = static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(old.data()), 60));
  std::memcpy(old.data() + 60, &sum, 4);
  set(old);
  EXPECT_EQ(refusal(at(27)), "");
  EXPECT_THAT(refusal(at(60)), HasSubstr("programmed at 27 C"));
}

TEST_F(ChipFileTest, AnEmptyFileIsSaidToBeOne) {
  set("");
  EXPECT_TRUE(ChipFile(path_, platform_).found_empty());
  fs::remove(path_);
  ChipFile created(path_, platform_);
  EXPECT_TRUE(created.fresh());
  EXPECT_FALSE(created.found_empty()) << "a new file is no surprise";
}

TEST_F(ChipFileTest, RefusesCellsWhoseThresholdsMeanNothing) {
  PlatformParameters other = platform_;
  other.tiles[1].array.cell.law = analog::CellParameters::Law::linear;
  EXPECT_THAT(refusal(other), HasSubstr("tile 1: pulses and thresholds are modelled for subthreshold cells"));
  other = platform_;
  other.tiles[0].array.cell.errors = analog::CellParameters::Errors::constant;
  EXPECT_THAT(refusal(other), HasSubstr("tile 0: "));
  EXPECT_FALSE(fs::exists(path_)) << "a refused chip leaves no file";
}

TEST_F(ChipFileTest, IsRewrittenWhenMostOfItIsHistory) {
  Chip chip(platform_);
  {
    ChipFile file(path_, platform_);
    chip.record(file);
    for (int i = 0; i < 2000; ++i) {
      chip.erase(0);
    }
    EXPECT_GT(fs::file_size(path_), 2000000U);
    file.close(5);
  }
  EXPECT_LT(fs::file_size(path_), 10000U);
  EXPECT_EQ(restored(), chip.state());
  EXPECT_FALSE(fs::exists(folder_ / "chip.nvm.part"));
}

}  // namespace
}  // namespace tessera::platform
