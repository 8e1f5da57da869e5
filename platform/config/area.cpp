// SPDX-License-Identifier: Apache-2.0
#include "platform/config/area.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace tessera::platform {
namespace {

constexpr double gates_per_kGE = 1000;

double bits(double bytes) {
  return 8 * bytes;
}

/// Banks for each analog tile: 1 where they are private, less where tiles share them.
double banks_a_tile(const PlatformParameters& platform, tile::TileParameters::Sharing sharing) {
  using Sharing = tile::TileParameters::Sharing;
  std::set<std::size_t> banks;
  double tiles = 0;
  for (std::size_t i = 0; i < platform.tiles.size(); ++i) {
    if (platform.tiles[i].kind != tile::TileParameters::Kind::analog) {
      continue;
    }
    ++tiles;
    banks.insert(sharing == Sharing::tile     ? i
                 : sharing == Sharing::row    ? i / platform.grid_columns
                 : sharing == Sharing::column ? i % platform.grid_columns
                                              : 0);
  }
  return tiles == 0 ? 1 : static_cast<double>(banks.size()) / tiles;
}

void add_converters(std::vector<AreaRow>& rows, const PlatformParameters& platform, const tile::TileParameters& one) {
  const AreaParameters& area = platform.area;
  const double array_rows = one.array.rows, dac_banks = banks_a_tile(platform, one.dac_sharing);
  const std::string dac_note = one.array.dac.bits == 8 ? "" : "figure of 8 bits: no law for other resolutions";
  if (one.array.dac.supply == analog::DacParameters::Supply::global_with_row_sh) {
    rows.push_back({"DACs", "converters", dac_banks, area.dac_um2, dac_note});
    rows.push_back({"row S/H", "rows", array_rows, 0, "no published area: counted, not in the sum"});
  } else {
    rows.push_back({"DACs", "rows", array_rows * dac_banks, area.dac_um2, dac_note});
  }
  using Law = tile::TileParameters::AdcLaw;
  const std::string adc_note = one.array.adc.bits == 0 ? "exact converters have no area: figure of 8 bits"
                               : one.adc_law == Law::ramp || one.adc_law == Law::integrating
                                   ? "figure of a SAR: none for this kind"
                                   : "";
  rows.push_back({"ADCs", "converters", one.array.adc.per_tile * banks_a_tile(platform, one.adc_sharing),
                  adc_um2(area.adc_um2, one.array.adc.bits), adc_note});
}

}  // namespace

double adc_um2(double at_8_bits_um2, int bits) {
  constexpr double growth_a_bit = 1.089;
  return bits == 0 ? at_8_bits_um2 : at_8_bits_um2 * std::pow(growth_a_bit, bits - 8);
}

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
    add_converters(rows, platform, one);
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
        return other.block == row.block && other.what == row.what && other.each_um2 == row.each_um2 &&
               other.note == row.note;
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
  constexpr double transistors_a_bit = 6, transistors_a_cell = 1.5;  // founding article
  return {one.array.cell.bits * transistors_a_bit, transistors_a_cell,
          one.array.cell.bits * platform.area.sram_cell_um2, platform.area.cell_um2};
}

namespace {

/// The article's comparison, for the first analog tile.
std::string footprint_text(const PlatformParameters& platform) {
  for (const tile::TileParameters& one : platform.tiles) {
    if (one.kind == tile::TileParameters::Kind::analog) {
      const WeightFootprint of = weight_footprint(platform, one);
      return fmt::format("{:<14} {} bits: {:g}T flash cell of {:g} um2, {:g}T SRAM of {:g} um2 ({:.1f} x)\n", "",
                         one.array.cell.bits, of.cell_transistors, of.cell_um2, of.sram_transistors, of.sram_um2,
                         of.sram_um2 / of.cell_um2);
    }
  }
  return "";
}

}  // namespace

std::string area_text(const PlatformParameters& platform) {
  const std::vector<AreaRow> rows = chip_area(platform);
  const double total = total_um2(rows);
  std::string text =
      fmt::format("{:<14} {:>12} {:<11} {:>12} {:>10} {:>7}\n", "block", "count", "of", "um2 each", "mm2", "share");
  for (const AreaRow& row : rows) {
    text += fmt::format("{:<14} {:>12.0f} {:<11} {:>12.4g} {:>10.4f} {:>6.1f}%{}{}\n", row.block, row.count, row.what,
                        row.each_um2, row.total_um2() * 1e-6, 100 * row.total_um2() / total,
                        row.note.empty() ? "" : "  ", row.note);
    if (row.block == "flash array") {
      text += footprint_text(platform);
    }
  }
  return text +
         fmt::format("{:<14} {:>12} {:<11} {:>12} {:>10.4f} {:>6.1f}%\n", "total", "", "", "", total * 1e-6, 100.0);
}

}  // namespace tessera::platform
