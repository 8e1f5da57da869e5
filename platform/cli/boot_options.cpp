// SPDX-License-Identifier: Apache-2.0
#include "platform/cli/boot_options.h"

#include <fmt/format.h>

#include <charconv>

#include "platform/text/duration.h"

namespace tessera::cli {
namespace {

CLI::Validator duration_text() {
  return {[](std::string& value) -> std::string {
            return text::parse_duration(value) ? ""
                                               : fmt::format("expected a time such as 50ms (a number and {}), got {}",
                                                             text::duration_units, value);
          },
          "TIME"};
}

/// "50ms" or "1000000instructions". @return what is wrong, or ""
std::string take_limit(BootOptions& options, const std::string& value) {
  if (const auto time = text::parse_duration(value)) {
    options.time_ps = *time;
    return *time > 0 ? "" : "--limit: expected more than no time, got " + value;
  }
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
  const std::string unit(end, value.data() + value.size());
  if (error == std::errc() && count > 0 && (unit == "instructions" || unit == " instructions")) {
    options.instructions = count;
    return "";
  }
  return fmt::format(
      "--limit: expected a time such as 50ms (a number and {}) or a count such as 1000000instructions, got {}",
      text::duration_units, value);
}

/// Each --within belongs to the --expect before it: only the order on the command line tells.
void pair_expectations(const CLI::App& command, const CLI::Option* expect, const CLI::Option* within,
                       BootOptions& options) {
  options.expect.clear();
  std::size_t next_expect = 0;
  std::size_t next_within = 0;
  bool taken = true;
  for (const CLI::Option* option : command.parse_order()) {
    if (option == expect) {
      options.expect.push_back({expect->results().at(next_expect++), std::nullopt});
      taken = false;
    } else if (option == within) {
      const std::string& value = within->results().at(next_within++);
      if (taken) {
        throw CLI::ValidationError("--within", "stands behind the --expect it belongs to, once each");
      }
      options.expect.back().within_ps = text::parse_duration(value);
      taken = true;
    }
  }
}

void add_limits(CLI::App& command, const std::shared_ptr<BootOptions>& options) {
  command
      .add_option_function<std::vector<std::string>>(
          "--limit",
          [options](const std::vector<std::string>& values) {
            for (const std::string& value : values) {
              if (const std::string error = take_limit(*options, value); !error.empty()) {
                throw CLI::ValidationError(error);
              }
            }
          },
          "Stop after so much simulated time (50ms, 2s) or so many instructions (1000000instructions); may be repeated")
      ->type_name("TIME|COUNT")
      ->allow_extra_args(false)
      ->group("Limits");
  command.add_option("--limit-instructions", options->instructions, "Stop after so many instructions")
      ->check(positive_number())
      ->group("Limits");
}

void add_uart(CLI::App& command, const std::shared_ptr<BootOptions>& options) {
  command
      .add_option("--uart", options->uart,
                  "Where the serial port goes: stdio, pty, tcp:[HOST:]PORT, file:PATH; default: output to stdout")
      ->type_name("WHERE")
      ->group("Serial port");
  command
      .add_option("--uart-script", options->uart_script,
                  "Input at simulated times: lines such as 10ms: \"text\\n\" (docs/boot.md)")
      ->type_name("FILE")
      ->group("Serial port");
}

void add_expectations(CLI::App& command, const std::shared_ptr<BootOptions>& options) {
  const CLI::Option* expect = command.add_option("--expect", "Serial output must match this, in the order given")
                                  ->type_name("REGEX")
                                  ->expected(1)
                                  ->allow_extra_args(false)
                                  ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
                                  ->group("Expectations");
  const CLI::Option* within =
      command.add_option("--within", "Simulated time for the --expect before it, from the match before that")
          ->type_name("TIME")
          ->check(duration_text())
          ->expected(1)
          ->allow_extra_args(false)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
          ->group("Expectations");
  command.add_option("--forbid", options->forbid, "Serial output that ends the run as failed; may be repeated")
      ->type_name("REGEX")
      ->allow_extra_args(false)
      ->group("Expectations");
  command
      .add_flag("--expect-continue", options->expect_continue,
                "Run on after the last match: the program's own verdict counts, too")
      ->group("Expectations");
  command.parse_complete_callback(
      [&command, expect, within, options] { pair_expectations(command, expect, within, *options); });
}

void add_isa_trace(CLI::App& command, const std::shared_ptr<BootOptions>& options) {
  command.add_option("--isa-trace", options->isa_trace, "One line an instruction; - is standard output")
      ->type_name("FILE|-")
      ->group("Instruction trace");
  command.add_option("--isa-function", options->isa_functions, "Only these functions; may be repeated")
      ->needs("--isa-trace")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->group("Instruction trace");
  command.add_option("--isa-from", options->isa_from, "From this simulated time on")
      ->needs("--isa-trace")
      ->check(duration_text())
      ->type_name("TIME")
      ->group("Instruction trace");
  command.add_option("--isa-to", options->isa_to, "Up to this simulated time")
      ->needs("--isa-trace")
      ->check(duration_text())
      ->type_name("TIME")
      ->group("Instruction trace");
  command.add_option("--isa-lines", options->isa_lines, "At most so many lines; the run goes on without")
      ->check(positive_number())
      ->capture_default_str()
      ->group("Instruction trace");
}

}  // namespace

void add_boot_options(CLI::App& command, const std::shared_ptr<BootOptions>& options) {
  command.add_option("program", options->program, "ELF file (RV32)")->required()->type_name("FILE");
  add_platform_options(command, options->common);
  add_output_options(command, options->common, "boot");
  command.add_option("--trace", options->trace, "off, jobs or full")
      ->check(CLI::IsMember({"off", "jobs", "full"}))
      ->capture_default_str();
  command
      .add_option_function<std::string>(
          "--exit-code", [options](const std::string& value) { options->guest_exit_code = value == "guest"; },
          "verdict: 0 passed, 1 failed; guest: what the program ended with (default: verdict)")
      ->check(CLI::IsMember({"verdict", "guest"}));
  add_gdb_option(command, options->gdb);
  add_limits(command, options);
  add_world_options(command, options->world);
  command
      .add_option(
          "--deployment", options->deployment,
          "Compiled network (deployment.tsr of `tessera compile`): programmed into the tiles, mapped in the ROM")
      ->type_name("FILE")
      ->group("World");
  command.add_flag("--profile", options->profile, "Cycles and joules by function and call stack, in OUT/profile");
  command
      .add_option("--signature", options->signature,
                  "At the end, write memory from symbol begin_signature to end_signature, a hexadecimal word a line "
                  "(architecture tests)")
      ->type_name("FILE");
  add_uart(command, options);
  add_expectations(command, options);
  add_isa_trace(command, options);
}

}  // namespace tessera::cli
