// SPDX-License-Identifier: Apache-2.0
// What `tessera boot` can be told. One group of options a subject; each part of the command reads its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/cli/command.h"
#include "platform/cli/gdb_option.h"
#include "platform/cli/world_options.h"

namespace tessera::cli {

/// One --expect with the --within that followed it.
struct ExpectOption {
  std::string pattern;
  std::optional<std::uint64_t> within_ps;
};

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

  // Serial port
  std::string uart;  ///< "stdio", "pty", "tcp:...", "file:..."; empty: output goes to standard output
  std::filesystem::path uart_script;

  // Expectations
  std::vector<ExpectOption> expect;
  std::vector<std::string> forbid;
  bool expect_continue = false;

  // Instruction trace
  std::string isa_trace;  ///< file, "-" is standard output; empty: none
  std::vector<std::string> isa_functions;
  std::string isa_from, isa_to;
  std::uint64_t isa_lines = 1'000'000;
};

void add_boot_options(CLI::App& command, const std::shared_ptr<BootOptions>& options);

}  // namespace tessera::cli
