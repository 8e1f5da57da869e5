// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/analog/array_parameters.h"
#include "models/analog/programming_parameters.h"
#include "models/tile/mac_array.h"

namespace tessera::tile {

/// Timing law of one product: t_settle + t_integrate + conversions * t_conv + t_post (hardware-facts 8.2).
struct TileTiming {
  double dac_settle_s = 50.0e-9;
  double integrate_s = 400.0e-9;
  double adc_conversion_s = 62.5e-9;
  double post_s = 50.0e-9;
  double pulse_lsb_s = 1.0e-9;  ///< pulse-width inputs: duration of one code step
  double lane_settle_s =
      50e-9;  ///< sums on analog lanes: settling of the lanes, once for as many pairs as there are lanes
};

/// Energy per event. Joules unless said otherwise.
struct TileEnergy {
  double dac_conversion_J = 1.0e-12;     ///< per active row and product
  double row_driver_J = 6.0e-12;         ///< per active row and product
  double row_pulse_J = 0.0;              ///< per active row and input pulse, pulsed inputs only
  double frontend_column_J = 5.0e-12;    ///< per physical column and product
  double frontend_subtract_J = 3.0e-12;  ///< per column pair and product
  double adc_conversion_J = 4.0e-12;     ///< per conversion
  double lane_J = 0.8e-12;               ///< per column pair that a tile puts on a lane, and product
  double post_output_J = 4.0e-12;        ///< per column pair and product
  double buffer_in_J_per_B = 0.3e-12;
  double buffer_out_J_per_B = 0.5e-12;
  double control_J = 3.0e-9;    ///< per product of an array of 1024 physical rows; scales with rows
  double array_supply_V = 1.1;  ///< array energy = sum of cell currents * this * integration time
  double analog_scale = 1.0;    ///< multiplies array, DAC, driver, front end, ADC and lanes
};

/// Static power by state, and what changing the state takes.
struct TilePower {
  double off_W = 0.0;  ///< flash keeps the weights
  double standby_W = 20.0e-6;
  double wake_W = 3.0e-3;  ///< while references and clock settle: the control power of an active tile
  double idle_W = 20.0e-6;
  double active_W = 0.0;  ///< all active energy is event based
  double program_W = 2.0e-3;
  double standby_wake_s = 10.0e-6;
  double off_wake_s = 20.0e-6;
  double hv_ramp_s = 50.0e-6;  ///< of the high voltage for programming
};

struct TileParameters {
  /// What multiplies: the flash array, or the digital baseline with the same weights (exact converters, no effects).
  enum class Kind { analog, digital } kind = Kind::analog;
  analog::ArrayParameters array;
  MacArrayParameters mac_array;  ///< of a digital tile
  analog::ProgrammingParameters programming;
  TileTiming timing;
  TileEnergy energy;
  TilePower power;
  std::uint32_t input_buffer_B = 2048;
  std::uint32_t output_buffer_B = 2048;
  std::uint32_t queue_depth = 16;
  int accumulator_bits = 32;
  /// Who shares one converter bank: the position in the grid decides which bank a tile uses.
  enum class Sharing { tile, row, column, chip } dac_sharing = Sharing::tile, adc_sharing = Sharing::tile;

  /// Which inputs the DAC gives: the code shifted to be positive; its positive part, then its negative part, in two
  /// passes; or both at once, on two neighbouring rows of which the second holds the weights with the other sign.
  enum class SignedInput { offset, two_phase, row_pair } signed_input = SignedInput::offset;
  /// How time and energy of a conversion, stated for 8 bits, follow the resolution.
  enum class AdcLaw { stated, sar, ramp, integrating } adc_law = AdcLaw::stated;
  /// How inputs follow their resolution. `stated`: not at all. `pulses`: an input of b bits comes bit by bit in
  /// max(1, b - 1) pulses, the sign in their polarity, whose charge adds up before one conversion (NeuRRAM).
  /// Integration time, DAC conversion and front-end column are then those of one pulse; settling and row driver stay
  /// per product.
  enum class DacLaw { stated, pulses } dac_law = DacLaw::stated;
  /// Phases of a pass, for periphery that takes the signs of inputs and weights one after the other (HERMES: one or
  /// four). Each takes the time and energy of a whole pass. The result is that of one phase.
  std::uint32_t phases = 1;

  /// Passes through the array that one product takes: signs times bits.
  [[nodiscard]] std::uint32_t passes() const {
    if (kind == Kind::digital) {
      return 1;
    }
    const bool serial = array.dac.coding == analog::DacParameters::Coding::bit_serial;
    return (signed_input == SignedInput::two_phase ? 2U : 1U) *
           (serial ? static_cast<std::uint32_t>(array.dac.bits) : 1U);
  }
  /// How often settling, integration and conversion follow each other in one product.
  [[nodiscard]] std::uint32_t repetitions() const { return kind == Kind::digital ? 1U : passes() * phases; }
  /// Pulses of an input within one integration.
  [[nodiscard]] std::uint32_t input_pulses() const {
    return dac_law == DacLaw::pulses && array.dac.bits > 2 ? static_cast<std::uint32_t>(array.dac.bits - 1) : 1U;
  }
  /// Physical rows that one input takes.
  [[nodiscard]] std::uint32_t rows_per_input() const { return signed_input == SignedInput::row_pair ? 2U : 1U; }
  /// Longest input vector.
  [[nodiscard]] std::uint32_t inputs() const { return array.rows / rows_per_input(); }
  /// Bits of one signed weight: sign and magnitude of a pair of cells.
  [[nodiscard]] std::uint32_t weight_bits() const { return static_cast<std::uint32_t>(array.cell.bits) + 1; }
};

}  // namespace tessera::tile
