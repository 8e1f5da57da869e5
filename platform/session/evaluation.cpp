// SPDX-License-Identifier: Apache-2.0
#include "platform/session/evaluation.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "platform/config/report.h"
#include "platform/session/calibration_report.h"
#include "platform/session/parallel.h"
#include "sw/compiler/graph/disturb.h"
#include "sw/compiler/graph/execute.h"
#include "sw/evaluator/evaluator.h"

namespace tessera::platform {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

template <typename Truth>
double share(const std::vector<std::size_t>& answers, const std::vector<Truth>& truth) {
  if (truth.empty()) {
    return none;
  }
  std::size_t right = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    right += answers[i] == static_cast<std::size_t>(truth[i]) ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(answers.size());
}

std::vector<std::size_t> answers_of(const std::vector<std::vector<std::int8_t>>& outputs) {
  std::vector<std::size_t> answers;
  for (const auto& output : outputs) {
    answers.push_back(arg_max(output));
  }
  return answers;
}

/// Power of a signal and of what differs from it.
struct Ratio {
  double signal = 0, noise = 0;
  void add(double truth, double value) {
    signal += truth * truth;
    noise += (value - truth) * (value - truth);
  }
  [[nodiscard]] double dB() const {
    return signal <= 0 ? none : noise <= 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(signal / noise);
  }
};

double real_of(std::int8_t code, const td_tensor& tensor) {
  return static_cast<double>(tensor.scale) * (code - tensor.zero_point);
}

nlohmann::ordered_json decibels(double value) {
  if (std::isinf(value)) {
    return "exact";
  }
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

double decibels_of(const nlohmann::ordered_json& json) {
  return json.is_string() ? std::numeric_limits<double>::infinity() : json.is_null() ? none : json.get<double>();
}

double share_of(const nlohmann::ordered_json& json) {
  return json.is_null() ? none : json.get<double>();
}

}  // namespace

nlohmann::ordered_json to_json(const Evaluation& evaluation, bool with_outputs) {
  using nlohmann::ordered_json;
  const auto number = [](double value) { return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr); };
  ordered_json layers = ordered_json::array();
  for (const LayerQuality& layer : evaluation.layers) {
    layers.push_back({{"name", layer.name},
                      {"operators", layer.operators},
                      {"products", layer.products},
                      {"conversions", layer.conversions},
                      {"clipped", layer.clipped},
                      {"saturated", layer.saturated},
                      {"snr_dB", decibels(layer.snr_dB)},
                      {"qsnr_dB", decibels(layer.qsnr_dB)},
                      {"analog_snr_dB", decibels(layer.analog_snr_dB)}});
  }
  ordered_json json = {{"seed", evaluation.seed},
                       {"accuracy", number(evaluation.accuracy)},
                       {"agrees_with_float", number(evaluation.agrees_with_float)},
                       {"agrees_with_exact", number(evaluation.agrees_with_exact)},
                       {"float_accuracy", number(evaluation.float_accuracy)},
                       {"exact_accuracy", number(evaluation.exact_accuracy)},
                       {"confusion", evaluation.confusion},
                       {"layers", layers},
                       {"wall_s", evaluation.wall_s}};
  if (evaluation.converters) {
    json["calibration"] = to_json(*evaluation.converters);
  }
  if (with_outputs) {
    json["outputs"] = evaluation.outputs;
  }
  return json;
}

Evaluation evaluation_of(const nlohmann::ordered_json& json) {
  Evaluation evaluation;
  evaluation.seed = json.at("seed").get<std::uint64_t>();
  evaluation.accuracy = share_of(json.at("accuracy"));
  evaluation.agrees_with_float = share_of(json.at("agrees_with_float"));
  evaluation.agrees_with_exact = share_of(json.at("agrees_with_exact"));
  evaluation.float_accuracy = share_of(json.at("float_accuracy"));
  evaluation.exact_accuracy = share_of(json.at("exact_accuracy"));
  evaluation.confusion = json.at("confusion").get<std::vector<std::vector<std::uint64_t>>>();
  for (const auto& layer : json.at("layers")) {
    evaluation.layers.push_back({layer.at("name").get<std::string>(), layer.at("operators").get<std::string>(),
                                 layer.at("products").get<std::uint64_t>(),
                                 layer.at("conversions").get<std::uint64_t>(), layer.at("clipped").get<std::uint64_t>(),
                                 layer.at("saturated").get<std::uint64_t>(), decibels_of(layer.at("snr_dB")),
                                 decibels_of(layer.at("qsnr_dB")), decibels_of(layer.at("analog_snr_dB"))});
  }
  evaluation.wall_s = json.at("wall_s").get<double>();
  if (json.contains("calibration")) {
    evaluation.converters = converter_errors_of(json.at("calibration"));
  }
  if (json.contains("outputs")) {
    evaluation.outputs = json.at("outputs").get<std::vector<std::vector<std::int8_t>>>();
  }
  return evaluation;
}

