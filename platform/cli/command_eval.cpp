// SPDX-License-Identifier: Apache-2.0
// `tessera eval`: accuracy at scale, without SystemC, on all cores; over seeds and swept parameters, resumable.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "platform/cli/eval_report.h"
#include "platform/cli/network_options.h"
#include "platform/cli/point_store.h"
#include "platform/cli/progress.h"
#include "platform/config/report.h"
#include "platform/config/schema.h"
#include "sw/compiler/import/import_network.h"

namespace tessera::cli {
namespace {

using nlohmann::ordered_json;

struct Options : NetworkOptions {
  unsigned threads = 0;
  std::uint64_t seeds = 1;
  std::string temperature, age;
  std::vector<std::string> sweep;
  double weight_noise = 0;
  int weight_bits = 0;
  bool exact = true;
  std::size_t quality = 100;
  bool calibrate = false;
};

/// CLI::Range lets "nan" pass.
CLI::Validator share_of_largest_weight() {
  return {[](std::string& text) -> std::string {
            const auto number = platform::parse_real(text);
            return number && *number >= 0 && *number <= 10 ? "" : "expected a number from 0 to 10, got " + text;
          },
          "NUMBER in [0 - 10]"};
}

bool of_weights(const std::string& key) {
  return key == "weight_noise" || key == "weight_bits";
}

bool sets(const std::vector<std::string>& settings, const std::string& key) {
  return std::any_of(settings.begin(), settings.end(),
                     [&](const std::string& setting) { return setting.substr(0, setting.find('=')) == key; });
}

/// --temperature and --age are keys of the platform by short names.
/// @throws CommandError  the same key by its own name besides, or swept
void add_short_settings(Options& options) {
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) {
      const std::string key = study::full_key(name);
      const bool set = sets(options.common.set, key);
      const bool swept = sets(options.sweep, key) || sets(options.sweep, name);
      if (set || swept) {
        throw CommandError(ExitCode::usage, fmt::format("--{} {} and --{} {} say different things about one key; give "
                                                        "one of them",
                                                        name, value, set ? "set" : "sweep", set ? key : name));
      }
      const platform::Key* known = platform::find_key(key);
      options.common.set.push_back(key + "=" + (known == nullptr ? value : study::in_unit(value, known->unit)));
    }
  };
  add("temperature", options.temperature);
  add("age", options.age);
}

std::vector<study::Axis> axes_of(const Options& options) {
  try {
    std::vector<study::Axis> axes;
    for (const std::string& text : options.sweep) {
      axes.push_back(study::parse_axis(text));
    }
    static_cast<void>(study::points(axes));
    return axes;
  } catch (const std::invalid_argument& error) {
    throw CommandError(ExitCode::usage, fmt::format("--sweep {}", error.what()));
  }
}

platform::WeightDisturbance disturbance_of(const Options& options, const std::vector<std::string>& settings) {
  platform::WeightDisturbance disturbance{options.weight_noise, options.weight_bits};
  for (const std::string& setting : settings) {
    const std::string key = setting.substr(0, setting.find('='));
    const std::string value = setting.substr(key.size() + 1);
    const auto number = platform::parse_real(value);
    const bool noise = key == "weight_noise";
    if (!number || *number < 0 || (noise && *number > 10) ||
        (!noise && *number != 0 && (*number < 2 || *number > 16 || *number != static_cast<int>(*number)))) {
      throw CommandError(ExitCode::usage, fmt::format("--sweep {}: expected {}", setting,
                                                      noise ? "a share of the largest weight, 0 to 10, such as 0.02"
                                                            : "2 to 16, or 0 for none"));
    }
    if (noise) {
      disturbance.noise = *number;
    } else {
      disturbance.bits = static_cast<int>(*number);
    }
  }
  return disturbance;
}

std::uint64_t data_hash(const compiler::Dataset& data) {
  const std::uint64_t values =
      text_hash({reinterpret_cast<const char*>(data.values.data()), data.values.size() * sizeof(float)});
  return text_hash({reinterpret_cast<const char*>(data.labels.data()), data.labels.size() * sizeof(std::int32_t)},
                   values);
}

