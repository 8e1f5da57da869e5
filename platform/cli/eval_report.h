// SPDX-License-Identifier: Apache-2.0
// What `tessera eval` found, over seeds and swept points, in files and on the terminal.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "platform/session/evaluation.h"
#include "platform/study/axis.h"
#include "platform/study/table.h"

namespace tessera::cli {

/// One point of the sweep, with an evaluation a seed; or why it has none.
struct EvalPoint {
  study::Point point;
  std::vector<platform::Evaluation> seeds;
  std::string problem;
};

struct EvalResult {
  std::string network;
  std::string data;
  std::uint64_t images = 0, first = 0, seeds = 1;
  bool labelled = true;
  bool disturbed = false;  ///< float network with disturbed weights: no chip
  std::vector<study::Axis> axes;
  std::vector<EvalPoint> points;
  std::uint64_t kept = 0;  ///< evaluations taken over from an earlier call
  double wall_s = 0;       ///< of the images evaluated in this call
  double cpu_s = 0;        ///< processor time of all threads, likewise
  std::uint64_t evaluated = 0;
};

[[nodiscard]] study::Table table_of(const EvalResult& result);
[[nodiscard]] nlohmann::ordered_json json_of(const EvalResult& result);
[[nodiscard]] std::string text_of(const EvalResult& result);

/// eval.json; confusion.csv and layers.csv of a single point; sweep.csv and a plot a metric of several.
void write_eval(const EvalResult& result, const std::filesystem::path& folder);

}  // namespace tessera::cli
