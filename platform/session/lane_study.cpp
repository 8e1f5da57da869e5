// SPDX-License-Identifier: Apache-2.0
#include "platform/session/lane_study.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/power/amount.h"
#include "platform/session/evaluation.h"
#include "platform/session/run_folder.h"
#include "platform/session/study_run.h"
#include "platform/study/isolated.h"
#include "sw/evaluator/evaluator.h"

namespace tessera::platform {
namespace {

/// Adds up what tile jobs report.
class JobSums : public traces::Sink {
 public:
  struct Totals {
    std::uint64_t bytes = 0, conversions = 0, clipped = 0;
  };
  explicit JobSums(Totals& totals) : totals_(totals) {}
  void job(const probe::JobRecord& record, std::uint32_t /*inference*/) override {
    constexpr std::uint32_t tile_job = 1;
    if (record.kind == tile_job) {
      totals_.bytes += record.bytes_in + record.bytes_out;
      totals_.conversions += record.conversions;
      totals_.clipped += record.clipped;
    }
  }
  void close(const traces::Summary& /*summary*/) override {}

 private:
  Totals& totals_;
};

LaneSide simulate_side(const PreparedNetwork& network, const PlatformParameters& platform,
                       const host::ElfImage& program, std::uint32_t images) {
  const Frames inputs = made_frames(network, images);
  const std::string text = isolated([&] {
    JobSums::Totals totals;
    traces::Recorder recorder(recorder_options(platform, TraceLevel::off));
    recorder.add_sink(std::make_unique<JobSums>(totals));
    const SimulationOutput output = simulate_network(network, platform, program, inputs, recorder);
    evaluator::Evaluator evaluator(network.image, platform.tiles, {platform.seed, platform.sram.size_B, false});
    const bool same = evaluator.run(inputs, 0, 1) == output.results;
    double lanes = 0;
    const auto by_component = recorder.ledger().by_component();
    for (std::size_t i = 0; i < by_component.size(); ++i) {
      const std::string& path = recorder.ledger().components()[i].path;
      lanes += path.ends_with("_lanes") ? power::joules(by_component[i]) : 0.0;
    }
    return nlohmann::json{
        totals.bytes, totals.conversions, totals.clipped, inference_seconds(output), inference_joules(output), lanes,
        same}
        .dump();
  });
  const nlohmann::json values = nlohmann::json::parse(text);
  const double count = images;
  LaneSide side;
  side.bus_bytes = values.at(0).get<double>() / count;
  side.conversions = values.at(1).get<double>() / count;
  side.clipped = values.at(2).get<double>() / count;
  side.latency_s = values.at(3).get<double>() / count;
  side.energy_J = values.at(4).get<double>() / count;
  side.lanes_J = values.at(5).get<double>() / count;
  side.same_as_evaluator = values.at(6).get<bool>();
  side.notes = network.compiled.report.notes;
  return side;
}

PlatformParameters with_plane(PlatformParameters platform, bool on) {
  platform.analog_plane.column_sum = on;
  return platform;
}

/// First layer whose K is split, among those of the deployment.
std::size_t split_layer(const compiler::CompileReport& report) {
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    if (report.layers[i].k_parts > 1) {
      return i;
    }
  }
  return report.layers.size();
}

double layer_snr(Evaluations& evaluations, const PlatformParameters& platform, std::size_t layer) {
  const Evaluation result = evaluations.chip(
      platform, platform.seed, platform.analog_plane.column_sum ? "lanes" : "digital", [](std::uint64_t) {});
  return result.layers.at(layer).analog_snr_dB;
}

Evaluations evaluations_of(const compiler::Graph& graph, std::uint32_t quality) {
  EvaluationOptions options;
  options.quality = quality;
  return Evaluations(
      graph, made_inputs(graph, quality, 79),
      [graph](const PlatformParameters& platform) { return prepare_made(graph, platform); }, options);
}

}  // namespace

LaneComparison compare_lanes(const compiler::Graph& graph, const PlatformParameters& platform,
                             const host::ElfImage& program, std::uint32_t images, std::uint32_t quality) {
  LaneComparison comparison;
  comparison.network = graph.name;
  Evaluations evaluations = evaluations_of(graph, quality);
  for (const bool on : {false, true}) {
    const PlatformParameters side = with_plane(platform, on);
    const PreparedNetwork network = prepare_made(graph, side);
    LaneSide& result = on ? comparison.lanes : comparison.digital;
    result = simulate_side(network, side, program, images);
    const std::size_t layer = split_layer(network.compiled.report);
    if (layer < network.compiled.report.layers.size()) {
      comparison.layer = network.compiled.report.layers[layer].name;
      result.snr_dB = layer_snr(evaluations, side, layer);
    }
  }
  return comparison;
}

std::vector<LaneNoisePoint> lane_noise_curve(const compiler::Graph& graph, const PlatformParameters& platform,
                                             const std::vector<double>& sigmas_A, std::uint32_t quality) {
  Evaluations evaluations = evaluations_of(graph, quality);
  PlatformParameters side = with_plane(platform, true);
  const std::size_t layer = split_layer(prepare_made(graph, side).compiled.report);
  std::vector<LaneNoisePoint> curve;
  const double digital = layer_snr(evaluations, with_plane(platform, false), layer);
  for (const double sigma : sigmas_A) {
    for (tile::TileParameters& one : side.tiles) {
      one.array.lane.sigma_A = sigma;
    }
    curve.push_back({sigma, digital, layer_snr(evaluations, side, layer)});
  }
  return curve;
}

}  // namespace tessera::platform