PlatformParameters exact_platform(const PlatformParameters& platform) {
  PlatformParameters exact = platform;
  for (tile::TileParameters& one : exact.tiles) {
    one.array.idealise();
    one.array.cell.level_currents_A.clear();  // equally spaced, as the compiler takes them
    one.array.adc.bits = 0;
  }
  return exact;
}

Evaluations::Evaluations(compiler::Graph graph, compiler::Dataset data, Prepare prepare,
                         const EvaluationOptions& options)
    : graph_(std::move(graph)), data_(std::move(data)), prepare_(std::move(prepare)), options_(options) {
  options_.quality = std::min(options_.quality, data_.size());
}

void Evaluations::float_reference() {
  if (!float_answers_.empty()) {
    return;
  }
  float_answers_.resize(data_.size());
  float_tensors_.resize(options_.quality);
  for_each_index(data_.size(), options_.threads, [&] {
    return [&, executor = compiler::FloatExecutor(graph_)](std::size_t i) mutable {
      float_answers_[i] = compiler::argmax(executor.run(data_.input(i)));
      for (std::size_t t = 0; i < float_tensors_.size() && t < graph_.tensors.size(); ++t) {
        const auto values = executor.tensor(static_cast<int>(t));
        float_tensors_[i].emplace_back(values.begin(), values.end());
      }
    };
  });
}

void Evaluations::judge(Evaluation& evaluation, const std::vector<std::size_t>& answers, std::size_t classes) const {
  evaluation.accuracy = share(answers, data_.labels);
  evaluation.agrees_with_float = share(answers, float_answers_);
  evaluation.float_accuracy = share(float_answers_, data_.labels);
  if (data_.labels.empty()) {
    return;
  }
  evaluation.confusion.assign(classes, std::vector<std::uint64_t>(classes));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::int32_t label = data_.labels[i];
    if (label >= 0 && static_cast<std::size_t>(label) < classes && answers[i] < classes) {
      ++evaluation.confusion[static_cast<std::size_t>(label)][answers[i]];
    }
  }
}

const Evaluations::Exact& Evaluations::exact(const PlatformParameters& platform, const std::string& name) {
  const PlatformParameters plain = exact_platform(platform);
  // Equal keys that the compiler looks at give the same integers; the rest of the name is what else it was told.
  const std::string key = name.substr(0, name.find('\n')) + "/" + std::to_string(platform_hash(plain));
  const auto found = exact_.find(key);
  if (found != exact_.end()) {
    return found->second;
  }
  Exact made{prepare_(plain), {}, {}};
  const deployment::Contents& contents = made.network.image.contents();
  const auto inputs = quantise_inputs(data_, contents.tensors.at(contents.model.input_tensor));
  evaluator::Evaluator machine(made.network.image, plain.tiles, {.seed = 1, .sram_B = plain.sram.size_B});
  made.answers = answers_of(machine.run(inputs, 0, options_.threads));
  if (options_.quality > 0) {
    evaluator::Evaluator keeper(made.network.image, plain.tiles,
                                {.seed = 1, .sram_B = plain.sram.size_B, .keep_tensors = true});
    static_cast<void>(keeper.run(std::span(inputs).first(options_.quality), 0, options_.threads));
    made.tensors = keeper.tensors();
  }
  return exact_.emplace(key, std::move(made)).first->second;
}

