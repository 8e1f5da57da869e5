// SPDX-License-Identifier: Apache-2.0
#include "platform/session/bus_bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "platform/chip/chip.h"
#include "platform/text/table.h"

namespace tessera::platform {
namespace {

/// What a reader calls the uses; in the order of interconnect::Traffic.
constexpr std::array<const char*, interconnect::traffic_kinds> labels = {"CPU: registers and data",
                                                                         "descriptors and channel tables",
                                                                         "inputs of tiles",
                                                                         "partial sums of tiles",
                                                                         "outputs of tiles",
                                                                         "vector unit",
                                                                         "DMA",
                                                                         "weights to program"};

}  // namespace

BusBytes& BusBytes::operator+=(const BusBytes& other) {
  total += other.total;
  for (std::size_t i = 0; i < by_use.size(); ++i) {
    by_use[i] += other.by_use[i];
  }
  saved_window += other.saved_window;
  saved_multicast += other.saved_multicast;
  saved_kept += other.saved_kept;
  return *this;
}

BusBytes& BusBytes::operator-=(const BusBytes& other) {
  total -= other.total;
  for (std::size_t i = 0; i < by_use.size(); ++i) {
    by_use[i] -= other.by_use[i];
  }
  saved_window -= other.saved_window;
  saved_multicast -= other.saved_multicast;
  saved_kept -= other.saved_kept;
  return *this;
}

BusBytes bus_bytes(Chip& chip) {
  const interconnect::BusCounters& counters = chip.bus().counters();
  const tile::SavedBytes saved = chip.saved();
  return {counters.bytes, counters.bytes_for, saved.window, saved.multicast, saved.kept};
}

std::string bus_bytes_text(const BusBytes& inferences, const BusBytes& run, std::uint64_t images) {
  text::Table table({"<bytes on the bus", "an image", "share", "whole run"});
  const double number = images == 0 ? 1.0 : static_cast<double>(images);
  const auto row = [&](const std::string& name, std::uint64_t inside, std::uint64_t all) {
    const double share =
        inferences.total == 0 ? 0.0 : 100.0 * static_cast<double>(inside) / static_cast<double>(inferences.total);
    table.add({name, fmt::format("{:.10g}", static_cast<double>(inside) / number), fmt::format("{:.1f} %", share),
               fmt::format("{}", all)});
  };
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (run.by_use[i] != 0) {
      row(labels[i], inferences.by_use[i], run.by_use[i]);
    }
  }
  table.rule();
  row("moved", inferences.total, run.total);
  row("not moved: windows that overlap", inferences.saved_window, run.saved_window);
  row("not moved: inputs by multicast", inferences.saved_multicast, run.saved_multicast);
  row("not moved: kept in a tile", inferences.saved_kept, run.saved_kept);
  return table.text();
}

nlohmann::ordered_json bus_bytes_json(const BusBytes& bytes) {
  nlohmann::ordered_json moved;
  for (std::size_t i = 0; i < bytes.by_use.size(); ++i) {
    moved[std::string(interconnect::traffic_names[i])] = bytes.by_use[i];
  }
  return {
      {"total", bytes.total},
      {"moved", moved},
      {"saved", {{"window", bytes.saved_window}, {"multicast", bytes.saved_multicast}, {"kept", bytes.saved_kept}}}};
}

}  // namespace tessera::platform