/// Everything that an evaluation depends on but the settings of its point and its seed.
ordered_json signature_of(const Options& options, const platform::PlatformParameters& platform,
                          const compiler::Dataset& data, bool disturbed) {
  const std::filesystem::path network =
      options.choice.network.empty() ? platform::shipped_network() : options.choice.network;
  const std::vector<std::uint8_t> bytes = read_file(network);
  ordered_json signature = {
      {"command", "eval"},
      {"version", TESSERA_VERSION},
      {"network", network.filename().string()},
      {"network_hash", fmt::format("{:016x}", text_hash({reinterpret_cast<const char*>(bytes.data()), bytes.size()}))},
      {"data", data.name},
      {"data_hash", fmt::format("{:016x}", data_hash(data))},
      {"first", options.first}};
  if (disturbed) {
    signature["weight_noise"] = options.weight_noise;
    signature["weight_bits"] = options.weight_bits;
    return signature;
  }
  signature["calibration"] = options.choice.calibration;
  signature["slices"] = options.choice.compile.quantise.slices;
  signature["window_reuse"] = options.choice.compile.window_reuse;
  signature["keep_outputs"] = options.choice.compile.keep_outputs;
  signature["multicast"] = options.choice.compile.multicast && platform.bus.multicast;
  signature["replicate"] = options.choice.compile.map.replicate;
  signature["exact"] = options.exact;
  if (options.calibrate) {
    signature["calibrate"] = true;
  }
  signature["quality_images"] = options.quality;
  signature["platform"] = platform::show(platform);
  return signature;
}

class Eval {
 public:
  explicit Eval(const Options& options) : options_(options), axes_(axes_of(options_)) {
    const auto weights =
        std::count_if(axes_.begin(), axes_.end(), [](const auto& axis) { return of_weights(axis.key); });
    disturbed_ = options_.weight_noise > 0 || options_.weight_bits > 0 || weights > 0;
    if (disturbed_ && options_.calibrate) {
      throw CommandError(ExitCode::usage, "--calibrate trims converters; a float network has none");
    }
    if (disturbed_) {
      refuse_settings_of_chips();
    }
    if (disturbed_ && static_cast<std::size_t>(weights) != axes_.size()) {
      throw CommandError(
          ExitCode::usage,
          "weight_noise and weight_bits disturb the float network, which no key of the platform reaches; "
          "sweep them apart");
    }
    platform_ = load_or_refuse(options_.common).platform;
    if (options_.calibrate) {
      refuse_calibration(platform_);
    }
    check_points();
  }

  ExitCode run() {
    Options& options = options_;
    compiler::Graph graph = import_or_refuse();
    compiler::Dataset data = data_or_refuse(options, graph.shape(graph.input));
    EvalResult result;
    result.network = graph.name;
    result.data = data.name;
    result.images = data.size();
    result.first = options.first;
    result.seeds = options.seeds;
    result.labelled = !data.labels.empty();
    result.disturbed = disturbed_;
    result.axes = axes_;
    const std::vector<study::Point> points = study::points(axes_);
    const std::uint64_t units = points.size() * options.seeds;
    make_folder(options.common.output);
    std::optional<PointStore> store;
    if (units > 1) {
      store.emplace(options.common.output, signature_of(options, platform_, data, disturbed_));
    }
    platform::Evaluations evaluations(
        std::move(graph), std::move(data),
        [&](const platform::PlatformParameters& chip) { return prepare_or_refuse(options, chip); },
        {.first = options.first,
         .threads = options.threads,
         .exact = options.exact,
         .calibrate = options.calibrate,
         .quality = options.quality});
    Progress progress("evaluating", units * result.images);
    ExitCode worst = ExitCode::good;
    for (const study::Point& point : points) {
      result.points.push_back({point, {}, ""});
      try {
        for (std::uint64_t s = 0; s < options.seeds; ++s) {
          result.points.back().seeds.push_back(unit(evaluations, store, point, s, result, progress));
        }
      } catch (const CommandError& error) {
        if (points.size() == 1) {
          throw;
        }
        result.points.back().problem = error.what();
        worst = error.code();
        progress.skip((options.seeds - result.points.back().seeds.size()) * result.images);
        result.points.back().seeds.clear();
      }
    }
    finish(result);
    return worst;
  }

 private:
  /// A float network has no chip; of the platform's keys it takes the seed.
  void refuse_settings_of_chips() const {
    for (const std::string& setting : options_.common.set) {
      if (const std::string key = setting.substr(0, setting.find('=')); key != "seed") {
        throw CommandError(
            ExitCode::usage,
            fmt::format(
                "{} has no effect on a float network with disturbed weights (--weight-noise, --weight-bits): no "
                "chip is evaluated. Leave it out, or disturb the chip's cells with tile.cell.sigma_prog_rel",
                setting));
      }
    }
  }

