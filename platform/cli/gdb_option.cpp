// SPDX-License-Identifier: Apache-2.0
#include "platform/cli/gdb_option.h"

#include <fmt/format.h>

#include <cstdio>

#include "platform/chip/chip.h"
#include "platform/cli/exit_code.h"
#include "platform/debug/gdb_session.h"
#include "traces/recorder.h"

namespace tessera::cli {

void add_gdb_option(CLI::App& command, GdbOption& option) {
  command
      .add_option_function<std::string>(
          "--gdb",
          [&option](const std::string& text) {
            option = debug::parse_address(text);
            if (!option) {
              throw CLI::ValidationError(fmt::format(
                  "--gdb: expected [HOST:]PORT, got '{}' (write --gdb=PORT, or --gdb behind the program)", text));
            }
          },
          "Wait for a debugger on this port (0: any free one) of this IP address, then run under it; "
          "default 127.0.0.1:1234")
      ->type_name("[HOST:]PORT")
      ->expected(0, 1)
      ->default_str("1234");
}

std::unique_ptr<debug::GdbServer> serve_gdb(const GdbOption& option, platform::SimulationInput& input,
                                            const std::string& program_path) {
  if (!option) {
    return nullptr;
  }
  std::unique_ptr<debug::GdbServer> server;
  try {
    server = std::make_unique<debug::GdbServer>(*option);
  } catch (const debug::ServerError& error) {
    throw CommandError(ExitCode::missing, error.what());
  }
  input.attach = [server = server.get(), program = input.program, name = input.program_name, stop = input.stop,
                  program_path](platform::Chip& chip, traces::Recorder& recorder) {
    fmt::print(stderr, "waiting for a debugger on {}: gdb-multiarch {} -ex 'target remote {}'\n", server->endpoint(),
               program_path, server->endpoint());
    std::fflush(stderr);
    return std::make_shared<debug::GdbSession>(*server, chip, recorder.ledger(), *program, name, stop);
  };
  return server;
}

}  // namespace tessera::cli
