// SPDX-License-Identifier: Apache-2.0
#include "platform/config/derived.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "models/analog/inl.h"
#include "platform/config/report.h"
#include "tests/config/support.h"

namespace tessera::platform {
namespace {

double joules(probe::Energy attojoules) {
  return static_cast<double>(attojoules) * 1e-18;
}

TEST(Derived, NominalProductTakesOneMicrosecond) {
  const Derived d = derived(good(""));
  EXPECT_DOUBLE_EQ(d.product_time_s, 1.000e-6);  // 50 + 400 + 8 * 62.5 + 50 ns
  EXPECT_EQ(d.conversions_per_converter, 8u);
}

TEST(Derived, NominalProductTakesTheStatedEnergy) {
  const Derived d = derived(good(""));
  EXPECT_NEAR(joules(d.product_energy.total()), 21.66e-9, 0.01 * 21.66e-9);
  // By hand, at 0.4 nA mean cell current.
  EXPECT_NEAR(joules(d.product_energy.array), 1024.0 * 1024.0 * 0.4e-9 * 1.1 * 400e-9, 1e-15);
  EXPECT_NEAR(joules(d.product_energy.dac), 1024 * 7e-12, 1e-15);
  EXPECT_NEAR(joules(d.product_energy.frontend), 1024 * 5e-12 + 512 * 3e-12, 1e-15);
  EXPECT_NEAR(joules(d.product_energy.adc), 512 * 4e-12, 1e-15);
  EXPECT_NEAR(joules(d.product_energy.digital), 512 * 4e-12 + 1024 * 0.3e-12 + 512 * 0.5e-12 + 3e-9, 1e-15);
  EXPECT_NEAR(d.tile_ops_per_J, 48.4e12, 0.5e12);
}

TEST(Derived, MeasuredLevelsScaleTheCellsEnergy) {
  // The highest of four measured levels conducts 9 nA: mean cells 0.4 / 15 of that, whatever i_lsb_A says.
  const Derived d =
      derived(good("tile: {bits_per_cell: 2, cell: {i_lsb_A: 1e-9, level_currents_A: [0, 2e-9, 5e-9, 9e-9]}}"));
  EXPECT_NEAR(joules(d.product_energy.array), 1024.0 * 1024.0 * (0.4 / 15 * 9e-9) * 1.1 * 400e-9, 1e-15);
}

TEST(Derived, HighestLevelIsComparedWithTheThreshold) {
  const PlatformParameters nominal = good("");
  EXPECT_NEAR(derived(nominal).top_level_A, 15e-9, 1e-15);
  EXPECT_NEAR(derived(nominal).top_level_of_threshold, 0.15, 1e-12);
  EXPECT_EQ(notes_on(nominal), "");
  const PlatformParameters eight = good("tile: {bits_per_cell: 8}");
  EXPECT_NEAR(derived(eight).top_level_of_threshold, 2.55, 1e-12);
  EXPECT_THAT(notes_on(eight), testing::HasSubstr("2.55 times tile.cell.i_threshold_A"));
  EXPECT_THAT(check(load("tile: {bits_per_cell: 8}")), testing::AllOf(testing::StartsWith("platform is valid"),
                                                                      testing::HasSubstr("\nnote: the highest level")));
  EXPECT_EQ(notes_on(good("tile: {bits_per_cell: 8, cell: {specific_current_A: 3e-6}, effects: {compression: true}}")),
            "");
  EXPECT_EQ(notes_on(good("tile: {bits_per_cell: 8, cell: {law: linear}, dac: {type: pulse_width}}")), "");
}

TEST(Derived, NominalPeaks) {
  const Derived d = derived(good(""));
  EXPECT_NEAR(d.tile_peak_ops, 1.05e12, 0.01e12);
  EXPECT_NEAR(d.peak_ops, 12.58e12, 0.01e12);
  EXPECT_EQ(d.bytes_per_product, 1536u);
  EXPECT_NEAR(d.bus_limited_ops, 2.18e12, 0.01e12);
  EXPECT_EQ(d.weight_capacity, 12u * 1024u * 512u);
}

TEST(Derived, OtherGeometries) {
  const Derived half = derived(good("tile: {array_rows: 512, array_cols: 512}"));
  EXPECT_DOUBLE_EQ(half.product_time_s, 0.750e-6);
  EXPECT_NEAR(joules(half.product_energy.total()), 10.8e-9, 0.15e-9);
  EXPECT_NEAR(half.peak_ops, 4.19e12, 0.01e12);
  EXPECT_NEAR(half.bus_limited_ops, 1.09e12, 0.01e12);
  const Derived quarter = derived(good("tile: {array_rows: 256, array_cols: 256, adc: {per_tile: 32}}"));
  EXPECT_DOUBLE_EQ(quarter.product_time_s, 0.750e-6);
  EXPECT_NEAR(joules(quarter.product_energy.total()), 5.4e-9, 0.1e-9);
}

TEST(Derived, TheBusLimitsOnlyWhatExceedsIt) {
  const Derived wide = derived(good("bus: {data_bits: 1024}"));
  EXPECT_NEAR(wide.bus_limited_ops, wide.peak_ops, 1);  // 25.6 GB/s against 18.4 GB/s
  const Derived twice = derived(good("bus: {data_bits: 256}"));
  EXPECT_NEAR(twice.bus_limited_ops, 2 * derived(good("")).bus_limited_ops, 1e3);
}

TEST(Derived, EnergyOfTheTypicalTileAndCapacityOfAll) {
  const PlatformParameters mixed = good("tiles: {overrides: [{row: 0, col: 0, array_rows: 512}]}");
  EXPECT_EQ(derived(mixed).weight_capacity, 11u * 1024u * 512u + 512u * 512u);
  EXPECT_EQ(derived(mixed).product_energy.total(), derived(good("")).product_energy.total());
}

TEST(Derived, WorstEnergyBoundsTheTypicalOne) {
  for (const char* text : {"", "preset: hermes_core", "preset: neurram_core", "preset: silicon_mythic_like"}) {
    const tile::TileParameters one = good(text).tiles[0];
    EXPECT_GT(worst_product_energy_J(one), joules(full_product_energy(one).total())) << text;
  }
  EXPECT_NEAR(worst_product_energy_J(good("").tiles[0]), 21.48e-9 + 1048576 * 15e-9 * 1.1 * 400e-9 + 3 * 512 * 0.5e-12,
              0.1e-9);
}

/// The signal-to-noise ratio of a simulated converter gives its effective bits, as in a test bench.
double measured_bits(const analog::AdcParameters& adc, double sigma, double inl, std::uint64_t seed) {
  constexpr int samples = 1 << 14;
  constexpr double pi = 3.14159265358979323846;
  const double full = std::ldexp(1.0, adc.bits - 1);
  std::uint64_t state = 0x9E3779B97F4A7C15u;
  const auto uniform = [&] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (static_cast<double>(state >> 11) + 0.5) * 0x1p-53;
  };
  analog::AdcParameters bent = adc;
  bent.inl_lsb = inl;
  double bits = 0;
  const auto curves = analog::inl_curves(bent, seed, 0);
  for (const analog::InlCurve& curve : curves) {
    double mean = 0, along = 0, across = 0, power = 0;
    for (int i = 0; i < samples; ++i) {
      const double phase = 2 * pi * 127 * i / samples;
      const double input = (full - 1) * std::sin(phase);
      const double noise = sigma * std::sqrt(-2 * std::log(uniform())) * std::cos(2 * pi * uniform());
      const double code = std::nearbyint(input + noise + analog::inl_lsb(curve, input / full));
      mean += code / samples;
      along += 2 * code * std::sin(phase) / samples;
      across += 2 * code * std::cos(phase) / samples;
      power += code * code / samples;
    }
    const double signal = (along * along + across * across) / 2;
    bits += (10 * std::log10(signal / (power - signal - mean * mean)) - 1.76) / 6.02;
  }
  return bits / static_cast<double>(curves.size());
}

TEST(Derived, EffectiveBitsAreThoseOfASimulatedConverter) {
  const analog::ArrayParameters array = good("").tiles[0].array;
  const EffectiveBits bits = effective_bits(array, 1, 0);
  EXPECT_NEAR(bits.enob, 7.2, 0.05);
  EXPECT_NEAR(bits.enob, measured_bits(array.adc, 0.4, 0, 1), 0.05);
  EXPECT_NEAR(bits.enob_with_inl, measured_bits(array.adc, 0.4, 0.5, 1), 0.05);
  EXPECT_LT(bits.enob_with_inl, bits.enob - 0.02);
}

TEST(Derived, EffectiveBitsFollowTheSwitches) {
  EXPECT_DOUBLE_EQ(effective_bits(good("preset: nominal_noiseless").tiles[0].array, 1, 0).enob_with_inl, 8.0);
  EXPECT_DOUBLE_EQ(effective_bits(good("preset: ideal").tiles[0].array, 1, 0).enob, 0.0);
  const EffectiveBits no_bend = effective_bits(good("tile: {effects: {adc_inl: false}}").tiles[0].array, 1, 0);
  EXPECT_DOUBLE_EQ(no_bend.enob, no_bend.enob_with_inl);
}

TEST(Derived, TextAndJsonSayTheSame) {
  const PlatformParameters platform = good("");
  const std::string text = derived_text(platform);
  EXPECT_THAT(text, testing::HasSubstr("product time, all pairs             1.000 us\n"));
  EXPECT_THAT(text, testing::HasSubstr("product energy, all active          21.67 nJ\n"));
  EXPECT_THAT(text, testing::HasSubstr("chip, limited by the bus             2.18 TOPS\n"));
  const nlohmann::json json = nlohmann::json::parse(derived_json(platform));
  EXPECT_DOUBLE_EQ(json.at("product_time_s").get<double>(), 1e-6);
  EXPECT_DOUBLE_EQ(json.at("weight_capacity").get<double>(), 6291456);
}

}  // namespace
}  // namespace tessera::platform
