// SPDX-License-Identifier: Apache-2.0
#include "platform/config/area.h"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::platform {
namespace {

constexpr double gates_per_kGE = 1000;

double bits(double bytes) {
  return 8 * bytes;
}

}  // namespace

std::vector<AreaRow> tile_area(const PlatformParameters& platform, const tile::TileParameters& one) {
  const AreaParameters& area = platform.area;
  const double cells = static_cast<double>(one.array.rows) * one.array.columns;
  std::vector<AreaRow> rows;
  if (one.kind == tile::TileParameters::Kind::digital) {
    const double weights = static_cast<double>(one.array.rows) * one.array.pairs();
    rows.push_back(
        {"MAC units", "units", static_cast<double>(one.mac_array.rows) * one.mac_array.columns, area.mac_um2});
    if (one.mac_array.weights == tile::MacArrayParameters::Weights::buffer) {
      rows.push_back({"weight memory", "bits", weights * one.weight_bits(), area.sram_um2_per_bit()});
    }
  } else {
    rows.push_back({"flash array", "cells", cells, area.cell_um2});
    rows.push_back({"DACs", "rows", static_cast<double>(one.array.rows), area.dac_um2});
    rows.push_back({"ADCs", "converters", static_cast<double>(one.array.adc.per_tile), area.adc_um2});
  }
  // A post stage serves what one converter delivers.
  rows.push_back({"post stage", "lanes", static_cast<double>(one.array.adc.per_tile), area.post_um2});
  rows.push_back({"tile buffers", "bits", bits(static_cast<double>(one.input_buffer_B) + one.output_buffer_B),
                  area.sram_um2_per_bit()});
  return rows;
}

std::vector<AreaRow> chip_area(const PlatformParameters& platform) {
  const AreaParameters& area = platform.area;
  std::vector<AreaRow> rows;
  for (const tile::TileParameters& one : platform.tiles) {
    for (const AreaRow& row : tile_area(platform, one)) {
      const auto same = std::find_if(rows.begin(), rows.end(), [&](const AreaRow& other) {
        return other.block == row.block && other.each_um2 == row.each_um2;
      });
      if (same == rows.end()) {
        rows.push_back(row);
      } else {
        same->count += row.count;
      }
    }
  }
  rows.push_back({"shared SRAM", "bits", bits(platform.sram.size_B), area.sram_um2_per_bit()});
  rows.push_back({"CPU", "gates", area.cpu_kGE * gates_per_kGE, area.gate_um2});
  rows.push_back({"CPU memory", "bits", bits(platform.cpu.memory_B), area.sram_um2_per_bit()});
  if (platform.vector_unit.present) {
    rows.push_back({"vector unit", "MACs", static_cast<double>(platform.vector_unit.macs_per_cycle), area.mac_um2});
  }
  rows.push_back({"DMA", "gates", area.dma_channel_kGE * gates_per_kGE * platform.dma.channels, area.gate_um2});
  return rows;
}

double total_um2(const std::vector<AreaRow>& rows) {
  double sum = 0;
  for (const AreaRow& row : rows) {
    sum += row.total_um2();
  }
  return sum;
}

WeightFootprint weight_footprint(const PlatformParameters& platform, const tile::TileParameters& one) {
  return {one.array.cell.bits * platform.area.sram_cell_um2, platform.area.cell_um2};
}

std::string area_text(const PlatformParameters& platform) {
  const std::vector<AreaRow> rows = chip_area(platform);
  const double total = total_um2(rows);
  std::string text =
      fmt::format("{:<14} {:>12} {:<11} {:>12} {:>10} {:>7}\n", "block", "count", "of", "um2 each", "mm2", "share");
  for (const AreaRow& row : rows) {
    text += fmt::format("{:<14} {:>12.0f} {:<11} {:>12.4g} {:>10.4f} {:>6.1f}%\n", row.block, row.count, row.what,
                        row.each_um2, row.total_um2() * 1e-6, 100 * row.total_um2() / total);
  }
  return text +
         fmt::format("{:<14} {:>12} {:<11} {:>12} {:>10.4f} {:>6.1f}%\n", "total", "", "", "", total * 1e-6, 100.0);
}

}  // namespace tessera::platform
