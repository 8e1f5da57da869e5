// SPDX-License-Identifier: Apache-2.0
// `tessera eval`: accuracy at scale, without SystemC, on all cores.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "platform/cli/network_options.h"
#include "platform/cli/progress.h"
#include "platform/text/table.h"
#include "sw/compiler/graph/execute.h"
#include "sw/evaluator/evaluator.h"

namespace tessera::cli {
namespace {

struct Options : NetworkOptions {
  unsigned threads = 0;
  std::uint64_t seeds = 1;
};

/// Share of images where the arg max is the label (or the float network's answer).
double agreement(const std::vector<std::size_t>& answers, const std::vector<std::int32_t>& truth) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    right += static_cast<std::int32_t>(answers[i]) == truth[i] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(answers.size());
}

std::vector<std::int32_t> float_answers(const compiler::Graph& graph, const compiler::Dataset& data) {
  compiler::FloatExecutor executor(graph);
  std::vector<std::int32_t> answers;
  for (std::size_t i = 0; i < data.size(); ++i) {
    answers.push_back(static_cast<std::int32_t>(compiler::argmax(executor.run(data.input(i)))));
  }
  return answers;
}

struct Seed {
  std::uint64_t seed = 0;
  double accuracy = 0, agrees = 0;
};

struct Spread {
  double mean = 0, deviation = 0;
};

Spread spread(const std::vector<Seed>& seeds, double Seed::*which) {
  Spread result;
  for (const Seed& seed : seeds) {
    result.mean += seed.*which / static_cast<double>(seeds.size());
  }
  for (const Seed& seed : seeds) {
    result.deviation += (seed.*which - result.mean) * (seed.*which - result.mean);
  }
  result.deviation = seeds.size() > 1 ? std::sqrt(result.deviation / static_cast<double>(seeds.size() - 1)) : 0.0;
  return result;
}

ExitCode eval(const Options& options) {
  const platform::LoadResult loaded = load_or_refuse(options.common);
  const platform::PreparedNetwork network = prepare_or_refuse(options, loaded.platform);
  const compiler::Dataset data = data_or_refuse(options, network.graph.shape(network.graph.input));
  const deployment::Contents& contents = network.image.contents();
  const auto inputs = platform::quantise_inputs(data, contents.tensors.at(contents.model.input_tensor));
  const std::vector<std::int32_t> reference = float_answers(network.graph, data);

  std::vector<Seed> seeds;
  std::vector<evaluator::LayerCounts> counts;
  std::vector<std::vector<std::int8_t>> outputs;
  std::vector<std::vector<std::uint64_t>> confusion;
  double wall_s = 0;
  Progress progress("evaluating", inputs.size() * options.seeds);
  for (std::uint64_t s = 0; s < options.seeds; ++s) {
    evaluator::Evaluator chip(network.image, loaded.platform.tiles,
                              {.seed = loaded.platform.seed + s, .sram_B = loaded.platform.sram.size_B});
    const auto begin = std::chrono::steady_clock::now();
    outputs = chip.run(inputs, options.first, options.threads,
                       [&](std::uint64_t done) { progress.update(s * inputs.size() + done); });
    wall_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    counts = chip.counts();
    std::vector<std::size_t> answers;
    for (const auto& output : outputs) {
      answers.push_back(platform::arg_max(output));
    }
    seeds.push_back({loaded.platform.seed + s, data.labels.empty() ? 0.0 : agreement(answers, data.labels),
                     agreement(answers, reference)});
    if (s == 0 && !data.labels.empty()) {
      const std::size_t classes = outputs.empty() ? 0 : outputs[0].size();
      confusion.assign(classes, std::vector<std::uint64_t>(classes));
      for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto label = static_cast<std::size_t>(data.labels[i]);
        if (label < classes && answers[i] < classes) {
          ++confusion[label][answers[i]];
        }
      }
    }
  }

  using nlohmann::ordered_json;
  const double float_accuracy =
      data.labels.empty() ? 0.0 : agreement({reference.begin(), reference.end()}, data.labels);
  const Spread accuracy = spread(seeds, &Seed::accuracy);
  const Spread agrees = spread(seeds, &Seed::agrees);
  ordered_json layers = ordered_json::array();
  text::Table table({"<layer", "<operators", "products", "conversions", "clipped", "saturated"});
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto& name = contents.name(contents.layers[i].name);
    const double share = counts[i].conversions == 0
                             ? 0.0
                             : static_cast<double>(counts[i].clipped) / static_cast<double>(counts[i].conversions);
    layers.push_back({{"name", name},
                      {"products", counts[i].products},
                      {"conversions", counts[i].conversions},
                      {"clipped", counts[i].clipped},
                      {"saturated", counts[i].saturated}});
    table.add({name, contents.name(contents.layers[i].operator_name), fmt::format("{}", counts[i].products),
               fmt::format("{}", counts[i].conversions), fmt::format("{:.3f} %", 100.0 * share),
               fmt::format("{}", counts[i].saturated)});
  }
  ordered_json per_seed = ordered_json::array();
  for (const Seed& seed : seeds) {
    per_seed.push_back({{"seed", seed.seed}, {"accuracy", seed.accuracy}, {"agrees_with_float", seed.agrees}});
  }
  const ordered_json result = {{"schema", 1},
                               {"network", network.graph.name},
                               {"images", inputs.size()},
                               {"first_image", options.first},
                               {"float_accuracy", float_accuracy},
                               {"accuracy", {{"mean", accuracy.mean}, {"deviation", accuracy.deviation}}},
                               {"agrees_with_float", {{"mean", agrees.mean}, {"deviation", agrees.deviation}}},
                               {"seeds", per_seed},
                               {"confusion", confusion},
                               {"layers", layers},
                               {"outputs", outputs},
                               {"wall_clock", {{"evaluate_s", wall_s}}}};
  make_folder(options.common.output);
  write_file(options.common.output / "eval.json", result.dump(1) + "\n");
  if (options.common.json) {
    fmt::print("{}\n", result.dump(2));
    return ExitCode::good;
  }
  fmt::print("{} on {} images, {} seed{}\n", network.graph.name, inputs.size(), options.seeds,
             options.seeds > 1 ? "s" : "");
  fmt::print("accuracy            {:6.2f} %{}\n", 100 * accuracy.mean,
             options.seeds > 1 ? fmt::format(" +- {:.2f}", 100 * accuracy.deviation) : "");
  fmt::print("float network       {:6.2f} %\n", 100 * float_accuracy);
  fmt::print("agrees with float   {:6.2f} %\n\n{}", 100 * agrees.mean, table.text());
  fmt::print("\n{:.2f} s, {:.0f} images/s; details in {}\n", wall_s,
             static_cast<double>(inputs.size() * options.seeds) / wall_s,
             (options.common.output / "eval.json").string());
  return ExitCode::good;
}

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
  command->callback([options, &action] { action = [options] { return eval(*options); }; });
}

}  // namespace tessera::cli
