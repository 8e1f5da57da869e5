// SPDX-License-Identifier: Apache-2.0
// What `tessera boot` can be told. One group of options a subject; each part of the command reads its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>

#include "platform/cli/command.h"
#include "platform/cli/world_options.h"
#include "platform/cli/gdb_option.h"

namespace tessera::cli {

struct BootOptions {
  CommonOptions common;
  std::filesystem::path program;
  std::string trace = "jobs";
  bool guest_exit_code = false;
  bool profile = false;
  std::filesystem::path signature;  ///< empty: none

  WorldOptions world;
  std::filesystem::path deployment;  ///< empty: none
  GdbOption gdb;

  // Limits
  std::uint64_t instructions = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t time_ps = std::numeric_limits<std::uint64_t>::max();
};

void add_boot_options(CLI::App& command, const std::shared_ptr<BootOptions>& options);

}  // namespace tessera::cli
