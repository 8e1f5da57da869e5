// SPDX-License-Identifier: Apache-2.0
// `tessera boot app.elf`: any program on the platform, without a network.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "platform/cli/command.h"
#include "platform/config/report.h"
#include "platform/session/run_folder.h"
#include "traces/run_folder.h"

namespace tessera::cli {
namespace {

struct Options {
  CommonOptions common;
  std::filesystem::path program;
  std::string trace = "jobs";
  std::uint64_t instructions = ~std::uint64_t{0};
  double seconds = 0.0;
};

ExitCode boot(const Options& options) {
  const platform::LoadResult loaded = load_or_refuse(options.common);
  const std::vector<std::uint8_t> bytes = read_file(options.program);
  const host::ElfImage program = host::parse_elf(bytes, options.program.string());
  make_folder(options.common.output);

  const auto level = options.trace == "full"  ? platform::TraceLevel::full
                     : options.trace == "off" ? platform::TraceLevel::off
                                              : platform::TraceLevel::jobs;
  traces::Recorder recorder(platform::recorder_options(loaded.platform, level));
  traces::add_file_sinks(recorder, options.common.output, level != platform::TraceLevel::off);
  platform::SimulationInput input;
  input.platform = loaded.platform;
  input.platform_hash = platform::platform_hash(loaded.platform);
  input.program = &program;
  input.program_name = options.program.filename().string();
  input.limits.instructions = options.instructions;
  if (options.seconds > 0) {
    input.limits.time_ps = static_cast<probe::Time>(std::llround(options.seconds * 1.0e12));
  }
  if (!options.common.json) {
    input.uart = [](std::uint8_t byte) { std::putchar(byte); };
  }
  const platform::SimulationOutput output = platform::simulate(input, recorder);
  std::fflush(stdout);

  write_file(options.common.output / "console.txt", output.console);
  const nlohmann::ordered_json result = {
      {"program", input.program_name},
      {"passed", output.result.passed()},
      {"end", std::string(host::name(output.result.kind))},
      {"reason", output.result.reason},
      {"guest_exit_code", output.result.exit_code},
      {"simulated_s", static_cast<double>(output.end) * 1e-12},
      {"energy_J", power::joules(recorder.ledger().total())},
      {"cpu",
       {{"instructions", output.cpu.instructions},
        {"cycles", output.cpu.cycles},
        {"wfi_cycles", output.cpu.wfi_cycles},
        {"interrupts", output.cpu.interrupts},
        {"exceptions", output.cpu.exceptions}}},
      {"fault", output.result.passed() ? "" : output.result.report.text()},
      {"unit_errors", output.unit_errors},
  };
  write_file(options.common.output / "result.json", result.dump(2) + "\n");
  if (options.common.json) {
    fmt::print("{}\n", result.dump(2));
  } else {
    fmt::print(stderr, "{}", platform::ending_text(output));
  }
  return output.result.passed() ? ExitCode::good : ExitCode::software_failed;
}

}  // namespace

void add_boot(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("boot", "Run any RISC-V ELF program on the platform");
  command->add_option("program", options->program, "ELF file (RV32)")->required()->type_name("FILE");
  add_platform_options(*command, options->common);
  add_output_options(*command, options->common, "boot");
  command->add_option("--trace", options->trace, "off, jobs or full")
      ->check(CLI::IsMember({"off", "jobs", "full"}))
      ->capture_default_str();
  command->add_option("--limit-instructions", options->instructions, "Stop after so many instructions")
      ->check(positive_number());
  command->add_option("--limit", options->seconds, "Stop after so much simulated time [s]")->check(positive_number());
  command->callback([options, &action] { action = [options] { return boot(*options); }; });
}

}  // namespace tessera::cli
