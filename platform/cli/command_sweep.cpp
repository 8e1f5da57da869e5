// SPDX-License-Identifier: Apache-2.0
// `tessera sweep`: one command at all combinations of swept settings, each in a process of its own; resumable.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "platform/cli/command.h"
#include "platform/cli/point_store.h"
#include "platform/cli/progress.h"
#include "platform/config/report.h"
#include "platform/config/schema.h"
#include "platform/study/axis.h"
#include "platform/study/table.h"
#include "platform/text/plot.h"

namespace tessera::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Options {
  CommonOptions common;
  std::vector<std::string> sweep, metrics, inner;
  unsigned jobs = 0;
};

/// Numbers of a result by dotted path; what the clock on the wall says is left out, lists of more than 32, too.
void flatten(const ordered_json& json, const std::string& path, std::map<std::string, double>& to) {
  if (json.is_number()) {
    to[path] = json.get<double>();
  } else if (json.is_boolean()) {
    to[path] = json.get<bool>() ? 1 : 0;
  } else if (json.is_object()) {
    for (const auto& [name, value] : json.items()) {
      if (name != "wall_clock" && name != "schema" && name != "outputs" && name != "confusion") {
        flatten(value, path.empty() ? name : path + "." + name, to);
      }
    }
  } else if (json.is_array() && json.size() <= 32) {
    for (std::size_t i = 0; i < json.size(); ++i) {
      const std::string name = json[i].is_object() && json[i].contains("name") && json[i]["name"].is_string()
                                   ? json[i]["name"].get<std::string>()
                                   : fmt::format("{}", i);
      flatten(json[i], path + "." + name, to);
    }
  }
}

class Sweep {
 public:
  explicit Sweep(const Options& options) : options_(options) {
    static const std::vector<std::string> known = {"run", "eval", "compile", "tile", "boot"};
    if (options.inner.empty() || std::find(known.begin(), known.end(), options.inner.front()) == known.end()) {
      throw CommandError(ExitCode::usage, fmt::format("give the command to repeat behind --: {}, with its options",
                                                      fmt::join(known, ", ")));
    }
    try {
      for (const std::string& text : options.sweep) {
        axes_.push_back(study::parse_axis(text));
      }
      points_ = study::points(axes_);
    } catch (const std::invalid_argument& error) {
      throw CommandError(ExitCode::usage, fmt::format("--sweep {}", error.what()));
    }
    if (axes_.empty()) {
      throw CommandError(ExitCode::usage, "nothing to sweep: give --sweep KEY=V1,V2,... at least once");
    }
    platform_ = load_or_refuse(options.common).platform;
    for (const study::Point& point : points_) {  // before the first process
      CommonOptions common = options.common;
      for (const std::string& setting : study::settings(axes_, point)) {
        if (setting.front() != '-') {
          common.set.push_back(setting);
        }
      }
      static_cast<void>(load_or_refuse(common));
    }
  }

  ExitCode run() {
    make_folder(options_.common.output);
    const PointStore store(options_.common.output, {{"command", "sweep"},
                                                    {"version", TESSERA_VERSION},
                                                    {"repeats", options_.inner},
                                                    {"platform", platform::show(platform_)}});
    Progress progress("sweeping", points_.size());
    results_.resize(points_.size());
    std::map<pid_t, std::size_t> running;
    std::size_t next = 0, done = 0;
    const std::size_t most = options_.jobs != 0 ? options_.jobs : std::max(1U, std::thread::hardware_concurrency());
    while (next < points_.size() || !running.empty()) {
      while (next < points_.size() && running.size() < most) {
        if (auto kept = store.find(name(next))) {
          results_[next] = *kept;
          ++kept_;
          ++done;
          progress.skip(1);
        } else {
          running[start(next, store)] = next;
        }
        ++next;
      }
      if (running.empty()) {
        break;
      }
      int status = 0;
      const pid_t ended = waitpid(-1, &status, 0);
      const auto point = running.find(ended);
      if (point == running.end()) {
        continue;
      }
      finish(point->second, status, store);
      running.erase(point);
      progress.update(++done);
    }
    return report();
  }

