// SPDX-License-Identifier: Apache-2.0
// `tessera boot app.elf`: any program on the platform, without a network. Its parts: boot_options (what it can be
// told), platform/session (the simulation, the report).
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "platform/cli/boot_options.h"
#include "platform/config/report.h"
#include "platform/session/boot_report.h"
#include "platform/session/run_folder.h"
#include "sw/deployment/image.h"
#include "platform/session/signature.h"
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

std::optional<deployment::Image> deployment_or_refuse(const std::filesystem::path& file, std::uint64_t hash) {
  if (file.empty()) {
    return std::nullopt;
  }
  try {
    deployment::Image image = deployment::Image::parse(read_file(file));
    if (image.header().platform_hash != hash) {
      throw CommandError(
          ExitCode::unsupported,
          fmt::format("{}: compiled for another platform (hash {:#018x}, this one has {:#018x}); compile "
                      "the network again with the same -p and --set",
                      file.string(), image.header().platform_hash, hash));
    }
    return image;
  } catch (const deployment::ImageError& error) {
    throw CommandError(ExitCode::usage, fmt::format("{}: {}", file.string(), error.what()));
  }
}

ExitCode boot(const BootOptions& options) {
  const platform::LoadResult loaded = load_or_refuse(options.common);
  const std::vector<std::uint8_t> bytes = read_file(options.program);
  const host::ElfImage program = host::parse_elf(bytes, options.program.string());
  const std::optional<deployment::Image> network =
      deployment_or_refuse(options.deployment, platform::platform_hash(loaded.platform));
  platform::World world = world_or_refuse(options.world, loaded.platform);
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
  input.world = std::move(world);
  input.deployment = network ? &*network : nullptr;
  input.limits.instructions = options.instructions;
  input.limits.time_ps = options.time_ps;
  input.profile = options.profile;
  if (!options.signature.empty()) {
    input.dump = platform::signature_range(program.symbols, input.program_name);
  }
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
  if (input.dump && output.dump.size() != input.dump->second - input.dump->first) {
    throw host::ElfError(
        fmt::format("{}: its signature at {:#010x} lies outside of memory", input.program_name, input.dump->first));
  }
  if (input.dump) {
    write_file(options.signature, platform::signature_text(output.dump));
  }
  if (output.profile) {
    write_profile(options.common.output, *output.profile, input.program_name);
  }
  if (options.common.json) {
    fmt::print("{}", json);
  } else {
    fmt::print(stderr, "{}", platform::ending_text(output));
    if (output.profile) {
      fmt::print(stderr, "\n{}", platform::profile_text(*output.profile));
    }
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
