// SPDX-License-Identifier: Apache-2.0
#include "platform/cli/boot_options.h"

#include <fmt/format.h>

#include <charconv>

#include "platform/text/duration.h"

namespace tessera::cli {
namespace {

/// "50ms", "1000000instructions", or a bare number of seconds. @return what is wrong, or ""
std::string take_limit(BootOptions& options, const std::string& value) {
  if (const auto time = text::parse_duration(value)) {
    options.time_ps = *time;
    return *time > 0 ? "" : "a limit of no time";
  }
  if (const auto seconds = text::parse_duration(value + "s")) {
    options.time_ps = *seconds;
    return *seconds > 0 ? "" : "a limit of no time";
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
}

}  // namespace tessera::cli
