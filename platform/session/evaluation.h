// SPDX-License-Identifier: Apache-2.0
// Accuracy of one network on one data set: the chip, the same network in exact int8, the float network, and float with
// disturbed weights. Knows no files and no command line.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "platform/session/network.h"
#include "sw/evaluator/calibration.h"

namespace tessera::platform {

/// Signal-to-noise ratios in dB; infinite where there is no difference, not a number where nothing was measured.
/// All are end to end up to the layer: its inputs already carry the errors of earlier layers.
struct LayerQuality {
  std::string name, operators;
  std::uint64_t products = 0, conversions = 0, clipped = 0, saturated = 0;
  double snr_dB = 0;         ///< signal: float network; noise: chip - float
  double qsnr_dB = 0;        ///< signal: float network; noise: exact int8 - float: what quantisation costs
  double analog_snr_dB = 0;  ///< signal: exact int8; noise: chip - exact int8: what the array costs
};

/// One chip (seed), or one draw of disturbed weights.
struct Evaluation {
  std::uint64_t seed = 0;
  double accuracy = 0;           ///< share of right answers; not a number without labels
  double agrees_with_float = 0;  ///< share of images with the float network's answer
  double agrees_with_exact = 0;  ///< share of images with the answer of exact int8; not a number where not asked for
  double float_accuracy = 0;     ///< of the float network on the same images; not a number without labels
  double exact_accuracy = 0;     ///< of exact int8; not a number without labels or where not asked for
  std::vector<std::vector<std::uint64_t>> confusion;  ///< [label][answer]
  std::vector<LayerQuality> layers;
  std::vector<std::vector<std::int8_t>> outputs;
  std::optional<evaluator::ConverterErrors> converters;  ///< of all tiles; only where they were calibrated
  double wall_s = 0;                                     ///< of the images alone
  double cpu_s = 0;  ///< processor time of all threads for them: says more than wall_s on a busy machine
};

[[nodiscard]] nlohmann::ordered_json to_json(const Evaluation& evaluation, bool with_outputs);
/// @throws nlohmann::json::exception  the text is not what to_json wrote
[[nodiscard]] Evaluation evaluation_of(const nlohmann::ordered_json& json);

/// Float weights disturbed before a float evaluation.
struct WeightDisturbance {
  double noise = 0;  ///< sigma relative to the layer's largest |weight|
  int bits = 0;      ///< symmetric rounding, one scale a layer; 0: none
};

struct EvaluationOptions {
  std::uint64_t first = 0;  ///< number of the first image: decides its noise
  unsigned threads = 0;
  bool exact = true;          ///< compare with exact int8, too
  bool calibrate = false;     ///< the chips trim their converters first
  std::size_t quality = 100;  ///< images behind signal-to-noise ratios; 0: none
};

/// A network with data, evaluated on as many platforms as one likes; what does not depend on the platform is computed
/// once.
class Evaluations {
 public:
  using Prepare = std::function<PreparedNetwork(const PlatformParameters&)>;
  using ProgressOf = std::function<void(std::uint64_t images)>;

  /// @param graph    float network
  /// @param data     at least one input
  /// @param prepare  compiles the network for a platform; its exceptions pass through
  Evaluations(compiler::Graph graph, compiler::Dataset data, Prepare prepare, const EvaluationOptions& options);

  /// Programs the chip of this seed and runs all images.
  /// @param name_of_preparation  platforms and options with equal names share what prepare() made
  [[nodiscard]] Evaluation chip(const PlatformParameters& platform, std::uint64_t seed,
                                const std::string& name_of_preparation, const ProgressOf& progress);
  [[nodiscard]] Evaluation disturbed(const WeightDisturbance& disturbance, std::uint64_t seed,
                                     const ProgressOf& progress);

  [[nodiscard]] const compiler::Graph& graph() const { return graph_; }
  [[nodiscard]] const compiler::Dataset& data() const { return data_; }

 private:
  struct Exact {
    PreparedNetwork network;
    std::vector<std::size_t> answers;
    std::vector<std::vector<std::vector<std::int8_t>>> tensors;  ///< of the first images: [image][layer]
  };

  [[nodiscard]] const Exact& exact(const PlatformParameters& platform, const std::string& name);
  void float_reference();
  void judge(Evaluation& evaluation, const std::vector<std::size_t>& answers, std::size_t classes) const;
  void measure_quality(Evaluation& evaluation, const PreparedNetwork& network, const PlatformParameters& platform,
                       std::uint64_t seed, const Exact* exact);

  compiler::Graph graph_;
  compiler::Dataset data_;
  Prepare prepare_;
  EvaluationOptions options_;
  std::vector<std::size_t> float_answers_;
  std::vector<std::vector<std::vector<float>>> float_tensors_;  ///< of the first images: [image][tensor]
  std::string prepared_name_;
  std::vector<PreparedNetwork> prepared_;  ///< none or one: the last
  std::map<std::string, Exact> exact_;
};

/// The same platform without a non-ideality, with exact converters: what an integer machine would compute.
[[nodiscard]] PlatformParameters exact_platform(const PlatformParameters& platform);

}  // namespace tessera::platform
