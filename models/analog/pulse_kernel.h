// SPDX-License-Identifier: Apache-2.0
// One program pulse for many cells: plain loops that compilers vectorise, in IEEE single precision from + - * / and
// square roots only, so that every machine gives the same bits.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace tessera::analog::pulse_kernel {

/// exp(x), x clamped to -80 .. 80; relative error < 3e-7.
[[nodiscard]] inline float exponential(float x) {
  x = x < -80.0F ? -80.0F : (x > 80.0F ? 80.0F : x);
  const float turns = x * 1.44269504F;
  const auto octave = static_cast<std::int32_t>(turns + (turns < 0.0F ? -0.5F : 0.5F));
  const float whole = static_cast<float>(octave);
  const float y = (x - whole * 0.693359375F) - whole * -2.12194440e-4F;
  const float p =
      1.0F +
      y * (1.0F + y * (0.5F + y * (0.166666667F + y * (0.0416666667F + y * (0.00833333333F + y * 0.00138888889F)))));
  return p * std::bit_cast<float>((octave + 127) << 23);
}

/// ln(1 + z), 0 <= z <= 1; absolute error < 1e-6, relative error < 4e-6.
[[nodiscard]] inline float log_one_plus(float z) {
  const float y = z / (2.0F + z);
  const float s = y * y;
  return 2.0F * y *
         (1.0F + s * (0.333333333F + s * (0.2F + s * (0.142857143F + s * (0.111111111F + s * 0.0909090909F)))));
}

/// Nearest whole number, halves away from zero; |x| < 2^30.
[[nodiscard]] inline float nearest(float x) {
  return static_cast<float>(static_cast<std::int32_t>(x + (x < 0.0F ? -0.5F : 0.5F)));
}

struct Constants {
  float injection_V = 0.06F;
  float electron_V = 1.6e-4F;
  float jitter_rel = 0.05F;
};

/// Applies one pulse of gate voltage `gate` (threshold that a long pulse would reach in a typical cell) to `count`
/// cells. Where `active` is 0 nothing happens.
///
///   dVt/dt = (v / tau) exp((gate - onset - Vt) / v)  gives, over one pulse,  shift = v ln(1 + exp((gate - onset - Vt)
///   / v))
///
/// The number of electrons is drawn with that mean. Their variance is that of counting (a Poisson process whose rate
/// falls as they arrive) plus that of the injection current, both fed back: var = (v / 2 e)(1 - u^2) + (j v (1 - u) /
/// e)^2, u = exp(-shift / v), e: shift of one electron. Whole electrons by the Cornish-Fisher expansion of the Poisson
/// distribution.
inline void apply(const Constants& c, std::size_t count, const float* gate, const float* onset, const float* normal,
                  const float* active, float* vt) {
  const float inverse_v = 1.0F / c.injection_V;
  const float per_electron = 1.0F / c.electron_V;
  const float counting = 0.5F * c.injection_V * per_electron;
  const float jitter = c.jitter_rel * c.injection_V * per_electron;
  for (std::size_t i = 0; i < count; ++i) {
    const float over = (gate[i] - onset[i] - vt[i]) * inverse_v;
    const float small = exponential(over < 0.0F ? over : -over);
    const float shift = (over > 0.0F ? over : 0.0F) + log_one_plus(small);  // in units of v
    const float left = (over > 0.0F ? small : 1.0F) / (1.0F + small);       // exp(-shift)
    const float mean = shift * c.injection_V * per_electron;
    const float rate = jitter * (1.0F - left);
    const float sigma = std::sqrt(counting * (1.0F - left * left) + rate * rate);
    const float lowest = -3.0F * sigma;
    const float z = normal[i] < lowest ? lowest : normal[i];
    const float drawn = nearest(mean + sigma * z + (z * z - 1.0F) * 0.166666667F);
    vt[i] += active[i] * (drawn > 0.0F ? drawn : 0.0F) * c.electron_V;
  }
}

}  // namespace tessera::analog::pulse_kernel
