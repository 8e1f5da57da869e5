// SPDX-License-Identifier: Apache-2.0
// `tessera boot app.elf`: any program on the platform, without a network. Its parts: boot_options (what it can be
// told), platform/session (the simulation, the report).
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "platform/cli/boot_options.h"
#include "platform/config/report.h"
#include "platform/session/boot_report.h"
#include "platform/session/run_folder.h"
#include "traces/run_folder.h"

namespace tessera::cli {
namespace {

platform::TraceLevel trace_level(const std::string& name) {
  return name == "full"  ? platform::TraceLevel::full
         : name == "off" ? platform::TraceLevel::off
                         : platform::TraceLevel::jobs;
}

/// What the process answers: the verdict, or with --exit-code=guest the low byte of the program's own code.
int exit_code(const BootOptions& options, const platform::BootReport& report,
              const platform::SimulationOutput& output) {
  if (report.passed) {
    return static_cast<int>(ExitCode::good);
  }
  const auto guest = static_cast<int>(output.result.exit_code & 0xFFu);
  return options.guest_exit_code && guest != 0 ? guest : static_cast<int>(ExitCode::software_failed);
}

ExitCode boot(const BootOptions& options) {
  const platform::LoadResult loaded = load_or_refuse(options.common);
  const std::vector<std::uint8_t> bytes = read_file(options.program);
  const host::ElfImage program = host::parse_elf(bytes, options.program.string());
  make_folder(options.common.output);
  write_file(options.common.output / "platform.yaml", platform::show(loaded.platform));

  const platform::TraceLevel level = trace_level(options.trace);
  traces::Recorder recorder(platform::recorder_options(loaded.platform, level));
  traces::add_file_sinks(recorder, options.common.output, level != platform::TraceLevel::off);
  platform::SimulationInput input;
  input.platform = loaded.platform;
  input.platform_hash = platform::platform_hash(loaded.platform);
  input.program = &program;
  input.program_name = options.program.filename().string();
  input.limits.instructions = options.instructions;
  input.limits.time_ps = options.time_ps;
  if (!options.common.json) {
    input.uart = [](std::uint8_t byte) { std::putchar(byte); };
  }
  const auto debugger = serve_gdb(options.gdb, input, options.program.string());
  const platform::SimulationOutput output = platform::simulate(input, recorder);
  std::fflush(stdout);

  const platform::BootReport report =
      platform::make_boot_report(loaded.platform, input.program_name, output, recorder.ledger());
  const std::string json = platform::boot_report_json(report, output).dump(2) + "\n";
  write_file(options.common.output / "console.txt", output.console);
  write_file(options.common.output / "result.json", json);
  write_file(options.common.output / "report.txt", platform::boot_report_text(report, output));
  if (options.common.json) {
    fmt::print("{}", json);
  } else {
    fmt::print(stderr, "{}", platform::ending_text(output));
  }
  return static_cast<ExitCode>(exit_code(options, report, output));
}

}  // namespace

void add_boot(CLI::App& program, Action& action) {
  auto options = std::make_shared<BootOptions>();
  CLI::App* command = program.add_subcommand("boot", "Run any RISC-V ELF program on the platform");
  add_boot_options(*command, options);
  command->callback([options, &action] { action = [options] { return boot(*options); }; });
}

}  // namespace tessera::cli
