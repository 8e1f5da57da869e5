// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "platform/cli/command.h"
#include "traces/error.h"
#include "traces/stats.h"

namespace tessera::cli {
namespace {

struct Options {
  std::filesystem::path database;
  std::size_t top = 10;
  bool json = false;
};

ExitCode stats(const Options& options) {
  try {
    const traces::Stats facts = traces::compute_stats(options.database);
    fmt::print("{}", options.json ? traces::stats_json(facts) + "\n" : traces::stats_text(facts, options.top));
    return ExitCode::good;
  } catch (const traces::TraceError& error) {
    throw CommandError(error.fault() == traces::TraceFault::missing || error.fault() == traces::TraceFault::not_writable
                           ? ExitCode::missing
                           : ExitCode::usage,
                       error.what());
  }
}

}  // namespace

void add_trace(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("trace", "Ask a trace database");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* stats_command =
      command->add_subcommand("stats", "Utilisation, stalls by cause, layers by time and by energy");
  stats_command->add_option("database", options->database, "trace.db of a run folder")->required()->type_name("FILE");
  stats_command->add_option("--top", options->top, "Rows of each table")->capture_default_str();
  stats_command->add_flag("--json", options->json, "Print one JSON object instead of tables");
  stats_command->callback([options, &action] { action = [options] { return stats(*options); }; });
}

}  // namespace tessera::cli