 private:
  [[nodiscard]] std::string name(std::size_t i) const {
    return fmt::format("{}", fmt::join(study::settings(axes_, points_[i]), " "));
  }
  [[nodiscard]] fs::path folder(std::size_t i, const PointStore& store) const {
    std::string text = name(i);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return std::strchr("/\\ \t\"'*?<>|:;&$", c) != nullptr; }, '_');
    return store.folder() / (text.size() <= 120 ? text : fmt::format("point-{}", i));
  }

  /// The command of one point: its own options, then what is swept, its results in a folder of its own.
  pid_t start(std::size_t i, const PointStore& store) const {
    const fs::path to = folder(i, store);
    make_folder(to);
    std::vector<std::string> words = {"tessera"};
    words.insert(words.end(), options_.inner.begin(), options_.inner.end());
    if (!options_.common.platform.empty()) {
      words.insert(words.end(), {"--platform", options_.common.platform});
    }
    for (const std::string& setting : options_.common.set) {
      words.insert(words.end(), {"--set", setting});
    }
    for (const std::string& setting : study::settings(axes_, points_[i])) {
      if (setting.front() == '-') {
        words.push_back(setting);  // an option of the command: --slices=2
      } else {
        words.insert(words.end(), {"--set", setting});
      }
    }
    words.insert(words.end(), {"--json", "--output", to.string()});
    std::vector<char*> argv;
    for (std::string& word : words) {
      argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, (to / "stdout.json").c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0644);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, (to / "stderr.txt").c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0644);
    pid_t child = 0;
    const int error = posix_spawn(&child, "/proc/self/exe", &files, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) {
      throw CommandError(ExitCode::missing, fmt::format("cannot start a process: {}", std::strerror(error)));
    }
    return child;
  }

  void finish(std::size_t i, int status, const PointStore& store) {
    const fs::path from = folder(i, store);
    ordered_json result;
    const std::vector<std::uint8_t> bytes = read_file(from / "stdout.json");
    ordered_json json = ordered_json::parse(bytes.begin(), bytes.end(), nullptr, false);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (code != 0 || !json.is_object()) {
      const std::vector<std::uint8_t> words = read_file(from / "stderr.txt");
      std::string said(words.begin(), words.end());
      said = said.substr(0, 2000);
      while (!said.empty() && said.back() == '\n') {
        said.pop_back();
      }
      result["problem"] = fmt::format("exit code {}{}{}", code, said.empty() ? "" : ": ", said);
      result["exit_code"] = code;
    } else {
      std::map<std::string, double> metrics;
      flatten(json, "", metrics);
      result["metrics"] = metrics;
    }
    results_[i] = result;
    // A point that a signal ended says nothing about the point: it is computed again next time.
    if (code < 128) {
      store.keep(name(i), result);
    }
  }

  /// Columns: those asked for, by exact name or ending; else all. A plot for those asked for, else for a well-known
  /// few.
  [[nodiscard]] study::Table table() const {
    std::set<std::string> seen;
    for (const ordered_json& result : results_) {
      if (result.contains("metrics")) {
        for (const auto& [key, value] : result["metrics"].items()) {
          seen.insert(key);
        }
      }
    }
    study::Table made;
    made.title = fmt::format("tessera {}", fmt::join(options_.inner, " "));
    made.axes = axes_;
    for (const std::string& key : seen) {
      const bool wanted =
          options_.metrics.empty() ||
          std::any_of(options_.metrics.begin(), options_.metrics.end(), [&](const std::string& metric) {
            return key == metric || (key.size() > metric.size() &&
                                     key.compare(key.size() - metric.size() - 1, std::string::npos, "." + metric) == 0);
          });
      if (wanted) {
        made.metrics.push_back({key, key, 1});
      }
    }
    for (std::size_t i = 0; i < points_.size(); ++i) {
      study::Row row;
      row.point = points_[i];
      const ordered_json& result = results_[i];
      row.problem = result.value("problem", "");
      for (const study::Metric& metric : made.metrics) {
        const bool there = result.contains("metrics") && result["metrics"].contains(metric.name);
        row.values.push_back({there ? result["metrics"][metric.name].get<double>() : std::nan(""), 0});
      }
      made.rows.push_back(row);
    }
    return made;
  }

  /// Whether a metric differs between points: what is the same everywhere needs no plot.
  static bool varies(const study::Table& table, std::size_t metric) {
    std::set<double> values;
    for (const study::Row& row : table.rows) {
      if (std::isfinite(row.values[metric].mean)) {
        values.insert(row.values[metric].mean);
      }
    }
    return values.size() > 1;
  }

  ExitCode report() {
    const study::Table all = table();
    write_file(options_.common.output / "sweep.csv", study::csv(all));
    const ordered_json json = study::json(all);
    write_file(options_.common.output / "sweep.json", json.dump(1) + "\n");
    study::Table shown = all;
    shown.metrics.clear();
    for (study::Row& row : shown.rows) {
      row.values.clear();
    }
    constexpr std::size_t most_plots = 24, most_columns = 6;
    std::size_t plots = 0;
    for (std::size_t m = 0; m < all.metrics.size(); ++m) {
      // Without a choice, figures of the whole run: those that stand at most two levels deep.
      const bool overall = std::count(all.metrics[m].name.begin(), all.metrics[m].name.end(), '.') <= 1;
      if (!varies(all, m) || (options_.metrics.empty() && !overall) || plots == most_plots) {
        continue;
      }
      std::string file = all.metrics[m].name + ".svg";
      std::replace(file.begin(), file.end(), '/', '_');
      write_file(options_.common.output / file, text::to_svg(study::plot(all, m)));
      ++plots;
      if (shown.metrics.size() < most_columns) {
        shown.metrics.push_back(all.metrics[m]);
        for (std::size_t i = 0; i < all.rows.size(); ++i) {
          shown.rows[i].values.push_back(all.rows[i].values[m]);
        }
      }
    }
    std::size_t failed = 0;
    int worst = 0;
    for (std::size_t i = 0; i < results_.size(); ++i) {
      if (results_[i].contains("problem")) {
        ++failed;
        worst = std::max(worst, std::min(results_[i]["exit_code"].get<int>(), 4));
        fmt::print(stderr, "tessera: {}: {}\n", name(i), results_[i]["problem"].get<std::string>());
      }
    }
    if (options_.common.json) {
      fmt::print("{}\n", json.dump(2));
    } else {
      fmt::print("{}\n{} points, {} kept from an earlier call, {} failed; {} metrics and {} plots in {}\n",
                 study::text(shown), points_.size(), kept_, failed, all.metrics.size(), plots,
                 options_.common.output.string());
    }
    return static_cast<ExitCode>(worst);
  }

  const Options& options_;
  std::vector<study::Axis> axes_;
  std::vector<study::Point> points_;
  platform::PlatformParameters platform_;
  std::vector<ordered_json> results_;
  std::size_t kept_ = 0;
};

}  // namespace

void add_sweep(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("sweep", "Repeat a command over settings: tessera sweep --sweep KEY=V1,V2 -- run -n 10");
  add_platform_options(*command, options->common);
  add_output_options(*command, options->common, "sweep");
  command
      ->add_option(
          "--sweep", options->sweep,
          "Repeat the command at each of these values; more than once for all combinations. KEY is a key of the "
          "platform, or an option of the command with its dashes: --sweep=--slices=1,2")
      ->type_name("KEY=V1,V2,...")
      ->allow_extra_args(false);
  command
      ->add_option("--metric", options->metrics,
                   "Figure of the result to keep and plot, by path or its end, such as energy_J; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->add_option("-j,--jobs", options->jobs, "Processes at a time (0: one per processor)")->capture_default_str();
  command->add_option("command", options->inner, "Behind --: the command to repeat, with its options")
      ->type_name("COMMAND ...");
  command->callback([options, &action] { action = [options] { return Sweep(*options).run(); }; });
}

}  // namespace tessera::cli