  compiler::Graph import_or_refuse() const {
    const std::filesystem::path& network = options_.choice.network;
    if (!network.empty() && !std::filesystem::exists(network)) {
      throw CommandError(ExitCode::missing,
                         fmt::format("{}: no such file; give an ONNX or TensorFlow Lite network", network.string()));
    }
    try {
      return compiler::import_network(network.empty() ? platform::shipped_network() : network);
    } catch (const compiler::UnsupportedError& error) {
      throw CommandError(ExitCode::unsupported, error.what());
    }
  }

  [[nodiscard]] platform::PlatformParameters platform_at(const study::Point& point) const {
    CommonOptions common = options_.common;
    for (const std::string& setting : study::settings(axes_, point)) {
      common.set.push_back(setting);
    }
    return load_or_refuse(common).platform;
  }

  /// All that can be refused is refused before the first image.
  void check_points() const {
    for (const study::Point& point : study::points(axes_)) {
      if (disturbed_) {
        static_cast<void>(disturbance_of(options_, study::settings(axes_, point)));
      } else {
        static_cast<void>(platform_at(point));
      }
    }
  }

  platform::Evaluation unit(platform::Evaluations& evaluations, const std::optional<PointStore>& store,
                            const study::Point& point, std::uint64_t s, EvalResult& result, Progress& progress) {
    const std::vector<std::string> settings = study::settings(axes_, point);
    const platform::PlatformParameters chip = disturbed_ ? platform_ : platform_at(point);
    const std::uint64_t seed = chip.seed + s;
    const std::string name = fmt::format("{} seed={}", fmt::join(settings, " "), seed);
    if (store) {
      if (const auto kept = store->find(name)) {
        progress.skip(result.images);
        ++result.kept;
        done_ += result.images;
        return platform::evaluation_of(*kept);
      }
    }
    const auto report = [&](std::uint64_t images) { progress.update(done_ + images); };
    platform::Evaluation evaluation =
        disturbed_ ? evaluations.disturbed(disturbance_of(options_, settings), seed, report)
                   : evaluations.chip(chip, seed, fmt::format("\n{}", fmt::join(settings, " ")), report);
    done_ += result.images;
    progress.update(done_);
    result.wall_s += evaluation.wall_s;
    result.cpu_s += evaluation.cpu_s;
    result.evaluated += result.images;
    if (store) {
      store->keep(name, platform::to_json(evaluation, axes_.empty()));
    }
    return evaluation;
  }

  void finish(const EvalResult& result) const {
    write_eval(result, options_.common.output);
    if (options_.common.json) {
      fmt::print("{}\n", json_of(result).dump(2));
    } else {
      fmt::print("{}details in {}\n", text_of(result), options_.common.output.string());
    }
  }

  Options options_;
  std::vector<study::Axis> axes_;
  bool disturbed_ = false;
  platform::PlatformParameters platform_;
  std::uint64_t done_ = 0;
};

}  // namespace

void add_eval(CLI::App& program, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("eval", "Accuracy over a data set, without SystemC, on all cores");
  add_network_options(*command, *options);
  add_data_options(*command, *options, 1000);
  add_output_options(*command, options->common, "eval");
  command->add_option("-j,--threads", options->threads, "Threads (0: one per processor); results do not depend on it")
      ->capture_default_str();
  command->add_option("--seeds", options->seeds, "Chips to evaluate, from the platform's seed on")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("--temperature", options->temperature, "Of the arrays [degC]; short for --set")->type_name("C");
  command->add_option("--age", options->age, "Since programming: 90s, 1h, 30d, 10y; short for --set")
      ->type_name("TIME");
  command
      ->add_option("--sweep", options->sweep,
                   "Evaluate at each of these values; repeat for all combinations. KEY is a key of the platform, age, "
                   "temperature, weight_noise or weight_bits")
      ->type_name("KEY=V1,V2,...")
      ->allow_extra_args(false);
  command
      ->add_option("--weight-noise", options->weight_noise,
                   "No chip: float network, Gaussian noise of this share of each layer's largest weight on all weights")
      ->check(share_of_largest_weight());
  command->add_option("--weight-bits", options->weight_bits, "No chip: float network, weights rounded to so many bits")
      ->check(CLI::Range(2, 16));
  command->add_flag("--calibrate", options->calibrate,
                    "The chips measure and trim offset and gain of their converters first, as `run --calibrate` does");
  command->add_flag("!--no-exact", options->exact, "Do not compare with exact int8");
  command->add_option("--quality-images", options->quality, "Images behind signal-to-noise ratios; 0: none")
      ->check(CLI::Range(0, 10000))
      ->capture_default_str();
  command->callback([options, &action] {
    action = [options] {
      add_short_settings(*options);
      return Eval(*options).run();
    };
  });
}

}  // namespace tessera::cli
