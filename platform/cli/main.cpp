// SPDX-License-Identifier: Apache-2.0
// One program, sub-commands in the manner of git. The one place where exceptions become messages and exit codes.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <new>
#include <systemc>

#include "platform/cli/command.h"
#include "platform/flash/chip_file.h"

namespace {

using tessera::cli::Action;
using tessera::cli::CommandError;
using tessera::cli::ExitCode;

int fail(ExitCode code, const std::string& message) {
  fmt::print(stderr, "tessera: {}\n", message);
  return static_cast<int>(code);
}

int run(int argc, char** argv) {
  CLI::App program{"Tessera: a virtual platform of an analog in-memory-computing edge-AI chip", "tessera"};
  program.set_version_flag("--version", std::string("tessera ") + TESSERA_VERSION);
  program.require_subcommand(1);
  program.fallthrough(false);
  program.footer(
      "Exit codes: 0 good; 1 the simulated software failed; 2 usage, configuration or malformed file;\n"
      "3 network unsupported or does not fit; 4 missing data, disk, port.");
  Action action;
  tessera::cli::add_run(program, action);
  tessera::cli::add_compile(program, action);
  tessera::cli::add_eval(program, action);
  tessera::cli::add_tile(program, action);
  tessera::cli::add_sweep(program, action);
  tessera::cli::add_fit(program, action);
  tessera::cli::add_info(program, action);
  tessera::cli::add_boot(program, action);
  tessera::cli::add_trace(program, action);
  tessera::cli::add_config(program, action);
  tessera::cli::add_timing(program, action);
  tessera::cli::add_traffic(program, action);
  tessera::cli::add_lanes(program, action);
  tessera::cli::add_reuse(program, action);
  const std::vector<CLI::App*> commands = program.get_subcommands([](CLI::App*) { return true; });
  const bool known = argc > 1 && std::any_of(commands.begin(), commands.end(),
                                             [&](const CLI::App* command) { return command->get_name() == argv[1]; });
  if (argc > 1 && argv[1][0] != '-' && !known) {
    return fail(ExitCode::usage, fmt::format("unknown command '{}'; see tessera --help", argv[1]));
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    const bool twice = text.find("At Most 1 required") != std::string::npos;
    return fail(ExitCode::usage,
                twice ? text.substr(0, text.find(':')) + " is given more than once; expected it once" : text);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  try {
    return static_cast<int>(action());
  } catch (const CommandError& error) {
    return fail(error.code(), error.what());
  } catch (const tessera::platform::ChipFileUnavailable& error) {
    return fail(ExitCode::missing, error.what());
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::missing, "out of memory");
  } catch (const std::exception& error) {
    return fail(ExitCode::usage, error.what());
  }
}

}  // namespace

int sc_main(int argc, char* argv[]) {
  return run(argc, argv);
}

int main(int argc, char** argv) {
  // The library prints its banner on standard error unless told otherwise; standard error is for our messages.
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
