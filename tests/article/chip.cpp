// SPDX-License-Identifier: Apache-2.0
// Claims about tiles and chip: data movement, standby, footprint, the stack, announced figures, programming.
#include <gtest/gtest.h>

#include "models/memory/dram_interface.h"
#include "models/tile/cost.h"
#include "platform/config/area.h"
#include "platform/config/derived.h"
#include "tests/article/page.h"
#include "tests/article/section.h"

namespace tessera::article {
namespace {

double joules(probe::Energy attojoules) {
  return static_cast<double>(attojoules) * 1e-18;
}

std::string nanojoules(double energy_J) {
  return fmt::format("{:.4g} nJ", energy_J * 1e9);
}

}  // namespace

platform::PlatformParameters chip(const std::string& yaml) {
  const platform::LoadResult result = platform::load_platform_text(yaml, "page");
  EXPECT_TRUE(result.ok()) << yaml;
  return result.platform;
}

std::string data_movement() {
  constexpr std::uint32_t rows = 1024;
  constexpr std::uint32_t outputs = 512;
  constexpr double macs = double{rows} * outputs;
  tile::MacArrayParameters array;
  const double arithmetic = macs * array.mac_J;
  const tile::MacEnergy in_tile = tile::mac_product_energy(array, rows, outputs, 2048);
  const double buffered = joules(in_tile.total());
  array.weights = tile::MacArrayParameters::Weights::dram;
  const double streamed = buffered + joules(tile::weight_fetch(array, rows, outputs, 5).dram);
  const double every_operand = macs * (array.mac_J + 75e-12);
  const double analog = joules(platform::full_product_energy(tile::TileParameters{}).total());
  // One byte moved, in the memories that a byte can be in.
  const platform::PlatformParameters nominal = chip("");
  const double bus = 8 * nominal.bus.energy_per_bit_J;
  const double sram = nominal.sram.read_128b_J / 16 + bus;
  memory::DramParameters lpddr4 = nominal.ext_dram;
  lpddr4.energy_per_bit_J = 8.0e-12;
  const double lpddr_byte = joules(memory::DramInterface(nominal.ext_dram).energy(1)) + bus;
  const double lpddr4_byte = joules(memory::DramInterface(lpddr4).energy(1)) + bus;
  EXPECT_GT(lpddr4_byte, 50e-12);
  EXPECT_LT(lpddr4_byte, 100e-12);
  EXPECT_GT(streamed / arithmetic, 100);
  EXPECT_GT(buffered / analog, 10);
  const auto row = [&](const char* name, double energy) {
    return std::vector<std::string>{name, nanojoules(energy), fmt::format("{:.4g} fJ", energy / macs * 1e15),
                                    fmt::format("{:.3g}", energy / analog)};
  };
  return heading("Data movement against arithmetic (Figure 3)",
                 "a MAC takes 250 fJ, moving its data 50 to 100 pJ; so memory, not arithmetic, spends the energy.") +
         table({{"one product of 1024 x 512, 524,288 MACs", "energy", "per MAC", "times analog"},
                row("digital, MACs alone", arithmetic),
                row("digital, weights in the tile's SRAM (two vectors share a fetch)", buffered),
                row("digital, weights fetched once a job from DRAM", streamed),
                row("every operand of every MAC fetched, 75 pJ", every_operand),
                row("analog tile, nominal", analog)}) +
         table({{"one byte over the bus, whole bursts", "energy", "MACs of 250 fJ"},
                {"from the shared SRAM", fmt::format("{:.2f} pJ", sram * 1e12), fmt::format("{:.0f}", sram / 250e-15)},
                {"from external DRAM, LPDDR4 (8 pJ/bit)", fmt::format("{:.1f} pJ", lpddr4_byte * 1e12),
                 fmt::format("{:.0f}", lpddr4_byte / 250e-15)},
                {"from external DRAM, LPDDR (40 pJ/bit, the default)", fmt::format("{:.1f} pJ", lpddr_byte * 1e12),
                 fmt::format("{:.0f}", lpddr_byte / 250e-15)}}) +
         verdict(fmt::format(
             "A transfer of 50 to 100 pJ is a byte from LPDDR4; on the chip a byte takes {:.1f} pJ, still {:.0f} MACs. "
             "The claim holds for a layer that uses each weight once: fetching takes {:.0f} times the energy of the "
             "MACs. It is not a law of digital arithmetic: with weights in local SRAM movement costs {:.1f} times the "
             "MACs, and a "
             "convolution that uses a fetched weight for hundreds of pixels divides the rest. Against the best digital "
             "tile a full analog product takes {:.0f} times less, not hundreds.",
             sram * 1e12, sram / 250e-15, (streamed - buffered) / arithmetic, (buffered - arithmetic) / arithmetic,
             buffered / analog));
}

std::string standby() {
  const platform::PlatformParameters nominal = chip("");
  const tile::TileParameters& one = nominal.tiles[0];
  const std::uint64_t weights = std::uint64_t{one.array.rows} * one.array.pairs();
  const double sram_W = tile::weight_memory_leakage_W(one.mac_array, weights, one.weight_bits());
  EXPECT_EQ(one.power.off_W, 0.0);
  const double chip_idle = 12 * one.power.standby_W;
  return heading("Standby without power", "flash keeps the weights; no power is needed to hold them.") +
         table({{"to hold 6.3 million weights", "power"},
                {"flash, tiles off", "0 W"},
                {"flash, tiles in standby: bias and registers", fmt::format("{:.0f} uW", chip_idle * 1e6)},
                {"the same weights in SRAM, five bits each", fmt::format("{:.0f} uW", 12 * sram_W * 1e6)},
                {"the rest of the chip, awake", fmt::format("{:.0f} uW", nominal.soc.overhead_W * 1e6)},
                {"the whole chip in deep sleep, tiles off", fmt::format("{:.0f} uW", nominal.soc.deep_sleep_W * 1e6)},
                {"beside it, a DRAM that refreshes itself",
                 fmt::format("{:.0f} uW", nominal.ext_dram.self_refresh_W * 1e6)}}) +
         verdict(
             "Holds for the weights: a tile that was off computes the same bytes when it is back (a test of the power "
             "controller does that). The chip is another matter: what is awake around the tiles takes more than "
             "SRAM would, so the claim pays only if the chip sleeps between inferences. A DRAM that holds the weights "
             "takes "
             "as much in self-refresh as that SRAM leaks.");
}

std::string footprint() {
  const platform::PlatformParameters nominal = chip("");
  const platform::PlatformParameters digital = chip("preset: digital_baseline");
  const platform::WeightFootprint cell = platform::weight_footprint(nominal, nominal.tiles[0]);
  const double weights = 1024.0 * 512.0;
  const double tile_um2 = platform::total_um2(platform::tile_area(nominal, nominal.tiles[0]));
  const double digital_um2 = platform::total_um2(platform::tile_area(digital, digital.tiles[0]));
  const double cell_ratio = cell.sram_um2 / cell.cell_um2;
  EXPECT_GT(cell_ratio, 4);
  EXPECT_LT(cell_ratio, 16);
  return heading("Footprint", "4 bits take 1.5 transistors of flash against 24 transistors of SRAM.") +
         table({{"at 40 nm", "analog", "digital", "ratio"},
                {"transistors of 4 bits", "1.5", "24", "16"},
                {"4 bits", fmt::format("{:.3f} um2", cell.cell_um2), fmt::format("{:.3f} um2", cell.sram_um2),
                 fmt::format("{:.1f}", cell_ratio)},
                {"a signed weight (two cells; 5 bits)", fmt::format("{:.3f} um2", 2 * cell.cell_um2),
                 fmt::format("{:.3f} um2", cell.sram_um2 * 5 / 4),
                 fmt::format("{:.1f}", cell.sram_um2 * 5 / 4 / 2 / cell.cell_um2)},
                {"a weight with all of its tile", fmt::format("{:.2f} um2", tile_um2 / weights),
                 fmt::format("{:.2f} um2", digital_um2 / weights), fmt::format("{:.1f}", digital_um2 / tile_um2)},
                {"the chip", fmt::format("{:.1f} mm2", platform::total_um2(platform::chip_area(nominal)) * 1e-6),
                 fmt::format("{:.1f} mm2", platform::total_um2(platform::chip_area(digital)) * 1e-6),
                 fmt::format("{:.1f}", platform::total_um2(platform::chip_area(digital)) /
                                           platform::total_um2(platform::chip_area(nominal)))}}) +
         verdict(fmt::format(
             "Sixteen times fewer transistors are {:.1f} times less area for the cell, because a flash cell "
             "that can be tuned is larger than a logic transistor, and {:.1f} times for a tile with its "
             "converters. Areas are of published cells and converters, scaled to 40 nm; see "
             "`tessera config --area`.",
             cell_ratio, digital_um2 / tile_um2));
}

std::string stack() {
  const platform::Derived d = platform::derived(chip(""));
  EXPECT_NEAR(d.peak_ops, 12.58e12, 0.01e12);
  EXPECT_NEAR(d.bus_limited_ops, 2.18e12, 0.01e12);
  EXPECT_GT(d.weight_capacity, 4209088U);
  return heading("Twelve tiles on one interconnect (Figure 8)",
                 "three by four tiles and a shared analog-digital bus run a network such as MobileNet.") +
         table({{"3 x 4 tiles of 1024 x 1024 cells", ""},
                {"peak", fmt::format("{:.2f} TOPS", d.peak_ops * 1e-12)},
                {"limit of a 128-bit bus at 200 MHz", fmt::format("{:.2f} TOPS", d.bus_limited_ops * 1e-12)},
                {"weights that fit", fmt::format("{:.2f} million", static_cast<double>(d.weight_capacity) * 1e-6)},
                {"weights of MobileNet-v1-224", "4.21 million"}}) +
         verdict(
             fmt::format("Capacity holds. Throughput does not follow: one shared bus feeds {:.0f} % of what the tiles "
                         "could do. Multicast, window reuse, a wider bus or outputs kept in a tile move that limit "
                         "(see the study of the interconnect).",
                         100 * d.bus_limited_ops / d.peak_ops));
}

std::string announced_figures() {
  const platform::Derived nominal = platform::derived(chip(""));
  const platform::Derived vendor = platform::derived(chip("preset: vendor_target"));
  EXPECT_NEAR(vendor.tile_ops_per_J, 119.8e12, 0.2e12);
  EXPECT_NEAR(nominal.tile_ops_per_J, 48.4e12, 0.1e12);
  return heading("120 TOPS/W", "the figure announced for chips on this technology (a target).") +
         table({{"tile alone, all rows and columns in use", "TOPS/W"},
                {"preset `vendor_target`", fmt::format("{:.1f}", vendor.tile_ops_per_J * 1e-12)},
                {"nominal", fmt::format("{:.1f}", nominal.tile_ops_per_J * 1e-12)},
                {"measured chips, 8-bit inputs and outputs", "5.6 to 12.4"}}) +
         verdict(
             "Reached only with converters and row drivers at the good end of what is published, in a tile alone and "
             "full. Silicon so far is ten times below it.");
}

std::string programming() {
  return heading("Which gate programs", "a high voltage on the erase gate programs the floating gate.") +
         verdict(
             "The other way round: in a split-gate cell a high voltage on the erase gate tunnels electrons off the "
             "floating gate and erases; programming is injection of hot electrons from the source side, with a rising "
             "voltage on the control gate. The programming engine models it so.");
}

}  // namespace tessera::article
