// SPDX-License-Identifier: Apache-2.0
// The core against qemu-system-riscv32 -icount on random programs: same registers, memory and trap log.
// TESSERA_DIFFERENTIAL_PROGRAMS and TESSERA_DIFFERENTIAL_SEED ask for more or others.
//
// A program is thousands of units, each a stream of its own: arithmetic, multiplication, division, compressed, memory
// at any alignment, atomics, CSRs, jumps over others, loops, traps, and encodings at the border of what is legal. QEMU
// is told to have the extensions of this hart and no others.
//
// Where QEMU 7.2 deviates from the specification or from a choice it leaves, the programs stay clear and directed tests
// (test_core_system.cpp, test_isa_table.cpp) follow the specification: it lets bit 0 of mepc be read back, and mtval
// stays 0 at ebreak. Counters are not compared: QEMU's with -icount are no retired instructions and cycles of a chip.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "models/host/core.h"
#include "tests/host/random_program.h"

namespace tessera::host {
namespace {

/// UART and finisher only.
class PrintingPort : public CorePort {
 public:
  explicit PrintingPort(bool& done) : done_(done) {}
  bool read(std::uint32_t, std::uint32_t, Access, std::uint32_t&) override { return false; }
  bool write(std::uint32_t address, std::uint32_t, std::uint32_t value) override {
    if (address == 0x1000'0000) text.push_back(static_cast<char>(value));
    if (address == 0x0010'0000) {
      done_ = true;
    }
    return address == 0x1000'0000 || address == 0x0010'0000;
  }
  std::string text;

 private:
  bool& done_;
};

struct Outcome {
  std::string text;
  std::uint64_t instructions = 0;
};

Outcome run_here(const RandomProgram& program, bool single_steps) {
  bool done = false;
  PrintingPort port(done);
  CpuParameters parameters;
  parameters.memory_B = 1u << 20;
  Core core(parameters, port);
  core.write_memory(RandomProgram::base, program.image());
  core.set_pc(RandomProgram::base);
  while (!done && core.instructions() < 10'000'000) {
    if (single_steps) {
      core.step();
    } else {
      core.run(core.cycles() + 1000, true);
    }
  }
  return {port.text, core.instructions()};
}

std::string run_in_qemu(const RandomProgram& program, const std::filesystem::path& elf) {
  const auto bytes = program.elf();
  std::ofstream(elf, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const std::string command =
      "timeout 60 qemu-system-riscv32 -M virt "
      "-cpu rv32,f=false,d=false,zba=false,zbb=false,zbc=false,zbs=false,h=false -bios none -nographic -icount shift=0 "
      "-kernel '" +
      elf.string() + "' </dev/null 2>/dev/null";
  std::string text;
  FILE* stream = popen(command.c_str(), "r");
  if (stream == nullptr) {
    return text;
  }
  std::array<char, 512> part{};
  while (fgets(part.data(), part.size(), stream) != nullptr) {
    text += part.data();
  }
  pclose(stream);
  return text;
}

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 0) : otherwise;
}

constexpr int units = 3000;

TEST(Differential, SameAsQemu) {
  if (std::system("qemu-system-riscv32 --version >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "qemu-system-riscv32 is not installed (Debian: qemu-system-misc): nothing to compare with";
  }
  const std::uint64_t programs = number_from("TESSERA_DIFFERENTIAL_PROGRAMS", 10);
  const std::uint64_t first = number_from("TESSERA_DIFFERENTIAL_SEED", 1);
  const auto folder = std::filesystem::temp_directory_path() / ("tessera-differential-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::uint64_t instructions = 0;
  for (std::uint64_t seed = first; seed < first + programs; ++seed) {
    const RandomProgram program(seed, units);
    const Outcome here = run_here(program, false);
    const std::string there = run_in_qemu(program, folder / "program.elf");
    EXPECT_GT(here.instructions, 2000u);
    ASSERT_FALSE(there.empty()) << "QEMU printed nothing, seed " << seed;
    ASSERT_EQ(here.text, there) << "seed " << seed << ": words are mscratch, x1..x31, data checksum, trap log checksum";
    instructions += here.instructions;
  }
  std::filesystem::remove_all(folder);
  RecordProperty("instructions", std::to_string(instructions));
}

TEST(Differential, BlocksAndSingleStepsAgree) {
  for (std::uint64_t seed = 100; seed < 110; ++seed) {
    const RandomProgram program(seed, units);
    const Outcome blocks = run_here(program, false);
    const Outcome steps = run_here(program, true);
    ASSERT_FALSE(blocks.text.empty()) << "seed " << seed;
    EXPECT_EQ(blocks.text, steps.text) << "seed " << seed;
    EXPECT_EQ(blocks.instructions, steps.instructions) << "seed " << seed;
  }
}

}  // namespace
}  // namespace tessera::host
