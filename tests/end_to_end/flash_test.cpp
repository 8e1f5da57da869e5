// SPDX-License-Identifier: Apache-2.0
// Firmware erases, programs and verifies a tile; the chip's state outlives runs, also those that are killed.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/end_to_end/command.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

class Flash : public ::testing::Test {
 protected:
  [[nodiscard]] std::string arguments(const std::string& program, std::uint32_t rows, std::uint32_t columns) const {
    return fmt::format(
        "boot {}/{}.elf -o {} --trace off --flash {} --set grid.rows=1 --set grid.cols=1 --set tile.array_rows={} "
        "--set tile.array_cols={}",
        TESSERA_FIRMWARE_DIR, program, folder_.string(), chip_.string(), rows, columns);
  }
  /// Starts a run and kills it as soon as the chip file has `bytes`. @return whether it was killed in time
  bool kill_at(const std::string& line, std::uintmax_t bytes) const {
    const pid_t child = fork();
    if (child == 0) {
      const int quiet = open("/dev/null", O_RDWR);
      dup2(quiet, 0);
      dup2(quiet, 1);
      dup2(quiet, 2);
      const std::string command = fmt::format("exec '{}' {}", TESSERA_PROGRAM, line);
      execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
      _exit(127);
    }
    int status = 0;
    for (;;) {
      if (waitpid(child, &status, WNOHANG) == child) {
        return false;
      }
      std::error_code absent;
      const std::uintmax_t size = fs::file_size(chip_, absent);
      if (!absent && size >= bytes) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        return WIFSIGNALED(status);
      }
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }

  Scratch scratch_;
  fs::path folder_ = scratch_ / "run", chip_ = scratch_ / "chip.nvm";
};

TEST_F(Flash, FirmwareProgramsATileAndFindsItProgrammedNextTime) {
  const Finished first = tessera(arguments("program_tile", 64, 64));
  EXPECT_EQ(first.exit_code, 0) << first.output;
  const std::string console = contents(folder_ / "console.txt");
  // 32 row pairs x 10 ms; 64 rows x 2 groups x 20 slots x 9 us = 23.04 ms
  EXPECT_NE(console.find("erase: 4096 cells in 320 ms"), std::string::npos) << console;
  EXPECT_NE(console.find("program: 4096 cells in 23 ms"), std::string::npos) << console;
  EXPECT_NE(console.find("pulses 20 cells "), std::string::npos) << console;
  // Fixed pulses leave a few cells off; the second run brings those to target, the third finds nothing to do.
  const Finished second = tessera(arguments("program_tile", 64, 64));
  EXPECT_EQ(second.exit_code, 0) << second.output;
  EXPECT_EQ(contents(folder_ / "console.txt").find("erase: "), std::string::npos) << "the chip remembers";
  const Finished third = tessera(arguments("program_tile", 64, 64));
  EXPECT_EQ(third.exit_code, 0) << third.output;
  EXPECT_NE(contents(folder_ / "console.txt").find("holds the image, wear "), std::string::npos)
      << contents(folder_ / "console.txt");
}

TEST_F(Flash, WithoutAFileEveryRunStartsWithAChipAsDelivered) {
  const std::string line = fmt::format(
      "boot {}/program_tile_verify.elf -o {} --trace off --set grid.rows=1 --set grid.cols=1 --set tile.array_rows=16 "
      "--set tile.array_cols=32",
      TESSERA_FIRMWARE_DIR, folder_.string());
  for (int i = 0; i < 2; ++i) {
    const Finished finished = tessera(line);
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    const std::string console = contents(folder_ / "console.txt");
    EXPECT_NE(console.find("erase: 512 cells"), std::string::npos) << console;
    EXPECT_NE(console.find("\n0 cells off target\nwear 1\n"), std::string::npos) << console;
  }
}

TEST_F(Flash, AKilledRunLeavesAChipThatFirmwareRestores) {
  const std::string line = arguments("program_tile_verify", 128, 128);
  // An erase writes about 9 KiB a pair, programming 2.3 KiB a row: in the erase, early and late in programming, and
  // while the restoring run is at work itself.
  int killed = 0;
  for (const std::uintmax_t bytes : {100'000U, 650'000U, 800'000U}) {
    killed += kill_at(line, bytes) ? 1 : 0;
  }
  EXPECT_GE(killed, 1);
  const Finished finished = tessera(line);
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  const std::string console = contents(folder_ / "console.txt");
  EXPECT_TRUE(console.find("restored: ok") != std::string::npos || console.find("holds the image") != std::string::npos)
      << console;
  const Finished again = tessera(line);
  EXPECT_NE(contents(folder_ / "console.txt").find("holds the image"), std::string::npos) << again.output;
}

TEST_F(Flash, AForeignFileIsRefusedWithItsPlace) {
  write(chip_, std::string(200, 'x'));
  const Finished foreign = tessera(arguments("program_tile", 16, 32));
  EXPECT_EQ(foreign.exit_code, 2) << foreign.output;
  EXPECT_NE(foreign.output.find("chip.nvm: byte 0: not a chip file"), std::string::npos) << foreign.output;
  fs::remove(chip_);
  EXPECT_EQ(tessera(arguments("program_tile", 16, 32)).exit_code, 0);
  const Finished other = tessera(arguments("program_tile", 32, 32));
  EXPECT_EQ(other.exit_code, 2) << other.output;
  EXPECT_NE(other.output.find("cells of another platform"), std::string::npos) << other.output;
  fs::remove(chip_);
  fs::create_directory(chip_);
  EXPECT_EQ(tessera(arguments("program_tile", 16, 32)).exit_code, 4);
}

TEST_F(Flash, AFactoryProgrammedNetworkStaysInTheChip) {
  if (!have_fashion_mnist()) {
    GTEST_SKIP() << no_fashion_mnist;
  }
  const std::string line = fmt::format("run -n 3 --trace off -o {} --flash {}", folder_.string(), chip_.string());
  ASSERT_EQ(tessera(line).exit_code, 0);
  const auto first = json(folder_ / "result.json");
  const Finished second = tessera(line);
  ASSERT_EQ(second.exit_code, 0) << second.output;
  ASSERT_EQ(first.at("outputs").size(), 3U);
  EXPECT_EQ(json(folder_ / "result.json").at("outputs"), first.at("outputs"));
  const Finished none = tessera(fmt::format("run -n 3 --trace off -o {}", folder_.string()));
  ASSERT_EQ(none.exit_code, 0) << none.output;
  EXPECT_EQ(json(folder_ / "result.json").at("predictions"), first.at("predictions"));
}

}  // namespace
}  // namespace tessera::test
