// SPDX-License-Identifier: Apache-2.0
// Relative error of a product, ||y - W x|| / ||W x||, for weights and inputs uniform in [-1, 1]: published closed form,
// ours, and what the array itself gives. Every test prints all of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

#include "models/analog/array.h"
#include "models/analog/cell.h"
#include "models/analog/error_budget.h"
#include "models/analog/sonos.h"
#include "tests/analog/support.h"

namespace tessera::analog {
namespace {

using testing::run;
using testing::test_seed;
namespace eb = error_budget;

constexpr std::uint32_t kInputs = 512, kOutputs = 128, kChips = 32, kProducts = 12;  ///< of each chip
constexpr double kRange = 1.32;  ///< of the ADC, in root of the inputs: 3.96 sigma of the output
/// Four standard errors of a root mean square over 49152 errors that are drawn anew for every product.
constexpr double kNoise = 4 * 0.0032;
/// The same for errors of cells and weights, which stay from product to product. Half-waves of inputs have the mean
/// 1/4, so that of an output's error power (1/4)^2 * 1024 against 512 / 3, 0.375, is the sum of its cells' errors and
/// the same in all products of a chip: 4096 such sums give 0.375 / 2 * sqrt(2 / 4096) = 0.0041 besides.
constexpr double kCells = 4 * 0.0052;

/// What an experiment leaves out.
struct Exact {
  bool weights = false;  ///< true weights are those that levels can hold
  bool inputs = false;   ///< true inputs are those that codes can hold
};

/// Weights in cells of 8 bits. One cell conducts, or both: L+ - L- is the weight and L+^2 + L-^2 proportional to it.
enum class Cells { one, both };

/// Error of the array itself. Conversions at the ends of the range are left out, as the closed forms know no clipping:
/// it would add 1e-5 of the signal's power, but of so few conversions that samples of this size scatter. Signed inputs
/// use row pairs: each input has a row for its positive part and one, with exchanged columns, for its negative part.
double measured_error(ArrayParameters p, Exact exact, Cells cells, std::uint64_t seed) {
  p.rows = 2 * kInputs;
  p.columns = 2 * kOutputs;
  p.cell.bits = 8;
  p.dac.bits = 7;  // and the sign
  p.adc.gains = {1};
  // 2^bits - 1 steps over +-1.32 sqrt(N), of weight * input.
  double step = 1.0 / (255 * 127);
  if (p.adc.bits != 0) {
    step = 2 * kRange * std::sqrt(kInputs) / (std::ldexp(1.0, p.adc.bits) - 1);
    p.adc.full_scale_A = step * std::ldexp(1.0, p.adc.bits - 1) * 255 * p.cell.i_lsb_A;
  }
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> w(std::size_t{kInputs} * kOutputs), x(kInputs);
  std::vector<std::uint8_t> levels(std::size_t{p.rows} * p.columns);
  const auto draw_weights = [&] {
    for (std::size_t i = 0; i < kInputs; ++i) {
      for (std::size_t o = 0; o < kOutputs; ++o) {
        const double value = uniform(random), size = std::abs(value);
        const long level = std::lround(size * 255);
        w[i * kOutputs + o] = exact.weights ? std::copysign(static_cast<double>(level) / 255, value) : value;
        // (s + w) / 2 and (s - w) / 2 with s^2 = 2 |w| - w^2: the sum of their squares is |w|.
        const long low = cells == Cells::one ? 0 : std::lround((std::sqrt(2 * size - size * size) - size) / 2 * 255);
        const auto off = static_cast<std::uint8_t>(low), on = static_cast<std::uint8_t>(std::min(low + level, 255L));
        const std::size_t minus = value < 0 ? 1 : 0;
        levels[(2 * i) * p.columns + 2 * o + minus] = on;
        levels[(2 * i) * p.columns + 2 * o + 1 - minus] = off;
        levels[(2 * i + 1) * p.columns + 2 * o + 1 - minus] = on;
        levels[(2 * i + 1) * p.columns + 2 * o + minus] = off;
      }
    }
  };
  double error = 0.0, signal = 0.0;
  const auto half = static_cast<std::int32_t>(std::ldexp(1.0, p.adc.bits) / 2);
  std::uint32_t clipped = 0;
  std::vector<double> y(kOutputs);
  std::unique_ptr<Array> array;
  for (std::uint32_t n = 0; n < kChips * kProducts; ++n) {
    if (n % kProducts == 0) {
      draw_weights();
      array = std::make_unique<Array>(p, seed, n / kProducts);
      array->program(0, 0, p.rows, p.columns, levels);
    }
    std::vector<std::uint16_t> codes(p.rows, 0);
    std::fill(y.begin(), y.end(), 0.0);
    for (std::size_t i = 0; i < kInputs; ++i) {
      const double value = uniform(random);
      const long code = std::lround(std::abs(value) * 127);
      codes[2 * i + (value < 0 ? 1 : 0)] = static_cast<std::uint16_t>(code);
      x[i] = exact.inputs ? std::copysign(static_cast<double>(code) / 127, value) : value;
      for (std::size_t o = 0; o < kOutputs; ++o) {
        y[o] += w[i * kOutputs + o] * x[i];
      }
    }
    const auto out = run(*array, {0, p.rows, 0, kOutputs, 1, n, 0}, codes).codes;
    for (std::size_t o = 0; o < kOutputs; ++o) {
      signal += y[o] * y[o];
      if (p.adc.bits != 0 && (out[o] == -half || out[o] == half - 1)) {
        ++clipped;
        continue;
      }
      error += (out[o] * step - y[o]) * (out[o] * step - y[o]);
    }
  }
  EXPECT_LE(clipped, 20U) << "4 are expected beyond 3.96 sigma";
  return std::sqrt(error / signal);
}

/// No effect, and an ADC of so many bits; 0: exact.
ArrayParameters bare(int adc_bits) {
  ArrayParameters p;
  p.effects = NonIdealities::none();
  p.adc.bits = adc_bits;
  return p;
}

/// Array against closed form within the sampling error; closed form against the published one.
void compare(const char* name, double array, double sampling, double closed, double source, double source_tolerance,
             const char* simulators) {
  std::printf("%-44s %.4f    %.4f        %.4f   %s\n", name, array, closed, source, simulators);
  EXPECT_NEAR(array / closed, 1.0, sampling) << name;
  EXPECT_NEAR(closed, source, source_tolerance) << name;
}

void heading() {
  std::printf("relative error of a product                  array     closed form   source   simulators measured\n");
}

double relative_read_vt(const ArrayParameters& p, double share) {
  return share * SubthresholdCell(p.cell, p.temperature_K).n_ut_V();
}

TEST(Published, QuantisationErrorsOfAProduct) {
  const std::uint64_t seed = test_seed(42);
  const double quantisation = eb::total({eb::adc_bits(8, kRange), eb::input_bits(8), eb::weight_bits(8)});
  heading();
  compare("8-bit ADC", measured_error(bare(8), {true, true}, Cells::one, seed), kNoise, eb::adc_bits(8, kRange), 0.0090,
          5e-5, "");
  compare("8-bit inputs", measured_error(bare(0), {true, false}, Cells::one, seed), kNoise, eb::input_bits(8), 0.0039,
          5e-5, "");
  compare("8-bit weights", measured_error(bare(0), {false, true}, Cells::one, seed), kCells, eb::weight_bits(8), 0.0020,
          5e-5, "");
  compare("all three", measured_error(bare(8), {}, Cells::one, seed), kNoise, quantisation, 0.0100, 1e-4,
          "0.0094 .. 0.0106");
  // The other simulators' own quantisation is up to 0.0105: 0.0002 more in the sums below.
  ArrayParameters p = bare(8);
  p.effects.programming_error = true;
  p.cell.sigma_prog_rel = 0.03;
  const double programmed = eb::total({quantisation, eb::proportional(0.03)});
  compare("+ 3 % programming error", measured_error(p, {}, Cells::one, seed), kCells, programmed, 0.0318, 2e-4,
          "0.0318");
  p.effects.read_noise = true;
  p.cell.sigma_read_vt_V = relative_read_vt(p, 0.02);
  compare("+ 2 % read noise", measured_error(p, {}, Cells::one, seed), kCells,
          eb::total({programmed, eb::proportional(0.02)}), 0.0376, 2e-4, "0.0371 .. 0.0377");
}

TEST(Published, DeviceErrorsOfAProduct) {
  const std::uint64_t seed = test_seed(43);
  const Exact all{true, true};  // what is left is the device's, and 12 bits of ADC
  const double fine = eb::adc_bits(12, kRange);
  heading();
  ArrayParameters p = bare(12);
  p.effects.programming_error = true;
  p.cell.sigma_prog_rel = 0.05;
  compare("proportional 0.05", measured_error(p, all, Cells::one, seed), kCells,
          eb::total({eb::proportional(0.05), fine}), 0.0500, 5e-5, "0.0500");

  // Constant: the cell that is off cannot go below zero. The naive rule alpha sqrt(2) / 0.577 gives 0.049 and 0.122.
  p.cell.errors = CellParameters::Errors::constant;
  p.cell.sigma_prog_full_scale = 0.02;
  const double small = measured_error(p, all, Cells::one, seed);
  compare("constant 0.02", small, kCells, eb::total({eb::state_independent(0.02), fine}), 0.0424, 1e-4, "0.0422");
  EXPECT_NEAR(small, 0.0422, 0.0422 * kCells);
  // At 0.05 weak cells that are on are clipped, too: the array follows the simulator, below the closed form.
  p.cell.sigma_prog_full_scale = 0.05;
  const double large = measured_error(p, all, Cells::one, seed);
  std::printf("%-44s %.4f    %.4f        0.1061   0.1047\n", "constant 0.05", large, eb::state_independent(0.05));
  EXPECT_NEAR(eb::state_independent(0.05), 0.1061, 1e-4);
  EXPECT_NEAR(large, 0.1047, 0.1047 * kCells);

  p = bare(12);
  p.cell.errors = CellParameters::Errors::sonos40;
  p.effects.programming_error = p.effects.read_noise = true;
  const double sonos = eb::total({eb::saturating(19.88665, 176.3115, 1600), eb::saturating(12.58037, 215.36557, 1600)});
  compare("SONOS programming and read noise, 1600 nA", measured_error(p, all, Cells::one, seed), kCells,
          eb::total({sonos, fine}), 0.0231, 1e-4, "");
  p.adc.bits = 8;
  compare("the same with quantisation", measured_error(p, {}, Cells::one, seed), kCells,
          eb::total({sonos, eb::adc_bits(8, kRange), eb::input_bits(8), eb::weight_bits(8)}), 0.0254, 3e-4,
          "0.0244 .. 0.0257");
}

// Noise laws of other simulators, made from cells. Of the output: w ||x|| xi, the noise of two cells a weight that does
// not depend on their current, w / sqrt(2) each. Of the state: w sqrt(sum |w_ij| x_j^2) xi, noise proportional to the
// current in two cells whose squares add up to the weight. The noise of an output, 0.04, is the converter's.
TEST(Published, OutputReferredNoiseOfAProduct) {
  const std::uint64_t seed = test_seed(44);
  const double step = 2 * kRange * std::sqrt(kInputs) / 255, output_rms = std::sqrt(kInputs) / 3;
  const double others = eb::total({eb::adc_bits(8, kRange), eb::input_bits(8), eb::weight_bits(8), 0.04 / output_rms});
  EXPECT_NEAR(0.04 / output_rms, 0.0053, 5e-5);
  heading();
  ArrayParameters p = bare(8);
  p.effects.adc_noise = true;
  p.adc.sigma_lsb = 0.04 / step;
  compare("output noise and quantisation", measured_error(p, {}, Cells::one, seed), kNoise, others,
          eb::total({0.0102, 0.0053}), 2e-4, "");

  // E |w| = 1/2 against E w^2 = 1/3.
  p.effects.read_noise = true;
  p.cell.sigma_read_vt_V = relative_read_vt(p, 0.02);
  EXPECT_NEAR(0.02 * std::sqrt(1.5), 0.0245, 5e-5);
  compare("+ noise of the state, 0.02", measured_error(p, {}, Cells::both, seed), kNoise,
          eb::total({others, 0.02 * std::sqrt(1.5)}), 0.0271, 2e-4, "0.0270 .. 0.0271");

  p.cell.errors = CellParameters::Errors::constant;
  p.cell.sigma_read_full_scale = 0.02 / std::sqrt(2.0);
  EXPECT_NEAR(0.02 * std::sqrt(3.0), 0.0346, 5e-5);
  compare("+ constant noise, 0.02", measured_error(p, {}, Cells::one, seed), kNoise,
          eb::total({others, 0.02 * std::sqrt(3.0)}), 0.0365, 2e-4, "0.0365");
}

// A sine over the whole range of codes: SQNR = 6.02 bits + 1.76 dB for errors evenly spread over a step. A sine stays
// longer at its ends, which lie on a code's edge: with amplitude A = 2^(bits-1) the error's power is
//   1/12 + sum over k of J0(2 pi k A) / (pi k)^2, about 1/12 + zeta(5/2) / (pi^3 sqrt(2 A))      [LSB^2]
TEST(Published, SineOverTheFullScale) {
  constexpr std::uint32_t kHalf = 128, kSamples = 4096;
  for (const int bits : {6, 8, 10}) {
    ArrayParameters p = bare(bits);
    p.rows = 2 * kHalf;
    p.columns = 2;
    p.adc.gains = {1};
    const double codes = std::ldexp(1.0, bits), lsb = 2.0 * kHalf * 255 / codes;  // of column sum
    p.adc.full_scale_A = lsb * codes / 2 / 255 * p.cell.i_lsb_A;
    Array array(p, 1, 0);
    std::vector<std::uint8_t> levels(std::size_t{2} * p.rows, 0);
    for (std::uint32_t row = 0; row < p.rows; ++row) {
      levels[2 * row + (row < kHalf ? 0 : 1)] = 1;
    }
    array.program(0, 0, p.rows, 2, levels);
    double error = 0, signal = 0;
    for (std::uint32_t n = 0; n < kSamples; ++n) {
      // From the lower edge of the lowest code to the upper edge of the highest one.
      const double sine = codes / 2 * std::sin(2 * M_PI * (n + 0.5) * 0.6180339887498949), value = sine - 0.5;
      const long total = std::min(std::lround(std::abs(value) * lsb), kHalf * 255L);
      std::vector<std::uint16_t> drive(p.rows, 0);
      for (long row = 0; row < kHalf; ++row) {
        drive[static_cast<std::size_t>(row + (value < 0 ? kHalf : 0))] =
            static_cast<std::uint16_t>(total / kHalf + (row < total % kHalf ? 1 : 0));
      }
      const double code = run(array, {0, p.rows, 0, 1, 1, n, 0}, drive).codes[0];
      error += (code - value) * (code - value);
      signal += sine * sine;
    }
    const double sqnr = 10 * std::log10(signal / error);
    const double rule = 6.02 * bits + 1.76;
    const double closed = rule - 10 * std::log10(1 + 12 * 1.341487 / (std::pow(M_PI, 3) * std::sqrt(codes)));
    std::printf("sine, %2d bits: SQNR %.2f dB, with the ends %.2f dB, rule %.2f dB\n", bits, sqnr, closed, rule);
    EXPECT_NEAR(sqnr, closed, 0.06) << bits;
    EXPECT_NEAR(closed, rule, 0.3) << bits;
  }
}

TEST(Published, ClosedFormOfStateDependentErrors) {
  std::mt19937_64 random(test_seed(43));
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::normal_distribution<double> normal;
  // Error of the weights themselves, off cell clipped at zero current; inputs drop out of the ratio.
  const auto monte_carlo = [&](auto sigma) {
    double error = 0.0, signal = 0.0;
    for (int k = 0; k < 400000; ++k) {
      const double w = uniform(random), g = std::abs(w);
      const double on = std::fmax(0.0, g + sigma(g) * normal(random)),
                   off = std::fmax(0.0, sigma(0.0) * normal(random));
      error += (on - off - g) * (on - off - g);
      signal += w * w;
    }
    return std::sqrt(error / signal);
  };
  for (const auto& [alpha, predicted, measured] :
       {std::array{0.02, 0.0424, 0.0422}, std::array{0.05, 0.1061, 0.1047}}) {
    const double ours = monte_carlo([a = alpha](double) { return a; });
    std::printf("state-independent %.2f: Monte Carlo %.4f, closed form %.4f; source %.4f, simulator %.4f\n", alpha,
                ours, eb::state_independent(alpha), predicted, measured);
    EXPECT_NEAR(eb::state_independent(alpha), predicted, 0.0001);
    EXPECT_NEAR(ours, measured, 0.0006);
  }
  const double device =
      eb::total({eb::saturating(19.88665, 176.3115, 1600), eb::saturating(12.58037, 215.36557, 1600)});
  const double ours = monte_carlo([](double g) {
    return std::hypot(sonos::sigma_programmed_nA(1600 * g, 0), sonos::sigma_read_nA(1600 * g)) / 1600;
  });
  std::printf("SONOS, 1600 nA: Monte Carlo %.4f, closed form %.4f (source 0.0231)\n", ours, device);
  EXPECT_NEAR(device, 0.0231, 0.0001);
  EXPECT_NEAR(ours, 0.0231, 0.0003);
}

}  // namespace
}  // namespace tessera::analog
