// SPDX-License-Identifier: Apache-2.0
// `--gdb`: a debugger on the program that a command runs.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "models/host/elf_image.h"
#include "platform/debug/gdb_server.h"
#include "platform/session/simulation.h"

namespace tessera::cli {

using GdbOption = std::optional<debug::Address>;  ///< nothing: no debugger

/// --gdb[=[HOST:]PORT]
void add_gdb_option(CLI::App& command, GdbOption& option);

/// Listens, says where, and makes the simulation wait for the debugger.
/// @return the server, to be kept until the simulation is over; null without --gdb
/// @throws CommandError  exit code 4: the port cannot be had
[[nodiscard]] std::unique_ptr<debug::GdbServer> serve_gdb(const GdbOption& option, platform::SimulationInput& input,
                                                          const std::string& program_path);

}  // namespace tessera::cli
