// SPDX-License-Identifier: Apache-2.0
// Guest code cannot crash, hang or escape the simulator. Each program runs on the whole chip in a forked copy of one
// prepared process, with limits of instructions and simulated time; it must come to an orderly end: a result, whatever
// it is, a ledger and counters that add up. A signal, an exception, a SystemC report or an alarm is a failure.
//
// TESSERA_FUZZ_PROGRAMS and TESSERA_FUZZ_SEED ask for more or others (programs of each kind).
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "platform/chip/chip.h"
#include "platform/config/loader.h"
#include "tests/fuzz/hostile_program.h"
#include "traces/recorder.h"

namespace tessera::fuzz {
namespace {

constexpr unsigned patience_s = 60;  ///< of wall time on a busy machine; programs take milliseconds

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 0) : otherwise;
}

/// In the child. @return exit code: 0 all is well, else what was wrong
int run(platform::Chip& chip, traces::Recorder& recorder, const HostileProgram& program) {
  alarm(patience_s);
  chip.host().core().write_memory(host::Core::memory_base, program.code);
  chip.host().core().set_pc(host::Core::memory_base);
  const auto sram = chip.sram().bytes();
  std::copy(program.sram.begin(), program.sram.end(), sram.begin());
  constexpr std::uint64_t instructions = 60'000;
  constexpr probe::Time time = 4'000'000'000;  // 4 ms
  chip.host().set_limits({instructions, time});
  try {
    sc_core::sc_start();
    chip.host().finish();
    const probe::Time end = std::max<probe::Time>(sc_core::sc_time_stamp().value(), chip.host().local_time());
    chip.dump(end);
    recorder.close(end);
    const host::RunResult& result = chip.host().result();
    if (result.kind == host::RunEnd::none) {
      return 2;
    }
    if (chip.host().counters().instructions > instructions || end > time + 1'000'000'000) {
      return 3;
    }
    power::Amount sum = 0;
    for (const power::Amount amount : recorder.ledger().by_component()) {
      sum += amount;
    }
    return sum == recorder.ledger().total() ? 0 : 4;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 5;
  }
}

class GuestFuzz : public testing::TestWithParam<Kind> {};

TEST_P(GuestFuzz, EveryProgramEndsInOrder) {
  const platform::LoadResult loaded = platform::load_platform("");
  traces::Recorder recorder;
  platform::ChipEnvironment environment;
  environment.frames = [](std::uint64_t index, std::vector<std::uint8_t>& frame) {
    frame.assign(100, static_cast<std::uint8_t>(index));
    return index < 3;
  };
  environment.results = [](std::uint64_t, std::span<const std::uint8_t>, probe::Time) {};
  environment.unit_error = [](std::string_view) {};
  environment.marker = [](probe::MarkerKind, std::uint32_t, probe::Time) {};
  environment.uart = [](std::uint8_t) {};
  platform::Chip chip(loaded.platform, std::move(environment), recorder);
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);

  const std::uint64_t programs = number_from("TESSERA_FUZZ_PROGRAMS", 40);
  const std::uint64_t first = number_from("TESSERA_FUZZ_SEED", 1);
  for (std::uint64_t seed = first; seed < first + programs; ++seed) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const HostileProgram program = hostile_program(GetParam(), seed, loaded.platform.tile_count());
      const int code = run(chip, recorder, program);
      _exit(testing::Test::HasFailure() ? 6 : code);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
      ADD_FAILURE() << "killed by signal " << WTERMSIG(status) << (WTERMSIG(status) == SIGALRM ? " (hung)" : "");
    }
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
        << name(GetParam()) << ", TESSERA_FUZZ_SEED=" << seed << " TESSERA_FUZZ_PROGRAMS=1: code "
        << WEXITSTATUS(status)
        << " (2 no result, 3 beyond its limits, 4 ledger does not add up, 5 exception, 6 SystemC report)";
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, GuestFuzz, testing::Values(Kind::bytes, Kind::instructions, Kind::descriptors),
                         [](const auto& kind) { return name(kind.param); });

}  // namespace
}  // namespace tessera::fuzz
