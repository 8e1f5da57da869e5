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
#include "platform/cli/uart_port.h"
#include "platform/config/report.h"
#include "platform/session/boot_report.h"
#include "platform/session/run_folder.h"
#include "platform/session/signature.h"
#include "platform/text/duration.h"
#include "sw/deployment/image.h"
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

std::vector<platform::UartInput> uart_script(const BootOptions& options) {
  if (options.uart_script.empty()) {
    return {};
  }
  const std::vector<std::uint8_t> bytes = read_file(options.uart_script);
  return platform::parse_uart_script(std::string(bytes.begin(), bytes.end()), options.uart_script.string());
}

std::unique_ptr<platform::Expectations> expectations(const BootOptions& options) {
  if (options.expect.empty() && options.forbid.empty()) {
    return nullptr;
  }
  std::vector<platform::Expectation> expected;
  for (const ExpectOption& option : options.expect) {
    expected.push_back({option.pattern, option.within_ps});
  }
  return std::make_unique<platform::Expectations>(std::move(expected), options.forbid);
}

/// The file of --isa-trace; complete when this ends.
class IsaTraceFile {
 public:
  IsaTraceFile(const BootOptions& options, const host::SymbolTable& symbols) {
    if (options.isa_trace.empty()) {
      return;
    }
    for (const std::string& name : options.isa_functions) {
      if (!symbols.address(name)) {
        throw CommandError(ExitCode::usage,
                           fmt::format("--isa-function {}: the program has no symbol of that name; see "
                                       "riscv64-unknown-elf-nm",
                                       name));
      }
    }
    file_ = options.isa_trace == "-" ? stdout : std::fopen(options.isa_trace.c_str(), "w");
    if (file_ == nullptr) {
      throw CommandError(ExitCode::missing, fmt::format("--isa-trace {}: cannot be written", options.isa_trace));
    }
    trace_.options.functions = options.isa_functions;
    trace_.options.from_ps = text::parse_duration(options.isa_from).value_or(0);
    trace_.options.to_ps = text::parse_duration(options.isa_to).value_or(~std::uint64_t{0});
    trace_.options.lines = options.isa_lines;
    trace_.write = [this](std::string_view line) {
      std::fwrite(line.data(), 1, line.size(), file_);
      std::fputc('\n', file_);
    };
  }
  IsaTraceFile(const IsaTraceFile&) = delete;
  IsaTraceFile& operator=(const IsaTraceFile&) = delete;
  ~IsaTraceFile() {
    if (file_ != nullptr && file_ != stdout) {
      std::fclose(file_);
    }
  }
  [[nodiscard]] const platform::IsaTrace* trace() const { return file_ != nullptr ? &trace_ : nullptr; }

 private:
  std::FILE* file_ = nullptr;
  platform::IsaTrace trace_;
};

ExitCode boot(const BootOptions& options) {
  const platform::LoadResult loaded = load_or_refuse(options.common);
  const std::vector<std::uint8_t> bytes = read_file(options.program);
  const host::ElfImage program = host::parse_elf(bytes, options.program.string());
  const std::optional<deployment::Image> network =
      deployment_or_refuse(options.deployment, platform::platform_hash(loaded.platform));
  platform::World world = world_or_refuse(options.world, loaded.platform);
  const std::vector<platform::UartInput> script = uart_script(options);
  const auto expected = expectations(options);
  if (options.common.json && options.uart == "stdio") {
    throw CommandError(ExitCode::usage, "--json and --uart stdio both want standard output; choose another --uart");
  }
  if (options.common.json && options.isa_trace == "-") {
    throw CommandError(ExitCode::usage, "--json and --isa-trace - both want standard output; give a file");
  }
  const IsaTraceFile isa_trace(options, program.symbols);
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
  input.program_file = bytes;
  input.isa_trace = isa_trace.trace();
  input.uart_script = script;
  input.expectations = expected.get();
  input.expect_continue = options.expect_continue;
  input.stop = &stop_on_signals();
  const auto console = options.uart.empty() ? nullptr : open_uart(options.uart, *input.stop);
  input.console = console.get();
  if (!options.common.json && console == nullptr) {
    input.uart = [](std::uint8_t byte) { std::putchar(byte); };
  }
  const auto debugger = serve_gdb(options.gdb, input, options.program.string());
  const platform::SimulationOutput output = platform::simulate(input, recorder);
  std::fflush(stdout);

  const platform::BootReport report = platform::make_boot_report(loaded.platform, input, output, recorder.ledger());
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
  } else {
    forget_profile(options.common.output);
  }
  if (options.common.json) {
    fmt::print("{}", json);
  } else {
    fmt::print(stderr, "{}", platform::boot_ending_text(report, output));
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
