// SPDX-License-Identifier: Apache-2.0
// What every sub-command shares. One file a command: command_<name>.cpp.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "platform/cli/exit_code.h"
#include "platform/config/loader.h"
#include "platform/profile/profile.h"

namespace tessera::cli {

struct CommonOptions {
  std::string platform;          ///< path or preset; empty: the default platform
  std::vector<std::string> set;  ///< key=value
  std::filesystem::path output;  ///< -o
  bool json = false;
};

void add_platform_options(CLI::App& app, CommonOptions& options);
void add_output_options(CLI::App& app, CommonOptions& options, const std::string& default_folder);

/// For options that take a finite number above 0.
[[nodiscard]] CLI::Validator positive_number();

/// Loads the platform or ends the command with all that is wrong with it.
[[nodiscard]] platform::LoadResult load_or_refuse(const CommonOptions& options);

/// The firmware's calibration takes the cells of differential pairs, a row an input, for its reference.
/// @throws CommandError  a tile has other ones
void refuse_calibration(const platform::PlatformParameters& platform);

/// Creates the run folder. @throws CommandError  exit code 4
void make_folder(const std::filesystem::path& folder);
/// Writes a file so that it is there whole or not at all. @throws CommandError  exit code 4
void write_file(const std::filesystem::path& path, const std::string& text);
[[nodiscard]] std::vector<std::uint8_t> read_file(const std::filesystem::path& path);

/// Removes what an earlier run's write_profile() left in `folder`.
void forget_profile(const std::filesystem::path& folder);
/// Writes table, folded stacks, speedscope file and flame graphs into `folder`/profile. @throws CommandError
void write_profile(const std::filesystem::path& folder, const platform::Profile& profile, const std::string& title);

/// A sub-command: adds itself to the program; `run` is set to what to do when it was chosen.
using Action = std::function<ExitCode()>;
void add_run(CLI::App& program, Action& action);
void add_compile(CLI::App& program, Action& action);
void add_eval(CLI::App& program, Action& action);
void add_tile(CLI::App& program, Action& action);
void add_sweep(CLI::App& program, Action& action);
void add_fit(CLI::App& program, Action& action);
void add_info(CLI::App& program, Action& action);
void add_boot(CLI::App& program, Action& action);
void add_trace(CLI::App& program, Action& action);
void add_config(CLI::App& program, Action& action);
void add_timing(CLI::App& program, Action& action);
void add_traffic(CLI::App& program, Action& action);
void add_lanes(CLI::App& program, Action& action);
void add_reuse(CLI::App& program, Action& action);

}  // namespace tessera::cli
