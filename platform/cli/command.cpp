// SPDX-License-Identifier: Apache-2.0
#include "platform/cli/command.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <system_error>

namespace tessera::cli {

namespace fs = std::filesystem;

void add_platform_options(CLI::App& app, CommonOptions& options) {
  app.add_option("-p,--platform", options.platform, "Platform file (YAML) or name of a preset")
      ->type_name("FILE|PRESET");
  app.add_option("--set", options.set, "Change one key of the platform; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add_output_options(CLI::App& app, CommonOptions& options, const std::string& default_folder) {
  options.output = default_folder;
  app.add_option("-o,--output", options.output, "Folder for the results")->type_name("DIR")->capture_default_str();
  app.add_flag("--json", options.json, "Print one JSON object instead of tables");
}

CLI::Validator positive_number() {
  return {[](std::string& text) -> std::string {
            double value = 0;
            const bool number = CLI::detail::lexical_cast(text, value);
            return number && std::isfinite(value) && value > 0 ? "" : "expected a finite number above 0, got " + text;
          },
          "NUMBER>0"};
}

platform::LoadResult load_or_refuse(const CommonOptions& options) {
  platform::LoadResult result = platform::load_platform(options.platform, options.set);
  if (!result.ok()) {
    throw CommandError(ExitCode::usage, result.error_text() + "see `tessera config --explain` for all keys");
  }
  return result;
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || !fs::is_directory(folder)) {
    throw CommandError(ExitCode::missing,
                       fmt::format("{}: cannot create the folder: {}; choose another one with -o", folder.string(),
                                   error ? error.message() : "a file of that name exists"));
  }
}

void write_file(const fs::path& path, const std::string& text) {
  fs::path temporary = path;
  temporary += ".part";
  {
    std::ofstream file(temporary, std::ios::binary);
    file << text;
    file.flush();
    if (!file) {
      throw CommandError(ExitCode::missing,
                         fmt::format("{}: cannot write; is the disk full or the folder read-only?", path.string()));
    }
  }
  std::error_code error;
  fs::rename(temporary, path, error);
  if (error) {
    throw CommandError(ExitCode::missing, fmt::format("{}: {}", path.string(), error.message()));
  }
}

std::vector<std::uint8_t> read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    throw CommandError(ExitCode::missing, fmt::format("{}: is a folder; expected a file", path.string()));
  }
  const std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw CommandError(ExitCode::missing, fmt::format("{}: no such file, or not readable", path.string()));
  }
  return {std::istreambuf_iterator<char>(file.rdbuf()), std::istreambuf_iterator<char>()};
}

void refuse_calibration(const platform::PlatformParameters& platform) {
  for (const tile::TileParameters& tile : platform.tiles) {
    if (tile.array.single_columns() || tile.rows_per_input() != 1) {
      throw CommandError(ExitCode::usage,
                         "--calibrate takes differential pairs with one row an input for its reference; expected "
                         "tile.weight_mapping differential_adjacent and tile.dac.signed_input offset or two_phase");
    }
  }
}

void forget_profile(const fs::path& folder) {
  std::error_code ignored;
  for (const char* const file : {"profile.txt", "profile.json", "cycles.folded", "energy.folded", "speedscope.json",
                                 "cycles.svg", "energy.svg"}) {
    fs::remove(folder / "profile" / file, ignored);
  }
  fs::remove(folder / "profile", ignored);  // only if nothing else is in it
}

void write_profile(const std::filesystem::path& folder, const platform::Profile& profile, const std::string& title) {
  using platform::ProfileOf;
  const std::filesystem::path to = folder / "profile";
  make_folder(to);
  write_file(to / "profile.txt", platform::profile_text(profile, ~std::size_t{0}));
  write_file(to / "profile.json", platform::profile_json(profile));
  write_file(to / "cycles.folded", platform::folded_stacks(profile, ProfileOf::cycles));
  write_file(to / "energy.folded", platform::folded_stacks(profile, ProfileOf::energy));
  write_file(to / "speedscope.json", platform::speedscope_json(profile, title));
  write_file(to / "cycles.svg", platform::flame_graph_svg(profile, ProfileOf::cycles, title + ": cycles"));
  write_file(to / "energy.svg", platform::flame_graph_svg(profile, ProfileOf::energy, title + ": energy"));
}

}  // namespace tessera::cli
