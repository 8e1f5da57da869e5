// SPDX-License-Identifier: Apache-2.0
// Facts that must fit together.
#include "platform/config/presets.h"
#include "tests/config/support.h"

namespace tessera::platform {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

TEST(Rules, ExactConvertersNeedAllEffectsOff) {
  EXPECT_THAT(
      errors("tile:\n  adc: {bits: exact}\n"),
      ElementsAre(AllOf(StartsWith("p.yaml:2:15: tile.adc.bits: exact converters together with programming_error, "),
                        HasSubstr("expected `effects: none`"))));
  EXPECT_THAT(errors("preset: ideal\ntile: {effects: {adc_inl: true}}"),
              ElementsAre(StartsWith("p.yaml:2:27: tile.effects.adc_inl: exact converters together with adc_inl;")));
  EXPECT_THAT(errors("", {"preset=ideal", "tile.effects=all"}), ElementsAre(StartsWith("--set: tile.effects.")));
}

TEST(Rules, MuxRatioMustFitTheConverters) {
  EXPECT_THAT(
      errors("tile: {adc: {per_tile: 64, mux_ratio: 4}}"),
      ElementsAre(
          "p.yaml:1:39: tile.adc.mux_ratio: 4 does not fit 512 column pairs on 64 converters; expected 8, or one of "
          "the two keys alone"));
  EXPECT_THAT(errors("tiles: {overrides: [{row: 0, col: 0, array_cols: 256, adc: {per_tile: 64, mux_ratio: 8}}]}"),
              ElementsAre(HasSubstr("8 does not fit 128 column pairs on 64 converters; expected 2")));
}

TEST(Rules, GainsRiseAndDivideTheLargest) {
  EXPECT_THAT(errors("tile: {integration: {pga_gains: [1, 3, 4]}}"), ElementsAre(HasSubstr("gain 3 in [1, 3, 4]")));
  EXPECT_THAT(errors("tile: {integration: {pga_gains: [2, 1]}}"), SizeIs(1));
  EXPECT_THAT(errors("tile: {integration: {pga_gains: [1, 1]}}"), SizeIs(1));
  EXPECT_THAT(errors("tile: {integration: {pga_gains: [0.5, 1, 2]}}"), IsEmpty());
}

TEST(Rules, MeasuredLevelsAreCompleteAndRise) {
  const std::string two_bits = "tile: {bits_per_cell: 2, cell: {level_currents_A: ";
  EXPECT_THAT(errors(two_bits + "[0, 1e-9, 2.1e-9, 2.9e-9]}}"), IsEmpty());
  EXPECT_THAT(errors(two_bits + "[]}}"), IsEmpty());
  EXPECT_THAT(errors(two_bits + "[0, 1e-9, 2e-9]}}"), ElementsAre(HasSubstr("3 currents for 4 levels")));
  EXPECT_THAT(errors(two_bits + "[0, 1e-9, 1e-9, 2e-9]}}"), ElementsAre(HasSubstr("4 currents, not rising, for 4")));
}

TEST(Rules, CompressionKnowsCurrentsUpToTenTimesTheSpecificCurrent) {
  const std::string on = "tile: {effects: {compression: true}, cell: {specific_current_A: ";
  EXPECT_THAT(errors(on + "1e-6}}"), IsEmpty());
  EXPECT_THAT(errors(on + "1.4e-9}}"), ElementsAre(HasSubstr("compression at 10.714285714285")));
  EXPECT_THAT(errors(on + "1.4e-9}, dac: {type: pulse_width}}"), IsEmpty()) << "pulses do not compress";
  EXPECT_THAT(errors("tile: {cell: {specific_current_A: 1.4e-9}}"), IsEmpty()) << "it is off";
}

TEST(Rules, FirstOrderVoltageDropStaysWithinItsRange) {
  const std::string on = "tile:\n  effects: {ir_drop: true}\n  cell: {bl_ohm_per_cell: ";
  EXPECT_THAT(errors(on + "1.07}"), IsEmpty());
  // 1.07 / V * r * 15 nA * 1025 * 2049 / 6 of the current of a full column: 53.4 ohm make 30 %.
  EXPECT_THAT(errors(on + "53}"), IsEmpty());
  EXPECT_THAT(
      errors(on + "54}"),
      ElementsAre(AllOf(StartsWith("p.yaml:3:27: tile.cell.bl_ohm_per_cell: a first-order voltage drop of 30.3 % "
                                   "in a column of 1024 cells at the highest level"),
                        HasSubstr("ir_solver: iterative"))));
  EXPECT_THAT(errors(on + "1e6}"), ElementsAre(HasSubstr("a first-order voltage drop of")));
  EXPECT_THAT(errors(on + "1e6, ir_solver: iterative}"), IsEmpty());
  EXPECT_THAT(errors("tile: {cell: {bl_ohm_per_cell: 1e6}}"), IsEmpty()) << "it is off";
  EXPECT_THAT(errors(on + "54}\n  array_rows: 512"), IsEmpty());
  EXPECT_THAT(errors(on + "20}\n  bits_per_cell: 8"), ElementsAre(HasSubstr("bits_per_cell: a first-order")));
}

TEST(Rules, BuffersHoldAVectorAndItsSums) {
  EXPECT_THAT(errors("tile: {array_rows: 4096}"),
              ElementsAre(AllOf(StartsWith("p.yaml:1:20: tile.array_rows: an input buffer of "
                                           "2048 B for vectors of 4096 rows"))));
  EXPECT_THAT(errors("tile: {buffers: {in_B: 512}}"), ElementsAre(HasSubstr("expected at least 1024 B")));
  EXPECT_THAT(errors("tile: {buffers: {out_B: 2044}}"), ElementsAre(HasSubstr("expected at least 2048 B")));
  EXPECT_THAT(errors("tile: {array_rows: 4096, buffers: {in_B: 4096}}"), IsEmpty());
}

TEST(Rules, CodingsOfSignedInputsFitTheTile) {
  EXPECT_THAT(errors("tile: {dac: {law: pulses, type: bit_serial}}"),
              ElementsAre(HasSubstr("a law of pulses for inputs that are pulses or bits by themselves")));
  EXPECT_THAT(errors("tile: {dac: {law: pulses, type: pulse_width}}"), SizeIs(1));
  EXPECT_THAT(errors("tile: {dac: {law: pulses}, phases: 4}"), IsEmpty());
  EXPECT_THAT(errors("preset: digital_baseline\ntile: {dac: {signed_input: two_phase}}"),
              ElementsAre(AllOf(StartsWith("p.yaml:2:28: tile.dac.signed_input: a digital tile with a coding"),
                                HasSubstr("expected `dac: {signed_input: offset}`"))));
  EXPECT_THAT(errors("tile: {array_rows: 1, dac: {signed_input: row_pair}}"),
              ElementsAre(HasSubstr("an input takes 2 rows, the array has 1; expected at least 2 rows")));
  EXPECT_THAT(errors("tile: {array_rows: 2, dac: {signed_input: row_pair}}"), IsEmpty());
  EXPECT_THAT(errors("tile: {array_rows: 4096, dac: {signed_input: row_pair}}"), IsEmpty()) << "vectors of 2048";
}

TEST(Rules, SingleColumnsFitTheTileAndTheChip) {
  EXPECT_THAT(errors("preset: digital_baseline\ntile: {weight_mapping: offset_column}"),
              ElementsAre(AllOf(HasSubstr("a digital tile with a mapping of weights to columns"),
                                HasSubstr("expected `weight_mapping: differential_adjacent`"))));
  EXPECT_THAT(errors("tile: {weight_mapping: reference_column, bits_per_cell: 1}"),
              ElementsAre(HasSubstr("weights of either sign in single columns of one bit")));
  EXPECT_THAT(errors("tile: {weight_mapping: reference_column}\nanalog_plane: {column_sum: true}"),
              ElementsAre(AllOf(HasSubstr("analog lanes, which carry the current of a column pair, with weights in "
                                          "single columns"),
                                HasSubstr("or no sums on lanes"))));
  for (const char* mapping : {"offset_column", "reference_column", "differential_adjacent"}) {
    EXPECT_THAT(errors("tile: {weight_mapping: " + std::string(mapping) + "}"), IsEmpty());
  }
  EXPECT_THAT(errors("tile: {weight_mapping: offset_column, adc: {per_tile: 64, mux_ratio: 4}}"),
              ElementsAre(HasSubstr("4 does not fit 1024 columns on 64 converters; expected 16")));
}

TEST(Rules, LevelZeroIsTheSmallest) {
  EXPECT_THAT(errors("tile: {cell: {i_off_A: 2.0e-9}}"),
              ElementsAre(HasSubstr("level 0 conducts 2.0e-09 A, level 1 only 1.0e-09 A")));
}

TEST(Rules, NoiseStaysInTheRangeOfItsModel) {
  EXPECT_THAT(errors("tile: {dac: {sigma_v_V: 0.05}}"), ElementsAre(HasSubstr("of n UT")));
  EXPECT_THAT(errors("tile: {cell: {sigma_read_vt_V: 0.05}}"), ElementsAre(HasSubstr("of n UT")));
  // n UT at -55 degC and n = 1 is 18.8 mV; at 27 degC and n = 1.8 it is 46.6 mV.
  EXPECT_THAT(errors("tile: {cell: {sigma_read_vt_V: 0.012}}"), IsEmpty());
  EXPECT_THAT(errors("tile: {cell: {sigma_read_vt_V: 0.012, n_slope: 1}}\ntechnology: {temp_C: -55}"), SizeIs(1));
}

TEST(Rules, AProductTakesTimeAndAFiniteEnergy) {
  EXPECT_THAT(errors("tile: {integration: {t_s: 0}, dac: {t_settle_s: 0}, adc: {t_conv_s: 0}, digital: {t_post_s: 0}}"),
              ElementsAre(HasSubstr("a product takes no time")));
  EXPECT_THAT(errors("tile: {integration: {t_s: 1.0e-3}, cell: {i_lsb_A: 1.0e-4}}"),
              ElementsAre(HasSubstr("could cost")));
}

TEST(Rules, SramIsInterleaved) {
  EXPECT_THAT(errors("sram: {size_B: 2097160}"),
              ElementsAre(AllOf(
                  StartsWith("p.yaml:1:16: sram.size_B: 2097160 B cannot be interleaved over 16 banks of 16 B words"),
                  HasSubstr("a multiple of 256 B, such as 2097408"))));
  EXPECT_THAT(errors("cpu: {memory_B: 100000}"), ElementsAre(HasSubstr("a multiple of 4096 B")));
}

TEST(Rules, AnOverrideAnswersForItselfOnly) {
  // The default tile is wrong: one error, not one a tile.
  EXPECT_THAT(errors("tiles:\n  default: {buffers: {in_B: 512}}\n  overrides: [{row: 0, col: 0, adc: {bits: 6}}]\n"),
              SizeIs(1));
  EXPECT_THAT(errors("tiles:\n  overrides:\n  - {row: 2, col: 3, adc: {bits: exact}}\n"),
              ElementsAre(StartsWith("p.yaml:3:34: tiles[2,3].adc.bits: exact converters")));
  EXPECT_THAT(errors("tiles:\n  overrides:\n  - {row: 2, col: 3, adc: {bits: exact}, effects: none}\n"), IsEmpty());
}

TEST(Rules, AWrongValueIsNotReportedTwice) {
  EXPECT_THAT(errors("tile: {adc: {bits: exact}, effects: {dac_noise: maybe}}"), SizeIs(1));
  EXPECT_THAT(errors("tile: {array_rows: 99999, buffers: {in_B: 512}}"), SizeIs(1));
}

TEST(Rules, EveryPresetIsValid) {
  for (const Preset& preset : presets()) EXPECT_THAT(errors("preset: " + preset.name), IsEmpty()) << preset.name;
}

}  // namespace
}  // namespace tessera::platform
