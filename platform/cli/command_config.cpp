// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "platform/cli/command.h"
#include "platform/config/area.h"
#include "platform/config/report.h"

namespace tessera::cli {
namespace {

struct Options {
  CommonOptions common;
  std::string file;
  bool explain = false, show = false, check = false, area = false;
};

ExitCode config(const Options& options) {
  const platform::LoadResult result =
      platform::load_platform(options.file.empty() ? options.common.platform : options.file, options.common.set);
  if (options.check || !result.ok()) {
    fmt::print(result.ok() ? stdout : stderr, "{}", platform::check(result));
    return result.ok() ? ExitCode::good : ExitCode::usage;
  }
  if (options.area) {
    fmt::print("{}", platform::area_text(result.platform));
  } else if (options.common.json) {
    fmt::print("{}\n", platform::explain_json(result));
  } else if (options.explain) {
    fmt::print("{}", platform::explain(result));
  } else {
    fmt::print("{}", platform::show(result.platform));
  }
  return ExitCode::good;
}

}  // namespace

void add_config(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("config", "Check, explain or show a platform");
  add_platform_options(*command, options->common);
  command->add_option("file", options->file, "The same as --platform")
      ->type_name("FILE|PRESET")
      ->excludes("--platform");
  command->add_flag("--explain", options->explain, "Every key with value, unit, default, range and source");
  command->add_flag("--show", options->show, "The complete platform as YAML (default)");
  command->add_flag("--check", options->check, "Only say what is wrong, and what follows from the parameters");
  command->add_flag("--area", options->area, "Silicon area, block by block");
  command->add_flag("--json", options->common.json, "Everything as one JSON object");
  command->callback([options, &action] { action = [options] { return config(*options); }; });
}

}  // namespace tessera::cli
