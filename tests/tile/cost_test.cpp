// SPDX-License-Identifier: Apache-2.0
// The nominal operating point of hardware-facts 8.2: 1.000 us and 21.66 nJ for a full product.
#include "models/tile/cost.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <vector>

#include "models/converter/converter_laws.h"

namespace tessera::tile {
namespace {

TEST(Cost, NominalProduct) {
  const TileParameters nominal;
  const analog::Activity full{.active_rows = 1024, .clipped = 0, .cell_current_A = 1024.0 * 1024.0 * 0.4e-9};
  const ProductTime time = product_time(nominal, 1024, 512);
  const ProductEnergy energy = product_energy(nominal, full, 1024, 512, 512);
  std::printf("full product: %.3f us (source 1.000), %.3f nJ (source 21.66)\n",
              static_cast<double>(time.total()) * 1e-6, static_cast<double>(energy.total()) * 1e-9);
  EXPECT_EQ(time.total(), 1'000'000u);
  EXPECT_NEAR(static_cast<double>(energy.total()) * 1e-9, 21.66, 0.01 * 21.66);
  EXPECT_NEAR(static_cast<double>(energy.dac) / static_cast<double>(energy.total()), 0.33, 0.01);
  EXPECT_NEAR(static_cast<double>(energy.frontend) / static_cast<double>(energy.total()), 0.31, 0.01);
  EXPECT_NEAR(static_cast<double>(energy.adc) / static_cast<double>(energy.total()), 0.09, 0.01);
  EXPECT_NEAR(static_cast<double>(energy.array) / static_cast<double>(energy.total()), 0.01, 0.005);
}

TEST(Cost, ZeroInputsSaveWhatTheyReallySave) {
  const TileParameters nominal;
  const ProductEnergy idle = product_energy(nominal, {}, 1024, 512, 512);
  EXPECT_EQ(idle.array, 0);
  EXPECT_EQ(idle.dac, 0);
  EXPECT_GT(idle.adc, 0) << "columns are converted whatever they hold";
}

TEST(Cost, ConversionRoundsFollowTheMultiplexer) {
  const TileParameters nominal;
  EXPECT_EQ(product_time(nominal, 1024, 64).convert, 62'500u);
  EXPECT_EQ(product_time(nominal, 1024, 65).convert, 125'000u);
}

TEST(Cost, InputsInSeveralPassesTakeTheTimeAndTheConversionsOfAllPasses) {
  const TileParameters one;
  const ProductTime single = product_time(one, 1024, 512);
  const ProductEnergy energy = product_energy(one, {}, 1024, 512, 512);
  TileParameters several = one;
  several.signed_input = TileParameters::SignedInput::two_phase;
  EXPECT_EQ(several.passes(), 2U);
  several.array.dac.coding = analog::DacParameters::Coding::bit_serial;
  EXPECT_EQ(several.passes(), 16U);
  const ProductTime time = product_time(several, 1024, 512);
  EXPECT_EQ(time.total(), 16 * (single.settle + single.integrate + single.convert) + single.post);
  const ProductEnergy all = product_energy(several, {}, 1024, 512, 512);
  EXPECT_NEAR(static_cast<double>(all.adc), 16.0 * static_cast<double>(energy.adc), 1.0);
  EXPECT_NEAR(static_cast<double>(all.frontend), 16.0 * static_cast<double>(energy.frontend), 1.0);
  several.kind = TileParameters::Kind::digital;
  EXPECT_EQ(several.passes(), 1U);
}

TEST(Cost, AGlobalDacServesRowAfterRowAndPulsesSetTheIntegration) {
  TileParameters p;
  p.array.dac.supply = analog::DacParameters::Supply::global_with_row_sh;
  EXPECT_EQ(product_time(p, 100, 64).settle, 100 * 50'000U);
  p.array.dac.coding = analog::DacParameters::Coding::pulse_width;
  p.timing.pulse_lsb_s = 2e-9;
  EXPECT_EQ(product_time(p, 100, 64).integrate, 255 * 2'000U);
}

TEST(Cost, ConversionsFollowTheirLaw) {
  using Law = TileParameters::AdcLaw;
  std::printf("bits  time sar ramp integrating   energy sar ramp integrating (of 8 bits)\n");
  for (const int bits : {4, 6, 8, 10, 12}) {
    const ConversionCost sar = conversion_cost(Law::sar, bits), ramp = conversion_cost(Law::ramp, bits),
                         integrating = conversion_cost(Law::integrating, bits);
    std::printf("%4d  %.3f %.4f %.4f   %.3f %.4f %.4f\n", bits, sar.time, ramp.time, integrating.time, sar.energy,
                ramp.energy, integrating.energy);
    EXPECT_DOUBLE_EQ(sar.time, bits / 8.0);
    EXPECT_DOUBLE_EQ(ramp.time, std::ldexp(1.0, bits - 8));
    EXPECT_DOUBLE_EQ(ramp.energy, ramp.time);
    // zigzag-imc at 0.9 V: 0.32, 0.49, 0.70, 1.66 pJ for 4, 6, 8, 10 bits.
    const double zigzag_pJ = sar.energy * (100.0 * 8 + 0.001 * 65536) * 0.81e-3;
    const double source_pJ = bits == 4 ? 0.32 : bits == 6 ? 0.49 : bits == 8 ? 0.70 : bits == 10 ? 1.66 : zigzag_pJ;
    EXPECT_NEAR(zigzag_pJ, source_pJ, 0.006);
    // NeuRRAM: 1.2 + 0.25 a step.
    EXPECT_NEAR(integrating.energy * (1.2 + 0.25 * 256), 1.2 + 0.25 * std::ldexp(1.0, bits), 1e-9);
  }
  EXPECT_EQ(conversion_cost(Law::stated, 4).time, 1.0);
  EXPECT_EQ(conversion_cost(Law::stated, 4).energy, 1.0);
}

TEST(Cost, PulsedInputsRepeatWhatAPulseTakes) {
  TileParameters p;
  p.dac_law = TileParameters::DacLaw::pulses;
  p.energy.row_pulse_J = 2.0e-12;
  p.energy.control_J = 0;
  const analog::Activity activity{.active_rows = 100, .clipped = 0, .cell_current_A = 1e-6};
  for (const int bits : {1, 2, 3, 4, 6, 8, 10}) {
    p.array.dac.bits = bits;
    const unsigned pulses = bits < 3 ? 1 : static_cast<unsigned>(bits) - 1;
    EXPECT_EQ(p.input_pulses(), pulses);
    const ProductTime time = product_time(p, 1024, 64);
    EXPECT_EQ(time.integrate, pulses * 400'000U);
    EXPECT_EQ(time.settle, 50'000U);
    EXPECT_EQ(time.convert, 62'500U);
    const ProductEnergy energy = product_energy(p, activity, 1024, 64, 64);
    EXPECT_NEAR(static_cast<double>(energy.dac), 1e6 * 100 * (pulses * (1.0 + 2.0) + 6.0), 1.0);
    EXPECT_NEAR(static_cast<double>(energy.frontend), 1e6 * (128 * pulses * 5.0 + 64 * 3.0), 1.0);
    EXPECT_NEAR(static_cast<double>(energy.array), 1e18 * 1e-6 * 1.1 * pulses * 400e-9, 1.0);
    EXPECT_NEAR(static_cast<double>(energy.adc), 1e6 * 64 * 4.0, 1.0);
  }
  p.dac_law = TileParameters::DacLaw::stated;  // then neither bits nor the energy of a pulse count
  const ProductEnergy stated = product_energy(p, activity, 1024, 64, 64);
  EXPECT_EQ(product_time(p, 1024, 64).integrate, 400'000U);
  EXPECT_NEAR(static_cast<double>(stated.dac), 1e6 * 100 * 7.0, 1.0);
}

TEST(Cost, PhasesRepeatAPassWhole) {
  TileParameters one, four;
  four.phases = 4;
  const analog::Activity activity{.active_rows = 100, .clipped = 0, .cell_current_A = 1e-6};
  const ProductTime single = product_time(one, 1024, 512), repeated = product_time(four, 1024, 512);
  EXPECT_EQ(repeated.total() - repeated.post, 4 * (single.total() - single.post));
  EXPECT_EQ(repeated.post, single.post);
  const ProductEnergy a = product_energy(one, activity, 1024, 512, 512),
                      b = product_energy(four, activity, 1024, 512, 512);
  for (const auto part : {&ProductEnergy::array, &ProductEnergy::dac, &ProductEnergy::frontend, &ProductEnergy::adc}) {
    EXPECT_NEAR(static_cast<double>(b.*part), 4.0 * static_cast<double>(a.*part), 2.0);
  }
  EXPECT_EQ(four.passes(), 1U) << "the array computes once";
  four.signed_input = TileParameters::SignedInput::two_phase;
  EXPECT_EQ(four.repetitions(), 8U);
  four.kind = TileParameters::Kind::digital;
  EXPECT_EQ(four.repetitions(), 1U);
}

TEST(Cost, PublishedConverterLaws) {
  struct Row {
    const char* what;
    double ours, source;
  };
  using namespace converter;
  const std::vector<Row> rows = {
      {"DAC, zigzag, 8 bit, 1.1 V [pJ]", zigzag_dac_J(8, 1.1) * 1e12, 0.48},
      {"ADC, zigzag, 4 bit, 0.9 V [pJ]", zigzag_adc_J(4, 0.9) * 1e12, 0.32},
      {"6 bit", zigzag_adc_J(6, 0.9) * 1e12, 0.49},
      {"8 bit", zigzag_adc_J(8, 0.9) * 1e12, 0.70},
      {"10 bit", zigzag_adc_J(10, 0.9) * 1e12, 1.66},
      {"8 bit, 1.1 V", zigzag_adc_J(8, 1.1) * 1e12, 1.05},
      {"its time, 8 bit, 128 rows [ns]", zigzag_adc_s(8, 128) * 1e9, 11.8},
      {"512 rows", zigzag_adc_s(8, 512) * 1e9, 31.9},
      {"1024 rows", zigzag_adc_s(8, 1024) * 1e9, 58.6},
      {"ADC, Accelergy, 40 nm, 4 bit, 10 MS/s [pJ]", accelergy_adc_J(4, 40, 1e7) * 1e12, 1.41},
      {"40 nm, 6 bit", accelergy_adc_J(6, 40, 1e7) * 1e12, 1.62},
      {"40 nm, 7 bit", accelergy_adc_J(7, 40, 1e7) * 1e12, 1.99},
      {"40 nm, 8 bit", accelergy_adc_J(8, 40, 1e7) * 1e12, 2.61},
      {"40 nm, 9 bit", accelergy_adc_J(9, 40, 1e7) * 1e12, 3.56},
      {"40 nm, 10 bit", accelergy_adc_J(10, 40, 1e7) * 1e12, 5.03},
      {"28 nm, 8 bit", accelergy_adc_J(8, 28, 1e7) * 1e12, 1.33},
      {"22 nm, 4 bit", accelergy_adc_J(4, 22, 1e7) * 1e12, 0.457},
      {"22 nm, 6 bit", accelergy_adc_J(6, 22, 1e7) * 1e12, 0.527},
      {"22 nm, 8 bit", accelergy_adc_J(8, 22, 1e7) * 1e12, 0.847},
      {"22 nm, 10 bit", accelergy_adc_J(10, 22, 1e7) * 1e12, 1.64}};
  for (const Row& row : rows) {
    std::printf("%-46s %.3f / %.3f\n", row.what, row.ours, row.source);
    EXPECT_NEAR(row.ours, row.source, 0.015 * row.source) << row.what;
  }
  // The rate bounds the figure of merit: beyond that rate, a conversion takes more.
  EXPECT_GT(accelergy_adc_J(10, 40, 1e9), 1.02 * accelergy_adc_J(10, 40, 1e7));
}

}  // namespace
}  // namespace tessera::tile