Evaluation Evaluations::chip(const PlatformParameters& platform, std::uint64_t seed,
                             const std::string& name_of_preparation, const ProgressOf& progress) {
  float_reference();
  if (prepared_.empty() || prepared_name_ != name_of_preparation) {
    prepared_.clear();
    prepared_.push_back(prepare_(platform));
    prepared_name_ = name_of_preparation;
  }
  const PreparedNetwork& network = prepared_.front();
  const deployment::Contents& contents = network.image.contents();
  const auto inputs = quantise_inputs(data_, contents.tensors.at(contents.model.input_tensor));
  Evaluation evaluation;
  evaluation.seed = seed;
  evaluator::Evaluator chip(network.image, platform.tiles,
                            {.seed = seed, .sram_B = platform.sram.size_B, .calibrate = options_.calibrate});
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t cpu_begin = std::clock();
  evaluation.outputs = chip.run(inputs, options_.first, options_.threads, progress);
  evaluation.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  evaluation.cpu_s = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
  for (std::size_t i = 0; i < contents.layers.size(); ++i) {
    const evaluator::LayerCounts& counts = chip.counts()[i];
    evaluation.layers.push_back({contents.name(contents.layers[i].name),
                                 contents.name(contents.layers[i].operator_name), counts.products, counts.conversions,
                                 counts.clipped, counts.saturated, none, none, none});
  }
  if (options_.calibrate) {
    CalibratedTiles tiles;
    const auto trims = chip.trims();
    for (const td_tile& used : contents.tiles) {
      const auto words = trims.find(used.tile);
      const std::span<const std::uint32_t> none_written;
      tiles.push_back({used.tile,
                       evaluator::converter_errors(platform.tiles[used.tile], seed, used.tile, contents,
                                                   words == trims.end() ? none_written : words->second),
                       0, 0});
    }
    evaluation.converters = all_tiles(tiles);
  }
  const std::vector<std::size_t> answers = answers_of(evaluation.outputs);
  judge(evaluation, answers, evaluation.outputs.front().size());
  const Exact* integers = options_.exact ? &exact(platform, name_of_preparation) : nullptr;
  evaluation.agrees_with_exact = integers == nullptr ? none : share(answers, integers->answers);
  evaluation.exact_accuracy = integers == nullptr ? none : share(integers->answers, data_.labels);
  if (options_.quality > 0) {
    measure_quality(evaluation, network, platform, seed, integers);
  }
  return evaluation;
}

void Evaluations::measure_quality(Evaluation& evaluation, const PreparedNetwork& network,
                                  const PlatformParameters& platform, std::uint64_t seed, const Exact* exact) {
  const deployment::Contents& contents = network.image.contents();
  const auto inputs = quantise_inputs(data_, contents.tensors.at(contents.model.input_tensor));
  evaluator::Evaluator chip(
      network.image, platform.tiles,
      {.seed = seed, .sram_B = platform.sram.size_B, .keep_tensors = true, .calibrate = options_.calibrate});
  static_cast<void>(chip.run(std::span(inputs).first(options_.quality), options_.first, options_.threads));
  for (std::size_t layer = 0; layer < contents.layers.size(); ++layer) {
    const td_tensor& tensor = contents.tensors.at(contents.layers[layer].output_tensor);
    const auto node = std::find_if(graph_.nodes.begin(), graph_.nodes.end(), [&](const compiler::Node& one) {
      return one.name == evaluation.layers[layer].name;
    });
    if (node == graph_.nodes.end()) {
      continue;
    }
    Ratio total, quantised, analog;
    for (std::size_t i = 0; i < options_.quality; ++i) {
      const std::vector<float>& truth = float_tensors_[i][static_cast<std::size_t>(node->output)];
      const std::vector<std::int8_t>& codes = chip.tensors()[i][layer];
      for (std::size_t k = 0; k < std::min(truth.size(), codes.size()); ++k) {
        const double value = real_of(codes[k], tensor);
        total.add(static_cast<double>(truth[k]), value);
        if (exact != nullptr) {
          const deployment::Contents& integers = exact->network.image.contents();
          const double ideal =
              real_of(exact->tensors[i][layer][k], integers.tensors.at(integers.layers.at(layer).output_tensor));
          quantised.add(static_cast<double>(truth[k]), ideal);
          analog.add(ideal, value);
        }
      }
    }
    evaluation.layers[layer].snr_dB = total.dB();
    evaluation.layers[layer].qsnr_dB = exact != nullptr ? quantised.dB() : none;
    evaluation.layers[layer].analog_snr_dB = exact != nullptr ? analog.dB() : none;
  }
}

Evaluation Evaluations::disturbed(const WeightDisturbance& disturbance, std::uint64_t seed,
                                  const ProgressOf& progress) {
  float_reference();
  compiler::Graph graph = disturbance.bits > 0 ? compiler::with_weight_bits(graph_, disturbance.bits) : graph_;
  if (disturbance.noise > 0) {
    graph = compiler::with_weight_noise(graph, disturbance.noise, seed);
  }
  Evaluation evaluation;
  evaluation.seed = seed;
  std::vector<std::size_t> answers(data_.size());
  std::atomic<std::uint64_t> done{0};
  const std::thread::id reporter = std::this_thread::get_id();
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t cpu_begin = std::clock();
  for_each_index(data_.size(), options_.threads, [&] {
    return [&, executor = compiler::FloatExecutor(graph)](std::size_t i) mutable {
      answers[i] = compiler::argmax(executor.run(data_.input(i)));
      const std::uint64_t so_far = ++done;
      if (progress && std::this_thread::get_id() == reporter) {
        progress(so_far);
      }
    };
  });
  evaluation.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  evaluation.cpu_s = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
  judge(evaluation, answers, graph_.shape(graph_.output).elements());
  evaluation.agrees_with_exact = none;
  evaluation.exact_accuracy = none;
  return evaluation;
}

}  // namespace tessera::platform
