// SPDX-License-Identifier: Apache-2.0
// The study of docs/studies/interconnect.md: throughput over the size of the grid, the width of the bus, reuse of
// inputs and the sharing of converters, with plots.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "platform/study/traffic.h"

namespace tessera::platform {

struct StudyPoint {
  std::string plot, series;  ///< where it is drawn
  double x = 0;              ///< number of tiles
  PlatformParameters platform;
  Traffic traffic;
};

struct Study {
  std::map<std::string, std::string> files;  ///< by name: plots, table, numbers
  std::string text, json;
};

/// @param base  the platform whose grid, bus and sharing are varied; @param traffic  of each tile
[[nodiscard]] std::vector<StudyPoint> study_points(const PlatformParameters& base, const Traffic& traffic);
/// @param results  one for each point
[[nodiscard]] Study make_study(const std::vector<StudyPoint>& points, const std::vector<TrafficResult>& results);

}  // namespace tessera::platform
